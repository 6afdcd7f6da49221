"""What a page says of answers on their way to a server: nothing while all is well, "saving", "not saved yet"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import run_in_background
from cati.ui.read_aloud import announce

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.outbox import Outbox, Standing

T = TypeVar("T")

LATE_SECONDS, AWAY_SECONDS = 0.5, 3.0
_LOOK_MS, _GOOD_NEWS_MS = 250, 6000


def ask(
    owner: QWidget,
    study: OpenStudy,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Problem], None] | None = None,
    dropped: Callable[[T], None] | None = None,
) -> None:
    """Ask the study: at once where it lies in a folder, off the window's thread where it lies on a server.

    A Problem goes to ``failed``; without it, it is raised here of a folder, and passed over of a server: whoever looks
    there looks again.
    """
    if study.desk is not None:
        run_in_background(owner, lambda _ticket: work(), done, failed, dropped=dropped)
        return
    try:
        found = work()
    except Problem as problem:
        if failed is None:
            raise
        failed(problem)
    else:
        done(found)


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


class KeepingLine(QWidget):
    """A line at the foot of the page, which keeps its place so that nothing moves; ``looked`` four times a second."""

    looked = Signal()

    def __init__(self, outbox: Outbox, between: Callable[[], bool]) -> None:
        """Speak of what ``outbox`` holds; ``between`` tells whether no case is open, and nothing is being entered."""
        super().__init__()
        self._outbox = outbox
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
        self.looked.emit()

    def _not_saved(self, standing: Standing) -> str:
        if self._between():
            return "⚠ " + tr("Not saved yet: the last call is kept on this workstation.")
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


def is_not_saved(standing: Standing) -> bool:
    """Tell whether something waits and the server does not take it."""
    stuck = standing.away or bool(standing.trouble) or standing.seconds >= AWAY_SECONDS
    return standing.waiting > 0 and stuck
