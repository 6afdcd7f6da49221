"""After hanging up: open answers are finished, and what could identify somebody is marked, before anything is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QTextEdit, QVBoxLayout, QWidget

from cati.fieldwork.open_texts import Mark
from cati.text import tr
from cati.ui import theme
from cati.ui.entry import Unkeyed, Words
from cati.ui.keyed import Flowing, KeyedFlow, Offer
from cati.ui.keys import Key, cap_of
from cati.ui.pages import clear


class MarkedText(QWidget):
    """One open answer: its question, the words, what in them could identify somebody and why."""

    def __init__(self, question: str, text: str, marks_of: Callable[[str], Sequence[Mark]]) -> None:
        super().__init__()
        self._marks_of = marks_of
        self.words = Words()
        self.words.setAccessibleName(question)
        self.words.setFixedHeight(theme.line() * 4)
        self.why = theme.words("", "caution")
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(theme.words(question, "heading"))
        stack.addWidget(self.words)
        stack.addWidget(self.why)
        self.words.show_words(text)
        self.words.typed.connect(self._mark)
        self._mark(text)

    def text(self) -> str:
        """Return the words as they stand."""
        return self.words.toPlainText().strip()

    def _mark(self, text: str) -> None:
        """Underline and colour what could identify somebody, and say why: colour alone would not be seen by all."""
        marked, reasons = [], []
        for one in self._marks_of(text):
            selection = QTextEdit.ExtraSelection()
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(theme.colours().problem)
            look.setBackground(theme.colours().soft)
            cursor = QTextCursor(self.words.document())
            cursor.setPosition(one.start)
            cursor.setPosition(one.end, QTextCursor.MoveMode.KeepAnchor)
            selection.format = look
            selection.cursor = cursor
            marked.append(selection)
            reasons.append(f"{one.why}: “{text[one.start : one.end]}”")
        self.words.setExtraSelections(marked)
        self.why.setText("\n".join(reasons))
        self.why.setVisible(bool(reasons))

    def forget(self) -> None:
        """Take the words off, their undo memory too."""
        self.words.setExtraSelections([])
        self.words.show_words("")
        self.why.clear()


class OpenTextPage(QWidget):
    """Reports ``finished`` with {address: words} by `texts`, and ``back`` to the last question."""

    finished = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.parts: dict[str, MarkedText] = {}
        self._asked_of: tuple[str, ...] = ()
        self.heading = theme.words(tr("That was the last question"), "title")
        self.about = theme.words("")
        self.refusal: QLabel = theme.words("", "problem")
        inside = Flowing()
        self._stack = QVBoxLayout()
        self._stack.setSpacing(2 * unit)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, unit, 0)
        column.addLayout(self._stack)
        column.addStretch(1)
        area = Unkeyed()
        area.setWidget(inside)
        self.keys = KeyedFlow(tr("Keys of this page"))
        self.keys.chosen.connect(self._pressed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, 2 * unit, 2 * unit, unit)
        whole.setSpacing(unit)
        for part in (self.heading, self.about):
            whole.addWidget(part)
        whole.addWidget(area, 1)
        whole.addWidget(self.refusal)
        whole.addWidget(self.keys)

    def show_texts(
        self, texts: Sequence[tuple[str, str, str]], marks_of: Callable[[str], Sequence[Mark]]
    ) -> None:  # fmt: skip
        """Show the open answers as (address, question, words)."""
        self.forget()
        for address, question, words in texts:
            part = MarkedText(question, words, marks_of)
            self.parts[address] = part
            self._stack.addWidget(part)
        self.about.setText(
            tr("Say goodbye and hang up. Then read the open answers once more: finish the sentences, and take out "
               "names, numbers and addresses; what is underlined could tell who it was.")
            if texts
            else tr("Say goodbye and hang up. Then the answers are separated from the person.")
        )  # fmt: skip
        self.refusal.clear()
        self.keys.offer(
            [
                Offer("finish", cap_of(Key.FINISH), tr("Finish the interview"), "primary"),
                Offer("back", cap_of(Key.LOOK_AGAIN), tr("Back to the last question")),
            ]
        )

    def texts(self) -> dict[str, str]:
        """Return the words of every open answer as they stand now."""
        return {address: part.text() for address, part in self.parts.items()}

    def focus_on(self) -> QWidget | None:
        """Return where there is something to mend, else the first answer, None when there is none."""
        parts = list(self.parts.values())
        marked = [part for part in parts if part.words.extraSelections()]
        return (marked or parts)[0].words if parts else None

    def must_look_again(self) -> bool:
        """Ask once whether what is still marked may stay; False when nothing is, or when it was asked already."""
        marked = tuple(part.text() for part in self.parts.values() if part.words.extraSelections())
        if not marked or marked == self._asked_of:
            return False
        self._asked_of = marked
        self.refusal.setText(
            tr("Something marked is still there. Take it out; or finish once more if nobody can be recognised by it.")
        )
        return True

    def _pressed(self, name: str) -> None:
        (self.finished if name == "finish" else self.back).emit()

    def forget(self) -> None:
        """Take all words off."""
        for part in self.parts.values():
            part.forget()
        self.parts = {}
        self._asked_of = ()
        clear(self._stack)
