"""The log's rows, one chain a member: appended in the transaction of the act they tell of, without anybody waiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import insert

from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import log, member

ONE_FOR_ALL = ""
"""How the single chain is called that all members shared in studies made before revision 0002."""

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. ``at`` is in seconds since 1970 (UTC); ``details`` is JSON without personal data.

    ``n`` counts from 1 in each member's chain. Below 0 it is an entry of the one chain of an old study, whose first
    is −1; `number` is what a person is told.
    """

    n: int
    at: int
    who: str
    act: str
    case: str
    fence: int
    details: str
    hash: bytes = b""

    @property
    def chain(self) -> str:
        """Return whose chain it belongs to: the member's id, or `ONE_FOR_ALL`."""
        return self.who if self.n > 0 else ONE_FOR_ALL

    @property
    def number(self) -> int:
        """Return its place in its chain, from 1."""
        return abs(self.n)

    def fields(self) -> tuple[str, ...]:
        """Return what the chain covers, in this order."""
        return (str(self.number), str(self.at), self.who, self.act, self.case, str(self.fence), self.details)


# What appends looks at its own member's rows only: nobody waits for anybody, and row-level security may hide the rest.
_HEAD = Prepared(
    select(log.c.n, log.c.hash)
    .where(log.c.who == bindparam("who"), log.c.n > literal_column("0"))
    .order_by(log.c.n.desc())
    .limit(literal_column("1"))
)
_APPEND = Prepared(
    insert(log)
    .values({column.name: bindparam(column.name) for column in log.c})
    .on_conflict_do_nothing(index_elements=[log.c.who, log.c.n])
)


def head(transaction: Transaction, who: str) -> tuple[int, bytes] | None:
    """Return number and hash of a member's last entry, None when they have none of their own yet."""
    row = _HEAD.first(transaction, who=who)
    return None if row is None else (row[0], row[1])


_HEADS = Prepared(text("SELECT chain, n, hash FROM public.cati_heads()"))
_NOTE = Prepared(text("SELECT n, at, hash FROM public.cati_note(:act, :of, :fence, :details)"))


def note_by_function(transaction: Transaction, entry: Entry) -> Entry:
    """Let the server append an entry for the member signed in, at its own time; return it as it stands there."""
    row = _NOTE.first(transaction, act=entry.act, of=entry.case, fence=entry.fence, details=entry.details)
    if row is None:
        message = "the server's function wrote no entry"
        raise AssertionError(message)
    return replace(entry, n=row[0], at=row[1], hash=bytes(row[2]))


_LOOKED_BACK = 2000
_SAID = Prepared(
    select(log.c.n)
    .where(
        log.c.who == bindparam("who"), log.c.n < bindparam("before"), log.c.n >= bindparam("since"),
        log.c.act == bindparam("act"), log.c.details.contains(bindparam("words"), autoescape=False),
    )
    .limit(literal_column("1"))
)  # fmt: skip


def said_before(transaction: Transaction, entry: Entry, words: str) -> bool:
    """Tell whether the member's chain has this act with these ``words`` in its details before ``entry``, not long ago.

    ``words`` are literal but for % and _, which they must not hold.
    """
    since = max(entry.n - _LOOKED_BACK, 1)
    found = _SAID.first(transaction, who=entry.who, before=entry.n, since=since, act=entry.act, words=words)
    return found is not None


def heads(transaction: Transaction) -> tuple[tuple[str, int, bytes], ...]:
    """Return (chain, number, hash) of every chain's last entry, by chain; one index probe a member.

    On a server through a function that sees every member's rows: a checkpoint speaks of all.
    """
    if by_functions(transaction):
        return tuple(sorted((row[0], row[1], bytes(row[2])) for row in _HEADS.rows(transaction)))
    found = [(row.who, row.n, bytes(row.hash)) for row in transaction.execute(_ends(func.max)) if row.n > 0]
    old = min((row for row in transaction.execute(_ends(func.min)) if row.n < 0), key=lambda row: row.n, default=None)
    if old is not None:
        found.append((ONE_FOR_ALL, -old.n, bytes(old.hash)))
    return tuple(sorted(found))


def _ends(end: Callable[[ColumnElement[int]], ColumnElement[int]]) -> Select[str, int, bytes]:
    """Return the query for every member's entry with the highest or lowest number."""
    whose = log.alias("whose")
    number = select(end(whose.c.n)).where(whose.c.who == member.c.id).correlate(member).scalar_subquery()
    # Materialised: otherwise SQLite looks for the number once more at every one of the member's entries.
    ends = select(member.c.id, number.label("n")).limit(literal_column("1000000")).subquery()
    return select(log.c.who, log.c.n, log.c.hash).join(ends, and_(log.c.who == ends.c.id, log.c.n == ends.c.n))


_ANY = Prepared(
    select(log.c.n)
    .with_hint(log, "INDEXED BY ix_log_act", "sqlite")
    .where(log.c.act == bindparam("act"))
    .limit(literal_column("1"))
)


def has_entry(transaction: Transaction, act: str) -> bool:
    """Tell whether this act was ever logged: one index probe, however long the log."""
    return _ANY.first(transaction, act=act) is not None


def append(transaction: Transaction, entry: Entry, previous: bytes) -> bool:
    """Append an entry whose hash was worked out over ``previous`` and its fields.

    False when the same member, elsewhere, wrote this number first; the chain must be read again then. (Such a one is
    waited for until its transaction ends; other members are not.)
    """
    written = _APPEND.act(
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
    return written == 1


_BACKWARDS = Prepared(
    select(log.c.at, log.c.act)
    .where(log.c.who == bindparam("who"), log.c.n > bindparam("above"), log.c.n <= bindparam("upto"))
    .order_by(log.c.n.desc())
)
_PAGE = 250


def own_since(transaction: Transaction, who: str, since: int) -> list[tuple[int, str]]:
    """Return (at, act) of a member's entries after ``since`` (seconds since 1970), the newest first: own rows alone.

    It reads no further back, however long the chain is.
    """
    last = head(transaction, who)
    upto = 0 if last is None else last[0]
    found: list[tuple[int, str]] = []
    while upto > 0:
        above = max(upto - _PAGE, 0)
        for at, act in _BACKWARDS.rows(transaction, who=who, above=above, upto=upto):
            if at <= since:
                return found
            found.append((at, act))
        upto = above
    return found


_READ = (log.c.n, log.c.at, log.c.who, log.c.act, log.c.case, log.c.fence, log.c.details)


def between(transaction: Transaction, start: int, end: int, *, acts: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Yield everybody's entries of these acts (all when empty) from ``start`` up to ``end``, oldest first, unhashed."""
    query = select(*_READ).where(log.c.at >= start, log.c.at < end).order_by(log.c.at, log.c.who, log.c.n)
    if acts:
        query = query.where(log.c.act.in_(acts))
    with transaction.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for part in rows.partitions():
            for row in part:
                yield Entry(*row)


def detail(entry: Entry, name: str) -> str:
    """Return one of an entry's details as text, "" when it has none of this name."""
    found = json.loads(entry.details).get(name, "") if entry.details else ""
    return str(found)


def entries(transaction: Transaction, *, acts: tuple[str, ...] = (), who: str = "", newest_first: bool = False,
            limit: int | None = None) -> Iterator[Entry]:  # fmt: skip
    """Yield the entries of these acts and this member (all when empty) by time, oldest first unless asked otherwise.

    Within one second each member's stand in their own order, and those of an old study's one chain in theirs.
    """
    order = (log.c.at, log.c.n > 0, func.abs(log.c.n), log.c.who)
    query = select(log).order_by(*(column.desc() for column in order) if newest_first else order)
    if acts:
        query = query.where(log.c.act.in_(acts))
    if who:
        query = query.where(log.c.who == who)
    if limit is not None:
        query = query.limit(limit)
    return _entries(transaction, query)


def by_chain(transaction: Transaction) -> Iterator[Entry]:
    """Yield every entry, chain after chain, each in its own order; the one chain of an old study first."""
    old = select(log).where(log.c.n < 0).order_by(log.c.n.desc())
    yield from _entries(transaction, old)
    yield from _entries(transaction, select(log).where(log.c.n > 0).order_by(log.c.who, log.c.n))


def _entries(transaction: Transaction, query: Select[Any]) -> Iterator[Entry]:
    with transaction.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:  # closed by who reads one only, too
        for row in rows:
            yield Entry(row.n, row.at, row.who, row.act, row.case, row.fence, row.details, bytes(row.hash))
