"""Tables beside a form: their rows for ``pulldata()`` and ``instance()``, and the choices that stand in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from cati.survey.form_rows import Sheet, language_of
from cati.survey.questionnaire import Choice, Words


def table_of(tables: Mapping[str, Sheet], name: str) -> tuple[dict[str, str], ...] | None:
    """Return the rows of a table by its name with or without ending; None when there is none."""
    bare = PurePath(name).stem if name.lower().endswith((".csv", ".xml", ".geojson")) else name
    sheet = tables.get(bare)
    if sheet is None:
        sheet = next((one for key, one in tables.items() if key.lower() == bare.lower()), None)
    return None if sheet is None else tuple(dict(row.cells) for row in sheet.rows)


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
