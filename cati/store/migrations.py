"""Brings a study's database to the version this program works with, in one transaction: old or new, never between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from cati.errors import Problem
from cati.store.database import Database, Transaction
from cati.text import tr

if TYPE_CHECKING:
    from alembic.config import Config

Progress = Callable[[int, int], None]
HEAD = "0009"
"""The newest step in `cati.store.versions`; a test holds the two together."""


class Older(Problem):
    """The database was made by an older program; it is brought up to date after a backup, never by the way."""


def create_tables(database: Database) -> None:
    """Make all tables in an empty database, by the same steps that an old one goes through."""
    _upgrade(database)


def require_current(database: Database, progress: Progress = lambda _done, _of: None) -> None:
    """Bring an older database up to date; a Problem when it was written by a newer program or is no study at all.

    The caller has made a backup. A server's is brought up to date by its administrator alone (`Database.own_steps`):
    `Older` says so. ``progress`` counts the steps.
    """
    found = _known(database)
    if found == HEAD:
        return
    if not database.own_steps:
        raise _older(database)
    _upgrade(database, progress)


def refuse_other_version(database: Database) -> None:
    """Raise `Older` for an older database, a Problem for a newer one and for one that is no study at all."""
    if _known(database) != HEAD:
        raise _older(database)


def refuse_newer(database: Database) -> None:
    """Raise a Problem for a database of a newer program, and for one that is no study at all."""
    _known(database)


def refuse_newer_version(name: str, found: str) -> None:
    """Raise a Problem for a newer program's version of the tables, of a database or a backup called ``name``."""
    if found > HEAD:
        raise Problem(name, tr("This study was opened with a newer version of the program."), tr("Update cati."))


def is_older(database: Database) -> bool:
    """Tell whether the database must be brought up to date first; a Problem for a newer one and for no study."""
    return _known(database) != HEAD


def _known(database: Database) -> str:
    """Return a version that is not newer than this program's."""
    found = version(database)
    if found is None:
        raise Problem(database.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
    refuse_newer_version(database.name, found)
    return found


def _older(database: Database) -> Older:
    return Older(
        database.name,
        tr("This study’s database is older than the program."),
        tr("Bring it up to date on the window’s first page, or with: cati update-study")
        if database.own_steps
        else tr("Ask whoever looks after the server to make a backup and to run: cati init-server"),
    )


def version(database: Database) -> str | None:
    """Return the version that the database says it has, None when it says nothing."""
    with database.reading() as transaction:
        if not inspect(transaction).has_table("alembic_version"):
            return None
        found = transaction.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return None if found is None else str(found)


def _upgrade(database: Database, progress: Progress = lambda _done, _of: None) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that only a new or an old study needs
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    found = version(database)
    with database.transaction() as transaction:
        transaction.begin()  # says so to SQLAlchemy, or Alembic would commit by itself
        if transaction.dialect.name == "postgresql":  # a large table takes longer than anybody at work should wait
            transaction.exec_driver_sql("SET LOCAL statement_timeout = 0")
        config = _config(transaction)
        of = len(list(ScriptDirectory.from_config(config).iterate_revisions("head", found)))
        done = 0

        def stepped(**_of_alembic: Any) -> None:
            nonlocal done
            done += 1
            progress(done, of)

        config.attributes["stepped"] = stepped
        progress(0, of)
        command.upgrade(config, "head")


def _config(transaction: Transaction) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = transaction
    return config
