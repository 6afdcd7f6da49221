"""Tables beside a form: their rows for ``pulldata()`` and ``instance()``, and the choices that stand in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from cati.survey.form_rows import EXTERNAL, Sheet, headings_of, language_of
from cati.survey.questionnaire import Choice, Words


def table_of(tables: Mapping[str, Sheet], name: str) -> tuple[dict[str, str], ...] | None:
    """Return the rows of a table by its name with or without ending; None when there is none."""
    bare = PurePath(name).stem if name.lower().endswith((".csv", ".xml", ".geojson")) else name
    sheet = tables.get(bare)
    if sheet is None:
        sheet = next((one for key, one in tables.items() if key.lower() == bare.lower()), None)
    return None if sheet is None else tuple(dict(row.cells) for row in sheet.rows)


def external_rows(sheet: Sheet | None, list_name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a list on the sheet external_choices, its columns called by their own names."""
    if sheet is None:
        return ()
    called = {}
    for written, heading in headings_of(sheet, EXTERNAL).items():
        plain = heading.column in ("list_name", "name", "label")
        called[written] = heading.column if plain and not heading.code else written
        if heading.column == "label" and heading.code:
            called[written] = f"label::{heading.language} ({heading.code})"
    rows = ({called[written]: text for written, text in row.cells.items()} for row in sheet.rows)
    return tuple(row for row in rows if row.get("list_name", "") == list_name)


def table_choices(
    rows: Sequence[Mapping[str, str]], value: str, label: str, plain_code: str
) -> tuple[Choice, ...]:  # fmt: skip
    """Return a table's rows as choices; all columns serve the filter, also the one that holds the value."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Choice] = {}
    for row in rows:
        name = row.get(value, "")
        if not name:
            continue
        words: Words = {}
        for heading, text in row.items():
            base, colon, language = heading.partition(":")
            if base.strip() == label and text:
                words[language_of(language.lstrip(":"))[0] if colon else plain_code] = text
        columns = {heading: text for heading, text in row.items() if heading not in ("name", "label")}
        found.setdefault((name, tuple(sorted(columns.items()))),
                         Choice(name=name, label=words or {plain_code: name}, columns=columns))  # fmt: skip
    return tuple(found.values())
