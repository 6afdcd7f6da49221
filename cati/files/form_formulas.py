"""Formulas of a workbook that left no result: cells that look filled to their author and read as empty here."""

from __future__ import annotations

import io
import re
import zipfile

from cati.files.workbooks import column_of, sheet_parts

Places = tuple[tuple[int, int], ...]
"""Cells as row and column, counted from 0."""

_CELL = re.compile(rb"<(?:\w+:)?c\s(?P<about>[^>]*[^>/])>(?P<inside>.*?)</(?:\w+:)?c>", re.DOTALL)
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
    for cell in _CELL.finditer(content):
        empty = _FORMULA.search(cell["inside"]) and not _VALUE.search(cell["inside"])
        where = _WHERE.search(cell["about"]) if empty or _FAULT.search(cell["about"]) else None
        if where is not None:
            places.append((int(where[2]) - 1, column_of(where[1])))
    return places
