"""`cati check` for people and for scripts, `cati convert` into every format, their exit status and their German."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cati import cli
from cati.files.questionnaires import read_questionnaire

QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"
SURVEY = QUESTIONNAIRES / "county_customer_survey.yaml"
WARNED = """survey:
  - {type: text, name: a, label: A?, relevent: "1 = 1", remarks: x}
  - {type: geopoint, name: b, label: B?}
  - {type: geopoint, name: c, label: C?}
"""
BROKEN = WARNED + "  - {type: select_one nowhere, name: d, label: D?}\n"


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    path = tmp_path / "warned.yaml"
    path.write_text(WARNED, "utf-8")
    return path


def run(*words: object, language: str = "en") -> int:
    return cli.main(["--language", language, *map(str, words)])


def test_findings_stand_under_their_severity_and_sheet(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", warned) == 0
    said = capsys.readouterr().out
    assert said.index("Warnings (3)") < said.index("Notes (1)") < said.index("0 errors, 3 warnings, 1 note.")
    assert "  Sheet survey\n" in said
    assert "    Rows 3, 4, column type: " in said, "the same finding in two rows is said once"
    assert "Did you mean relevant?" in " ".join(said.split()), "it may be wrapped"
    assert "The questionnaire runs: 3 items." in said


def test_findings_are_said_in_german(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warned.write_text(BROKEN, "utf-8")
    assert run("check", warned, language="de") == 1
    said = capsys.readouterr().out
    for words in (
        "Fehler (1)",
        "Warnungen (3)",
        "Anmerkungen (1)",
        "Blatt survey",
        "Zeilen 3, 4, Spalte type: ",
        "1 Fehler, 3 Warnungen",
    ):
        assert words in said


def test_strict_fails_on_warnings_but_not_on_notes(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--strict", warned) == 1
    assert run("check", "--strict", "--json", warned) == 1
    warned.write_text("survey:\n  - {type: text, name: a, label: A?, remarks: x}\n", "utf-8")
    assert run("check", "--strict", warned) == 0
    assert "1 note" in capsys.readouterr().out


def test_json_is_a_list_of_objects_that_no_language_changes(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for language in ("en", "de"):
        assert run("check", "--json", warned, language=language) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert all(list(one) == ["severity", "code", "sheet", "row", "column", "what", "do"] for one in found[0])
    plain = [
        [{key: one[key] for key in ("severity", "code", "sheet", "row", "column")} for one in form] for form in found
    ]
    assert plain[0] == plain[1]
    assert found[0][0]["what"] != found[1][0]["what"]
    assert {"severity": "warning", "code": "not_asked", "sheet": "survey", "row": 3, "column": "type"} in plain[0]


@pytest.mark.parametrize("ending", [".xlsx", ".yaml", ".yml"])
def test_a_converted_form_is_the_same(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / f"county_customer_survey{ending}"
    assert run("convert", SURVEY, target) == 0
    assert str(target) in capsys.readouterr().out
    made, before = read_questionnaire(target, target.name), read_questionnaire(SURVEY, SURVEY.name)
    assert made.questionnaire is not None
    assert before.questionnaire is not None
    assert made.questionnaire.content_hash == before.questionnaire.content_hash


def test_an_xform_is_written_with_what_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("convert", SURVEY, tmp_path / "form.xml", language="de") == 0
    assert "Anmerkungen (1)" in capsys.readouterr().out
    assert (tmp_path / "form.xml").read_text("utf-8").startswith("<?xml")


def test_the_tables_go_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "survey:\n  - {type: select_one_from_file towns.csv, name: town, label: Town?}\n"
    (tmp_path / "form.yaml").write_text(text, "utf-8")
    (tmp_path / "towns.csv").write_text("name;label\nm;München\n", "cp1252")
    there = tmp_path / "there"
    there.mkdir()
    assert run("convert", tmp_path / "form.yaml", there / "form.xlsx") == 0
    assert (there / "towns.csv").read_text("utf-8").splitlines()[1] == "m,München"
    assert capsys.readouterr().out.count("Written") == 2
    assert run("convert", tmp_path / "form.yaml", tmp_path / "form.xlsx") == 0
    assert capsys.readouterr().out.count("Written") == 1


def test_nothing_is_overwritten_unless_it_is_said(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = warned.with_suffix(".xlsx")
    target.write_bytes(b"mine")
    assert run("convert", warned, target) == 1
    assert target.read_bytes() == b"mine"
    assert run("convert", "--overwrite", warned, target) == 0
    assert target.read_bytes()[:2] == b"PK"
    for wrong in (warned.with_suffix(".docx"), warned.parent / "no" / "x.xlsx"):
        assert run("convert", warned, wrong) == 1
    assert capsys.readouterr().err.count("\n") == 3
