"""The store on a real PostgreSQL server: the same tables, whole studies moved there and back, a lost server told."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from cati.errors import Problem
from cati.store import server as serving
from cati.store import studies
from cati.store.database import Database, Transaction
from cati.store.embedded import Embedded
from cati.store.migrations import HEAD, create_tables, version
from cati.store.moving import row_counts
from cati.store.schema import case, contact, member, metadata
from cati.store.server import Link, Server, Unreachable
from tests import postgres, tcp_proxy
from tests.servers import copy_study


def filled(database: Database, n: int = 5000) -> None:
    draw = random.Random(1)
    with database.transaction() as transaction:
        cells = [studies.cell_id(transaction, f"s{k}", "d", "de") for k in range(3)]
        cases = [
            {"id": f"{draw.getrandbits(128):032x}", "cell": draw.choice(cells), "status": 0, "tier": 3,
             "rank": draw.getrandbits(61), "due_at": 0, "draw": draw.getrandbits(63)}
            for _ in range(n)
        ]  # fmt: skip
        transaction.execute(insert(case), cases)
        transaction.execute(
            insert(contact),
            [{"case": row["id"], "sealed_key": draw.randbytes(60), "sealed_details": draw.randbytes(300), "epoch": 1}
             for row in cases],
        )  # fmt: skip
        transaction.execute(
            insert(member).values(
                id="m", login="anna", name="Anna Fragt", role="interviewer", languages="de", record=b"r", certificate=b"c",
                daily_grant=None, leading_grant=b"\0\xff", kept=None, active=False,
            )
        )  # fmt: skip


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as transaction:
        return {
            table.name: [tuple(row) for row in transaction.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def test_the_steps_make_what_the_models_say(server: Server) -> None:
    assert version(server) == HEAD
    with server.reading() as transaction:
        context = MigrationContext.configure(transaction, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_study_moves_to_the_server_and_back_without_loss(file: Embedded, server: Server, tmp_path: Path) -> None:
    filled(file)
    seen: list[tuple[int, int]] = []
    counts = copy_study(file, server, progress=lambda done, of: seen.append((done, of)))
    assert (counts["case"], counts["contact"], counts["member"]) == (5000, 5000, 1)
    assert seen[-1][0] == seen[-1][1] == 2 * sum(counts.values())  # written, and read back
    assert everything(server) == everything(file)
    back = Embedded(tmp_path / "back", create=True)
    create_tables(back)
    copy_study(server, back)
    assert everything(back) == everything(file)
    for moved in (server, back):  # new cells are numbered behind the old ones
        with moved.transaction() as transaction:
            assert studies.cell_id(transaction, "new", "d", "de") == 4
    back.close()


def test_a_target_that_holds_something_is_left_alone(file: Embedded, server: Server) -> None:
    filled(file, 10)
    filled(server, 3)
    with pytest.raises(ValueError, match="not empty"):
        copy_study(file, server)
    with server.reading() as transaction:
        assert row_counts(transaction)["case"] == 3


def test_what_failed_is_not_kept_and_readers_cannot_write(server: Server) -> None:
    with pytest.raises(ZeroDivisionError), server.transaction() as transaction:
        studies.cell_id(transaction, "a", str(1 // (studies.cell_id(transaction, "a", "b", "de") * 0)), "de")
    with server.reading() as transaction:
        assert studies.cells(transaction) == {}
    with pytest.raises(Exception, match="read-only"), server.reading() as transaction:
        studies.cell_id(transaction, "a", "b", "de")
    with server.transaction() as transaction:  # the connection is good for the next step
        assert studies.cell_id(transaction, "a", "b", "de") > 0


def test_one_statement_is_kept_with_its_answer_and_leaves_no_trace_on_the_connection(server: Server) -> None:
    add = "INSERT INTO template (headers, mapping) VALUES ('{}', '')"

    def there() -> set[str]:
        with server.reading() as transaction:
            return set(transaction.exec_driver_sql("SELECT headers FROM template").scalars())

    with server.one_statement() as alone:
        alone.connection.cursor().execute(add.format("a"))
        assert there() == {"a"}
    with pytest.raises(IntegrityError), server.one_statement() as alone:
        alone.exec_driver_sql(add.format("a"))

    def fail() -> None:
        with server.transaction() as transaction:
            transaction.connection.cursor().execute(add.format("b"))
            raise ZeroDivisionError

    for _ in range(3):  # whichever connection of the pool it is
        with pytest.raises(ZeroDivisionError):
            fail()
    assert there() == {"a"}


def test_a_server_that_is_gone_is_told_in_a_sentence() -> None:
    with postgres.running() as cluster:
        link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=cluster.new_database("gone"))
        server = Server(link, postgres.OWNER, postgres.OWNER_PASSWORD)
        create_tables(server)
        with server.transaction() as transaction:
            studies.cell_id(transaction, "a", "b", "de")
        cluster.stop()
        with pytest.raises(Unreachable, match="does not answer"), server.transaction() as transaction:
            studies.cell_id(transaction, "c", "d", "de")
        with pytest.raises(Unreachable), server.reading() as transaction:
            studies.cells(transaction)
        cluster.start()
        with server.reading() as transaction:  # and it goes on by itself
            assert len(studies.cells(transaction)) == 1
        server.close()


def _last_words(transaction: Transaction, wire: tcp_proxy.Proxy) -> None:
    """Write something; the commit that follows has no answer."""
    studies.cell_id(transaction, "c", "d", "de")
    wire.blocked.set()


def test_a_server_that_takes_everything_and_answers_nothing_is_given_up(
    server: Server, cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tcp_proxy.between(cluster.port) as wire:
        ours = Server(replace(server.link, ports=(wire.port,)), postgres.OWNER, postgres.OWNER_PASSWORD)
        with ours.transaction() as transaction:
            studies.cell_id(transaction, "a", "b", "de")
        monkeypatch.setattr(serving, "ANSWER_SECONDS", 0.2)
        with pytest.raises(Unreachable), ours.transaction() as transaction:
            _last_words(transaction, wire)
        wire.blocked.clear()
        with ours.reading() as transaction:  # by another connection
            assert len(studies.cells(transaction)) in (1, 2)
        with ours.transaction(large=True) as transaction:
            transaction.exec_driver_sql("SELECT pg_sleep(0.4)")  # what is large may take its time
        ours.close()


def test_a_wrong_password_shows_neither_password_nor_role(cluster: postgres.Cluster) -> None:
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database="postgres")
    server = Server(link, postgres.OWNER, "something quite different")
    with pytest.raises(Problem) as told, server.reading():
        pass
    assert "something" not in str(told.value)
    assert "something" not in repr(server.__dict__)
    server.close()
