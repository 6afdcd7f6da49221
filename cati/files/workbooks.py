"""Tables in workbooks (xlsx, xls, ods): sizes and declarations checked before anything is parsed."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import TypeAlias

import python_calamine

from cati.files.table_child import MOST_COLUMNS, MOST_ROWS, Outline, Unreadable

MOST_UNPACKED = 192 * 2**20
"""Bytes of XML in a workbook: 100,000 people with twenty columns are about 100 MB."""
MOST_RATIO = 100
RATIO_FROM = 8 * 2**20
"""Below this size unpacked no ratio harms."""
MOST_MEMBERS = 2_000

Value: TypeAlias = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_FAR_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,}[0-9]+|[A-Za-z]?[0-9]{6,})["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_FORMULA_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Za-z]+)([0-9]+)["'][^>]*>\s*<(?:\w+:)?f[\s>/]""")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_ODS_REPEATED = re.compile(rb"""number-(columns|rows)-repeated\s*=\s*["'](\d+)["']""")
_EXACT = 1e15
"""Below this every whole number of a cell is exact."""
_BIFF_FORMULA = 0x0006
_BIFF_SHEET, _BIFF_BEGIN = 0x0085, 0x0809
_BIFF_SHEET_HEAD, _BIFF_CELL_HEAD = 8, 4


def read(data: bytes, sheet: str) -> tuple[Outline, Iterator[list[str]]]:
    """Open a workbook whose sizes were found harmless; raises Unreadable."""
    formulas = _check_zip(data) if data[:2] == b"PK" else {}
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = [
            found.name for found in book.sheets_metadata if found.visible == python_calamine.SheetVisibleEnum.Visible
        ]
    except python_calamine.PasswordError as error:
        raise Unreadable("password") from error
    except python_calamine.CalamineError as error:
        raise Unreadable("not_a_workbook") from error
    if sheet and sheet not in names:
        raise Unreadable("no_such_sheet")
    for name in [sheet] if sheet else names:
        try:
            cells = book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            raise Unreadable("not_a_workbook") from error
        if cells.start is not None and cells.end is not None:
            break
    else:
        raise Unreadable("no_sheet")
    last_row, last_column = cells.end
    if last_row >= MOST_ROWS:
        raise Unreadable("too_many_rows", limit=MOST_ROWS)
    if last_column >= MOST_COLUMNS:
        raise Unreadable("too_many_columns", limit=MOST_COLUMNS)
    if data[:2] != b"PK":
        formulas = _xls_formulas(data)
    filled = [one for one in names if one == name or _has_cells(book, one)]
    outline = Outline(sheet=name, sheets=filled, formulas=formulas.get(name, []))
    return outline, _rows(cells)


def _has_cells(book: python_calamine.CalamineWorkbook, sheet: str) -> bool:
    try:
        return book.get_sheet_by_name(sheet).end is not None
    except python_calamine.CalamineError:
        return False  # a chart, or one that could not be read as a list either


def _rows(cells: python_calamine.CalamineSheet) -> Iterator[list[str]]:
    """Yield every row from row 1 on, every cell from column A on, as text."""
    assert cells.start is not None  # noqa: S101 - only sheets with cells come here
    before = [""] * cells.start[1]  # calamine's rows begin with row 1, but with the first column that is used
    for row in cells.iter_rows():
        yield before + [value if isinstance(value, str) else as_text(value) for value in row]


def as_text(value: Value) -> str:
    """Return what a person sees in the cell, dates as ISO 8601, whole numbers without a point."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.time):
        return value.isoformat("minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _check_zip(data: bytes) -> dict[str, list[tuple[int, int]]]:
    """Refuse bombs by the sizes declared, hold each part to its declared size; return the formulas by sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            if (
                len(parts) > MOST_MEMBERS
                or total > MOST_UNPACKED
                or any(p.file_size > RATIO_FROM and p.file_size > MOST_RATIO * max(p.compress_size, 1) for p in parts)
            ):
                raise Unreadable("unpacks_too_large")
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable("password")
            names = {part.filename for part in parts}
            if "content.xml" in names:
                content = _part(archive, archive.getinfo("content.xml"))
                _check_ods(content)
                return _ods_formulas(content)
            return _check_xlsx(archive)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable("not_a_workbook") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined] # zipfile lets the decompressor's error through
        raise Unreadable("not_a_workbook") from error


def _part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Unpack one part, never beyond the size it declares: a larger one fails its checksum instead."""
    with archive.open(part) as packed:
        return packed.read(part.file_size)


def _check_declarations(part: bytes) -> None:
    """Refuse entity declarations (expansion bombs, files read from disk) and encodings that hide them."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or part[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\x00" in part[:64]:
        raise Unreadable("declared_entities")


def _check_xlsx(archive: zipfile.ZipFile) -> dict[str, list[tuple[int, int]]]:
    places: dict[str, list[tuple[int, int]]] = {}
    for part in archive.infolist():
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        content = _part(archive, part)
        _check_declarations(content)
        if "/worksheets/" in part.filename and part.filename.endswith(".xml"):
            _check_extent(content)
            places[part.filename.lstrip("/")] = _formula_cells(content)
    return {name: places.get(path, []) for name, path in sheet_parts(archive).items()}


def _check_extent(content: bytes) -> None:
    """Refuse cells far out: a reader would lay out the whole rectangle up to them."""
    for far in _FAR_CELL.finditer(content):
        letters = far[1].rstrip(b"0123456789")
        row = int(far[1][len(letters) :])
        if row > MOST_ROWS:
            raise Unreadable("too_many_rows", limit=MOST_ROWS)
        if letters and column_of(letters) >= MOST_COLUMNS:
            raise Unreadable("too_many_columns", limit=MOST_COLUMNS)


def column_of(letters: bytes) -> int:
    """Return the column of "A" as 0, "Z" as 25, "AA" as 26."""
    number = 0
    for letter in letters.upper()[:4]:
        number = number * 26 + letter - 64
    return number - 1


def _formula_cells(content: bytes) -> list[tuple[int, int]]:
    start, end = content.find(b"sheetData"), content.rfind(b"sheetData")
    cells = content[start:end]  # what follows (conditional formats) has formulas of its own, but no cells
    total = sum(1 for _ in _FORMULA.finditer(cells))
    if not total:
        return []
    found = [(int(cell[2]), column_of(cell[1])) for cell in _FORMULA_CELL.finditer(cells)]
    if len(found) != total:  # a formula whose cell cannot be told might stand in any
        raise Unreadable("not_a_workbook")
    return found


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"[\s:]" + name + rb"""\s*=\s*["']([^"']*)["']""", tag)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else ""


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the archive that holds each sheet, by the name a person sees."""
    targets: dict[str, str] = {}
    for tag in _RELATION.findall(_part(archive, archive.getinfo("xl/_rels/workbook.xml.rels"))):
        target = _attribute(tag, b"Target")
        targets[_attribute(tag, b"Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found = {}
    for tag in _SHEET.findall(_part(archive, archive.getinfo("xl/workbook.xml"))):
        found[_attribute(tag, b"name")] = targets.get(_attribute(tag, b"id"), "")
    return found


def _check_ods(content: bytes) -> None:
    """Refuse what would be laid out far beyond a list; LibreOffice repeats *empty* cells up to the sheet's edge."""
    _check_declarations(content)
    for cell in re.finditer(rb"<table:table-cell(?=[\s/>])[^>]*>", content):
        repeated = _ODS_REPEATED.search(cell[0]) if b"office:value" in cell[0] else None
        if repeated and int(repeated[2]) > MOST_COLUMNS:
            raise Unreadable("too_many_columns", limit=MOST_COLUMNS)


def _ods_formulas(content: bytes) -> dict[str, list[tuple[int, int]]]:
    """Return the formula cells of each sheet, counting repeated rows and cells as they are written."""
    if b"table:formula" not in content:
        return {}
    found: dict[str, list[tuple[int, int]]] = {}
    name, row, column, step = "", 0, 0, 1
    tags = re.compile(
        rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
    )
    for tag in tags.finditer(content):
        repeated = _ODS_REPEATED.search(tag[0])
        times = int(repeated[2]) if repeated else 1
        if tag[1] == b"table":
            name, row, step = _attribute(tag[0], b"name"), 0, 1
        elif tag[1] == b"table-row":
            row, column, step = row + step, 0, times  # the next row begins after all that this one stands for
        else:
            if b"table:formula" in tag[0]:
                found.setdefault(name, []).extend((row, column + i) for i in range(min(times, MOST_COLUMNS)))
            column += times
    return found


def _xls_formulas(data: bytes) -> dict[str, list[tuple[int, int]]]:
    """Return the formula cells of an old workbook by walking its records (MS-XLS 2.4.127, 2.4.28)."""
    import olefile  # noqa: PLC0415 - only old workbooks are compound files

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as compound:
            stream = next((s for s in ("Workbook", "Book") if compound.exists(s)), "")
            if not stream:
                raise Unreadable("not_a_workbook")
            book = compound.openstream(stream).read()
    except OSError as error:
        raise Unreadable("not_a_workbook") from error
    starts: dict[int, str] = {}
    found: dict[str, list[tuple[int, int]]] = {}
    name, at = "", 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        body = book[at + 4 : at + 4 + length]
        if kind == _BIFF_SHEET and len(body) > _BIFF_SHEET_HEAD:
            wide = body[7] & 1
            starts[struct.unpack_from("<I", body)[0]] = body[8:].decode("utf-16-le" if wide else "latin-1", "replace")
        elif kind == _BIFF_BEGIN:
            name = starts.get(at, name)
        elif kind == _BIFF_FORMULA and len(body) >= _BIFF_CELL_HEAD:
            row, column = struct.unpack_from("<HH", body)
            found.setdefault(name, []).append((row + 1, column))
        at += 4 + length
    return found
