"""What the names in an expression mean where it stands, in one pass over an interview: the scope of expressions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from cati.survey.answers import Status
from cati.survey.expression_types import type_of
from cati.survey.ordering import keyed
from cati.survey.pass_values import PassValues, groups_around
from cati.survey.program import Ids
from cati.survey.questionnaire import ASKED, Kind, words_in
from cati.survey.values import Value, as_text, with_type_of

SAMPLE = "sample"
"""The table of one row that holds what the case brings along."""
_NUMBERS = frozenset({Kind.NUMBER, Kind.DECIMAL})


class Pass(PassValues):
    """One look at an interview's answers, as the expressions of its questionnaire see it."""

    __slots__ = ()

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
        around = program.groups_of[at] if at >= 0 else groups_around(program, -2 - at)
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
