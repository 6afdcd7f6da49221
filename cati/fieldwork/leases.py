"""A lease that ends before its time: whoever had the case leaves the study, or the workstation."""

from __future__ import annotations

from cati.fieldwork.log import Act, note, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.store import cases, timelines
from cati.store.database import Transaction
from cati.survey.dispositions import Outcome


def let_go(study: OpenStudy) -> bool:
    """Give one's own open case back as if its lease had run out now; False when there is none.

    A call that has no outcome ends with it, as interrupted when its interview had begun; the answers stay.
    """
    with study.transaction() as transaction:
        return end_lease_of(study, transaction, study.me.id)


def end_lease_of(study: OpenStudy, transaction: Transaction, member_id: str) -> bool:
    """End the lease that a member has running, as if its time had run out now; False when there is none."""
    if study.database.by_functions:
        given = timelines.give_back_by_function(transaction, member_id)
        study.database.unsigned_entries += given  # the function logged it
        return given
    now = seconds(study.now())
    row = cases.held_by(transaction, member_id, now)
    if row is None:
        return False
    note(study, transaction, Act.PUT_BACK, case=row.id, fence=row.fence, lapsed=member_id)
    timelines.give_back(transaction, row, now, interrupted=Outcome.INTERRUPTED.value, otherwise=Outcome.TECHNICAL.value)
    return True
