"""What the items of a form can come to at all: the texts they can have, and which of them are never on the path.

Every answer is taken to be possible unless its question is out of reach itself, so that what is said to be shut is so
for certain in the form as it stands, with the case at hand; the opposite is not: what is open here may still be shut.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cati.survey.conditions import Listed, listed
from cati.survey.expression_types import type_of
from cati.survey.expressions import Expression, compile_expression
from cati.survey.functions import LIBRARY
from cati.survey.nodes import Binary, Call, Chain, Literal, Negative, Node, Reference, TablePath, every
from cati.survey.program import Program, is_dynamic
from cati.survey.questionnaire import ASKED, CHOOSING, Item, Kind, Questionnaire
from cati.survey.scope import Scope
from cati.survey.values import Value, as_boolean, as_number, as_text, kept
from cati.survey.worked_out import SAMPLE
from cati.survey.written import written

MOST_VALUES = 64
"""An item of more possible texts is taken to have any."""
_MOST_CASES = 512
_PURE = frozenset(
    name for name, one in LIBRARY.items() if one.run is not None and not one.zoned and not one.nodes
) | {"if", "coalesce", "pulldata"}  # fmt: skip
"""Functions whose result follows from their arguments and the tables alone."""
_ON_SETS = frozenset(name for name, one in LIBRARY.items() if one.nodes and one.run is not None) | {
    "indexed-repeat", "count-if", "relevant",
}  # fmt: skip
"""Functions on all members of a roster: they give something certain where there is none."""
_ORDERED = frozenset({"<", "<=", ">", ">="})
_EITHER = frozenset({True, False})

Texts = frozenset[str] | None
"""All texts a value can have; None: any."""


class Because(StrEnum):
    """Why nobody comes to a question."""

    CONDITION = "condition"
    """A condition on the way never holds."""
    NO_MEMBER = "no_member"
    """Its roster never has a member."""
    TOGETHER = "together"
    """The conditions on the way exclude each other."""
    ENDED = "ended"
    """The interview always ends before it."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """The expression that keeps an item off every path; ``group`` names the group it belongs to, "" the item itself."""

    because: Because
    expression: Expression
    group: str


class _Fixed:
    """A scope of given texts, for expressions that ask for nothing else."""

    def __init__(self, program: Program, values: Mapping[str, str]) -> None:
        self.program, self.values = program, values
        self.texts: dict[str, str] = {}

    def value(self, name: str) -> str:
        return self.texts[name]

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        return (self.values,) if name == SAMPLE else self.program.questionnaire.tables.get(name, ())

    def column(self, _name: str) -> str:
        return ""

    def nodes(self, _name: str) -> tuple[str, ...]:
        return ()

    def indexed(self, _name: str, _places: tuple[tuple[str, float], ...]) -> str:
        return ""

    def current(self) -> str:
        return ""

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Tell what an item's text stands for; pure expressions ask for nothing else."""
        at = self.program.index.get(as_text(arguments[0]), -1) if name == "type" else -1
        if at < 0:
            return ""
        calculation = self.program.calculation[at]
        if calculation is not None:
            return str(type_of(calculation.node, {}))
        return "number" if self.program.questionnaire.items[at].kind in (Kind.NUMBER, Kind.DECIMAL) else "text"


class _Form:
    """A form as `Reach` asks for it."""

    def __init__(self, program: Program) -> None:
        self.program, self.form = program, program.questionnaire
        self._listed: dict[str, Listed] = {}

    @property
    def questionnaire(self) -> Questionnaire:
        """The form."""
        return self.form

    @property
    def index(self) -> Mapping[str, int]:
        """The items by name."""
        return self.program.index

    @property
    def groups_of(self) -> Sequence[tuple[int, ...]]:
        """Of every item the groups around it, outermost first."""
        return self.program.groups_of

    @cached_property
    def around(self) -> Sequence[tuple[int, ...]]:
        """Of every group itself and the groups around it, outermost first."""
        found: list[tuple[int, ...]] = []
        for at, group in enumerate(self.form.groups):
            found.append((*(found[group.parent] if group.parent is not None else ()), at))
        return found

    def rosters_of(self, name: str) -> tuple[int, ...]:
        """Return the rosters around an item."""
        at = self.program.index.get(name)
        return () if at is None else self.program.rosters_of[at]

    def item(self, name: str) -> Item | None:
        """Return the item of a name."""
        at = self.program.index.get(name)
        return None if at is None else self.form.items[at]

    def listed(self, name: str) -> Listed:
        """Return a list ready to be asked."""
        if name not in self._listed:
            self._listed[name] = listed(self.form.choice_lists.get(name, ()))
        return self._listed[name]


class Certain(_Form):
    """What every item of a form can come to; worked out when it is asked for."""

    def __init__(self, program: Program, values: Mapping[str, str]) -> None:
        super().__init__(program)
        self.values = values
        self._texts: dict[str, Texts] = {}
        self._open: dict[int, Barrier | None] = {}
        self._groups: dict[int, Barrier | None] = {}
        self._scope = _Fixed(program, values)

    def settle(self) -> None:
        """Work everything out again with what is proven, while that proves more: circles end."""
        before = -1
        while len(self._open) + len(self._groups) != before:
            before = len(self._open) + len(self._groups)
            self._texts = {}
            for at in range(len(self.form.items)):
                self.shut(at)
            self._open = {at: proof for at, proof in self._open.items() if proof is not None}
            self._groups = {at: proof for at, proof in self._groups.items() if proof is not None}

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a table beside the form, () when there is none."""
        return self._scope.table(name)

    # What is shut

    def shut(self, at: int) -> Barrier | None:
        """Return why an item is never on the path, None when it may be."""
        if at not in self._open:
            self._open[at] = None  # a circle proves nothing
            self._open[at] = self._shut_item(at)
        return self._open[at]

    def _shut_item(self, at: int) -> Barrier | None:
        for group in self.program.groups_of[at]:
            proof = self._shut_group(group)
            if proof is not None:
                return proof
        own = self.program.relevant[at]
        if own is not None and True not in self.truths(own.node):
            return Barrier(Because.CONDITION, own, "")
        return None

    def _shut_group(self, group: int) -> Barrier | None:
        if group in self._groups:
            return self._groups[group]
        self._groups[group] = None
        name, condition, count = self.form.groups[group].name, self.program.group_relevant[group], None
        found = None
        if condition is not None and True not in self.truths(condition.node):
            found = Barrier(Because.CONDITION, condition, name)
        elif (count := self.program.group_count[group]) is not None:
            numbers = self.values_of(count.node)
            if numbers is not None and not any(as_number(number) >= 1 for number in numbers):
                found = Barrier(Because.NO_MEMBER, count, name)
        self._groups[group] = found
        return found

    def lacks(self, name: str, choice: str) -> bool:
        """Tell whether a question's list has no such choice, so that nobody can choose it."""
        item = self.item(name)
        if not choice or item is None or item.kind not in CHOOSING or item.choices_from or self.is_empty(item):
            return False
        return not self.listed(item.choices).has(choice.strip())

    def is_empty(self, item: Item) -> bool:
        """Tell whether a question is answered from a list that has nothing in it."""
        return item.kind in CHOOSING and not item.choices_from and not self.form.choice_lists.get(item.choices)

    # What an item can be

    def texts(self, name: str) -> Texts:
        """Return the texts an item can have, in any member of a roster."""
        if name not in self._texts:
            self._texts[name] = None
            found = self._work_out(name)
            self._texts[name] = found if found is None or len(found) <= MOST_VALUES else None
        return self._texts[name]

    def _work_out(self, name: str) -> Texts:
        at = self.program.index.get(name)
        if at is None:
            return self._no_item(name)
        item = self.form.items[at]
        if self.shut(at) is not None:
            return frozenset({""})
        calculation = self.program.calculation[at]
        answered = item.kind in ASKED and not item.read_only
        if item.trigger or is_dynamic(item.default) or (answered and calculation is not None):
            return None
        if answered:
            return self._answers(item)
        if calculation is not None:
            found = self.values_of(calculation.node)
            return None if found is None else frozenset(kept(one) for one in found) | {""}
        own = self.values.get(name, "") if item.kind is Kind.HIDDEN else ""
        return frozenset({own or item.default, *(("",) if not self.program.always[at] or not own else ())})

    def _no_item(self, name: str) -> Texts:
        if name in self.program.roster_index:
            return frozenset({""}) if self._is_gone(name) else None
        return None if name in self.program.beside else frozenset({self.values.get(name, "")})

    def _answers(self, item: Item) -> Texts:
        if item.choices_from:
            return None
        if self.is_empty(item):
            return frozenset({"", item.default})
        if item.kind is Kind.SINGLE:
            return frozenset(("", item.default, *self.listed(item.choices).names))
        return frozenset({""}) if item.kind is Kind.NOTE else None

    # What an expression can come to

    def truths(self, node: Node) -> frozenset[bool]:  # noqa: PLR0911 - one return a kind of node
        """Return whether a condition can hold, and whether it can fail."""
        match node:
            case Chain(operators=("or" | "and", *_), parts=parts):
                each = [self.truths(part) for part in parts]
                every_one, one = (True, False) if node.operators[0] == "and" else (False, True)
                found = {every_one} if all(every_one in each_one for each_one in each) else set()
                return frozenset(found | ({one} if any(one in each_one for each_one in each) else set()))
            case Call(name="not", arguments=(inner,)):
                return frozenset(not one for one in self.truths(inner))
            case Call(name="boolean", arguments=(inner,)):
                return self.truths(inner)
            case Call(name="selected" | "is-selected", arguments=(Reference(name=name), choice)) if self.lacks(
                name, constant(choice)
            ) and not self._default(name):
                return frozenset({False})
            case Call(name="answered" | "is_dk" | "is_refused" | "is_skipped", arguments=(Reference(name=name),)):
                at = self.program.index.get(name)
                return frozenset({False}) if at is not None and self.shut(at) is not None else _EITHER
            case Binary(operator=operator, left=left, right=right) if operator in _ORDERED and (
                self._no_number(left) or self._no_number(right)
            ):
                return frozenset({False})
            case _:
                found_values = self.values_of(Call("boolean", (node,), 0))
                return _EITHER if found_values is None else frozenset(as_boolean(one) for one in found_values)

    def _is_pure(self, part: Node) -> bool:
        """Tell whether a part's value follows from the texts of items and from tables."""
        match part:
            case TablePath(table=table):
                return table not in self.form.choice_lists
            case Call(name="pulldata", arguments=(first, *_)):
                return isinstance(first, Literal) and _table(first.value) not in self.form.choice_lists
            case Call(name=name):
                return name in _PURE or (name in _ON_SETS and all(self._is_gone(one) for one in names_in(part)))
            case _:
                return True

    def _is_gone(self, name: str) -> bool:
        """Tell whether an item or a roster is never there."""
        at, roster = self.program.index.get(name), self.program.roster_index.get(name)
        if at is not None:
            return self.shut(at) is not None
        return roster is not None and self._shut_group(roster) is not None

    def _default(self, name: str) -> str:
        item = self.item(name)
        return item.default if item is not None else ""

    def _no_number(self, node: Node) -> bool:
        found = self.values_of(node)
        return found is not None and all(math.isnan(as_number(one)) for one in found)

    def values_of(self, node: Node) -> frozenset[Value] | None:
        """Return all values an expression can come to, None for any."""
        match node:
            case Call(name="if", arguments=(condition, one, other)):
                truths = self.truths(condition)
                each = [self.values_of(part) for yes, part in ((True, one), (False, other)) if yes in truths]
                return None if any(part is None for part in each) else frozenset().union(*(part or () for part in each))
            case Call(name="once" | "boolean", arguments=(Call(name="if") as inner,)) if node.name == "once":
                return self.values_of(inner)
        if not all(self._is_pure(part) for part in every(node)):
            return None
        names = list(names_in(node))
        sets = [self.texts(name) for name in names]
        cases = math.prod(len(one) if one is not None else _MOST_CASES + 1 for one in sets)
        if cases > _MOST_CASES:
            return None
        run, found = compile_expression(written(node)).run, set()
        scope: Scope = self._scope  # type: ignore[assignment] # pure expressions ask for no more
        for texts in itertools.product(*(sorted(one or ()) for one in sets)):
            self._scope.texts = dict(zip(names, texts, strict=True))
            found.add(run(scope))
        return frozenset(found) if len(found) <= MOST_VALUES else None


def _table(name: str | float) -> str:
    return as_text(name).removesuffix(".csv")


def constant(node: Node) -> str:
    """Return the text of a constant, "" for anything else."""
    if isinstance(node, Negative) and isinstance(node.inner, Literal):
        return f"-{as_text(node.inner.value)}"
    return as_text(node.value) if isinstance(node, Literal) else ""


def names_in(node: Node) -> Iterator[str]:
    """Yield the names that an expression looks at."""
    yield from dict.fromkeys(part.name for part in every(node) if isinstance(part, Reference))
