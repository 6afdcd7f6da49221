"""Export: the mixed stock only, by a research lead only, whole or absent, also after the purge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Cancelled, Problem
from cati.fieldwork import mixing
from cati.fieldwork.export import ExportFormat, export

Made = Any
People = Callable[..., Any]
Desk = Any
ALL = set(ExportFormat)


@pytest.fixture
def mixed(made: Made, people: People, desk: Desk) -> Made:
    lead = made.sign_in("lead")
    people(lead, 60)
    anna = made.sign_in("anna")
    for n in range(21):
        desk(anna).complete((("zufrieden", str(n % 2 + 1)), ("minuten", str(n)), ("wunsch", f"Wunsch {n}")))
    made.clock.forward(hours=12)
    assert mixing.mix(lead).moved == 21
    made.clock.forward(hours=12)
    desk(anna).complete()
    return made


def test_only_the_mixed_stock_leaves_in_all_formats(mixed: Made, tmp_path: Path) -> None:
    lead = mixed.open[0]
    seen: list[tuple[int, int]] = []
    done = export(lead, tmp_path / "out", ALL, progress=lambda n, total: seen.append((n, total)))
    assert done.interviews == 21
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "codebook.html", "interviews.csv", "interviews.parquet", "interviews.sav", "interviews.xlsx",
    ]  # fmt: skip
    assert all(path.exists() for path in done.paths)
    assert any("1 " in note for note in done.notes)
    assert seen[-1][0] == seen[-1][1]
    rows = (tmp_path / "out" / "interviews.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 22
    minutes = [line.split(",")[rows[0].split(",").index("minuten")] for line in rows[1:]]
    assert sorted(map(int, minutes)) == list(range(21))
    assert list(map(int, minutes)) != list(range(21))


def test_no_words_ids_or_times_leave(mixed: Made, tmp_path: Path) -> None:
    lead = mixed.open[0]
    export(lead, tmp_path / "out", {ExportFormat.CSV})
    whole = (tmp_path / "out" / "interviews.csv").read_text("utf-8-sig")
    with lead.reading() as transaction:
        ids = [row[0] for table in ("case", "stock", "attempt") for row in
               transaction.exec_driver_sql(f'SELECT id FROM "{table}"')]  # fmt: skip
    assert "Wunsch" not in whole
    assert "2027-07" not in whole
    assert not any(one in whole for one in ids)


def test_interviewers_and_supervisors_may_not(mixed: Made, tmp_path: Path) -> None:
    for login in ("anna", "witness"):
        with pytest.raises(Problem):
            export(mixed.sign_in(login), tmp_path / "out", ALL)
    assert not (tmp_path / "out").exists()


def test_cancelled_nothing_is_left(mixed: Made, tmp_path: Path) -> None:
    lead = mixed.open[0]
    for stop_at in (1, 2, 4):
        asked = iter(range(100))
        with pytest.raises(Cancelled):
            export(lead, tmp_path / "out", ALL, cancelled=lambda asked=asked, stop=stop_at: next(asked) >= stop)
        assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_with_nothing_mixed_it_says_so(made: Made, people: People, desk: Desk, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    people(lead, 3)
    desk(made.sign_in("anna")).complete()
    with pytest.raises(Problem, match="nothing to export"):
        export(lead, tmp_path / "out", ALL)


def test_an_earlier_export_is_never_replaced(mixed: Made, tmp_path: Path) -> None:
    lead = mixed.sign_in("lead")
    export(lead, tmp_path / "out", {ExportFormat.CSV})
    before = (tmp_path / "out" / "codebook.html").read_bytes()
    with pytest.raises(Problem, match="already"):
        export(lead, tmp_path / "out", {ExportFormat.XLSX})
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["codebook.html", "interviews.csv"]
    assert (tmp_path / "out" / "codebook.html").read_bytes() == before
