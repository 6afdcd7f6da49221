"""The pool of finished interviews and its mixing into the stock, after which nothing ties an answer to a person.

Pending rows still count as personal data: their transaction joins them to a case, and they carry a keyed hash of the
case (its tag), so that “please delete my interview” works until the mixing (security.md §6) without anybody opening
others' interviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from cati.errors import Problem
from cati.fieldwork.delivered import Lease
from cati.fieldwork.log import Act, note, seconds
from cati.fieldwork.open_study import OpenStudy, Role
from cati.settings import LIMIT_WEEKDAYS
from cati.store import cases, claiming, counts, drafts, journal, stock
from cati.store.cases import CaseStatus
from cati.store.database import Transaction
from cati.survey.calling_hours import wall
from cati.survey.questionnaire import SUBSTANTIVE, Questionnaire
from cati.text import tr
from cati.vault.answers import open_answers, seal_answers
from cati.vault.sealing import PAGE, open_sealed, pad, seal, unpad
from cati.vault.study_keys import draft_hash

FEWEST = 10
"""Fewer interviews than this are not mixed among themselves: they wait, or the whole stock is written anew."""

PENDING_TAG = "pending tag"
"""For which K_drafts hashes the case of a finished interview."""

_BYTES_AN_ITEM = 96
_FRAME = 4  # the vault's own length in front of what it pads


@dataclass(frozen=True, slots=True)
class Mixed:
    """How many interviews were moved into the stock, and how many wait for another day."""

    moved: int
    waiting: int


def interview_size(questionnaire: Questionnaire) -> int:
    """Return the one length (bytes, a multiple of 4 KiB) that every sealed interview has.

    Long calls have long texts, so a length would tell which call an interview came from. Only an interview with more
    than this is longer, by the same again.
    """
    items = sum(item.kind in SUBSTANTIVE for item in questionnaire.items) + 16
    return -(-items * _BYTES_AN_ITEM // PAGE) * PAGE + PAGE


def stock_counts(study: OpenStudy) -> tuple[int, int]:
    """Return (mixed, pending) interviews."""
    with study.reading() as transaction:
        return stock.stock_count(transaction), stock.pending_count(transaction)


def put_into_pool(study: OpenStudy, transaction: Transaction, lease: Lease, interview: Mapping[str, object]) -> None:
    """Seal the finished interview of the case in hand under a fresh random id; beside it stands the case's tag."""
    row_id, tag = _fresh_id(study), tag_of(study, lease.case_id)
    plain = msgspec.json.encode({"tag": tag, "interview": interview})
    padded = pad(plain, interview_size(study.questionnaire))
    sealed = seal(study.open_keys.drafts, padded, study.study_id, "pending", row_id)
    stock.add_pending(transaction, row_id, tag, sealed, case_id=lease.case_id, fence=lease.fence)


def forget_pending(study: OpenStudy, transaction: Transaction, case_id: str) -> bool:
    """Delete a case's finished interview while it is not mixed; False when there is none (any more)."""
    tag = tag_of(study, case_id)
    found = stock.delete_pooled(transaction, tag)
    for row_id, sealed in stock.untagged_rows(transaction):
        if _opened(study, row_id, sealed)["tag"] == tag:
            stock.delete_pending(transaction, row_id)
            found += 1
    if found:
        note(study, transaction, Act.DELETED, case=case_id)
    return found > 0


def delete_my_interview(study: OpenStudy, case_id: str) -> bool:
    """Do what a respondent asks: delete the interview, the contact too, and never call again.

    Possible until the interview is mixed; False after that, and then nothing at all is changed.
    """
    from cati.fieldwork.outcomes import withdraw  # noqa: PLC0415 - a withdrawal itself deletes from the pool

    with study.reading() as transaction:
        tag = tag_of(study, case_id)
        there = stock.is_pooled(transaction, tag)
        if not there and not study.database.by_functions:  # there nobody opens others' interviews, old ones neither
            there = any(_opened(study, *row)["tag"] == tag for row in stock.untagged_rows(transaction))
    if there:
        withdraw(study, case_id)
    return there


def due_for_mixing(study: OpenStudy) -> bool:
    """Tell whether `mix` has something to do: ten or more pending after the day's calling, or a mixing cut short.

    On a server it is done by supervisors and research leads.
    """
    if study.keys is None or (study.database.by_functions and study.me.role is Role.INTERVIEWER):
        return False
    with study.reading() as transaction:
        return _was_cut_short(transaction) or _is_due(study, transaction)


def mix(study: OpenStudy) -> Mixed:
    """Move the pending interviews into the stock in random order under new ids; the whole file is written anew.

    Nothing happens before the day's calling is over or with fewer than ten. One transaction, then VACUUM: a kill in
    between is mended by the next call.
    """
    moved = 0
    with study.transaction() as transaction:
        if _is_due(study, transaction):
            moved = _move(study, transaction, reseal=False)
        waiting = stock.pending_count(transaction)
        rewrite = moved > 0 or _was_cut_short(transaction)
    if rewrite:
        _rewrite(study)
    return Mixed(moved=moved, waiting=waiting)


def end_field(study: OpenStudy) -> Mixed:
    """End the field period for good: no case is handed out any more, and the rest is mixed with the whole stock.

    For research leads, whose key opens the stock: all of it is sealed again under fresh ids, so that a rest of fewer
    than ten hides among all. Raises a Problem while somebody has a case open. May be repeated.
    """
    study.require(Role.RESEARCH_LEAD)
    if study.open_keys.answers_private is None:
        message = "a research lead holds the key of the answers"
        raise AssertionError(message)
    with study.transaction() as transaction:
        if cases.leased(transaction, seconds(study.now())):
            raise Problem(
                tr("Field period"),
                tr("Somebody has a case open."),
                tr("Wait until every call has its outcome, then end the field period."),
            )
        if not _ended(transaction):
            note(study, transaction, Act.FIELD_ENDED)
        moved = _move(study, transaction, reseal=True) if stock.pending_count(transaction) else 0
        rewrite = moved > 0 or _was_cut_short(transaction)
    if rewrite:
        _rewrite(study)
    return Mixed(moved=moved, waiting=0)


def field_is_over(study: OpenStudy, transaction: Transaction) -> bool:
    """Tell whether the field period is over: by its date, or ended by a research lead."""
    return _today(study) > study.settings.field_to.isoformat() or _ended(transaction)


def _ended(transaction: Transaction) -> bool:
    return claiming.field_ended(transaction, Act.FIELD_ENDED.value)


def _today(study: OpenStudy) -> str:
    return wall(study.now(), study.settings.sites[0]).date().isoformat()


def _is_due(study: OpenStudy, transaction: Transaction) -> bool:
    return stock.pending_count(transaction) >= FEWEST and _day_is_over(study, transaction, study.now())


def _day_is_over(study: OpenStudy, transaction: Transaction, now: datetime) -> bool:
    """Tell whether nobody may be called any more today, or the last interview was on an earlier day."""
    site = study.settings.sites[0]
    local = wall(now, site)
    if local.time() >= LIMIT_WEEKDAYS.end:
        return True
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    _attempts, complete = counts.ended_since(transaction, seconds(midnight))
    return complete == 0


def _move(study: OpenStudy, transaction: Transaction, *, reseal: bool) -> int:
    """Empty the pool into the stock; every interview there gets a new id, with ``reseal`` a new ciphertext too."""
    public = study.open_keys.answers_public
    size = interview_size(study.questionnaire)
    fresh = []
    for row_id, sealed in stock.pending_rows(transaction):
        interview = msgspec.json.encode(_opened(study, row_id, sealed)["interview"])
        fresh.append((_fresh_id(study), seal_answers(public, _filled_up(interview, size))))
    study.draw.shuffle(fresh)
    kept = stock.stock_ids(transaction) if reseal or not study.database.by_functions else []
    study.draw.shuffle(kept)
    private = study.open_keys.answers_private
    if study.database.by_functions:
        if private is not None:
            again = (seal_answers(public, open_answers(private, stock.stock_row(transaction, old))) for old in kept)
            fresh += [("", sealed) for sealed in again]
        return stock.mix_by_function(transaction, [sealed for _id, sealed in fresh], anew=reseal)  # which logs it, too
    if reseal and private is not None:
        for old in kept:
            plain = open_answers(private, stock.stock_row(transaction, old))
            stock.replace_in_stock(transaction, old, _fresh_id(study), seal_answers(public, plain))
    else:
        stock.rename_in_stock(transaction, [(old, _fresh_id(study)) for old in kept])
    stock.add_to_stock(transaction, fresh)
    stock.empty_pending(transaction)
    drafts.forget_closed(transaction, (int(CaseStatus.CLOSED), int(CaseStatus.WITHDRAWN)))
    note(study, transaction, Act.MIXED, moved=len(fresh))
    return len(fresh)


def _rewrite(study: OpenStudy) -> None:
    """Write the file anew: where a row lies, and what the log of changes held, tells nothing any more."""
    if not study.database.by_functions:  # there the rows were written anew by the same transaction that mixed them
        study.database.vacuum()
    with study.transaction() as transaction:
        note(study, transaction, Act.MIXED, rewritten=1)
    study.database.checkpoint()


def _was_cut_short(transaction: Transaction) -> bool:
    """Tell whether the last mixing was killed before the file was written anew."""
    last = next(iter(journal.entries(transaction, acts=(Act.MIXED.value,), newest_first=True, limit=1)), None)
    return last is not None and "moved" in msgspec.json.decode(last.details)


def _filled_up(interview: bytes, size: int) -> bytes:
    """Return the JSON with blanks behind it, so that the vault's padded frame is a whole multiple of ``size``."""
    framed = len(interview) + _FRAME
    return interview + b" " * (-framed % size)


def _opened(study: OpenStudy, row_id: str, sealed: bytes) -> dict[str, object]:
    plain = unpad(open_sealed(study.open_keys.drafts, sealed, study.study_id, "pending", row_id))
    return msgspec.json.decode(plain, type=dict[str, object])


def tag_inside(plain: bytes) -> str:
    """Return the tag that stands in an interview of the pool."""
    return str(msgspec.json.decode(unpad(plain), type=dict[str, object])["tag"])


def tag_of(study: OpenStudy, case_id: str) -> str:
    """Return the keyed hash of a case that stands beside its finished interview until that is mixed."""
    return draft_hash(study.open_keys, PENDING_TAG, case_id)


def _fresh_id(study: OpenStudy) -> str:
    return f"{study.draw.getrandbits(128):032x}"
