"""What somebody wants of the study between two cases; a server that is away is asked again until it comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from cati.errors import Problem
from cati.fieldwork.calling import DeliveredCase
from cati.ui.asking_study import ask

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

AWAY_SECONDS = 3.0
"""After so long without an answer it is said that the server is away."""

_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Wish:
    work: Callable[[], Any]
    done: Callable[[Any], None]
    insist: bool
    since: float


class Wanted:
    """One wish at a time. A case that comes is known to the desk before it is shown; none comes while acts wait."""

    def __init__(self, owner: QWidget, study: Callable[[], OpenStudy], refused: Callable[[Problem], None]) -> None:
        """Ask on behalf of ``owner``; ``refused`` hears why something cannot be had."""
        self._owner = owner
        self._study = study
        self._refused = refused
        self._wish: _Wish | None = None
        self._again_at = 0.0
        self._away = False
        self.is_asking = False

    def want(self, work: Callable[[], Any], done: Callable[[Any], None], *, insist: bool = False) -> None:
        """Have this asked: at once of a folder, in the background of a server; ``insist``: until it answers."""
        if self.is_asking:
            return
        self._wish = _Wish(work, done, insist, time.monotonic())
        self._again_at, self._away = 0.0, False
        self.try_again()

    @property
    def waits(self) -> bool:
        """Tell whether something is wanted that has not come yet."""
        return self._wish is not None

    def is_late(self) -> bool:
        """Tell whether what is wanted has not come for so long that it must be said."""
        return self._wish is not None and (self._away or time.monotonic() - self._wish.since >= AWAY_SECONDS)

    def forget(self) -> bool:
        """Want nothing any more; False when nothing was, or it is being asked at this moment."""
        if self._wish is None or self.is_asking:
            return False
        self._wish = None
        return True

    def try_again(self) -> None:
        """Ask for what is wanted, when it is time."""
        wish, study = self._wish, self._study()
        desk = study.desk
        if wish is None or self.is_asking or time.monotonic() < self._again_at:
            return
        if desk is not None and desk.outbox.standing().waiting:
            return  # the case before is not done: one at a time

        def work() -> Any:
            found = wish.work()
            if desk is not None and isinstance(found, DeliveredCase):
                desk.open_case(study, found)
            return found

        self.is_asking = True
        try:
            ask(self._owner, study, work, self._came, self._failed)
        finally:
            if desk is None:
                self.is_asking = False

    def _came(self, found: Any) -> None:
        wish, self._wish, self.is_asking = self._wish, None, False
        if wish is not None:
            wish.done(found)

    def _failed(self, problem: Problem) -> None:
        from cati.fieldwork.desk import is_away  # noqa: PLC0415 - for studies on a server

        wish, self.is_asking = self._wish, False
        if wish is None:
            return
        if wish.insist and is_away(problem):
            self._again_at, self._away = time.monotonic() + _AGAIN_SECONDS, True
            return
        self._wish = None
        self._refused(problem)
