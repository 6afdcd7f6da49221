"""Where an answer leads: which question follows each answer of a closed question, as far as it is certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cati.survey.answers import Status
from cati.survey.expressions import ExpressionProblem, compile_expression
from cati.survey.functions import Value
from cati.survey.outline import groups_around
from cati.survey.questionnaire import ASKED, Kind, Order, Questionnaire
from cati.survey.tokens import tokens

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
    """Return what is certain about a condition; parts joined by and/or are judged each on its own."""
    for word in ("or", "and"):
        parts = _parts(source, word)
        if len(parts) > 1:
            found = {judged(part, known) for part in parts}
            decides, other = (Truth.YES, Truth.NO) if word == "or" else (Truth.NO, Truth.YES)
            if decides in found:
                return decides
            return Truth.OPEN if Truth.OPEN in found else other
    bare = source.strip()
    if bare.startswith("(") and bare.endswith(")") and _closes(bare):
        return judged(bare[1:-1], known)
    try:
        return Truth.YES if compile_expression(bare).boolean(known) else Truth.NO
    except (_OpenError, ExpressionProblem):
        return Truth.OPEN


def _parts(source: str, word: str) -> list[str]:
    """Return what stands between the words ``and``/``or`` that are in no bracket."""
    try:
        signs = list(tokens(source))
    except ExpressionProblem:
        return [source]
    cuts, depth = [], 0
    operand = False
    for sign in signs:
        if sign.text in ("(", "["):
            depth += 1
        elif sign.text in (")", "]"):
            depth -= 1
        elif sign.text == word and depth == 0 and operand and sign.kind in ("op", "name"):
            cuts.append(sign.at)
            operand = False
            continue
        operand = True
    starts = [0, *(cut + len(word) for cut in cuts)]
    ends = [*cuts, len(source)]
    return [source[start:end] for start, end in zip(starts, ends, strict=True)]


def _closes(source: str) -> bool:
    """Tell whether the first bracket is closed by the last sign."""
    try:
        signs = list(tokens(source))
    except ExpressionProblem:
        return False
    depth = 0
    for sign in signs:
        if sign.kind == "end":
            break
        depth += {"(": 1, ")": -1}.get(sign.text, 0) if sign.kind == "op" else 0
        if depth == 0:
            return sign.at == len(source) - 1
    return False


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
