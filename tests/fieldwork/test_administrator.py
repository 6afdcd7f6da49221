"""An administrator who is no superuser, or one of several, looks after a study's server its whole life long."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.fieldwork import restoring, staffing
from cati.fieldwork.backing_up import back_up_server
from cati.fieldwork.open_study import Role
from cati.fieldwork.restoring import restore_server
from cati.fieldwork.server_removal import drop_from_server
from cati.fieldwork.server_setup import look_after_server
from cati.fieldwork.staffing import NewMember
from cati.fieldwork.study import open_study
from cati.store import dumping, rights
from cati.store.roles import Roles
from cati.vault.people import WrongPassword
from tests import postgres, servers

from .conftest import CHEAP, PASSWORDS, bring_people
from .office import Office, clock
from .test_backing_up import AT

SHIPPED = Path(__file__).resolve().parents[2] / "packaging" / "postgresql" / "administrator.sql"


@pytest.fixture
def superuser(office: Office) -> str:
    """The administrator of all, whom the desk then does without: it has the role of administrator.sql."""
    office.tls.psql(SHIPPED.read_text())
    office.tls.psql("ALTER ROLE cati_admin PASSWORD 'a password'")
    url = f"postgresql://cati_admin@localhost:{office.tls.port}/postgres"
    office.plan = replace(office.plan, administrator=url, password="a password")
    return office.tls.admin


def of_study(office: Office) -> str:
    return office.tls.psql(f"SELECT count(*) FROM pg_roles WHERE rolname LIKE '{Roles(office.study_id).prefix}%'")


def require_posture(office: Office) -> None:
    owner = servers.as_owner(office.tls, office.study_id, Roles(office.study_id).prefix)
    with owner.reading() as transaction:
        rights.require_posture(transaction, Roles(office.study_id))
    owner.close()


def test_several_administrators_look_after_one_server_and_one_of_them_takes_it_away(
    office: Office, superuser: str, tmp_path: Path
) -> None:
    told = office.tls.folder / "server.log"
    before = len(told.read_text("utf-8"))
    office.move()
    assert "ERROR" not in told.read_text("utf-8")[before:], "what this administrator may not do was asked, not tried"
    everybody = replace(office.plan, administrator=superuser, password="")
    for plan in (everybody, office.plan, everybody):
        office.said.clear()
        look_after_server(office.link, plan, [], tmp_path / "more.html", office.said.append)
        made = [line for line in office.said if line.startswith("made")]
        assert made == []
        require_posture(office)
    database = Roles(office.study_id).prefix
    office.tls.psql("CREATE SCHEMA mine", database)  # which only who made it takes away
    look_after_server(office.link, office.plan, ["anna"], tmp_path / "more.html", office.said.append)
    assert "Nobody comes in while this is otherwise: + schema mine" in office.said
    with pytest.raises(Problem, match="schema mine"):
        office.open("lead")
    office.tls.psql("DROP SCHEMA mine", database)
    office.open("lead")
    office.close()
    home = tmp_path / "back"
    office.back(home)
    drop_from_server(office.link, home, office.plan, office.said.append)
    assert of_study(office) == "0"


def test_nobody_may_act_as_a_member_because_the_server_is_set_to_let_whoever_makes_a_role(
    office: Office, tmp_path: Path
) -> None:
    setting = "createrole_self_grant"  # of PostgreSQL 16 and newer
    known = office.tls.psql(f"SELECT count(*) FROM pg_settings WHERE name = '{setting}'") == "1"
    if known:
        office.tls.psql(f"ALTER ROLE ALL SET {setting} = 'set, inherit'")
    try:
        office.move()
        lead = office.open("lead")
        carla = NewMember(login="carla", name="Carla Neu", role=Role.INTERVIEWER, password=PASSWORDS["bert"])
        staffing.add_member(lead, carla, cost=CHEAP)
        require_posture(office)
        office.tls.psql(f"DROP ROLE {Roles(office.study_id).login('carla')}")
        look_after_server(office.link, office.plan, [], tmp_path / "more.html", office.said.append)
        require_posture(office)
    finally:
        if known:
            office.tls.psql(f"ALTER ROLE ALL RESET {setting}")


def newer_programs(folder: Path) -> None:
    """Put PostgreSQL's programs there, with a pg_restore that says what the one of 17 and 18 does besides."""
    folder.mkdir()
    for program in postgres.binaries().iterdir():
        (folder / program.name).symlink_to(program.resolve())
    (folder / "pg_restore").unlink()
    said = r"printf '%s\n' '\restrict x' 'SET transaction_timeout = 0;'"
    (folder / "pg_restore").write_text(f'#!/bin/sh\n{said}\nexec {postgres.binaries() / "pg_restore"} "$@"\n')
    (folder / "pg_restore").chmod(0o755)


class Cut(BaseException):
    """The administrator's computer went off."""


def test_a_restore_cut_short_anywhere_is_finished_by_the_same_command(
    office: Office, superuser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = open_study(
        office.folder, "lead", PASSWORDS["lead"], now=lambda: AT, draw=random.Random(1), seal_path=office.seal
    )
    bring_people(lead, tmp_path, 30)
    lead.close()
    office.move()
    to, draw = tmp_path / "b", random.SystemRandom()
    path = back_up_server(office.link, (superuser, ""), to, now=lambda: AT, draw=draw)
    roles = Roles(office.study_id)
    before = of_study(office)
    office.sheet.unlink()
    office.tls.drop_database(roles.prefix)
    office.tls.psql(f"DROP ROLE {roles.login('anna')}")
    newer_programs(tmp_path / "programs")
    monkeypatch.setenv("CATI_POSTGRES", str(tmp_path / "programs"))

    def restore(until: str) -> list[str]:
        said: list[str] = []

        def tell(line: str) -> None:
            said.append(line)
            if until and until in line:
                raise Cut

        restore_server(path, office.link, office.plan, office.sheet, tell)
        return said

    def cut(*_words: object) -> None:
        raise Cut

    for until in ("made: Database", "Nobody else finds", "restored: ", "Tables, version", "Rights by role"):
        with pytest.raises(Cut):
            restore(until)
    real = restoring.give_roles
    with monkeypatch.context() as broken:  # roles and sheet are made, and nothing of it is kept
        broken.setattr(restoring, "give_roles", lambda *words: (real(*words), cut()))
        with pytest.raises(Cut):
            restore("")
    assert not office.sheet.exists()
    link = office.link.read_bytes()
    office.link.unlink()
    with monkeypatch.context() as broken:
        broken.setattr(restoring, "write_link", cut)
        with pytest.raises(Cut):
            restore("")
    assert not office.link.exists()
    assert office.sheet.exists()  # these do hold
    said = restore("")
    assert "there already: the rows of the backup, from an earlier try" in said
    assert office.link.read_bytes() == link
    assert (of_study(office), dumping.remark(office.plan.administrator, "a password", roles.prefix)) == (before, "")
    require_posture(office)
    office.open("lead")
    with pytest.raises(WrongPassword):
        office.open("anna")
    office.open("anna", start=office.start("anna"))
    with pytest.raises(Problem, match="not empty"):  # and once it is finished it is no restore any more
        restore("")


def test_a_backup_that_does_not_come_in_whole_leaves_an_empty_database(office: Office, tmp_path: Path) -> None:
    office.move()
    to, draw = tmp_path / "b", random.SystemRandom()
    path = back_up_server(office.link, (office.plan.administrator, ""), to, now=clock, draw=draw)
    roles = Roles(office.study_id)
    expected = dumping.held(office.plan.administrator, "", roles, roles.prefix)
    office.tls.drop_database(roles.prefix)
    office.tls.psql(f"CREATE DATABASE {roles.prefix} OWNER {roles.owner} TEMPLATE template0")
    administrator = (office.plan.administrator, "")
    with pytest.raises(Problem, match="not what the backup held"):
        dumping.load(administrator, roles, roles.prefix, path, {**expected, "log": (0, "0")}, "x")
    office.tls.psql("CREATE TABLE public.member (a int)", roles.prefix)
    with pytest.raises(Problem, match='relation "member" already exists'):
        dumping.load(administrator, roles, roles.prefix, path, expected, "x")
    office.tls.psql("DROP TABLE public.member", roles.prefix)
    assert dumping.held(*administrator, roles, roles.prefix) == {}
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(Problem, match="damaged"):
        dumping.load(administrator, roles, roles.prefix, path, expected, "x")
    assert dumping.held(*administrator, roles, roles.prefix) == {}
