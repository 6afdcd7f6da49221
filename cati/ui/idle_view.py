"""Between two cases: the last outcome with its undo, why there is no case, callers, own appointments."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QListWidgetItem, QVBoxLayout, QWidget

from cati.fieldwork.calling import Booked, FoundCase, NoCase, Taken
from cati.text import show_moment, tr, trn
from cati.ui import theme
from cati.ui.entry import Entry, Listed, Unkeyed
from cati.ui.keyed import KeyedFlow, Offer
from cati.ui.pages import Labelled, clear, rule

_CASE = Qt.ItemDataRole.UserRole
_NAME = Qt.ItemDataRole.UserRole + 1


class IdleView(QWidget):
    """Reports ``wanted`` ("next", "undo", "search", "withdraw"), ``search_wanted(text)`` and the chosen cases."""

    wanted = Signal(str)
    search_wanted = Signal(str)
    caller_chosen = Signal(str)
    appointment_chosen = Signal(str)

    def __init__(self, *, by_name: bool = True) -> None:
        """``by_name``: who calls back is found by name, too, and not only by number."""
        super().__init__()
        unit = theme.unit()
        self._by_name = by_name
        self.heading = theme.words("", "title")
        self.about = theme.words("")
        self.blocked = QGridLayout()
        self.blocked.setHorizontalSpacing(unit)
        self.blocked.setVerticalSpacing(unit // 3)
        self.keys = KeyedFlow(tr("Next"))
        self.keys.chosen.connect(self.wanted)
        self.search = Entry()
        self.search.setMaxLength(60)
        self.found = Listed()
        self.found.setAccessibleName(tr("People found"))
        self.nobody = theme.words("", "caution")
        self.taken = KeyedFlow(tr("People found"))
        self.taken.chosen.connect(self.wanted)
        self.mine = Listed()
        self.mine.setAccessibleName(tr("My appointments"))
        self.mine_heading = theme.words("", "heading")
        self._undo = 0
        self._asked = False
        self._before_waiting: tuple[str, str] | None = None
        self._lay_out(unit)
        self.search.returnPressed.connect(lambda: self.search_wanted.emit(self.search.text()))
        self.found.itemActivated.connect(lambda item: self.caller_chosen.emit(item.data(_CASE)))
        self.mine.itemActivated.connect(lambda item: self.appointment_chosen.emit(item.data(_CASE)))

    def _lay_out(self, unit: int) -> None:
        inside = QWidget()
        inside.setProperty("kind", "column")
        self.view = Unkeyed()  # large letters and many appointments must not make the window higher than the screen
        self.view.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(self.view)
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(2 * unit, 2 * unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.heading)
        whole.addWidget(self.about)
        beside = QHBoxLayout()
        beside.addLayout(self.blocked)
        beside.addStretch(1)
        whole.addLayout(beside)
        whole.addWidget(self.keys)
        whole.addSpacing(unit)
        whole.addWidget(rule())
        asked = (
            tr("F3  Somebody calls back: number or name") if self._by_name else tr("F3  Somebody calls back: number")
        )
        caller = Labelled(asked, self.search, tr("Return searches; nothing is kept of it."))
        narrow: tuple[QWidget, ...] = (caller, self.found, self.mine)
        for one in narrow:
            one.setMaximumWidth(theme.columns(90))
        for part in (caller, self.nobody, self.taken, self.found, self.mine_heading, self.mine):
            whole.addWidget(part)
        whole.addStretch(1)
        self.forget()

    def _show_keys(self) -> None:
        offers = [Offer("next", tr("Return"), tr("Next case"), "quiet" if self._asked else "primary")]
        if self._undo > 0:
            offers.append(Offer("undo", "U", tr("Undo ({n} s)", n=self._undo)))
        if tuple(offers) != self.keys.offers:
            self.keys.offer(offers)

    def show_ready(self) -> None:
        """Show the beginning of the work."""
        self.show_noted(tr("The next case comes when you press Return."), tr("Ready?"))

    def show_noted(self, words: str, heading: str = "") -> None:
        """Show what was kept of the last case."""
        clear(self.blocked)
        self._before_waiting = None
        self._say(heading or tr("Noted"), words)

    def _say(self, heading: str, words: str) -> None:
        self.heading.setText(heading)
        self.about.setText(words)

    def show_waiting(self, heading: str, words: str) -> None:
        """Show what is being waited for; "" shows again what stood there, unless something came in its place."""
        if heading:
            self._before_waiting = self._before_waiting or (self.heading.text(), self.about.text())
            self._say(heading, words)
        elif self._before_waiting is not None:
            before, self._before_waiting = self._before_waiting, None
            self._say(*before)

    def show_asked(self, *, asked: bool) -> None:
        """Let the key for the next case rest while something is being asked for: it was pressed, and is heard."""
        self._asked = asked
        self._show_keys()

    def show_undo(self, seconds: int) -> None:
        """Show how long the outcome can be taken back; 0 hides it."""
        self._undo = seconds
        self._show_keys()

    def show_none(self, none: NoCase, due_words: str) -> None:
        """Show that nothing can be called now: what blocks how many cases, and when the next becomes free."""
        self.show_noted(due_words, tr("No case can be called now"))
        for at, (words, count) in enumerate(none.blocked):
            figure = QLabel(str(count))
            figure.setTextFormat(Qt.TextFormat.PlainText)
            self.blocked.addWidget(figure, at, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            self.blocked.addWidget(theme.words(words, "quiet"), at, 1)
        self.blocked.setColumnMinimumWidth(1, theme.columns(50))

    def show_found(self, found: tuple[FoundCase, ...], asked: str) -> None:
        """Show who was found; a number or name that matches nothing shows nobody."""
        self.found.clear()
        self._show_taken_keys(withdraws=False)
        nobody = bool(asked) and not found
        self.nobody.setText(tr("Nobody in this study matches what you typed.") if nobody else "")
        for one in found:
            item = QListWidgetItem(f"{one.name}   ·   {one.site}, {one.department}   ·   {one.state}")
            item.setData(_CASE, one.case_id)
            item.setData(_NAME, one.name)
            self.found.addItem(item)
        self.found.setVisible(bool(found))
        self.found.fit()
        if found:
            self.found.setCurrentRow(0)
            self.found.setFocus()
            self.view.ensureWidgetVisible(self.found)
            self._show_taken_keys(withdraws=True)

    def caller(self) -> tuple[str, str]:
        """Return (case, name) of the person who is chosen among those found, ("", "") when nobody is."""
        chosen = self.found.currentItem()
        return ("", "") if chosen is None else (str(chosen.data(_CASE)), str(chosen.data(_NAME)))

    def show_taken(self, taken: Taken) -> None:
        """Say why a person who calls cannot be served here; a withdrawal waits for nobody."""
        who = tr("{name} has this case open.", name=taken.by) if taken.by else ""
        self.nobody.setText(f"{taken.why} {who}".strip())
        self._show_taken_keys(withdraws=True)

    def _show_taken_keys(self, *, withdraws: bool) -> None:
        self.taken.offer([Offer("withdraw", "F4", tr("Withdraws consent …"), "danger")] if withdraws else [])
        self.taken.setVisible(withdraws)

    def show_appointments(self, booked: tuple[Booked, ...]) -> None:
        """Show the interviewer's own appointments, the next first; Return on one opens its case. A chosen one stays."""
        before = self.mine.currentItem()
        chosen = None if before is None else before.data(_CASE)
        self.mine.clear()
        for one in booked:
            words = show_moment(one.wall, "EEE d MMM HH:mm")
            item = QListWidgetItem(
                f"{words if one.definite else tr('about {when}', when=words)}   {one.name}   ·   {one.site}"
            )
            item.setData(_CASE, one.case_id)
            self.mine.addItem(item)
            if one.case_id == chosen:
                self.mine.setCurrentItem(item)
        self.mine.setVisible(bool(booked))
        self.mine.fit()
        count = len(booked)
        self.mine_heading.setText(
            trn("1 appointment of mine", "{n} appointments of mine", count) if count else tr("No appointments of mine")
        )

    def begin_search(self) -> None:
        """Put the cursor where who calls back is looked for."""
        self.search.setFocus()
        self.view.ensureWidgetVisible(self.search)

    def forget(self) -> None:
        """Take every name off the page."""
        self.search.forget()
        self.show_found((), "")
        self.mine.clear()
        self.mine.hide()
        self.mine_heading.setText("")
        self.show_undo(0)
