"""Questions put on the path of a simulated interview and answered as wished, by way of the conditions around them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from cati.survey.answers import Answer
from cati.survey.candidates import Wish, answers_for, at_least, unlike
from cati.survey.events import EventKind
from cati.survey.expressions import Expression, compile_expression
from cati.survey.nodes import Current, Literal, Node, Reference, every
from cati.survey.program import Ids, Place, Program, program_of
from cati.survey.questionnaire import Choice
from cati.survey.random_walk import Walk
from cati.survey.shown import columns_of, shown_choices
from cati.survey.values import Value, as_boolean, as_number, as_text
from cati.survey.written import written

T = TypeVar("T")
THOUGHTS_TO_AN_ACT = 10
"""An event costs about as much as so many looks at a condition."""
DEEPEST = 24
"""Conditions on conditions on conditions: what lies deeper is left to chance."""
TRIES = 6
MOST_MEMBERS = 12
_POSITIONS = frozenset({"position", "index"})


@dataclass(frozen=True, slots=True)
class Where:
    """Where an expression stands: at an item of one member, or at a group, of which the item is then one inside.

    ``current`` is what ``.`` stands for, ``row`` what a list's filter reads.
    """

    at: int
    ids: Ids
    group: int = -1
    current: str = ""
    row: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=20_000)
def _compiled(node: Node) -> Expression:
    return compile_expression(written(node))


@lru_cache(maxsize=20_000)
def _truth(node: Node) -> Expression:
    return compile_expression(f"boolean({written(node)})")


@lru_cache(maxsize=20_000)
def asks(node: Node) -> tuple[str, ...]:
    """Return the names that a node looks at, "." for the value at hand."""
    named = (part for part in every(node) if isinstance(part, Reference | Current))
    return tuple(dict.fromkeys("." if isinstance(part, Current) else part.name for part in named))


class Sight:
    """What holds in a simulated interview at the moment; ``most`` bounds the events of those that change it."""

    def __init__(self, walk: Walk, most: int) -> None:
        self.walk, self.most = walk, most
        self.thoughts, self.most_thoughts = 0, THOUGHTS_TO_AN_ACT * (most - walk.acts)
        self.program: Program = program_of(walk.form)

    def value(self, node: Node, where: Where) -> Value:
        """Work out a node as it stands somewhere."""
        return self._ask(_compiled(node), where)

    def _ask(self, expression: Expression, where: Where) -> Value:
        scope = self.walk.state.scope
        if where.group >= 0:
            return scope.at_group(expression, where.group, where.ids)
        return scope.here(expression, where.at, where.ids, where.current, where.row)

    def text(self, node: Node, where: Where) -> str:
        """Work out a node as text."""
        return as_text(self.value(node, where))

    def truth(self, node: Node, where: Where) -> bool:
        """Tell whether a node holds."""
        return as_boolean(self._ask(_truth(node), where))

    def spent(self) -> bool:
        """Tell whether enough has been tried."""
        return self.walk.acts >= self.most or self.thoughts >= self.most_thoughts

    def _mine(self, where: Where) -> tuple[int, ...]:
        program = self.program
        return program.rosters_around[where.group] if where.group >= 0 else program.rosters_of[where.at]

    def seen(self, theirs: tuple[int, ...], where: Where) -> list[Ids]:
        """Return the ids of all members that a place sees, own ones as far as shared."""
        shared = 0
        for one, other in zip(theirs, self._mine(where), strict=False):
            if one != other:
                break
            shared += 1
        found: list[Ids] = [where.ids[:shared]]
        for roster in theirs[shared:]:
            found = [(*ids, member) for ids in found for member in self.walk.state.scope.members(roster, ids)]
        return found

    def shuffled(self, parts: Sequence[T]) -> list[T]:
        """Return parts in a random order."""
        return self.walk.draw.sample(list(parts), len(parts))


class Placing(Sight, ABC):
    """Puts questions on the path and answers them; what it did stays done when it fails. ``most`` bounds the events.

    ``kept``: conditions, and whether they are to hold, that an answer should leave as they are. ``wanted``: what has
    been wished for of the value at hand, which stays as it is.
    """

    def __init__(self, walk: Walk, most: int) -> None:
        super().__init__(walk, most)
        self._busy: set[Place] = set()
        self.kept: list[tuple[Node, bool, Where]] = []
        self.wanted: list[str] = []

    @abstractmethod
    def bring(self, node: Node, wanted: bool, where: Where, depth: int = 0) -> bool:
        """Make a condition true, or false; tell whether it came about."""

    @abstractmethod
    def give(self, node: Node, wish: Wish, where: Where, depth: int = 0) -> bool:
        """Make an expression come to a value that is wished for; tell whether it came about."""

    # Questions

    def place(self, name: str, where: Where, depth: int, *, any_member: bool = False) -> Place | None:
        """Return the item that a name means somewhere, put on the path; None when that fails."""
        at = self.program.index.get(name)
        if at is None:
            return None
        seen = self.seen(self.program.rosters_of[at], where)
        ids = (self.walk.draw.choice(seen) if any_member else seen[0]) if seen else None
        found = self.open(at, ids, depth + 1)
        return None if found is None else (at, found)

    def open(self, at: int, ids: Ids | None = None, depth: int = 0) -> Ids | None:
        """Put an item on the path, in this member or in any; return its ids, None when that fails."""
        program, state = self.program, self.walk.state
        if ids is not None and program.address((at, ids)) in state.route.on_path:
            return ids
        key = (at, ids or ())
        if depth > DEEPEST or self.spent() or key in self._busy:
            return None
        self._busy.add(key)
        try:
            for _ in range(3):  # what is brought about last may undo what came first
                found = self._opened(at, ids, depth)
                if found is None:
                    return None
                if program.address((at, found)) in self.walk.state.route.on_path:
                    return found
            return None
        finally:
            self._busy.discard(key)

    def _opened(self, at: int, ids: Ids | None, depth: int) -> Ids | None:
        before = len(self.kept)
        try:
            return self._through(at, ids, depth)
        finally:
            del self.kept[before:]

    def _through(self, at: int, ids: Ids | None, depth: int) -> Ids | None:
        program = self.program
        here: Ids = ()
        for group in program.groups_of[at]:
            condition = program.group_relevant[group]
            if condition is not None and not self.hold(condition.node, Where(at, here, group), depth):
                return None
            if program.questionnaire.groups[group].repeat:
                wanted = None if ids is None or len(ids) <= len(here) else ids[len(here)]
                member = self._member(group, here, at, wanted, depth)
                if member is None:
                    return None
                here = (*here, member)
        own = program.relevant[at]
        if own is not None and not self.hold(own.node, Where(at, here), depth):
            return None
        return here if self._go_on(at, here, depth) else None

    def hold(self, node: Node, where: Where, depth: int, *, wanted: bool = True) -> bool:
        """Bring a condition about and keep it so."""
        if not self.bring(node, wanted, where, depth + 1):
            return False
        self.kept.append((node, wanted, where))
        return True

    def _member(self, group: int, here: Ids, at: int, wanted: int | None, depth: int) -> int | None:
        """Return a member of a roster, the wanted one where it can be had."""

        def members() -> Ids:
            return self.walk.state.scope.members(group, here)

        if wanted is not None and wanted in members():
            return wanted
        least = self.walk.draw.choice(_numbers(self.program, at) or (1, 1, 2, 3))
        if len(members()) < least:
            self._grown(group, here, at, at_least(least), depth)
        found = members()
        return found[min(least, len(found)) - 1] if found else None

    def _grown(self, group: int, here: Ids, at: int, wish: Wish, depth: int) -> bool:
        """Bring a roster to a number of members that is wished for."""
        program = self.program
        count = program.group_count[group]
        if count is not None:
            return self.give(count.node, wish, Where(at, here, group), depth + 1)
        prompt = program.address((-1 - group, here))
        for _ in range(MOST_MEMBERS):
            number = len(self.walk.state.scope.members(group, here))
            if wish.holds(str(number)):
                return True
            self.walk.act(EventKind.MEMBER_ADDED, prompt)
            if self.walk.state.refusal is not None:
                return False
        return False

    def members_of(self, name: str, wish: Wish, where: Where, depth: int) -> None:
        """Bring the roster of this name, or the one around an item of this name, to a number of members."""
        group = self.program.roster_index.get(name)
        at = self.program.index.get(name)
        if group is None and at is not None and self.program.rosters_of[at]:
            group = self.program.rosters_of[at][-1]
        if group is None:
            return
        inside = next((one for one, around in enumerate(self.program.rosters_of) if group in around), None)
        around = self.seen(self.program.rosters_around[group], where)
        if inside is not None and around:
            self._grown(group, around[0], inside, wish, depth)

    def _go_on(self, at: int, ids: Ids, depth: int) -> bool:
        """Keep the interview from ending before an item."""
        for _ in range(TRIES):
            route = self.walk.state.route
            if route.ended_by is None or self.program.address((at, ids)) in route.on_path:
                return True
            end, its = route.screens[-1][-1]
            program = self.program
            conditions = [(program.relevant[end], Where(end, its))] + [
                (program.group_relevant[group], Where(end, its[:depth_of], group))
                for group, depth_of in program.conditions_of[end]
            ]
            known = [(one, where) for one, where in conditions if one is not None]
            if not any(self.bring(one.node, False, where, depth + 1) for one, where in self.shuffled(known)):
                return False
        return False

    def item(self, name: str, wish: Wish, where: Where, depth: int) -> bool:
        """Make an item's text one that is wished for: answered so, or worked out so from what else is answered."""
        program = self.program
        if name in program.beside:
            return self._beside(name, wish, where, depth)
        at = program.index.get(name)
        if at is None or depth > DEEPEST:
            return False
        place = self.place(name, where, depth)
        return place is not None and self.item_at(*place, wish, depth)

    def item_at(self, at: int, ids: Ids, wish: Wish, depth: int) -> bool:
        """Make the text of an item in one member one that is wished for."""
        program, place = self.program, (at, ids)
        if self.open(at, ids, depth) is None:
            return False
        if program.wanted[at]:
            return self.answer(place, wish, depth)
        calculation = program.calculation[at]
        if calculation is None or place in self._busy:
            return False
        self._busy.add(place)
        try:
            done = self.give(calculation.node, wish, Where(at, ids), depth + 1)
        finally:
            self._busy.discard(place)
        for one in program.questionnaire.items[at].trigger:
            self.item(one, unlike(self.walk.state.scope.value(one)), Where(at, ids), depth + 1)
        return done

    def _beside(self, name: str, wish: Wish, where: Where, depth: int) -> bool:
        at, choice = self.program.beside[name]
        place = self.place(self.program.names[at], where, depth)
        if place is None:
            return False
        for words in (*wish.values, "-"):
            if wish.holds(words):
                answer = Answer(value=choice, specify=((choice, words),))
                return self.walk.act(EventKind.ANSWERED, self.program.address(place), answer).refusal is None
        return False

    def answer(self, place: Place, wish: Wish, depth: int = 0) -> bool:
        """Answer a question on the path so that its text is one wished for."""
        at, ids = place
        address = self.program.address(place)
        self._list(at, ids, wish, depth)
        walk = self.walk
        state = walk.act(EventKind.JUMPED, address)
        question = (
            next((one for one in state.screen.questions if one.address == address), None) if state.screen else None
        )
        if question is None:
            return False
        known = walk.known
        name = question.item.name
        second: Answer | None = None
        found = answers_for(question, wish, known.hints.get(name, ()), known.patterns.get(name, ""), walk.draw)
        for tried, answer in enumerate(found):
            if self.spent() or tried >= 2 * TRIES:
                break
            if not walk.put(address, answer) and not (tried < TRIES and self._admitted(place, answer, depth)):
                continue
            if all(self.truth(node, at_place) == wanted for node, wanted, at_place in self.kept):
                return True
            second = second or answer
        return second is not None and walk.put(address, second)

    def _admitted(self, place: Place, answer: Answer, depth: int) -> bool:
        """Change what else a check looks at until it takes an answer."""
        at, ids = place
        check = self.program.constraint[at]
        if check is None or all(one == self.program.names[at] for one in check.references):
            return False
        self.bring(check.node, True, Where(at, ids, current=answer.value), depth + 1)
        address = self.program.address(place)
        return address in self.walk.state.route.on_path and self.walk.put(address, answer)

    def _list(self, at: int, ids: Ids, wish: Wish, depth: int) -> None:
        """Bring a list's filter to show a choice that is wished for, where it does not."""
        keep = self.program.choice_filter[at]
        item = self.program.questionnaire.items[at]
        if keep is None or item.choices_from:
            return
        scope, seed = self.walk.state.scope, self.walk.state.setting.seed
        shown = {choice.name for choice in shown_choices(self.program, at, ids, scope, seed)}
        if any(wish.holds(name) for name in shown):
            return
        listed = self.program.choices.get(item.choices, {})
        wanted: list[Choice] = [listed[name] for name in wish.values if name in listed]
        others = [choice for choice in listed.values() if choice.name not in wish.values and wish.holds(choice.name)]
        for choice in [*wanted, *self.shuffled(others)][:TRIES]:
            where = Where(at, ids, current=choice.name, row=columns_of(choice))
            if self.bring(keep.node, True, where, depth + 1):
                return

    def stir(self, node: Node, where: Where, done: Callable[[], bool]) -> bool:
        """Answer something that a node depends on in another way, a few times, and see."""
        names = _levers(self.program, node)
        for _ in range(TRIES):
            if not names or self.spent():
                return False
            name = self.walk.draw.choice(names)
            place = self.place(name, where, DEEPEST - 2, any_member=True)
            if place is not None and self.answer(place, unlike(self.walk.state.scope.text(*place)), DEEPEST) and done():
                return True
        return False


def _numbers(program: Program, at: int) -> tuple[int, ...]:
    """Return which members a condition asks for, where it looks at their number."""
    conditions = [program.relevant[at], *(program.group_relevant[group] for group in program.groups_of[at])]
    found: set[int] = set()
    for one in conditions:
        if one is not None and not _POSITIONS.isdisjoint(one.calls):
            said = [as_number(part.value) for part in every(one.node) if isinstance(part, Literal)]
            found |= {int(n) + step for n in said if 0 <= n < MOST_MEMBERS for step in (0, 1)}
    return tuple(sorted(found - {0}))


def _levers(program: Program, node: Node) -> list[str]:
    """Return the questions that a node depends on, through calculations."""
    found: dict[str, None] = {}
    todo, seen = list(asks(node)), set()
    while todo:
        name = todo.pop()
        at = program.index.get(name)
        if at is None or name in seen:
            continue
        seen.add(name)
        if program.wanted[at]:
            found[name] = None
        elif (calculation := program.calculation[at]) is not None:
            todo += calculation.references
    return list(found)
