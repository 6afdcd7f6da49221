"""Rows that wait for each other: a calculation or relevance that depends, by whatever way, on itself."""

from __future__ import annotations

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import SURVEY
from cati.survey.program import expression_or_none
from cati.survey.questionnaire import Kind, Questionnaire
from cati.survey.used_names import INDEXED, ONE, used_names
from cati.text import tr

Needs = dict[str, dict[str, tuple[int, str]]]
"""Of every item the names its state is worked out from, each with row and column of the first cell that says so."""


def check_cycles(questionnaire: Questionnaire, group_rows: list[int], findings: Findings) -> None:
    """Note every circle of calculations and relevances once, and rosters as long as one of their own questions says.

    Another member's answer is no circle; neither is a length worked out from all members so far.
    """
    needs = _needs(questionnaire, group_rows)
    done: set[str] = set()
    for start in needs:
        circle = _circle_from(start, needs, done)
        if circle:
            row, column = needs[circle[0]][(*circle, circle[0])[1]]
            if len(circle) == 1 and row in group_rows:
                what = tr("Whether {group} is asked depends on {name}, which is asked in it.",
                          group=questionnaire.groups[group_rows.index(row)].name, name=circle[0])  # fmt: skip
                findings.error("circle", (SURVEY, row, column), what, tr("Ask it before the group."))
                continue
            findings.error(
                "circle",
                (SURVEY, row, column),
                tr("These depend on each other in a circle: {names}.", names=" → ".join((*circle, circle[0]))),
                tr("Take one of the references out."),
            )
    _check_lengths(questionnaire, group_rows, findings)


def _check_lengths(questionnaire: Questionnaire, group_rows: list[int], findings: Findings) -> None:
    around = {item.name: _around(questionnaire, item.group) for item in questionnaire.items}
    for at, group in enumerate(questionnaire.groups):
        expression = expression_or_none(group.repeat_count) if group.repeat_count else None
        if expression is None:
            continue
        own = [name for name, use in used_names(expression.node) if use == ONE and at in around.get(name, ())]
        if own:
            findings.error(
                "circle",
                (SURVEY, group_rows[at], "repeat_count"),
                tr(
                    "How often {roster} is asked depends on {name}, which is asked in it.",
                    roster=group.name,
                    name=own[0],
                ),
                tr("Ask the number before the roster."),
            )


def _around(questionnaire: Questionnaire, group: int | None) -> tuple[int, ...]:
    found = []
    while group is not None:
        found.append(group)
        group = questionnaire.groups[group].parent
    return tuple(found)


def _needs(questionnaire: Questionnaire, group_rows: list[int]) -> Needs:
    """Return what each item's own state is worked out from."""
    groups = questionnaire.groups
    around = {item.name: _around(questionnaire, item.group) for item in questionnaire.items}
    found: Needs = {}
    for item in questionnaire.items:
        cells = [(item.relevant, item.row, "relevant")]
        if item.kind in (Kind.CALCULATE, Kind.HIDDEN):
            cells.append((item.calculation, item.row, "calculation"))
        cells += [(groups[at].relevant, group_rows[at], "relevant") for at in around[item.name]]
        rosters = {at for at in around[item.name] if groups[at].repeat}
        needed: dict[str, tuple[int, str]] = {}
        for source, row, column in cells:
            expression = expression_or_none(source) if source else None
            for name, use in used_names(expression.node) if expression is not None else ():
                if name in around and not (use == INDEXED and rosters.intersection(around[name])):
                    needed.setdefault(name, (row, column))
        found[item.name] = needed
    return found


def _circle_from(start: str, needs: Needs, done: set[str]) -> tuple[str, ...]:
    """Walk in depth from one item; return the first circle met, () for none. ``done`` grows by what was seen."""
    trail: list[str] = []
    on_trail: set[str] = set()
    stack: list[tuple[str, bool]] = [(start, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            trail.pop()
            on_trail.discard(name)
            done.add(name)
            continue
        if name in on_trail:
            done.update(on_trail)
            return tuple(trail[trail.index(name) :])
        if name in done:
            continue
        trail.append(name)
        on_trail.add(name)
        stack.append((name, True))
        stack += [(other, False) for other in needs[name]]
    return ()
