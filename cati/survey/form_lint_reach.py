"""Questions that nobody is ever asked: conditions that never hold, and what stands behind the end of the interview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cati.survey.conditions import (
    MOST_ALTERNATIVES,
    TRUE,
    Alternative,
    Demand,
    Listed,
    alternatives,
    any_values,
    joined,
    possible,
    values_of_item,
)
from cati.survey.form_rows import SURVEY
from cati.survey.form_scene import Scene
from cati.survey.program import expression_or_none
from cati.survey.questionnaire import ASKED, Item, Kind, Order, Questionnaire
from cati.text import tr

_MATTERS = ASKED | {Kind.TERMINATE, Kind.QUOTA}
_MOST_TRIED = 4_000
"""Beyond so many alternatives the rest of a form is taken to be reached; real forms stay far below."""
_NEVER: tuple[Alternative, ...] = ()


class Standing(Protocol):
    """What is asked of a form: its questions, where they stand, and their lists."""

    @property
    def questionnaire(self) -> Questionnaire:
        """The form."""

    @property
    def index(self) -> Mapping[str, int]:
        """The items by name."""

    @property
    def groups_of(self) -> Sequence[tuple[int, ...]]:
        """Of every item the groups around it, outermost first."""

    @property
    def around(self) -> Sequence[tuple[int, ...]]:
        """Of every group itself and the groups around it, outermost first."""

    def rosters_of(self, name: str) -> tuple[int, ...]:
        """Return the rosters around an item, outermost first."""

    def item(self, name: str) -> Item | None:
        """Return the item of a name."""

    def listed(self, name: str) -> Listed:
        """Return a list as conditions ask for it."""


class Reach:
    """When each row is on the path, as far as that is certain: the alternatives that can hold, () for never."""

    def __init__(self, scene: Standing) -> None:
        self._scene = scene
        self._tried = 0
        self.groups: list[tuple[Alternative, ...]] = []
        for at, group in enumerate(scene.questionnaire.groups):
            outer = self.groups[group.parent] if group.parent is not None else TRUE
            own = self._own(group.relevant, scene.around[at][:-1])
            self.groups.append(self._both(outer, own))
        self.items: list[tuple[Alternative, ...]] = []
        for at, item in enumerate(scene.questionnaire.items):
            outer = self.groups[item.group] if item.group is not None else TRUE
            self.items.append(self._both(outer, self._own(item.relevant, scene.groups_of[at])))

    def _own(self, source: str, around: tuple[int, ...]) -> tuple[Alternative, ...]:
        """Return when a condition holds; what it asks of other rosters' members is left out: it may be any of them."""
        expression = expression_or_none(source) if source else None
        if expression is None:
            return TRUE
        return tuple(
            tuple(one for one in case if set(self._scene.rosters_of(one.name)) <= set(around))
            for case in alternatives(expression.node)
        )

    def _both(
        self, outer: tuple[Alternative, ...], own: tuple[Alternative, ...]
    ) -> tuple[Alternative, ...]:  # fmt: skip
        """Return the alternatives of two conditions that can hold together; the inner one alone when there are many."""
        if own is TRUE or outer is _NEVER:
            return outer
        whole = joined((outer, own)) if len(outer) * len(own) <= MOST_ALTERNATIVES else own
        return tuple(case for case in whole if self.possible(case))

    def possible(self, case: Alternative) -> bool:
        """Tell whether demands can hold together, given the types and lists of the questions."""
        self._tried += 1
        return self._tried > _MOST_TRIED or possible(case, self._values)

    def _values(self, name: str, demands: Sequence[Demand]) -> list[str] | None:
        item = self._scene.item(name)
        if item is None:
            return any_values(demands)
        if item.kind is Kind.NOT_ASKED:
            return None
        return values_of_item(item, self._scene.listed(item.choices), demands)

    def through(self, at: int) -> bool:
        """Tell whether an item can be reached when the questions its condition needs answered must be on the path."""
        for case in self.items[at]:
            needed = {one.name for one in case if not one.empty()}
            cases: tuple[Alternative, ...] = (case,)
            for name in needed:
                asked = self._scene.index.get(name)
                if asked is None or asked >= at or self._scene.rosters_of(name):
                    continue
                both = len(cases) * len(self.items[asked])
                if both <= MOST_ALTERNATIVES and self.items[asked]:
                    cases = tuple(
                        whole for one in cases for other in self.items[asked] if self.possible(whole := (*one, *other))
                    )
            if cases:
                return True
        return False


def check_reach(scene: Scene, told: frozenset[tuple[int, str]]) -> Reach:
    """Note rows that are never reached, a group once; ``told`` are cells whose fault has been named already."""
    reach = Reach(scene)
    hopeless: set[int] = set()
    for at, group in enumerate(scene.questionnaire.groups):
        if group.parent in hopeless or not reach.groups[at]:
            hopeless.add(at)
            asks = any(
                at in scene.groups_of[n] and item.kind in _MATTERS for n, item in enumerate(scene.questionnaire.items)
            )
            if group.parent not in hopeless and asks:
                _note(scene, scene.group_rows[at], told)
    for at, item in enumerate(scene.questionnaire.items):
        if item.kind in _MATTERS and item.group not in hopeless and not reach.through(at):
            _note(scene, item.row, told)
    _check_end(scene)
    return reach


def _note(scene: Scene, row: int, told: frozenset[tuple[int, str]]) -> None:
    if (row, "relevant") not in told:
        scene.findings.warning(
            "unreachable",
            (SURVEY, row, "relevant"),
            tr("This condition never holds, so nobody is ever asked."),
            tr("Check its values, “and” and “or”, and the conditions of the groups around and of questions it names."),
        )


def _check_end(scene: Scene) -> None:
    """Note the first question behind a row that ends every interview."""
    groups = scene.questionnaire.groups
    ended = 0
    for at, item in enumerate(scene.questionnaire.items):
        around = scene.groups_of[at]
        if ended and item.kind in _MATTERS:
            scene.findings.warning(
                "after_the_end",
                (SURVEY, item.row, "type"),
                tr("Row {row} ends every interview, so nothing from here on is asked.", row=ended),
                tr("Give row {row} a condition in the column relevant.", row=ended),
            )
            return
        certain = not any(groups[g].relevant or groups[g].repeat or groups[g].order is not Order.FIXED for g in around)
        if item.kind is Kind.TERMINATE and not item.relevant and certain:
            ended = item.row
