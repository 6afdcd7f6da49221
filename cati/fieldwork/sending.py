"""Spooled acts done on the server: each in one transaction, at its own instant, and once however often it is sent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from cati.fieldwork import mixing
from cati.fieldwork.delivered import LEASE_MINUTES, OUTAGE, Call, Lease, LeaseLost, Noted, Receipt
from cati.fieldwork.delivery import held_row, put_back
from cati.fieldwork.interviewing import CallIsGoneError
from cati.fieldwork.log import Act, moment, note, seconds
from cati.fieldwork.open_answers import (
    hold,
    is_due,
    keep_event,
    keep_event_at_once,
    keep_words_at_once,
    sealed_words,
)
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.outcomes import begin_call_in, keep_outcome, withdraw
from cati.fieldwork.placing import plan_lapse_anew
from cati.fieldwork.settings_in_force import in_force
from cati.fieldwork.spooled import REMARKS, Deed, Entry
from cati.store import attempts, cases, drafts, journal, outage
from cati.store.cases import CaseStatus
from cati.store.database import Transaction
from cati.survey.interview import event_from_json


@dataclass(frozen=True, slots=True)
class Sent:
    """An act is kept on the server, now or by an earlier try. ``lease``: of the case from now on, None: unchanged.

    ``due``: half of it is over, and it is to be moved on. ``result``: what an outcome or a withdrawal came to, where
    this try kept it.
    """

    lease: Lease | None = None
    due: bool = False
    result: Noted | Receipt | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The case is somebody else's by now, or closed; nothing more of it can be kept."""


def send(study: OpenStudy, entry: Entry, fence: int, end: Entry | None, *, asked: bool) -> Sent | Lost:
    """Do one spooled act, unless it is done already.

    ``fence``: under which the case is held by now. ``end``: the entry, sent or not, with which this call ends.
    ``asked``: an earlier try had no answer, so that this one must find out, and wait until what it finds is safe.
    """
    if not asked and study.database.by_functions:
        sent = _at_once(study, entry, _lease(entry, fence))
        if sent is not None:
            return sent
    done = _done_by_itself(study, entry, fence, asked=asked)
    if done is not None:
        return done
    with study.transaction() as transaction:
        if entry.begins or entry.deed in (Deed.CALL, Deed.END):  # these work out when the person is called again
            study = in_force(study, transaction)
        lease = hold(study, transaction, _lease(entry, fence))
        if asked:
            study.database.wait_until_safe(transaction)
        if lease is None and _has_ended(transaction, end):
            return Sent()
        anew = None if lease is not None else _taken_up_again(study, transaction, entry, fence)
        if anew is None or not study.database.by_functions:
            return _done(study, transaction, entry, lease, anew)
    with study.transaction() as transaction:  # a server shows a contact only once it has kept the log's entry
        study = in_force(study, transaction)
        return _done(study, transaction, entry, None, anew)


def _at_once(study: OpenStudy, entry: Entry, lease: Lease) -> Sent | Lost | None:
    """Keep an answer or typed words under a lease that still stands; None for other acts, and when it does not."""
    held: Lease | None = None
    if entry.deed is Deed.WORDS:
        held = keep_words_at_once(study, lease, entry.place, entry.words)
    elif entry.deed is Deed.EVENT and entry.n:
        found = keep_event_at_once(study, lease, entry.n, event_from_json(entry.event), entry.place)
        if found is not None and not found[1]:
            return Lost()
        held = None if found is None else found[0]
    return None if held is None else Sent(held, due=is_due(study, held))


def _done_by_itself(study: OpenStudy, entry: Entry, fence: int, *, asked: bool) -> Sent | None:
    """Do an act that needs no lease, or can do without; None for the others."""
    if entry.deed in REMARKS:
        return _remark(study, entry)
    if entry.deed is Deed.WITHDRAWN:
        if asked and _is_withdrawn(study, entry):
            return Sent()
        return Sent(result=withdraw(_at(study, entry), entry.case_id))
    if entry.deed is Deed.PUT_BACK:  # when it is not held any more, it has gone back
        put_back(_at(study, entry), _lease(entry, fence))
        return Sent()
    return None


_REMARKED = {Deed.PAUSED: Act.PAUSED, Deed.RESUMED: Act.RESUMED, Deed.DROPPED: Act.ACTS_LOST}
_LATE_SECONDS = 5
"""So much later than it was done an act says in the log when that was: the server writes its own time beside it."""


class _ThereAlready(Exception):  # noqa: N818 - nothing is wrong: an earlier try had kept it
    """The log has it already; what was just written is to be taken back."""


def _remark(study: OpenStudy, entry: Entry) -> Sent:
    """Log what belongs to no case in hand. An earlier try, even one under way, is seen once this is written."""
    told: dict[str, object] = {"id": entry.id}
    if entry.sub_reason:
        told["reason"] = entry.sub_reason
    if entry.acts:
        told |= {"acts": entry.acts, "answers": entry.answers, **({"finished": 1} if entry.over else {})}
    if (study.now() - entry.at).total_seconds() >= _LATE_SECONDS:
        told["then"] = seconds(entry.at)
    act = _REMARKED[entry.deed]
    with suppress(_ThereAlready), study.transaction() as transaction:
        written = note(study, transaction, act, case=entry.case_id, fence=entry.fence, **told)
        _refuse_second(transaction, written, entry.id)
        return Sent()
    with study.transaction() as transaction:
        study.database.wait_until_safe(transaction)
    return Sent()


def _refuse_second(transaction: Transaction, written: journal.Entry, remark_id: str) -> None:
    if journal.said_before(transaction, written, f'"id":"{remark_id}"'):
        raise _ThereAlready


def _done(
    study: OpenStudy, transaction: Transaction, entry: Entry, lease: Lease | None, anew: Lease | None
) -> Sent | Lost:  # fmt: skip
    """Do an act under a lease, or under one that was just taken up ``anew``."""
    if lease is None and anew is not None:
        lease = _planned_anew(study, transaction, anew)
    if lease is None:
        return Lost()
    result = _DEEDS[entry.deed](study, transaction, entry, lease)
    return Lost() if isinstance(result, Lost) else Sent(lease, result=result)


def hold_on(study: OpenStudy, case_id: str, fence: int, call: Call | None) -> Lease | None:
    """Move the end of a lease on when half of it is over, also of one that ended and was taken by nobody."""
    entry = Entry(deed=Deed.CALL, case_id=case_id, fence=fence, at=study.now(), call=call)
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        lease = hold(study, transaction, _lease(entry, fence))
        if lease is not None:
            return lease
        anew = _taken_up_again(study, transaction, entry, fence)
        if anew is None or not study.database.by_functions:
            return anew and _planned_anew(study, transaction, anew)
    with study.transaction() as transaction:
        return _planned_anew(study, transaction, anew)


def _is_withdrawn(study: OpenStudy, entry: Entry) -> bool:
    with study.transaction() as transaction:
        row = cases.case_row(transaction, entry.case_id)
        study.database.wait_until_safe(transaction)
    return row is not None and row.status is CaseStatus.WITHDRAWN


def _lease(entry: Entry, fence: int) -> Lease:
    return Lease(case_id=entry.case_id, fence=fence, until=entry.at)


def _at(study: OpenStudy, entry: Entry) -> OpenStudy:
    """Return the study at the time when the act was done: a call ended then, and what follows is counted from then."""
    return replace(study, now=lambda: entry.at)


def _has_ended(transaction: Transaction, end: Entry | None) -> bool:
    """Tell whether the call has ended as this entry says, by an earlier try whose answer did not come."""
    if end is None or end.call is None or end.outcome is None:
        return False
    return attempts.end_of(transaction, end.call.id) == (seconds(end.at), end.outcome.value)


def _taken_up_again(study: OpenStudy, transaction: Transaction, entry: Entry, fence: int) -> Lease | None:
    """Lease a case again whose lease ended in the outage; None when somebody took it since, or it is over."""
    call = entry.call.id if entry.call is not None else ""
    if study.database.by_functions:
        found = outage.take_up_by_function(transaction, entry.case_id, fence, call, LEASE_MINUTES)
        if found is not None:
            study.database.unsigned_entries += 1  # the function logged it
    else:
        until = seconds(study.now() + timedelta(minutes=LEASE_MINUTES))
        found = outage.take_up_again(transaction, entry.case_id, fence, study.me.id, call, until)
        if found is not None and found[1] == until:
            note(study, transaction, Act.HANDED_OUT, case=entry.case_id, fence=found[0], reason=OUTAGE)
    return None if found is None else Lease(case_id=entry.case_id, fence=found[0], until=moment(found[1]))


def _planned_anew(study: OpenStudy, transaction: Transaction, lease: Lease) -> Lease | None:
    """Write what becomes of a case that was taken up again when its lease ends, too; None when it was lost since."""
    if held_row(study, transaction, lease) is None:
        return None
    plan_lapse_anew(study, transaction, lease.case_id)
    return lease


def _begin_call(study: OpenStudy, transaction: Transaction, entry: Entry, lease: Lease) -> None:
    row = held_row(study, transaction, lease)
    if row is not None and entry.call is not None:
        begin_call_in(_at(study, entry), transaction, row, entry.call)


def _keep_event(study: OpenStudy, transaction: Transaction, entry: Entry, lease: Lease) -> Lost | None:
    event = event_from_json(entry.event)
    there = drafts.event_at(transaction, entry.case_id, entry.n)
    if there is None and entry.n and drafts.event_at(transaction, entry.case_id, entry.n - 1) is None:
        return Lost()  # the interview was deleted, or begun anew, elsewhere
    if there not in (None, event.id):
        return Lost()
    fresh = keep_event(study, transaction, entry.case_id, entry.n, event)
    if entry.place:
        drafts.forget_text(transaction, entry.case_id, entry.place)
    if fresh and entry.begins and entry.n == 0:
        note(_at(study, entry), transaction, Act.INTERVIEW, case=entry.case_id, fence=lease.fence)
        plan_lapse_anew(study, transaction, entry.case_id)
    return None


def _keep_words(study: OpenStudy, transaction: Transaction, entry: Entry, _lease: Lease) -> None:
    sealed = sealed_words(study, entry.case_id, entry.place, entry.words)
    drafts.keep_text(transaction, entry.case_id, entry.place, sealed)


def _end(study: OpenStudy, transaction: Transaction, entry: Entry, lease: Lease) -> Noted | Lost:
    if entry.call is None or entry.outcome is None:
        raise ValueError(entry.deed)
    then = _at(study, entry)
    if entry.whole is not None:
        mixing.put_into_pool(then, transaction, lease, entry.whole)
    elif entry.event:
        lost = _keep_event(study, transaction, entry, lease)
        if lost is not None:
            return lost
    noted = keep_outcome(
        then, transaction, lease, entry.call, entry.outcome,
        appointment=entry.appointment, preference=entry.preference,
        sub_reason=entry.sub_reason, note_code=entry.note_code,
    )  # fmt: skip
    if isinstance(noted, LeaseLost):
        raise CallIsGoneError(entry.case_id)
    if entry.whole is not None:  # the answers are in the pool, tied to nobody: no undo reaches them
        noted = replace(noted, until=entry.at, undo=replace(noted.undo, until=entry.at - timedelta(seconds=1)))
    if entry.over:
        drafts.forget(transaction, entry.case_id)
    if entry.over is not None:
        act = Act.COMPLETED if entry.over else Act.BROKEN_OFF
        note(then, transaction, act, case=entry.case_id, fence=lease.fence)
    return noted


_DEEDS = {Deed.CALL: _begin_call, Deed.EVENT: _keep_event, Deed.WORDS: _keep_words, Deed.END: _end}
