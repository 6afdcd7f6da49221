"""Signed words about the log, kept outside the database: how far every chain went and what its last hash was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cati.vault.sealing import CHECKPOINT, CHECKPOINT_ONE, place


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The last entry of one chain: its number (1-based) and hash. ``chain``: a member's id, "" the old common one."""

    chain: str
    n: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed word that at ``at`` the chains of a study's log ended so; ``heads`` stand by chain.

    ``of_all``: it speaks of every chain there was (format 72). The older format 71 speaks of the one chain of all.
    """

    study_id: str
    heads: tuple[Head, ...]
    at: str
    member_id: str
    signature: bytes
    of_all: bool = True

    def signed_part(self) -> bytes:
        """Return the bytes that the signature covers."""
        if not self.of_all:
            (only,) = self.heads
            return CHECKPOINT_ONE + place("checkpoint", self.study_id, str(only.n), only.hash, self.at, self.member_id)
        return CHECKPOINT + place("checkpoint", self.study_id, self.at, self.member_id, *_parts(self.heads))

    @property
    def count(self) -> int:
        """Return how many entries it speaks of."""
        return sum(head.n for head in self.heads)

    @property
    def word(self) -> str:
        """Return what a report prints of it: 16 hexadecimal digits, in fours, from which it is found again."""
        digits = hashlib.sha256(place("checkpoint word", self.signed_part())).hexdigest()[:16].upper()
        return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def _parts(heads: Iterable[Head]) -> list[str | bytes]:
    return [part for head in heads for part in (head.chain, str(head.n), head.hash)]


def digest(heads: Iterable[Head]) -> bytes:
    """Return one SHA-256 that stands for the ends of all chains."""
    return hashlib.sha256(place("cati log heads", *_parts(sorted(heads)))).digest()


def checkpoint(study_id: str, heads: Iterable[Head], at: datetime, *, member_id: str, signing: bytes) -> Checkpoint:
    """Return a checkpoint signed with the member's Ed25519 key; ``at`` is aware UTC, kept to the second."""
    bare = Checkpoint(study_id, tuple(sorted(heads)), at.strftime("%Y-%m-%dT%H:%M:%SZ"), member_id, b"")
    return replace(bare, signature=Ed25519PrivateKey.from_private_bytes(signing).sign(bare.signed_part()))


def check_checkpoint(checkpoint: Checkpoint, study_id: str, signing_public: bytes | None) -> bool:
    """Tell whether the checkpoint is this study's and signed with this key (None: an unknown member, so no)."""
    if signing_public is None or checkpoint.study_id != study_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(signing_public).verify(checkpoint.signature, checkpoint.signed_part())
    except (InvalidSignature, ValueError):
        return False
    return True


def append_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Append one line to the file beside the seal (mode 0600) and sync it; a line cut short before it stays its own."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = {
        "version": CHECKPOINT.hex(),
        "study": checkpoint.study_id,
        "at": checkpoint.at,
        "member": checkpoint.member_id,
        "heads": [[head.chain, head.n, head.hash.hex()] for head in checkpoint.heads],
        "signature": checkpoint.signature.hex(),
    }
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a+b") as file:
        if file.seek(0, os.SEEK_END) > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_checkpoints(path: Path) -> tuple[tuple[Checkpoint, ...], int]:
    """Return the checkpoints of the file and how many lines could not be read; no file: none.

    A last line cut short by a power failure is not counted: it was never confirmed.
    """
    if not path.exists():
        return (), 0
    found: list[Checkpoint] = []
    unreadable = 0
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line:
            read = _checkpoint_of(line)
            if read is not None:
                found.append(read)
            else:
                unreadable += number < len(lines)
    return tuple(found), unreadable


def _checkpoint_of(line: bytes) -> Checkpoint | None:
    """Return the checkpoint in one line, or None when it is not one."""
    try:
        read = json.loads(line)
        of_all = read["version"] == CHECKPOINT.hex()
        if of_all:
            heads = tuple(Head(str(chain), int(n), bytes.fromhex(known)) for chain, n, known in read["heads"])
        elif read["version"] == CHECKPOINT_ONE.hex():
            heads = (Head("", int(read["n"]), bytes.fromhex(read["hash"])),)
        else:
            return None
        signature = bytes.fromhex(read["signature"])
        return Checkpoint(str(read["study"]), heads, str(read["at"]), str(read["member"]), signature, of_all=of_all)
    except (ValueError, KeyError, TypeError):
        return None
