"""Formulas of a workbook that left no result: cells that look filled to their author and read as empty here."""

from __future__ import annotations

import io
import re
import zipfile

from cati.files.workbooks import column_of, sheet_parts

Places = tuple[tuple[int, int], ...]
"""Cells as row and column, counted from 0."""

_CELL = re.compile(rb"<(?:\w+:)?c\s(?P<about>[^<>]*)>")
_WHERE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]|<(?:\w+:)?is[\s>]")
_FAULT = re.compile(rb"""\bt\s*=\s*["']e["']""")


def without_result(data: bytes) -> dict[str, Places]:
    """Return by sheet the cells of an xlsx workbook whose formula has no stored value, or whose value is an error."""
    found: dict[str, Places] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for sheet, part in sheet_parts(archive).items():
                content = archive.read(part)
                if _FAULT.search(content) or _FORMULA.search(content):
                    found[sheet] = tuple(_cells(content))
    except (KeyError, zipfile.BadZipFile, EOFError, RuntimeError):
        return {}  # an .ods, or an .xlsb: they keep every result, or do not tell
    return {sheet: places for sheet, places in found.items() if places}


def _cells(content: bytes) -> list[tuple[int, int]]:
    places = []
    begun = list(_CELL.finditer(content))
    ends = [*(cell.start() for cell in begun[1:]), len(content)]
    for cell, end in zip(begun, ends, strict=True):
        if cell["about"].endswith(b"/"):
            continue
        inside = content[cell.end() : end].partition(b"/sheetData")[0]
        empty = _FORMULA.search(inside) and not _VALUE.search(inside)
        where = _WHERE.search(cell["about"]) if empty or _FAULT.search(cell["about"]) else None
        if where is not None:
            places.append((int(where[2]) - 1, column_of(where[1])))
    return places
