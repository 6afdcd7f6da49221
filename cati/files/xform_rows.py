"""A form's rows as other XLSForm programs understand them: our own columns and types put in their words, or noted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cati.files.xform_columns import CASE_VALUES, Columns, Rows, Wording
from cati.survey.diagnostics import Diagnostic, Findings
from cati.survey.form_blocks import in_xlsforms_words
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form, Row
from cati.survey.item_types import Role, RowType, read_type
from cati.survey.questionnaire import Kind
from cati.text import tr

TYPES = {
    Kind.NUMBER: "integer",
    Kind.DECIMAL: "decimal",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DATETIME: "dateTime",
    Kind.TEXT: "text",
    Kind.NOTE: "note",
    Kind.CALCULATE: "calculate",
    Kind.HIDDEN: "hidden",
    Kind.SINGLE: "select_one",
    Kind.MULTIPLE: "select_multiple",
    Kind.RANK: "rank",
}
"""What a kind is called elsewhere; a type that pyxform knows keeps its own word."""

_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
_RANDOM = "random"


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Sheets for pyxform: rows of text by column. ``numbers[i]`` is the row of the form that row ``i`` came from."""

    survey: Rows
    choices: Rows
    settings: Rows
    external: Rows
    numbers: tuple[int, ...]
    notes: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Survey:
    """The survey sheet while it is being put together."""

    wording: Wording
    columns: Columns
    lists: Mapping[str, Rows]
    known: frozenset[str]
    findings: Findings
    rows: Rows = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    grids: list[str] = field(default_factory=list)
    waiting: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Open texts beside a choice, held back to the end of a grid."""
    unnamed: int = 0

    def add(self, number: int, row: dict[str, str]) -> None:
        """Append a row that came from row ``number``."""
        self.rows.append(row)
        self.numbers.append(number)


def plain_form(form: Form, known_types: frozenset[str]) -> PlainForm:
    """Return the form without anything that only this program knows; what is lost on the way is noted.

    ``known_types`` are the type words that the other program takes, in small letters.
    """
    findings = Findings()
    form = in_xlsforms_words(form)
    columns = Columns.of(form)
    choices = _choices(form, columns)
    lists: dict[str, Rows] = {}
    for choice in choices:
        lists.setdefault(choice.get("list_name", ""), []).append(choice)
    survey = _Survey(Wording(findings), columns, lists, known_types, findings)
    for name in _case_values(form, columns):
        survey.add(0, {"type": "hidden", "name": name})
    for row in form.survey.rows:
        _row(survey, row)
    clean_choices = [
        {column: text for column, text in choice.items() if not column.startswith("cati_")} for choice in choices
    ]
    external = [columns.cells(row, EXTERNAL) for row in form.tables[EXTERNAL].rows] if EXTERNAL in form.tables else []
    settings = _settings(form, columns, duplicates=_has_duplicates(clean_choices))
    return PlainForm(
        survey.rows, clean_choices, [settings], external, tuple(survey.numbers), tuple(findings.in_order())
    )


def _choices(form: Form, columns: Columns) -> Rows:
    found = []
    for row in form.choices.rows:
        cells = columns.cells(row, CHOICES)
        if not cells.get("list_name") or not cells.get("name"):
            continue
        if not any(column.partition("::")[0] in ("label", "media") for column in cells):
            cells[columns.plain("label")] = cells["name"]
        found.append(cells)
    return found


def _has_duplicates(choices: Rows) -> bool:
    named = [(choice["list_name"], choice["name"]) for choice in choices]
    return len(set(named)) < len(named)


def _settings(form: Form, columns: Columns, *, duplicates: bool) -> dict[str, str]:
    found = columns.cells(form.settings.rows[0], SETTINGS) if form.settings.rows else {}
    found.setdefault("form_id", re.sub(r"[^\w.\-]+", "_", form.name) or "form")
    found.setdefault("form_title", found["form_id"])
    if columns.default_language:
        found["default_language"] = columns.default_language
    elif "default_language" in found:
        del found["default_language"]
    if duplicates:
        found["allow_choice_duplicates"] = "yes"
    return found


def _case_values(form: Form, columns: Columns) -> list[str]:
    """Return the values of a case that the form fills in: elsewhere they must be questions of the form itself."""
    own = {columns.cells(row, SURVEY).get("name") for row in form.survey.rows}
    used = {
        name
        for sheet in (form.survey, form.choices)
        for row in sheet.rows
        for text in row.cells.values()
        for name in _FILL.findall(text)
    }
    return sorted((used & CASE_VALUES) - own)


def _row(survey: _Survey, row: Row) -> None:
    """Add what one row becomes."""
    cells = survey.columns.cells(row, SURVEY)
    if survey.columns.says_yes(cells.pop("disabled", "")):
        return
    row_type = read_type(cells.get("type", ""))
    if not cells.get("type"):
        return
    own = {column: cells.pop(column) for column in list(cells) if column.startswith("cati_")}
    _instruct(cells, own)
    survey.wording.put(cells, row.number)
    for said in survey.wording.losses(own, row_type):
        survey.findings.note("not_exported", (SURVEY, row.number, said[0]), said[1])
    if row_type.role is Role.BEGIN:
        _begin(survey, row.number, cells, row_type)
    elif row_type.role is Role.END:
        _end(survey, row.number, row_type)
    else:
        _item(survey, row.number, cells, own, row_type)


def _instruct(cells: dict[str, str], own: dict[str, str]) -> None:
    """Make what the interviewer reads the hint, which is what it comes from in other programs' forms."""
    for column in [column for column in own if column.partition("::")[0] == "cati_instruction"]:
        cells["hint" + column.removeprefix("cati_instruction")] = own.pop(column)


def _named(survey: _Survey, cells: dict[str, str], word: str) -> str:
    if not cells.get("name"):
        survey.unnamed += 1
        cells["name"] = f"{word}_{survey.unnamed}"
    return cells["name"]


def _begin(survey: _Survey, number: int, cells: dict[str, str], row_type: RowType) -> None:
    _named(survey, cells, row_type.block)
    survey.grids.append(row_type.choices if row_type.block == "grid" else "")
    cells["type"] = "begin_repeat" if row_type.block == "repeat" else "begin_group"
    if row_type.block == "grid":
        others = [word for word in cells.get("appearance", "").split() if word not in ("field-list", "table-list")]
        cells["appearance"] = " ".join(["table-list", *others])
    survey.add(number, cells)


def _end(survey: _Survey, number: int, row_type: RowType) -> None:
    if survey.grids:
        survey.grids.pop()
    survey.add(number, {"type": "end_repeat" if row_type.block == "repeat" else "end_group"})
    if not any(survey.grids):
        for at, row in survey.waiting:
            survey.add(at, row)
        survey.waiting.clear()


def _item(survey: _Survey, number: int, cells: dict[str, str], own: dict[str, str], row_type: RowType) -> None:
    if row_type.word == "audit":
        cells["name"] = "audit"  # ODK takes no other name
    name = _named(survey, cells, row_type.word if row_type.word.isidentifier() else "item")
    if row_type.kind is Kind.QUOTA:
        survey.findings.note(
            "not_exported", (SURVEY, number, "type"), tr("Other programs know no quotas; this row is left out.")
        )
        return
    if row_type.kind is Kind.TERMINATE:
        survey.findings.note(
            "not_exported",
            (SURVEY, number, "type"),
            tr("Other programs cannot end an interview here: the text is a note, and the questions below go on."),
        )
        cells["type"] = "note"
    else:
        cells["type"] = _type(survey, number, cells["type"], row_type)
    choices = survey.grids[-1] if row_type.role is Role.ROW and survey.grids else row_type.choices
    if own.get("cati_order", "").lower() == _RANDOM and row_type.kind in (Kind.SINGLE, Kind.MULTIPLE):
        cells["parameters"] = f"{cells.get('parameters', '')} randomize=true".strip()
    _display(cells, own.get("cati_display", "").lower())
    listed = survey.lists.get(choices, []) if row_type.kind in (Kind.SINGLE, Kind.MULTIPLE) else []
    if row_type.kind is Kind.MULTIPLE:
        _exclude(survey, cells, listed)
    if not any(column.partition("::")[0] in ("label", "hint", "media") for column in cells):
        silent = cells["type"] in ("calculate", "hidden") or "calculation" in cells
        if not silent and row_type.role is not Role.UNKNOWN:
            cells[survey.columns.plain("label")] = name
    survey.add(number, cells)
    for beside in _specified(survey, name, listed):
        if any(survey.grids):
            survey.waiting.append((number, beside))
        else:
            survey.add(number, beside)


def _type(survey: _Survey, number: int, written: str, row_type: RowType) -> str:
    """Return the type in the other programs' words; what they do not know becomes hidden, so its name stays known."""
    if row_type.role is Role.ROW:
        return f"select_one {survey.grids[-1] if survey.grids else ''}".strip()
    words = " ".join(written.split())
    if row_type.kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.RANK) and row_type.choices:
        first = row_type.word if row_type.word.startswith(("select_", "rank")) else TYPES[row_type.kind]
        rest = " or_other" if row_type.or_other else ""
        return f"{first} {row_type.choices}{rest}"
    if words.lower() in survey.known or words.lower().replace("_", " ") in survey.known:
        return words if words.lower() not in ("int", "string") else TYPES[row_type.kind]
    if row_type.kind in TYPES and row_type.role is not Role.UNKNOWN and not row_type.unasked:
        return TYPES[row_type.kind]
    survey.findings.note(
        "not_exported",
        (SURVEY, number, "type"),
        tr("The type “{type}” is not known elsewhere; the row is kept hidden.", type=written),
    )
    return "hidden"


def _display(cells: dict[str, str], display: str) -> None:
    added = {"scale": "likert", "search": "autocomplete"}.get(display, "")
    if added and added not in cells.get("appearance", ""):
        cells["appearance"] = f"{cells.get('appearance', '')} {added}".strip()


def _exclude(survey: _Survey, cells: dict[str, str], listed: Rows) -> None:
    """Put exclusive answers into the constraint: one of them, and nothing else."""
    alone = [choice["name"] for choice in listed if survey.columns.says_yes(choice.get("cati_exclusive", ""))]
    parts = [f"not(selected(., '{name}') and count-selected(.) > 1)" for name in alone]
    if parts:
        before = cells.get("constraint", "")
        cells["constraint"] = " and ".join([f"({before})", *parts] if before else parts)


def _specified(survey: _Survey, name: str, listed: Rows) -> Iterator[dict[str, str]]:
    """Yield the text question behind each choice that has open words."""
    for choice in listed:
        if survey.columns.says_yes(choice.get("cati_specify", "")):
            labels = {column: text for column, text in choice.items() if column.partition("::")[0] == "label"}
            relevant = f"selected(${{{name}}}, '{choice['name']}')"
            word = re.sub(r"[^\w.\-]", "_", choice["name"])
            yield {"type": "text", "name": f"{name}_{word}_text", **labels, "relevant": relevant}
