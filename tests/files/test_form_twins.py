"""A form written as YAML or as a workbook and read back is the same form, whatever stands in its cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cati.errors import Problem
from cati.files.form_tables import csv_cells
from cati.files.form_writing import write_form_xlsx, write_form_yaml, write_table_csv
from cati.files.questionnaires import read_form, read_questionnaire
from cati.places import shipped_questionnaires
from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form, Row, Sheet, clean, sheet_of

FORMS = Path(__file__).resolve().parents[3] / "shared" / "forms"
ALL = [*sorted(FORMS.glob("*.xls*")), *sorted(shipped_questionnaires().rglob("*.yaml"))]
Rows = list[tuple[tuple[str, str], ...]]


def content(form: Form) -> dict[str, tuple[tuple[str, ...], Rows]]:
    """Everything of a form but where its rows stand."""
    sheets = {SURVEY: form.survey, CHOICES: form.choices, SETTINGS: form.settings, **form.tables}
    return {name: (sheet.headings, [tuple(row.cells.items()) for row in sheet.rows]) for name, sheet in sheets.items()}


def round_trip(form: Form) -> None:
    first = write_form_yaml(form)
    from_yaml = read_form(first.encode(), f"{form.name}.yaml")
    from_book = read_form(write_form_xlsx(from_yaml), f"{form.name}.xlsx")
    assert content(from_yaml) == content(form)
    assert content(from_book) == content(form)
    assert write_form_yaml(from_book) == first


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_real_forms_survive_yaml_and_workbook_with_their_hash(path: Path) -> None:
    read = read_questionnaire(path, path.name)
    assert read.form is not None
    own = {name: table for name, table in read.form.tables.items() if name == EXTERNAL}
    form = Form(read.form.name, read.form.survey, read.form.choices, read.form.settings, own)
    round_trip(form)
    if read.questionnaire is not None and len(own) == len(read.form.tables):
        for written in (write_form_yaml(form).encode(), write_form_xlsx(form)):
            again = read_questionnaire(written, path.name).questionnaire
            assert again is not None
            assert again.content_hash == read.questionnaire.content_hash


LETTERS = st.characters(exclude_categories=("Cs",))
WORDS = st.one_of(
    st.sampled_from(
        ["yes", "No", "NULL", "~", "1", "01", "1.0", "=1+1", "- a", "a: b", "a #b", "'", '"', "\\", "a\nb", "@x", "[a]",
         "{a: b}", "&a", "*a", "!a", "|", ">", "%", "?", "_x0041_", "_x000D_", "${a} = 'b'", "عربي", "🚲", "\U000e0001",
         "\u2028", "TRUE", "2024-01-01", "1e3", ".inf", "---", "...", "a\tb", "{", "`", ",", "Wie alt sind Sie?"]
    ),
    st.text(LETTERS, max_size=40),
)  # fmt: skip
HEADINGS = st.one_of(
    st.sampled_from(
        ["label", "label::Deutsch (de)", "label:en", "hint", "relevant", "a: b", "media::image", "on", "?"]
    ),
    st.text(LETTERS, min_size=1, max_size=12),
)


@st.composite
def sheets(draw: st.DrawFn, *firsts: str) -> Sheet:
    """A sheet as a workbook could hold it: the headings that make it this sheet, and any others anywhere."""
    headings = [*firsts, *draw(st.lists(HEADINGS, max_size=5))]
    headings = draw(st.permutations(list(dict.fromkeys(headings))))
    rows = draw(st.lists(st.lists(st.one_of(st.just(""), WORDS), max_size=len(headings)), max_size=5))
    return sheet_of([headings, *rows], 0)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    external = {EXTERNAL: draw(sheets("list_name", "name"))} if draw(st.booleans()) else {}
    choices = draw(st.one_of(st.just(Sheet()), sheets("list_name", "name")))
    return Form(
        "form", draw(sheets("type", "name")), choices, draw(st.one_of(st.just(Sheet()), sheets("version"))), external
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forms())
def test_any_form_survives_yaml_and_workbook(form: Form) -> None:
    round_trip(form)


@settings(max_examples=60, deadline=None)
@given(sheets("name", "label"))
def test_any_table_survives_csv(sheet: Sheet) -> None:
    again = sheet_of(csv_cells(write_table_csv(sheet), "table.csv", Findings()))
    assert again.headings == sheet.headings
    assert [dict(row.cells) for row in again.rows] == [dict(row.cells) for row in sheet.rows]


def test_a_heading_longer_than_yamls_keys_survives() -> None:
    heading = "x" * 3000 + ": y"
    round_trip(Form("form", Sheet(("type", heading), (Row(2, {"type": "text", heading: "a"}),)), Sheet(), Sheet()))


def test_several_rows_of_settings_and_empty_columns_survive() -> None:
    kept = Sheet(("version", "style"), (Row(2, {"version": "1"}), Row(3, {"version": "2"})))
    empty = Sheet(("list_name", "name", "label::Türkçe (tr)"))
    round_trip(Form("form", Sheet(("hint", "type", "label"), (Row(2, {"type": "note"}),)), empty, kept))


def test_a_text_that_no_workbook_can_hold_is_told() -> None:
    long = Form("form", Sheet(("type", "label"), (Row(2, {"label": "x" * 32_768}),)), Sheet(), Sheet())
    with pytest.raises(Problem, match="row 2"):
        write_form_xlsx(long)


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
