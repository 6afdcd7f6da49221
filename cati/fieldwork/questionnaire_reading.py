"""Looking at a questionnaire: the one of the study or another file, with what is wrong beside its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.forms import check_form
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.stored_form import stored_form
from cati.survey.authoring import compile_form
from cati.survey.diagnostics import Diagnostic, Severity
from cati.survey.form_choices import cell, is_yes
from cati.survey.form_rows import CHOICES, SURVEY, Form, Heading, Row, headings_of
from cati.survey.item_types import Role, read_type
from cati.survey.outline import Outline, outline_of
from cati.survey.skips import Skips, skips_of
from cati.text import tr


@dataclass(frozen=True, slots=True)
class Looked:
    """A questionnaire laid out to be looked at.

    ``runs`` is false while an error keeps it from running. ``problems`` are in order, errors first; ``line_of`` has
    for each of them the index of the outline's line it belongs to, None where it belongs to the whole form.
    ``rows`` gives the row of the sheet for each line, 0 where the file is not at hand. ``source`` is the file's name,
    "" for the study's own questionnaire.
    """

    outline: Outline
    skips: Mapping[int, Skips]
    runs: bool
    problems: tuple[Diagnostic, ...]
    line_of: tuple[int | None, ...]
    rows: tuple[int, ...]
    source: str = ""

    def problems_at(self, line: int) -> tuple[Diagnostic, ...]:
        """Return what is wrong in a line."""
        return tuple(problem for problem, at in zip(self.problems, self.line_of, strict=True) if at == line)

    @property
    def errors(self) -> int:
        """How many of the problems keep it from running."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)


def look_at_own(study: OpenStudy) -> Looked:
    """Return the questionnaire the study runs on, with hints and rows where the study has kept the file."""
    outline = outline_of(study.questionnaire)
    read = stored_form(study)
    if read is None or read.form is None:
        return Looked(outline, skips_of(study.questionnaire), True, (), (), tuple(0 for _ in outline.lines))
    return _looked(outline, read.form, read.diagnostics, runs=True)


def look_at_file(path: Path) -> Looked:
    """Read a file and return it with its problems; a Problem when nothing of it can be shown."""
    read = check_form(path)
    questionnaire = read.questionnaire
    if questionnaire is None and read.form is not None:
        questionnaire = compile_form(read.form).sketch
    if questionnaire is None or read.form is None:
        first = next(iter(read.diagnostics), None)
        raise Problem(
            path.name,
            first.what if first is not None else tr("Nothing in it can be read as a questionnaire."),
            first.do if first is not None else "",
        )
    runs = read.questionnaire is not None
    return _looked(outline_of(questionnaire), read.form, read.diagnostics, runs=runs, source=path.name)


def _looked(outline: Outline, form: Form, found: tuple[Diagnostic, ...], *, runs: bool, source: str = "") -> Looked:
    rows = _rows(outline, form)
    places = _places(outline, form, rows)
    lines = tuple(_line_of(problem, places) for problem in found)
    return Looked(outline, skips_of(outline.questionnaire), runs, found, lines, rows, source)


def _rows(outline: Outline, form: Form) -> tuple[int, ...]:
    """Return the row of each line; groups stand in the order in which they begin."""
    headings = headings_of(form.survey, SURVEY)
    begins = [row.number for row in form.survey.rows if _begins(row, headings)]
    found = []
    for line in outline.lines:
        item = outline.item(line)
        if item is not None:
            found.append(item.row)
        else:
            found.append(begins[line.group] if line.group is not None and line.group < len(begins) else 0)
    return tuple(found)


def _begins(row: Row, headings: dict[str, Heading]) -> bool:
    written = cell(row, headings, "type")
    return bool(written) and not is_yes(cell(row, headings, "disabled")) and read_type(written).role is Role.BEGIN


def _places(outline: Outline, form: Form, rows: tuple[int, ...]) -> dict[tuple[str, int], int]:
    """Return the line for every row of the sheets: its own, or the first question that shows a choice."""
    places: dict[tuple[str, int], int] = {}
    lists: dict[str, int] = {}
    for at, (line, row) in enumerate(zip(outline.lines, rows, strict=True)):
        if row:
            places.setdefault((SURVEY, row), at)
        item = outline.item(line)
        if item is not None and item.choices:
            lists.setdefault(item.choices, at)
    headings = headings_of(form.choices, CHOICES)
    for row_of_choice in form.choices.rows:
        name = cell(row_of_choice, headings, "list_name")
        if name in lists:
            places[CHOICES, row_of_choice.number] = lists[name]
    # A row that became no line (unknown type, end of a group) is looked for at the line before it.
    last: int | None = None
    for row_of_survey in form.survey.rows:
        last = (
            places.setdefault((SURVEY, row_of_survey.number), last)
            if last is not None
            else places.get((SURVEY, row_of_survey.number))
        )
    return places


def _line_of(problem: Diagnostic, places: Mapping[tuple[str, int], int]) -> int | None:
    return places.get((problem.sheet, problem.row))
