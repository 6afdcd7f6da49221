"""The log of a real study: who reads it, what a check says of tampering and where, on the page and on the terminal."""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path

import pytest

from cati import cli, places
from cati.errors import Problem
from cati.fieldwork import calling, log, members
from cati.fieldwork.log import Act
from cati.fieldwork.log_words import check_in_words, entries_in_words, full_check, in_words
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import CreatedStudy, create_study, sign_out
from cati.store import journal
from cati.store.roles import Roles
from cati.vault.checkpoints import read_checkpoints
from cati.vault.log_chain import ONE_FOR_ALL, Why, chain, first_hash

from .conftest import CHEAP, PASSWORDS, STAFF, Clock, Made, raw, settings_with, unrestricted, write_form


@pytest.fixture
def worked(made: Made) -> tuple[OpenStudy, OpenStudy, OpenStudy]:
    """Lead, Anna and Bert, who paused and came back three times; signed once in between and once at the end."""
    lead, anna, bert = (made.sign_in(login) for login in ("lead", "anna", "bert"))
    for study in (anna, bert, anna):
        made.clock.forward(minutes=1)
        calling.pause(study, "lunch")
        made.clock.forward(minutes=1)
        calling.resume_work(study)
        log.write_checkpoint(study)
    return lead, anna, bert


def _faults(lead: OpenStudy) -> list[tuple[Why, str, int]]:
    return [(fault.why, fault.chain, fault.n) for fault in log.verify(lead).verdict.faults]


def test_a_checkpoint_signs_the_ends_of_all_chains(worked: tuple[OpenStudy, OpenStudy, OpenStudy]) -> None:
    lead, anna, bert = worked
    checkpoints, unreadable = read_checkpoints(log.checkpoint_path(lead.seal_path))
    assert unreadable == 0
    assert {head.chain: head.n for head in checkpoints[-1].heads} == {lead.me.id: 2, anna.me.id: 5, bert.me.id: 3}
    assert checkpoints[-1].member_id == anna.me.id
    assert check_in_words(lead) == (True, "All 10 entries are unchanged.")


def test_the_log_is_read_by_time_over_all_members(worked: tuple[OpenStudy, OpenStudy, OpenStudy]) -> None:
    lead, anna, bert = worked
    lines = entries_in_words(lead)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert [line.who for line in lines[:6]] == ["Anna Fragt"] * 2 + ["Bert Hört"] * 2 + ["Anna Fragt"] * 2
    assert [entry.who for entry in log.entries(lead, acts=[Act.PAUSED], limit=2)] == [anna.me.id, bert.me.id]
    with pytest.raises(Problem, match="role"):
        log.verify(anna)


def test_what_is_done_with_the_staff_says_with_whom(worked: tuple[OpenStudy, OpenStudy, OpenStudy]) -> None:
    lead, anna, bert = worked
    members.set_skills(lead, anna.me.id, ("de",), converts=True)
    assert (
        entries_in_words(lead, acts=[Act.MEMBER_CHANGED])[0].what
        == "changed what a member of staff can do (person: Anna Fragt)"
    )
    role = Roles(lead.study_id).login(anna.me.login)
    for details, said in (
        (f'{{"login":"{role[-16:]}","to":"password"}}', "set a sign-in at the server (person: Anna Fragt)"),
        ('{"login":"0123456789abcdef"}', "set a sign-in at the server (person: –)"),
        (f'{{"member":"{bert.me.id}","second":""}}', "set a sign-in at the server (person: Bert Hört)"),
    ):
        (line,) = in_words(lead, [journal.Entry(1, 0, lead.me.id, "login_set", "", 0, details, b"")])
        assert line.what == said


@pytest.mark.parametrize(
    ("sql", "why", "n", "said"),
    [
        (
            "UPDATE log SET details = '' WHERE who = :anna AND n = 2",
            Why.ALTERED,
            2,
            "entry 2 (2027-07-06 08:01:00 UTC)",
        ),
        ("UPDATE log SET at = at + 1 WHERE who = :anna AND n = 2", Why.ALTERED, 2, "entry 2 (2027-07-06 08:01:01 UTC)"),
        ("DELETE FROM log WHERE who = :anna AND n = 2", Why.ALTERED, 2, "entry 2 (2027-07-06 08:02:00 UTC)"),
        ("UPDATE log SET n = 9 WHERE who = :anna AND n = 2", Why.ALTERED, 2, "entry 2"),
        ("DELETE FROM log WHERE who = :anna AND n > 3", Why.TRUNCATED, 4, "from number 4 on are missing"),
        ("DELETE FROM log WHERE who = :anna", Why.VANISHED, 1, "all entries are missing"),
    ],
)
def test_tampering_is_said_with_who_where_and_when(
    worked: tuple[OpenStudy, OpenStudy, OpenStudy], sql: str, why: Why, n: int, said: str
) -> None:
    lead, anna, _bert = worked
    raw(lead, sql, anna=anna.me.id)
    assert _faults(lead) == [(why, anna.me.id, n)]
    found = full_check(lead)
    assert not found.ok
    (sentence,) = found.wrong
    assert sentence.startswith("Anna Fragt: ")
    assert said in sentence
    assert check_in_words(lead) == (False, f"{found.verdict} {sentence}")


def test_an_entry_given_to_somebody_else_is_found_in_both_chains(
    worked: tuple[OpenStudy, OpenStudy, OpenStudy],
) -> None:
    lead, anna, bert = worked
    raw(lead, "UPDATE log SET who = :bert, n = 4 WHERE who = :anna AND n = 3", anna=anna.me.id, bert=bert.me.id)
    assert set(_faults(lead)) == {(Why.ALTERED, anna.me.id, 3), (Why.ALTERED, bert.me.id, 4)}


def test_a_chain_made_anew_without_one_entry_is_found_by_the_checkpoint(
    worked: tuple[OpenStudy, OpenStudy, OpenStudy],
) -> None:
    lead, anna, _bert = worked
    with unrestricted(lead) as transaction:
        kept = [e for e in journal.by_chain(transaction) if e.who == anna.me.id and e.n != 2]
        transaction.exec_driver_sql(f"DELETE FROM log WHERE who = '{anna.me.id}'")
        for entry in kept:
            log.chain_on(transaction, lead.study_id, entry)
    assert _faults(lead) == [(Why.REBUILT, anna.me.id, 3)]
    log.checkpoint_path(lead.seal_path).unlink()
    found = full_check(lead)  # the control: whole in itself; but it is said that nothing was there to compare
    assert found.ok
    assert "No checkpoint" in found.remarks[0]


def test_an_entry_in_a_strangers_name_is_found(worked: tuple[OpenStudy, OpenStudy, OpenStudy]) -> None:
    lead, *_others = worked
    with unrestricted(lead) as transaction:
        log.append(transaction, lead.study_id, "ee" * 16, Act.DIALLED, lead.now())
    assert _faults(lead) == [(Why.STRANGER, "ee" * 16, 1)]


def test_what_was_written_after_the_last_checkpoint_is_told_apart(
    made: Made, worked: tuple[OpenStudy, OpenStudy, OpenStudy]
) -> None:
    lead, anna, _bert = worked
    calling.pause(anna, "lunch")
    assert "Anna Fragt: 6 entries, 5 of them signed" in full_check(lead).chains
    sign_out(made.sign_in("witness"))
    assert "Anna Fragt: 6 entries, 6 of them signed" in full_check(lead).chains


def test_the_word_on_a_report_shows_that_its_checkpoint_is_gone(
    worked: tuple[OpenStudy, OpenStudy, OpenStudy], tmp_path: Path
) -> None:
    lead, anna, _bert = worked
    printed = log.write_checkpoint(lead)
    assert printed is not None
    assert full_check(lead, expected=[printed.word.lower()]).ok
    path = log.checkpoint_path(lead.seal_path)
    elsewhere = tmp_path / "other.checkpoints"
    elsewhere.write_bytes(path.read_bytes())
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    raw(lead, "DELETE FROM log WHERE who = :anna AND n > 4", anna=anna.me.id)
    assert full_check(lead).ok  # the control: the checkpoints were cut with the log
    found = full_check(lead, expected=[printed.word])
    assert not found.ok
    assert printed.word in found.wrong[0]
    assert not full_check(lead, more=[elsewhere]).ok  # and another workstation's file knows what is missing


def test_an_old_studys_one_chain_is_checked_and_named(worked: tuple[OpenStudy, OpenStudy, OpenStudy]) -> None:
    """As revision 0002 leaves a study of 0001: one chain for all under negative numbers, and nothing else yet."""
    lead, anna, _bert = worked
    log.checkpoint_path(lead.seal_path).unlink()
    with unrestricted(lead) as transaction:
        found, head = list(journal.entries(transaction)), first_hash(lead.study_id, ONE_FOR_ALL)
        transaction.exec_driver_sql("DELETE FROM log")
        for n, one in enumerate(found, start=1):
            old, previous = journal.Entry(-n, one.at, one.who, one.act, one.case, one.fence, one.details), head
            head = chain(previous, old.fields())
            whole = journal.Entry(old.n, old.at, old.who, old.act, old.case, old.fence, old.details, head)
            assert journal.append(transaction, whole, previous)
    calling.pause(anna, "lunch")
    log.write_checkpoint(anna)
    check = full_check(lead)
    assert check.ok
    assert check.chains == (
        "Everybody (before the log was kept by person): 10 entries, 10 of them signed",
        "Anna Fragt: 1 entry, 1 of them signed",
    )
    assert len(entries_in_words(lead)) == 11
    raw(lead, "UPDATE log SET details = 'x' WHERE n = -4")
    assert _faults(lead) == [(Why.ALTERED, ONE_FOR_ALL, 4)]
    raw(lead, "DELETE FROM log WHERE n < -3")
    assert _faults(lead) == [(Why.TRUNCATED, ONE_FOR_ALL, 4)]


def test_two_windows_of_one_member_and_another_member_write_one_whole_log(made: Made) -> None:
    studies = [made.sign_in(login) for login in ("anna", "anna", "bert")]
    for _ in range(3):
        for study in studies:
            calling.pause(study, "lunch")
            calling.resume_work(study)
    lead = made.sign_in("lead")
    assert log.verify(lead).ok
    assert log.verify(lead).verdict.count == 1 + 3 + 18 + 1


@pytest.fixture
def on_disk(tmp_path: Path) -> CreatedStudy:
    """A study whose seal lies where the program looks for it."""
    return create_study(
        tmp_path / "study", settings_with(), write_form(tmp_path / "form.xlsx"), STAFF,
        now=Clock(), draw=random.Random(1), seal_folder=places.seals(), cost=CHEAP,
    )  # fmt: skip


def _verify_log(monkeypatch: pytest.MonkeyPatch, *words: object, language: str = "en", login: str = "lead") -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORDS[login] + "\n"))
    return cli.main(["--language", language, "verify-log", *map(str, words), "--login", login])


def test_on_the_terminal_it_says_what_is_whole_and_what_is_not(
    made_on_disk_worked: tuple[CreatedStudy, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    created, word = made_on_disk_worked
    assert _verify_log(monkeypatch, created.folder, "--expect", word) == 0
    said = capsys.readouterr().out
    assert "All 4 entries are unchanged." in said
    assert "Anna Fragt: 2 entries, 2 of them signed" in said
    assert f"Anna Fragt: 3 entries signed, checkpoint {word}" in said
    assert _verify_log(monkeypatch, created.folder, "--expect", "0000-0000-0000-0000") == 1
    assert "0000-0000-0000-0000" in capsys.readouterr().out
    assert _verify_log(monkeypatch, created.folder, "--checkpoints", created.folder / "none") == 1
    assert "There is no such file." in capsys.readouterr().err
    assert _verify_log(monkeypatch, created.folder, login="anna") == 1  # not for interviewers


def test_on_the_terminal_a_changed_log_is_status_one_in_german_too(
    made_on_disk_worked: tuple[CreatedStudy, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    created, _word = made_on_disk_worked
    with sqlite3.connect(created.folder / "study.db") as file:
        file.execute("DELETE FROM log WHERE act = 'signed_out'")
    file.close()
    assert _verify_log(monkeypatch, created.folder, language="de") == 1
    said = capsys.readouterr().out
    assert "Das Protokoll ist nicht mehr so, wie es geschrieben wurde." in said
    assert "Anna Fragt: Die Einträge ab Nummer 2 fehlen (letzter vorhandener: 2027-07-06 08:00:00 UTC)" in said
    assert "Verglichene Prüfpunkte:" in said


@pytest.fixture
def made_on_disk_worked(on_disk: CreatedStudy) -> tuple[CreatedStudy, str]:
    """A study in which Anna signed in and out, and the word of the checkpoint that she left."""
    made = Made(on_disk, Clock())
    sign_out(made.sign_in("anna"))
    (left,) = read_checkpoints(log.checkpoint_path(on_disk.seal_path))[0]
    return on_disk, left.word


def test_a_file_that_is_no_log_says_so(worked: tuple[OpenStudy, OpenStudy, OpenStudy], tmp_path: Path) -> None:
    lead, *_others = worked
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"no checkpoint\n" * 3)
    assert full_check(lead, more=[rubbish]).remarks == ("3 lines of the checkpoints cannot be read.",)
