"""Which rows of a table are people: the one count that the hand-over slip and the import both use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from cati.errors import Problem
from cati.files.dates import read_date
from cati.files.headers import PHONES, field_by_name, plain_header
from cati.files.phones import read_phone
from cati.files.tables import Table, read_table
from cati.survey.case import Phone
from cati.text import tr

ROWS_SEARCHED_FOR_HEADERS = 30
LEAST_HEADERS = 2
"""So many names must be recognised before a row is taken for the headers."""

_MOST_IN_A_TOTAL = 3
"""Filled cells of a row of totals; a person has more: a name, a number, and two dates at least."""
_TOTALS = ("summe", "gesamt", "insgesamt", "anzahl", "total", "sum", "count", "stand", "seite", "page")


def read_list(data: bytes, name: str, *, sheet: str | None = None) -> Table:
    """Read the one sheet that is a list of people, the first with cells when no headers say which.

    Raises Problem when several sheets are lists: whoever stands on the others would be lost without a word.
    """
    table = read_table(data, name, sheet=sheet)
    if sheet is not None or len(table.sheets) <= 1:
        return table
    tables = [table if one == table.sheet else read_table(data, name, sheet=one) for one in table.sheets]
    lists = [one for one in tables if _names_a_telephone(one)]
    if len(lists) > 1:
        raise Problem(
            tr("File {name}", name=name),
            tr("Several sheets hold lists of people: {sheets}.", sheets=", ".join(one.sheet for one in lists)),
            tr("Ask the office to put all people on one sheet, or to send a file for each."),
        )
    return lists[0] if lists else table


def _names_a_telephone(table: Table) -> bool:
    number = named_header_row(table)
    fields = [field_by_name(cell) for cell in table.row(number)] if number else []
    return any(found is not None and found[0] in PHONES for found in fields)


def named_header_row(table: Table) -> int:
    """Return the number of the row that holds the most names of columns, 0 when none holds `LEAST_HEADERS`."""
    best, best_score = 0, 0
    for number, row in enumerate(table.rows[:ROWS_SEARCHED_FOR_HEADERS], 1):
        known = sum(field_by_name(cell) is not None for cell in row if cell.strip())
        if known >= LEAST_HEADERS and known > best_score and not is_somebodys(row):
            best, best_score = number, known
    return best


def header_row(table: Table) -> int:
    """Return the number of the row of headers: by its names, else the first of the fullest rows; 0 without any."""
    named = named_header_row(table)
    if named:
        return named
    head = table.rows[:ROWS_SEARCHED_FOR_HEADERS]
    filled = [0 if is_somebodys(row) else sum(bool(cell.strip()) for cell in row) for row in head]
    return filled.index(max(filled)) + 1 if any(filled) else 0


def is_somebodys(row: Sequence[str]) -> bool:
    """Tell whether a row holds a telephone number or a date: no row of headers does, and its cells are not shown."""
    return any(
        cell.strip() and (isinstance(read_date(cell), date) or isinstance(read_phone(cell), Phone)) for cell in row
    )


def people_rows(table: Table, below: int) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) of every row under row ``below`` that is somebody's, right or wrong.

    Blank rows are nobody's, nor are rows of totals. A row that cannot be trusted (`Table.broken`) counts, though its
    cells were emptied: somebody stood there.
    """
    for number, row in enumerate(table.rows[below:], below + 1):
        if number in table.broken or _is_a_person(row):
            yield number, row


def count_people(table: Table) -> int:
    """Return how many rows are somebody's: what the office writes on the hand-over slip."""
    return sum(1 for _ in people_rows(table, header_row(table)))


def _is_a_person(row: Sequence[str]) -> bool:
    """Tell a person, whose row has many cells, from a blank row and from "Summe: 50", "Stand 1.7.2026" below a list."""
    first = ""
    filled = 0
    for cell in row:
        if cell and not cell.isspace():
            filled += 1
            first = first or cell
            if filled > _MOST_IN_A_TOTAL:
                return True
    before = first.split(":")[0].split()
    return filled > 0 and not (before and plain_header(before[0]) in _TOTALS)
