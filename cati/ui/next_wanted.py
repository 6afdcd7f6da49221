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

SOON_SECONDS = 0.4
"""After so long it is said that something was asked for; what comes sooner needs no words, which would only flicker."""

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

    def __init__(
        self,
        owner: QWidget,
        study: Callable[[], OpenStudy],
        refused: Callable[[Problem], None],
        unwanted: Callable[[DeliveredCase, Callable[[], None]], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask on behalf of ``owner``; ``refused`` hears why something cannot be had.

        ``unwanted`` gives a case back that came after nobody wanted it any more, and calls its second argument then.
        ``changed`` is called whenever `waits` may have changed.
        """
        self._owner = owner
        self._unwanted = unwanted
        self._study = study
        self._refused = refused
        self._changed = changed
        self._wish: _Wish | None = None
        self._after: _Wish | None = None
        self._again_at = 0.0
        self._away = False
        self.is_asking = False

    def want(self, work: Callable[[], Any], done: Callable[[Any], None], *, insist: bool = False) -> None:
        """Have this asked: at once of a folder, in the background of a server; ``insist``: until it answers."""
        wish = _Wish(work, done, insist, time.monotonic())
        if self.is_asking:  # what is being asked cannot be called back; a case that comes of it goes before
            self._after = wish
            self._changed()
            return
        self._begin(wish)

    def _begin(self, wish: _Wish) -> None:
        self._wish = wish
        self._again_at, self._away = 0.0, False
        self._changed()
        self.try_again()

    @property
    def _said(self) -> _Wish | None:
        """What somebody waits for: after Esc, what they asked for next."""
        return self._wish or self._after

    @property
    def waits(self) -> bool:
        """Tell whether something is wanted that has not come yet."""
        return self._said is not None

    @property
    def insists(self) -> bool:
        """Tell whether what is wanted is asked for until it comes, as the next case is."""
        return self._said is not None and self._said.insist

    def seconds(self) -> float:
        """Return for how long something has been wanted, 0 when nothing is."""
        return time.monotonic() - self._said.since if self._said is not None else 0.0

    def is_late(self) -> bool:
        """Tell whether what is wanted has not come for so long that it must be said."""
        return self.waits and (self._away or self.seconds() >= AWAY_SECONDS)

    def forget(self) -> bool:
        """Want nothing any more, False when nothing was; a next case that is being asked for goes back if it comes.

        What changes something (an outcome taken back, a withdrawal) or looks somebody up is not given up on its way.
        """
        if not self.may_be_given_up:
            self._after = None
            return False
        wanted, self._wish, self._after = self.waits, None, None
        self._changed()
        return wanted

    @property
    def may_be_given_up(self) -> bool:
        """Tell whether Esc stops the waiting."""
        return not self.is_asking or self._wish is None or self._wish.insist

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
        wish, self._wish = self._wish, None
        if wish is not None:
            self.is_asking = False
            self._changed()
            wish.done(found)
            self._go_on(found)
        elif isinstance(found, DeliveredCase):
            self._unwanted(found, self._go_on)
        else:
            self._go_on()

    def _go_on(self, found: object = None) -> None:
        """Ask for what was wanted meanwhile, unless a case came."""
        self.is_asking = False
        after, self._after = self._after, None
        if after is not None and not isinstance(found, DeliveredCase):
            self._begin(after)
        else:
            self._changed()

    def _failed(self, problem: Problem) -> None:
        from cati.fieldwork.desk import is_away  # noqa: PLC0415 - for studies on a server

        wish, self.is_asking = self._wish, False
        if wish is None or self._after is not None:
            self._wish = None
            self._go_on()
            return
        if wish.insist and is_away(problem):
            self._again_at, self._away = time.monotonic() + _AGAIN_SECONDS, True
            return
        self._wish = None
        self._changed()
        self._refused(problem)
