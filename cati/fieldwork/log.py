"""Who did what: one hash chain a member, written inside the act's own transaction; signed checkpoints outside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import journal, studies
from cati.store.database import Transaction
from cati.store.staff import former_certificates
from cati.vault import log_chain
from cati.vault.checkpoints import Checkpoint, Head, append_checkpoint, checkpoint, digest, read_checkpoints
from cati.vault.grants import certificate_from_bytes, certified_signing_key
from cati.vault.seal_file import read_seal

CHECKPOINT_EVERY = 500


class Act(StrEnum):
    """What is logged. The words are shown through `cati.ui`; these codes stay in the file for good."""

    MADE = "study_made"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SETTINGS = "settings_changed"
    QUESTIONNAIRE = "questionnaire_changed"
    MOVED = "study_moved"
    MEMBER_ADDED = "member_added"
    MEMBER_LEFT = "member_left"
    MEMBER_CHANGED = "member_changed"
    PASSWORD = "password_changed"  # noqa: S105 - the name of an act
    RESET = "password_reset"
    REFUSED = "sign_in_refused"
    TRUSTEES = "trustees_named"
    DRILLED = "recovery_drilled"
    RECOVERED = "study_recovered"
    KEYS_RENEWED = "keys_renewed"
    IMPORTED = "list_imported"
    HANDED_OUT = "case_handed_out"
    LOOKED_UP = "case_looked_up"
    TRIED = "number_tried"  # by the server itself: before it says whether anybody has it
    DIALLED = "dialled"
    OUTCOME = "outcome_noted"
    UNDONE = "outcome_undone"
    PUT_BACK = "case_put_back"
    PLANNED = "cases_planned_anew"
    TOO_MANY = "views_refused"
    REPORTED = "day_reported"
    WITHDRAWN = "consent_withdrawn"
    INTERVIEW = "interview_begun"
    COMPLETED = "interview_completed"
    BROKEN_OFF = "interview_broken_off"
    DELETED = "interview_deleted"
    POOLED = "answers_pooled"  # by the server itself, beside COMPLETED or BROKEN_OFF
    LOGIN_SET = "login_set"  # by the server itself: whom a role on it lets in, and with which password
    SESSION_ENDED = "session_ended"  # by the server itself: of who kept others waiting, or may not sign in any more
    CONTACTS_READ = "contacts_read"  # by the server itself: many at once, to search or to work out when they are called
    MIXED = "answers_mixed"
    FIELD_ENDED = "field_ended"
    EXPORTED = "answers_exported"
    PURGE = "purge_step"
    END_AGREED = "end_agreed"  # by the server itself: the second person of an erasure
    PAUSED = "paused"
    RESUMED = "resumed"
    ACTS_LOST = "acts_lost"  # kept at a workstation for a case that was somebody else's when the server was back


def seconds(moment: datetime) -> int:
    """Return whole seconds since 1970; ``moment`` must be aware."""
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    """Return the aware UTC instant of ``at`` seconds since 1970."""
    return datetime.fromtimestamp(at, UTC)


def append(
    transaction: Transaction,
    study_id: str,
    who: str,
    act: Act,
    at: datetime,
    *,
    case: str = "",
    fence: int = 0,
    **details: object,
) -> journal.Entry:
    """Append one entry; ``details`` must hold identifiers, counts and codes only, never what belongs to a person."""
    return chain_on(transaction, study_id, journal.Entry(0, seconds(at), who, act.value, case, fence, _words(details)))


def _words(details: dict[str, object]) -> str:
    return json.dumps(details, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if details else ""


def chain_on(transaction: Transaction, study_id: str, entry: journal.Entry) -> journal.Entry:
    """Append ``entry`` to its member's chain, whatever its number and hash were; return it as it stands there.

    Nobody else's chain is looked at. When the same member writes elsewhere at the same moment, the other goes first.
    """
    before = -1
    while True:
        n, previous = journal.head(transaction, entry.who) or (0, log_chain.first_hash(study_id, entry.who))
        if n == before:
            message = "the log takes no entry behind its last one"
            raise AssertionError(message)
        bare = replace(entry, n=n + 1, hash=b"")
        chained = replace(bare, hash=log_chain.chain(previous, bare.fields()))
        if journal.append(transaction, chained, previous):
            return chained
        before = n


def note(
    study: OpenStudy, transaction: Transaction, act: Act, *, case: str = "", fence: int = 0, **details: object
) -> journal.Entry:  # fmt: skip
    """Append an entry for the member signed in, at the study's own time; on a server by the server itself."""
    study.database.unsigned_entries += 1
    if study.database.by_functions:
        entry = journal.Entry(0, 0, study.me.id, act.value, case, fence, _words(details))
        return journal.note_by_function(transaction, entry)
    return append(transaction, study.study_id, study.me.id, act, study.now(), case=case, fence=fence, **details)


def checkpoint_path(seal_path: Path) -> Path:
    """Return the file beside the seal that keeps signed checkpoints of the log."""
    return seal_path.with_suffix(".checkpoints")


def checkpoint_when_due(study: OpenStudy) -> None:
    """Sign the ends of all chains when `CHECKPOINT_EVERY` entries were written since; outside any transaction."""
    if study.database.unsigned_entries >= CHECKPOINT_EVERY:
        write_checkpoint(study)


def write_checkpoint(study: OpenStudy) -> Checkpoint | None:
    """Sign the ends of all chains and keep that beside the seal; None after the purge and for an empty log.

    At sign-out, every `CHECKPOINT_EVERY` entries of a window, and for the day's report, which prints its ``word``.
    """
    study.database.unsigned_entries = 0
    if study.keys is None:
        return None
    with study.reading() as transaction:
        ends = heads(transaction)
    if not ends:
        return None
    signed = checkpoint(study.study_id, ends, study.now(), member_id=study.me.id, signing=study.keys.signing)
    append_checkpoint(checkpoint_path(study.seal_path), signed)
    return signed


def heads(transaction: Transaction) -> tuple[Head, ...]:
    """Return the end of every chain."""
    return tuple(Head(*found) for found in journal.heads(transaction))


def extent(transaction: Transaction) -> tuple[int, str]:
    """Return what the record of an erasure says of the log: the number of entries, and one hash over all ends."""
    ends = heads(transaction)
    return sum(end.n for end in ends), digest(ends).hex() if ends else ""


def entries(
    study: OpenStudy, *, acts: Sequence[Act] = (), who: str = "", limit: int | None = 500
) -> tuple[journal.Entry, ...]:
    """Return the newest entries first, everybody's or of the member ``who``; for supervisors and research leads."""
    study.require(Role.SUPERVISOR)
    wanted = tuple(act.value for act in acts)
    with study.reading() as transaction:
        return tuple(journal.entries(transaction, acts=wanted, who=who, newest_first=True, limit=limit))


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a check of the log found. ``unreadable``: lines in the files of checkpoints that are none.

    ``sealed``: the seal was there, so that staff and checkpoints could be checked; not after the purge.
    """

    verdict: log_chain.LogVerdict
    unreadable: int
    sealed: bool

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong anywhere."""
        return self.verdict.ok

    @property
    def why(self) -> str:
        """Return what is wrong in the first place where something is; "" when nothing is."""
        return "" if self.ok else self.verdict.faults[0].why.value


def verify(study: OpenStudy, *, more: Sequence[Path] = ()) -> LogCheck:
    """Check every chain against itself and the checkpoints, signed by certified staff, that lie beside the seal.

    ``more``: files of checkpoints from other workstations. After the purge there is neither seal nor valid checkpoint
    (the log was cut): the chains are checked against themselves alone.
    """
    study.require(Role.SUPERVISOR)
    checkpoints: list[Checkpoint] = []
    unreadable = 0
    sealed = study.keys is not None
    for path in (checkpoint_path(study.seal_path), *more) if sealed else ():
        found, bad = read_checkpoints(path)
        checkpoints += (one for one in found if one not in checkpoints)
        unreadable += bad
    with study.reading() as transaction:
        signers = _signers(study, transaction, sealed=sealed)
        verdict = log_chain.check_log(study.study_id, _logged(transaction), checkpoints, signers)
    return LogCheck(verdict, unreadable, sealed)


def _signers(study: OpenStudy, transaction: Transaction, *, sealed: bool) -> dict[str, list[bytes]]:
    """Return the signing keys of everybody who ever was of the staff, each certified under the seal's pinned key."""
    seal = read_seal(study.seal_path) if sealed else None
    signers = {}
    for row in studies.members(transaction):
        certificate = certificate_from_bytes(row.certificate)
        signers[row.id] = [
            certificate.signing_public if seal is None else certified_signing_key(certificate, row.id, seal)
        ]
    if seal is not None:
        for member_id, former in former_certificates(transaction):
            signers[member_id].append(certified_signing_key(certificate_from_bytes(former), member_id, seal))
    return signers


def _logged(transaction: Transaction) -> Iterator[log_chain.LoggedEntry]:
    for entry in journal.by_chain(transaction):
        yield log_chain.LoggedEntry(entry.chain, entry.fields(), entry.hash, entry.at)
