"""A case's place in the queue and its timeline: worked out by the survey's rules, kept by the store."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import msgspec

from cati.errors import Problem
from cati.fieldwork.log import Act, moment, note, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.settings_in_force import in_force
from cati.settings import Site
from cati.store import attempts, case_files, cases, contacts, drafts, studies, timelines
from cati.store.attempts import AppointmentRow, AttemptRow
from cati.store.cases import CaseRow, CaseStatus, Place
from cati.store.database import Transaction, keys_renewed
from cati.survey.calling_hours import instant
from cati.survey.case import Appointment, AppointmentKind, Attempt, Contact, PhoneKind, Preference
from cati.survey.dispositions import Outcome
from cati.survey.schedule import CaseState, Standing, standing
from cati.text import show_moment, tr
from cati.vault.contacts import open_contact, seal_contact
from cati.vault.sealing import open_sealed, seal

_RANK_BITS = 59  # below the sign of a 64-bit number there is room for the tier in front

_decode_contact = msgspec.json.Decoder(Contact).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """All that is known of one case: its row, its calls, its appointment and, unless erased, its contact.

    ``begun``: its interview was begun and is not finished.
    """

    row: CaseRow
    site: Site
    department: str
    language: str
    calls: tuple[AttemptRow, ...]
    history: tuple[Attempt, ...] = field(repr=False)
    appointment: Appointment | None = field(repr=False)
    contact: Contact | None = field(repr=False)
    begun: bool

    @property
    def phones(self) -> tuple[PhoneKind, ...]:
        """The kinds of the person's numbers, in order."""
        return tuple(phone.kind for phone in self.contact.phones) if self.contact else ()

    @property
    def open_call(self) -> AttemptRow | None:
        """The call that was begun and has no outcome yet."""
        return next((call for call in self.calls if call.ended is None), None)


def contact_bytes(contact: Contact) -> bytes:
    """Return what is sealed of a contact: JSON, UTF-8."""
    return msgspec.json.encode(contact)


def sealed_contact(study: OpenStudy, case_id: str, contact: Contact) -> contacts.SealedContact:
    """Seal a contact for its row."""
    keys = study.open_keys
    key, details = seal_contact(keys.contacts, study.study_id, case_id, contact_bytes(contact), epoch=keys.epoch)
    return contacts.SealedContact(case_id, key, details, keys.epoch)


def opened_bytes(study: OpenStudy, row: contacts.SealedContact) -> bytes:
    """Open a contact's row to its JSON."""
    if row.epoch != study.open_keys.epoch:
        raise keys_renewed()
    return open_contact(
        study.open_keys.contacts, study.study_id, row.case, row.sealed_key, row.sealed_details, epoch=row.epoch
    )


def opened_contact(study: OpenStudy, row: contacts.SealedContact) -> Contact:
    """Open a contact's row."""
    return _decode_contact(opened_bytes(study, row))


def history_of(calls: Sequence[AttemptRow]) -> tuple[Attempt, ...]:
    """Return the ended calls as the rules know them."""
    return tuple(
        Attempt(
            started=moment(call.started),
            ended=moment(call.ended),
            interviewer=call.interviewer,
            phone=call.phone,
            phone_kind=PhoneKind(call.phone_kind),
            outcome=Outcome(call.outcome),
            message_left=call.outcome == Outcome.MAILBOX_MESSAGE,
        )
        for call in calls
        if call.ended is not None and call.outcome is not None
    )


def after_the_field(study: OpenStudy, wish: Appointment) -> Problem | None:
    """Return what is wrong with an appointment on a day when nobody is called any more, None when it can be kept."""
    last = study.settings.field_to
    if datetime.fromisoformat(wish.wall).date() <= last:
        return None
    return Problem(
        tr("Appointment"),
        tr("The field period ends on {day}.", day=show_moment(datetime.combine(last, time()), "d MMMM")),
        tr("Agree on a day before."),
    )


def appointment_row(
    study: OpenStudy, case_id: str, wish: Appointment, *, site: str, contact: Contact | None
) -> AppointmentRow:  # fmt: skip
    """Return an appointment for its row; the reason, which somebody typed, and the person's name are sealed."""
    key, where = study.open_keys.contacts, (study.study_id, "appointment", case_id)
    reason = seal(key, wish.reason.encode(), *where, "reason") if wish.reason else None
    name = None if contact is None else seal(key, name_of(contact).encode(), *where, "name")
    return AppointmentRow(
        case=case_id,
        kind=wish.kind.value,
        at=seconds(wish.at),
        until=None if wish.until is None else seconds(wish.until),
        wall=wish.wall,
        zone=wish.zone,
        reason=reason,
        interviewer=study.me.id,
        site=site,
        name=name,
    )


def name_of(contact: Contact) -> str:
    """Return title and name as said."""
    return " ".join(part for part in (contact.title, contact.given_name, contact.family_name) if part)


def booked_name(study: OpenStudy, row: AppointmentRow) -> str | None:
    """Return the name of whom an appointment is with, None where the row does not say it."""
    if row.name is None:
        return None
    return open_sealed(study.open_keys.contacts, row.name, study.study_id, "appointment", row.case, "name").decode()


def appointment_of(study: OpenStudy, row: AppointmentRow) -> Appointment:
    """Return the appointment in a row."""
    reason = ""
    if row.reason is not None:
        where = (study.study_id, "appointment", row.case, "reason")
        reason = open_sealed(study.open_keys.contacts, row.reason, *where).decode()
    return Appointment(
        kind=AppointmentKind(row.kind),
        at=moment(row.at),
        until=None if row.until is None else moment(row.until),
        wall=row.wall,
        zone=row.zone,
        reason=reason,
    )


def case_file(study: OpenStudy, transaction: Transaction, row: CaseRow, cell: tuple[str, str, str]) -> CaseFile:
    """Gather all that is known of a case in hand; ``cell`` is its (site, department, language)."""
    return _filed(study, row, cell, case_files.kept_of(transaction, row.id))


def _filed(study: OpenStudy, row: CaseRow, cell: tuple[str, str, str], kept: case_files.Kept) -> CaseFile:
    return CaseFile(
        row=row,
        site=study.settings.site(cell[0]),
        department=cell[1],
        language=cell[2],
        calls=kept.calls,
        history=history_of(kept.calls),
        appointment=None if kept.appointment is None else appointment_of(study, kept.appointment),
        contact=None if kept.contact is None else opened_contact(study, kept.contact),
        begun=kept.begun,
    )


def standing_of(study: OpenStudy, known: CaseFile, now: datetime) -> Standing:
    """Work out where a case stands by the rules of `cati.survey.schedule`."""
    return fresh_standing(
        study,
        known.site,
        known.phones,
        known.contact.preference if known.contact else None,
        now,
        history=known.history,
        appointment=known.appointment,
        draw=random.Random(known.row.draw),  # noqa: S311 - ties only, and the same again for the same case
    )


def fresh_standing(
    study: OpenStudy,
    site: Site,
    phones: tuple[PhoneKind, ...],
    preference: Preference | None,
    now: datetime,
    *,
    draw: random.Random,
    history: tuple[Attempt, ...] = (),
    appointment: Appointment | None = None,
) -> Standing:
    """Work out where a case stands that no row exists of yet."""
    return standing(
        history,
        appointment=appointment,
        preference=preference,
        phones=phones,
        site=site,
        rules=study.settings.rules,
        expected_minutes=study.settings.expected_minutes,
        now=now,
        draw=draw,
    )


def place_of(found: Standing) -> Place:
    """Return the standing as the case row keeps it."""
    closed = found.state is CaseState.CLOSED
    ready = found.state is CaseState.READY
    due_at = seconds(found.due_at)
    turns_at = None if found.turns_at is None else seconds(found.turns_at)
    return Place(
        status=CaseStatus.CLOSED if closed else CaseStatus.READY if ready else CaseStatus.WAITING,
        tier=int(found.tier),
        rank=rank_of(int(found.tier), found.rank),
        due_at=due_at,
        turns_at=None if closed else turns_at if ready else min(due_at, due_at if turns_at is None else turns_at),
        avoid=found.avoid_interviewer,
        final_code=found.final.code if closed and found.final is not None else None,
    )


def rank_of(tier: int, within: int) -> int:
    """Return one sortable number: the tier in front of the rank within it."""
    return (tier << _RANK_BITS) + min(within, (1 << _RANK_BITS) - 1)


Timeline = tuple[tuple[int, Place], ...]
"""From which instants on (seconds since 1970) a case has which places, the one it has now first."""

STEPS = 8
"""So many changes are written in advance; a case that nobody touches for longer is worked out anew."""


def timeline_of(study: OpenStudy, known: CaseFile, now: datetime, since: datetime | None = None) -> Timeline:
    """Work out a case's place now and the next `STEPS` it takes by the passing of time, none behind the field's end.

    ``since``: from when on its places follow from one another (now, unless a timeline is to go on).
    """
    return timeline(study, known.site, lambda at: standing_of(study, known, at), now, since)


def timeline(
    study: OpenStudy,
    site: Site,
    stand: Callable[[datetime], Standing],
    now: datetime,
    since: datetime | None = None,
    most: int = STEPS,
) -> Timeline:
    """Return what `timeline_of` does, for a case that stands as ``stand`` says at an instant, ``most`` steps of it."""
    end = instant(study.settings.field_to + timedelta(days=1), time.min, site)
    at = now if since is None else since
    found = [(seconds(at), place_of(stand(at)))]
    while len(found) <= most:
        before, place = found[-1]
        if place.turns_at is None or place.turns_at <= before or (at := moment(place.turns_at)) >= end:
            break
        step = (place.turns_at, place_of(stand(at)))
        if at <= now:
            found = [step]
        else:
            found.append(step)
    return tuple(found)


def place(study: OpenStudy, transaction: Transaction, known: CaseFile, now: datetime) -> None:
    """Give a case the place that follows from its history now, and its timeline; a lease ends with it."""
    put(transaction, known.row.id, timeline_of(study, known, now))


def put(transaction: Transaction, case_id: str, planned: Timeline) -> None:
    """Keep a case's place and timeline."""
    cases.put(transaction, [(case_id, planned[0][1])], [(case_id, at, to) for at, to in planned[1:]])


def plan_lapse(study: OpenStudy, transaction: Transaction, known: CaseFile, until: int) -> None:
    """Write what becomes of a case that is being leased, or whose call or interview begins, when the lease runs out.

    ``known`` is the case as it was before; ``until`` (seconds since 1970) is when its lease ends. Without a call it
    goes back to the place that it had, with its timeline. A call left open ends then: as interrupted when an interview
    had begun, else as a technical failure, so that the person is not called again at once.
    """
    row, call = known.row, known.open_call
    if call is None:
        if row.status is CaseStatus.WAITING or (row.status is CaseStatus.READY and row.turns_at is not None):
            was = Place(
                status=row.status, tier=row.tier, rank=row.rank, due_at=row.due_at, turns_at=row.turns_at,
                avoid=row.avoid, final_code=row.final_code,
            )  # fmt: skip
            cases.add_steps(transaction, [(row.id, timelines.WHEN_LAPSED, was)])
        return
    outcome = Outcome.INTERRUPTED if drafts.has_events(transaction, row.id) else Outcome.TECHNICAL
    ended = max(until, call.started)
    calls = tuple(replace(one, ended=ended, outcome=outcome.value) if one.id == call.id else one for one in known.calls)
    lapsed = replace(known, calls=calls, history=history_of(calls))
    (_at, first), *later = timeline_of(study, lapsed, moment(ended))
    steps = [(timelines.WHEN_LAPSED, first), *later]
    cases.replace_steps(transaction, row.id, [(row.id, at, to) for at, to in steps])


def plan_lapse_anew(study: OpenStudy, transaction: Transaction, case_id: str) -> None:
    """Write anew what becomes of a leased case when its lease runs out: the lease moved, or an interview began."""
    row = cases.case_row(transaction, case_id)
    if row is None or row.lease_until is None:
        return
    if any(call.ended is None for call in attempts.attempts_of(transaction, case_id)):
        known = case_file(study, transaction, row, cell_of(study, transaction, row.cell))
        plan_lapse(study, transaction, known, row.lease_until)


def turn(study: OpenStudy, transaction: Transaction, now: datetime, most: int) -> int:
    """Move up to ``most`` cases along their timelines whose standing changed by the passing of time; return how many.

    A lease that ran out ends here, and with it a call left open. No contact is opened, unless a timeline came to its
    end and this database lets everybody work it out anew; those count, too. ``most`` is 32 at most.
    """
    if study.database.by_functions:
        return timelines.turn_by_function(transaction, most)
    rows = cases.turning(transaction, seconds(now), most)
    if rows:
        lapsed = [row for row in rows if row.status is CaseStatus.LEASED]
        if lapsed:
            attempts.end_lapsed(
                transaction,
                [row.id for row in lapsed],
                interrupted=Outcome.INTERRUPTED.value,
                otherwise=Outcome.TECHNICAL.value,
            )
        for row in lapsed:
            note(study, transaction, Act.PUT_BACK, case=row.id, fence=row.fence, lapsed=row.lease_holder)
        timelines.move(transaction, [row.id for row in rows], seconds(now))
    if study.database.reads_every_contact:
        return len(rows) + replan_some(study, transaction, now, most)
    return len(rows)


def replan(study: OpenStudy, most: int) -> int:
    """Work out anew up to ``most`` cases whose timeline ran out or holds no more; return how many there were.

    It opens their contacts: an act of those who may read every contact, logged as one line however many they are, to
    be done again while any come back.
    """
    if study.database.by_functions:
        with study.reading() as transaction:
            if not timelines.any_marked(transaction):
                return 0
        with study.transaction() as transaction:
            contacts.announce(transaction, "replan")
    with study.transaction() as transaction:
        return replan_some(study, transaction, study.now(), most)


def replan_some(study: OpenStudy, transaction: Transaction, now: datetime, most: int) -> int:
    """Do what `replan` does inside a transaction already begun."""
    study = in_force(study, transaction)
    found = timelines.marked(transaction, most)
    if not found:
        return 0
    cells = study_cells(study, transaction)
    sealed = contacts.contacts_to_plan(transaction, [row.id for row, _mark in found])
    for row, mark in found:
        kept = replace(case_files.kept_of(transaction, row.id), contact=sealed.get(row.id))
        known = _filed(study, row, cells[row.cell], kept)
        since = max([moment(mark), *(attempt.ended for attempt in known.history)])
        put(transaction, row.id, timeline_of(study, known, now, min(since, now)))
    if study.database.shared:
        note(study, transaction, Act.PLANNED, cases=len(found))
    return len(found)


def study_cells(study: OpenStudy, transaction: Transaction) -> dict[int, tuple[str, str, str]]:
    """Return (site, department, language) of every cell; read anew only when one was added."""
    known = study.database.cells
    if not known or studies.last_cell(transaction) != max(known):
        known.update(studies.cells(transaction))
    return known


def cell_of(study: OpenStudy, transaction: Transaction, number: int) -> tuple[str, str, str]:
    """Return (site, department, language) of one cell; asked for only when this window has not met it."""
    known = study.database.cells.get(number)
    return study_cells(study, transaction)[number] if known is None else known
