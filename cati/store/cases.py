"""Cases and their place in the queue: claimed by one index probe a cell, leased with a fence number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, literal_column, or_, select, union_all, update

from cati.store.database import Transaction
from cati.store.schema import case, cell

TIERS = (0, 1, 2, 3)
COMPLETE = "1.1"
BEST_AT_ONCE = 8
"""So many cells' best cases come back at once; a claim hardly ever needs the second."""


class CaseStatus(IntEnum):
    """Where a case stands. Only ``READY`` is handed out; ``WAITING`` turns ready by itself when it is due."""

    READY = 0
    WAITING = 1
    LEASED = 2
    CLOSED = 3
    WITHDRAWN = 4


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case; instants in seconds since 1970 (UTC), fields as in `cati.store.schema`."""

    id: str
    cell: int
    status: CaseStatus
    tier: int
    rank: int
    due_at: int
    turns_at: int | None
    avoid: str | None
    lease_holder: str | None
    lease_until: int | None
    fence: int
    final_code: str | None
    draw: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A case's place in the queue. ``rank`` sorts over all tiers: the tier stands in front."""

    status: CaseStatus
    tier: int
    rank: int
    due_at: int
    turns_at: int | None
    avoid: str | None = None
    final_code: str | None = None


def _row(row: Row[Any]) -> CaseRow:
    values = tuple(row)
    return CaseRow(values[0], values[1], CaseStatus(values[2]), *values[3:])


_COLUMNS = tuple(case.c[name] for name in CaseRow.__slots__)
_BY_ID = select(*_COLUMNS).where(case.c.id == bindparam("id"))


def case_row(transaction: Transaction, case_id: str) -> CaseRow | None:
    """Return one case, None when there is none with this id."""
    row = transaction.execute(_BY_ID, {"id": case_id}).first()
    return None if row is None else _row(row)


_HELD = (
    select(*_COLUMNS)
    .with_hint(case, "INDEXED BY ix_case_holder", "sqlite")
    .where(case.c.lease_holder == bindparam("holder"), case.c.lease_until > bindparam("now"))
    .limit(1)
)


def held_by(transaction: Transaction, holder: str, now: int) -> CaseRow | None:
    """Return the case that this member holds a running lease of."""
    row = transaction.execute(_HELD, {"holder": holder, "now": now}).first()
    return None if row is None else _row(row)


def leased(transaction: Transaction, now: int) -> tuple[CaseRow, ...]:
    """Return every case with a running lease."""
    query = select(*_COLUMNS).where(case.c.lease_holder.isnot(None), case.c.lease_until > now)
    return tuple(_row(row) for row in transaction.execute(query))


# One subquery a tier, each stopping at its own limit: a long row of fresh cases must not delay an appointment.
_TURNING = union_all(
    *(
        select(
            select(*_COLUMNS)
            .with_hint(case, "INDEXED BY ix_case_turns", "sqlite")
            .where(case.c.tier == literal_column(str(tier)), case.c.turns_at.isnot(None))
            .where(case.c.turns_at <= bindparam("now"))
            .order_by(case.c.turns_at)
            .limit(bindparam("most"))
            .subquery(f"tier_{tier}")
        )
        for tier in TIERS
    )
)


def turning(transaction: Transaction, now: int, most: int) -> tuple[CaseRow, ...]:
    """Return up to ``most`` cases whose standing changes by itself at or before ``now``, the urgent tiers first."""
    rows = transaction.execute(_TURNING, {"now": now, "most": most}).fetchmany(most)
    return tuple(_row(row) for row in rows)


def _best_of_each_cell(below: bool) -> Any:
    k = case.alias("k")
    probe = (
        select(k.c.id)
        .with_hint(k, "INDEXED BY ix_case_claim", "sqlite")
        .where(k.c.status == literal_column("0"), k.c.cell == cell.c.id)
        .where(or_(k.c.avoid.is_(None), k.c.avoid != bindparam("me")))
        .order_by(k.c.rank)
        .limit(literal_column("1"))
    )
    if below:
        probe = probe.where(k.c.rank < bindparam("below"))
    return (
        select(*_COLUMNS)
        .select_from(cell)
        .join(case, case.c.id == probe.correlate(cell).scalar_subquery())
        .where(cell.c.id.in_(bindparam("cells", expanding=True)))
        .order_by(case.c.rank)
        .limit(literal_column(str(BEST_AT_ONCE)))
    )


_BEST = _best_of_each_cell(below=False)
_BEST_BELOW = _best_of_each_cell(below=True)


def best_of_each_cell(
    transaction: Transaction, cells: Sequence[int], me: str, *, below: int | None = None
) -> list[CaseRow]:
    """Return the best ready cases, one of each cell, best first, `BEST_AT_ONCE` at most; one index probe a cell.

    Cases that ``me`` is to avoid are passed over. ``below`` bounds the rank (to look at one tier only).
    """
    if not cells:
        return []
    values: dict[str, object] = {"cells": list(cells), "me": me}
    if below is not None:
        values["below"] = below
    return [_row(row) for row in transaction.execute(_BEST if below is None else _BEST_BELOW, values)]


_COMPLETE_BY_CELL = (
    select(case.c.cell, func.count())
    .with_hint(case, "INDEXED BY ix_case_final", "sqlite")
    .where(case.c.final_code == literal_column(f"'{COMPLETE}'"))
    .where(case.c.cell.in_(bindparam("cells", expanding=True)))
    .group_by(case.c.cell)
)


def complete_by_cell(transaction: Transaction, cells: Sequence[int]) -> dict[int, int]:
    """Return the number of complete interviews of each of these cells (no entry: none), counted in the index."""
    return {row[0]: row[1] for row in transaction.execute(_COMPLETE_BY_CELL, {"cells": list(cells)})}


_LEASE = (
    update(case)
    .where(case.c.id == bindparam("case_id"), case.c.fence == bindparam("fence_before"))
    .values(
        status=int(CaseStatus.LEASED),
        lease_holder=bindparam("holder"),
        lease_until=bindparam("until"),
        turns_at=bindparam("until"),
        fence=bindparam("fence_before") + 1,
    )
)


def lease(transaction: Transaction, found: CaseRow, holder: str, until: int) -> int:
    """Lease a case that this transaction has read, and return the new fence number."""
    done = transaction.execute(
        _LEASE, {"case_id": found.id, "fence_before": found.fence, "holder": holder, "until": until}
    )
    if done.rowcount != 1:
        message = "a case changed inside the transaction that read it"
        raise AssertionError(message)
    return found.fence + 1


def renew(transaction: Transaction, case_id: str, fence: int, holder: str, until: int) -> bool:
    """Move the end of a lease; False when it is somebody else's by now."""
    done = transaction.execute(
        update(case)
        .where(case.c.id == case_id, case.c.fence == fence, case.c.lease_holder == holder)
        .values(lease_until=until, turns_at=until)
    )
    return done.rowcount == 1


_PLACE = (
    update(case)
    .where(case.c.id == bindparam("case_id"))
    .values(
        status=bindparam("to_status"),
        tier=bindparam("to_tier"),
        rank=bindparam("to_rank"),
        due_at=bindparam("to_due_at"),
        turns_at=bindparam("to_turns_at"),
        avoid=bindparam("to_avoid"),
        final_code=bindparam("to_final_code"),
        lease_holder=None,
        lease_until=None,
    )
)


def put(transaction: Transaction, places: Iterable[tuple[str, Place]]) -> None:
    """Give cases their place in the queue; a lease ends with it, the fence number stays."""
    rows = [
        {
            "case_id": case_id,
            "to_status": int(to.status),
            "to_tier": to.tier,
            "to_rank": to.rank,
            "to_due_at": to.due_at,
            "to_turns_at": to.turns_at,
            "to_avoid": to.avoid,
            "to_final_code": to.final_code,
        }
        for case_id, to in places
    ]
    if rows:
        transaction.execute(_PLACE, rows)


def turn_all(transaction: Transaction, now: int) -> None:
    """Have the standing of every open case worked out anew (the calling rules changed)."""
    transaction.execute(
        update(case)
        .where(case.c.status.in_((int(CaseStatus.READY), int(CaseStatus.WAITING))))
        .values(turns_at=now, status=int(CaseStatus.WAITING))
    )


def add_cases(transaction: Transaction, rows: Sequence[CaseRow]) -> None:
    """Write new cases; sorted by their random ids first, so that neither place nor order tells where they came from."""
    transaction.execute(
        insert(case),
        [{name: getattr(row, name) for name in CaseRow.__slots__} for row in sorted(rows, key=lambda r: r.id)],
    )


def count_by_status(transaction: Transaction) -> dict[tuple[CaseStatus, int], int]:
    """Return the number of cases of each (status, cell); reads the whole index."""
    query = (
        select(case.c.status, case.c.cell, func.count())
        .with_hint(case, "INDEXED BY ix_case_claim", "sqlite")
        .group_by(case.c.status, case.c.cell)
    )
    return {(CaseStatus(row[0]), row[1]): row[2] for row in transaction.execute(query)}


def count_avoiding(transaction: Transaction, me: str) -> dict[int, int]:
    """Return by cell the ready cases that another interviewer must call."""
    query = (
        select(case.c.cell, func.count())
        .with_hint(case, "INDEXED BY ix_case_claim", "sqlite")
        .where(case.c.status == int(CaseStatus.READY), case.c.avoid == me)
        .group_by(case.c.cell)
    )
    return {row[0]: row[1] for row in transaction.execute(query)}


def first_due(transaction: Transaction, cells: Sequence[int]) -> int | None:
    """Return when the next waiting case of these cells is due."""
    query = select(func.min(case.c.due_at)).where(
        case.c.status == int(CaseStatus.WAITING), case.c.cell.in_(list(cells))
    )
    found = transaction.execute(query).scalar_one_or_none()
    return None if found is None else int(found)
