"""Calls, their outcomes, and appointments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, exists, func, insert, literal_column, select, text, update
from sqlalchemy import case as when
from sqlalchemy.dialects.postgresql import insert as insert_or

from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import appointment, attempt, case, draft_event


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One call; instants in seconds since 1970 (UTC). ``ended`` and ``outcome`` are None while it lasts."""

    id: str
    case: str
    interviewer: str
    started: int
    ended: int | None
    phone: int
    phone_kind: str
    outcome: str | None
    sub_reason: str = ""
    note_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """The one open appointment of a case; ``reason`` and the person's ``name`` are sealed.

    ``site`` is the site's code; both are empty for what was booked before revision 0007.
    """

    case: str
    kind: str
    at: int
    until: int | None
    wall: str
    zone: str
    reason: bytes | None = field(repr=False)
    interviewer: str
    site: str = ""
    name: bytes | None = field(default=None, repr=False)


_OF_CASE = Prepared(
    select(*(attempt.c[name] for name in AttemptRow.__slots__))
    .where(attempt.c.case == bindparam("id"))
    .order_by(attempt.c.started, attempt.c.id)
)


def attempts_of(transaction: Transaction, case_id: str) -> tuple[AttemptRow, ...]:
    """Return all calls of a case, the first one first."""
    rows = _OF_CASE.rows(transaction, id=case_id)
    return tuple(AttemptRow(**dict(zip(AttemptRow.__slots__, row, strict=True))) for row in rows)


def begin_attempt(transaction: Transaction, row: AttemptRow) -> None:
    """Keep that a call began."""
    transaction.execute(insert(attempt).values(**{name: getattr(row, name) for name in AttemptRow.__slots__}))


def end_attempt(
    transaction: Transaction, attempt_id: str, ended: int, outcome: str, *, sub_reason: str = "", note_code: str = ""
) -> bool:
    """Keep how a call ended; False when it is unknown or has ended already."""
    done = transaction.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id, attempt.c.ended.is_(None))
        .values(ended=ended, outcome=outcome, sub_reason=sub_reason, note_code=note_code)
    )
    return done.rowcount == 1


_END_OF = Prepared(
    select(attempt.c.ended, attempt.c.outcome).where(attempt.c.id == bindparam("id"), attempt.c.ended.isnot(None)),
    member=text("SELECT ended, outcome FROM public.cati_end_of(:id)"),
)


def end_of(transaction: Transaction, attempt_id: str) -> tuple[int, str] | None:
    """Return (when, outcome) of a call that ended, None of one that did not or is unknown.

    Asked by whoever made the call when no answer came to its end: the case is not theirs any more then.
    """
    row = _END_OF.first(transaction, id=attempt_id)
    return None if row is None else (row[0], row[1])


_LEASE_ENDS = select(case.c.lease_until).where(case.c.id == bindparam("of")).scalar_subquery()
_BEGUN = exists().where(draft_event.c.case == bindparam("of"))
_END_LAPSED = Prepared(
    update(attempt)
    .where(attempt.c.case == bindparam("of"), attempt.c.ended.is_(None))
    .values(
        ended=when((attempt.c.started > _LEASE_ENDS, attempt.c.started), else_=_LEASE_ENDS),
        outcome=when((_BEGUN, bindparam("interrupted")), else_=bindparam("otherwise")),
    )
)


def end_lapsed(transaction: Transaction, case_ids: Sequence[str], *, interrupted: str, otherwise: str) -> None:
    """End the open calls of these leased cases when their leases ended, by whether an interview had begun."""
    names = ("of", "interrupted", "otherwise")
    _END_LAPSED.act_on_all(transaction, names, [(case_id, interrupted, otherwise) for case_id in case_ids])


def reopen_attempt(transaction: Transaction, attempt_id: str) -> None:
    """Take the outcome of a call back."""
    transaction.execute(
        update(attempt).where(attempt.c.id == attempt_id).values(ended=None, outcome=None, sub_reason="", note_code="")
    )


_APPOINTMENT = Prepared(
    select(*(appointment.c[name] for name in AppointmentRow.__slots__)).where(appointment.c.case == bindparam("id")),
    member=text(
        "SELECT " + ", ".join(f'"{name}"' for name in AppointmentRow.__slots__) + " FROM public.cati_appointment(:id)"
    ),
)


def appointment_of(transaction: Transaction, case_id: str) -> AppointmentRow | None:
    """Return the open appointment of a case."""
    row = _APPOINTMENT.first(transaction, id=case_id)
    return None if row is None else AppointmentRow(**dict(zip(AppointmentRow.__slots__, row, strict=True)))


def book(transaction: Transaction, row: AppointmentRow) -> None:
    """Keep an appointment in place of an earlier one."""
    values = {name: getattr(row, name) for name in AppointmentRow.__slots__}
    statement = insert_or(appointment).values(**values)
    others = {name: statement.excluded[name] for name in values if name != "case"}
    transaction.execute(statement.on_conflict_do_update(index_elements=["case"], set_=others))


_RESEAL = Prepared(text("SELECT public.cati_reseal_reason(:of, :reason, :name)"))


def reseal_words(transaction: Transaction, again: Callable[[str, str, bytes], bytes]) -> None:
    """Put ``again(case, column, sealed)`` in place of each appointment's sealed reason and name."""
    columns = (appointment.c.case, appointment.c.reason, appointment.c.name)
    for case_id, reason, name in transaction.execute(select(*columns)).fetchall():
        new = {
            column: None if sealed is None else again(case_id, column, sealed)
            for column, sealed in (("reason", reason), ("name", name))
        }
        if by_functions(transaction):
            _RESEAL.first(transaction, of=case_id, **new)
        else:
            transaction.execute(update(appointment).where(appointment.c.case == case_id).values(**new))


def cancel_appointment(transaction: Transaction, case_id: str) -> None:
    """Delete the appointment of a case, if it has one."""
    transaction.execute(delete(appointment).where(appointment.c.case == case_id))


_BETWEEN = Prepared(
    select(func.count()).select_from(appointment)
    .where(appointment.c.at >= bindparam("start"), appointment.c.at < bindparam("end")),
    member=text("SELECT public.cati_appointments(:start, :end)"),
)  # fmt: skip


def appointments_between(transaction: Transaction, start: int, end: int) -> int:
    """Return how many appointments begin in [start, end), seconds since 1970."""
    row = _BETWEEN.first(transaction, start=start, end=end)
    return 0 if row is None else int(row[0])


def appointments_missed(transaction: Transaction, before: int) -> int:
    """Return how many open appointments ended before then (seconds since 1970): nobody called in time."""
    query = select(func.count()).select_from(appointment).where(
        appointment.c.at < before, func.coalesce(appointment.c.until, appointment.c.at) < before
    )  # fmt: skip
    return transaction.execute(query).scalar_one()


def appointments_by(transaction: Transaction, interviewer: str) -> tuple[AppointmentRow, ...]:
    """Return the open appointments that this interviewer made, the next first: own rows of one table, nothing else."""
    query = (
        select(*(appointment.c[name] for name in AppointmentRow.__slots__))
        .where(appointment.c.interviewer == interviewer)
        .order_by(appointment.c.at)
    )
    rows = transaction.execute(query)
    return tuple(AppointmentRow(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


_CALLS_SINCE = Prepared(
    select(func.count(), func.count().filter(attempt.c.outcome == literal_column("'complete'"))).where(
        attempt.c.ended >= bindparam("since"), attempt.c.interviewer == bindparam("interviewer")
    ),
    member=text("SELECT calls, complete FROM public.cati_my_calls(:since)"),
)


def calls_since(transaction: Transaction, interviewer: str, since: int) -> tuple[int, int]:
    """Return (calls, complete interviews) of one interviewer that ended at or after ``since``: own rows alone."""
    row = _CALLS_SINCE.first(transaction, since=since, interviewer=interviewer)
    return (0, 0) if row is None else (row[0], row[1])


def ended_between(transaction: Transaction, start: int, end: int) -> dict[tuple[str, str, int], int]:
    """Return how many calls ended from ``start`` up to ``end``, by (interviewer, outcome, cell); for supervisors."""
    query = (
        select(attempt.c.interviewer, attempt.c.outcome, case.c.cell, func.count())
        .join(case, case.c.id == attempt.c.case)
        .where(attempt.c.ended >= start, attempt.c.ended < end)
        .group_by(attempt.c.interviewer, attempt.c.outcome, case.c.cell)
    )
    return {(row[0], row[1] or "", row[2]): row[3] for row in transaction.execute(query)}
