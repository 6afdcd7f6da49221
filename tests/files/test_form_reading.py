"""Forms as people really save them: other names of sheets and columns, titles above the headings, merged cells, notes."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.worksheet import Worksheet

from cati.errors import Problem
from cati.files.questionnaires import ReadForm, read_questionnaire
from cati.files.xform_export import export_xform
from cati.survey.form_rows import CHOICES, SETTINGS, SURVEY, Heading, clean, heading_of

HEAD = ["type", "name", "label"]
ASK = ["select_one yn", "bicycle", "Do you have a bicycle?"]
NOON = dt.datetime(2024, 2, 29, 13, 5)  # noqa: DTZ001 - a spreadsheet knows no zone
YN = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]


def book(sheets: dict[str, list[list[object]]], change=None) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page: Worksheet = made.create_sheet(name)
        for row in rows:
            page.append(row)
    if change is not None:
        change(made)
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


def read(data: bytes, name: str = "form.xlsx") -> ReadForm:
    return read_questionnaire(data, name)


def codes(form: ReadForm) -> list[tuple[str, str]]:
    return [(found.severity.value, found.code) for found in form.diagnostics]


def survey(*rows: list[object]) -> ReadForm:
    used = any(row and " yn" in str(row[0]) for row in rows)
    return read(book({"survey": list(rows), **({"choices": YN} if used else {})}))


def cells(form: ReadForm, row: int = 0) -> dict[str, str]:
    assert form.form is not None
    return dict(form.form.survey.rows[row].cells)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("label::Deutsch (de)", Heading("label", "de", "Deutsch")),
        ("label::Deutsch(de)", Heading("label", "de", "Deutsch")),
        ("label:de", Heading("label", "de", "de")),
        ("Label :: DEUTSCH", Heading("label", "de", "DEUTSCH")),
        ("label: Français", Heading("label", "fr", "Français")),
        ("label:English (EN)", Heading("label", "en", "English")),
        ("label (English)", Heading("label", "en", "English")),
        ("Label*", Heading("label")),
        ("label::", Heading("label")),
        ("hint::Hausa", Heading("hint", "ha", "Hausa")),
        ("label::Our own tongue", Heading("label", "our_own_tongue", "Our own tongue")),
        ("constraint message:spanish", Heading("constraint_message", "es", "spanish")),
        ("bind::jr:constraintMsg::English (en)", Heading("constraint_message", "en", "English")),
        ("bind:jr:constraintMsg", Heading("constraint_message")),
        ("jr:requiredMsg::Deutsch (de)", Heading("required_message", "de", "Deutsch")),
        ("requiredMsg", Heading("required_message")),
        ("bind::relevant", Heading("relevant")),
        ("bind:readonly", Heading("read_only")),
        ("Read Only", Heading("read_only")),
        ("read-only", Heading("read_only")),
        ("control::jr:count", Heading("repeat_count")),
        ("Repeat Count", Heading("repeat_count")),
        ("body::appearance", Heading("appearance")),
        ("choice\u00a0filter ", Heading("choice_filter")),
        ("media::image::English (en)", Heading("media::image", "en", "English")),
        ("media:image:english", Heading("media::image", "en", "english")),
        ("image", Heading("media::image")),
        ("body::intent", Heading("body:intent")),
    ],
)
def test_what_a_heading_of_the_survey_means(written: str, meant: Heading) -> None:
    assert heading_of(written, SURVEY) == meant


@pytest.mark.parametrize(
    ("written", "sheet", "column"),
    [
        ("list name", CHOICES, "list_name"),
        ("List-Name", CHOICES, "list_name"),
        ("value", CHOICES, "name"),
        ("tag", CHOICES, "tag"),
        ("my-filter", CHOICES, "my-filter"),
        ("Form Title", SETTINGS, "form_title"),
        ("set form id", SETTINGS, "form_id"),
        ("name", SETTINGS, "name"),
    ],
)
def test_what_other_headings_mean(written: str, sheet: str, column: str) -> None:
    assert heading_of(written, sheet).column == column


def test_signs_that_nobody_sees_are_gone() -> None:
    assert clean("\ufeff a\u200bge\u00a0\r\n x\x00\u00ad ") == "age \n x"


@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".ods", ".xlsm", ".csv", ".yaml", ""])
def test_the_content_says_what_a_file_is_not_its_name(ending: str) -> None:
    data = book({"survey": [HEAD, ASK], "choices": YN})
    assert codes(read(data, "form" + ending)) == []


def test_other_names_of_sheets_are_taken_with_a_note() -> None:
    for first, second in (("Survey ", "CHOICES"), ("SURVEY", "choices ")):
        assert codes(read(book({first: [HEAD, ASK], second: YN}))) == []
    for first, second in (("Survey_v2", "choice"), ("survey - Table 1", "choices - Table 1"), ("Tabelle1", "Tabelle2")):
        form = read(book({first: [HEAD, ASK], second: YN}))
        assert form.questionnaire is not None
        assert codes(form) == [("note", "sheet_name")] * 2


def test_the_sheet_with_the_exact_name_wins_and_the_rest_is_noted() -> None:
    data = book(
        {"survey_old": [HEAD, ["text", "old", "Old?"]], "help": [["type", "x"]], "survey": [HEAD, ["text", "a", "A?"]]}
    )
    form = read(data)
    assert cells(form)["name"] == "a"
    assert codes(form) == [("note", "extra_sheet")]
    assert "survey_old, help" in form.diagnostics[0].what


def test_a_hidden_sheet_is_read() -> None:
    def hide(made: Workbook) -> None:
        made.create_sheet("cover")
        made["choices"].sheet_state = "hidden"

    assert read(book({"survey": [HEAD, ASK], "choices": YN}, hide)).questionnaire is not None


def test_headings_may_stand_below_a_title_and_rows_may_be_empty() -> None:
    form = survey(["Our survey 2024"], [], HEAD, [], ASK, [None, " "], ["note", "n", "Thanks."])
    assert codes(form) == [("note", "heading_row")]
    assert form.form is not None
    assert [row.number for row in form.form.survey.rows] == [5, 7]


def test_a_cell_is_what_a_person_typed() -> None:
    form = survey(
        [*HEAD, "default", "appearance", "hint", "required", "parameters"],
        ["integer", "a", " Two\nlines ", 1.0, 0.5, dt.date(2024, 2, 29), True, dt.time(8, 30)],
        ["text", "b", "B?", 12345678901, 1e15, NOON, False, dt.timedelta(hours=30)],
    )
    assert cells(form) == {
        "type": "integer", "name": "a", "label": "Two\nlines", "default": "1", "appearance": "0.5",
        "hint": "2024-02-29", "required": "TRUE", "parameters": "08:30",
    }  # fmt: skip
    assert list(cells(form, 1).values())[3:] == ["12345678901", "1" + "0" * 15, "2024-02-29T13:05:00", "FALSE", "30:00"]
    assert form.questionnaire is not None
    assert [item.required for item in form.questionnaire.items] == ["yes", ""]


def test_rich_text_and_excels_escapes_are_plain_text() -> None:
    rich = CellRichText("How ", TextBlock(InlineFont(b=True), "old"), " are you?")
    form = survey(HEAD, ["integer", "a", rich], ["text", "b", "one_x000D_\ntwo"])
    assert cells(form)["label"] == "How old are you?"
    assert cells(form, 1)["label"] == "one\ntwo"


def test_smart_quotes_and_trailing_blanks_do_no_harm() -> None:
    form = survey(
        [*HEAD, "relevant"],
        ["select_one  yn ", "bicycle ", "B?\u00a0"],
        ["text", " why", "Why?", "${bicycle} = “yes” or ${bicycle}=‘no’"],
    )
    assert codes(form) == []


def test_merged_list_names_stand_for_every_row_below() -> None:
    def merge(made: Workbook) -> None:
        made["choices"].merge_cells("A2:A3")

    form = read(book({"survey": [HEAD, ASK], "choices": [YN[0], ["yn", "yes", "Yes"], [None, "no", "No"]]}, merge))
    assert codes(form) == []
    assert form.questionnaire is not None
    assert [choice.name for choice in form.questionnaire.choice_lists["yn"]] == ["yes", "no"]


def test_a_formula_without_a_result_is_named_with_its_cell() -> None:
    form = survey(HEAD, ["text", "a", '="A"&"?"'], ["text", "b", "B?"])
    found = [one for one in form.diagnostics if one.code == "no_result"]
    assert [(one.row, one.column, one.severity) for one in found] == [(2, "label", "warning")]
    assert "C2" in found[0].what


def test_a_stored_result_of_a_formula_is_taken_and_an_error_is_not() -> None:
    data = book({"survey": [HEAD, ["text", "a", '="A"&"?"'], ["text", "b", "=1/0"]]})
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b'<c r="C2"><f>', b'<c r="C2" t="str"><f>').replace(
                    b'"A"&amp;"?"</f><v />', b'"A"&amp;"?"</f><v>A?</v>'
                ).replace(b'<c r="C3"><f>1/0</f><v />', b'<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v>')  # fmt: skip
            new.writestr(part.filename, content)
    form = read(changed.getvalue())
    assert cells(form)["label"] == "A?"
    assert [one.row for one in form.diagnostics if one.code == "no_result"] == [3]


def test_extra_columns_are_noted_and_misspelt_ones_warned_about() -> None:
    form = survey([*HEAD, "relevent", "my remarks", "kobo--x", "media::image", "publishable", None],
                  ["text", "a", "A?", "1 = 1", "x", "x", "x.png", "yes", "stray"])  # fmt: skip
    assert sorted(codes(form)) == [("note", "extra_column"), ("note", "no_heading"), ("warning", "misspelt_column")]
    assert "relevant" in next(one.do for one in form.diagnostics if one.code == "misspelt_column")
    assert "my remarks" in next(one.what for one in form.diagnostics if one.code == "extra_column")


def test_choice_columns_are_for_filters_and_never_strangers() -> None:
    rows = [[*YN[0], "border", "county"], ["yn", "yes", "Yes", "1", "2"]]
    assert codes(read(book({"survey": [HEAD, ASK], "choices": rows}))) == []


def test_two_columns_that_mean_the_same_are_warned_about_when_both_are_filled() -> None:
    form = survey([*HEAD, "relevance", "Relevant"], ["text", "a", "A?", "1 = 1", "1 = 2"], ["text", "b", "B?", "1 = 1"])
    assert codes(form) == [("warning", "same_column")]
    assert codes(survey([*HEAD, "relevance", "Relevant"], ["text", "a", "A?", "", "2 = 2"])) == []


def test_a_form_without_choices_or_settings_is_whole() -> None:
    assert codes(read(book({"survey": [HEAD, ["text", "a", "A?"]]}))) == []


def test_no_sheet_with_questions_is_told() -> None:
    assert codes(read(book({"Tabelle1": [["a", "b"], [1, 2]]}))) == [("error", "unreadable")]


def test_one_csv_file_with_all_sheets() -> None:
    text = "survey;;;\n;type;name;label\n;select_one yn;q;Hätten Sie’s?\nchoices;;;\n;list_name;name;label\n;yn;a;A\n"
    for encoding in ("utf-8-sig", "cp1252", "utf-16"):
        form = read(text.encode(encoding), "form.csv")
        assert codes(form) == ([("note", "encoding")] if encoding == "cp1252" else [])
        assert cells(form)["label"] == "Hätten Sie’s?"


def test_a_folder_may_hold_sheets_in_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "Survey.CSV").write_bytes("type;name;label\nselect_one yn;q;Schön, oder?\n".encode("cp1252"))
    (tmp_path / "choices.csv").write_bytes("list_name,name,label\nyn,a,A\n".encode("utf-16"))
    (tmp_path / "other.csv").write_bytes(b"a,b\n")
    form = read_questionnaire(tmp_path, "form")
    assert codes(form) == [("note", "encoding")], "what was guessed is said"
    assert cells(form)["label"] == "Schön, oder?"


def test_an_open_document_is_read() -> None:
    def cell(text: str, about: str = "") -> str:
        return f"<table:table-cell {about}><text:p>{text}</text:p></table:table-cell>"

    def table(name: str, rows: list[str]) -> str:
        return f'<table:table table:name="{name}">' + "".join(
            f"<table:table-row>{row}</table:table-row>" for row in rows
        )

    heads = "".join(cell(text, 'office:value-type="string"') for text in (*HEAD, "required", "default"))
    asked = (
        cell("integer", 'office:value-type="string"')
        + cell("a", 'office:value-type="string"')
        + cell("A?", 'office:value-type="string"')
        + cell("WAHR", 'office:value-type="boolean" office:boolean-value="true"')
        + cell("3", 'office:value-type="float" office:value="3"')
        + '<table:table-cell table:number-columns-repeated="16000"/>'
    )
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{table('Survey', [heads, empty, asked]).removesuffix('</table:table>')}"
        f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("content.xml", content)
        new.writestr("META-INF/manifest.xml", "<manifest/>")
    form = read(packed.getvalue(), "form.xls")
    assert codes(form) == []
    assert cells(form) == {"type": "integer", "name": "a", "label": "A?", "required": "TRUE", "default": "3"}


def test_sections_of_a_csv_file_that_are_no_sheets_of_ours_are_passed_over() -> None:
    text = (
        "SURVEY  ,\n  , TYPE , NAME , LABEL::EN\n  , select_one c1 , q1 , Good?\nCHOICES ,\n  , LIST_NAME , NAME , LABEL::EN\n"
        "  , c1 , a , A\nSETTINGS ,\n  , FORM_TITLE , DEFAULT_LANGUAGE\n  , Yes or no , EN\nENTITIES ,\n  , DATASET , LABEL\n  , e1 , l1\n"
    )
    form = read(text.encode(), "form.csv")
    assert codes(form) == [("note", "extra_sheet")]
    assert form.questionnaire is not None
    assert form.questionnaire.title == "Yes or no"
    assert form.questionnaire.languages == ("en",)


def test_choices_are_never_taken_from_a_sheet_with_another_purpose() -> None:
    form = read(book({"survey": [HEAD, ["text", "a", "A?"]], "external_choices": YN, "osm": YN}))
    assert form.form is not None
    assert form.form.choices.rows == ()
    assert set(form.form.tables) == {"external_choices"}


def test_choices_without_their_headings_are_told() -> None:
    form = read(book({"survey": [HEAD, ASK], "choices": YN[1:]}))
    assert ("warning", "no_list_column") in codes(form)


WRITTEN = st.sampled_from(
    ["type", "name", "label", "label::Deutsch (de)", "label:x", "relevant", "list_name", "value", "cati_order", "hint", "",
     "text", "integer", "select_one yn", "select_multiple yn or_other", "begin group", "end group", "begin_repeat",
     "end_repeat", "begin_grid yn", "row", "end_grid", "rank yn", "range", "note", "calculate", "terminate", "quota",
     "select_one_from_file a.csv", "select_one ${q}", "q", "yn", "a b", "${q}", "${q} = 'x'", "1 +", "yes", "count(${q})",
     "random", "start=1 end=3", "\x00", "🚲", True, 1.5, NOON, "=1/0", "pulldata('a', 'b', 'c', ${q})", ".", "once("]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(WRITTEN, max_size=7), max_size=9), st.lists(st.lists(WRITTEN, max_size=4), max_size=4))
def test_no_workbook_raises(questions: list[list[object]], choices: list[list[object]]) -> None:
    rows = [[None if cell == "\x00" else cell for cell in row] for row in questions]
    others = [[None if cell == "\x00" else cell for cell in row] for row in choices]
    for head in ([], [["type", "name", "label", "relevant", "constraint", "calculation", "hint"]]):
        form = read(book({"survey": head + rows, "choices": others, "settings": others}))
        assert form.diagnostics or form.questionnaire is not None
        if form.form is not None:
            with contextlib.suppress(Problem):
                export_xform(form.form)


def test_one_csv_file_whose_headings_stand_beside_the_sheets_names() -> None:
    text = (
        '"survey","type","name","label"\n,"select_one yn","q1","Is it?"\n,"txt","q2","Why?"\n'
        "choices,list name,name,label\n,yn,yes,Yes\n,yn,no,\n"
    )
    form = read(text.encode(), "form.csv")
    assert [(one.code, one.sheet, one.row) for one in form.diagnostics] == [
        ("unknown_type", SURVEY, 3),
        ("choice_without_label", CHOICES, 6),
    ]


def test_an_xform_is_told_apart_from_its_workbook() -> None:
    form = read(b'<?xml version="1.0"?><h:html xmlns:h="http://www.w3.org/1999/xhtml"/>', "form.xml")
    assert [(one.code, "XForm" in one.what) for one in form.diagnostics] == [("unreadable", True)]


@pytest.mark.parametrize("pattern", ["Health - {}.csv", "{}-Table 1.csv", "{}.CSV", "form_{}.csv"])
def test_a_folder_of_exported_sheets(tmp_path: Path, pattern: str) -> None:
    (tmp_path / pattern.format("survey")).write_text("type,name,label\nselect_one yn,q,Is it?\n", "utf-8")
    (tmp_path / pattern.format("choices")).write_text("list_name,name,label\nyn,y,Yes\n", "utf-8")
    (tmp_path / "villages.csv").write_text("a,b\n1,2\n", "utf-8")
    form = read_questionnaire(tmp_path, "form")
    assert form.questionnaire is not None
    assert codes(form) == []


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1 + 0.2, "0.3"), (1e-7, "0.0000001"), (2.5, "2.5"), (19.99, "19.99"), (3.0, "3"), (1e15, "1" + "0" * 15)],
)
def test_numbers_are_read_as_a_spreadsheet_shows_them(number: float, text: str) -> None:
    form = survey([*HEAD, "default"], ["decimal", "q", "How much?", number])
    assert cells(form)["default"] == text
