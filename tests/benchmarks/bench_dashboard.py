"""Bar 11: a supervisor's figures cost at most twice their bare queries, and what is shown within two seconds far less."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.supervising import progress
from cati.fieldwork.watching import glance
from tests.benchmarks.large_study import NOW, Worked, study

Row = tuple[str, str, str, str, bool]
CASES = 1_000_000
RUNS = 5

# The figures as plain SQL: what is still open and closed, interviews, today, the queue, outcomes, and every history.
_BARE = (
    # Sorted, it takes half of what it takes by ix_case_claim, which does not hold ``avoid``.
    'SELECT status, cell, count(*) FROM "case" NOT INDEXED GROUP BY status, cell',
    "SELECT cell, count(*) FROM \"case\" WHERE final_code = '1.1' GROUP BY cell",
    "SELECT (SELECT count(*) FROM pending), (SELECT count(*) FROM stock)",
    f"SELECT count(*), count(*) FILTER (WHERE outcome = 'complete') FROM attempt WHERE ended >= {int(NOW.timestamp())}",
    'SELECT min(due_at) FROM "case" WHERE status = 1',
    'SELECT final_code, cell, count(*) FROM "case" WHERE final_code IS NOT NULL GROUP BY final_code, cell',
    "SELECT outcome, count(*) FROM attempt WHERE outcome IS NOT NULL GROUP BY outcome",
    """SELECT a."case", c.cell, a.phone, a.outcome FROM attempt a JOIN "case" c ON c.id = a."case"
       WHERE c.final_code IS NULL AND a.outcome IS NOT NULL ORDER BY a."case", a.started""",
)


def figures() -> list[Row]:
    """Return the seconds of all figures against their bare queries, of the quick ones, and of one look."""
    with study(CASES, Worked.HALF, login="lead") as opened:
        first = progress(opened)
        works = (lambda: progress(opened), lambda: progress(opened, first), lambda: _bare(opened))
        rounds = [[_seconds(work) for work in works] for _ in range(RUNS)]  # by turns: the machine's moods meet all
        whole, quick, bare = (statistics.median(times) for times in zip(*rounds, strict=True))
        marks = glance(opened, None).marks
        look = _median(lambda: glance(opened, marks))
        interviewer = replace(opened, me=replace(opened.me, id="x"))
        own = glance(interviewer, None).marks
        own_look = _median(lambda: glance(interviewer, own))
    n = f"{CASES:,}".replace(",", " ")
    return [
        ("11", f"all figures of {n} cases", f"{whole:.2f} s = {whole / bare:.2f} × bare", "≤ 2 ×", whole <= 2 * bare),
        ("11", f"figures of the moment, {n} cases", f"{quick * 1000:.0f} ms", "≤ 1 s", quick <= 1.0),
        ("11", "has anything changed: one look", f"{look * 1000:.2f} ms, own rows {own_look * 1000:.2f} ms", "≤ 5 ms",
         max(look, own_look) <= 0.005),
    ]  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_seconds(work) for _ in range(RUNS))


def _bare(opened: OpenStudy) -> None:
    connection = sqlite3.connect(opened.database.file)  # type: ignore[attr-defined]  # a benchmark's study is a file
    try:
        connection.execute("PRAGMA cache_size=-16000")
        for statement in _BARE:
            connection.execute(statement).fetchall()
    finally:
        connection.close()
