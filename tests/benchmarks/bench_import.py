"""Bar 6: the import (validated, de-duplicated, sealed) against bare phonenumbers, and its rate at 10,000 and 100,000 rows."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

import phonenumbers

from cati.demo.people import invent_list, reserved_numbers, written
from cati.errors import Cancelled
from cati.fieldwork import sample
from cati.fieldwork.open_study import OpenStudy
from tests.benchmarks.large_study import NOW, Worked, study

Row = tuple[str, str, str, str, bool]


def bare_phonenumbers(n: int = 10_000) -> float:
    """Return numbers a second that the library alone parses, validates, formats and types, on one core."""
    draw = random.Random(1)
    texts = [written(number, draw) for number in reserved_numbers(n, draw)]  # as they stand in the lists below
    begun = time.perf_counter()
    for text in texts:
        number = phonenumbers.parse(text, "DE")
        phonenumbers.is_valid_number(number)
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        phonenumbers.number_type(number)
    return n / (time.perf_counter() - begun)


def rows_a_second(n: int, *, cancel_at: float | None = None) -> tuple[float, int, int]:
    """Import ``n`` rows into a new study; return (rows a second, progress reports, cases kept)."""
    with study(0, Worked.FRESH, login="lead") as opened:
        path = opened.folder.parent / "list.csv"
        path.write_bytes(invent_list(n, opened.settings, random.Random(n), today=NOW.date()))
        return _import(opened, path, n, cancel_at)


def _import(opened: OpenStudy, path: Path, n: int, cancel_at: float | None) -> tuple[float, int, int]:
    reports: list[float] = []
    begun = time.perf_counter()
    received = sample.receive(opened, path)
    mapping = sample.propose(opened, received)
    with suppress(Cancelled):
        sample.bring_in(
            opened, received, mapping, rows_on_slip=n,
            progress=lambda done, total: reports.append(done / total),
            cancelled=lambda: cancel_at is not None and bool(reports) and reports[-1] >= cancel_at,
        )  # fmt: skip
    seconds = time.perf_counter() - begun
    return n / seconds, len(reports), sum(kept for _site, _department, kept in sample.sample_counts(opened))


def figures() -> list[Row]:
    """Return the rows of bar 6."""
    bare = bare_phonenumbers()
    small, _, _ = rows_a_second(10_000)
    large, reports, kept = rows_a_second(100_000)
    _rate, _, after_cancel = rows_a_second(10_000, cancel_at=0.9)
    return [
        ("6", "import of 100k rows, against bare phonenumbers", f"{large / bare:.2f} × ({large:,.0f} of {bare:,.0f}/s)",
         "≥ 1/3 ×", large >= bare / 3),
        ("6", "rows a second, 100k against 10k", f"{large / small:.2f} × ({large:,.0f} of {small:,.0f}/s)", "≥ 0.8 ×",
         large >= 0.8 * small),
        ("6", "progress and cancel", f"{reports} reports; {kept:,} kept; {after_cancel} kept after cancelling at 90 %",
         "> 50; all; 0", reports > 50 and kept == 100_000 and after_cancel == 0),
    ]  # fmt: skip
