"""Writes tables back: refused rows for the office to mend, and a table as the plain text that gets sealed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from cati.files.headers import Field
from cati.files.mapping import Mapping
from cati.files.tables import Table
from cati.survey.case import Refused
from cati.text import tr

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00")
"""First signs that make a spreadsheet calculate (OWASP ASVS 1.2.10)."""


def refused_table(table: Table, mapping: Mapping, refused: Iterable[Refused], *, text: bool = False) -> bytes:
    """Return the refused rows as a workbook (or, with ``text``, as CSV) to be sealed and sent back.

    Row number, reason and remedy stand beside the cells as they came; columns of remarks are left out.
    Cells that cannot be trusted (NUL, far too long) are empty: the row number must do. The mended list
    can be read again as it is, the added columns are recognised and ignored. No cell starts a formula.
    """
    kept = [column for column in mapping.columns if column.field is not Field.REMARKS]
    rows = [[tr("Row"), *(column.header for column in kept), tr("Reason"), tr("What to do")]]
    for row in sorted(refused, key=lambda one: one.row):
        cells = table.row(row.row)
        beside = [cells[column.index] if column.index < len(cells) else "" for column in kept]
        rows.append([str(row.row), *beside, row.reason, row.remedy])
    return _csv([[_harmless(cell) for cell in row] for row in rows]) if text else _workbook(rows)


def table_to_csv(table: Table) -> bytes:
    """Return the table as UTF-8 text with semicolons, cell by cell as it was read, line breaks as ", ".

    For sealing, not for opening in a spreadsheet: what begins like a formula still does.
    """
    return _csv([[", ".join(cell.splitlines()) for cell in row] for row in table.rows])


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(STARTS_FORMULA) else cell


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - slow to import, and seldom needed
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(tr("Refused rows"))
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
            cell.data_type = "s"  # also what begins with "=": text, never a formula
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
