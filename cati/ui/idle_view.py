"""Between two cases: the last outcome with its undo, why there is no case, callers, own appointments."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cati.fieldwork.calling import Booked, FoundCase, NoCase, Taken
from cati.text import show_moment, tr, trn
from cati.ui import theme
from cati.ui.pages import Labelled, rule


class IdleView(QWidget):
    """Reports ``next_wanted``, ``undo_wanted``, ``search_wanted(text)`` and ``caller_chosen(case_id)``."""

    next_wanted = Signal()
    undo_wanted = Signal()
    search_wanted = Signal(str)
    caller_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.heading = theme.words("", "title")
        self.about = theme.words("")
        self.details = theme.words("", "quiet")
        self.undo = theme.push("", self.undo_wanted.emit)
        self.undo.hide()
        self.next = theme.push(tr("Return  Next case"), self.next_wanted.emit, kind="primary")
        self.search = QLineEdit()
        self.search.setMaxLength(60)
        self.found = QListWidget()
        self.found.setAccessibleName(tr("People found"))
        self.found.setMaximumHeight(theme.line() * 9)
        self.found.hide()
        self.nobody = theme.words("", "caution")
        self.mine = QListWidget()
        self.mine.setAccessibleName(tr("My appointments"))
        self.mine.setMaximumHeight(theme.line() * 12)
        self.mine_heading = theme.words(tr("My appointments"), "heading")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, 2 * unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.heading)
        whole.addWidget(self.about)
        whole.addWidget(self.details)
        acts = QHBoxLayout()
        acts.setSpacing(unit)
        acts.addWidget(self.next)
        acts.addWidget(self.undo)
        acts.addStretch(1)
        whole.addLayout(acts)
        whole.addWidget(rule())
        caller = Labelled(
            tr("F3  Somebody calls back: number or name"), self.search, tr("Return searches; nothing is kept of it.")
        )
        caller.setMaximumWidth(theme.columns(60))
        whole.addWidget(caller)
        whole.addWidget(self.nobody)
        whole.addWidget(self.found)
        whole.addWidget(self.mine_heading)
        whole.addWidget(self.mine)
        whole.addStretch(1)
        self.search.returnPressed.connect(lambda: self.search_wanted.emit(self.search.text()))
        self.found.itemActivated.connect(lambda item: self.caller_chosen.emit(item.data(Qt.ItemDataRole.UserRole)))

    def show_ready(self) -> None:
        """Show the beginning of the work."""
        self.heading.setText(tr("Ready?"))
        self.about.setText(tr("The next case comes when you press Return."))
        self.details.clear()

    def show_noted(self, words: str) -> None:
        """Show what was kept of the last case."""
        self.heading.setText(tr("Noted"))
        self.about.setText(words)
        self.details.clear()

    def show_undo(self, seconds: int) -> None:
        """Show how long the outcome can be taken back; 0 hides it."""
        self.undo.setText(tr("U  Undo ({n} s)", n=seconds))
        self.undo.setVisible(seconds > 0)

    def show_none(self, none: NoCase, due_words: str) -> None:
        """Show that nothing can be called now: what blocks how many cases, and when the next becomes free."""
        self.heading.setText(tr("No case can be called now"))
        self.about.setText(due_words)
        self.details.setText("\n".join(f"{count:>6}   {words}" for words, count in none.blocked))

    def show_found(self, found: tuple[FoundCase, ...], asked: str) -> None:
        """Show who was found; a number or name that matches nothing shows nobody."""
        self.found.clear()
        self.nobody.setText("" if found else tr("Nobody in this study matches what you typed."))
        self.nobody.setVisible(bool(asked) and not found)
        for one in found:
            item = QListWidgetItem(f"{one.name}   ·   {one.site}, {one.department}   ·   {one.state}")
            item.setData(Qt.ItemDataRole.UserRole, one.case_id)
            self.found.addItem(item)
        self.found.setVisible(bool(found))
        if found:
            self.found.setCurrentRow(0)
            self.found.setFocus()

    def show_taken(self, taken: Taken) -> None:
        """Say why a person who calls cannot be served here."""
        who = tr("{name} has this case open.", name=taken.by) if taken.by else ""
        self.nobody.setText(f"{taken.why} {who}".strip())
        self.nobody.show()

    def show_appointments(self, booked: tuple[Booked, ...]) -> None:
        """Show the interviewer's own appointments, the next first."""
        self.mine.clear()
        for one in booked:
            words = show_moment(one.wall, "EEE d MMM HH:mm")
            self.mine.addItem(f"{words}   {one.name}   ·   {one.site}")
        self.mine.setVisible(bool(booked))
        count = len(booked)
        self.mine_heading.setText(
            trn("1 appointment of mine", "{n} appointments of mine", count) if count else tr("No appointments of mine")
        )

    def forget(self) -> None:
        """Take every name off the page."""
        self.search.clear()
        self.found.clear()
        self.found.hide()
        self.mine.clear()
        self.nobody.clear()
