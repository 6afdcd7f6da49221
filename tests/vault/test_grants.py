"""Keys in the database that were exchanged, replayed, moved or signed by a stranger are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cati.errors import Problem
from cati.vault.grants import (
    GrantRefused,
    certificate_from_bytes,
    certify,
    check_certificate,
    grant,
    grant_from_bytes,
    open_grant,
)
from cati.vault.people import make_member
from cati.vault.seal_file import new_seal, pin
from cati.vault.sealing import SealBroken

KEY = b"k" * 32


@pytest.fixture
def granted(staffed):
    certificate = certify(staffed.interviewer, staffed.lead_keys)
    return grant(
        KEY,
        "contacts",
        staffed.interviewer,
        certificate,
        signer=staffed.lead_keys,
        signer_certificate=staffed.lead_certificate,
        seal_=staffed.seal,
        epoch=3,
    )


def test_a_grant_opens_for_its_member(staffed, granted):
    assert open_grant(granted, "contacts", staffed.interviewer_keys, staffed.seal, epoch=3) == KEY
    assert grant_from_bytes(granted.to_bytes()) == granted


def test_it_opens_for_nobody_else_and_for_nothing_else(staffed, granted):
    with pytest.raises(GrantRefused):
        open_grant(granted, "contacts", staffed.lead_keys, staffed.seal, epoch=3)
    with pytest.raises(GrantRefused):
        open_grant(granted, "drafts", staffed.interviewer_keys, staffed.seal, epoch=3)
    thief = replace(staffed.lead_keys, member_id=staffed.interviewer.member_id)
    with pytest.raises(SealBroken):
        open_grant(granted, "contacts", thief, staffed.seal, epoch=3)


def test_a_replayed_grant_of_an_older_epoch_is_refused(staffed, granted):
    with pytest.raises(GrantRefused):
        open_grant(granted, "contacts", staffed.interviewer_keys, staffed.seal, epoch=4)
    with pytest.raises(GrantRefused):  # ... also when somebody writes the new number on it
        open_grant(replace(granted, epoch=4), "contacts", staffed.interviewer_keys, staffed.seal, epoch=4)


@pytest.mark.parametrize("change", [{"study_id": "00" * 16}, {"member_id": "cc" * 16}, {"purpose": "drafts"}])
def test_a_relabelled_grant_is_refused(staffed, granted, change):
    changed = replace(granted, **change)
    keys = replace(staffed.interviewer_keys, member_id=changed.member_id)
    seal = replace(staffed.seal, study_id=changed.study_id)
    with pytest.raises(GrantRefused):
        open_grant(changed, changed.purpose, keys, seal, epoch=3)


def test_without_the_seal_the_members_key_opens_nothing(staffed, granted):
    other = replace(new_seal(staffed.study), signer_fingerprint=staffed.seal.signer_fingerprint)
    with pytest.raises(SealBroken):
        open_grant(granted, "contacts", staffed.interviewer_keys, other, epoch=3)


def test_a_grant_of_a_stranger_is_refused_even_when_he_knows_the_seal(staffed, another):
    """A database administrator makes a study key of his own and grants it: HPKE alone would take it."""
    stranger, stranger_keys = make_member("ee" * 16, "dba", "Ofenrohr Giebel 7 Lupine", staffed.seal, cost=staffed.cost)
    his_word = certify(stranger, stranger_keys, may_grant=True)
    his_seal = pin(staffed.seal, stranger.signing_public)
    forged = grant(
        KEY,
        "contacts",
        staffed.interviewer,
        certify(staffed.interviewer, stranger_keys),
        signer=stranger_keys,
        signer_certificate=his_word,
        seal_=his_seal,
        epoch=3,
    )
    with pytest.raises(GrantRefused):
        open_grant(forged, "contacts", staffed.interviewer_keys, staffed.seal, epoch=3)
    # The control: without the pinned key the forged grant would have opened.
    assert open_grant(forged, "contacts", staffed.interviewer_keys, his_seal, epoch=3) == KEY
    with pytest.raises(GrantRefused):  # the lead's certificate pasted over his own
        open_grant(
            replace(forged, signer=staffed.lead_certificate),
            "contacts",
            staffed.interviewer_keys,
            staffed.seal,
            epoch=3,
        )


def test_an_interviewer_may_not_grant(staffed):
    word = certify(staffed.interviewer, staffed.lead_keys)
    by_interviewer = grant(
        KEY,
        "contacts",
        staffed.interviewer,
        word,
        signer=staffed.interviewer_keys,
        signer_certificate=word,
        seal_=staffed.seal,
        epoch=1,
    )
    with pytest.raises(GrantRefused):
        open_grant(by_interviewer, "contacts", staffed.interviewer_keys, staffed.seal, epoch=1)
    with pytest.raises(GrantRefused):
        open_grant(
            replace(by_interviewer, signer=replace(word, may_grant=True)),
            "contacts",
            staffed.interviewer_keys,
            staffed.seal,
            epoch=1,
        )


def test_a_second_research_lead_may_grant_with_the_firsts_word(staffed):
    second, second_keys = make_member(
        "dd" * 16, "lead2", "Ofenrohr Giebel 7 Lupine", staffed.seal, reads_answers=True, cost=staffed.cost
    )
    word = certify(second, staffed.lead_keys, may_grant=True)
    granted = grant(
        KEY,
        "contacts",
        staffed.interviewer,
        certify(staffed.interviewer, staffed.lead_keys),
        signer=second_keys,
        signer_certificate=word,
        seal_=staffed.seal,
        epoch=1,
    )
    assert open_grant(granted, "contacts", staffed.interviewer_keys, staffed.seal, epoch=1) == KEY


def test_no_grant_for_a_key_that_somebody_put_into_the_database(staffed, another):
    certificate = certify(staffed.interviewer, staffed.lead_keys)
    for swapped in (
        replace(staffed.interviewer, encryption_public=another.interviewer.encryption_public),
        replace(staffed.interviewer, signing_public=another.interviewer.signing_public),
        replace(staffed.interviewer, answers_public=another.lead.answers_public),
        replace(staffed.interviewer, member_id="cc" * 16),
        another.interviewer,
    ):
        with pytest.raises(GrantRefused):
            grant(
                KEY,
                "contacts",
                swapped,
                certificate,
                signer=staffed.lead_keys,
                signer_certificate=staffed.lead_certificate,
                seal_=staffed.seal,
                epoch=1,
            )


def test_a_certificate_survives_its_column_and_no_altered_bit(staffed, flips):
    whole = staffed.lead_certificate.to_bytes()
    assert certificate_from_bytes(whole) == staffed.lead_certificate
    for altered in (*flips(whole, 10_000), whole[:-1], whole + b"\0", b""):
        with pytest.raises(Problem):
            check_certificate(certificate_from_bytes(altered), staffed.lead, staffed.seal)


def test_a_grant_survives_its_column_and_no_altered_bit(staffed, granted, flips):
    whole = granted.to_bytes()
    for altered in (*flips(whole, 500), whole[:-1], whole + b"\0", b""):
        try:
            opened = open_grant(grant_from_bytes(altered), "contacts", staffed.interviewer_keys, staffed.seal, epoch=3)
        except Problem:
            continue
        raise AssertionError(opened)


def test_an_unpinned_seal_opens_nothing(staffed, granted):
    with pytest.raises(GrantRefused):
        open_grant(granted, "contacts", staffed.interviewer_keys, replace(staffed.seal, signer_fingerprint=""), epoch=3)
