"""What an interview's answers make of every item: its value, whether it is asked, the members of rosters.

What an item's value, its relevance and the members of a roster are is worked out when something asks for it, and kept
for the rest of the pass: the order of rows does not matter, and nothing is worked out twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cati.survey.answers import Answer, Status
from cati.survey.expressions import Expression
from cati.survey.program import Ids, Place, Program
from cati.survey.questionnaire import ASKED, Kind
from cati.survey.scope import Scope
from cati.survey.values import Value, as_number, kept

NOTHING: Mapping[str, str] = {}
FIRST_MEMBER = (1,)
"""A roster without a count begins with one member, as in ODK."""
_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
MOST_MEMBERS = 1_000
"""A typing error in a count must not fill the memory; nobody is asked a thousand times."""
MOST_TOGETHER = 10_000
"""The members that rosters inside rosters may have in all, for the same reason."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same through an interview: its seed, the case's own values and its time zone."""

    seed: int
    values: Mapping[str, str]
    zone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Memory:
    """What an interview remembers besides answers, all by address.

    ``computed``: values worked out once, or when something else changed. ``presets``: defaults worked out once.
    ``replaced``: what a calculation gave when the interviewer wrote something else over it. ``rosters``: the members of
    rosters without a count. ``used``: the highest id a roster has given.
    """

    computed: Mapping[str, str] = field(default_factory=dict, repr=False)
    presets: Mapping[str, str] = field(default_factory=dict, repr=False)
    replaced: Mapping[str, str] = field(default_factory=dict, repr=False)
    rosters: Mapping[str, Ids] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)


class PassValues(Scope):
    """One look at an interview's answers. ``ids`` say where the expression at hand stands.

    What the names in an expression mean there is the part of `cati.survey.worked_out.Pass`.
    """

    __slots__ = ("_answers", "_at", "_column", "_current", "_growing", "_ids", "_language", "_members", "_now", "_on",
                 "_open", "_program", "_rosters", "_setting", "_texts", "_types", "computed", "memory",
                 "presets")  # fmt: skip

    def __init__(
        self, program: Program, setting: Setting, answers: Mapping[str, Answer], memory: Memory, language: str,
        now: datetime,
    ) -> None:  # fmt: skip
        self._program = program
        self._setting = setting
        self._answers = answers
        self._language = language
        self._now = now
        self._at = -1
        self._ids: Ids = ()
        self._rosters: tuple[int, ...] = ()
        self._current = ""
        self._column: Mapping[str, str] = NOTHING
        self._texts: dict[Place, str] = {}
        self._on: dict[Place, bool] = {}
        self._open: dict[Place, bool] = {}
        self._members: dict[Place, Ids] = {}
        self._growing: set[Place] = set()
        self._types: dict[int, str] = {}
        self.memory = memory
        self.computed = dict(memory.computed)
        self.presets = dict(memory.presets)

    def clock(self, now: datetime) -> None:
        """Set the clock for what is asked from now on; what was worked out stays."""
        self._now = now

    # What is where

    def here(
        self, expression: Expression, at: int, ids: Ids, current: str = "", column: Mapping[str, str] = NOTHING, *,
        truth: bool = False, typed: bool = False,
    ) -> Value:  # fmt: skip
        """Work out an expression as it stands at an item, or whether it holds (``truth``).

        ``.`` is ``current``, bare names read from ``column``. ``typed``: what an item gives is a number if it has one.
        """
        before = self._at, self._ids, self._rosters, self._current, self._column
        self._at, self._ids, self._rosters = at, ids, self._program.rosters_of[at]
        self._current, self._column = current, column
        try:
            return expression.boolean(self) if truth else (expression.typed if typed else expression.run)(self)
        finally:
            self._at, self._ids, self._rosters, self._current, self._column = before

    def holds(
        self, expression: Expression, at: int, ids: Ids, current: str = "", column: Mapping[str, str] = NOTHING
    ) -> bool:
        """Return whether a condition holds at an item, in XPath's sense."""
        return self.here(expression, at, ids, current, column, truth=True) is True

    def fill(self, text: str, at: int, ids: Ids) -> str:
        """Return a text with its ``${name}`` fills, as it stands at an item (-2 - group: at a group)."""
        before = self._at, self._ids, self._rosters
        rosters = self._program.rosters_of[at] if at >= 0 else self._program.rosters_around[-2 - at]
        if at < 0 and len(ids) > len(rosters):  # the heading of a roster's member
            rosters = (*rosters, -2 - at)
        self._at, self._ids, self._rosters = at, ids, rosters
        try:
            return _FILL.sub(lambda found: self.value(found[1]), text)
        finally:
            self._at, self._ids, self._rosters = before

    def at_group(self, expression: Expression, group: int, ids: Ids, *, truth: bool = False) -> Value:
        """Work out an expression as it stands at a group, or whether it holds; ``ids`` are those around it."""
        before = self._at, self._ids, self._rosters, self._current, self._column
        self._at, self._ids, self._rosters = -2 - group, ids, self._program.rosters_around[group]
        self._current, self._column = "", NOTHING
        try:
            return expression.boolean(self) if truth else expression.run(self)
        finally:
            self._at, self._ids, self._rosters, self._current, self._column = before

    def open(self, group: int, ids: Ids) -> bool:
        """Return whether a group's own condition holds; ``ids`` are those around it."""
        place = (group, ids)
        found = self._open.get(place)
        if found is None:
            expression = self._program.group_relevant[group]
            self._open[place] = False  # a circle is shut
            found = expression is None or self.at_group(expression, group, ids, truth=True) is True
            self._open[place] = found
        return found

    def on(self, at: int, ids: Ids) -> bool:
        """Return whether an item's conditions and those of the groups around it hold."""
        place = (at, ids)
        found = self._on.get(place)
        if found is None:
            self._on[place] = False
            conditions, relevant = self._program.conditions_of[at], self._program.relevant[at]
            found = not conditions or all(self.open(group, ids[:depth]) for group, depth in conditions)
            found = found and (relevant is None or self.holds(relevant, at, ids))
            self._on[place] = found
        return found

    def members(self, roster: int, ids: Ids) -> Ids:
        """Return the ids of a roster's members in order; ``ids`` are those around it. () when it is off the path."""
        place = (roster, ids)
        found = self._members.get(place)
        if found is None:
            self._members[place] = ()
            program = self._program
            shut = any(not self.open(group, ids[:depth]) for group, depth in _conditions(program, roster))
            count = program.group_count[roster]
            if shut:
                found = ()
            elif program.questionnaire.groups[roster].repeat_count:
                found = self._grown(place, count) if program.grows[roster] else self._counted(place, count)
            else:
                found = self.memory.rosters.get(program.address((-1 - roster, ids)), FIRST_MEMBER)
            self._members[place] = found
        return found

    def _counted(self, place: Place, count: Expression | None) -> Ids:
        number = as_number(self.at_group(count, *place)) if count is not None else 0.0
        if number != number:  # noqa: PLR0124 - NaN
            return ()
        roster, ids = place
        around = [len(self.members(one, ids[:depth])) for depth, one in enumerate(self._program.rosters_around[roster])]
        most = min(MOST_MEMBERS, max(MOST_TOGETHER // max(math.prod(around), 1), 1))
        return tuple(range(1, int(min(max(number, 0), most)) + 1))

    def _grown(self, place: Place, count: Expression | None) -> Ids:
        """Return the members of a roster whose count looks at itself ("another person?").

        It begins with those that have answers and is worked out again with the members it gave, until it gives no
        others; a roster which counts only itself has an end, too.
        """
        found: Ids = self._answered_members(place)
        before: Ids = (-1,)
        self._growing.add(place)
        for _ in range(len(self._answers) + 2):
            if found == before:
                break
            self._texts.clear()  # what was begun or worked out with fewer members does not hold
            self._on.clear()
            self._open.clear()
            self._members = {one: ids for one, ids in self._members.items() if one in self._growing}
            self._members[place] = found
            found, before = self._counted(place, count), found
        self._growing.discard(place)
        return found

    def _answered_members(self, place: Place) -> Ids:
        (roster, around), program = place, self._program
        depth, last = len(around), 0
        for address in self._answers:
            at, ids = program.place(address) or (-1, ())
            inside = at >= 0 and roster in program.groups_of[at]
            if inside and ids[:depth] == around:
                last = max(last, ids[depth])
        return tuple(range(1, min(last, MOST_MEMBERS) + 1))

    def text(self, at: int, ids: Ids) -> str:
        """Return an item's canonical text: its answer, what it starts with, or what is computed; "" off the path."""
        place = (at, ids)
        found = self._texts.get(place)
        if found is None:
            self._texts[place] = ""  # a circle reads as empty
            found = self._texts[place] = self._work_out(at, ids) if self.on(at, ids) else ""
        return found

    def _work_out(self, at: int, ids: Ids) -> str:
        item = self._program.questionnaire.items[at]
        if item.kind in ASKED:
            address = self._program.address((at, ids)) if ids else item.name
            answer = self._answers.get(address)
            calculation = self._program.calculation[at]
            if calculation is not None and not item.trigger:
                worked_out = self.calculated(at, ids)
                if answer is None or item.read_only or self.memory.replaced.get(address) != worked_out:
                    return worked_out
            if answer is not None:
                return answer.value if answer.status is Status.ANSWERED else ""
            return self.preset(at, ids)
        if item.kind is Kind.CALCULATE or item.kind is Kind.HIDDEN:
            return self._computed(at, ids)
        return ""

    def _computed(self, at: int, ids: Ids) -> str:
        item, calculation = self._program.questionnaire.items[at], self._program.calculation[at]
        address = self._program.address((at, ids)) if ids else item.name
        if item.trigger:
            return self.computed.get(address, "")
        if calculation is not None:
            return self.calculated(at, ids)
        return (self._setting.values.get(item.name, "") or self.preset(at, ids)) if item.kind is Kind.HIDDEN else ""

    def calculated(self, at: int, ids: Ids) -> str:
        """Return what an item's calculation gives now; kept in ``computed`` when it is worked out but once."""
        calculation = self._program.calculation[at]
        value = self.here(calculation, at, ids, typed=True) if calculation is not None else ""
        self._types[at] = "boolean" if isinstance(value, bool) else "number" if isinstance(value, float) else "text"
        text = kept(value, whole=self._program.questionnaire.items[at].kind is Kind.NUMBER)
        if self._program.once[at]:
            self.computed[self._program.address((at, ids))] = text
        return text

    def preset(self, at: int, ids: Ids) -> str:
        """Return what an item starts with: its default as written, or as worked out when it was first wanted."""
        dynamic = self._program.default[at]
        address = self._program.address((at, ids))
        if address in self.presets:
            return self.presets[address]
        if dynamic is None:
            return self._program.questionnaire.items[at].default
        whole = self._program.questionnaire.items[at].kind is Kind.NUMBER
        text = self.presets[address] = kept(self.here(dynamic, at, ids), whole=whole)
        return text


def groups_around(program: Program, group: int) -> tuple[int, ...]:
    """Return the groups around a group, outermost first."""
    found: list[int] = []
    at = program.questionnaire.groups[group].parent
    while at is not None:
        found.append(at)
        at = program.questionnaire.groups[at].parent
    return tuple(reversed(found))


def _conditions(program: Program, group: int) -> list[tuple[int, int]]:
    """Return a group and those around it that have a condition, each with the number of rosters around it."""
    around = (*groups_around(program, group), group)
    return [(g, len(program.rosters_around[g])) for g in around if program.group_relevant[g] is not None]
