"""Answers while they are tied to their case: sealed for their rows, kept under a lease that stands, and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cati.fieldwork.delivered import LEASE_MINUTES, Lease
from cati.fieldwork.delivery import renewed
from cati.fieldwork.log import moment
from cati.fieldwork.open_study import OpenStudy
from cati.store import drafts
from cati.store.database import Transaction
from cati.survey import interview
from cati.survey.interview import Event
from cati.vault.sealing import open_sealed, seal
from cati.vault.study_keys import draft_hash

_BLOCK = 256  # sealed events are multiples of this, so that their length does not tell the answer
DRAFT_PLACE = "draft place"
"""For which K_drafts hashes the question at which words are typed."""


def hold(study: OpenStudy, transaction: Transaction, lease: Lease) -> Lease | None:
    """Return the lease while it is ours, moved on once half of it is over; None when it was lost."""
    until = drafts.held(transaction, lease.case_id, lease.fence, study.me.id)
    if until is None:
        return None
    lease = replace(lease, until=moment(until))
    return renewed(study, transaction, lease) if is_due(study, lease) else lease


def is_due(study: OpenStudy, lease: Lease) -> bool:
    """Tell whether half of a lease is over, so that it is to be moved on."""
    return lease.until - study.now() <= timedelta(minutes=LEASE_MINUTES) / 2


def keep_event(study: OpenStudy, transaction: Transaction, case_id: str, n: int, event: Event) -> bool:
    """Keep event number ``n`` of an interview; False when this very event is kept already."""
    return drafts.append(transaction, case_id, n, event.id, _sealed_event(study, case_id, n, event))


def keep_event_at_once(study: OpenStudy, lease: Lease, n: int, event: Event, place: str) -> tuple[Lease, bool] | None:
    """Keep an event on a server under a lease, and forget the words at ``place``, asking it a single time.

    Returns the lease as it stands, and whether the event is kept: not when the interview went on otherwise elsewhere.
    None when the lease was lost.
    """
    sealed = _sealed_event(study, lease.case_id, n, event)
    found = drafts.keep_event_at_once(study.database, lease.case_id, lease.fence, n, event.id, sealed, place)
    return None if found is None else (replace(lease, until=moment(found[0])), found[1])


def keep_words_at_once(study: OpenStudy, lease: Lease, place: str, text: str) -> Lease | None:
    """Keep the words typed so far at a question on a server, asking it a single time; None when the lease was lost."""
    sealed = sealed_words(study, lease.case_id, place, text)
    until = drafts.keep_text_at_once(study.database, lease.case_id, lease.fence, place, sealed)
    return None if until is None else replace(lease, until=moment(until))


def _sealed_event(study: OpenStudy, case_id: str, n: int, event: Event) -> bytes:
    plain = _blocks(interview.event_to_json(event), fill=b" ")
    return seal(study.open_keys.drafts, plain, study.study_id, "draft_event", case_id, str(n))


def stored_events(study: OpenStudy, transaction: Transaction, case_id: str) -> tuple[Event, ...]:
    """Return the events of an open interview in order, () when there is none."""
    return tuple(
        interview.event_from_json(
            open_sealed(study.open_keys.drafts, sealed, study.study_id, "draft_event", case_id, str(n))
        )
        for n, _id, sealed in drafts.events(transaction, case_id)
    )


def place_of(study: OpenStudy, case_id: str, address: str) -> str:
    """Return the keyed hash under which a question's typed words lie: not even the question is readable."""
    return draft_hash(study.open_keys, DRAFT_PLACE, f"{case_id}/{address}")


def sealed_words(study: OpenStudy, case_id: str, place: str, text: str) -> bytes:
    """Seal the words typed so far at a question for their row."""
    return seal(study.open_keys.drafts, _blocks(text.encode()), study.study_id, "draft_text", case_id, place)


def opened_words(study: OpenStudy, case_id: str, place: str, sealed: bytes) -> str:
    """Open the words typed so far at a question."""
    plain = open_sealed(study.open_keys.drafts, sealed, study.study_id, "draft_text", case_id, place)
    return plain.rstrip(b"\0").decode()


def _blocks(plain: bytes, fill: bytes = b"\0") -> bytes:
    return plain + fill * (-len(plain) % _BLOCK or 0)
