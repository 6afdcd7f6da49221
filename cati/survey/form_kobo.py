"""What KoBo's form builder writes beyond XLSForm, put in XLSForm's words: scores, rankings, matrices, given names.

KoBo does the same with its own forms before it hands them on (``kpi/utils/kobo_to_xlsform.py``); names are made alike,
so that expressions elsewhere in the form find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cati.survey.form_choices import cell, is_yes
from cati.survey.form_rows import CHOICES, SURVEY, Form, Heading, Row, Sheet, headings_of

_BLOCK = re.compile(r"(begin|end)[\s_]+(score|rank|kobomatrix)", re.IGNORECASE)
_LISTS = {"score": "kobo--score-choices", "rank": "kobo--rank-items", "kobomatrix": "kobo--matrix_list"}
_GIVEN_NAMES = {SURVEY: ("$autoname", "$given_name"), CHOICES: ("$autovalue", "$autoname")}


@dataclass(frozen=True, slots=True)
class _Block:
    """An open block: its word, its own row, and the rows in it so far."""

    word: str
    row: Row
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The survey's headings by what they mean."""

    headings: Mapping[str, Heading]

    def get(self, row: Row, column: str) -> str:
        return cell(row, dict(self.headings), column)

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
            block = _Block(found[2].lower(), row)
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
    listed = columns.get(block.row, _LISTS[block.word])
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
        yield from _matrix(form, columns, block, listed)
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


def _matrix(form: Form, columns: _Columns, block: _Block, listed: str) -> Iterator[Row]:
    """Yield the questions of a matrix once for every thing on its list."""
    headings = headings_of(form.choices, CHOICES)
    name = columns.get(block.row, "name")
    yield columns.put(block.row, type="begin_group", required="")
    for choice in form.choices.rows:
        if cell(choice, headings, "list_name") != listed or not cell(choice, headings, "name"):
            continue
        thing = f"{name}_{cell(choice, headings, 'name')}"
        labels = {written: text for written, text in choice.cells.items() if headings[written].column == "label"}
        yield columns.put(Row(block.row.number, labels), type="begin_group", name=thing, appearance="field-list")
        for row in block.rows:
            required = "yes" if is_yes(columns.get(row, "required")) else columns.get(row, "required")
            yield columns.put(row, name=f"{thing}_{columns.get(row, 'name')}", required=required)
        yield Row(block.row.number, dict(columns.put(Row(0, {}), type="end_group").cells))
