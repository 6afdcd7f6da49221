"""An altered, cut or rebuilt log is found, the last two by checkpoints kept outside the database."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cati.vault.log_chain import (
    append_checkpoint,
    chain,
    check_chain,
    check_checkpoint,
    checkpoint,
    first_hash,
    read_checkpoints,
)

STUDY = "5d" * 16
AT = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)


def log(count: int = 20, study: str = STUDY) -> list[tuple[tuple[str, ...], bytes]]:
    entries, head = [], first_hash(study)
    for n in range(1, count + 1):
        fields = (str(n), "2026-07-01T18:00:00Z", "tel07", "view", f"case{n}", "1")
        head = chain(head, fields)
        entries.append((fields, head))
    return entries


@pytest.fixture
def signers(staffed):
    return {staffed.interviewer.member_id: staffed.interviewer.signing_public}


@pytest.fixture
def word(staffed):
    def signed(n, entries, study=STUDY):
        head = entries[n - 1][1] if n else first_hash(study)
        keys = staffed.interviewer_keys
        return checkpoint(study, n, head, AT, member_id=keys.member_id, signing=keys.signing)

    return signed


def test_an_honest_log_passes(signers, word):
    entries = log()
    checkpoints = [word(0, entries), word(7, entries), word(20, entries)]
    verdict = check_chain(STUDY, entries, checkpoints, signers)
    assert (verdict.ok, verdict.count, verdict.head, verdict.first_bad) == (True, 20, entries[-1][1], None)
    assert check_chain(STUDY, []).ok


def test_edited_deleted_swapped_inserted_and_relabelled_entries_are_found_by_the_chain():
    entries = log()
    edited = [*entries]
    edited[4] = (("5", *entries[4][0][1:4], "case99", "1"), entries[4][1])
    deleted = entries[:4] + entries[5:]
    swapped = [*entries[:4], entries[5], entries[4], *entries[6:]]
    inserted = [*entries[:4], entries[0], *entries[4:]]
    joined = [*entries]
    joined[4] = ((entries[4][0][0] + entries[4][0][1], *entries[4][0][2:]), entries[4][1])
    for changed in (edited, deleted, swapped, inserted, joined):
        verdict = check_chain(STUDY, changed)
        assert (verdict.ok, verdict.first_bad, verdict.why) == (False, 5, "altered")
    assert not check_chain("00" * 16, entries).ok


def test_a_cut_log_is_found_by_a_checkpoint_only(signers, word):
    entries = log()
    kept = [word(20, entries)]
    assert check_chain(STUDY, entries[:-1]).ok  # the control: the chain alone does not see it
    verdict = check_chain(STUDY, entries[:-1], kept, signers)
    assert (verdict.ok, verdict.first_bad, verdict.why) == (False, 20, "truncated")
    assert check_chain(STUDY, [], kept, signers).why == "truncated"


def test_a_rebuilt_log_is_found_by_a_checkpoint_only(signers, word):
    entries = log()
    rebuilt, head = [], first_hash(STUDY)
    for fields, _hash in entries[:3] + entries[4:]:
        head = chain(head, fields)
        rebuilt.append((fields, head))
    rebuilt.append((("21", "", "", "", "", ""), chain(head, ("21", "", "", "", "", ""))))
    assert check_chain(STUDY, rebuilt).ok  # the control
    verdict = check_chain(STUDY, rebuilt, [word(2, entries), word(10, entries)], signers)
    assert (verdict.ok, verdict.first_bad, verdict.why) == (False, 10, "rebuilt")


def test_forged_and_contradicting_checkpoints_are_found(staffed, signers, word):
    entries = log()
    honest = word(7, entries)
    for forged in (
        replace(honest, n=8),
        replace(honest, hash=bytes(32)),
        replace(honest, at="2026-07-02T18:00:00Z"),
        replace(honest, member_id=staffed.lead.member_id),
        replace(honest, study_id="00" * 16),
    ):
        assert check_chain(STUDY, entries, [forged], signers).why == "forged"
    other = checkpoint(STUDY, 7, bytes(32), AT, member_id=honest.member_id, signing=staffed.interviewer_keys.signing)
    assert check_chain(STUDY, entries, [honest, other], signers).why == "rebuilt"
    assert check_chain(STUDY, entries, [word(0, [], STUDY), replace(word(0, []), hash=b"")], signers).why == "forged"


def test_checkpoints_lie_in_a_private_file_one_a_line(tmp_path, signers, word):
    path, entries = tmp_path / "seals" / "log.jsonl", log()
    assert read_checkpoints(path) == ((), 0)
    for n in (7, 20):
        append_checkpoint(path, word(n, entries))
    assert read_checkpoints(path) == ((word(7, entries), word(20, entries)), 0)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # a power cut while the second was written
    assert read_checkpoints(path) == ((word(7, entries),), 0)
    path.write_bytes(b"rubbish\n" + whole)
    assert read_checkpoints(path)[1] == 1


def test_every_flipped_bit_of_a_checkpoint_is_noticed(tmp_path, signers, word, flips):
    path, entries = tmp_path / "log.jsonl", log()
    append_checkpoint(path, word(20, entries))
    whole = path.read_bytes()
    for altered in flips(whole, 600):
        path.write_bytes(altered)
        read, unreadable = read_checkpoints(path)
        honest = read == (word(20, entries),) and unreadable == 0
        noticed = not read or unreadable or not check_chain(STUDY, entries, read, signers).ok
        assert noticed or honest  # hexadecimal letters may change their case


def test_vectors_of_formats_md(staffed):
    assert first_hash(STUDY).hex() == "245c9f00527b8c0fff4c28141b61dd97f77a9e8ba731613c642a8cf3432a56f4"
    assert (
        chain(first_hash(STUDY), ("1", "b")).hex() == "c73bc03ee1dcf0d9348d68d3a28c76b5dfc0f6d62768b9e543311f7380eba2bd"
    )
    signed = checkpoint(STUDY, 1, bytes(32), AT, member_id="m", signing=bytes(range(32)))
    assert signed.signature.hex() == (
        "cdb5e6563b623d1309af6a0a925147f96a6de8d18f65c09470f101f251692984"
        "59647b5d4a67a5e32e5f946220c308bcbe0d8bca4fbb0a8c5679f0566ce6f205"
    )
    assert not check_checkpoint(signed, STUDY, staffed.lead.signing_public)
