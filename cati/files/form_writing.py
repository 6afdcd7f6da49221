"""A form's rows written back: as a workbook, as its YAML twin, and its tables as CSV."""

from __future__ import annotations

import csv
import io
import json
import re

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from cati.errors import Problem
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form, Sheet, headings_in_order
from cati.text import tr

LONGEST_CELL = 32_767
"""Signs that Excel keeps in one cell."""

_PLAIN = re.compile(r"[A-Za-zÄÖÜäöüß„“”(][^:#\n\"'\\]*")
_NOT_PLAIN = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})
"""Words that other YAML programs take for something else than text."""
_PLAIN_HEADING = re.compile(r"[a-z_]+(::[A-Za-zÀ-ÿ]+ \([a-z-]+\))?")
_LONGEST_KEY = 1_000
"""YAML reads a longer key only behind a question mark."""
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_WIDTHS = {"type": 26, "name": 24, "list_name": 20, "label": 60, "hint": 40, "relevant": 40, "constraint_message": 40}


def write_form_xlsx(form: Form) -> bytes:
    """Return the form as an XLSForm workbook of text cells, its headings frozen; a Problem for a cell too long."""
    book = Workbook()
    book.remove(book.active)
    wrapped, plain, bold = Alignment(wrap_text=True, vertical="top"), Font(), Font(bold=True)
    for name, sheet in (*_lists(form), (SETTINGS, form.settings)):
        page = book.create_sheet(name)
        rows = [(1, {heading: heading for heading in sheet.headings})]
        rows += [(at, dict(row.cells)) for at, row in enumerate(sheet.rows, 2)]
        for at, cells in rows:
            for column, heading in enumerate(sheet.headings, 1):
                cell = page.cell(at, column)
                text = cells.get(heading, "")
                if len(text) > LONGEST_CELL:
                    raise Problem(
                        tr("Sheet {sheet}, row {row}, column {column}", sheet=name, row=at, column=heading),
                        tr("This text is longer than a cell of a workbook may be."),
                        tr("Shorten it."),
                    )
                if text:
                    cell.value = _LOOKS_ESCAPED.sub("_x005F_", text)
                    cell.data_type = "s"  # also what begins with "=": text, never a formula
                cell.number_format = "@"
                cell.alignment, cell.font = wrapped, bold if at == 1 else plain
        for at, heading in enumerate(sheet.headings, 1):
            page.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(heading.partition(":")[0], 18)
        page.freeze_panes = "C2" if name == SURVEY else "A2"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def write_form_yaml(form: Form) -> str:
    """Return the form as YAML that `cati.files.form_yaml` reads back to the same headings and rows."""
    lines: list[str] = []
    settings = form.settings
    if len(settings.rows) > 1:
        lines += [f"{SETTINGS}:", *_rows(settings), ""]
    elif settings.headings:
        cells = settings.rows[0].cells if settings.rows else {}
        lines.append(f"{SETTINGS}:")
        lines += [f"  {_key(heading, '  ')}{_scalar(cells.get(heading, ''))}" for heading in settings.headings]
        lines.append("")
    for name, sheet in _lists(form):
        if sheet.headings:
            lines += [f"{name}:", *_rows(sheet), ""]
    return "\n".join(lines)


def write_table_csv(sheet: Sheet) -> bytes:
    """Return a table as UTF-8 text with commas, as other programs expect the files beside a form."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(sheet.headings)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([row.cells.get(heading, "") for heading in sheet.headings] for row in sheet.rows)
    return text.getvalue().encode()


def _lists(form: Form) -> list[tuple[str, Sheet]]:
    """Return the sheets with one row each thing. Other tables than this one stay files beside the form."""
    external = [(EXTERNAL, form.tables[EXTERNAL])] if EXTERNAL in form.tables else []
    return [(SURVEY, form.survey), (CHOICES, form.choices), *external]


def _rows(sheet: Sheet) -> list[str]:
    """Return the rows as YAML; the first names every heading when the rows alone would not tell them all in order."""
    named = [[heading for heading in sheet.headings if heading in row.cells] for row in sheet.rows]
    if headings_in_order(named) != sheet.headings:
        named[:1] = [list(sheet.headings)]
    cells = [row.cells for row in sheet.rows] or [{}]
    lines: list[str] = []
    list_before = ""
    for headings, row in zip(named, cells, strict=True):
        list_name = row.get("list_name", "")
        begins_block = row.get("type", "").startswith("begin")
        if lines and (begins_block or (list_name and list_before and list_name != list_before)):
            lines.append("")
        list_before = list_name or list_before
        dash = "  - "
        for heading in headings:
            lines.append(f"{dash}{_key(heading, '    ')}{_scalar(row.get(heading, ''))}")
            dash = "    "
    return lines


def _key(heading: str, indent: str) -> str:
    """Return a heading with its colon; a plain one may hold colons, as a language's column does."""
    written = heading if _PLAIN_HEADING.fullmatch(heading) and heading not in _NOT_PLAIN else _scalar(heading)
    return f"{written}: " if len(written) < _LONGEST_KEY else f"? {written}\n{indent}: "


def _scalar(text: str) -> str:
    """Return a text plain where YAML leaves no doubt, else in double quotes."""
    if text.lower() in _NOT_PLAIN:
        return f'"{text}"'
    if _PLAIN.fullmatch(text) and text == text.strip() and text.isprintable():
        return text
    quoted = json.dumps(text, ensure_ascii=False)  # JSON's texts are YAML's, but for signs that cannot be seen
    return "".join(sign if sign.isprintable() else _escape(ord(sign)) for sign in quoted)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - the last that four digits can say
