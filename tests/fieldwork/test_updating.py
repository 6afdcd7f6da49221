"""A study that revision 0001's program made, full of data, is brought up to date after a copy, and works on."""

from __future__ import annotations

import random
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cati import places
from cati.errors import Problem
from cati.fieldwork import calling, interviewing, mixing, updating
from cati.fieldwork.backing_up import backups_in
from cati.fieldwork.before_sign_in import study_name
from cati.fieldwork.log import verify
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.purge import purge
from cati.fieldwork.restoring import restore_folder
from cati.fieldwork.study import open_study
from cati.fieldwork.study_state import StudyState, state_of
from cati.fieldwork.updating import COPIES, update_study
from cati.store import backups, contacts, migrations
from cati.store.embedded import BALLAST_NAME, FILE_NAME, Embedded
from cati.store.migrations import HEAD, Older

from .conftest import PASSWORDS, Clock, Desk
from .office import delivered

OLD = Path(__file__).parents[1] / "study_of_revision_0001.zip"
"""As the program left it when its only revision was 0001: 40 people, two days of calls, one interview cut off."""
LEFT_AT = datetime(2027, 7, 7, 9, 32, tzinfo=UTC)


@dataclass
class OldStudy:
    """The old study in a folder of its own."""

    folder: Path
    seal: Path
    clock: Clock
    opened: list[OpenStudy] = field(default_factory=list)

    def update(self, **more: Any) -> Path | None:
        return update_study(self.folder, now=self.clock, draw=random.Random(4), **more)

    def sign_in(self, login: str) -> OpenStudy:
        study = open_study(
            self.folder, login, PASSWORDS[login], now=self.clock, draw=random.SystemRandom(), seal_path=self.seal
        )
        self.opened.append(study)
        return study

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()

    def version(self) -> str:
        file = sqlite3.connect(self.folder / FILE_NAME)
        found = file.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        file.close()
        return str(found)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldStudy]:
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "study"
    folder.mkdir()
    (tmp_path / FILE_NAME).rename(folder / FILE_NAME)
    (folder / BALLAST_NAME).write_bytes(b"")
    (seal,) = (tmp_path / "seals").glob("*.seal")
    made = OldStudy(folder, seal, Clock(LEFT_AT + timedelta(minutes=20)))
    yield made
    made.close()


def rows(place: Path, sql: str) -> list[tuple[Any, ...]]:
    file = sqlite3.connect(place)
    found = file.execute(sql).fetchall()
    file.close()
    return found


def test_it_is_not_opened_and_not_changed_by_the_way(old: OldStudy) -> None:
    before = (old.folder / FILE_NAME).read_bytes()
    assert study_name(old.folder) == "Kundenbefragung 2027"
    assert state_of(old.folder) is StudyState.OLDER
    with pytest.raises(Older, match="cati update-study"):
        old.sign_in("anna")
    with pytest.raises(Older):
        purge(old.folder, ("lead", "x"), ("witness", "y"), now=old.clock, draw=random.Random(1), seal_path=old.seal)
    assert old.version() == "0001"
    assert (old.folder / FILE_NAME).read_bytes() == before


def test_everything_is_brought_along_and_work_goes_on(old: OldStudy) -> None:
    """Numbers of every table, contacts, drafts, the log with its checkpoints, an interview cut off, mixing, the end."""
    tables = [name for (name,) in rows(old.folder / FILE_NAME, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = {name: rows(old.folder / FILE_NAME, f'SELECT count(*) FROM "{name}"') for name in tables}
    assert (counted["contact"], counted["appointment"], counted["draft_text"]) == ([(38,)], [(1,)], [(1,)])
    seen: list[tuple[int, int]] = []
    copy = old.update(progress=lambda done, of: seen.append((done, of)))
    assert copy is not None
    assert seen[-1][0] == seen[-1][1] == len(list((Path(migrations.__file__).parent / "versions").glob("0*.py"))) - 1
    assert old.version() == HEAD
    assert {name: rows(old.folder / FILE_NAME, f'SELECT count(*) FROM "{name}"') for name in tables} == counted
    assert old.update() is None
    anna, bert, lead = old.sign_in("anna"), old.sign_in("bert"), old.sign_in("lead")
    assert verify(lead).ok
    with lead.reading() as transaction:
        assert all(opened_contact(lead, row).phones for row in contacts.all_contacts(transaction))
        (listed,) = backups.listed(transaction)
    assert (listed.path, listed.ends_at - listed.made_at) == (str(copy), 7 * 86400)
    (booked,) = calling.my_appointments(anna)
    assert booked.at > old.clock()
    old.clock.forward(hours=2)  # the lease of the interview that the power cut ran out: it is handed out again
    begun = {case for (case,) in rows(old.folder / FILE_NAME, 'SELECT DISTINCT "case" FROM draft_event')}
    assert len(begun) == 2
    case = delivered(bert, frozenset(begun), old.clock)
    assert case.interview_open
    desk = Desk(bert)
    answers = (("minuten", "25"), ("wunsch", "Nichts"))
    assert isinstance(interviewing.complete(bert, desk.answer(desk.interview(case), answers)), interviewing.Completed)
    mixing.end_field(lead)
    assert verify(lead).ok


def test_the_copy_is_the_old_study_and_comes_back(old: OldStudy, tmp_path: Path) -> None:
    before = rows(old.folder / FILE_NAME, "SELECT * FROM log ORDER BY n")
    copy = old.update()
    assert copy is not None
    assert copy.stat().st_mode & 0o777 == 0o600
    said: list[str] = []
    restore_folder(copy, tmp_path / "back", said.append)
    assert "as it was on" in said[1]
    assert rows(tmp_path / "back" / FILE_NAME, "SELECT * FROM log ORDER BY n") == before
    assert state_of(tmp_path / "back") is StudyState.OLDER


def test_a_step_that_fails_leaves_the_study_as_it_was(old: OldStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_words: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(updating, "require_current", fail)
        with pytest.raises(ZeroDivisionError):
            old.update()
    assert old.version() == "0001"
    assert old.update() is not None
    assert len(list(backups_in(old.folder / COPIES))) == 2


def test_whoever_has_it_open_is_not_cut_off(old: OldStudy) -> None:
    other = sqlite3.connect(old.folder / FILE_NAME, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM log").fetchall()
    with pytest.raises(Problem, match="open somewhere else"):
        old.update()
    other.close()
    assert old.version() == "0001"


def test_no_room_is_said_before_anything_is_done(old: OldStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        free = 1000

    monkeypatch.setattr(updating.shutil, "disk_usage", lambda _folder: Little)
    with pytest.raises(Problem, match="no room for a copy"):
        old.update()
    assert old.version() == "0001"
    assert not (old.folder / COPIES).exists()


def test_the_copy_goes_after_a_week(old: OldStudy) -> None:
    copy = old.update()
    assert copy is not None
    old.sign_in("anna")
    assert copy.exists()
    old.close()
    old.clock.forward(days=7, minutes=1)
    study = old.sign_in("anna")
    assert not (old.folder / COPIES).exists()
    with study.reading() as transaction:
        assert backups.listed(transaction)[0].gone_at is not None


def test_the_copy_goes_with_the_erasure_and_the_record_says_so(old: OldStudy) -> None:
    copy = old.update()
    assert copy is not None
    old.clock.forward(hours=2)
    mixing.end_field(old.sign_in("lead"))
    old.close()
    database = Embedded(old.folder)
    with database.transaction() as transaction:
        backups.add(
            transaction,
            backups.BackupRow(id="f" * 32, made_at=1, ends_at=1_900_000_000, station="elsewhere", path="/b/c.backup"),
        )
    database.close()
    both = (("lead", PASSWORDS["lead"]), ("witness", PASSWORDS["witness"]))
    record = purge(old.folder, *both, now=old.clock, draw=random.Random(1), seal_path=old.seal)
    assert record.complete
    assert not (old.folder / COPIES).exists()
    page = record.paths[1].read_text("utf-8")
    assert "deleted." in page
    assert "elsewhere (/b/c.backup)" in page
    assert "2030-03-17" in page


def test_a_newer_study_is_refused_and_neither_copied_nor_changed(old: OldStudy) -> None:
    rows_before = old.version()
    file = sqlite3.connect(old.folder / FILE_NAME, isolation_level=None)
    file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    acts: tuple[Callable[[], object], ...] = (
        old.update,
        lambda: state_of(old.folder),
        lambda: study_name(old.folder),
        lambda: old.sign_in("anna"),
    )
    for act in acts:
        with pytest.raises(Problem, match="newer version"):
            act()
    assert (rows_before, old.version()) == ("0001", "9999")
    assert not (old.folder / COPIES).exists()
    assert places.own_folder()  # untouched by all this
