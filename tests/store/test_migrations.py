"""The steps of `cati.store.versions` end at exactly the tables of `cati.store.schema`."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex, CreateTable

from cati.errors import Problem
from cati.store import migrations
from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.schema import metadata


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Embedded(tmp_path / "study", create=True)
    migrations.create_tables(made)
    yield made
    made.close()


def _words(sql: str) -> list[str]:
    """Return a statement's words, columns and constraints in any order."""
    return sorted(sql.replace("(", " ( ").replace(")", " ) ").replace(",", " ").replace('"', "").split())


def test_the_steps_make_what_the_models_say(database: Database) -> None:
    with database.reading() as transaction:
        context = MigrationContext.configure(transaction, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        made = {
            row.name: row.sql
            for row in transaction.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        }
        dialect = transaction.dialect
    for table in metadata.sorted_tables:
        # Alembic's comparison sees neither WITHOUT ROWID nor named checks; the statements themselves do.
        assert _words(made.pop(table.name)) == _words(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            assert _words(made.pop(index.name)) == _words(str(CreateIndex(index).compile(dialect=dialect)))
    assert set(made) == {"alembic_version"}


def test_the_newest_step_is_the_one_the_program_asks_for(database: Database) -> None:
    steps = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert steps.get_current_head() == migrations.HEAD == migrations.version(database)
    migrations.require_current(database)


def test_a_newer_study_is_refused(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Problem):
        migrations.require_current(database)


def test_an_empty_database_is_no_study(tmp_path: Path) -> None:
    empty = Embedded(tmp_path / "empty", create=True)
    with pytest.raises(Problem):
        migrations.require_current(empty)
    empty.close()


def test_every_constraint_has_a_name() -> None:
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            assert constraint.name, (table.name, constraint)
