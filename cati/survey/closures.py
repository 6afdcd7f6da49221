"""The tree of an expression turned into closures: an answer runs hundreds of them, so nothing is looked up twice."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cati.survey import functions
from cati.survey.functions import Value, as_boolean, as_number, as_text, same, same_number
from cati.survey.item_values import TRUTHS, as_typed, flags, item_holds, oddly_written, same_item
from cati.survey.scope import Closure, Number, Scope, Truth
from cati.survey.special_forms import SPECIAL, Makers
from cati.survey.syntax import (
    ROW_LAST,
    ROW_POSITION,
    Binary,
    Call,
    Chain,
    Column,
    Current,
    Literal,
    Negative,
    Node,
    Reference,
    TablePath,
    Up,
)
from cati.survey.tables import cells
from cati.survey.values import answer_number


def value_of(node: Node) -> Closure:  # noqa: PLR0911 - one return a kind of node
    """Return what works out a node, as whatever it is."""
    match node:
        case Literal(value=value):
            return lambda _scope: value
        case Reference(name=name):
            return lambda scope: scope.value(name)
        case Current():
            return lambda scope: scope.current()
        case Column(name=name):
            return _column(name)
        case Negative() | Chain(operators=("+" | "-", *_)) | Binary(operator="*" | "div" | "mod"):
            return _number(node)
        case Chain() | Binary():
            return truth_of(node)
        case TablePath():
            rows = _cells(node)
            return lambda scope: next(rows(scope), "")
        case Call():
            return _call(node)
        case Up():
            return lambda _scope: ".."


def typed_of(node: Node) -> Closure:
    """Return what works out a node so that an item it hands on keeps its type: plain, by if() or by coalesce()."""
    match node:
        case Reference(name=name):
            return lambda scope: as_typed(scope, name, scope.value(name))
        case Call(name="if"):
            return _if(node, typed_of)
        case Call(name="coalesce"):
            return _coalesce(node, typed_of)
        case _:
            return value_of(node)


def _column(name: str) -> Closure:
    if name in (ROW_POSITION, ROW_LAST):
        return lambda scope: float(scope.column(name))
    return lambda scope: scope.column(name)


def truth_of(node: Node) -> Truth:  # noqa: PLR0911 - one return a kind of node
    """Return what tells whether a node holds."""
    match node:
        case Chain(operators=("or", *_)):
            parts = [truth_of(part) for part in node.parts]
            return lambda scope: any(part(scope) for part in parts)
        case Chain(operators=("and", *_)):
            parts = [truth_of(part) for part in node.parts]
            return lambda scope: all(part(scope) for part in parts)
        case Binary(operator="=" | "!="):
            return _equal(node.left, node.right, negate=node.operator == "!=")
        case Binary(operator="<" | "<=" | ">" | ">="):
            compare = _ORDERED[node.operator]
            left, right = _number(node.left), _number(node.right)
            return lambda scope: compare(left(scope), right(scope))
        case Call(name="not", arguments=(inner,)):
            holds = truth_of(inner)
            return lambda scope: not holds(scope)
        case Call(name="selected", arguments=(question, Literal(value=str(choice)))) if choice.strip():
            value, wanted = value_of(question), f" {choice.strip()} "
            return lambda scope: wanted in f" {as_text(value(scope))} "
        case Call(name="boolean", arguments=(inner,)):
            return truth_of(inner)
        case Reference(name=name):
            return lambda scope: item_holds(scope, name, scope.value(name))
        case Current():
            return lambda scope: item_holds(scope, ".", scope.current())
        case _:
            run = typed_of(node)
            return lambda scope: as_boolean(run(scope))


_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _number(node: Node) -> Number:
    """Return what works out a node as a number."""
    match node:
        case Literal(value=value):
            number = as_number(value)
            return lambda _scope: number
        case Reference(name=name):
            return lambda scope: answer_number(scope.value(name))
        case Negative(inner=inner):
            positive = _number(inner)
            return lambda scope: -positive(scope)
        case Chain(operators=("+" | "-", *_)):
            return _added(node)
        case Binary(operator="*" | "div" | "mod"):
            quotient = {"*": operator.mul, "div": functions.divide, "mod": functions.remainder}[node.operator]
            left, right = _number(node.left), _number(node.right)
            return lambda scope: quotient(left(scope), right(scope))
        case _:
            run = value_of(node)
            return lambda scope: as_number(run(scope))


def _added(node: Chain) -> Number:
    first = _number(node.parts[0])
    rest = [(sign == "+", _number(part)) for sign, part in zip(node.operators, node.parts[1:], strict=True)]

    def run(scope: Scope) -> float:
        total = first(scope)
        for plus, part in rest:
            total = total + part(scope) if plus else total - part(scope)
        return total

    return run


def _equal(one: Node, two: Node, *, negate: bool) -> Truth:
    """XPath 1.0 §3.4: booleans first, then numbers, else texts; a text that is no number equals no number."""
    if isinstance(one, Literal) and not isinstance(two, Literal):
        one, two = two, one
    left = value_of(one)
    if isinstance(one, Reference | Current | Column) and isinstance(two, Literal):
        wanted = two.value
        if isinstance(wanted, str) and isinstance(one, Column):
            return (lambda scope: left(scope) != wanted) if negate else (lambda scope: left(scope) == wanted)
        if isinstance(wanted, str):
            return _equals_text(one, two, left, wanted, negate=negate)
        number = _number(one)
        return lambda scope: same_number(number(scope), wanted) != negate
    right = value_of(two)
    items = isinstance(one, Reference | Current), isinstance(two, Reference | Current)
    truths = truth_of(one), truth_of(two)

    def run(scope: Scope) -> bool:
        this, that = left(scope), right(scope)
        if items[0] and (isinstance(that, bool) or (isinstance(that, float) and this in TRUTHS)):
            this = truths[0](scope)
        elif items[1] and (isinstance(this, bool) or (isinstance(this, float) and that in TRUTHS)):
            that = truths[1](scope)
        elif isinstance(this, str) and isinstance(that, str) and (items[0] or items[1]):
            return same_item(scope, (one, two), this, that) != negate
        return same(this, that) != negate

    return run


def _equals_text(one: Node, two: Literal, left: Closure, wanted: str, *, negate: bool) -> Truth:
    """An item and a word: as a rule the texts decide, only what may be a number or a condition is looked at closely."""
    close = oddly_written(wanted)

    def run(scope: Scope) -> bool:
        this = left(scope)
        if this == wanted:
            return not negate
        if close or this in TRUTHS:
            return same_item(scope, (one, two), as_text(this), wanted) != negate
        return negate

    return run


def _nodes(node: Node) -> Callable[[Scope], Value]:
    """Return what works out an argument of a function on sets: all instances, where there may be several."""
    match node:
        case Reference(name=name):
            return lambda scope: scope.nodes(name)
        case TablePath():
            rows = _cells(node)
            return lambda scope: tuple(rows(scope))
        case _:
            return value_of(node)


def _cells(node: TablePath) -> Callable[[Scope], Iterator[str]]:
    return cells(node, [value_of(predicate) for predicate in node.predicates], value_of)


# Functions


def _call(node: Call) -> Closure:
    """Return what works out a function; `expressions.check` has seen to its arguments."""
    special = _OWN.get(node.name)
    if special is not None:
        return special(node, _MAKERS)
    found = functions.LIBRARY[node.name]
    part = _nodes if found.nodes else _truth_or_value if node.name in _ON_NUMBERS else value_of
    arguments = [part(argument) for argument in node.arguments]
    for at in flags(node):
        arguments[at] = _flag(node.arguments[at])
    if not arguments and node.name in _ON_CURRENT:
        arguments = [value_of(Current(node.at))]
    name, run = node.name, found.run
    if name == "once":
        arguments = [typed_of(node.arguments[0])]
    if run is None:
        return lambda scope: scope.call(name, [argument(scope) for argument in arguments])
    if found.zoned:
        return _zoned(run, arguments)
    match arguments:
        case [one]:
            return _guarded(lambda scope: run(one(scope)))
        case [one, two]:
            return _guarded(lambda scope: run(one(scope), two(scope)))
        case _:
            return _guarded(lambda scope: run(*[argument(scope) for argument in arguments]))


_ON_NUMBERS = frozenset({"number", "int", "round", "abs", "pow", "floor", "ceiling", "sqrt", "exp", "log", "log10"})


def _truth_or_value(node: Node) -> Closure:
    """Return what works out an argument that is wanted as a number: a calculated condition counts 1 or 0."""
    run = value_of(node)
    if not isinstance(node, Reference):
        return run
    return lambda scope: _TRUTHS.get(as_text(run(scope)), run(scope))


_TRUTHS = {"true": True, "false": False}


def _flag(node: Node) -> Closure:
    """Return what works out an argument that is wanted as a condition; of a question in a roster one a member."""
    if isinstance(node, TablePath):
        return _nodes(node)
    if not isinstance(node, Reference):
        return truth_of(node)
    name = node.name
    return lambda scope: tuple("1" if item_holds(scope, name, text) else "" for text in scope.nodes(name))


_ON_CURRENT = frozenset({"string-length", "normalize-space"})
"""Functions that take the value at hand when nothing stands between their brackets."""


def _guarded(run: Closure) -> Closure:
    """A function on numbers beyond all bounds gives "no number": an answer must never stop an interview."""

    def guarded(scope: Scope) -> Value:
        try:
            return run(scope)
        except (ArithmeticError, ValueError):
            return math.nan

    return guarded


def _zoned(run: Callable[..., Value], arguments: list[Closure]) -> Closure:
    """A function on dates is told the interview's time zone first."""
    return _guarded(
        lambda scope: run(_zone(as_text(scope.call("zone", []))), *[argument(scope) for argument in arguments])
    )


@lru_cache(maxsize=32)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _if(node: Call, part: Callable[[Node], Closure]) -> Closure:
    holds = truth_of(node.arguments[0])
    then, otherwise = part(node.arguments[1]), part(node.arguments[2])
    return lambda scope: then(scope) if holds(scope) else otherwise(scope)


def _coalesce(node: Call, part: Callable[[Node], Closure]) -> Closure:
    arguments = [part(argument) for argument in node.arguments]

    def run(scope: Scope) -> Value:
        value: Value = ""
        for argument in arguments:
            value = argument(scope)
            if as_text(value) not in ("", "NaN"):
                return value
        return value

    return run


_MAKERS = Makers(value_of, truth_of, _number, _nodes)
_OWN: dict[str, Callable[[Call, Makers], Closure]] = {
    **SPECIAL,
    "not": lambda node, make: make.truth(node),
    "boolean": lambda node, make: make.truth(node),
    "if": lambda node, make: _if(node, make.value),
    "coalesce": lambda node, make: _coalesce(node, make.value),
}
