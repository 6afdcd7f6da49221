"""The path through the questions, worked out anew from the answers after every event."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cati.survey.answers import Answer, Status
from cati.survey.expressions import Expression, ExpressionProblem, compile_expression
from cati.survey.functions import Value, as_text
from cati.survey.questionnaire import ASKED, Choice, Item, Kind, Order, Questionnaire, Words, words_in

EMPTY: Mapping[str, Answer] = {}
MOST_WALKS = 20
"""Circles are refused when a form is compiled, so only chains of forward references need more than one walk."""
_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same through an interview: its seed, the case's own values and its time zone."""

    seed: int
    values: Mapping[str, str]
    zone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Route:
    """The outcome of one pass: the screens in order, each a tuple of item indices, and every item's state.

    ``ended_by`` is the item that screens the person out (terminate, full quota), None when the path runs to its end.
    """

    screens: tuple[tuple[int, ...], ...]
    on_path: frozenset[str]
    computed: Mapping[str, str]
    ended_by: int | None


@dataclass(slots=True)
class Program:
    """A questionnaire with every expression compiled; built once a content hash."""

    questionnaire: Questionnaire
    relevant: list[Expression | None]
    group_relevant: list[Expression | None]
    constraint: list[Expression | None]
    calculation: list[Expression | None]
    default: list[Expression | None]
    choice_filter: list[Expression | None]
    soft: list[Expression | None]
    groups_of: list[tuple[int, ...]]
    steps: list[tuple[str, tuple[int, ...], Expression | None, bool]]
    """Of every item what a walk needs: its name, the groups around it that have a condition, its own, is it asked."""
    shared_of: list[int | None]
    """Of every item the group that puts it on one screen with others."""
    index: dict[str, int]
    looks_ahead: bool
    choices: dict[str, dict[str, Choice]] = field(default_factory=dict)


def expression_or_none(source: str) -> Expression | None:
    """Compile an expression; None for an empty one and for one that cannot be read (the compiler has told of it)."""
    if not source.strip():
        return None
    try:
        return compile_expression(source)
    except ExpressionProblem:
        return None


_programs: dict[str, Program] = {}


def program_of(questionnaire: Questionnaire) -> Program:
    """Return the compiled program of a questionnaire, kept by content hash."""
    found = _programs.get(questionnaire.content_hash)
    if found is None or not questionnaire.content_hash:
        found = _compile(questionnaire)
        if len(_programs) > 16:  # noqa: PLR2004 - a few versions and the tests' tiny forms
            _programs.clear()
        _programs[questionnaire.content_hash] = found
    return found


def _compile(questionnaire: Questionnaire) -> Program:
    items = questionnaire.items
    index = {item.name: at for at, item in enumerate(items)}
    relevant = [expression_or_none(item.relevant) for item in items]
    calculation = [expression_or_none(item.calculation) for item in items]
    groups_of: list[tuple[int, ...]] = []
    for item in items:
        around: list[int] = []
        at = item.group
        while at is not None:
            around.append(at)
            at = questionnaire.groups[at].parent
        groups_of.append(tuple(reversed(around)))
    group_relevant = [expression_or_none(group.relevant) for group in questionnaire.groups]
    looks_ahead = any(
        index.get(name, -1) > at
        for at, item_groups in enumerate(groups_of)
        for expression in (relevant[at], calculation[at], *(group_relevant[group] for group in item_groups))
        if expression is not None
        for name in expression.references
    )
    return Program(
        questionnaire=questionnaire,
        relevant=relevant,
        group_relevant=group_relevant,
        constraint=[expression_or_none(item.constraint) for item in items],
        calculation=calculation,
        default=[expression_or_none(item.default) if _is_dynamic(item.default) else None for item in items],
        choice_filter=[expression_or_none(item.choice_filter) for item in items],
        soft=[expression_or_none(item.soft) for item in items],
        groups_of=groups_of,
        steps=[
            (item.name, tuple(g for g in around if group_relevant[g] is not None), condition, item.kind in ASKED)
            for item, around, condition in zip(items, groups_of, relevant, strict=True)
        ],
        shared_of=[
            next((g for g in around if questionnaire.groups[g].shared or questionnaire.groups[g].grid), None)
            for around in groups_of
        ],
        index=index,
        looks_ahead=looks_ahead,
        choices={name: {c.name: c for c in listed} for name, listed in questionnaire.choice_lists.items()},
    )


def _is_dynamic(default: str) -> bool:
    return "(" in default or "${" in default


class Pass:
    """One walk over all items in order; the scope that expressions see."""

    __slots__ = ("_answers", "_column", "_current", "_item", "_language", "_later", "_now", "_program", "_setting",
                 "computed", "on_path")  # fmt: skip

    def __init__(
        self, program: Program, setting: Setting, answers: Mapping[str, Answer], computed: Mapping[str, str],
        language: str, now: datetime, on_path: set[str] | None = None,
    ) -> None:  # fmt: skip
        self._program = program
        self._setting = setting
        self._answers = answers
        self._language = language
        self._now = now
        self._later = on_path
        self._current = ""
        self._column: Mapping[str, str] = {}
        self._item = ""
        self.computed = dict(computed)
        self.on_path: set[str] = set()

    def at_item(self, name: str, current: str = "", column: Mapping[str, str] | None = None) -> Pass:
        """Point ``.`` and the columns of a choice at something; returns itself."""
        self._item = name
        self._current = current
        self._column = column or {}
        return self

    def value(self, name: str) -> str:
        """Return an item's canonical text, a computed value, or a value of the case; "" off the path."""
        at = self._program.index.get(name)
        if at is None:
            return self._setting.values.get(name, "")
        if name not in self.on_path and (self._later is None or name not in self._later):
            return ""
        if name in self.computed and self._program.questionnaire.items[at].kind not in ASKED:
            return self.computed[name]
        answer = self._answers.get(name)
        return answer.value if answer is not None and answer.status is Status.ANSWERED else ""

    def status(self, name: str) -> str:
        """Return an item's state."""
        if name == ".":
            name = self._item
        if name not in self.on_path:
            return Status.OFF_PATH.value if name in self._answers else Status.NOT_ASKED.value
        answer = self._answers.get(name)
        return answer.status.value if answer is not None else Status.NOT_ASKED.value

    def label(self, name: str, choice: str) -> str:
        """Return the label of a choice of an item's list; the name itself when there is none."""
        at = self._program.index.get(self._item if name == "." else name)
        if at is None:
            return choice
        questionnaire = self._program.questionnaire
        found = self._program.choices.get(questionnaire.items[at].choices, {})
        return ", ".join(
            words_in(found[part].label, self._language, questionnaire.default_language) if part in found else part
            for part in choice.split()
        )

    def current(self) -> str:
        """Return what ``.`` stands for."""
        return self._current

    def column(self, name: str) -> str:
        """Return a column of the choice being filtered."""
        return self._column.get(name, "")

    def call(self, name: str, arguments: list[Value]) -> Value:  # noqa: PLR0911 - one return a function
        """Answer clock and chance, from the recorded event and the interview's seed."""
        local = self._now.astimezone(ZoneInfo(self._setting.zone))
        if name == "today":
            return local.date().isoformat()
        if name == "now":
            return local.isoformat(timespec="milliseconds")
        if name == "once":
            return self.computed.get(self._item) or as_text(arguments[0])
        if name == "random":
            return keyed(self._setting.seed, "random", self._item) / 2**64
        if name == "uuid":
            return hashlib.sha256(f"{self._setting.seed}/uuid/{self._item}".encode()).hexdigest()[:32]
        if name in ("position", "index"):
            return 1.0
        if name == "version":
            return self._program.questionnaire.version
        return ""

    def walk(self, order: tuple[int, ...]) -> tuple[list[int], int | None]:
        """Return the indices of the items on the path in order, and what ended it early."""
        steps = self._program.steps
        known: dict[int, bool] = {}
        around: dict[tuple[int, ...], bool] = {}
        path: list[int] = []
        met, go_on = self.on_path.add, path.append
        for at in order:
            name, groups, relevant, asked = steps[at]
            if groups:
                if groups not in around:
                    around[groups] = self._groups_open(groups, known)
                if not around[groups]:
                    continue
            if relevant is not None and not relevant.boolean(self.at_item(name)):
                continue
            met(name)
            if asked:
                go_on(at)
            elif self._ends(at):
                go_on(at)
                return path, at
        return path, None

    def _ends(self, at: int) -> bool:
        """Work out what is computed here; tell whether the person is screened out here."""
        item, calculation = self._program.questionnaire.items[at], self._program.calculation[at]
        if item.kind is Kind.CALCULATE or (item.kind is Kind.HIDDEN and calculation is not None):
            if calculation is not None:
                self.computed[item.name] = calculation.text(self.at_item(item.name))
        elif item.kind is Kind.HIDDEN:
            self.computed[item.name] = item.default or self._setting.values.get(item.name, "")
        elif item.kind is Kind.TERMINATE:
            return True
        return item.kind is Kind.QUOTA and self._setting.values.get("quota_full") == "1"

    def _groups_open(self, groups: tuple[int, ...], known: dict[int, bool]) -> bool:
        for group in groups:
            if group not in known:
                expression = self._program.group_relevant[group]
                known[group] = expression is None or expression.boolean(self.at_item(""))
            if not known[group]:
                return False
        return True


def route(
    questionnaire: Questionnaire, setting: Setting, answers: Mapping[str, Answer], computed: Mapping[str, str],
    language: str, now: datetime,
) -> tuple[Route, Pass]:  # fmt: skip
    """Work out the whole path. Forms that look ahead are walked until nothing changes (see `MOST_WALKS`)."""
    program = program_of(questionnaire)
    order = sequence(questionnaire.content_hash, setting.seed)
    walked = Pass(program, setting, answers, computed, language, now)
    path, ended_by = walked.walk(order)
    if program.looks_ahead:
        for _ in range(MOST_WALKS):
            again = Pass(program, setting, answers, walked.computed, language, now, walked.on_path)
            new_path, ended_by = again.walk(order)
            settled = new_path == path and again.computed == walked.computed
            walked, path = again, new_path
            if settled:
                break
    found = Route(_screens(program, path), frozenset(walked.on_path), walked.computed, ended_by)
    return found, walked


def _screens(program: Program, path: list[int]) -> tuple[tuple[int, ...], ...]:
    """Put the items of a grid or a field-list on one screen; everything else has a screen of its own."""
    shared_of = program.shared_of
    screens: list[list[int]] = []
    last_shared: int | None = None
    for at in path:
        shared = shared_of[at]
        if shared is not None and shared == last_shared:
            screens[-1].append(at)
        else:
            screens.append([at])
        last_shared = shared
    return tuple(tuple(screen) for screen in screens)


def keyed(seed: int, *parts: str) -> int:
    """Return 64 bits that depend on seed and name only, so that an inserted item moves no other."""
    text = "/".join((str(seed), *parts)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


@lru_cache(maxsize=256)
def sequence(content_hash: str, seed: int) -> tuple[int, ...]:
    """Return all item indices in the order this respondent gets: groups with an order are shuffled by their seed."""
    questionnaire = _programs[content_hash].questionnaire
    if all(group.order is Order.FIXED for group in questionnaire.groups):
        return tuple(range(len(questionnaire.items)))
    return tuple(_ordered(questionnaire, None, seed))


def _ordered(questionnaire: Questionnaire, group: int | None, seed: int) -> list[int]:
    """Return the item indices inside one group (None: the whole form), its children put in order."""
    program = _programs[questionnaire.content_hash]
    children: list[tuple[str, list[int], bool]] = []
    seen: set[int] = set()
    for at, item in enumerate(questionnaire.items):
        around = program.groups_of[at]
        if group is not None and group not in around:
            continue
        inner = around[around.index(group) + 1 :] if group is not None else around
        if not inner:
            children.append((item.name, [at], item.anchor))
        elif inner[0] not in seen:
            seen.add(inner[0])
            children.append((questionnaire.groups[inner[0]].name, _ordered(questionnaire, inner[0], seed), False))
    order = questionnaire.groups[group].order if group is not None else Order.FIXED
    moved = reorder([(name, anchor) for name, _block, anchor in children], order, seed,
                    questionnaire.groups[group].name if group is not None else "")  # fmt: skip
    blocks = {name: block for name, block, _anchor in children}
    return [at for name in moved for at in blocks[name]]


def reorder(entries: list[tuple[str, bool]], order: Order, seed: int, where: str) -> list[str]:
    """Return the names in random, rotated or flipped order; anchored ones keep their place."""
    free = [name for name, anchored in entries if not anchored]
    if order is Order.RANDOM:
        free.sort(key=lambda name: keyed(seed, where, name))
    elif order is Order.ROTATE and free:
        start = keyed(seed, where) % len(free)
        free = free[start:] + free[:start]
    elif order is Order.FLIP and keyed(seed, where) % 2:
        free.reverse()
    following = iter(free)
    return [name if anchored else next(following) for name, anchored in entries]


def shown_choices(program: Program, at: int, scope: Pass, seed: int) -> tuple[Choice, ...]:
    """Return an item's choices after its filter, in the order this respondent gets."""
    item = program.questionnaire.items[at]
    listed = program.questionnaire.choice_lists.get(item.choices, ())
    keep = program.choice_filter[at]
    if keep is not None:
        listed = tuple(
            choice
            for choice in listed
            if keep.boolean(
                scope.at_item(item.name, choice.name,
                              {**choice.columns, "name": choice.name, "label": next(iter(choice.label.values()), "")})
            )
        )  # fmt: skip
    if item.order is Order.FIXED:
        return listed
    by_name = {choice.name: choice for choice in listed}
    moved = reorder([(c.name, c.anchor or c.exclusive or c.specify) for c in listed], item.order, seed, item.choices)
    return tuple(by_name[name] for name in moved)


def filled(words: Words, scope: Pass, language: str, fallback: str) -> str:
    """Return a text with its ``${name}`` fills."""
    text = words_in(words, language, fallback)
    return _FILL.sub(lambda found: scope.value(found[1]), text) if "${" in text else text


def default_value(program: Program, at: int, scope: Pass) -> str:
    """Return what an item starts with: the default as written, or as worked out; "" for none."""
    item: Item = program.questionnaire.items[at]
    dynamic = program.default[at]
    return dynamic.text(scope.at_item(item.name)) if dynamic is not None else item.default


UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the clock before the first event."""
