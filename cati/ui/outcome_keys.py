"""Every outcome's one key on the calling page, and which of them stand there directly."""

from __future__ import annotations

from cati.survey.dispositions import GROUP_NAMES, TABLE, Outcome, OutcomeGroup
from cati.text import mark, tr
from cati.ui.keyed import Offer

O = Outcome  # noqa: E741 - the table below is read by columns

KEYS: dict[Outcome, str] = {
    O.NO_ANSWER: "n", O.BUSY: "b", O.MAILBOX: "m", O.MAILBOX_MESSAGE: "l", O.CALL_BLOCKED: "1", O.TECHNICAL: "2",
    O.OPERATOR_MESSAGE: "3", O.OUT_OF_SERVICE: "4",
    O.WRONG_NUMBER: "g", O.NOT_WORKING: "x", O.DISCONNECTED: "5", O.FAX: "f", O.NUMBER_CHANGED: "6",
    O.CALL_FORWARDED: "7", O.PERSON_UNCONFIRMED: "8", O.BUSINESS: "9", O.INSTITUTION: "0",
    O.APPOINTMENT: "a", O.THIRD_PERSON: "t", O.CALL_BACK: "v", O.INTERRUPTED: "i",
    O.SOFT_REFUSAL: "r", O.HARD_REFUSAL: "h", O.HOUSEHOLD_REFUSAL: "e", O.BREAK_OFF: "k", O.WITHDRAWN: "w",
    O.NEVER_AVAILABLE: ",", O.DECEASED: "d", O.UNABLE: "u", O.LANGUAGE: "s", O.LANGUAGE_HOUSEHOLD: "p",
    O.NO_INTERVIEWER: "j", O.AUDIO: "q", O.SITUATION: "y", O.OTHER: "o", O.NOT_ELIGIBLE: "z", O.OUT_OF_SAMPLE: ".",
    O.QUOTA_FULL: "-", O.PARTIAL: "+",
}  # fmt: skip
"""One key each, the same on the page of the case and on the page of all outcomes."""

APPOINTMENT, WITHDRAW, ALL = "appointment", "withdraw", "all"
"""What is not an outcome by itself: an entry, two keys, the page of all outcomes."""

DIRECT: tuple[tuple[str, tuple[Outcome, ...]], ...] = (
    (mark("Nobody reached"), (O.NO_ANSWER, O.BUSY, O.MAILBOX, O.MAILBOX_MESSAGE)),
    (mark("Somebody answered"), (O.APPOINTMENT, O.CALL_BACK, O.THIRD_PERSON)),
    (mark("Does not want to"), (O.SOFT_REFUSAL, O.HARD_REFUSAL, O.WITHDRAWN)),
    (mark("Number"), (O.WRONG_NUMBER, O.NOT_WORKING)),
)
"""The columns on the page of the case."""

IN_INTERVIEW = (O.INTERRUPTED, O.BREAK_OFF, O.PARTIAL)
"""What can be said of a call only after its interview has begun."""

_ACTS = {O.APPOINTMENT: APPOINTMENT, O.WITHDRAWN: WITHDRAW}
_NOT_CHOSEN = frozenset({O.COMPLETE, O.VAGUE_APPOINTMENT})


def offer_of(outcome: Outcome, proposed: Outcome | None = None) -> Offer:
    """Return an outcome as a key with words; the one that the line proposes is marked."""
    words = tr("Appointment …") if outcome is O.APPOINTMENT else tr(TABLE[outcome].label)
    if outcome is O.WITHDRAWN:
        words = tr("Withdraws consent …")
    kind = "danger" if outcome is O.WITHDRAWN else "plain"
    name = _ACTS.get(outcome, outcome.value)
    return Offer(name, KEYS[outcome].upper(), words, kind, checked=outcome is proposed)


def direct_columns(*, interviewed: bool, proposed: Outcome | None = None) -> list[tuple[str, list[Offer]]]:
    """Return the columns on the page of the case; ``interviewed``: an interview was begun in this call."""
    columns = [(tr(heading), [offer_of(one, proposed) for one in outcomes]) for heading, outcomes in DIRECT]
    if interviewed:
        columns[0] = (tr("Broken off"), [offer_of(one, proposed) for one in IN_INTERVIEW])
    columns[-1][1].append(Offer(ALL, "O", tr("All outcomes …")))
    return columns


def all_columns(*, interviewed: bool) -> list[tuple[str, list[Offer]]]:
    """Return every outcome that a person may choose, in the groups of the table."""
    columns = []
    for group in OutcomeGroup:
        listed = [
            offer_of(outcome)
            for outcome, row in TABLE.items()
            if row.group is group
            and outcome not in _NOT_CHOSEN
            and (interviewed or outcome not in (O.INTERRUPTED, O.BREAK_OFF, O.PARTIAL))
        ]
        if listed:
            columns.append((tr(GROUP_NAMES[group]), listed))
    return columns
