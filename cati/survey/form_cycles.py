"""Rows that wait for each other: a calculation or relevance that depends, by whatever way, on itself."""

from __future__ import annotations

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import SURVEY
from cati.survey.program import expression_or_none
from cati.survey.questionnaire import Kind, Questionnaire
from cati.text import tr


def check_cycles(questionnaire: Questionnaire, findings: Findings) -> None:
    """Note every row that stands in a circle of calculations and relevances, once a circle."""
    needs = _needs(questionnaire)
    rows = {item.name: item.row for item in questionnaire.items}
    done: set[str] = set()
    for start in needs:
        circle = _circle_from(start, needs, done)
        if circle:
            findings.error(
                "circle",
                (SURVEY, rows[circle[0]], "relevant" if len(circle) > 1 else "calculation"),
                tr("These depend on each other in a circle: {names}.", names=" → ".join((*circle, circle[0]))),
                tr("Take one of the references out."),
            )


def _needs(questionnaire: Questionnaire) -> dict[str, tuple[str, ...]]:
    """Return what each item's own state is worked out from."""
    names = {item.name for item in questionnaire.items}
    found = {}
    for item in questionnaire.items:
        sources = [item.relevant]
        if item.kind in (Kind.CALCULATE, Kind.HIDDEN):
            sources.append(item.calculation)
        around = item.group
        while around is not None:
            sources.append(questionnaire.groups[around].relevant)
            around = questionnaire.groups[around].parent
        references: dict[str, None] = {}
        for source in sources:
            expression = expression_or_none(source)
            if expression is not None:
                references.update(dict.fromkeys(name for name in expression.references if name in names))
        found[item.name] = tuple(references)
    return found


def _circle_from(start: str, needs: dict[str, tuple[str, ...]], done: set[str]) -> tuple[str, ...]:
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
