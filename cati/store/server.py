"""A study's database on a PostgreSQL server; what a transaction waits for, and how a lost server is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from cati.errors import Problem
from cati.store.database import Database, Transaction
from cati.text import tr

_DISK_FULL = "53100"
_LOCK_SECONDS, _STATEMENT_SECONDS, _CONNECT_SECONDS = 10, 60, 5
_NO_ANSWER = frozenset({"08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03"})
"""SQLSTATEs of a server that is gone, stops or does not take connections yet (PostgreSQL manual, appendix A)."""


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


class Server(Database):
    """A database on a server, opened as one of its login roles."""

    def __init__(self, link: Link, role: str, password: str) -> None:
        self.link = link
        self._secret = _Secret(role, password)
        engine = create_engine(
            URL.create("postgresql+psycopg", database=link.database),
            creator=self._connect,
            hide_parameters=True,
            pool_size=2,
            max_overflow=4,
            pool_pre_ping=True,
        )
        super().__init__(link.database, engine)

    def _connect(self) -> Any:
        import psycopg  # noqa: PLC0415 - for studies on a server only

        link = self.link
        words: dict[str, Any] = {
            "host": ",".join(link.hosts),
            "port": ",".join(str(port) for port in link.ports),
            "dbname": link.database,
            "user": self._secret.role,
            "password": self._secret.password,
            "sslmode": "verify-full" if link.authority else "disable",
            "target_session_attrs": "read-write",
            "connect_timeout": _CONNECT_SECONDS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "application_name": "cati",
            "options": f"-c lock_timeout={_LOCK_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s"
            " -c synchronous_commit=on -c timezone=UTC",
        }
        if link.authority:
            words["sslrootcert"] = link.authority
        return psycopg.connect(**words)

    @contextmanager
    def transaction(self, *, large: bool = False) -> Iterator[Transaction]:
        """Begin with the first statement, commit at the end, roll back on any exception."""
        with self._told(), self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            try:
                if large:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                yield connection
                driver.commit()  # type: ignore[union-attr]  # an open connection has one
            except BaseException:
                _roll_back(driver)
                raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One snapshot of the whole database, without the right to write."""
        with self._told(), self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            try:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield connection
            finally:
                _roll_back(driver)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in a sentence what keeps the server from answering; anything else passes."""
        try:
            yield
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == _DISK_FULL:
                raise Problem(
                    tr("Server"),
                    tr("The disk of the server is full; nothing of this step was saved."),
                    tr("Tell whoever looks after the server."),
                ) from None
            gone = state in _NO_ANSWER or (state is None and isinstance(error, OperationalError))
            if error.connection_invalidated or gone:
                raise Unreachable(
                    tr("Server"), tr("The server does not answer."), tr("The program tries again by itself.")
                ) from None
            raise

    def checkpoint(self) -> None:
        """Leave it to the server: its logs and backups are listed in the erasure record with the day they end."""

    def vacuum(self) -> None:
        """Write all tables anew (VACUUM FULL), so that no page holds what was deleted."""
        with self._told(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
            connection.exec_driver_sql("RESET statement_timeout")


class Unreachable(Problem):
    """The server does not answer; whether the last step was kept is not known and must be asked."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """What opens the server; never shown, so that no log and no traceback holds it."""

    role: str
    password: str = field(repr=False)


def _roll_back(driver: Any) -> None:
    """Roll back; a connection that is gone has nothing to roll back."""
    try:
        driver.rollback()
    except Exception:  # noqa: BLE001 - the driver's own errors: the first error is the one to tell of
        driver.close()
