"""Staff of a study on a real server, with roles of their own: added, reset, let go, and a lead let in by trustees."""

from __future__ import annotations

import random

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, members, staffing, trustees
from cati.fieldwork.log import verify
from cati.fieldwork.open_study import Role
from cati.fieldwork.sign_in_delay import TooSoon
from cati.fieldwork.staffing import NewMember
from cati.fieldwork.trustees import Door, NewTrustee, TrusteeWord
from cati.store.database import NoLongerHere
from cati.vault.people import WrongPassword

from .conftest import CHEAP, PASSWORDS
from .office import Office, clock

FIRST, OWN = "brauner Kahn unter elf Ulmen", "lila Kahn unter elf Erlen"
THREE = (
    NewTrustee("Dora", "Apfelkuchen Nebel 8 Fjord"),
    NewTrustee("Ivo", "Birnenmus Gletscher 5 Koffer"),
    NewTrustee("Nora", "Quittengelee Sturm 3 Anker"),
)


def test_a_members_whole_time(office: Office) -> None:
    """Added with a first password that opens role and keys; changes it; loses it; gets another; leaves."""
    office.move()
    lead = office.open("lead")
    carla = staffing.add_member(
        lead, NewMember(login="carla", name="Carla Neu", role=Role.INTERVIEWER, password=FIRST, languages=("de",)),
        cost=CHEAP,
    )  # fmt: skip
    study = office.open("carla", FIRST)
    assert study.me.start_password
    drawn = staffing.drawn_start_password()
    members.reset_password(lead, carla.id, drawn, cost=CHEAP)
    for own in ("", "what she would like to have"):  # the slip's word where the window asks for a start password
        study = office.open("carla", own or " ", start=drawn.upper())
        assert study.me.start_password
    staffing.change_password(study, drawn.upper(), OWN, cost=CHEAP)
    office.open("carla", OWN)
    with pytest.raises(WrongPassword, match="holds once"):
        office.open("carla", OWN, start=staffing.drawn_start_password())
    members.reset_password(lead, carla.id, FIRST, cost=CHEAP)
    study = office.open("carla", " ", start=FIRST)  # in a lead's own words, where a start password goes
    staffing.change_password(study, FIRST, OWN, cost=CHEAP)
    window = office.open("carla", OWN)
    assert not window.me.start_password
    with pytest.raises(WrongPassword):
        office.open("carla", FIRST)
    members.reset_password(lead, carla.id, FIRST, cost=CHEAP)
    with pytest.raises(WrongPassword):
        office.open("carla", OWN)
    with pytest.raises(NoLongerHere):  # what is open under the old password, perhaps at a stolen workstation
        calling.take_next_case(window)
    window = office.open("carla", FIRST)
    members.deactivate(lead, carla.id)
    for _ in range(2):
        with pytest.raises(NoLongerHere):
            calling.take_next_case(window)
        window.database.engine.dispose()  # nor by another connection
    with pytest.raises(WrongPassword):
        office.open("carla", FIRST)
    members.reset_password(lead, carla.id, OWN, cost=CHEAP)
    assert office.open("carla", OWN).me.active
    assert verify(lead).ok


def test_two_trustees_and_the_administrator_let_a_lead_in(office: Office) -> None:
    office.move()
    lead = office.open("lead")
    named = trustees.name_trustees(lead, THREE, cost=CHEAP)
    typed = {one.name: one.password for one in THREE}
    two = tuple(TrusteeWord(one.id, typed[one.name]) for one in named[:2])
    assert len(two) == 2
    trustees.drill(lead, (two[0], two[1]))
    office.close()
    new = NewMember(login="retter", name="Rita Etter", role=Role.RESEARCH_LEAD, password=FIRST)
    door = Door(place=office.link, now=clock, draw=random.SystemRandom(), seal_path=office.seal)
    with pytest.raises(Problem, match="administrator must take part"):
        trustees.let_lead_in(door, (two[0], two[1]), new, cost=CHEAP)
    door = Door(
        place=office.link, now=clock, draw=random.SystemRandom(), seal_path=office.seal,
        administrator=office.plan.administrator,
    )  # fmt: skip
    assert [one.name for one in trustees.trustees_of(door)] == ["Dora", "Ivo", "Nora"]
    trustees.let_lead_in(door, (two[0], two[1]), new, cost=CHEAP)
    study = office.open("retter", FIRST)
    assert study.me.role is Role.RESEARCH_LEAD
    assert study.open_keys.identity is not None
    again = NewMember(login="lead", name="Dr. Ada Leitner", role=Role.RESEARCH_LEAD, password=OWN)
    trustees.let_lead_in(door, (two[0], two[1]), again, cost=CHEAP)
    with pytest.raises(WrongPassword):
        office.open("lead")
    assert verify(office.open("lead", OWN)).ok


def test_wrong_passwords_wait_at_this_workstation_and_are_told_at_the_next_sign_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.move()
    for _ in range(3):
        with pytest.raises(WrongPassword):
            office.open("lead", OWN)
    with pytest.raises(TooSoon):
        office.open("lead")
    now = clock()
    monkeypatch.setattr("cati.fieldwork.sign_in_delay._FIRST_WAIT", 0)
    study = office.open("lead", PASSWORDS["lead"], now=lambda: now)
    with study.reading() as transaction:
        rows = transaction.exec_driver_sql("SELECT details FROM log WHERE act = 'signed_in' ORDER BY n").fetchall()
    assert rows[-1][0] == '{"failed":3}'
