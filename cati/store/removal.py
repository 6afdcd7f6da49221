"""Takes away what a study had on a server, once its tables are empty: the database and every role of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cati.errors import Problem
from cati.store.administration import Step, refuse_name
from cati.store.administrator import administrator
from cati.store.roles import Roles
from cati.text import tr


def drop_place(url: str, password: str, roles: Roles, database: str) -> Iterator[Step]:
    """Drop an empty database of the study's and the study's roles; yields what it did, may be repeated.

    Raises a Problem, before anything goes, when a table holds a row or the database is not the study's.
    """
    refuse_name(database)
    with administrator(url, password) as connection:
        found = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (database,)
        ).fetchone()
        if found is not None:
            if found[0] != roles.owner:
                raise Problem(database, tr("This database belongs to others."), tr("Nothing was taken away."))
            _refuse_full(url, password, roles, database)
            _drop_database(connection, database)
        yield Step(tr("Database {name} taken away", name=database), found is not None)
        ours = re.compile(re.escape(roles.prefix) + r"_([0-9a-f]{16}|owner|gate|watch|interviewer|supervisor|lead)")
        names = [row[0] for row in connection.execute("SELECT rolname FROM pg_roles ORDER BY rolname")]
        gone = [name for name in names if ours.fullmatch(name)]
        for name in gone:
            connection.execute(f"DROP ROLE {name}")
        yield Step(tr("Roles of the study taken away: {n}", n=len(gone)), bool(gone))
        if _turn_log(connection):
            yield Step(tr("The server’s log of changes begins a new file"), new=True)


def _refuse_full(url: str, password: str, roles: Roles, database: str) -> None:
    with administrator(url, password, database) as connection:
        connection.execute(f"SET ROLE {roles.owner}")  # from whom no row is hidden
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        for (name,) in names:
            if connection.execute(f'SELECT EXISTS (SELECT 1 FROM public."{name}")').fetchone()[0]:
                raise Problem(
                    database,
                    tr("The study is still in this database."),
                    tr("Take it into a folder first, with: cati move-study"),
                )


def _drop_database(connection: Any, database: str) -> None:
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        connection.execute(f"DROP DATABASE {database}")
    except psycopg.errors.ObjectInUse:
        raise Problem(database, tr("Somebody is connected to it."), tr("Close it there and try again.")) from None


def _turn_log(connection: Any) -> bool:
    """Let old files of the write-ahead log be overwritten soon; False where this administrator may not ask for it."""
    may = "SELECT has_function_privilege('pg_catalog.pg_switch_wal()', 'EXECUTE')"
    if not connection.execute(f"{may} AND pg_has_role('pg_checkpoint', 'USAGE')").fetchone()[0]:
        return False
    connection.execute("SELECT pg_switch_wal()")
    connection.execute("CHECKPOINT")
    return True
