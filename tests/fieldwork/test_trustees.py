"""Two of three trustees let a research lead in when no other can; one alone, or the database alone, opens nothing."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, log
from cati.fieldwork.log import Act
from cati.fieldwork.members import deactivate
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.staffing import NewMember, add_member
from cati.fieldwork.trustees import (
    Door,
    NewTrustee,
    Trustee,
    TrusteeWord,
    drill,
    let_lead_in,
    name_trustees,
    trustees,
    trustees_of,
)
from cati.store.staff import blob_of
from cati.vault.people import WrongPassword, member_record_from_bytes, unlock_member
from cati.vault.recovery import recover
from cati.vault.seal_file import new_seal, pin, read_seal
from cati.vault.sealing import SealBroken

from .conftest import CHEAP, PASSWORDS, Made, raw

THREE = (
    NewTrustee("Dora Datenschutz", "Apfelkuchen Nebel 8 Fjord"),
    NewTrustee("Ivo Informatik", "Birnenmus Gletscher 5 Koffer"),
    NewTrustee("Nora Notarin", "Quittengelee Sturm 3 Anker"),
)
NEW = NewMember(login="retter", name="Rita Etter", role=Role.RESEARCH_LEAD, password="brauner Kahn unter elf Ulmen")


def words(named: tuple[Trustee, ...], *names: str) -> Any:
    typed = {one.name: one.password for one in THREE}
    return tuple(TrusteeWord(one.id, typed[one.name]) for one in named if one.name.split()[0] in names)


def door(made: Made) -> Door:
    return Door(place=made.created.folder, now=made.clock, draw=random.SystemRandom(), seal_path=made.created.seal_path)


@pytest.fixture
def lead(made: Made, people: Any) -> OpenStudy:
    study = made.sign_in("lead")
    people(study, 3)
    return study


def test_each_pair_makes_a_lead_able_to_sign_in(made: Made, lead: OpenStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    named = name_trustees(lead, THREE, cost=CHEAP)
    assert [one.name for one in named] == sorted(one.name for one in THREE)
    lead.close()  # and now everybody's password is lost
    for at, pair in enumerate(combinations(("Dora", "Ivo", "Nora"), 2)):
        new = NewMember(login=f"{NEW.login}{at}", name=NEW.name, role=Role.RESEARCH_LEAD, password=NEW.password)
        found = trustees_of(door(made))
        let_lead_in(door(made), words(found, *pair), new, cost=CHEAP)
        monkeypatch.setitem(PASSWORDS, new.login, new.password)
        study = made.sign_in(new.login)
        assert study.me.role is Role.RESEARCH_LEAD
        assert study.open_keys.identity is not None
        assert study.answers_private is not None
        found_case = calling.take_next_case(study)
        assert isinstance(found_case, calling.DeliveredCase), "contacts open"
        calling.put_back(study, found_case.lease)
        add_member(
            study,
            NewMember(login=f"neu{at}", name="Nina Eule", role=Role.INTERVIEWER, password=NEW.password + " zwei"),
            cost=CHEAP,
        )
        monkeypatch.setitem(PASSWORDS, f"neu{at}", NEW.password + " zwei")
        assert made.sign_in(f"neu{at}").keys is not None, "and they can let others in"
        log.write_checkpoint(study)
        assert log.verify(study).ok
        assert study.me.id in {entry.who for entry in log.entries(study, acts=[Act.RECOVERED])}


def test_a_lead_who_is_there_gets_new_keys_and_nobody_elses_name_is_taken(
    made: Made, lead: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = name_trustees(lead, THREE, cost=CHEAP)
    log.write_checkpoint(lead)
    two = words(named, "Dora", "Nora")
    again = NewMember(login="LEAD", name="Dr. Ada Leitner", role=Role.RESEARCH_LEAD, password=NEW.password)
    assert let_lead_in(door(made), two, again, cost=CHEAP).id == lead.me.id
    with pytest.raises(WrongPassword):
        made.sign_in("lead")
    monkeypatch.setitem(PASSWORDS, "lead", NEW.password)
    study = made.sign_in("lead")
    assert log.verify(study).ok, "the checkpoint signed with the lost keys still counts"
    for login, said in (("anna", "used twice"), ("", "missing")):
        new = NewMember(login=login, name="X Y", role=Role.RESEARCH_LEAD, password=NEW.password)
        with pytest.raises(Problem, match=said):
            let_lead_in(door(made), two, new, cost=CHEAP)


def test_a_drill_opens_everything_and_changes_nothing(made: Made, lead: OpenStudy) -> None:
    with pytest.raises(Problem, match="No trustees"):
        drill(lead, (TrusteeWord("a", "b"), TrusteeWord("c", "d")))
    named = name_trustees(lead, THREE, cost=CHEAP)
    assert {one.drilled_at for one in named} == {None}
    before = raw(lead, "SELECT * FROM member")
    made.clock.forward(days=1)
    drill(lead, words(named, "Dora", "Ivo"))
    assert raw(lead, "SELECT * FROM member") == before
    assert {one.name.split()[0]: one.drilled_at for one in trustees(lead)} == {
        "Dora": made.clock(), "Ivo": made.clock(), "Nora": None,
    }  # fmt: skip
    dora, ivo = words(named, "Dora", "Ivo")
    for two, said in (
        ((dora, TrusteeWord(ivo.id, "falsch falsch falsch")), "Ivo Informatik: The password is not right"),
        ((dora, TrusteeWord(ivo.id, dora.password)), "Ivo Informatik"),
        ((dora, dora), "two different"),
    ):
        with pytest.raises(Problem, match=said):
            drill(lead, two)
    with pytest.raises(Problem, match="role does not allow"):
        drill(made.sign_in("witness"), words(named, "Dora", "Ivo"))
    # Blobs that somebody exchanged, or that are another study's, are found by the drill.
    raw(lead, "UPDATE recovery SET sealed = (SELECT sealed FROM recovery ORDER BY first, second DESC LIMIT 1)")
    failed = 0
    for pair in combinations(("Dora", "Ivo", "Nora"), 2):
        made.clock.forward(hours=1)
        try:
            drill(lead, words(named, *pair))
        except SealBroken:
            failed += 1
    assert failed == 2


def test_a_trustees_key_put_in_by_hand_is_refused(made: Made, lead: OpenStudy) -> None:
    named = name_trustees(lead, THREE, cost=CHEAP)
    dora, ivo = words(named, "Dora", "Ivo")
    raw(lead, "UPDATE trustee SET record = (SELECT record FROM member WHERE login = 'anna') WHERE id = :id", id=dora.id)
    with pytest.raises(Problem, match="not granted"):
        drill(lead, (TrusteeWord(dora.id, PASSWORDS["anna"]), ivo))


def test_one_trustee_or_the_database_alone_opens_nothing(made: Made, lead: OpenStudy) -> None:
    name_trustees(lead, THREE, cost=CHEAP)
    seal = read_seal(made.created.seal_path)
    rows = {row["name"].split()[0]: row for row in raw(lead, "SELECT * FROM trustee")}
    stolen = pin(new_seal(seal.study_id), b"x" * 32)  # the database alone: no seal
    for one in THREE:
        row = rows[one.name.split()[0]]
        record = member_record_from_bytes(row["record"])
        with pytest.raises(WrongPassword):
            unlock_member(record, one.password, stolen)
        key = unlock_member(record, one.password, seal).encryption
        for pair in combinations(sorted(row["id"] for row in rows.values()), 2):
            with lead.reading() as transaction:
                blob = blob_of(transaction, pair)
            assert blob is not None
            with pytest.raises(SealBroken):
                recover(blob[1], dict.fromkeys(pair, key), seal, epoch=blob[0])
    with pytest.raises(WrongPassword):  # nor does a trustee sign in
        made.sign_in("Dora Datenschutz")


def test_three_different_people_are_named(made: Made, lead: OpenStudy) -> None:
    twin = NewTrustee("dora datenschutz", "Wurzelwerk Kessel 2 Hagel")
    same = NewTrustee("Nora Notarin", THREE[0].password)
    weak = NewTrustee("Nora Notarin", "Nora Notarin 1234")
    for three, said in (
        (THREE[:2], "Three names"),
        ((*THREE[:2], twin), "same name"),
        ((*THREE[:2], same), "same password"),
        ((*THREE[:2], weak), "contains"),
    ):
        with pytest.raises(Problem, match=said):
            name_trustees(lead, three, cost=CHEAP)
    with pytest.raises(Problem, match="role does not allow"):
        name_trustees(made.sign_in("witness"), THREE, cost=CHEAP)
    assert trustees(lead) == ()


def test_named_anew_the_old_ones_open_nothing(made: Made, lead: OpenStudy) -> None:
    old = name_trustees(lead, THREE, cost=CHEAP)
    name_trustees(lead, THREE, cost=CHEAP)
    with pytest.raises(Problem, match="No trustees"):
        drill(lead, words(old, "Dora", "Ivo"))
    with pytest.raises(Problem, match="No trustees"):
        let_lead_in(door(made), words(old, "Dora", "Ivo"), NEW, cost=CHEAP)


def test_guessing_at_a_trustees_password_has_to_wait(made: Made, lead: OpenStudy) -> None:
    named = name_trustees(lead, THREE, cost=CHEAP)
    dora, ivo = words(named, "Dora", "Ivo")
    for _ in range(3):
        with pytest.raises(WrongPassword):
            let_lead_in(door(made), (dora, TrusteeWord(ivo.id, "falsch falsch falsch")), NEW, cost=CHEAP)
    with pytest.raises(Problem, match="too many"):
        let_lead_in(door(made), (dora, ivo), NEW, cost=CHEAP)
    made.clock.forward(seconds=5)
    let_lead_in(door(made), (dora, ivo), NEW, cost=CHEAP)


def test_a_lead_who_left_is_not_needed(made: Made, lead: OpenStudy, tmp_path: Path) -> None:
    named = name_trustees(lead, THREE, cost=CHEAP)
    add_member(lead, NEW, cost=CHEAP)
    deactivate(lead, next(row["id"] for row in raw(lead, "SELECT id FROM member WHERE login = 'retter'")))
    assert let_lead_in(door(made), words(named, "Dora", "Ivo"), NEW, cost=CHEAP).login == "retter"
    assert not list(tmp_path.glob("*.part"))
