"""The test run on the questionnaire page: the real interview on an invented person, beside it all values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Cancelled, Problem
from cati.survey.dispositions import TABLE
from cati.survey.interview import EventKind
from cati.survey.questionnaire import ASKED
from cati.survey.unreachable import Proof
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.background import Job, Ticket, run_in_background
from cati.ui.keys import Key, cap_of
from cati.ui.pages import Note, begin, in_words
from cati.ui.questionnaire_case import CasePart
from cati.ui.questionnaire_values import ValuesPart
from cati.ui.runs_words import named, reason

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import Completed, RunningInterview
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.questionnaire_reading import Looked
    from cati.ui.interview_page import InterviewPage

_SHARE = 200
"""Pixels, to begin with; the splitter keeps the proportion."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A test run that outlives the widgets that show it: when language or size change, all of them are made anew."""

    study: OpenStudy
    running: RunningInterview
    given_before: int


class TestRunPart(QWidget):
    """First who is invented, then the interview with its values. ``running(bool)`` when one begins or ends.

    ``changed`` tells of every step of the interview, ``anew_wanted`` that it is to begin anew.
    """

    __test__ = False  # no test, whatever pytest thinks of the name
    running = Signal(bool)
    changed = Signal()
    anew_wanted = Signal()

    def __init__(self, study: OpenStudy | None) -> None:
        super().__init__()
        self.study = study
        self._looked: Looked | None = None
        self._job: Job | None = None
        self.interview: InterviewPage | None = None
        self._given_before = 0
        self.case = CasePart(study)
        self.values = ValuesPart()
        self.case.begun.connect(self.begin_run)
        self.case.cancelled.connect(self._cancel)
        self.values.wanted.connect(self._jump)
        self.values.left.connect(self.show_question)
        self.views = QStackedWidget()
        self.views.addWidget(self.case)
        self.views.addWidget(self._run_view())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, theme.unit() // 2, 0, 0)
        whole.addWidget(self.views)

    def _run_view(self) -> QWidget:
        """Return the banner above, the interview and its values side by side (one at a time where text is large)."""
        unit = theme.unit()
        said = tr("Test run: nothing is stored, nothing can be exported.")
        self.banner = Note(tr("Test run: nothing is stored.") if theme.is_large() else said, "warning")
        self.aside = Note("", "warning")
        self.aside.hide()
        self.switch = theme.push(_with_key(tr("Values"), Key.FIND), self._switch)
        self.switch.setVisible(theme.is_large())
        self.anew = theme.push(_with_key(tr("Begin anew"), Key.TRY_ANEW), self.anew_wanted.emit)
        self.leave = theme.push(_with_key(tr("Leave"), Key.BREAK_OFF), self.end_run)
        self.anew.setHidden(theme.is_large())  # its key does it; the banner needs the room
        buttons = QHBoxLayout()
        buttons.setSpacing(unit // 2)
        for button in (self.switch, self.anew, self.leave):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keyboard from the interview
            buttons.addWidget(button)
        head = QHBoxLayout()
        head.setSpacing(unit // 2)
        head.addWidget(self.banner, 1)
        head.addLayout(buttons)
        self.place = QWidget()
        inside = QVBoxLayout(self.place)
        inside.setContentsMargins(0, 0, 0, 0)
        self.both = QSplitter(Qt.Orientation.Horizontal)
        self.both.setChildrenCollapsible(False)
        self.both.setHandleWidth(unit)
        self.both.addWidget(self.place)
        self.both.addWidget(self.values)
        self.values.setHidden(theme.is_large())
        self.both.setStretchFactor(0, 5)
        self.both.setStretchFactor(1, 3)
        self.both.setSizes([5 * _SHARE, 3 * _SHARE])  # whichever part is in sight when a test run begins
        holder = QWidget()
        stack = QVBoxLayout(holder)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(unit // 2)
        stack.addLayout(head)
        stack.addWidget(self.aside)
        stack.addWidget(self.both, 1)
        return holder

    # -- which questionnaire ----------------------------------------------------------------------------------------

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Offer a test run of this questionnaire; one of another questionnaire ends."""
        same = self._looked is looked
        self._looked = looked
        self.values.begin(looked.outline, language)
        if same and self.interview is not None:
            self._changed()
        elif not same:
            self._cancel()
            self.end_run()
            self.case.show_questionnaire(looked, language)

    def make_room(self, wanted: bool) -> None:
        """Give the line above the interview away where text is large and something must be said on the page."""
        for part in (self.banner, self.switch, self.leave) if theme.is_large() else ():
            part.setVisible(not wanted)

    def answers(self) -> int:
        """Return how many answers somebody has given in the test run under way; chance's own do not count."""
        events = self.interview.running.events[self._given_before :] if self.interview is not None else ()
        return len({event.item for event in events if event.kind is EventKind.ANSWERED})

    def kept(self) -> Kept | None:
        """Return the test run that is under way, to be shown by other widgets."""
        page = self.interview
        return Kept(page.study, page.running, self._given_before) if page is not None else None

    def resume(self, kept: Kept | None) -> None:
        """Go on with a test run of the same questionnaire."""
        looked = self._looked
        if kept is None or looked is None or not self._runs():
            return
        if kept.study.questionnaire.content_hash == looked.outline.questionnaire.content_hash:
            self._show(kept.study, kept.running, kept.given_before)

    # -- the run ----------------------------------------------------------------------------------------------------

    def begin_run(self) -> None:
        """Begin with a person invented anew."""
        from cati.fieldwork.rehearsal import begin_rehearsal  # noqa: PLC0415 - with the first test run

        if self.study is None or self._looked is None or not self._runs():
            return
        form = self._looked.outline.questionnaire
        case = self.case.chosen()
        self._show(
            replace(self.study, questionnaire=form),
            begin_rehearsal(self.study, form, language=case.language, values=case.values),
        )

    def begin_at(self, name: str) -> None:
        """Begin at a question: random answers lead there, then whoever tries it takes over."""
        study, looked, case = self.study, self._looked, self.case.chosen()
        if study is None or looked is None or self._job is not None or not self._runs():
            return
        form = looked.outline.questionnaire
        seed = study.draw.getrandbits(32)
        self.end_run()

        def walk(ticket: Ticket) -> RunningInterview | Proof | None:
            from cati.fieldwork.rehearsal import out_of_reach, rehearse_from  # noqa: PLC0415 - as above

            proof = out_of_reach(study, form, name, values=case.values)
            if proof is not None:
                return proof
            found = rehearse_from(study, form, name, seed=seed, language=case.language, values=case.values,
                                  cancelled=ticket.cancelled)  # fmt: skip
            if found is None and ticket.cancelled():
                raise Cancelled
            return found

        def done(found: RunningInterview | Proof | None) -> None:
            self._walked()
            if found is None or isinstance(found, Proof):
                self.case.say(_in_vain(looked, name, found))
            else:
                self._show(replace(study, questionnaire=form), found, len(found.events))

        def failed(problem: Problem) -> None:
            self._walked()
            self.case.say("✗ " + in_words(problem))

        self.case.working.begin(tr("Looking for answers that lead to the question …"))
        self._job = run_in_background(self, walk, done, failed, cancelled=self._walked)

    def end_run(self) -> None:
        """Leave the interview and forget everything about it."""
        self.values.forget()
        self.aside.hide()
        if self.interview is None:
            return
        page, self.interview = self.interview, None
        page.hide()
        page.setParent(None)
        page.deleteLater()
        self.views.setCurrentWidget(self.case)
        self.case.say("")
        begin(self.case)
        self.running.emit(False)

    def show_question(self) -> None:
        """Show the question and put the keyboard there."""
        if self.interview is None:
            return
        if theme.is_large():
            self.place.show()
            self.values.hide()
            self.switch.setText(tr("Values"))
        self.interview.setFocus()

    def search(self) -> None:
        """Put the cursor into the search among the values."""
        if self.interview is None:
            return
        if theme.is_large():
            self.place.hide()
            self.switch.setText(tr("Question"))
        self.values.show()
        self.values.show_row()
        self.values.search.setFocus()
        self.values.search.selectAll()

    def name_at_hand(self) -> str:
        """Return the question chosen among the values while they have the keyboard, "" else."""
        inside = self.values.focusWidget() is not None and self.values.focusWidget().hasFocus()
        return self.values.address().partition("@")[0] if inside else ""

    def _switch(self) -> None:
        self.search() if self.values.isHidden() else self.show_question()

    def _runs(self) -> bool:
        return self.study is not None and self._looked is not None and self._looked.runs

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _walked(self) -> None:
        self._job = None
        self.case.working.end()

    def _show(self, study: OpenStudy, running: RunningInterview, given_before: int = 0) -> None:
        """Show an interview; its first events, ``given_before`` of them, are chance's."""
        from cati.fieldwork import rehearsal  # noqa: PLC0415 - with the first test run
        from cati.ui.interview_page import InterviewPage  # noqa: PLC0415

        self.end_run()
        self._given_before = given_before
        self.interview = page = InterviewPage(study, running, rehearsal)
        page.setAccessibleName(tr("Test run"))
        # the navigation beside it leaves less room than calling does
        page.asked.head.where.setWordWrap(theme.is_large())
        page.shown.connect(self._changed)
        page.shown.connect(self.changed)
        page.finished.connect(self._finished)
        page.interrupted.connect(lambda _running: self.end_run())
        layout = self.place.layout()
        if layout is not None:
            layout.addWidget(page)
        self.views.setCurrentIndex(1)
        self.values.setHidden(theme.is_large())
        self._changed()
        page.setFocus()
        self.running.emit(True)

    def _changed(self) -> None:
        """Show after every answer what has changed by it."""
        page = self.interview
        if page is None:
            return
        self.aside.hide()
        question = page.asked.question if page.views.currentWidget() is page.asked else None
        self.values.show_state(page.running.state, question.address if question is not None else "")

    def _finished(self, done: Completed) -> None:
        state = self.interview.running.state if self.interview is not None else None
        answered = len(state.answers) if state is not None else 0
        self.end_run()
        outcome = tr(TABLE[done.outcome].label)
        said = trn("1 answer was given, and is forgotten.", "{n} answers were given, and are forgotten.", answered)
        self.case.say("✓ " + tr("The test run came to its end: {outcome}.", outcome=outcome) + " " + said)

    def _jump(self, address: str) -> None:
        page = self.interview
        if page is None:
            return
        if address in page.running.state.path:
            self.values.search.clear()
            page.do(EventKind.JUMPED, address)
            self.show_question()
            return
        item = page.study.questionnaire.item(address.partition("@")[0])
        self.aside.say(
            tr(
                "{name} is not on the path. {key} walks there with random answers.",
                name=address,
                key=cap_of(Key.TRY_HERE),
            )
            if item.kind in ASKED
            else tr("{name} is never asked; its value is worked out or comes with the case.", name=address)
        )


def _with_key(words: str, key: Key) -> str:
    """Return a button's words with its key, where there is room for it."""
    return words if theme.is_large() else f"{words}  {cap_of(key)}"


def _in_vain(looked: Looked, name: str, proof: Proof | None) -> str:
    called = named(looked.outline, name)
    if proof is not None:
        why = reason(proof, looked.outline)
        return "✗ " + tr("This question ({name}) can be asked of nobody: {why}", name=called, why=why)
    return "✗ " + tr(
        "The program found no answers that lead to this question ({name}). Its condition may need a value of the case.",
        name=called,
    )
