"""A call and how it ended: the outcome kept, ten seconds to take it back, and withdrawal, which nothing takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cati.errors import Problem
from cati.fieldwork.delivered import (
    LEASE_MINUTES,
    UNDO_SECONDS,
    Before,
    Call,
    DeliveredCase,
    Lease,
    LeaseLost,
    Noted,
    Receipt,
    TooLate,
    UndoToken,
)
from cati.fieldwork.delivery import check_code, hand_out, handed_by_function, held_row, no_room
from cati.fieldwork.log import Act, moment, note, seconds
from cati.fieldwork.mixing import forget_pending, tag_of
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import (
    CaseFile,
    after_the_field,
    appointment_row,
    case_file,
    cell_of,
    opened_contact,
    plan_lapse,
    put,
    sealed_contact,
    standing_of,
    study_cells,
    timeline_of,
)
from cati.fieldwork.settings_in_force import in_force
from cati.store import attempts, cases, contacts, drafts, erasure
from cati.store.cases import CaseRow, CaseStatus, Place
from cati.store.database import Transaction
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, Preference
from cati.survey.dispositions import Outcome
from cati.survey.schedule import Standing
from cati.text import show_moment, tr

ERASES = frozenset({Outcome.HARD_REFUSAL, Outcome.WITHDRAWN})
"""After these the contact is erased at once and the keyed hash keeps the person from coming back."""

_NEEDS_APPOINTMENT = frozenset({Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT})
_ENDS_APPOINTMENT = frozenset(
    {Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT, Outcome.CALL_BACK, Outcome.SOFT_REFUSAL, Outcome.BREAK_OFF,
     Outcome.INTERRUPTED}
)  # fmt: skip
WITHDRAWN_CODE = "2.112"
WITHDRAWN_REASON = "withdrawn"


def begin_call(study: OpenStudy, lease: Lease, phone: int) -> Call | LeaseLost:
    """Keep that a call to the number with this index began now, before anybody dials.

    A call of this case that is still open comes back instead: nobody makes two at once.
    """
    now = study.now()
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = held_row(study, transaction, lease)
        if row is None:
            return LeaseLost(lease.case_id)
        fresh = Call(id=f"{study.draw.getrandbits(128):032x}", started=moment(seconds(now)), phone=phone)
        return begin_call_in(study, transaction, row, fresh)


def begin_call_in(study: OpenStudy, transaction: Transaction, row: CaseRow, call: Call) -> Call:
    """Keep that ``call`` began to a case that is held; the one that is open already comes back instead."""
    known = case_file(study, transaction, row, cell_of(study, transaction, row.cell))
    if known.open_call is not None:
        there = known.open_call
        return Call(id=there.id, started=moment(there.started), phone=there.phone)
    begun = attempts.AttemptRow(
        id=call.id,
        case=row.id,
        interviewer=study.me.id,
        started=seconds(call.started),
        ended=None,
        phone=call.phone,
        phone_kind=known.phones[call.phone].value,
        outcome=None,
    )
    attempts.begin_attempt(transaction, begun)
    plan_lapse(study, transaction, replace(known, calls=(*known.calls, begun)), row.lease_until or seconds(study.now()))
    note(study, transaction, Act.DIALLED, case=row.id, fence=row.fence)
    return call


def keep_outcome(
    study: OpenStudy,
    transaction: Transaction,
    lease: Lease,
    call: Call,
    outcome: Outcome,
    *,
    appointment: Appointment | None = None,
    preference: Preference | None = None,
    sub_reason: str = "",
    note_code: str = "",
) -> Noted | LeaseLost:
    """Do what `note_outcome` does inside a transaction already begun: attempt, appointment, place in the queue, log.

    ``study`` has the settings `in_force`. `interviewing` completes and breaks off with it. When the case closes, its
    open interview is deleted. After an outcome of `ERASES` the caller empties the write-ahead log
    (`Database.checkpoint`) once the transaction is over.
    """
    row = held_row(study, transaction, lease)
    if row is None:
        return LeaseLost(lease.case_id)
    now = study.now()
    cell = cell_of(study, transaction, row.cell)
    before = _before(transaction, row)
    if not attempts.end_attempt(
        transaction,
        call.id,
        seconds(now),
        outcome.value,
        sub_reason=check_code(sub_reason),
        note_code=check_code(note_code),
    ):
        return LeaseLost(lease.case_id)
    if appointment is not None:
        contact = None if before.contact is None else opened_contact(study, before.contact)
        booked = appointment_row(study, row.id, appointment, site=cell[0], contact=contact)
        attempts.book(transaction, booked)
    elif outcome in _ENDS_APPOINTMENT:
        attempts.cancel_appointment(transaction, row.id)
    if preference is not None:
        _keep_preference(study, transaction, row, cell, preference)
    known = case_file(study, transaction, row, cell)
    standing = standing_of(study, known, now)
    planned = timeline_of(study, known, now)
    place = planned[0][1]
    if outcome in ERASES:
        before = replace(before, newly_never=_erase(study, transaction, row.id, before.hashes))
        place = _closed(place, CaseStatus.WITHDRAWN if outcome is Outcome.WITHDRAWN else CaseStatus.CLOSED)
        planned = ((seconds(now), place),)
    closed = place.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
    if closed:
        attempts.cancel_appointment(transaction, row.id)
        drafts.forget(transaction, row.id)
    put(transaction, row.id, planned)
    act = Act.WITHDRAWN if outcome is Outcome.WITHDRAWN else Act.OUTCOME
    note(study, transaction, act, case=row.id, fence=row.fence, outcome=outcome.value)
    until = now + timedelta(seconds=UNDO_SECONDS)
    return Noted(
        undo=UndoToken(case_id=row.id, fence=row.fence, call=call, until=until, before=before),
        until=until,
        next_words=_next_words(standing, known, now, closed=closed, erased=outcome in ERASES),
        final=(place.final_code or "") if closed else "",
    )


def _before(transaction: Transaction, row: CaseRow) -> Before:
    return Before(
        row=row,
        appointment=attempts.appointment_of(transaction, row.id),
        contact=contacts.sealed_contact(transaction, row.id),
        hashes=contacts.hashes_of(transaction, row.id),
        newly_never=(),
        events=drafts.events(transaction, row.id),
    )


def _keep_preference(
    study: OpenStudy, transaction: Transaction, row: CaseRow, cell: tuple[str, str, str], preference: Preference
) -> None:
    contact = case_file(study, transaction, row, cell).contact
    if contact is not None:
        wished = replace(contact, preference=preference)
        contacts.replace_contact(transaction, sealed_contact(study, row.id, wished))


def _erase(
    study: OpenStudy, transaction: Transaction, case_id: str, digests: tuple[bytes, ...]
) -> tuple[bytes, ...]:  # fmt: skip
    """Erase contact, open interview and appointment; return the hashes that were not among the never-again yet.

    A server remembers these for the time of the undo by itself.
    """
    if study.database.by_functions:
        contacts.erase_by_function(transaction, case_id)
        return ()
    _known, never = contacts.known_among(transaction, digests)
    contacts.never_call_again(transaction, digests)
    contacts.erase_contact(transaction, case_id)
    drafts.forget(transaction, case_id)
    attempts.cancel_appointment(transaction, case_id)
    return tuple(digest for digest in digests if digest not in never)


def _closed(place: Place, status: CaseStatus) -> Place:
    return replace(place, status=status, turns_at=None, avoid=None, final_code=place.final_code or WITHDRAWN_CODE)


def note_outcome(
    study: OpenStudy,
    lease: Lease,
    call: Call,
    outcome: Outcome,
    *,
    appointment: Appointment | None = None,
    preference: Preference | None = None,
    sub_reason: str = "",
    note_code: str = "",
) -> Noted | LeaseLost:
    """Keep the outcome of a call, work out when the case is called again, and give the case back.

    ``preference`` is when the person said they would like to be called. ``sub_reason`` and ``note_code`` are codes of
    a list, never typed words (ValueError). A hard refusal erases the contact from the disk at once; for ten seconds
    the undo token alone could bring it back. Complete interviews go through `interviewing.complete`.
    """
    refuse_outcome(study, outcome, appointment)
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        noted = keep_outcome(
            study,
            transaction,
            lease,
            call,
            outcome,
            appointment=appointment,
            preference=preference,
            sub_reason=sub_reason,
            note_code=note_code,
        )
    if outcome in ERASES and isinstance(noted, Noted):
        study.database.checkpoint()  # the write-ahead log still held the page as it was
    return noted


def refuse_outcome(study: OpenStudy, outcome: Outcome, appointment: Appointment | None) -> None:
    """Raise what is wrong with an outcome before anything is kept of it."""
    if outcome is Outcome.COMPLETE:
        message = "an interview is completed by interviewing.complete"
        raise ValueError(message)
    if outcome in _NEEDS_APPOINTMENT and appointment is None:
        raise Problem(tr("Appointment"), tr("It is not said for when."), tr("Enter day and time."))
    if appointment is not None and (late := after_the_field(study, appointment)) is not None:
        raise late


def _next_words(standing: Standing, known: CaseFile, now: datetime, *, closed: bool, erased: bool) -> str:
    if erased:
        return tr("Erased. This person is never called again.")
    if closed:
        return tr("Closed. This person is not called again.")
    if standing.due_at <= now:
        return tr("May be called again at once.")
    return tr("Called again from {when}.", when=show_moment(wall(standing.due_at, known.site), "EEE d MMM HH:mm"))


def undo_outcome(study: OpenStudy, token: UndoToken) -> DeliveredCase | TooLate:
    """Take the outcome back within ten seconds: the case is leased again, its call open as before.

    Not when an interview of the same place began meanwhile and this one could be one too many: the outcome stays.
    """
    now = study.now()
    before = token.before
    if study.database.by_functions:
        return TooLate(token.case_id) if now > token.until else _undo_by_function(study, token)
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = cases.locked_row(transaction, token.case_id)
        if row is None or now > token.until or row.fence != token.fence or row.lease_holder is not None:
            return TooLate(token.case_id)
        cells = study_cells(study, transaction)
        why = no_room(study, transaction, row, cells, now, begun=True)
        if why:
            return TooLate(token.case_id, why)
        contacts.call_again(transaction, before.newly_never)
        if before.contact is not None:
            if contacts.sealed_contact(transaction, row.id) is None:
                contacts.add_contacts(transaction, [before.contact])
                contacts.add_hashes(transaction, [(digest, row.id) for digest in before.hashes])
            else:
                contacts.replace_contact(transaction, before.contact)
        _restore(transaction, row.id, before)
        attempts.reopen_attempt(transaction, token.call.id)
        was = before.row
        place = Place(
            status=CaseStatus.READY, tier=was.tier, rank=was.rank, due_at=was.due_at, turns_at=was.turns_at,
            avoid=was.avoid, final_code=None,
        )  # fmt: skip
        cases.put(transaction, [(row.id, place)])
        again = cases.case_row(transaction, row.id) or row
        return hand_out(study, transaction, again, cells, now, act=Act.UNDONE)


def _restore_events(transaction: Transaction, case_id: str, before: Before) -> None:
    """Put back the open interview; what is there already stays."""
    for n, event_id, sealed in before.events:
        drafts.append(transaction, case_id, n, event_id, sealed)


def _restore(transaction: Transaction, case_id: str, before: Before) -> None:
    """Put back the open interview and the appointment."""
    _restore_events(transaction, case_id, before)
    attempts.cancel_appointment(transaction, case_id)
    if before.appointment is not None:
        attempts.book(transaction, before.appointment)


def _undo_by_function(study: OpenStudy, token: UndoToken) -> DeliveredCase | TooLate:
    before = token.before
    words = (before.row, token.fence, token.call.id, LEASE_MINUTES, before.contact, before.hashes, before.appointment)
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        leased = erasure.undo_by_function(transaction, *words)
        if leased is None:
            why = _taken_place(study, transaction, token)
            if not why:  # it may have become free in between: now nobody else takes it
                leased = erasure.undo_by_function(transaction, *words)
            if leased is None:
                return TooLate(token.case_id, why)
        _restore_events(transaction, token.case_id, before)
    lease = Lease(case_id=token.case_id, fence=leased[0], until=moment(leased[1]))
    return handed_by_function(study, before.row, lease) or TooLate(token.case_id)


def _taken_place(study: OpenStudy, transaction: Transaction, token: UndoToken) -> str:
    """Return why the server took nothing back, where it was no matter of time: its place is taken."""
    row = cases.case_row(transaction, token.case_id)
    if row is None or row.fence != token.fence or row.lease_holder is not None:
        return ""
    return no_room(study, transaction, row, study_cells(study, transaction), study.now(), begun=True)


def withdraw(study: OpenStudy, case: Lease | str) -> Receipt:
    """Erase contact and answers so far at once and never call again; the keyed hash of the numbers stays.

    ``case`` is a lease or, when the person calls and a colleague has the case open, its id: a withdrawal waits for
    nobody, the colleague's next write is refused. Nothing takes it back. Twice is as once.
    """
    case_id = case if isinstance(case, str) else case.case_id
    now = study.now()
    if study.database.by_functions:
        return _withdraw_by_function(study, case_id)
    with study.transaction() as transaction:
        row = cases.locked_row(transaction, case_id)
        if row is None:
            raise _no_such_case()
        for call in attempts.attempts_of(transaction, case_id):
            if call.ended is None:
                attempts.end_attempt(transaction, call.id, seconds(now), Outcome.WITHDRAWN.value)
        _erase(study, transaction, case_id, contacts.hashes_of(transaction, case_id))
        forget_pending(study, transaction, case_id)
        place = Place(
            status=CaseStatus.WITHDRAWN, tier=row.tier, rank=row.rank, due_at=row.due_at, turns_at=None,
            final_code=WITHDRAWN_CODE,
        )  # fmt: skip
        cases.put(transaction, [(case_id, place)])
        cases.raise_fence(transaction, case_id)
        entry = note(study, transaction, Act.WITHDRAWN, case=case_id, fence=row.fence)
    study.database.checkpoint()
    return _receipt(entry.n, now)


def _withdraw_by_function(study: OpenStudy, case_id: str) -> Receipt:
    with study.transaction() as transaction:
        done = erasure.withdraw_by_function(transaction, case_id, tag_of(study, case_id))
    if done is None:
        raise _no_such_case()
    study.database.unsigned_entries += 1  # the function logged it
    return _receipt(done[0], moment(done[1]))


def _no_such_case() -> Problem:
    return Problem(tr("Withdrawal"), tr("There is no such case."), "")


def _receipt(n: int, at: datetime) -> Receipt:
    return Receipt(
        number=str(n),
        at=at,
        words=tr("Consent withdrawn; contact and answers so far are erased. No further call. Entry {n}.", n=n),
    )
