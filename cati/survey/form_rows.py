"""A questionnaire as its author wrote it: survey, choices and settings as rows, and what their headings mean."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cati.survey.diagnostics import Diagnostic

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
EXTERNAL = "external_choices"
"""The sheet with the lists of ``select_one_external``; among a form's tables under this name."""

_ALIASES = {
    "relevance": "relevant",
    "relevant_condition": "relevant",
    "bind:relevant": "relevant",
    "bind:constraint": "constraint",
    "bind:required": "required",
    "bind:readonly": "read_only",
    "bind:calculate": "calculation",
    "bind:jr:constraintmsg": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "constraint_msg": "constraint_message",
    "constraintmsg": "constraint_message",
    "constraining_message": "constraint_message",
    "bind:jr:requiredmsg": "required_message",
    "jr:requiredmsg": "required_message",
    "required_msg": "required_message",
    "requiredmsg": "required_message",
    "readonly": "read_only",
    "calculate": "calculation",
    "control:appearance": "appearance",
    "body:appearance": "appearance",
    "control:jr:count": "repeat_count",
    "jr:count": "repeat_count",
    "count": "repeat_count",
    "caption": "label",
    "choicefilter": "choice_filter",
    "guidance": "guidance_hint",
    "title": "form_title",
    "set_form_title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
}
"""Spellings by which pyxform, KoBo, SurveyCTO and old ODK forms mean a column; several colons count as one."""
_OF_SURVEY = {"command": "type", "question_type": "type", "tag": "name", "value": "name", "variable_name": "name"}
_OF_CHOICES = {
    "list": "list_name", "listname": "list_name", "value": "name", "choice_name": "name", "choice_label": "label",
}  # fmt: skip
_OWN_ALIASES = {SURVEY: _OF_SURVEY, CHOICES: _OF_CHOICES, EXTERNAL: _OF_CHOICES}
_EVERYDAY = frozenset({"title", "count", "calculate", "id_string", *_OF_SURVEY, *_OF_CHOICES})
"""Spellings that are also words an author may need for something else."""
_TRANSLATABLE = frozenset({
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "cati_instruction",
    "cati_soft_message",
})  # fmt: skip
_MEDIA = frozenset({"image", "big-image", "audio", "video"})
_LANGUAGES = {
    name: code
    for code, names in (
        line.split(": ")
        for line in """\
af: afrikaans
am: amharic, amharisch, አማርኛ
ar: arabic, arabisch, العربية, عربي
bg: bulgarian, bulgarisch, български
bn: bengali, bangla, বাংলা
bs: bosnian, bosnisch, bosanski
cs: czech, tschechisch, čeština
da: danish, dänisch, dansk
de: german, deutsch
el: greek, griechisch, ελληνικά
en: english, englisch, englich
es: spanish, spanisch, español, espanol
fa: farsi, persian, persisch, فارسی
fi: finnish, finnisch, suomi
fr: french, französisch, français, francais
ha: hausa
he: hebrew, hebräisch, עברית
hi: hindi, हिन्दी
hr: croatian, kroatisch, hrvatski
ht: haitian creole, kreyòl
hu: hungarian, ungarisch, magyar
id: indonesian, bahasa indonesia
it: italian, italienisch, italiano
ja: japanese, japanisch, 日本語
km: khmer
ko: korean, koreanisch, 한국어
lo: lao
my: burmese, myanmar
ne: nepali, नेपाली
nl: dutch, niederländisch, nederlands
no: norwegian, norwegisch, norsk
pl: polish, polnisch, polski
ps: pashto, پښتو
pt: portuguese, portugiesisch, português, portugues
ro: romanian, rumänisch, română
ru: russian, russisch, русский
rw: kinyarwanda
so: somali, somalisch
sq: albanian, albanisch, shqip
sr: serbian, serbisch, srpski, српски
sv: swedish, schwedisch, svenska
sw: kiswahili, swahili
ta: tamil
th: thai
ti: tigrinya, ትግርኛ
tl: tagalog
tr: turkish, türkisch, türkçe
uk: ukrainian, ukrainisch, українська
ur: urdu, اردو
vi: vietnamese, vietnamesisch, tiếng việt
zh: chinese, chinesisch, 中文""".splitlines()
    )
    for name in names.split(", ")
}
_DASHED = frozenset({
    "list_name", "choice_filter", "constraint_message", "required_message", "read_only", "repeat_count", "form_title",
    "form_id", "default_language",
})  # fmt: skip
"""Columns that people also write with a dash."""
_WITH_CODE = re.compile(r"(.*?)\s*\(\s*([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*)\s*\)\s*")
_WITH_WORD = re.compile(r"([A-Za-z_ ]+?)[-_. /]+([^\W\d_]+)(\s*\([\w-]+\))?")
_IN_BRACKETS = re.compile(r"(\w+?)_*\((.+)\)")
_UNSEEN = dict.fromkeys((*range(9), *range(14, 32), 0x7F, 0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF), "")
_DIRECTIONS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "")
_STRAIGHT = _UNSEEN | {0xA0: " ", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}


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


def headings_in_order(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the headings of rows that each name some of them, so that every row's order is kept where all agree.

    Of headings that may come next, the one seen first comes first; where rows contradict each other, too.
    """
    after: dict[str, set[str]] = {}
    for row in rows:
        for heading in row:
            after.setdefault(heading, set())
        for before, heading in itertools.pairwise(row):
            after[heading].add(before)
    order: dict[str, None] = {}
    left = list(after)
    while left:
        heading = next((each for each in left if after[each] <= order.keys()), left[0])
        order[heading] = None
        left.remove(heading)
    return tuple(order)


def clean(text: str) -> str:
    """Return a cell without blanks around it and without signs that nobody sees; line ends are all alike."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_STRAIGHT).strip()


def without_directions(text: str) -> str:
    """Return a name or expression without the marks that say which way letters run; texts that are read keep them."""
    return text if text.isascii() else text.translate(_DIRECTIONS).strip()


@lru_cache(maxsize=4096)
def heading_of(written: str, sheet: str) -> Heading:
    """Return what a heading means; case, blanks and old spellings (``label:de``, ``Constraint Message``) are taken."""
    name = without_directions(clean(written)).strip(" *:?")
    bare = re.sub(r"\s+", "_", name.lower())
    bare = re.sub(r"_*:[_:]*", ":", bare)
    column = _column(bare, sheet)
    base, colon, _language = bare.rpartition(":")
    base = _column(base, sheet)
    if colon and column == bare and (base in _TRANSLATABLE or base.startswith("media::")):
        return Heading(base, *language_of(name.rpartition(":")[2]))
    bracketed = _IN_BRACKETS.fullmatch(bare)
    if bracketed and _column(bracketed[1], sheet) in _TRANSLATABLE:
        return Heading(_column(bracketed[1], sheet), *language_of(name.partition("(")[2].rpartition(")")[0]))
    return Heading(column)


def _column(bare: str, sheet: str) -> str:
    """Return the column that a heading without its language names, itself when it is not known."""
    own = _OWN_ALIASES.get(sheet, {})
    if bare in own:
        return own[bare]
    if bare.removeprefix("media:") in _MEDIA:
        return f"media::{bare.removeprefix('media:')}"
    if bare in _ALIASES:
        return _ALIASES[bare]
    underscored = bare.replace("-", "_")  # not everywhere: a column for choice filters keeps its name
    return underscored if underscored in _DASHED else bare


def with_language(written: str, sheet: str) -> str:
    """Return how a heading like ``label_en`` or "Hint French" would be written, "" when it is none."""
    found = _WITH_WORD.fullmatch(clean(written))
    if found is None or _column(found[1].lower().replace(" ", "_"), sheet) not in _TRANSLATABLE:
        return ""
    known = found[3] or found[2].lower() in _LANGUAGES or found[2].lower() in _LANGUAGES.values()
    return f"{_column(found[1].lower().replace(' ', '_'), sheet)}::{found[2]}{found[3] or ''}" if known else ""


def language_of(written: str) -> tuple[str, str]:
    """Return code and name of a language as headings and settings write it: "Deutsch (de)", "de", "English"."""
    name = clean(written).replace("（", "(").replace("）", ")")
    coded = _WITH_CODE.fullmatch(name)
    if coded:
        return coded[2].lower().replace("_", "-"), coded[1] or coded[2]
    known = _LANGUAGES.get(name.lower())
    if known:
        return known, name
    return name.lower().replace(" ", "_"), name


def headings_of(sheet: Sheet, name: str) -> dict[str, Heading]:
    """Return the meaning of every heading of a sheet."""
    return meanings_of(sheet.headings, name)


def meanings_of(headings: Iterable[str], sheet: str) -> dict[str, Heading]:
    """Return the meaning of every heading beside the others.

    An everyday word stands for a column only where that is not there by its own name: beside ``name``, a column
    ``value`` on the sheet choices is one of the author's.
    """
    found = {written: heading_of(written, sheet) for written in headings}
    own = {written: re.sub(r"\s+", "_", clean(written).lower()) for written in found}
    proper = {meant for written, meant in found.items() if own[written] == meant.column}
    return {
        written: Heading(own[written]) if own[written] in _EVERYDAY and meant in proper else meant
        for written, meant in found.items()
    }


def languages_of(sheets: Iterable[dict[str, Heading]]) -> dict[str, str]:
    """Return code → name of every language that labels are written in, in order of appearance."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for heading in sheet.values():
            if heading.code and heading.column == "label":
                found.setdefault(heading.code, heading.language)
    return found
