"""Where an answer leads: which question follows each answer of a closed question, as far as it is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from cati.survey.answers import Status
from cati.survey.closures import truth_of
from cati.survey.expressions import ExpressionProblem, Scope, compile_expression
from cati.survey.functions import Value
from cati.survey.nodes import Binary, Call, Chain, Literal, Node, Reference, every
from cati.survey.outline import groups_around
from cati.survey.questionnaire import ASKED, Item, Kind, Order, Questionnaire
from cati.survey.values import as_number, as_text

DONT_KNOW, REFUSED = "dk", "refused"
"""Answers that are no choices, beside the choices' names in `skips_of`."""

_ANSWERED = Status.ANSWERED.value
_STOPS = ASKED | {Kind.TERMINATE}


class Truth(Enum):
    """What is known of a condition beforehand."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


class _OpenError(Exception):
    """A condition asks for what is not known beforehand."""


@dataclass(slots=True)
class Known:
    """A scope in which one answer is known and what it takes off the path; anything else is an `_OpenError`."""

    values: dict[str, str]
    states: dict[str, str] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Tell whether the value of an item is known."""
        return name in self.values

    def value(self, name: str) -> str:
        """Return the text of what is known."""
        if name not in self.values:
            raise _OpenError
        return self.values[name]

    def nodes(self, name: str) -> tuple[str, ...]:
        """Return what is known as a set of one, none where it is off the path."""
        value = self.value(name)
        return (value,) if value else ()

    def status(self, name: str) -> str:
        """Return the state of what is known."""
        if name not in self.states:
            raise _OpenError
        return self.states[name]

    def label(self, name: str, choice: str) -> str:
        """Labels hang on the language: open."""
        raise _OpenError(name, choice)

    def current(self) -> str:
        """Conditions have no value of their own."""
        raise _OpenError

    def column(self, name: str) -> str:
        """Outside choice filters nothing has columns."""
        raise _OpenError(name)

    def each_member(self, roster: str) -> Iterator[Scope]:
        """Who is in a roster is open."""
        raise _OpenError(roster)

    def position(self, up: int) -> float:
        """The round of a repeat is open."""
        raise _OpenError(up)

    def position_of(self, name: str) -> float:
        """The round of a repeat is open."""
        raise _OpenError(name)

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        """Other rounds are open."""
        raise _OpenError(name, places)

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        """Tables are looked into while interviewing."""
        raise _OpenError(name)

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Clock and chance are open."""
        raise _OpenError(name, arguments)


def judged(source: str, known: Known) -> Truth:
    """Return what is certain about a condition; parts joined by and, or and not() are judged each on its own."""
    try:
        return _judged(compile_expression(source).node, known)
    except ExpressionProblem:
        return Truth.OPEN


def _judged(node: Node, known: Known) -> Truth:
    if isinstance(node, Chain) and node.operators[0] in ("and", "or"):
        decides, other = (Truth.YES, Truth.NO) if node.operators[0] == "or" else (Truth.NO, Truth.YES)
        found = other
        for part in node.parts:
            truth = _judged(part, known)
            if truth is decides:
                return decides
            found = Truth.OPEN if truth is Truth.OPEN else found
        return found
    if isinstance(node, Call) and node.name == "not" and len(node.arguments) == 1:
        return _OPPOSITE[_judged(node.arguments[0], known)]
    names, holds = _part(node)
    if not all(map(known.knows, names)):
        return Truth.OPEN
    try:
        return Truth.YES if holds(known) else Truth.NO
    except _OpenError:
        return Truth.OPEN


_OPPOSITE = {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.OPEN: Truth.OPEN}


@lru_cache(maxsize=20_000)
def _part(node: Node) -> tuple[frozenset[str], Callable[[Scope], bool]]:
    """Return the names a part of a condition asks for, and the closure that tells whether it holds."""
    return frozenset(part.name for part in every(node) if isinstance(part, Reference)), truth_of(node)


@dataclass(frozen=True, slots=True)
class Skips:
    """Where the answers of one question lead; ``usual`` is the item that follows anyhow, None at the end.

    ``after`` has only the answers that lead elsewhere: to an item's index, or to None, the end of the questionnaire.
    """

    usual: int | None
    after: Mapping[str, int | None]


def skips_of(questionnaire: Questionnaire) -> dict[int, Skips]:
    """Return the certain skips of every question with one answer, by the index of its item.

    An answer skips what its own value alone rules out, and what hangs on that in turn. What follows may still have a
    condition of its own. Nothing is said in groups whose order is drawn, and nothing beyond the round of a repeat.
    """
    way = _Way(questionnaire)
    found: dict[int, Skips] = {}
    for stop, at in enumerate(way.stops):
        item = questionnaire.items[at]
        end = way.end_of(at)
        if item.kind is not Kind.SINGLE or _is_drawn(questionnaire, at) or stop + 1 >= end:
            continue
        if item.name not in _names(way.conditions[stop + 1]):
            continue  # what comes next does not ask for this answer, so every answer leads there
        usual = way.stops[stop + 1]
        after: dict[str, int | None] = {}
        for answers in _alike(questionnaire, item, way.asked_for.get(item.name)):
            target = way.target(stop, end, answers[0])
            if target != usual and not (target is None and way.roster_of(at) is not None):
                after |= dict.fromkeys((answer for answer, _value, _status in answers), target)
        if after:
            found[at] = Skips(usual, {name: after[name] for name, *_ in _answers(questionnaire, item) if name in after})
    return found


_Answer = tuple[str, str, str]
"""A choice's name, "dk" or "refused"; the value and the state that it gives the question."""


def _answers(questionnaire: Questionnaire, item: Item) -> Iterator[_Answer]:
    for choice in questionnaire.choice_lists.get(item.choices, ()):
        yield choice.name, choice.name, _ANSWERED
    for state, status in ((DONT_KNOW, Status.DONT_KNOW), (REFUSED, Status.REFUSED)):
        if state in item.nonresponse:
            yield state, "", status.value


def _alike(questionnaire: Questionnaire, item: Item, named: _Named | None) -> Iterator[list[_Answer]]:
    """Yield the answers of a question, together those that no condition tells apart: lists may be very long."""
    rest: list[_Answer] = []
    for answer in _answers(questionnaire, item):
        if named is None or answer[2] != _ANSWERED or named.tells(answer[1]):
            yield [answer]
        else:
            rest.append(answer)
    if rest:
        yield rest


@dataclass(slots=True)
class _Named:
    """The values that conditions compare a question with; ``other``: they ask for it in other ways, too."""

    values: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)
    other: bool = False

    def tells(self, value: str) -> bool:
        """Tell whether conditions may tell this value from others."""
        return self.other or value in self.values or (bool(self.numbers) and as_number(value) in self.numbers)


class _Off(Known):
    """Known is one answer, and that the stops from ``first`` on are off the path, up to the one at hand."""

    def __init__(self, way: _Way, first: int, values: dict[str, str], states: dict[str, str]) -> None:
        super().__init__(values, states)
        self.way, self.first, self.here = way, first, first

    def knows(self, name: str) -> bool:
        """Tell whether the value of an item is known."""
        return name in self.values or self._is_off(name)

    def value(self, name: str) -> str:
        """Return the text of what is known."""
        return "" if name not in self.values and self._is_off(name) else super().value(name)

    def status(self, name: str) -> str:
        """Return the state of what is known."""
        off = name not in self.states and self._is_off(name)
        return Status.OFF_PATH.value if off else super().status(name)

    def _is_off(self, name: str) -> bool:
        return self.first <= self.way.number.get(name, -1) < self.here


class _Way:
    """The stops of a form in the order written, and where each leads when it is off the path."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.form = questionnaire
        self.around = [groups_around(questionnaire, item.group) for item in questionnaire.items]
        self.stops = [at for at, item in enumerate(questionnaire.items) if item.kind in _STOPS]
        self.number = {questionnaire.items[at].name: stop for stop, at in enumerate(self.stops)}
        self.conditions = [_conditions(questionnaire, at) for at in self.stops]
        self.ends = {group: stop + 1 for stop, at in enumerate(self.stops) for group in self.around[at]}
        self.asked_for = _asked_for({source for sources in self.conditions for source in sources})
        self.past = [0] * len(self.stops)
        for stop in range(len(self.stops) - 1, -1, -1):  # each leads on to what those behind it lead to
            self.past[stop] = self._on(_Off(self, stop, {}, {}), stop, len(self.stops))[0]

    def roster_of(self, at: int) -> int | None:
        """Return the innermost repeat around an item."""
        return next((group for group in reversed(self.around[at]) if self.form.groups[group].repeat), None)

    def end_of(self, at: int) -> int:
        """Return the number of the first stop that an item's round of a repeat does not come to."""
        roster = self.roster_of(at)
        return len(self.stops) if roster is None else self.ends[roster]

    def _on(self, known: _Off, stop: int, end: int) -> tuple[int, set[Truth]]:
        """Return the first stop behind one that is not ruled out, and what is known of its conditions."""
        at, truths = stop + 1, set[Truth]()
        while at < end:
            known.here = at
            truths = {judged(source, known) for source in self.conditions[at]}
            if Truth.NO not in truths:
                break
            at = self.past[at]  # what is ruled out with less known is so with more
        return min(at, end), truths

    def target(self, stop: int, end: int, answer: _Answer) -> int | None:
        """Return the item that an answer leads to, None for the end."""
        name = self.form.items[self.stops[stop]].name
        known = _Off(self, stop + 1, {name: answer[1]}, {name: answer[2]})
        found, truths = self._on(known, stop, end)
        if found == end:
            return None
        item = self.form.items[self.stops[found]]
        # A screen-out that may or may not come stands before everything behind it: nothing is certain.
        return self.stops[stop + 1 if item.kind is Kind.TERMINATE and Truth.OPEN in truths else found]


def _asked_for(sources: Iterable[str]) -> dict[str, _Named]:
    """Return of every question the values that conditions compare it with."""
    found: dict[str, _Named] = {}
    for source in sources:
        try:
            node = compile_expression(source).node
        except ExpressionProblem:
            continue
        for part in _parts(node):
            match part:
                case (
                    Binary(operator="=" | "!=", left=Reference(name=name), right=Literal(value=value))
                    | Binary(operator="=" | "!=", left=Literal(value=value), right=Reference(name=name))
                    | Call(name="selected", arguments=(Reference(name=name), Literal(value=value)))
                ):
                    named = found.setdefault(name, _Named())
                    named.values.update((as_text(value), as_text(value).strip()))
                    if not isinstance(value, str):
                        named.numbers.add(value)
                case _:
                    for name in _part(part)[0]:
                        found.setdefault(name, _Named()).other = True
    return found


def _parts(node: Node) -> Iterator[Node]:
    """Yield the parts of a condition that are judged each on its own."""
    if isinstance(node, Chain) and node.operators[0] in ("and", "or"):
        for part in node.parts:
            yield from _parts(part)
    elif isinstance(node, Call) and node.name == "not" and len(node.arguments) == 1:
        yield from _parts(node.arguments[0])
    else:
        yield node


def _conditions(questionnaire: Questionnaire, at: int) -> tuple[str, ...]:
    item = questionnaire.items[at]
    groups = (questionnaire.groups[group].relevant for group in groups_around(questionnaire, item.group))
    return tuple(source for source in (*groups, item.relevant) if source)


def _names(sources: Sequence[str]) -> set[str]:
    names: set[str] = set()
    for source in sources:
        try:
            names.update(compile_expression(source).references)
        except ExpressionProblem:
            continue
    return names


def _is_drawn(questionnaire: Questionnaire, at: int) -> bool:
    around = groups_around(questionnaire, questionnaire.items[at].group)
    return any(questionnaire.groups[group].order is not Order.FIXED for group in around)
