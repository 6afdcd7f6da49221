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
from cati.store.administrator import administrator
from cati.store.embedded import FILE_NAME
from cati.store.roles import Roles
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
_PROGRAMS = (("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"))  # where Debian and Red Hat keep those of each version
_COPY = re.compile(rb"(COPY public\.[a-z_\"]+ \([a-z0-9_, \"]+\) FROM stdin);\n")
_END = b"\\.\n"


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
        connection.execute("SET LOCAL row_security = off")
        moment = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        found = _sums(connection)
        words = ("--format=custom", f"--snapshot={moment}", f"--file={target}")
        _run("pg_dump", psycopg.conninfo.conninfo_to_dict(url), password, database, *words)
        connection.execute("ROLLBACK")
    return found


def load(administrator_: tuple[str, str], roles: Roles, database: str, source: Path, expected: Sums, mark: str) -> None:
    """Read such a file into an empty database as tables of the owner's; a Problem unless it holds what it held.

    All or nothing, with a remark on the database that says ``mark``: see `remark`. Tables, their rows, keys and indexes
    are taken and nothing else: who may do what is laid down by the program, never by a file. ``administrator_``: URL
    and password.
    """
    from psycopg import Error, errors, sql  # noqa: PLC0415 - for studies on a server only

    with (
        administrator(*administrator_, database) as connection,
        tempfile.NamedTemporaryFile("w", prefix="cati-", suffix=".list") as wanted,
    ):
        listed = _said_by_restore(source, "--list").decode()
        wanted.writelines(f"{line}\n" for line in listed.splitlines() if _TAKEN.search(line))
        wanted.flush()
        taken = (f"--use-list={wanted.name}", "--no-owner", "--no-privileges", "--file=-")
        try:
            connection.execute("BEGIN")
            connection.execute(f"SET ROLE {roles.owner}")
            # Not by pg_restore's own connection: from 17 on it begins with a setting that older servers do not know.
            _make(connection, _said_by_restore(source, "--section=pre-data", *taken))
            _fill(connection, source, taken)
            _make(connection, _said_by_restore(source, "--section=post-data", *taken))
            if _sums(connection) != expected:
                raise Problem(
                    source.name,
                    tr("What arrived is not what the backup held."),
                    tr("Do not use it; take an older one."),
                )
            told = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(mark))
            connection.execute(told)
            connection.execute("COMMIT")
        except errors.DataError:
            raise _damaged(source) from None  # the server's words could hold what stands in a row
        except Error as error:
            why = (error.diag.message_primary or str(error).splitlines()[0]).rstrip(".")
            raise Problem(
                database, tr("It did not go through: {why}.", why=why), tr("Nothing came in; mend it and try again.")
            ) from None


def _make(connection: Any, said: bytes) -> None:
    """Run what pg_restore says of tables, keys and indexes; not what is for psql, nor that newer setting."""
    lines = [line for line in said.splitlines() if not line.startswith((b"\\", b"SET transaction_timeout"))]
    connection.execute(b"\n".join(lines))


def _fill(connection: Any, source: Path, taken: tuple[str, ...]) -> None:
    """Read the rows of all tables as they come out of pg_restore."""
    with _restoring(source, "--section=data", *taken) as lines:
        for line in lines:
            if line.startswith(b"SELECT pg_catalog.setval("):
                connection.execute(line)
            elif line.startswith(b"COPY "):
                table = _COPY.fullmatch(line)
                if table is None:
                    raise _damaged(source)
                with connection.cursor().copy(table[1]) as copy:
                    for row in iter(lambda: next(lines, _END), _END):
                        copy.write(row)


def _damaged(source: Path) -> Problem:
    return Problem(source.name, tr("This backup is damaged."), tr("Take an older one."))


def _said_by_restore(source: Path, *words: str) -> bytes:
    with _restoring(source, *words) as lines:
        return b"".join(lines)


@contextmanager
def _restoring(source: Path, *words: str) -> Iterator[Iterator[bytes]]:
    """Give the lines that pg_restore writes of a backup; it speaks to no server."""
    call = [_program("pg_restore"), *words, str(source)]
    with tempfile.TemporaryFile() as errors:
        around = {**os.environ, "LC_ALL": "C"}
        with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=errors, env=around) as running:  # noqa: S603 - PostgreSQL's own, by its whole path
            yield iter(running.stdout or ())
        if running.returncode != 0:
            errors.seek(0)
            raise _failed("pg_restore", errors.read().decode(errors="replace"))


def held(url: str, password: str, roles: Roles, database: str) -> Sums:
    """Return what a database holds for its owner, from whom no row is hidden; nothing when it has no tables yet."""
    with administrator(url, password, database) as connection:
        connection.execute("BEGIN READ ONLY")
        connection.execute(f"SET ROLE {roles.owner}")
        found = _sums(connection)
        connection.execute("ROLLBACK")
    return found


def remark(url: str, password: str, database: str) -> str:
    """Return what `load` left on the database, "" when nothing is there or `finish` took it away."""
    with administrator(url, password, database) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    return str(row[0] or "")


def finish(url: str, password: str, roles: Roles, database: str) -> None:
    """Take the remark away: all that comes after loading is done, too."""
    with administrator(url, password, database) as connection:
        connection.execute(f"SET ROLE {roles.owner}")
        connection.execute(f"COMMENT ON DATABASE {database} IS NULL")


def is_there(url: str, password: str, database: str) -> bool:
    """Tell whether the server has a database of this name."""
    with administrator(url, password) as connection:
        return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone())


def _sums(connection: Any) -> Sums:
    """Return what the tables hold, as every version of the server says it."""
    for setting in ("statement_timeout = 0", "bytea_output = 'hex'", "timezone = 'UTC'"):
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
        raise _failed(program, done.stderr)


def _failed(program: str, told: str) -> Problem:
    said = [line for line in told.splitlines() if "error:" in line] or told.splitlines() or [""]
    return Problem(
        program,
        tr("It did not go through: {why}.", why=said[0].rstrip(".")),
        tr("The administrator must be a superuser, and PostgreSQL’s programs no older than the server."),
    )


def _program(name: str) -> str:
    """Return one of PostgreSQL's programs: of the folder `CATI_POSTGRES`, else the newest there is."""
    named = os.environ.get("CATI_POSTGRES")
    there = [path for place in _PROGRAMS for path in Path(place[0]).glob(f"{place[1]}/bin/{name}")]
    if named:
        found = shutil.which(name, path=named)
    elif there:
        found = str(max(there, key=lambda path: int("".join(filter(str.isdigit, path.parent.parent.name)) or 0)))
    else:
        found = shutil.which(name)
    if found is None:
        raise Problem(
            name,
            tr("This program of PostgreSQL is not here."),
            tr("Install it: apt-get install postgresql-client; or say in which folder: CATI_POSTGRES=FOLDER"),
        )
    return found
