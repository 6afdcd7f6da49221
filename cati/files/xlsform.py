"""XLSForm workbooks (xlsx, xls, ods) and folders of CSV sheets, read as rows; sizes are checked before parsing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812 - zlib writes its exception in lower case

import python_calamine

from cati.errors import Problem
from cati.files.workbooks import as_text
from cati.survey.form_rows import CHOICES, SETTINGS, SURVEY, Form, sheet_of
from cati.text import tr

MOST_BYTES = 16 * 2**20
MOST_UNPACKED = 128 * 2**20
MOST_CELLS = 4_000_000
"""Cells of one sheet, laid out as a rectangle: 20,000 questions by 200 columns."""
MOST_MEMBERS = 2_000

_CELL_WITH_CONTENT = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*[^/]>""")
_REPEATED = re.compile(rb"""number-(columns|rows)-repeated\s*=\s*["'](\d+)["']""")
_ODS_CELL = re.compile(rb"<table:table-(?:cell|row)(?=[\s/>])[^>]*>")


def read_workbook(data: bytes, name: str) -> Form:
    """Return the sheets survey, choices and settings of a workbook; a Problem when it is none or too large."""
    if data[:2] == b"PK":
        _check_zip(data, name)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        by_name = {sheet.strip().lower(): sheet for sheet in reversed(book.sheet_names)}
        found = {}
        for wanted in (SURVEY, CHOICES, SETTINGS):
            if wanted not in by_name:
                found[wanted] = sheet_of([])
                continue
            rows = book.get_sheet_by_name(by_name[wanted]).to_python(skip_empty_area=False)
            found[wanted] = sheet_of([[_text(value) for value in row] for row in rows])
    except python_calamine.PasswordError as error:
        raise Problem(name, tr("This workbook has a password."), tr("Save it without one.")) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Problem(name, tr("This workbook cannot be read."), tr("Save it again as .xlsx.")) from error
    if SURVEY not in by_name:
        raise Problem(
            name, tr("This workbook has no sheet called survey."), tr("Questions stand on a sheet called survey.")
        )
    return Form(Path(name).stem, found[SURVEY], found[CHOICES], found[SETTINGS])


def read_folder(folder: Path) -> Form:
    """Return the sheets of a folder with survey.csv, choices.csv and settings.csv (UTF-8, comma or semicolon)."""
    by_name = {path.stem.lower(): path for path in folder.iterdir() if path.suffix.lower() == ".csv"}
    if SURVEY not in by_name:
        raise Problem(folder.name, tr("This folder has no survey.csv."), tr("Questions stand in survey.csv."))
    sheets = {}
    for wanted in (SURVEY, CHOICES, SETTINGS):
        sheets[wanted] = sheet_of(_csv_cells(by_name[wanted])) if wanted in by_name else sheet_of([])
    return Form(folder.name, sheets[SURVEY], sheets[CHOICES], sheets[SETTINGS])


def _csv_cells(path: Path) -> list[list[str]]:
    if path.stat().st_size > MOST_BYTES:
        raise _too_large(path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(path.name, tr("This file is not UTF-8."), tr("Save it as CSV UTF-8.")) from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as error:
        raise Problem(path.name, tr("This CSV file cannot be read."), tr("Save it as CSV UTF-8.")) from error


def _text(value: float | str | bool | dt.date | dt.time | dt.timedelta) -> str:
    """Return a cell as text; truth values as XLSForm writes them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else as_text(value)


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
                if "/worksheets/" in path and _extent(content) > MOST_CELLS:
                    raise _too_large(name)
                if path == "content.xml":
                    _check_repeats(content, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ZlibError) as error:
        raise Problem(name, tr("This workbook cannot be read."), tr("Save it again as .xlsx.")) from error


def _extent(content: bytes) -> int:
    """Return how many cells the rectangle around all cells with content has; formatted empty cells do not count."""
    last_row, last_column = 0, 0
    for letters, digits in _CELL_WITH_CONTENT.findall(content):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        last_row, last_column = max(last_row, int(digits)), max(last_column, column)
    return last_row * last_column


def _check_repeats(content: bytes, name: str) -> None:
    """Refuse filled cells repeated beyond any form; LibreOffice repeats *empty* ones up to the sheet's edge."""
    for cell in _ODS_CELL.finditer(content):
        if b"value" in cell[0] and any(int(times) > MOST_MEMBERS for _what, times in _REPEATED.findall(cell[0])):
            raise _too_large(name)
