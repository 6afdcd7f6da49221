"""A questionnaire as its author wrote it: survey, choices and settings as rows, and what their headings mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cati.survey.diagnostics import Diagnostic

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
EXTERNAL = "external_choices"
"""The sheet with the lists of ``select_one_external``; among a form's tables under this name."""

_ALIASES = {
    "relevance": "relevant",
    "relevant_condition": "relevant",
    "bind::relevant": "relevant",
    "bind::constraint": "constraint",
    "bind::required": "required",
    "bind::readonly": "read_only",
    "bind::calculate": "calculation",
    "bind::jr:constraintmsg": "constraint_message",
    "bind:jr:constraintmsg": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "bind::jr:requiredmsg": "required_message",
    "constraint_msg": "constraint_message",
    "constraintmsg": "constraint_message",
    "required_msg": "required_message",
    "readonly": "read_only",
    "calculate": "calculation",
    "control::appearance": "appearance",
    "jr:count": "repeat_count",
    "count": "repeat_count",
    "caption": "label",
    "command": "type",
    "title": "form_title",
    "set_form_title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
}
_CHOICE_ALIASES = {"value": "name", "list": "list_name", "caption": "label"}
_TRANSLATABLE = frozenset({
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "cati_instruction",
    "cati_soft_message",
})  # fmt: skip
_LANGUAGES = {
    "deutsch": "de", "german": "de", "english": "en", "englisch": "en", "englich": "en", "français": "fr",
    "french": "fr", "francais": "fr", "español": "es", "spanish": "es", "türkçe": "tr", "turkish": "tr",
    "polski": "pl", "polish": "pl", "русский": "ru", "russian": "ru", "العربية": "ar", "arabic": "ar",
    "українська": "uk", "ukrainian": "uk", "italiano": "it", "italian": "it", "português": "pt",
    "portuguese": "pt", "română": "ro", "romanian": "ro", "kiswahili": "sw", "swahili": "sw",
}  # fmt: skip
_WITH_CODE = re.compile(r"(.*?)\s*\(\s*([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*)\s*\)\s*")
_STRAIGHT = str.maketrans({"\u00a0": " ", "\u200b": "", "\ufeff": ""})


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` is where the author finds it; ``cells`` maps the heading as written to the text."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: headings in order, and the rows that hold anything."""

    headings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The three sheets; ``name`` is the file's, without ending.

    ``tables`` are the files that the form names and that lie beside it, by name without ending, as the form writes it.
    ``noted`` is what was found while reading; it is no part of the form.
    """

    name: str
    survey: Sheet
    choices: Sheet
    settings: Sheet
    tables: Mapping[str, Sheet] = field(default_factory=dict)
    noted: tuple[Diagnostic, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading means: the column's own name, and language code and name where it carries one."""

    column: str
    code: str = ""
    language: str = ""


def sheet_of(cells: Sequence[Sequence[str]], start: int | None = None) -> Sheet:
    """Return a sheet from cells as text; rows are counted from 1.

    ``start`` is the index of the row with the headings, by default the first row that holds anything.
    """
    if start is None:
        start = next((at for at, row in enumerate(cells) if any(text.strip() for text in row)), None)
    if start is None:
        return Sheet()
    headings = [clean(text) for text in cells[start]]
    rows = []
    for at, row in enumerate(cells[start + 1 :], start + 2):
        filled: dict[str, str] = {}
        for heading, text in zip(headings, row, strict=False):
            words = clean(text)
            if heading and words and heading not in filled:
                filled[heading] = words
        if filled:
            rows.append(Row(at, filled))
    return Sheet(tuple(dict.fromkeys(heading for heading in headings if heading)), tuple(rows))


def clean(text: str) -> str:
    """Return a cell without blanks around it and without signs that nobody sees; line ends are all alike."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_STRAIGHT).strip()


def heading_of(written: str, sheet: str) -> Heading:
    """Return what a heading means; case, blanks and old spellings (``label:de``, ``Constraint Message``) are taken."""
    bare = re.sub(r"\s+", "_", clean(written).lower())
    bare = re.sub(r"_*(::?)_*", r"\1", bare)
    if bare in _ALIASES:
        return Heading(_ALIASES[bare])
    if sheet == CHOICES and bare in _CHOICE_ALIASES:
        return Heading(_CHOICE_ALIASES[bare])
    base, colon, _rest = bare.partition(":")
    base = _ALIASES.get(base, base)
    if colon and base in _TRANSLATABLE:
        code, language = language_of(written.partition(":")[2].lstrip(":"))
        return Heading(base, code, language)
    return Heading(bare)


def language_of(written: str) -> tuple[str, str]:
    """Return code and name of a language as headings and settings write it: "Deutsch (de)", "de", "English"."""
    name = clean(written)
    coded = _WITH_CODE.fullmatch(name)
    if coded:
        return coded[2].lower().replace("_", "-"), coded[1] or coded[2]
    known = _LANGUAGES.get(name.lower())
    if known:
        return known, name
    return name.lower().replace(" ", "_"), name


def headings_of(sheet: Sheet, name: str) -> dict[str, Heading]:
    """Return the meaning of every heading of a sheet."""
    return {written: heading_of(written, name) for written in sheet.headings}


def languages_of(sheets: Iterable[dict[str, Heading]]) -> dict[str, str]:
    """Return code → name of every language that labels are written in, in order of appearance."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for heading in sheet.values():
            if heading.code and heading.column == "label":
                found.setdefault(heading.code, heading.language)
    return found
