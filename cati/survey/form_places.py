"""Where findings stand: the headings of the cells as the form's author wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cati.survey.diagnostics import Diagnostic
from cati.survey.form_rows import Heading, heading_of


def as_written(
    found: Iterable[Diagnostic], headings: Mapping[str, Mapping[str, Heading]], default_language: str
) -> tuple[Diagnostic, ...]:
    """Return findings whose columns are called as on the sheet: ``bind::relevant``, where that is written.

    A text's column without a language is the default language's. What is not on the sheet keeps its name.
    """
    known: dict[tuple[str, str], str] = {}
    renamed = []
    for one in found:
        key = (one.sheet, one.column)
        if key not in known:
            known[key] = _written(one.column, one.sheet, headings.get(one.sheet, {}), default_language)
        renamed.append(one if known[key] == one.column else replace(one, column=known[key]))
    return tuple(renamed)


def _written(column: str, sheet: str, headings: Mapping[str, Heading], default_language: str) -> str:
    if not column or column in headings:
        return column
    wanted = heading_of(column, sheet)
    same: dict[str, str] = {}
    for written, heading in headings.items():
        if heading.column == wanted.column:
            same.setdefault(heading.code, written)
    if wanted.code:
        return same.get(wanted.code) or (same.get("", column) if wanted.code == default_language else column)
    return same.get("") or same.get(default_language) or next(iter(same.values()), column)
