"""The database file: durable, local, for its owner only, and what happens when the disk is full."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from cati.errors import Problem
from cati.store.embedded import BALLAST_BYTES, Embedded, refuse_network_path
from cati.store.migrations import create_tables
from cati.store.prepared import Prepared
from cati.store.schema import metadata, template


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Embedded]:
    made = Embedded(tmp_path / "study", create=True)
    create_tables(made)
    yield made
    made.close()


def _keep(transaction: object, name: str, size: int = 10) -> None:
    transaction.execute(template.insert().values(headers=name, mapping=b"x" * size))


def _count(database: Embedded) -> int:
    with database.reading() as transaction:
        return len(transaction.execute(template.select()).all())


def test_every_connection_is_durable_checks_keys_and_overwrites_what_is_deleted(database: Embedded) -> None:
    with database.transaction() as transaction:
        settings = {
            name: transaction.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "temp_store": 2}


def test_file_and_folder_are_for_the_owner_only(database: Embedded) -> None:
    database.lay_ballast()
    assert stat.S_IMODE(database.folder.stat().st_mode) == 0o700
    for file in database.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_transaction_is_kept_whole_or_not_at_all(database: Embedded) -> None:

    def broken_off() -> None:
        with database.transaction() as transaction:
            _keep(transaction, "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert _count(database) == 0
    with database.transaction() as transaction:
        _keep(transaction, "a")
    assert _count(database) == 1


def test_a_second_writer_waits_for_the_first(database: Embedded, tmp_path: Path) -> None:
    code = (
        "import sqlite3, sys, time\n"
        "file = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "file.execute('BEGIN IMMEDIATE')\n"
        "print('holding', flush=True)\n"
        "time.sleep(0.4)\n"
        "file.execute('COMMIT')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(database.file)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "holding\n"
        begun = time.monotonic()
        with database.transaction() as transaction:
            _keep(transaction, "a")
        assert time.monotonic() - begun > 0.2
    assert _count(database) == 1


def test_a_full_disk_releases_the_ballast_and_says_so(database: Embedded) -> None:
    database.lay_ballast()
    assert (database.folder / "ballast").stat().st_size == BALLAST_BYTES

    def too_much() -> None:
        with database.transaction() as transaction:
            pages = transaction.exec_driver_sql("PRAGMA page_count").scalar_one()
            transaction.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
            _keep(transaction, "a", 100_000)

    with pytest.raises(Problem, match="full"):
        too_much()
    assert not database.ballast_is_there()
    assert _count(database) == 0
    database.engine.dispose()
    with database.transaction() as transaction:
        _keep(transaction, "a", 100_000)
    assert _count(database) == 1


@pytest.mark.parametrize(
    ("kind", "refused"),
    [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("9p", True), ("ext4", False), ("tmpfs", False)],
)
def test_network_drives_are_refused(tmp_path: Path, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mounts"
    folder = tmp_path / "a study"
    spaced = str(folder).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {spaced} {kind} rw 0 0\n")
    if refused:
        with pytest.raises(Problem, match="network"):
            refuse_network_path(folder / "inside", mounts)
    else:
        refuse_network_path(folder / "inside", mounts)


def test_a_folder_without_a_study_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem):
        Embedded(tmp_path)


def test_what_is_deleted_is_in_no_byte_after_a_checkpoint(database: Embedded) -> None:
    secret = b"SECRET-" + b"q" * 64
    with database.transaction() as transaction:
        transaction.execute(template.insert().values(headers="a", mapping=secret))
    assert secret in (database.folder / "study.db-wal").read_bytes()
    with database.transaction() as transaction:
        transaction.execute(template.delete())
    database.checkpoint()
    for name in ("study.db", "study.db-wal"):
        assert secret not in (database.folder / name).read_bytes()


def test_answers_lie_in_tables_without_row_numbers(database: Embedded) -> None:
    with sqlite3.connect(database.file) as file:
        for table in ("pending", "stock", "case", "contact", "contact_index", "never_again", "draft_event"):
            with pytest.raises(sqlite3.OperationalError, match="rowid"):
                file.execute(f'SELECT rowid FROM "{table}"')


def test_a_prepared_statement_does_what_the_plain_one_does(database: Embedded) -> None:
    from sqlalchemy import bindparam, select, update

    find = Prepared(select(template.c.mapping).where(template.c.headers == bindparam("name")))
    change = Prepared(update(template).where(template.c.headers == bindparam("name")).values(mapping=bindparam("to")))
    add = Prepared(template.insert().values(headers=bindparam("headers"), mapping=bindparam("mapping")))
    with database.transaction() as transaction:
        add.act_on_all(transaction, ("mapping", "headers"), [(b"1", "a"), (b"2", "b")])
        assert find.first(transaction, name="b") == (b"2",)
        assert find.first(transaction, name="c") is None
        assert change.act(transaction, name="a", to=b"3") == 1
        assert change.act(transaction, name="c", to=b"3") == 0
        assert find.rows(transaction, name="a") == [(b"3",)]


def test_every_time_column_counts_whole_seconds() -> None:
    for table in metadata.sorted_tables:
        for column in table.c:
            if column.name in {"at", "until", "started", "ended", "due_at", "turns_at", "lease_until", "made_at"}:
                assert column.type.python_type is int, (table.name, column.name)


def test_a_database_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    made = Embedded(tmp_path / "study", create=True)
    create_tables(made)
    made.close()
    database = Embedded(tmp_path / "study")
    event.listen(database.engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON"))
    with pytest.raises(Problem, match="Nothing can be written here"), database.transaction() as transaction:
        transaction.exec_driver_sql("DELETE FROM study")
    database.close()
