"""The log's rows: appended in the transaction of the act they tell of, each chained to the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, literal_column, select

from cati.store.database import Transaction
from cati.store.prepared import Prepared
from cati.store.schema import log


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. ``at`` is in seconds since 1970 (UTC); ``details`` is JSON without personal data."""

    n: int
    at: int
    who: str
    act: str
    case: str
    fence: int
    details: str
    hash: bytes = b""

    def fields(self) -> tuple[str, ...]:
        """Return what the chain covers, in this order."""
        return (str(self.n), str(self.at), self.who, self.act, self.case, str(self.fence), self.details)


_HEAD = Prepared(select(log.c.n, log.c.hash).order_by(log.c.n.desc()).limit(literal_column("1")))
_APPEND = Prepared(insert(log).values({column.name: bindparam(column.name) for column in log.c}))


def head(transaction: Transaction) -> tuple[int, bytes] | None:
    """Return number and hash of the last entry, None for an empty log."""
    row = _HEAD.first(transaction)
    return None if row is None else (row[0], row[1])


_ANY = Prepared(
    select(log.c.n)
    .with_hint(log, "INDEXED BY ix_log_act", "sqlite")
    .where(log.c.act == bindparam("act"))
    .limit(literal_column("1"))
)


def has_entry(transaction: Transaction, act: str) -> bool:
    """Tell whether this act was ever logged: one index probe, however long the log."""
    return _ANY.first(transaction, act=act) is not None


def append(transaction: Transaction, entry: Entry, previous: bytes) -> None:
    """Append an entry whose hash was worked out over ``previous`` and its fields."""
    _APPEND.act(
        transaction,
        n=entry.n,
        at=entry.at,
        who=entry.who,
        act=entry.act,
        case=entry.case,
        fence=entry.fence,
        details=entry.details,
        previous=previous,
        hash=entry.hash,
    )


def entries(transaction: Transaction, *, acts: tuple[str, ...] = (), newest_first: bool = False,
            limit: int | None = None) -> Iterator[Entry]:  # fmt: skip
    """Yield the entries of these acts (all when empty), oldest first unless asked otherwise."""
    query = select(log).order_by(log.c.n.desc() if newest_first else log.c.n)
    if acts:
        query = query.where(log.c.act.in_(acts))
    if limit is not None:
        query = query.limit(limit)
    for row in transaction.execute(query):
        yield Entry(row.n, row.at, row.who, row.act, row.case, row.fence, row.details, row.hash)
