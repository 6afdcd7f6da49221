"""Tables beside a form: only those it names, only inside its folder, in any encoding; the missing ones are noted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cati.files.form_tables import csv_cells, tables_named
from cati.files.questionnaires import read_form, read_questionnaire
from cati.survey.diagnostics import Findings
from cati.survey.form_rows import Form

SURVEY = """survey:
  - {type: select_one_from_file Towns.csv, name: town, label: Town?}
  - {type: calculate, name: land, calculation: "pulldata('lands', 'name', 'key', ${town})"}
  - {type: calculate, name: more, calculation: "count(instance(‘more’)/root/item[a = 1])"}
  - {type: csv-external, name: extra}
  - {type: select_one yes_no, name: q, label: Q?, appearance: "search('found')"}
  - {type: calculate, name: own, calculation: "count(instance('yes_no')/root/item)"}
  - {type: calculate, name: gone, calculation: "pulldata('gone', 'name', 'key', 1)", disabled: "yes"}
choices:
  - {list_name: yes_no, name: "yes", label: "yes"}
"""


def write(folder: Path, text: str = SURVEY) -> Path:
    path = folder / "form.yaml"
    path.write_text(text, "utf-8")
    return path


def rows(form: Form, table: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in form.tables[table].rows]


def test_every_way_to_name_a_table_is_found(tmp_path: Path) -> None:
    named = tables_named(read_form(write(tmp_path), "form.yaml"))
    assert [one.stem for one in named] == ["Towns", "lands", "more", "extra", "found"]


def test_only_what_is_named_is_read_and_the_rest_is_missing(tmp_path: Path) -> None:
    (tmp_path / "towns.CSV").write_text("name;label\nm;München\n", "cp1252")
    (tmp_path / "lands.csv").write_text("key,name\nm,BY\n", "utf-8-sig")
    (tmp_path / "people.csv").write_text("name,phone\n", "utf-8")
    found = read_questionnaire(write(tmp_path), "form.yaml")
    assert found.form is not None
    assert set(found.form.tables) == {"Towns", "lands"}
    assert rows(found.form, "Towns") == [{"name": "m", "label": "München"}]
    assert rows(found.form, "lands") == [{"key": "m", "name": "BY"}]
    missing = [one for one in found.diagnostics if one.code == "missing_table"]
    assert [one.severity for one in missing] == ["warning"] * 3
    assert "more.csv" in missing[0].what


def test_odks_media_folder_is_beside_the_form(tmp_path: Path) -> None:
    (tmp_path / "form-media").mkdir()
    (tmp_path / "form-media" / "lands.csv").write_text("key,name\n", "utf-8")
    assert set(read_form(write(tmp_path), "form.yaml").tables) == {"lands"}


def test_bytes_have_nothing_beside_them() -> None:
    assert read_form(SURVEY.encode(), "form.yaml").tables == {}


@pytest.mark.parametrize("name", ["../secret", "..\\secret", "/etc/passwd", "sub/secret", "link"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    for place in (tmp_path, inside / "sub"):
        (place / "secret.csv").write_text("key,name\n1,2\n", "utf-8")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    text = f"survey:\n  - type: calculate\n    name: a\n    calculation: pulldata('{name}', 'name', 'key', 1)\n"
    assert read_form(write(inside, text), "form.yaml").tables == {}


def test_what_is_no_file_is_an_error_not_an_endless_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lands.csv")
    found = read_questionnaire(write(tmp_path), "form.yaml")
    assert found.questionnaire is None
    assert "unreadable_table" in [one.code for one in found.diagnostics]


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        ("a,b\n1,2\n".encode("utf-16"), [["a", "b"], ["1", "2"]]),
        ("a;b\nä,ö;2\n".encode("cp1252"), [["a", "b"], ["ä,ö", "2"]]),
        (b"a\tb\n1\t2\n", [["a", "b"], ["1", "2"]]),
        (b"sep=;\na;b\n1;2\n", [[], ["a", "b"], ["1", "2"]]),
        (b'a,b\n"one, two\nthree",2\n', [["a", "b"], ["one, two\nthree", "2"]]),
        (b"form_title\nA, b and c\n", [["form_title"], ["A, b and c"]]),
        (b"", []),
    ],
)
def test_encodings_and_separators_are_found_out(data: bytes, cells: list[list[str]]) -> None:
    findings = Findings()
    assert csv_cells(data, "x.csv", findings) == cells
    assert [note.code for note in findings.found] == (["encoding"] if b"\xe4" in data else [])


def test_the_external_sheet_is_a_table_and_lies_beside_a_form_that_has_none(tmp_path: Path) -> None:
    text = "survey:\n  - {type: select_one_external towns, name: town, label: Town?, choice_filter: land=1}\n"
    (tmp_path / "external_choices.csv").write_text("list_name,name,label,land\ntowns,m,M,1\n", "utf-8")
    assert rows(read_form(write(tmp_path, text), "form.yaml"), "external_choices")[0]["land"] == "1"
    own = text + "external_choices:\n  - {list_name: towns, name: x}\n"
    assert rows(read_form(own.encode(), "form.yaml"), "external_choices") == [{"list_name": "towns", "name": "x"}]


def test_a_questionnaire_carries_its_tables_and_asks_from_them(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text("name;label;land\nm;München;BY\nb;Berlin;BE\n", "cp1252")
    (tmp_path / "lands.csv").write_text("key,name\nm,Bayern\n", "utf-8")
    text = (
        "survey:\n  - {type: select_one_from_file Towns.csv, name: town, label: Town?}\n"
        "  - {type: calculate, name: land, calculation: \"pulldata('lands', 'name', 'key', ${town})\"}\n"
    )
    found = read_questionnaire(write(tmp_path, text), "form.yaml")
    assert [one.code for one in found.diagnostics] == ["encoding"]
    assert "cp1252" in found.diagnostics[0].what
    assert found.questionnaire is not None
    assert found.questionnaire.tables["lands"] == ({"key": "m", "name": "Bayern"},)
    listed = found.questionnaire.choice_lists[found.questionnaire.items[0].choices]
    assert [(choice.name, choice.label[""], choice.columns["land"]) for choice in listed] == [
        ("m", "München", "BY"), ("b", "Berlin", "BE")
    ]  # fmt: skip
    before = found.questionnaire.content_hash
    (tmp_path / "lands.csv").write_text("key,name\nm,Baiern\n", "utf-8")
    after = read_questionnaire(write(tmp_path, text), "form.yaml").questionnaire
    assert after is not None
    assert after.content_hash != before


def test_a_table_named_as_xml_or_geojson_may_lie_there_as_csv(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("name,label\na,A\n", "utf-8")
    text = "survey:\n  - {type: select_one_from_file sites.geojson, name: s, label: S?}\n"
    assert set(read_form(write(tmp_path, text), "form.yaml").tables) == {"sites"}
