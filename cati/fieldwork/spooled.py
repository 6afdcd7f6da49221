"""What is spooled: one act of an open case, with everything that it takes to do it later, in order and once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from cati.fieldwork.delivered import Call
from cati.survey.case import Appointment, Preference
from cati.survey.dispositions import Outcome


class Deed(StrEnum):
    """What was done."""

    CALL = "call"
    """A call began."""
    EVENT = "event"
    """One event of an interview; the first of a sitting begins or resumes it."""
    WORDS = "words"
    """Words are being typed at a question."""
    END = "end"
    """The call ended with an outcome, and with it the interview that was under way, if there was one."""
    PUT_BACK = "put_back"
    """The case goes back without a call."""
    WITHDRAWN = "withdrawn"
    """The person withdraws consent."""
    PAUSED = "paused"
    """A pause begins."""
    RESUMED = "resumed"
    """A pause ends."""
    DROPPED = "dropped"
    """Acts of a case could not be kept any more: it was somebody else's, or closed."""


ENDS = frozenset({Deed.END, Deed.PUT_BACK, Deed.WITHDRAWN})
"""After these nothing more is done with the case."""

REMARKS = frozenset({Deed.PAUSED, Deed.RESUMED, Deed.DROPPED})
"""These are no acts of a case in hand: they are only logged, once each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. ``at``: when it was done, by the study's clock; ``fence``: under which the case was held then.

    ``event`` is number ``n`` of the interview, as JSON; ``begins``: it begins the interview, or another sitting of it.
    ``place``: the keyed hash of the question whose typed ``words`` are kept, or forgotten with the event.
    ``id``: of a remark, made here; ``acts`` of which ``answers`` were dropped. ``sub_reason`` is a pause's code, too.
    ``whole``: what goes into the pool; ``over``: the interview was completed, or broken off (False), None: there was
    none.
    """

    deed: Deed
    case_id: str
    fence: int
    at: datetime
    call: Call | None = None
    n: int = 0
    event: bytes = field(default=b"", repr=False)
    begins: bool = False
    place: str = ""
    words: str = field(default="", repr=False)
    outcome: Outcome | None = field(default=None, repr=False)
    appointment: Appointment | None = field(default=None, repr=False)
    preference: Preference | None = field(default=None, repr=False)
    sub_reason: str = ""
    note_code: str = ""
    whole: dict[str, Any] | None = field(default=None, repr=False)
    over: bool | None = None
    id: str = ""
    acts: int = 0
    answers: int = 0


_decode = msgspec.json.Decoder(Entry).decode


def entry_to_bytes(entry: Entry) -> bytes:
    """Return an entry as JSON."""
    return msgspec.json.encode(entry)


def entry_from_bytes(content: bytes) -> Entry:
    """Return the entry in its JSON."""
    return _decode(content)
