"""An administrator's connection to a server, and a sentence for each known way in which it is not to be had."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cati.errors import Problem
from cati.text import mark, tr


@contextmanager
def administrator(url: str, password: str = "", database: str = "") -> Iterator[Any]:
    """Open an administrator's connection (psycopg's), committing after each statement."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    more: dict[str, Any] = {"password": password} if password else {}
    if database:
        more["dbname"] = database
    why = None
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10, application_name="cati", **more)
    except psycopg.Error as error:
        why = _why_not(error, url, database)
    if why is not None:  # outside: what the driver raised holds the password
        raise why
    try:
        yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise lacks_right(tr("It lacks a right: {why}.", why=error.diag.message_primary or "")) from None
    finally:
        connection.close()


def lacks_right(what: str) -> Problem:
    """Return the Problem of an administrator who may not do what has to be done."""
    return Problem(
        tr("Administrator’s connection"),
        what,
        tr("Use the one of a superuser, or of a role with CREATEROLE and CREATEDB."),
    )


def no_address() -> Problem:
    """Return the Problem for what is no address of a server."""
    return Problem(
        tr("Administrator’s connection"),
        tr("This is not an address of a server."),
        tr("Give it as postgresql://NAME@HOST/postgres, or as a socket."),
    )


_KNOWN = {
    "password": (
        mark("The server does not take this password for the role {role}; nor does it where there is no such role."),
        mark("Type it again, and check the role’s name."),
    ),
    "no password": (
        mark("The role {role} must give a password."),
        mark("Give it, too (on a terminal: --administrator-password)."),
    ),
    "peer": (
        mark("Through the socket the server takes the role {role} only from the system’s user of the same name."),
        mark("Do it as that user, for example by: runuser -u {role} -- cati …"),
    ),
    "other name": (
        mark("The certificate of the server is made for another name than {host}."),
        mark("Use the name that is in the server’s certificate."),
    ),
    "no authority": (
        mark("The file with the certificate of the server’s authority is not there."),
        mark("Look where it is (on a terminal: --authority)."),
    ),
    "certificate": (
        mark("The certificate of the server was not signed by this authority; no password was sent."),
        mark("Name who signed the server’s certificate (on a terminal: --authority)."),
    ),
    "no TLS": (
        mark("The server takes no connection by TLS."),
        mark("Switch TLS on there; packaging/postgresql/cati.conf shows how."),
    ),
    "pg_hba": (
        mark("The server does not let the role {role} in from here."),
        mark("Its pg_hba.conf needs a line for it."),
    ),
    "no role": (
        mark("There is no role {role} on this server."),
        mark("Check its name."),
    ),
    "no database": (
        mark("There is no database {database} on this server."),
        mark("Check its name; the database postgres is nearly always there."),
    ),
    "full": (
        mark("All connections that the server allows are taken."),
        mark("Try again in a moment."),
    ),
    "not ready": (
        mark("The server is starting or stopping."),
        mark("Try again in a moment."),
    ),
    "stranger": (
        mark("What answers at {host}, port {port}, is no PostgreSQL."),
        mark("Check name and port."),
    ),
    "nobody": (
        mark("Nothing listens at {host}, port {port}."),
        mark("Is PostgreSQL running there, and does it listen at this address and port?"),
    ),
    "no socket": (
        mark("There is no socket of a server with the port {port} in {host}."),
        mark("Is PostgreSQL running there?"),
    ),
    "silent": (
        mark("{host} does not answer."),
        mark("Is it switched on and on the network, and does a firewall let port {port} through?"),
    ),
    "unresolved": (
        mark("The name {host} is not known to this computer."),
        mark("Check its spelling, and whether this computer can look its address up."),
    ),
}
"""What is told of each known failure, and what to do. Of several attempts (by TLS and without, each address) the first
of these counts."""

# What libpq says itself is English everywhere; what a server says is in the server's language. Of that only the names
# count, which stand in it in every language, and where it is English, its words.
_SAID = (
    ("no password", r"no password supplied"),
    ("peer", r"(?i)\b(peer|ident) authentication failed"),
    ("no role", r"role \".*\" does not exist"),
    ("no database", r"database \".*\" does not exist"),
    ("pg_hba", r"pg_hba\.conf"),
    ("other name", r"server certificate for .* does not match|does not match host ?name"),
    ("no authority", r"root certificate file"),
    ("stranger", r"invalid response to SSL|expected authentication request|unsupported protocol"),
    ("no TLS", r"not support SSL|SSL not in use"),
    ("certificate", r"certificate|SSL error: (?!.*eof)|channel binding"),
    ("full", r"too many (clients|connections)|remaining connection slots"),
    ("not ready", r"database system is (starting up|shutting down|not yet accepting|in recovery)"),
    ("nobody", r"Connection refused"),
    ("no socket", r"on socket .*No such file"),
    ("silent", r"(?i)timeout expired|timed out|unreachable|no route to host|host is down"),
    ("unresolved", r"failed to resolve|could not translate|Name or service not known"),
)


def known_failure(said: str, role: str, *, used_password: bool = False) -> str:
    """Return which of `_KNOWN` kept us from connecting, "" for none; ``said``: all that libpq tells of its attempts."""
    found = {_of_attempt(line, role, used_password=used_password) for line in said.splitlines() if line.strip()}
    return next((kind for kind in _KNOWN if kind in found), "")


def _of_attempt(line: str, role: str, *, used_password: bool) -> str:
    kind = next((kind for kind, pattern in _SAID if re.search(pattern, line)), "")
    words = line.rpartition(" failed: ")[2]
    if not kind and role and role in words:  # refused by the server, which names the role in whatever language
        return "peer" if "on socket" in line and not used_password else "password"
    return kind


def _why_not(error: Any, url: str, database: str) -> Problem:
    """Return what kept us from connecting; libpq's own words only where nothing better is known."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    if isinstance(error, psycopg.ProgrammingError):
        return no_address()
    words = {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(url).items()}
    attempt = error.pgconn
    if attempt is not None:  # with what libpq itself takes where nothing is said
        words |= {name: getattr(attempt, name).decode() for name in ("user", "host", "port")}
    role = words.get("user", "")
    kind = known_failure(str(error), role, used_password=bool(attempt is not None and attempt.used_password))
    where = tr("Administrator’s connection")
    if not kind:
        lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
        do = tr("Give it as postgresql://NAME@HOST/postgres, or as a socket.")
        return Problem(where, tr("It does not come about: {why}", why=lines[-1] if lines else "?"), do)
    fill = {
        "role": role,
        "host": words.get("host", ""),
        "port": words.get("port", "5432"),
        "database": database or words.get("dbname", ""),
    }
    what, do = _KNOWN[kind]
    return Problem(where, tr(what, **fill), tr(do, **fill))
