"""What the vault's tests share: cheap password stretching, a study with its staff, and small helpers to alter bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cati.vault.grants import Certificate, certify
from cati.vault.people import ArgonCost, MemberKeys, MemberRecord, make_member
from cati.vault.seal_file import Seal, new_seal, pin
from cati.vault.study_keys import HandedOver, StudyKeys, hand_over, new_study_keys

STUDY = "5d" * 16
LEAD, INTERVIEWER = "a1" * 16, "b2" * 16
LEAD_WORD, INTERVIEWER_WORD = "Ofenrohr Giebel 7 Lupine", "Tangente Quark 3 Moped"
CHEAP = ArgonCost(passes=1, memory_kib=64, lanes=1)


@dataclass(frozen=True)
class Staffed:
    """A study with a research lead and an interviewer, as `create_study` makes it."""

    study: str
    seal: Seal
    lead: MemberRecord
    lead_keys: MemberKeys
    lead_certificate: Certificate
    keys: StudyKeys
    lead_handed: HandedOver
    interviewer: MemberRecord
    interviewer_keys: MemberKeys
    handed: HandedOver
    lead_word: str = LEAD_WORD
    word: str = INTERVIEWER_WORD
    cost: ArgonCost = CHEAP


def staff(study_id: str = STUDY) -> Staffed:
    seal = new_seal(study_id)
    lead, lead_keys = make_member(LEAD, "lead", LEAD_WORD, seal, reads_answers=True, cost=CHEAP)
    seal = pin(seal, lead.signing_public)
    keys = new_study_keys(study_id, lead_keys)
    mine = certify(lead, lead_keys, may_grant=True)
    interviewer, interviewer_keys = make_member(INTERVIEWER, "tel07", INTERVIEWER_WORD, seal, cost=CHEAP)
    return Staffed(
        study=study_id,
        seal=seal,
        lead=lead,
        lead_keys=lead_keys,
        lead_certificate=mine,
        keys=keys,
        lead_handed=hand_over(keys, lead, mine, mine, seal),
        interviewer=interviewer,
        interviewer_keys=interviewer_keys,
        handed=hand_over(keys, interviewer, certify(interviewer, lead_keys), mine, seal),
    )


@pytest.fixture(scope="session")
def staffed() -> Staffed:
    return staff()


@pytest.fixture(scope="session")
def another() -> Staffed:
    return staff("7e" * 16)


@pytest.fixture(scope="session")
def new_staff() -> Callable[[], Staffed]:
    return staff


Flips = Callable[..., Iterator[bytes]]


@pytest.fixture(scope="session")
def flips() -> Flips:
    return some_flips


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def some_flips(data: bytes, count: int = 200, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """Yield ``data`` with one bit flipped, ``count`` times, drawn from bytes ``first`` to ``last`` (all when few)."""
    bits = range(first * 8, (len(data) if last is None else last) * 8)
    draw = random.Random(f"{len(data)}")
    for bit in bits if len(bits) <= count else draw.sample(bits, count):
        yield flipped(data, bit)
