"""Altered, cut, rebuilt, swapped and vanished chains are found, by the chains themselves or by signed checkpoints."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cati.vault.checkpoints import Checkpoint, Head, checkpoint
from cati.vault.log_chain import ONE_FOR_ALL, Fault, LoggedEntry, Why, chain, check_log, first_hash

STUDY = "5d" * 16
AT = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
ANNA, BERT = "aa" * 16, "bb" * 16


def log(name: str = ANNA, count: int = 20, study: str = STUDY, act: str = "view") -> list[LoggedEntry]:
    entries, head = [], first_hash(study, name)
    for n in range(1, count + 1):
        fields = (str(n), str(1000 + n), name or ANNA, act, f"case{n}", "1")
        head = chain(head, fields)
        entries.append(LoggedEntry(name, fields, head, 1000 + n))
    return entries


def rebuilt(entries: list[LoggedEntry]) -> list[LoggedEntry]:
    """Return these entries numbered and chained anew: whole in itself, as somebody who can write the database can."""
    head, made = first_hash(STUDY, entries[0].chain), []
    for n, entry in enumerate(entries, start=1):
        fields = (str(n), *entry.fields[1:])
        head = chain(head, fields)
        made.append(replace(entry, fields=fields, hash=head))
    return made


@pytest.fixture
def signers(staffed):
    return dict.fromkeys((ANNA, BERT, staffed.interviewer.member_id), (staffed.interviewer.signing_public,))


@pytest.fixture
def word(staffed):
    keys = staffed.interviewer_keys

    def signed(*ends: LoggedEntry) -> Checkpoint:
        heads = [Head(end.chain, int(end.fields[0]), end.hash) for end in ends]
        return checkpoint(STUDY, heads, AT, member_id=keys.member_id, signing=keys.signing)

    return signed


@pytest.fixture
def old_word(staffed):
    """A checkpoint as the version with one chain for all signed it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    keys = staffed.interviewer_keys

    def signed(end: LoggedEntry) -> Checkpoint:
        head = Head(ONE_FOR_ALL, int(end.fields[0]), end.hash)
        bare = Checkpoint(STUDY, (head,), "2026-07-01T18:00:00Z", keys.member_id, b"", of_all=False)
        return replace(bare, signature=Ed25519PrivateKey.from_private_bytes(keys.signing).sign(bare.signed_part()))

    return signed


def faults(entries, *checkpoints, signers) -> list[tuple[Why, str, int]]:
    return [(fault.why, fault.chain, fault.n) for fault in check_log(STUDY, entries, checkpoints, signers).faults]


def test_an_honest_log_passes(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT, 5)
    verdict = check_log(STUDY, [*anna, *bert], [word(anna[6]), word(anna[17], bert[4])], signers)
    assert (verdict.ok, verdict.count, len(verdict.used)) == (True, 25, 2)
    assert [(one.chain, one.count, one.signed) for one in verdict.chains] == [(ANNA, 20, 18), (BERT, 5, 5)]
    assert verdict.chains[0].head == anna[-1].hash
    assert check_log(STUDY, []).ok


def test_edited_removed_swapped_and_inserted_entries_are_found_by_the_chain(signers) -> None:
    entries = log()
    edited = [*entries[:4], replace(entries[4], fields=("5", *entries[4].fields[1:4], "case99", "1")), *entries[5:]]
    removed = entries[:4] + entries[5:]
    swapped = [*entries[:4], entries[5], entries[4], *entries[6:]]
    inserted = [*entries[:4], entries[0], *entries[4:]]
    fields = entries[4].fields
    joined = [*entries[:4], replace(entries[4], fields=(fields[0] + fields[1], *fields[2:])), *entries[5:]]
    for changed in (edited, removed, swapped, inserted, joined):
        assert faults([*changed, *log(BERT)], signers=signers) == [(Why.ALTERED, ANNA, 5)]
    found = check_log(STUDY, edited, (), signers).faults
    assert found == (Fault(Why.ALTERED, ANNA, 5, 1005),)  # who, where and when


def test_a_chain_of_another_study_or_member_is_no_chain_of_this_one(signers) -> None:
    foreign = log(study="00" * 16)
    borrowed = [replace(entry, chain=BERT) for entry in log(ANNA)]
    assert faults(foreign, signers=signers) == [(Why.ALTERED, ANNA, 1)]
    assert faults(borrowed, signers=signers) == [(Why.ALTERED, BERT, 1)]


@pytest.mark.parametrize("at", [0, 9, 18])
def test_an_entry_moved_from_one_members_chain_to_anothers_is_found_in_both(signers, at: int) -> None:
    anna, bert = log(ANNA), log(BERT, 5)
    fields = (str(len(bert) + 1), anna[at].fields[1], BERT, *anna[at].fields[3:])
    moved = replace(anna[at], chain=BERT, fields=fields)
    left = anna[:at] + anna[at + 1 :]
    assert faults([*left, *bert, moved], signers=signers) == [(Why.ALTERED, ANNA, at + 1), (Why.ALTERED, BERT, 6)]


def test_a_last_entry_moved_away_is_found_where_it_was_by_a_checkpoint_too(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT, 5)
    signed = word(anna[-1], bert[-1])
    moved = rebuilt([*bert, replace(anna[-1], chain=BERT, fields=(*anna[-1].fields[:2], BERT, *anna[-1].fields[3:]))])
    assert faults([*anna[:-1], *moved], signers=signers) == []  # the control: rebuilt, the chains alone say nothing
    assert faults([*anna[:-1], *moved], signed, signers=signers) == [(Why.TRUNCATED, ANNA, 20)]


def test_a_cut_chain_is_found_by_a_checkpoint_only(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT)
    kept = word(anna[19], bert[19])
    cut = [*anna[:-1], *bert]
    assert faults(cut, signers=signers) == []  # the control
    assert faults(cut, kept, signers=signers) == [(Why.TRUNCATED, ANNA, 20)]
    (fault,) = check_log(STUDY, cut, [kept], signers).faults
    assert (fault.at, fault.checkpoint) == (1019, kept)


def test_a_chain_that_vanished_is_found_by_a_checkpoint_only(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT)
    kept = word(anna[3], bert[19])
    assert faults(bert, signers=signers) == []  # the control
    assert faults(bert, kept, signers=signers) == [(Why.VANISHED, ANNA, 1)]
    assert faults([], kept, signers=signers) == [(Why.VANISHED, ANNA, 1), (Why.VANISHED, BERT, 1)]


def test_a_rebuilt_chain_is_found_by_a_checkpoint_only(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT)
    made_anew = rebuilt([*anna[:3], *anna[4:], replace(anna[0], fields=("21", "", "", "", "", ""))])
    words = word(anna[1], bert[0]), word(anna[9], bert[4])
    assert faults([*made_anew, *bert], signers=signers) == []  # the control
    assert faults([*made_anew, *bert], *words, signers=signers) == [(Why.REBUILT, ANNA, 10)]


def test_a_number_left_out_is_found_even_when_the_rest_was_chained_anew(signers) -> None:
    entries = log(count=5)
    fields = ("7", *entries[0].fields[1:])
    skipping = [*entries, LoggedEntry(ANNA, fields, chain(entries[-1].hash, fields), 1)]
    assert faults(skipping, signers=signers) == [(Why.ALTERED, ANNA, 6)]


def test_a_chain_of_nobody_is_found(signers) -> None:
    assert faults([*log(ANNA), *log("ee" * 16)], signers=signers) == [(Why.STRANGER, "ee" * 16, 1)]


def test_every_bad_chain_is_named_not_only_the_first(signers, word) -> None:
    anna, bert = log(ANNA), log(BERT)
    kept = word(anna[19], bert[19])
    assert faults([*anna[:4], *anna[5:], *bert[:9]], kept, signers=signers) == [
        (Why.ALTERED, ANNA, 5), (Why.TRUNCATED, BERT, 10),
    ]  # fmt: skip


def test_forged_and_contradicting_checkpoints_are_found_and_the_honest_ones_still_count(staffed, signers, word) -> None:
    anna = log()
    honest = word(anna[9])
    for forged in (
        replace(honest, heads=(replace(honest.heads[0], n=9),)),
        replace(honest, member_id=staffed.lead.member_id),
        replace(honest, member_id="nobody"),
        replace(honest, study_id="00" * 16),
    ):
        found = check_log(STUDY, anna[:9], [forged, honest], signers)
        assert [fault.why for fault in found.faults] == [Why.FORGED, Why.TRUNCATED]
        assert found.used == (honest,)
    other = word(replace(anna[9], hash=bytes(32)))
    assert faults(anna, honest, other, signers=signers) == [(Why.REBUILT, ANNA, 10)]


def test_the_one_chain_of_an_old_study_is_checked_as_ever_and_beside_the_new_ones(signers, word, old_word) -> None:
    old, anna = log(ONE_FOR_ALL), log(ANNA, 3)
    before, after = old_word(old[14]), word(old[19], anna[0])
    assert check_log(STUDY, [*old, *anna], [before, after], signers).ok
    assert faults([*old[:4], *old[5:], *anna], signers=signers) == [(Why.ALTERED, ONE_FOR_ALL, 5)]
    assert faults([*old[:12], *anna], before, signers=signers) == [(Why.TRUNCATED, ONE_FOR_ALL, 13)]
    # What was cut after the last checkpoint of the old kind shows by the first of the new kind:
    assert faults([*old[:17], *anna], before, signers=signers) == []
    assert faults([*old[:17], *anna], before, after, signers=signers) == [(Why.TRUNCATED, ONE_FOR_ALL, 18)]
    assert faults(anna, before, signers=signers) == [(Why.VANISHED, ONE_FOR_ALL, 1)]
    made_anew = rebuilt(old[:3] + old[4:] + old[:1])
    assert faults([*made_anew, *anna], signers=signers) == []
    assert faults([*made_anew, *anna], before, signers=signers) == [(Why.REBUILT, ONE_FOR_ALL, 15)]


def test_the_old_chain_is_closed_and_does_not_grow_nor_appear(signers, word) -> None:
    old, anna = log(ONE_FOR_ALL), log(ANNA, 3)
    assert faults([*old, *anna], word(old[17], anna[0]), signers=signers) == [(Why.LENGTHENED, ONE_FOR_ALL, 19)]
    assert faults([*old, *anna], word(anna[0]), signers=signers) == [(Why.LENGTHENED, ONE_FOR_ALL, 1)]


def test_vectors_of_formats_md() -> None:
    assert first_hash(STUDY, ONE_FOR_ALL).hex() == "245c9f00527b8c0fff4c28141b61dd97f77a9e8ba731613c642a8cf3432a56f4"
    assert first_hash(STUDY, ANNA).hex() == "bdd6c51f33291324dda333b893ac908fa04f2a312ee538c79184d0576362e479"
    assert (
        chain(first_hash(STUDY, ONE_FOR_ALL), ("1", "b")).hex()
        == "c73bc03ee1dcf0d9348d68d3a28c76b5dfc0f6d62768b9e543311f7380eba2bd"
    )
