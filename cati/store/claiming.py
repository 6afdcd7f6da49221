"""The next case: one index probe a cell on a file; on a server its own function, which trusts nothing but who asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from cati.store import journal
from cati.store.cases import COMPLETE, CaseRow, CaseStatus, second_rule
from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import case
from cati.store.views import limited

BEST_AT_ONCE = 4
"""So many cells' best cases come back at once; a claim hardly ever needs the second."""

FRONT = 24
"""So many of the best ready cases of all cells are looked at before each cell by itself."""

_COLUMNS = tuple(case.c[name] for name in CaseRow.__slots__)


def _row(values: Sequence[Any]) -> CaseRow:
    return CaseRow(values[0], values[1], CaseStatus(values[2]), *values[3:])


def _front(*, below: bool) -> Select[Any]:
    """Return the query for the best of the front of all ready cases, as far as their cells may be called."""
    front = (
        select(case.c.id, case.c.rank, case.c.cell)
        .with_hint(case, "INDEXED BY ix_case_front", "sqlite")
        .where(case.c.status == literal_column("0"), case.c.avoid.is_(None))
        .order_by(case.c.rank)
        .limit(literal_column(str(FRONT)))
    )
    if below:
        front = front.where(case.c.rank < bindparam("below"))
    first = front.subquery("front")
    wanted = func.json_each(bindparam("cells", type_=String)).table_valued("value", name="wanted")
    chosen = (
        select(first.c.id)
        .where(first.c.cell.in_(select(wanted.c.value)))
        .order_by(first.c.rank)
        .limit(literal_column(str(BEST_AT_ONCE)))
        .subquery("chosen")
    )
    return select(*_COLUMNS).select_from(chosen).join(case, case.c.id == chosen.c.id).order_by(case.c.rank)


def _of_each_cell(*, below: bool, second: bool) -> Select[Any]:
    # The cells come as one JSON value: the statement stays the same whichever are open.
    wanted = func.json_each(bindparam("cells", type_=String)).table_valued("value", name="wanted")
    k = case.alias("k")
    probe = (
        select(k.c.id)
        .with_hint(k, f"INDEXED BY ix_case_{'second' if second else 'claim'}", "sqlite")
        .where(k.c.status == literal_column("0"), k.c.cell == wanted.c.value)
        .order_by(k.c.rank)
        .limit(literal_column("1"))
    )
    if second:
        any_of_them = bindparam("only_of", type_=String) == literal_column("''")
        probe = probe.where(k.c.avoid.isnot(None), k.c.avoid != bindparam("me"))
        probe = probe.where(or_(any_of_them, k.c.avoid == bindparam("only_of")))
    else:
        probe = probe.where(k.c.avoid.is_(None))
    if below:
        probe = probe.where(k.c.rank < bindparam("below"))
    return (
        select(*_COLUMNS)
        .select_from(wanted)
        .join(case, case.c.id == probe.correlate(wanted).scalar_subquery())
        .order_by(case.c.rank)
        .limit(literal_column(str(BEST_AT_ONCE)))
    )


_FRONT = {below: Prepared(_front(below=below)) for below in (False, True)}
_EACH = {
    (below, second): Prepared(_of_each_cell(below=below, second=second))
    for below in (False, True)
    for second in (False, True)
}


def best_ready(
    transaction: Transaction, cells: Sequence[int], me: str, *, below: int | None = None, second: str | None = None
) -> list[CaseRow]:
    """Return the best ready cases of these cells on a file, best first, a few at most; nothing is scanned.

    They stand at the front of the queue, which is one look at an index, unless `FRONT` cases stand there that may not
    be called now; then it is one look a cell, and the best of each. ``second``: what `second_approaches` says; cases
    that refused softly are looked at as far as it goes. ``below`` bounds the rank (to look at one tier only).
    """
    if not cells:
        return []
    values: dict[str, object] = {"cells": str(list(cells))}  # a list of whole numbers is JSON as it stands
    if below is not None:
        values["below"] = below
    found = list(_FRONT[below is not None].rows(transaction, **values))
    if not found:
        found = list(_EACH[below is not None, False].rows(transaction, **values))
    if second is not None:
        found += _EACH[below is not None, True].rows(transaction, **values, me=me, only_of=second)
        found.sort(key=lambda row: row[4])
    return [_row(row) for row in found]


_ANY_SECOND = Prepared(
    select(case.c.cell)
    .with_hint(case, "INDEXED BY ix_case_second", "sqlite")
    .where(case.c.status == literal_column("0"), case.c.avoid.isnot(None))
    .limit(literal_column("1"))
)


def second_approaches(transaction: Transaction, me: str) -> str | None:
    """Return which cases that refused softly ``me`` may call now, None for none (or there is none ready).

    "": all that did not refuse at ``me``. An id: those alone that refused at this member, because nobody else converts.
    """
    return None if _ANY_SECOND.first(transaction) is None else second_rule(transaction, me)


_CLAIM = Prepared(select(func.public.cati_claim().table_valued(*CaseRow.__slots__, name="k")))
_ROOM_FOR = Prepared(
    select(func.public.cati_room_for(bindparam("of", type_=String), bindparam("begun", type_=Boolean)))
)
_FIELD_ENDED = Prepared(select(func.public.cati_field_ended()))
_MEET = frozenset({"40001", "40P01"})
"""SQLSTATEs of two transactions of which one must begin anew."""


class ClaimsMet(Exception):  # noqa: N818 - nothing is wrong; the claim is made again
    """Two claims met where only one could go on; this one changed nothing and is to be made again."""


def claim(transaction: Transaction) -> CaseRow | None:
    """Lease the best case that whoever is signed in on this server may call now, logged; None: there is none.

    Returns the case as it is leased. Raises `ClaimsMet`, or `views.TooManyViews`.
    """
    with meeting(), limited():
        row = _CLAIM.first(transaction)
    return None if row is None else _row(row)


@contextmanager
def meeting() -> Iterator[None]:
    """Tell of two transactions that stood in each other's way as `ClaimsMet`."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate in _MEET:
            raise ClaimsMet from None
        raise


def room_for(transaction: Transaction, case_id: str, *, begun: bool) -> str:
    """Return what a server says to one more interview: "" it may begin, "full", or "running": those could be enough.

    ``begun``: it was begun before, and would only go on. Until this transaction ends nobody else begins one at the
    same site.
    """
    row = _ROOM_FOR.first(transaction, of=case_id, begun=begun)
    return "" if row is None else str(row[0])


def field_ended(transaction: Transaction, act: str) -> bool:
    """Tell whether a research lead ended the field period for good, which the log calls ``act``."""
    if by_functions(transaction):  # where others' entries are hidden
        row = _FIELD_ENDED.first(transaction)
        return bool(row is not None and row[0])
    return journal.has_entry(transaction, act)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many interviews a cell has, and how many could become one: cases that somebody has open."""

    complete: int = 0
    running: int = 0

    def plus(self, other: Taken) -> Taken:
        """Return both together."""
        return Taken(self.complete + other.complete, self.running + other.running)


_TAKEN = func.public.cati_taken(bindparam("cells", type_=ARRAY(Integer))).table_valued(
    "cell", "complete", "running", name="k"
)
_TAKEN_ON_SERVER = Prepared(select(_TAKEN))


@lru_cache(maxsize=1024)  # one a site, and one for all
def _taken_of(cells: tuple[int, ...]) -> Prepared:
    nothing: ColumnElement[int] = literal_column("0")
    complete = (
        select(case.c.cell, func.count().label("complete"), nothing.label("running"))
        .with_hint(case, "INDEXED BY ix_case_final", "sqlite")
        .where(case.c.final_code == literal_column(f"'{COMPLETE}'"))
        .where(case.c.cell.in_([literal_column(str(number)) for number in cells]))
        .group_by(case.c.cell)
    )
    return Prepared(_with_running(complete))


def _with_running(complete: Any) -> CompoundSelect[Any]:
    nothing: ColumnElement[int] = literal_column("0")
    parts = [complete]
    for index, which in (("claim", case.c.avoid.is_(None)), ("second", case.c.avoid.isnot(None))):
        # All of them, a few dozen that stand together in the index, instead of one search a cell.
        parts.append(
            select(case.c.cell, nothing, func.count())
            .with_hint(case, f"INDEXED BY ix_case_{index}", "sqlite")
            .where(case.c.status == literal_column(str(int(CaseStatus.LEASED))), which)
            .group_by(case.c.cell)
        )
    return union_all(*parts)


def taken_by_cell(transaction: Transaction, cells: Sequence[int]) -> dict[int, Taken]:
    """Return what is taken of each of these cells (no entry: nothing), counted in the indexes, of one moment."""
    if not cells:
        return {}
    if by_functions(transaction):
        rows = _TAKEN_ON_SERVER.rows(transaction, cells=list(cells))
    else:
        rows = _taken_of(tuple(cells)).rows(transaction)
    found: dict[int, Taken] = {}
    for cell, complete, running in rows:
        found[cell] = found.get(cell, Taken()).plus(Taken(complete, running))
    wanted = set(cells)
    return {cell: taken for cell, taken in found.items() if cell in wanted}
