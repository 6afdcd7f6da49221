"""Each role gets its keys and no more, from blobs that a database administrator can neither read nor exchange."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cati.errors import Problem
from cati.vault import age_files
from cati.vault.answers import open_answers, seal_answers, wrap_answers_key
from cati.vault.grants import GrantRefused, certify
from cati.vault.people import make_member, unlock_answers, unlock_member, without_sealed_keys
from cati.vault.sealing import SealBroken, derive
from cati.vault.study_keys import hand_over, open_kept, take_up


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
