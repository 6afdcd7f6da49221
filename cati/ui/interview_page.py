"""The interview: digits answer at once, every answer is on disk before the next question shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork import interviewing
from cati.fieldwork.interviewing import Completed, RunningInterview
from cati.survey import interview
from cati.survey.answers import Answer, Status
from cati.survey.interview import EventKind
from cati.survey.questionnaire import Kind
from cati.survey.screens import Question
from cati.text import trn
from cati.ui.asked_view import NONRESPONSE, AskedView
from cati.ui.changed_answers import broken_words, set_aside_words
from cati.ui.choosing import is_gathered
from cati.ui.keys import PAGE_KEYS, Key, Where, key_of
from cati.ui.open_text_page import OpenTextPage
from cati.ui.open_texts_kept import Acts, keep_texts, texts_of
from cati.ui.overview_view import OverviewView
from cati.ui.pages import in_words
from cati.ui.read_aloud import announce
from cati.ui.roster_view import RosterView

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

_TYPED = frozenset({Kind.NUMBER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.TEXT})
_STATUS_OF = {key: status for status, (key, _label) in NONRESPONSE.items()}


def _has_draft(question: Question) -> bool:
    """Tell whether something of this question can stand there before Return keeps it."""
    return question.kind in _TYPED or is_gathered(question)


class InterviewPage(QWidget):
    """Reports ``finished(Completed)``, ``interrupted(RunningInterview)``, ``lost``, and ``shown`` for another view."""

    finished, interrupted = Signal(object), Signal(object)
    lost, shown = Signal(), Signal()

    def __init__(self, study: OpenStudy, running: RunningInterview, acts: Acts = interviewing) -> None:
        super().__init__()
        self._acts = acts
        self.study = study
        self.running = running
        self._since = study.now()
        self._doubted: Answer | None = None
        self._sets_aside: tuple[str, Answer] | None = None
        self.views = QStackedWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.views)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        self.show_state()
        if running.lost:
            self.asked.notice(
                trn(
                    "The questionnaire is newer than this interview. One answer did not fit and is asked again.",
                    "The questionnaire is newer than this interview. {n} answers did not fit and are asked again.",
                    len(running.lost),
                )
            )

    def _build(self) -> None:
        self.asked = AskedView(self.study.questionnaire)
        self.overview = OverviewView()
        self.roster = RosterView()
        self.open_texts = OpenTextPage()
        for view in (self.asked, self.roster, self.overview, self.open_texts):
            self.views.addWidget(view)
        self.asked.pressed.connect(self._pressed)
        self.asked.part.answered.connect(self._answer)
        self.asked.part.drafted.connect(self._keep_draft)
        self.asked.part.returned.connect(self.next)
        self.asked.remark.returnPressed.connect(self._keep_with_remark)
        self.roster.pressed.connect(self._pressed_roster)
        self.roster.chosen.connect(lambda address: self.do(EventKind.JUMPED, address))
        self.roster.removed.connect(lambda address: self.do(EventKind.MEMBER_REMOVED, address))
        self.overview.chosen.connect(lambda address: self.do(EventKind.JUMPED, address))
        self.overview.left.connect(self._show_question)
        self.open_texts.finished.connect(self.finish)
        self.open_texts.back.connect(lambda: self.do(EventKind.WENT_BACK))

    # -- what is kept -------------------------------------------------------------------------------------------------

    def do(self, kind: EventKind, address: str = "", answer: Answer | None = None, language: str = "") -> bool:
        """Do one thing, have it on disk, show what comes next; False when it did not take effect."""
        try:
            after = self._acts.record(self.study, self.running, kind, address, answer, language)
        except Problem as problem:
            self.asked.show_refusal(in_words(problem))
            return False
        if after.lease_lost:
            self._leave()
            self.lost.emit()
            return False
        self.running = after
        if after.state.refusal is not None:
            self._show_refusal()
            return False
        self.show_state()
        return True

    def _answer(self, answer: Answer) -> None:
        """Keep an answer; inside a grid the next row is asked, and behind its last row the next screen."""
        question, screen, row = self.asked.question, self.asked.screen_shown, self.asked.row
        if question is None or screen is None or not self._may_change(question, answer):
            return
        self._doubted = answer
        broken_before = set(self.running.state.broken)
        if not self.do(EventKind.ANSWERED, question.address, answer):
            return
        self._doubted = None
        self._tell_broken(broken_before)
        after = self.running.state.screen
        if len(screen.questions) == 1 or after is None:
            return
        rows = after.questions
        if rows[0].address != screen.questions[0].address:
            return
        open_rows = [at for at, one in enumerate(rows) if one.answer is None and not one.read_only]
        if row + 1 < len(rows):
            self._show_question(row + 1)
        elif open_rows:
            self._show_question(open_rows[0])
        else:
            self.do(EventKind.WENT_FORWARD)

    def _may_change(self, question: Question, answer: Answer) -> bool:
        """Say which answers a change sets aside before it takes effect; the same answer once more does it."""
        bare = replace(answer, remark="")  # a remark given meanwhile does not make it another answer
        if question.answer is None or replace(question.answer, remark="") == bare:
            return True
        if self._sets_aside == (question.address, bare):
            return True
        words = set_aside_words(self.study.questionnaire, self.running.state, question.address, answer)
        if not words:
            return True
        self._sets_aside = (question.address, bare)
        self.asked.show_refusal(words)
        return False

    def _tell_broken(self, before: set[str]) -> None:
        """Say which earlier answers a change has put in the wrong."""
        words = broken_words(self.study.questionnaire, self.running.state, before)
        if words and self.views.currentWidget() is self.asked:
            self.asked.notice(words)

    def _keep_with_remark(self) -> None:
        """Keep an answer that a check found unusual, with the reason why it is right."""
        words = self.asked.remark.text().strip()
        if self._doubted is not None and words:
            self._answer(replace(self._doubted, remark=words))

    def _pressed_roster(self, name: str) -> None:
        screen = self.running.state.screen
        if name == "add" and screen is not None and screen.roster is not None:
            self.do(EventKind.MEMBER_ADDED, screen.roster.address)
        else:
            self._pressed("forward" if name == "next" else name)

    def _keep_draft(self, text: str) -> None:
        """Keep what is being typed, one row written over."""
        question = self.asked.question
        if question is None or not _has_draft(question):
            return
        try:
            kept = self._acts.keep_draft(self.study, self.running, question.address, text)
        except Problem as problem:
            self.asked.show_refusal(in_words(problem))
            return
        if not kept:
            self._leave()
            self.lost.emit()

    def next(self) -> None:
        """Keep what stands there and go on; what was answered before and not changed is confirmed."""
        screen, question, part = self.asked.screen_shown, self.asked.question, self.asked.part
        if screen is None or question is None or part.wants_words() or part.takes_from_list():
            return
        if screen.ends_interview:
            self.finish()
            return
        answer = part.answer()
        given = question.answer
        unchanged = given is not None and answer is not None and replace(given, remark="") == answer
        if question.confirm and given is not None and (answer is None or unchanged):
            self._answer(given)  # an answer that came back to the path is given again, not merely passed
        elif answer is None or unchanged:
            if len(screen.questions) > 1 and given is not None and self.asked.row + 1 < len(screen.questions):
                self._show_question(self.asked.row + 1)
            else:
                self.do(EventKind.WENT_FORWARD)
        else:
            self._answer(answer)

    def finish(self) -> None:
        """Keep the open answers as they were finished, and complete the interview."""
        try:
            if self.views.currentWidget() is self.open_texts:
                if self.open_texts.must_look_again():
                    (self.open_texts.focus_on() or self).setFocus()
                    return
                asked_anew = replace(self.running, state=replace(self.running.state, refusal=None))
                self.running = keep_texts(self.study, asked_anew, self.open_texts.texts(), self._acts)
                if self.running.state.refusal is not None:
                    self.open_texts.refusal.setText(self.running.state.refusal.message)
                    return
            done = self.running if self.running.lease_lost else self._acts.complete(self.study, self.running)
        except Problem as problem:
            self.asked.show_refusal(in_words(problem))
            self.open_texts.refusal.setText(in_words(problem))
            return
        if isinstance(done, Completed):
            self._leave()
            self.finished.emit(done)
        elif done.lease_lost:
            self._leave()
            self.lost.emit()
        else:
            message = done.state.refusal.message if done.state.refusal is not None else ""
            self.running = replace(self.running, state=replace(done.state, refusal=None))
            self.show_state()
            self.asked.show_refusal(message)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show_state(self) -> None:
        """Show where the interview stands."""
        screen = self.running.state.screen
        if screen is None:
            self._show_end()
            return
        if screen.roster is not None:
            self._show_roster()
            return
        open_rows = [at for at, one in enumerate(screen.questions) if one.answer is None and not one.read_only]
        self._show_question(open_rows[0] if open_rows else 0)

    def _minutes(self) -> int:
        return int((self.study.now() - self._since).total_seconds() // 60)

    def _show_roster(self) -> None:
        screen = self.running.state.screen
        if screen is not None:
            self.roster.show_roster(screen, self._minutes())
            self.views.setCurrentWidget(self.roster)
            self.setFocus()
            announce(self, self.roster.text.text())
            self.shown.emit()

    def _show_question(self, row: int | None = None) -> None:
        screen = self.running.state.screen
        if screen is None:
            self._show_end()
            return
        if screen.roster is not None:
            self._show_roster()
            return
        self._sets_aside = self._doubted = None
        row = self.asked.row if row is None else row
        question = screen.questions[min(row, len(screen.questions) - 1)]
        draft = self._acts.draft_of(self.study, self.running, question.address) if _has_draft(question) else ""
        self.asked.show_screen(screen, min(row, len(screen.questions) - 1), self._minutes(), draft)
        self.views.setCurrentWidget(self.asked)
        (self.asked.part.focus_on() or self).setFocus()
        asked = self.asked.question or question  # as it is read aloud: a screen reader speaks no tags
        announce(self, " ".join(part for part in (asked.instruction, asked.text) if part))
        self.shown.emit()

    def _show_refusal(self) -> None:
        refusal = self.running.state.refusal
        screen = self.running.state.screen
        if refusal is None or screen is None:
            return
        rows = [at for at, one in enumerate(screen.questions) if one.address == refusal.address]
        shown = self.asked.screen_shown
        if rows and (
            rows[0] != self.asked.row or shown is None or shown.questions[0].address != screen.questions[0].address
        ):
            self._show_question(rows[0])
        kept = self._doubted.remark if self._doubted is not None else ""
        self.asked.show_refusal(refusal.message, soft=refusal.soft, remark=kept)
        announce(self, refusal.message)

    def _show_end(self) -> None:
        texts = texts_of(self.study, self.running, self._acts)
        self.open_texts.show_texts(texts, lambda text: self._acts.mark_identifying(self.study, self.running, text))
        self.views.setCurrentWidget(self.open_texts)
        (self.open_texts.focus_on() or self).setFocus()
        self.shown.emit()

    def _show_overview(self) -> None:
        question = self.asked.question
        lines = interview.overview(self.study.questionnaire, self.running.state)
        self.views.setCurrentWidget(self.overview)
        self.overview.show_lines(lines, question.address if question is not None else "")

    def _switch_language(self) -> None:
        """Go on in the next language of the questionnaire."""
        languages = self.study.questionnaire.languages
        if len(languages) > 1:
            at = languages.index(self.running.state.language)
            self.do(EventKind.LANGUAGE_SWITCHED, language=languages[(at + 1) % len(languages)])

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force."""
        at_end = self.views.currentWidget() is self.open_texts
        row = self.asked.row
        for view in (self.asked, self.roster, self.overview, self.open_texts):
            view.forget()
            self.views.removeWidget(view)
            view.deleteLater()
        self._build()
        self._show_end() if at_end else self._show_question(row)

    def _leave(self) -> None:
        """Take everything off the page before it goes."""
        self._sets_aside = self._doubted = None
        for view in (self.asked, self.roster, self.overview, self.open_texts):
            view.forget()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _pressed(self, name: str) -> None:
        """Do what a key or a button asks for."""
        acts: dict[str, Callable[[], object]] = {
            "next": self.next, "back": lambda: self.do(EventKind.WENT_BACK), "overview": self._show_overview,
            "forward": lambda: self.do(EventKind.WENT_FORWARD), "language": self._switch_language,
            "break_off": lambda: self.interrupted.emit(self.running),
        }  # fmt: skip
        if name in acts:
            acts[name]()
        elif name.startswith("row "):
            self._show_question(int(name.removeprefix("row ")))
        elif self.asked.question is not None and Status(name) in self.asked.question.offered:
            self._answer(Answer(Status(name)))

    def focusInEvent(self, _event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the keyboard on to what is typed into, when there is such a thing.

        Qt's own way, here and in `focusOutEvent`, would paint the whole page anew, which looks the same either way.
        """
        target = self.asked.part.focus_on() if self.views.currentWidget() is self.asked else None
        if target is not None:
            target.setFocus()

    def focusOutEvent(self, _event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the page as it is painted."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take the interview's keys; they belong to the page, so that the fastest typing loses no digit."""
        view = self.views.currentWidget()
        if view is self.asked:
            taken = self.asked.part.press(event) or self._press_asked(event)
        elif view is self.roster:
            taken = self.roster.press(event)
        elif view is self.overview:
            taken = event.key() == Qt.Key.Key_Escape or key_of(event, Where.INTERVIEW) is Key.OVERVIEW
            if taken:
                self._show_question()
        else:
            taken = self._press_end(event)
        if not taken:
            super().keyPressEvent(event)

    def _press_asked(self, event: QKeyEvent) -> bool:
        key = key_of(event, Where.INTERVIEW)
        if key is None or event.isAutoRepeat():
            return key is not None
        if key in (Key.UP, Key.DOWN):
            self.asked.step(1 if key is Key.DOWN else -1)
        elif key in _STATUS_OF:
            self._pressed(_STATUS_OF[key].value)
        elif key in PAGE_KEYS:
            self._pressed(PAGE_KEYS[key])
        return True

    def _press_end(self, event: QKeyEvent) -> bool:
        key = key_of(event, Where.OPEN_TEXT)
        if key is Key.FINISH and not event.isAutoRepeat():
            self.finish()
        elif key is Key.LOOK_AGAIN:
            self.do(EventKind.WENT_BACK)
        else:
            return False
        return True
