"""What an interview's answers make of every item: its value, whether it is asked, the members of rosters.

What an item's value, its relevance and the members of a roster are is worked out when something asks for it, and kept
for the rest of the pass: the order of rows does not matter, and nothing is worked out twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cati.survey.answers import Answer, Status
from cati.survey.expression_types import type_of
from cati.survey.expressions import Expression
from cati.survey.ordering import keyed
from cati.survey.program import Ids, Place, Program
from cati.survey.questionnaire import ASKED, Kind, words_in
from cati.survey.values import Value, as_number, as_text, kept, with_type_of

NOTHING: Mapping[str, str] = {}
FIRST_MEMBER = (1,)
"""A roster without a count begins with one member, as in ODK."""
_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
SAMPLE = "sample"
"""The table of one row that holds what the case brings along."""
_NUMBERS = frozenset({Kind.NUMBER, Kind.DECIMAL})
MOST_MEMBERS = 1_000
"""A typing error in a count must not fill the memory; nobody is asked a thousand times."""


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


class Pass:
    """One look at an interview's answers; the scope that expressions see. ``ids`` say where the expression stands."""

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
        wanted = 0 if number != number else int(min(max(number, 0), MOST_MEMBERS))  # noqa: PLR0124 - NaN
        return tuple(range(1, wanted + 1))

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

    # What expressions ask

    def _near(self, rosters: tuple[int, ...]) -> Ids | None:
        """Return the ids of what an expression means here: own members as far as shared, then the first ones."""
        ids = self._ids
        if rosters == self._rosters:
            return ids
        shared = 0
        for one, other in zip(rosters, self._rosters, strict=False):
            if one != other:
                break
            shared += 1
        found = ids[:shared]
        for roster in rosters[shared:]:
            members = self.members(roster, found)
            if not members:
                return None
            found = (*found, members[0])
        return found

    def value(self, name: str) -> str:
        """Return an item's canonical text, a computed value, or a value of the case; "" off the path."""
        at = self._program.index.get(name)
        if at is None:
            return self._beside(name) if name in self._program.beside else self._setting.values.get(name, "")
        rosters = self._program.rosters_of[at]
        ids = self._near(rosters) if rosters else ()
        return self.text(at, ids) if ids is not None else ""

    def _beside(self, name: str) -> str:
        """Return the words beside a choice: XLSForm's ``or_other`` calls them ``q_other``."""
        at, choice = self._program.beside[name]
        ids = self._near(self._program.rosters_of[at])
        if ids is None or not self.on(at, ids):
            return ""
        answer = self._answers.get(self._program.address((at, ids)))
        return dict(answer.specify).get(choice, "") if answer is not None else ""

    def nodes(self, name: str) -> tuple[str, ...]:
        """Return the texts of every instance on the path that can be seen from here; one entry a roster's member."""
        program = self._program
        at = program.index.get(name)
        if at is not None:
            return tuple(self.text(at, ids) for ids in self._every(program.rosters_of[at]) if self.on(at, ids))
        roster = program.roster_index.get(name)
        if roster is not None:
            around = program.rosters_around[roster]  # from inside it, too, all its members are meant
            return ("",) * len(self._every((*around, roster), len(around)))
        value = self._setting.values.get(name)
        return () if value is None else (value,)

    def _every(self, rosters: tuple[int, ...], most: int | None = None) -> list[Ids]:
        """Return the ids of all members below what this place shares with the rosters (with the first ``most``)."""
        shared = 0
        for one, other in zip(rosters[:most], self._rosters, strict=False):
            if one != other:
                break
            shared += 1
        found: list[Ids] = [self._ids[:shared]]
        for roster in rosters[shared:]:
            found = [(*ids, member) for ids in found for member in self.members(roster, ids)]
        return found

    def each_member(self, roster: str) -> Iterator[Pass]:
        """Yield this pass standing in each member of a roster, or of a question's, that can be seen from here."""
        program, group = self._program, self._program.roster_index.get(roster)
        if group is None:
            own = program.rosters_of[program.index[roster]] if roster in program.index else ()
            if not own:
                return
            group = own[-1]
        around = program.rosters_around[group]
        before = self._at, self._ids, self._rosters
        try:
            for ids in self._every((*around, group), len(around)):
                self._at, self._ids, self._rosters = -2 - group, ids, (*around, group)
                yield self
        finally:
            self._at, self._ids, self._rosters = before

    def seen_from(self, at: int, ids: Ids, other: int) -> list[Ids]:
        """Return the ids of every instance of another item that an item sees (``at`` -1: the whole form)."""
        before = self._ids, self._rosters
        self._ids, self._rosters = ids, self._program.rosters_of[at] if at >= 0 else ()
        try:
            return self._every(self._program.rosters_of[other])
        finally:
            self._ids, self._rosters = before

    def status(self, name: str) -> str:
        """Return an item's state."""
        at = self._at if name == "." else self._program.index.get(name)
        ids = None if at is None or at < 0 else self._near(self._program.rosters_of[at])
        if at is None or ids is None:
            return Status.NOT_ASKED.value
        answer = self._answers.get(self._program.address((at, ids)))
        if not self.on(at, ids):
            return Status.OFF_PATH.value if answer is not None else Status.NOT_ASKED.value
        return answer.status.value if answer is not None else Status.NOT_ASKED.value

    def label(self, name: str, choice: str) -> str:
        """Return the label of a choice of an item's list, of several with commas; what is none comes back as it is."""
        at = self._at if name == "." else self._program.index.get(name)
        if at is None or at < 0:
            return choice
        questionnaire = self._program.questionnaire
        found = self._program.choices.get(questionnaire.items[at].choices, {})
        parts = choice.split()
        if not any(part in found for part in parts):
            return choice
        return ", ".join(
            words_in(found[part].label, self._language, questionnaire.default_language) if part in found else part
            for part in parts
        )

    def current(self) -> str:
        """Return what ``.`` stands for."""
        return self._current

    def column(self, name: str) -> str:
        """Return a column of the choice being filtered, or of the table's row at hand."""
        return self._column.get(name, "")

    def position(self, up: int) -> float:
        """Return the number of an ancestor among its sisters, from 1: ``position(..)`` is ``up`` 1."""
        program, at = self._program, self._at
        around = program.groups_of[at] if at >= 0 else _groups_around(program, -2 - at)
        if up > len(around):
            return 1.0
        return self._number_of(around[-up])

    def position_of(self, name: str) -> float:
        """Return the number of the member at hand of a roster, NaN outside it."""
        roster = self._program.roster_index.get(name)
        return self._number_of(roster) if roster in self._rosters and roster is not None else float("nan")

    def _number_of(self, group: int) -> float:
        if group not in self._rosters:
            return 1.0
        depth = self._rosters.index(group)
        members = self.members(group, self._ids[:depth])
        own = self._ids[depth]
        return float(members.index(own) + 1) if own in members else float("nan")

    def _type(self, name: str) -> str:
        """Return what an item's text stands for: by what it asks for, or by what it was worked out as."""
        at = self._at if name == "." else self._program.index.get(name, -1)
        if at < 0:
            return ""
        item = self._program.questionnaire.items[at]
        if item.kind in _NUMBERS:
            return "number"
        calculation = self._program.calculation[at]
        if calculation is not None and item.trigger:  # kept as text between the events
            return str(type_of(calculation.node, {}))
        return "text" if item.kind in ASKED and calculation is None else self._types.get(at, "")

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        """Return an item's text in the members of these numbers, "" when there is none."""
        program = self._program
        at = program.index.get(name)
        if at is None:
            return ""
        wanted = {program.roster_index.get(roster): number for roster, number in places}
        found: Ids = ()
        for depth, roster in enumerate(program.rosters_of[at]):
            members = self.members(roster, found)
            if roster in wanted:
                number = wanted[roster]
                if number != number or not 1 <= number <= len(members):  # noqa: PLR0124 - NaN
                    return ""
                found = (*found, members[int(number) - 1])
            elif depth < len(self._rosters) and self._rosters[depth] == roster:
                found = (*found, self._ids[depth])
            elif members:
                found = (*found, members[0])
            else:
                return ""
        return self.text(at, found)

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a table beside the form, or the choices of a list; () when there is none."""
        rows = self._program.questionnaire.tables.get(name)
        if rows is not None:
            return rows
        if name == SAMPLE:
            return (self._setting.values,)
        return self._program.list_as_table(name, self._language)

    def call(self, name: str, arguments: list[Value]) -> Value:  # noqa: PLR0911 - one return a function
        """Answer clock and chance, from the recorded event and the interview's seed."""
        if name in ("today", "now"):
            local = self._now.astimezone(ZoneInfo(self._setting.zone))
            return local.date().isoformat() if name == "today" else local.isoformat(timespec="milliseconds")
        if name == "zone":
            return self._setting.zone
        if name == "type":
            return self._type(as_text(arguments[0]))
        address = self._program.address((self._at, self._ids)) if self._at >= 0 else ""
        if name == "once":
            return with_type_of(arguments[0], self.memory.computed.get(address, ""))
        if name == "random":
            return keyed(self._setting.seed, "random", address) / 2**64
        if name == "uuid":
            return hashlib.sha256(f"{self._setting.seed}/uuid/{address}".encode()).hexdigest()[:32]
        if name == "version":
            return self._program.questionnaire.version
        if name == "index":
            return self._number_of(self._rosters[-1]) if self._rosters else 1.0
        return ""


def _groups_around(program: Program, group: int) -> tuple[int, ...]:
    found: list[int] = []
    at = program.questionnaire.groups[group].parent
    while at is not None:
        found.append(at)
        at = program.questionnaire.groups[at].parent
    return tuple(reversed(found))


def _conditions(program: Program, group: int) -> list[tuple[int, int]]:
    """Return a group and those around it that have a condition, each with the number of rosters around it."""
    around = (*_groups_around(program, group), group)
    return [(g, len(program.rosters_around[g])) for g in around if program.group_relevant[g] is not None]
