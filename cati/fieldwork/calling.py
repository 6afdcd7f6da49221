"""The calling page's acts in one place: the next case, the call, its outcome, callers, appointments, the day."""

from __future__ import annotations

from cati.fieldwork.callers import appointments_near, find_caller, my_appointments, searches_by_name
from cati.fieldwork.delivered import (
    LEASE_MINUTES,
    UNDO_SECONDS,
    Booked,
    Call,
    DeliveredCase,
    FoundCase,
    Lease,
    LeaseLost,
    MyDay,
    NoCase,
    Noted,
    OnTheWay,
    Receipt,
    StoryLine,
    Taken,
    TooLate,
    UndoToken,
)
from cati.fieldwork.delivery import (
    CALL_BACK,
    OWN_APPOINTMENT,
    check_code,
    my_calls,
    put_back,
    renew_lease,
    take_case,
    take_next_case,
)
from cati.fieldwork.introduction import introduction
from cati.fieldwork.leases import let_go
from cati.fieldwork.log import Act, note
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.outcomes import begin_call, keep_outcome, note_outcome, undo_outcome, withdraw
from cati.fieldwork.placing import after_the_field, name_of
from cati.fieldwork.spooled import Deed
from cati.survey.calling_hours import wall

__all__ = [
    "CALL_BACK",
    "LEASE_MINUTES",
    "OWN_APPOINTMENT",
    "UNDO_SECONDS",
    "Booked",
    "Call",
    "DeliveredCase",
    "FoundCase",
    "Lease",
    "LeaseLost",
    "MyDay",
    "NoCase",
    "Noted",
    "OnTheWay",
    "Receipt",
    "StoryLine",
    "Taken",
    "TooLate",
    "UndoToken",
    "after_the_field",
    "appointments_near",
    "begin_call",
    "find_caller",
    "introduction",
    "keep_outcome",
    "let_go",
    "my_appointments",
    "my_day",
    "name_of",
    "note_outcome",
    "pause",
    "put_back",
    "renew_lease",
    "resume_work",
    "searches_by_name",
    "take_case",
    "take_next_case",
    "undo_outcome",
    "withdraw",
]


def my_day(study: OpenStudy) -> MyDay:
    """Return the signed-in member's figures since midnight at the first site."""
    local = wall(study.now(), study.settings.sites[0])
    with study.reading() as transaction:
        calls, complete = my_calls(study, transaction, local.replace(hour=0, minute=0, second=0, microsecond=0))
    return MyDay(complete=complete, target=None, calls=calls)


def pause(study: OpenStudy, reason: str) -> None:
    """Log that a pause begins; ``reason`` is a code of the page's list. A server that is away gets to know it later."""
    code = check_code(reason)
    if study.desk is not None:
        study.desk.remark(study, Deed.PAUSED, code)
        return
    with study.transaction() as transaction:
        note(study, transaction, Act.PAUSED, reason=code)


def resume_work(study: OpenStudy) -> None:
    """Log that a pause ends; a server that is away gets to know it later."""
    if study.desk is not None:
        study.desk.remark(study, Deed.RESUMED)
        return
    with study.transaction() as transaction:
        note(study, transaction, Act.RESUMED)
