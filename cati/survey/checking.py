"""An answer against the checks of its question, when it is given and again when a later change may have broken it."""

from __future__ import annotations

from collections.abc import Mapping

from cati.survey.answers import Answer, Status
from cati.survey.program import Place, Program, program_of
from cati.survey.questionnaire import Kind, Questionnaire
from cati.survey.routing import Route
from cati.survey.shown import columns_of, filled, shown_choices
from cati.survey.worked_out import Pass
from cati.text import tr


def fault_at(program: Program, place: Place, answer: Answer, scope: Pass, language: str) -> tuple[str, bool]:
    """Return why an answer breaks a check of its question and whether a remark overrides it; "" when it breaks none."""
    at, ids = place
    item, fallback = program.questionnaire.items[at], program.questionnaire.default_language
    constraint, soft = program.constraint[at], program.soft[at]
    if constraint is not None and not scope.holds(constraint, at, ids, answer.value):
        message = filled(item.constraint_message, scope, at, ids, language, fallback)
        return message or tr("This answer is not allowed here."), False
    if soft is not None and not answer.remark.strip() and not scope.holds(soft, at, ids, answer.value):
        message = filled(item.soft_message, scope, at, ids, language, fallback)
        return message or tr("This answer is unusual."), True
    return "", False


def broken_answers(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], found: Route, scope: Pass, language: str, seed: int
) -> dict[str, str]:
    """Return the answers on the path that checks looking at other questions no longer take, each with its sentence."""
    program = program_of(questionnaire)
    broken: dict[str, str] = {}
    for at in program.cross:
        name = questionnaire.items[at].name
        every = [()] if not program.rosters_of[at] else scope.seen_from(-1, (), at)
        for ids in every:
            address = program.address((at, ids)) if ids else name
            answer = answers.get(address)
            if answer is None or answer.status is not Status.ANSWERED or address not in found.on_path:
                continue
            message, _soft = fault_at(program, (at, ids), answer, scope, language)
            if not message and not _still_listed(program, (at, ids), answer, scope, seed):
                message = tr("This answer is no longer in the list.")
            if message:
                broken[address] = message
    return broken


def _still_listed(program: Program, place: Place, answer: Answer, scope: Pass, seed: int) -> bool:
    """Tell whether what was chosen passes the list's filter; the rest of a long list is not looked at."""
    at, ids = place
    item, keep = program.questionnaire.items[at], program.choice_filter[at]
    if keep is None and not item.choices_from:
        return True
    chosen = {answer.value} if item.kind is Kind.SINGLE else set(answer.value.split(" "))
    if item.choices_from or keep is None:
        return chosen <= {choice.name for choice in shown_choices(program, at, ids, scope, seed)}
    listed = program.questionnaire.choice_lists.get(item.choices, ())
    kept = {c.name for c in listed if c.name in chosen and scope.holds(keep, at, ids, c.name, columns_of(c))}
    return chosen <= kept
