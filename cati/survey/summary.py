"""An interview looked at as a whole: its overview, what is exported, its open texts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cati.survey.answers import Answer, Status
from cati.survey.questionnaire import SUBSTANTIVE, Item, Kind, Order, Questionnaire, words_in
from cati.survey.routing import filled, program_of, route, shown_choices
from cati.survey.screens import InterviewState, scope_of
from cati.text import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewLine:
    """One question of the path with its answer in words, to jump to."""

    address: str
    section: str
    text: str
    answer: str = field(repr=False)
    open: bool


def overview(questionnaire: Questionnaire, state: InterviewState) -> tuple[OverviewLine, ...]:
    """Return all questions on the path in order, notes left out."""
    program = program_of(questionnaire)
    scope = scope_of(questionnaire, state)
    fallback = questionnaire.default_language
    lines = []
    for name in state.path:
        item = questionnaire.items[program.index[name]]
        if item.kind not in SUBSTANTIVE:
            continue
        section = questionnaire.section_of(item)
        label = questionnaire.groups[section].label if section is not None else {}
        lines.append(
            OverviewLine(
                address=name,
                section=filled(label, scope, state.language, fallback),
                text=filled(item.label, scope, state.language, fallback),
                answer=answer_words(questionnaire, item, state.answers.get(name), state.language),
                open=name in state.unanswered,
            )
        )
    return tuple(lines)


def answer_words(questionnaire: Questionnaire, item: Item, answer: Answer | None, language: str) -> str:
    """Return an answer as a person would read it back, "" when there is none."""
    if answer is None:
        return ""
    if answer.status is not Status.ANSWERED:
        return {
            Status.DONT_KNOW: tr("don't know"),
            Status.REFUSED: tr("prefers not to say"),
            Status.SKIPPED: tr("skipped"),
        }.get(answer.status, "")
    labels = {choice.name: choice.label for choice in questionnaire.choice_lists.get(item.choices, ())}
    if not labels:
        return answer.value
    specified = dict(answer.specify)
    words = []
    for name in answer.value.split(" "):
        word = words_in(labels.get(name, {}), language, questionnaire.default_language) or name
        words.append(f"{word} ({specified[name]})" if specified.get(name) else word)
    return ", ".join(words)


def export_answers(questionnaire: Questionnaire, state: InterviewState) -> dict[str, Answer]:
    """Return every item that brings data: answers on the path, NOT_ASKED and OFF_PATH for the rest, computed values.

    The words beside "other" stand under ``<item>_<choice>``.
    """
    found: dict[str, Answer] = {}
    for item in questionnaire.items:
        if item.kind in (Kind.CALCULATE, Kind.HIDDEN):
            value = state.computed.get(item.name, "")
            on_path = item.name in state.route.on_path and value != ""
            found[item.name] = Answer(value=value) if on_path else Answer(Status.OFF_PATH)
        if item.kind not in SUBSTANTIVE:
            continue
        answer = state.answers.get(item.name)
        if item.name not in state.route.on_path:
            answer = Answer(Status.OFF_PATH)
        elif answer is None:
            answer = Answer(Status.NOT_ASKED)
        found[item.name] = replace(answer, specify=(), remark="")
        specified = dict(answer.specify)
        for choice in questionnaire.choice_lists.get(item.choices, ()):
            if choice.specify:
                words = specified.get(choice.name, "")
                found[f"{item.name}_{choice.name}"] = Answer(value=words) if words else Answer(Status.OFF_PATH)
    return found


def open_texts(questionnaire: Questionnaire, state: InterviewState) -> tuple[tuple[str, str], ...]:
    """Return (address, words) of every open text on the path; the words beside "other" as "item/choice"."""
    found = []
    program = program_of(questionnaire)
    for name in state.path:
        answer = state.answers.get(name)
        if answer is None or answer.status is not Status.ANSWERED:
            continue
        if questionnaire.items[program.index[name]].kind is Kind.TEXT:
            found.append((name, answer.value))
        found += [(f"{name}/{choice}", words) for choice, words in answer.specify if words]
    return tuple(found)


def orders(questionnaire: Questionnaire, state: InterviewState) -> dict[str, tuple[str, ...]]:
    """Return the order in which this respondent got the choices of every item whose list is not in fixed order."""
    program = program_of(questionnaire)
    scope = scope_of(questionnaire, state)
    return {
        name: tuple(c.name for c in shown_choices(program, program.index[name], scope, state.setting.seed))
        for name in state.path
        if questionnaire.items[program.index[name]].order is not Order.FIXED
    }


def would_set_aside(
    questionnaire: Questionnaire, state: InterviewState, address: str, answer: Answer
) -> tuple[str, ...]:
    """Return which answers a changed answer would take off the path, before it takes effect."""
    answers = {**state.answers, address: answer}
    found, _walked = route(questionnaire, state.setting, answers, state.computed, state.language, state.last_at)
    return tuple(name for name in state.path if name in state.answers and name not in found.on_path)
