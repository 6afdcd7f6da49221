"""A case that is taken up again after an outage; on a server with rights: sql/outage.sql."""

from __future__ import annotations

from sqlalchemy import text

from cati.store import attempts, cases
from cati.store.cases import CaseStatus
from cati.store.database import Transaction
from cati.store.prepared import Prepared

_BY_FUNCTION = Prepared(text("SELECT fence, until FROM public.cati_take_up_again(:of, :under, :call, :minutes)"))


def take_up_by_function(
    transaction: Transaction, case_id: str, fence: int, call_id: str, minutes: int
) -> tuple[int, int] | None:
    """Do the same as `take_up_again` for the member signed in on a server, for so many minutes; logged."""
    row = _BY_FUNCTION.first(transaction, of=case_id, under=fence, call=call_id, minutes=minutes)
    return None if row is None else (row[0], row[1])


def take_up_again(
    transaction: Transaction, case_id: str, fence: int, holder: str, call_id: str, until: int
) -> tuple[int, int] | None:
    """Lease a case again whose lease had ended and that nobody took since; its call, if it had begun, is open again.

    ``fence`` is under which ``holder`` had it. Returns its new fence number and until when (seconds since 1970); None
    when it is somebody else's by now, or over. Given again, because no answer came, it returns the same.
    """
    row = cases.case_row(transaction, case_id)
    if row is None:
        return None
    calls = attempts.attempts_of(transaction, case_id)
    last = calls[-1] if calls else None
    ours = last is not None and last.id == call_id
    if row.lease_holder == holder and row.fence == fence + 1 and row.lease_until is not None:
        return (row.fence, row.lease_until) if last is not None and ours and last.ended is None else None
    if row.fence != fence or row.lease_holder is not None or row.status not in (CaseStatus.READY, CaseStatus.WAITING):
        return None
    if ours:
        attempts.reopen_attempt(transaction, call_id)  # the end of the lease had ended it, too
    return cases.lease(transaction, row, holder, until), until
