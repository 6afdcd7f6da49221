"""The log's chain of hashes, and signed checkpoints outside the database that show a truncated or rebuilt chain."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cati.vault.sealing import CHECKPOINT, place

HASH_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed word that entry ``n`` (1-based) of a study's log had this hash at ``at``."""

    study_id: str
    n: int
    hash: bytes
    at: str
    member_id: str
    signature: bytes

    def signed_part(self) -> bytes:
        """Return the bytes that the signature covers."""
        return CHECKPOINT + place("checkpoint", self.study_id, str(self.n), self.hash, self.at, self.member_id)


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What a check found: ``count`` entries, the last hash, and where it first goes wrong (1-based; None: nowhere).

    ``why`` is "" or one of "altered" (the chain breaks), "truncated" (a checkpoint knows more entries), "rebuilt" (a
    checkpoint knows another hash), "forged" (a checkpoint's signature is not of the staff).
    """

    ok: bool
    count: int
    head: bytes
    first_bad: int | None = None
    why: str = ""


def first_hash(study_id: str) -> bytes:
    """Return the hash that stands before entry 1, so that one study's log cannot stand in for another's."""
    return hashlib.sha256(place("cati log 1", study_id)).digest()


def chain(previous: bytes, fields: Sequence[str]) -> bytes:
    """Return an entry's hash: SHA-256 over the previous hash and every field behind its length."""
    return hashlib.sha256(place(previous, *fields)).digest()


def check_chain(
    study_id: str,
    entries: Iterable[tuple[Sequence[str], bytes]],
    checkpoints: Iterable[Checkpoint] = (),
    signers: Mapping[str, bytes] | None = None,
) -> ChainVerdict:
    """Check (fields, hash) of every entry in order, and the chain against the checkpoints.

    ``signers``: member id to *certified* signing key. Without checkpoints a cut-off end is not noticed.
    """
    known: dict[int, bytes] = {0: first_hash(study_id)}
    for checkpoint in checkpoints:
        if not check_checkpoint(checkpoint, study_id, (signers or {}).get(checkpoint.member_id)):
            return ChainVerdict(ok=False, count=0, head=b"", first_bad=checkpoint.n, why="forged")
        if known.setdefault(checkpoint.n, checkpoint.hash) != checkpoint.hash:
            return ChainVerdict(ok=False, count=0, head=b"", first_bad=checkpoint.n, why="rebuilt")
    head, count = known[0], 0
    for count, (fields, stored) in enumerate(entries, start=1):
        head = chain(head, fields)
        why = "altered" if head != stored else "rebuilt" if known.get(count, head) != head else ""
        if why:
            return ChainVerdict(ok=False, count=count, head=head, first_bad=count, why=why)
    if max(known) > count:
        return ChainVerdict(ok=False, count=count, head=head, first_bad=count + 1, why="truncated")
    return ChainVerdict(ok=True, count=count, head=head)


def checkpoint(study_id: str, n: int, head: bytes, at: datetime, *, member_id: str, signing: bytes) -> Checkpoint:
    """Return a checkpoint signed with the member's Ed25519 key; ``at`` is aware UTC, kept to the second."""
    bare = Checkpoint(study_id, n, head, at.strftime("%Y-%m-%dT%H:%M:%SZ"), member_id, b"")
    signature = Ed25519PrivateKey.from_private_bytes(signing).sign(bare.signed_part())
    return Checkpoint(bare.study_id, bare.n, bare.hash, bare.at, bare.member_id, signature)


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
    """Append one line to the file beside the seal (mode 0600) and sync it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = {
        "version": CHECKPOINT.hex(),
        "study": checkpoint.study_id,
        "n": checkpoint.n,
        "hash": checkpoint.hash.hex(),
        "at": checkpoint.at,
        "member": checkpoint.member_id,
        "signature": checkpoint.signature.hex(),
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as file:
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
        if read["version"] != CHECKPOINT.hex():
            return None
        return Checkpoint(
            str(read["study"]),
            int(read["n"]),
            bytes.fromhex(read["hash"]),
            str(read["at"]),
            str(read["member"]),
            bytes.fromhex(read["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
