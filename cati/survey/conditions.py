"""What a condition demands of single answers: taken apart into alternatives, and whether any of them can hold.

Only what is certain counts: a part that looks at two answers at once, at the clock or at a table demands nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice, pairwise

from cati.survey.closures import truth_of
from cati.survey.item_values import TRUTHS
from cati.survey.nodes import Binary, Call, Chain, Current, Literal, Negative, Node, Reference, every
from cati.survey.questionnaire import Choice, Item, Kind
from cati.survey.scope import Scope, Truth
from cati.survey.values import Value, as_number, as_text, is_number

CURRENT = "."
MOST_ALTERNATIVES = 48
"""More than these are not gone through: the condition is then taken to be possible."""
_MOST_SUBSETS = 6
_MOST_CHOICES = 60
_COMPARED = frozenset({"=", "!=", "<", "<=", ">", ">="})
_STATES = frozenset({"answered", "is_dk", "is_refused", "is_skipped"})
_UNANSWERED = _STATES - {"answered"}


@dataclass(frozen=True, slots=True)
class Demand:
    """What one part of a condition asks of one answer; ``values`` are those it names, as texts."""

    name: str
    values: tuple[str, ...]
    orders: bool
    """Does it ask for less or more?"""
    holds: Callable[[str], bool]

    def empty(self) -> bool:
        """Tell whether it holds for a question without an answer."""
        return self.holds("")


Alternative = tuple[Demand, ...]
"""Demands that hold together."""
TRUE: tuple[Alternative, ...] = ((),)


class _One:
    """A scope in which every name has one value."""

    def __init__(self) -> None:
        self.text = ""
        self.kind = ""

    def value(self, _name: str) -> str:
        return self.text

    def current(self) -> str:
        return self.text

    def status(self, _name: str) -> str:
        return "answered" if self.text else "skipped"

    def call(self, name: str, _arguments: list[Value]) -> Value:
        return self.kind if name == "type" else ""


@lru_cache(maxsize=4096)
def alternatives(node: Node, *, positive: bool = True) -> tuple[Alternative, ...]:
    """Return when a condition holds, or does not (``positive`` False): () for never, `TRUE` when nothing is certain."""
    match node:
        case Chain(operators=("or" | "and", *_), parts=parts):
            each = [alternatives(part, positive=positive) for part in parts]
            return joined(each) if (node.operators[0] == "and") == positive else _either(each)
        case Call(name="not", arguments=(inner,)):
            return alternatives(inner, positive=not positive)
        case Call(name="boolean", arguments=(inner,)):
            return alternatives(inner, positive=positive)
        case Call(name="if", arguments=(condition, one, other)):
            yes = joined([alternatives(condition), alternatives(one, positive=positive)])
            no = joined([alternatives(condition, positive=False), alternatives(other, positive=positive)])
            return _either([yes, no])
        case _:
            return _single(node, positive=positive)


def joined(parts: Iterable[Sequence[Alternative]]) -> tuple[Alternative, ...]:
    """Return when all parts hold together; what would come to too many alternatives is left out."""
    found: tuple[Alternative, ...] = TRUE
    for part in sorted(parts, key=len):
        if len(found) * len(part) <= MOST_ALTERNATIVES:
            found = tuple((*one, *other) for one in found for other in part)
    return found


def _either(parts: Iterable[Sequence[Alternative]]) -> tuple[Alternative, ...]:
    found = tuple(one for part in parts for one in part)
    return TRUE if len(found) > MOST_ALTERNATIVES or () in found else found


def _single(node: Node, *, positive: bool) -> tuple[Alternative, ...]:
    if _is_constant(node):
        holds = truth_of(node)(_NOTHING)
        return TRUE if holds == positive else ()
    name = _subject(node)
    if not name:
        return TRUE
    if isinstance(node, Call) and node.name in _UNANSWERED:
        return ((Demand(name, (), orders=False, holds=lambda text: not text),),) if positive else TRUE
    values = tuple(as_text(part.value) for part in every(node) if isinstance(part, Literal))
    if any(isinstance(part, Negative) for part in every(node)):
        values = tuple(f"-{value}" for value in values)
    orders = isinstance(node, Binary) and node.operator not in ("=", "!=")
    return ((Demand(name, values, orders, _holds(truth_of(node), positive=positive)),),)


def _holds(truth: Truth, *, positive: bool) -> Callable[[str], bool]:
    one = _One()
    scope: Scope = one  # type: ignore[assignment] # a single answer asks for no more than these three

    def holds(text: str) -> bool:
        one.text = text
        # the question is not known here: what holds for a text, or for what the text may stand for, is possible
        for kind in ("text", "number" if is_number(text) else "boolean" if text in TRUTHS else ""):
            one.kind = kind
            if kind and truth(scope) == positive:
                return True
        return False

    return holds


_NOTHING: Scope = _One()  # type: ignore[assignment] # a constant asks for nothing


def _is_constant(node: Node) -> bool:
    return all(
        isinstance(part, Literal | Negative | Chain | Binary)
        or (isinstance(part, Call) and part.name in ("true", "false", "not", "number", "string"))
        for part in every(node)
    )


def _subject(node: Node) -> str:
    """Return the one answer that a part looks at in a way that is gone through here, "" otherwise."""
    match node:
        case Reference() | Current():
            return _name(node)
        case Call(name=name, arguments=(one,)) if name in _STATES:
            return _name(one)
        case Call(name="selected" | "is-selected", arguments=(one, Literal(value=value))):
            return _name(one) if " " not in as_text(value).strip() else ""
        case Binary(operator=operator, left=left, right=right) if operator in _COMPARED:
            if _is_literal(right):
                return _name(left)
            return _name(right) if _is_literal(left) else ""
        case _:
            return ""


def _is_literal(node: Node) -> bool:
    return isinstance(node, Literal) or (isinstance(node, Negative) and isinstance(node.inner, Literal))


def _name(node: Node) -> str:
    match node:
        case Reference(name=name):
            return name
        case Current():
            return CURRENT
        case Call(name="number" | "string" | "int", arguments=(inner,)):
            return _name(inner)
        case _:
            return ""


def possible(alternative: Alternative, values_of: Callable[[str, Sequence[Demand]], Iterable[str] | None]) -> bool:
    """Tell whether demands can hold together; ``values_of`` gives the values to try for a name, None for all."""
    by_name: dict[str, list[Demand]] = {}
    for demand in alternative:
        by_name.setdefault(demand.name, []).append(demand)
    for name, demands in by_name.items():
        values = values_of(name, demands)
        if values is not None and not any(all(demand.holds(value) for demand in demands) for value in values):
            return False
    return True


def any_values(demands: Sequence[Demand]) -> list[str]:
    """Return values that stand for all there are: those named, what lies between and beyond them, and another one."""
    named = dict.fromkeys(value for demand in demands for value in demand.values)
    numbers = sorted({number for value in named if not math.isnan(number := as_number(value))})
    between = [(one + other) / 2 for one, other in pairwise(numbers)]
    beyond = [numbers[0] - 1, numbers[-1] + 1] if numbers else []
    close = [number + step for number in numbers for step in (-1, 1)]
    return ["", *named, "\u2060", *(as_text(float(number)) for number in (*numbers, *between, *beyond, *close))]


@dataclass(frozen=True, slots=True)
class Listed:
    """The choices of a list as conditions ask for them: by name, by number, and those that stand alone."""

    names: dict[str, None]
    numbers: dict[float, list[str]]
    alone: frozenset[str]

    def has(self, written: str) -> bool:
        """Tell whether the list has this choice; numbers are the same however they are written."""
        return written in self.names or as_number(written) in self.numbers

    def meant(self, written: Iterable[str]) -> list[str]:
        """Return the names of the choices that these texts mean."""
        texts = list(written)
        by_name = [text for text in texts if text in self.names]
        by_number = [name for text in texts for name in self.numbers.get(as_number(text), ())]
        return list(dict.fromkeys((*by_name, *by_number)))


def listed(choices: Sequence[Choice]) -> Listed:
    """Return a list ready to be asked."""
    numbers: dict[float, list[str]] = {}
    for choice in choices:
        number = as_number(choice.name)
        if not math.isnan(number):
            numbers.setdefault(number, []).append(choice.name)
    alone = frozenset(choice.name for choice in choices if choice.exclusive)
    return Listed(dict.fromkeys(choice.name for choice in choices), numbers, alone)


def values_of_item(item: Item, choices: Listed, demands: Sequence[Demand]) -> list[str] | None:
    """Return the values to try for an item, the empty text first; None when they cannot all be stood for."""
    if item.kind in (Kind.RANK, Kind.NOTE):
        return None
    if item.calculation or item.choices_from:
        return any_values(demands)
    if item.kind in (Kind.SINGLE, Kind.MULTIPLE):
        return _choosing(item, choices, demands)
    found = any_values(demands)
    if item.kind not in (Kind.NUMBER, Kind.DECIMAL):
        return found
    low = as_number(item.minimum) if item.minimum else None
    high = as_number(item.maximum) if item.maximum else None
    numbers = {as_number(text) for text in found[1:]} | {bound for bound in (low, high) if bound is not None} | {0.0}
    if item.kind is Kind.NUMBER:
        numbers = {float(whole(n)) for n in numbers if math.isfinite(n) for whole in (math.floor, math.ceil)}
    kept = [n for n in numbers if math.isfinite(n) and (low is None or n >= low) and (high is None or n <= high)]
    return ["", *map(as_text, kept)]


def _choosing(item: Item, choices: Listed, demands: Sequence[Demand]) -> list[str] | None:
    if not choices.names:
        return None  # the list stands in a file that is not there
    wanted = {value for demand in demands for value in demand.values}
    orders = any(demand.orders for demand in demands)
    mentioned = choices.meant(wanted)
    others = list(islice((name for name in choices.names if name not in mentioned), 2))
    if item.kind is Kind.SINGLE:
        if orders and len(choices.names) > _MOST_CHOICES:
            return None
        return ["", *(choices.names if orders else (*mentioned, *others))]
    if orders or len(mentioned) > _MOST_SUBSETS or any(" " in value.strip() for value in wanted):
        return None
    several = [
        subset
        for size in range(1, len(mentioned) + 2)
        for subset in combinations((*mentioned, *others[:1]), size)
        if size == 1 or not choices.alone.intersection(subset)
    ]
    return ["", *(" ".join(subset) for subset in several)]
