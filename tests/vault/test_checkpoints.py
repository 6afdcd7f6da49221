"""Checkpoints keep their word: signed, one a line in a private file, those of the older format are read as ever."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cati.vault.checkpoints import (
    Checkpoint,
    Head,
    append_checkpoint,
    check_checkpoint,
    checkpoint,
    digest,
    read_checkpoints,
)

STUDY = "5d" * 16
AT = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
HEADS = (Head("aa" * 16, 7, bytes([1] * 32)), Head("bb" * 16, 12, bytes([2] * 32)))
SECRET = bytes(range(32))
PUBLIC = Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
OLD_SIGNATURE = bytes.fromhex(
    "cdb5e6563b623d1309af6a0a925147f96a6de8d18f65c09470f101f251692984"
    "59647b5d4a67a5e32e5f946220c308bcbe0d8bca4fbb0a8c5679f0566ce6f205"
)


def word(*heads: Head, at: datetime = AT) -> Checkpoint:
    return checkpoint(STUDY, heads or HEADS, at, member_id="m", signing=SECRET)


def test_any_change_of_a_checkpoint_breaks_its_signature() -> None:
    honest = word()
    assert check_checkpoint(honest, STUDY, PUBLIC)
    longer, shorter = (*HEADS, Head("cc" * 16, 1, bytes(32))), HEADS[:1]
    for forged in (
        replace(honest, heads=longer),
        replace(honest, heads=shorter),
        replace(honest, heads=(replace(HEADS[0], n=8), HEADS[1])),
        replace(honest, heads=(replace(HEADS[0], hash=bytes(32)), HEADS[1])),
        replace(honest, heads=(replace(HEADS[0], chain=HEADS[1].chain), HEADS[1])),
        replace(honest, at="2026-07-02T18:00:00Z"),
        replace(honest, member_id="n"),
        replace(honest, study_id="00" * 16),
    ):
        assert not check_checkpoint(forged, STUDY, PUBLIC)
        assert forged.word != honest.word
    assert not check_checkpoint(honest, STUDY, None)
    assert not check_checkpoint(honest, "00" * 16, PUBLIC)
    assert not check_checkpoint(replace(word(HEADS[0]), of_all=False), STUDY, PUBLIC)  # no word of one as that of all


def test_the_order_in_which_chains_are_named_is_always_the_same() -> None:
    assert word(*HEADS) == word(*reversed(HEADS))
    assert digest(HEADS) == digest(reversed(HEADS)) != digest(HEADS[:1])


def test_they_lie_in_a_private_file_one_a_line(tmp_path) -> None:
    path = tmp_path / "seals" / "log.checkpoints"
    first, second, third = (word(at=AT.replace(hour=hour)) for hour in (1, 2, 3))
    assert read_checkpoints(path) == ((), 0)
    append_checkpoint(path, first)
    append_checkpoint(path, second)
    assert read_checkpoints(path) == ((first, second), 0)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(path.read_bytes()[:-20])  # a power cut while the second was written
    assert read_checkpoints(path) == ((first,), 0)
    append_checkpoint(path, third)  # and the next one is not lost with it
    assert read_checkpoints(path) == ((first, third), 1)
    path.write_bytes(b"rubbish\n" + path.read_bytes())
    assert read_checkpoints(path)[1] == 2


@pytest.mark.parametrize("heads", ["x", [["a", 1]], [["a", "b", "c"]], [["a", 1, "zz"]], None, [1]])
def test_a_line_that_is_none_is_counted_and_passed_over(tmp_path, heads) -> None:
    path = tmp_path / "log.checkpoints"
    append_checkpoint(path, word())
    line = json.loads(path.read_bytes())
    path.write_text(json.dumps({**line, "heads": heads}) + "\n", "ascii")
    assert read_checkpoints(path) == ((), 1)


def test_every_flipped_bit_is_noticed(tmp_path, flips) -> None:
    path = tmp_path / "log.checkpoints"
    append_checkpoint(path, word())
    for altered in flips(path.read_bytes(), 600):
        path.write_bytes(altered)
        read, unreadable = read_checkpoints(path)
        honest = read == (word(),) and unreadable == 0
        noticed = not read or unreadable or not check_checkpoint(read[0], STUDY, PUBLIC) or read[0].member_id != "m"
        assert noticed or honest  # hexadecimal letters may change their case


def test_vectors_of_formats_md(tmp_path) -> None:
    """The old one was signed by the version that wrote one chain for all; both were computed without this code."""
    old = Checkpoint(STUDY, (Head("", 1, bytes(32)),), "2026-07-01T18:00:00Z", "m", OLD_SIGNATURE, of_all=False)
    assert check_checkpoint(old, STUDY, PUBLIC)
    path = tmp_path / "log.checkpoints"
    path.write_text(
        json.dumps({"version": "71", "study": STUDY, "n": 1, "hash": "00" * 32, "at": old.at, "member": "m",
                    "signature": OLD_SIGNATURE.hex()}) + "\n", "ascii",
    )  # fmt: skip
    assert read_checkpoints(path) == ((old,), 0)
    assert word().signature.hex() == (
        "032136a7292e86b82ae74ad7ea689c19d420bc92595468f0a1151d1d241716e2"
        "6f68d3a1029628b5f78a3eb446479f1f3e7e55c36df941c6120ce1f7afeb210a"
    )
    assert word().word == "A3E6-35C9-7ED1-B361"
