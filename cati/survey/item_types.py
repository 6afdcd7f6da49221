"""What stands in the type column: XLSForm's words, old spellings included, and what they become on the telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

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
    """

    role: Role
    word: str
    kind: Kind = Kind.NOT_ASKED
    choices: str = ""
    or_other: bool = False
    block: str = ""
    unasked: bool = False
    calculation: str = ""


_KINDS = {
    "integer": Kind.NUMBER,
    "int": Kind.NUMBER,
    "decimal": Kind.DECIMAL,
    "range": Kind.DECIMAL,
    "date": Kind.DATE,
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
_CLOCK = {"start": "once(now())", "today": "once(today())"}
_SILENT = frozenset({
    "end", "deviceid", "device_id", "subscriberid", "subscriber_id", "simserial", "simid", "phonenumber",
    "phone_number", "username", "user_name", "email", "caseid", "audit", "imei", "comments", "start-geopoint",
    "background-audio", "text_audit", "audio_audit", "uri:deviceid", "uri:username", "uri:email", "uri:phonenumber",
})  # fmt: skip
"""What a device records about itself: there is none, so they stay empty without a word."""
_UNASKED = frozenset({
    "geopoint", "gps", "geotrace", "geoshape", "image", "photo", "audio", "video", "file", "barcode", "datetime",
    "date_time", "dateandtime", "rank", "select_one_from_file", "select_multiple_from_file", "select_one_external",
    "select_multiple_external", "xml-external", "csv-external", "osm", "bearing", "signature", "location",
    "sensor_statistic", "sensor_stream", "speed_violations_count", "speed_violations_list", "speed_violations_audit",
    "enumerator", "select_multiple_from_map", "select_one_from_map",
})  # fmt: skip
_SELECT = re.compile(
    r"(?P<one>add select one prompt using|select one from|select_one|select one|select1|select_1)"
    r"|(?P<many>add select multiple prompt using|select all that apply from|select all that apply"
    r"|select_multiple|select multiple|select_many|select)",
    re.IGNORECASE,
)
_FROM_FILE = re.compile(r"select_(one|multiple)_(from_file|external|from_map)\b", re.IGNORECASE)
_BLOCK = re.compile(r"(begin|end)[\s_]+(group|repeat|grid|loop|lgroup)\b\s*(.*)", re.IGNORECASE)


def read_type(written: str) -> RowType:  # noqa: PLR0911 - one return a kind of word
    """Return what a type means; UNKNOWN for words that are none."""
    text = " ".join(written.split())
    block = _BLOCK.fullmatch(text)
    if block:
        role = Role.BEGIN if block[1].lower() == "begin" else Role.END
        kind = {"loop": "repeat", "lgroup": "repeat"}.get(block[2].lower(), block[2].lower())
        return RowType(role, f"{block[1].lower()}_{kind}", choices=block[3].strip(), block=kind)
    if _FROM_FILE.match(text):
        return RowType(Role.ITEM, text.split(" ")[0].lower(), unasked=True)
    select = _SELECT.match(text)
    if select and (len(text) == select.end() or text[select.end()] == " "):
        return _select(text[select.end() :].strip(), multiple=select["many"] is not None)
    word = text.lower()
    if word in ("row", "grid_row"):
        return RowType(Role.ROW, "row", Kind.SINGLE)
    word = word if word in _SILENT or word in _UNASKED else word.replace(" ", "_")
    first = word.split("_")[0] if word.startswith(("rank_", "audit_")) else word
    if word in _CLOCK:
        return RowType(Role.ITEM, word, Kind.HIDDEN, calculation=_CLOCK[word])
    if word in _SILENT or first == "audit":
        return RowType(Role.ITEM, word, Kind.HIDDEN)
    if word in _UNASKED or first == "rank" or word.startswith(("audio_audit", "text_audit", "sensor_")):
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
        unasked=choices.startswith("${"),
    )


def known_words() -> tuple[str, ...]:
    """Return the type words a person may have meant."""
    return (*_KINDS, "select_one", "select_multiple", "begin_group", "end_group", "begin_repeat", "end_repeat",
            "begin_grid", "end_grid", "row")  # fmt: skip
