"""What a page says of acts on their way to a server: nothing while all is well, "saving", "not saved yet"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.fieldwork.calling import Noted, OnTheWay, Receipt
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.next_wanted import AWAY_SECONDS, SOON_SECONDS, Wanted
from cati.ui.read_aloud import announce

if TYPE_CHECKING:
    from cati.fieldwork.left_behind import Left
    from cati.fieldwork.outbox import Kept, Outbox, Standing

LATE_SECONDS = 0.5
_LOOK_MS, _GOOD_NEWS_MS = 250, 6000


class Teller(QObject):
    """Brings word from the outbox's thread into the window's; it lives as long as the outbox, pages come and go."""

    told = Signal()

    def __call__(self) -> None:
        """Tell; from any thread."""
        self.told.emit()


def teller_of(outbox: Outbox) -> Teller:
    """Return who tells of this outbox."""
    if not isinstance(outbox.told, Teller):
        outbox.told = Teller()
    return outbox.told


class ServerLine(QWidget):
    """A line at the foot of the page, which keeps its place so that nothing moves.

    Reports ``kept(words, Noted or None)`` of the case that ended last, ``lost(case, unsaved)``, ``said`` for a notice,
    and ``waits(heading, words)`` when something is late between two cases; both are "" when nothing is.
    """

    kept = Signal(str, object)
    lost = Signal(str, int)
    said = Signal(str)
    waits = Signal(str, str)

    def __init__(self, outbox: Outbox, wanted: Wanted, between: Callable[[], bool]) -> None:
        """Speak of what ``outbox`` holds; ``between`` tells whether no case is open, and nothing is being entered."""
        super().__init__()
        self._outbox = outbox
        self._wanted = wanted
        self._due: tuple[OnTheWay, str] | None = None
        self._between = between
        self._was_away = False
        self.words = theme.words("", "small")
        self.words.setAccessibleName(tr("Saving"))
        stack = QVBoxLayout(self)
        stack.setContentsMargins(2 * theme.unit(), 0, 2 * theme.unit(), theme.unit() // 2)
        stack.addWidget(self.words)
        self.setMinimumHeight(theme.line() * (2 if theme.is_large() else 1) + theme.unit())
        self._good_news = QTimer(self)
        self._good_news.setSingleShot(True)
        self._good_news.timeout.connect(self.look)
        clock = QTimer(self)
        clock.timeout.connect(self.look)
        clock.start(_LOOK_MS)
        teller_of(outbox).told.connect(self.collect)

    def expect(self, noted: OnTheWay, words: str) -> None:
        """Say ``words`` once the server has the end of this case."""
        self._due = (noted, words)

    def look(self) -> None:
        """Say how things stand now."""
        standing = self._outbox.standing()
        away = is_not_saved(standing)
        if self._was_away and not away and not standing.waiting:
            self._was_away = False
            self._good_news.start(_GOOD_NEWS_MS)
        self._was_away = self._was_away or away
        if away:
            self._say(self._not_saved(standing), "caution")
        elif standing.waiting and standing.seconds >= LATE_SECONDS:
            self._say(tr("Saving …"), "small", aloud=False)
        elif self._good_news.isActive():
            self._say("✓ " + tr("Everything is saved."), "good")
        else:
            self._say("", "small", aloud=False)
        if self._between():
            self._wanted.try_again()
            self._say_what_waits(standing)

    def _say_what_waits(self, standing: Standing) -> None:
        """Say between two cases what has not come for so long that it must be said."""
        if self._wanted.seconds() >= SOON_SECONDS and not self._wanted.may_be_given_up:
            self.waits.emit(tr("One moment …"), tr("Asking the server …"))
        elif self._wanted.is_late() or (self._wanted.waits and is_not_saved(standing)):
            self.waits.emit(
                tr("The server does not answer"),
                tr("The next case comes by itself as soon as it does. Esc: stop waiting.")
                if self._wanted.insists
                else tr("What you asked for is looked up as soon as it does. Esc: stop waiting."),
            )
        elif self._wanted.seconds() >= SOON_SECONDS:
            self.waits.emit(tr("One moment …"), tr("The server is being asked. Esc: stop waiting."))
        elif self._due is not None and is_not_saved(standing):
            words = tr("It is kept on this workstation, and saved by itself as soon as the server answers.")
            if not self._due[0].completed:
                words += " " + tr("Until then it cannot be undone.")
            self.waits.emit(tr("Not saved yet"), words)
        else:
            self.waits.emit("", "")

    def collect(self) -> None:
        """Take in what the server made of the acts that were sent."""
        from cati.fieldwork.outbox import CaseLost, OthersWait, Recovered  # noqa: PLC0415 - for studies on a server

        for one in self._outbox.collect():
            if isinstance(one, CaseLost):
                self._due = None
                self.lost.emit(one.case_id, one.unsaved)
            elif isinstance(one, Recovered):
                self.said.emit(
                    trn(
                        "1 entry of an interrupted call was still on this workstation; it is saved now.",
                        "{n} entries of an interrupted call were still on this workstation; they are saved now.",
                        one.acts,
                    )
                )
            elif isinstance(one, OthersWait):
                self.said.emit("\n".join(left_words(other) for other in one.left))
            elif self._due is not None and self._due[0].case_id == one.case_id:
                self._tell_kept(one, *self._due)
        self.look()

    def _tell_kept(self, kept: Kept, on_the_way: OnTheWay, words: str) -> None:
        self._due = None
        if isinstance(kept.result, Receipt):
            self.kept.emit(kept.result.words, None)
        elif isinstance(kept.result, Noted) and not on_the_way.completed:
            self.kept.emit(f"{words} {kept.result.next_words}", kept.result)
        else:
            self.kept.emit(words, None)

    def _not_saved(self, standing: Standing) -> str:
        if self._between():
            return "⚠ " + tr("Not saved yet: what was done last is kept on this workstation.")
        if standing.trouble:
            return "⚠ " + tr(
                "Not saved yet. {trouble} What you enter is kept on this workstation.", trouble=standing.trouble
            )
        return "⚠ " + tr(
            "Not saved yet: the server does not answer. What you enter is kept on this workstation; go on."
        )

    def _say(self, words: str, kind: str, *, aloud: bool = True) -> None:
        if words == self.words.text():
            return
        self.words.setText(words)
        theme.set_kind(self.words, kind)
        if aloud:
            announce(self, words)


def left_words(left: Left) -> str:
    """Return what is said of what somebody else left on this workstation."""
    if left.active:
        return trn(
            "1 entry of {name} is on this workstation and not saved yet: {name} must sign in here.",
            "{n} entries of {name} are on this workstation and not saved yet: {name} must sign in here.",
            left.acts,
            name=left.name,
        )
    return trn(
        "1 entry of {name} on this workstation is lost, for {name} was let go. A research lead can remove it: page "
        "“Staff”.",
        "{n} entries of {name} on this workstation are lost, for {name} was let go. A research lead can remove them: "
        "page “Staff”.",
        left.acts,
        name=left.name,
    )


def is_not_saved(standing: Standing) -> bool:
    """Tell whether something waits and the server does not take it."""
    stuck = standing.away or bool(standing.trouble) or standing.seconds >= AWAY_SECONDS
    return standing.waiting > 0 and stuck
