"""Every row of a list is accepted or refused, with the reason and what to do about it, never silently changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

from cati.errors import Cancelled, Problem
from cati.files import names
from cati.files.codes import by_key, key
from cati.files.dates import DateFault, read_date
from cati.files.faults import FAULTS, Fault
from cati.files.headers import LANGUAGE_NAMES, PHONES, Field
from cati.files.mapping import Mapping, mapping_faults
from cati.files.people_rows import people_rows
from cati.files.phones import FAULTS as PHONE_FAULTS
from cati.files.phones import PhoneFault, read_phone, split_phones
from cati.files.repeated import Found, Repeated
from cati.files.tables import Table
from cati.files.wishes import read_wish
from cati.settings import StudySettings
from cati.survey.case import Accepted, Consent, Contact, Phone, PhoneKind, Preference, Refused
from cati.text import tr

ROWS_A_STEP = 500
"""So many rows are judged between two looks at ``cancelled`` and two calls of ``progress``."""

MOST_CHARACTERS = 80
"""Of a channel, a title, a form of address, or the name of who recorded the consent."""

MOST_PHONES = 6

_YES = frozenset(["ja", "j", "yes", "y", "x", "1", "wahr", "true", "erteilt", "gegeben", "given", "✓", "✔", "☑"])
_NO = frozenset(
    ["nein", "n", "no", "0", "falsch", "false", "verweigert", "widerrufen", "abgelehnt", "refused", "withdrawn",
     "–", "-"]
)  # fmt: skip
_NAMES = (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.FULL_NAME)
_T = TypeVar("_T")
_TYPED = {Field.MOBILE: PhoneKind.MOBILE, Field.LANDLINE: PhoneKind.LANDLINE, Field.PHONE: None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was done to an accepted row that a person should know of; without personal data."""

    row: int
    field: str
    code: str
    text: str


@dataclass(slots=True)
class _Seen:
    """Numbers met so far, with their rows: of accepted people, and of people who say no."""

    accepted: dict[str, int] = field(default_factory=dict, repr=False)
    declined: dict[str, int] = field(default_factory=dict, repr=False)


class _Judge:
    """What is looked up for each row, prepared once."""

    def __init__(self, table: Table, mapping: Mapping, settings: StudySettings, today: date) -> None:
        self.table = table
        self.settings = settings
        self.today = today
        self.width = len(mapping.columns)
        self.at = {f: mapping.indexes(f)[0] for f in Field if f not in PHONES and mapping.indexes(f)}
        self.unnamed = tuple(column.index for column in mapping.columns if not column.header)
        self.phones_at = tuple((column.index, column.field) for column in mapping.columns if column.field in PHONES)
        self.guarded = tuple(c.index for c in mapping.columns if c.field not in (Field.IGNORED, Field.REMARKS))
        self.constants = dict(mapping.constants)
        self.sites = by_key((s.code, s.name) for s in settings.sites)
        self.site_of = {s.code: s for s in settings.sites}
        self.departments = {s.code: by_key((d.code, d.name) for d in s.departments) for s in settings.sites}
        self.versions = by_key((w.version, w.version) for w in settings.consent)
        self.parts: dict[str, object] = {
            "first": f"{settings.contact_from:%d.%m.%Y}",
            "last": f"{settings.contact_to:%d.%m.%Y}",
        }
        self.agreement = self.repeated(self.read_agreement, Field.CONSENT)
        self.given_on = self.repeated(self.read_given_on, Field.CONSENT_DATE)
        self.proof = self.repeated(self.read_proof, Field.CONSENT_CHANNEL, Field.CONSENT_VERSION, Field.CONSENT_BY)
        self.place = self.repeated(self.read_place, Field.SITE, Field.DEPARTMENT)
        self.last_contact = self.repeated(self.read_last_contact, Field.LAST_CONTACT)
        self.language = self.repeated(self.read_language, Field.LANGUAGE)
        self.preference = self.repeated(self.read_preference, Field.PREFERRED_TIME, Field.SITE)
        both = [self.at[what] for what in (Field.GIVEN_NAME, Field.FAMILY_NAME) if what in self.at]
        self.names_at = itemgetter(*both) if len(both) == len(_NAMES) - 1 else None
        self.address = self.repeated(self.read_address, Field.TITLE, Field.FORM_OF_ADDRESS)

    def repeated(self, read: Callable[[list[str], Found], _T], *fields: Field) -> Repeated[_T]:
        """Return a reader that reads what these fields say alike in many rows only once."""
        return Repeated([self.at[what] for what in fields if what in self.at], read)

    def cell(self, row: list[str], what: Field) -> str:
        """Return the cleaned text of a field of this row, or what holds for the whole list."""
        index = self.at.get(what)
        raw = row[index] if index is not None else ""
        if not raw:
            return self.constants.get(what, "")
        text = names.clean(raw) if what in _NAMES else _clean_repeated(raw)
        return text or self.constants.get(what, "")

    def shape_fault(self, number: int, row: list[str]) -> Fault | None:
        """Return why no cell of the row can be trusted to stand under its header."""
        broken = self.table.broken.get(number)
        if broken:
            return FAULTS[broken]
        if len(row) != self.width:
            return FAULTS["ragged"]
        if self.unnamed and any(row[index].strip() for index in self.unnamed):
            return FAULTS["cell_outside"]
        if self.table.formulas and any((number, index) in self.table.formulas for index in self.guarded):
            return FAULTS["formula"]
        return None

    def judge(self, number: int, row: list[str], found: Found) -> Accepted | None:
        """Read one row of the right shape; all that is wrong with it goes into ``found``, the gravest first."""
        # Consent: that, when, by which channel, to which wording, recorded by whom (GDPR Art. 7(1): all must be known).
        self.agreement(row, found)
        given_on = self.given_on(row, found)
        channel, version, recorded_by = self.proof(row, found)
        phones = self.read_phones(row, found)
        site, department = self.place(row, found)
        last_contact = self.last_contact(row, found)
        name = self.read_name(row, found)
        language = self.language(row, found)
        preference = self.preference(row, found)
        if found.faults or given_on is None or last_contact is None:
            return None
        return Accepted(
            row=number,
            site=site,
            department=department,
            language=language,
            contact=Contact(
                given_name=name.given,
                family_name=name.family,
                title=name.title,
                form_of_address=name.form_of_address,
                phones=phones,
                consent=Consent(given_on=given_on, channel=channel, wording_version=version, recorded_by=recorded_by),
                last_contact=last_contact,
                preference=preference,
            ),
        )

    def read_agreement(self, row: list[str], found: Found) -> None:
        """Hold the word of consent, where a column has it, to yes."""
        if Field.CONSENT in self.at:
            word = key(self.cell(row, Field.CONSENT))
            if not word:
                found.faults.append((Field.CONSENT, FAULTS["consent_missing"]))
            elif word in _NO:
                found.faults.append((Field.CONSENT, FAULTS["consent_refused"]))
            elif word not in _YES:
                found.faults.append((Field.CONSENT, FAULTS["consent_unclear"]))

    def read_given_on(self, row: list[str], found: Found) -> date | None:
        """Return the day of the consent."""
        given_on = self.read_day(row, Field.CONSENT_DATE, "consent_date_missing", found)
        if given_on is not None and given_on > self.today:
            found.faults.append((Field.CONSENT_DATE, FAULTS["consent_in_future"]))
        return given_on

    def read_proof(self, row: list[str], found: Found) -> tuple[str, str, str]:
        """Return the channel of the consent, the version of its wording, and who recorded it."""
        channel = self.read_text(row, Field.CONSENT_CHANNEL, found, "consent_channel_missing")
        written = key(self.cell(row, Field.CONSENT_VERSION))
        version = self.versions.get(written, "")
        if not version:
            code = "consent_version_unknown" if written else "consent_version_missing"
            found.faults.append((Field.CONSENT_VERSION, FAULTS[code]))
        return channel, version, self.read_text(row, Field.CONSENT_BY, found, "consent_by_missing")

    def read_phones(self, row: list[str], found: Found) -> tuple[Phone, ...]:
        """Return the callable numbers from left to right; a row with none is at fault, with its first reason."""
        phones: dict[str, Phone] = {}
        faults: list[tuple[Field, PhoneFault]] = []
        for index, what in self.phones_at:
            cell = row[index]
            if not cell or cell.isspace():
                continue
            for text in split_phones(cell) or [cell]:
                phone = read_phone(text, _TYPED[what])
                if isinstance(phone, PhoneFault):
                    faults.append((what, phone))
                elif len(phones) < MOST_PHONES:
                    phones.setdefault(phone.e164, phone)
            if not cell.isascii():
                found.notes.append((what, "phone_cleaned"))
        if not phones:
            found.faults.append(faults[0] if faults else (Field.PHONE, PHONE_FAULTS["phone_missing"]))
        elif faults:
            found.notes.append((faults[0][0], "phone_dropped"))
        return tuple(phones.values())

    def read_place(self, row: list[str], found: Found) -> tuple[str, str]:
        """Return the codes of site and department."""
        written = key(self.cell(row, Field.SITE))
        site = self.sites.get(written, "")
        if not site:
            found.faults.append((Field.SITE, FAULTS["site_unknown" if written else "site_missing"]))
            return "", ""
        written = key(self.cell(row, Field.DEPARTMENT))
        department = self.departments[site].get(written, "")
        if not department:
            code = "department_unknown" if written else "department_missing"
            found.faults.append((Field.DEPARTMENT, FAULTS[code]))
        return site, department

    def read_last_contact(self, row: list[str], found: Found) -> date | None:
        """Return the day of the last contact, held to the study's eligibility window."""
        day = self.read_day(row, Field.LAST_CONTACT, "last_contact_missing", found)
        if day is not None:
            if day > self.today:
                found.faults.append((Field.LAST_CONTACT, FAULTS["last_contact_in_future"]))
            elif not self.settings.contact_from <= day <= self.settings.contact_to:
                found.faults.append((Field.LAST_CONTACT, FAULTS["not_eligible"]))
                found.parts = self.parts
        return day

    def read_name(self, row: list[str], found: Found) -> names.FullName:
        """Return the parts of the name from their columns, or split from the one that holds all."""
        if Field.FULL_NAME in self.at:
            whole = names.split_full_name(self.cell(row, Field.FULL_NAME))
            given, family, title, form = whole.given, whole.family, whole.title, whole.form_of_address
            columns: tuple[Field, ...] = (Field.FULL_NAME,)
        elif self.names_at and all(map(names.PLAIN.fullmatch, self.names_at(row))):
            given, family = self.names_at(row)
            return names.FullName(given, family, *self.address(row, found))
        else:
            given, family = self.cell(row, Field.GIVEN_NAME), self.cell(row, Field.FAMILY_NAME)
            title = form = ""
            columns = (Field.GIVEN_NAME, Field.FAMILY_NAME)
        for what, part in ((columns[0], given), (columns[-1], family)):
            fault = names.name_fault(part)
            if fault is not None:
                found.faults.append((what, fault))
                break
        if not family:
            found.faults.append((columns[-1], names.FAULTS["name_missing"]))
        for what in columns:
            if what in self.at and _invisible(row[self.at[what]]):
                found.notes.append((what, "name_cleaned"))
        own_title, own_form = self.address(row, found)
        return names.FullName(given, family, own_title or title, own_form or form)

    def read_address(self, row: list[str], found: Found) -> tuple[str, str]:
        """Return title and form of address where they have columns of their own."""
        title = self.read_text(row, Field.TITLE, found)
        return title, names.read_form_of_address(self.read_text(row, Field.FORM_OF_ADDRESS, found))

    def read_language(self, row: list[str], found: Found) -> str:
        """Return the code of a language of the study; the first of them when the cell is empty."""
        written = key(self.cell(row, Field.LANGUAGE))
        code = LANGUAGE_NAMES.get(written, written.split("-")[0]) if written else self.settings.languages[0]
        if code not in self.settings.languages:
            found.faults.append((Field.LANGUAGE, FAULTS["language_unknown"]))
        return code

    def read_preference(self, row: list[str], found: Found) -> Preference | None:
        """Return when the person would like to be called; what is not understood or never allowed is noted only."""
        written = self.cell(row, Field.PREFERRED_TIME)
        site = self.sites.get(key(self.cell(row, Field.SITE)), "")
        if not written or not site:
            return None
        preference, code = read_wish(written, self.site_of[site], self.settings, self.today)
        if code:
            found.notes.append((Field.PREFERRED_TIME, code))
        return preference

    def read_day(self, row: list[str], what: Field, missing: str, found: Found) -> date | None:
        """Return the day in this column, or add its fault."""
        day = read_date(self.cell(row, what))
        if isinstance(day, DateFault):
            found.faults.append((what, FAULTS[missing] if day.code == "date_missing" else day))
            return None
        return day

    def read_text(self, row: list[str], what: Field, found: Found, missing: str = "") -> str:
        """Return a short text, or add that it is ``missing`` or too long."""
        text = self.cell(row, what)
        if missing and not text:
            found.faults.append((what, FAULTS[missing]))
        elif len(text) > MOST_CHARACTERS:
            found.faults.append((what, FAULTS["text_too_long"]))
        return text


def judge_rows(
    table: Table,
    mapping: Mapping,
    settings: StudySettings,
    today: date,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    note: Callable[[Note], None] | None = None,
) -> list[Accepted | Refused]:
    """Judge every row under the headers, one verdict a row in the order of the list (`people_rows`).

    A number seen before in the list is refused with the other row's number; a row that says no to the
    survey takes every row with the same number with it. Whether the study knows the person already is
    not asked here. ``progress`` gets (rows done, rows in all), ``note`` what was done to accepted rows.
    Raises Problem when the mapping lacks what must be known, Cancelled when ``cancelled()`` says so.
    """
    faults = mapping_faults(mapping)
    if faults:
        raise Problem(tr("File {name}", name=table.name), " ".join(faults), tr("Complete the mapping of the columns."))
    judge = _Judge(table, mapping, settings, today)
    verdicts: list[Accepted | Refused] = []
    seen = _Seen()
    total = max(0, len(table.rows) - mapping.header_row)
    for done, (number, row) in enumerate(people_rows(table, mapping.header_row)):
        if done % ROWS_A_STEP == 0:
            _report(done, total, progress, cancelled)
        verdicts.append(_verdict(judge, number, row, seen, note))
    _report(total, total, progress, cancelled)
    return _without_contradicted(verdicts, seen.declined) if seen.declined else verdicts


def _report(
    done: int, total: int, progress: Callable[[int, int], None] | None, cancelled: Callable[[], bool] | None
) -> None:
    if cancelled is not None and cancelled():
        raise Cancelled
    if progress is not None:
        progress(done, total)


def _verdict(
    judge: _Judge, number: int, row: list[str], seen: _Seen, note: Callable[[Note], None] | None
) -> Accepted | Refused:
    shape = judge.shape_fault(number, row)
    if shape is not None:
        return _refused(number, [(None, shape)], {})
    found = Found()
    accepted = judge.judge(number, row, found)
    if accepted is None:
        if any(fault.code == "consent_refused" for _, fault in found.faults):
            for phone in judge.read_phones(row, Found()):
                seen.declined.setdefault(phone.e164, number)
            found.faults = [pair for pair in found.faults if pair[1].code == "consent_refused"]
        return _refused(number, found.faults, found.parts)
    for phone in accepted.contact.phones:
        if phone.e164 in seen.accepted:
            return _refused(number, [(Field.PHONE, FAULTS["duplicate_in_file"])], {"other": seen.accepted[phone.e164]})
    for phone in accepted.contact.phones:
        seen.accepted[phone.e164] = number
    if note is not None:
        for what, code in found.notes:
            note(Note(row=number, field=what, code=code, text=tr(FAULTS[code].reason)))
    return accepted


def _without_contradicted(verdicts: list[Accepted | Refused], declined: dict[str, int]) -> list[Accepted | Refused]:
    """Refuse accepted rows whose number another row says no for."""
    kept: list[Accepted | Refused] = []
    for verdict in verdicts:
        if isinstance(verdict, Accepted):
            other = next((declined[p.e164] for p in verdict.contact.phones if p.e164 in declined), 0)
            if other:
                fault = (Field.CONSENT, FAULTS["consent_contradicted"])
                kept.append(_refused(verdict.row, [fault], {"other": other}))
                continue
        kept.append(verdict)
    return kept


def _refused(number: int, faults: list[tuple[Field | None, Fault]], parts: dict[str, object]) -> Refused:
    """Say all that is wrong with a row; the code and the field are those of the first fault."""
    where, fault = faults[0]
    reasons = dict.fromkeys(tr(f.reason, **parts) for _, f in faults)
    general = dict.fromkeys(tr(f.general or f.reason, **parts) for _, f in faults)
    remedies = dict.fromkeys(tr(f.remedy) for _, f in faults)
    return Refused(
        row=number,
        field=where or "",
        reason=" ".join(reasons),
        remedy=" ".join(remedies),
        code=fault.code,
        general=" ".join(general),
    )


def _invisible(text: str) -> bool:
    return not text.isascii() and names.INVISIBLE.search(text) is not None


_clean_repeated = lru_cache(maxsize=4096)(names.clean)
"""For what repeats from row to row; names are not kept."""
