"""How a connection to a server is made: proven by its certificate, and told in a sentence when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from cati.errors import Problem
from cati.store.administrator import no_address
from cati.text import tr

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.pool import ConnectionPoolEntry

_CONNECT_SECONDS = 3
_UNACKNOWLEDGED_MS = 10_000
"""After so long without a sign from the other computer a connection is given up, whatever it waits for."""
LOCK_SECONDS, STATEMENT_SECONDS = 10, 60
ANSWER_SECONDS = STATEMENT_SECONDS + 15.0
"""After so long a server that took a statement, and whose computer still acknowledges it, is taken to hang.

It ends every statement sooner by itself, but not a commit that waits for a stand-in, nor when its disk stands still.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a server is reached. Several ``hosts`` (with a port each) stand for a server and its stand-ins.

    ``authority``: file with the certificate of the authority that signed the server's; "" only on a socket of this
    computer.
    """

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    database: str
    authority: str = ""


class Unreachable(Problem):
    """The server does not answer; whether the last step was kept is not known and must be asked."""


class DiskFull(Problem):
    """The server's disk is full; nothing of the transaction was kept."""


class Refused(Problem):
    """The server answers and takes this role with this password not: one of the two is wrong. It does not say which."""


class NotThisServer(Problem):
    """Whoever answers cannot prove to be the study's server, or wants to talk in clear; no password was sent."""


def proven_url(url: str, authority: Path) -> str:
    """Return an administrator's URL by which the server must prove itself, unless the URL says itself how, or a socket.

    ``authority``: file of certificates. A Problem for what is no URL.
    """
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        known = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        known = None
    if known is None:
        raise no_address()
    host = str(known.get("host") or "")
    if "sslmode" in known or not host or host.startswith("/"):
        return url
    return str(psycopg.conninfo.make_conninfo(url, sslmode="verify-full", sslrootcert=str(authority)))


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens the server; never shown, so that no log and no traceback holds it.

    Two ``passwords`` only while it is not known whether a change of the password was kept; they are tried in turn.
    """

    role: str
    passwords: tuple[str, ...] = field(repr=False)


@dataclass
class Seen:
    """What a window knows of its hosts. ``timeline``: the highest that was met; each promotion begins another.

    ``first``: which host answered last, and is tried first: one that is dead costs seconds each time.
    """

    first: int = 0
    timeline: int = 0


def connect(link: Link, secret: Secret, seen: Seen | None = None) -> Any:
    """Return a connection (psycopg's) to the first host that answers, can be written to, and was not replaced.

    Raises `Refused`, `NotThisServer` or `Unreachable`, in this order when the hosts disagree.
    """
    seen = seen or Seen()
    worst: Problem | None = None
    hosts = list(enumerate(zip(link.hosts, link.ports, strict=True)))
    for at, (host, port) in hosts[seen.first :] + hosts[: seen.first]:
        for password in secret.passwords:
            try:
                connection = _connect(link, host, port, secret.role, password)
                _refuse_replaced(connection, seen)
            except (Refused, NotThisServer, Unreachable) as problem:
                if worst is None or _weight(problem) >= _weight(worst):
                    worst = problem
                if not isinstance(problem, Refused):
                    break
            else:
                seen.first = at
                return connection
    raise worst or unreachable()


def _weight(problem: Problem) -> int:
    return (Unreachable, NotThisServer, Refused).index(type(problem))


def _connect(link: Link, host: str, port: int, role: str, password: str) -> Any:
    import psycopg  # noqa: PLC0415 - for studies on a server only

    words: dict[str, Any] = {
        "host": host,
        "port": port,
        "dbname": link.database,
        "user": role,
        "password": password,
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": _UNACKNOWLEDGED_MS,
        "application_name": "cati",
        "options": f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s"
        " -c synchronous_commit=on -c timezone=UTC"
        # The server, too, notices a workstation that is gone: its sessions count among those that a member may have.
        " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4",
        **_transport(link.authority),
    }
    why, said = None, ""
    try:
        connection = _patient().connect(**words)
    except psycopg.OperationalError as error:
        why, said = _reason(error, role), str(error)
    if isinstance(why, Refused) and _is_full(said, lambda: _refusal({**words, "password": token_hex()})):
        why = _too_many()
    if why is not None:  # outside: what the driver raised holds the words above
        raise why
    if connection.info.parameter_status("in_hot_standby") == "on":
        connection.close()
        raise unreachable()
    return connection


def _is_full(said: str, refusal: Callable[[], str]) -> bool:
    """Tell a member who has too many connections from a wrong password: both name the role, in the server's language.

    ``refusal`` asks what it says to a password that is surely wrong; where it speaks English that need not be asked.
    """
    if "password authentication failed" in said:
        return False
    return "too many connections" in said or refusal() != said


def _refusal(words: dict[str, Any]) -> str:
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        _patient().connect(**words).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


@cache
def _patient() -> Any:
    """Return the driver's connection; after ``patience`` seconds without an answer (None: never) it is closed."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    class Patient(psycopg.Connection[Any]):
        patience: float | None

        def __init__(self, *words: Any) -> None:
            self.patience = ANSWER_SECONDS
            super().__init__(*words)

        def wait(self, *words: Any, **more: Any) -> Any:
            more.setdefault("timeout", self.patience)
            try:
                return super().wait(*words, **more)
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()  # what may still come belongs to no statement any more
                raise

    return Patient


def _refuse_replaced(connection: Any, seen: Seen) -> None:
    """Close a connection to a server whose stand-in has taken over: what is written there is lost."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    lost = False
    try:
        row = connection.execute("SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int8")
        timeline = int(row.fetchone()[0])
        connection.rollback()
    except psycopg.Error:
        lost = True
    if lost or timeline < seen.timeline:
        connection.close()
        raise unreachable()
    seen.timeline = timeline


_ASKED_AFTER = 30.0
"""Seconds of rest after which a connection is asked whether it still works; the network's own signs come sooner."""


def lend_only_what_works(engine: Engine) -> None:
    """Let the pool replace a connection that broke while it rested, without asking the server at each loan.

    A server that stopped or ended the session has closed its side, and one that is gone answers no sign of life (see
    `_connect`): this computer knows both without asking. Only after a longer rest the server is asked.
    """

    def given_back(_driver: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    def lent(driver: Any, record: ConnectionPoolEntry, _loan: object) -> None:
        since = record.info.get("rests_since")
        if since is None:  # just made
            return
        if _hung_up(driver) or (time.monotonic() - since > _ASKED_AFTER and not _answers(driver)):
            raise InvalidatePoolError

    event.listen(engine, "checkin", given_back)
    event.listen(engine, "checkout", lent)


def _hung_up(driver: Any) -> bool:
    """Tell whether the other side has closed a connection that rests; nothing is sent."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        for _ in range(2):  # first what it said last, then that it hung up
            driver.pgconn.consume_input()
            driver.pgconn.is_busy()
    except psycopg.OperationalError:
        return True
    return bool(driver.closed)


def _answers(driver: Any) -> bool:
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        driver.autocommit = True
        driver.execute("SELECT 1")
        driver.autocommit = False
    except psycopg.Error:
        return False
    return True


def end_look(driver: Any) -> None:
    """End a look by COMMIT: at a ROLLBACK the driver forgets every statement that it has prepared.

    What was read is read, whether the server still answers or not.
    """
    import psycopg  # noqa: PLC0415 - for studies on a server only

    with suppress(psycopg.Error):
        driver.commit()


def _transport(authority: str) -> dict[str, str]:
    """Return what makes libpq prove the server before it answers anything, whatever its environment says."""
    if not authority:
        return {"sslmode": "disable", "gssencmode": "disable"}
    return {
        "sslmode": "verify-full",
        "sslrootcert": authority,
        "gssencmode": "disable",  # else a Kerberos ticket would take the place of the certificate
        "sslcertmode": "disable",
        "channel_binding": "require",  # SCRAM bound to this very certificate: no server can ask for the password itself
        "require_auth": "scram-sha-256",
    }


_UNPROVEN = (
    "certificate", "not support SSL", "channel binding", "authentication method requirement", "SSL not in use", "ALPN",
)  # fmt: skip
"""What libpq itself says when the server is not proven; psycopg's own libpq says it in English only."""


def _reason(error: Any, role: str) -> Problem:
    """Return what kept us from connecting.

    libpq gives no SQLSTATE here, and the server's words are in the server's language. In every language a refused
    sign-in names the role, after the password was asked for (of a role that does not exist, too, and with the same
    words), and a refusal before that names the file pg_hba.conf.
    """
    attempt = getattr(error, "pgconn", None)
    asked = bool(attempt is not None and attempt.used_password)
    said = str(error)
    if role in said and (asked or "pg_hba.conf" not in said):
        return Refused(
            tr("Server"), tr("The server does not take this sign-in, or not any more."), tr("Sign in once more.")
        )
    if role in said:
        return NotThisServer(
            tr("Server"),
            tr("The server takes no connection from this workstation."),
            tr("Tell whoever looks after the server: pg_hba.conf lets nobody in from here."),
        )
    broken = "SSL error:" in said and "eof" not in said  # a handshake that did not fit, and was not just cut off
    if broken or any(words in said for words in _UNPROVEN):
        return NotThisServer(
            tr("Server"),
            tr("What answers there cannot prove that it is the study’s server; no password was sent."),
            tr("Do not go on. Tell whoever looks after the server, or ask for a new link file."),
        )
    return unreachable()


def _too_many() -> Unreachable:
    return Unreachable(
        tr("Server"),
        tr("You have too many connections to the server."),
        tr("Close other windows of yours; those of a computer that broke down end within a minute."),
    )


def nobody_answers() -> Unreachable:
    """Return the Problem for a server that is gone when somebody signs in: nothing tries again by itself then."""
    return Unreachable(
        tr("Server"),
        tr("The server does not answer."),
        tr("Is this computer on the network? Try again; if it stays so, tell whoever looks after the server."),
    )


def unreachable() -> Unreachable:
    """Return the one Problem for a server that is gone, starting, full, or only a stand-in."""
    return Unreachable(tr("Server"), tr("The server does not answer."), tr("Try again in a moment."))
