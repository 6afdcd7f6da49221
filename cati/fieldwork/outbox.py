"""The outbox: spooled acts on their way to the server, sent in order by a thread of their own, and never forgotten."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cati.bugs import note_bug
from cati.errors import Problem
from cati.fieldwork.delivered import Call, Lease, Noted, Receipt
from cati.fieldwork.left_behind import Left
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.sending import Lost, hold_on, send
from cati.fieldwork.spool import Spool
from cati.fieldwork.spooled import ENDS, REMARKS, Deed, Entry, entry_from_bytes, entry_to_bytes
from cati.store.connecting import Unreachable
from cati.text import tr

RETRY_SECONDS = 2.0
"""So often a server that is away is tried again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last act of a case is on the server; ``result``: what it came to, None when an earlier try had kept it."""

    case_id: str
    result: Noted | Receipt | None


@dataclass(frozen=True, slots=True)
class CaseLost:
    """A case went to somebody else, or was closed, before ``unsaved`` acts of its could be saved; they are gone."""

    case_id: str
    unsaved: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """So many acts of a window that was ended in an outage are on the server by now."""

    acts: int


@dataclass(frozen=True, slots=True)
class OthersWait:
    """Other members have left acts on this workstation that nobody but they can send."""

    left: tuple[Left, ...]


Happening = Kept | CaseLost | Recovered | OthersWait


@dataclass(frozen=True, slots=True)
class Standing:
    """How the outbox stands: how many acts are not acknowledged, for how many seconds the oldest, and why.

    ``away``: the server did not answer the last try. ``trouble``: another reason in words, "" for none.
    """

    waiting: int = 0
    seconds: float = 0.0
    away: bool = False
    trouble: str = ""


def is_away(problem: Problem) -> bool:
    """Tell whether a Problem says that the server does not answer."""
    return isinstance(problem, Unreachable)


@dataclass
class _Hold:
    """What is known of the case in hand: its lease by now, and its call."""

    lease: Lease
    call: Call | None = None
    due: bool = field(default=False)


class Outbox:
    """Takes acts from the window's thread (`put`), durable at once; `work` sends them, in a thread once `start`ed.

    ``told`` is called from that thread whenever something changed.
    """

    def __init__(self, study: OpenStudy, spool: Spool, left: tuple[Left, ...] = ()) -> None:
        self._study = study
        self._spool = spool
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Entry, float]] = deque()
        self._ends: dict[str, Entry] = {}
        self._held: dict[str, _Hold] = {}
        self._happened: list[Happening] = []
        self._asked = self._away = self._closing = False
        self._trouble = ""
        self._thread: threading.Thread | None = None
        self.told: Callable[[], None] = lambda: None
        found = [entry_from_bytes(content) for content in spool.found]
        self._recovering = len(found)
        self._asked = bool(found)
        for entry in found:
            self._line_up(entry)
        if left:
            self._happened.append(OthersWait(left))

    # -- from the window's thread -------------------------------------------------------------------------------------

    def put(self, entry: Entry) -> None:
        """Take an act; it is on this workstation's disk when this returns. A Problem when it cannot be."""
        with self._changed:
            self._spool.append(entry_to_bytes(entry))
            self._line_up(entry)
            self._changed.notify()
        self.start()

    def _line_up(self, entry: Entry) -> None:
        self._waiting.append((entry, time.monotonic()))
        if entry.deed is Deed.END and entry.call is not None:
            self._ends[entry.call.id] = entry

    def take(self, lease: Lease, call: Call | None) -> None:
        """Look after a lease from now on."""
        with self._changed:
            self._held[lease.case_id] = _Hold(lease, call)

    def take_over(self, study: OpenStudy) -> None:
        """Send by the study as it is now."""
        self._study = study

    def lease_of(self, case_id: str) -> Lease | None:
        """Return the lease of a case in hand as it stands now."""
        with self._changed:
            held = self._held.get(case_id)
            return None if held is None else held.lease

    def hold_on(self, case_id: str) -> None:
        """Move the end of the lease on as soon as there is time for it."""
        with self._changed:
            if case_id in self._held:
                self._held[case_id].due = True
                self._changed.notify()
        self.start()

    def let_go(self, case_id: str) -> None:
        """Look after a lease no more, unless acts of its wait: they need it."""
        with self._changed:
            if not self._waiting:
                self._held.pop(case_id, None)
                self._settle()

    def standing(self) -> Standing:
        """Return how things stand."""
        with self._changed:
            oldest = self._waiting[0][1] if self._waiting else time.monotonic()
            return Standing(len(self._waiting), time.monotonic() - oldest, self._away, self._trouble)

    def collect(self) -> list[Happening]:
        """Return what happened since it was last asked."""
        with self._changed:
            happened, self._happened = self._happened, []
            return happened

    def start(self) -> None:
        """Send from now on, in a thread of its own."""
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="cati outbox", daemon=True)
            self._thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """Stop sending; what is not acknowledged stays on this workstation for the next sign-in."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(seconds)
        with self._changed:
            self._spool.close()

    # -- from the sending thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            if self.work():
                continue
            with self._changed:
                if self._closing:
                    return
                if self._away or self._trouble:
                    self._changed.wait_for(lambda: self._closing, RETRY_SECONDS)
                elif not self._waiting and not self._due():
                    self._changed.wait()

    def _due(self) -> str:
        return next((case_id for case_id, held in self._held.items() if held.due), "")

    def work(self) -> bool:
        """Send the oldest act, or renew a lease that is due; False when there is nothing to do, or it did not go."""
        with self._changed:
            first = self._waiting[0][0] if self._waiting else None
            due = self._due()
        try:
            if first is not None:
                self._send(first)
            elif due:
                self._renew(due)
            else:
                return False
        except Unreachable:
            self._failed(away=True)
        except Problem as problem:
            self._failed(trouble=f"{problem.where}: {problem.what} {problem.do}".strip())
        except Exception as error:  # noqa: BLE001 - whatever it is, the act is not forgotten
            if not self._trouble:
                note_bug(error)
            self._failed(trouble=tr("Program error"))
        else:
            return True
        return False

    def _failed(self, *, away: bool = False, trouble: str = "") -> None:
        with self._changed:
            changed = (self._away, self._trouble) != (away, trouble)
            self._away, self._trouble, self._asked = away, trouble, True
        if changed:
            self.told()

    def _send(self, entry: Entry) -> None:
        with self._changed:
            held = self._held.get(entry.case_id)
            skipped = self._is_overtaken(entry)
            asked = self._asked
        if skipped:
            self._done(entry, None)
            return
        fence = entry.fence if held is None else max(held.lease.fence, entry.fence)
        end = self._ends.get(entry.call.id) if entry.call is not None else None
        sent = send(self._study, entry, fence, end, asked=asked)
        if isinstance(sent, Lost):
            self._lose(entry)
            return
        with self._changed:
            if sent.lease is not None:
                self._held[entry.case_id] = _Hold(sent.lease, entry.call, sent.due)
        self._done(entry, sent.result)

    def _is_overtaken(self, entry: Entry) -> bool:
        """Tell whether the next act writes the same row over."""
        if entry.deed is not Deed.WORDS or len(self._waiting) < 2:  # noqa: PLR2004 - this one and the next
            return False
        after = self._waiting[1][0]
        return after.case_id == entry.case_id and after.place == entry.place

    def _done(self, entry: Entry, result: Noted | Receipt | None) -> None:
        with self._changed:
            self._waiting.popleft()
            self._away, self._trouble, self._asked = False, "", False
            if entry.deed in ENDS:
                self._held.pop(entry.case_id, None)
                self._happened.append(Kept(entry.case_id, result))
            self._settle()
        self.told()

    def _settle(self) -> None:
        """Empty the spool once everything is acknowledged; with no case in hand the file goes."""
        if self._recovering and not self._waiting:
            self._happened.append(Recovered(self._recovering))
            self._recovering = 0
            self._held.clear()  # what was in hand then is handed out anew
        if not self._waiting:
            self._ends.clear()
            if self._held:
                self._spool.clear()
            else:
                self._spool.remove()

    def _lose(self, entry: Entry) -> None:
        """Drop what cannot be kept any more; a withdrawal waits for nobody and is done all the same."""
        with self._changed:
            before = len(self._waiting)
            mine = [one for one in self._waiting if one[0].case_id == entry.case_id]
            dropped = [one for one in mine if one[0].deed not in (*REMARKS, Deed.WITHDRAWN)]
            self._waiting = deque(one for one in self._waiting if one not in dropped)
            self._recovering = max(0, self._recovering - (before - len(self._waiting)))
            self._held.pop(entry.case_id, None)
            self._away, self._trouble, self._asked = False, "", False
            self._happened.append(CaseLost(entry.case_id, len(dropped)))
            self._say_dropped([one for one, _since in dropped])
            self._settle()
        self.told()

    def _say_dropped(self, dropped: list[Entry]) -> None:
        """Have it logged which acts were dropped: case and numbers only. After a crash it is said once all the same."""
        first = dropped[0]
        said = Entry(
            deed=Deed.DROPPED, case_id=first.case_id, fence=first.fence, at=self._study.now(), acts=len(dropped),
            id=hashlib.sha256(f"dropped {first.case_id} {first.fence}".encode()).hexdigest()[:32],
            answers=sum(one.deed is Deed.EVENT and not one.begins for one in dropped),
            over=any(one.deed is Deed.END and bool(one.over) for one in dropped),
        )  # fmt: skip
        with suppress(Problem):  # a disk that takes nothing: the window has been told
            self._spool.append(entry_to_bytes(said))
        self._line_up(said)

    def _renew(self, case_id: str) -> None:
        with self._changed:
            held = self._held[case_id]
        lease = hold_on(self._study, case_id, held.lease.fence, held.call)
        with self._changed:
            self._away, self._trouble = False, ""
            if lease is None:
                self._held.pop(case_id, None)
                self._happened.append(CaseLost(case_id, 0))
            elif case_id in self._held:
                self._held[case_id] = replace(held, lease=lease, due=False)
        self.told()

    def drain(self) -> bool:
        """Send all there is, in this thread; False when the server went away over it."""
        while self.work():
            pass
        return not self.standing().waiting
