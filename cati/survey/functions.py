"""The function library of the expression dialect: values in, value out; the interview answers for clock and chance."""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cati.survey.shuffling import shuffled
from cati.survey.values import Value, as_boolean, as_number, as_text, decimal_date, divide, instant, remainder, same
from cati.text import tr

__all__ = ["LABELS", "LIBRARY", "STAYS_EMPTY", "Function", "Value", "advice_for", "as_boolean", "as_number", "as_text",
           "decimal_date", "divide", "remainder", "same"]  # fmt: skip

DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1)


def _decimal_time(value: Value) -> float:
    parts = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:Z|[+-]\d\d:?\d\d)?", as_text(value).strip())
    if not parts:
        return math.nan
    return (int(parts[1]) * 3600 + int(parts[2]) * 60 + float(parts[3] or 0)) / DAY_SECONDS


def _date(value: Value) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else (_EPOCH + timedelta(days=math.floor(value))).isoformat()
    found = instant(as_text(value))
    return found.date().isoformat() if found else ""


def _date_time(value: Value) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value)).isoformat(timespec="milliseconds")
    found = instant(as_text(value))
    return found.isoformat(timespec="milliseconds") if found else ""


def _format_date(value: Value, pattern: Value) -> str:
    """ODK's patterns: %Y %y %m %n %d %e %b %a %H %h %M %S %3 %W."""
    found = instant(_date_time(value) if isinstance(value, float) else as_text(value))
    if found is None:
        return ""
    parts = {
        "Y": f"{found:%Y}", "y": f"{found:%y}", "m": f"{found:%m}", "n": str(found.month), "d": f"{found:%d}",
        "e": str(found.day), "b": _month(found), "a": _weekday(found), "H": f"{found:%H}", "h": str(found.hour),
        "M": f"{found:%M}", "S": f"{found:%S}", "3": f"{found.microsecond // 1000:03}", "W": f"{found:%V}", "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda sign: parts.get(sign[1], sign[0]), as_text(pattern))


def _month(moment: datetime) -> str:
    return ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]


def _weekday(moment: datetime) -> str:
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]


def _selected(value: Value, name: Value) -> bool:
    return as_text(name).strip() in as_text(value).split(" ") if as_text(name).strip() else False


def _selected_at(value: Value, at: Value) -> str:
    parts = as_text(value).split()
    index = as_number(at)
    return parts[int(index)] if not math.isnan(index) and 0 <= index < len(parts) else ""


def _count_selected(value: Value) -> float:
    return float(len(as_text(value).split()))


def _substr(value: Value, start: Value, end: Value = math.inf) -> str:
    text, first, last = as_text(value), as_number(start), as_number(end)
    if math.isnan(first) or math.isnan(last):
        return ""
    return text[int(first) : None if math.isinf(last) else int(last)]


def _int(value: Value) -> float:
    number = as_number(value)
    return number if math.isnan(number) or math.isinf(number) else float(math.trunc(number))


def _round(value: Value, places: Value = 0.0) -> float:
    number, digits = as_number(value), as_number(places)
    if math.isnan(number) or math.isinf(number) or math.isnan(digits):
        return number if not math.isnan(digits) else math.nan
    scale = 10.0 ** int(digits)
    return math.floor(number * scale + 0.5) / scale


def _of(function: Callable[[float], float]) -> Callable[[Value], float]:
    def run(value: Value) -> float:
        try:
            return float(function(as_number(value)))
        except (ValueError, OverflowError):
            return math.nan

    return run


def _pow(one: Value, two: Value) -> float:
    try:
        raised = as_number(one) ** as_number(two)
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return raised if isinstance(raised, float) else math.nan


def _texts(values: tuple[Value, ...]) -> list[str]:
    return [text for value in values for text in (value if isinstance(value, tuple) else (as_text(value),))]


def _numbers(values: tuple[Value, ...]) -> list[float]:
    return [as_number(part) for value in values for part in (value if isinstance(value, tuple) else (value,))]


def _sum(*values: Value) -> float:
    return math.fsum(0.0 if math.isnan(number) else number for number in _numbers(values))


def _least(*values: Value) -> float:
    found = [number for number in _numbers(values) if not math.isnan(number)]
    return min(found) if found else math.nan


def _most(*values: Value) -> float:
    found = [number for number in _numbers(values) if not math.isnan(number)]
    return max(found) if found else math.nan


def _join(separator: Value, *values: Value) -> str:
    return as_text(separator).join(_texts(values))


def _regex(value: Value, pattern: Value) -> bool:
    try:
        return re.fullmatch(as_text(pattern), as_text(value)) is not None
    except re.error:
        return False


def _translate(value: Value, old: Value, new: Value) -> str:
    signs, others = as_text(old), as_text(new)
    table = {ord(sign): others[at] if at < len(others) else None for at, sign in reversed(list(enumerate(signs)))}
    return as_text(value).translate(table)


def _checklist(least: Value, most: Value, *values: Value) -> bool:
    count = sum(as_boolean(value) for value in values)
    low, high = as_number(least), as_number(most)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


def _weighted_checklist(least: Value, most: Value, *values: Value) -> bool:
    pairs = zip(values[::2], values[1::2], strict=False)
    total = sum(as_number(weight) for value, weight in pairs if as_boolean(value))
    low, high = as_number(least), as_number(most)
    return (low < 0 or total >= low) and (high < 0 or total <= high)


def _digest(value: Value, method: Value, encoding: Value = "base64") -> str:
    name = as_text(method).lower().replace("-", "")
    if name not in ("md5", "sha1", "sha256", "sha384", "sha512"):
        return ""
    digest = hashlib.new(name, as_text(value).encode(), usedforsecurity=False).digest()
    return digest.hex() if as_text(encoding) == "hex" else base64.b64encode(digest).decode()


def _base64_decode(value: Value) -> str:
    try:
        return base64.b64decode(as_text(value)).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""


def _de_duplicate(value: Value) -> str:
    return " ".join(dict.fromkeys(as_text(value).split()))


def _item_at(value: Value, at: Value) -> str:
    return _selected_at(value, at)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the library; ``run`` None: the interview answers it (clock, chance, other tables)."""

    run: Callable[..., Value] | None
    least: int
    most: int | None
    nodes: bool = False
    """Is it on sets: does an argument that is a question stand for all its instances?"""
    zoned: bool = False
    """Is it told the time zone before its arguments?"""
    asks: tuple[str, ...] = ()
    """"item" for each of the first arguments that has to be a question."""


LABELS = ("label", "jr:choice-name", "choice-label")


def _one(run: Callable[..., Value]) -> Function:
    return Function(run, 1, 1)


STAYS_EMPTY = frozenset({
    "device-info", "phone-call-log", "phone-call-duration", "collect-is-phone-app", "plug-in-metadata", "username",
    "rank-value", "rank-index",
})  # fmt: skip
"""Functions of other programs that ask the device; here they give an empty text, and the form's author is told."""

LIBRARY: dict[str, Function] = {
    "selected": Function(_selected, 2, 2),
    "selected-at": Function(_selected_at, 2, 2),
    "count-selected": _one(_count_selected),
    "not": _one(lambda value: not as_boolean(value)),
    "true": Function(lambda: True, 0, 0),
    "false": Function(lambda: False, 0, 0),
    "boolean": _one(as_boolean),
    "boolean-from-string": _one(lambda value: as_text(value).strip().lower() in ("1", "true")),
    "number": _one(as_number),
    "string": _one(as_text),
    "int": _one(_int),
    "round": Function(_round, 1, 2),
    "floor": _one(_of(math.floor)),
    "ceiling": _one(_of(math.ceil)),
    "abs": _one(_of(abs)),
    "sqrt": _one(_of(math.sqrt)),
    "exp": _one(_of(math.exp)),
    "exp10": _one(_of(lambda number: 10.0**number)),
    "log": _one(_of(math.log)),
    "log10": _one(_of(math.log10)),
    "sin": _one(_of(math.sin)),
    "cos": _one(_of(math.cos)),
    "tan": _one(_of(math.tan)),
    "asin": _one(_of(math.asin)),
    "acos": _one(_of(math.acos)),
    "atan": _one(_of(math.atan)),
    "atan2": Function(lambda one, two: math.atan2(as_number(one), as_number(two)), 2, 2),
    "pi": Function(lambda: math.pi, 0, 0),
    "pow": Function(_pow, 2, 2),
    "sum": Function(_sum, 1, None, nodes=True),
    "min": Function(_least, 1, None, nodes=True),
    "max": Function(_most, 1, None, nodes=True),
    "count": Function(lambda *values: float(len(_texts(values))), 1, None, nodes=True),
    "count-non-empty": Function(lambda *values: float(sum(text != "" for text in _texts(values))), 1, None, nodes=True),
    "concat": Function(lambda *values: "".join(_texts(values)), 0, None, nodes=True),
    "join": Function(_join, 1, None, nodes=True),
    "string-length": _one(lambda value: float(len(as_text(value)))),
    "substr": Function(_substr, 2, 3),
    "substring-before": Function(lambda one, two: as_text(one).partition(as_text(two))[0]
                                 if as_text(two) in as_text(one) else "", 2, 2),
    "substring-after": Function(lambda one, two: as_text(one).partition(as_text(two))[2], 2, 2),
    "contains": Function(lambda one, two: as_text(two) in as_text(one), 2, 2),
    "starts-with": Function(lambda one, two: as_text(one).startswith(as_text(two)), 2, 2),
    "ends-with": Function(lambda one, two: as_text(one).endswith(as_text(two)), 2, 2),
    "normalize-space": _one(lambda value: " ".join(as_text(value).split())),
    "translate": Function(_translate, 3, 3),
    "regex": Function(_regex, 2, 2),
    "date": _one(_date),
    "date-time": _one(_date_time),
    "decimal-date-time": _one(decimal_date),
    "decimal-date": _one(lambda value: float(math.floor(number))
                         if not math.isnan(number := decimal_date(value)) else number),
    "decimal-time": _one(_decimal_time),
    "format-date": Function(_format_date, 2, 2),
    "format-date-time": Function(_format_date, 2, 2),
    "checklist": Function(_checklist, 3, None),
    "weighted-checklist": Function(_weighted_checklist, 4, None),
    "digest": Function(_digest, 2, 3),
    "base64-decode": _one(_base64_decode),
    "de-duplicate": _one(_de_duplicate),
    "item-at": Function(_item_at, 2, 2),
    "once": Function(None, 1, 1),
    "today": Function(None, 0, 0),
    "now": Function(None, 0, 0),
    "random": Function(None, 0, 0),
    "uuid": Function(None, 0, 1),
    "duration": Function(None, 0, 1),
    "version": Function(None, 0, 0),
    "position": Function(None, 0, 1),
    "index": Function(None, 0, 1),
    "pulldata": Function(None, 4, 4),
    "indexed-repeat": Function(None, 3, 7, asks=("item",)),
    "if": Function(None, 3, 3),
    "coalesce": Function(None, 1, None),
    **{name: Function(None, 1, 1, asks=("item",))
       for name in ("is_dk", "is_refused", "is_skipped", "answered", "relevant")},
    "label": Function(None, 1, 2),
    "jr:choice-name": Function(None, 2, 2),
    "choice-label": Function(None, 2, 2),
    "count-if": Function(None, 2, 2, asks=("item",)),
    "randomize": Function(lambda values, seed="": tuple(shuffled(_texts((values,)), seed)), 1, 2, nodes=True),
    **{name: Function(None, 0, None) for name in STAYS_EMPTY},
}  # fmt: skip


def advice_for(name: str) -> str:
    """Return what to write instead of a function that is not in the library."""
    near = difflib.get_close_matches(name, LIBRARY, 1, 0.7)
    if near:
        return tr("Did you mean {name}()?", name=near[0])
    return tr("Use a calculation of the functions in the manual.")
