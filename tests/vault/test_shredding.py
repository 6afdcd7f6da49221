"""The heart of the purge: a thief with every byte of the database and a member's password needs the seal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cati.errors import Problem
from cati.vault.contacts import open_contact, seal_contact
from cati.vault.grants import certificate_from_bytes, grant_from_bytes
from cati.vault.people import member_record_from_bytes, unlock_answers, unlock_member
from cati.vault.seal_file import Seal, create_seal, destroy_seal, new_seal, read_seal
from cati.vault.study_keys import HandedOver, open_kept, take_up

CASES = [f"{number:032x}" for number in range(200)]


@pytest.fixture(scope="module")
def raw(staffed):
    """What a copy of the database from before the purge holds: every sealed contact, every record, every grant."""
    contacts = {case: seal_contact(staffed.keys.contacts, staffed.study, case, case.encode()) for case in CASES}
    rows = [
        (
            record.to_bytes(),
            handed.certificate.to_bytes(),
            handed.daily.to_bytes(),
            handed.leading and handed.leading.to_bytes(),
            handed.kept,
            word,
        )
        for record, handed, word in (
            (staffed.lead, staffed.lead_handed, staffed.lead_word),
            (staffed.interviewer, staffed.handed, staffed.word),
        )
    ]
    return contacts, rows


def recovered(raw, seal: Seal | None) -> int:
    """Count the contacts that a thief opens who knows every password and has this seal, and who tries every key."""
    contacts, rows = raw
    study = member_record_from_bytes(rows[0][0]).study_id
    keys: set[bytes] = set()
    for record_bytes, certificate, daily, leading, kept, word in rows:
        record = member_record_from_bytes(record_bytes)
        if record.sealed_answers is not None:
            answers = unlock_answers(record, word)
            left = open_kept(kept, record, answers)
            keys |= {answers, left.answers_private, left.record_private}
        if seal is not None:
            handed = HandedOver(
                certificate_from_bytes(certificate),
                grant_from_bytes(daily),
                leading and grant_from_bytes(leading),
                kept,
            )
            try:
                me = unlock_member(record, word, seal)
                keys |= {me.encryption, me.signing}
                taken = take_up(handed, record, me, seal)
            except Problem:
                continue
            keys |= {taken.contacts, taken.drafts, taken.index}
    opened = set()
    for key in keys:
        for case, sealed in contacts.items():
            try:
                opened.add(open_contact(key, study, case, *sealed))
            except Problem:
                continue
    return len(opened)


def test_with_the_seal_all_200_contacts_come_back_and_without_it_none(tmp_path, staffed, raw):
    path = tmp_path / "study.seal"
    create_seal(path, staffed.seal)
    assert recovered(raw, read_seal(path)) == 200  # the control: the thief knows his trade
    (tmp_path / "the disk's own bytes").hardlink_to(path)
    assert destroy_seal(path).unlinked
    with pytest.raises(Problem):
        read_seal(path)
    with pytest.raises(Problem):
        read_seal(tmp_path / "the disk's own bytes")
    assert recovered(raw, None) == 0


def test_a_seal_of_his_own_does_not_help(staffed, raw):
    guess = replace(new_seal(staffed.study), signer_fingerprint=staffed.seal.signer_fingerprint)
    assert recovered(raw, guess) == 0
