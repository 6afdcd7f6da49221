"""Values of the expression dialect: text, number, boolean, set of texts, and how each is read as another."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

Value = str | float | bool | tuple[str, ...]
"""A dialect value: text, number (always float, NaN for "no number"), boolean, or the texts of a set of answers."""

_NUMBER = re.compile(r"\s*-?(?:\d+\.?\d*|\.\d+)\s*")


def as_number(value: Value) -> float:
    """XPath's number(): NaN for what is no number; a date counts as days since 1970, as in ODK."""
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, tuple):
        return as_number(value[0]) if value else math.nan
    if _NUMBER.fullmatch(value):
        return float(value)
    if len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-":  # noqa: PLR2004 - the shape of an ISO date
        return decimal_date(value)
    return math.nan


def as_boolean(value: Value) -> bool:
    """XPath's boolean(): a text is true when it is not empty, a number when it is neither 0 nor NaN."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value == value and value != 0  # noqa: PLR0124 - false for NaN only
    return as_text(value) != ""


def as_text(value: Value) -> str:  # noqa: PLR0911 - one return a kind of value
    """XPath's string(): whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return value[0] if value else ""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e15:  # noqa: PLR2004 - beyond it floats have no units
        return str(int(value))
    return format(value, ".15g") if "e" not in repr(value) else format(value, "f").rstrip("0")


def same(one: Value, two: Value) -> bool:
    """XPath 1.0 §3.4: booleans first, then numbers, else texts; a text that is no number equals no number."""
    if isinstance(one, bool) or isinstance(two, bool):
        return as_boolean(one) == as_boolean(two)
    if isinstance(one, float) or isinstance(two, float):
        return as_number(one) == as_number(two)
    return as_text(one) == as_text(two)


def divide(one: float, two: float) -> float:
    """IEEE division, as XPath has it: by zero gives infinity or NaN, never an error."""
    if two == 0:
        return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one)
    return one / two


def remainder(one: float, two: float) -> float:
    """Mod that keeps the sign of the first, as XPath has it."""
    if two == 0 or math.isnan(one) or math.isnan(two) or math.isinf(one):
        return math.nan
    return math.fmod(one, two)


def instant(text: str) -> datetime | None:
    """Return the instant a text names, None for what is no date."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def decimal_date(value: Value) -> float:
    """Days since 1970-01-01, with the time of day as a fraction; NaN for what is no date."""
    if isinstance(value, float):
        return value
    found = instant(as_text(value))
    if found is None:
        return math.nan
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
