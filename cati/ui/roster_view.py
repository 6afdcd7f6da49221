"""Is there another member of this roster? The members so far, to go to or to take off."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidgetItem, QVBoxLayout, QWidget

from cati.survey.screens import Screen
from cati.text import tr
from cati.ui import theme
from cati.ui.entry import Listed
from cati.ui.interview_head import InterviewHead
from cati.ui.keyed import KeyedFlow, Offer
from cati.ui.keys import PAGE_KEYS, Key, Where, cap_of, key_of
from cati.ui.pages import Note
from cati.ui.read_aloud import read_aloud

_ADDRESS = Qt.ItemDataRole.UserRole
_KEYS = {**PAGE_KEYS, Key.MEMBER: "go", Key.REMOVE_MEMBER: "remove"}


class RosterView(QWidget):
    """Reports ``pressed(name)``: "add", "next", "back", "overview", "break_off", and members by address."""

    pressed = Signal(str)
    chosen = Signal(str)
    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.screen_shown: Screen | None = None
        self._asked_to_remove = ""
        self.head = InterviewHead()
        self.text = theme.words("", "spoken")
        self.sure = Note("", "warning")
        self.members = Listed()
        self.members.setAccessibleName(tr("Entered so far"))
        self.members.setMaximumWidth(theme.columns(60))
        self.members.itemActivated.connect(lambda _item: self._pressed("go"))
        self.choices = KeyedFlow(column=True, size=1.0 if theme.is_large() else 1.3)
        self.keys = KeyedFlow(tr("Keys of this page"))
        for flow in (self.choices, self.keys):
            flow.chosen.connect(self._pressed)
        self.heading = theme.words(tr("Entered so far"), "small")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.head)
        whole.addSpacing(unit)
        for part in (self.text, self.choices, self.heading, self.members, self.sure):
            whole.addWidget(part)
        whole.addStretch(1)
        whole.addWidget(self.keys)

    def show_roster(self, screen: Screen, minutes: int) -> None:
        """Ask whether there is another one, below those there are; ``minutes`` since the interview began."""
        self.screen_shown = screen = read_aloud(screen)
        self._asked_to_remove = ""
        self.sure.hide()
        roster = screen.roster
        if roster is None:
            return
        self.head.show_place(screen, "", minutes)
        self.text.setText(
            tr("{label}: is there another one?", label=roster.label) if roster.members
            else tr("{label}: is there one?", label=roster.label)
        )  # fmt: skip
        self.members.clear()
        for address, title in roster.members:
            item = QListWidgetItem(title)
            item.setData(_ADDRESS, address)
            self.members.addItem(item)
        self.members.setCurrentRow(self.members.count() - 1)
        for part in (self.members, self.heading):
            part.setVisible(bool(roster.members))
        self.members.fit()
        self.choices.offer([
            Offer("add", "1", tr("Yes, one more") if roster.members else tr("Yes")),
            Offer("next", "2", tr("No, go on")),
        ])  # fmt: skip
        offers = [Offer("next", cap_of(Key.NEXT), tr("No, go on"), "primary")]
        if roster.members:
            offers += [
                Offer("go", cap_of(Key.MEMBER), tr("Go to the marked one")),
                Offer("remove", cap_of(Key.REMOVE_MEMBER), tr("Take the marked one off")),
            ]
        if not screen.is_first:
            offers.append(Offer("back", cap_of(Key.BACK), tr("Back")))
        offers += [
            Offer("overview", cap_of(Key.OVERVIEW), tr("Overview")),
            Offer("break_off", cap_of(Key.BREAK_OFF), tr("Break off …")),
        ]
        self.keys.offer(offers)

    def press(self, event: QKeyEvent) -> bool:
        """Take a key; False when it is none of this page's."""
        key = key_of(event, Where.INTERVIEW)
        name = {"1": "add", "2": "next"}.get(event.text()) or (_KEYS.get(key, "") if key is not None else "")
        if key in (Key.UP, Key.DOWN):
            down = 1 if key is Key.DOWN else -1
            self.members.setCurrentRow(min(max(self.members.currentRow() + down, 0), self.members.count() - 1))
        elif name and not event.isAutoRepeat():
            self._pressed(name)
        return bool(name) or key is not None

    def _pressed(self, name: str) -> None:
        item = self.members.currentItem()
        address = str(item.data(_ADDRESS)) if item is not None else ""
        if name == "go" and address:
            self.chosen.emit(address)
        elif name == "remove" and address and item is not None:
            if self._asked_to_remove == address:
                self.removed.emit(address)
                return
            self._asked_to_remove = address
            self.sure.say(
                tr("All answers about {member} will be gone. Press {key} again to take it off.",
                   member=item.text(), key=cap_of(Key.REMOVE_MEMBER)), "warning",
            )  # fmt: skip
        elif name not in ("go", "remove"):
            self.pressed.emit(name)

    def forget(self) -> None:
        """Take the members off."""
        self.members.clear()
        self.head.forget()
        self.text.clear()
        self.sure.say("")
        self.sure.hide()
        self.screen_shown = None
