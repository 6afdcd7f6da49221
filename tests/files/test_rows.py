"""Every row is accepted or refused for the right reason, says what to do, and tells nothing of the person."""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import phonenumbers
import pytest
from openpyxl import load_workbook

from cati.demo.people import HEADERS, as_csv, faulty_rows, invent_list, invent_rows
from cati.errors import Cancelled, Problem
from cati.files import repeated
from cati.files.mapping import Field, propose_mapping, with_constant, with_field
from cati.files.rows import Note, judge_rows
from cati.files.tables import Table, read_table
from cati.files.write import refused_table, table_to_csv
from cati.settings import StudySettings
from cati.survey.case import Accepted, Consent, PhoneKind, Refused
from cati.text import set_language

AT = {header: index for index, header in enumerate(HEADERS)}


@pytest.fixture
def person(settings: StudySettings, today: date) -> dict[str, str]:
    """One clean row with a landline, no preference."""
    row = invent_rows(1, settings, random.Random(1), today=today)[0]
    clean = dict(zip(HEADERS, row, strict=True))
    clean |= {
        "Anrede": "Frau", "Titel": "Dr.", "Vorname": "Nele", "Nachname": "Birndorn", "Telefon": "030 23125001",
        "Mobil": "",
        "Sprache": "", "Landkreis": "Landkreis Auental", "Sachgebiet": "Bauamt", "Letzter Kontakt": "12.05.2026",
        "Anrufzeit": "", "Einwilligung": "ja", "Einwilligung am": "03.06.2026", "Einwilligung Weg": "Formular im Amt",
        "Einwilligung Version": "1.1", "Erfasst von": "Platz 3",
    }  # fmt: skip
    return clean


@pytest.fixture
def english_again() -> Iterator[None]:
    yield
    set_language("en")


def table_of(*people: dict[str, str], formulas: frozenset[tuple[int, int]] = frozenset()) -> Table:
    rows = [list(HEADERS), *([*person.values()] for person in people)]
    return Table(name="list.csv", rows=rows, encoding="utf-8", formulas=formulas)


def judge(table: Table, settings: StudySettings, today: date) -> tuple[list[Accepted | Refused], list[Note]]:
    notes: list[Note] = []
    return judge_rows(table, propose_mapping(table, settings), settings, today, note=notes.append), notes


def code_of(person: dict[str, str], settings: StudySettings, today: date, **changes: str) -> str:
    verdict = judge(table_of(person | {k.replace("_", " "): v for k, v in changes.items()}), settings, today)[0][0]
    if isinstance(verdict, Accepted):
        return ""
    assert verdict.reason
    assert verdict.remedy
    return verdict.code


def test_a_clean_row_becomes_a_contact(person: dict[str, str], settings: StudySettings, today: date) -> None:
    (verdict,), notes = judge(table_of(person), settings, today)
    assert isinstance(verdict, Accepted)
    assert (verdict.row, verdict.site, verdict.department, verdict.language) == (2, "A", "01", "de")
    contact = verdict.contact
    assert (contact.form_of_address, contact.title, contact.given_name, contact.family_name) == (
        "Frau",
        "Dr.",
        "Nele",
        "Birndorn",
    )
    assert [(p.e164, p.kind) for p in contact.phones] == [("+493023125001", PhoneKind.LANDLINE)]
    assert contact.consent == Consent(
        given_on=date(2026, 6, 3), channel="Formular im Amt", wording_version="1.1", recorded_by="Platz 3"
    )
    assert contact.last_contact == date(2026, 5, 12)
    assert contact.preference is None
    assert notes == []


def test_every_fault_of_the_list_of_fifty_gives_its_code(settings: StudySettings, today: date) -> None:
    rows = faulty_rows(settings, random.Random(1), today=today)
    assert len(rows) == 50
    table = read_table(as_csv([row for row, _ in rows]), "list.csv")
    verdicts, _ = judge(table, settings, today)
    found = [verdict.code if isinstance(verdict, Refused) else "" for verdict in verdicts]
    assert found == [code for _, code in rows]


def test_every_row_is_judged_as_if_it_stood_alone(settings: StudySettings, today: date) -> None:
    """What stands alike in many rows is read once; what is wrong with it is said of each of them."""
    rows = [row for seed in (3, 4, 5) for row, _ in faulty_rows(settings, random.Random(seed), today=today)]
    for n, wish in enumerate(("ab 18 Uhr", "ab 18 Uhr", "irgendwann mal", "irgendwann mal", "um 3 Uhr nachts") * 8):
        rows[3 * n][AT["Anrufzeit"]] = wish
    table = Table(name="list.csv", rows=[list(HEADERS), *rows], encoding="utf-8")
    mapping = propose_mapping(table, settings)
    notes: list[Note] = []
    verdicts = judge_rows(table, mapping, settings, today, note=notes.append)
    judged_alone = 0
    for verdict, row in zip(verdicts, rows, strict=True):
        if isinstance(verdict, Refused) and verdict.code in ("duplicate_in_file", "consent_contradicted"):
            continue
        said: list[Note] = []
        only = Table(name="list.csv", rows=[list(HEADERS), row], encoding="utf-8")
        (alone,) = judge_rows(only, mapping, settings, today, note=said.append)
        assert replace(alone, row=verdict.row) == verdict
        of_this = [note for note in notes if note.row == verdict.row]
        assert [replace(note, row=verdict.row) for note in said] == of_this
        judged_alone += 1
    assert judged_alone > 130
    codes = Counter(verdict.code for verdict in verdicts if isinstance(verdict, Refused))
    assert min(codes[code] for code in ("consent_refused", "site_unknown", "not_eligible", "consent_by_missing")) == 3
    assert Counter(note.code for note in notes)["preference_unread"] > 3


def test_a_list_of_more_wordings_than_are_kept_is_judged_no_differently(
    settings: StudySettings, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_table(invent_list(300, settings, random.Random(6), today=today), "list.csv")
    kept = judge(table, settings, today)
    monkeypatch.setattr(repeated, "MOST_WORDINGS", 2)
    assert judge(table, settings, today) == kept


def test_no_reason_tells_anything_of_the_person(settings: StudySettings, today: date) -> None:
    rows = faulty_rows(settings, random.Random(2), today=today)
    verdicts, notes = judge(read_table(as_csv([row for row, _ in rows]), "list.csv"), settings, today)
    said = " ".join([*(f"{v.reason} {v.remedy}" for v in verdicts if isinstance(v, Refused)), *(n.text for n in notes)])
    for row, _ in rows:
        for cell in (row[2], row[3], row[4], row[5]):
            assert len(cell) < 4 or cell in ("None", "Null") or cell not in said


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Einwilligung": "NEIN"}, "consent_refused"),
        ({"Einwilligung": "vielleicht"}, "consent_unclear"),
        ({"Einwilligung": "Yes"}, ""),
        ({"Einwilligung": "x"}, ""),
        ({"Einwilligung_am": ""}, "consent_date_missing"),
        ({"Einwilligung_am": "10.07.2026"}, ""),
        ({"Einwilligung_am": "11.07.2026"}, "consent_in_future"),
        ({"Einwilligung_Weg": " "}, "consent_channel_missing"),
        ({"Einwilligung_Weg": "x" * 90}, "text_too_long"),
        ({"Einwilligung_Version": ""}, "consent_version_missing"),
        ({"Einwilligung_Version": "2.0"}, "consent_version_unknown"),
        ({"Letzter_Kontakt": "30.06.2025"}, "not_eligible"),
        ({"Letzter_Kontakt": "01.07.2025"}, ""),
        ({"Letzter_Kontakt": "30.06.2026"}, ""),
        ({"Letzter_Kontakt": "01.07.2026"}, "not_eligible"),
        ({"Letzter_Kontakt": "11.07.2026"}, "last_contact_in_future"),
        ({"Letzter_Kontakt": ""}, "last_contact_missing"),
        ({"Landkreis": "landkreis AUENTAL"}, ""),
        ({"Landkreis": "a"}, ""),
        ({"Landkreis": ""}, "site_missing"),
        ({"Landkreis": "Landkreis Anderswo"}, "site_unknown"),
        ({"Sachgebiet": "bürgerbüro SÜD"}, ""),
        ({"Sachgebiet": "Bu\u0308rgerbu\u0308ro Su\u0308d"}, ""),
        ({"Sachgebiet": "01"}, ""),
        ({"Sachgebiet": "1"}, ""),
        ({"Sachgebiet": ""}, "department_missing"),
        ({"Landkreis": "B", "Sachgebiet": "03"}, "department_unknown"),
        ({"Sprache": "Deutsch"}, ""),
        ({"Sprache": "EN"}, ""),
        ({"Sprache": "en-GB"}, ""),
        ({"Sprache": "Türkisch"}, "language_unknown"),
        ({"Vorname": ""}, ""),
        ({"Nachname": ""}, "name_missing"),
        ({"Nachname": "Null"}, ""),
        ({"Nachname": "NA"}, ""),
        ({"Telefon": ""}, "phone_missing"),
        ({"Telefon": "4,93916E+11"}, "phone_shortened"),
        ({"Telefon": "030/23125-023"}, ""),
    ],
)
def test_the_rules_of_a_row(
    changes: dict[str, str], code: str, person: dict[str, str], settings: StudySettings, today: date
) -> None:
    assert code_of(person, settings, today, **changes) == code


def test_all_that_is_wrong_is_said_at_once(person: dict[str, str], settings: StudySettings, today: date) -> None:
    bad = person | {"Telefon": "112", "Erfasst von": "", "Landkreis": "X"}
    (verdict,), _ = judge(table_of(bad), settings, today)
    assert isinstance(verdict, Refused)
    assert verdict.code == "consent_by_missing"
    assert "premium" in verdict.reason
    assert "no such site" in verdict.reason


def test_several_numbers_are_kept_and_bad_ones_left_out_with_a_note(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    many = person | {"Telefon": "030 23125001 oder 0900 1234567", "Mobil": "0171 3920001, 030 23125001"}
    (verdict,), notes = judge(table_of(many), settings, today)
    assert isinstance(verdict, Accepted)
    assert [p.e164 for p in verdict.contact.phones] == ["+493023125001", "+491713920001"]
    assert [(n.row, n.code) for n in notes] == [(2, "phone_dropped")]


def test_the_same_number_twice_is_refused_with_the_other_row(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    other = person | {"Nachname": "Anders", "Telefon": "069 90009001", "Mobil": "+49 30 23125001"}
    third = person | {"Nachname": "Dritter", "Telefon": "069 90009001"}
    verdicts, _ = judge(table_of(person, other, third), settings, today)
    assert [v.code if isinstance(v, Refused) else "" for v in verdicts] == ["", "duplicate_in_file", ""]
    assert isinstance(verdicts[1], Refused)
    assert "Row 2" in verdicts[1].reason


@pytest.mark.parametrize("first", [True, False])
def test_a_no_beside_a_yes_for_one_number_is_a_no(
    first: bool, person: dict[str, str], settings: StudySettings, today: date
) -> None:
    declined = person | {"Einwilligung": "nein"}
    pair = (declined, person) if first else (person, declined)
    verdicts, _ = judge(table_of(*pair), settings, today)
    codes = [v.code for v in verdicts if isinstance(v, Refused)]
    assert sorted(codes) == ["consent_contradicted", "consent_refused"]


def test_formulas_are_refused_in_mapped_columns_only(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    at = frozenset({(2, AT["Telefon"])})
    (verdict,), _ = judge(table_of(person, formulas=at), settings, today)
    assert isinstance(verdict, Refused)
    assert verdict.code == "formula"
    table = table_of(person, formulas=at)
    elsewhere = with_field(propose_mapping(table, settings), AT["Mobil"], Field.PHONE)
    unmapped = with_field(elsewhere, AT["Telefon"], Field.IGNORED)
    (verdict,) = judge_rows(table, unmapped, settings, today)
    assert isinstance(verdict, Refused)
    assert verdict.code == "phone_missing"


def test_ragged_rows_are_refused_one_by_one_and_nothing_shifts(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person, person, person)
    table.rows[2].insert(3, "extra")
    del table.rows[3][5]
    verdicts, _ = judge(table, settings, today)
    assert [v.code if isinstance(v, Refused) else "" for v in verdicts] == ["", "ragged", "ragged"]


def test_a_cell_beside_the_headers_is_a_shifted_row(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person, person)
    for row, beside in zip(table.rows, ("", "", "Rest"), strict=True):
        row.append(beside)
    verdicts, _ = judge(table, settings, today)
    assert [v.code if isinstance(v, Refused) else "" for v in verdicts] == ["", "cell_outside"]


def test_blank_rows_have_no_verdict_and_numbers_stay_true(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person)
    table.rows[1:1] = [[], [" "] * len(HEADERS)]
    verdicts, _ = judge(table, settings, today)
    assert [v.row for v in verdicts] == [4]


def test_a_full_name_in_one_column(person: dict[str, str], settings: StudySettings, today: date) -> None:
    table = table_of(person | {"Vorname": "", "Nachname": "Prof. Dr. Nele von Birndorn", "Anrede": "", "Titel": ""})
    mapping = with_field(
        with_field(propose_mapping(table, settings), AT["Vorname"], Field.IGNORED), AT["Nachname"], Field.FULL_NAME
    )
    (verdict,) = judge_rows(table, mapping, settings, today)
    assert isinstance(verdict, Accepted)
    assert (verdict.contact.title, verdict.contact.given_name, verdict.contact.family_name) == (
        "Prof. Dr.",
        "Nele",
        "von Birndorn",
    )


def test_what_holds_for_the_whole_list_fills_empty_cells(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person | {"Landkreis": ""})
    mapping = with_field(propose_mapping(table, settings), AT["Landkreis"], Field.IGNORED)
    with pytest.raises(Problem, match="Site"):
        judge_rows(table, mapping, settings, today)
    (verdict,) = judge_rows(table, with_constant(mapping, Field.SITE, "A"), settings, today)
    assert isinstance(verdict, Accepted)
    assert verdict.site == "A"


def test_invisible_signs_are_taken_out_with_a_note(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    (verdict,), notes = judge(table_of(person | {"Nachname": "Birn\u202edorn\u200b"}), settings, today)
    assert isinstance(verdict, Accepted)
    assert verdict.contact.family_name == "Birndorn"
    assert [n.code for n in notes] == ["name_cleaned"]


def test_a_preferred_time_is_read_and_what_is_none_is_left_out_with_a_note(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    (verdict,), notes = judge(table_of(person | {"Anrufzeit": "ab 18 Uhr"}), settings, today)
    assert isinstance(verdict, Accepted)
    assert verdict.contact.preference is not None
    assert verdict.contact.preference.start_minute == 18 * 60
    assert notes == []
    (verdict,), notes = judge(table_of(person | {"Anrufzeit": "wenn der Hahn kräht?"}), settings, today)
    assert isinstance(verdict, Accepted)
    assert verdict.contact.preference is None
    assert [n.code for n in notes] == ["preference_unread"]


def test_remarks_reach_no_contact_and_no_list_of_refusals(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person, person | {"Telefon": "112"})
    for row, remark in zip(table.rows, ("Bemerkungen", "Geheimnis", "Geheimnis"), strict=True):
        row.append(remark)
    mapping = propose_mapping(table, settings)
    verdicts = judge_rows(table, mapping, settings, today)
    assert "Geheimnis" not in repr(verdicts)
    refused = [v for v in verdicts if isinstance(v, Refused)]
    assert b"Geheimnis" not in refused_table(table, mapping, refused, text=True)


def test_refused_rows_go_back_without_formulas_and_come_in_again_when_mended(
    person: dict[str, str], settings: StudySettings, today: date, english_again: None
) -> None:
    table = table_of(
        person | {"Nachname": "=HYPERLINK(1)", "Telefon": "+49 30 23125009"}, person, person | {"Telefon": "112"}
    )
    mapping = propose_mapping(table, settings)
    refused = [v for v in judge_rows(table, mapping, settings, today) if isinstance(v, Refused)]
    for text, language in ((False, "en"), (True, "de")):
        set_language(language)
        data = refused_table(table, mapping, refused, text=text)
        back = read_table(data, "back")
        assert not back.formulas
        assert [row[0] for row in back.rows[1:]] == ["2", "4"]
        assert back.rows[1][-2] == refused[0].reason
        assert back.rows[0][0] == ("Row" if language == "en" else "Zeile")
        if text:
            assert back.rows[1][4].startswith("'=")
        again = propose_mapping(back, settings)
        verdicts = judge_rows(back, again, settings, today)
        assert [v.code for v in verdicts if isinstance(v, Refused)] == ["name_signs", "phone_not_callable"]
        back.rows[1][4] = "Birndorn"
        assert again.columns[0].field is again.columns[-1].field is Field.IGNORED
        mended = judge_rows(back, again, settings, today)[0]
        assert isinstance(mended, Accepted)
        assert mended.contact.phones[0].e164 == "+493023125009"


def test_the_workbook_of_refused_rows_holds_text_only(
    person: dict[str, str], settings: StudySettings, today: date
) -> None:
    table = table_of(person | {"Nachname": "@SUM(1)", "Vorname": "-2"})
    mapping = propose_mapping(table, settings)
    refused = [v for v in judge_rows(table, mapping, settings, today) if isinstance(v, Refused)]
    sheet = load_workbook(io.BytesIO(refused_table(table, mapping, refused))).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} <= {"s", "inlineStr"}


def test_a_table_written_for_sealing_reads_back_as_it_was(settings: StudySettings, today: date) -> None:
    table = read_table(invent_list(20, settings, random.Random(4), today=today), "list.csv")
    table.rows[3][4] = "030 1;2\n0171 2"
    again = read_table(table_to_csv(table), "sealed.csv")
    table.rows[3][4] = "030 1;2, 0171 2"
    assert again.rows == table.rows


def test_progress_is_told_and_cancelling_leaves_nothing(settings: StudySettings, today: date) -> None:
    table = read_table(invent_list(1_200, settings, random.Random(1), today=today), "list.csv")
    mapping = propose_mapping(table, settings)
    told: list[tuple[int, int]] = []
    judge_rows(table, mapping, settings, today, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 1200), (500, 1200), (1000, 1200), (1200, 1200)]
    with pytest.raises(Cancelled):
        judge_rows(table, mapping, settings, today, cancelled=lambda: True)


def test_invented_people_are_all_accepted_whatever_the_seed(settings: StudySettings, today: date) -> None:
    for seed in range(5):
        table = read_table(invent_list(150, settings, random.Random(seed), today=today), "list.csv")
        verdicts, _ = judge(table, settings, today)
        assert all(isinstance(verdict, Accepted) for verdict in verdicts)
        assert {v.department for v in verdicts if isinstance(v, Accepted)} == {"01", "02", "03"}


def test_the_inventor_draws_the_same_people_from_the_same_seed(settings: StudySettings, today: date) -> None:
    lists = [invent_list(40, settings, random.Random(seed), today=today) for seed in (1, 1, 2)]
    assert lists[0] == lists[1] != lists[2]


def test_a_window_of_contact_that_reaches_beyond_today_is_held_to_today(settings: StudySettings, today: date) -> None:
    wide = replace(settings, contact_to=today + timedelta(60))
    table = read_table(invent_list(100, wide, random.Random(1), today=today), "list.csv")
    assert all(isinstance(v, Accepted) for v in judge(table, wide, today)[0])


@pytest.mark.bench
def test_reading_and_judging_keep_bar_six(settings: StudySettings, today: date) -> None:
    """Rows a second against the bare phonenumbers rate (>= 1/3), and 100,000 against 10,000 rows (>= 0.8)."""
    rates = {}
    for n in (10_000, 100_000):
        data = invent_list(n, settings, random.Random(n), today=today)
        start = time.perf_counter()
        table = read_table(data, "list.csv")
        verdicts = judge_rows(table, propose_mapping(table, settings), settings, today)
        rates[n] = n / (time.perf_counter() - start)
        assert len(verdicts) == n
    texts = [row[4] or row[5] for row in table.rows[1:10_001]]
    start = time.perf_counter()
    for text in texts:
        number = phonenumbers.parse(text, "DE")
        phonenumbers.is_valid_number(number)
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        phonenumbers.number_type(number)
    bare = len(texts) / (time.perf_counter() - start)
    assert rates[100_000] >= bare / 3
    assert rates[100_000] >= 0.8 * rates[10_000]
