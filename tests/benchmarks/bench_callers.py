"""Issue 2, §4: who calls back is found in two seconds, by number and by name, among 100,000 contacts."""

from __future__ import annotations

import time

from cati.fieldwork.calling import find_caller
from tests.benchmarks.large_study import Worked, study

Row = tuple[str, str, str, str, bool]
LIMIT = 2.0


def figures() -> list[Row]:
    """Return the seconds of one look-up by number and of the slowest by name (nobody has it: all are searched)."""
    rows: list[Row] = []
    with study(100_000, Worked.FRESH) as opened:
        for what, text, expected in (
            ("by number", "030 231 25 0 00 50 000", 1),
            ("by name", "familieahhhhh", 1),
            ("by a name nobody has", "Niemand Unbekannt", 0),
        ):
            begun = time.perf_counter()
            found = find_caller(opened, text)
            seconds = time.perf_counter() - begun
            holds = seconds <= LIMIT and len(found) == expected
            rows.append(("–", f"a caller among 100k, {what}", f"{seconds:.2f} s, {len(found)} found", "≤ 2 s", holds))
    return rows
