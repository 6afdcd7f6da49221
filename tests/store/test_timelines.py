"""Turning on both databases: index probes only, and two that turn at once never move a case twice."""

from __future__ import annotations

import random
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import insert, text

from cati.store import attempts, cases, counts, migrations, studies, timelines
from cati.store.cases import CaseStatus, Place
from cati.store.database import Database, Transaction
from cati.store.embedded import Embedded
from cati.store.migrations import create_tables
from cati.store.schema import attempt, case
from cati.store.server import Link, Server
from tests import postgres

CASES = 20_000
NOW = 1_000_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off") as found:
        yield found


@pytest.fixture(scope="module")
def server(cluster: postgres.Cluster) -> Iterator[Server]:
    made = _server(cluster, cluster.new_database(f"study_{uuid.uuid4().hex}"))
    _fill(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    made = Embedded(tmp_path_factory.mktemp("turning") / "study", create=True)
    _fill(made)
    yield made
    made.close()


class Owned(Server):
    """A server opened as the owner of the tables, who brings them to a newer version, too."""

    own_steps = True
    by_functions = False


def _server(cluster: postgres.Cluster, name: str) -> Server:
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=name)
    return Owned(link, postgres.OWNER, postgres.OWNER_PASSWORD)


def _fill(database: Database) -> None:
    """Cases of which every fourth waits to turn, every fortieth is in somebody's hands, every tenth is marked."""
    create_tables(database)
    draw = random.Random(1)
    with database.transaction(large=True) as transaction:
        cell = studies.cell_id(transaction, "s", "d", "de")
        rows, steps, calls = [], [], []
        for n in range(CASES):
            case_id = f"{draw.getrandbits(128):032x}"
            due = NOW - 20_000 + 4 * n
            status = CaseStatus.LEASED if n % 40 == 1 else CaseStatus.WAITING if n % 4 == 0 else CaseStatus.READY
            turns = None if status is CaseStatus.READY else due
            rows.append(
                {"id": case_id, "cell": cell, "status": int(status), "tier": n % 4, "rank": draw.getrandbits(61),
                 "due_at": due, "turns_at": turns, "draw": draw.getrandbits(63),
                 "lease_holder": "me" if status is CaseStatus.LEASED else None,
                 "lease_until": due if status is CaseStatus.LEASED else None, "replan": 5 if n % 10 == 3 else None}
            )  # fmt: skip
            if turns is not None:
                first = 0 if status is CaseStatus.LEASED else due
                steps += [(case_id, first, _place(due, due + 50_000)), (case_id, due + 50_000, _place(due, None))]
            calls.append(
                {"id": f"{draw.getrandbits(128):032x}", "case": case_id, "interviewer": "me", "started": due - 60,
                 "phone": 0, "phone_kind": "mobile", "ended": None if status is CaseStatus.LEASED else due,
                 "outcome": None}
            )  # fmt: skip
        transaction.execute(insert(case), rows)
        cases.add_steps(transaction, steps)
        transaction.execute(insert(attempt), calls)


def _place(due: int, turns_at: int | None) -> Place:
    return Place(status=CaseStatus.READY, tier=3, rank=7, due_at=due, turns_at=turns_at)


def _turned(transaction: Transaction, most: int = 25) -> list[str]:
    rows = cases.turning(transaction, NOW, most)
    ids = [row.id for row in rows]
    attempts.end_lapsed(transaction, ids, interrupted="interrupted", otherwise="technical")
    timelines.move(transaction, ids, NOW)
    return ids


ACTS: dict[str, Callable[[Transaction], object]] = {
    "turned": _turned,
    "marked": lambda t: timelines.marked(t, 25),
    "put": lambda t: cases.put(t, [("x", _place(1, None))]),
}


@pytest.mark.parametrize("analysed", [False, True])
def test_on_the_file_nothing_is_scanned(file: Embedded, analysed: bool) -> None:
    if analysed:
        with sqlite3.connect(file.file) as bare:
            bare.execute("ANALYZE")
        file.engine.dispose()
    for name, act in ACTS.items():
        assert _steps_taken(file, act) < 250, name  # 25,000 of SQLite's own steps; a scan takes 100,000 and more
    with file.transaction() as transaction:
        assert len(cases.turning(transaction, NOW, 25)) == 25
    assert _steps_taken(file, counts.count_by_status) > 500  # the control: this one scans


def _steps_taken(database: Database, act: Callable[[Transaction], object]) -> int:
    """Return how many hundreds of SQLite's own steps an act takes."""
    taken = 0

    def one() -> int:
        nonlocal taken
        taken += 1
        return 0

    with database.transaction() as transaction:
        driver = transaction.connection.dbapi_connection
        driver.set_progress_handler(one, 100)
        act(transaction)
        driver.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize("analysed", [False, True])
def test_on_the_server_nothing_is_scanned(server: Server, analysed: bool) -> None:
    if analysed:
        with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    for name, act in ACTS.items():
        with server.transaction() as transaction:
            before = _scans(transaction)
            for _ in range(14):  # from the tenth on the server may plan for any values
                act(transaction)
            assert _scans(transaction) == before, name
    with server.transaction() as transaction:
        before = _scans(transaction)
        transaction.exec_driver_sql('SELECT count(*) FROM "case" WHERE draw < 0').scalar_one()
        transaction.execute(text("SELECT count(*) FROM turn WHERE due_at = 3")).all()
        assert _scans(transaction) > before  # the control


def _scans(transaction: Transaction) -> int:
    """Return how often a table was read from one end to the other, as far as this connection has not reported it."""
    query = text("SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('case', 'turn', 'attempt')")
    return int(transaction.execute(query).scalar_one())


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_case_moves_to_where_it_is_now_however_late(kind: str, tmp_path: Path, cluster: postgres.Cluster) -> None:
    if kind == "file":
        database: Database = Embedded(tmp_path / "study", create=True)
    else:
        database = _server(cluster, cluster.new_database(f"study_{uuid.uuid4().hex}"))
    create_tables(database)
    with database.transaction() as transaction:
        cell = studies.cell_id(transaction, "s", "d", "de")
        cases.add_cases(
            transaction,
            [(n, cell, 1, 0, 0, 10, 10, None, None, None, 0, None, 1) for n in ("late", "none", "whole")]
            + [(n, cell, 2, 0, 5, 0, 10, None, "me", 10, 1, None, 1) for n in ("held", "dialled")],
        )
        steps = [("late", at, _place(at, at + 10)) for at in (10, 20, 30)]
        steps += [("whole", 10, _place(10, 20)), ("whole", 20, _place(20, None))]
        steps += [("dialled", 0, _place(99, 40)), ("dialled", 40, _place(40, None))]
        cases.add_steps(transaction, steps)
        timelines.move(transaction, [row.id for row in cases.turning(transaction, 25, 25)], 25)
        found = {n: cases.case_row(transaction, n) for n in ("late", "none", "whole", "held", "dialled")}
        assert [(row.due_at, row.turns_at) for row in found.values()] == [
            (20, 30), (10, None), (20, None), (0, None), (99, 40)
        ]  # fmt: skip
        assert [row.status for row in found.values()] == [0, 1, 0, 0, 0]
        assert all(row.lease_holder is None and row.lease_until is None for row in found.values())
        assert [row.id for row, _since in timelines.marked(transaction, 25)] == ["none"]
        timelines.move(transaction, [row.id for row in cases.turning(transaction, 35, 25)], 35)
        assert {row.id: since for row, since in timelines.marked(transaction, 25)} == {"none": 10, "late": 30}
        assert transaction.execute(text("SELECT count(*) FROM turn")).scalar_one() == 1
    database.close()


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_study_from_before_there_were_timelines_goes_on(kind: str, tmp_path: Path, cluster: postgres.Cluster) -> None:
    if kind == "file":
        database: Database = Embedded(tmp_path / "study", create=True)
    else:
        database = _server(cluster, cluster.new_database(f"study_{uuid.uuid4().hex}"))
    with database.transaction() as transaction:
        transaction.begin()
        command.upgrade(migrations._config(transaction), "0001")
    with database.transaction() as transaction:
        transaction.exec_driver_sql("INSERT INTO cell (id, site, department, language) VALUES (1, 's', 'd', 'de')")
        for case_id, status, turns, holder in (
            ("fresh", 0, "NULL", "NULL"),
            ("due", 1, 10, "NULL"),
            ("held", 2, 20, "'me'"),
        ):
            transaction.exec_driver_sql(
                'INSERT INTO "case" (id, cell, status, tier, rank, due_at, turns_at, lease_holder, lease_until, draw) '
                f"VALUES ('{case_id}', 1, {status}, 3, 5, 10, {turns}, {holder}, {turns}, 1)"
            )
    migrations.require_current(database)
    with database.transaction() as transaction:
        timelines.move(transaction, [row.id for row in cases.turning(transaction, 30, 25)], 30)
        found = {n: cases.case_row(transaction, n) for n in ("fresh", "due", "held")}
        assert {n: (row.status, row.turns_at, row.lease_holder) for n, row in found.items()} == {
            "fresh": (CaseStatus.READY, None, None),
            "due": (CaseStatus.WAITING, None, None),
            "held": (CaseStatus.WAITING, None, None),  # a call may have been open: not before it was worked out anew
        }
        assert {row.id: since for row, since in timelines.marked(transaction, 25)} == {"due": 10, "held": 20}
    database.close()


def test_two_that_turn_at_once_have_different_cases(server: Server) -> None:
    with server.transaction() as mine, server.transaction() as yours:
        first = _turned(mine)
        second = _turned(yours)  # does not wait
        assert len(first) == len(second) == 25
        assert not set(first) & set(second)
        marked = {row.id for row, _since in timelines.marked(mine, 25)}
        assert not marked & {row.id for row, _since in timelines.marked(yours, 25)}
    naive = text('SELECT id FROM "case" WHERE turns_at <= :now ORDER BY turns_at LIMIT 25')
    with server.transaction() as mine, server.transaction() as yours:  # the control: without locks both have the same
        assert mine.execute(naive, {"now": NOW}).all() == yours.execute(naive, {"now": NOW}).all()


def test_four_that_turn_for_a_while_move_every_case_once(cluster: postgres.Cluster) -> None:
    database = _server(cluster, cluster.new_database(f"study_{uuid.uuid4().hex}"))
    _fill(database)
    due = 'SELECT count(*) FROM "case" WHERE turns_at <= :now'
    with database.reading() as transaction:
        wanted = transaction.execute(text(due), {"now": NOW}).scalar_one()
    moved: Counter[str] = Counter()

    def work() -> None:
        while True:
            with database.transaction() as transaction:
                ids = _turned(transaction)
            moved.update(ids)
            if not ids:
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(moved) == wanted > 1000
    assert set(moved.values()) == {1}
    with database.reading() as transaction:
        assert transaction.execute(text(due), {"now": NOW}).scalar_one() == 0
        left = text("SELECT count(*) FROM attempt WHERE ended IS NULL AND started < :now - 60")
        assert transaction.execute(left, {"now": NOW}).scalar_one() == 0
    database.close()
