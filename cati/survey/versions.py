"""Two versions of a questionnaire: what differs, and which answers of an open interview do not map onto the new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cati.survey.events import Event
from cati.survey.interview import replay
from cati.survey.program import AT
from cati.survey.questionnaire import Choice, Group, Item, Kind, Questionnaire, Words, words_in


class Change(StrEnum):
    """What became of a question."""

    ADDED = "added"
    REMOVED = "removed"
    KIND = "kind"
    """It is answered in another way: answers to the old one do not count."""
    CHOICES = "choices"
    CHOICES_FEWER = "choices_fewer"
    """Answers were taken out of its list."""
    WORDING = "wording"
    ROUTING = "routing"
    CHECK = "check"
    COMPUTED = "computed"
    """Its value is worked out, or filled in to begin with, in another way."""
    OTHER = "other"
    """Something else about how it is shown or may stay without an answer."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Words or an expression before and after, "" where there was or is none; ``language`` is "" for expressions."""

    language: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same; ``text`` is its wording in the new version, or in the old when removed."""

    name: str
    text: str
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that the new version does not take; ``change`` says why, None when its checks or path refuse it."""

    address: str
    change: Change | None


def differences(old: Questionnaire, new: Questionnaire) -> tuple[Difference, ...]:
    """Return what differs in items and groups, in the new version's order, removed ones and groups last."""
    before = {item.name: item for item in old.items}
    found = []
    for item in new.items:
        was = before.pop(item.name, None)
        changes = (Change.ADDED,) if was is None else _changes(old, was, new, item)
        if changes:
            shifts = () if was is None else tuple(_shifts(old, was, new, item))
            found.append(Difference(item.name, _text(new, item), changes, shifts))
    found += [Difference(name, _text(old, item), (Change.REMOVED,)) for name, item in before.items()]
    groups = {group.name: group for group in old.groups if group.name}
    for group in new.groups:
        earlier = groups.get(group.name)
        if earlier is not None and (changes := _group_changes(earlier, group)):
            words = words_in(group.label, new.default_language, "")
            found.append(Difference(group.name, words, changes, tuple(_words(earlier.label, group.label))))
    return tuple(found)


def _text(form: Questionnaire, item: Item) -> str:
    return words_in(item.label, form.default_language, "")


def _changes(old: Questionnaire, was: Item, new: Questionnaire, item: Item) -> tuple[Change, ...]:
    choices = [_choices(form, one) for form, one in ((old, was), (new, item))]
    fewer = bool(set(choices[0]) - set(choices[1]))
    routing = [
        (one.relevant, one.choice_filter, tuple((g.name, g.relevant, g.repeat_count) for g in _around(form, one)))
        for form, one in ((old, was), (new, item))
    ]
    told = {
        Change.KIND: was.kind is not item.kind,
        Change.CHOICES_FEWER: fewer,
        Change.CHOICES: not fewer and (choices[0] != choices[1] or list(choices[0]) != list(choices[1])),
        Change.WORDING: (was.label, was.instruction) != (item.label, item.instruction),
        Change.ROUTING: routing[0] != routing[1],
        Change.CHECK: _checks(was) != _checks(item),
        Change.COMPUTED: (was.calculation, was.trigger, was.default) != (item.calculation, item.trigger, item.default),
        Change.OTHER: _others(was) != _others(item),
    }
    return tuple(change for change, differs in told.items() if differs)


def _choices(form: Questionnaire, item: Item) -> dict[str, Choice]:
    return {choice.name: choice for choice in form.choice_lists.get(item.choices, ())}


def _checks(item: Item) -> tuple[object, ...]:
    return (item.constraint, item.constraint_message, item.soft, item.soft_message, item.minimum, item.maximum,
            item.required, item.required_message)  # fmt: skip


def _others(item: Item) -> Item:
    """Return the item with nothing left but what no other change tells of."""
    return Item(
        name=item.name, kind=Kind.NOTE, display=item.display, choices_from=item.choices_from, seed=item.seed,
        order=item.order, anchor=item.anchor, read_only=item.read_only, nonresponse=item.nonresponse,
        disposition=item.disposition,
    )  # fmt: skip


def _group_changes(was: Group, group: Group) -> tuple[Change, ...]:
    """Return what of a group is told beside the questions in it; its condition is told with each of them."""
    others = [(one.shared, one.grid, one.section, one.order, one.repeat) for one in (was, group)]
    told = {Change.WORDING: was.label != group.label, Change.OTHER: others[0] != others[1]}
    return tuple(change for change, differs in told.items() if differs)


def _shifts(old: Questionnaire, was: Item, new: Questionnaire, item: Item) -> Iterator[Shift]:
    for pair in ((was.label, item.label), (was.instruction, item.instruction)):
        yield from _words(*pair)
    for before, after in (
        (was.relevant, item.relevant),
        (was.choice_filter, item.choice_filter),
        (was.constraint, item.constraint),
        (was.soft, item.soft),
        (was.calculation, item.calculation),
        (was.default, item.default),
    ):
        if before != after:
            yield Shift("", before, after)
    choices = [_choices(form, one) for form, one in ((old, was), (new, item))]
    for name in dict.fromkeys((*choices[0], *choices[1])):
        labels = [found[name].label if name in found else {} for found in choices]
        if labels[0] and labels[1]:
            yield from _words(*labels)
        elif labels[0] or labels[1]:
            shown = [words_in(label, new.default_language, "") for label in labels]
            yield Shift(new.default_language, *shown)


def _words(before: Words, after: Words) -> Iterator[Shift]:
    for code in dict.fromkeys((*before, *after)):
        if before.get(code, "") != after.get(code, ""):
            yield Shift(code, before.get(code, ""), after.get(code, ""))


def _around(form: Questionnaire, item: Item) -> list[Group]:
    found: list[Group] = []
    at = item.group
    while at is not None:
        found.append(form.groups[at])
        at = form.groups[at].parent
    return found


def lost_on(old: Questionnaire, new: Questionnaire, events: Sequence[Event]) -> tuple[Lost, ...]:
    """Return which answers of an open interview the new version does not take when its events are replayed on it."""
    before, after = replay(old, events), replay(new, events)
    kinds_before = {item.name: item.kind for item in old.items}
    kinds_after = {item.name: item.kind for item in new.items}
    found = []
    for address, answer in before.answers.items():
        if after.answers.get(address) == answer:
            continue
        name = address.partition(AT)[0]
        change = (
            Change.REMOVED if name not in kinds_after
            else Change.KIND if kinds_after[name] is not kinds_before.get(name)
            else None
        )  # fmt: skip
        found.append(Lost(address, change))
    return tuple(found)
