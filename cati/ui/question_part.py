"""One question as it is asked: what is read aloud largest, the instruction apart, and what takes the answer.

All widgets are made once and shown anew, so that a step changes words, not layouts.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidgetItem, QVBoxLayout, QWidget

from cati.survey.answers import Answer, Status, typed
from cati.survey.questionnaire import CHOOSING, Choice, Item, Kind
from cati.survey.screens import Question
from cati.text import show_moment, tr
from cati.ui import theme
from cati.ui.choosing import (
    answer_from,
    chosen_of,
    gathered_draft,
    is_gathered,
    is_searched,
    keys_for,
    ranked,
    read_draft,
    toggled,
)
from cati.ui.entry import Entry, Listed, Words
from cati.ui.keyed import KeyedFlow, Offer

_LINE = frozenset({Kind.NUMBER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.DATETIME})
_SEVERAL = frozenset({Kind.MULTIPLE, Kind.RANK})
MOST_LISTED = 200
"""More lines nobody reads; typing on finds the rest."""


class QuestionPart(QWidget):
    """Reports ``answered(Answer)`` when a key answers by itself, ``drafted(text)`` while something is typed."""

    answered = Signal(object)
    drafted = Signal(str)
    returned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.question: Question | None = None
        self._item: Item | None = None
        self._chosen: tuple[str, ...] = ()
        self._keys: dict[str, str] = {}
        self._beside = ""
        self._specified: dict[str, str] = {}
        self.choices = KeyedFlow(column=True, size=1.0 if theme.is_large() else 1.3)
        self.line = Entry()
        self.understood = theme.words("", "quiet")
        self.words = Words()
        self.search = Entry()
        self.found = Listed()
        self.specify_label = theme.words("", "instruction")
        self.specify = Entry()
        unit = theme.unit()
        self.words.setFixedHeight(theme.line() * 5)
        self.found.setFixedHeight(theme.line() * 10)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(unit)
        for part in (self.choices, self.line, self.understood, self.words, self.search, self.found,
                     self.specify_label, self.specify):  # fmt: skip
            part.hide()
            stack.addWidget(part)
        for entry in (self.line, self.search, self.specify):
            entry.setMaximumWidth(theme.columns(60))
            entry.returnPressed.connect(self.returned)
        self.words.setMaximumWidth(theme.columns(90))
        self.found.setMaximumWidth(theme.columns(60))
        self.choices.setMaximumWidth(theme.columns(90))
        self.choices.chosen.connect(self.choose)
        self.line.textEdited.connect(self._typed)
        self.words.typed.connect(self.drafted)
        self.search.textEdited.connect(self._filter)
        self.specify.textEdited.connect(self._specify)
        self.found.itemActivated.connect(lambda _item: self.returned.emit())

    def show_question(self, question: Question, item: Item, draft: str, name: str) -> None:
        """Show what takes the answer. ``draft``: what was typed and not answered yet; ``name``: for screen readers."""
        self.question, self._item = question, item
        answer = question.answer
        value = answer.value if answer is not None and answer.status is Status.ANSWERED else ""
        self._chosen = chosen_of(question) if question.kind in CHOOSING else ()
        self._specified = dict(answer.specify) if answer is not None else {}
        if draft and is_gathered(question):
            self._chosen, self._specified = read_draft(draft)
        self._beside = ""
        searched = is_searched(question)
        by_key = question.kind in CHOOSING and not searched
        line, words = question.kind in _LINE, question.kind is Kind.TEXT
        hint = _hint(question)
        for part, shown in (
            (self.choices, by_key), (self.line, line), (self.understood, line or bool(hint)), (self.words, words),
            (self.search, searched), (self.found, searched),
        ):  # fmt: skip
            part.setAccessibleName(name)
            if part.isVisibleTo(self) != shown:
                part.setVisible(shown)
        for part in (self.line, self.words):
            part.setReadOnly(question.read_only)
        keys = keys_for([choice.name for choice, _label in question.choices]) if by_key else ()
        self._keys = {key: choice.name for key, (choice, _label) in zip(keys, question.choices, strict=False) if key}
        if by_key:
            self._offer()
            self.understood.setText(hint)
        elif line:
            self.line.setText(draft or self._shown(value or question.default))
            self._echo()
        elif words:
            self.words.show_words(draft or value or question.default)
        elif searched:
            self.search.forget()
            self.search.setPlaceholderText(
                tr("Type to search; Return takes, on an empty line it goes on")
                if question.kind in _SEVERAL
                else tr("Type to search; Return takes the marked one")
            )
            self._filter("")
        self._show_specify()

    def focus_on(self) -> QWidget | None:
        """Return what is typed into, None when the keys are the page's."""
        if self._beside and self.question is not None and self.question.kind is Kind.SINGLE:
            return self.specify
        for part in (self.line, self.words, self.search):
            if part.isVisibleTo(self):
                return part
        return None

    def press(self, event: QKeyEvent) -> bool:
        """Take a choice's key; False when none has it."""
        name = self._keys.get(event.text().lower()) if event.text() else None
        if self.question is None or self.question.kind not in CHOOSING:
            return False
        if name is None:
            return self._begin_words(event.text())
        if not event.isAutoRepeat():
            self.choose(name)
        return True

    def _begin_words(self, text: str) -> bool:
        """Begin to type beside "other": a letter that chooses nothing is the first of those words."""
        if not text.isalpha() or not self.specify.isVisibleTo(self) or self.specify.hasFocus():
            return False
        self.specify.setFocus()
        self.specify.insert(text)
        self._specify(self.specify.text())
        return True

    def step(self, down: int) -> bool:
        """Move through the list that is searched; False when there is none."""
        if not self.found.isVisibleTo(self):
            return False
        self.found.setCurrentRow(min(max(self.found.currentRow() + down, 0), self.found.count() - 1))
        return True

    def choose(self, name: str) -> None:
        """Choose: one answer is reported at once, several are gathered until Return."""
        if self.question is None or self.question.read_only:
            return
        choices = self._choices()
        if self.question.kind is Kind.RANK:
            self._chosen = ranked(self._chosen, name)
        elif self.question.kind is Kind.MULTIPLE:
            self._chosen = toggled(self._chosen, name, choices)
        else:
            self._chosen = (name,)
        self._show_specify()
        if self.question.kind is Kind.SINGLE and not self._beside:
            self.answered.emit(answer_from(self._chosen, {}))
            return
        self._offer()
        self.drafted.emit(gathered_draft(self._chosen, self._specified))
        if self.question.kind is Kind.SINGLE:
            self.specify.setFocus()

    def answer(self) -> Answer | None:
        """Return the answer as it stands now, None when there is none yet."""
        question, item = self.question, self._item
        if question is None or item is None or question.read_only:
            return None
        if self.found.isVisibleTo(self) and question.kind not in _SEVERAL:
            row = self.found.currentItem()
            return answer_from((row.data(Qt.ItemDataRole.UserRole),), self._specified) if row is not None else None
        if question.kind in CHOOSING:
            return answer_from(self._chosen, self._specified) if self._chosen else None
        text = self.words.toPlainText().strip() if question.kind is Kind.TEXT else self.line.text().strip()
        if question.kind not in _LINE | {Kind.TEXT} or not text:
            return None
        return Answer(value=typed(item, text) or text)

    def takes_from_list(self) -> bool:
        """Take what was searched for into several answers, and be ready to search on; True when it did."""
        row = self.found.currentItem()
        several = self.question is not None and self.question.kind in _SEVERAL and self.found.isVisibleTo(self)
        if not several or row is None or not self.search.text().strip():
            return False
        self.search.forget()
        self.choose(row.data(Qt.ItemDataRole.UserRole))
        self._filter("")
        return True

    def wants_words(self) -> bool:
        """Move to the words beside "other" when they are still to be typed; True when it did."""
        if self.specify.isVisibleTo(self) and not self.specify.text().strip() and not self.specify.hasFocus():
            self.specify.setFocus()
            return True
        return False

    def forget(self) -> None:
        """Take everything that was shown or typed off."""
        self.question = self._item = None
        self._chosen, self._keys, self._specified, self._beside = (), {}, {}, ""
        self.choices.forget()
        for entry in (self.line, self.search, self.specify):
            entry.forget()
        self.words.show_words("")
        self.found.clear()
        self.understood.clear()

    def _choices(self) -> list[Choice]:
        return [choice for choice, _label in self.question.choices] if self.question is not None else []

    def _offer(self) -> None:
        if self.question is None:
            return
        key_of = {name: key for key, name in self._keys.items()}
        self.choices.offer(
            [
                Offer(
                    choice.name,
                    key_of.get(choice.name, "").upper(),
                    self._ranked_label(choice.name, label),
                    checked=choice.name in self._chosen,
                )
                for choice, label in self.question.choices
            ]
        )

    def _ranked_label(self, name: str, label: str) -> str:
        """Return a choice's label, behind it its place where an order is asked for."""
        ranks = self.question is not None and self.question.kind is Kind.RANK and name in self._chosen
        return f"{label}  —  {self._chosen.index(name) + 1}." if ranks else label

    def _show_specify(self) -> None:
        beside = next((choice.name for choice in self._choices() if choice.specify and choice.name in self._chosen), "")
        if beside and beside != self._beside:
            self.specify.setText(self._specified.get(beside, ""))
            label = (
                next(label for choice, label in self.question.choices if choice.name == beside) if self.question else ""
            )
            self.specify_label.setText(tr("In their words: {choice}", choice=label))
            self.specify.setAccessibleName(self.specify_label.text())
        self._beside = beside
        for part in (self.specify, self.specify_label):
            if part.isHidden() is bool(beside):
                part.setVisible(bool(beside))

    def _specify(self, text: str) -> None:
        if self._beside:
            self._specified[self._beside] = text
            self.drafted.emit(gathered_draft(self._chosen, self._specified))

    def _typed(self, text: str) -> None:
        self._echo()
        self.drafted.emit(text)

    def _shown(self, value: str) -> str:
        """Return a canonical value as it is typed here: 7.7.2026 for a date, a comma in a decimal stays as it came."""
        if self._item is not None and self._item.kind is Kind.DATE and value.count("-") == 2:  # noqa: PLR2004 - ISO
            year, month, day = value.split("-")
            return f"{day}.{month}.{year}"
        return value

    def _echo(self) -> None:
        """Say how a date was understood; a wrong weekday is heard before it is kept."""
        words = ""
        if self._item is not None and self._item.kind is Kind.DATE:
            from datetime import date  # noqa: PLC0415 - for this kind only

            value = typed(self._item, self.line.text())
            words = (
                show_moment(date.fromisoformat(value), "EEEE, d MMMM y")
                if value
                else tr("day.month.year, such as 7.7.2026")
            )
        elif self._item is not None and self._item.kind is Kind.DATETIME:
            words = tr("day.month.year hours:minutes, such as 7.7.2026 18:30")
        elif self._item is not None and self._item.kind is Kind.TIME:
            words = tr("hours:minutes")
        elif self.question is not None and (self.question.minimum or self.question.maximum):
            words = tr("{low} to {high}", low=self.question.minimum or "…", high=self.question.maximum or "…")
        self.understood.setText(words)

    def _filter(self, text: str) -> None:
        """Show the choices that hold every word typed, those that begin with it first."""
        wanted = text.casefold().split()
        matching = [
            (not label.casefold().startswith(text.casefold().strip()), at, choice.name, label)
            for at, (choice, label) in enumerate(self.question.choices if self.question is not None else ())
            if all(word in label.casefold() for word in wanted)
        ]
        several = self.question is not None and self.question.kind in _SEVERAL
        self.found.clear()
        for _begins, _at, name, label in sorted(matching)[:MOST_LISTED]:
            item = QListWidgetItem(
                f"✓ {self._ranked_label(name, label)}" if several and name in self._chosen else label
            )
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.found.addItem(item)
            if not text and name in self._chosen:
                self.found.setCurrentItem(item)
        if text and matching:
            self.found.setCurrentRow(0)
        if several and self.question is not None:
            labels = {choice.name: label for choice, label in self.question.choices}
            self.understood.setText(
                tr("Chosen: {names}", names=", ".join(labels.get(n, n) for n in self._chosen) or "–")
            )
            self.understood.setVisible(True)
        elif self.question is not None and not self.question.choices:
            self.understood.setText(_hint(self.question))
            self.understood.setVisible(True)
        elif len(matching) > MOST_LISTED:
            self.understood.setText(tr("{n} answers fit; type more of the word.", n=len(matching)))
            self.understood.setVisible(True)
        elif self.found.isVisibleTo(self):
            self.understood.setVisible(False)


def _hint(question: Question) -> str:
    """Return what must be said about choosing, "" where the keys say it themselves."""
    if question.kind in CHOOSING and not question.choices:
        return tr("There is nothing to choose from here: the list is empty.")
    if question.kind is Kind.RANK:
        return tr("Press the keys in the order that is named; once more takes one off.")
    return ""
