"""The function library of the expression dialect: what there is, how many arguments it takes, what runs it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass

from cati.survey import function_dates as dates
from cati.survey import function_numbers as numbers
from cati.survey import function_places as places
from cati.survey import function_texts as texts
from cati.survey.values import Value, as_boolean, as_number, as_text, divide, remainder, same, same_number
from cati.text import mark, tr

__all__ = [
    "LABELS", "LIBRARY", "STAYS_EMPTY", "Function", "Value", "advice_for", "as_boolean", "as_number", "as_text",
    "divide", "remainder", "same", "same_number",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the library; ``run`` None: `closures` or the interview works it out."""

    run: Callable[..., Value] | None
    least: int
    most: int | None
    gives: str = "unknown"
    """The type of its result: text, number, boolean, date, datetime, time, nodes, unknown."""
    nodes: bool = False
    """Is it on sets: does an argument that is a question stand for all its instances?"""
    zoned: bool = False
    """Is it told the time zone before its arguments?"""
    asks: tuple[str, ...] = ()
    """"item" for each of the first arguments that has to be a question."""


LABELS = ("label", "jr:choice-name", "choice-label")
STAYS_EMPTY = frozenset({
    "device-info", "phone-call-log", "phone-call-duration", "collect-is-phone-app", "plug-in-metadata", "username",
    "property", "enumerator-name", "enumerator-id", "geo-scatter",
})  # fmt: skip
"""Functions of other programs that ask the device; here they give an empty text, and the form's author is told."""


def _text(run: Callable[..., Value] | None, least: int, most: int | None, *, nodes: bool = False) -> Function:
    return Function(run, least, most, "text", nodes=nodes)


def _number(run: Callable[..., Value] | None, least: int = 1, most: int | None = 1, *, nodes: bool = False) -> Function:
    return Function(run, least, most, "number", nodes=nodes)


def _truth(run: Callable[..., Value] | None, least: int = 1, most: int | None = 1, *, nodes: bool = False) -> Function:
    return Function(run, least, most, "boolean", nodes=nodes)


def _zoned(run: Callable[..., Value], gives: str, arguments: int = 1) -> Function:
    return Function(run, arguments, arguments, gives, zoned=True)


def _of_item(arguments: int, gives: str) -> Function:
    return Function(None, arguments, arguments, gives, asks=("item",))


_of = numbers.of_number

LIBRARY: dict[str, Function] = {
    # Choices and questions
    "selected": _truth(texts.selected, 2, 2),
    "is-selected": _truth(texts.selected, 2, 2),
    "selected-at": _text(texts.selected_at, 2, 2),
    "count-selected": _number(texts.count_selected),
    "is_dk": _of_item(1, "boolean"),
    "is_refused": _of_item(1, "boolean"),
    "is_skipped": _of_item(1, "boolean"),
    "answered": _of_item(1, "boolean"),
    "relevant": _of_item(1, "boolean"),
    "label": _text(None, 1, 2),
    "jr:choice-name": _text(None, 2, 2),
    "choice-label": _text(None, 2, 2),
    # Conditions
    "if": Function(None, 3, 3),
    "coalesce": Function(None, 1, None),
    "once": Function(None, 1, 1),
    "not": _truth(lambda value: not as_boolean(value)),
    "true": _truth(lambda: True, 0, 0),
    "false": _truth(lambda: False, 0, 0),
    "boolean": _truth(as_boolean),
    "empty": _truth(lambda value: as_text(value) in ("", "NaN")),
    "boolean-from-string": _truth(lambda value: as_text(value) in ("1", "true")),
    "checklist": _truth(numbers.checklist, 2, None, nodes=True),
    "weighted-checklist": _truth(numbers.weighted_checklist, 2, None, nodes=True),
    # Numbers
    "number": _number(numbers.number_of),
    "int": _number(numbers.whole),
    "round": _number(numbers.rounded, 1, 2),
    "floor": _number(numbers.stepped(math.floor)),
    "ceiling": _number(numbers.stepped(math.ceil)),
    "abs": _number(_of(abs)),
    "sqrt": _number(_of(math.sqrt)),
    "exp": _number(_of(math.exp)),
    "exp10": _number(lambda value: numbers.power(10.0, value)),
    "log": _number(numbers.logarithm(math.log)),
    "log10": _number(numbers.logarithm(math.log10)),
    "sin": _number(_of(math.sin)),
    "cos": _number(_of(math.cos)),
    "tan": _number(_of(math.tan)),
    "asin": _number(_of(math.asin)),
    "acos": _number(_of(math.acos)),
    "atan": _number(_of(math.atan)),
    "atan2": _number(lambda one, two: math.atan2(as_number(one), as_number(two)), 2, 2),
    "pi": _number(lambda: math.pi, 0, 0),
    "pow": _number(numbers.power, 2, 2),
    "random": _number(None, 0, 0),
    # Sets
    "sum": _number(numbers.total, 1, None, nodes=True),
    "min": _number(numbers.least, 1, None, nodes=True),
    "max": _number(numbers.most, 1, None, nodes=True),
    "count": _number(lambda *values: float(len(texts.texts(values))), 1, 1, nodes=True),
    "count-non-empty": _number(
        lambda *values: float(sum(text != "" for text in texts.texts(values))), 1, None, nodes=True
    ),
    "count-if": _of_item(2, "number"),
    "where": Function(None, 2, 3, "nodes", asks=("item",)),
    "sum-if": _of_item(2, "number"),
    "min-if": _of_item(2, "number"),
    "max-if": _of_item(2, "number"),
    "join-if": _text(None, 3, 3),
    "rank-index-if": _number(None, 3, 3),
    "randomize": Function(None, 1, 2, "nodes", nodes=True),
    "position": _number(None, 0, 1),
    "index": _number(None, 0, 1),
    "indexed-repeat": Function(None, 3, 11, asks=("item",)),
    "pulldata": _text(None, 4, 4),
    "rank-index": _number(numbers.rank_index, 2, 2, nodes=True),
    "rank-value": _number(numbers.rank_value, 2, 2, nodes=True),
    # Texts
    "string": _text(as_text, 1, 1),
    "concat": _text(lambda *values: "".join(texts.texts(values)), 0, None, nodes=True),
    "join": _text(texts.joined, 1, None, nodes=True),
    "string-length": _number(lambda value: float(len(as_text(value))), 0, 1),
    "normalize-space": _text(texts.normalised, 0, 1),
    "substr": _text(texts.substr, 2, 3),
    "substring": _text(texts.substring, 2, 3),
    "substring-before": _text(texts.before, 2, 2),
    "substring-after": _text(texts.after, 2, 2),
    "contains": _truth(lambda one, two: as_text(two) in as_text(one), 2, 2),
    "starts-with": _truth(lambda one, two: as_text(one).startswith(as_text(two)), 2, 2),
    "ends-with": _truth(lambda one, two: as_text(one).endswith(as_text(two)), 2, 2),
    "translate": _text(texts.translated, 3, 3),
    "lower": _text(lambda value: as_text(value).lower(), 1, 1),
    "upper": _text(lambda value: as_text(value).upper(), 1, 1),
    "format-number": _text(texts.grouped, 1, 1),
    "regex": _truth(texts.regex, 2, 2),
    "digest": _text(texts.digest, 2, 3),
    "hash": _text(texts.hashed, 1, None),
    "base64-decode": _text(texts.base64_decoded, 1, 1),
    "linebreak": _text(lambda: "\n", 0, 0),
    "de-duplicate": _text(texts.de_duplicate, 1, 2),
    "item-at": _text(texts.item_at, 2, 3),
    "count-items": _number(texts.count_items, 2, 2),
    "item-index": _number(texts.item_index, 3, 3),
    "item-present": _truth(texts.item_present, 3, 3),
    # Dates and times
    "today": Function(None, 0, 0, "date"),
    "now": Function(None, 0, 0, "datetime"),
    "date": _zoned(dates.date_of, "date"),
    "date-time": _zoned(dates.date_time, "datetime"),
    "decimal-date-time": _zoned(dates.decimal_date_time, "number"),
    "decimal-date": _zoned(dates.decimal_date, "number"),
    "decimal-time": _zoned(dates.decimal_time, "number"),
    "format-date": _zoned(dates.format_date, "text", 2),
    "format-date-time": _zoned(dates.format_date, "text", 2),
    # Places
    "area": _number(places.area, nodes=True),
    "enclosed-area": _number(places.area, nodes=True),
    "distance": _number(places.distance, 1, None, nodes=True),
    "distance-between": _number(places.distance, 2, 2),
    "geofence": _truth(places.geofence, 2, 2),
    "short-geopoint": _text(places.short_geopoint, 1, 1),
    # The interview
    "uuid": _text(None, 0, 1),
    "duration": _number(None, 0, None),
    "version": _text(None, 0, 0),
    **{name: _text(None, 0, None) for name in STAYS_EMPTY},
}

_LEFT_OUT = {
    "rank-value-if": mark("Write rank-index-if() with the number of the member."),
    "jr:itext": mark("Write the words themselves; translations stand in the columns of the languages."),
    "id": mark("Write ${name} for a question."), "name": mark("Write ${name} for a question."),
    "local-name": mark("Write ${name} for a question."), "lang": mark("Write label::language columns."),
    "search": mark("It belongs into the column appearance."),
    "lower-case": mark("Write lower(text)."),
    "upper-case": mark("Write upper(text)."),
    "depend": mark("Leave it out: what an expression refers to is known."),
    "cond": mark("Write if(condition, value, other value)."),
    "intersects": mark("Lines on the map are not drawn on the telephone."),
    "today-date": mark("Write today()."),
}  # fmt: skip


def advice_for(name: str) -> str:
    """Return what to write instead of a function that is not in the library."""
    left_out = _LEFT_OUT.get(name)
    if left_out:
        return tr(left_out)
    near = difflib.get_close_matches(name, LIBRARY, 1, 0.7)
    if near:
        return tr("Did you mean {name}()?", name=near[0])
    return tr("Use a calculation of the functions in the manual.")
