"""Where an answer leads: which question follows each answer of a closed question, as far as it is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from cati.survey.answers import Status
from cati.survey.closures import truth_of
from cati.survey.expressions import ExpressionProblem, Scope, compile_expression
from cati.survey.functions import Value
from cati.survey.nodes import Call, Chain, Node, Reference, every
from cati.survey.outline import groups_around
from cati.survey.questionnaire import ASKED, Kind, Order, Questionnaire

DONT_KNOW, REFUSED = "dk", "refused"
"""Answers that are no choices, beside the choices' names in `skips_of`."""

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

    def in_row(self, row: Mapping[str, str]) -> Known:
        """Tables are looked into while interviewing."""
        raise _OpenError(row)

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
    if any(name not in known.values for name in names):
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
    conditions = [_conditions(questionnaire, at) for at in range(len(questionnaire.items))]
    found: dict[int, Skips] = {}
    for at, item in enumerate(questionnaire.items):
        if item.kind is not Kind.SINGLE or _is_drawn(questionnaire, at):
            continue
        following = [after for after in _following(questionnaire, at) if questionnaire.items[after].kind in _STOPS]
        usual = next(iter(following), None)
        if usual is None or item.name not in _names(conditions[usual]):
            continue  # what comes next does not ask for this answer, so every answer leads there
        answers = {
            choice.name: Known({item.name: choice.name}, {item.name: Status.ANSWERED.value})
            for choice in questionnaire.choice_lists.get(item.choices, ())
        }
        for state, status in ((DONT_KNOW, Status.DONT_KNOW), (REFUSED, Status.REFUSED)):
            if state in item.nonresponse:
                answers[state] = Known({item.name: ""}, {item.name: status.value})
        in_roster = _roster(questionnaire, at) is not None
        after: dict[str, int | None] = {}
        for answer, known in answers.items():
            target = _target(questionnaire, following, conditions, known)
            if target != usual and not (target is None and in_roster):
                after[answer] = target
        if after:
            found[at] = Skips(usual, after)
    return found


def _target(
    questionnaire: Questionnaire, following: Sequence[int], conditions: Sequence[tuple[str, ...]], known: Known
) -> int | None:
    for at in following:
        item = questionnaire.items[at]
        truths = {judged(source, known) for source in conditions[at]}
        if Truth.NO not in truths:
            # A screen-out that may or may not come stands before everything behind it: nothing is certain.
            return following[0] if item.kind is Kind.TERMINATE and Truth.OPEN in truths else at
        known.values[item.name] = ""
        known.states[item.name] = Status.OFF_PATH.value
    return None


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


def _following(questionnaire: Questionnaire, at: int) -> Iterator[int]:
    """Walk on from an item in the order written, not beyond the repeat it stands in, nor into what is drawn."""
    roster = _roster(questionnaire, at)
    for after in range(at + 1, len(questionnaire.items)):
        if roster is not None and roster not in groups_around(questionnaire, questionnaire.items[after].group):
            return
        yield after


def _roster(questionnaire: Questionnaire, at: int) -> int | None:
    around = groups_around(questionnaire, questionnaire.items[at].group)
    return next((group for group in reversed(around) if questionnaire.groups[group].repeat), None)


def _is_drawn(questionnaire: Questionnaire, at: int) -> bool:
    around = groups_around(questionnaire, questionnaire.items[at].group)
    return any(questionnaire.groups[group].order is not Order.FIXED for group in around)
