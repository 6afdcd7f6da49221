"""What the respondent hears and chooses from: texts with fills, choices filtered and in this respondent's order."""

from __future__ import annotations

from collections.abc import Sequence

from cati.survey.expressions import Expression
from cati.survey.nodes import Column, Current, every
from cati.survey.ordering import reorder
from cati.survey.program import Ids, Program
from cati.survey.questionnaire import Choice, Kind, Order, Words, words_in
from cati.survey.shuffling import shuffled
from cati.survey.worked_out import Pass


def filled(words: Words, scope: Pass, at: int, ids: Ids, language: str, fallback: str) -> str:
    """Return a text with its ``${name}`` fills as it stands at an item (-2 - group: at a group)."""
    text = words_in(words, language, fallback)
    return scope.fill(text, at, ids) if "${" in text else text


def shown_choices(program: Program, at: int, ids: Ids, scope: Pass, seed: int) -> tuple[Choice, ...]:
    """Return an item's choices after its filter, in the order this respondent gets."""
    item = program.questionnaire.items[at]
    keep = program.choice_filter[at]
    if item.choices_from:
        listed = _from_roster(program, at, ids, scope)
    else:
        listed = program.questionnaire.choice_lists.get(item.choices, ())
        if keep is not None:
            listed = _kept(program, at, ids, scope, keep, listed)
    if item.order is Order.FIXED:
        return listed
    if item.order is Order.SHUFFLE:
        source = program.seed[at]
        # without a seed of its own the list follows the interview's, so that going back shows the same order
        return tuple(shuffled(listed, scope.here(source, at, ids) if source is not None else float(seed)))
    by_name = {choice.name: choice for choice in listed}
    moved = reorder([(c.name, c.anchor or c.exclusive or c.specify) for c in listed], item.order, seed, item.choices)
    return tuple(by_name[name] for name in moved)


_FEW = 30
"""Lists so short are gone through as they are."""


def _kept(
    program: Program, at: int, ids: Ids, scope: Pass, keep: Expression, listed: tuple[Choice, ...]
) -> tuple[Choice, ...]:  # fmt: skip
    """Return the choices that a filter keeps; those that look the same to it are looked at once."""
    keys = _filter_keys(program, at, keep, listed) if len(listed) > _FEW else ()
    if not keys:
        return tuple(choice for choice in listed if scope.holds(keep, at, ids, choice.name, columns_of(choice)))
    held: dict[tuple[str, ...], bool] = {}
    found = []
    for choice, key in zip(listed, keys, strict=True):
        verdict = held.get(key)
        if verdict is None:
            verdict = held[key] = scope.holds(keep, at, ids, choice.name, columns_of(choice))
        if verdict:
            found.append(choice)
    return tuple(found)


def _filter_keys(
    program: Program, at: int, keep: Expression, listed: tuple[Choice, ...]
) -> tuple[tuple[str, ...], ...]:  # fmt: skip
    """Return what a filter sees of each choice; () when it may see the name, which no two have in common."""
    keys = program.filter_keys.get(at)
    if keys is None:
        parts = list(every(keep.node))
        used = sorted({part.name for part in parts if isinstance(part, Column)})
        apart = "name" in used or any(isinstance(part, Current) for part in parts)
        rows = () if apart else map(columns_of, listed)
        keys = program.filter_keys[at] = tuple(tuple(row.get(name, "") for name in used) for row in rows)
    return keys


def columns_of(choice: Choice) -> dict[str, str]:
    """Return what a filter sees of a choice: its own columns, name and label."""
    return {**choice.columns, "name": choice.name, "label": next(iter(choice.label.values()), "")}


def _from_roster(program: Program, at: int, ids: Ids, scope: Pass) -> tuple[Choice, ...]:
    """Return the answers to a question of a roster as choices, blanks and repetitions left out.

    Where several may be chosen a choice's name holds no blanks: they separate the names in the answer.
    """
    one = program.questionnaire.items[at].kind is Kind.SINGLE
    source = program.index.get(program.questionnaire.items[at].choices_from)
    if source is None:
        return ()
    keep = program.choice_filter[at]
    found: dict[str, Choice] = {}
    for member in scope.seen_from(at, ids, source):
        text = scope.text(source, member) if scope.on(source, member) else ""
        if text and (keep is None or scope.holds(keep, source, member, text)):
            name = text if one else "_".join(text.split())
            found.setdefault(name, Choice(name=name, label={"": text}))
    return tuple(found.values())


def names_of(choices: Sequence[Choice]) -> tuple[str, ...]:
    """Return the names of choices in their order."""
    return tuple(choice.name for choice in choices)
