"""What happens in an interview, as it is kept: one small value an event, and its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from cati.errors import Problem
from cati.survey.answers import Answer
from cati.survey.questionnaire import Questionnaire
from cati.text import tr


class EventKind(StrEnum):
    """What happened."""

    STARTED = "started"
    ANSWERED = "answered"
    WENT_BACK = "went_back"
    WENT_FORWARD = "went_forward"
    JUMPED = "jumped"
    LANGUAGE_SWITCHED = "language_switched"
    BROKE_OFF = "broke_off"
    RESUMED = "resumed"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as it is kept. ``at`` is aware UTC and the only clock the questionnaire sees.

    ``seed``, ``values``, ``zone`` and ``questionnaire_hash`` come with STARTED only.
    """

    id: str
    kind: EventKind
    at: datetime
    item: str = ""
    answer: Answer | None = field(default=None, repr=False)
    language: str = ""
    seed: int = 0
    values: dict[str, str] = field(default_factory=dict, repr=False)
    zone: str = ""
    questionnaire_hash: str = ""


def event_to_json(event: Event) -> bytes:
    """Return one event as JSON, defaults left out."""
    built = msgspec.to_builtins(event)
    bare = {key: value for key, value in built.items() if value not in ("", 0, {}, None)}
    return msgspec.json.encode(bare)


def event_from_json(data: bytes) -> Event:
    """Read one event back; a Problem when it is none."""
    try:
        return msgspec.json.decode(data, type=Event)
    except msgspec.DecodeError as error:
        raise Problem(tr("Interview"), tr("A stored answer cannot be read."), tr("Tell the research lead.")) from error


def begin(
    questionnaire: Questionnaire,
    *,
    at: datetime,
    seed: int,
    language: str,
    values: Mapping[str, str],
    draw_id: Callable[[], str],
    zone: str = "Europe/Berlin",
) -> Event:
    """Return the first event. ``values`` are the case's own (site, department, …), usable as ``${site}``."""
    known = language if language in questionnaire.languages else questionnaire.default_language
    return Event(
        id=draw_id(), kind=EventKind.STARTED, at=at, language=known, seed=seed, values=dict(values), zone=zone,
        questionnaire_hash=questionnaire.content_hash,
    )  # fmt: skip
