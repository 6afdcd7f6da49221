"""Two versions of a questionnaire: what differs, and which answers of an open interview do not map onto the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cati.survey.events import Event
from cati.survey.interview import replay
from cati.survey.program import AT
from cati.survey.questionnaire import ASKED, Group, Item, Questionnaire, words_in


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


@dataclass(frozen=True, slots=True)
class Difference:
    """One question that is not the same; ``text`` is its wording in the new version, or in the old when removed."""

    name: str
    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that the new version does not take; ``change`` says why, None when its checks or path refuse it."""

    address: str
    change: Change | None


def differences(old: Questionnaire, new: Questionnaire) -> tuple[Difference, ...]:
    """Return what differs in questions that are asked, in the new version's order, removed ones last."""
    before = {item.name: item for item in old.items if item.kind in ASKED}
    found = []
    for item in new.items:
        if item.kind not in ASKED:
            continue
        was = before.pop(item.name, None)
        changes = (Change.ADDED,) if was is None else _changes(old, was, new, item)
        if changes:
            found.append(Difference(item.name, _text(new, item), changes))
    return (*found, *(Difference(name, _text(old, item), (Change.REMOVED,)) for name, item in before.items()))


def _text(form: Questionnaire, item: Item) -> str:
    return words_in(item.label, form.default_language, "")


def _changes(old: Questionnaire, was: Item, new: Questionnaire, item: Item) -> tuple[Change, ...]:
    found = []
    if was.kind is not item.kind:
        found.append(Change.KIND)
    choices = [{c.name: c.label for c in form.choice_lists.get(one.choices, ())} for form, one in
               ((old, was), (new, item))]  # fmt: skip
    if set(choices[0]) - set(choices[1]):
        found.append(Change.CHOICES_FEWER)
    elif choices[0] != choices[1] or list(choices[0]) != list(choices[1]):
        found.append(Change.CHOICES)
    if (was.label, was.instruction) != (item.label, item.instruction):
        found.append(Change.WORDING)
    routing = [
        (one.relevant, one.choice_filter, tuple((g.name, g.relevant, g.repeat_count) for g in _around(form, one)))
        for form, one in ((old, was), (new, item))
    ]
    if routing[0] != routing[1]:
        found.append(Change.ROUTING)
    if (was.constraint, was.soft, was.minimum, was.maximum) != (item.constraint, item.soft, item.minimum, item.maximum):
        found.append(Change.CHECK)
    return tuple(found)


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
