"""The end of a study: two people, every step resumable, nothing left that opens, a record that anybody can check."""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati import places
from cati.errors import Cancelled, Problem
from cati.fieldwork import calling, interviewing, log, mixing, purge, purge_steps, supervising
from cati.fieldwork.export import ExportFormat, export
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_bytes, opened_contact
from cati.fieldwork.sheets import write_sheets
from cati.fieldwork.spool import Spool, files_of
from cati.fieldwork.study import open_study
from cati.store import contacts, counts, erasure
from cati.store.embedded import Embedded
from cati.survey.dispositions import Outcome
from cati.text import set_language
from cati.vault.contacts import open_contact
from cati.vault.grants import grant_from_bytes
from cati.vault.people import WrongPassword, member_record_from_bytes, unlock_answers, unlock_member
from cati.vault.seal_file import Seal, SealDestruction, read_seal
from cati.vault.sealing import SealBroken, derive
from cati.vault.study_keys import open_kept

from .conftest import PASSWORDS

Made = Any
People = Callable[..., Any]
Desk = Any

LEAD, WITNESS, ANNA = ((login, PASSWORDS[login]) for login in ("lead", "witness", "anna"))
BOTH = (LEAD, WITNESS)
MARKER = "Eine Bank unter der Linde vor dem Amt"


@pytest.fixture
def kind() -> str:
    """The file alone: these tests look at its bytes and kill other processes that open it."""
    return "file"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()


@pytest.fixture(scope="session")
def residue() -> Callable[..., list[Any]]:
    """Return the search of every byte that the days use too."""
    place = Path(__file__).parents[1] / "day" / "conftest.py"
    spec = importlib.util.spec_from_file_location("residue_of_days", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.find_residue  # type: ignore[no-any-return]


def close_all(made: Made) -> None:
    for study in made.open:
        study.close()
    made.open.clear()


@pytest.fixture
def ended(made: Made, people: People, desk: Desk) -> Made:
    """A study with interviews, an appointment, an interrupted interview, a refusal and a withdrawal; the field over."""
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 30)
    for _ in range(12):
        desk(anna).complete((("zufrieden", "1"), ("minuten", "12"), ("wunsch", MARKER)))
    _case, running = desk(anna).begin()
    running = desk(anna).answer(running, (("zufrieden", "2"), ("minuten", "7")))
    interviewing.keep_draft(anna, running, "wunsch", MARKER)
    interviewing.break_off(anna, running, Outcome.INTERRUPTED)
    _case, running = desk(anna).begin()
    calling.withdraw(anna, running.lease)
    mixing.end_field(lead)
    return made


def erase(made: Made, pair: tuple[tuple[str, str], tuple[str, str]] = BOTH, **more: Any) -> purge.ErasureRecord:
    close_all(made)
    return purge.purge(
        made.created.folder, *pair, now=made.clock, draw=random.Random(5), seal_path=made.created.seal_path, **more
    )


def what_identifies(study: OpenStudy) -> tuple[list[str], list[bytes]]:
    """Return every name and number of the sample, and every sealed value and key of it."""
    texts: set[str] = set()
    sealed: list[bytes] = []
    with study.reading() as transaction:
        for row in contacts.all_contacts(transaction):
            contact = opened_contact(study, row)
            texts.add(f"{contact.given_name} {contact.family_name}")
            texts.update(name for name in (contact.family_name,) if len(name.encode()) > 7)
            for phone in contact.phones:
                national = phone.e164.removeprefix("+49")
                texts.update((phone.e164, "49" + national, "0" + national))
            sealed += [row.sealed_key, row.sealed_details]
        for table, column in (
            ("contact_index", "hash"), ("draft_event", "sealed"), ("draft_text", "sealed"), ("never_again", "hash"),
        ):  # fmt: skip
            sealed += transaction.exec_driver_sql(f"SELECT {column} FROM {table}").scalars()
        for column in ("daily_grant", "leading_grant"):  # their signer's public keys may stay
            values = transaction.exec_driver_sql(f"SELECT {column} FROM member").scalars()
            sealed += [grant_from_bytes(value).sealed for value in values if value]
        records = transaction.exec_driver_sql("SELECT record FROM member").scalars()
        sealed += [member_record_from_bytes(record).sealed_keys for record in records]
    keys = study.open_keys
    assert keys.identity is not None
    sealed += [keys.contacts, keys.drafts, keys.index, read_seal(study.seal_path).secret, keys.identity.encode()]
    return sorted(texts), sealed


def places_to_search(made: Made, tmp_path: Path) -> list[Path]:
    """Return everything the program could have written; its reserve of zeros is looked at here and not searched."""
    ballast = made.created.folder / "ballast"
    assert not ballast.exists() or not any(ballast.read_bytes())
    found = [path for path in made.created.folder.iterdir() if path != ballast]
    found += [made.created.seal_path.parent, tmp_path / "tmp", tmp_path / "out", places.logs()]
    return [path for path in found if path.exists()]


def test_nothing_is_plain_before_and_nothing_is_left_after(
    ended: Made, tmp_path: Path, residue: Callable[..., list[Any]]
) -> None:
    lead = ended.open[0]
    texts, sealed = what_identifies(lead)
    export(lead, tmp_path / "out", set(ExportFormat))
    searched = places_to_search(ended, tmp_path)
    assert residue(searched, [*texts, MARKER], [lead.open_keys.contacts, lead.open_keys.drafts]) == []
    seen = {found.needle for found in residue(searched, [], sealed, most=100_000)}
    hidden = {lead.open_keys.contacts, lead.open_keys.drafts, lead.open_keys.index, lead.open_keys.identity}
    assert set(sealed) - seen == {key.encode() if isinstance(key, str) else key for key in hidden}, "control: all found"
    record = erase(ended)
    assert record.complete
    assert residue(places_to_search(ended, tmp_path), [*texts, MARKER], sealed) == []


def test_every_step_can_be_the_last_of_a_run(ended: Made, tmp_path: Path, residue: Callable[..., list[Any]]) -> None:
    texts, sealed = what_identifies(ended.open[0])
    close_all(ended)
    for step in purge.STEPS[:-1]:
        with pytest.raises(Cancelled):
            erase(ended, stop_after=step)
        assert ended.created.seal_path.exists() == (step in ("begun", "checkpoint"))
    record = erase(ended)
    assert record.complete
    assert purge.verify_erasure(record.paths[0], ended.created.record_public_key).ok
    assert residue(places_to_search(ended, tmp_path), texts, sealed) == []
    again = erase(ended)
    assert again == record


CHILD = """
import random, sys
from datetime import UTC, datetime
from pathlib import Path
from cati.fieldwork import purge
folder, seal, first, second = sys.argv[1:5]
print("ready", flush=True)
purge.purge(Path(folder), ("lead", first), ("witness", second),
    now=lambda: datetime(2027, 9, 1, tzinfo=UTC), draw=random.Random(3), seal_path=Path(seal),
    progress=lambda done, total: print(done, flush=True))
"""


def test_killed_at_any_moment_it_goes_on(ended: Made, tmp_path: Path, residue: Callable[..., list[Any]]) -> None:
    texts, sealed = what_identifies(ended.open[0])
    close_all(ended)
    draw = random.Random(11)
    places = [str(ended.created.folder), str(ended.created.seal_path)]
    arguments = [sys.executable, "-c", CHILD, *places, LEAD[1], WITNESS[1]]
    kills = 0
    for reach in (*range(len(purge.STEPS)), 99):
        child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == str(reach):
                break
        spin = draw.randrange(4000)
        while spin:  # a random moment inside the step, without sleeping
            spin -= 1
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
    assert kills >= len(purge.STEPS) - 1
    record = erase(ended)
    assert record.complete
    assert residue(places_to_search(ended, tmp_path), texts, sealed) == []
    assert not (ended.created.folder / purge_steps.SAMPLE_NAME).exists()


def test_a_copy_made_before_opens_with_the_seal_and_never_without(ended: Made, tmp_path: Path) -> None:
    close_all(ended)
    copy, seal = tmp_path / "stolen", tmp_path / "kept.seal"
    shutil.copytree(ended.created.folder, copy)
    shutil.copy(ended.created.seal_path, seal)
    assert erase(ended).complete
    with_seal = open_study(copy, *LEAD, now=ended.clock, draw=random.Random(1), seal_path=seal)
    with with_seal.reading() as transaction:
        opened = [opened_bytes(with_seal, row) for row in contacts.all_contacts(transaction)]
    with_seal.close()
    assert len(opened) == 29, "negative control: with the seal the copy opens"
    for one in (LEAD, WITNESS, ANNA):
        with pytest.raises(Problem):
            open_study(copy, *one, now=ended.clock, draw=random.Random(1), seal_path=ended.created.seal_path)
    assert _open_without_the_seal(copy) == 0


def _open_without_the_seal(folder: Path) -> int:
    """Try what a thief of the raw file with every member's password can: every key there is, on every contact."""
    database = Embedded(folder)
    keys: list[bytes] = [bytes(32)]
    with database.reading() as transaction:
        study_id = transaction.exec_driver_sql("SELECT id FROM study").scalar_one()
        rows = list(transaction.exec_driver_sql("SELECT login, record, kept FROM member"))
        sealed = list(contacts.all_contacts(transaction))
    for login, raw, kept in rows:
        record = member_record_from_bytes(raw)
        for guess in (bytes(32), bytes.fromhex(study_id) * 2):
            with pytest.raises(WrongPassword):
                unlock_member(record, PASSWORDS[login], Seal(guess, study_id))
        if kept:
            private = unlock_answers(record, PASSWORDS[login])
            both = open_kept(kept, record, private)
            keys += [private, both.answers_private, both.record_private]
    keys += [derive(key, label) for key in list(keys) for label in ("index", "contacts", "seal/grants")]
    opened = 0
    for row in sealed:
        for key in keys:
            try:
                open_contact(key, study_id, row.case, row.sealed_key, row.sealed_details)
            except SealBroken:
                continue
            opened += 1
    database.close()
    assert sealed
    return opened


def test_answers_and_counts_stay_for_the_research_lead_alone(ended: Made, tmp_path: Path) -> None:
    before = supervising.progress(ended.open[0])
    erase(ended)
    lead = ended.sign_in("lead")
    assert lead.keys is None
    after = supervising.progress(lead)
    assert (after.tally, after.rates, after.outcomes) == (before.tally, before.rates, before.outcomes)
    assert [(cell.complete, cell.closed) for cell in after.cells] == [
        (cell.complete, cell.closed + cell.callable) for cell in before.cells
    ]
    assert export(lead, tmp_path / "after", {ExportFormat.CSV}).interviews == 12
    told = set()
    for login in ("witness", "anna", "anna", "nobody"):
        with pytest.raises(WrongPassword) as refused:
            ended.sign_in(login)
        told.add(str(refused.value))
    assert len(told) == 1, "whether there is such a login is nobody's business"
    assert "only its research leads" in told.pop()
    with pytest.raises(Problem, match="contacts of this study are erased"):
        calling.take_next_case(lead)


def test_the_call_log_dies_and_what_was_done_to_the_study_stays(ended: Made) -> None:
    erase(ended)
    lead = ended.sign_in("lead")
    with lead.reading() as transaction:
        rows = list(transaction.exec_driver_sql('SELECT act, "case", who FROM log ORDER BY who, n'))
        assert erasure.left(transaction) == dict.fromkeys(erasure.left(transaction), 0)
    assert {case for _act, case, _who in rows} == {""}
    acts = [act for act, _case, _who in rows]
    assert [act for act, _case, who in rows if who == lead.me.id][:2] == ["purge_step", "study_made"]
    assert log.verify(lead).ok
    assert {"list_imported", "field_ended", "answers_mixed"} <= set(acts)
    assert not {"dialled", "outcome_noted", "case_handed_out", "interview_completed"} & set(acts)


def test_the_dry_run_changes_nothing_and_names_what_stands_against_it(made: Made, people: People, desk: Desk) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 10)
    desk(anna).complete()
    desk(anna).begin()
    plan = purge.dry_run(lead)
    assert len(plan.hindrances) == 3
    assert any("10 contacts" in line for line in plan.lines)
    with pytest.raises(Problem):
        erase(made)
    assert made.created.seal_path.exists()
    lead = made.sign_in("lead")
    with lead.reading() as transaction:
        assert counts.sizes(transaction)["contacts"] == 10
        assert erasure.steps(transaction) == {}
    with pytest.raises(Problem):
        mixing.end_field(lead)


@pytest.mark.parametrize(
    "pair",
    [
        (LEAD, LEAD),
        (WITNESS, ANNA),
        (LEAD, ("witness", "ganz falsch geraten 17")),
        (("lead", "ganz falsch geraten 17"), WITNESS),
        (LEAD, ("nobody", WITNESS[1])),
    ],
)
def test_it_takes_two_different_people_and_a_research_lead(ended: Made, pair: Any) -> None:
    with pytest.raises(Problem):
        erase(ended, pair)
    assert ended.created.seal_path.exists()
    with ended.sign_in("lead").reading() as transaction:
        assert erasure.steps(transaction) == {}


def test_without_the_seal_the_same_two_must_finish(ended: Made) -> None:
    with pytest.raises(Cancelled):
        erase(ended, stop_after="seal")
    with pytest.raises(Problem):
        erase(ended, (LEAD, ANNA))
    with pytest.raises(WrongPassword):
        erase(ended, (("lead", "ganz falsch geraten 17"), WITNESS))
    assert erase(ended).complete


def test_a_missing_seal_stops_it_before_anything_goes(ended: Made, tmp_path: Path) -> None:
    close_all(ended)
    shutil.move(ended.created.seal_path, tmp_path / "elsewhere")
    with pytest.raises(Problem):
        erase(ended)
    shutil.move(tmp_path / "elsewhere", ended.created.seal_path)
    assert ended.sign_in("lead").keys is not None


def test_the_record_is_checked_alone_and_every_change_is_seen(ended: Made, tmp_path: Path) -> None:
    record = erase(ended)
    alone = tmp_path / "alone"
    alone.mkdir()
    path = Path(shutil.copy(record.paths[0], alone))
    shutil.rmtree(ended.created.folder)
    assert purge.verify_erasure(path).ok
    assert purge.verify_erasure(path, ended.created.record_public_key).ok
    assert not purge.verify_erasure(path, "00" * 32).ok
    whole = path.read_text("utf-8")
    assert '"contacts": 29' in whole
    for old, new in (
        ('"contacts": 29', '"contacts": 28'),
        ("Ben Zeuge", "Ben Zeuga"),
        ('"complete": true', '"complete": false'),
    ):
        path.write_text(whole.replace(old, new, 1), "utf-8")
        assert not purge.verify_erasure(path, ended.created.record_public_key).ok
    with pytest.raises(Problem):
        purge.verify_erasure(path, "not a key")


def test_the_page_is_readable_in_both_languages_and_names_nobody_of_the_sample(ended: Made) -> None:
    texts, _sealed = what_identifies(ended.open[0])
    record = erase(ended)
    page = record.paths[1].read_text("utf-8")
    for words in ("Vollständig gelöscht.", "Erased completely.", "Dr. Ada Leitner", "cati verify-erasure"):
        assert words in page
    assert not any(text in page for text in texts)
    german, english = page.split('<section lang="en">')
    assert "found" not in german
    assert "gefunden" not in english


def test_what_was_not_reached_is_said(ended: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    (ended.created.folder / "abschrift.csv").write_text("Name;Nummer\nx;y\n")
    stuck = SealDestruction(found=True, overwritten=False, synced=False, unlinked=False, storage="ext4", in_place=False)
    monkeypatch.setattr(purge_steps, "destroy_seal", lambda _path: stuck)
    record = erase(ended)
    assert not record.complete
    verdict = purge.verify_erasure(record.paths[0])
    assert verdict.ok
    assert any("not completely" in line for line in verdict.lines)
    read = json.loads(record.paths[0].read_text("utf-8"))["record"]
    assert read["reasons"] == ["seal_not_gone"]
    assert read["checks"]["files_not_of_the_program"] == 1


def test_a_plain_trace_that_somebody_left_is_named_and_nothing_is_erased(ended: Made) -> None:
    lead = ended.open[0]
    with lead.reading() as transaction:
        contact = opened_contact(lead, next(iter(contacts.all_contacts(transaction))))
    notes = ended.created.folder / "notes.txt"
    national = contact.phones[0].e164[3:]
    notes.write_text(f"call 0{national[:3]}/{national[3:5]} {national[5:]} again, room 12")  # as people write them
    assert any("notes.txt" in line for line in purge.dry_run(lead).hindrances)
    with pytest.raises(Problem, match=r"notes\.txt holds contacts or the seal in clear"):
        erase(ended)
    assert ended.created.seal_path.exists()
    assert not (ended.created.folder / purge_steps.SAMPLE_NAME).exists()
    notes.unlink()
    assert erase(ended).complete


def test_the_sheet_of_the_seal_must_be_deleted_first(ended: Made, tmp_path: Path) -> None:
    lead = ended.open[0]
    seal_sheet, _office = write_sheets(ended.created, lead.settings, tmp_path / "papers")
    with pytest.raises(Problem, match=r"seal\.html holds contacts or the seal in clear"):
        erase(ended)
    seal_sheet.unlink()
    assert erase(ended).complete


def test_a_trace_in_the_programs_own_files_is_told_in_the_record(ended: Made) -> None:
    """It must not keep anybody from erasing: the record is not complete, and says why."""
    lead = ended.open[0]
    with lead.reading() as transaction:
        contact = opened_contact(lead, next(iter(contacts.all_contacts(transaction))))
    places.logs().mkdir(parents=True, exist_ok=True)
    (places.logs() / "cati.log").write_text(f"call 0{contact.phones[0].e164[3:]} again")
    record = erase(ended)
    assert not record.complete
    read = json.loads(record.paths[0].read_text("utf-8"))["record"]
    assert read["reasons"] == ["plain_before", "bytes_left"]


def test_whoever_signs_in_during_an_interrupted_erasure_hears_of_it(ended: Made) -> None:
    with pytest.raises(Cancelled):
        erase(ended, stop_after="seal")
    with pytest.raises(Problem, match="begun and interrupted"):
        ended.sign_in("lead")


def test_the_plan_and_the_verdict_speak_german() -> None:
    set_language("de")
    try:
        assert purge.step_words(2) == "Das Siegel wird zerstört"
    finally:
        set_language("en")


def test_what_a_server_never_got_goes_too(ended: Made) -> None:
    lead = ended.open[0]
    for study_id in (lead.study_id, "0" * 32):
        spool = Spool(places.spools(), study_id, lead.me.id, lead.open_keys.drafts)
        spool.append(b'{"words":"left behind"}')
        spool.close()
    assert erase(ended).complete
    assert files_of(places.spools(), lead.study_id) == ()
    assert len(files_of(places.spools(), "0" * 32)) == 1, "another study's"
