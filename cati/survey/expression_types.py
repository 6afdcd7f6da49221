"""What type an expression comes to, and where in it types do not go together. Nothing here stops an interview."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cati.survey import functions
from cati.survey.moments import clock_of, moment
from cati.survey.nodes import (
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
    every,
)
from cati.survey.patterns import readable
from cati.survey.values import as_number, as_text
from cati.text import tr


class Type(StrEnum):
    """What a question's answer, or a part of an expression, is."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    CHOICE = "choice"
    """One choice of a list."""
    CHOICES = "choices"
    """Several choices of a list, with spaces between them."""
    NODES = "nodes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A place in an expression where types do not go together: ``at`` counts characters from 0."""

    code: str
    at: int
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class ChoiceNamed:
    """A choice an expression asks for, of which question ("." for the one it belongs to), and where it stands."""

    question: str
    choice: str
    at: int


CURRENT = "."
"""The name under which `types` gives the type of the value at hand."""
_MOMENTS = frozenset({Type.DATE, Type.DATETIME, Type.TIME})
_ORDER = frozenset({"<", "<=", ">", ">="})
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod"})
_SAME_TYPE = {"once": (0,), "if": (1, 2), "coalesce": None, "indexed-repeat": (0,)}
"""Functions that give back what they are given: which arguments, None for all."""
_OF_CHOICES = frozenset({"selected", "is-selected", "count-selected", "selected-at"})
_DATE_FUNCTIONS = frozenset(
    {"date", "date-time", "decimal-date-time", "decimal-date", "format-date", "format-date-time"}
)
_FORMATS = frozenset({"format-date", "format-date-time"})
_FORMAT_SIGNS = frozenset("YymnbdeaWHhMS3%")


def type_of(node: Node, types: Mapping[str, Type]) -> Type:  # noqa: PLR0911 - one return a kind of node
    """Return the type a node comes to; ``types`` gives the questions', and under `CURRENT` that of ``.``."""
    match node:
        case Literal(value=value):
            return Type.TEXT if isinstance(value, str) else Type.NUMBER
        case Reference(name=name):
            return types.get(name, Type.UNKNOWN)
        case Current():
            return types.get(CURRENT, Type.UNKNOWN)
        case Negative() | Chain(operators=("+" | "-", *_)) | Binary(operator="*" | "div" | "mod"):
            return Type.NUMBER
        case Chain() | Binary():
            return Type.BOOLEAN
        case Call():
            return _of_call(node, types)
        case Column() | TablePath() | Up():
            return Type.UNKNOWN


def _of_call(node: Call, types: Mapping[str, Type]) -> Type:
    if node.name in _SAME_TYPE:
        places = _SAME_TYPE[node.name]
        given = node.arguments if places is None else [node.arguments[n] for n in places if n < len(node.arguments)]
        found = {type_of(argument, types) for argument in given if not _is_empty(argument)}
        return found.pop() if len(found) == 1 else Type.UNKNOWN
    known = functions.LIBRARY.get(node.name)
    return Type(known.gives) if known else Type.UNKNOWN


def mismatches(node: Node, types: Mapping[str, Type]) -> list[Mismatch]:
    """Return where types do not go together, in the order of the places."""
    found: list[Mismatch] = []
    for part in every(node):
        match part:
            case Binary(operator="=" | "!="):
                found += _compared(part, types)
            case Binary():
                dated = list(_moment_with_number(part, types)) if part.operator in _ORDER else []
                sides = () if dated else (part.left, part.right)
                found += dated + [fault for side in sides for fault in _counted(side, part.operator, types)]
            case Negative():
                found += _counted(part.inner, "-", types)
            case Chain(operators=operators) if operators[0] in _ARITHMETIC:
                found += [fault for side in part.parts for fault in _counted(side, operators[0], types)]
            case Call():
                found += _called(part, types)
            case _:
                pass
    return sorted(found, key=lambda fault: fault.at)


def choices_named(node: Node) -> list[ChoiceNamed]:
    """Return every choice that is written out beside its question: ``${q} = 'x'``, ``selected(${q}, 'x')``.

    Questions of every type are meant; who knows the lists picks those that have one.
    """
    return list(_choices(node))


def _choices(node: Node) -> Iterator[ChoiceNamed]:
    for part in every(node):
        match part:
            case Binary(operator="=" | "!=", left=left, right=right):
                pairs = [(left, right), (right, left)]
            case Call(name="selected" | "is-selected", arguments=(question, chosen)):
                pairs = [(question, chosen)]
            case Call(name="jr:choice-name", arguments=(chosen, question)):
                pairs = [(question, chosen)]
            case _:
                continue
        for question, chosen in pairs:
            name = _question(question)
            if name and isinstance(chosen, Literal) and as_text(chosen.value).strip():
                yield ChoiceNamed(name, as_text(chosen.value).strip(), chosen.at)


def _question(node: Node) -> str | None:
    """Return the question whose choices a part can be: itself, one of those chosen, or one in a member of a roster."""
    match node:
        case Reference(name=name):
            return name
        case Current():
            return CURRENT
        case Call(name="selected-at" | "indexed-repeat", arguments=(first, *_)):
            return _question(first)
        case _:
            return None


def _is_empty(node: Node) -> bool:
    return isinstance(node, Literal) and node.value == ""


def _compared(part: Binary, types: Mapping[str, Type]) -> Iterator[Mismatch]:
    """Tell of comparisons that no answer can meet, and of those that meet other answers than was meant."""
    for one, other in ((part.left, part.right), (part.right, part.left)):
        kind = type_of(one, types)
        if not isinstance(other, Literal) or _is_empty(other) or isinstance(one, Literal):
            continue
        text = as_text(other.value)
        if kind is Type.NUMBER and math.isnan(as_number(other.value)):
            what = tr("A number is compared with the text “{text}”: they are never the same.", text=text)
            yield Mismatch("number_with_text", other.at, what, tr("Compare with a number."))
        elif kind in _MOMENTS and isinstance(other.value, float):
            yield _counts_days(part.at)
        elif kind in _MOMENTS and not _fits(kind, text):
            yield _no_moment(kind, other)
        elif kind is Type.BOOLEAN and isinstance(other.value, str):
            what = tr("A condition is compared with the text “{text}”: any text counts as true.", text=text)
            yield Mismatch("condition_with_text", other.at, what, tr("Leave the comparison out, or write not(…)."))
        elif kind is Type.CHOICES:
            if part.operator == "!=":
                what = tr("This holds also when “{text}” is chosen together with others.", text=text)
                do = tr("Write not(selected(question, '{text}')) if it must not be chosen at all.", text=text)
            else:
                what = tr("This holds only when “{text}” is the only one chosen.", text=text)
                do = tr("Write selected(question, '{text}') if others may be chosen, too.", text=text)
            yield Mismatch("choices_compared", part.at, what, do)


def _moment_with_number(part: Binary, types: Mapping[str, Type]) -> Iterator[Mismatch]:
    for one, other in ((part.left, part.right), (part.right, part.left)):
        kind = type_of(one, types)
        if kind in _MOMENTS and isinstance(other, Literal):
            if isinstance(other.value, float):
                yield _counts_days(part.at)
            elif not _fits(kind, other.value):
                yield _no_moment(kind, other)


def _counts_days(at: int) -> Mismatch:
    what = tr("A date is compared with a number: a date counts the days since 1 January 1970.")
    return Mismatch("date_with_number", at, what, tr("Compare with date('2026-01-31') or with today()."))


def _fits(kind: Type, text: str) -> bool:
    return clock_of(text) is not None if kind is Type.TIME else moment(text) is not None


def _no_moment(kind: Type, other: Literal) -> Mismatch:
    what = tr("“{text}” is no date or time.", text=other.value)
    do = tr("Write the time as '09:30'.") if kind is Type.TIME else tr("Write the date as '2026-01-31'.")
    return Mismatch("no_date", other.at, what, do)


def _counted(side: Node, sign: str, types: Mapping[str, Type]) -> Iterator[Mismatch]:
    """Tell of what is counted with and is no number."""
    kind = type_of(side, types)
    if isinstance(side, Literal):
        text = as_text(side.value)
        if isinstance(side.value, str) and text and math.isnan(as_number(side.value)):
            what = tr("“{text}” is no number, but “{sign}” counts with numbers.", text=text, sign=sign)
            yield Mismatch("text_counted", side.at, what, tr("Write a number."))
    elif kind is Type.CHOICES:
        what = tr("“{sign}” counts with numbers, but this question has several answers.", sign=sign)
        yield Mismatch("choices_counted", side.at, what, tr("Write count-selected() or selected()."))
    elif kind is Type.TEXT and isinstance(side, Reference | Current):
        what = tr("“{sign}” counts with numbers, but this question takes any text.", sign=sign)
        yield Mismatch("text_counted", side.at, what, tr("Make it an integer or a decimal question."))


def _called(part: Call, types: Mapping[str, Type]) -> Iterator[Mismatch]:
    first = part.arguments[0] if part.arguments else None
    second = part.arguments[1] if len(part.arguments) > 1 else None
    if part.name in _OF_CHOICES and first is not None and type_of(first, types) in (Type.NUMBER, *_MOMENTS):
        what = tr("{name}() asks for a question with choices.", name=part.name)
        yield Mismatch("no_choices", first.at, what, tr("Compare with = or <."))
    if part.name in ("selected", "is-selected") and isinstance(second, Literal) and " " in str(second.value).strip():
        what = tr("“{text}” is more than one choice.", text=as_text(second.value))
        do = tr("Ask for each with selected() and join them by “or”.")
        yield Mismatch("several_choices", second.at, what, do)
    written = first.value if part.name in _DATE_FUNCTIONS and isinstance(first, Literal) else ""
    if (
        isinstance(first, Literal)
        and isinstance(written, str)
        and written
        and moment(written) is None
        and math.isnan(as_number(written))
    ):
        yield _no_moment(Type.DATE, first)
    if part.name in _FORMATS and isinstance(second, Literal):
        yield from _format_faults(second)
    if part.name == "regex" and isinstance(second, Literal) and not readable(as_text(second.value)):
        what = tr("The pattern “{text}” cannot be read.", text=as_text(second.value))
        yield Mismatch("pattern", second.at, what, tr("Check its brackets and signs like \\ * + ?"))


def _format_faults(pattern: Literal) -> Iterator[Mismatch]:
    text = as_text(pattern.value)
    for sign in text.replace("%%", "").split("%")[1:]:
        if sign[:1] not in _FORMAT_SIGNS:
            what = tr("“%{sign}” stands for no part of a date.", sign=sign[:1])
            yield Mismatch("date_format", pattern.at, what, tr("Use %Y %y %m %n %b %d %e %a, %H %h %M %S %3."))
