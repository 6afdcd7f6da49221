"""A study is backed up while people work, and comes back: into a folder, and onto a second server where they go on."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cati.errors import Problem
from cati.fieldwork import backing_up, interviewing, restoring
from cati.fieldwork.backing_up import back_up_folder, back_up_server, backups_in, read_note
from cati.fieldwork.log import verify
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.restoring import restore_folder, restore_server
from cati.fieldwork.server_removal import drop_from_server
from cati.fieldwork.server_setup import ServerPlan, look_after_server
from cati.fieldwork.study import open_study
from cati.fieldwork.updating import COPIES
from cati.store import backups, contacts, migrations, rights
from cati.store.access_rules import wanted_lines
from cati.store.administration import AsOwner
from cati.store.roles import Roles
from cati.store.schema import metadata
from cati.store.server import Server
from cati.survey.answers import Answer
from cati.survey.interview import EventKind
from cati.vault.people import WrongPassword
from cati.vault.seal_file import read_seal
from tests import postgres, servers

from .conftest import ON_FILE, PASSWORDS, TUESDAY_TEN, Clock, Desk, Made, bring_people
from .office import Office, delivered

BEFORE = "0006"
"""The step before the one that brought the list of backups."""
AT = datetime(2027, 7, 6, 12, tzinfo=UTC)


def back_up(made: Made, to: Path, **more: int) -> Path:
    return back_up_folder(made.created.folder, to, now=made.clock, draw=random.SystemRandom(), **more)


@ON_FILE
def test_a_folder_is_backed_up_while_somebody_interviews_and_comes_back(made: Made, tmp_path: Path) -> None:
    anna = made.sign_in("anna")
    bring_people(made.sign_in("lead"), tmp_path, 20)
    case, running = Desk(anna).begin()
    running = Desk(anna).answer(running, (("zufrieden", "1"),))
    path = back_up(made, tmp_path / "backups")
    running = Desk(anna).answer(running, (("minuten", "25"),))  # nobody was held up
    assert [p.stat().st_mode & 0o777 for p in (path, path.with_suffix(".json"))] == [0o600, 0o600]
    said: list[str] = []
    restore_folder(path, tmp_path / "back", said.append)
    assert "would be called again" in said[-1]
    made.clock.forward(hours=4)
    back = open_study(
        tmp_path / "back", "bert", PASSWORDS["bert"], now=made.clock, draw=random.SystemRandom(),
        seal_path=made.created.seal_path,
    )  # fmt: skip
    again = delivered(back, frozenset({case.case_id}), made.clock)
    resumed = Desk(back).interview(again)
    done = interviewing.complete(back, Desk(back).answer(resumed, (("minuten", "9"), ("wunsch", "-"))))
    assert isinstance(done, interviewing.Completed)
    with back.reading() as transaction:
        (listed,) = backups.listed(transaction)  # the copy knows of itself
    assert listed.path == str(path)
    back.close()
    with pytest.raises(Problem, match="not empty"):
        restore_folder(path, tmp_path / "back", said.append)


@ON_FILE
def test_where_a_seal_or_anything_else_lies_no_backup_goes(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "x.seal").write_bytes(b"")
    home = tmp_path / "home"
    monkeypatch.setenv("CATI_HOME", str(home / "cati"))
    for place, why in (
        (tmp_path / "stick", "Something else lies in this folder: x.seal"),
        (made.created.seal_path.parent, "Something else"),
        (home / "cati" / "seals", "never lie where a seal is"),
        (home / "cati" / "backups", "never lie where a seal is"),
        (home, "never lie where a seal is"),
        (made.created.folder, "study’s own folder"),
        (made.created.folder / "backups", "study’s own folder"),
    ):
        with pytest.raises(Problem, match=why):
            back_up(made, place)
    for days in (0, 32):
        with pytest.raises(Problem, match="1 to 31 days"):
            back_up(made, tmp_path / "b", keep=days)
    assert not (tmp_path / "b").exists()


@ON_FILE
def test_backups_end_by_themselves_and_with_the_study(made: Made, tmp_path: Path) -> None:
    to = tmp_path / "b"
    first, second = back_up(made, to), back_up(made, to)
    assert first != second
    assert (read_note(first).made, read_note(first).ends) == (TUESDAY_TEN, TUESDAY_TEN + timedelta(days=14))
    made.clock.forward(days=13)
    third = back_up(made, to, keep=31)
    assert sorted(path for path, _note in backups_in(to)) == sorted((first, second, third))
    made.clock.forward(days=1)
    fourth = back_up(made, to)
    assert sorted(to.glob("*.backup")) == sorted((third, fourth))
    with made.sign_in("lead").reading() as transaction:
        gone = {row.path: row.gone_at is not None for row in backups.listed(transaction)}
    assert gone == {str(first): True, str(second): True, str(third): False, str(fourth): False}
    made.clock.at = datetime(2027, 9, 28, tzinfo=UTC)  # two days before the erasure
    assert read_note(back_up(made, to, keep=31)).ends == datetime(2027, 10, 1, tzinfo=UTC)
    made.clock.forward(days=30)
    assert read_note(back_up(made, to)).ends == made.clock() + timedelta(days=1)


@ON_FILE
def test_a_backup_that_fails_leaves_nothing(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(backing_up.dumping, "copy_file", full)
    with pytest.raises(OSError, match="No space"):
        back_up(made, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []
    with made.sign_in("lead").reading() as transaction:
        assert backups.listed(transaction)[0].gone_at is not None


@ON_FILE
def test_a_backup_of_which_a_byte_was_changed_is_refused(made: Made, tmp_path: Path) -> None:
    path = back_up(made, tmp_path / "b")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Problem, match="backup is damaged"):
        restore_folder(path, tmp_path / "back", print)
    path.with_suffix(".json").write_bytes(b"{}")
    with pytest.raises(Problem, match="missing or damaged"):
        restore_folder(path, tmp_path / "back", print)
    assert not (tmp_path / "back").exists()


# -- on a server -------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_ten(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The studies of these tests are called in the field period of the test's settings, not in ours."""
    clock = Clock()
    monkeypatch.setattr(Server, "_tests_now", None, raising=False)
    for name in ("clock", "_keep_time", "require_posture"):
        monkeypatch.setattr(Server, name, vars(servers.AtTheTestsTime)[name])
    return clock


def administrator(office: Office) -> tuple[str, str]:
    return office.plan.administrator, office.plan.password


def dumped(office: Office, to: Path, **more: int) -> Path:
    return back_up_server(office.link, administrator(office), to, now=lambda: AT, draw=random.SystemRandom(), **more)


def test_a_backup_of_a_server_comes_back_on_another_where_people_interview(
    office: Office, tmp_path: Path, at_ten: Clock
) -> None:
    lead = open_study(
        office.folder, "lead", PASSWORDS["lead"], now=at_ten, draw=random.SystemRandom(), seal_path=office.seal
    )
    bring_people(lead, tmp_path, 30)
    with lead.reading() as transaction:
        names = [opened_contact(lead, row).family_name.encode() for row in contacts.all_contacts(transaction)]
    lead.close()
    office.move()
    name = f"cati_{office.study_id[:12]}"
    servers.let_time_stand(office.tls, office.study_id, name)
    start = office.start("anna")
    anna = office.open("anna", start=start, now=at_ten)
    for _ in range(3):
        Desk(anna).complete()
    case, running = Desk(anna).begin()
    interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    path = dumped(office, tmp_path / "backups")
    office.close()

    shown = subprocess.run(
        [postgres.binaries() / "pg_restore", "-f", "-", path], check=True, capture_output=True
    ).stdout + path.with_suffix(".json").read_bytes()  # fmt: skip
    assert case.case_id.encode() in shown  # the search can find
    for secret in (read_seal(office.seal).secret, b"SCRAM-SHA-256$", start.encode(), *(n for n in names if len(n) > 5)):
        assert secret not in shown
        assert secret.hex().encode() not in shown

    office.sheet.unlink()
    authority = postgres.new_authority()
    with postgres.running("fsync = off", authority=authority) as second:
        second.write_rules(*wanted_lines("all"), *postgres.RULES)
        plan = replace(
            office.plan, administrator=second.admin, ports=(second.port,), authority=second.authority
        )  # fmt: skip
        there = tmp_path / "elsewhere"
        there.mkdir()
        link, sheet, said = there / "s.cati-study", there / "start.html", []
        restore_server(path, link, plan, sheet, said.append)
        told = "\n".join(said)
        assert "read back and compared" in told
        assert "roles of 4 members" in told
        owner = servers.as_owner(second, office.study_id, name)
        with owner.reading() as transaction:  # who may do what is laid down there as on a new server
            rights.require_posture(transaction, Roles(office.study_id))
        owner.close()
        servers.let_time_stand(second, office.study_id, name)
        moved = replace_office(office, link, sheet, plan)
        with pytest.raises(WrongPassword):  # no password came along, and no strip of the other server's sheet holds
            moved.open("anna", now=at_ten)
        with pytest.raises(WrongPassword):
            moved.open("anna", start=start, now=at_ten)
        at_ten.forward(hours=4)
        again = moved.open("bert", start=moved.start("bert"), now=at_ten)
        found = delivered(again, frozenset({case.case_id}), at_ten)
        assert found.interview_open
        resumed = Desk(again).interview(found)
        done = interviewing.complete(again, Desk(again).answer(resumed, (("minuten", "9"), ("wunsch", "-"))))
        assert isinstance(done, interviewing.Completed)
        Desk(again).complete()
        with pytest.raises(Problem, match="database on the server is not empty"):
            restore_server(path, link, plan, there / "again.html", said.append)
        assert verify(moved.open("lead", start=moved.start("lead"), now=at_ten)).ok
        moved.close()
        database = AsOwner(second.admin, "", f"cati_{office.study_id[:12]}", Roles(office.study_id).owner)
        with database.reading() as transaction:  # keys, indexes and all
            context = MigrationContext.configure(transaction, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        database.close()


def replace_office(office: Office, link: Path, sheet: Path, plan: ServerPlan) -> Office:
    class Moved(Office):
        @property
        def link(self) -> Path:
            return link

        @property
        def sheet(self) -> Path:
            return sheet

    return Moved(office.folder, office.seal, office.study_id, office.paper, plan, office.tls, office.passwords)


def test_a_lost_database_comes_back_where_the_roles_still_are(office: Office, tmp_path: Path) -> None:
    office.move()
    office.open("anna", start=office.start("anna"))
    path = dumped(office, tmp_path / "b")
    office.close()
    office.sheet.unlink()
    name = f"cati_{office.study_id[:12]}"
    office.tls.drop_database(name)
    said: list[str] = []
    restore_server(path, office.link, replace(office.plan, hosts=(), ports=(), authority=""), office.sheet, said.append)
    assert not office.sheet.exists()
    office.open("anna")  # by her own password: her role was not lost
    granted = office.tls.psql("SELECT datacl::text FROM pg_database WHERE datname = current_database()", name)
    assert "=c/" in granted
    assert "{=" not in granted
    office.close()


def test_restoring_cut_short_is_finished_and_over_other_things_refused(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.move()
    path = dumped(office, tmp_path / "b")
    office.sheet.unlink()
    office.tls.drop_database(f"cati_{office.study_id[:12]}")

    def cut(*_words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(restoring, "give_roles", cut)
        with pytest.raises(KeyboardInterrupt):
            restore_server(path, office.link, office.plan, office.sheet, lambda _line: None)
    restore_server(path, office.link, office.plan, office.sheet, lambda _line: None)
    with pytest.raises(Problem, match="backup of a study on a server"):
        restore_folder(path, tmp_path / "folder", lambda _line: None)
    other = tmp_path / "other.cati-study"
    other.write_bytes(office.link.read_bytes().replace(office.study_id.encode(), b"0" * 32))
    with pytest.raises(Problem, match="belongs to another study"):
        restore_server(path, other, office.plan, office.sheet, lambda _line: None)
    other.unlink()
    with pytest.raises(Problem, match="Give --host and --authority"):
        restore_server(path, other, replace(office.plan, hosts=(), ports=()), office.sheet, lambda _line: None)


def test_whoever_rows_hide_from_makes_no_half_backup(office: Office, tmp_path: Path) -> None:
    office.move()
    name = f"cati_{office.study_id[:12]}"
    office.tls.psql("ALTER TABLE contact ENABLE ROW LEVEL SECURITY; ALTER TABLE contact FORCE ROW LEVEL SECURITY", name)
    office.tls.psql(f"GRANT {name}_owner TO {postgres.OWNER}")
    url = f"postgresql://{postgres.OWNER}@localhost:{office.tls.port}/postgres"
    with pytest.raises(Problem):
        back_up_server(
            office.link, (url, postgres.OWNER_PASSWORD), tmp_path / "b", now=lambda: AT, draw=random.SystemRandom()
        )
    assert list((tmp_path / "b").iterdir()) == []
    assert dumped(office, tmp_path / "b").exists()  # a superuser sees everything
    office.tls.psql(
        "ALTER TABLE contact NO FORCE ROW LEVEL SECURITY; ALTER TABLE contact DISABLE ROW LEVEL SECURITY", name
    )


def test_where_the_seal_is_no_server_is_backed_up(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.move()
    monkeypatch.setattr("cati.places.seals", lambda: office.seal.parent)
    with pytest.raises(Problem, match="seal of this study is on this computer"):
        dumped(office, tmp_path / "b")


def test_a_servers_older_tables_are_changed_after_a_backup_alone(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.move()
    office.sheet.unlink()
    name = f"cati_{office.study_id[:12]}"
    office.tls.psql(
        "ALTER TABLE appointment DROP COLUMN site, DROP COLUMN name; DROP INDEX IF EXISTS ix_appointment_interviewer;"
        f" DROP TABLE backup; DROP TABLE station; UPDATE alembic_version SET version_num = '{BEFORE}'",
        name,
    )
    with pytest.raises(Problem, match="run: cati init-server"):
        office.open("lead")
    with pytest.raises(Problem, match="brought up to date after a backup"):
        look_after_server(office.link, office.plan, [], office.sheet, office.said.append)

    def backup() -> Path:
        return dumped(office, tmp_path / "b")

    look_after_server(office.link, office.plan, [], office.sheet, office.said.append, backup)
    owner = Roles(office.study_id).owner
    database = AsOwner(office.plan.administrator, "", name, owner)
    assert migrations.version(database) == migrations.HEAD
    with database.reading() as transaction:
        (listed,) = backups.listed(transaction)
    database.close()
    (found,) = backups_in(tmp_path / "b")
    assert (listed.path, found[1].database_version) == (str(found[0]), BEFORE)
    office.open("lead")
    office.close()
    office.tls.psql("UPDATE alembic_version SET version_num = '9999'", name)
    acts: tuple[Callable[[], object], ...] = (
        lambda: office.open("lead"),
        lambda: look_after_server(office.link, office.plan, [], office.sheet, office.said.append, backup),
    )
    for act in acts:
        with pytest.raises(Problem, match="newer version"):
            act()
    newer = dumped(office, tmp_path / "newer")
    plan = replace(office.plan, database="elsewhere")
    with pytest.raises(Problem, match=r"backup: This study was opened with a newer version"):
        restore_server(newer, office.link, plan, office.sheet, office.said.append)
    assert office.tls.psql("SELECT count(*) FROM pg_database WHERE datname = 'elsewhere'") == "0"


def test_what_a_study_leaves_on_its_server_goes(office: Office, tmp_path: Path) -> None:
    office.move()
    home, name = tmp_path / "back", f"cati_{office.study_id[:12]}"
    with pytest.raises(Problem, match="not in this folder"):
        drop_from_server(office.link, home, office.plan, office.said.append)
    before = office.tls.psql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'cati\\_%'")
    office.back(home)
    office.tls.psql("INSERT INTO backup VALUES ('x', 1, 2, 'here', '/x')", name)
    with pytest.raises(Problem, match="still in this database"):
        drop_from_server(office.link, home, office.plan, office.said.append)
    office.tls.psql("DELETE FROM backup", name)
    for new in ("taken away", "there already"):
        office.said.clear()
        drop_from_server(office.link, home, office.plan, office.said.append)
        assert new in office.said[0]
    assert office.tls.psql(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "0"
    after = office.tls.psql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'cati\\_%'")
    assert int(before) - int(after) == 10
    assert office.tls.psql(f"SELECT count(*) FROM pg_roles WHERE rolname LIKE '{name}%'") == "0"
    office.folder = home
    office.sheet.unlink()
    office.move()  # and there again
    office.open("lead")


def test_a_note_that_says_something_else_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(msgspec.json.encode({"format": "cati backup 2"}))
    with pytest.raises(Problem):
        read_note(tmp_path / "x.backup")


def test_copies_from_before_an_update_do_not_stay_behind_when_a_study_moves(office: Office) -> None:
    copies = office.folder / COPIES
    copy = back_up_folder(office.folder, office.folder.parent / COPIES, now=lambda: AT, draw=random.SystemRandom())
    copies.mkdir()
    for path in (copy, copy.with_suffix(".json")):
        path.rename(copies / path.name)
    office.move()
    assert not office.folder.exists()
