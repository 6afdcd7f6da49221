"""A workstation of the campaign: what it is sent out with, its journal, and how an act of it is written down."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from cati.errors import Problem
from cati.fieldwork import calling, delivered, delivery, open_answers
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import open_study
from cati.store.connecting import Unreachable
from cati.vault.people import ArgonCost
from tests.faults.histories import Did, Journal, Stage

CHEAP = ArgonCost(passes=1, memory_kib=64, lanes=1)
TOLD = 0.05
"""Seconds after which a workstation that was told "the server does not answer" or "no case" asks again."""

Kept = TypeVar("Kept")


class Way(StrEnum):
    """How a client works: as the product does, to bring its last case to an end, or wrongly on purpose."""

    PRODUCT = "product"
    DIRECT = "product, without a desk"
    TIDY = "tidy"
    NAIVE_CLAIM = "naive claim"
    NAIVE_RETRY = "naive retry"
    UNSAFE_COMMIT = "unsafe commit"
    OWN_CLOCK = "own clock"
    NOT_SYNCED = "commit not synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a client is sent out with. ``clock_wrong``: hours by which its own clock is wrong.

    ``place``: the study's link file or folder. ``home``: the workstation's own folder, with its copy of the seal.
    ``interviews``: the share of calls that become one. ``admin``: the administrator's way into the study's database,
    for ways so wrong that the server would not let a member go them.
    """

    place: Path
    login: str
    password: str = field(repr=False)
    home: Path
    sitting: int
    seed: int
    lease_minutes: int
    clock_wrong: float = 0.0
    interviews: float = 0.5
    way: Way = Way.PRODUCT
    admin: str = ""

    @property
    def seal(self) -> Path:
        """Return where the workstation's copy of the seal lies."""
        return next((self.home / "seals").glob("*.seal"))

    @property
    def journal(self) -> Path:
        """Return the client's journal, of all its sittings."""
        return self.home / "journal.jsonl"

    @property
    def standstill(self) -> Path:
        """Return the file where the client, asked by SIGUSR1, writes what each of its threads is at."""
        return self.home / "standstill.txt"


class Away(Exception):  # noqa: N818 - not an error: it happens, and the client goes on
    """No answer came, or the act was not to be done; the client begins anew with what it holds."""


class Drawing(random.Random):
    """The client's one source of chance, which writes every id down before it is used."""

    def __init__(self, seed: int, journal: Journal) -> None:
        super().__init__(seed)
        self._journal = journal

    def getrandbits(self, bits: int, /) -> int:
        """Return so many random bits; 128 of them are an id."""
        drawn = super().getrandbits(bits)
        if bits == 128:
            self._journal.drew(f"{drawn:032x}")
        return drawn


class Workstation:
    """A client with its journal and its one source of chance."""

    def __init__(self, errand: Errand, orders: Connection) -> None:
        self.errand, self.orders = errand, orders
        self.journal = Journal(errand.journal, errand.login, errand.sitting)
        self.draw = Drawing(errand.seed, self.journal)
        self.study: OpenStudy = None  # type: ignore[assignment]  # signs in first
        self.seen: list[tuple[str, str]] = []  # (case, number) of every case that was in hand
        self.stop = False
        self.failed = 0

    def now(self) -> datetime:
        """Return what this workstation's clock says."""
        return datetime.now(UTC) + timedelta(hours=self.errand.clock_wrong)

    def do(self, did: Did, act: Callable[[], Kept], **known: object) -> Kept:
        """Do one act; what comes back is for the caller to write down, what is raised stands in the journal."""
        self.journal.tried(did, **known)
        try:
            return act()
        except Unreachable:
            self.journal.ended(Stage.UNKNOWN)
        except Problem as problem:
            self.journal.ended(Stage.REFUSED, words=f"{problem.where}: {problem.what}")
        except Exception as error:  # noqa: BLE001 - a bug is what the campaign looks for
            at = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in at if "/cati/" in frame.filename] or list(at)
            where = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
            self.failed += 1
            self.journal.ended(Stage.FAILED, words=f"{type(error).__name__} at {where}: {str(error)[:200]}")
        self.wait()
        raise Away

    def wait(self, seconds: float = TOLD) -> None:
        """Look for an order for so long."""
        if self.orders.poll(seconds):
            self.orders.recv()
            self.stop = True

    def sign_in(self) -> None:
        """Open the study as the signed-in member."""
        study = self.do(
            Did.SIGN_IN,
            lambda: open_study(
                self.errand.place, self.errand.login, self.errand.password, now=self.now, draw=self.draw,
                seal_path=self.errand.seal,
            ),
        )  # fmt: skip
        self.journal.ended(Stage.KEPT)
        self.study = study

    def settle(self) -> None:
        """Wait until all that was done is kept: it is, unless it goes through a desk."""

    def delivered(self, found: object) -> calling.DeliveredCase | None:
        """Write down which case was delivered, or that none was."""
        if not isinstance(found, calling.DeliveredCase):
            self.journal.ended(Stage.REFUSED, words=type(found).__name__)
            return None
        until = found.lease.until.timestamp()
        handed = self.study.now().timestamp()  # a moment ago
        self.journal.ended(
            Stage.KEPT, case=found.case_id, fence=found.lease.fence, until=until, handed=handed,
            id=found.call.id if found.call else "",
        )  # fmt: skip
        return found

    def kept(self, found: object, wanted: type[Kept], **told: object) -> Kept:
        """Write down that an act was kept, or that the lease was lost."""
        if not isinstance(found, wanted):
            self.journal.ended(Stage.REFUSED, words=type(found).__name__)
            raise Away
        self.journal.ended(Stage.KEPT, **told)
        return found


def short_leases(minutes: int) -> None:
    """Let leases of this process end after so many minutes: a campaign cannot wait for a quarter of an hour."""
    for module in (delivered, delivery, open_answers, calling):
        module.LEASE_MINUTES = minutes  # type: ignore[attr-defined]  # each took the name over
