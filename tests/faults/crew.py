"""The workstations of one study, each a process that can be killed, frozen, and started again."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from multiprocessing import connection, get_context, util
from pathlib import Path
from typing import Any

from tests.faults import client
from tests.faults.call_centre import CallCentre, password_of
from tests.faults.histories import Act, acts_of, lines_of
from tests.faults.workstation import Errand, Way

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.client", "tests.faults.wire", "tests.faults.wrong_ways"])
util.get_temp_dir()  # made now, for all tests: a test's own temporary folder goes with the test
PATIENCE = 120.0
"""Seconds after which a workstation that was told to stop is taken to hang."""


@dataclass
class Seat:
    """A workstation: its running process, and how it is told to stop. ``thaw``: when a frozen one goes on.

    ``standstill``: where it writes what it is at when it does not end.
    """

    process: Any
    orders: connection.Connection
    standstill: Path
    thaw: float | None = None


@dataclass
class Crew:
    """The workstations. ``rounds``: how often one of them came to an end of something."""

    centre: CallCentre
    seed: int
    lease_minutes: int
    interviews: float = 0.5
    way: Way = Way.PRODUCT
    admin: str = ""
    seats: dict[str, Seat] = field(default_factory=dict)
    sittings: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    ended_badly: list[str] = field(default_factory=list)

    def start(self, login: str, way: Way | None = None, clock_wrong: float = 0.0) -> None:
        """Let a workstation begin."""
        self.sittings[login] += 1
        sitting = self.sittings[login]
        way = way or self.way
        if way is Way.PRODUCT and int(login[1:]) % 3 == 2:
            way = Way.DIRECT  # the same acts, each of them on the server before it is acknowledged
        errand = Errand(
            place=self.centre.place, login=login, password=password_of(login), home=self.centre.home(login),
            sitting=sitting, seed=abs(hash((self.seed, int(login[1:]), sitting))), lease_minutes=self.lease_minutes,
            clock_wrong=clock_wrong, interviews=self.interviews, way=way,
            admin=self.admin,
        )  # fmt: skip
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=client.run, args=(errand, theirs), daemon=True)
        process.start()
        theirs.close()
        self.seats[login] = Seat(process, ours, errand.standstill)

    def start_all(self, way: Way | None = None) -> None:
        """Let all workstations begin."""
        for login in self.centre.logins:
            self.start(login, way)

    def kill(self, login: str) -> None:
        """Kill a workstation without a word."""
        self._leave(login, killed=True)

    def freeze(self, login: str) -> None:
        """Let a workstation stand still until its lease is over, and somebody else may have its case."""
        seat = self.seats[login]
        seat.thaw = inf
        os.kill(seat.process.pid, signal.SIGSTOP)
        self.wait(10, 2)  # what it sent last arrives
        self.centre.end_leases(login)
        seat.thaw = time.monotonic() + (2 if self.centre.servers else self.lease_minutes * 60 + 2)

    def thaw(self, *, all_of_them: bool = False) -> None:
        """Let those go on whose time has come."""
        for seat in self.seats.values():
            if seat.thaw is not None and (all_of_them or seat.thaw <= time.monotonic()):
                os.kill(seat.process.pid, signal.SIGCONT)
                seat.thaw = None

    def wait(self, rounds: int, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let so many rounds be worked, or so many seconds go by, or something happen."""
        goal, end = self.rounds + rounds, time.monotonic() + seconds
        while self.rounds < goal and (left := end - time.monotonic()) > 0 and not until():
            self.thaw()
            by_pipe = {seat.orders: login for login, seat in self.seats.items()}
            for ready in connection.wait(list(by_pipe), min(left, 0.2)):
                try:
                    ready.recv()  # type: ignore[union-attr]  # pipes only
                    self.rounds += 1
                except (EOFError, ConnectionResetError):
                    login = by_pipe[ready]  # type: ignore[index]  # as above
                    self._leave(login, wanted=None)
                    self.start(login)

    def stop(self) -> None:
        """Let everybody finish what they are at, and go home."""
        self.thaw(all_of_them=True)
        for seat in self.seats.values():
            with suppress(BrokenPipeError):
                seat.orders.send("stop")
        self.join()

    def join(self) -> None:
        """Wait until everybody has ended by themselves."""
        for login, seat in list(self.seats.items()):
            with suppress(EOFError, ConnectionResetError):
                while seat.orders.poll(PATIENCE):
                    seat.orders.recv()
            self._leave(login, wanted=0)

    def _leave(self, login: str, *, killed: bool = False, wanted: int | None = None) -> None:
        seat = self.seats.pop(login)
        if killed:
            seat.process.kill()
        seat.process.join(PATIENCE)
        if not killed and seat.process.exitcode != wanted:
            self.ended_badly.append(f"{login} ended by itself with {seat.process.exitcode}{_at(seat)}")
            seat.process.kill()
            seat.process.join()
        seat.process.close()
        seat.orders.close()

    def tidy(self) -> None:
        """Let everybody sign in once more and bring to an end what they hold, as on the next morning."""
        self.start_all(Way.TIDY)
        self.join()

    def acts(self) -> list[Act]:
        """Return everything that was tried."""
        return acts_of([line for path in self.centre.journals() for line in lines_of(path)])


def _at(seat: Seat) -> str:
    """Return where the threads of a workstation stand that should have ended; "" when it has ended."""
    if not seat.process.is_alive():
        return ""
    os.kill(seat.process.pid, signal.SIGUSR1)
    seat.process.join(1)
    lines = [line.strip() for line in seat.standstill.read_text().splitlines()]
    own = [line for line in lines if line.startswith("Thread") or "/cati/" in line or "/faults/" in line]
    return " at\n" + "\n".join(own or lines)
