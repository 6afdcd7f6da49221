"""What is wanted of an answer, and the answers of a question that could fulfil it, the likeliest first."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cati.survey.answers import SKIPPED, Answer, Status
from cati.survey.invented_answers import invent_answer
from cati.survey.pattern_texts import text_of
from cati.survey.questionnaire import Choice, Kind
from cati.survey.screens import Question
from cati.survey.values import as_number, as_text, same_number

_FIRST_DAY = date(1970, 1, 1)
_MOST_DAYS = 200_000
_NEAR = (0.0, 1.0, -1.0, 0.5, -0.5, 10.0, -10.0, 100.0)
_SUBSETS = 12
_INVENTED = 6
MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda one, two: one < two, "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two, ">=": lambda one, two: one >= two,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a value: ``values`` are texts to try first, ``holds`` tells whether a text will do."""

    values: tuple[str, ...]
    holds: Callable[[str], bool]


ANYTHING = Wish((), lambda text: text != "")
"""Any answer at all."""


def wish_of(operator: str, other: str) -> Wish:
    """Return what makes a value stand to another as a comparison says; no wish can fulfil one with no number."""
    number = as_number(other)
    near = tuple(as_text(number + step) for step in _NEAR) if math.isfinite(number) else ()
    if operator in _ORDERED:
        holds = _ORDERED[operator]
        return Wish(near, lambda text: holds(as_number(text), number))
    if operator == "=":
        return Wish((other,), lambda text: text == other or same_number(as_number(text), number))
    return Wish(near, lambda text: text != other and not same_number(as_number(text), number))


def unlike(text: str) -> Wish:
    """Return the wish for any answer but this one."""
    return Wish((), lambda other: other not in ("", text))


def at_least(number: int) -> Wish:
    """Return the wish for a number that is not smaller."""
    return Wish((str(number),), lambda text: as_number(text) >= number)


def reckoned(wish: Wish, back: Callable[[float], Iterable[float]], forth: Callable[[float], float]) -> Wish:
    """Return what is wanted of a number from which ``forth`` works out the one wished for; ``back`` undoes it."""
    numbers = [number for text in wish.values if math.isfinite(number := as_number(text))]
    found = [one for number in numbers for one in back(number) if math.isfinite(one)]

    def holds(text: str) -> bool:
        number = as_number(text)
        return math.isfinite(number) and wish.holds(as_text(forth(number)))

    return Wish(tuple(dict.fromkeys(map(as_text, found))), holds)


def answers_for(
    question: Question, wish: Wish, near: Sequence[str], pattern: str, draw: random.Random
) -> Iterator[Answer]:
    """Yield answers that fulfil a wish; ``near`` are values that conditions name, ``pattern`` what the check asks for.

    They fit the question's list and kind; whether its check takes them remains to be seen.
    """
    seen: set[str] = set()
    for value in _texts(question, wish, near, pattern, draw):
        if value and value not in seen and wish.holds(value):
            seen.add(value)
            yield Answer(value=value, specify=_beside(question, value))
    if wish.holds(""):
        yield SKIPPED


def _texts(
    question: Question, wish: Wish, near: Sequence[str], pattern: str, draw: random.Random
) -> Iterator[str]:  # fmt: skip
    choices = [choice for choice, _label in question.choices]
    if question.kind is Kind.SINGLE:
        yield from _one(choices, wish, draw)
    elif question.kind is Kind.MULTIPLE:
        yield from _several(question, choices, wish, draw)
    elif question.kind in (Kind.NUMBER, Kind.DECIMAL):
        whole = question.kind is Kind.NUMBER
        yield from _numbers((*wish.values, *near, question.minimum, question.maximum), whole=whole)
    elif question.kind in (Kind.DATE, Kind.DATETIME):
        yield from _days((*wish.values, *near), clock=question.kind is Kind.DATETIME)
    elif question.kind is Kind.TEXT:
        yield from wish.values
        yield from near
        if pattern:
            yield from (text_of(pattern, draw) for _ in range(3))
    else:
        yield from wish.values
    for _ in range(_INVENTED):
        answer = invent_answer(question, draw)
        if answer.status is Status.ANSWERED:
            yield answer.value


def _one(choices: Sequence[Choice], wish: Wish, draw: random.Random) -> Iterator[str]:
    yield from member_of(choices, wish.values)
    others = [choice.name for choice in choices]
    yield from draw.sample(others, len(others))


def member_of(choices: Sequence[Choice], wanted: Sequence[str]) -> list[str]:
    """Return the names of choices that these texts mean; numbers are the same however they are written."""
    texts = set(wanted)
    numbers = {number for text in wanted if math.isfinite(number := as_number(text))}
    return [
        choice.name for choice in choices if choice.name in texts or (numbers and as_number(choice.name) in numbers)
    ]


def _several(question: Question, choices: Sequence[Choice], wish: Wish, draw: random.Random) -> Iterator[str]:
    """Yield choices alone, beside what is chosen, without one of them, and in random numbers."""
    order = [choice.name for choice in choices]
    alone = {choice.name for choice in choices if choice.exclusive}
    now = [] if question.answer is None else [one for one in question.answer.value.split() if one in order]
    wanted = member_of(choices, [part for value in wish.values for part in value.split()])

    def written(names: Iterable[str]) -> str:
        chosen = set(names)
        return " ".join(name for name in order if name in chosen)

    free = [name for name in now if name not in alone]
    for name in wanted:
        yield written([name] if name in alone else [*free, name])
    if len(wanted) > 1:
        yield written(name for name in wanted if name not in alone)
    for name in now:
        yield written(one for one in now if one != name)
    yield from wanted
    yield from draw.sample(order, min(len(order), _SUBSETS))
    common = [name for name in order if name not in alone]
    for size in range(2, len(common) + 1):
        yield written(draw.sample(common, size))


def _numbers(texts: Iterable[str], *, whole: bool) -> Iterator[str]:
    numbers = [number for text in texts if math.isfinite(number := as_number(text))]
    for number in numbers:
        for one in dict.fromkeys((float(math.floor(number)), float(math.ceil(number)))) if whole else (number,):
            yield as_text(one)
    for number in numbers:
        for one in (number + 1, number - 1, number * 2):
            yield as_text(float(math.floor(one)) if whole else round(one, 3))


def _days(texts: Iterable[str], *, clock: bool) -> Iterator[str]:
    for text in texts:
        number = as_number(text)
        for step in (0, 1, -1, 30, -30, 365, -365) if abs(number) < _MOST_DAYS else ():
            day = (_FIRST_DAY + timedelta(days=math.floor(number) + step)).isoformat()
            yield f"{day}T12:00" if clock else day


def _beside(question: Question, value: str) -> tuple[tuple[str, str], ...]:
    chosen = value.split()
    return tuple((choice.name, "-") for choice, _label in question.choices if choice.specify and choice.name in chosen)
