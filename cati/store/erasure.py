"""What the purge deletes, and how far it has come; each function may be repeated."""

from __future__ import annotations

import json

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from cati.store import ending
from cati.store.attempts import AppointmentRow
from cati.store.cases import CaseRow
from cati.store.contacts import SealedContact
from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import (
    appointment,
    attempt,
    case,
    contact,
    contact_index,
    draft_event,
    draft_text,
    former_certificate,
    log,
    member,
    never_again,
    pending,
    purge_step,
    recovery,
    study,
    template,
    trustee,
    turn,
)

DIES = (
    draft_text, draft_event, appointment, attempt, contact_index, contact, never_again, pending, template, turn, case,
    recovery, trustee, former_certificate,
)  # fmt: skip
"""In this order: what points to a case goes before the cases."""


def steps(transaction: Transaction) -> dict[str, bytes]:
    """Return the steps that are done, with their details."""
    return {row.step: row.details for row in transaction.execute(select(purge_step))}


def keep_step(transaction: Transaction, step: str, at: int, details: bytes) -> None:
    """Keep that a step is done; a second time changes nothing. A server takes its own time, and two people's word."""
    if by_functions(transaction):
        ending.keep_step(transaction, step, details)
        return
    row = insert(purge_step).values(step=step, at=at, details=details)
    transaction.execute(row.on_conflict_do_nothing())


def delete_everything(transaction: Transaction) -> None:
    """Delete cases, contacts, hashes, calls, appointments, drafts, pool, templates and every member's grants."""
    for table in DIES:
        transaction.execute(delete(table))
    transaction.execute(update(member).values(daily_grant=None, leading_grant=None))


_UNDO = Prepared(
    text(
        "SELECT fence, until FROM public.cati_undo(:of, :under, :call, :minutes, :key, :details, :epoch, :hashes,"
        " :tier, :rank, :due_at, :avoid, :appointment)"
    )
)
_WITHDRAW = Prepared(text("SELECT entry, at FROM public.cati_withdraw(:of, :tag)"))


def undo_by_function(
    transaction: Transaction,
    was: CaseRow,
    fence: int,
    call: str,
    minutes: int,
    contact_before: SealedContact | None,
    hashes: tuple[bytes, ...],
    appointment_before: AppointmentRow | None,
) -> tuple[int, int] | None:
    """Let the server take an outcome back: (new fence number, end of the lease); None when it is too late."""
    sealed = contact_before
    row = _UNDO.first(
        transaction, of=was.id, under=fence, call=call, minutes=minutes,
        key=None if sealed is None else sealed.sealed_key,
        details=None if sealed is None else sealed.sealed_details,
        epoch=0 if sealed is None else sealed.epoch,
        hashes=list(hashes), tier=was.tier, rank=was.rank, due_at=was.due_at, avoid=was.avoid,
        appointment=None if appointment_before is None else _as_json(appointment_before),
    )  # fmt: skip
    return None if row is None else (row[0], row[1])


def _as_json(row: AppointmentRow) -> str:
    values = {name: getattr(row, name) for name in AppointmentRow.__slots__ if name != "case"}
    sealed = {"reason": row.reason, "name": row.name}
    return json.dumps({**values, **{name: None if value is None else value.hex() for name, value in sealed.items()}})


def withdraw_by_function(transaction: Transaction, case_id: str, tag: str) -> tuple[int, int] | None:
    """Let the server erase a person and log it: (number of the entry, when); None for a case that there is not."""
    row = _WITHDRAW.first(transaction, of=case_id, tag=tag)
    return None if row is None else (row[0], row[1])


def clear_log(transaction: Transaction) -> None:
    """Delete the log; what may stay is appended anew by the caller."""
    transaction.execute(delete(log))


def left(transaction: Transaction) -> dict[str, int]:
    """Return the number of rows that are left of what dies, grants among them, by table."""
    if by_functions(transaction):
        return ending.left(transaction)
    found = {table.name: transaction.execute(select(func.count()).select_from(table)).scalar_one() for table in DIES}
    granted = select(func.count()).where(member.c.daily_grant.isnot(None) | member.c.leading_grant.isnot(None))
    found["grant"] = transaction.execute(granted).scalar_one()
    return found


def mark_erased(transaction: Transaction, at: int) -> None:
    """Say in the study's own row that its contacts are erased."""
    transaction.execute(update(study).values(erased_at=at))


def count_of_acts(transaction: Transaction) -> dict[str, int]:
    """Return how often each act is in the log."""
    return {row[0]: row[1] for row in transaction.execute(select(log.c.act, func.count()).group_by(log.c.act))}
