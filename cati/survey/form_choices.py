"""The choices sheet: rows to choice lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, Form, Heading, Row, without_directions
from cati.survey.questionnaire import Choice, Kind, Words
from cati.text import tr

OTHER = "other"
_OTHER_WORDS = {"de": "Sonstiges, und zwar", "en": "Other, namely"}
_OWN = frozenset({
    "list_name", "name", "label", "cati_exclusive", "cati_specify", "cati_anchor", "image", "audio", "video", "media",
    "big-image",
})  # fmt: skip


def is_yes(written: str) -> bool:
    """Return whether a cell says yes."""
    return written.strip().lower() in ("yes", "y", "true", "true()", "1", "ja", "x", "*")


def words_of(row: Row, headings: Mapping[str, Heading], column: str, plain_code: str) -> Words:
    """Return a translatable column of a row by language; a heading without language means ``plain_code``."""
    found: Words = {}
    for written, text in row.cells.items():
        heading = headings.get(written)
        if heading is not None and heading.column == column:
            code = heading.code or plain_code
            if heading.code or code not in found:
                found[code] = text
    return found


def cell(row: Row, headings: Mapping[str, Heading], column: str) -> str:
    """Return an untranslated column of a row, "" when it is empty."""
    for written, text in row.cells.items():
        heading = headings.get(written)
        if heading is not None and heading.column == column:
            return without_directions(text)
    return ""


def choice_lists(
    form: Form, headings: Mapping[str, Heading], plain_code: str, findings: Findings, *, allow_duplicates: bool
) -> tuple[dict[str, tuple[Choice, ...]], dict[tuple[str, str], int]]:
    """Return the lists by name, and the row of every (list, choice)."""
    lists: dict[str, list[Choice]] = {}
    places: dict[tuple[str, str], int] = {}
    taken: dict[tuple[str, str, tuple[tuple[str, str], ...]], Words] = {}
    has_lists = any(heading.column == "list_name" for heading in headings.values())
    for row in form.choices.rows:
        list_name = cell(row, headings, "list_name")
        name = cell(row, headings, "name")
        if not list_name:
            if name and has_lists:
                findings.warning(
                    "choice_without_list",
                    (CHOICES, row.number, "list_name"),
                    tr("This choice belongs to no list."),
                    tr("Write its list into list_name."),
                )
            continue
        label = words_of(row, headings, "label", plain_code)
        if not name:
            note = findings.error if label else findings.warning  # a list's name alone is left over from copying
            note(
                "choice_without_name",
                (CHOICES, row.number, "name"),
                tr("This choice has no name."),
                tr("Give it a short name.") if label else tr("Fill the row, or empty it."),
            )
            continue
        columns = _further_columns(row, headings)
        same = (list_name, name, tuple(sorted(columns.items())))
        if same in taken and not allow_duplicates:
            # the very same row twice is one choice
            note = findings.warning if label == taken[same] else findings.error
            note(
                "duplicate_choice",
                (CHOICES, row.number, "name"),
                tr("The choice {name} stands twice in the list {list}.", name=name, list=list_name),
                tr("Remove one of the rows.")
                if label == taken[same]
                else tr("Give each choice of a list its own name."),
            )
            continue
        taken[same] = label
        places.setdefault((list_name, name), row.number)
        if not label:
            findings.warning(
                "choice_without_label",
                (CHOICES, row.number, "label"),
                tr("The choice {name} has no label; its name is shown.", name=name),
                tr("Write into label what is read aloud."),
            )
        lists.setdefault(list_name, []).append(
            Choice(
                name=name,
                label=label or {plain_code: name},
                exclusive=is_yes(cell(row, headings, "cati_exclusive")),
                specify=is_yes(cell(row, headings, "cati_specify")),
                anchor=is_yes(cell(row, headings, "cati_anchor")),
                columns=columns,
            )
        )
    return {name: tuple(choices) for name, choices in lists.items()}, places


def _further_columns(row: Row, headings: Mapping[str, Heading]) -> dict[str, str]:
    """Return what choice filters may ask for; a name may stand twice in a list when these differ."""
    return {
        written: without_directions(text)
        for written, text in row.cells.items()
        if headings[written].column not in _OWN and not headings[written].column.startswith("media:")
    }


def with_other(choices: tuple[Choice, ...], languages: tuple[str, ...]) -> tuple[Choice, ...]:
    """Return a list with "other" and its open words at the end (XLSForm's or_other)."""
    if any(choice.name == OTHER for choice in choices):
        return tuple(replace(choice, specify=True) if choice.name == OTHER else choice for choice in choices)
    label = {code: _OTHER_WORDS.get(code, _OTHER_WORDS["en"]) for code in languages}
    return (*choices, Choice(name=OTHER, label=label, specify=True))


def check_names(
    kind: Kind, list_name: str, choices: tuple[Choice, ...], places: dict[tuple[str, str], int], findings: Findings
) -> None:
    """Note choice names with blanks: several of them chosen could not be told apart."""
    for choice in choices:
        if " " in choice.name:
            place = (CHOICES, places.get((list_name, choice.name), 0), "name")
            what = tr("The name “{name}” of a choice contains a blank.", name=choice.name)
            do = tr("Use an underscore instead.")
            if kind is Kind.MULTIPLE:
                findings.error("blank_in_choice_name", place, what, do)
            else:
                findings.warning("blank_in_choice_name", place, what, do)
