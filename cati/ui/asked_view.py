"""The page of one question: progress by section, what is read aloud, the answer, the keys; rows of a grid beside it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from cati.survey.answers import Answer, Status
from cati.survey.questionnaire import Questionnaire
from cati.survey.screens import Question, Screen
from cati.survey.summary import answer_words
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.entry import Entry, Unkeyed
from cati.ui.interview_head import InterviewHead
from cati.ui.keyed import Flowing, KeyedFlow, Offer
from cati.ui.keys import Key, cap_of
from cati.ui.pages import Note
from cati.ui.question_part import QuestionPart
from cati.ui.read_aloud import read_aloud

NONRESPONSE = {
    Status.DONT_KNOW: (Key.DONT_KNOW, mark("don’t know")),
    Status.REFUSED: (Key.REFUSED, mark("prefers not to say")),
    Status.SKIPPED: (Key.SKIP, mark("skip")),
}
"""The states with keys of their own on every question that offers them."""
_KEYS_AT_ONCE, _CHOICES_AT_ONCE = 6, 12
"""So many keys are ready from the beginning; more are made when they are wanted."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "ku-arab", "dv", "yi", "sd", "ug"})
"""Languages (ISO 639) written from right to left."""


class AskedView(QWidget):
    """Shows a screen; reports ``pressed(name)`` of its keys, and what the question part reports."""

    pressed = Signal(str)

    def __init__(self, questionnaire: Questionnaire) -> None:
        super().__init__()
        self._questionnaire = questionnaire
        self.screen_shown: Screen | None = None
        self.row = 0
        self.head = InterviewHead()
        self.confirm = Note("", "warning")
        self.instruction = theme.words("", "instruction")
        self.heading = theme.words("", "spoken")
        self.text = theme.words("", "spoken")
        self.part = QuestionPart()
        self.refusal = theme.words("", "problem")
        self.remark_label = theme.words(tr("Why it is right all the same (then Return)"), "instruction")
        self.remark = Entry()
        self.remark.setAccessibleName(self.remark_label.text())
        self.remark.setMaximumWidth(theme.columns(60))
        for part in (self.remark_label, self.remark):
            part.hide()
        self.part.drafted.connect(lambda _text: self._changed())
        self.rows = KeyedFlow(tr("Rows"), column=True)
        self.rows.chosen.connect(lambda name: self.pressed.emit(f"row {name}"))
        self.nonresponse = KeyedFlow(tr("Without an answer"))
        self.keys = KeyedFlow(tr("Keys of this page"))
        for flow in (self.nonresponse, self.keys):
            flow.chosen.connect(self.pressed)
            flow.reserve(_KEYS_AT_ONCE)
        self.part.choices.reserve(_CHOICES_AT_ONCE)
        self._lay_out(theme.unit())

    def _lay_out(self, unit: int) -> None:
        inside = Flowing()
        spoken = QVBoxLayout()
        spoken.setSpacing(unit)
        for part in (self.confirm, self.instruction, self.heading, self.text, self.part, self.refusal,
                     self.remark_label, self.remark):  # fmt: skip
            spoken.addWidget(part)
        spoken.addStretch(1)
        beside = QBoxLayout(
            QBoxLayout.Direction.TopToBottom if theme.is_large() else QBoxLayout.Direction.LeftToRight, inside
        )
        beside.setContentsMargins(0, 0, unit, 0)
        beside.setSpacing(3 * unit)
        beside.addLayout(spoken, 3)
        beside.addWidget(self.rows, 2, Qt.AlignmentFlag.AlignTop)
        self.area = Unkeyed()
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.head)
        whole.addSpacing(unit)
        whole.addWidget(self.area, 1)
        self.nonresponse.setVisible(not theme.is_large())
        whole.addWidget(self.nonresponse)
        whole.addWidget(self.keys)

    @property
    def question(self) -> Question | None:
        """The question that takes the answer now."""
        shown = self.screen_shown
        return shown.questions[self.row] if shown is not None and shown.questions else None

    def show_screen(self, screen: Screen, row: int, minutes: int, draft: str) -> None:
        """Show a screen with one of its rows asked; ``minutes`` since the interview began."""
        screen = read_aloud(screen)
        before = self.screen_shown
        fresh = before is None or before.questions[0].address != screen.questions[0].address
        self.screen_shown, self.row = screen, row
        question = screen.questions[row]
        several = len(screen.questions) > 1
        self.head.show_place(screen, question.member, minutes)
        self._turn(screen.language)
        self._say(self.instruction, question.instruction)
        self._say(self.heading, screen.heading if several else "")
        self._say(self.text, question.text)
        if self.confirm.isHidden() is (question.confirm or bool(question.broken)):
            self.confirm.setVisible(question.confirm or bool(question.broken))
        if question.broken:
            self.confirm.say(
                tr("Answered before: {answer}. {why}", answer=self._words(question), why=question.broken), "warning"
            )
        elif question.confirm:
            self.confirm.say(
                tr("Answered before: {answer}. Is that still so?", answer=self._words(question)), "warning"
            )
        self.part.show_question(question, question.item, draft, question.text)
        self._show_rows(screen if several else None)
        self.show_refusal("")
        self._show_keys(screen, question)
        if fresh:
            self.area.verticalScrollBar().setValue(0)
        # Laid out before it is painted, not painted, laid out and painted again; each round goes up one layout.
        for _ in range(2):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)

    def show_refusal(self, message: str, *, soft: bool = False, remark: str = "") -> None:
        """Show in place why an answer cannot stand, "" when it can; ``soft``: a remark makes it stand."""
        self._say(self.refusal, f"{'⚠' if soft else '✗'} {message}" if message else "")
        self.remark.setText(remark)
        if self.remark.isVisibleTo(self) != soft:
            for part in (self.remark_label, self.remark):
                part.setVisible(soft)
        if soft:
            self.remark.setFocus()

    def _changed(self) -> None:
        """Take back why an answer could not stand once it is changed; what a remark is asked about stays."""
        if self.remark.isHidden():
            self._say(self.refusal, "")

    def notice(self, words: str) -> None:
        """Say something above the question that is now shown."""
        self.confirm.say(words, "warning")

    def _turn(self, code: str) -> None:
        """Let what is read aloud run from right to left in languages that do."""
        right = code.partition("-")[0] in RIGHT_TO_LEFT
        direction = Qt.LayoutDirection.RightToLeft if right else Qt.LayoutDirection.LeftToRight
        if self.text.layoutDirection() != direction:
            for part in (self.instruction, self.heading, self.text, self.part, self.rows):
                part.setLayoutDirection(direction)

    def _say(self, label: QWidget, text: str) -> None:
        label.setText(text)  # type: ignore[attr-defined]  # a QLabel of theme.words
        if label.isVisibleTo(self) != bool(text):
            label.setVisible(bool(text))

    def _words(self, question: Question) -> str:
        language = self.screen_shown.language if self.screen_shown is not None else ""
        return answer_words(self._questionnaire, question.item, question.answer, language)

    def _show_rows(self, screen: Screen | None) -> None:
        if self.rows.isHidden() is (screen is not None):
            self.rows.setVisible(screen is not None)
        if screen is None:
            self.rows.forget()
            return
        self.rows.offer(
            [
                Offer(
                    str(at),
                    "▸" if at == self.row else "✓" if one.answer is not None else "·",
                    f"{one.text}\n{self._words(one)}" if one.answer is not None else one.text,
                    "plain" if at == self.row else "quiet",
                )
                for at, one in enumerate(screen.questions)
            ]
        )

    def _show_keys(self, screen: Screen, question: Question) -> None:
        given = question.answer.status if isinstance(question.answer, Answer) else None
        states = [
            Offer(status.value, cap_of(key), tr(label), checked=status is given)
            for status, (key, label) in NONRESPONSE.items()
            if status in question.offered
        ]
        if screen.ends_interview:
            onward = tr("End the interview here")
        elif question.confirm:
            onward = tr("Yes, go on")
        else:
            onward = tr("Next")
        offers = [Offer("next", cap_of(Key.NEXT), onward, "primary")]
        if not screen.is_first:
            offers.append(Offer("back", cap_of(Key.BACK), tr("Back")))
        offers.append(Offer("overview", cap_of(Key.OVERVIEW), tr("Overview")))
        others = [code for code in self._questionnaire.languages if code != screen.language]
        if others:
            name = self._questionnaire.language_names.get(others[0], others[0]) if len(others) == 1 else tr("Language")
            offers.append(Offer("language", cap_of(Key.LANGUAGE), name))
        offers.append(Offer("break_off", cap_of(Key.BREAK_OFF), tr("Break off …")))
        if theme.is_large():  # one flow takes fewer lines than two
            self.keys.offer([offers[0], *states, *offers[1:]])
        else:
            self.nonresponse.offer(states)
            self.keys.offer(offers)

    def step(self, down: int) -> None:
        """Move in the list that is searched, else from row to row, else along a page longer than the window."""
        screen = self.screen_shown
        if screen is None or self.part.step(down):
            return
        if len(screen.questions) > 1:
            self.pressed.emit(f"row {min(max(self.row + down, 0), len(screen.questions) - 1)}")
        else:
            bar = self.area.verticalScrollBar()
            bar.setValue(bar.value() + down * 3 * theme.line())

    def forget(self) -> None:
        """Take question and answer off."""
        self.head.forget()
        for label in (self.instruction, self.heading, self.text, self.refusal):
            label.clear()
        self.confirm.say("")
        self.remark.forget()
        self.part.forget()
        self.rows.forget()
        self.screen_shown = None
