"""What stands in the type column: XLSForm's words, old spellings included, and what they become on the telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cati.survey.nearest import nearest
from cati.survey.questionnaire import Kind


class Role(StrEnum):
    """What a row does."""

    ITEM = "item"
    BEGIN = "begin"
    END = "end"
    ROW = "row"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RowType:
    """A type read: ``word`` is its canonical first word, ``choices`` the list it names.

    ``block`` is group, repeat or grid for BEGIN and END. ``unasked`` means that the telephone has nothing for it.
    ``source`` is the file, or the list on the sheet external_choices, that the choices come from; ``choices_from`` the
    question of a roster whose answers they are. ``calculation`` and ``constraint`` hold where the row says nothing
    else.
    """

    role: Role
    word: str
    kind: Kind = Kind.NOT_ASKED
    choices: str = ""
    or_other: bool = False
    block: str = ""
    unasked: bool = False
    source: str = ""
    choices_from: str = ""
    calculation: str = ""
    constraint: str = ""


_KINDS = {
    "integer": Kind.NUMBER,
    "int": Kind.NUMBER,
    "decimal": Kind.DECIMAL,
    "range": Kind.DECIMAL,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "date_time": Kind.DATETIME,
    "dateandtime": Kind.DATETIME,
    "time": Kind.TIME,
    "text": Kind.TEXT,
    "string": Kind.TEXT,
    "note": Kind.NOTE,
    "calculate": Kind.CALCULATE,
    "calculate_here": Kind.CALCULATE,
    "hidden": Kind.HIDDEN,
    "terminate": Kind.TERMINATE,
    "quota": Kind.QUOTA,
    "acknowledge": Kind.SINGLE,
    "trigger": Kind.SINGLE,
}
_WITH_CHECK = {
    "percentage": (Kind.NUMBER, ". >= 0 and . <= 100"),
    "number of days in last month": (Kind.NUMBER, ". >= 0 and . <= 31"),
    "number of days in last six months": (Kind.NUMBER, ". >= 0 and . <= 183"),
    "number of days in last year": (Kind.NUMBER, ". >= 0 and . <= 365"),
    "phone number": (Kind.TEXT, r"regex(., '^\d*$')"),
}
"""Questions of the first XLSForms that bring their check along; "get phone number" asks the device instead."""
_CLOCK = {"start": "once(now())", "start_time": "once(now())", "today": "once(today())"}
SILENT = frozenset({
    "end", "deviceid", "device_id", "subscriberid", "subscriber_id", "simserial", "simid", "sim_id", "phonenumber",
    "phone_number", "username", "user_name", "email", "caseid", "audit", "imei", "comments", "start-geopoint",
    "background-audio", "background-geopoint", "xml-external", "csv-external", "last-saved", "end_time", "text_audit",
    "audio_audit", "uri:deviceid", "uri:username", "uri:email", "uri:phonenumber", "uri:simserial", "uri:subscriberid",
})  # fmt: skip
"""What a device records about itself: there is none, so they stay empty without a word."""
_UNASKED = frozenset({
    "geopoint", "gps", "geotrace", "geoshape", "image", "photo", "picture", "audio", "video", "file", "barcode",
    "osm", "bearing", "signature", "location",
    "sensor_statistic", "sensor_stream", "speed_violations_count", "speed_violations_list", "speed_violations_audit",
    "enumerator", "select_multiple_from_map", "select_one_from_map", "acknowledge_signature", "draw", "annotate",
})  # fmt: skip
_SELECT = re.compile(
    r"(?P<one>add select one prompt using|select one from|select one using|select_one|select one|select1|select_1)"
    r"|(?P<many>add select multiple prompt using|select multiple (?:from|using)|select all that apply from"
    r"|select all that apply"
    r"|select_multiple|select multiple|select_many|select)"
    r"|(?P<rank>rank|odk:rank)",
    re.IGNORECASE,
)
_FROM_FILE = re.compile(r"select[_ ](one|multiple)[_ ](from[_ ]file|external)\s+(\S+)(.*)", re.IGNORECASE)
_FROM_MAP = re.compile(r"select_(one|multiple)_from_map\b", re.IGNORECASE)
_PROMPT = re.compile(
    r"(?:add|get|q)\s+((?!select\b).+?)(?:\s+(?:prompt|question))?|((?!.*\bselect\b).+?)\s+(?:prompt|question)",
    re.IGNORECASE,
)
"""Spellings of the first XLSForms: "add text prompt", "q integer", "get today", "date prompt"."""
_BLOCK = re.compile(r"(begin|end)[\s_]+(group|repeat|grid|loop|lgroup|looped[\s_]+group)\b\s*(.*)", re.IGNORECASE)


def read_type(written: str) -> RowType:  # noqa: PLR0911 - one return a kind of word
    """Return what a type means; UNKNOWN for words that are none."""
    text = " ".join(written.split())
    with_check = _WITH_CHECK.get(text.lower())
    if with_check is not None:
        return RowType(Role.ITEM, text.lower().replace(" ", "_"), with_check[0], constraint=with_check[1])
    old = _PROMPT.fullmatch(text)
    text = (old[1] or old[2]) if old is not None else text
    block = _BLOCK.fullmatch(text)
    if block:
        role = Role.BEGIN if block[1].lower() == "begin" else Role.END
        word = block[2].lower()
        kind = "repeat" if word.startswith(("loop", "lgroup")) else word
        return RowType(role, f"{block[1].lower()}_{kind}", choices=block[3].strip(), block=kind)
    if _FROM_MAP.match(text):
        return RowType(Role.ITEM, text.split(" ")[0].lower(), unasked=True)
    from_file = _FROM_FILE.fullmatch(text)
    if from_file:
        one = from_file[1].lower() == "one"
        return RowType(Role.ITEM, f"select_{from_file[1]}_{from_file[2]}".lower().replace(" ", "_"),
                       Kind.SINGLE if one else Kind.MULTIPLE,
                       choices=from_file[3], source=from_file[3])  # fmt: skip
    select = _SELECT.match(text)
    if select and (len(text) == select.end() or text[select.end()] == " "):
        if select["rank"] is not None:
            rest = text[select.end() :].strip()
            return RowType(Role.ITEM, "rank", Kind.RANK, choices=rest, choices_from=_in_braces(rest))
        return _select(text[select.end() :].strip(), multiple=select["many"] is not None)
    return _plain(text.lower())


def _plain(word: str) -> RowType:
    """Return what a type without a list means."""
    if word in ("row", "grid_row"):
        return RowType(Role.ROW, "row", Kind.SINGLE)
    if word.startswith("osm "):  # with the list of its tags
        return RowType(Role.ITEM, "osm", unasked=True)
    word = word if word in SILENT or word in _UNASKED else word.replace(" ", "_")
    first = word.split("_")[0] if word.startswith("audit_") else word
    if word in _CLOCK:
        return RowType(Role.ITEM, word, Kind.HIDDEN, calculation=_CLOCK[word])
    if word in SILENT or first == "audit":
        return RowType(Role.ITEM, word, Kind.HIDDEN)
    if word in _UNASKED or word.startswith(("audio_audit", "text_audit", "sensor_", "db:")):
        return RowType(Role.ITEM, word, unasked=True)
    kind = _KINDS.get(word)
    return RowType(Role.ITEM, word, kind) if kind is not None else RowType(Role.UNKNOWN, word)


def _select(rest: str, *, multiple: bool) -> RowType:
    word = "select_multiple" if multiple else "select_one"
    other = re.fullmatch(r"(.*?)\s+(?:or[_ ](?:specify[_ ])?other|or specify other)", rest, re.IGNORECASE)
    choices = other[1] if other else rest
    return RowType(
        Role.ITEM,
        word,
        Kind.MULTIPLE if multiple else Kind.SINGLE,
        choices=choices,
        or_other=other is not None,
        choices_from=_in_braces(choices),
    )


def _in_braces(choices: str) -> str:
    """Return the question of a roster that a type names instead of a list: ``${name}``."""
    return choices[2:-1].strip() if choices.startswith("${") and choices.endswith("}") else ""


_OF_OTHERS = {
    "number": "integer", "numeric": "integer", "float": "decimal", "double": "decimal", "currency": "decimal",
    "percent": "percentage", "phone": "text", "longtext": "text", "textarea": "text", "string_multiline": "text",
    "boolean": "select_one", "yes_no": "select_one", "yesno": "select_one", "dropdown": "select_one",
    "radio": "select_one", "choice": "select_one", "single_choice": "select_one", "likert": "select_one",
    "checkbox": "select_multiple", "checkboxes": "select_multiple", "multiple_choice": "select_multiple",
    "label": "note", "title": "note", "info": "note", "statement": "note", "section": "begin_group",
    "group": "begin_group", "page": "begin_group", "repeat": "begin_repeat", "loop": "begin_repeat",
    "computed": "calculate", "formula": "calculate", "date_and_time": "datetime", "timestamp": "datetime",
}  # fmt: skip
"""Words of other programs for questions, and ours that comes next to them."""


def meant_by(word: str) -> str:
    """Return the type that was most likely meant by a word that is none, "" when nothing comes near."""
    parts = word.split("_")
    firsts = ("_".join(parts[:count]) for count in (len(parts), 2, 1))
    return next((_OF_OTHERS[first] for first in firsts if first in _OF_OTHERS), "") or nearest(word, known_words())


def known_words() -> tuple[str, ...]:
    """Return the type words a person may have meant."""
    return (*_KINDS, "select_one", "select_multiple", "rank", "select_one_from_file", "begin_group", "end_group",
            "begin_repeat", "end_repeat", "begin_grid", "end_grid", "row")  # fmt: skip
