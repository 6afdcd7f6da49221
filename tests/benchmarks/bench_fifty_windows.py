"""What fifty open windows cost a server that ask every second whether anything changed, and how late they know."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.supervising import Progress, progress
from cati.fieldwork.watching import Marks, glance
from cati.store.migrations import create_tables
from cati.store.moving import copy_study
from cati.store.server import Link, Server
from cati.survey.dispositions import Outcome
from tests import postgres
from tests.benchmarks.large_study import Worked, study

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
        opened = stack.enter_context(study(CASES, Worked.HALF))
        cluster = stack.enter_context(postgres.running())
        link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=cluster.new_database("room"))
        first = _server(stack, link)
        create_tables(first)
        copy_study(opened.database, first)
        with first.transaction() as transaction:
            names = ", ".join(f'"{column}"' for column in _member_columns(transaction))
            taken = names.replace('"id"', "md5(n::text)").replace('"login"', "'m' || n")
            transaction.execute(
                text(f"INSERT INTO member ({names}) SELECT {taken} FROM member, generate_series(1, 60) n"
                     " WHERE login = 'anna'")
            )  # fmt: skip
        with first.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        at_rest = _measured(cluster.folder, _callers(stack, opened, link), [])
        room = Room()
        windows = _windows(stack, opened, link, room)
        watched = _measured(cluster.folder, _callers(stack, opened, link, room), windows)
        alone = _measured(cluster.folder, [], _windows(stack, opened, link, Room()))
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


def _member_columns(transaction: object) -> list[str]:
    rows = transaction.execute(  # type: ignore[attr-defined]
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'member' ORDER BY ordinal_position")
    )
    return [row[0] for row in rows]


def _server(stack: ExitStack, link: Link) -> Server:
    server = Server(link, postgres.OWNER, postgres.OWNER_PASSWORD)
    stack.callback(server.close)
    return server


def _as(opened: OpenStudy, server: Server, n: int, role: Role) -> OpenStudy:
    from hashlib import md5

    who = md5(str(n).encode(), usedforsecurity=False).hexdigest()
    me = replace(opened.me, id=who, login=f"m{n}", role=role)
    return replace(opened, database=server, me=me, draw=random.Random(n))


def _windows(stack: ExitStack, opened: OpenStudy, link: Link, room: Room) -> list[Callable[[float], None]]:
    found = []
    for n in range(1, WINDOWS + 1):
        role = Role.SUPERVISOR if n <= SUPERVISORS else Role.INTERVIEWER
        found.append(_window(_as(opened, _server(stack, link), n, role), room, n / WINDOWS))
    return found


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


def _callers(
    stack: ExitStack, opened: OpenStudy, link: Link, room: Room | None = None
) -> list[Callable[[float], None]]:  # fmt: skip
    """Return five interviewers who each do a call a second: take, dial, note that nobody answered."""
    return [
        _caller(_as(opened, _server(stack, link), 50 + n, Role.INTERVIEWER), room)
        for n in range(1, int(CALLS_A_SECOND) + 1)
    ]


def _caller(one: OpenStudy, room: Room | None) -> Callable[[float], None]:
    def work(until: float) -> None:
        while (begun := time.monotonic()) < until:
            case = calling.take_next_case(one)
            if isinstance(case, calling.DeliveredCase):
                call = calling.begin_call(one, case.lease, case.next_phone)
                if isinstance(call, calling.Call):
                    calling.note_outcome(one, case.lease, call, Outcome.NO_ANSWER)
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
