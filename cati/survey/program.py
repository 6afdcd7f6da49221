"""A questionnaire made ready to run: every expression compiled, who depends on whom, and where each item stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cati.survey.expressions import Expression, ExpressionProblem, compile_expression
from cati.survey.functions import LIBRARY
from cati.survey.ordering import reorder
from cati.survey.questionnaire import ASKED, SUBSTANTIVE, Choice, Kind, Order, Questionnaire, words_in

Ids = tuple[int, ...]
"""The stable ids of the roster members around something, outermost first; () outside rosters."""
Place = tuple[int, Ids]
"""An item of one member: its index and the ids around it. -1 - group stands for "another member of this roster?"."""

AT, MORE = "@", "+"
"""What separates a name from the ids behind it, and what marks the question for another member of a roster."""


_MOST_ADDRESSES = 100_000
_CALLED = re.compile(r"(?<![\w.:-])([^\W\d][\w.:-]*)\(")


@dataclass(frozen=True, slots=True)
class Child:
    """A step of a walk: an item (``group`` -1) or a group with what is inside it."""

    item: int
    group: int
    name: str
    anchor: bool


@dataclass(slots=True, eq=False)
class Program:
    """A questionnaire with every expression compiled; built once a content hash. Lists go by item or by group index."""

    questionnaire: Questionnaire
    relevant: list[Expression | None]
    group_relevant: list[Expression | None]
    group_count: list[Expression | None]
    constraint: list[Expression | None]
    calculation: list[Expression | None]
    default: list[Expression | None]
    choice_filter: list[Expression | None]
    soft: list[Expression | None]
    required: list[Expression | None]
    seed: list[Expression | None]
    names: list[str]
    asked: list[bool]
    wanted: list[bool]
    """Of every item whether an answer is waited for."""
    always: list[bool]
    """Of every item whether nothing keeps it off the path."""
    once: list[bool]
    """Of every item whether its value is worked out when it is first on the path, and kept: ``once()``."""
    groups_of: list[tuple[int, ...]]
    """Of every item the groups around it, outermost first."""
    rosters_of: list[tuple[int, ...]]
    """Of every item the rosters around it, outermost first."""
    rosters_around: list[tuple[int, ...]]
    """Of every group the rosters around it, itself left out."""
    conditions_of: list[tuple[tuple[int, int], ...]]
    """Of every item the groups around it that have a condition, each with the number of rosters around that group."""
    shared_of: list[tuple[int, int] | None]
    """Of every item the group that puts it on one screen with others, and how many ids tell such screens apart."""
    grows: list[bool]
    """Of every group whether it is a roster whose count looks at its own members."""
    children: dict[int, tuple[Child, ...]]
    """What stands in each group, -1 for the form itself, in the form's order."""
    index: dict[str, int]
    roster_index: dict[str, int]
    beside: dict[str, tuple[int, str]]
    """Of the words beside a choice, as ``${q_other}`` names them, the item and the choice."""
    triggered_by: dict[str, tuple[int, ...]]
    ahead: tuple[int, ...]
    """Items that others above them look at, what they need first; () when no form's row looks far ahead."""
    cross: tuple[int, ...]
    """Items whose checks look at other items, so that a later change may break an answer."""
    choices: dict[str, dict[str, Choice]]
    has_order: bool
    listed: dict[tuple[str, str], tuple[dict[str, str], ...]] = field(default_factory=dict)
    """Choice lists as tables, by name and language; the same object each time, since tables are indexed by identity."""
    filter_keys: dict[int, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Of an item's choices what its filter looks at; () where it looks at the choice itself. Made when first wanted."""
    addresses: dict[Place, str] = field(default_factory=dict)
    """Addresses made so far: of a form with rosters the same ones are wanted at every step."""

    def list_as_table(self, name: str, language: str) -> tuple[dict[str, str], ...]:
        """Return the choices of a list as rows, labels in a language; () when there is no such list."""
        found = self.listed.get((name, language))
        if found is None:
            form = self.questionnaire
            found = self.listed[name, language] = tuple(
                {**c.columns, "name": c.name, "label": words_in(c.label, language, form.default_language)}
                for c in form.choice_lists.get(name, ())
            )
        return found

    def address(self, place: Place) -> str:
        """Return the address of a place."""
        found = self.addresses.get(place)
        if found is not None:
            return found
        if len(self.addresses) > _MOST_ADDRESSES:
            self.addresses.clear()
        at, ids = place
        name = self.questionnaire.items[at].name if at >= 0 else self.questionnaire.groups[-1 - at].name + MORE
        found = self.addresses[place] = f"{name}{AT}{'.'.join(map(str, ids))}" if ids else name
        return found

    def place(self, address: str) -> Place | None:
        """Return the place of an address, None when there is no such item or its ids do not fit it."""
        name, _, rest = address.partition(AT)
        parts = rest.split(".") if rest else []
        if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):  # noqa: PLR2004 - ids
            return None
        ids = tuple(int(part) for part in parts)
        if name.endswith(MORE):
            group = self.roster_index.get(name.removesuffix(MORE))
            fits = group is not None and len(ids) == len(self.rosters_around[group])
            return (-1 - group, ids) if group is not None and fits else None
        at = self.index.get(name)
        return (at, ids) if at is not None and len(ids) == len(self.rosters_of[at]) else None


def expression_or_none(source: str) -> Expression | None:
    """Compile an expression; None for an empty one and for one that cannot be read (the compiler has told of it)."""
    if not source.strip():
        return None
    try:
        return compile_expression(source)
    except ExpressionProblem:
        return None


_programs: dict[str, Program] = {}
_MOST_PROGRAMS = 16
"""A few versions of a study's form, and the tests' tiny ones."""


def program_of(questionnaire: Questionnaire) -> Program:
    """Return the compiled program of a questionnaire, kept by content hash."""
    found = _programs.get(questionnaire.content_hash)
    if found is None or not questionnaire.content_hash:
        found = _compile(questionnaire)
        if len(_programs) > _MOST_PROGRAMS:
            _programs.clear()
            ordered_children.cache_clear()
        _programs[questionnaire.content_hash] = found
    return found


def _compile(questionnaire: Questionnaire) -> Program:
    items, groups = questionnaire.items, questionnaire.groups
    groups_of = [_around(questionnaire, item.group) for item in items]
    rosters_around = [
        tuple(at for at in _around(questionnaire, group.parent) if groups[at].repeat) for group in groups
    ]  # fmt: skip
    relevant = [expression_or_none(item.relevant) for item in items]
    calculation = [expression_or_none(item.calculation) for item in items]
    group_relevant = [expression_or_none(group.relevant) for group in groups]
    group_count = [expression_or_none(group.repeat_count) if group.repeat else None for group in groups]
    constraint = [expression_or_none(item.constraint) for item in items]
    soft = [expression_or_none(item.soft) for item in items]
    choice_filter = [expression_or_none(item.choice_filter) for item in items]
    default = [expression_or_none(item.default) if is_dynamic(item.default) else None for item in items]
    index: dict[str, int] = {}
    for at, item in enumerate(items):
        index.setdefault(item.name, at)
    needs = [
        _named(index, (relevant[at], calculation[at], default[at],
                       *(source for g in groups_of[at] for source in (group_relevant[g], group_count[g]))))
        for at in range(len(items))
    ]  # fmt: skip
    return Program(
        questionnaire=questionnaire,
        relevant=relevant,
        group_relevant=group_relevant,
        group_count=group_count,
        constraint=constraint,
        calculation=calculation,
        default=default,
        choice_filter=choice_filter,
        soft=soft,
        required=[expression_or_none(item.required) if item.required != "yes" else None for item in items],
        seed=[expression_or_none(item.seed) for item in items],
        names=[item.name for item in items],
        asked=[item.kind in ASKED for item in items],
        wanted=[item.kind in SUBSTANTIVE and not item.read_only for item in items],
        always=[
            relevant[at] is None and all(group_relevant[g] is None for g in groups_of[at]) for at in range(len(items))
        ],
        once=[one is not None and "once" in one.calls for one in calculation],
        groups_of=groups_of,
        rosters_of=[tuple(at for at in around if groups[at].repeat) for around in groups_of],
        rosters_around=rosters_around,
        conditions_of=[
            tuple((g, len(rosters_around[g])) for g in around if group_relevant[g] is not None) for around in groups_of
        ],
        shared_of=[_shared(questionnaire, around, rosters_around) for around in groups_of],
        grows=[
            count is not None and _looks_inside(at, count, needs, index, groups_of, groups[at].name)
            for at, count in enumerate(group_count)
        ],
        children=_children(questionnaire, groups_of),
        index=index,
        roster_index={group.name: at for at, group in reversed(list(enumerate(groups))) if group.repeat},
        beside=_beside(questionnaire, index),
        triggered_by=_triggers(questionnaire),
        ahead=_ahead(needs),
        cross=tuple(
            at
            for at in range(len(items))
            if choice_filter[at] is not None
            or items[at].choices_from
            or any(check is not None and _looks_around(check, items[at].name) for check in (constraint[at], soft[at]))
        ),
        choices={name: {c.name: c for c in listed} for name, listed in questionnaire.choice_lists.items()},
        has_order=any(group.order is not Order.FIXED for group in groups),
    )


def is_dynamic(default: str) -> bool:
    """Tell whether a default is worked out rather than taken as written: an answer put in, or a function called."""
    called = _CALLED.findall(default)
    return "${" in default or any(name in LIBRARY for name in called) or bool(called and default.endswith(")"))


def _around(questionnaire: Questionnaire, group: int | None) -> tuple[int, ...]:
    around: list[int] = []
    while group is not None:
        around.append(group)
        group = questionnaire.groups[group].parent
    return tuple(reversed(around))


def _looks_around(check: Expression, own: str) -> bool:
    return any(name != own for name in check.references)


def _named(index: Mapping[str, int], sources: Iterable[Expression | None]) -> tuple[int, ...]:
    """Return the items that these expressions name."""
    names = dict.fromkeys(name for source in sources if source is not None for name in source.references)
    return tuple(index[name] for name in names if name in index)


def _looks_inside(
    group: int, count: Expression, needs: Sequence[tuple[int, ...]], index: Mapping[str, int],
    groups_of: Sequence[tuple[int, ...]], name: str,
) -> bool:  # fmt: skip
    """Tell whether a roster's count looks at the roster, or by way of other items at one inside it."""
    if name in count.references and name not in index:
        return True
    todo, seen = list(_named(index, (count,))), set[int]()
    while todo:
        at = todo.pop()
        if group in groups_of[at]:
            return True
        if at not in seen:
            seen.add(at)
            todo += needs[at]
    return False


def _shared(
    questionnaire: Questionnaire, around: tuple[int, ...], rosters_around: list[tuple[int, ...]]
) -> tuple[int, int] | None:
    """Return the outermost group around an item that shows its items together.

    A roster shows its questions together once a member, and a roster inside such a group shows all its members there.
    """
    for group in around:
        value = questionnaire.groups[group]
        if value.shared or value.grid:
            return group, len(rosters_around[group]) + value.repeat
    return None


def _children(questionnaire: Questionnaire, groups_of: list[tuple[int, ...]]) -> dict[int, tuple[Child, ...]]:
    found: dict[int, list[Child]] = {}
    seen: set[int] = set()
    for at, item in enumerate(questionnaire.items):
        parent = -1
        for group in groups_of[at]:
            if group not in seen:
                seen.add(group)
                found.setdefault(parent, []).append(Child(-1, group, questionnaire.groups[group].name, False))
            parent = group
        found.setdefault(parent, []).append(Child(at, -1, item.name, item.anchor))
    return {parent: tuple(children) for parent, children in found.items()}


def _beside(questionnaire: Questionnaire, index: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    return {
        name: (at, choice.name)
        for at, item in enumerate(questionnaire.items)
        for choice in questionnaire.choice_lists.get(item.choices, ())
        if choice.specify and (name := f"{item.name}_{choice.name}") not in index
    }


def _triggers(questionnaire: Questionnaire) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for at, item in enumerate(questionnaire.items):
        for name in item.trigger:
            found.setdefault(name, []).append(at)
    return {name: tuple(items) for name, items in found.items()}


_SHALLOW = 15
"""Chains of looking ahead shorter than this are followed as they come up."""


def _ahead(needs: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the items that rows above them look at, in an order in which each finds what it needs worked out.

    () when no chain is long: the walk then works them out when they are first asked for.
    """
    order: list[int] = []
    depth: dict[int, int] = {}
    for start, wanted in enumerate(needs):
        if not any(other > start for other in wanted):
            continue
        stack = [(start, False)]
        open_ones: set[int] = set()
        while stack:
            at, leaving = stack.pop()
            later = [other for other in needs[at] if other > at]
            if leaving:
                open_ones.discard(at)
                depth[at] = 1 + max((depth.get(other, 0) for other in later), default=0)
                order.append(at)
            elif at not in depth and at not in open_ones:
                open_ones.add(at)
                stack.append((at, True))
                stack += [(other, False) for other in later]
    return tuple(order) if max(depth.values(), default=0) > _SHALLOW else ()


@lru_cache(maxsize=256)
def ordered_children(program: Program, seed: int) -> Mapping[int, tuple[Child, ...]]:
    """Return what stands in each group in the order this respondent gets: groups with an order are put into it."""
    found = dict(program.children)
    for at, group in enumerate(program.questionnaire.groups):
        if group.order is Order.FIXED or at not in found:
            continue
        by_key: dict[str, Child] = {}
        for child in found[at]:
            key = child.name if child.group < 0 else f"{child.name}/"
            by_key[key if key not in by_key else f"{key}{len(by_key)}"] = child
        moved = reorder([(key, child.anchor) for key, child in by_key.items()], group.order, seed, group.name)
        found[at] = tuple(by_key[key] for key in moved)
    return found


def kind_is_computed(kind: Kind) -> bool:
    """Tell whether a kind holds a value that nobody is asked for."""
    return kind in (Kind.CALCULATE, Kind.HIDDEN)
