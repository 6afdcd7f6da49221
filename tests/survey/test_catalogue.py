"""Every finding of the catalogue has a tiny form that brings it and nothing else, and every finding is in it."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest

from cati.files.form_tables import with_tables
from cati.files.questionnaires import read_questionnaire
from cati.files.xform_export import export_xform
from cati.places import resources
from cati.survey.authoring import compile_form
from cati.survey.catalogue import CATALOGUE, EXPORT, FILE, catalogue_as_markdown
from cati.survey.diagnostics import Diagnostic
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.functions import LIBRARY, STAYS_EMPTY
from cati.survey.manual_lists import with_lists
from cati.text import set_language

Found = tuple[Diagnostic, ...]
PACKAGE = Path(__file__).resolve().parents[2] / "cati"


def table(text: str) -> Sheet:
    """Read a sheet from a table with columns between bars, as Markdown has it."""
    lines = [[cell.strip() for cell in line.strip().split("|")] for line in text.strip().splitlines()]
    headings = tuple(lines[0])
    rows = (dict(zip(headings, line, strict=True)) for line in lines[1:])
    return Sheet(headings, tuple(Row(n, {k: v for k, v in row.items() if v}) for n, row in enumerate(rows, 2)))


def form(survey: str, choices: str = "", tables: Mapping[str, str] | None = None) -> Form:
    """Return a form of these tables."""
    return Form(
        "tiny", table(survey), table(choices) if choices else Sheet(), Sheet(),
        {name: table(text) for name, text in (tables or {}).items()},
    )  # fmt: skip


def book(sheets: Mapping[str, list[list[object]]]) -> bytes:
    """Return a workbook of these cells."""
    written = openpyxl.Workbook()
    written.remove(written.active)
    for name, rows in sheets.items():
        page = written.create_sheet(name)
        for row in rows:
            page.append(row)
    packed = io.BytesIO()
    written.save(packed)
    return packed.getvalue()


YN = """list_name | name | label
        yn        | y    | yes
        yn        | n    | no"""
TWO_LISTS = (
    YN
    + """
        ab        | a    | A
        ab        | b    | B"""
)
HEAD = ["type", "name", "label"]
ASKED = ["text", "q", "Question?"]


def choices(count: int, extra: str = "", cells: str = "") -> str:
    """Return a list of so many choices, with one more column in its first row."""
    lines = [f"list_name | name | label{' | ' + extra if extra else ''}"]
    lines += [
        f"l | c{n} | C {n}" + ((f" | {cells}" if n == 1 else " | ") if extra else "") for n in range(1, count + 1)
    ]
    return "\n".join(lines)


def one(columns: str, cells: str, *, choice_rows: str = "", before: str = "", after: str = "") -> Form:
    """Return a form with one row of these further columns, and plain rows before and after it."""
    blanks = " | " * (columns.count("|") + 1 if columns else 0)
    lines = [f"type | name | label{' | ' + columns if columns else ''}"]
    lines += [line.strip() + blanks for line in before.strip().splitlines()]
    lines.append(cells)
    lines += [line.strip() + blanks for line in after.strip().splitlines()]
    return form("\n".join(lines), choice_rows)


FORMS: dict[str, Form | Callable[[Path], Found]] = {
    # Columns
    "no_type_column": form("name | label\n q | Question?"),
    "no_list_column": form("type | name | label\n text | q | Question?", "liste | name | label\n l | a | A"),
    "unknown_column": one("cati_nonrespons", "text | q | Question? | none"),
    "misspelt_column": one("relevent", "text | q | Question? | 1 = 1"),
    "extra_column": one("who wrote this", "text | q | Question? | me"),
    # Rows
    "empty": Form("tiny", Sheet(("type", "name", "label")), Sheet(), Sheet()),
    "nothing_asked": one("calculation", "calculate | c | | 1 + 1"),
    "no_type": one("", " | q | Question?", after="text | r | Question?"),
    "remark_row": one("", "-- part two -- | | ", after="text | r | Question?"),
    "unknown_type": one("", "txt | q | Question?", after="text | r | Question?"),
    "not_asked": one("", "image | q | Question?", after="text | r | Question?"),
    "no_name": one("", "text | | Question?"),
    "bad_name": one("", "text | 2 q | Question?"),
    "duplicate_name": one("", "text | q | Question?", after="text | q | And again?"),
    "name_of_the_case": one("", "text | site | Question?"),
    "no_text": one("", "text | q | "),
    "missing_translation": form("""
        type | name | label::Deutsch (de) | label::English (en)
        text | q    | Frage?              | Question?
        text | r    | Frage?              |"""),
    "unknown_value": one("cati_nonresponse", "text | q | Question? | perhaps"),
    "no_effect": one("cati_disposition", "text | q | Question? | refusal"),
    "bad_range": one("parameters", "range | q | Question? | start=a"),
    "bad_default": one("default", "integer | q | Question? | many"),
    "no_calculation": one("calculation", "calculate | c | | ", after="text | q | Question?"),
    "idle_trigger": one("trigger", "text | r | Question? | ${q}", before="text | q | Question?"),
    "soft_without_message": one("cati_soft", "integer | q | Question? | . < 99"),
    "message_without_check": one("constraint_message", "integer | q | Question? | At least one."),
    # Groups
    "not_closed": one("", "begin_group | g | ", after="text | q | Question?"),
    "not_opened": one("", "end_group | | ", before="text | q | Question?"),
    "wrong_end": one("", "end_repeat | | ", before="begin_group | g | \n text | q | Question?"),
    "empty_group": one("", "begin_group | g | ", after="end_group | | \n text | q | Question?"),
    "empty_repeat": one("calculation", "calculate | c | | 1 + 1", before="text | q | Question?\n begin_repeat | r | ",
                        after="end_repeat | | "),
    "section_without_label": one("", "begin_group | g | ", before="begin_group | f | First\n text | q | Q?\n end_group | | ",
                                 after="text | r | R?\n end_group | | "),
    "row_outside_grid": one("", "row | q | Question?"),
    "not_for_a_grid": one("", "integer | r | And how many?", before="begin_grid yn | g | How?\n row | q | This?",
                          after="end_grid | | ", choice_rows=YN),
    "other_scale": one("", "select_one ab | r | And that?", before="begin_grid yn | g | How?\n row | q | This?",
                       after="end_grid | | ", choice_rows=TWO_LISTS),
    "default_disposition": one("relevant", "terminate | t | Thank you. | ${q} > 5", before="integer | q | Question?"),
    "idle_quota": one("", "quota | f | Thank you.", before="text | q | Question?"),
    "after_the_end": one("cati_disposition", "terminate | t | Thank you. | not_eligible", after="text | q | Question?"),
    # Choices
    "choice_without_list": one("", "select_one yn | q | Question?", choice_rows=YN + "\n | a | A"),
    "choice_without_name": one("", "select_one yn | q | Question?", choice_rows=YN + "\n yn | | A"),
    "choice_without_label": one("", "select_one yn | q | Question?", choice_rows=YN + "\n yn | a |"),
    "duplicate_choice": one("", "select_one yn | q | Question?", choice_rows=YN + "\n yn | y | Yes!"),
    "blank_in_choice_name": one("", "select_multiple yn | q | Question?", choice_rows=YN + "\n yn | do not | Do not"),
    "no_choice_list": one("", "select_one ny | q | Question?"),
    "empty_list": form("type | name | label\n select_one_from_file towns.csv | q | Question?", "",
                       {"towns": "code | town\n 1 | Dorfen"}),
    "unused_list": one("", "select_one yn | q | Question?", choice_rows=TWO_LISTS),
    "idle_exclusive": one("", "select_one l | q | Question?", choice_rows=choices(3, "cati_exclusive", "yes")),
    "idle_anchor": one("", "select_one l | q | Question?", choice_rows=choices(3, "cati_anchor", "yes")),
    "specify_in_search": one("", "select_one l | q | Question?", choice_rows=choices(20, "cati_specify", "yes")),
    "nothing_to_order": one("cati_order", "select_one l | q | Question? | random",
                            choice_rows=choices(2, "cati_anchor", "yes")),
    "long_list": one("", "select_one l | q | Question?", choice_rows=choices(9)),
    "long_text": one("", f"text | q | {'word ' * 61}?"),
    # Expressions
    "expression": one("constraint", "integer | q | Question? | . >"),
    "unknown_function": one("constraint", "integer | q | Question? | selectd(., 'a')"),
    "outside": one("constraint", "integer | q | Question? | . > //q"),
    "unknown_reference": one("relevant", "text | r | Question? | ${p} = 1", before="text | q | Question?"),
    "stays_empty": one("calculation", "calculate | c | | username()", after="text | q | Question?"),
    "circle": one("calculation", "calculate | c | | ${c} + 1", after="text | q | Question?"),
    "forward_reference": one("relevant", "text | q | Question? | ${r} = 1", after="integer | r | Question?"),
    "first_member": one("relevant", "text | z | Question? | ${q} = 1",
                        before="begin_repeat | r | \n integer | q | Question?\n end_repeat | | "),
    "bare_word": one("relevant", "text | r | Question? | ${q} = yes", before="text | q | Question?"),
    "no_such_column": one("choice_filter", "select_one l | q | Question? | colour = 'red'", choice_rows=choices(3)),
    "not_in_list": one("relevant", "text | r | Question? | ${q} = 'maybe'", before="select_one yn | q | Question?",
                       choice_rows=YN),
    "unreachable": one("relevant", "text | r | Question? | ${q} = 1 and ${q} = 2", before="integer | q | Question?"),
    "never_satisfied": one("constraint", "integer | q | Question? | . > 10 and . < 5"),
    "bound_outside_range": form("type | name | label | parameters | constraint\n"
                                "range | q | Question? | start=0 end=10 | . <= 20"),
    "true_when_empty": one("relevant", "text | r | Question? | ${q} != 'y'", before="select_one yn | q | Question?",
                           choice_rows=YN),
    "always_true": one("relevant", "text | r | Question? | ${q} = 1 or 2", before="integer | q | Question?"),
    "quoted_reference": one("constraint", "text | r | Question? | . != '${q}'", before="text | q | Question?"),
    "number_with_text": one("calculation", "calculate | c | | if(${q} = 'many', 1, 2)", before="integer | q | Question?"),
    "date_with_number": one("constraint", "date | q | Question? | . > 2020"),
    "no_date": one("constraint", "date | q | Question? | . > '31.1.2020x'"),
    "date_format": one("calculation", "calculate | c | | format-date(today(), '%Q')", after="text | q | Question?"),
    "condition_with_text": one("calculation", "calculate | c | | true() = 'yes'", after="text | q | Question?"),
    "choices_compared": one("calculation", "calculate | c | | ${q} = 'y'", before="select_multiple yn | q | Question?",
                            choice_rows=YN),
    "choices_counted": one("calculation", "calculate | c | | ${q} + 1", before="select_multiple yn | q | Question?",
                           choice_rows=YN),
    "several_choices": one("calculation", "calculate | c | | selected(${q}, 'y n')",
                           before="select_multiple yn | q | Question?", choice_rows=YN),
    "no_choices": one("calculation", "calculate | c | | selected(${q}, '1')", before="integer | q | Question?"),
    "text_counted": one("calculation", "calculate | c | | ${q} + 1", before="text | q | Question?"),
    "pattern": one("constraint", "text | q | Question? | regex(., '[a-z')"),
    # The file
    "unreadable": lambda _path: read_questionnaire(b"PK no workbook", "f.xlsx").diagnostics,
    "encoding": lambda path: of_folder(path, "type,name,label\ntext,q,Größe?\n".encode("cp1252")),
    "extra_sheet": lambda _path: of_book({"survey": [HEAD, ASKED], "my notes": [["x"], ["y"]]}),
    "sheet_name": lambda _path: of_book({"Survey 2": [HEAD, ASKED]}),
    "heading_row": lambda _path: of_book({"survey": [["Our questionnaire"], HEAD, ASKED]}),
    "no_heading": lambda _path: of_book({"survey": [[*HEAD, None, "hint"], [*ASKED, "stray", "Slowly."]]}),
    "same_column": lambda _path: of_book({"survey": [[*HEAD, "relevance", "relevant"], [*ASKED, "1 = 1", "2 = 2"]]}),
    "no_result": lambda _path: of_book({"survey": [[*HEAD, "hint"], [*ASKED, '="Slow"&"ly"']]}),
    "missing_table": lambda path: from_folder(path, {}),
    "unreadable_table": lambda path: from_folder(path, {"towns.csv": b"\xff\xfe\x00\xd8name"}),
    # Other programs
    "not_exported": lambda _path: exported(one("cati_order", "select_one yn | q | Question? | rotate", choice_rows=YN)),
    "pyxform": lambda _path: exported(one("", "image | q | Question?")),
}  # fmt: skip


def of_book(sheets: Mapping[str, list[list[object]]]) -> Found:
    """Return what is found about a workbook."""
    return read_questionnaire(book(sheets), "f.xlsx").diagnostics


def of_folder(folder: Path, survey: bytes) -> Found:
    """Return what is found about a folder of CSV sheets."""
    (folder / "survey.csv").write_bytes(survey)
    return read_questionnaire(folder, "f").diagnostics


def from_folder(folder: Path, files: Mapping[str, bytes]) -> Found:
    """Return what is found about a form that looks into towns.csv beside it."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    looking = one(
        "calculation", "calculate | c | | pulldata('towns', 'name', 'code', ${q})", before="text | q | Question?"
    )
    return compile_form(with_tables(looking, folder)).diagnostics


def exported(written: Form) -> Found:
    """Return what is said about a form that goes to other programs."""
    return export_xform(written).notes


def found(code: str, folder: Path) -> Found:
    """Return what is found in the tiny form of a code."""
    written = FORMS[code]
    return compile_form(written).diagnostics if isinstance(written, Form) else written(folder)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_tiny_form_brings_this_finding_and_no_other(code: str, tmp_path: Path) -> None:
    entry = CATALOGUE[code]
    for each in found(code, tmp_path):
        assert each.code == code, each
        assert each.severity in entry.severities
        sheets = {"" if sheet == FILE else "survey" if sheet == EXPORT else sheet for sheet in entry.sheets}
        assert each.sheet in sheets | ({""} if EXPORT in entry.sheets else set())
        assert not entry.columns or each.column.partition("::")[0] in entry.columns
    assert found(code, tmp_path)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("code", CATALOGUE)
def test_every_finding_says_what_is_wrong_in_both_languages(code: str, language: str, tmp_path: Path) -> None:
    set_language("en")
    english = found(code, tmp_path)
    set_language(language)
    for each, before in zip(found(code, tmp_path), english, strict=True):
        assert each.what
        assert "{" not in each.what.replace("${", "")
        assert each.what != before.what or language == "en" or code == "pyxform"
        assert each.do or each.severity == "note" or code in SELF_EXPLAINING


SELF_EXPLAINING = frozenset({"unreadable", "unreadable_table"})


def test_every_entry_has_a_form_and_every_form_an_entry() -> None:
    assert set(FORMS) == set(CATALOGUE)


def test_the_two_grave_findings_that_are_warnings_elsewhere() -> None:
    apart = one("", "text | q | Again?", before="text | q | Question?\n begin_group | g | ", after="end_group | | ")
    single = one("", "select_one yn | q | Question?", choice_rows=YN + "\n yn | do not | Do not")
    for code, written in (("duplicate_name", apart), ("blank_in_choice_name", single)):
        compiled = compile_form(written)
        assert [(each.code, each.severity) for each in compiled.diagnostics] == [(code, "warning")]
        assert compiled.questionnaire is not None


def test_every_finding_in_the_program_is_in_the_catalogue_and_none_is_left_over() -> None:
    noted = set()
    for module in [*(PACKAGE / "survey").glob("*.py"), *(PACKAGE / "files").glob("*.py")]:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                noted |= {code for argument in codes_of(node) for code in texts_in(argument)}
    assert noted | {"expression"} == set(CATALOGUE)


MADE_BY = frozenset({"Diagnostic", "ExpressionProblem", "_elsewhere"})


def codes_of(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call that are a finding's code."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    found = [keyword.value for keyword in call.keywords if keyword.arg == "code" and name in MADE_BY]
    if name in {"error", "warning", "note"} and len(call.args) >= 3:
        found.append(call.args[0])
    if name == "Mismatch":
        found.append(call.args[0])
    return found


def texts_in(node: ast.expr) -> set[str]:
    """Return the texts that an expression can come to."""
    if isinstance(node, ast.IfExp):
        return texts_in(node.body) | texts_in(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_the_manual_lists_all_findings_in_both_languages() -> None:
    english = catalogue_as_markdown()
    set_language("de")
    german = catalogue_as_markdown()
    assert english.count("\n") == german.count("\n") == len(CATALOGUE) + 2
    assert english != german


def test_the_manual_has_both_lists_in_both_languages() -> None:
    for language in ("de", "en"):
        set_language(language)
        chapter = (resources() / "manual" / language / "questionnaires.md").read_text("utf-8")
        shown = with_lists(chapter)
        assert "<!--" not in shown
        assert all(code.replace("_", "\\_") in shown for code in CATALOGUE)
        assert all(f"`{name}()`" in shown for name in LIBRARY if name not in STAYS_EMPTY)
