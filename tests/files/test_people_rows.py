"""The slip's count and the import's are one, whatever stands above, between and below the people."""

from __future__ import annotations

import io
import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from openpyxl import Workbook

from cati.demo.people import HEADERS, as_csv, faulty_rows, invent_rows
from cati.errors import Problem
from cati.files.mapping import propose_mapping
from cati.files.people_rows import count_people, header_row, people_rows, read_list
from cati.files.rows import judge_rows
from cati.files.tables import Table, read_table
from cati.settings import StudySettings

from .conftest import make_settings

PERSON, FAULTY, BLANK, SPACES, NUL, SHORT, TOTAL = range(7)


@bounded(max_examples=60, deadline=None)  # whoever reads a wish first reads the words for it, too
@given(
    title=st.lists(st.sampled_from([[], ["Kundenbefragung 2026"], ["Stand", "1.7.2026"], [" "]]), max_size=4),
    kinds=st.lists(st.integers(PERSON, TOTAL), min_size=1, max_size=25),
    seed=st.integers(0, 9),
)
def test_the_slip_says_what_the_import_counts(title: list[list[str]], kinds: list[int], seed: int) -> None:
    study_settings = make_settings()
    draw, today = random.Random(seed), date(2026, 7, 10)
    good = iter(invent_rows(len(kinds), study_settings, draw, today=today))
    bad = [row for row, _why in faulty_rows(study_settings, draw, today=today)]
    rows: list[list[str]] = [*title, list(HEADERS)]
    broken: dict[int, str] = {}
    for kind in kinds:
        rows.append(
            {
                PERSON: lambda: list(next(good)),
                FAULTY: lambda: list(draw.choice(bad)),
                BLANK: list,
                SPACES: lambda: [" ", "\u00a0", ""] * 5,
                NUL: lambda: [""] * len(HEADERS),
                SHORT: lambda: list(next(good))[:6],
                TOTAL: lambda: ["Summe: 12", "12"],
            }[kind]()
        )
        if kind == NUL:
            broken[len(rows)] = "nul"
    table = Table(name="list.csv", rows=rows, broken=broken)
    # One ragged row alone can leave a column unknown, which is another test's: the mapping is that of a list with others.
    somebody = invent_rows(1, study_settings, draw, today=today)
    mapping = propose_mapping(Table(name="list.csv", rows=[*title, list(HEADERS), *somebody]), study_settings)
    verdicts = judge_rows(table, mapping, study_settings, today)
    assert count_people(table) == len(verdicts) == sum(kind in (PERSON, FAULTY, NUL, SHORT) for kind in kinds)


def test_a_row_that_cannot_be_trusted_is_somebodys(settings: StudySettings, today: date) -> None:
    rows = invent_rows(3, settings, random.Random(1), today=today)
    rows[1][3] = "X" * 6000
    table = read_table(as_csv(rows), "list.csv")
    assert not any(table.rows[2]), "its cells go no further"
    assert count_people(table) == 3


def test_headers_nobody_knows_are_the_first_of_the_fullest_rows() -> None:
    table = Table(name="x", rows=[["Liste"], [], ["a", "b", "c"], ["1", "2", "3"], ["1", "", "3"], ["Anzahl: 2"]])
    assert header_row(table) == 3
    assert [number for number, _row in people_rows(table, 3)] == [4, 5]
    assert header_row(Table(name="x", rows=[])) == count_people(Table(name="x", rows=[[" "], []])) == 0


def test_a_person_called_like_a_total_is_a_person(settings: StudySettings, today: date) -> None:
    (row,) = invent_rows(1, settings, random.Random(2), today=today)
    table = Table(name="x", rows=[list(HEADERS), ["Summe", *row[1:]], ["", "", "", "Total"], ["Seite 1 von 1"]])
    assert count_people(table) == 1


def _workbook(**sheets: list[list[str]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_the_sheet_with_the_people_is_found_behind_others(settings: StudySettings, today: date) -> None:
    people = [list(HEADERS), *invent_rows(4, settings, random.Random(1), today=today)]
    data = _workbook(Info=[["Liste für das Institut"], ["Stand", "1.7.2026"]], Liste=people, Leer=[])
    table = read_list(data, "list.xlsx")
    assert (table.sheet, table.sheets, count_people(table)) == ("Liste", ("Info", "Liste"), 4)


def test_people_on_several_sheets_are_not_lost_without_a_word(settings: StudySettings, today: date) -> None:
    people = [list(HEADERS), *invent_rows(4, settings, random.Random(1), today=today)]
    data = _workbook(Nord=people, Kürzel=[["Sachgebiet", "Name"], ["01", "Bauamt"]], Süd=people)
    with pytest.raises(Problem, match="Nord, Süd"):
        read_list(data, "list.xlsx")
    assert count_people(read_list(data, "list.xlsx", sheet="Süd")) == 4
