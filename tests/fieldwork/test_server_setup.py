"""A study comes to a server as its administrator does it, is worked with from there, and goes back without loss."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import members, server_setup, staffing
from cati.fieldwork.before_sign_in import bring_seal, restore_seal, seal_is_here, study_name
from cati.fieldwork.log import Act, entries, verify
from cati.fieldwork.open_study import Role
from cati.fieldwork.purge import purge
from cati.fieldwork.server_setup import look_after_server
from cati.fieldwork.staffing import NewMember
from cati.fieldwork.study import open_study
from cati.fieldwork.study_state import StudyState, state_of
from cati.store import moving
from cati.store.access_rules import wanted_lines
from cati.store.administration import refuse_old
from cati.store.connecting import NotThisServer, Unreachable
from cati.store.embedded import Embedded
from cati.store.link_file import read_link, write_link
from cati.store.migrations import HEAD
from cati.store.opening import open_database
from cati.store.roles import Roles
from cati.vault import server_password
from cati.vault.people import ArgonCost, WrongPassword
from tests import postgres, servers

from .conftest import CHEAP, PASSWORDS, bring_people
from .office import Office, clock

OWN = "brauner Kahn unter elf Ulmen"


def test_a_new_administrators_day(office: Office) -> None:
    """Rules that let in too much are told line by line, nothing is moved; then all goes, and everybody comes in."""
    office.tls.write_rules(*postgres.RULES)
    with pytest.raises(Problem, match="does not take members’ connections as it must"):
        office.move()
    told = "\n".join(office.said)
    assert "pg_hba.conf, line 2, lets members in" in told
    first, second = wanted_lines(f"cati_{office.study_id[:12]}")
    assert f"    {first}\n    {second}" in told
    assert "pg_reload_conf()" in told
    assert not office.link.exists()
    office.tls.write_rules(first, second, *postgres.RULES)
    office.move()
    told = "\n".join(office.said)
    assert f"there already: Role cati_{office.study_id[:12]}_owner" in told
    assert "made: Role" not in told
    assert "tried: lead comes in by TLS" in told
    assert "tried: in clear nobody comes in" in told
    assert "made: the roles of 3 members" in told
    assert "shared_preload_libraries = 'auth_delay'" in told
    assert not office.folder.exists()
    assert study_name(office.link) == "Kundenbefragung 2027"
    assert office.open("lead").me.role is Role.RESEARCH_LEAD
    with pytest.raises(WrongPassword):  # the server does not know her own password yet
        office.open("anna")
    start = office.start("anna")
    with pytest.raises(WrongPassword):  # a start password opens the connection and no key
        office.open("anna", start, start=start)
    study = office.open("anna", start=start.upper().replace("-", " "))
    assert study.me.name == "Anna Fragt"
    with pytest.raises(WrongPassword):  # it opened once
        office.open("anna", start=start)
    assert office.open("anna").keys is not None
    assert verify(office.open("lead")).ok


def test_the_server_sees_no_password_and_its_log_no_verifier(office: Office) -> None:
    office.move()
    office.open("anna", start=office.start("anna"))
    staffing.change_password(office.opened[0], PASSWORDS["anna"], OWN, cost=CHEAP)
    log = (office.tls.folder / "server.log").read_text()
    assert "CREATE DATABASE" in log  # it logs statements, of other databases
    for word in ("SCRAM-SHA-256$", PASSWORDS["anna"], OWN):
        assert word not in log
    kept = office.tls.psql(
        f"SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'cati_{office.study_id[:12]}_%' AND rolcanlogin"
    )
    assert [line[:19] for line in kept.splitlines()] == ["SCRAM-SHA-256$4096:"] * 4


def test_roles_have_no_more_than_they_need(office: Office) -> None:
    office.move()
    prefix = f"cati_{office.study_id[:12]}"
    rows = office.tls.psql(
        "SELECT rolname, rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        f" FROM pg_roles WHERE rolname LIKE '{prefix}%'"
    ).splitlines()
    assert sorted(row.split("|")[1] for row in rows) == ["f"] * 6 + ["t"] * 4
    assert {row.split("|")[0] for row in rows if row.split("|")[2] == "t"} == {f"{prefix}_gate"}
    assert all("anna" not in row and "lead|t" not in row for row in rows)
    assert office.tls.psql(f"SELECT has_database_privilege('public', '{prefix}', 'CONNECT')") == "f"
    assert office.tls.psql("SELECT has_schema_privilege('public', 'public', 'USAGE')", prefix) == "f"
    owners = office.tls.psql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", prefix)
    assert owners == f"{prefix}_owner"
    study = office.open("lead")
    with study.reading() as transaction:
        for setting, value in (("log_statement", "none"), ("lock_timeout", "10s"), ("statement_timeout", "1min")):
            assert transaction.exec_driver_sql(f"SHOW {setting}").scalar_one() == value


def test_a_password_changes_on_both_sides_or_on_neither(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.move()
    study = office.open("lead")
    real = staffing.log.note

    def fall(*_words: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(staffing.log, "note", fall)
    with pytest.raises(ZeroDivisionError):  # after record and role were changed, before the commit
        staffing.change_password(study, PASSWORDS["lead"], OWN, cost=CHEAP)
    monkeypatch.setattr(staffing.log, "note", real)
    office.open("lead")
    with pytest.raises(WrongPassword):
        office.open("lead", OWN)
    study.database.engine.dispose()
    with study.reading():  # the window that tried goes on with the old one
        pass
    staffing.change_password(study, PASSWORDS["lead"], OWN, cost=CHEAP)
    office.open("lead", OWN)
    with pytest.raises(WrongPassword):
        office.open("lead")
    study.database.engine.dispose()
    with study.reading():  # and with the new one
        pass


def test_a_change_whose_fate_is_unknown_leaves_the_window_working(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.move()
    study = office.open("lead")
    database: Any = study.database

    def change_and_be_cut_off() -> None:
        with study.transaction() as transaction:
            database.logins.change_password(transaction, OWN)
            pid = transaction.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            office.tls.psql(f"SELECT pg_terminate_backend({pid}, 5000)")

    with pytest.raises(Unreachable):
        change_and_be_cut_off()
    with study.reading():
        pass


def test_time_is_the_servers(office: Office) -> None:
    office.move()
    for wrong in (timedelta(hours=-5), timedelta(days=400)):
        study = office.open("lead", now=lambda wrong=wrong: clock() + wrong)
        assert abs(study.now() - clock()) < timedelta(seconds=1)
        signed_in = max(entries(study, acts=(Act.SIGNED_IN,)), key=lambda entry: entry.n)
        assert abs(signed_in.at - clock().timestamp()) < 5


def test_a_server_that_is_gone_and_one_that_is_not_ours(office: Office) -> None:
    office.move()
    link = read_link(office.link)
    write_link(office.link, replace(link, ports=(postgres.free_port(),)))
    with pytest.raises(Unreachable):
        office.open("lead")
    write_link(office.link, replace(link, authority=postgres.new_authority().pem()))
    with pytest.raises(NotThisServer):
        office.open("lead")
    write_link(office.link, link)
    with pytest.raises(WrongPassword) as wrong:
        office.open("lead", OWN)
    with pytest.raises(WrongPassword) as nobody:
        office.open("nobody", OWN)
    assert str(wrong.value) == str(nobody.value)


def everything(place: Path) -> dict[str, moving.Contents]:
    database = Embedded(place)
    with database.reading() as transaction:
        found = moving.contents(transaction)
    database.close()
    return found


def test_back_into_a_folder_and_there_again_without_loss(office: Office, tmp_path: Path) -> None:
    with_people = open_study(
        office.folder, "lead", PASSWORDS["lead"], now=lambda: datetime(2027, 7, 6, 8, tzinfo=UTC), draw=random.Random(1),
        seal_path=office.seal,
    )  # fmt: skip
    bring_people(with_people, tmp_path, 40)
    with_people.close()
    before = everything(office.folder)
    office.move()
    office.sheet.unlink()
    home = tmp_path / "home again"
    office.back(home)
    after = everything(home)
    assert before["contact"].rows == 40
    assert {name for name in before if before[name] != after[name]} == {"log", "station"}
    assert after["log"].rows == before["log"].rows + 4  # two sign-ins of the lead, two moves
    with pytest.raises(WrongPassword):  # the link opens nothing any more
        office.open("lead")
    assert (
        office.tls.psql(
            f"SELECT count(*) FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'cati_{office.study_id[:12]}%'"
        )
        == "0"
    )
    office.folder = home
    office.move()
    owner = servers.as_owner(office.tls, office.study_id, f"cati_{office.study_id[:12]}")
    with owner.reading() as transaction:
        there = moving.contents(transaction)
    owner.close()
    assert {name for name in before if before[name] != there[name]} == {"log", "station"}
    assert not home.exists()
    with pytest.raises(Problem, match="not empty"):
        office.back(tmp_path)


def test_what_was_cut_short_is_finished(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_path: Path, _link: object) -> None:
        raise KeyboardInterrupt

    real = server_setup.write_link
    monkeypatch.setattr(server_setup, "write_link", cut)
    with pytest.raises(KeyboardInterrupt):  # everything is on the server, and still in the folder
        office.move()
    assert office.folder.exists()
    monkeypatch.setattr(server_setup, "write_link", real)
    office.move()
    assert "on the server already" in "\n".join(office.said)
    assert not office.folder.exists()
    office.open("anna", start=office.start("anna"))


def test_looking_after_a_server_adds_whoever_is_new(office: Office) -> None:
    office.move()
    study = office.open("lead")
    staffing.add_member(
        study,
        NewMember(login="carla", name="Carla Neu", role=Role.INTERVIEWER, password=OWN, languages=("de",)),
        cost=CHEAP,
    )
    office.open("carla", OWN)  # at once: the window made her role
    leaver = next(row for row in staffing.staff(study) if row.login == "bert")
    members.deactivate(study, leaver.id)
    office.tls.psql(f"DROP ROLE {Roles(office.study_id).login('carla')}")
    office.sheet.unlink()
    office.said.clear()
    look_after_server(office.link, office.plan, [], office.sheet, office.said.append)
    told = "\n".join(office.said)
    assert told.count("there already: Role") == 6
    assert "made: the role of 1 member" in told
    assert "taken away: the role of" not in told  # bert's went at once, with his leaving
    assert office.tls.psql(f"SELECT 1 FROM pg_roles WHERE rolname = '{Roles(office.study_id).login('bert')}'") == ""
    office.open("carla", OWN, start=office.start("carla"))
    office.sheet.unlink()
    office.said.clear()
    look_after_server(office.link, office.plan, [], office.sheet, office.said.append)
    assert not [line for line in office.said if not line.startswith("there already")]
    assert not office.sheet.exists()
    look_after_server(office.link, office.plan, ["carla"], office.sheet, office.said.append)
    with pytest.raises(WrongPassword):
        office.open("carla", OWN)
    office.open("carla", OWN, start=office.start("carla"))
    with pytest.raises(Problem, match="no such login"):
        look_after_server(office.link, office.plan, ["bert"], office.sheet, office.said.append)


def test_a_link_file_is_written_anew_for_a_stand_in(office: Office) -> None:
    office.move()
    assert f"The folder {office.folder} is gone" in "\n".join(office.said)
    both = replace(office.plan, hosts=("localhost", "spare.example.org"), ports=(office.tls.port, 5432))
    look_after_server(office.link, both, [], office.sheet, office.said.append)
    assert read_link(office.link).hosts == both.hosts
    assert "localhost, spare.example.org" in office.said[-1]
    look_after_server(
        office.link, replace(both, hosts=(), ports=(), authority=""), [], office.sheet, office.said.append
    )
    assert read_link(office.link).ports == both.ports
    office.open("lead")
    with pytest.raises(Problem, match="is on its server already"):
        office.move()


def test_what_cannot_be_is_refused_and_leaves_the_folder(office: Office, tmp_path: Path) -> None:
    window = open_study(
        office.folder, "anna", PASSWORDS["anna"], now=clock, draw=random.Random(1), seal_path=office.seal
    )
    with pytest.raises(Problem, match="open somewhere else"):
        office.move()
    window.close()
    with pytest.raises(WrongPassword):
        office.move(("lead", OWN))
    with pytest.raises(Problem, match="role does not allow"):
        office.move(("anna", PASSWORDS["anna"]))
    office.plan = replace(office.plan, database="postgres")
    with pytest.raises(Problem, match="belongs to others"):
        office.move()
    for name in ("No Name", "x'; DROP"):
        office.plan = replace(office.plan, database=name)
        with pytest.raises(Problem):
            office.move()
    office.plan = replace(office.plan, database="", hosts=("127.0.0.1",))  # not the name in the certificate
    with pytest.raises(NotThisServer):
        office.move()
    with pytest.raises(Problem, match="15 or newer"):
        refuse_old(140011)
    office.plan = replace(office.plan, hosts=("localhost",))
    name = f"cati_{office.study_id[:12]}"
    office.tls.psql("INSERT INTO cell (site, department, language) VALUES ('a', 'b', 'c')", name)
    with pytest.raises(Problem, match="not empty"):
        office.move()
    office.tls.psql("DELETE FROM cell; UPDATE alembic_version SET version_num = '9999'", name)
    with pytest.raises(Problem, match="newer version"):
        office.move()
    office.tls.psql(f"UPDATE alembic_version SET version_num = '{HEAD}'", name)
    assert office.folder.exists()
    office.move()
    window = office.open("lead")
    with pytest.raises(Problem, match="open somewhere else"):
        office.back(tmp_path / "home again")
    assert not (tmp_path / "home again").exists()
    with pytest.raises(WrongPassword, match="Sign-in of lead"):
        purge(office.link, ("lead", "x"), ("witness", "y"), now=clock, draw=random.Random(1))


def test_an_older_database_is_left_to_its_administrator(office: Office) -> None:
    office.move()
    name = f"cati_{office.study_id[:12]}"
    office.tls.psql("UPDATE alembic_version SET version_num = '0000'", name)
    with pytest.raises(Problem, match="older than the program"):
        office.open("lead")


def test_a_workstation_gets_the_seal_from_paper_or_from_its_file(office: Office, tmp_path: Path) -> None:
    office.move()
    assert not seal_is_here(office.link)
    assert state_of(office.link) is StudyState.SEAL_MISSING
    restore_seal(office.link, "\n".join(office.paper))
    assert state_of(office.link) is StudyState.RUNNING
    bring_seal(office.link, office.seal, seal_folder=tmp_path / "another workstation")
    assert seal_is_here(office.link, tmp_path / "another workstation")
    other = read_link(office.link)
    write_link(office.link, replace(other, study="f" * 32))
    with pytest.raises(Problem, match="another study"):
        bring_seal(office.link, office.seal)


def test_a_link_that_asks_for_less_is_not_used(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.move()
    monkeypatch.setattr(server_password, "LEAST", ArgonCost(3, 64 * 1024, 1))
    with pytest.raises(Problem, match="guarded less"):
        open_database(office.link, "lead", PASSWORDS["lead"])


def test_copied_links_hold_no_secret(office: Office) -> None:
    office.move()
    text = office.link.read_text("utf-8")
    assert set(re.findall(r'^ "(\w+)"', text, re.MULTILINE)) == {
        "study", "name", "database", "hosts", "ports", "authority", "cost", "format",
    }  # fmt: skip
    assert "PRIVATE" not in text
