"""The end of a study on a real server: two people by their roles, every workstation's seal, bytes searched on its disk."""

from __future__ import annotations

import io
import json
import platform
import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cati import cli, places
from cati.errors import Cancelled, Problem
from cati.fieldwork import log, mixing, purge, supervising
from cati.fieldwork.export import ExportFormat, export
from cati.fieldwork.finishing import finish_purge
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.stations import SealGivenUp
from cati.fieldwork.study import open_study
from cati.fieldwork.study_state import StudyState, kept_end, state_of
from cati.store import contacts
from cati.store.administrator import administrator
from cati.store.roles import Roles
from cati.vault.people import WrongPassword
from cati.vault.seal_file import read_seal
from tests import postgres

from .conftest import PASSWORDS, Clock, Desk, bring_people
from .office import Office, clock

LEAD, WITNESS, ANNA = ((login, PASSWORDS[login]) for login in ("lead", "witness", "anna"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()


@pytest.fixture
def ended(office: Office, tmp_path: Path) -> Office:
    """A study that was worked in its folder, came to the server, and whose field period ended there."""
    then = Clock()
    in_folder = [
        open_study(office.folder, login, PASSWORDS[login], now=then, draw=random.Random(3), seal_path=office.seal)
        for login in ("lead", "anna")
    ]
    bring_people(in_folder[0], tmp_path, 16)
    (tmp_path / "list1.csv").unlink()
    for _ in range(4):
        Desk(in_folder[1]).complete()
    for study in in_folder:
        study.close()
    office.move()
    for login in ("witness", "anna"):
        office.open(login, start=office.start(login))
    office.sheet.unlink()
    lead = office.open("lead")
    assert mixing.end_field(lead).moved == 4
    return office


def erase(office: Office, *pair: tuple[str, str], **more: Any) -> purge.ErasureRecord:
    office.close()
    first, second = pair or (LEAD, WITNESS)
    return purge.purge(office.link, first, second, now=clock, draw=random.Random(5), seal_path=office.seal, **more)


def what_identifies(study: OpenStudy) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Return every name and number of the sample, every sealed value, and every key there is, as bytes."""
    plain: list[str] = []
    with study.transaction() as transaction:
        contacts.announce(transaction, "erase")
    with study.reading() as transaction:
        rows = contacts.contacts_after(transaction, "", 5)
    for row in rows:
        contact = opened_contact(study, row)
        plain += [phone.e164.removeprefix("+49") for phone in contact.phones]
        plain.append(f"{contact.given_name} {contact.family_name}")
    keys = study.open_keys
    assert keys.identity is not None
    secret = read_seal(study.seal_path).secret
    return (
        [piece for text in plain for piece in (text.encode(), text.encode("utf-16-le"))],
        [piece for row in rows for piece in (row.sealed_key, row.sealed_details)],
        [keys.contacts, keys.drafts, keys.index, secret, keys.identity.encode()],
    )


def on_disk(office: Office, needles: list[bytes]) -> set[tuple[str, bytes]]:
    """Return (file, needle) of whatever of these stands anywhere in the server's own folder, its log among it."""
    found = set()
    for path in sorted(office.tls.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):
                data = path.read_bytes()
                found |= {(path.relative_to(office.tls.folder).as_posix(), one) for one in needles if one in data}
    return found


def roles_there(office: Office) -> set[str]:
    return set(
        office.tls.psql(f"SELECT rolname FROM pg_roles WHERE rolname LIKE 'cati_{office.study_id[:12]}%'").split()
    )


def test_two_people_end_it_and_the_administrator_finishes(ended: Office, tmp_path: Path) -> None:
    lead = ended.open("lead")
    before = supervising.progress(lead)
    plain, sealed, keys = what_identifies(lead)
    plan = purge.dry_run(lead)
    assert not plan.hindrances
    assert any("16 contacts" in line for line in plan.lines)
    ended.tls.psql("ANALYZE", ended.database)
    ended.tls.psql("CHECKPOINT")
    assert len(on_disk(ended, sealed)) >= len(sealed), "control: before the end every sealed value is on the disk"
    assert on_disk(ended, [*plain, *keys]) == set()
    record = erase(ended)
    assert not record.complete
    assert record.unfinished, "the server's own part is not done"
    assert json.loads(record.paths[0].read_text())["record"]["reasons"] == ["server_unfinished"]
    assert kept_end(ended.seal) is StudyState.ERASED
    roles = Roles(ended.study_id)
    assert roles_there(ended) == {roles.owner, roles.gate, roles.watch, *roles.groups, roles.login("lead")}
    for login in ("witness", "anna"):
        with pytest.raises(WrongPassword):
            ended.open(login)
    left = on_disk(ended, sealed)
    assert left, "control: the server's samples of values and its log of changes still hold sealed bytes"
    with administrator(ended.plan.administrator, "", ended.database) as open_elsewhere:
        open_elsewhere.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        open_elsewhere.execute("SELECT 1")
        done = finish_purge(ended.link, ended.plan, ended.said.append, clock)
        assert done.found, "control: what an open transaction may still see stays on the disk, and the search sees it"
    done = finish_purge(ended.link, ended.plan, ended.said.append, clock)
    assert (done.searched, done.found, done.log_turned, done.log_found) == (True, 0, True, 0)
    assert done.sample == 48
    assert finish_purge(ended.link, ended.plan, ended.said.append, clock) == done
    assert on_disk(ended, [*plain, *keys, *sealed]) == set()
    again = purge.renew_record(ended.link, LEAD, now=clock, draw=random.Random(1), seal_path=ended.seal)
    assert again.complete
    assert not again.unfinished
    found = json.loads(again.paths[0].read_text())["record"]
    assert (found["storage"], found["reasons"]) == ("server", [])
    assert "server_log" not in found["not_covered"]
    assert "server_disk" in found["not_covered"]
    assert purge.verify_erasure(again.paths[0], again.public_key).ok
    for words in ("Auf dem Server", "On the server"):
        assert words in again.paths[1].read_text("utf-8")
    lead = ended.open("lead")  # whose rights are still what they must be
    assert lead.keys is None
    after = supervising.progress(lead)
    assert (after.tally, after.rates, after.outcomes) == (before.tally, before.rates, before.outcomes)
    assert export(lead, tmp_path / "after", {ExportFormat.CSV}).interviews == 4
    assert log.verify(lead).ok
    with lead.reading() as transaction:
        rows = list(transaction.exec_driver_sql('SELECT act, "case" FROM log ORDER BY who, n'))
    assert {case for _act, case in rows} == {""}
    assert {"study_made", "field_ended", "end_agreed", "purge_step"} <= {act for act, _case in rows}
    assert "dialled" not in {act for act, _case in rows}


@pytest.fixture
def elsewhere(ended: Office, tmp_path: Path) -> Path:
    """The seal of another workstation, where Anna signed in; her window is closed."""
    seal = tmp_path / "elsewhere" / ended.seal.name
    seal.parent.mkdir()
    shutil.copy(ended.seal, seal)
    ended.open("anna", seal_path=seal)
    ended.close()
    return seal


def record_of(made: purge.ErasureRecord) -> dict[str, Any]:
    return json.loads(made.paths[0].read_text())["record"]  # type: ignore[no-any-return]


def test_it_waits_for_every_seal_and_every_step_can_be_the_last_of_a_run(ended: Office, elsewhere: Path) -> None:
    ended.open("anna", seal_path=elsewhere)
    with pytest.raises(Problem, match="open somewhere else"):
        purge.purge(ended.link, LEAD, WITNESS, now=clock, draw=random.Random(5), seal_path=ended.seal)
    for pair in ((LEAD, LEAD), (WITNESS, ANNA), (LEAD, ANNA), (LEAD, ("witness", "ganz falsch geraten 17"))):
        with pytest.raises(Problem):
            erase(ended, *pair)
    assert ended.tls.psql("SELECT count(*) FROM purge_step", ended.database) == "0"
    for _twice in range(2):
        with pytest.raises(purge.SealsLeft) as left:
            erase(ended)
        assert left.value.names == (platform.node(),)
        with pytest.raises(Problem, match="begun and interrupted"):  # this workstation's seal goes last
            ended.open("lead")
    assert ended.seal.exists()
    assert ended.tls.psql("SELECT count(*) FROM contact", ended.database) == "16", "nothing goes before the seals do"
    with pytest.raises(WrongPassword):
        ended.open("anna", "ganz falsch geraten 17", seal_path=elsewhere)
    begun = ended.tls.psql("SELECT encode(details, 'hex') FROM purge_step WHERE step = 'begun'", ended.database)
    other = json.dumps(json.loads(bytes.fromhex(begun)) | {"order": {"at": "now", "signatures": {}}}).encode().hex()
    set_to = "UPDATE purge_step SET details = decode('{}', 'hex') WHERE step = 'begun'"
    ended.tls.psql(set_to.format(other), ended.database)
    with pytest.raises(Problem, match="did not sign that"):  # an administrator alone makes nobody destroy a seal
        ended.open("anna", seal_path=elsewhere)
    assert elsewhere.exists()
    ended.tls.psql(set_to.format(begun), ended.database)
    with pytest.raises(SealGivenUp):
        ended.open("anna", seal_path=elsewhere)
    assert not elsewhere.exists()
    assert kept_end(elsewhere) is StudyState.ERASED
    for step in purge.STEPS[1:-1]:
        with pytest.raises(Cancelled):
            erase(ended, stop_after=step)
        assert ended.seal.exists() == (step == "checkpoint")
        if step == "seal":
            assert kept_end(ended.seal) is StudyState.ERASING
            for pair in ((LEAD, ANNA), (LEAD, ("witness", "ganz falsch geraten 17"))):
                with pytest.raises(Problem):
                    erase(ended, *pair)
    made = erase(ended)
    for pair in ((LEAD, WITNESS), (WITNESS, LEAD)):  # whose role is gone
        assert erase(ended, *pair) == made
    with pytest.raises(WrongPassword):
        erase(ended, ANNA, WITNESS)
    assert purge.verify_erasure(made.paths[0], made.public_key).ok
    (own, other) = record_of(made)["stations"]
    assert own["gone"]
    assert other["gone"]
    assert other["signed"]
    assert record_of(made)["reasons"] == ["server_unfinished"]


def test_a_workstation_out_of_reach_is_named_and_may_come_back_later(
    ended: Office, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = ended.tls.psql('SELECT "case" FROM contact LIMIT 1', ended.database)
    path = f"/lists/{case}.csv"
    ended.tls.psql(f"INSERT INTO backup VALUES ('a', 1, 2, 'somewhere', '{path}')", ended.database)
    places.seals().mkdir(parents=True)
    for beside in ended.seal.parent.glob(f"{ended.study_id}.*"):
        shutil.move(beside, places.seals())
    ended.seal = places.seals() / ended.seal.name
    link = str(ended.link)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{LEAD[1]}\n{WITNESS[1]}\n"))
    assert cli.main(["purge", link, "--first", "lead", "--second", "witness", "--unreached", "Im Kanal versunken"]) == 1
    assert not ended.seal.exists()
    assert state_of(ended.link) is StudyState.ERASED
    made = erase(ended)  # which only says what is done
    found = record_of(made)
    assert set(found["reasons"]) == {"bytes_left", "stations_left", "server_unfinished"}
    assert found["server"]["found_in_rows"] == 1, "control: the id of a person's case where none belongs"
    assert found["backups"] == [
        {
            "made": "1970-01-01T00:00:01Z",
            "ends": "1970-01-01T00:00:02Z",
            "station": "somewhere",
            "path": path,
            "state": "left",
        }
    ]
    lost = record_of(made)["stations"][1]
    assert (lost["gone"], lost["why"]) == (False, "Im Kanal versunken")
    assert "Im Kanal versunken" in made.paths[1].read_text("utf-8")
    with pytest.raises(WrongPassword):  # Anna's role is gone
        ended.open("anna", seal_path=elsewhere)
    assert elsewhere.exists()
    with pytest.raises(SealGivenUp):
        ended.open("lead", seal_path=elsewhere)
    assert not elsewhere.exists()
    again = purge.renew_record(ended.link, LEAD, now=clock, draw=random.Random(1), seal_path=ended.seal)
    assert record_of(again)["reasons"] == ["bytes_left", "server_unfinished"]
    assert record_of(again)["stations"][1]["signed"]
    assert record_of(again)["finished"] == record_of(made)["finished"]
    roles = Roles(ended.study_id)
    ended.tls.psql(
        f"GRANT {roles.owner}, {roles.gate}, {roles.watch} TO {postgres.OWNER}"
    )  # an administrator who is no superuser
    url = f"postgresql://{postgres.OWNER}@localhost:{ended.tls.port}/postgres"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{postgres.OWNER_PASSWORD}\n{LEAD[1]}\n"))
    assert cli.main(["finish-purge", link, "--administrator", url, "--administrator-password"]) == 1
    assert cli.main(["purge", link, "--first", "lead"]) == 1
    said = capsys.readouterr().out
    assert "only a superuser may take them away" in said
    assert "give this command on its own computer" in said
    assert "the record says why" in said
    assert record_of(made)["reasons"] == ["bytes_left", "server_unsearched"]
    assert "server_log" in record_of(made)["not_covered"]
