"""Questionnaires from files: twins are the same, strangers' forms are read, traps in YAML and workbooks are refused."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from cati.files.form_writing import write_form_xlsx, write_form_yaml
from cati.files.questionnaires import ReadForm, read_form, read_questionnaire
from cati.places import shipped_questionnaires

FORMS = Path(__file__).resolve().parents[3] / "shared" / "forms"
SHIPPED = sorted(shipped_questionnaires().rglob("*.yaml"))
ROWS = """
survey:
  - type: select_one yes_no
    name: bicycle
    label: Haben Sie ein Fahrrad?
choices:
  - {list_name: yes_no, name: YES, label: ja}
  - {list_name: yes_no, name: NO, label: nein}
"""


def read_text(text: str) -> ReadForm:
    return read_questionnaire(text.encode(), "form.yaml")


def codes(form: ReadForm) -> list[str]:
    return [found.code for found in form.diagnostics]


def said(form: ReadForm) -> list[str]:
    """What is said about the form itself, not about how its file was read."""
    return sorted(found.code for found in form.diagnostics if found.severity != "note")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_twins_are_the_same_questionnaire_without_a_finding(path: Path) -> None:
    yaml = read_questionnaire(path, path.name)
    twin = path.with_suffix(".xlsx")
    workbook = read_questionnaire(twin, twin.name)
    assert yaml.diagnostics == workbook.diagnostics == ()
    assert yaml.questionnaire is not None
    assert workbook.questionnaire is not None
    assert yaml.questionnaire.content_hash == workbook.questionnaire.content_hash
    assert set(yaml.questionnaire.languages) == {"de", "en"}


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.xls*")), ids=lambda path: path.name)
def test_forms_that_others_wrote_are_read(path: Path) -> None:
    form = read_questionnaire(path, path.name)
    assert form.form is not None
    assert len(form.form.survey.rows) > 15
    assert (form.questionnaire is None) == any(found.severity == "error" for found in form.diagnostics)
    assert not {"unknown_type", "no_choice_list", "not_closed", "wrong_end"} & set(codes(form))
    for found in form.diagnostics:
        assert found.what
        assert found.sheet in ("survey", "choices", "settings") or found.severity == "note"
        assert found.row or found.severity == "note"


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.xls*")), ids=lambda path: path.name)
def test_a_form_written_back_as_yaml_or_workbook_is_the_same(path: Path) -> None:
    form = read_questionnaire(path, path.name)
    assert form.form is not None
    for written in (write_form_yaml(form.form).encode(), write_form_xlsx(form.form)):
        again = read_questionnaire(written, path.name)
        assert said(again) == said(form)
        if form.questionnaire is not None:
            assert again.questionnaire is not None
            assert again.questionnaire.content_hash == form.questionnaire.content_hash


def test_a_folder_of_csv_sheets_is_the_same_as_its_workbook(tmp_path: Path) -> None:
    form = read_form(shipped_questionnaires() / "tiny" / "multiple.xlsx", "multiple.xlsx")
    for name, sheet in (("survey", form.survey), ("choices", form.choices), ("settings", form.settings)):
        lines = [sheet.headings, *([row.cells.get(key, "") for key in sheet.headings] for row in sheet.rows)]
        text = "\r\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
        (tmp_path / f"{name}.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    found = read_questionnaire(tmp_path, "multiple")
    workbook = read_questionnaire(shipped_questionnaires() / "tiny" / "multiple.xlsx", "multiple.xlsx")
    assert found.questionnaire is not None
    assert workbook.questionnaire is not None
    assert found.questionnaire.content_hash == workbook.questionnaire.content_hash


def test_yaml_values_are_text_whatever_they_look_like() -> None:
    form = read_text(ROWS)
    assert form.questionnaire is not None
    assert [choice.name for choice in form.questionnaire.choice_lists["yes_no"]] == ["YES", "NO"]


def test_the_example_in_the_description_runs() -> None:
    text = (shipped_questionnaires() / "FORMAT.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    assert read_text(example[1]).diagnostics == ()


BOMB = "survey:\n  - a: &a x\n" + "".join(f"  - b{n}: &b{n} [*a, *a]\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BOMB, 2),
        ("survey:\n  - type: text\n    name: a\n    name: b\n", 4),
        ("survey:\n  - type: text\nsurvey:\n  - type: text\n", 3),
        ("survey:\n  - type:\n      - deep: [[[[x]]]]\n", 3),
        ("survey: " + "[" * 5000 + "]" * 5000, 1),
        ("survey:\n  - type: !!python/object:os.system x\n", 2),
        ("survey:\n  - <<: *x\n", 2),
        ("other: 1\nsurvey:\n  - type: text\n", 1),
        ("survey: text\n", 1),
        ("- type: text\n", 1),
        ("survey:\n  - type: text\n---\nsurvey: []\n", 4),
        ("survey:\n  - type: 'text\n", 3),
        ("survey:\n\t- type: text\n", 2),
    ],
)
def test_what_yaml_could_smuggle_is_refused_with_its_line(text: str, line: int) -> None:
    form = read_text(text)
    assert form.questionnaire is None
    assert codes(form) == ["unreadable"]
    assert f"line {line}" in form.diagnostics[0].what


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, b"{}"]
)
def test_what_is_no_questionnaire_is_told_not_raised(data: bytes) -> None:
    form = read_questionnaire(data, "x")
    assert form.questionnaire is None
    assert codes(form) == ["unreadable"]


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    page = book.active
    page.title = "Survey "
    for row in rows:
        page.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_headings_are_taken_as_people_write_them() -> None:
    form = read_questionnaire(
        workbook([["Type ", " NAME", "Label: de", "Constraint Message: de", "Relevance", "Constraint"],
                  ["integer", "age", "Wie alt sind Sie?\u00a0", "Bitte eine Zahl.", "", ". > 0"],
                  ["text", "why", "Warum?", "", "${age} > 17 and “x” = ‘x’", ""]]),
        "f.xlsx",
    )  # fmt: skip
    assert form.diagnostics == ()
    assert form.questionnaire is not None
    assert form.questionnaire.languages == ("de",)
    assert form.questionnaire.items[0].label == {"de": "Wie alt sind Sie?"}


def test_a_formatted_empty_cell_far_out_does_no_harm_but_a_filled_one_is_refused() -> None:
    book = Workbook()
    page = book.active
    page.title = "survey"
    page.append(["type", "name", "label"])
    page.append(["text", "a", "A?"])
    page["XFD1048576"].number_format = "0.00"
    packed = io.BytesIO()
    book.save(packed)
    assert read_questionnaire(packed.getvalue(), "f.xlsx").questionnaire is not None
    page["XFD1048576"] = "x"
    packed = io.BytesIO()
    book.save(packed)
    assert codes(read_questionnaire(packed.getvalue(), "f.xlsx")) == ["unreadable"]


def test_a_workbook_that_declares_entities_is_not_opened() -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["type", "name"], ["text", "a"]]))) as old,
        zipfile.ZipFile(packed, "w") as new,
    ):
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "b">]>' + content
            new.writestr(part.filename, content)
    assert codes(read_questionnaire(packed.getvalue(), "f.xlsx")) == ["unreadable"]
