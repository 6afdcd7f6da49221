"""Who did what: hash-chained entries written inside the act's own transaction, with signed checkpoints outside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import journal, studies
from cati.store.database import Transaction
from cati.vault import log_chain
from cati.vault.grants import certificate_from_bytes, check_certificate
from cati.vault.people import member_record_from_bytes
from cati.vault.seal_file import read_seal

CHECKPOINT_EVERY = 500


class Act(StrEnum):
    """What is logged. The words are shown through `cati.ui`; these codes stay in the file for good."""

    MADE = "study_made"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SETTINGS = "settings_changed"
    QUESTIONNAIRE = "questionnaire_changed"
    MEMBER_ADDED = "member_added"
    MEMBER_LEFT = "member_left"
    PASSWORD = "password_changed"  # noqa: S105 - the name of an act
    IMPORTED = "list_imported"
    HANDED_OUT = "case_handed_out"
    LOOKED_UP = "case_looked_up"
    DIALLED = "dialled"
    OUTCOME = "outcome_noted"
    UNDONE = "outcome_undone"
    PUT_BACK = "case_put_back"
    WITHDRAWN = "consent_withdrawn"
    INTERVIEW = "interview_begun"
    COMPLETED = "interview_completed"
    BROKEN_OFF = "interview_broken_off"
    DELETED = "interview_deleted"
    MIXED = "answers_mixed"
    FIELD_ENDED = "field_ended"
    EXPORTED = "answers_exported"
    PURGE = "purge_step"
    PAUSED = "paused"
    RESUMED = "resumed"


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
    last = journal.head(transaction)
    n, previous = (1, log_chain.first_hash(study_id)) if last is None else (last[0] + 1, last[1])
    text = json.dumps(details, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if details else ""
    bare = journal.Entry(n, seconds(at), who, act.value, case, fence, text)
    entry = journal.Entry(bare.n, bare.at, bare.who, bare.act, bare.case, bare.fence, bare.details,
                          log_chain.chain(previous, bare.fields()))  # fmt: skip
    journal.append(transaction, entry, previous)
    return entry


def note(
    study: OpenStudy, transaction: Transaction, act: Act, *, case: str = "", fence: int = 0, **details: object
) -> journal.Entry:  # fmt: skip
    """Append an entry for the member signed in, at the study's own time."""
    study.database.unsigned_entries += 1
    return append(transaction, study.study_id, study.me.id, act, study.now(), case=case, fence=fence, **details)


def checkpoint_path(seal_path: Path) -> Path:
    """Return the file beside the seal that keeps signed checkpoints of the log."""
    return seal_path.with_suffix(".checkpoints")


def checkpoint_when_due(study: OpenStudy) -> None:
    """Sign the head of the log when `CHECKPOINT_EVERY` entries were written since; outside any transaction."""
    if study.database.unsigned_entries >= CHECKPOINT_EVERY:
        write_checkpoint(study)


def write_checkpoint(study: OpenStudy) -> None:
    """Sign the head of the log and keep it beside the seal: at sign-out and every `CHECKPOINT_EVERY` entries."""
    study.database.unsigned_entries = 0
    if study.keys is None:
        return
    with study.reading() as transaction:
        last = journal.head(transaction)
    if last is not None:
        log_chain.append_checkpoint(
            checkpoint_path(study.seal_path),
            log_chain.checkpoint(
                study.study_id, last[0], last[1], study.now(), member_id=study.me.id, signing=study.keys.signing
            ),
        )


def entries(study: OpenStudy, *, acts: Sequence[Act] = (), limit: int | None = 500) -> tuple[journal.Entry, ...]:
    """Return the newest entries first; for supervisors and research leads."""
    study.require(Role.SUPERVISOR)
    with study.reading() as transaction:
        return tuple(journal.entries(transaction, acts=tuple(a.value for a in acts), newest_first=True, limit=limit))


def verify(study: OpenStudy) -> log_chain.ChainVerdict:
    """Check the whole chain against itself and the checkpoints beside the seal, signed by certified staff."""
    study.require(Role.SUPERVISOR)
    checkpoints, _unreadable = log_chain.read_checkpoints(checkpoint_path(study.seal_path))
    seal = read_seal(study.seal_path)
    signers = {}
    with study.reading() as transaction:
        rows = [(entry.fields(), entry.hash) for entry in journal.entries(transaction)]
        for row in studies.members(transaction):
            record = member_record_from_bytes(row.record)
            check_certificate(certificate_from_bytes(row.certificate), record, seal)
            signers[row.id] = record.signing_public
    return log_chain.check_chain(study.study_id, rows, checkpoints, signers)
