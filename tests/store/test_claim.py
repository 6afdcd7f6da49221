"""The statements behind the next case are index probes, with and without statistics."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cati.store import cases, claiming, counts, studies
from cati.store.cases import CaseRow, CaseStatus, Place
from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.migrations import create_tables

CASES = 4000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Embedded(tmp_path / "study", create=True)
    create_tables(made)
    draw = random.Random(1)
    with made.transaction() as transaction:
        cells = [studies.cell_id(transaction, f"s{n}", "d", "de") for n in range(4)]
        rows = [
            CaseRow(
                f"{draw.getrandbits(128):032x}", draw.choice(cells), CaseStatus.READY, 3, draw.getrandbits(40), 0, None,
                None, None, None, 0, None, draw.getrandbits(63),
            )
            for _ in range(CASES)
        ]  # fmt: skip
        cases.add_cases(transaction, sorted(tuple(getattr(row, name) for name in CaseRow.__slots__) for row in rows))
    yield made
    made.close()


def _steps(database: Database, act: object) -> int:
    """Return how many thousands of SQLite's own steps an act takes."""
    taken = 0

    def one() -> int:
        nonlocal taken
        taken += 1
        return 0

    with database.transaction() as transaction:
        act(transaction)  # compiled and read once
        driver = transaction.connection.dbapi_connection
        driver.set_progress_handler(one, 100)
        act(transaction)
        driver.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize("analysed", [False, True])
def test_nothing_is_scanned(database: Database, analysed: bool) -> None:
    if analysed:
        with sqlite3.connect(database.file) as file:
            file.execute("ANALYZE")
        database.engine.dispose()
    with database.reading() as transaction:
        cells = list(studies.cells(transaction))
    acts = {
        "best": lambda t: claiming.best_ready(t, cells, "me"),
        "behind a shut front": lambda t: claiming.best_ready(t, [10**6], "me"),
        "appointments": lambda t: claiming.best_ready(t, cells, "me", below=1 << 59),
        "second": lambda t: claiming.best_ready(t, cells, "me", second=""),
        "any second": lambda t: claiming.second_approaches(t, "me"),
        "turning": lambda t: cases.turning(t, 10**10, 25),
        "held": lambda t: cases.held_by(t, "me", 0),
        "complete": lambda t: claiming.taken_by_cell(t, cells),
    }
    for name, act in acts.items():
        assert _steps(database, act) < 10, name  # a thousand steps; a scan of 4,000 rows takes ten thousand
    assert _steps(database, counts.count_by_status) > 100  # the control: this one scans


def test_the_front_of_the_queue_is_the_best(database: Database) -> None:
    with database.reading() as transaction:
        cells = list(studies.cells(transaction))
        found = claiming.best_ready(transaction, cells, "me")
        of_two = claiming.best_ready(transaction, cells[1:3], "me")
    with sqlite3.connect(database.file) as file:
        best = file.execute('SELECT id FROM "case" ORDER BY rank LIMIT 4').fetchall()
        of_these = file.execute('SELECT id FROM "case" WHERE cell IN (?, ?) ORDER BY rank LIMIT 4', cells[1:3])
        assert [(row.id,) for row in found] == best
        assert [(row.id,) for row in of_two] == of_these.fetchall()


def test_behind_a_front_that_may_not_be_called_the_best_of_each_cell_is_found(database: Database) -> None:
    with sqlite3.connect(database.file) as file:
        file.execute('UPDATE "case" SET rank = rank % 1000 WHERE cell = 1')
    with database.reading() as transaction:
        cells = [cell for cell in studies.cells(transaction) if cell != 1]
        found = claiming.best_ready(transaction, cells, "me")
    with sqlite3.connect(database.file) as file:
        best = file.execute('SELECT cell, min(rank) FROM "case" WHERE cell <> 1 GROUP BY cell ORDER BY 2').fetchall()
    assert [(row.cell, row.rank) for row in found] == best


def test_after_a_soft_refusal_a_case_is_for_others_and_looked_at_apart(database: Database) -> None:
    with database.transaction() as transaction:
        cells = list(studies.cells(transaction))
        first, *_others = claiming.best_ready(transaction, cells, "me")
        assert claiming.second_approaches(transaction, "me") is None
        place = Place(status=CaseStatus.READY, tier=3, rank=0, due_at=0, turns_at=None, avoid="me")
        cases.put(transaction, [(first.id, place)])
        assert claiming.second_approaches(transaction, "you") == ""
        for me, second, gets in (("me", "", False), ("you", "", True), ("you", None, False), ("you", "me", True),
                                 ("you", "other", False)):  # fmt: skip
            found = claiming.best_ready(transaction, cells, me, second=second)
            assert (found[0].id == first.id) == gets, (me, second)


def test_urgent_tiers_turn_first_however_long_the_others_wait(database: Database) -> None:
    with database.transaction() as transaction:
        ids = [row.id for row in claiming.best_ready(transaction, list(studies.cells(transaction)), "me")]
        late = Place(status=CaseStatus.WAITING, tier=0, rank=5, due_at=990, turns_at=990)
        early = Place(status=CaseStatus.WAITING, tier=3, rank=5, due_at=10, turns_at=10)
        cases.put(transaction, [(ids[0], late), *((case_id, early) for case_id in ids[1:])])
        assert [row.id for row in cases.turning(transaction, 1000, 1)] == [ids[0]]
        assert {row.id for row in cases.turning(transaction, 989, 25)} == set(ids[1:])


def test_a_lease_needs_the_fence_that_was_read(database: Database) -> None:
    with database.transaction() as transaction:
        found = claiming.best_ready(transaction, list(studies.cells(transaction)), "me")[0]
        assert cases.lease(transaction, found, "me", 100) == 1
        with pytest.raises(AssertionError):
            cases.lease(transaction, found, "you", 100)
        assert not cases.renew(transaction, found.id, 0, "me", 200)
        assert not cases.renew(transaction, found.id, 1, "you", 200)
        assert cases.renew(transaction, found.id, 1, "me", 200)
        assert cases.held_by(transaction, "me", 199).id == found.id
        assert cases.held_by(transaction, "me", 200) is None
