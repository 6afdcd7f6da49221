"""What can be said about a questionnaire without running it: expressions and references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cati.survey.diagnostics import Findings
from cati.survey.expressions import ExpressionProblem, asks_a_device, compile_expression
from cati.survey.form_rows import CHOICES, SURVEY
from cati.survey.functions import STAYS_EMPTY
from cati.survey.nearest import nearest
from cati.survey.nodes import Call, Node, every
from cati.survey.program import is_dynamic
from cati.survey.questionnaire import Kind, Questionnaire, Words
from cati.survey.written import written
from cati.text import tr

CASE_VALUES = frozenset({
    "site", "department", "site_code", "department_code", "interviewer", "client", "study", "institute", "language",
})  # fmt: skip
"""What a case brings along, usable as ``${site}`` in every questionnaire."""

_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
_EXPRESSIONS = {
    "relevant": "relevant",
    "constraint": "constraint",
    "calculation": "calculation",
    "choice_filter": "choice_filter",
    "soft": "cati_soft",
    "seed": "parameters",
}
_FLAGS = frozenset({"yes", "true()"})
_LAST_SAVED = "last-saved#"
"""ODK's way to the answers of the interview before; here every interview begins afresh."""


def known_names(questionnaire: Questionnaire) -> frozenset[str]:
    """Return what ``${name}`` may stand for: questions, the words beside their choices, values of the case."""
    beside = {
        f"{item.name}_{choice.name}"
        for item in questionnaire.items
        for choice in questionnaire.choice_lists.get(item.choices, ())
        if choice.specify
    }
    return CASE_VALUES | {item.name for item in questionnaire.items} | beside


def check_expressions(
    questionnaire: Questionnaire, group_rows: list[int], other_names: Iterable[str], findings: Findings
) -> None:
    """Note every expression that cannot be read and every name that nothing has."""
    known = known_names(questionnaire) | set(other_names)
    seen: set[tuple[int, str, str]] = set()
    for item in questionnaire.items:
        if item.kind is Kind.NOT_ASKED:
            continue
        written = [(column, getattr(item, name)) for name, column in _EXPRESSIONS.items()]
        if item.required not in _FLAGS:
            written.append(("required", item.required))
        if is_dynamic(item.default):
            written.append(("default", item.default))
        for column, source in written:
            check_expression(source, (SURVEY, item.row, column), known, findings)
        for column, names in (("trigger", item.trigger), ("type", (item.choices_from,) if item.choices_from else ())):
            for name in names:
                _check_reference(name, (SURVEY, item.row, column), known, findings)
        for column, words in (
            ("label", item.label),
            ("hint", item.instruction),
            ("constraint_message", item.constraint_message),
            ("required_message", item.required_message),
            ("cati_soft_message", item.soft_message),
        ):
            _check_fills(words, (SURVEY, item.row, column), known, findings, seen)
    for group, row in zip(questionnaire.groups, group_rows, strict=True):
        check_expression(group.relevant, (SURVEY, row, "relevant"), known, findings)
        check_expression(group.repeat_count, (SURVEY, row, "repeat_count"), known, findings)
        _check_fills(group.label, (SURVEY, row, "label"), known, findings, seen)


def check_expression(source: str, place: tuple[str, int, str], known: Iterable[str], findings: Findings) -> None:
    """Note what is wrong with one expression."""
    if not source:
        return
    try:
        expression = compile_expression(source)
    except ExpressionProblem as problem:
        code = problem.code
        what = tr(
            "In “{source}”, character {n}: {what}", source=source[:200], n=problem.position + 1, what=problem.what
        )
        findings.error(code, place, what, problem.do or tr("Check the expression at this place."))
        return
    for name in expression.references:
        _check_reference(name, place, known, findings)
    asked = [f"{name}()" for name in sorted(STAYS_EMPTY.intersection(expression.calls))]
    for name in (*asked, *_asked_of_a_map(expression.node)):
        findings.warning(
            "stays_empty",
            place,
            tr("{name} stays empty: it asks a device that is not there.", name=name),
            tr("Leave it out, or use a value of the case such as ${site}."),
        )


def _asked_of_a_map(node: Node) -> Iterator[str]:
    """Yield what ArcGIS Survey123 asks its own device for by pulldata(), such as ``@geopoint``."""
    for part in every(node):
        if isinstance(part, Call) and asks_a_device(part):
            yield f"pulldata({written(part.arguments[0])})"


def _check_reference(name: str, place: tuple[str, int, str], known: Iterable[str], findings: Findings) -> None:
    names = known if isinstance(known, set | frozenset) else set(known)
    if name in names:
        return
    if name.startswith(_LAST_SAVED):
        what = tr("{name} stays empty: every interview begins without the answers of another one.", name=name)
        findings.warning("stays_empty", place, what, tr("Leave it out, or use a value of the case such as ${site}."))
        return
    near = nearest(name, names)
    findings.error(
        "unknown_reference",
        place,
        tr("No question is called {name}.", name=name),
        tr("Did you mean ${{{name}}}?", name=near) if near else tr("Check the name."),
    )


def _check_fills(
    words: Words, place: tuple[str, int, str], known: Iterable[str], findings: Findings,
    seen: set[tuple[int, str, str]],
) -> None:  # fmt: skip
    sheet, row, column = place
    for code, text in words.items():
        for name in _FILL.findall(text):
            key = (row, column, name)
            if key not in seen:
                seen.add(key)
                _check_reference(name, (sheet, row, f"{column}::{code}" if code else column), known, findings)


def check_choice_fills(
    questionnaire: Questionnaire, places: dict[tuple[str, str], int], other_names: Iterable[str], findings: Findings
) -> None:
    """Note names in the labels of choices that nothing has."""
    known = known_names(questionnaire) | set(other_names)
    seen: set[tuple[int, str, str]] = set()
    for list_name, choices in questionnaire.choice_lists.items():
        for choice in choices:
            row = places.get((list_name, choice.name))
            if row is not None:
                _check_fills(choice.label, (CHOICES, row, "label"), known, findings, seen)
