"""Functions on numbers, with the results JavaRosa gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal, localcontext

from cati.survey.moments import moment
from cati.survey.values import Value, answer_holds, answer_number, as_boolean, as_number, as_text

MOST_PLACES = 30
"""JavaRosa rounds to no more places than this, before or behind the point."""


def numbers(values: tuple[Value, ...]) -> list[float]:
    """Return the numbers of arguments, those of sets one by one."""
    found: list[float] = []
    for value in values:
        found += [answer_number(text) for text in value] if isinstance(value, tuple) else [as_number(value)]
    return found


def number_of(value: Value) -> float:
    """Return the value as a number; of a date with a time of day the whole days, as JavaRosa counts them."""
    number = as_number(value)
    named = moment(as_text(value)) if isinstance(value, str | tuple) else None
    return math.floor(number) if named is not None and math.isfinite(number) else number


def whole(value: Value) -> float:
    """Return the number without what stands behind its point."""
    number = as_number(value)
    return float(math.trunc(number)) if math.isfinite(number) else number


def rounded(value: Value, places: Value = 0.0) -> float:
    """Return the number rounded to so many places; halves go up, as XPath has it: -1.5 becomes -1."""
    number, digits = as_number(value), as_number(places)
    if not math.isfinite(number):
        return number
    if math.isnan(digits) or abs(digits) > MOST_PLACES:
        return math.nan
    with localcontext() as context:
        context.prec = 400
        unit = Decimal(1).scaleb(-int(digits))
        return float(Decimal(repr(number)).quantize(unit, ROUND_HALF_DOWN if number < 0 else ROUND_HALF_UP))


def power(base: Value, exponent: Value) -> float:
    """Return a power as Java's Math.pow: infinite when it is too large, NaN for a root of a negative number."""
    one, two = as_number(base), as_number(exponent)
    try:
        return math.pow(one, two)
    except OverflowError:
        return -math.inf if one < 0 and two % 2 == 1 else math.inf
    except ValueError:
        return math.inf if one == 0 else math.nan


def logarithm(function: Callable[[float], float]) -> Callable[[Value], float]:
    """Return a logarithm that gives -Infinity for 0 and NaN below."""

    def run(value: Value) -> float:
        number = as_number(value)
        if number == 0:
            return -math.inf
        return function(number) if number > 0 else math.nan

    return run


def of_number(function: Callable[[float], float]) -> Callable[[Value], float]:
    """Return a function on numbers as one on values: NaN where it has no result, infinite where that is too large."""

    def run(value: Value) -> float:
        number = as_number(value)
        try:
            return float(function(number))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return run


def stepped(function: Callable[[float], float]) -> Callable[[Value], float]:
    """Return floor or ceiling: what is infinite or no number stays as it is."""

    def run(value: Value) -> float:
        number = as_number(value)
        return float(function(number)) if math.isfinite(number) else number

    return run


def total(*values: Value) -> float:
    """Return the sum; what is no number adds nothing."""
    return math.fsum(number for number in numbers(values) if not math.isnan(number))


def least(*values: Value) -> float:
    """Return the least of those that are numbers, NaN when none is."""
    return min((number for number in numbers(values) if not math.isnan(number)), default=math.nan)


def most(*values: Value) -> float:
    """Return the greatest of those that are numbers, NaN when none is."""
    return max((number for number in numbers(values) if not math.isnan(number)), default=math.nan)


def checklist(lowest: Value, highest: Value, *values: Value) -> bool:
    """Return whether so many of the values are true; -1 stands for no bound."""
    return _between(lowest, highest, float(sum(_flags(values))))


def weighted_checklist(lowest: Value, highest: Value, *values: Value) -> bool:
    """Return whether the weights of the true values, each before its weight, add up to so much; -1: no bound."""
    pairs = zip(_flags(values[::2]), numbers(values[1::2]), strict=False)
    return _between(lowest, highest, sum(weight for flag, weight in pairs if flag))


def _flags(values: tuple[Value, ...]) -> list[bool]:
    found: list[bool] = []
    for value in values:
        found += [answer_holds(text) for text in value] if isinstance(value, tuple) else [as_boolean(value)]
    return found


def _between(lowest: Value, highest: Value, found: float) -> bool:
    low, high = as_number(lowest), as_number(highest)
    return (low < 0 or found >= low) and (high < 0 or found <= high)


def rank_index(index: Value, values: Value) -> float:
    """Return the rank of one of a set's numbers, 1 for the greatest; 999 when there is no such number (SurveyCTO)."""
    listed, at = numbers((values,)), as_number(index)
    if not (1 <= at <= len(listed)) or math.isnan(listed[int(at) - 1]):
        return _NO_RANK
    return _rank(listed[int(at) - 1], listed)


def rank_value(value: Value, values: Value) -> float:
    """Return the rank a number has or would have among a set's numbers, 1 for the greatest (SurveyCTO).

    The set may be a text of numbers with blanks between them.
    """
    number = as_number(value)
    listed = values if isinstance(values, tuple) else tuple(as_text(values).split())
    return _NO_RANK if math.isnan(number) else _rank(number, numbers((listed,)))


_NO_RANK = 999.0


def _rank(number: float, listed: list[float]) -> float:
    return float(1 + sum(other > number for other in listed))
