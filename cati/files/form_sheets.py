"""The sheets of a form, picked from whatever a workbook or folder holds, with a note on everything not read plainly."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cati.errors import Problem
from cati.survey.diagnostics import Findings
from cati.survey.form_rows import (
    CHOICES,
    EXTERNAL,
    SETTINGS,
    SURVEY,
    Form,
    Heading,
    Sheet,
    clean,
    heading_of,
    meanings_of,
    sheet_of,
)
from cati.text import tr

Cells = Sequence[Sequence[str]]
Area = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged area, each as row and column counted from 0."""

_ALSO = {
    SURVEY: {"questions", "questionnaire", "fragen", "fragebogen", "formular"},
    CHOICES: {"choice", "choices_and_columns", "columns", "options", "select_options", "antworten", "antwortlisten"},
    SETTINGS: {"setting", "form_settings", "einstellungen"},
    EXTERNAL: {"external_choice", "externalchoices"},
}
_OF_OTHERS = {"entities", "osm", "cascades", "help_survey", "help_choices", "help_settings"}
"""Sheets that mean something elsewhere and have headings like ours."""
_SETTINGS = {
    "form_title", "form_id", "version", "default_language", "style", "instance_name", "public_key", "submission_url",
    "allow_choice_duplicates", "sms_keyword", "auto_send", "auto_delete", "namespaces", "name",
}  # fmt: skip
_SEARCHED = 25
"""How many filled rows from the top are looked at for the headings."""
_ALIKE = 0.84
_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet as the file has it; ``cells`` reads it when it is wanted, ``merged`` are its merged areas.

    ``no_result`` are cells, as row and column from 0, whose formula left nothing to read.
    """

    name: str
    cells: Callable[[], Cells]
    merged: Callable[[], tuple[Area, ...]] = tuple
    no_result: tuple[tuple[int, int], ...] = ()


def form_of(sheets: Sequence[RawSheet], name: str, findings: Findings | None = None) -> Form:
    """Return the form that stands on these sheets; a Problem when none of them holds questions.

    ``findings`` are those of reading the file, the form's own join them.
    """
    findings = Findings() if findings is None else findings
    left = list(sheets)
    found: dict[str, Sheet] = {}
    for wanted in (SURVEY, EXTERNAL, CHOICES, SETTINGS):
        raw = _picked(wanted, left, findings)
        if raw is None and wanted == SURVEY:
            raise Problem(
                name, tr("This workbook has no sheet called survey."), tr("Questions stand on a sheet called survey.")
            )
        if raw is not None:
            left.remove(raw)
            found[wanted] = _sheet(wanted, raw, findings)
    if left:
        names = ", ".join(clean(sheet.name) for sheet in left[:_NAMES_SHOWN])
        more = ", …" if len(left) > _NAMES_SHOWN else ""
        findings.note(
            "extra_sheet", ("", 0, ""), tr("These sheets are no part of a questionnaire: {names}.", names=names + more)
        )
    empty = Sheet()
    tables = {EXTERNAL: found[EXTERNAL]} if found.get(EXTERNAL, empty).headings else {}
    return Form(
        name, found[SURVEY], found.get(CHOICES, empty), found.get(SETTINGS, empty), tables, tuple(findings.found)
    )


def _bare(name: str) -> str:
    return re.sub(r"[\s_\-]+", "_", clean(name).lower()).strip("_")


def _picked(wanted: str, sheets: Sequence[RawSheet], findings: Findings) -> RawSheet | None:
    """Return the sheet that is meant: by its name, by a name much like it, else by what its headings say."""
    for same in (lambda raw: raw.name == wanted, lambda raw: _bare(raw.name) == wanted):
        raw = next((each for each in sheets if same(each)), None)
        if raw is not None:
            return raw
    sheets = [each for each in sheets if _bare(each.name) not in _OF_OTHERS]
    raw = next(
        (each for each in sheets if _bare(each.name) in _ALSO[wanted] or _bare(each.name).startswith(wanted)), None
    )
    if raw is None:
        near = difflib.get_close_matches(wanted, [_bare(each.name) for each in sheets], 1, _ALIKE)
        raw = next((each for each in sheets if near and _bare(each.name) == near[0]), None)
    if raw is None and wanted in (SURVEY, CHOICES):
        raw = next((each for each in sheets if _heading_row(wanted, each.cells(), strict=True) is not None), None)
    if raw is not None:
        findings.note(
            "sheet_name",
            (wanted, 0, ""),
            tr("The sheet “{name}” is read as {wanted}.", name=clean(raw.name), wanted=wanted),
        )
    return raw


def _meanings(row: Sequence[str], sheet: str) -> set[str]:
    return {heading_of(text, sheet).column for text in row if text.strip()}


def _heads(row: Sequence[str], sheet: str, *, strict: bool) -> bool:
    """Return whether a row reads like the headings of this sheet."""
    columns = _meanings(row, sheet)
    if sheet == SURVEY:
        return "type" in columns and (not strict or bool(columns & {"name", "label"}))
    if sheet in (CHOICES, EXTERNAL):
        return "list_name" in columns and bool(columns & {"name", "label"})
    return bool(columns & _SETTINGS)


def _heading_row(sheet: str, cells: Cells, *, strict: bool = False) -> int | None:
    """Return the index of the row with the headings: the first that reads like them, else the first that is filled."""
    filled = [at for at, row in enumerate(cells) if any(text.strip() for text in row)][:_SEARCHED]
    heading = next((at for at in filled if _heads(cells[at], sheet, strict=True)), None)
    if heading is None and not strict:
        heading = next((at for at in filled if _heads(cells[at], sheet, strict=False)), None)
        return heading if heading is not None else next(iter(filled), None)
    return heading


def _sheet(wanted: str, raw: RawSheet, findings: Findings) -> Sheet:
    cells = raw.cells()
    start = _heading_row(wanted, cells)
    if start is None:
        return Sheet()
    if any(text.strip() for row in cells[:start] for text in row):
        findings.note(
            "heading_row",
            (wanted, start + 1, ""),
            tr("The headings stand in row {row}; what stands above is passed over.", row=start + 1),
        )
    if wanted in (CHOICES, EXTERNAL):
        cells = _filled_down(wanted, cells, start, raw.merged())
    _note_columns(wanted, cells, start, findings)
    for row, column in raw.no_result:
        heading = clean(cells[start][column]) if column < len(cells[start]) else ""
        if row > start and heading:
            findings.warning(
                "no_result",
                (wanted, row + 1, heading),
                tr(
                    "The formula in cell {cell} left no result; it is read as empty.",
                    cell=f"{_letters(column)}{row + 1}",
                ),
                tr("Correct it, or open the file in Excel and save it."),
            )
    return sheet_of(cells, start)


def _filled_down(wanted: str, cells: Cells, start: int, merged: tuple[Area, ...]) -> Cells:
    """Return the cells with the list's name repeated in every row over which its cell was merged."""
    columns = {at for at, text in enumerate(cells[start]) if heading_of(text, wanted).column == "list_name"}
    filled = [list(row) for row in cells] if merged else cells
    for (top, left), (bottom, _right) in merged:
        if left in columns and start < top < len(cells) and left < len(cells[top]):
            for row in filled[top + 1 : bottom + 1]:
                if left < len(row) and any(text.strip() for text in row):
                    row[left] = cells[top][left]  # type: ignore[index] # a list: copied above when anything is merged
    return filled


def _note_columns(wanted: str, cells: Cells, start: int, findings: Findings) -> None:
    """Note columns without a heading that are filled, and two filled columns that mean the same."""
    headings = [clean(text) for text in cells[start]]
    width = max(len(row) for row in cells[start:])
    below = cells[start + 1 :]
    nameless = [
        _letters(at)
        for at in range(width)
        if (at >= len(headings) or not headings[at]) and any(at < len(row) and row[at].strip() for row in below)
    ]
    if nameless:
        findings.note(
            "no_heading",
            (wanted, start + 1, ""),
            tr("Columns without a heading are passed over: {columns}.", columns=", ".join(nameless[:_NAMES_SHOWN])),
        )
    meanings = meanings_of(headings, wanted)
    first: dict[Heading, int] = {}
    for at, heading in enumerate(headings):
        if not heading:
            continue
        meaning = meanings[heading]
        before = first.setdefault(Heading(meaning.column, meaning.code), at)
        if before != at and any(_both(row, before, at) for row in below):
            findings.warning(
                "same_column",
                (wanted, start + 1, heading),
                tr("The columns {one} and {other} mean the same.", one=_letters(before), other=_letters(at)),
                tr("Where both are filled, the first counts. Keep one of them."),
            )


def _both(row: Sequence[str], one: int, other: int) -> bool:
    return other < len(row) and bool(row[one].strip()) and bool(row[other].strip()) and row[one] != row[other]


def _letters(at: int) -> str:
    """Return what a spreadsheet calls a column: 0 is A, 26 is AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name
