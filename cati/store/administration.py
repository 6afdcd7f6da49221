"""A study's place on a PostgreSQL server, made from an administrator's connection: roles, database, rights, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from cati.errors import Problem
from cati.store import rights
from cati.store.access_rules import Access, AccessLine, access
from cati.store.administrator import lacks_right
from cati.store.connecting import LOCK_SECONDS, STATEMENT_SECONDS, Link
from cati.store.database import Transaction
from cati.store.migrations import HEAD, create_tables, require_current, version
from cati.store.roles import Roles
from cati.store.schema import member
from cati.store.server import Server
from cati.store.studies import set_server_role
from cati.text import tr

_OLDEST = 150000
_CHOSEN = 160000
"""From this version on a membership says by itself whether one inherits and may act; and pg_hba.conf may have parts."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# Of the database, not of each role: so no role that is made later can be forgotten.
SETTINGS = {
    "log_statement": "none",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": "120s",
    "synchronous_commit": "on",
    "jit": "off",
}
"""The server's log holds no values; nobody waits, and nobody holds up the others, for long. No plan is compiled: these
statements are over before a compiler has begun."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be so; ``new`` when it was not so before."""

    what: str
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How the server takes connections. ``access`` is None where this administrator may not read pg_hba.conf."""

    tls: bool
    settings_file: str
    access_file: str
    access: Access | None
    broken: tuple[str, ...]
    reload_due: bool


def refuse_name(database: str) -> None:
    """Raise a Problem for a name that would need quotes in pg_hba.conf and everywhere else."""
    if not _NAME.fullmatch(database):
        raise Problem(database, tr("This is no name for a database."), tr("Use small letters, digits and _."))


def refuse_old(number: int) -> None:
    """Raise a Problem for a server before 15; ``number`` as in its server_version_num."""
    if number < _OLDEST:
        found = f"{number // 10000}.{number % 100}"
        raise Problem(
            tr("Server"), tr("It is PostgreSQL {found}; 15 or newer is needed.", found=found), tr("Update the server.")
        )


def prepare(connection: Any, roles: Roles, database: str) -> Iterator[Step]:
    """Make roles and database, and take from everybody else what PostgreSQL gives to everybody; yields what it did."""
    refuse_name(database)
    refuse_old(connection.info.server_version)
    for name in (roles.owner, roles.gate, roles.watch, *roles.groups):
        yield Step(tr("Role {name}, by which nobody signs in", name=name), _role(connection, name))
    _join(connection, roles.owner)
    _join(connection, roles.gate)
    _join(connection, roles.watch)
    _rank(connection, roles)
    yield Step(tr("Database {name}", name=database), _database(connection, roles, database))
    yield Step(
        tr("Only members of the study may connect to it"),
        _changes(
            connection,
            f"SELECT datacl::text FROM pg_database WHERE datname = '{database}'",
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {database} TO {', '.join(roles.groups)}",
        ),
    )


def prepare_inside(connection: Any, roles: Roles) -> Step:
    """Take from everybody what a new database gives them; ``connection`` is open to the study's own."""
    look = (
        "SELECT (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),"
        " (SELECT string_agg(defaclacl::text, ' ' ORDER BY oid) FROM pg_default_acl)"
    )
    return Step(
        tr("Nobody else finds anything in it"),
        _changes(
            connection,
            look,
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {roles.owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        ),
    )


def prepare_settings(connection: Any, database: str) -> tuple[Step, tuple[str, ...]]:
    """Set what holds for all who work in the database; also return the statements that only a superuser may give."""
    before = set(_settings(connection, database))
    # Asked, not tried: each refusal would be an error in the server's log.
    reserved = connection.execute(
        "SELECT name FROM pg_settings"
        " WHERE name = ANY(%s) AND context = 'superuser' AND NOT has_parameter_privilege(name, 'SET')",
        (list(SETTINGS),),
    ).fetchall()
    left = []
    for name, value in SETTINGS.items():
        if f"{name}={value}" in before:
            continue
        statement = f"ALTER DATABASE {database} SET {name} = '{value}'"
        if (name,) in reserved:
            left.append(statement + ";")
        else:
            connection.execute(statement)
    new = set(_settings(connection, database)) != before
    return Step(tr("The server’s log keeps no values of this database; time-outs"), new), tuple(left)


def _settings(connection: Any, database: str) -> list[str]:
    row = connection.execute(
        "SELECT s.setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
        " WHERE d.datname = %s AND s.setrole = 0",
        (database,),
    ).fetchone()
    return [] if row is None else list(row[0])


def _role(connection: Any, name: str) -> bool:
    found = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    if found is None:
        _require_attribute(connection, "rolcreaterole", tr("This role may not make roles."))
        connection.execute(f"CREATE ROLE {name} NOLOGIN")
    elif found[0]:
        connection.execute(f"ALTER ROLE {name} NOLOGIN")
    return found is None or bool(found[0])


def _require_attribute(connection: Any, attribute: str, otherwise: str) -> None:
    """Raise the Problem ``otherwise`` unless this administrator's role has an attribute, or is a superuser's."""
    look = f"SELECT rolsuper OR {attribute} FROM pg_roles WHERE rolname = current_user"
    if not connection.execute(look).fetchone()[0]:
        raise lacks_right(otherwise)


def _join(connection: Any, owner: str) -> None:
    """Let an administrator who is no superuser act as the owner."""
    # From 16 on whoever makes a role may grant it, and may not act as it before that.
    chosen = connection.info.server_version >= _CHOSEN
    right, options = ("SET", " WITH INHERIT TRUE, SET TRUE") if chosen else ("MEMBER", "")
    look = "SELECT pg_has_role(session_user, %s, 'USAGE') AND pg_has_role(session_user, %s, %s)"
    if not connection.execute(look, (owner, owner, right)).fetchone()[0]:
        connection.execute(f"GRANT {owner} TO SESSION_USER{options}")


def _rank(connection: Any, roles: Roles) -> None:
    """Let each group have what the one below has, and the gate put people into any of them."""
    interviewers, supervisors, leads = roles.groups
    look = "SELECT rolcreaterole AND NOT rolinherit FROM pg_roles WHERE rolname = %s"
    if not connection.execute(look, (roles.gate,)).fetchone()[0]:
        connection.execute(f"ALTER ROLE {roles.gate} NOINHERIT CREATEROLE")
    for role, group, further in (
        (supervisors, interviewers, ""),
        (leads, supervisors, ""),
        *((roles.gate, group, " WITH ADMIN OPTION") for group in roles.groups),
    ):
        # Not again: from 16 on what another administrator granted would stand there twice, and this one may not be
        # allowed to.
        right = "MEMBER" + further
        if not connection.execute("SELECT pg_has_role(%s, %s, %s)", (role, group, right)).fetchone()[0]:
            connection.execute(f"GRANT {group} TO {role}{further}")
    if connection.info.server_version >= _CHOSEN:
        # Whoever makes a role there may change it; a server that was older when the gate made it knows nothing of that.
        for (member_role,) in connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ %s AND NOT pg_has_role(%s, oid, 'MEMBER WITH ADMIN OPTION')",
            (f"^{roles.prefix}_[0-9a-f]{{16}}$", roles.gate),
        ).fetchall():
            connection.execute(f"GRANT {member_role} TO {roles.gate} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")


def _database(connection: Any, roles: Roles, database: str) -> bool:
    import psycopg  # noqa: PLC0415 - for studies on a server only

    found = connection.execute(
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s", (database,)
    ).fetchone()
    if found is not None:
        if found != (roles.owner, "UTF8"):
            raise Problem(
                database, tr("A database of this name is there and belongs to others."), tr("Choose another name.")
            )
        return False
    _require_attribute(connection, "rolcreatedb", tr("This role may not make databases."))
    make = f"CREATE DATABASE {database} OWNER {roles.owner} TEMPLATE template0 ENCODING 'UTF8'"
    try:
        connection.execute(make + " LOCALE 'C.UTF-8'")  # an order that no update of the system changes
    except (psycopg.errors.WrongObjectType, psycopg.errors.InvalidParameterValue):
        connection.execute(make)
    return True


def _changes(connection: Any, look: str, *statements: str) -> bool:
    before = connection.execute(look).fetchone()
    for statement in statements:
        connection.execute(statement)
    return bool(connection.execute(look).fetchone() != before)


class AsOwner(Server):
    """A study's database through an administrator's connection; everything is done as the owner of its tables."""

    own_steps = True
    by_functions = False
    reads_every_contact = True

    def __init__(self, url: str, password: str, database: str, owner: str) -> None:
        super().__init__(Link(hosts=(), ports=(), database=database), owner, password)
        self._url = url

    def _connect(self) -> Any:
        import psycopg  # noqa: PLC0415 - for studies on a server only

        password = {"password": self._secret.passwords[0]} if self._secret.passwords[0] else {}
        more: dict[str, Any] = {"dbname": self.link.database, **password}
        connection = psycopg.connect(self._url, application_name="cati", connect_timeout=10, **more)
        self._clock.read(connection)
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET synchronous_commit = on")
        connection.execute(f"SET ROLE {self._secret.role}")
        connection.commit()
        return connection


def make_tables(database: AsOwner) -> Step:
    """Make the tables, or bring them to this program's version, as their owner; a Problem when they are newer."""
    found = version(database)
    if found is None:
        create_tables(database)
    else:
        require_current(database)
    return Step(tr("Tables, version {version}", version=HEAD), found != HEAD)


def make_rights(database: AsOwner, roles: Roles) -> Step:
    """Lay down who may do what, unless it is just so."""
    with database.reading() as transaction:
        before = rights.posture(transaction, roles)
    with database.transaction(large=True) as transaction:
        rights.lay_down(transaction, roles)
    with database.reading() as transaction:
        after = rights.posture(transaction, roles)
    return Step(tr("Rights by role and by row"), after != before)


# Asked before, because each refusal would be an error in the server's log, which somebody else has to explain.
_MAY_READ_RULES = (
    "SELECT has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')"
    " AND has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE')"
)
_MAY_LOOK_AT_FILES = (
    "SELECT has_function_privilege('pg_catalog.pg_stat_file(text)', 'EXECUTE')"
    " AND pg_has_role('pg_read_server_files', 'USAGE')"
)


def transport(connection: Any, roles: Roles, database: str) -> Transport:
    """Look how the server takes connections to a study's database; changes nothing."""
    access_file = _shown(connection, "hba_file")
    lines: list[AccessLine] | None = None
    broken: tuple[str, ...] = ()
    if connection.execute(_MAY_READ_RULES).fetchone()[0]:
        chosen = connection.info.server_version >= _CHOSEN
        file, ordered = ("file_name", "rule_number") if chosen else ("%s", "line_number")
        rows = connection.execute(
            f"SELECT {file}, line_number, type, database, user_name, coalesce(address, ''), coalesce(netmask, ''),"
            f" auth_method, error FROM pg_hba_file_rules ORDER BY {ordered}",
            () if chosen else (access_file or "pg_hba.conf",),
        ).fetchall()
        lines = [
            AccessLine(
                file=row[0], number=row[1], kind=row[2], databases=tuple(row[3] or ()), users=tuple(row[4] or ()),
                address=row[5], mask=row[6], method=row[7],
            )
            for row in rows if row[8] is None
        ]  # fmt: skip
        broken = tuple(f"{row[0]}:{row[1]}: {row[8]}" for row in rows if row[8] is not None)
    due = False
    if access_file and connection.execute(_MAY_LOOK_AT_FILES).fetchone()[0]:
        look = "SELECT (pg_stat_file(%s)).modification > pg_conf_load_time()"
        due = bool(connection.execute(look, (access_file,)).fetchone()[0])
    return Transport(
        tls=_shown(connection, "ssl") == "on",
        settings_file=_shown(connection, "config_file") or "postgresql.conf",
        access_file=access_file or "pg_hba.conf",
        access=None if lines is None else access(lines, database, roles.prefix),
        broken=broken,
        reload_due=due,
    )


def delays_refusals(connection: Any) -> bool:
    """Tell whether the server lets whoever is refused wait (its module auth_delay)."""
    return "auth_delay" in _shown(connection, "shared_preload_libraries")


def _shown(connection: Any, setting: str) -> str:
    """Return a setting's value, "" where this administrator may not see it."""
    found = connection.execute("SELECT setting FROM pg_settings WHERE name = %s", (setting,)).fetchone()
    return "" if found is None or found[0] is None else str(found[0])


def existing(transaction: Transaction, names: Sequence[str]) -> frozenset[str]:
    """Return which of these roles the server has."""
    found = transaction.exec_driver_sql("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(names),))
    return frozenset(row[0] for row in found)


def drop_login(transaction: Transaction, roles: Roles, login: str) -> None:
    """Take away the role by which a member signed in, if there is one; in a transaction of `AsOwner`."""
    if existing(transaction, [name := roles.login(login)]):
        if existing(transaction, [roles.watch]):  # not where a server was set up by an older program
            rights.become(transaction, roles.watch)
            transaction.exec_driver_sql(f"DROP OWNED BY {name}")  # large objects: nothing else can be theirs
        rights.become(transaction, roles.gate)
        transaction.exec_driver_sql(f"DROP ROLE {name}")
    rights.become(transaction, roles.owner)
    transaction.execute(update(member).where(member.c.server_role == roles.login(login)).values(server_role=None))


def set_login(transaction: Transaction, roles: Roles, login: str, group: str, verifier: str) -> None:
    """Make the role by which a member signs in, or give it another password; in a transaction of `AsOwner`.

    ``group``: the member's role, as `member.role` says it. ``verifier``: from `cati.store.roles.made_verifier`.
    """
    name = roles.login(login)
    rights.become(transaction, roles.gate)  # which alone may make them
    if not existing(transaction, [name]):
        # From 16 on the server can be set to let the gate act as each role that it makes, which nobody may.
        transaction.exec_driver_sql(
            "SELECT set_config('createrole_self_grant', '', true)"
            " WHERE current_setting('createrole_self_grant', true) <> ''"
        )
        transaction.exec_driver_sql(f"CREATE ROLE {name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
        transaction.exec_driver_sql(f"GRANT {roles.group(group)} TO {name}")
    rights.tie(transaction, name)
    transaction.exec_driver_sql(f"ALTER ROLE {name} LOGIN PASSWORD '{verifier}'")
    rights.become(transaction, roles.owner)
    know_login(transaction, roles, login)


def know_login(transaction: Transaction, roles: Roles, login: str) -> None:
    """Write by which role a member signs in: so the server knows who asks."""
    set_server_role(transaction, login, roles.login(login))
