"""Wrong passwords: counted before they are looked at, delayed, logged without what was typed, alike for every login."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cati.errors import Problem
from cati.fieldwork import log, members, proving, staffing
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import Role
from cati.fieldwork.sign_in_delay import OnWorkstation, TooSoon, slot_of, wait_after
from cati.fieldwork.staffing import NewMember
from cati.fieldwork.study import unlock
from cati.store.connecting import unreachable
from cati.vault import people, server_password
from cati.vault.people import WrongPassword

from .conftest import CHEAP, ON_FILE, PASSWORDS, Clock, Made, raw
from .office import Office

WRONG = "falsch falsch falsch 7"
FIRST = "brauner Kahn unter elf Ulmen"


def test_the_wait_grows_to_five_minutes() -> None:
    assert [wait_after(n) for n in range(12)] == [0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert wait_after(10_000) == 300


@ON_FILE
@pytest.mark.parametrize("login", ["anna", "nobody of that name"])
def test_the_fourth_wrong_try_waits_whoever_it_is(made: Made, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PASSWORDS, login, WRONG)
    for _ in range(3):
        with pytest.raises(WrongPassword):
            made.sign_in(login)
    with pytest.raises(TooSoon, match="Wait 5 seconds"):
        made.sign_in(login)
    monkeypatch.setitem(PASSWORDS, login, PASSWORDS["bert"])
    with pytest.raises(TooSoon):  # the right password, too, and in another spelling of the login
        made.sign_in(login.upper())
    made.sign_in("bert")  # others do not wait
    made.clock.forward(seconds=5)
    monkeypatch.setitem(PASSWORDS, login, WRONG)
    with pytest.raises(WrongPassword):
        made.sign_in(login)
    with pytest.raises(TooSoon, match="Wait 10 seconds"):
        made.sign_in(login)
    made.clock.forward(days=-300)
    with pytest.raises(TooSoon, match="Wait 10 seconds"):  # a clock set back makes it no longer
        made.sign_in(login)


@ON_FILE
def test_refusals_of_members_are_logged_and_nothing_that_was_typed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ("anna", "meinPasswortImFalschenFeld7", "lead")
    for login in typed:
        monkeypatch.setitem(PASSWORDS, login, WRONG)
        with pytest.raises(WrongPassword):
            made.sign_in(login)
    monkeypatch.undo()
    monkeypatch.setitem(PASSWORDS, "anna", PASSWORDS["anna"])
    made.sign_in("anna")
    lead = made.sign_in("lead")
    ids = {row["login"]: row["id"] for row in raw(lead, "SELECT id, login FROM member")}
    refused = log.entries(lead, acts=[Act.REFUSED])
    assert {entry.who for entry in refused} == {ids["anna"], ids["lead"]}
    assert {entry.details for entry in refused} == {""}
    came = [json.loads(entry.details) for entry in log.entries(lead, acts=[Act.SIGNED_IN]) if entry.details]
    assert came == [{"failed": 1}, {"failed": 1}]
    slots = raw(lead, "SELECT * FROM sign_in")
    assert [row["slot"] for row in slots] == [slot_of(lead.study_id, typed[1])], "12 bits of it, and only of a failure"
    lead.close()
    for part in made.created.folder.glob("study.db*"):
        data = part.read_bytes()
        assert typed[1].encode() not in data
        assert WRONG.encode() not in data
    assert log.verify(made.sign_in("lead")).ok


@ON_FILE
def test_what_is_no_try_is_not_counted(made: Made, tmp_path: Path) -> None:
    seal = made.created.seal_path
    seal.rename(tmp_path / "away")
    for _ in range(5):
        with pytest.raises(Problem, match="seal of this study"):
            made.sign_in("anna")
    (tmp_path / "away").rename(seal)
    made.sign_in("anna")


def test_a_locked_window_counts_too_and_opens_while_the_server_is_away(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = made.sign_in("anna")
    unlock(anna, PASSWORDS["anna"])
    for _ in range(3):
        with pytest.raises(WrongPassword):
            unlock(anna, WRONG)
    with pytest.raises(TooSoon):
        unlock(anna, PASSWORDS["anna"])
    made.clock.forward(seconds=5)

    def away(*_words: object) -> None:
        raise unreachable()

    with monkeypatch.context() as patched:
        patched.setattr(proving.studies, "member_by_login", away)
        unlock(anna, PASSWORDS["anna"])
    lead = made.sign_in("lead")
    assert [json.loads(one.details)["reason"] for one in log.entries(lead, acts=[Act.REFUSED])] == ["unlock"] * 3


def test_on_a_workstation_the_count_outlives_the_program_and_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATI_HOME", str(tmp_path))
    clock, study = Clock(), "5" * 32
    for _ in range(3):
        OnWorkstation(study, clock).begin("anna")
    with pytest.raises(TooSoon):
        OnWorkstation(study, clock).begin("Anna ")
    OnWorkstation(study, clock).begin("bert")
    OnWorkstation(study, clock).take_back("bert")
    clock.forward(seconds=5)
    OnWorkstation(study, clock).begin("anna")
    assert OnWorkstation(study, clock).end("anna") == 3
    kept = tmp_path / "sign-ins" / f"{study}.json"
    assert json.loads(kept.read_text()) == {}
    kept.write_bytes(b"[1, 2")
    OnWorkstation(study, clock).begin("anna")
    assert "anna" not in kept.read_text()


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Every Argon2id from here on, by what it costs: (passes, KiB, lanes)."""
    found: list[tuple[int, int, int]] = []

    def counting(**words: Any) -> Argon2id:
        found.append((words["iterations"], words["memory_cost"], words["lanes"]))
        return Argon2id(**words)

    for module in (people, server_password):
        monkeypatch.setattr(module, "Argon2id", counting)
    return found


@ON_FILE
def test_a_wrong_login_costs_what_a_wrong_password_costs(
    made: Made, monkeypatch: pytest.MonkeyPatch, stretched: list[tuple[int, int, int]]
) -> None:
    members.deactivate(made.sign_in("lead"), made.sign_in("bert").me.id)
    stretched.clear()
    costs = []
    for login in ("anna", "lead", "nobody of that name", "bert"):
        monkeypatch.setitem(PASSWORDS, login, WRONG)
        with pytest.raises(WrongPassword):
            made.sign_in(login)
        costs.append(tuple(stretched))
        stretched.clear()
    assert costs == [((CHEAP.passes, CHEAP.memory_kib, CHEAP.lanes),)] * 4


def test_the_same_on_a_server_which_shows_nobodys_keys(office: Office, stretched: list[tuple[int, int, int]]) -> None:
    """There the role's password is derived before the server is asked, which knows neither wrong one."""
    office.move()
    lead = office.open("lead")
    umlaut = NewMember(login="J\u00fcrgen", name="Jürgen Neu", role=Role.INTERVIEWER, password=FIRST, languages=("de",))
    made = staffing.add_member(lead, umlaut, cost=CHEAP)
    bert = next(one for one in staffing.staff(lead) if one.login == "bert")
    members.deactivate(lead, bert.id)
    stretched.clear()
    costs = []
    for login in ("anna", "nobody of that name", "bert", "j\u00fcrgen"):
        with pytest.raises(WrongPassword):
            office.open(login, WRONG)
        costs.append(tuple(stretched))
        stretched.clear()
    assert costs == [((CHEAP.passes, CHEAP.memory_kib, CHEAP.lanes),)] * 4
    assert office.open("JU\u0308RGEN", FIRST).me.id == made.id, "the accent typed by itself, as some keyboards do"
