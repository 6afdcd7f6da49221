"""A study's database on a PostgreSQL server; what a transaction waits for, and how a lost server is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError

from cati.errors import Problem
from cati.store import rights
from cati.store.connecting import (
    ANSWER_SECONDS,
    Link,
    Refused,
    Secret,
    Seen,
    Unreachable,
    connect,
    end_look,
    lend_only_what_works,
    unreachable,
)
from cati.store.database import Database, Transaction, keys_renewed, no_longer_here
from cati.store.logins import MemberRoles, ServerLogins
from cati.store.prepared import Prepared
from cati.store.roles import Roles
from cati.store.server_clock import ServerClock
from cati.store.server_errors import may_mean_let_go, problem_of, waited_in_vain
from cati.text import tr

__all__ = ["Link", "Server", "Unreachable"]

_KEYS_LOCK = 1667331945
"""Any number, the same in every window: what is locked is one study's database."""
_SETTINGS_LOCK = 1667331946
"""Likewise; sql/asking.sql has it, too."""
_REPEATABLE_READ = 3
"""The driver's number of it (psycopg.IsolationLevel), which is not imported for studies on a file."""


class Server(Database):
    """A database on a server, opened as one of its login roles; ``derive`` and ``members`` are for `ServerLogins`.

    ``next_password``: by which the role opens once the transaction that goes on is kept; None: by the same.
    """

    shared = True
    own_steps = False
    by_functions = True
    reads_every_contact = False
    may_be_away = True

    def __init__(
        self,
        link: Link,
        role: str,
        password: str,
        *,
        derive: Callable[[str], str] | None = None,
        members: MemberRoles | None = None,
    ) -> None:
        self.link = link
        self._secret = Secret(role, (password,))
        self.next_password: str | None = None
        self._seen = Seen()
        self._closed = False
        self._warned: set[int] = set()  # connections (by their process there) on which the server gave a warning
        self._clock = ServerClock()
        engine = create_engine(
            URL.create("postgresql+psycopg", database=link.database),
            creator=self._connect,
            hide_parameters=True,
            execution_options={"by_functions": self.by_functions},
            pool_size=2,
            max_overflow=4,
        )
        lend_only_what_works(engine)
        super().__init__(link.database, engine, ServerLogins(self, role, derive, members))

    def _connect(self) -> Any:
        connection = connect(self.link, self._secret, self._seen)
        connection.add_notice_handler(partial(self._hear, connection.info.backend_pid))
        try:
            self._clock.read(connection)
            self._refuse_old_keys(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_old_keys(self, connection: Any) -> None:
        """Raise a Problem when the keys were renewed meanwhile: whoever was cut off may come back with the old ones."""
        if not self.works_in:
            return
        epoch = connection.execute("SELECT epoch FROM public.study").fetchone()
        connection.rollback()
        if epoch is not None and epoch[0] != self.works_in:
            raise keys_renewed()

    def _hear(self, pid: int, notice: Any) -> None:
        """Note a warning: the one that comes while committing says that the wait for the stand-in was given up."""
        if notice.severity_nonlocalized == "WARNING":
            self._warned.add(pid)

    def now(self) -> datetime:
        """Return the server's time: what it said last, and what our own steady clock counted since.

        It never waits for the server but the first time: work goes on while that is away.
        """
        if self._clock.read_at is None:
            with self.reading():  # connecting reads the clock
                pass
        return self._clock.now()

    def clock(self, _now: Callable[[], datetime]) -> Callable[[], datetime]:
        """Return the server's clock: fifty workstations agree on it, and on no other."""
        return self.now

    def _keep_time(self, connection: Any) -> None:
        self._clock.keep(connection)

    def require_posture(self) -> None:
        """Raise `rights.OtherRights` unless the server enforces just the rights that this program lays down."""
        with self.reading() as transaction:
            rights.require_posture(transaction, Roles(self._secret.role.split("_")[1]))

    @contextmanager
    def transaction(self, *, large: bool = False) -> Iterator[Transaction]:
        """Begin with the first statement, commit at the end, roll back on any exception."""
        with self._told(), self._lent(large=large) as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                if large:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield connection
            except BaseException:
                self.next_password = None
                _roll_back(connection, driver)
                raise
            self._commit(connection, driver)

    def at_once(self, statement: Prepared, **values: object) -> tuple[Any, ...] | None:
        """Let one statement be a transaction: BEGIN, statement and COMMIT go out together and are answered together.

        As fast as `one_statement`; what a commit is stays seen on the wire, where the faults campaign loses its answer.
        """
        with self._told(), self._lent() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                pid = driver.info.backend_pid
                self._warned.discard(pid)
                with driver.pipeline():
                    found = statement.run(connection, values)
                    driver.commit()
                    row: tuple[Any, ...] | None = found.fetchone()
            except BaseException:
                _roll_back(connection, driver)
                raise
            if pid in self._warned:
                raise unreachable()  # as in `_commit`
        return row

    def look_once(self, statement: Prepared, **values: object) -> tuple[Any, ...] | None:
        """Let one statement be a reading; it sees the database at one moment by itself."""
        with self.one_statement() as connection:
            return statement.first(connection, **values)

    @contextmanager
    def _lent(self, *, large: bool = False) -> Iterator[Transaction]:
        """A connection of the pool; one that is given back after this database was closed is closed, too.

        ``large``: what is asked of it may take as long as it takes.
        """
        with self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.patience = None if large else ANSWER_SECONDS
            try:
                yield connection
            finally:
                driver.patience = ANSWER_SECONDS
                if self._closed and not connection.invalidated:
                    connection.invalidate()

    def close(self) -> None:
        """Close all connections; those at work as soon as they are done."""
        self._closed = True
        super().close()

    @contextmanager
    def one_statement(self) -> Iterator[Transaction]:
        """Let the server begin and commit by itself around one statement; its answer says that it is kept.

        The rows that it locks are free again at once, not only when this computer comes to say COMMIT.
        """
        with self._told(), self._lent() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                pid = driver.info.backend_pid
                self._warned.discard(pid)
                driver.autocommit = True
                yield connection
                driver.autocommit = False
            except BaseException:
                _roll_back(connection, driver)
                if not driver.closed:
                    driver.autocommit = False
                raise
        if pid in self._warned:
            raise unreachable()

    def _commit(self, connection: Transaction, driver: Any) -> None:
        """Commit. If no answer comes, the role may have its old or its new password: then both are tried."""
        changed, self.next_password = self.next_password, None
        old = self._secret
        if changed is not None:
            self._secret = Secret(old.role, (*old.passwords, changed))
        try:
            pid = driver.info.backend_pid
            self._warned.discard(pid)
            driver.commit()
        except BaseException:
            _roll_back(connection, driver)
            raise
        if pid in self._warned:
            raise unreachable()  # kept, but a fail-over now would lose it: as unsure as a commit without an answer
        if changed is not None:
            self._secret = Secret(old.role, (changed,))

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One snapshot of the whole database, without the right to write."""
        with self._told(), self._lent() as connection:
            driver: Any = connection.connection.dbapi_connection
            try:
                self._keep_time(driver)
                driver.isolation_level, driver.read_only = _REPEATABLE_READ, True  # said by BEGIN itself
                yield connection
                end_look(driver)
            finally:
                _roll_back(connection, driver)
                if not driver.closed:
                    driver.isolation_level = driver.read_only = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in a sentence what keeps the server from answering; anything else passes."""
        import psycopg  # noqa: PLC0415 - for studies on a server only

        try:
            yield
        except Refused:
            if self.works_for:  # it took this member when the window was opened
                raise no_longer_here() from None
            raise
        except (DBAPIError, psycopg.Error) as error:
            if may_mean_let_go(error) and self._let_go():
                raise no_longer_here() from None
            if waited_in_vain(error):
                self._end_stuck()
            problem = problem_of(error)
            if problem is None:
                raise
            raise problem from None

    def _end_stuck(self) -> None:
        """End the sessions that keep others waiting longer than the program ever does, if it is such a one."""
        import psycopg  # noqa: PLC0415 - for studies on a server only

        if self.works_for:
            with suppress(psycopg.Error, Problem), connect(self.link, self._secret) as connection:
                connection.execute("SELECT public.cati_end_stuck()")

    def _let_go(self) -> bool:
        """Tell whether the member signed in is of the staff no more."""
        import psycopg  # noqa: PLC0415 - for studies on a server only

        if not self.works_for:
            return False
        try:
            with connect(self.link, self._secret) as connection:
                return bool(connection.execute("SELECT public.cati_me()").fetchone() == (None,))
        except Refused:
            return True
        except (psycopg.Error, Unreachable):
            return False

    def hold_keys(self, transaction: Transaction, *, alone: bool) -> None:
        """Take a lock that every sign-in shares and a renewal of the keys has for itself; it needs no right."""
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        transaction.exec_driver_sql(f"SELECT pg_catalog.{lock}({_KEYS_LOCK})")

    def hold_settings(self, transaction: Transaction) -> None:
        """Take for oneself the lock that `cati_settings` shares; it needs no right."""
        transaction.exec_driver_sql(f"SELECT pg_catalog.pg_advisory_xact_lock({_SETTINGS_LOCK})")

    def refuse_others(self) -> None:
        """Raise a Problem when another window of the study's members is connected."""
        if self.others("cati_"):
            raise Problem(
                self.link.database,
                tr("This study is open somewhere else."),
                tr("Close it there and try again."),
            )

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

    def members_connected(self) -> list[str]:
        """Return the logins of the members who have a connection to this database."""
        with self.reading() as transaction:
            found = transaction.exec_driver_sql(
                "SELECT login FROM member WHERE server_role IN"
                " (SELECT usename FROM pg_stat_activity WHERE datname = current_database()) ORDER BY login"
            )
            return [str(login) for (login,) in found]

    def wait_until_safe(self, transaction: Transaction) -> None:
        """Write an empty message into the server's log: its commit waits until that, and all before, is safe.

        Where a commit waits for a stand-in, an earlier one whose answer did not come may be seen before it is there.
        """
        transaction.exec_driver_sql("SELECT pg_logical_emit_message(true, 'cati', '')")

    def checkpoint(self) -> None:
        """Leave it to the server: its logs and backups are listed in the erasure record with the day they end."""

    def vacuum(self) -> None:
        """Write all tables anew (VACUUM FULL), so that no page holds what was deleted."""
        with self._told(), self._lent(large=True) as lent:
            connection = lent.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
            connection.exec_driver_sql("RESET statement_timeout")


def _roll_back(connection: Transaction, driver: Any) -> None:
    """Roll back; a connection that is gone has nothing to roll back, and is not used again."""
    try:
        driver.rollback()
    except Exception:  # noqa: BLE001 - the driver's own errors: the first error is the one to tell of
        driver.close()
    if driver.closed and not connection.invalidated:
        connection.invalidate()
