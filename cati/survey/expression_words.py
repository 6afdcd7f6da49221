"""An expression in plain words, for the outline, the paper questionnaire, and to say why a question is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    children,
    named_in_text,
)
from cati.survey.syntax import parse
from cati.survey.tokens import ExpressionProblem
from cati.survey.values import as_text
from cati.survey.written import written
from cati.text import mark, tr


@dataclass(frozen=True, slots=True)
class Speaker:
    """How questions and choices are called, in the language of the reader.

    ``title`` gives a question's number or name; ``choice`` the label of one of its choices, "" when it has none.
    ``several`` tells whether a question takes more than one choice. "." is the question the expression belongs to.
    """

    title: Callable[[str], str]
    choice: Callable[[str, str], str]
    several: Callable[[str], bool] = lambda _name: True


def condition_in_words(source: str, speaker: Speaker) -> str:
    """Return what an expression says when it holds; the source itself when it cannot be read."""
    try:
        node = parse(source)
    except ExpressionProblem:
        return source.strip()
    words = _condition(node, speaker)
    return _alone(node, speaker, negated=False) if words is None else words


def value_in_words(source: str, speaker: Speaker) -> str:
    """Return what an expression works out; the source itself when it cannot be read."""
    try:
        node = parse(source)
    except ExpressionProblem:
        return source.strip()
    return _value(node, speaker)


_RELATIONS = {
    "<": (mark("{a} is less than {b}"), mark("{a} is not less than {b}"), mark("{a} is before {b}"),
          mark("{a} is not before {b}")),
    "<=": (mark("{a} is at most {b}"), mark("{a} is not at most {b}"), mark("{a} is not after {b}"),
           mark("{a} is after {b}")),
    ">": (mark("{a} is more than {b}"), mark("{a} is not more than {b}"), mark("{a} is after {b}"),
          mark("{a} is not after {b}")),
    ">=": (mark("{a} is at least {b}"), mark("{a} is not at least {b}"), mark("{a} is not before {b}"),
           mark("{a} is before {b}")),
}  # fmt: skip
"""Of each sign: the words, their opposite, and both for dates. "Not less" is not "at least": nothing is neither."""
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_STATES = {
    "answered": (mark("{a} was answered"), mark("{a} was not answered")),
    "is_dk": (mark("{a} was answered with “don’t know”"), mark("{a} was not answered with “don’t know”")),
    "is_refused": (mark("the answer to {a} was refused"), mark("the answer to {a} was not refused")),
    "is_skipped": (mark("{a} was skipped"), mark("{a} was not skipped")),
    "relevant": (mark("{a} is asked"), mark("{a} is not asked")),
}
_PAIRS = {
    "contains": (mark("{a} contains {b}"), mark("{a} does not contain {b}")),
    "starts-with": (mark("{a} begins with {b}"), mark("{a} does not begin with {b}")),
    "ends-with": (mark("{a} ends with {b}"), mark("{a} does not end with {b}")),
    "regex": (mark("{a} fits the pattern {b}"), mark("{a} does not fit the pattern {b}")),
}
_VALUES = {
    "count-selected": mark("the number of answers to {a}"),
    "string-length": mark("the length of {a}"),
    "count": mark("the number of {a}"),
    "count-non-empty": mark("the number of answers to {a}"),
    "sum": mark("the sum of {a}"),
    "min": mark("the smallest of {a}"),
    "max": mark("the largest of {a}"),
    "today": mark("today"),
    "now": mark("now"),
    "random": mark("a random number"),
    "index": mark("the number of this member"),
    "position": mark("the number of this member"),
    "round": mark("{a} rounded"),
    "int": mark("{a} without fractions"),
    "label": mark("{a} in words"),
    "choice-label": mark("{a} in words"),
    "jr:choice-name": mark("{a} in words"),
}
_TRANSPARENT = frozenset({"number", "string", "once", "date", "date-time", "normalize-space", "decimal-date-time"})
_SIGNS = {
    "+": mark("{a} plus {b}"), "-": mark("{a} minus {b}"), "*": mark("{a} times {b}"),
    "div": mark("{a} divided by {b}"), "mod": mark("the remainder of {a} divided by {b}"),
}  # fmt: skip
_EMPTY = (mark("{a} is empty"), mark("{a} is not empty"))
_DATES = frozenset({"today", "now", "date", "date-time"})


def _condition(node: Node, speaker: Speaker, *, negated: bool = False) -> str | None:  # noqa: PLR0911 - one a form
    """Return what a node says when it holds, or when it does not; None for what is no condition."""
    match node:
        case Chain(operators=("and" | "or" as sign, *_)):
            return _several(node, sign, speaker, negated=negated)
        case Call(name="not", arguments=(inner,)):
            words = _condition(inner, speaker, negated=not negated)
            return words if words is not None else _alone(inner, speaker, negated=not negated)
        case Binary(operator="=" | "!="):
            return _same(node, speaker, negated=negated != (node.operator == "!="))
        case Binary(operator="<" | "<=" | ">" | ">="):
            return _ordered(node, speaker, negated=negated)
        case Call(name="selected" | "is-selected", arguments=(question, chosen)):
            return _selected(question, chosen, speaker, negated=negated)
        case Call(name=name, arguments=(question,)) if name in _STATES:
            return tr(_STATES[name][negated], a=_value(question, speaker))
        case Call(name=name, arguments=(one, two)) if name in _PAIRS:
            return tr(_PAIRS[name][negated], a=_value(one, speaker), b=_value(two, speaker))
        case Call(name="true" | "false"):
            return tr("always") if (node.name == "true") != negated else tr("never")
        case Call(name="boolean" | "boolean-from-string", arguments=(inner,)):
            return _condition(inner, speaker, negated=negated)
        case _:
            return None


def _alone(node: Node, speaker: Speaker, *, negated: bool) -> str:
    """Return what a value says where a condition is due: that there is one."""
    if isinstance(node, Reference | Current):
        return tr("{a} has no answer", a=_value(node, speaker)) if negated else tr(
            "{a} has an answer", a=_value(node, speaker)
        )  # fmt: skip
    words = _value(node, speaker)
    return tr("not: {what}", what=words) if negated else words


def _several(node: Chain, sign: str, speaker: Speaker, *, negated: bool) -> str:
    """Join conditions; the opposite of "A and B" is "not A or not B"."""
    both = (sign == "and") != negated
    parts: list[str] = []
    for part, others in _alike(node.parts) if sign == "or" and not negated else ((part, []) for part in node.parts):
        if others:
            parts.append(_one_of(part, others, speaker))
            continue
        words = _condition(part, speaker, negated=negated)
        words = _alone(part, speaker, negated=negated) if words is None else words
        inner = part.arguments[0] if isinstance(part, Call) and part.name == "not" else part
        parts.append(f"({words})" if isinstance(inner, Chain) and inner.operators[0] in ("and", "or") else words)
    return _joined(parts, both=both)


def _joined(parts: list[str], *, both: bool) -> str:
    if len(parts) == 1:
        return parts[0]
    rest = ", ".join(parts[:-1])
    return tr("{a} and {b}", a=rest, b=parts[-1]) if both else tr("{a} or {b}", a=rest, b=parts[-1])


def _alike(parts: tuple[Node, ...]) -> Iterator[tuple[Node, list[Node]]]:
    """Yield the parts, each with those right behind it that ask the same question for another answer."""
    at = 0
    while at < len(parts):
        asked = _asked(parts[at])
        end = at + 1
        while asked is not None and end < len(parts) and _asked(parts[end]) == asked:
            end += 1
        yield parts[at], list(parts[at + 1 : end])
        at = end


def _asked(node: Node) -> tuple[str, str] | None:
    """Return how a question is asked for one answer: ``${q} = 'x'``, ``selected(${q}, 'x')``; None for all else."""
    match node:
        case Binary(operator="=", left=Reference() | Current() as left, right=Literal(value=value)) if value != "":
            return "=", written(left)
        case Call(name="selected", arguments=(Reference() | Current() as question, Literal())):
            return "selected", written(question)
        case _:
            return None


def _one_of(first: Node, others: list[Node], speaker: Speaker) -> str:
    """Return "Q1 is A, B or C" for several conditions on the same question."""
    answers = [_answer(children(part)[0], children(part)[1], speaker) for part in (first, *others)]
    question = children(first)[0]
    name = _question(question)
    listed = _joined(answers, both=False)
    if isinstance(first, Call) and (name is None or speaker.several(name)):
        return tr("{a} contains {b}", a=_value(question, speaker), b=listed)
    return tr("{a} is {b}", a=_value(question, speaker), b=listed)


def _same(node: Binary, speaker: Speaker, *, negated: bool) -> str:
    one, other = node.left, node.right
    if isinstance(one, Literal) and not isinstance(other, Literal):
        one, other = other, one
    if isinstance(other, Literal) and other.value == "":
        if isinstance(one, Reference | Current):
            return _alone(one, speaker, negated=not negated)
        return tr(_EMPTY[negated], a=_value(one, speaker))
    if isinstance(other, Call) and other.name in ("true", "false"):
        opposite = negated != (other.name == "false")
        words = _condition(one, speaker, negated=opposite)
        return _alone(one, speaker, negated=opposite) if words is None else words
    a, b = _value(one, speaker), _answer(one, other, speaker)
    return tr("{a} is not {b}", a=a, b=b) if negated else tr("{a} is {b}", a=a, b=b)


def _ordered(node: Binary, speaker: Speaker, *, negated: bool) -> str:
    one, other, sign = node.left, node.right, node.operator
    if isinstance(one, Literal) and not isinstance(other, Literal):
        one, other, sign = other, one, _MIRRORED[sign]
    dated = any(isinstance(side, Call) and side.name in _DATES for side in (one, other))
    return tr(_RELATIONS[sign][negated + 2 * dated], a=_value(one, speaker), b=_value(other, speaker))


def _selected(question: Node, chosen: Node, speaker: Speaker, *, negated: bool) -> str:
    a, b = _value(question, speaker), _answer(question, chosen, speaker)
    name = _question(question)
    if name is not None and not speaker.several(name):
        return tr("{a} is not {b}", a=a, b=b) if negated else tr("{a} is {b}", a=a, b=b)
    return tr("{a} does not contain {b}", a=a, b=b) if negated else tr("{a} contains {b}", a=a, b=b)


def _question(node: Node) -> str | None:
    match node:
        case Reference(name=name):
            return name
        case Current():
            return "."
        case Call(name="selected-at" | "indexed-repeat" | "coalesce", arguments=(first, *_)):
            return _question(first)
        case _:
            return None


def _answer(question: Node, value: Node, speaker: Speaker) -> str:
    """Return an answer as the label of the choice it names, where the question beside it has such a choice."""
    name = _question(question)
    written_as = _plain(value)
    label = speaker.choice(name, written_as.strip()) if name and written_as is not None else ""
    return tr("“{text}”", text=label) if label else _value(value, speaker)


def _plain(node: Node) -> str | None:
    """Return the text of a literal, or of a number with a minus before it (many forms call "other" -666)."""
    match node:
        case Literal(value=value):
            return as_text(value)
        case Negative(inner=Literal(value=float() as value)):
            return as_text(-value)
        case _:
            return None


def _value(node: Node, speaker: Speaker) -> str:  # noqa: C901, PLR0911 - one branch a kind of node
    """Return what a node comes to, in words."""
    match node:
        case Literal(value=value):
            return tr("“{text}”", text=value) if isinstance(value, str) else as_text(value)
        case Reference(name=name):
            return speaker.title(name)
        case Current():
            return tr("the answer")
        case Column(name=name):
            return name
        case Negative(inner=Literal(value=float() as value)):
            return as_text(-value)
        case Negative(inner=inner):
            return tr("minus {a}", a=_operand(inner, speaker))
        case Chain(operators=("+" | "-", *_)):
            words = _operand(node.parts[0], speaker)
            for sign, part in zip(node.operators, node.parts[1:], strict=True):
                words = tr(_SIGNS[sign], a=words, b=_operand(part, speaker))
            return words
        case Binary(operator="*" | "div" | "mod"):
            return tr(_SIGNS[node.operator], a=_operand(node.left, speaker), b=_operand(node.right, speaker))
        case TablePath():
            return _from_table(node.column or node.table, node.table)
        case Call():
            return _of_call(node, speaker)
        case _:
            return _condition(node, speaker) or written(node)


def _operand(node: Node, speaker: Speaker) -> str:
    words = _value(node, speaker)
    return f"({words})" if isinstance(node, Chain | Binary) else words


def _of_call(node: Call, speaker: Speaker) -> str:  # noqa: C901, PLR0911 - one branch a form
    words = _condition(node, speaker) or _years(node, speaker)
    if words is not None:
        return words
    match node:
        case Call(name="if", arguments=(condition, then, otherwise)):
            when = _condition(condition, speaker) or _alone(condition, speaker, negated=False)
            one, other = _value(then, speaker), _value(otherwise, speaker)
            return tr("{a} if {condition}, otherwise {b}", a=one, b=other, condition=when)
        case Call(name="coalesce", arguments=(first, *rest)) if rest:
            others = ", ".join(_value(part, speaker) for part in rest)
            return tr("{a}, without an answer {b}", a=_value(first, speaker), b=others)
        case Call(name="concat", arguments=parts) if parts:
            return " + ".join(_value(part, speaker) for part in parts)
        case Call(name="indexed-repeat", arguments=(question, _roster, number)):
            return tr("{a} of member {n}", a=_value(question, speaker), n=_value(number, speaker))
        case Call(name="selected-at", arguments=(question, Literal(value=float(at)))):
            return tr("answer {n} to {a}", n=as_text(at + 1), a=_value(question, speaker))
        case Call(name="pulldata", arguments=(Literal(value=table), Literal(value=column), *_)):
            return _from_table(as_text(column), as_text(table))
        case Call(name="count-selected", arguments=(Current(),)):
            return tr("the number of answers")
        case Call(name="jr:choice-name" | "choice-label", arguments=(first, second)):
            question = second if node.name == "jr:choice-name" else first
            named = named_in_text(question)
            return tr(_VALUES["label"], a=speaker.title(named) if named else _value(question, speaker))
        case Call(arguments=(inner,)) if node.name in _TRANSPARENT:
            return _value(inner, speaker)
        case Call(arguments=arguments) if node.name in _VALUES and ("{a}" not in _VALUES[node.name] or arguments):
            return tr(_VALUES[node.name], a=", ".join(_operand(part, speaker) for part in arguments[: _listed(node)]))
        case _:
            return written(node)


def _years(node: Call, speaker: Speaker) -> str | None:
    """Return "full years since …" for the way ages are worked out from dates of birth, None for all else."""
    match node:
        case Call(
            name="int" | "floor",
            arguments=(
                Binary(
                    operator="div",
                    left=Chain(operators=("-",), parts=(Call(name="today" | "now"), since)),
                    right=Literal(value=float(days)),
                ),
            ),
        ) if int(days) == 365:  # noqa: PLR2004 - 365, 365.24, 365.25
            return tr("the number of full years since {a}", a=_value(since, speaker))
        case _:
            return None


def _listed(node: Call) -> int:
    """Return how many arguments are named: all of those that are compared, of others the first."""
    return len(node.arguments) if node.name in ("min", "max", "sum") else 1


def _from_table(column: str, table: str) -> str:
    return tr("{column} from the table {table}", column=column, table=table)
