"""Columns are recognised by name and content, shown masked, corrected by hand and remembered."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from cati.demo.people import HEADERS, as_csv, invent_list, invent_rows
from cati.errors import Problem
from cati.files.headers import LABELS, Field, field_by_name
from cati.files.mapping import (
    BY_CONTENT,
    BY_HAND,
    BY_NAME,
    LEAKS,
    Mapping,
    mapping_faults,
    mapping_from_json,
    mapping_to_json,
    masked_sample,
    propose_mapping,
    with_constant,
    with_field,
)
from cati.files.tables import Table, read_table
from cati.settings import StudySettings


def table_of(*rows: list[str]) -> Table:
    return Table(name="list.csv", rows=list(rows), encoding="utf-8", delimiter=";")


def fields(mapping: Mapping) -> list[Field]:
    return [column.field for column in mapping.columns]


GERMAN = {
    "Vorname": Field.GIVEN_NAME, "NACHNAME": Field.FAMILY_NAME, "Name": Field.FAMILY_NAME,
    "Anrede": Field.FORM_OF_ADDRESS,
    "akad. Titel": Field.TITLE, "Tel.-Nr.": Field.PHONE, "Telefon 2": Field.PHONE, "Handy": Field.MOBILE,
    "Mobilnummer": Field.MOBILE, "Festnetz": Field.LANDLINE, "Sprache": Field.LANGUAGE, "Landkreis": Field.SITE,
    "Sachgebiet": Field.DEPARTMENT, "Letzter Kontakt (am)": Field.LAST_CONTACT, "Wunschzeit": Field.PREFERRED_TIME,
    "Einwilligung": Field.CONSENT, "Einwilligung am": Field.CONSENT_DATE, "Einwilligungsdatum": Field.CONSENT_DATE,
    "Einwilligung (Weg)": Field.CONSENT_CHANNEL, "Einwilligung - Version": Field.CONSENT_VERSION,
    "Erfasst von": Field.CONSENT_BY, "Bemerkungen": Field.REMARKS, "Bemerkung intern": Field.REMARKS,
    "E-Mail": Field.IGNORED, "Straße": Field.IGNORED, "STRASSE": Field.IGNORED,
}  # fmt: skip
ENGLISH = {
    "First name": Field.GIVEN_NAME, "Surname": Field.FAMILY_NAME, "Full name": Field.FULL_NAME,
    "Salutation": Field.FORM_OF_ADDRESS,
    "Title": Field.TITLE, "Phone number": Field.PHONE, "Mobile": Field.MOBILE, "Landline": Field.LANDLINE,
    "Language": Field.LANGUAGE, "County": Field.SITE, "Department": Field.DEPARTMENT,
    "Last contact": Field.LAST_CONTACT,
    "Best time to call": Field.PREFERRED_TIME, "Consent given": Field.CONSENT, "Consent date": Field.CONSENT_DATE,
    "Consent channel": Field.CONSENT_CHANNEL, "Wording version": Field.CONSENT_VERSION, "Recorded by": Field.CONSENT_BY,
    "Notes": Field.REMARKS, "Comments": Field.REMARKS,
}  # fmt: skip


@pytest.mark.parametrize(("header", "field"), [*GERMAN.items(), *ENGLISH.items()])
def test_headers_of_both_languages_are_known(header: str, field: Field) -> None:
    found = field_by_name(header)
    assert found is not None
    assert found[0] is field


def test_a_word_that_names_nothing_names_nothing() -> None:
    assert field_by_name("Quux") is None
    assert set(LABELS) == set(Field)


def test_an_invented_list_needs_no_correction(settings: StudySettings, today: date) -> None:
    table = read_table(invent_list(30, settings, random.Random(1), today=today), "list.csv")
    mapping = propose_mapping(table, settings)
    assert mapping_faults(mapping) == ()
    assert [column.header for column in mapping.columns] == list(HEADERS)
    assert all(column.sure and column.why == BY_NAME for column in mapping.columns)


def test_headers_need_not_stand_in_row_one(settings: StudySettings, today: date) -> None:
    rows = invent_rows(5, settings, random.Random(1), today=today)
    table = table_of(["Landratsamt", ""], [], ["Liste der Kunden", "Stand 1. Juli"], list(HEADERS), *rows)
    mapping = propose_mapping(table, settings)
    assert mapping.header_row == 4
    assert mapping_faults(mapping) == ()
    assert masked_sample(table, mapping)[0][7] == rows[0][7]


def test_columns_with_strange_names_are_known_by_their_content(settings: StudySettings, today: date) -> None:
    rows = invent_rows(20, settings, random.Random(1), today=today)
    picked = [[r[4] or r[5], r[7], r[8], r[0], r[14], r[11], f"{r[3]}, {r[2]}", r[9], r[12]] for r in rows]
    headers = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "Letzter Kontakt", "Einwilligung am"]
    mapping = propose_mapping(table_of(headers, *picked), settings)
    assert fields(mapping)[:7] == [
        Field.PHONE, Field.SITE, Field.DEPARTMENT, Field.FORM_OF_ADDRESS, Field.CONSENT_VERSION,
        Field.CONSENT, Field.FULL_NAME,
    ]  # fmt: skip
    assert all(column.why == BY_CONTENT and not column.sure for column in mapping.columns[:7])


def test_remarks_are_never_taken_over_and_it_says_why(settings: StudySettings) -> None:
    remark = "Hat sich im März lange über die Sachbearbeiterin beschwert"
    table = table_of(["Nachname", "Telefon", "Bemerkung", "Sonst"], *[["A", "0301", remark, remark]] * 3)
    mapping = propose_mapping(table, settings)
    assert [c.field for c in mapping.columns[2:]] == [Field.REMARKS, Field.REMARKS]
    assert [c.why for c in mapping.columns[2:]] == [LEAKS, LEAKS]
    assert not any(sign.isalnum() for row in masked_sample(table, mapping) for cell in row[2:] for sign in cell)


def test_a_single_name_column_holds_the_full_name(settings: StudySettings) -> None:
    mapping = propose_mapping(table_of(["Name", "Telefon"], ["Anna Amsel", "0301"]), settings)
    assert fields(mapping)[0] is Field.FULL_NAME
    mapping = propose_mapping(table_of(["Name", "Vorname", "Telefon"], ["Amsel", "Anna", "0301"]), settings)
    assert fields(mapping)[:2] == [Field.FAMILY_NAME, Field.GIVEN_NAME]


def test_what_the_study_has_only_one_of_is_proposed_for_the_whole_list(settings: StudySettings) -> None:
    single = replace(settings, sites=settings.sites[:1], consent=settings.consent[:1])
    mapping = propose_mapping(table_of(["Nachname", "Telefon"], ["A", "0301"]), single)
    assert dict(mapping.constants) == {Field.SITE: "A", Field.CONSENT_VERSION: "1.0", Field.LANGUAGE: "de"}
    mapping = propose_mapping(table_of(["Nachname", "Telefon"], ["A", "0301"]), settings)
    assert dict(mapping.constants) == {Field.LANGUAGE: "de"}


@pytest.mark.parametrize(
    "headers",
    [["Nachname", "Telefon", "Telefon"], ["Nachname", "telefon ", "TELEFON"], ["A", "Nachname", "Telefon", "a"]],
)
def test_two_headers_alike_are_refused(headers: list[str], settings: StudySettings) -> None:
    with pytest.raises(Problem, match="Two columns"):
        propose_mapping(table_of(headers, ["A", "1", "2", "3"]), settings)


def test_a_list_without_headers_is_refused_and_a_row_can_be_named(settings: StudySettings) -> None:
    table = table_of(["Amsel", "0301"], ["Dachs", "0302"])
    with pytest.raises(Problem, match="headers"):
        propose_mapping(table, settings)
    assert propose_mapping(table, settings, header_row=2).header_row == 2
    with pytest.raises(Problem, match="row 9"):
        propose_mapping(table, settings, header_row=9)


def test_what_is_missing_is_said(settings: StudySettings) -> None:
    mapping = propose_mapping(table_of(["Vorname", "Sprache"], ["A", "de"]), settings)
    said = " ".join(mapping_faults(mapping))
    for field in (
        Field.FAMILY_NAME,
        Field.PHONE,
        Field.SITE,
        Field.DEPARTMENT,
        Field.LAST_CONTACT,
        Field.CONSENT_DATE,
        Field.CONSENT_BY,
    ):
        assert LABELS[field] in said
    both = with_field(with_field(mapping, 0, Field.FULL_NAME), 1, Field.FAMILY_NAME)
    assert "twice" in " ".join(mapping_faults(both))


def test_a_correction_by_hand_moves_a_meaning_but_leaves_other_phones(settings: StudySettings) -> None:
    mapping = propose_mapping(
        table_of(["Nachname", "Geburtsname", "Telefon", "Nummer"], ["A", "B", "1", "2"]), settings
    )
    changed = with_field(with_field(mapping, 1, Field.FAMILY_NAME), 3, Field.PHONE)
    assert fields(changed) == [Field.IGNORED, Field.FAMILY_NAME, Field.PHONE, Field.PHONE]
    assert changed.columns[1].why == BY_HAND
    held = with_constant(changed, Field.SITE, "B")
    assert held.constant(Field.SITE) == "B"
    assert with_constant(held, Field.SITE, "").constant(Field.SITE) == ""
    assert with_field(held, 0, Field.SITE).constant(Field.SITE) == ""
    with pytest.raises(ValueError, match="phone"):
        with_constant(changed, Field.PHONE, "1")


def test_sample_rows_are_masked(settings: StudySettings) -> None:
    table = table_of(
        ["Nachname", "Telefon", "Sachgebiet", "E-Mail"],
        ["Müller-Äpfel", "0391 5550123", "Bauamt", "anna@example.org"],
        *[["", "", "", ""]] * 3,
        *[["Amsel", "0301", "Bauamt", "x"]] * 20,
    )
    sample = masked_sample(table, propose_mapping(table, settings))
    assert sample[0] == ["Mü••••-Ä••••", "0391 •••••••", "Bauamt", "••••@•••••••.•••"]
    assert len(sample) == 10
    assert masked_sample(table, propose_mapping(table, settings), 2)[1][0] == "A••••"


def test_a_name_in_other_letters_is_masked_too(settings: StudySettings) -> None:
    table = table_of(["Nachname", "Telefon"], ["Иванов", "0301"])
    assert masked_sample(table, propose_mapping(table, settings))[0][0] == "И•••••"


def test_a_template_fits_the_same_headers_in_any_order_and_no_others(settings: StudySettings, today: date) -> None:
    table = read_table(invent_list(5, settings, random.Random(1), today=today), "list.csv")
    mapping = with_constant(with_field(propose_mapping(table, settings), 6, Field.IGNORED), Field.LANGUAGE, "en")
    kept = mapping_to_json(mapping)
    assert all(row[3].encode() not in kept for row in table.rows[1:])
    again = mapping_from_json(kept, table)
    assert again is not None
    assert (fields(again), again.constants) == (fields(mapping), mapping.constants)
    turned = replace(table, rows=[["Stand: Juli"], *(row[::-1] for row in table.rows)])
    found = mapping_from_json(kept, turned)
    assert found is not None
    assert (found.header_row, fields(found)) == (2, fields(mapping)[::-1])
    fewer = replace(table, rows=[row[:-1] for row in table.rows])
    assert mapping_from_json(kept, fewer) is None
    assert mapping_from_json(b"{}", table) is None
    assert mapping_from_json(b'{"version":1,"headers":{"a":"nonsense"},"constants":{}}', table) is None


def test_csv_of_the_inventor_reads_back(settings: StudySettings, today: date) -> None:
    rows = invent_rows(3, settings, random.Random(1), today=today)
    assert read_table(as_csv(rows, encoding="cp1252"), "list.csv").rows[1:] == rows


@pytest.mark.parametrize("headers", [["Landkreis", "Amt", "Nachname"], ["Amt", "Landkreis", "Nachname"]])
def test_an_office_is_a_department_when_its_cells_say_so(headers: list[str], settings: StudySettings) -> None:
    cells = {"Landkreis": settings.sites[0].name, "Amt": "Bauamt", "Nachname": "Amselbühler"}
    table = table_of(headers, *([cells[header] for header in headers] for _ in range(5)))
    found = dict(zip(headers, fields(propose_mapping(table, settings)), strict=True))
    assert (found["Landkreis"], found["Amt"]) == (Field.SITE, Field.DEPARTMENT)


def test_a_wish_in_free_words_is_masked_and_one_that_is_understood_is_shown(settings: StudySettings) -> None:
    rows = [["Name", "Telefon", "Anrufzeit"], ["Moser, Nele", "030 23125001", "nur wenn Karl weg ist"]]
    table = Table(name="x", rows=[*rows, ["Moser, Ole", "030 23125002", "ab 18 Uhr"]])
    shown = masked_sample(table, propose_mapping(table, settings))
    assert [row[2] for row in shown] == ["••• •••• •••• ••• •••", "ab 18 Uhr"]


def test_somebodys_row_is_never_taken_for_headers(settings: StudySettings) -> None:
    rows = [["Frau", "Telefon", "Person", "030 23125001"], ["Name", "Telefon", "Amt", "Kreis"]]
    table = Table(name="x", rows=[*rows, ["Moser", "030 23125002", "Bauamt", "Landkreis Auental"]])
    assert propose_mapping(table, settings).header_row == 2
    for row in (1, 3):
        with pytest.raises(Problem, match="somebody"):
            propose_mapping(table, settings, header_row=row)


def test_an_office_beside_its_county_is_proposed_as_a_department(settings: StudySettings) -> None:
    table = Table(name="x", rows=[["Nachname", "Telefon", "Landkreis", "Amt"], ["Moser", "030 23125002", "A", "?"]])
    column = propose_mapping(table, settings).columns[3]
    assert (column.field, column.sure) == (Field.DEPARTMENT, False)
