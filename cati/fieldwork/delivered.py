"""What the calling page is handed: leases, calls, delivered cases, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cati.settings import Department, Site
from cati.store.attempts import AppointmentRow
from cati.store.cases import CaseRow
from cati.store.contacts import SealedContact
from cati.survey.case import Appointment, Contact

LEASE_MINUTES = 30
"""Twice and a half an outage of ten minutes: a lease that is moved on every four minutes never ends in one."""
UNDO_SECONDS = 10
OUTAGE = "outage"
"""Why a case was handed out again to whoever had it: its lease had ended, and nobody had taken it meanwhile."""


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

    ``local_now`` and ``closes_at`` (None outside the hours) are wall times of the respondent's zone.
    ``next_phone`` is an index into ``contact.phones``. ``call`` was begun and has no outcome yet (after a crash or
    an undo).
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
    closes_at: datetime | None
    next_phone: int
    attempts: int
    interview_open: bool
    call: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCase:
    """No case can be called now: what blocks how many, and when the next becomes free (UTC; None: none ever)."""

    blocked: tuple[tuple[str, int], ...]
    next_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Before:
    """A case as it was before an outcome: what undoing puts back, still sealed."""

    row: CaseRow
    appointment: AppointmentRow | None
    contact: SealedContact | None
    hashes: tuple[bytes, ...]
    newly_never: tuple[bytes, ...]
    events: tuple[tuple[int, str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoToken:
    """What takes an outcome back within ten seconds: the case as it was, sealed as it was, in memory only."""

    case_id: str
    fence: int
    call: Call
    until: datetime
    before: Before = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An outcome was kept. ``next_words`` says what happens to the case now; ``final`` is its code ("2.112") or ""."""

    undo: UndoToken
    until: datetime
    next_words: str
    final: str


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """The act is kept on this workstation and not on the server yet; what it came to is told by the outbox.

    ``completed``: with the interview, and nothing is left to say of the case.
    """

    case_id: str
    completed: bool = False


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """The case was given to somebody else in the meantime; nothing of this act was kept."""

    case_id: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """The ten seconds are over, or the case has been handed out again.

    ``why``: "", or that its place is taken: so many interviews have begun since that this one could be too many.
    """

    case_id: str
    why: str = ""


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


@dataclass(frozen=True, slots=True)
class MyDay:
    """The header's figures of today: complete interviews, one's own target (None: none is set), calls."""

    complete: int
    target: int | None
    calls: int
