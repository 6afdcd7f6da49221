"""A study's database on a PostgreSQL server; what a transaction waits for, and how a lost server is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError

from cati.errors import Problem
from cati.store.connecting import Link, Secret, Unreachable, connect, unreachable
from cati.store.database import Database, Transaction
from cati.text import tr

__all__ = ["Link", "Server", "Unreachable", "made_verifier", "ticks"]

_DISK_FULL = "53100"
_NO_ANSWER = frozenset({"08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03"})
"""SQLSTATEs of a server that is gone, stops or does not take connections yet (PostgreSQL manual, appendix A)."""
_CLOCK_HOLDS = 600.0
"""Seconds after which the server is asked for the time again: two clocks part by some milliseconds in that time."""


class Server(Database):
    """A database on a server, opened as one of its login roles.

    ``derive`` makes a role's password of a member's own; without it nobody can change a password here.
    """

    shared = True
    own_steps = False

    def __init__(self, link: Link, role: str, password: str, *, derive: Callable[[str], str] | None = None) -> None:
        self.link = link
        self._secret = Secret(role, (password,))
        self._derive = derive
        self._next_password: str | None = None
        self._clock: tuple[float, float] | None = None  # (server's time, our ticks) at the same moment
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
        connection = connect(self.link, self._secret)
        self._read_clock(connection)
        return connection

    def now(self) -> datetime:
        """Return the server's time: what it said last, and what our own steady clock counted since.

        It never waits for the server but the first time: work goes on while that is away.
        """
        if self._clock is None:
            with self.reading():  # connecting reads the clock
                pass
        theirs, ours = self._clock or (0.0, 0.0)
        return datetime.fromtimestamp(theirs + ticks() - ours, UTC)

    def clock(self, _now: Callable[[], datetime]) -> Callable[[], datetime]:
        """Return the server's clock: fifty workstations agree on it, and on no other."""
        return self.now

    def _read_clock(self, connection: Any) -> None:
        before = ticks()
        theirs = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()[0]
        after = ticks()
        connection.rollback()
        self._clock = (float(theirs), (before + after) / 2)

    def _keep_time(self, connection: Any) -> None:
        """Ask for the time again, before a transaction's first statement, when the last answer is old."""
        if self._clock is None or ticks() - self._clock[1] > _CLOCK_HOLDS:
            self._read_clock(connection)

    def change_password(self, transaction: Transaction, new: str) -> None:
        """Let this role open with what is derived of ``new``, if the transaction is kept; the server sees neither."""
        if self._derive is None:
            message = "this database was not opened by a member"
            raise TypeError(message)
        derived = self._derive(new)
        role = self._secret.role
        verifier = made_verifier(transaction, role, derived)
        transaction.exec_driver_sql(f"ALTER ROLE \"{role}\" PASSWORD '{verifier}'")
        self._next_password = derived

    @contextmanager
    def transaction(self, *, large: bool = False) -> Iterator[Transaction]:
        """Begin with the first statement, commit at the end, roll back on any exception."""
        with self._told(), self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                if large:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield connection
            except BaseException:
                self._next_password = None
                _roll_back(driver)
                raise
            self._commit(driver)

    def _commit(self, driver: Any) -> None:
        """Commit. If no answer comes, the role may have its old or its new password: then both are tried."""
        changed, self._next_password = self._next_password, None
        old = self._secret
        if changed is not None:
            self._secret = Secret(old.role, (*old.passwords, changed))
        try:
            driver.commit()
        except BaseException:
            _roll_back(driver)
            raise
        if changed is not None:
            self._secret = Secret(old.role, (changed,))

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One snapshot of the whole database, without the right to write."""
        with self._told(), self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield connection
            finally:
                _roll_back(driver)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in a sentence what keeps the server from answering; anything else passes."""
        import psycopg  # noqa: PLC0415 - for studies on a server only

        try:
            yield
        except (DBAPIError, psycopg.Error) as error:  # SQLAlchemy's statements wrap the driver's error, ours do not
            cause = error.orig if isinstance(error, DBAPIError) else error
            state = getattr(cause, "sqlstate", None)
            if state == _DISK_FULL:
                raise Problem(
                    tr("Server"),
                    tr("The disk of the server is full; nothing of this step was saved."),
                    tr("Tell whoever looks after the server."),
                ) from None
            cut = isinstance(error, DBAPIError) and error.connection_invalidated
            if cut or state in _NO_ANSWER or (state is None and isinstance(cause, psycopg.OperationalError)):
                raise unreachable() from None
            raise

    def others(self, prefix: str) -> int:
        """Return how many connections others than this window have to this database, by roles that begin so."""
        self.engine.dispose()
        with self.reading() as transaction:
            found = transaction.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND starts_with(usename, %s)",
                (prefix,),
            )
            return int(found.scalar_one())

    def checkpoint(self) -> None:
        """Leave it to the server: its logs and backups are listed in the erasure record with the day they end."""

    def vacuum(self) -> None:
        """Write all tables anew (VACUUM FULL), so that no page holds what was deleted."""
        with self._told(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
            connection.exec_driver_sql("RESET statement_timeout")


def made_verifier(transaction: Transaction, role: str, password: str) -> str:
    """Return what a server keeps of a password (SCRAM-SHA-256, RFC 5803), made here so that no log there sees it."""
    driver: Any = transaction.connection.dbapi_connection
    return str(driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode("ascii"))


def ticks() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the computer sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux: its monotonic clock stands still in sleep
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _roll_back(driver: Any) -> None:
    """Roll back; a connection that is gone has nothing to roll back."""
    try:
        driver.rollback()
    except Exception:  # noqa: BLE001 - the driver's own errors: the first error is the one to tell of
        driver.close()
