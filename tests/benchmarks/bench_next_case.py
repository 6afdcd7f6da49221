"""Bars 2, 3 and 5: the next case against a bare claim and a naive one, and its growth from 1,000 to 1,000,000 cases."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cati.fieldwork.calling import DeliveredCase, take_next_case
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import rank_of
from cati.store.cases import CaseStatus, Place, put
from tests.benchmarks.large_study import NOW, Worked, study, unbound

LARGE = int(os.environ.get("CATI_BENCH_LARGE", "1000000"))
CLAIMS = 300
CHURN = 20_000
DUE = 2

Row = tuple[str, str, str, str, bool]


Claim = tuple[Callable[[], None], Callable[[], None]]
"""What is timed, and what happens after it untimed."""


def in_turns(claims: Sequence[Claim], n: int = CLAIMS) -> list[list[float]]:
    """Time ``n`` rounds of these claims, one after the other: a disk changes its mood (0.1 or 3.5 ms a flush) for all."""
    times: list[list[float]] = [[] for _ in claims]
    for round_ in range(n + 10):
        for (act, after), kept in zip(claims, times, strict=True):
            begun = time.perf_counter()
            act()
            seconds = time.perf_counter() - begun
            after()
            if round_ >= 10:  # the first ones read and compile
                kept.append(seconds)
    return times


def median(times: list[float]) -> float:
    """Return the middle one."""
    return statistics.median(times)


def p95(times: list[float]) -> float:
    """Return what 95 of 100 stay below."""
    return sorted(times)[int(0.95 * len(times))]


def our_claim(opened: OpenStudy, *, due: int = 0) -> Claim:
    """Return the act; afterwards each case goes to a place drawn by lot, so that none is met twice in a row.

    ``due``: so many waiting cases fall due before the next claim.
    """
    draw = random.Random(3)
    taken: list[str] = []
    waiting: list[str] = []
    behind = unbound(opened)
    if due:
        with behind.reading() as transaction:
            found = transaction.exec_driver_sql('SELECT id FROM "case" WHERE status = 1')
            waiting = list(found.scalars())

    def act() -> None:
        found = take_next_case(opened)
        assert isinstance(found, DeliveredCase), found
        taken.append(found.case_id)

    def after() -> None:
        place = Place(status=CaseStatus.READY, tier=3, rank=rank_of(3, draw.getrandbits(32)), due_at=0, turns_at=None)
        with behind.transaction() as transaction:
            put(transaction, [(taken[-1], place)])
            if due:
                at = int(opened.now().timestamp()) - 1
                waits = Place(status=CaseStatus.WAITING, tier=3, rank=rank_of(3, 1 << 51), due_at=at, turns_at=at)
                ids = draw.sample(waiting, due)
                then = replace(waits, status=CaseStatus.READY, turns_at=None)
                put(transaction, [(case_id, waits) for case_id in ids], [(case_id, at, then) for case_id in ids])

    return act, after


def bare_claim(connection: sqlite3.Connection) -> Claim:
    """Return the least that a claim can be: one table, one index, BEGIN IMMEDIATE, first row, UPDATE, durable COMMIT."""

    def act() -> None:
        connection.execute("BEGIN IMMEDIATE")
        (case,) = connection.execute("SELECT id FROM c WHERE status = 0 ORDER BY rank LIMIT 1").fetchone()
        connection.execute("UPDATE c SET status = 2, fence = fence + 1 WHERE id = ?", (case,))
        connection.execute("COMMIT")

    return act, lambda: None


def naive_claim(connection: sqlite3.Connection) -> Claim:
    """Return the claim of peers: read every open row, work out its turn, sort, take the first. The negative control."""
    now = int(NOW.timestamp())

    def act() -> None:
        connection.execute("BEGIN IMMEDIATE")
        rows = connection.execute("SELECT id, due, tries, rank FROM c WHERE status = 0").fetchall()
        best = min((row for row in rows if row[1] <= now), key=lambda row: (row[2], row[1], row[3]))
        connection.execute("UPDATE c SET status = 2, fence = fence + 1 WHERE id = ?", (best[0],))
        connection.execute("COMMIT")

    return act, lambda: None


def _bare_table(file: Path, cases: int) -> sqlite3.Connection:
    draw = random.Random(4)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE c (id TEXT PRIMARY KEY, status INT, rank INT, due INT, tries INT, fence INT) WITHOUT ROWID"
    )
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO c VALUES (?, 0, ?, ?, ?, 0)",
        sorted(
            (f"{draw.getrandbits(128):032x}", draw.getrandbits(40), draw.getrandbits(30), draw.randrange(8))
            for _ in range(cases)
        ),
    )
    connection.execute("COMMIT")
    connection.execute("CREATE INDEX i ON c (status, rank)")
    return connection


def _bar_2(opened: OpenStudy) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        large, small = _bare_table(Path(folder) / "l.db", 100_000), _bare_table(Path(folder) / "s.db", 1_000)
        with closing(large), closing(small):
            ours, bare = map(median, in_turns([our_claim(opened), bare_claim(large)]))
            naive, control = map(median, in_turns([naive_claim(large), naive_claim(small)], 5))
    return [
        ("2", "next case at 100k, against a bare claim", f"{ours / bare:.1f} × ({_ms(ours)} of {_ms(bare)})",
         "≤ 5 ×", ours <= 5 * bare),
        ("2", "… against a naive claim that evaluates and sorts", f"{naive / ours:.0f} × faster ({_ms(naive)})",
         "≥ 50 ×", naive >= 50 * ours),
        ("3", "control: the naive claim grows", f"{naive / control:.0f} × from 1k to 100k", "> 1.5 × (it must fail)",
         naive > 1.5 * control),
    ]  # fmt: skip


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def growth(name: str, few: OpenStudy, many: OpenStudy, *, bar: str = "3", due: int = 0) -> Row:
    """Return the row that compares the next case of a small study with that of a large one."""
    small, large = in_turns([our_claim(few, due=due), our_claim(many, due=due)])
    grown = median(large) / median(small)
    tail = p95(large) / p95(small)
    size = f"{LARGE // 1000}k" if LARGE < 1_000_000 else "1M"
    return (bar, f"next case, 1k → {size}, {name}",
            f"{grown:.2f} ×, p95 {tail:.2f} × ({_ms(median(large))})", "≤ 1.5 ×, p95 ≤ 2 ×",
            grown <= 1.5 and tail <= 2)  # fmt: skip


def _churned(opened: OpenStudy, n: int = CHURN) -> None:
    """Make so many claims, without waiting for the disk."""
    with opened.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
    in_turns([our_claim(opened)], n)
    opened.database.engine.dispose()  # the next connection is durable again


def _analysed(opened: OpenStudy) -> None:
    with closing(sqlite3.connect(opened.database.file)) as connection:
        connection.execute("ANALYZE")
    opened.database.engine.dispose()  # statistics are read when a connection opens


def figures() -> list[Row]:
    """Return the rows of bars 2, 3 and 5."""
    with study(100_000, Worked.FRESH) as opened:
        rows = _bar_2(opened)
    for worked in Worked:
        with study(1_000, worked) as few, study(LARGE, worked) as many:
            rows.append(growth(f"{worked.value}, no statistics", few, many))
            _analysed(few)
            _analysed(many)
            rows.append(growth(f"{worked.value}, with statistics", few, many))
            if worked is Worked.HALF:
                rows.append(growth(f"{worked.value}, {DUE} cases fall due with each", few, many, bar="5", due=DUE))
                _churned(many)
                rows.append(growth(f"{worked.value}, after {CHURN:,} claims", few, many))
    return rows
