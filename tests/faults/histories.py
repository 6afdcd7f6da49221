"""What each client wrote down, outside the database, of what it tried and what it was told: its own durable journal."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec


class Did(StrEnum):
    """What a client can do; ``CLAIM`` and ``TAKE`` deliver a case, so does ``UNDO``."""

    SIGN_IN = "sign in"
    CLAIM = "next case"
    LOOK_UP = "look a caller up"
    TAKE = "certain case"
    CALL = "begin call"
    INTERVIEW = "begin interview"
    ANSWER = "answer"
    DRAFT = "words typed"
    COMPLETE = "complete"
    BREAK_OFF = "break off"
    OUTCOME = "outcome"
    UNDO = "undo"
    WITHDRAW = "withdraw"
    PUT_BACK = "put back"
    RENEW = "renew lease"
    PAUSE = "pause"
    RESUME = "resume"
    LOST = "told that a case was lost"
    LAPSED = "lease ended by the campaign"


DELIVERS = frozenset({Did.CLAIM, Did.TAKE, Did.UNDO})
RELEASES = frozenset({Did.COMPLETE, Did.BREAK_OFF, Did.OUTCOME, Did.WITHDRAW, Did.PUT_BACK})


class Stage(StrEnum):
    """How far an act is: begun, an id drawn for it, and what became of it. UNKNOWN: no answer came."""

    TRIED = "tried"
    DREW = "drew"
    KEPT = "kept"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a journal. ``at``: seconds of the machine's steady clock, the same one for all its processes.

    ``until``: end of a lease, ``handed``: when it was handed out (both UTC seconds by the study's clock).
    ``place``: number of an event in its interview. ``final``: the case's final code, "" while it is open.
    ``spooled``: it was acknowledged by the workstation, which sends it on.
    """

    client: str
    sitting: int
    n: int
    stage: Stage
    at: float
    did: Did
    case: str = ""
    fence: int = 0
    until: float = 0
    handed: float = 0
    id: str = ""
    place: int = -1
    address: str = ""
    value: str = ""
    outcome: str = ""
    final: str = ""
    appointment: int = 0
    spooled: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a client, from its journal. ``ended`` is None for one that was cut off by the client's death.

    ``drawn``: the ids that were made for it. ``fate``: `Stage.UNKNOWN` where no answer came.
    """

    client: str
    sitting: int
    n: int
    did: Did
    tried: float
    ended: float | None = None
    fate: Stage = Stage.UNKNOWN
    case: str = ""
    fence: int = 0
    until: float = 0
    handed: float = 0
    id: str = ""
    place: int = -1
    address: str = ""
    value: str = ""
    outcome: str = ""
    final: str = ""
    appointment: int = 0
    spooled: bool = False
    words: str = ""
    drawn: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Tell whether it was acknowledged."""
        return self.fate is Stage.KEPT

    @property
    def possible(self) -> bool:
        """Tell whether it may have been kept."""
        return self.fate in (Stage.KEPT, Stage.UNKNOWN)


_USUAL = {field.name: field.default for field in msgspec.structs.fields(Line) if not field.required}


class Journal:
    """A client's journal: one `write` a line, so that no kill loses what stood there before."""

    def __init__(self, path: Path, client: str, sitting: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.client, self.sitting, self.n = client, sitting, 0
        self._did = Did.SIGN_IN

    def tried(self, did: Did, **known: object) -> None:
        """Write that an act begins."""
        self.n += 1
        self._did = did
        self._write(Stage.TRIED, known)

    def drew(self, found: str) -> None:
        """Write that an id was made for the act in hand, before anything was sent."""
        self._write(Stage.DREW, {"id": found})

    def ended(self, stage: Stage, **known: object) -> None:
        """Write what became of the act in hand."""
        self._write(stage, known)

    def _write(self, stage: Stage, known: dict[str, object]) -> None:
        line = Line(
            client=self.client, sitting=self.sitting, n=self.n, stage=stage, at=time.monotonic(), did=self._did,
            **known,  # type: ignore[arg-type]  # the fields of Line
        )  # fmt: skip
        os.write(self._file, msgspec.json.encode(line) + b"\n")


def lines_of(path: Path) -> Iterator[Line]:
    """Yield the lines of a journal; a last one without its end was being written when the client died."""
    for text in path.read_bytes().split(b"\n")[:-1]:
        yield msgspec.json.decode(text, type=Line)


def acts_of(lines: Sequence[Line]) -> list[Act]:
    """Return the acts of any journals, in the order in which they were tried."""
    begun: dict[tuple[str, int, int], dict[str, object]] = {}
    for line in lines:
        key = (line.client, line.sitting, line.n)
        told = {name: value for name, value in msgspec.structs.asdict(line).items() if value != _USUAL.get(name)}
        del told["stage"], told["at"]
        if line.stage is Stage.TRIED:
            begun[key] = {**told, "tried": line.at}
        elif line.stage is Stage.DREW:
            drawn = begun[key].get("drawn", ())
            begun[key]["drawn"] = (*drawn, line.id)  # type: ignore[misc]  # a tuple
        else:
            begun[key] |= {**told, "ended": line.at, "fate": line.stage}
    return sorted((Act(**known) for known in begun.values()), key=lambda act: act.tried)  # type: ignore[arg-type]
