"""What fifty open windows cost a server that ask every second whether anything changed, and how late they know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.supervising import Progress, progress
from cati.fieldwork.watching import Marks, glance
from cati.survey.dispositions import Outcome
from tests import postgres
from tests.benchmarks.large_study import Worked, server_study

Row = tuple[str, str, str, str, bool]
CASES = 20_000
WINDOWS, SUPERVISORS = 50, 3
CALLS_A_SECOND = 5.0
SECONDS = 12.0
_TICKS = 100.0  # of a CPU second in /proc, on every Linux that matters


@dataclass
class Room:
    """What the windows of a call centre did: looks taken, figures counted, and how late a supervisor knew."""

    looks: int = 0
    counted: int = 0
    late: list[float] = field(default_factory=list)
    acts: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def figures() -> list[Row]:
    """Return looks and counts a second, the server's work with and without the windows, and the delay."""
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres.running())
        interviewers = WINDOWS - SUPERVISORS + int(CALLS_A_SECOND)
        made = stack.enter_context(
            server_study(cluster, CASES, Worked.HALF, interviewers=interviewers, supervisors=SUPERVISORS)
        )
        with closing(made.behind()) as owner, owner.transaction() as transaction:
            transaction.exec_driver_sql("ANALYZE")

        def signed_in(login: str) -> OpenStudy:
            opened = made.sign_in(login)
            stack.callback(opened.close)
            return opened

        watching = [signed_in(f"s{n}") for n in range(SUPERVISORS)]
        watching += [signed_in(f"m{n}") for n in range(WINDOWS - SUPERVISORS)]
        calling_ones = [signed_in(f"m{n}") for n in range(WINDOWS - SUPERVISORS, interviewers)]
        room = Room()
        at_rest = _measured(cluster.folder, [_caller(one, None) for one in calling_ones], [])
        watched = _measured(cluster.folder, [_caller(one, room) for one in calling_ones], _windows(watching, room))
        alone = _measured(cluster.folder, [], _windows(watching, Room()))
    late = sorted(room.late)
    return [
        ("–", f"{WINDOWS} open windows: looks a second", f"{room.looks / SECONDS:.0f}", "≤ 50", room.looks <= 52 * SECONDS),
        ("–", f"{WINDOWS} open windows, nobody works: server's share of a core", f"{alone:.1%}", "≤ 10 %", alone <= 0.1),
        (
            "–", f"{WINDOWS} open windows beside {CALLS_A_SECOND:.0f} calls/s: server's share of a core",
            f"{at_rest:.1%} → {watched:.1%} ({room.counted / SECONDS:.1f} counts/s)", "≤ 50 % more of a core",
            watched - at_rest <= 0.5,
        ),
        ("–", "a supervisor's figures follow an act", f"median {late[len(late) // 2]:.2f} s, latest {late[-1]:.2f} s",
         "≤ 2 s", late[-1] <= 2.0),
    ]  # fmt: skip


def _windows(watching: list[OpenStudy], room: Room) -> list[Callable[[float], None]]:
    return [_window(one, room, n / len(watching)) for n, one in enumerate(watching)]


def _window(one: OpenStudy, room: Room, offset: float) -> Callable[[float], None]:
    """Return a window at work until an instant: a look a second, and figures anew where they moved."""
    watches = one.me.role is Role.SUPERVISOR

    def work(until: float) -> None:
        marks: Marks | None = None
        before = time.monotonic()
        shown: Progress | None = None
        time.sleep(offset)
        while (begun := time.monotonic()) < until:
            seen = glance(one, marks)
            marks = seen.marks
            if watches and (seen.figures or shown is None):
                shown = progress(one)
                with room.lock:
                    room.counted += 1
                    if seen.figures:
                        room.late += [time.monotonic() - at for at in room.acts if before < at <= begun]
            before = begun
            with room.lock:
                room.looks += 1
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))

    return work


def _caller(one: OpenStudy, room: Room | None) -> Callable[[float], None]:
    """Return an interviewer who does a call a second: take, dial, note that nobody answered; at the desk they have."""
    desk = one.desk
    if desk is None:
        raise ValueError(one.folder)

    def work(until: float) -> None:
        while (begun := time.monotonic()) < until:
            case = calling.take_next_case(one)
            if isinstance(case, calling.DeliveredCase):
                desk.open_case(one, case)
                desk.note_outcome(one, case.lease, desk.begin_call(one, case.lease, case.next_phone), Outcome.NO_ANSWER)
                while desk.outbox.standing().waiting:
                    time.sleep(0.01)
            if room is not None:
                with room.lock:
                    room.acts.append(time.monotonic())
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))

    return work


def _measured(
    folder: Path, callers: list[Callable[[float], None]], windows: list[Callable[[float], None]]
) -> float:  # fmt: skip
    """Let all of them work for a while and return the share of one core that the server's processes took."""
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=work, args=(until,)) for work in (*callers, *windows)]
    before, begun = _server_seconds(folder), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (_server_seconds(folder) - before) / (time.monotonic() - begun)


def _server_seconds(folder: Path) -> float:
    """Return the CPU seconds of the server and all its processes so far, those that ended among them."""
    postmaster = (folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if stat.parent.name == postmaster:
            total += sum(map(int, fields[11:15]))  # its own, and its ended children's
        elif fields[1] == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / _TICKS
