"""What only an administrator can do at the end of a study on a server: its catalogue, its log of changes, its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from cati.errors import Problem
from cati.store import rights
from cati.store.administration import AsOwner
from cati.store.administrator import administrator
from cati.store.erasure import DIES
from cati.store.roles import Roles
from cati.store.schema import metadata
from cati.text import tr

_CLOCKS_DIFFER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server says of itself: whether it archives its log of changes, and who follows it."""

    archive: bool
    stand_ins: int


def begin_anew(database: AsOwner, roles: Roles) -> None:
    """Drop the emptied tables and make them again, so that the server keeps no samples of what was in them.

    A server notes some values of every column for its planning (pg_statistic); emptying a table leaves them. Then every
    table that stays, and the catalogue itself, is written anew. Raises a Problem when a table is not empty.
    """
    with database.transaction(large=True) as transaction:
        for table in DIES:
            if transaction.execute(table.select().limit(1)).first() is not None:
                raise Problem(table.name, tr("This table is not empty."), tr("Nothing was taken away."))
        names = ", ".join(f'public."{table.name}"' for table in DIES)
        transaction.exec_driver_sql(f"DROP TABLE {names} CASCADE")  # with functions, which are laid down again
        metadata.create_all(transaction, tables=list(DIES), checkfirst=False)
        rights.lay_down(transaction, roles)
    database.vacuum()


def keep_finished(database: AsOwner, details: bytes, bare: bytes, at: int) -> None:
    """Keep what was done and found, and put ``bare`` in place of what the search was told to look for."""
    with database.transaction() as transaction:
        keep = text(
            "INSERT INTO public.purge_step (step, at, details) VALUES ('finished', :at, :details)"
            " ON CONFLICT ON CONSTRAINT pk_purge_step DO UPDATE SET at = :at, details = :details"
        )
        transaction.execute(keep, {"at": at, "details": details})
        transaction.execute(
            text("UPDATE public.purge_step SET details = :bare WHERE step = 'verified' AND details <> :bare"),
            {"bare": bare},
        )
    database.vacuum()


# Asked before, because a refusal would be an error in the server's log.
_MAY_TURN_LOG = (
    "SELECT has_parameter_privilege('wal_recycle', 'ALTER SYSTEM') AND pg_has_role('pg_checkpoint', 'USAGE')"
    " AND bool_and(has_function_privilege('pg_catalog.' || name, 'EXECUTE')) FROM (VALUES ('pg_reload_conf()'),"
    " ('pg_logical_emit_message(boolean, text, text)'), ('pg_switch_wal()'), ('pg_ls_waldir()')) AS needed (name)"
)


def turn_log(url: str, password: str) -> bool:
    """Have the server begin a new file of its log of changes and take the old ones away; False without the right to it.

    Old files are usually kept under new names, with what was in them, to be written over one day. They are passed
    through here one by one, and not kept again.
    """
    import psycopg  # noqa: PLC0415 - for studies on a server only

    with administrator(url, password) as connection:
        before = connection.execute(
            "SELECT setting, sourcefile LIKE '%postgresql.auto.conf' FROM pg_settings WHERE name = 'wal_recycle'"
        ).fetchone()
        if not connection.execute(_MAY_TURN_LOG).fetchone()[0]:
            return False
        try:
            connection.execute("ALTER SYSTEM SET wal_recycle = off")
        except psycopg.Error:  # a server whose settings nobody may change so
            return False
        try:
            connection.execute("SELECT pg_reload_conf()")
            for _twice in range(2):  # the first perhaps by the old setting still
                for _file in range(_log_files(connection) + 1):
                    connection.execute("SELECT pg_logical_emit_message(false, 'cati', 'end of a study')")
                    connection.execute("SELECT pg_switch_wal()")
                connection.execute("CHECKPOINT")
        finally:
            back = f"SET wal_recycle = '{before[0]}'" if before is not None and before[1] else "RESET wal_recycle"
            connection.execute(f"ALTER SYSTEM {back}")
            connection.execute("SELECT pg_reload_conf()")
    return True


def _log_files(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM pg_ls_waldir()").fetchone()[0])


def facts(url: str, password: str) -> ServerFacts:
    """Return what the server says of its archive and its stand-ins."""
    with administrator(url, password) as connection:
        archive = connection.execute("SELECT setting <> 'off' FROM pg_settings WHERE name = 'archive_mode'").fetchone()
        slots = connection.execute("SELECT count(*) FROM pg_replication_slots").fetchone()
        followers = connection.execute("SELECT count(*) FROM pg_stat_replication").fetchone()
    return ServerFacts(archive=bool(archive[0]), stand_ins=max(int(slots[0]), int(followers[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFiles:
    """The server's files on this computer. ``log``: its log of changes; ``folders``: all else that may hold a trace."""

    log: Path
    folders: tuple[Path, ...]


def files_here(url: str, password: str, database: str) -> ServerFiles | None:
    """Return the server's files, None where it runs on another computer or nobody here may read them.

    Other databases of the server are left out.
    """
    with administrator(url, password) as connection:
        row = connection.execute(
            "SELECT (SELECT setting FROM pg_settings WHERE name = 'data_directory'),"
            " extract(epoch FROM pg_postmaster_start_time())::bigint,"
            " (SELECT oid::text FROM pg_database WHERE datname = %s),"
            " (SELECT setting FROM pg_settings WHERE name = 'log_directory')",
            (database,),
        ).fetchone()
    if row is None or row[0] is None:
        return None
    data, started, oid, said = Path(row[0]), int(row[1]), row[2], Path(row[3] or "log")
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        if abs(int(lines[2]) - started) > _CLOCKS_DIFFER:
            return None  # a server of this computer, and not the one that was asked
        folders = tuple(_folders(data, oid))
    except (OSError, ValueError, IndexError):
        return None
    logs = [said] if said.is_absolute() and said.is_dir() else []
    debian = Path("/var/log/postgresql")
    if debian.is_dir() and debian not in logs:
        logs.append(debian)
    return ServerFiles(log=data / "pg_wal", folders=(*folders, *logs))


def _folders(data: Path, oid: str | None) -> Iterator[Path]:
    for path in sorted(data.iterdir()):
        if path.name == "base":
            yield from (found for found in sorted(path.iterdir()) if found.name in (oid, "pgsql_tmp"))
        elif path.name == "pg_tblspc":
            yield from sorted(path.iterdir())
        elif path.name != "pg_wal":
            yield path
