"""A form as its checks look at it: the questionnaire, where everything stands, and every expression compiled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cati.survey.conditions import Listed, listed
from cati.survey.diagnostics import Findings
from cati.survey.expression_types import Type, type_of
from cati.survey.expressions import Expression
from cati.survey.form_choices import cell
from cati.survey.form_rows import SURVEY, Form, Heading, Row
from cati.survey.program import expression_or_none, is_dynamic
from cati.survey.questionnaire import SUBSTANTIVE, Choice, Group, Item, Kind, Questionnaire

Place = tuple[str, int, str]
"""Sheet, row and column."""

_TYPES = {
    Kind.SINGLE: Type.CHOICE, Kind.MULTIPLE: Type.CHOICES, Kind.RANK: Type.CHOICES, Kind.NUMBER: Type.NUMBER,
    Kind.DECIMAL: Type.NUMBER, Kind.DATE: Type.DATE, Kind.TIME: Type.TIME, Kind.DATETIME: Type.DATETIME,
    Kind.TEXT: Type.TEXT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """An expression and its cell. ``item`` and ``group`` are indices, -1 for none; exactly one of them is not."""

    item: int
    group: int
    column: str
    row: int
    expression: Expression

    @property
    def place(self) -> Place:
        """Where the expression stands."""
        return SURVEY, self.row, self.column


@dataclass(slots=True, eq=False)
class Scene:
    """What the checks of a form look at. Lists go by item or by group index, both in the form's order."""

    form: Form
    survey: dict[str, Heading]
    choice_headings: dict[str, Heading]
    questionnaire: Questionnaire
    group_rows: list[int]
    choice_rows: Mapping[tuple[str, str], int]
    left_out: frozenset[str]
    """Names of rows that never become items."""
    findings: Findings
    index: dict[str, int] = field(default_factory=dict)
    groups_of: list[tuple[int, ...]] = field(default_factory=list)
    """Of every item the groups around it, outermost first."""
    around: list[tuple[int, ...]] = field(default_factory=list)
    """Of every group itself and the groups around it, outermost first."""
    written: list[Written] = field(default_factory=list)
    types: dict[str, Type] = field(default_factory=dict)
    columns: dict[str, set[str] | None] = field(default_factory=dict)
    """What filters can ask of each list's choices, as far as it was asked for."""
    _listed: dict[str, Listed] = field(default_factory=dict)
    _rows: dict[int, Row] = field(default_factory=dict)

    def item(self, name: str) -> Item | None:
        """Return the item of a name."""
        at = self.index.get(name)
        return None if at is None else self.questionnaire.items[at]

    def choices(self, item: Item) -> tuple[Choice, ...]:
        """Return the choices of an item, before any filter."""
        return self.questionnaire.choice_lists.get(item.choices, ())

    def cell(self, row: int, column: str) -> str:
        """Return an untranslated cell of the sheet survey by the row's number, "" when it is empty."""
        if not self._rows:
            self._rows = {each.number: each for each in self.form.survey.rows}
        return cell(self._rows[row], self.survey, column) if row in self._rows else ""

    def listed(self, name: str) -> Listed:
        """Return the choices of a list as conditions ask for them."""
        if name not in self._listed:
            self._listed[name] = listed(self.questionnaire.choice_lists.get(name, ()))
        return self._listed[name]

    def rosters_of(self, name: str) -> tuple[int, ...]:
        """Return the rosters around an item, outermost first."""
        at = self.index.get(name)
        groups = self.questionnaire.groups
        return () if at is None else tuple(group for group in self.groups_of[at] if groups[group].repeat)

    def groups_around(self, written: Written) -> tuple[int, ...]:
        """Return the groups around the cell of an expression: a group's own condition stands outside it."""
        return self.groups_of[written.item] if written.item >= 0 else self.around[written.group][:-1]

    def group(self, at: int) -> Group:
        """Return the group of an index."""
        return self.questionnaire.groups[at]

    def answered_by_someone(self, name: str) -> bool:
        """Tell whether a name is a question that somebody is asked."""
        item = self.item(name)
        return item is not None and item.kind in SUBSTANTIVE and not item.read_only


def scene_of(
    form: Form, survey: dict[str, Heading], choice_headings: dict[str, Heading], questionnaire: Questionnaire,
    group_rows: list[int], choice_rows: Mapping[tuple[str, str], int], left_out: Collection[str], findings: Findings,
) -> Scene:  # fmt: skip
    """Return what the checks look at; expressions that cannot be read have been told of and are left out."""
    scene = Scene(form, survey, choice_headings, questionnaire, group_rows, choice_rows, frozenset(left_out), findings)
    for at, group in enumerate(questionnaire.groups):
        scene.around.append((*(scene.around[group.parent] if group.parent is not None else ()), at))
    for at, item in enumerate(questionnaire.items):
        scene.index.setdefault(item.name, at)
        scene.groups_of.append(scene.around[item.group] if item.group is not None else ())
    for at, group in enumerate(questionnaire.groups):
        cells = {"relevant": group.relevant, "repeat_count": group.repeat_count}
        scene.written += _compiled(-1, at, group_rows[at], cells)
    for at, item in enumerate(questionnaire.items):
        if item.kind is not Kind.NOT_ASKED:
            scene.written += _compiled(at, -1, item.row, cells_of(item))
    scene.types = _types(scene)
    return scene


def cells_of(item: Item) -> dict[str, str]:
    """Return the expressions of an item by column, "" for none; flags and plain defaults are no expressions."""
    return {
        "relevant": item.relevant,
        "constraint": item.constraint,
        "calculation": item.calculation,
        "choice_filter": item.choice_filter,
        "cati_soft": item.soft,
        "required": "" if item.required in ("yes", "true()") else item.required,
        "default": item.default if is_dynamic(item.default) else "",
        "parameters": item.seed,
    }


def _compiled(item: int, group: int, row: int, cells: Mapping[str, str]) -> list[Written]:
    found = []
    for column, source in cells.items():
        expression = expression_or_none(source) if source else None
        if expression is not None:
            found.append(Written(item, group, column, row, expression))
    return found


def _types(scene: Scene) -> dict[str, Type]:
    """Return the type of every item; a calculation has the type that its expression comes to.

    A text that is worked out may well hold a number: nothing is said of it.
    """
    types = {item.name: _TYPES[item.kind] for item in scene.questionnaire.items if item.kind in _TYPES}
    for item in scene.questionnaire.items:
        if item.kind is Kind.TEXT and "number" in scene.cell(item.row, "appearance").lower():
            types[item.name] = Type.UNKNOWN  # ODK's text of digits
    for written in scene.written:
        worked_out = scene.questionnaire.items[written.item] if written.item >= 0 else None
        if worked_out is not None and worked_out.kind is Kind.CALCULATE and written.column == "calculation":
            found = type_of(written.expression.node, types)
            types[worked_out.name] = Type.UNKNOWN if found in (Type.TEXT, Type.NODES) else found
    return types
