"""Values of the expression dialect: text, number, boolean, set of texts, and how each is read as another."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from cati.survey.moments import days_of

Value = str | float | bool | tuple[str, ...]
"""A dialect value: text, number (always float, NaN for "no number"), boolean, or the texts of a set of answers."""

ALIKE = 1e-12
"""Numbers closer than this are the same, and zero, as in JavaRosa: 6.1 - 7.8 = -1.7 holds."""
_NUMBER = re.compile(r"\s*-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)\s*")


def as_number(value: Value) -> float:
    """XPath's number(): NaN for what is no number. A decimal comma is read, too; a date counts as days since 1970."""
    if isinstance(value, str):
        if not value:
            return math.nan
        if value.isdecimal() and value.isascii():
            return float(value)
        if _NUMBER.fullmatch(value):
            return float(value.replace(",", "."))
        return days_of(value) if value.lstrip()[:1].isdigit() else math.nan
    if isinstance(value, tuple):
        return as_number(value[0]) if value else math.nan
    return float(value)


def is_number(text: str) -> bool:
    """Return whether a text is a number as JavaRosa reads one, neither a date nor empty."""
    return _NUMBER.fullmatch(text) is not None


def as_boolean(value: Value) -> bool:
    """XPath's boolean(): a text is true when it is not empty, a number when it is neither 0 nor NaN."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return abs(value) > ALIKE  # false for NaN, too
    return as_text(value) != ""


def as_text(value: Value) -> str:
    """XPath's string(): whole numbers without a point, no number ever with an exponent."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return value[0] if value else ""
    return _written(value)


def _written(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if abs(number) < ALIKE:
        return "0"
    text = repr(number)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def answer_holds(text: str) -> bool:
    """Return whether an item's text is true where a condition is due: a calculated "false" is not.

    JavaRosa keeps what a calculation comes to with its type; here texts are kept, and booleans known by their words.
    """
    return text not in ("", "false")


def answer_number(text: str) -> float:
    """Return the number an item's text stands for; a calculated condition counts 1 or 0, as in JavaRosa."""
    number = as_number(text)
    return _TRUTHS.get(text, number) if number != number else number  # noqa: PLR0124 - NaN


_TRUTHS = {"true": 1.0, "false": 0.0}


def kept(value: Value, *, whole: bool = False) -> str:
    """Return the text under which a result is kept: "" for no number, without a point what is whole but for 1e-9.

    ``whole``: it is kept for a question that asks for a whole number, so a fraction is cut off (IAnswerData.wrapData).
    """
    if not isinstance(value, float):
        return as_text(value)
    if math.isfinite(value) and (whole or abs(value - math.trunc(value)) < _WHOLE):
        return as_text(float(math.trunc(value)))
    return "" if math.isnan(value) else as_text(value)


def with_type_of(value: Value, text: str) -> Value:
    """Return what a text was kept for when it came to something of this value's type; the value itself for "".

    It is what once() gives: the first result that was not empty.
    """
    if not text:
        return value
    if isinstance(value, bool):
        return text == "true"
    return as_number(text) if isinstance(value, float) else text


_WHOLE = 1e-9


def same(one: Value, two: Value) -> bool:
    """XPath 1.0 §3.4: booleans first, then numbers, else texts; a text that is no number equals no number."""
    if isinstance(one, bool) or isinstance(two, bool):
        return as_boolean(one) == as_boolean(two)
    if isinstance(one, float) or isinstance(two, float):
        return same_number(as_number(one), as_number(two))
    return as_text(one) == as_text(two)


def same_number(one: float, two: float) -> bool:
    """Return whether two numbers are the same but for what computing with fractions adds."""
    return one == two or abs(one - two) < ALIKE


def divide(one: float, two: float) -> float:
    """IEEE division, as XPath has it: by zero gives infinity or NaN, never an error."""
    if two == 0:
        if one == 0 or math.isnan(one):
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1.0, two)
    return one / two


def remainder(one: float, two: float) -> float:
    """Mod that keeps the sign of the first, as XPath has it."""
    if two == 0 or math.isnan(one) or math.isnan(two) or math.isinf(one):
        return math.nan
    return math.fmod(one, two)
