"""Functions that take their arguments apart: questions and choices, members of rosters, tables, shuffled sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cati.survey import function_numbers as numbers
from cati.survey import functions
from cati.survey.function_texts import int_of
from cati.survey.functions import Value, as_number, as_text
from cati.survey.nodes import Call, Node, Reference, Up, named_in_text
from cati.survey.scope import Closure, Number, Scope, Truth
from cati.survey.shuffling import shuffled
from cati.survey.tables import Finder


class Makers(NamedTuple):
    """What turns an argument into a closure: as whatever it is, as a condition, as a number, as a set."""

    value: Callable[[Node], Closure]
    truth: Callable[[Node], Truth]
    number: Callable[[Node], Number]
    nodes: Callable[[Node], Closure]


PULLDATA_TAKES = 4
_STATUS = {"is_dk": "dk", "is_refused": "refused", "is_skipped": "skipped", "answered": "answered"}


def _status(node: Call, _make: Makers) -> Closure:
    item, wanted = _item(node.arguments[0]), _STATUS[node.name]
    return lambda scope: scope.status(item) == wanted


def _relevant(node: Call, _make: Makers) -> Closure:
    item = _item(node.arguments[0])
    return lambda scope: scope.nodes(item) != ()


def _item(node: Node) -> str:
    return node.name if isinstance(node, Reference) else "."


def _label(node: Call, make: Makers) -> Closure:
    """label(${q}), jr:choice-name(value, '${q}'), choice-label(${q}, value): the words of the chosen answer."""
    first = node.arguments[0]
    if len(node.arguments) == 1:
        value, item = make.value(first), _item(first)
        return lambda scope: scope.label(item, as_text(value(scope)))
    question, chosen = (node.arguments[1], first) if node.name == "jr:choice-name" else (first, node.arguments[1])
    value = make.value(chosen)
    named = named_in_text(question) or (question.name if isinstance(question, Reference) else None)
    if named is not None:
        return lambda scope: scope.label(named, as_text(value(scope)))
    asked = make.value(question)
    return lambda scope: scope.label(
        as_text(asked(scope)).strip().removeprefix("${").removesuffix("}"), as_text(value(scope))
    )


def _position(node: Call, _make: Makers) -> Closure:
    match node.arguments:
        case (Up(levels=levels),):
            return lambda scope: scope.position(levels)
        case (Reference(name=name),):
            return lambda scope: scope.position_of(name)
        case _:
            return lambda scope: scope.position(1)


def _indexed(node: Call, make: Makers) -> Closure:
    """indexed-repeat(${question}, ${roster}, number, …): a question in one member of a roster.

    As in JavaRosa a number that is missing or below 1 means the first member.
    """
    question, *rest = node.arguments
    name = question.name if isinstance(question, Reference) else ""
    rosters = [roster.name for roster in rest[::2] if isinstance(roster, Reference)]
    numbers = [make.number(number) for number in rest[1::2]]
    return lambda scope: scope.indexed(
        name,
        tuple((roster, float(max(1, int_of(number(scope))))) for roster, number in zip(rosters, numbers, strict=False)),
    )


def _pulldata(node: Call, make: Makers) -> Closure:
    """pulldata('table', 'wanted column', 'key column', key): the first row whose key fits."""
    if len(node.arguments) != PULLDATA_TAKES:  # it asks a device that is not there, which the checks have told
        return lambda _scope: ""
    table, wanted, key_column, key = [make.value(argument) for argument in node.arguments]
    finder = Finder()

    def run(scope: Scope) -> Value:
        rows = scope.table(as_text(table(scope)).removesuffix(".csv"))
        column = as_text(wanted(scope))
        found = finder.rows(rows, as_text(key_column(scope)), as_text(key(scope)))
        return found[0].get(column, "") if found else ""

    return run


def _randomize(node: Call, make: Makers) -> Closure:
    """randomize(set, seed); without a seed the interview's own chance decides."""
    values = make.nodes(node.arguments[0])
    if node.arguments[1:]:
        seed = make.value(node.arguments[1])
    else:

        def seed(scope: Scope) -> Value:
            return float(int(as_number(scope.call("random", [])) * 2**31))

    return lambda scope: tuple(shuffled(_listed(values(scope)), seed(scope)))


def _listed(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (as_text(value),)


def _count_if(node: Call, make: Makers) -> Closure:
    """count-if(${roster}, condition): the condition is read in each member of the roster."""
    roster, holds = _item(node.arguments[0]), make.truth(node.arguments[1])
    return lambda scope: float(sum(holds(member) for member in scope.each_member(roster)))


def _where(node: Call, make: Makers) -> Closure:
    """where(${roster}, condition, ${question}): the question in each member of the roster where the condition holds.

    It is how ``/roster[condition]/question`` is kept; without a question it comes to one empty text a member.
    """
    roster, holds = _item(node.arguments[0]), make.truth(node.arguments[1])
    if not node.arguments[2:]:
        return lambda scope: tuple("" for member in scope.each_member(roster) if holds(member))
    name = _item(node.arguments[2])
    return lambda scope: tuple(
        text for member in scope.each_member(roster) if holds(member) for text in member.nodes(name)
    )


def _answers_where(question: Node, condition: Node, make: Makers) -> Callable[[Scope], tuple[str, ...]]:
    """Return what gives a question's answers in the members of its own roster in which a condition holds."""
    name, holds = _item(question), make.truth(condition)
    return lambda scope: tuple(
        text for member in scope.each_member(name) if holds(member) for text in member.nodes(name)
    )


_OF_ALL: dict[str, Callable[..., Value]] = {"sum-if": numbers.total, "min-if": numbers.least, "max-if": numbers.most}


def _number_if(node: Call, make: Makers) -> Closure:
    """sum-if(${question}, condition), min-if(), max-if(): SurveyCTO's sums over some members of a roster."""
    answers, run = _answers_where(node.arguments[0], node.arguments[1], make), _OF_ALL[node.name]
    return lambda scope: run(answers(scope))


def _join_if(node: Call, make: Makers) -> Closure:
    """join-if(separator, ${question}, condition)."""
    separator = make.value(node.arguments[0])
    answers = _answers_where(node.arguments[1], node.arguments[2], make)
    return lambda scope: as_text(separator(scope)).join(answers(scope))


def _rank_index_if(node: Call, make: Makers) -> Closure:
    """rank-index-if(number, ${question}, condition): the rank among those where the condition holds, else 999."""
    index, name, holds = make.number(node.arguments[0]), _item(node.arguments[1]), make.truth(node.arguments[2])

    def run(scope: Scope) -> Value:
        listed = [member.value(name) if holds(member) else "" for member in scope.each_member(name)]
        return numbers.rank_index(index(scope), tuple(listed))

    return run


SPECIAL: dict[str, Callable[[Call, Makers], Closure]] = {
    **dict.fromkeys(_STATUS, _status),
    "relevant": _relevant,
    **dict.fromkeys(functions.LABELS, _label),
    "position": _position,
    "indexed-repeat": _indexed,
    "pulldata": _pulldata,
    "count-if": _count_if,
    "where": _where,
    **dict.fromkeys(_OF_ALL, _number_if),
    "join-if": _join_if,
    "rank-index-if": _rank_index_if,
    "randomize": _randomize,
}
