"""The consented list comes in: all or nothing, nobody twice, nothing readable left behind."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cati.demo.people import HEADERS, as_csv, faulty_rows, invent_list, invent_rows
from cati.errors import Cancelled, Problem
from cati.fieldwork import calling, hand_over, log, sample
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.files.tables import read_table
from cati.store import contacts
from cati.survey.dispositions import Outcome
from cati.vault.age_files import open_with_passphrase, seal_to, seal_with_passphrase

from .conftest import ON_FILE, Made, bring_people, raw, unrestricted


def _list(study: OpenStudy, n: int, seed: int = 1) -> bytes:
    return invent_list(n, study.settings, random.Random(seed), today=study.now().date())


def _receive(study: OpenStudy, tmp_path: Path, data: bytes, name: str = "list.csv") -> sample.Received:
    path = tmp_path / name
    path.write_bytes(data)
    return sample.receive(study, path)


def _bring(study: OpenStudy, received: sample.Received, rows: int, **more: object) -> sample.ImportReport:
    return sample.bring_in(study, received, sample.propose(study, received), rows_on_slip=rows, **more)


def _rows(made: Made, table: str) -> int:
    return raw(made.open[0], f'SELECT count(*) AS n FROM "{table}"')[0]["n"]


def test_a_list_sealed_to_the_study_comes_in(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    received = _receive(lead, tmp_path, seal_to([made.created.recipient], _list(lead, 40)), "list.csv.age")
    assert (received.container, received.warning) == ("age", "")
    report = _bring(lead, received, 40)
    assert (report.accepted, report.refused) == (40, ())
    assert sum(n for _s, _d, n in sample.sample_counts(lead)) == 40
    entry = log.entries(lead, acts=[Act.IMPORTED])[0]
    assert '"accepted":40' in entry.details


def test_a_plain_list_comes_with_a_warning(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    assert _receive(lead, tmp_path, _list(lead, 3)).warning


def test_a_list_with_a_passphrase_asks_for_it(made: Made, tmp_path: Path) -> None:
    witness = made.sign_in("witness")
    path = tmp_path / "list.csv.age"
    path.write_bytes(seal_with_passphrase("drei graue Enten am Deich", _list(witness, 3)))
    assert sample.needs_password(path) == "password"
    with pytest.raises(Problem):
        sample.receive(witness, path)
    with pytest.raises(Problem):
        sample.receive(witness, path, "falsch geraten")
    assert _bring(witness, sample.receive(witness, path, "drei graue Enten am Deich"), 3).accepted == 3


def test_only_a_research_lead_opens_what_is_sealed_to_the_study(made: Made, tmp_path: Path) -> None:
    witness = made.sign_in("witness")
    with pytest.raises(Problem, match="research lead"):
        _receive(witness, tmp_path, seal_to([made.created.recipient], _list(witness, 3)), "list.csv.age")


def test_an_interviewer_may_not_import(made: Made, tmp_path: Path) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    received = _receive(lead, tmp_path, _list(lead, 3))
    mapping = sample.propose(lead, received)
    for act in (
        lambda: _receive(anna, tmp_path, _list(lead, 3)),
        lambda: sample.bring_in(anna, received, mapping, rows_on_slip=3),
        lambda: sample.sample_rows(anna, received, mapping),
        lambda: sample.remember_template(anna, mapping),
    ):
        with pytest.raises(Problem):
            act()
    assert _rows(made, "case") == 0


def test_another_number_of_rows_than_on_the_slip_stops_it(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    received = _receive(lead, tmp_path, _list(lead, 12))
    for slip in (11, 13, 0):
        with pytest.raises(Problem, match="slip"):
            _bring(lead, received, slip)
    assert _rows(made, "case") == _rows(made, "contact") == 0
    assert _bring(lead, received, 12).accepted == 12


def test_the_slip_of_any_table_is_the_number_that_the_import_counts(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    rows: list[list[str]] = invent_rows(30, lead.settings, random.Random(3), today=lead.now().date())
    rows[4][3] = "X" * 6000
    rows[9][4] = "110"
    table = tmp_path / "list.csv"
    nasty = [*rows[:7], [], [" "] * 5, *rows[7:], ["Summe: 30"], ["", ""]]
    table.write_bytes("Kunden 2026\r\n\r\n".encode("utf-8-sig") + as_csv(nasty, encoding="utf-8"))
    slip = hand_over.seal_list(table, tmp_path / "list.csv.age", recipient=made.created.recipient, passphrase=None)
    assert slip.rows == 30
    received = sample.receive(lead, tmp_path / "list.csv.age")
    assert received.sha256 == slip.sha256
    report = _bring(lead, received, slip.rows)
    assert (report.rows, report.accepted) == (30, 28)
    assert [one.row for one in report.refused] == [8, 15]


def test_nobody_is_brought_in_twice(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    data = _list(lead, 25)
    _bring(lead, _receive(lead, tmp_path, data), 25)
    again = _receive(lead, tmp_path, data)
    assert "before" in again.warning or again.container == "plain"
    report = _bring(lead, again, 25)
    assert (report.accepted, report.duplicates) == (0, 25)
    assert {one.code for one in report.refused} == {"duplicate_in_study"}
    assert _rows(made, "case") == 25


def test_an_office_cannot_seal_what_holds_nobody_or_is_sealed(made: Made, tmp_path: Path) -> None:
    table, target = tmp_path / "list.csv", tmp_path / "list.age"
    for data, what in (
        (as_csv([]), "nobody"),
        (seal_to([made.created.recipient], as_csv([])), "protected already"),
    ):
        table.write_bytes(data)
        with pytest.raises(Problem, match=what):
            hand_over.seal_list(table, target, recipient=made.created.recipient, passphrase=None)
        assert not target.exists()


def test_a_group_of_refused_rows_says_nothing_of_one_row_alone(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    rows = invent_rows(6, lead.settings, random.Random(2), today=lead.now().date())
    rows[4], rows[5] = list(rows[0]), list(rows[1])
    rows[2][4] = rows[2][5] = "110"
    rows[3][4] = rows[3][5] = "110"
    rows[3][3] = ""
    report = _bring(lead, _receive(lead, tmp_path, as_csv(rows)), 6)
    assert [group.rows for group in report.by_reason] == [(6, 7), (4,), (5,)]
    assert "An earlier row has the same" in report.by_reason[0].reason
    assert not any(digit in report.by_reason[0].reason for digit in "0123456789")
    assert [one.reason[:6] for one in report.refused if one.row in (6, 7)] == ["Row 2 ", "Row 3 "]
    assert "no name" not in report.by_reason[1].reason
    assert "no name" in report.by_reason[2].reason


def test_wishes_that_cannot_be_kept_are_counted_and_leave_no_word_behind(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    rows = invent_rows(6, lead.settings, random.Random(2), today=lead.now().date())
    wishes = ["wenn der Hahn kräht", "nach 25:00", "nach 22:00", "jederzeit", "ab 18 Uhr", ""]
    for row, wish in zip(rows, wishes, strict=True):
        row[HEADERS.index("Anrufzeit")] = wish
    report = _bring(lead, _receive(lead, tmp_path, as_csv(rows)), 6)
    assert report.accepted == 6
    assert [(group.code, group.rows) for group in report.notes] == [
        ("preference_unread", (2, 3)),
        ("preference_never", (4,)),
    ]
    with unrestricted(lead) as transaction:
        opened = [opened_contact(lead, row) for row in contacts.all_contacts(transaction)]
    assert sorted(one.preference.said for one in opened if one.preference) == ["ab 18 Uhr"]


@pytest.mark.parametrize("way", ["withdraws", "refuses for good"])
def test_a_second_list_cannot_bring_back_who_never_wants_to_be_called(made: Made, tmp_path: Path, way: str) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    data = _list(lead, 10)
    _bring(lead, _receive(lead, tmp_path, data), 10)
    delivered = calling.take_next_case(anna)
    if way == "withdraws":
        calling.withdraw(anna, delivered.lease)
        assert sum(n for _s, _d, n in sample.sample_counts(lead)) == 9, "who withdrew is erased"
    else:
        call = calling.begin_call(anna, delivered.lease, delivered.next_phone)
        calling.note_outcome(anna, delivered.lease, call, Outcome.HARD_REFUSAL)
    report = _bring(lead, _receive(lead, tmp_path, data), 10)
    assert report.accepted == 0
    codes = [one.code for one in report.refused]
    assert sorted(codes) == ["duplicate_in_study"] * 9 + ["never_again"]


def test_refused_rows_go_back_sealed_with_reason_and_remedy(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    draw = random.Random(5)
    today = lead.now().date()
    good = invent_rows(20, lead.settings, draw, today=today)
    bad = [row for row, _why in faulty_rows(lead.settings, draw, today=today)]
    received = _receive(lead, tmp_path, as_csv([*good, *bad]))
    report = _bring(lead, received, len(good) + len(bad))
    assert report.accepted >= 20
    assert report.refused
    assert sum(len(group.rows) for group in report.by_reason) == len(report.refused)
    sealed = sample.refused_list(lead, received, report, passphrase="acht alte Pfähle im Watt")
    assert good[0][3].encode() not in sealed
    table = read_table(open_with_passphrase("acht alte Pfähle im Watt", sealed), "refused.xlsx")
    assert len([row for row in table.rows[1:] if any(row)]) == len(report.refused)
    with pytest.raises(Problem):
        sample.refused_list(lead, received, report)


def test_a_mapping_is_remembered_and_fits_only_the_same_headers(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    received = _receive(lead, tmp_path, _list(lead, 4))
    mapping = sample.propose(lead, received)
    column = next(c for c in mapping.columns if c.field is sample.Field.TITLE)
    mapping = sample.with_field(mapping, column.index, sample.Field.IGNORED)
    sample.remember_template(lead, mapping)
    again = sample.propose(made.sign_in("witness"), received)
    assert [c.field for c in again.columns] == [c.field for c in mapping.columns]
    assert not any("Lärch" in cell for row in sample.sample_rows(lead, received, mapping) for cell in row)


def test_progress_reaches_its_end_and_cancel_leaves_nothing(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    received = _receive(lead, tmp_path, _list(lead, 1500))
    seen: list[tuple[int, int]] = []
    mapping = sample.propose(lead, received)
    for most in (1, 4, 6):  # while judging, while sealing, while writing
        looks = iter(range(1, 100))
        with pytest.raises(Cancelled):
            sample.bring_in(
                lead, received, mapping, rows_on_slip=1500, cancelled=lambda looks=looks, most=most: next(looks) == most
            )
        assert _rows(made, "case") == _rows(made, "contact") == _rows(made, "contact_index") == 0
    sample.bring_in(lead, received, mapping, rows_on_slip=1500, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    assert _rows(made, "case") == 1500


_IMPORT = """
import random, sys
from datetime import UTC, datetime
from pathlib import Path
from cati.fieldwork import sample
from cati.fieldwork.study import open_study
folder, seal, path, password = sys.argv[1:]
now = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)
study = open_study(Path(folder), "lead", password, now=lambda: now, draw=random.Random(3), seal_path=Path(seal))
received = sample.receive(study, Path(path))
mapping = sample.propose(study, received)
print("judging", flush=True)
def tell(done, total):
    if done >= 2 * total // 3:
        print("writing", flush=True)
sample.bring_in(study, received, mapping, rows_on_slip=4000, progress=tell)
print("done", flush=True)
"""


@ON_FILE
@pytest.mark.parametrize("moment", ["judging", "writing"])
def test_a_kill_during_the_import_leaves_nothing_half(made: Made, tmp_path: Path, moment: str) -> None:
    from .conftest import PASSWORD

    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 5, seed=9)
    path = tmp_path / "many.csv"
    path.write_bytes(_list(lead, 4000, seed=2))
    arguments = [str(made.created.folder), str(made.created.seal_path), str(path), PASSWORD]
    with subprocess.Popen([sys.executable, "-c", _IMPORT, *arguments], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if line.strip() == moment:
                time.sleep(random.Random(moment).uniform(0.0, 0.05))
                os.kill(child.pid, signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    kept = _rows(made, "case")
    assert kept in (5, 5 + _accepted(made, tmp_path, path)) if kept != 5 else True
    assert _rows(made, "contact") == kept
    with sqlite3.connect(made.created.folder / "study.db") as file:
        said = {str(row[0]) for row in file.execute("PRAGMA integrity_check")}
        # SQLite before 3.42 says "NULL value" of sound tables without rowid whose key has another order.
        assert {line for line in said if not line.startswith("NULL value in ")} <= {"ok"}
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        lone = 'SELECT count(*) FROM contact_index WHERE "case" NOT IN (SELECT "case" FROM contact)'
        assert file.execute(lone).fetchone() == (0,)
    assert log.verify(lead).ok


def _accepted(made: Made, tmp_path: Path, path: Path) -> int:
    lead = made.sign_in("lead")
    received = sample.receive(lead, path)
    return _bring(lead, received, 4000).duplicates


@ON_FILE
def test_nothing_of_the_people_is_readable_in_the_file(made: Made, tmp_path: Path) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    rows = invent_rows(60, lead.settings, random.Random(4), today=lead.now().date())
    _bring(lead, _receive(lead, tmp_path, as_csv(rows)), 60)
    contacts = []
    for _ in range(8):
        delivered = calling.take_next_case(anna)
        contacts.append(delivered.contact)
        call = calling.begin_call(anna, delivered.lease, delivered.next_phone)
        calling.note_outcome(anna, delivered.lease, call, Outcome.NO_ANSWER)
    files = b"".join(f.read_bytes() for f in made.created.folder.iterdir() if f.name != "ballast")
    for contact in contacts:
        for word in (contact.family_name, contact.phones[0].e164, contact.phones[0].e164[3:]):
            for coded in (word.encode(), word.encode("utf-16-le")):
                assert coded not in files, "readable"


@ON_FILE
def test_the_order_of_the_list_is_not_kept(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 200)
    ids = [row["case"] for row in raw(lead, 'SELECT "case" FROM contact')]
    assert ids == sorted(ids)


def test_a_received_file_can_be_deleted(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    received = _receive(lead, tmp_path, _list(lead, 2))
    sample.delete_received_file(received.path)
    assert not received.path.exists()
    with pytest.raises(Problem):
        sample.delete_received_file(received.path)


def test_the_receipt_of_a_list_names_the_file_as_it_came(made: Made, tmp_path: Path) -> None:
    import hashlib

    lead = made.sign_in("lead")
    data = seal_to([made.created.recipient], _list(lead, 2))
    received = _receive(lead, tmp_path, data, "list.csv.age")
    assert received.sha256 == hashlib.sha256(data).hexdigest()
    assert "Amsel" not in repr(replace(received, name="x"))
