"""Values that cannot be: types that do not go together, choices outside their list, defaults that break a check."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cati.survey.conditions import CURRENT, Demand, alternatives, possible, values_of_item
from cati.survey.expression_types import ChoiceNamed, Type, choices_named, mismatches
from cati.survey.expressions import Scope
from cati.survey.form_rows import SURVEY
from cati.survey.form_scene import Scene, Written
from cati.survey.functions import LIBRARY
from cati.survey.moments import clock_of, moment
from cati.survey.nearest import nearest
from cati.survey.nodes import Call, Column, Current, Node, Reference, TablePath, Up, every
from cati.survey.program import expression_or_none, is_dynamic
from cati.survey.questionnaire import CHOOSING, Item, Kind
from cati.survey.values import as_number
from cati.text import tr

_CHECKS = frozenset({"constraint", "cati_soft"})
_LIKE = 0.7
_NAMES_SHOWN = 10
_MOST_COMPARED = 300
"""In longer lists no name is looked for that was meant: it takes too long."""
_PURE = frozenset(name for name, known in LIBRARY.items() if known.run is not None and not known.zoned)
"""Functions that ask nothing of the interview."""


def check_values(scene: Scene) -> frozenset[tuple[int, str]]:
    """Note what does not go together; return row and column of the cells in which something was found."""
    told = set()
    types = dict(scene.types)
    for written in scene.written:
        own = scene.questionnaire.items[written.item] if written.item >= 0 else None
        types[CURRENT] = scene.types.get(own.name, Type.UNKNOWN) if own is not None else Type.UNKNOWN
        source = written.expression.source
        for fault in mismatches(written.expression.node, types):
            what = tr("In “{source}”, character {n}: {what}", source=source[:200], n=fault.at + 1, what=fault.what)
            told.add((written.row, written.column))
            scene.findings.warning(fault.code, written.place, what, fault.do)
        seen = set()
        for named in choices_named(written.expression.node):
            asked = own if named.question == "." else scene.item(named.question)
            if asked is not None and (named.question, named.choice) not in seen and _is_outside(scene, asked, named):
                seen.add((named.question, named.choice))
                told.add((written.row, written.column))
                _note_outside(scene, written, asked, named.choice)
        if own is not None and written.column in _CHECKS and (written.row, written.column) not in told:
            _check_bounds(scene, own, written)
    for item in scene.questionnaire.items:
        _check_default(scene, item)
    return frozenset(told)


def _is_outside(scene: Scene, asked: Item, named: ChoiceNamed) -> bool:
    """Tell whether a choice is in no list the question can show; numbers are the same however they are written."""
    choices = scene.listed(asked.choices)
    return asked.kind in CHOOSING and bool(choices.names) and " " not in named.choice and not choices.has(named.choice)


def _note_outside(scene: Scene, written: Written, asked: Item, choice: str) -> None:
    names = scene.listed(asked.choices).names
    near = nearest(choice, names, _LIKE) if len(names) <= _MOST_COMPARED else ""
    if near:
        do = tr("Did you mean “{name}”?", name=near)
    elif len(names) <= _NAMES_SHOWN:
        do = tr("Possible are: {names}.", names=", ".join(names))
    else:
        do = tr("Use the names of the choices, not their labels.")
    scene.findings.warning(
        "not_in_list",
        written.place,
        tr(
            "“{choice}” is no choice of {name}; its list is {list}.", choice=choice, name=asked.name, list=asked.choices
        ),
        do,
    )


def _check_bounds(scene: Scene, item: Item, written: Written) -> None:
    """Note a check that no answer can pass, and one that asks for numbers outside a range."""
    cases = alternatives(written.expression.node)

    def values(name: str, demands: Sequence[Demand]) -> list[str] | None:
        asked = item if name in (CURRENT, item.name) else scene.item(name)
        if asked is None:
            return None
        found = values_of_item(asked, scene.listed(asked.choices), demands)
        return found[1:] if found and asked is item else found

    if not any(possible(case, values) for case in cases):
        scene.findings.warning(
            "never_satisfied",
            written.place,
            tr("No answer can fulfil this."),
            tr("Check the bounds, and “and” where “or” was meant."),
        )
    elif item.minimum and item.maximum and item.kind in (Kind.NUMBER, Kind.DECIMAL):
        low, high = float(item.minimum), float(item.maximum)
        named = {value for case in cases for demand in case if demand.name == CURRENT for value in demand.values}
        beyond = sorted(number for value in named if not low <= (number := as_number(value)) <= high)
        if beyond:
            scene.findings.warning(
                "bound_outside_range",
                written.place,
                tr("{number} lies outside the range from {low} to {high} of this question.", number=f"{beyond[0]:g}",
                   low=item.minimum, high=item.maximum),
                tr("Change the range or the check."),
            )  # fmt: skip


class _OnlyOwn:
    """A scope in which only the value at hand is known."""

    def __init__(self, value: str) -> None:
        self._value = value

    def current(self) -> str:
        return self._value

    def call(self, _name: str, _arguments: list[object]) -> str:
        return ""


def _check_default(scene: Scene, item: Item) -> None:
    """Note a default that its own question would not take."""
    written = item.default.strip()
    if not written or is_dynamic(written) or item.kind is Kind.NOT_ASKED or item.calculation:
        return
    what = _misfit(scene, item, written)
    if not what and item.constraint and _breaks(item, written):
        what = tr("The default “{value}” breaks this question’s own check.", value=written)
    if what:
        scene.findings.warning("bad_default", (SURVEY, item.row, "default"), what, tr("Change it, or leave it out."))


def _misfit(scene: Scene, item: Item, written: str) -> str:
    if item.kind in CHOOSING:
        names = scene.listed(item.choices).names
        chosen = written.split() if item.kind is not Kind.SINGLE else [written]
        wrong = [name for name in chosen if names and name not in names]
        return (
            tr("The default “{value}” is not in the list {list}.", value=wrong[0], list=item.choices) if wrong else ""
        )
    number = as_number(written)
    fits = {
        Kind.NUMBER: not math.isnan(number) and number == int(number),
        Kind.DECIMAL: not math.isnan(number),
        Kind.DATE: moment(written) is not None,
        Kind.DATETIME: moment(written) is not None,
        Kind.TIME: clock_of(written) is not None,
    }
    if not fits.get(item.kind, True):
        return tr("The default “{value}” is no answer to a question of this type.", value=written)
    beyond = (item.minimum and number < float(item.minimum)) or (item.maximum and number > float(item.maximum))
    if item.kind in (Kind.NUMBER, Kind.DECIMAL) and beyond:
        return tr("The default “{value}” lies outside the range.", value=written)
    return ""


def _breaks(item: Item, written: str) -> bool:
    expression = expression_or_none(item.constraint)
    if expression is None or not _only_own(expression.node):
        return False
    scope: Scope = _OnlyOwn(written)  # type: ignore[assignment] # what it has not is not asked for, see _only_own
    return not expression.boolean(scope)


def _only_own(node: Node) -> bool:
    """Tell whether a check looks at nothing but the answer itself."""
    return any(isinstance(part, Current) for part in every(node)) and not any(
        isinstance(part, Reference | Column | TablePath | Up) or (isinstance(part, Call) and part.name not in _PURE)
        for part in every(node)
    )
