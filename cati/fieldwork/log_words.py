"""The log as a supervisor reads it: who, what and when in words, and whether the chain is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from cati.fieldwork.delivery import CALL_BACK, OWN_APPOINTMENT
from cati.fieldwork.log import Act, entries, moment, verify
from cati.fieldwork.open_study import ROLE_NAMES, OpenStudy, Role
from cati.store import studies
from cati.survey.dispositions import TABLE, Outcome
from cati.text import mark, tr, trn

WORDS = {
    Act.MADE: mark("made the study"),
    Act.SIGNED_IN: mark("signed in"),
    Act.SIGNED_OUT: mark("signed out"),
    Act.SETTINGS: mark("changed the settings"),
    Act.QUESTIONNAIRE: mark("changed the questionnaire"),
    Act.MEMBER_ADDED: mark("added a member of staff"),
    Act.MEMBER_LEFT: mark("took away somebody's access"),
    Act.PASSWORD: mark("changed the own password"),
    Act.IMPORTED: mark("brought in a contact list"),
    Act.HANDED_OUT: mark("got a case with its contact"),
    Act.LOOKED_UP: mark("looked for somebody who called back"),
    Act.DIALLED: mark("began a call"),
    Act.OUTCOME: mark("noted an outcome"),
    Act.UNDONE: mark("took an outcome back"),
    Act.PUT_BACK: mark("put a case back"),
    Act.WITHDRAWN: mark("erased a contact: consent withdrawn"),
    Act.INTERVIEW: mark("began an interview"),
    Act.COMPLETED: mark("finished an interview"),
    Act.BROKEN_OFF: mark("an interview was broken off"),
    Act.DELETED: mark("deleted an interview at the respondent's wish"),
    Act.MIXED: mark("mixed finished interviews into the stock"),
    Act.EXPORTED: mark("exported the answers"),
    Act.PURGE: mark("erased the contacts"),
    Act.FIELD_ENDED: mark("ended the field period"),
    Act.PAUSED: mark("paused"),
    Act.RESUMED: mark("came back from a pause"),
}

DETAILS = {
    "accepted": mark("accepted {value}"),
    "refused": mark("refused {value}"),
    "members": mark("people {value}"),
    "role": mark("role {value}"),
    "changed": mark("changed {value}"),
    "outcome": mark("outcome: {value}"),
    "reason": mark("reason {value}"),
    "moved": mark("moved {value}"),
    "waiting": mark("waiting {value}"),
    "interviews": mark("interviews {value}"),
    "step": mark("step {value}"),
}
_REASONS = {
    "break": mark("Break"),
    "meeting": mark("Meeting or question"),
    "technical": mark("Technical trouble"),
    "other": mark("Something else"),
    CALL_BACK: mark("the person called back"),
    OWN_APPOINTMENT: mark("own appointment"),
}
_SETTINGS = {
    "name": mark("Name"),
    "client": mark("Client"),
    "institute": mark("Institute"),
    "callback_number": mark("Number to call back"),
    "purpose": mark("Purpose"),
    "sites": mark("Sites"),
    "field_from": mark("First day of calls"),
    "field_to": mark("Last day of calls"),
    "contact_from": mark("Eligibility"),
    "contact_to": mark("Eligibility"),
    "consent": mark("Consent"),
    "languages": mark("Languages"),
    "expected_minutes": mark("Expected length"),
    "erasure_date": mark("Erasure date"),
    "rules": mark("Calling rules"),
}
_OUTCOMES = frozenset(Outcome)
_ROLES = frozenset(Role)
_WHY = {
    "altered": mark("The log was changed at entry {n}."),
    "truncated": mark("Entries are missing at the end of the log, after number {n}."),
    "rebuilt": mark("The log is not the one that was signed; entry {n} differs."),
    "forged": mark("A checkpoint beside the seal was not signed by your staff (entry {n})."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry in words. ``at`` is aware UTC; ``case`` is a random id or ""; ``who`` a member's name."""

    at: datetime
    who: str
    what: str
    case: str


def entries_in_words(study: OpenStudy, *, limit: int = 500) -> tuple[LogLine, ...]:
    """Return the newest entries first, in the reader's language; for supervisors and research leads."""
    found = entries(study, limit=limit)
    with study.reading() as transaction:
        names = {row.id: row.name for row in studies.members(transaction)}
    return tuple(
        LogLine(at=moment(one.at), who=names.get(one.who, one.who[:8]), what=_what(one.act, one.details), case=one.case)
        for one in found
    )


def check_in_words(study: OpenStudy) -> tuple[bool, str]:
    """Check the chain of entries and the signed checkpoints beside the seal; the verdict and a sentence."""
    verdict = verify(study)
    if verdict.ok:
        return True, trn("The entry is unchanged.", "All {n} entries are unchanged.", verdict.count)
    return False, tr(_WHY.get(verdict.why, _WHY["altered"]), n=verdict.first_bad or verdict.count)


def _what(act: str, details: str) -> str:
    try:
        words = tr(WORDS[Act(act)])
    except (ValueError, KeyError):
        words = act
    if act == Act.PURGE and "head" in json.loads(details or "{}"):
        return tr("destroyed the keys; what the log said of cases and calls went with the contacts")
    more = _codes(details)
    return f"{words} ({more})" if more else words


def _codes(details: str) -> str:
    """Return the counts and codes of an entry that have words; ids and hashes are left to those who read the file."""
    if not details:
        return ""
    return ", ".join(
        tr(DETAILS[name], value=_value(name, value))
        for name, value in json.loads(details).items()
        if name in DETAILS and value != ""
    )


def _value(name: str, value: object) -> object:
    """Return a code in words where it has some."""
    if name == "outcome" and value in _OUTCOMES:
        return tr(TABLE[Outcome(str(value))].label)
    if name == "role" and value in _ROLES:
        return tr(ROLE_NAMES[Role(str(value))])
    if name == "reason":
        return tr(_REASONS.get(str(value), str(value)))
    if name == "changed" and isinstance(value, list):
        return ", ".join(dict.fromkeys(tr(_SETTINGS.get(str(one), str(one))) for one in value))
    return ", ".join(map(str, value)) if isinstance(value, list) else value
