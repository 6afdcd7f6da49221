"""An interview looked at as a whole: its overview, what is exported, its open texts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cati.survey.answers import Answer, Status
from cati.survey.markup import without_markup
from cati.survey.program import AT, Ids, Place, Program, kind_is_computed, ordered_children, program_of
from cati.survey.questionnaire import SUBSTANTIVE, Item, Kind, Order, Questionnaire, words_in
from cati.survey.routing import route
from cati.survey.screens import InterviewState, member_title
from cati.survey.shown import filled, names_of, shown_choices
from cati.text import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewLine:
    """One question of the path with its answer in words, to jump to. ``broken``: why its answer no longer fits."""

    address: str
    section: str
    text: str
    answer: str = field(repr=False)
    open: bool
    broken: str = ""


def overview(questionnaire: Questionnaire, state: InterviewState) -> tuple[OverviewLine, ...]:
    """Return all questions on the path in order, notes left out."""
    program = program_of(questionnaire)
    scope, fallback = state.scope, questionnaire.default_language
    lines = []
    for at, ids in _asked(state):
        item = questionnaire.items[at]
        if item.kind not in SUBSTANTIVE:
            continue
        address = program.address((at, ids))
        section = questionnaire.section_of(item)
        label = questionnaire.groups[section].label if section is not None else {}
        text = without_markup(filled(item.label, scope, at, ids, state.language, fallback))
        member = member_title(program, program.rosters_of[at][-1], ids, scope, state) if ids else ""
        lines.append(
            OverviewLine(
                address=address,
                section=without_markup(filled(label, scope, at, ids, state.language, fallback)),
                text=f"[{member}] {text}" if member else text,
                answer=answer_words(questionnaire, item, state.answers.get(address), state.language),
                open=address in state.unanswered,
                broken=state.broken.get(address, ""),
            )
        )
    return tuple(lines)


def _asked(state: InterviewState) -> list[Place]:
    """Return the items on the path, without the questions for another member."""
    return [place for screen in state.route.screens for place in screen if place[0] >= 0]


def answer_words(questionnaire: Questionnaire, item: Item, answer: Answer | None, language: str) -> str:
    """Return an answer as a person would read it back, "" when there is none."""
    if answer is None:
        return ""
    if answer.status is not Status.ANSWERED:
        return {
            Status.DONT_KNOW: tr("don’t know"),
            Status.REFUSED: tr("prefers not to say"),
            Status.SKIPPED: tr("skipped"),
        }.get(answer.status, "")
    labels = {choice.name: choice.label for choice in questionnaire.choice_lists.get(item.choices, ())}
    if not labels:
        return answer.value
    specified = dict(answer.specify)
    words = []
    for name in answer.value.split(" "):
        word = without_markup(words_in(labels.get(name, {}), language, questionnaire.default_language)) or name
        words.append(f"{word} ({specified[name]})" if specified.get(name) else word)
    return ", ".join(words)


REMARK = "/remark"
"""What is behind an item's name where the remark to its answer is kept; no name holds a slash."""


def export_answers(questionnaire: Questionnaire, state: InterviewState) -> dict[str, Answer]:
    """Return every item that brings data: answers on the path, NOT_ASKED and OFF_PATH for the rest, computed values.

    The words beside "other" stand under ``<item>_<choice>``, the remark that made an unusual answer stand under
    ``<item>/remark`` ("" when none was needed). In a roster the number of the member follows the name,
    as in ``age@2`` (``age@2.1`` in a roster inside a roster): the ids by which the interview tells members apart would
    tell that one was taken off.
    """
    program = program_of(questionnaire)
    found: dict[str, Answer] = {}
    for at, item in enumerate(questionnaire.items):
        if item.kind not in SUBSTANTIVE and not kind_is_computed(item.kind):
            continue
        for ids in state.scope.seen_from(-1, (), at):
            behind = _numbers(program, at, ids, state)
            found.update({f"{name}{behind}": answer for name, answer in _exported(program, (at, ids), state).items()})
    return found


def _numbers(program: Program, at: int, ids: Ids, state: InterviewState) -> str:
    numbers = [
        str(state.scope.members(roster, ids[:depth]).index(ids[depth]) + 1)
        for depth, roster in enumerate(program.rosters_of[at])
    ]
    return f"{AT}{'.'.join(numbers)}" if numbers else ""


def _exported(program: Program, place: Place, state: InterviewState) -> dict[str, Answer]:
    at, _ids = place
    item, address = program.questionnaire.items[at], program.address(place)
    on_path = address in state.route.on_path
    if kind_is_computed(item.kind):
        value = state.scope.text(*place)
        return {item.name: Answer(value=value) if on_path and value != "" else Answer(Status.OFF_PATH)}
    answer = state.answers.get(address)
    if not on_path:
        answer = Answer(Status.OFF_PATH)
    elif answer is None and item.read_only and state.scope.text(*place):
        answer = Answer(value=state.scope.text(*place))
    elif answer is None:
        answer = Answer(Status.NOT_ASKED)
    found = {item.name: replace(answer, specify=(), remark="")}
    specified = dict(answer.specify)
    for choice in program.questionnaire.choice_lists.get(item.choices, ()):
        if choice.specify:
            words = specified.get(choice.name, "")
            found[f"{item.name}_{choice.name}"] = Answer(value=words) if words else Answer(Status.OFF_PATH)
    if item.soft:
        found[f"{item.name}{REMARK}"] = Answer(answer.status, answer.remark)
    return found


def open_texts(questionnaire: Questionnaire, state: InterviewState) -> tuple[tuple[str, str], ...]:
    """Return (address, words) of every open text on the path.

    The words beside "other" stand as "item/choice", the remark that made an unusual answer stand as "item/".
    """
    found = []
    program = program_of(questionnaire)
    for place in _asked(state):
        address = program.address(place)
        answer = state.answers.get(address)
        if answer is None or answer.status is not Status.ANSWERED:
            continue
        if questionnaire.items[place[0]].kind is Kind.TEXT:
            found.append((address, answer.value))
        found += [(f"{address}/{choice}", words) for choice, words in answer.specify if words]
        if answer.remark:
            found.append((f"{address}/", answer.remark))
    return tuple(found)


def orders(questionnaire: Questionnaire, state: InterviewState) -> dict[str, tuple[str, ...]]:
    """Return the order in which this respondent got what is not in fixed order.

    By the item's name (and the member's number, as `export_answers` has it) the choices of its list, by "group/" the
    questions and groups inside a group.
    """
    program = program_of(questionnaire)
    found = {
        f"{questionnaire.items[at].name}{_numbers(program, at, ids, state)}": names_of(
            shown_choices(program, at, ids, state.scope, state.setting.seed)
        )
        for at, ids in _asked(state)
        if questionnaire.items[at].order is not Order.FIXED
    }
    for group, children in group_orders(program, state.setting.seed).items():
        found[f"{group}/"] = children
    return found


def group_orders(program: Program, seed: int) -> dict[str, tuple[str, ...]]:
    """Return the order in which this respondent gets the contents of every group that has an order, by its name."""
    ordered = ordered_children(program, seed)
    return {
        group.name: tuple(child.name for child in ordered.get(at, ()))
        for at, group in enumerate(program.questionnaire.groups)
        if group.order is not Order.FIXED
    }


def would_set_aside(
    questionnaire: Questionnaire, state: InterviewState, address: str, answer: Answer
) -> tuple[str, ...]:
    """Return which answers a changed answer would take off the path, before it takes effect."""
    answers = {**state.answers, address: answer}
    found, _scope = route(questionnaire, state.setting, answers, state.memory, state.language, state.last_at)
    return tuple(one for one in state.path if one in state.answers and one not in found.on_path)
