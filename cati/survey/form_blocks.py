"""Blocks that stand for other rows, written out: KoBo's scores, rankings and matrices, and the old loop over a list.

KoBo and pyxform do the same before they hand a form on (``kpi/utils/kobo_to_xlsform.py``); names are made alike, so
that expressions elsewhere in the form find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cati.survey.form_choices import cell, is_yes
from cati.survey.form_rows import CHOICES, SURVEY, Form, Heading, Row, Sheet, headings_of

_BLOCK = re.compile(r"(begin|end)[\s_]+(score|rank|kobomatrix|loop)\b(?:[\s_]+over[\s_]+(\S+))?", re.IGNORECASE)
_OF_THE_CHOICE = re.compile(r"%\((\w+)\)s")
_LISTS = {"score": "kobo--score-choices", "rank": "kobo--rank-items", "kobomatrix": "kobo--matrix_list"}
OVER = "over "
"""What stands, in the type of a group, before the list for each of whose choices its rows were written out."""
_GIVEN_NAMES = {SURVEY: ("$autoname", "$given_name"), CHOICES: ("$autovalue", "$autoname")}


@dataclass(frozen=True, slots=True)
class _Block:
    """An open block: its word, its own row, and the rows in it so far."""

    word: str
    row: Row
    over: str
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The survey's headings by what they mean."""

    headings: Mapping[str, Heading]

    def get(self, row: Row, column: str) -> str:
        return cell(row, self.headings, column)

    def put(self, row: Row, **columns: str) -> Row:
        """Return the row with these columns changed; an empty text takes the cell away."""
        cells = dict(row.cells)
        for column, text in columns.items():
            written = next((key for key, heading in self.headings.items() if heading == Heading(column)), column)
            cells.pop(written, None)
            if text:
                cells[written] = text
        return Row(row.number, cells)


def in_xlsforms_words(form: Form) -> Form:
    """Return the form without anything that only KoBo knows; itself when there is nothing of that kind."""
    form = replace(form, survey=_named(form.survey, SURVEY), choices=_named(form.choices, CHOICES))
    columns = _Columns(headings_of(form.survey, SURVEY))
    if not any(_BLOCK.match(columns.get(row, "type")) for row in form.survey.rows):
        return form
    rows = tuple(_expanded(form, columns))
    added = dict.fromkeys(key for row in rows for key in row.cells)
    return replace(form, survey=Sheet(tuple(dict.fromkeys((*form.survey.headings, *added))), rows))


def _named(sheet: Sheet, name: str) -> Sheet:
    """Return the sheet with the names that KoBo gave to rows whose author gave none."""
    headings = headings_of(sheet, name)
    given = [written for written in sheet.headings if headings[written].column in _GIVEN_NAMES[name]]
    if not given:
        return sheet
    own = next((written for written, heading in headings.items() if heading.column == "name"), "name")
    rows = []
    for row in sheet.rows:
        found = next((row.cells[written] for written in given if written in row.cells), "")
        rows.append(Row(row.number, {own: found, **row.cells}) if found and own not in row.cells else row)
    return Sheet(sheet.headings if own in sheet.headings else (*sheet.headings, own), tuple(rows))


def _expanded(form: Form, columns: _Columns) -> Iterator[Row]:
    block: _Block | None = None
    for row in form.survey.rows:
        found = _BLOCK.match(columns.get(row, "type"))
        if found and found[1].lower() == "begin" and block is None:
            block = _Block(found[2].lower(), row, found[3] or "")
        elif block is None:
            yield row
        elif found and found[1].lower() == "end":
            yield from _block(form, columns, block, row)
            block = None
        else:
            block = replace(block, rows=(*block.rows, row))
    if block is not None:  # never closed: said about the row that opens it
        yield columns.put(block.row, type="begin_group")
        yield from block.rows


def _block(form: Form, columns: _Columns, block: _Block, end: Row) -> Iterator[Row]:
    """Yield what a block becomes, from the row that opens it to the row that closes it."""
    listed = block.over or columns.get(block.row, _LISTS.get(block.word, ""))
    if block.word == "score":
        required = columns.get(block.row, "required")
        yield columns.put(block.row, type=f"begin_grid {listed}", required="")
        for row in block.rows:
            yield columns.put(row, type="row", required=required or columns.get(row, "required"))
        yield columns.put(end, type="end_grid")
    elif block.word == "rank":
        yield from _ranking(columns, block, listed)
        yield columns.put(end, type="end_group")
    else:
        once_each = _loop if block.word == "loop" else _matrix
        yield columns.put(block.row, type=f"begin_group {OVER}{listed}", required="")
        for choice in form.choices.rows:
            headings = headings_of(form.choices, CHOICES)
            if cell(choice, headings, "list_name") == listed and cell(choice, headings, "name"):
                yield from once_each(columns, block, choice, headings)
        yield columns.put(end, type="end_group")


def _ranking(columns: _Columns, block: _Block, listed: str) -> Iterator[Row]:
    """Yield one question a place, each with another answer than the places before."""
    message = columns.get(block.row, "kobo--rank-constraint-message")
    yield columns.put(block.row, type="begin_group", appearance="field-list", required="")
    before: list[str] = []
    for row in block.rows:
        others = " and ".join(f". != ${{{name}}}" for name in before)
        yield columns.put(row, type=f"select_one {listed}", required="yes", constraint=others,
                          constraint_message=message if others else "")  # fmt: skip
        before.append(columns.get(row, "name"))


def _matrix(columns: _Columns, block: _Block, choice: Row, headings: Mapping[str, Heading]) -> Iterator[Row]:
    """Yield the questions of a matrix for one thing on its list."""
    thing = f"{columns.get(block.row, 'name')}_{cell(choice, headings, 'name')}"
    labels = {written: text for written, text in choice.cells.items() if headings[written].column == "label"}
    yield columns.put(Row(block.row.number, labels), type="begin_group", name=thing, appearance="field-list")
    for row in block.rows:
        required = "yes" if is_yes(columns.get(row, "required")) else columns.get(row, "required")
        yield columns.put(row, name=f"{thing}_{columns.get(row, 'name')}", required=required)
    yield columns.put(Row(block.row.number, {}), type="end_group")


def _loop(columns: _Columns, block: _Block, choice: Row, headings: Mapping[str, Heading]) -> Iterator[Row]:
    """Yield the rows of a loop for one choice, whose cells stand where the texts say ``%(label)s``."""
    labels = {written: text for written, text in choice.cells.items() if headings[written].column == "label"}
    name = cell(choice, headings, "name")
    yield columns.put(Row(block.row.number, labels), type="begin_group", name=name)
    for row in block.rows:
        filled = {written: _filled(written, text, columns, choice, headings) for written, text in row.cells.items()}
        own = columns.get(row, "name")
        yield columns.put(Row(row.number, filled), name=f"{name}_{own}" if own else "")
    yield columns.put(Row(block.row.number, {}), type="end_group")


def _filled(written: str, text: str, columns: _Columns, choice: Row, headings: Mapping[str, Heading]) -> str:
    """Return a text of a loop with the choice's own cells, in the language of the column it stands in."""
    code = columns.headings[written].code if written in columns.headings else ""

    def cell_of(found: re.Match[str]) -> str:
        said = {heading.code: choice.cells[key] for key, heading in headings.items()
                if heading.column == found[1] and key in choice.cells}  # fmt: skip
        return said.get(code, next(iter(said.values()), found[0]))

    return _OF_THE_CHOICE.sub(cell_of, text)
