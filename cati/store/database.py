"""One open database and its transactions, whichever kind it is: a file of this computer, or a server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from cati.errors import Problem
from cati.text import tr

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Engine

    from cati.store.logins import Logins
    from cati.store.prepared import Prepared

Transaction = Connection
"""What the store's functions take first: a connection inside BEGIN … COMMIT."""


def by_functions(transaction: Transaction) -> bool:
    """Tell whether this is a member's transaction on a server (`Database.by_functions`)."""
    return bool(transaction.get_execution_options().get("by_functions"))


class NoLongerHere(Problem):
    """The member signed in was let go meanwhile."""


def no_longer_here() -> NoLongerHere:
    """Return the one Problem for whoever works in a study that they were let go from, or under an old password."""
    return NoLongerHere(
        tr("Staff"),
        tr("Your access to this study was taken away, or your password was changed."),
        tr("Close the window and sign in anew; if that is refused, ask a research lead."),
    )


class KeysRenewed(Problem):
    """The study's keys were renewed while somebody had it open."""


def keys_renewed() -> KeysRenewed:
    """Return the one Problem for a window that still holds the keys of before."""
    return KeysRenewed(
        tr("Keys"), tr("The keys of this study were renewed meanwhile."), tr("Sign out, and sign in once more.")
    )


class Database(ABC):
    """One open database. Rows of it never leave this package; transactions do.

    ``name`` is how the place is called in a sentence. ``cells``, ``full_cells`` and ``unsigned_entries`` are what this
    window remembers for speed. ``reads_every_contact``: whoever is signed in may open any contact, not only the one in
    hand; then the timelines of cases are worked out anew where they are met, and not by `placing.replan` alone.
    ``shared``: others work with it from their own computers; what a role may not read the server does not hand out.
    ``own_steps``: whoever opens it may bring it to a newer version. ``may_be_away``: it may be gone for a while.
    ``by_functions``: a server's, opened by a member, who reads and writes the case in hand and does everything else by
    the functions of `cati.store.rights`. ``logins``: who may open it. ``works_for``: the member signed in, "" before; a
    file asks at each transaction whether they are still of the staff, a server knows by itself. ``works_in``: the epoch
    of the keys they hold, 0 before.
    """

    reads_every_contact = True
    shared = False
    own_steps = True
    by_functions = False
    may_be_away = False

    def __init__(self, name: str, engine: Engine, logins: Logins) -> None:
        self.name = name
        self.engine = engine
        self.logins = logins
        self.works_for = ""
        self.works_in = 0
        self.cells: dict[int, tuple[str, str, str]] = {}  # as last read; cells are added, never changed
        self.unsigned_entries = 0  # of the log, since its last signed checkpoint
        self.known_settings: tuple[object, Any] | None = None  # (mark, settings) as last read
        self.full_cells: dict[int, int] = {}  # cell → until when (UTC seconds) it need not be counted again

    @abstractmethod
    def transaction(self, *, large: bool = False) -> AbstractContextManager[Transaction]:
        """Begin with the right to write, commit at the end, roll back on any exception.

        ``large`` says that a whole list is written.
        """

    def at_once(self, statement: Prepared, **values: object) -> tuple[Any, ...] | None:
        """Let one statement be a transaction, kept when this returns, and return its first row, None: there is none.

        A server is asked and waited for once, not for beginning, statement and end each.
        """
        with self.transaction() as transaction:
            return statement.first(transaction, **values)

    def look_once(self, statement: Prepared, **values: object) -> tuple[Any, ...] | None:
        """Let one statement be a reading and return its first row, None: there is none. A server is asked once."""
        with self.reading() as transaction:
            return statement.first(transaction, **values)

    @abstractmethod
    def reading(self) -> AbstractContextManager[Transaction]:
        """A consistent view without the right to write; many may read while one writes."""

    def one_statement(self) -> AbstractContextManager[Transaction]:
        """A transaction of exactly one statement; on a server one message there and one back."""
        return self.transaction()

    @abstractmethod
    def checkpoint(self) -> None:
        """Let nothing of what was deleted stay behind in the log that the database writes ahead."""

    @abstractmethod
    def wait_until_safe(self, transaction: Transaction) -> None:
        """Let the end of this transaction wait until all that it has read is as safe as what it writes itself."""

    @abstractmethod
    def vacuum(self) -> None:
        """Write all tables anew, so that no page holds what was deleted."""

    def require_posture(self) -> None:
        """Raise a Problem when rights are not enforced as they must be; on a file everybody has the same."""
        return

    def clock(self, now: Callable[[], datetime]) -> Callable[[], datetime]:
        """Return the clock by which this study's work is timed: ``now``, the workstation's own, for a file."""
        return now

    @abstractmethod
    def refuse_others(self) -> None:
        """Raise a Problem when anybody else has this database open."""

    @abstractmethod
    def hold_keys(self, transaction: Transaction, *, alone: bool) -> None:
        """Keep the study's epoch from changing until this transaction ends; who changes it wants it ``alone``."""

    @abstractmethod
    def hold_settings(self, transaction: Transaction) -> None:
        """Begin to change the settings: whoever works by them has ended, and nobody begins until this ends."""

    def ballast_is_there(self) -> bool:
        """Tell whether new cases may be handed out: nothing said that the disk is full."""
        return True

    def lay_ballast_again(self) -> None:
        """Reserve anew what a full disk took, if there is room by now; a server has no such thing."""
        return

    def release_ballast(self) -> None:
        """Give back what is kept in reserve for a full disk; a server has no such thing."""
        return

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
