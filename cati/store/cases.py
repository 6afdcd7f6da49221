"""Cases and their place in the queue: claimed by one index probe a cell, leased with a fence number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Integer,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    text,
    union_all,
    update,
)

from cati.store.database import Transaction, by_functions
from cati.store.prepared import MOST_LISTED, Prepared
from cati.store.schema import case, member, turn
from cati.store.views import limited

TIERS = (0, 1, 2, 3)
COMPLETE = "1.1"


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


def _row(values: Sequence[Any]) -> CaseRow:
    return CaseRow(values[0], values[1], CaseStatus(values[2]), *values[3:])


_COLUMNS = tuple(case.c[name] for name in CaseRow.__slots__)
_NAMES = ", ".join(CaseRow.__slots__)
_BY_ID = Prepared(
    select(*_COLUMNS).where(case.c.id == bindparam("id")), member=text(f"SELECT {_NAMES} FROM public.cati_case(:id)")
)


def case_row(transaction: Transaction, case_id: str) -> CaseRow | None:
    """Return one case, None when there is none with this id."""
    row = _BY_ID.first(transaction, id=case_id)
    return None if row is None else _row(row)


_LOCKED = Prepared(
    select(*_COLUMNS).where(case.c.id == bindparam("id")),
    postgresql=select(*_COLUMNS).where(case.c.id == bindparam("id")).with_for_update(key_share=True),
    member=text(f"SELECT {_NAMES} FROM public.cati_case(:id)"),  # who writes then are functions that lock it
)


def locked_row(transaction: Transaction, case_id: str) -> CaseRow | None:
    """Return one case that nobody else changes until this transaction ends; what writes about a case begins with it.

    Whoever turns cases takes the case first, then its calls: in any other order two could wait for each other.
    """
    row = _LOCKED.first(transaction, id=case_id)
    return None if row is None else _row(row)


_IN_HAND = select(*_COLUMNS).where(
    case.c.id == bindparam("id"), case.c.fence == bindparam("under"), case.c.lease_holder == bindparam("holder")
)
_HOLD = Prepared(
    _IN_HAND,
    postgresql=_IN_HAND.with_for_update(key_share=True),
    member=text(f"SELECT {_NAMES} FROM public.cati_hold(:id, :under)"),
)


def hold(transaction: Transaction, case_id: str, fence: int, holder: str) -> CaseRow | None:
    """Return the case while this member holds it under this fence number, locked until the transaction ends.

    What the transaction writes for the case from here on is written under that number. A lease whose time ran out but
    that nobody took over yet is still held.
    """
    values: dict[str, object] = {"id": case_id, "under": fence, "holder": holder}
    row = _HOLD.first(transaction, **values)
    return None if row is None else _row(row)


_HELD = Prepared(
    select(*_COLUMNS)
    .with_hint(case, "INDEXED BY ix_case_holder", "sqlite")
    .where(case.c.lease_holder == bindparam("holder"), case.c.lease_until > bindparam("now"))
    .limit(literal_column("1"))
)


def held_by(transaction: Transaction, holder: str, now: int) -> CaseRow | None:
    """Return the case that this member holds a running lease of."""
    row = _HELD.first(transaction, holder=holder, now=now)
    return None if row is None else _row(row)


def leased(transaction: Transaction, now: int) -> tuple[CaseRow, ...]:
    """Return every case with a running lease."""
    query = select(*_COLUMNS).where(case.c.lease_holder.isnot(None), case.c.lease_until > now)
    return tuple(_row(tuple(row)) for row in transaction.execute(query))


def _turning_of(*, skip_locked: bool) -> CompoundSelect[Any]:
    # One subquery a tier, each stopping at its own limit: a long row of fresh cases must not delay an appointment.
    parts = []
    for tier in TIERS:
        probe = (
            select(*_COLUMNS)
            .with_hint(case, "INDEXED BY ix_case_turns", "sqlite")
            .where(case.c.tier == literal_column(str(tier)), case.c.turns_at.isnot(None))
            .where(case.c.turns_at <= bindparam("now"))
            .order_by(case.c.turns_at)
            .limit(literal_column(str(MOST_LISTED)))  # a server that does not know how many may choose to read all
        )
        # On a server two may turn at once: what one of them has in hand the other leaves alone.
        parts.append(
            select((probe.with_for_update(skip_locked=True) if skip_locked else probe).subquery(f"tier_{tier}"))
        )
    return union_all(*parts)


_TURNING = Prepared(_turning_of(skip_locked=False), postgresql=_turning_of(skip_locked=True))


def turning(transaction: Transaction, now: int, most: int) -> tuple[CaseRow, ...]:
    """Return up to ``most`` cases whose standing changes by itself at or before ``now``, the urgent tiers first."""
    return tuple(_row(row) for row in _TURNING.rows(transaction, now=now)[:most])


_LEASE = Prepared(
    update(case)
    .where(case.c.id == bindparam("case_id"), case.c.fence == bindparam("fence_before"))
    .values(
        status=int(CaseStatus.LEASED),
        lease_holder=bindparam("holder"),
        lease_until=bindparam("until"),
        turns_at=bindparam("until"),
        fence=bindparam("fence_after"),
    )
)


def lease(transaction: Transaction, found: CaseRow, holder: str, until: int) -> int:
    """Lease a case that this transaction has read, and return the new fence number."""
    fence = found.fence + 1
    done = _LEASE.act(
        transaction, case_id=found.id, fence_before=found.fence, fence_after=fence, holder=holder, until=until
    )
    if done != 1:
        message = "a case changed inside the transaction that read it"
        raise AssertionError(message)
    return fence


_LEASE_BY_FUNCTION = Prepared(text("SELECT fence, until FROM public.cati_lease(:of, :seen, :why, :minutes)"))
_RENEW_BY_FUNCTION = Prepared(text("SELECT public.cati_renew_lease(:of, :under, :minutes)"))


def lease_by_function(transaction: Transaction, found: CaseRow, why: str, minutes: int) -> tuple[int, int] | None:
    """Let the server lease a case to the member signed in and log it: (fence number, end of the lease).

    ``why``: the reason that stands in the log. None when the case changed since it was read. Raises
    `views.TooManyViews`.
    """
    with limited():
        row = _LEASE_BY_FUNCTION.first(transaction, of=found.id, seen=found.fence, why=why, minutes=minutes)
    return None if row is None else (row[0], row[1])


def renew_by_function(transaction: Transaction, case_id: str, fence: int, minutes: int) -> int | None:
    """Let the server move the end of a lease; returns when it ends, None when it is somebody else's by now."""
    row = _RENEW_BY_FUNCTION.first(transaction, of=case_id, under=fence, minutes=minutes)
    return None if row is None else row[0]


def renew(transaction: Transaction, case_id: str, fence: int, holder: str, until: int) -> bool:
    """Move the end of a lease; False when it is somebody else's by now."""
    done = transaction.execute(
        update(case)
        .where(case.c.id == case_id, case.c.fence == fence, case.c.lease_holder == holder)
        .values(lease_until=until, turns_at=until)
    )
    return done.rowcount == 1


_PLACE = Prepared(
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
        lease_holder=null(),
        lease_until=null(),
        replan=null(),
    )
)
_FORGET_STEPS = Prepared(delete(turn).where(turn.c.case == bindparam("case_id")))
STEP = ("case", "at", "status", "tier", "rank", "due_at", "turns_at", "avoid", "final_code")
_ADD_STEP = Prepared(insert(turn).values({name: bindparam(name) for name in STEP}))
_PLACED = ("case_id", "to_status", "to_tier", "to_rank", "to_due_at", "to_turns_at", "to_avoid", "to_final_code")


Step = tuple[str, int, Place]
"""A case, an instant (seconds since 1970), and the place that the case takes then by itself."""


def put(transaction: Transaction, places: Sequence[tuple[str, Place]], later: Iterable[Step] = ()) -> None:
    """Give cases their place in the queue, and the steps of their timelines in place of all earlier ones.

    A lease ends with it, the fence number stays. A member on a server may do so with the case in hand, a supervisor
    with one in nobody's.
    """
    if by_functions(transaction):
        of: dict[str, list[Step]] = {}
        for step in later:
            of.setdefault(step[0], []).append(step)
        for case_id, place in places:
            _put_by_function(transaction, case_id, place, of.get(case_id, ()))
        return
    # The steps first: whoever may write them only while holding the case still holds it.
    _FORGET_STEPS.act_on_all(transaction, ("case_id",), [(case_id,) for case_id, _to in places])
    add_steps(transaction, later)
    _PLACE.act_on_all(
        transaction,
        _PLACED,
        [
            (case_id, int(to.status), to.tier, to.rank, to.due_at, to.turns_at, to.avoid, to.final_code)
            for case_id, to in places
        ],
    )


_PUT = Prepared(
    text("SELECT public.cati_put(:of, :status, :tier, :rank, :due_at, :turns_at, :avoid, :final_code, :steps)")
)


def _put_by_function(transaction: Transaction, case_id: str, to: Place, steps: Sequence[Step]) -> None:
    listed = [
        [at, int(step.status), step.tier, step.rank, step.due_at, step.turns_at, step.avoid, step.final_code]
        for _case, at, step in steps
    ]
    _PUT.first(
        transaction, of=case_id, status=int(to.status), tier=to.tier, rank=to.rank, due_at=to.due_at,
        turns_at=to.turns_at, avoid=to.avoid, final_code=to.final_code, steps=json.dumps(listed),
    )  # fmt: skip


def add_steps(transaction: Transaction, steps: Iterable[Step]) -> None:
    """Write steps of timelines beside those that are there."""
    rows = [
        (case_id, at, int(to.status), to.tier, to.rank, to.due_at, to.turns_at, to.avoid, to.final_code)
        for case_id, at, to in steps
    ]
    if rows:
        _ADD_STEP.act_on_all(transaction, STEP, rows)


def add_new_steps(transaction: Transaction, rows: Iterable[tuple[object, ...]]) -> None:
    """Write steps of new cases' timelines, each as the values of `STEP` in their order."""
    _ADD_STEP.act_on_all(transaction, STEP, rows)


def replace_steps(transaction: Transaction, case_id: str, steps: Iterable[Step]) -> None:
    """Write the timeline of one case in place of the one it has; its place stays as it is."""
    _FORGET_STEPS.act(transaction, case_id=case_id)
    add_steps(transaction, steps)


def raise_fence(transaction: Transaction, case_id: str) -> None:
    """Refuse from now on whatever was read of a case before: open leases, and outcomes that could be taken back."""
    transaction.execute(update(case).where(case.c.id == case_id).values(fence=case.c.fence + 1))


_ADD = Prepared(insert(case).values({name: bindparam(name) for name in CaseRow.__slots__}))


def add_cases(transaction: Transaction, rows: Iterable[tuple[object, ...]]) -> None:
    """Write new cases, each as the values of `CaseRow` in their order.

    They come sorted by their random ids, so that neither place nor order tells where they stood in a list.
    """
    _ADD.act_on_all(transaction, CaseRow.__slots__, rows)


_CONVERTERS = Prepared(select(member.c.id).where(member.c.converts, member.c.active))


def second_rule(transaction: Transaction, me: str) -> str | None:
    """Return what `second_approaches` does, whether or not there is such a case now."""
    converters = [row[0] for row in _CONVERTERS.rows(transaction)]
    if not converters or me in converters:
        return ""
    return converters[0] if len(converters) == 1 else None


def first_due(transaction: Transaction, cells: Sequence[int]) -> int | None:
    """Return when the next waiting case of these cells is due (seconds since 1970)."""
    if by_functions(transaction):
        asked = func.public.cati_first_due(cast(list(cells), ARRAY(Integer)))
        found = transaction.execute(select(asked)).scalar_one_or_none()
    else:
        query = select(func.min(case.c.due_at)).where(
            case.c.status == int(CaseStatus.WAITING), case.c.cell.in_(list(cells))
        )
        found = transaction.execute(query).scalar_one_or_none()
    return None if found is None else int(found)
