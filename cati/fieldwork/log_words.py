"""The log as a supervisor reads it: who, what and when in words, and whether the chains are whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cati.fieldwork.delivered import OUTAGE
from cati.fieldwork.delivery import CALL_BACK, OWN_APPOINTMENT
from cati.fieldwork.log import Act, LogCheck, entries, moment, verify
from cati.fieldwork.open_study import ROLE_NAMES, OpenStudy, Role
from cati.fieldwork.views import View
from cati.store import studies
from cati.store.journal import Entry
from cati.store.roles import Roles
from cati.survey.dispositions import TABLE, Outcome
from cati.text import mark, show_moment, tr, trn
from cati.vault.checkpoints import Checkpoint
from cati.vault.log_chain import ONE_FOR_ALL, Fault, Why

WORDS = {
    Act.MADE: mark("made the study"),
    Act.MOVED: mark("moved the study to a server or into a folder"),
    Act.SIGNED_IN: mark("signed in"),
    Act.SIGNED_OUT: mark("signed out"),
    Act.SETTINGS: mark("changed the settings"),
    Act.QUESTIONNAIRE: mark("changed the questionnaire"),
    Act.MEMBER_ADDED: mark("added a member of staff"),
    Act.MEMBER_LEFT: mark("took away somebody’s access"),
    Act.MEMBER_CHANGED: mark("changed what a member of staff can do"),
    Act.PASSWORD: mark("changed their own password"),
    Act.RESET: mark("gave a member of staff new keys and a start password"),
    Act.REFUSED: mark("a password was refused"),
    Act.TRUSTEES: mark("named the trustees"),
    Act.DRILLED: mark("tried out the trustees’ passwords"),
    Act.RECOVERED: mark("was let in by two trustees"),
    Act.KEYS_RENEWED: mark("renewed the contacts’ key"),
    Act.IMPORTED: mark("brought in a contact list"),
    Act.HANDED_OUT: mark("got a case with its contact"),
    Act.LOOKED_UP: mark("looked for somebody who called back"),
    Act.DIALLED: mark("began a call"),
    Act.OUTCOME: mark("noted an outcome"),
    Act.UNDONE: mark("took an outcome back"),
    Act.PUT_BACK: mark("put a case back"),
    Act.PLANNED: mark("worked out anew when people may be called"),
    Act.TOO_MANY: mark("was refused a contact: too many within an hour"),
    Act.REPORTED: mark("made the day’s report"),
    Act.WITHDRAWN: mark("erased a contact: consent withdrawn"),
    Act.INTERVIEW: mark("began an interview"),
    Act.COMPLETED: mark("finished an interview"),
    Act.BROKEN_OFF: mark("an interview was broken off"),
    Act.DELETED: mark("deleted an interview at the respondent’s wish"),
    Act.POOLED: mark("put a finished interview into the pool"),
    Act.LOGIN_SET: mark("set a sign-in at the server"),
    Act.SESSION_ENDED: mark("ended somebody’s connections to the server"),
    Act.TRIED: mark("tried a number: who calls back"),
    Act.CONTACTS_READ: mark("had many cases read at once"),
    Act.MIXED: mark("mixed finished interviews into the stock"),
    Act.EXPORTED: mark("exported the answers"),
    Act.PURGE: mark("erased the contacts"),
    Act.END_AGREED: mark("agreed, as the second person, that the contacts are erased"),
    Act.FIELD_ENDED: mark("ended the field period"),
    Act.PAUSED: mark("paused"),
    Act.RESUMED: mark("came back from a pause"),
    Act.ACTS_LOST: mark("lost what was not saved of a call: the case had gone to somebody else, or was closed"),
}

DETAILS = {
    "accepted": mark("accepted {value}"),
    "refused": mark("refused {value}"),
    "members": mark("people {value}"),
    "member": mark("person: {value}"),
    "login": mark("person: {value}"),
    "second": mark("second person: {value}"),
    "role": mark("role {value}"),
    "changed": mark("changed {value}"),
    "outcome": mark("outcome: {value}"),
    "reason": mark("reason {value}"),
    "moved": mark("moved {value}"),
    "waiting": mark("waiting {value}"),
    "interviews": mark("interviews {value}"),
    "step": mark("step {value}"),
    "failed": mark("after {value} refused tries"),
    "by": mark("by {value}"),
    "for": mark("what for: {value}"),
    "found": mark("found {value}"),
    "cases": mark("cases {value}"),
    "most": mark("limit {value}"),
    "day": mark("day {value}"),
    "acts": mark("entries {value}"),
    "answers": mark("answers {value}"),
    "finished": mark("whole interviews {value}"),
    "then": mark("this was at {value}"),
}
_REASONS = {
    "break": mark("Break"),
    "meeting": mark("Meeting or question"),
    "technical": mark("Technical trouble"),
    "other": mark("Something else"),
    CALL_BACK: mark("the person called back"),
    OWN_APPOINTMENT: mark("own appointment"),
    "unlock": mark("at the locked window"),
    "proof": mark("where the own password was asked for"),
    "second": mark("of a second person"),
    "left": mark("of somebody whose access was taken away"),
    OUTAGE: mark("its lease had ended in an outage"),
}
_BY = {"number": mark("telephone number"), "name": mark("name")}
_FOR = {
    "search": mark("a search by name"),
    "replan": mark("when people are called"),
    "import": mark("a list that comes in"),
    "renew": mark("new keys"),
    "drill": mark("a try of the trustees’ keys"),
    "erase": mark("the erasure"),
    "questionnaire": mark("what a new questionnaire makes of open interviews"),
}
_CODES = {"reason": _REASONS, "by": _BY, "for": _FOR}
_SETTINGS = {
    "name": mark("Name"),
    "client": mark("Client"),
    "institute": mark("Institute"),
    "callback_number": mark("Number to call back"),
    "purpose": mark("Purpose"),
    "quota_margin": mark("Interviews above a target"),
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
    "lock_minutes": mark("Lock after"),
    "views_per_hour": mark("Contacts seen in an hour"),
}
_MOST_SHOWN = 5
_PEOPLE = frozenset({"member", "login", "second"})
_ROLE_END = 16
"""Letters of a role's name by which the server's own entries name a member (store/sql/gate.sql)."""
_OUTCOMES = frozenset(Outcome)
_ROLES = frozenset(Role)
_WHY = {
    Why.ALTERED: mark("{who}: entry {n} ({when}) was changed, or one was removed or put in just before it."),
    Why.TRUNCATED: mark("{who}: the entries from number {n} on are missing (last one left: {when}); {signed}."),
    Why.VANISHED: mark("{who}: all entries are missing; {signed}."),
    Why.REBUILT: mark("{who}: entry {n} ({when}) is not the one that was signed; {signed}."),
    Why.LENGTHENED: mark("{who}: entry {n} ({when}) was put in after this log was closed; {signed}."),
    Why.STRANGER: mark("{who}: entries in the name of somebody who was never on the staff."),
    Why.FORGED: mark("{who}: a checkpoint in this name was not signed by your staff; {signed}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One entry in words. ``at`` is aware UTC; ``case`` is a random id or ""; ``who`` a member's name."""

    at: datetime
    who: str
    what: str
    case: str


def entries_in_words(
    study: OpenStudy, *, limit: int = 500, acts: Sequence[Act] = (), who: str = ""
) -> tuple[LogLine, ...]:
    """Return the newest entries first, in the reader's language; for supervisors and research leads.

    Of these acts and of the member ``who`` alone, where they are given.
    """
    return in_words(study, entries(study, limit=limit, acts=acts, who=who))


def in_words(study: OpenStudy, found: Iterable[Entry]) -> tuple[LogLine, ...]:
    """Return entries as they are read."""
    roles = Roles(study.study_id)
    with study.reading() as transaction:
        members = studies.members(transaction)
    names = {row.id: row.name for row in members}
    told = names | {roles.login(row.login)[-_ROLE_END:]: row.name for row in members}
    return tuple(
        LogLine(
            at=moment(one.at),
            who=names.get(one.who, one.who[:8]),
            what=_what(one.act, one.details, told),
            case=one.case,
        )
        for one in found
    )


def names_of_staff(study: OpenStudy) -> dict[str, str]:
    """Return the name of everybody who ever was of the staff, by id."""
    with study.reading() as transaction:
        return {row.id: row.name for row in studies.members(transaction)}


def seen_how(view: View) -> str:
    """Return in words how somebody came by a case whose details they saw."""
    words = tr(WORDS[view.act]) if view.act is Act.HANDED_OUT else tr("took a certain case")
    return f"{words} ({tr(_REASONS.get(view.reason, view.reason))})" if view.reason else words


@dataclass(frozen=True, slots=True)
class CheckWords:
    """A check of the log in sentences: the ``verdict``, one of ``wrong`` a fault, what else to know, and the details.

    ``chains``: a line for each person's entries; ``used``: one for each checkpoint that was compared.
    """

    ok: bool
    verdict: str
    wrong: tuple[str, ...]
    remarks: tuple[str, ...]
    chains: tuple[str, ...]
    used: tuple[str, ...]


def check_in_words(study: OpenStudy) -> tuple[bool, str]:
    """Check the chains of entries and the signed checkpoints beside the seal; the verdict and its sentences."""
    check = full_check(study)
    return check.ok, " ".join((check.verdict, *check.wrong[:_MOST_SHOWN], *check.remarks))


def full_check(study: OpenStudy, *, more: Sequence[Path] = (), expected: Sequence[str] = ()) -> CheckWords:
    """Check the log with the checkpoints beside the seal and in the files ``more``, and say all that was found.

    ``expected``: the words of checkpoints that somebody has on paper; each must be among those compared.
    """
    check = verify(study, more=more)
    with study.reading() as transaction:
        names = {row.id: row.name for row in studies.members(transaction)}
    names[ONE_FOR_ALL] = tr("Everybody (before the log was kept by person)")
    found = check.verdict
    words = {one.word for one in found.used}
    wrong = [_fault_in_words(fault, names) for fault in found.faults]
    wrong += [
        tr("The checkpoint {word} is not here; without it a cut log may pass unnoticed.", word=word)
        for word in expected
        if word.strip().upper() not in words
    ]
    return CheckWords(
        ok=not wrong,
        verdict=tr("The log is not as it was written.")
        if wrong
        else trn("The entry is unchanged.", "All {n} entries are unchanged.", found.count),
        wrong=tuple(wrong),
        remarks=tuple(_remarks(check)),
        chains=tuple(
            trn(
                "{who}: 1 entry, {signed} of them signed",
                "{who}: {n} entries, {signed} of them signed",
                one.count,
                who=_named(one.chain, names),
                signed=one.signed,
            )
            for one in found.chains
        ),
        used=tuple(checkpoint_in_words(one, names) for one in sorted(found.used, key=lambda one: one.at)),
    )


def checkpoint_in_words(checkpoint: Checkpoint, names: Mapping[str, str]) -> str:
    """Return a checkpoint's line, for a report on paper too: when, by whom, how many entries, its word."""
    return tr(
        "{when}, {who}: {n} entries signed, checkpoint {word}",
        when=_time(checkpoint), who=_named(checkpoint.member_id, names), n=checkpoint.count, word=checkpoint.word,
    )  # fmt: skip


def _remarks(check: LogCheck) -> Iterator[str]:
    """Yield what limits this check."""
    if not check.sealed:
        yield tr("The contacts are erased and the seal with them: the entries were compared with one another only.")
    elif not check.verdict.used:
        yield tr("No checkpoint lies beside the seal here: a cut or rewritten log would not be noticed.")
        yield tr(
            "One is made at each sign-out. “cati verify-log” with --checkpoints takes the file of another workstation, "
            "too; it lies beside its seal."
        )
    if check.unreadable:
        yield trn("1 line of the checkpoints cannot be read.", "{n} lines of the checkpoints cannot be read.",
                  check.unreadable)  # fmt: skip


def _fault_in_words(fault: Fault, names: Mapping[str, str]) -> str:
    signed = ""
    if fault.checkpoint is not None:
        signed = tr("checkpoint of {when}", when=_time(fault.checkpoint))
    when = f"{moment(fault.at):%Y-%m-%d %H:%M:%S} UTC" if fault.at else "–"
    return tr(_WHY[fault.why], who=_named(fault.chain, names), n=fault.n, when=when, signed=signed)


def _named(member_id: str, names: Mapping[str, str]) -> str:
    return names.get(member_id, member_id[:8])


def _time(checkpoint: Checkpoint) -> str:
    return checkpoint.at.replace("T", " ").replace("Z", " UTC")


def _what(act: str, details: str, names: Mapping[str, str]) -> str:
    try:
        words = tr(WORDS[Act(act)])
    except (ValueError, KeyError):
        words = act
    if act == Act.PURGE and "head" in json.loads(details or "{}"):
        return tr("destroyed the keys; what the log said of cases and calls went with the contacts")
    more = _codes(details, names)
    return f"{words} ({more})" if more else words


def _codes(details: str, names: Mapping[str, str]) -> str:
    """Return what an entry says of people, and its counts and codes that have words; other ids and hashes stay out."""
    if not details:
        return ""
    return ", ".join(
        tr(DETAILS[name], value=names.get(str(value), "–") if name in _PEOPLE else _value(name, value))
        for name, value in json.loads(details).items()
        if name in DETAILS and value != ""
    )


def _value(name: str, value: object) -> object:
    """Return a code in words where it has some."""
    if name == "outcome" and value in _OUTCOMES:
        return tr(TABLE[Outcome(str(value))].label)
    if name == "role" and value in _ROLES:
        return tr(ROLE_NAMES[Role(str(value))])
    if name == "then" and isinstance(value, int):
        return show_moment(moment(value).astimezone(), "EEE d MMM HH:mm:ss")
    if name in _CODES:
        return tr(_CODES[name].get(str(value), str(value)))
    if name == "changed" and isinstance(value, list):
        return ", ".join(dict.fromkeys(tr(_SETTINGS.get(str(one), str(one))) for one in value))
    return ", ".join(map(str, value)) if isinstance(value, list) else value
