"""Brings a study's database to the version this program works with, in one transaction: old or new, never between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from cati.errors import Problem
from cati.store.database import Database, Transaction
from cati.text import tr

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0007"
"""The newest step in `cati.store.versions`; a test holds the two together."""


def create_tables(database: Database) -> None:
    """Make all tables in an empty database, by the same steps that an old one goes through."""
    _upgrade(database)


def require_current(database: Database) -> None:
    """Bring an older database up to date; a Problem when it was written by a newer program or is no study at all.

    A server's is brought up to date by its administrator alone (`Database.own_steps`): a Problem says so.
    """
    found = version(database)
    if found == HEAD:
        return
    if found is None:
        raise Problem(database.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
    if found > HEAD:
        raise Problem(
            database.name, tr("This study was opened with a newer version of the program."), tr("Update cati.")
        )
    if not database.own_steps:
        raise Problem(
            database.name,
            tr("This study's database is older than the program."),
            tr("Ask whoever looks after the server to make a backup and to run: cati init-server"),
        )
    _upgrade(database)


def version(database: Database) -> str | None:
    """Return the version that the database says it has, None when it says nothing."""
    with database.reading() as transaction:
        if not inspect(transaction).has_table("alembic_version"):
            return None
        found = transaction.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return None if found is None else str(found)


def _upgrade(database: Database) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that only a new or an old study needs

    with database.transaction() as transaction:
        transaction.begin()  # says so to SQLAlchemy, or Alembic would commit by itself
        command.upgrade(_config(transaction), "head")


def _config(transaction: Transaction) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = transaction
    return config
