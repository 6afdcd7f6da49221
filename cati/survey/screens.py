"""Where an interview stands, and what is shown there: texts filled, choices filtered and in this respondent's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cati.survey.answers import Answer, Status
from cati.survey.questionnaire import SUBSTANTIVE, Choice, Display, Item, Kind, Questionnaire
from cati.survey.routing import (
    Pass,
    Program,
    Route,
    Setting,
    default_value,
    filled,
    program_of,
    shown_choices,
)


class InterviewStatus(StrEnum):
    """Where an interview stands."""

    RUNNING = "running"
    BROKEN_OFF = "broken_off"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the last event did not take effect: a sentence for the interviewer, and the question it belongs to."""

    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as it is shown: texts filled, choices filtered and in this respondent's order."""

    address: str
    kind: Kind
    display: Display
    text: str
    instruction: str
    choices: tuple[tuple[Choice, str], ...]
    answer: Answer | None = field(repr=False)
    offered: tuple[Status, ...]
    minimum: str
    maximum: str
    required: bool
    read_only: bool
    confirm: bool
    default: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What is asked at once: one question, or the rows of a grid or field-list under ``heading``.

    ``position`` of ``of_about`` counts screens on the path as it is known now, from 1.
    """

    questions: tuple[Question, ...]
    grid: bool
    heading: str
    section: str
    section_number: int
    sections_total: int
    position: int
    of_about: int
    is_first: bool
    language: str
    ends_interview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewState:
    """An interview after its events. ``path`` lists the addresses on the path in order; ``screen`` is None at its end.

    ``disposition`` is what a terminate or quota row proposes, "" otherwise. ``unanswered`` names questions on the path
    that were never put or await confirmation.
    """

    questionnaire_hash: str
    status: InterviewStatus
    language: str
    answers: Mapping[str, Answer] = field(repr=False)
    path: tuple[str, ...]
    screen: Screen | None = field(repr=False)
    refusal: Refusal | None
    disposition: str
    unanswered: tuple[str, ...]
    cursor: str
    set_aside: frozenset[str]
    setting: Setting = field(repr=False)
    computed: Mapping[str, str] = field(repr=False)
    last_at: datetime
    route: Route = field(repr=False)


END = ""
"""The cursor behind the last question."""


def index_of(questionnaire: Questionnaire, state: InterviewState, address: str) -> int | None:
    """Return which screen of the path shows an item, None when it is not on the path."""
    at = program_of(questionnaire).index.get(address)
    return next((n for n, screen in enumerate(state.route.screens) if at in screen), None)


def screen_index(questionnaire: Questionnaire, state: InterviewState) -> int:
    """Return the number of the screen at hand, that behind the last one at the end."""
    if state.cursor == END:
        return len(state.route.screens)
    found = index_of(questionnaire, state, state.cursor)
    return len(state.route.screens) if found is None else found


def scope_of(questionnaire: Questionnaire, state: InterviewState) -> Pass:
    """Return what expressions and fills see at this state."""
    scope = Pass(program_of(questionnaire), state.setting, state.answers, state.computed, state.language, state.last_at)
    scope.on_path = set(state.route.on_path)
    return scope


def with_screen(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Return the state with what is to be shown; None at the end."""
    if state.cursor == END or state.status is InterviewStatus.COMPLETED:
        return replace(state, screen=None)
    program = program_of(questionnaire)
    scope = scope_of(questionnaire, state)
    here = screen_index(questionnaire, state)
    indices = state.route.screens[here]
    groups = questionnaire.groups
    around = program.groups_of[indices[0]]
    shared = next((group for group in around if groups[group].shared or groups[group].grid), None)
    section = around[0] if around else None
    sections = [n for n, group in enumerate(groups) if group.parent is None and group.section]
    fallback = questionnaire.default_language
    return replace(
        state,
        screen=Screen(
            questions=tuple(_question(program, at, scope, state) for at in indices),
            grid=shared is not None and groups[shared].grid,
            heading=filled(groups[shared].label, scope, state.language, fallback) if shared is not None else "",
            section=filled(groups[section].label, scope, state.language, fallback) if section is not None else "",
            section_number=sections.index(section) + 1 if section in sections else 0,
            sections_total=len(sections),
            position=here + 1,
            of_about=len(state.route.screens),
            is_first=here == 0,
            language=state.language,
            ends_interview=state.route.ended_by is not None and state.route.ended_by in indices,
        ),
    )


_OFFERS = {"dk": Status.DONT_KNOW, "refused": Status.REFUSED}


def _question(program: Program, at: int, scope: Pass, state: InterviewState) -> Question:
    item: Item = program.questionnaire.items[at]
    fallback = program.questionnaire.default_language
    asks = item.kind in SUBSTANTIVE
    choices = shown_choices(program, at, scope, state.setting.seed) if item.choices else ()
    return Question(
        address=item.name,
        kind=item.kind,
        display=item.display,
        text=filled(item.label, scope, state.language, fallback),
        instruction=filled(item.instruction, scope, state.language, fallback),
        choices=tuple((choice, filled(choice.label, scope, state.language, fallback)) for choice in choices),
        answer=state.answers.get(item.name),
        offered=(*(_OFFERS[name] for name in item.nonresponse if name in _OFFERS), Status.SKIPPED) if asks else (),
        minimum=item.minimum,
        maximum=item.maximum,
        required=bool(item.required),
        read_only=item.read_only,
        confirm=item.name in state.set_aside and item.name in state.answers,
        default=default_value(program, at, scope),
    )
