"""A study's database as a file of this computer; how SQLite is set so that nothing confirmed is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from cati.errors import Problem
from cati.store.database import Database, Transaction, no_longer_here
from cati.store.logins import Logins
from cati.text import tr

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_NAME = "study.db"
BALLAST_NAME = "ballast"
BALLAST_BYTES = 32 * 1024 * 1024
_CACHE, _LARGE_CACHE = -16_000, -400_000  # KiB
_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb", "smbfs", "smb3", "fuse.sshfs", "9p", "afs", "ncpfs"})


def refuse_network_path(folder: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise a Problem when ``folder`` lies on a network drive: SQLite's write-ahead log needs one machine."""
    resolved = folder.resolve()
    remote = str(folder).startswith(("\\\\", "//"))
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - Windows only

        drive_remote = 4
        remote = remote or ctypes.windll.kernel32.GetDriveTypeW(str(resolved.anchor)) == drive_remote
    elif mounts.exists():
        best = ("", "")
        for line in mounts.read_text("utf-8", "replace").splitlines():
            parts = line.split(" ")
            if len(parts) > 2:  # noqa: PLR2004 - device, place, kind
                place = parts[1].replace("\\040", " ")
                if resolved.is_relative_to(place) and len(place) >= len(best[0]):
                    best = (place, parts[2])
        remote = remote or best[1] in _NETWORK_FILE_SYSTEMS
    if remote:
        raise Problem(
            folder.name,
            tr("This folder lies on a network drive."),
            tr("Put the study on a disk of this computer; for several workstations use PostgreSQL."),
        )


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    """Set one SQLite connection: durable at every commit, deleted bytes overwritten, transactions ours to begin."""
    connection.isolation_level = None  # no hidden BEGIN: `transaction` begins, immediately
    cursor = connection.cursor()
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
        "busy_timeout=10000",
        f"cache_size={_CACHE}",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


class Embedded(Database):
    """A database file in a study's folder."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self.file = folder / FILE_NAME
        refuse_network_path(folder)
        if create:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600, exist_ok=False)
        elif not self.file.exists():
            raise Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
        engine = create_engine(
            f"sqlite:///{self.file}", connect_args={"check_same_thread": False}, hide_parameters=True
        )
        event.listen(engine, "connect", _set_up)
        super().__init__(folder.name, engine, Logins())

    @contextmanager
    def transaction(self, *, large: bool = False) -> Iterator[Transaction]:
        """Begin at once with the right to write (BEGIN IMMEDIATE), commit at the end, roll back on any exception.

        ``large`` gives the pages of a whole list room in memory, so that none is written twice.
        """
        with self.engine.connect() as connection:
            driver = _driver(connection)
            if large:
                driver.execute(f"PRAGMA cache_size={_LARGE_CACHE}")
            try:
                driver.execute("BEGIN IMMEDIATE")
                self._refuse_who_left(driver)
                yield connection
                driver.execute("COMMIT")
            except BaseException as error:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                if _is_full(error):
                    self.release_ballast()
                    raise Problem(
                        tr("Disk"),
                        tr("The disk is full; nothing of this step was saved."),
                        tr("A reserve was released, so that a call can be finished. Then make room."),
                    ) from None
                if _is_read_only(error):
                    raise Problem(
                        self.folder.name,
                        tr("Nothing can be written here."),
                        tr("Ask for the right to write there, or copy the study to where you have it."),
                    ) from None
                raise
            finally:
                if large:
                    driver.execute(f"PRAGMA cache_size={_CACHE}")

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A consistent view without the right to write; many may read while one writes."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                self._refuse_who_left(_driver(connection))
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _refuse_who_left(self, driver: Any) -> None:
        """Raise a Problem when the member signed in was let go meanwhile: their open window does nothing more."""
        if not self.works_for:
            return
        row = driver.execute("SELECT active FROM member WHERE id = ?", (self.works_for,)).fetchone()
        if row is not None and not row[0]:
            raise no_longer_here()

    def hold_keys(self, transaction: Transaction, *, alone: bool) -> None:
        """Do nothing: whoever writes into a file is alone as it is."""

    def hold_settings(self, transaction: Transaction) -> None:
        """Do nothing, likewise."""

    def wait_until_safe(self, transaction: Transaction) -> None:
        """Do nothing: what a file holds is on the disk."""

    def lay_ballast(self) -> None:
        """Reserve 32 MiB beside the database, to be given back when the disk is full."""
        with (self.folder / BALLAST_NAME).open("wb") as ballast:
            os.fchmod(ballast.fileno(), 0o600) if hasattr(os, "fchmod") else None
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(ballast.fileno(), 0, BALLAST_BYTES)
            else:
                ballast.write(bytes(BALLAST_BYTES))

    def lay_ballast_again(self) -> None:
        """Reserve anew what a full disk took, if as much is free besides; else nothing new is begun, as before."""
        if self.ballast_is_there() or shutil.disk_usage(self.folder).free < 2 * BALLAST_BYTES:
            return
        try:
            self.lay_ballast()
        except OSError:  # somebody else was quicker, or nothing may be written here, which the next act says
            self.release_ballast()

    def release_ballast(self) -> None:
        """Give the reserve back; from then on `ballast_is_there` says no and no new case is handed out."""
        (self.folder / BALLAST_NAME).unlink(missing_ok=True)

    def ballast_is_there(self) -> bool:
        """Tell whether the reserve is still there."""
        return (self.folder / BALLAST_NAME).exists()

    def refuse_others(self) -> None:
        """Raise a Problem when another window or program has this file open."""
        self.engine.dispose()
        alone = sqlite3.connect(self.file, timeout=1, isolation_level=None)
        try:
            # Leaving the write-ahead log takes the file for oneself, which SQLite grants to the only one who has it.
            alone.execute("PRAGMA journal_mode=DELETE").fetchall()
            alone.execute("PRAGMA journal_mode=WAL").fetchall()
        except sqlite3.OperationalError:
            raise Problem(
                self.folder.name, tr("This study is open somewhere else."), tr("Close it there and try again.")
            ) from None
        finally:
            alone.close()

    def remove(self) -> None:
        """Delete the database and its reserve; the folder goes too when nothing else is in it."""
        self.close()
        for name in (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", BALLAST_NAME):
            (self.folder / name).unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing, so that old pages do not stay in it."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    def vacuum(self) -> None:
        """Write the file anew without free pages, then empty the log twice: before and after."""
        self.checkpoint()
        with self.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
        self.checkpoint()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _is_read_only(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


def _is_full(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
