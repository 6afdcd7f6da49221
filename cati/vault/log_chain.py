"""The log's chains of hashes, one a member, and what a check of them against signed checkpoints finds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from cati.vault.checkpoints import Checkpoint, check_checkpoint
from cati.vault.sealing import place

HASH_LENGTH = 32
ONE_FOR_ALL = ""
"""The single chain that all members shared in studies made before chains were kept by member."""


class Why(StrEnum):
    """What is wrong where a chain first goes wrong."""

    ALTERED = "altered"  # the chain breaks: edited, removed, moved, or put in
    TRUNCATED = "truncated"  # a checkpoint knows more entries
    VANISHED = "vanished"  # a checkpoint knows a chain of which nothing is left
    REBUILT = "rebuilt"  # a checkpoint knows another hash of this entry
    LENGTHENED = "lengthened"  # the old chain that all shared goes on behind where it was closed
    STRANGER = "stranger"  # a chain of somebody who is not of the staff
    FORGED = "forged"  # a checkpoint is not signed by the staff


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """One entry as it is checked: whose chain it stands in, the fields its hash covers (its number first), its hash."""

    chain: str
    fields: Sequence[str]
    hash: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Where one chain first goes wrong: entry ``n`` (1-based) of ``chain``.

    ``at``: what the entry says about its time (seconds since 1970, UTC), of one that is missing the entry before it;
    0: none. ``checkpoint``: the signed word that it contradicts.
    """

    why: Why
    chain: str
    n: int
    at: int = 0
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """One chain: so many entries were read up to its end or fault; ``signed`` of them lie under a checkpoint."""

    chain: str
    count: int
    head: bytes
    signed: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What a check of all chains found; ``used``: the checkpoints that were signed by the staff."""

    chains: tuple[ChainVerdict, ...]
    faults: tuple[Fault, ...]
    used: tuple[Checkpoint, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong anywhere."""
        return not self.faults

    @property
    def count(self) -> int:
        """Return how many entries were read."""
        return sum(chain.count for chain in self.chains)


def first_hash(study_id: str, chain: str) -> bytes:
    """Return the hash that stands before entry 1, so that no chain can stand in for another's or another study's."""
    context = ("cati log 1", study_id) if chain == ONE_FOR_ALL else ("cati log 2", study_id, chain)
    return hashlib.sha256(place(*context)).digest()


def chain(previous: bytes, fields: Sequence[str]) -> bytes:
    """Return an entry's hash: SHA-256 over the previous hash and every field behind its length."""
    return hashlib.sha256(place(previous, *fields)).digest()


def check_log(
    study_id: str,
    entries: Iterable[LoggedEntry],
    checkpoints: Iterable[Checkpoint] = (),
    signers: Mapping[str, Collection[bytes]] | None = None,
) -> LogVerdict:
    """Check every chain against itself and the checkpoints; ``entries`` come chain after chain, each in its order.

    ``signers``: member id to *certified* signing keys, of everybody who ever was of the staff, those they had before a
    reset, too. Without checkpoints a
    cut-off end, a chain made anew and one that vanished are not noticed.
    """
    signers = signers or {}
    words = _Words()
    used, faults = [], []
    for checkpoint in checkpoints:
        keys = signers.get(checkpoint.member_id, ())
        if not any(check_checkpoint(checkpoint, study_id, key) for key in keys):
            faults.append(Fault(Why.FORGED, checkpoint.member_id, 0, checkpoint=checkpoint))
            continue
        used.append(checkpoint)
        faults += words.take(checkpoint)
    found = []
    for name, rows in groupby(entries, key=lambda entry: entry.chain):
        verdict = _check_chain(study_id, name, rows, words)
        if verdict.fault is None and name not in {ONE_FOR_ALL, *signers}:
            verdict = ChainVerdict(name, verdict.count, verdict.head, 0, Fault(Why.STRANGER, name, 1))
        found.append(verdict)
    there = {verdict.chain for verdict in found}
    for name, known in words.known.items():
        if name not in there and max(known) > 0:
            at = known[max(known)][1]
            found.append(
                ChainVerdict(name, 0, first_hash(study_id, name), 0, Fault(Why.VANISHED, name, 1, checkpoint=at))
            )
    faults += [verdict.fault for verdict in found if verdict.fault is not None]
    return LogVerdict(tuple(found), tuple(faults), tuple(used))


class _Words:
    """What the signed checkpoints say of every chain: number → (hash, checkpoint); and where the old one was closed."""

    def __init__(self) -> None:
        self.known: dict[str, dict[int, tuple[bytes, Checkpoint]]] = {}
        self.closed: tuple[int, Checkpoint] | None = None

    def take(self, checkpoint: Checkpoint) -> list[Fault]:
        """Take a checkpoint's word; return where it contradicts an earlier one."""
        faults = []
        for head in checkpoint.heads:
            known = self.known.setdefault(head.chain, {})
            if known.setdefault(head.n, (head.hash, checkpoint))[0] != head.hash:
                faults.append(Fault(Why.REBUILT, head.chain, head.n, checkpoint=checkpoint))
        if checkpoint.of_all and self.closed is None:
            old = next((head.n for head in checkpoint.heads if head.chain == ONE_FOR_ALL), 0)
            self.closed = (old, checkpoint)
        return faults


def _check_chain(study_id: str, name: str, entries: Iterable[LoggedEntry], words: _Words) -> ChainVerdict:
    """Check one chain up to its first fault."""
    known = words.known.get(name, {})
    closed = words.closed if name == ONE_FOR_ALL else None
    head, count, at, signed, fault = first_hash(study_id, name), 0, 0, 0, None
    for entry in entries:
        count, at = count + 1, entry.at
        head = chain(head, entry.fields)
        word = known.get(count)
        if head != entry.hash or entry.fields[0] != str(count):
            fault = Fault(Why.ALTERED, name, count, at)
        elif word is not None and word[0] != head:
            fault = Fault(Why.REBUILT, name, count, at, word[1])
        elif closed is not None and count > closed[0]:
            fault = Fault(Why.LENGTHENED, name, count, at, closed[1])
        if fault is not None:
            break
        signed = count if word is not None else signed
    if fault is None and known and max(known) > count:
        fault = Fault(Why.TRUNCATED, name, count + 1, at, known[max(known)][1])
    return ChainVerdict(name, count, head, signed, fault)
