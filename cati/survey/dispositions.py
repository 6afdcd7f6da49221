"""The table of outcomes (AAPOR), interim and final, and the final code from the whole history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cati.text import mark

EDITION = "AAPOR Standard Definitions, telephone, 7th to 9th edition (2011-2016)"
"""The edition the codes are taken from; the 10th (2023) re-arranged them by contact mode."""


class Outcome(StrEnum):
    """What an interviewer says of one call, as the person on the telephone experiences it."""

    # nobody answered
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MAILBOX = "mailbox"
    MAILBOX_MESSAGE = "mailbox_message"
    CALL_BLOCKED = "call_blocked"
    TECHNICAL = "technical"
    OPERATOR_MESSAGE = "operator_message"
    # the number is no good
    NOT_WORKING = "not_working"
    DISCONNECTED = "disconnected"
    OUT_OF_SERVICE = "out_of_service"
    FAX = "fax"
    NUMBER_CHANGED = "number_changed"
    CALL_FORWARDED = "call_forwarded"
    BUSINESS = "business"
    INSTITUTION = "institution"
    WRONG_NUMBER = "wrong_number"
    PERSON_UNCONFIRMED = "person_unconfirmed"
    # somebody answered
    APPOINTMENT = "appointment"
    VAGUE_APPOINTMENT = "vague_appointment"
    CALL_BACK = "call_back"
    THIRD_PERSON = "third_person"
    INTERRUPTED = "interrupted"
    SOFT_REFUSAL = "soft_refusal"
    HARD_REFUSAL = "hard_refusal"
    HOUSEHOLD_REFUSAL = "household_refusal"
    BREAK_OFF = "break_off"
    WITHDRAWN = "withdrawn"
    NEVER_AVAILABLE = "never_available"
    DECEASED = "deceased"
    UNABLE = "unable"
    LANGUAGE = "language"
    LANGUAGE_HOUSEHOLD = "language_household"
    NO_INTERVIEWER = "no_interviewer"
    AUDIO = "audio"
    SITUATION = "situation"
    OTHER = "other"
    NOT_ELIGIBLE = "not_eligible"
    OUT_OF_SAMPLE = "out_of_sample"
    QUOTA_FULL = "quota_full"
    # the interview
    COMPLETE = "complete"
    PARTIAL = "partial"


class Letter(StrEnum):
    """AAPOR's classes, from which every rate is worked out."""

    COMPLETE = "I"
    PARTIAL = "P"
    REFUSAL = "R"
    NONCONTACT = "NC"
    OTHER = "O"
    UNKNOWN_HOUSEHOLD = "UH"
    UNKNOWN_OTHER = "UO"
    NOT_ELIGIBLE = "NE"


class OutcomeGroup(StrEnum):
    """How the person who dialled experiences it."""

    NOBODY = "nobody"
    NUMBER = "number"
    PERSON = "person"
    REFUSED = "refused"
    OTHER = "other"
    INTERVIEW = "interview"


GROUP_NAMES = {
    OutcomeGroup.NOBODY: mark("Nobody answered"),
    OutcomeGroup.NUMBER: mark("The number is no good"),
    OutcomeGroup.PERSON: mark("Somebody answered"),
    OutcomeGroup.REFUSED: mark("Refused"),
    OutcomeGroup.OTHER: mark("Cannot take part"),
    OutcomeGroup.INTERVIEW: mark("Interview"),
}


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One row of the table. ``code`` and ``letter`` are those of the case when nothing else is known of it.

    ``final``: the case ends with it. ``reached``: somebody answered. ``number_dead``: this number is not tried again.
    ``key``: the key within its group.
    """

    label: str
    group: OutcomeGroup
    key: str
    code: str
    letter: Letter
    final: bool = False
    reached: bool = False
    number_dead: bool = False


_N, _U, _P, _R, _O, _I = (
    OutcomeGroup.NOBODY, OutcomeGroup.NUMBER, OutcomeGroup.PERSON, OutcomeGroup.REFUSED, OutcomeGroup.OTHER,
    OutcomeGroup.INTERVIEW,
)  # fmt: skip

TABLE: dict[Outcome, OutcomeRow] = {
    Outcome.NO_ANSWER: OutcomeRow(mark("No answer"), _N, "n", "3.13", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.BUSY: OutcomeRow(mark("Busy"), _N, "b", "3.12", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.MAILBOX: OutcomeRow(mark("Mailbox, no message"), _N, "m", "3.14", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.MAILBOX_MESSAGE: OutcomeRow(mark("Mailbox, message left"), _N, "l", "3.14", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.CALL_BLOCKED: OutcomeRow(mark("Calls are blocked"), _N, "k", "3.15", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.TECHNICAL: OutcomeRow(mark("Technical trouble"), _N, "t", "3.16", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.OPERATOR_MESSAGE: OutcomeRow(mark("Unclear announcement"), _N, "u", "3.161", Letter.UNKNOWN_HOUSEHOLD),
    Outcome.OUT_OF_SERVICE: OutcomeRow(mark("Temporarily not in service"), _N, "o", "4.33", Letter.NOT_ELIGIBLE),
    Outcome.NOT_WORKING: OutcomeRow(mark("Number not in use"), _U, "n", "4.31", Letter.NOT_ELIGIBLE, number_dead=True),
    Outcome.DISCONNECTED: OutcomeRow(mark("Disconnected"), _U, "d", "4.32", Letter.NOT_ELIGIBLE, number_dead=True),
    Outcome.FAX: OutcomeRow(mark("Fax or data line"), _U, "f", "4.20", Letter.NOT_ELIGIBLE, number_dead=True),
    Outcome.NUMBER_CHANGED: OutcomeRow(
        mark("Number has changed"), _U, "c", "4.41", Letter.NOT_ELIGIBLE, number_dead=True
    ),
    Outcome.CALL_FORWARDED: OutcomeRow(
        mark("Forwarded elsewhere"), _U, "w", "4.43", Letter.NOT_ELIGIBLE, number_dead=True
    ),
    Outcome.WRONG_NUMBER: OutcomeRow(
        mark("Wrong number"), _U, "g", "4.30", Letter.NOT_ELIGIBLE, reached=True, number_dead=True
    ),
    Outcome.PERSON_UNCONFIRMED: OutcomeRow(
        mark("Unclear whether it is the person’s number"), _U, "u", "3.30", Letter.UNKNOWN_OTHER, reached=True
    ),
    Outcome.BUSINESS: OutcomeRow(
        mark("Business or authority"), _U, "b", "4.51", Letter.NOT_ELIGIBLE, reached=True, number_dead=True
    ),
    Outcome.INSTITUTION: OutcomeRow(
        mark("Home or institution"), _U, "i", "4.52", Letter.NOT_ELIGIBLE, reached=True, number_dead=True
    ),
    Outcome.APPOINTMENT: OutcomeRow(mark("Appointment"), _P, "a", "2.21", Letter.NONCONTACT, reached=True),
    Outcome.VAGUE_APPOINTMENT: OutcomeRow(mark("Vague appointment"), _P, "v", "2.21", Letter.NONCONTACT, reached=True),
    Outcome.CALL_BACK: OutcomeRow(mark("Will call back"), _P, "c", "2.21", Letter.NONCONTACT, reached=True),
    Outcome.THIRD_PERSON: OutcomeRow(mark("Somebody else answered"), _P, "t", "2.21", Letter.NONCONTACT, reached=True),
    Outcome.INTERRUPTED: OutcomeRow(mark("Interrupted, goes on later"), _P, "i", "2.12", Letter.REFUSAL, reached=True),
    Outcome.SOFT_REFUSAL: OutcomeRow(mark("Not now, not convinced"), _R, "s", "2.112", Letter.REFUSAL, reached=True),
    Outcome.HARD_REFUSAL: OutcomeRow(
        mark("Refuses for good"), _R, "h", "2.112", Letter.REFUSAL, final=True, reached=True
    ),
    Outcome.HOUSEHOLD_REFUSAL: OutcomeRow(
        mark("Somebody else refuses for the person"), _R, "e", "2.111", Letter.REFUSAL, final=True, reached=True
    ),
    Outcome.BREAK_OFF: OutcomeRow(
        mark("Broke off for good"), _R, "b", "2.12", Letter.REFUSAL, final=True, reached=True
    ),
    Outcome.WITHDRAWN: OutcomeRow(
        mark("Withdraws consent"), _R, "w", "2.112", Letter.REFUSAL, final=True, reached=True
    ),
    Outcome.NEVER_AVAILABLE: OutcomeRow(
        mark("Away for the whole field period"), _O, "n", "2.21", Letter.NONCONTACT, final=True, reached=True
    ),
    Outcome.DECEASED: OutcomeRow(mark("Deceased"), _O, "d", "2.31", Letter.OTHER, final=True, reached=True),
    Outcome.UNABLE: OutcomeRow(
        mark("Unable for health reasons"), _O, "u", "2.32", Letter.OTHER, final=True, reached=True
    ),
    Outcome.LANGUAGE: OutcomeRow(
        mark("Person speaks none of the languages"), _O, "l", "2.332", Letter.OTHER, final=True, reached=True
    ),
    Outcome.LANGUAGE_HOUSEHOLD: OutcomeRow(
        mark("Nobody there speaks any of the languages"), _O, "h", "2.331", Letter.OTHER, final=True, reached=True
    ),
    Outcome.NO_INTERVIEWER: OutcomeRow(
        mark("No interviewer for the language"), _O, "i", "2.333", Letter.OTHER, final=True, reached=True
    ),
    Outcome.AUDIO: OutcomeRow(mark("Line too bad"), _O, "a", "2.34", Letter.OTHER, reached=True),
    Outcome.SITUATION: OutcomeRow(mark("Situation does not allow it"), _O, "s", "2.35", Letter.OTHER, reached=True),
    Outcome.OTHER: OutcomeRow(mark("Other reason"), _O, "o", "2.36", Letter.OTHER, final=True, reached=True),
    Outcome.NOT_ELIGIBLE: OutcomeRow(
        mark("Does not belong to those asked"), _O, "e", "4.70", Letter.NOT_ELIGIBLE, final=True, reached=True
    ),
    Outcome.OUT_OF_SAMPLE: OutcomeRow(
        mark("Not in the sample"), _O, "x", "4.10", Letter.NOT_ELIGIBLE, final=True, reached=True
    ),
    Outcome.QUOTA_FULL: OutcomeRow(
        mark("Quota is full"), _O, "q", "4.80", Letter.NOT_ELIGIBLE, final=True, reached=True
    ),
    Outcome.COMPLETE: OutcomeRow(mark("Complete"), _I, "c", "1.1", Letter.COMPLETE, final=True, reached=True),
    Outcome.PARTIAL: OutcomeRow(mark("Partial"), _I, "p", "1.2", Letter.PARTIAL, final=True, reached=True),
}

CONFIRMING = frozenset(
    {
        Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT, Outcome.CALL_BACK, Outcome.THIRD_PERSON, Outcome.INTERRUPTED,
        Outcome.SOFT_REFUSAL, Outcome.HARD_REFUSAL, Outcome.HOUSEHOLD_REFUSAL, Outcome.BREAK_OFF, Outcome.WITHDRAWN,
        Outcome.NEVER_AVAILABLE, Outcome.DECEASED, Outcome.UNABLE, Outcome.LANGUAGE, Outcome.LANGUAGE_HOUSEHOLD,
        Outcome.NO_INTERVIEWER, Outcome.AUDIO, Outcome.SITUATION, Outcome.OTHER, Outcome.COMPLETE, Outcome.PARTIAL,
    }
)  # fmt: skip
"""Outcomes after which it is known that the person is reached on this number."""


@dataclass(frozen=True, slots=True)
class FinalCode:
    """A case's final disposition: AAPOR's number and letter."""

    code: str
    letter: Letter


# Highest first (rates_and_dispositions.md): complete > partial > hard refusal > soft refusal > eligible
# non-contact > other > unknown. Not eligible counts as unknown's neighbour: any sign of the person beats it.
_PRECEDENCE: tuple[tuple[Outcome, ...], ...] = (
    (Outcome.COMPLETE,),
    (Outcome.PARTIAL,),
    (Outcome.WITHDRAWN, Outcome.HARD_REFUSAL, Outcome.HOUSEHOLD_REFUSAL, Outcome.BREAK_OFF),
)
_ENDING_OTHER = (
    Outcome.NOT_ELIGIBLE, Outcome.OUT_OF_SAMPLE, Outcome.QUOTA_FULL, Outcome.DECEASED, Outcome.UNABLE,
    Outcome.LANGUAGE_HOUSEHOLD, Outcome.LANGUAGE, Outcome.NO_INTERVIEWER, Outcome.OTHER,
)  # fmt: skip


def _code_of(outcome: Outcome) -> FinalCode:
    row = TABLE[outcome]
    return FinalCode(row.code, row.letter)


def final_code(history: Sequence[tuple[int, Outcome]], phones: int) -> FinalCode:
    """Return the final code from the whole history, (number's index, outcome) in order; ``phones``: how many numbers.

    Ours is a list of named, consenting persons: no answer on a number never confirmed is 3.13 (UH), after the person
    was once confirmed 2.21 (NC); a wrong number is 4.30 (NE) once all numbers were tried and found bad, else 3.30 (UO).
    """
    outcomes = [outcome for _phone, outcome in history]
    if not outcomes:
        return FinalCode("3.11", Letter.UNKNOWN_HOUSEHOLD)
    said = _said_of_the_person(outcomes)
    if said is not None:
        return _code_of(said)
    if any(outcome in CONFIRMING for outcome in outcomes):
        return _noncontact(outcomes)
    return _unknown(history, phones)


def _said_of_the_person(outcomes: list[Outcome]) -> Outcome | None:
    """Return the outcome that decides by precedence, None when nothing but contact or silence is known.

    What ends a case by itself (deceased, unable …) stands before an interim contact such as "somebody else
    answered": the reference's "non-contact before other" orders ends, and an interim contact is none.
    """
    for level in _PRECEDENCE:
        found = next((outcome for outcome in reversed(outcomes) if outcome in level), None)
        if found is not None:
            return found
    ended = next((outcome for outcome in reversed(outcomes) if outcome in _ENDING_OTHER), None)
    if ended is not None and TABLE[ended].letter is Letter.NOT_ELIGIBLE:
        return ended
    return next((outcome for outcome in (Outcome.SOFT_REFUSAL, Outcome.INTERRUPTED) if outcome in outcomes), ended)


def _noncontact(outcomes: list[Outcome]) -> FinalCode:
    """The person was confirmed once and not interviewed: by the last word, audio, situation, device or never there."""
    last = outcomes[-1]
    if last in (Outcome.AUDIO, Outcome.SITUATION):
        return _code_of(last)
    if last is Outcome.MAILBOX:
        code = "2.221" if Outcome.MAILBOX_MESSAGE in outcomes else "2.222"
        return FinalCode(code, Letter.NONCONTACT)
    if last is Outcome.MAILBOX_MESSAGE:
        return FinalCode("2.221", Letter.NONCONTACT)
    return FinalCode("2.21", Letter.NONCONTACT)


def _unknown(history: Sequence[tuple[int, Outcome]], phones: int) -> FinalCode:
    """Nobody was ever confirmed: bad numbers when all are bad, else the most telling of what was heard."""
    outcomes = [outcome for _phone, outcome in history]
    last_of: dict[int, Outcome] = dict(history)
    dead = {phone for phone, outcome in history if TABLE[outcome].number_dead}
    if phones and len(dead) >= phones:
        last = next(outcome for outcome in reversed(outcomes) if TABLE[outcome].number_dead)
        return _code_of(last)
    if any(outcome in (Outcome.WRONG_NUMBER, Outcome.PERSON_UNCONFIRMED) for outcome in outcomes):
        return FinalCode("3.30", Letter.UNKNOWN_OTHER)
    alive = [outcome for phone, outcome in last_of.items() if phone not in dead] or outcomes
    heard = [outcome for outcome in outcomes if not TABLE[outcome].number_dead]
    for outcome in (Outcome.MAILBOX_MESSAGE, Outcome.MAILBOX, Outcome.NO_ANSWER, Outcome.CALL_BLOCKED):
        if outcome in heard:
            return _code_of(outcome)
    if heard and all(outcome is Outcome.BUSY for outcome in heard):
        return _code_of(Outcome.BUSY)
    return _code_of(alive[-1])
