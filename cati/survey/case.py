"""Case, contact, consent, attempt and appointment, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cati.survey.dispositions import Outcome


class PhoneKind(StrEnum):
    """What sort of line a number is; rules differ for mobiles and landlines (a VoIP line counts as a landline)."""

    MOBILE = "mobile"
    LANDLINE = "landline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One callable number, E.164 ("+4989…")."""

    e164: str
    kind: PhoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The proof that a person agreed to be asked (GDPR Art. 7(1))."""

    given_on: date
    channel: str
    wording_version: str
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """When a person would like to be called: wall-clock minutes after midnight [start, end), days 0=Monday."""

    start_minute: int = 0
    end_minute: int = 24 * 60
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The details by which a person is reached: sealed at rest, opened for one page only, purged at the end."""

    given_name: str
    family_name: str
    title: str
    form_of_address: str
    phones: tuple[Phone, ...]
    consent: Consent
    last_contact: date
    preference: Preference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A row of the list that may be called: what stays readable (site, department, language) and the contact."""

    row: int
    site: str
    department: str
    language: str
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row of the list that may not be called. ``field`` names a column of ours, "" for the whole row.

    ``reason`` and ``remedy`` are sentences without the person's data.
    """

    row: int
    field: str
    reason: str
    remedy: str
    code: str
    """Short stable identifier of the rule ("consent_missing"), for counts and tests."""
    general: str = ""
    """The reason without what it says of another row; "" when it says nothing of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call. ``started``/``ended`` are aware UTC; ``phone`` is the index among the contact's numbers."""

    started: datetime
    ended: datetime
    interviewer: str
    phone: int
    phone_kind: PhoneKind
    outcome: Outcome
    message_left: bool = False


class AppointmentKind(StrEnum):
    """Definite: a minute was agreed. Vague: "in the evening", "next week"."""

    DEFINITE = "definite"
    VAGUE = "vague"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A wish to be called: the instant in UTC, and the wall time and zone as they were agreed.

    ``until`` ends a vague span (UTC). ``reason`` is why it may lie outside the calling limit, "" inside it.
    """

    kind: AppointmentKind
    at: datetime
    wall: str
    zone: str
    until: datetime | None = None
    reason: str = ""
