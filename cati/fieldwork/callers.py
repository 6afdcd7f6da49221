"""Somebody calls back, and whom one has promised to call: people found by number, by name, by appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from cati.errors import Problem
from cati.fieldwork.delivered import Booked, FoundCase
from cati.fieldwork.log import Act, moment, note, seconds
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import (
    appointment_of,
    booked_name,
    cell_of,
    name_of,
    opened_bytes,
    opened_contact,
    study_cells,
)
from cati.fieldwork.views import too_many, too_many_views, within_limit
from cati.files.phones import PhoneFault, read_phone
from cati.store import attempts, cases, contacts
from cati.store.cases import CaseRow, CaseStatus
from cati.store.database import Transaction
from cati.survey.calling_hours import wall
from cati.survey.case import Contact
from cati.text import show_moment, tr
from cati.vault.sealing import blind_index

MOST_FOUND = 20
LEAST_LETTERS = 3
_LEAST_DIGITS = 5
_QUARTER = 15 * 60


def find_caller(study: OpenStudy, text: str) -> tuple[FoundCase, ...]:
    """Find who calls back, by number (through the keyed index) or by name (in memory); at most `MOST_FOUND`.

    Empty when nobody matches: a number that matches nothing shows nobody. The look-up is logged without the words, and
    counts as a view: a Problem when there were too many this hour. On a server only supervisors search by name: a
    Problem for interviewers.
    """
    text = " ".join(text.split())
    by_number = sum(sign.isdigit() for sign in text) >= _LEAST_DIGITS
    if not by_number and not searches_by_name(study):
        raise Problem(
            tr("Somebody calls back"),
            tr("In a call centre only supervisors search by name."),
            tr("Type the whole number, or ask a supervisor."),
        )
    with study.transaction() as transaction:
        refused = too_many(study, transaction)
    if refused:
        raise too_many_views(study)
    looked_up = _looked_up(study, text, by_number=by_number) if study.database.by_functions else None
    # A search by name takes a second, and others write meanwhile. On a server its functions write nothing here, but a
    # transaction that may not write would not call them.
    with study.reading() if looked_up is None else study.transaction() as transaction:
        if by_number:
            found = _by_number(study, transaction, text, looked_up)
        elif sum(sign.isalpha() for sign in text) >= LEAST_LETTERS:
            found = _by_name(study, transaction, text)
        else:
            found = []
        cells = study_cells(study, transaction)
        shown = tuple(_found(study, transaction, case_id, contact, cells) for case_id, contact in found)
    if not study.database.by_functions:
        with study.transaction() as transaction:
            note(study, transaction, Act.LOOKED_UP, by="number" if by_number else "name", found=len(shown))
    return shown


def searches_by_name(study: OpenStudy) -> bool:
    """Tell whether the member signed in may search by name: interviewers on a server may not."""
    return not study.database.by_functions or study.me.role is not Role.INTERVIEWER


def _looked_up(study: OpenStudy, text: str, *, by_number: bool) -> tuple[str, ...]:
    """Let a server log what is looked up and return the cases with this number; it shows nobody before that is kept."""
    digest = _digest(study, text)
    with within_limit(study), study.transaction() as transaction:
        if by_number and digest is not None:
            contacts.say_tried(transaction, digest)
        elif not by_number and sum(sign.isalpha() for sign in text) >= LEAST_LETTERS:
            contacts.announce(transaction, "search")
    if not by_number or digest is None:
        return ()
    with study.transaction() as transaction:
        return contacts.cases_with(transaction, digest)


def _digest(study: OpenStudy, text: str) -> bytes | None:
    phone = read_phone(text, None)
    return None if isinstance(phone, PhoneFault) else blind_index(study.open_keys.index, phone.e164)


def _cases_with(study: OpenStudy, transaction: Transaction, text: str) -> tuple[str, ...]:
    digest = _digest(study, text)
    return () if digest is None else contacts.cases_with(transaction, digest)


def _by_number(
    study: OpenStudy, transaction: Transaction, text: str, looked_up: tuple[str, ...] | None
) -> list[tuple[str, Contact]]:
    found = []
    for case_id in _cases_with(study, transaction, text) if looked_up is None else looked_up:
        sealed = contacts.sealed_contact(transaction, case_id)
        if sealed is not None:
            found.append((case_id, opened_contact(study, sealed)))
    return found


def _by_name(study: OpenStudy, transaction: Transaction, text: str) -> list[tuple[str, Contact]]:
    words = text.casefold().split()
    found = []
    for sealed in contacts.all_contacts(transaction):
        plain = opened_bytes(study, sealed).decode().casefold()
        if all(word in plain for word in words):
            contact = opened_contact(study, sealed)
            name = f"{contact.given_name} {contact.family_name}".casefold()
            if all(word in name for word in words):
                found.append((sealed.case, contact))
                if len(found) == MOST_FOUND:
                    break
    return sorted(found, key=lambda one: (one[1].family_name.casefold(), one[1].given_name.casefold()))


def _found(
    study: OpenStudy, transaction: Transaction, case_id: str, contact: Contact, cells: dict[int, tuple[str, str, str]]
) -> FoundCase:
    row = cases.case_row(transaction, case_id)
    if row is None:
        raise KeyError(case_id)
    site_code, department, _language = cells[row.cell]
    site = study.settings.site(site_code)
    booked = attempts.appointment_of(transaction, case_id)
    if booked is not None and row.status not in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        when = show_moment(wall(moment(booked.at), site), "EEE d MMM HH:mm")
        state = tr("Appointment: {when}", when=when)
    else:
        state = _state_words(row, study.now())
    return FoundCase(
        case_id=case_id,
        name=name_of(contact),
        site=site.name,
        department=study.settings.department(site_code, department).name,
        state=state,
    )


def _state_words(row: CaseRow, now: datetime) -> str:
    if row.status is CaseStatus.LEASED and (row.lease_until or 0) > seconds(now):
        return tr("Open at a colleague’s")
    if row.status is CaseStatus.CLOSED:
        return tr("Interviewed") if row.final_code == cases.COMPLETE else tr("Closed")
    return tr("Open")


def appointments_near(study: OpenStudy, at: datetime) -> int:
    """Return how many appointments lie in the same quarter of an hour as ``at`` (UTC)."""
    start = seconds(at) // _QUARTER * _QUARTER
    with study.reading() as transaction:
        return attempts.appointments_between(transaction, start, start + _QUARTER)


def my_appointments(study: OpenStudy) -> tuple[Booked, ...]:
    """Return the open appointments that the signed-in interviewer made, the next first; missed ones for a day.

    The rows say all of it; only for what was booked before revision 0008 are cases and contacts looked at, and where a
    server shows no contact there is no name.
    """
    since = study.now() - timedelta(days=1)
    booked = []
    with study.reading() as transaction:
        for row in attempts.appointments_by(transaction, study.me.id):
            if moment(row.until or row.at) < since:
                continue
            name, code = booked_name(study, row), row.site
            if name is None:
                found = _looked_at(study, transaction, row.case)
                if found is None:
                    continue
                name, code = found
            site = study.settings.site(code)
            wish = appointment_of(study, row)
            booked.append(
                Booked(
                    case_id=row.case,
                    name=name,
                    site=site.name,
                    at=wish.at,
                    wall=wall(wish.at, site),
                    definite=wish.until is None,
                )
            )
    return tuple(booked)


def _looked_at(study: OpenStudy, transaction: Transaction, case_id: str) -> tuple[str, str] | None:
    """Return (name, site's code) of the person of a case, "–" when it may not be looked at; None when it is closed."""
    case = cases.case_row(transaction, case_id)
    sealed = contacts.sealed_contact(transaction, case_id)
    if case is None or case.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
        return None
    name = "–" if sealed is None else name_of(opened_contact(study, sealed))
    return name, cell_of(study, transaction, case.cell)[0]
