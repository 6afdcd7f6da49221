"""Questions that nobody can be asked, and why: proven from conditions, lists, tables and the case's own values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cati.survey.certain import Barrier, Because, Certain, constant, names_in
from cati.survey.conditions import (
    MOST_ALTERNATIVES,
    Alternative,
    Demand,
    alternatives,
    any_values,
    possible,
    values_of_item,
)
from cati.survey.form_lint_reach import Reach
from cati.survey.nodes import Binary, Call, Literal, Node, Reference, TablePath, every
from cati.survey.program import Program, program_of
from cati.survey.questionnaire import ASKED, Kind, Questionnaire


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Why a question is out of reach: the expression on the way to it, and what that looks at in the end.

    ``group``: the name of the group the expression belongs to, "" for the item's own. ``values``: values of the case,
    by name. ``tables``: tables that are not there. ``choices``: question and choice where the list lacks the choice.
    ``lists``: questions whose list is empty. ``questions``: those that are out of reach themselves.
    """

    because: Because
    condition: str = ""
    group: str = ""
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tables: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    lists: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def proofs(questionnaire: Questionnaire, values: Mapping[str, str]) -> dict[str, Proof]:
    """Return why questions are out of reach, by name, where that is certain; ``values`` are the case's own."""
    return _proofs(Certain(program_of(questionnaire), values))


def _proofs(certain: Certain) -> dict[str, Proof]:
    """Return why questions are out of reach."""
    certain.settle()
    found: dict[str, Proof] = {}
    reach = _Reach(certain)
    ends: list[tuple[str, tuple[Alternative, ...]]] = []
    for at, item in enumerate(certain.form.items):
        proof = _barred(certain, at)
        if proof is None and not (reach.items[at] and reach.through(at)):
            proof = Proof(because=Because.TOGETHER, condition=item.relevant)
        if proof is None:
            ended = next((name for name, stays in ends if not reach.passes(at, stays)), "")
            proof = Proof(because=Because.ENDED, questions=(ended,)) if ended else None
        if proof is not None and item.kind in ASKED:
            found.setdefault(item.name, proof)
        going_on = _going_on(certain, at)
        if going_on is not None:
            ends.append((item.name, going_on))
    return found


def _going_on(certain: Certain, at: int) -> tuple[Alternative, ...] | None:
    """Return when an interview goes on behind an end, () for never; None for what is no end or is not certain."""
    item, program = certain.form.items[at], certain.program
    over = item.kind is Kind.TERMINATE or (item.kind is Kind.QUOTA and certain.values.get("quota_full") == "1")
    around = program.groups_of[at]
    if not over or program.has_order or program.rosters_of[at]:
        return None
    conditions = [program.relevant[at], *(program.group_relevant[group] for group in around)]
    nodes = [one.node for one in conditions if one is not None and certain.truths(one.node) != {True}]
    if not nodes:
        return ()
    if len(nodes) > 1 or any(certain.rosters_of(name) for name in names_in(nodes[0])):
        return None
    return alternatives(nodes[0], positive=False)


def _barred(certain: Certain, at: int) -> Proof | None:
    barrier = certain.shut(at)
    return None if barrier is None else _proof(certain, barrier)


def _proof(certain: Certain, barrier: Barrier) -> Proof:
    """Say what an expression looks at in the end that nobody's answer can change."""
    values: dict[str, str] = {}
    tables: dict[str, None] = {}
    choices: dict[tuple[str, str], None] = {}
    lists: dict[str, None] = {}
    questions: dict[str, None] = {}
    for part in _looked_at(certain.program, barrier.expression.node):
        match part:
            case (
                Call(name="selected", arguments=(Reference(name=name), choice))
                | Binary(operator="=", left=Reference(name=name), right=choice)
            ):
                if certain.lacks(name, constant(choice)):
                    choices[name, constant(choice)] = None
            case Call(name="pulldata", arguments=(Literal(value=str(table)), *_)) | TablePath(table=table):
                if not certain.table(table.removesuffix(".csv")) and table not in certain.form.choice_lists:
                    tables[table.removesuffix(".csv")] = None
            case Reference(name=name):
                at = certain.program.index.get(name)
                if _is_of_the_case(certain, name):
                    values[name] = certain.values.get(name, "")
                elif at is not None and certain.form.items[at].kind in ASKED and certain.shut(at) is not None:
                    questions[name] = None
                elif at is not None and certain.is_empty(certain.form.items[at]):
                    lists[name] = None
    return Proof(
        because=barrier.because,
        condition=barrier.expression.source,
        group=barrier.group,
        values=tuple(values.items()),
        tables=tuple(tables),
        choices=tuple(choices),
        lists=tuple(lists),
        questions=tuple(questions),
    )


def _looked_at(program: Program, node: Node) -> Iterator[Node]:
    """Yield the parts of an expression and of the calculations it looks at."""
    todo, seen = [node], set()
    while todo:
        for part in every(todo.pop(0)):
            yield part
            if isinstance(part, Reference) and part.name not in seen:
                seen.add(part.name)
                at = program.index.get(part.name)
                calculation = program.calculation[at] if at is not None else None
                if calculation is not None:
                    todo.append(calculation.node)


def _is_of_the_case(certain: Certain, name: str) -> bool:
    item = certain.item(name)
    if item is None:
        return name not in certain.program.roster_index and name not in certain.program.beside
    return item.kind is Kind.HIDDEN and not item.calculation


class _Reach(Reach):
    """When each row is on the path, as far as that is certain with this case."""

    def __init__(self, certain: Certain) -> None:
        self._certain = certain
        super().__init__(certain)

    def passes(self, at: int, going_on: Sequence[Alternative]) -> bool:
        """Tell whether an item can be on the path of an interview that goes on behind an end."""
        cases = [(*case, *one) for case in self.items[at] for one in going_on]
        return len(cases) > MOST_ALTERNATIVES or any(possible(case, self._values) for case in cases)

    def _values(self, name: str, demands: Sequence[Demand]) -> list[str] | None:
        known = self._certain.texts(name)
        if known is not None:
            return sorted(known)
        item = self._certain.item(name)
        if item is None:
            return any_values(demands)
        if item.kind is Kind.NOT_ASKED:
            return None
        return values_of_item(item, self._certain.listed(item.choices), demands)
