"""Handing out cases: the next one, a certain one, and what a page is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from cati.errors import Problem
from cati.fieldwork.delivered import LEASE_MINUTES, Call, DeliveredCase, Lease, LeaseLost, NoCase, StoryLine, Taken
from cati.fieldwork.log import Act, checkpoint_when_due, moment, note, seconds
from cati.fieldwork.mixing import field_is_over
from cati.fieldwork.no_case import field_over, why_none
from cati.fieldwork.open_cells import full_cells, may_go_on, open_cells, rank_below_fresh, without_full
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import (
    CaseFile,
    case_file,
    cell_of,
    place,
    plan_lapse,
    plan_lapse_anew,
    standing_of,
    study_cells,
    turn,
)
from cati.fieldwork.settings_in_force import in_force
from cati.fieldwork.views import too_many, too_many_views, within_limit
from cati.store import attempts, cases, claiming, drafts, studies, timelines
from cati.store.cases import CaseRow, CaseStatus
from cati.store.claiming import ClaimsMet
from cati.store.connecting import DiskFull
from cati.store.database import Transaction
from cati.survey.calling_hours import closes_at, is_allowed, wall
from cati.survey.case import Preference
from cati.survey.dispositions import TABLE
from cati.survey.schedule import next_phone, why_now
from cati.text import tr

TURNED_AT_ONCE = 25
CLAIMS_MEET = 20
"""So often a claim begins anew when it met another at the end of a quota; each time at least one of them goes on."""
CALL_BACK = "call_back"
OWN_APPOINTMENT = "appointment"

Cells = Mapping[int, tuple[str, str, str]]


def take_next_case(study: OpenStudy) -> DeliveredCase | NoCase:
    """Hand out the best case that may be called this moment, leased to the signed-in interviewer and logged.

    A case that the interviewer holds already (after a crash) comes back first, on a full disk, too: its call is to be
    finished. One transaction; nothing is scanned.
    """
    if study.keys is None:
        raise study.contacts_erased()
    checkpoint_when_due(study)
    claimed = None
    for tries_left in reversed(range(CLAIMS_MEET)):
        try:
            claimed = _claimed(study)
        except ClaimsMet:
            if not tries_left:
                raise
        else:
            break
    if claimed is not None:
        return claimed
    with study.reading() as transaction:
        over = field_is_over(study, transaction)
    return field_over(study) if over else why_none(study, study.now())


def _claimed(study: OpenStudy) -> DeliveredCase | None:
    if study.database.by_functions:
        try:
            return _claimed_on_server(study)
        except UnheardOf:
            with study.transaction() as transaction:
                study = in_force(study, transaction)
            return _claimed_on_server(study)
    now = study.now()
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        cells = study_cells(study, transaction)
        found, refused = cases.held_by(transaction, study.me.id, seconds(now)), False
        if found is None and not field_is_over(study, transaction):
            _refuse_when_full(study)
            refused = too_many(study, transaction)
            found = None if refused else _best(study, transaction, cells, now)
        if not refused:
            return None if found is None else hand_out(study, transaction, found, cells, now)
    raise too_many_views(study)


def _claimed_on_server(study: OpenStudy) -> DeliveredCase | None:
    """Let the server choose, by its own clock and tables; this window only opens what it is handed."""
    with within_limit(study), study.database.one_statement() as transaction:
        row = claiming.claim(transaction)
    if row is None:
        return None
    study.database.unsigned_entries += 1  # the function logged it
    _give_back_if_stale(study, row)
    lease = Lease(case_id=row.id, fence=row.fence, until=moment(row.lease_until or 0))
    found = handed_by_function(study, row, lease)
    if found is None:  # another window of the same member took it over in between
        raise ClaimsMet
    return found


def handed_by_function(study: OpenStudy, row: CaseRow, lease: Lease) -> DeliveredCase | None:
    """Open what the page shows of a case that a server just leased; ``row`` is the case as it was before.

    A look of its own: the server shows a contact only once the entry in its log is kept. None: lost meanwhile.
    """
    cell = _cell_of(study, row)
    with study.database.one_statement() as transaction:
        known = case_file(study, transaction, row, cell)
    if known.contact is None:
        return None
    if known.open_call is not None and not _planned(study, known, lease):
        return None
    return _delivered(study, known, lease, study.now())


def _planned(study: OpenStudy, known: CaseFile, lease: Lease) -> bool:
    """Write what becomes of a case when its lease ends, after a crash or an undo; False when it was lost meanwhile.

    Else the function that leased it has. The case is in hand by now: where nothing can be written, because the disk of
    the server is full, it goes back to its old place then, and what comes next says why.
    """
    with suppress(DiskFull), study.transaction() as transaction:
        if held_row(study, transaction, lease) is None:
            return False
        plan_lapse(study, transaction, known, seconds(lease.until))
    return True


def _cell_of(study: OpenStudy, row: CaseRow) -> tuple[str, str, str]:
    known = study.database.cells.get(row.cell)
    if known is not None:
        return known
    with study.reading() as transaction:
        return cell_of(study, transaction, row.cell)


class UnheardOf(Problem):
    """A case of a site or department that this window has not heard of; it was given back."""


def _give_back_if_stale(study: OpenStudy, row: CaseRow) -> None:
    """Give back a case of a site or department that this window has not heard of, and raise `UnheardOf`."""
    site, department, _language = _cell_of(study, row)
    try:
        study.settings.department(site, department)
    except KeyError:
        pass
    else:
        return
    with study.transaction() as transaction:
        timelines.give_back_by_function(transaction, study.me.id)
    raise UnheardOf(tr("Settings"), tr("They were changed since you signed in."), tr("Sign out and in again."))


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
    """Return the best ready case of an open cell that has room; one without is left out from the next look on."""
    me, shut = study.me.id, set[int]()
    second = claiming.second_approaches(transaction, me)
    while True:
        usual, wished = ([cell for cell in some if cell not in shut] for some in open_cells(study, cells, now))
        candidates = claiming.best_ready(transaction, usual, me, second=second)
        if wished:
            below = rank_below_fresh()
            candidates += claiming.best_ready(transaction, wished, me, below=below, second=second)
            candidates.sort(key=lambda row: row.rank)
        found = without_full(study, transaction, cells, candidates, now, shut)
        if found is not None or not candidates:
            return found


def hand_out(
    study: OpenStudy, transaction: Transaction, row: CaseRow, cells: Cells, now: datetime, *, act: Act = Act.HANDED_OUT,
    reason: str = "",
) -> DeliveredCase:  # fmt: skip
    """Lease a case to the signed-in member, log it, and open what the page shows; all in this transaction."""
    until = now + timedelta(minutes=LEASE_MINUTES)
    fence = cases.lease(transaction, row, study.me.id, seconds(until))
    if reason:
        note(study, transaction, act, case=row.id, fence=fence, reason=reason)
    else:
        note(study, transaction, act, case=row.id, fence=fence)
    known = case_file(study, transaction, row, cells[row.cell])
    plan_lapse(study, transaction, known, seconds(until))
    return _delivered(study, known, Lease(case_id=row.id, fence=fence, until=until), now)


def _delivered(study: OpenStudy, known: CaseFile, lease: Lease, now: datetime) -> DeliveredCase:
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
        interview_open=known.begun,
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
    now = study.now()
    with within_limit(study), study.transaction() as transaction:
        study = in_force(study, transaction)
        cells = study_cells(study, transaction)
        row = cases.locked_row(transaction, case_id)
        if row is None or row.lease_holder != study.me.id:
            _refuse_when_full(study)
        hindrance = _hindrance(study, transaction, row, cells, now, reason)
        if hindrance is not None:
            return Taken(case_id, *hindrance)
        if row is None:
            raise KeyError(case_id)
        refused = False
        leased: Lease | Taken | None = None
        if study.database.by_functions:
            leased = _leased_on_server(study, transaction, row, cells, now, reason)
        else:
            held = row.lease_holder == study.me.id and (row.lease_until or 0) > seconds(now)
            refused = not held and too_many(study, transaction)
            if not refused:
                return hand_out(study, transaction, row, cells, now, act=Act.LOOKED_UP, reason=reason)
    if refused:
        raise too_many_views(study)
    if isinstance(leased, Taken):
        return leased
    found = None if leased is None else handed_by_function(study, row, leased)
    return _with_a_colleague(case_id) if found is None else found


def _with_a_colleague(case_id: str) -> Taken:
    return Taken(case_id, "", tr("A colleague has this case open."))


def _leased_on_server(
    study: OpenStudy, transaction: Transaction, row: CaseRow, cells: Cells, now: datetime, reason: str
) -> Lease | Taken:
    """Let the server lease a certain case; where it does not, ask for the reason once it holds the case."""
    leased = cases.lease_by_function(transaction, row, reason, LEASE_MINUTES)
    if leased is not None:
        return Lease(case_id=row.id, fence=leased[0], until=moment(leased[1]))
    why = ""
    if row.lease_holder != study.me.id:
        why = no_room(study, transaction, row, cells, now, begun=drafts.has_events(transaction, row.id))
    return Taken(row.id, "", why) if why else _with_a_colleague(row.id)


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
    if row.lease_holder == study.me.id or study.database.by_functions:
        return None  # a server looks for room itself, with the case in hand first: two who do not would wait in a ring
    why = no_room(study, transaction, row, cells, now, begun=drafts.has_events(transaction, row.id))
    return ("", why) if why else None


def no_room(
    study: OpenStudy, transaction: Transaction, row: CaseRow, cells: Cells, now: datetime, *, begun: bool
) -> str:
    """Return why no interview of this case's site and department may begin (or, ``begun``, go on); "" when one may.

    On a file with the right to write, on a server from here on, nobody else begins one there in this transaction.
    """
    if study.database.by_functions:
        room = claiming.room_for(transaction, row.id, begun=begun)
    elif (
        may_go_on(study, transaction, cells, row.cell)
        if begun
        else without_full(study, transaction, cells, [row], now, set()) is not None
    ):
        room = ""
    else:
        room = "full" if row.cell in full_cells(study, transaction, cells) else "running"
    if not room:
        return ""
    if room == "full":
        return tr("There are enough interviews of this site and department.")
    return tr("The interviews now running could reach the target here. Try again in some minutes.")


def held_row(study: OpenStudy, transaction: Transaction, lease: Lease) -> CaseRow | None:
    """Return the case while the signed-in member holds it under this fence; None when the lease was lost.

    A lease whose time ran out but that nobody took over yet is still held. From here on nobody else changes the case
    in this transaction.
    """
    return cases.hold(transaction, lease.case_id, lease.fence, study.me.id)


def renew_lease(study: OpenStudy, lease: Lease) -> Lease | LeaseLost:
    """Hold on to the case for another `LEASE_MINUTES`; to be called every few minutes while its page is open."""
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        later = renewed(study, transaction, lease)
    return LeaseLost(lease.case_id) if later is None else later


def renewed(study: OpenStudy, transaction: Transaction, lease: Lease) -> Lease | None:
    """Hold on to the case from now on, inside a transaction already begun; None when the lease was lost."""
    if study.database.by_functions:
        end = cases.renew_by_function(transaction, lease.case_id, lease.fence, LEASE_MINUTES)
        if end is None:
            return None
        until = moment(end)
    else:
        until = study.now() + timedelta(minutes=LEASE_MINUTES)
        if not cases.renew(transaction, lease.case_id, lease.fence, study.me.id, seconds(until)):
            return None
    plan_lapse_anew(study, transaction, lease.case_id)
    return replace(lease, until=until)


def put_back(study: OpenStudy, lease: Lease, reason: str = "") -> bool:
    """Give a case back without an outcome; False when the lease was lost. ``reason`` is a code, "" for none.

    A call that was begun must have an outcome first: the dialling cannot be forgotten.
    """
    now = study.now()
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = held_row(study, transaction, lease)
        if row is None:
            return False
        known = case_file(study, transaction, row, cell_of(study, transaction, row.cell))
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
