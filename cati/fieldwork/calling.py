"""The calling page's acts: the next case, the call, its outcome, and ten seconds to take it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cati.fieldwork.open_study import OpenStudy
from cati.settings import Department, Site
from cati.survey.case import Appointment, Contact, Preference
from cati.survey.dispositions import Outcome

LEASE_MINUTES = 15
UNDO_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a case until ``until`` (UTC). Every write carries ``fence``; an older one is refused."""

    case_id: str
    fence: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call in progress: the attempt's id, made here, and when it began (UTC)."""

    id: str
    started: datetime
    phone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """What happened before: ``at`` in the respondent's wall time, and the words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredCase:
    """One case as the calling page shows it; the contact lives in this value only and is in no repr.

    ``local_now`` and ``closes_at`` are wall times of the respondent's zone; ``next_phone`` is an index into
    ``contact.phones``; ``call`` is a call that was begun and has no outcome yet (after a crash or an undo).
    """

    case_id: str
    lease: Lease
    contact: Contact = field(repr=False)
    site: Site
    department: Department
    language: str
    why: str
    story: tuple[StoryLine, ...] = field(repr=False)
    preference: str = field(repr=False)
    appointment: Appointment | None = field(repr=False)
    local_now: datetime
    closes_at: datetime
    next_phone: int
    attempts: int
    interview_open: bool
    call: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCase:
    """No case can be called now: what blocks how many, and when the next becomes free (UTC; None: none ever)."""

    blocked: tuple[tuple[str, int], ...]
    next_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoToken:
    """What takes an outcome back within ten seconds: the case as it was, sealed as it was, in memory only."""

    case_id: str
    fence: int
    call: Call
    until: datetime
    before: object = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An outcome was kept. ``next_words`` says what happens to the case now; ``final`` is its code ("2.112") or ""."""

    undo: UndoToken
    until: datetime
    next_words: str
    final: str


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """The case was given to somebody else in the meantime; nothing of this act was kept."""

    case_id: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """The ten seconds are over, or the case has been handed out again."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The case cannot be taken now: another interviewer has it (``by``: their name) or it is closed (``by`` is "")."""

    case_id: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The one content-free line that is kept of a withdrawal."""

    number: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """Somebody who calls back. ``state`` says in words where the case stands."""

    case_id: str
    name: str = field(repr=False)
    site: str
    department: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One appointment of mine: the person's name, ``wall`` time at their place, the site, definite or vague."""

    case_id: str
    name: str = field(repr=False)
    site: str
    at: datetime
    wall: datetime
    definite: bool


def take_next_case(study: OpenStudy) -> DeliveredCase | NoCase:
    """Hand out the best case that may be called this moment, leased to the signed-in interviewer and logged.

    A case that the interviewer holds already (after a crash) comes back first. One transaction.
    """
    raise NotImplementedError


def begin_call(study: OpenStudy, lease: Lease, phone: int) -> Call | LeaseLost:
    """Keep that a call to the number with this index began now, before anybody dials."""
    raise NotImplementedError


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
    a list, never typed words. Hard refusals erase the contact at once. Complete interviews go through
    `interviewing.complete` instead.
    """
    raise NotImplementedError


def undo_outcome(study: OpenStudy, token: UndoToken) -> DeliveredCase | TooLate:
    """Take the outcome back within ten seconds: the case is leased again, its call open as before."""
    raise NotImplementedError


def put_back(study: OpenStudy, lease: Lease, reason: str = "") -> bool:
    """Give a case back without a call; False when the lease was lost. ``reason`` is a code, "" for none."""
    raise NotImplementedError


def renew_lease(study: OpenStudy, lease: Lease) -> Lease | LeaseLost:
    """Hold on to the case for another `LEASE_MINUTES`; to be called while its page is open."""
    raise NotImplementedError


def withdraw(study: OpenStudy, case: Lease | str) -> Receipt:
    """Erase contact and answers so far at once and never call again; the keyed hash of the numbers stays."""
    raise NotImplementedError


def appointments_near(study: OpenStudy, at: datetime) -> int:
    """Return how many appointments lie in the same quarter of an hour as ``at`` (UTC)."""
    raise NotImplementedError


def my_appointments(study: OpenStudy) -> tuple[Booked, ...]:
    """Return the open appointments that the signed-in interviewer made, the next first."""
    raise NotImplementedError


def find_caller(study: OpenStudy, text: str) -> tuple[FoundCase, ...]:
    """Find who calls back, by number or by name; empty when nobody matches. The look-up is logged."""
    raise NotImplementedError


def take_case(study: OpenStudy, case_id: str, reason: str) -> DeliveredCase | Taken:
    """Take one certain case (a call-back, an own appointment); ``reason`` is a code for the log."""
    raise NotImplementedError


def introduction(study: OpenStudy, delivered: DeliveredCase) -> str:
    """Return the script to read aloud, filled, in the case's language."""
    raise NotImplementedError
