"""Copies a study's database into one file and back: a server's by PostgreSQL's own programs, a file's by SQLite."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cati.errors import Problem
from cati.store.administration import administrator
from cati.store.embedded import FILE_NAME
from cati.text import tr

Progress = Callable[[int, int], None]
Sums = dict[str, tuple[int, str]]
"""Of every table: how many rows, and the sum of a hash of each."""

_TAKEN = re.compile(
    r"^\d+; \d+ \d+ (TABLE|TABLE DATA|SEQUENCE|SEQUENCE OWNED BY|SEQUENCE SET|DEFAULT|CONSTRAINT|FK CONSTRAINT|INDEX)"
    r" public "
)
"""Lines of pg_restore's list: number; catalogue's and own object id, kind, schema, name, owner."""
_PAGES_AT_ONCE = 4096
_PROGRAMS = Path("/usr/lib/postgresql")  # where Debian keeps those of each version


def copy_file(folder: Path, target: Path, progress: Progress = lambda _done, _of: None) -> None:
    """Copy the database of a study's folder into one file, while others may work; a Problem when it is damaged."""
    with _file(folder / FILE_NAME) as source, _file(target) as copy:
        source.backup(copy, pages=_PAGES_AT_ONCE, progress=lambda _status, left, of: progress(of - left, of))
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, nothing beside it
        said = [str(row[0]) for row in copy.execute("PRAGMA integrity_check")]
    # SQLite before 3.42 says this of sound tables without rowid whose key has another order than their columns.
    found = [line for line in said if line != "ok" and not line.startswith("NULL value in ")]
    if found:
        raise Problem(
            folder.name, tr("The database is damaged: {what}.", what=found[0]), tr("Restore an older backup.")
        )


@contextmanager
def _file(path: Path) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        yield opened
    finally:
        opened.close()


def dump(url: str, password: str, database: str, target: Path) -> Sums:
    """Write the study's database, and nothing else of that server, into one file; return what is in it.

    Both look at the same moment, while others work on. The administrator must be a superuser, or row-level security
    would hide rows: then it is a Problem. Roles and their passwords are not in the file.
    """
    import psycopg  # noqa: PLC0415 - for studies on a server only

    with administrator(url, password, database) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        moment = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        found = _sums(connection)
        words = ("--format=custom", f"--snapshot={moment}", f"--file={target}")
        _run("pg_dump", psycopg.conninfo.conninfo_to_dict(url), password, database, *words)
        connection.execute("ROLLBACK")
    return found


def load(url: str, password: str, database: str, owner: str, source: Path) -> Sums:
    """Read such a file into an empty database, all or nothing, as tables of ``owner``; return what it holds then.

    Tables, their rows, keys and indexes are taken and nothing else: who may do what is laid down by the program, never
    by a file.
    """
    import psycopg  # noqa: PLC0415 - for studies on a server only

    listed = subprocess.run(  # noqa: S603 - PostgreSQL's own, by its whole path
        [_program("pg_restore"), "--list", str(source)], capture_output=True, text=True, check=True
    ).stdout
    with tempfile.NamedTemporaryFile("w", prefix="cati-", suffix=".list") as wanted:
        wanted.writelines(f"{line}\n" for line in listed.splitlines() if _TAKEN.search(line))
        wanted.flush()
        words = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--role={owner}")
        more = (f"--use-list={wanted.name}", str(source))
        _run("pg_restore", psycopg.conninfo.conninfo_to_dict(url), password, database, *words, *more)
    return held(url, password, database)


def held(url: str, password: str, database: str) -> Sums:
    """Return what a database holds, nothing when it has no tables yet."""
    with administrator(url, password, database) as connection:
        connection.execute("BEGIN READ ONLY")
        found = _sums(connection)
        connection.execute("ROLLBACK")
    return found


def is_there(url: str, password: str, database: str) -> bool:
    """Tell whether the server has a database of this name."""
    with administrator(url, password) as connection:
        return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone())


def _sums(connection: Any) -> Sums:
    """Return what the tables hold, as every version of the server says it."""
    for setting in ("statement_timeout = 0", "bytea_output = 'hex'", "timezone = 'UTC'", "row_security = off"):
        connection.execute(f"SET LOCAL {setting}")
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    found = {}
    for (name,) in names:
        rows, total = connection.execute(
            "SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'), 15))"
            f'::bit(60)::bigint::numeric), 0)::text FROM public."{name}" t'
        ).fetchone()
        found[str(name)] = (int(rows), str(total))
    return found


def _run(program: str, url: dict[str, Any], password: str, database: str, *words: str) -> None:
    """Run one of PostgreSQL's programs; no password stands among its words, which everybody on the computer sees."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    known = {**url, "dbname": database, "application_name": "cati"}
    secret = password or str(known.pop("password", ""))
    known.pop("password", None)
    around = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": secret} if secret else {})}
    call = [_program(program), f"--dbname={psycopg.conninfo.make_conninfo(**known)}", "--no-password", *words]
    done = subprocess.run(call, env=around, capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own, by its whole path
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "error:" in line] or done.stderr.splitlines() or [""]
        raise Problem(
            program,
            tr("It did not go through: {why}.", why=said[0].rstrip(".")),
            tr("The administrator must be a superuser, and PostgreSQL's programs no older than the server."),
        )


def _program(name: str) -> str:
    """Return the newest of PostgreSQL's programs with this name."""
    there = [path for path in _PROGRAMS.glob(f"*/bin/{name}") if path.parent.parent.name.isdigit()]
    found = str(max(there, key=lambda path: int(path.parent.parent.name))) if there else shutil.which(name)
    if found is None:
        raise Problem(
            name, tr("This program of PostgreSQL is not here."), tr("Install it: apt-get install postgresql-client")
        )
    return found
