"""Cases move along timelines written in advance: by SQL alone, without the contact and without any key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    null,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy import case as when

from cati.store.attempts import end_lapsed
from cati.store.cases import TIERS, CaseRow, CaseStatus
from cati.store.database import Transaction
from cati.store.prepared import MOST_LISTED, Prepared, for_each, listed
from cati.store.schema import case, turn

WHEN_LAPSED = 0
"""The instant of a leased case's first step: the end of its lease, which moves."""

_LEASED: ColumnElement[int] = literal_column(str(int(CaseStatus.LEASED)))
_READY: ColumnElement[int] = literal_column(str(int(CaseStatus.READY)))


def _step_forward(wanted: Select[Any]) -> Update:
    step, later = turn.alias("step"), turn.alias("later")
    begun = select(func.max(step.c.at)).where(step.c.case == turn.c.case, step.c.at <= bindparam("now"))
    followed = exists().where(later.c.case == turn.c.case, later.c.at > turn.c.at)
    since = when((turn.c.at == literal_column(str(WHEN_LAPSED)), case.c.lease_until), else_=turn.c.at)
    taken = {name: turn.c[name] for name in ("status", "tier", "rank", "due_at", "turns_at", "avoid", "final_code")}
    return (
        update(case)
        .where(turn.c.case.in_(wanted), turn.c.at == begun.scalar_subquery(), case.c.id == turn.c.case)
        .values(
            **taken,
            lease_holder=null(),
            lease_until=null(),
            # The last step of a timeline that should go on: somebody has until the end of this place to plan more.
            replan=when(
                (and_(turn.c.turns_at.isnot(None), ~followed), func.coalesce(case.c.replan, since)),
                else_=case.c.replan,
            ),
        )
    )


def _stay(wanted: Select[Any]) -> Update:
    leased = case.c.status == _LEASED
    return (
        update(case)
        .where(case.c.id.in_(wanted), case.c.turns_at <= bindparam("now"))
        .values(
            status=when((leased, _READY), else_=case.c.status),
            lease_holder=null(),
            lease_until=null(),
            turns_at=null(),
            replan=when((leased, case.c.replan), else_=func.coalesce(case.c.replan, case.c.turns_at)),
        )
    )


_STEP_FORWARD, _STAY = for_each(_step_forward), for_each(_stay)
_FORGET_PAST = Prepared(delete(turn).where(turn.c.case == bindparam("of"), turn.c.at <= bindparam("now")))


def move(transaction: Transaction, case_ids: Sequence[str], now: int) -> None:
    """Move cases whose ``turns_at`` has come to where their timelines say they are ``now``.

    A lease ends with it; one without any step goes back to the place it was taken from. Where a timeline has come to
    its last step, or has none for now, the case is marked (``replan``).
    """
    ids = listed(case_ids)
    _STEP_FORWARD.act(transaction, ids=ids, now=now)
    _STAY.act(transaction, ids=ids, now=now)
    _FORGET_PAST.act_on_all(transaction, ("of", "now"), [(case_id, now) for case_id in case_ids])


_TURN = Prepared(text("SELECT public.cati_turn(:most)"))


def turn_by_function(transaction: Transaction, most: int) -> int:
    """Let the server move up to ``most`` cases whose time has come; for supervisors, an interviewer's claim does it."""
    row = _TURN.first(transaction, most=most)
    return 0 if row is None else int(row[0])


_GIVE_BACK = Prepared(text("SELECT public.cati_give_back(:whose)"))


def give_back_by_function(transaction: Transaction, member_id: str) -> bool:
    """Let the server end and log the lease that a member has running: the own one, or (research leads) another's."""
    row = _GIVE_BACK.first(transaction, whose=member_id)
    return row is not None and bool(row[0])


def give_back(transaction: Transaction, row: CaseRow, now: int, *, interrupted: str, otherwise: str) -> None:
    """Put a leased case where its timeline says, as if its lease had run out ``now``; an open call ends with it.

    ``interrupted`` and ``otherwise``: how the call ends when its interview had begun, and when not.
    """
    transaction.execute(
        update(case).where(case.c.id == row.id, case.c.fence == row.fence).values(lease_until=now, turns_at=now)
    )
    end_lapsed(transaction, [row.id], interrupted=interrupted, otherwise=otherwise)
    move(transaction, [row.id], now)


def _marked_of(most: int, *, skip_locked: bool) -> CompoundSelect[Any]:
    columns = [case.c[name] for name in CaseRow.__slots__]
    parts = []
    for tier in TIERS:
        probe = (
            select(*columns, case.c.replan)
            .with_hint(case, "INDEXED BY ix_case_replan", "sqlite")
            .where(case.c.tier == literal_column(str(tier)), case.c.replan.isnot(None))
            .where(case.c.status != _LEASED)  # an act, or the end of the lease, comes first
            .order_by(case.c.replan)
            .limit(literal_column(str(most)))
        )
        parts.append(select((probe.with_for_update(skip_locked=True) if skip_locked else probe).subquery(f"of_{tier}")))
    return union_all(*parts)


MOST_MARKED = 250
"""So many cases are worked out anew in one transaction at most."""

_FEW, _MANY = (
    Prepared(
        _marked_of(most, skip_locked=False),
        postgresql=_marked_of(most, skip_locked=True),
        member=text(f"SELECT {', '.join(CaseRow.__slots__)}, replan FROM public.cati_marked({most})"),
    )
    for most in (MOST_LISTED, MOST_MARKED)
)


_ANY_MARKED = Prepared(
    select(case.c.id)
    .where(
        case.c.replan.isnot(None), case.c.status != _LEASED, case.c.tier.in_([literal_column(str(t)) for t in TIERS])
    )
    .limit(literal_column("1"))
)


def any_marked(transaction: Transaction) -> bool:
    """Tell whether there is a case to be worked out anew that nobody has open."""
    return _ANY_MARKED.first(transaction) is not None


def marked(transaction: Transaction, most: int) -> tuple[tuple[CaseRow, int], ...]:
    """Return up to ``most`` cases to be worked out anew, the urgent tiers first, each with from when on.

    `MOST_MARKED` at most, so that whoever wants as many and gets fewer has all.
    """
    if most > MOST_MARKED:
        raise ValueError(most)
    rows = (_FEW if most <= MOST_LISTED else _MANY).rows(transaction)[:most]
    return tuple((CaseRow(row[0], row[1], CaseStatus(row[2]), *row[3:-1]), row[-1]) for row in rows)


_WAITING = Prepared(
    select(func.count())
    .select_from(case)
    .with_hint(case, "INDEXED BY ix_case_replan", "sqlite")
    .where(case.c.replan.isnot(None), case.c.status != _LEASED),
    member=text("SELECT public.cati_count_marked()"),
)


def count_marked(transaction: Transaction) -> int:
    """Return how many cases are to be worked out anew, as `marked` finds them."""
    row = _WAITING.first(transaction)
    return 0 if row is None else int(row[0])


def replan_all(transaction: Transaction, now: int) -> None:
    """Have every open case worked out anew (the calling rules changed); until then none of them is handed out."""
    still = case.c.status.in_((int(CaseStatus.READY), int(CaseStatus.WAITING)))
    transaction.execute(delete(turn).where(turn.c.case.in_(select(case.c.id).where(still))))
    transaction.execute(update(case).where(still).values(replan=now, turns_at=None, status=int(CaseStatus.WAITING)))
    transaction.execute(update(case).where(case.c.status == int(CaseStatus.LEASED)).values(replan=now))
