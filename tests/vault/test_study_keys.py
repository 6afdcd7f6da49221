"""Each role gets its keys and no more, from blobs that a database administrator can neither read nor exchange."""

from __future__ import annotations

import hmac
import struct
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cati.errors import Problem
from cati.vault import age_files
from cati.vault.answers import open_answers, seal_answers, wrap_answers_key
from cati.vault.grants import GrantRefused, certify, grant
from cati.vault.people import make_member, unlock_answers, unlock_member, without_sealed_keys
from cati.vault.sealing import SealBroken, derive
from cati.vault.study_keys import (
    HandedOver,
    draft_hash,
    draft_hash_since,
    hand_over,
    hands_on_certifying,
    never_hashes,
    open_kept,
    recovered_keys,
    recovery_secret,
    renewed,
    take_up,
)


def test_an_interviewer_gets_what_calling_needs_and_no_answers(staffed):
    me = unlock_member(staffed.interviewer, staffed.word, staffed.seal)
    keys = take_up(staffed.handed, staffed.interviewer, me, staffed.seal)
    assert (keys.contacts, keys.drafts, keys.answers_public) == (
        staffed.keys.contacts,
        staffed.keys.drafts,
        staffed.keys.answers_public,
    )
    assert keys.index == derive(keys.contacts, "index")
    assert (keys.answers_private, keys.record_private, keys.identity, keys.recipient) == (None, None, None, None)
    assert (staffed.handed.leading, staffed.handed.kept) == (None, None)
    sealed = seal_answers(keys.answers_public, b"{}")
    for key in (keys.contacts, keys.drafts, keys.index, me.encryption, me.signing, keys.answers_public):
        with pytest.raises(SealBroken):
            open_answers(key, sealed)


def test_a_research_lead_gets_everything(staffed):
    me = unlock_member(staffed.lead, staffed.lead_word, staffed.seal)
    assert take_up(staffed.lead_handed, staffed.lead, me, staffed.seal) == staffed.keys
    assert staffed.keys.recipient.startswith("age1")
    sealed = age_files.seal_to([staffed.keys.recipient], b"list")
    assert age_files.open_with_identity(staffed.keys.identity, sealed) == b"list"


def test_an_interviewer_who_takes_the_leads_blobs_gets_nothing_more(staffed):
    borrowed = replace(staffed.handed, leading=staffed.lead_handed.leading, kept=staffed.lead_handed.kept)
    keys = take_up(borrowed, staffed.interviewer, staffed.interviewer_keys, staffed.seal)
    assert (keys.answers_private, keys.identity) == (None, None)
    claiming = replace(staffed.interviewer_keys, answers=staffed.interviewer_keys.encryption)
    with pytest.raises(Problem):
        take_up(borrowed, staffed.interviewer, claiming, staffed.seal)


def test_an_interviewer_cannot_hand_a_lead_the_keys_he_does_not_have(staffed):
    keys = take_up(staffed.handed, staffed.interviewer, staffed.interviewer_keys, staffed.seal)
    with pytest.raises(Problem):
        hand_over(keys, staffed.lead, staffed.lead_certificate, staffed.lead_certificate, staffed.seal)


def test_swapped_blobs_of_two_members_are_refused(staffed):
    mine, theirs = staffed.handed, staffed.lead_handed
    for swapped in (replace(mine, daily=theirs.daily), replace(mine, certificate=theirs.certificate), theirs):
        with pytest.raises(GrantRefused):
            take_up(swapped, staffed.interviewer, staffed.interviewer_keys, staffed.seal)
    with pytest.raises(GrantRefused):
        take_up(replace(theirs, leading=theirs.daily), staffed.lead, staffed.lead_keys, staffed.seal)


def test_another_studys_blobs_are_refused(staffed, another):
    for handed in (another.handed, replace(staffed.handed, daily=another.handed.daily)):
        with pytest.raises(Problem):
            take_up(handed, staffed.interviewer, staffed.interviewer_keys, staffed.seal)


def test_an_exchanged_answers_key_is_refused(staffed, another):
    """Nobody signs the wrap that outlives the purge; its content has to fit the signed public keys."""
    forged = wrap_answers_key(
        another.keys.answers_private + another.keys.record_private,
        staffed.lead.answers_public,
        staffed.study,
        staffed.lead.member_id,
        "kept after the erasure",
    )
    with pytest.raises(SealBroken):
        take_up(replace(staffed.lead_handed, kept=forged), staffed.lead, staffed.lead_keys, staffed.seal)


def test_after_the_purge_answers_and_record_remain_and_nothing_else(staffed):
    """What the purge leaves: the lead's record without sealed keys, and the wrap. No seal, no grants."""
    left = without_sealed_keys(staffed.lead)
    answers = unlock_answers(left, staffed.lead_word)
    kept = open_kept(staffed.lead_handed.kept, left, answers)
    assert (kept.answers_private, kept.record_private) == (staffed.keys.answers_private, staffed.keys.record_private)
    shown = repr(kept) + repr(left)
    assert kept.answers_private.hex() not in shown
    for key in (answers, kept.answers_private, kept.record_private):
        assert key not in {staffed.keys.contacts, staffed.keys.drafts, staffed.keys.index}


def test_a_lead_added_later_reads_answers_too(staffed):
    word = "Leuchtturm Zange 5 Kohl"
    second, me = make_member("dd" * 16, "lead2", word, staffed.seal, reads_answers=True, cost=staffed.cost)
    certificate = certify(second, staffed.lead_keys, may_grant=True)
    handed = hand_over(staffed.keys, second, certificate, staffed.lead_certificate, staffed.seal)
    keys = take_up(handed, second, me, staffed.seal)
    assert open_answers(keys.answers_private, seal_answers(staffed.keys.answers_public, b"{}")) == b"{}"
    kept = open_kept(handed.kept, second, unlock_answers(second, word))
    assert kept.record_private == staffed.keys.record_private


def test_every_lead_can_certify_and_an_old_grant_lets_only_the_first(staffed):
    """`leading 2` holds the certifying key; `leading`, of studies begun before, does not."""
    word = "Leuchtturm Zange 5 Kohl"
    second, me = make_member("dd" * 16, "lead2", word, staffed.seal, reads_answers=True, cost=staffed.cost)
    certificate = certify(second, staffed.lead_keys, may_grant=True)
    handed = hand_over(staffed.keys, second, certificate, staffed.lead_certificate, staffed.seal)
    keys = take_up(handed, second, me, staffed.seal)
    assert keys.certifying == staffed.lead_keys.signing
    third, third_keys = make_member("ee" * 16, "tel08", "Kompass Wolle 8 Pfanne", staffed.seal, cost=staffed.cost)
    by_second = certify(third, keys.certifier)
    assert take_up(hand_over(keys, third, by_second, certificate, staffed.seal), third, third_keys, staffed.seal)
    assert hands_on_certifying(handed.leading)

    def old(record, certificate):
        return grant(
            staffed.keys.identity.encode(), "leading", record, certificate, signer=staffed.lead_keys,
            signer_certificate=staffed.lead_certificate, seal_=staffed.seal, epoch=1,
        )  # fmt: skip

    first_before = replace(staffed.lead_handed, leading=old(staffed.lead, staffed.lead_certificate))
    second_before = replace(handed, leading=old(second, certificate))
    assert take_up(first_before, staffed.lead, staffed.lead_keys, staffed.seal) == staffed.keys
    bare = take_up(second_before, second, me, staffed.seal)
    assert bare.identity == staffed.keys.identity
    assert bare.certifying is None
    with pytest.raises(Problem, match="not handed on"):
        bare.certifier  # noqa: B018 - the question is the act
    assert not hands_on_certifying(second_before.leading)


def test_a_certifying_key_that_is_not_the_pinned_one_is_refused(staffed):
    forged = replace(staffed.keys, certifying=staffed.interviewer_keys.signing)
    handed = hand_over(forged, staffed.lead, staffed.lead_certificate, staffed.lead_certificate, staffed.seal)
    with pytest.raises(SealBroken):
        take_up(handed, staffed.lead, staffed.lead_keys, staffed.seal)


def _part(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def test_what_trustees_open_is_laid_out_as_specified(staffed):
    """The vector: FORMATS.md, `43`, put together without the code it tests."""
    keys = replace(staffed.keys, former_indexes=(b"a" * 32, b"b" * 32), former_drafts=(b"c" * 32, b"d" * 32))
    secret = recovery_secret(keys)
    parts = (
        keys.contacts, keys.drafts, staffed.lead_keys.signing, keys.answers_private, keys.record_private,
        keys.identity.encode("ascii"), b"a" * 32 + b"b" * 32, b"c" * 32 + b"d" * 32,
    )  # fmt: skip
    assert secret == b"".join(_part(part) for part in parts)
    about = {
        "epoch": 1, "answers_public": keys.answers_public, "record_public": keys.record_public,
        "recipient": keys.recipient,
    }  # fmt: skip
    assert recovered_keys(secret, staffed.lead_keys, staffed.seal, **about) == keys
    older = b"".join(_part(part) for part in parts[:-1])  # of when K_drafts was not renewed
    unchanged = replace(keys, former_drafts=(keys.drafts, keys.drafts))
    assert recovered_keys(older, staffed.lead_keys, staffed.seal, **about) == unchanged


def test_recovered_keys_of_something_else_are_refused(staffed, another):
    keys, theirs = staffed.keys, another.keys
    about = {
        "epoch": 1, "answers_public": keys.answers_public, "record_public": keys.record_public,
        "recipient": keys.recipient,
    }  # fmt: skip
    for changed in (
        replace(keys, certifying=theirs.certifying),
        replace(keys, answers_private=theirs.answers_private),
        replace(keys, record_private=theirs.record_private),
        replace(keys, identity=theirs.identity),
    ):
        with pytest.raises(SealBroken):
            recovered_keys(recovery_secret(changed), staffed.lead_keys, staffed.seal, **about)
    for cut in (recovery_secret(keys)[:-1], b"", recovery_secret(keys) + b"\0\0\0\0"):
        with pytest.raises(SealBroken):
            recovered_keys(cut, staffed.lead_keys, staffed.seal, **about)


def test_a_new_epoch_has_other_keys_and_still_knows_who_is_never_called(staffed):
    """The vector: FORMATS.md, "Renewing K_contacts", worked out with hmac alone."""
    second = renewed(staffed.keys)
    third = renewed(second)
    one, two, now = staffed.keys.index, second.index, third.index
    assert third.former_indexes == (one, two)
    assert third.epoch == 3
    assert len({staffed.keys.contacts, second.contacts, third.contacts, one, two, now}) == 6
    number = b"+493023125000"

    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, "sha256")

    assert never_hashes(third)(number.decode()) == (
        mac(now, mac(two, mac(one, number))), mac(now, mac(two, number)), mac(now, number),
    )  # fmt: skip
    assert never_hashes(staffed.keys)(number.decode()) == (mac(one, number),)
    handed = hand_over(third, staffed.interviewer, certify(staffed.interviewer, staffed.lead_keys),
                       staffed.lead_certificate, staffed.seal)  # fmt: skip
    keys = take_up(handed, staffed.interviewer, staffed.interviewer_keys, staffed.seal, epoch=3)
    assert (keys.contacts, keys.index, keys.former_indexes) == (third.contacts, now, (one, two))
    assert (keys.drafts, keys.former_drafts) == (third.drafts, (staffed.keys.drafts, second.drafts))
    assert len({keys.drafts, *keys.former_drafts}) == 3
    with pytest.raises(GrantRefused):  # the grant of an epoch before, put back
        take_up(staffed.handed, staffed.interviewer, staffed.interviewer_keys, staffed.seal, epoch=3)


def test_hashes_of_the_drafts_keys_follow_every_renewal(staffed):
    """The vector: FORMATS.md, "Renewing", with HKDF from cryptography and hmac alone."""
    first = staffed.keys
    second = renewed(first)
    third = renewed(second)

    def mac(drafts: bytes, data: bytes) -> bytes:
        label = HKDF(SHA256(), 32, salt=None, info=b"cati/1/pending tag").derive(drafts)
        return hmac.digest(label, data, "sha256")

    once = mac(first.drafts, b"case")
    assert draft_hash(first, "pending tag", "case") == once.hex()
    twice = mac(second.drafts, once)
    assert draft_hash(second, "pending tag", "case") == twice.hex()
    assert draft_hash(third, "pending tag", "case") == mac(third.drafts, twice).hex()
    assert draft_hash_since(third, second.drafts, "pending tag", twice.hex()) == mac(third.drafts, twice).hex()
    assert draft_hash_since(third, third.drafts, "pending tag", once.hex()) == once.hex()


def test_a_grant_of_when_the_drafts_key_was_not_renewed_is_read(staffed):
    keys = replace(staffed.keys, epoch=3, former_indexes=(b"a" * 32, b"b" * 32))
    four = keys.contacts + keys.drafts + keys.answers_public + keys.record_public
    certificate = certify(staffed.interviewer, staffed.lead_keys)
    older = grant(
        four + b"a" * 32 + b"b" * 32, "daily work 2", staffed.interviewer, certificate, signer=staffed.lead_keys,
        signer_certificate=staffed.lead_certificate, seal_=staffed.seal, epoch=3,
    )  # fmt: skip
    handed = HandedOver(certificate, older, None, None)
    read = take_up(handed, staffed.interviewer, staffed.interviewer_keys, staffed.seal, epoch=3)
    assert (read.former_indexes, read.former_drafts) == (keys.former_indexes, (keys.drafts, keys.drafts))
    assert draft_hash(read, "pending tag", "case") == draft_hash(staffed.keys, "pending tag", "case")
    assert len({*renewed(read).former_drafts}) == 1
