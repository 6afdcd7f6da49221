"""Where an interview stands, and what is shown there: texts filled, choices filtered and in this respondent's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cati.survey.answers import Answer, Status
from cati.survey.pass_values import Memory, Setting
from cati.survey.program import Ids, Place, Program, program_of
from cati.survey.questionnaire import SUBSTANTIVE, Choice, Display, Item, Kind, Questionnaire, words_in
from cati.survey.routing import Route
from cati.survey.shown import filled, shown_choices
from cati.survey.worked_out import Pass


class InterviewStatus(StrEnum):
    """Where an interview stands."""

    RUNNING = "running"
    BROKEN_OFF = "broken_off"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the last event did not take effect: a sentence for the interviewer, and the question it belongs to.

    ``soft``: the same answer with a remark is taken.
    """

    address: str
    message: str
    soft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as it is shown: texts filled, choices filtered and in this respondent's order.

    ``default`` is what stands there before an answer: a default or a computed value. ``broken``: why an earlier answer
    no longer fits, "" when it does. ``member`` says which member of a roster is asked about.
    """

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
    item: Item = field(repr=False)
    default: str = field(default="", repr=False)
    broken: str = ""
    member: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The question whether there is another member: the roster's label, and address and title of each so far."""

    address: str
    label: str
    members: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What is asked at once: one question, the rows of a grid or field-list under ``heading``, or a ``roster``.

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
    roster: Roster | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewState:
    """An interview after its events. ``path`` lists the addresses on the path in order; ``screen`` is None at its end.

    ``disposition`` is what a terminate or quota row proposes, "" otherwise. ``unanswered`` names questions on the path
    that were never put or await confirmation; ``broken`` those whose answer a later change has put in the wrong, each
    with the sentence of its check.
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
    broken: Mapping[str, str]
    cursor: str
    set_aside: frozenset[str]
    setting: Setting = field(repr=False)
    memory: Memory = field(repr=False)
    last_at: datetime
    route: Route = field(repr=False)
    scope: Pass = field(repr=False, compare=False)
    """The pass that worked this out: what expressions and fills see at this state."""

    @property
    def computed(self) -> Mapping[str, str]:
        """Return the values worked out so far, by address."""
        return self.memory.computed


END = ""
"""The cursor behind the last question."""


def index_of(questionnaire: Questionnaire, state: InterviewState, address: str) -> int | None:
    """Return which screen of the path shows an address, None when it is not on the path."""
    place = program_of(questionnaire).place(address)
    return next((n for n, screen in enumerate(state.route.screens) if place in screen), None) if place else None


def screen_index(questionnaire: Questionnaire, state: InterviewState) -> int:
    """Return the number of the screen at hand, that behind the last one at the end."""
    if state.cursor == END:
        return len(state.route.screens)
    found = index_of(questionnaire, state, state.cursor)
    return len(state.route.screens) if found is None else found


def with_screen(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Return the state with what is to be shown; None at the end."""
    if state.cursor == END or state.status is InterviewStatus.COMPLETED:
        return replace(state, screen=None)
    here = screen_index(questionnaire, state)
    if here >= len(state.route.screens):
        return replace(state, screen=None)
    program = program_of(questionnaire)
    scope = state.scope
    places = state.route.screens[here]
    at, ids = places[0]
    groups = questionnaire.groups
    around = program.groups_of[at] if at >= 0 else _around(questionnaire, -1 - at)
    shared = program.shared_of[at] if at >= 0 else None
    section = around[0] if around else None
    sections = [n for n, group in enumerate(groups) if group.parent is None and group.section]
    return replace(
        state,
        screen=Screen(
            questions=tuple(_question(program, place, scope, state) for place in places if place[0] >= 0),
            grid=shared is not None and groups[shared[0]].grid,
            heading=_heading(program, shared[0], ids[: shared[1]], scope, state) if shared is not None else "",
            section=_heading(program, section, (), scope, state) if section is not None else "",
            section_number=sections.index(section) + 1 if section in sections else 0,
            sections_total=len(sections),
            position=here + 1,
            of_about=len(state.route.screens),
            is_first=here == 0,
            language=state.language,
            ends_interview=state.route.ended_by is not None and places[-1][0] == state.route.ended_by,
            roster=_roster(program, places[0], scope, state) if at < 0 else None,
        ),
    )


def _around(questionnaire: Questionnaire, group: int) -> tuple[int, ...]:
    found = [group]
    while (parent := questionnaire.groups[found[-1]].parent) is not None:
        found.append(parent)
    return tuple(reversed(found))


def _heading(program: Program, group: int, ids: Ids, scope: Pass, state: InterviewState) -> str:
    words = program.questionnaire.groups[group].label
    return filled(words, scope, -2 - group, ids, state.language, program.questionnaire.default_language)


def _roster(program: Program, place: Place, scope: Pass, state: InterviewState) -> Roster:
    group, ids = -1 - place[0], place[1]
    questionnaire = program.questionnaire
    label = words_in(questionnaire.groups[group].label, state.language, questionnaire.default_language)
    members = scope.members(group, ids)
    return Roster(
        address=program.address(place),
        label=label if "${" not in label else questionnaire.groups[group].name,
        members=tuple(
            (_first_address(program, group, (*ids, member)), member_title(program, group, (*ids, member), scope, state))
            for member in members
        ),
    )


def _first_address(program: Program, group: int, ids: Ids) -> str:
    first = next(at for at, around in enumerate(program.groups_of) if group in around)
    rosters = program.rosters_of[first]
    return program.address((first, ids + (1,) * (len(rosters) - len(ids))))


def member_title(program: Program, group: int, ids: Ids, scope: Pass, state: InterviewState) -> str:
    """Return how a member of a roster is called: its label with fills, else its number and its first answer."""
    questionnaire = program.questionnaire
    members = scope.members(group, ids[:-1])
    number = str(members.index(ids[-1]) + 1) if ids[-1] in members else ""
    label = questionnaire.groups[group].label
    if "${" in words_in(label, state.language, questionnaire.default_language):
        return f"{number}: {_heading(program, group, ids, scope, state)}"
    for at, rosters in enumerate(program.rosters_of):
        if rosters and rosters[-1] == group and questionnaire.items[at].kind in SUBSTANTIVE:
            answer = state.answers.get(program.address((at, ids)))
            if answer is not None and answer.status is Status.ANSWERED:
                return f"{number}: {scope.label(questionnaire.items[at].name, answer.value)[:60]}"
    return number


_OFFERS = {"dk": Status.DONT_KNOW, "refused": Status.REFUSED}


def _question(program: Program, place: Place, scope: Pass, state: InterviewState) -> Question:
    at, ids = place
    item = program.questionnaire.items[at]
    address = program.address(place)
    fallback = program.questionnaire.default_language
    asks = item.kind in SUBSTANTIVE
    choices = shown_choices(program, at, ids, scope, state.setting.seed) if item.choices or item.choices_from else ()
    required = program.required[at]
    rosters = program.rosters_of[at]
    answer = state.answers.get(address)
    return Question(
        address=address,
        kind=item.kind,
        display=item.display,
        text=filled(item.label, scope, at, ids, state.language, fallback),
        instruction=filled(item.instruction, scope, at, ids, state.language, fallback),
        choices=tuple((choice, filled(choice.label, scope, at, ids, state.language, fallback)) for choice in choices),
        answer=answer,
        offered=(*(_OFFERS[name] for name in item.nonresponse if name in _OFFERS), Status.SKIPPED) if asks else (),
        minimum=item.minimum,
        maximum=item.maximum,
        required=item.required == "yes" or (required is not None and scope.holds(required, at, ids)),
        read_only=item.read_only,
        confirm=address in state.set_aside and answer is not None,
        item=item,
        default=scope.text(at, ids) if asks and (answer is None or program.calculation[at] is not None) else "",
        broken=state.broken.get(address, ""),
        member=member_title(program, rosters[-1], ids, scope, state) if rosters else "",
    )
