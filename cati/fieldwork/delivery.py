"""Handing out cases: the next one, a certain one, and what a page is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cati.errors import Problem
from cati.fieldwork.delivered import LEASE_MINUTES, Call, DeliveredCase, Lease, LeaseLost, NoCase, StoryLine, Taken
from cati.fieldwork.log import Act, checkpoint_when_due, moment, note, seconds
from cati.fieldwork.mixing import field_is_over
from cati.fieldwork.no_case import field_over, why_none
from cati.fieldwork.open_cells import open_cells, rank_below_fresh, without_full
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import (
    CaseFile,
    case_file,
    place,
    plan_lapse,
    plan_lapse_anew,
    standing_of,
    study_cells,
    turn,
)
from cati.fieldwork.views import too_many, too_many_views
from cati.store import attempts, cases, drafts, studies
from cati.store.cases import CaseRow, CaseStatus
from cati.store.database import Transaction
from cati.survey.calling_hours import closes_at, is_allowed, wall
from cati.survey.case import Preference
from cati.survey.dispositions import TABLE
from cati.survey.schedule import next_phone, why_now
from cati.text import tr

TURNED_AT_ONCE = 25
CALL_BACK = "call_back"
OWN_APPOINTMENT = "appointment"

Cells = Mapping[int, tuple[str, str, str]]


def take_next_case(study: OpenStudy) -> DeliveredCase | NoCase:
    """Hand out the best case that may be called this moment, leased to the signed-in interviewer and logged.

    A case that the interviewer holds already (after a crash) comes back first. One transaction; nothing is scanned.
    """
    _refuse_when_full(study)
    checkpoint_when_due(study)
    now = study.now()
    with study.transaction() as transaction:
        cells = study_cells(study, transaction)
        held = cases.held_by(transaction, study.me.id, seconds(now))
        if held is not None:
            return hand_out(study, transaction, held, cells, now)
        over = field_is_over(study, transaction)
        refused = not over and too_many(study, transaction)
        found = None if over or refused else _best(study, transaction, cells, now)
        if found is not None:
            return hand_out(study, transaction, found, cells, now)
    if refused:
        raise too_many_views(study)
    return field_over(study) if over else why_none(study, now)


def _refuse_when_full(study: OpenStudy) -> None:
    if not study.database.ballast_is_there():
        raise Problem(
            tr("Disk"),
            tr("The disk was full; no new case is handed out."),
            tr("Make room, then open the study again."),
        )


def _best(study: OpenStudy, transaction: Transaction, cells: Cells, now: datetime) -> CaseRow | None:
    """Return the best case that may be called now; turns a few cases first, more only while none is found."""
    while True:
        turned = turn(study, transaction, now, TURNED_AT_ONCE)
        found = _best_ready(study, transaction, cells, now)
        if found is not None or turned < TURNED_AT_ONCE:
            return found


def _best_ready(study: OpenStudy, transaction: Transaction, cells: Cells, now: datetime) -> CaseRow | None:
    """Return the best ready case of an open cell that is not full; a full one is left out from the next look on."""
    while True:
        usual, wished = open_cells(study, cells, now)
        candidates = cases.best_of_each_cell(transaction, usual, study.me.id)
        if wished:
            below = rank_below_fresh()
            candidates += cases.best_of_each_cell(transaction, wished, study.me.id, below=below)
            candidates.sort(key=lambda row: row.rank)
        found = without_full(study, transaction, cells, candidates, now)
        if found is not None or not candidates:
            return found


def hand_out(
    study: OpenStudy, transaction: Transaction, row: CaseRow, cells: Cells, now: datetime, *, act: Act = Act.HANDED_OUT,
    reason: str = "",
) -> DeliveredCase:  # fmt: skip
    """Lease a case to the signed-in member, log it, and open what the page shows; all in this transaction."""
    until = now + timedelta(minutes=LEASE_MINUTES)
    known = case_file(study, transaction, row, cells[row.cell])
    fence = cases.lease(transaction, row, study.me.id, seconds(until))
    plan_lapse(study, transaction, known, seconds(until))
    if reason:
        note(study, transaction, act, case=row.id, fence=fence, reason=reason)
    else:
        note(study, transaction, act, case=row.id, fence=fence)
    lease = Lease(case_id=row.id, fence=fence, until=until)
    return _delivered(study, known, lease, now, interview_open=drafts.has_events(transaction, row.id))


def _delivered(
    study: OpenStudy, known: CaseFile, lease: Lease, now: datetime, *, interview_open: bool
) -> DeliveredCase:  # fmt: skip
    if known.contact is None:
        message = "a case without a contact was ready"
        raise AssertionError(message)
    standing = standing_of(study, known, now)
    call = known.open_call
    closes = closes_at(now, known.site, study.settings.rules)
    return DeliveredCase(
        case_id=known.row.id,
        lease=lease,
        contact=known.contact,
        site=known.site,
        department=study.settings.department(known.site.code, known.department),
        language=known.language,
        why=why_now(standing, known.site),
        story=story_of(known),
        preference=preference_words(known.contact.preference),
        appointment=known.appointment,
        local_now=wall(now, known.site),
        closes_at=None if closes is None else wall(closes, known.site),
        next_phone=next_phone(known.history, known.phones, study.settings.rules),
        attempts=len(known.history),
        interview_open=interview_open,
        call=None if call is None else Call(id=call.id, started=moment(call.started), phone=call.phone),
    )


def story_of(known: CaseFile) -> tuple[StoryLine, ...]:
    """Return what happened so far, one line a call, in the respondent's wall time."""
    return tuple(
        StoryLine(at=wall(one.started, known.site), words=tr(TABLE[one.outcome].label)) for one in known.history
    )


def preference_words(preference: Preference | None) -> str:
    """Return when the person would like to be called: their words where known, else from and to; "" for no wish."""
    if preference is None:
        return ""
    if preference.said:
        return preference.said
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (preference.start_minute, preference.end_minute))
    return tr("{start} to {end}", start=start, end=end)


def take_case(study: OpenStudy, case_id: str, reason: str) -> DeliveredCase | Taken:
    """Take one certain case; ``reason`` is `CALL_BACK` (the person is on the line) or `OWN_APPOINTMENT`.

    A person on the line is taken at any hour; an appointment only inside the calling limit.
    """
    if reason not in (CALL_BACK, OWN_APPOINTMENT):
        raise ValueError(reason)
    _refuse_when_full(study)
    now = study.now()
    with study.transaction() as transaction:
        cells = study_cells(study, transaction)
        row = cases.case_row(transaction, case_id)
        hindrance = _hindrance(study, transaction, row, cells, now, reason)
        if hindrance is not None:
            return Taken(case_id, *hindrance)
        if row is None:
            raise KeyError(case_id)
        held = row.lease_holder == study.me.id and (row.lease_until or 0) > seconds(now)
        if held or not too_many(study, transaction):
            return hand_out(study, transaction, row, cells, now, act=Act.LOOKED_UP, reason=reason)
    raise too_many_views(study)


def _hindrance(
    study: OpenStudy, transaction: Transaction, row: CaseRow | None, cells: Cells, now: datetime, reason: str
) -> tuple[str, str] | None:
    """Return (who has the case, why it cannot be taken), None when it can."""
    if row is None or row.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        return "", tr("This case is closed.")
    mine = cases.held_by(transaction, study.me.id, seconds(now))
    if mine is not None and mine.id != row.id:
        return study.me.name, tr("You have another case open; finish it or give it back first.")
    if row.lease_holder not in (None, study.me.id) and (row.lease_until or 0) > seconds(now):
        names = {member.id: member.name for member in studies.members(transaction)}
        return names.get(row.lease_holder or "", "?"), tr("A colleague has this case open.")
    site = study.settings.site(cells[row.cell][0])
    if reason == OWN_APPOINTMENT and not is_allowed(now, site, study.settings.rules, appointment=True):
        return "", tr("Nobody may be called at this hour.")
    if without_full(study, transaction, cells, [row], now) is None and not drafts.has_events(transaction, row.id):
        return "", tr("There are enough interviews of this site and department.")
    return None


def held_row(study: OpenStudy, transaction: Transaction, lease: Lease) -> CaseRow | None:
    """Return the case while the signed-in member holds it under this fence; None when the lease was lost.

    A lease whose time ran out but that nobody took over yet is still held.
    """
    row = cases.case_row(transaction, lease.case_id)
    if row is None or row.fence != lease.fence or row.lease_holder != study.me.id:
        return None
    return row


def renew_lease(study: OpenStudy, lease: Lease) -> Lease | LeaseLost:
    """Hold on to the case for another `LEASE_MINUTES`; to be called every few minutes while its page is open."""
    until = study.now() + timedelta(minutes=LEASE_MINUTES)
    with study.transaction() as transaction:
        if cases.renew(transaction, lease.case_id, lease.fence, study.me.id, seconds(until)):
            plan_lapse_anew(study, transaction, lease.case_id)
            return Lease(case_id=lease.case_id, fence=lease.fence, until=until)
    return LeaseLost(lease.case_id)


def put_back(study: OpenStudy, lease: Lease, reason: str = "") -> bool:
    """Give a case back without an outcome; False when the lease was lost. ``reason`` is a code, "" for none.

    A call that was begun must have an outcome first: the dialling cannot be forgotten.
    """
    now = study.now()
    with study.transaction() as transaction:
        row = held_row(study, transaction, lease)
        if row is None:
            return False
        known = case_file(study, transaction, row, study_cells(study, transaction)[row.cell])
        if known.open_call is not None:
            raise Problem(tr("Call"), tr("This call has no outcome yet."), tr("Say how it ended."))
        place(study, transaction, known, now)
        note(study, transaction, Act.PUT_BACK, case=row.id, fence=row.fence, reason=check_code(reason))
    return True


def check_code(code: str) -> str:
    """Return a code of a list; ValueError for anything that could be typed words (they may name a person)."""
    if code and not (code.isascii() and code.replace("_", "a").isalnum() and code == code.lower() and len(code) <= 40):  # noqa: PLR2004 - the column's length
        raise ValueError(code)
    return code


def my_calls(study: OpenStudy, transaction: Transaction, since: datetime) -> tuple[int, int]:
    """Return (calls, complete interviews) of the signed-in member since then."""
    return attempts.calls_since(transaction, study.me.id, seconds(since))
