"""The seam for placing calls: what a line can tell, and what its end proposes; a person always decides the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cati.survey.dispositions import Outcome


class LineState(StrEnum):
    """What the line does."""

    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a call ended, as far as the line knows."""

    UNKNOWN = "unknown"
    HUNG_UP = "hung_up"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NOT_IN_USE = "not_in_use"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One message of the line; ``reason`` counts only when it ended."""

    state: LineState
    reason: EndReason = EndReason.UNKNOWN


class Line(Protocol):
    """A way to place a call. ``dial`` returns False when nothing could be done with the number."""

    reports: bool

    def dial(self, e164: str, tell: Callable[[LineStatus], None]) -> bool:
        """Place the call; later messages of the line go to ``tell``, in any thread's time."""

    def hang_up(self) -> None:
        """End the call, when this line can."""


_PROPOSALS = {
    EndReason.BUSY: Outcome.BUSY,
    EndReason.NO_ANSWER: Outcome.NO_ANSWER,
    EndReason.NOT_IN_USE: Outcome.NOT_WORKING,
    EndReason.TECHNICAL: Outcome.TECHNICAL,
}


def proposal(status: LineStatus) -> Outcome | None:
    """Return the outcome that a line's end suggests, None when it suggests nothing."""
    return _PROPOSALS.get(status.reason) if status.state is LineState.ENDED else None


class ByHand:
    """The interviewer dials on a telephone; the number is on the screen and in the clipboard. Nothing is reported."""

    reports = False

    def dial(self, e164: str, tell: Callable[[LineStatus], None]) -> bool:
        """Say that dialling began; what follows only the person hears."""
        tell(LineStatus(LineState.DIALLING))
        return bool(e164)

    def hang_up(self) -> None:
        """There is nothing to end from here."""


class ByUri:
    """Hands ``tel:+49…`` to the workstation's softphone through ``open_uri`` (which tells whether one took it)."""

    reports = False

    def __init__(self, open_uri: Callable[[str], bool]) -> None:
        self._open_uri = open_uri

    def dial(self, e164: str, tell: Callable[[LineStatus], None]) -> bool:
        """Hand the number over (RFC 3966); True when a softphone took it."""
        taken = self._open_uri(f"tel:{e164}")
        if taken:
            tell(LineStatus(LineState.DIALLING))
        return taken

    def hang_up(self) -> None:
        """The softphone hangs up."""


_GERMANY = 49


def shown_number(e164: str) -> str:
    """Return a number as people dial it in Germany ("030 23125755"), others with their country code."""
    import phonenumbers  # noqa: PLC0415 - its metadata is read with the first number

    parsed = phonenumbers.parse(e164)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == _GERMANY
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, style)
