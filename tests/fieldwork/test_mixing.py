"""Mixing: what is finished is tied to nobody, and an attacker with the files and the call log guesses like chance."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, interviewing, mixing
from cati.settings import Department, Site
from cati.store import stock
from cati.vault.answers import open_answers

from .conftest import ON_FILE, raw

Made = Any
TUESDAY_TEN = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)
People = Callable[..., Any]
Desk = Any


@pytest.fixture
def wide(make_study: Callable[..., Made], settings: Callable[..., Any]) -> Made:
    """A study whose quota is never full."""
    departments = (Department(code="bau", name="Bauamt", target=900), Department(code="kfz", name="Kfz", target=900))
    site = Site(code="nord", name="Landkreis Nord", land="BY", target=900, departments=departments)
    return make_study(settings(sites=(site,)))


def stock_of(study: Any) -> list[tuple[str, bytes]]:
    with study.reading() as transaction:
        return [(row[0], row[1]) for row in transaction.exec_driver_sql("SELECT id, sealed FROM stock")]


def lies_by_chance(study: Any) -> bool:
    """Tell whether a server's stock lies in the order of its random ids, all rows written by one transaction."""
    rows = raw(study, "SELECT id, xmin::text AS number FROM stock ORDER BY ctid")
    return (
        sorted(row["id"] for row in rows) == [row["id"] for row in rows] and len({row["number"] for row in rows}) == 1
    )


def test_fewer_than_ten_wait_and_are_mixed_with_the_whole_stock_at_the_end(
    made: Made, people: People, desk: Desk
) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 60)
    for _ in range(10):
        desk(anna).complete()
    assert not mixing.due_for_mixing(lead), "the day is not over"
    made.clock.forward(hours=12)
    assert mixing.due_for_mixing(lead)
    assert mixing.mix(lead) == mixing.Mixed(moved=10, waiting=0)
    first = stock_of(lead)
    assert not lead.database.by_functions or lies_by_chance(lead)
    made.clock.forward(hours=12)
    for _ in range(3):
        desk(anna).complete()
    made.clock.forward(hours=12)
    assert not mixing.due_for_mixing(lead)
    assert mixing.mix(lead) == mixing.Mixed(moved=0, waiting=3)
    assert mixing.stock_counts(lead) == (10, 3)
    with pytest.raises(Problem):
        mixing.end_field(anna)
    assert mixing.end_field(lead) == mixing.Mixed(moved=3, waiting=0)
    last = stock_of(lead)
    assert len(last) == 13
    assert not lead.database.by_functions or lies_by_chance(lead)
    assert not {row_id for row_id, _ in first} & {row_id for row_id, _ in last}
    assert not {sealed for _, sealed in first} & {sealed for _, sealed in last}
    assert mixing.end_field(lead) == mixing.Mixed(moved=0, waiting=0)
    made.clock.forward(hours=12)
    assert isinstance(calling.take_next_case(anna), calling.NoCase)


def test_a_second_day_gives_every_earlier_interview_a_new_id(made: Made, people: People, desk: Desk) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 70)
    seen: set[str] = set()
    for _day in range(2):
        for _ in range(10):
            desk(anna).complete()
        made.clock.forward(hours=12)
        assert mixing.mix(lead).moved == 10
        ids = {row_id for row_id, _ in stock_of(lead)}
        assert not ids & seen
        assert not lead.database.by_functions or lies_by_chance(lead)
        seen |= ids
        made.clock.forward(hours=12)


@ON_FILE  # on a server one transaction does it all
def test_a_mixing_killed_before_the_rewriting_is_finished_by_the_next(
    made: Made, people: People, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 40)
    for _ in range(10):
        desk(anna).complete()
    made.clock.forward(hours=12)

    def killed(_self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(anna.database), "vacuum", killed)
        with pytest.raises(KeyboardInterrupt):
            mixing.mix(lead)
    assert mixing.stock_counts(anna) == (10, 0)
    assert mixing.due_for_mixing(lead)
    assert mixing.mix(lead) == mixing.Mixed(moved=0, waiting=0)
    assert not mixing.due_for_mixing(lead)


@ON_FILE
def test_nothing_of_the_pool_stays_in_the_files(made: Made, people: People, desk: Desk) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 40)
    for _ in range(10):
        desk(anna).complete()
    with lead.reading() as transaction:
        pool = stock.pending_rows(transaction)
    made.clock.forward(hours=12)
    mixing.mix(lead)
    written = b"".join(path.read_bytes() for path in made.created.folder.glob("study.db*"))
    for row_id, sealed in pool:
        assert row_id.encode() not in written
        assert sealed[100:140] not in written


def fixed_points(order: Sequence[int]) -> int:
    """Count how many interviews an attacker ties to the right call, who takes row k for the k-th call."""
    return sum(at == true for at, true in enumerate(order))


def best_guess(rows: Sequence[tuple[str, bytes, int]], written: bytes, by_duration: Sequence[int]) -> int:
    """Return the most hits of all attacks. ``rows``: (id, sealed, its true call) in the order the database gives."""
    orders: list[list[int]] = [
        [true for _id, _sealed, true in rows],
        [true for _id, _sealed, true in sorted(rows)],
        [true for _id, _sealed, true in sorted(rows, key=lambda row: row[1])],
        [true for _id, _sealed, true in sorted(rows, key=lambda row: written.find(row[1][-200:-100]))],
        [true for _id, _sealed, true in sorted(rows, key=lambda row: written.find(row[0].encode()))],
    ]
    hits = [fixed_points(order) for order in (*orders, *(order[::-1] for order in orders))]
    lengths = sorted(rows, key=lambda row: len(row[1]))
    hits.append(sum(row[2] == guess for row, guess in zip(lengths, by_duration, strict=True)))
    return max(hits)


@ON_FILE
def test_an_attacker_with_the_files_and_the_call_log_does_no_better_than_chance(
    wide: Made, people: People, desk: Desk, tmp_path: Path
) -> None:
    """600 interviews on ten days. By chance one guess is right; the bar is 2 %."""
    n, days = 600, 10
    lead, anna = wide.sign_in("lead"), wide.sign_in("anna")
    people(lead, 2 * n)
    draw = random.Random(9)
    naive = sqlite3.connect(tmp_path / "naive.db")
    naive.execute("CREATE TABLE stock (id TEXT, sealed BLOB)")  # random ids, but an ordinary table
    ended: list[str] = []
    durations: dict[str, int] = {}
    for day in range(days):
        wide.clock.at = TUESDAY_TEN + timedelta(days=day + (day + 1) // 6 * 2)
        for _ in range(n // days):
            case, running = desk(anna).begin()
            minutes = draw.randrange(2, 9)
            serial = f"{len(ended):04}" + " sehr" * 40 * minutes  # who says more, talks longer
            running = desk(anna).answer(running, (("zufrieden", "1"), ("minuten", "1"), ("wunsch", serial)))
            wide.clock.forward(seconds=minutes * 10)
            assert isinstance(interviewing.complete(anna, running), interviewing.Completed)
            naive.execute("INSERT INTO stock VALUES (?, ?)", (f"{draw.getrandbits(128):032x}", serial.encode()))
            durations[case.case_id] = minutes
            ended.append(case.case_id)
        wide.clock.forward(hours=12)
        assert mixing.mix(lead).moved == n // days
    naive.commit()
    wide.open[0].database.close()
    stolen = tmp_path / "stolen.db"
    shutil.copy(wide.created.folder / "study.db", stolen)
    opened = sqlite3.connect(stolen)
    call_log = opened.execute('SELECT "case" FROM attempt WHERE outcome = ? ORDER BY ended', ("complete",)).fetchall()
    assert [row[0] for row in call_log] == ended, "the attacker has the call log"
    by_duration = sorted(range(n), key=lambda call: durations[ended[call]])

    def true_call(sealed: bytes) -> int:
        return int(json.loads(open_answers(lead.answers_private, sealed))["answers"]["wunsch"]["v"][:4])

    found = opened.execute("SELECT id, sealed FROM stock").fetchall()
    rows = [(row_id, sealed, true_call(sealed)) for row_id, sealed in found]
    assert sorted(true for _, _, true in rows) == list(range(n))
    assert len({len(sealed) for _, sealed, _ in rows}) == 1
    assert best_guess(rows, stolen.read_bytes(), by_duration) <= 0.02 * n
    leaky = [(row_id, sealed, int(sealed[:4])) for row_id, sealed in naive.execute("SELECT id, sealed FROM stock")]
    assert best_guess(leaky, (tmp_path / "naive.db").read_bytes(), by_duration) == n, "negative control"
    opened.close()
    naive.close()
