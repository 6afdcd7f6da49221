"""XLSForm workbooks (xlsx, xls, ods) and folders of CSV sheets, read as rows; sizes are checked before parsing."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812 - zlib writes its exception in lower case

import python_calamine

from cati.errors import Problem
from cati.files.form_formulas import Places, without_result
from cati.files.form_sheets import RawSheet, form_of
from cati.files.form_tables import MOST_BYTES, csv_cells
from cati.files.whole_file import read_whole
from cati.files.workbooks import as_text, column_of
from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form
from cati.text import tr

MOST_UNPACKED = 128 * 2**20
MOST_CELLS = 4_000_000
"""Cells of one sheet, laid out as a rectangle: 20,000 questions by 200 columns."""
MOST_MEMBERS = 2_000

_CELL_WITH_CONTENT = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*[^/]>""")
_REPEATED = re.compile(rb"""number-(columns|rows)-repeated\s*=\s*["'](\d+)["']""")
_ODS_CELL = re.compile(rb"<table:table-(?:cell|row)(?=[\s/>])[^>]*>")


def read_workbook(data: bytes, name: str) -> Form:
    """Return the form in a workbook; a Problem when it is none, too large, or has no questions."""
    if data[:2] == b"PK":
        _check_zip(data, name)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        pages = [page.name for page in book.sheets_metadata if page.typ == python_calamine.SheetTypeEnum.WorkSheet]
        empty = without_result(data) if data[:2] == b"PK" else {}
        return form_of([_raw(book, page, empty.get(page, ())) for page in pages], Path(name).stem)
    except python_calamine.PasswordError as error:
        raise Problem(name, tr("This workbook has a password."), tr("Save it without one.")) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Problem(name, tr("This workbook cannot be read."), tr("Save it again as .xlsx.")) from error


def _raw(book: python_calamine.CalamineWorkbook, page: str, no_result: Places) -> RawSheet:
    sheet = cache(lambda: book.get_sheet_by_name(page))  # a sheet that nobody asks for is never laid out

    def cells() -> list[list[str]]:
        return [[_text(value) for value in row] for row in sheet().to_python(skip_empty_area=False)]

    return RawSheet(page, cache(cells), lambda: tuple(sheet().merged_cell_ranges or ()), no_result)


def read_folder(folder: Path) -> Form:
    """Return the form in a folder with survey.csv, choices.csv and settings.csv."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    sheets = {name: path for name in (SURVEY, CHOICES, SETTINGS, EXTERNAL) if (path := _file_of(name, files))}
    if SURVEY not in sheets:
        raise Problem(folder.name, tr("This folder has no survey.csv."), tr("Questions stand in survey.csv."))
    findings = Findings()
    return form_of(
        [RawSheet(name, cache(partial(_csv_cells, path, findings))) for name, path in sheets.items()],
        folder.name,
        findings,
    )


def _file_of(sheet: str, files: list[Path]) -> Path | None:
    """Return the file of a sheet: by its name, else by the name among others as spreadsheets write them when exporting.

    That is "form - survey.csv" or "survey-Table 1.csv".
    """
    exact = next((path for path in files if path.stem.strip().lower() == sheet), None)
    if exact is not None:
        return exact
    among = re.compile(rf"(?:.*[\W_])?{sheet}(?:[\W_].*)?", re.IGNORECASE)
    found = [path for path in files if among.fullmatch(path.stem)]
    found = [path for path in found if sheet == EXTERNAL or EXTERNAL not in path.stem.lower()]
    return found[0] if len(found) == 1 else None


def read_single_csv(data: bytes, name: str) -> Form:
    """Return the form in one CSV file whose first column names the sheet and stands empty beside its rows (pyxform).

    The headings stand in the row with the sheet's name or in the next.
    """
    findings = Findings()
    sheets: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for at, row in enumerate(csv_cells(data, name, findings)):
        head = row[0].strip().lower() if row else ""
        if head:
            rows = sheets.setdefault(head, [[] for _ in range(at)])  # rows are counted as in the file
        rows.append([] if head and not any(cell.strip() for cell in row[1:]) else row[1:])
    if SURVEY not in sheets:
        raise Problem(
            name,
            tr("One CSV file is not a whole questionnaire."),
            tr("Name the folder that holds survey.csv and choices.csv, or save all sheets as one .xlsx file."),
        )
    return form_of(
        [RawSheet(sheet, partial(list, cells)) for sheet, cells in sheets.items()], Path(name).stem, findings
    )


def _csv_cells(path: Path, findings: Findings) -> list[list[str]]:
    return csv_cells(read_whole(path, MOST_BYTES), path.name, findings)


def _text(value: float | str | bool | dt.date | dt.time | dt.timedelta) -> str:
    """Return a cell as text, as a person would type it: whole numbers without a point, dates as ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):  # with the 15 digits that a spreadsheet shows
        return str(int(value)) if value.is_integer() else format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, dt.datetime) and value.time() != dt.time():
        return value.isoformat("T", "seconds")
    if isinstance(value, dt.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return as_text(value)


def _too_large(name: str) -> Problem:
    return Problem(name, tr("This file is too large for a questionnaire."), tr("Remove what is not a question."))


def _check_zip(data: bytes, name: str) -> None:
    """Refuse what unpacks or would be laid out too large, entity declarations, and hidden encodings."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_MEMBERS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _too_large(name)
            for part in parts:
                path = part.filename.lower()
                if not path.endswith((".xml", ".rels")):
                    continue
                with archive.open(part) as packed:
                    content = packed.read(part.file_size)
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content[:64]:
                    raise Problem(
                        name,
                        tr("This workbook declares things that no workbook needs; it is not opened."),
                        tr("Save it again with Excel or LibreOffice."),
                    )
                if b"sheetData" in content and _extent(content) > MOST_CELLS:
                    raise _too_large(name)
                if path == "content.xml":
                    _check_repeats(content, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ZlibError) as error:
        raise Problem(name, tr("This workbook cannot be read."), tr("Save it again as .xlsx.")) from error


def _extent(content: bytes) -> int:
    """Return how many cells the rectangle around all cells with content has; formatted empty cells do not count."""
    last_row, last_column = 0, 0
    for letters, digits in _CELL_WITH_CONTENT.findall(content):
        last_row, last_column = max(last_row, int(digits)), max(last_column, column_of(letters) + 1)
    return last_row * last_column


def _check_repeats(content: bytes, name: str) -> None:
    """Refuse filled cells repeated beyond any form; LibreOffice repeats *empty* ones up to the sheet's edge."""
    for cell in _ODS_CELL.finditer(content):
        if b"value" in cell[0] and any(int(times) > MOST_MEMBERS for _what, times in _REPEATED.findall(cell[0])):
            raise _too_large(name)
