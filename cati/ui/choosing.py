"""How choices are keyed and chosen: digits in their order, then letters; exclusive answers stand alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cati.survey.answers import Answer, Status
from cati.survey.questionnaire import Choice, Display, Kind
from cati.survey.screens import Question

MOST_KEYED = 20
"""Longer lists are searched by typing; nobody reads out more."""

_DIGITS = "1234567890"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def keys_for(names: Sequence[str]) -> tuple[str, ...]:
    """Return one key for each choice: its own number when all are numbers, else 1 to 9, 0, then letters."""
    digits = [name for name in names if len(name) == 1 and name in _DIGITS]
    if digits and all(name.isascii() and name.isdigit() for name in names):
        letters = iter(_LETTERS)
        return tuple(name if len(name) == 1 else next(letters, "") for name in names)
    order = _DIGITS + _LETTERS
    return tuple(order[at] if at < len(order) else "" for at in range(len(names)))


def is_searched(question: Question) -> bool:
    """Tell whether its list is long enough, or wants, to be searched by typing."""
    one = question.kind is Kind.SINGLE
    return len(question.choices) > MOST_KEYED or (one and question.display is Display.SEARCH)


def chosen_of(question: Question) -> tuple[str, ...]:
    """Return the names chosen so far: of the answer, else of the default."""
    answer = question.answer
    if answer is not None:
        return tuple(answer.value.split()) if answer.status is Status.ANSWERED else ()
    return tuple(question.default.split())


def ranked(chosen: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the order after one more press: the next place, or off it."""
    return tuple(one for one in chosen if one != name) if name in chosen else (*chosen, name)


def toggled(chosen: Sequence[str], name: str, choices: Sequence[Choice]) -> tuple[str, ...]:
    """Return what is chosen after one more press, in the order of the list; an exclusive answer clears the others."""
    exclusive = {choice.name for choice in choices if choice.exclusive}
    if name in chosen:
        kept = {one for one in chosen if one != name}
    elif name in exclusive:
        kept = {name}
    else:
        kept = {one for one in chosen if one not in exclusive} | {name}
    return tuple(choice.name for choice in choices if choice.name in kept)


def answer_from(chosen: Sequence[str], specified: dict[str, str]) -> Answer:
    """Return the answer of these choices with the words beside them."""
    beside = tuple((name, specified[name].strip()) for name in chosen if specified.get(name, "").strip())
    return Answer(value=" ".join(chosen), specify=beside)


def is_gathered(question: Question) -> bool:
    """Tell whether choices or words beside one are gathered until Return, and so can be lost before it."""
    one = question.kind is Kind.SINGLE and any(choice.specify for choice, _label in question.choices)
    return one or question.kind in (Kind.MULTIPLE, Kind.RANK)


def gathered_draft(chosen: Sequence[str], specified: dict[str, str]) -> str:
    """Return what is gathered as one text, to be kept at every key."""
    return json.dumps([list(chosen), specified])


def read_draft(draft: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return what `gathered_draft` made a text of: the names chosen and the words beside them."""
    chosen, specified = json.loads(draft)
    return tuple(chosen), dict(specified)
