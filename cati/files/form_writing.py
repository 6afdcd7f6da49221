"""A form's rows written back: as a workbook, and as its YAML twin."""

from __future__ import annotations

import io
import json
import re

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form, Sheet

_PLAIN = re.compile(r"[A-Za-zÄÖÜäöüß„“”(][^:#\n\"'\\]*")
_NOT_PLAIN = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})
"""Words that other YAML programs take for something else than text."""
_WIDTHS = {"type": 26, "name": 24, "list_name": 20, "label": 60, "hint": 40, "relevant": 40, "constraint_message": 40}


def write_form_xlsx(form: Form) -> bytes:
    """Return the form as an XLSForm workbook: every cell is text, headings are frozen."""
    book = Workbook()
    book.remove(book.active)
    for name, sheet in (*_lists(form), (SETTINGS, form.settings)):
        page = book.create_sheet(name)
        page.append(list(sheet.headings))
        for row in sheet.rows:
            page.append([row.cells.get(heading, "") or None for heading in sheet.headings])
        for cells in page.iter_rows():
            for cell in cells:
                cell.data_type = "s" if cell.value is not None else cell.data_type
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=cell.row == 1)
        for at, heading in enumerate(sheet.headings, 1):
            page.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(heading.partition(":")[0], 18)
        page.freeze_panes = "C2" if name == SURVEY else "A2"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def write_form_yaml(form: Form) -> str:
    """Return the form as YAML that `cati.files.form_yaml` reads back to the same rows."""
    lines: list[str] = []
    if form.settings.rows:
        lines.append(f"{SETTINGS}:")
        lines += [f"  {_scalar(key)}: {_scalar(text)}" for key, text in form.settings.rows[0].cells.items()]
        lines.append("")
    for name, sheet in _lists(form):
        if sheet.rows:
            lines += [f"{name}:", *_rows(sheet), ""]
    return "\n".join(lines)


def _lists(form: Form) -> list[tuple[str, Sheet]]:
    """Return the sheets with one row each thing. Other tables than this one stay files beside the form."""
    external = [(EXTERNAL, form.tables[EXTERNAL])] if EXTERNAL in form.tables else []
    return [(SURVEY, form.survey), (CHOICES, form.choices), *external]


def _rows(sheet: Sheet) -> list[str]:
    lines: list[str] = []
    for row in sheet.rows:
        begins_block = bool(lines) and row.cells.get("type", "").startswith("begin")
        if begins_block or _begins_list(row.cells.get("list_name"), lines):
            lines.append("")
        dash = "  - "
        for heading in sheet.headings:
            if heading in row.cells:
                lines.append(f"{dash}{_scalar(heading)}: {_scalar(row.cells[heading])}")
                dash = "    "
    return lines


def _begins_list(list_name: str | None, lines: list[str]) -> bool:
    before = next((line for line in reversed(lines) if "list_name:" in line), "")
    return bool(list_name and before) and before.partition("list_name:")[2].strip() != _scalar(list_name or "")


def _scalar(text: str) -> str:
    """Return a text plain where YAML leaves no doubt (a heading may hold colons), else in double quotes."""
    if text.lower() in _NOT_PLAIN:
        return f'"{text}"'
    if re.fullmatch(r"[a-z_]+(::[A-Za-zÀ-ÿ]+ \([a-z-]+\))?", text):
        return text
    if _PLAIN.fullmatch(text) and text == text.strip() and text.isprintable():
        return text
    quoted = json.dumps(text, ensure_ascii=False)  # JSON's texts are YAML's, but for line ends of other scripts
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in quoted)
