"""A member's keys open with the right password and the right seal, and with nothing less."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cati.errors import Problem
from cati.vault.people import (
    STANDARD,
    ArgonCost,
    WrongPassword,
    change_password,
    make_member,
    member_record_from_bytes,
    unlock_answers,
    unlock_member,
    without_sealed_keys,
)
from cati.vault.seal_file import new_seal
from cati.vault.sealing import SealBroken, open_sealed, place


def test_password_and_seal_open_the_keys(staffed):
    assert unlock_member(staffed.lead, staffed.lead_word, staffed.seal) == staffed.lead_keys
    assert unlock_member(staffed.interviewer, staffed.word, staffed.seal) == staffed.interviewer_keys
    assert staffed.interviewer_keys.answers is None


@pytest.mark.parametrize("wrong", ["", "Tangente Quark 3 moped", "Tangente Quark 3 Moped ", "Ofenrohr Giebel 7 Lupine"])
def test_a_wrong_password_is_refused(staffed, wrong):
    with pytest.raises(WrongPassword):
        unlock_member(staffed.interviewer, wrong, staffed.seal)


def test_without_the_seal_the_right_password_opens_nothing(staffed):
    with pytest.raises(WrongPassword):
        unlock_member(staffed.interviewer, staffed.word, new_seal(staffed.study))


def test_another_studys_seal_is_told_apart(staffed, another):
    with pytest.raises(Problem, match="another study"):
        unlock_member(staffed.interviewer, staffed.word, another.seal)


def test_umlauts_are_the_same_however_they_were_typed(staffed):
    record, keys = make_member("m", "x", "Grünkohl-Zange-Lücke", staffed.seal, cost=staffed.cost)
    assert unlock_member(record, "Gru\u0308nkohl-Zange-Lu\u0308cke", staffed.seal) == keys


def test_the_record_survives_its_column(staffed):
    for record in (staffed.lead, staffed.interviewer):
        data = record.to_bytes()
        assert data[:1] == b"\x51"
        assert member_record_from_bytes(data) == record


def test_an_altered_record_opens_nothing(staffed, flips):
    whole = staffed.lead.to_bytes()
    for altered in (*flips(whole, 400), whole[:-1], b"", b"\x51{}", b"\x51[]", b"\x52" + whole[1:]):
        try:
            record = member_record_from_bytes(altered)
            keys = unlock_member(record, staffed.lead_word, staffed.seal)
        except Problem:
            continue
        # What still opens differs in the part that only `unlock_answers` reads.
        assert keys == staffed.lead_keys
        with pytest.raises(Problem):
            unlock_answers(record, staffed.lead_word)


def test_a_records_cost_cannot_be_raised_to_stop_the_machine_nor_lowered(staffed):
    for cost in (
        ArgonCost(1, 64 * 1024 * 1024, 1),
        ArgonCost(10_000, 64, 1),
        ArgonCost(1, 64, 10_000),
        ArgonCost(0, 0, 0),
    ):
        with pytest.raises(SealBroken):
            member_record_from_bytes(replace(staffed.lead, cost=cost).to_bytes())


def test_exchanged_public_keys_are_noticed_by_their_owner(staffed):
    for changed in (
        replace(staffed.lead, encryption_public=staffed.interviewer.encryption_public),
        replace(staffed.lead, signing_public=staffed.interviewer.signing_public),
        replace(staffed.lead, answers_public=staffed.interviewer.encryption_public),
        replace(staffed.lead, answers_public=None),
    ):
        with pytest.raises(SealBroken):
            unlock_member(changed, staffed.lead_word, staffed.seal)


def test_anothers_sealed_keys_do_not_open_in_my_row(staffed):
    mine = staffed.interviewer
    theirs = replace(mine, member_id=staffed.lead.member_id)
    with pytest.raises(WrongPassword):
        unlock_member(theirs, staffed.word, staffed.seal)


def test_answers_open_by_password_alone_when_the_seal_is_gone(staffed):
    left = member_record_from_bytes(without_sealed_keys(staffed.lead).to_bytes())
    assert unlock_answers(left, staffed.lead_word) == staffed.lead_keys.answers
    with pytest.raises(WrongPassword):
        unlock_answers(left, "Ofenrohr Giebel 7 Lupinen")
    with pytest.raises(SealBroken):
        unlock_member(left, staffed.lead_word, staffed.seal)
    with pytest.raises(Problem, match="never given"):
        unlock_answers(staffed.interviewer, staffed.word)


def test_a_changed_password_replaces_the_old_one(staffed):
    new = "Leuchtturm Zange 5 Kohl"
    changed = change_password(staffed.lead, staffed.lead_word, new, "lead", staffed.seal, cost=staffed.cost)
    assert unlock_member(changed, new, staffed.seal) == staffed.lead_keys
    assert unlock_answers(changed, new) == staffed.lead_keys.answers
    assert (changed.salt, changed.answers_salt) != (staffed.lead.salt, staffed.lead.answers_salt)
    with pytest.raises(WrongPassword):
        unlock_member(changed, staffed.lead_word, staffed.seal)
    with pytest.raises(WrongPassword):
        unlock_answers(changed, staffed.lead_word)
    with pytest.raises(WrongPassword):
        change_password(staffed.lead, "wrong wrong wrong", new, "lead", staffed.seal, cost=staffed.cost)
    with pytest.raises(Problem, match="at least 12 are needed"):
        change_password(staffed.lead, staffed.lead_word, "short", "lead", staffed.seal, cost=staffed.cost)


def test_weak_passwords_get_no_keys(staffed):
    with pytest.raises(Problem, match="tries first"):
        make_member("m", "tel07", "Passwort1234", staffed.seal, cost=staffed.cost)


def test_nothing_secret_is_shown(staffed):
    shown = repr(staffed.lead_keys) + repr(staffed.keys) + repr(staffed.seal)
    for secret in (staffed.lead_keys.signing, staffed.keys.contacts, staffed.seal.secret):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    assert staffed.keys.identity not in shown


def test_the_standard_cost_is_the_one_decided_and_works():
    assert ArgonCost(passes=3, memory_kib=262_144, lanes=4) == STANDARD
    seal = new_seal("ab" * 16)
    record, keys = make_member("m", "tel07", "Ofenrohr Giebel 7 Lupine", seal)
    assert record.cost == STANDARD
    assert unlock_member(record, "Ofenrohr Giebel 7 Lupine", seal) == keys


def test_the_format_is_argon2id_with_the_seal_as_secret(staffed):
    record, where = staffed.interviewer, (staffed.study, "member", staffed.interviewer.member_id, "keys")
    key = Argon2id(
        salt=record.salt,
        length=32,
        iterations=1,
        lanes=1,
        memory_cost=64,
        ad=place(*where),
        secret=staffed.seal.secret,
    ).derive(staffed.word.encode())
    plain = open_sealed(key, record.sealed_keys, *where)
    assert plain == staffed.interviewer_keys.encryption + staffed.interviewer_keys.signing
