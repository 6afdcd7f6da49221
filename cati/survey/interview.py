"""Events in, state out: asked, answered, went back, changed, broke off, resumed, completed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from cati.errors import Problem
from cati.survey.answers import Answer, Status, fault_of
from cati.survey.questionnaire import (
    SUBSTANTIVE,
    Choice,
    Display,
    Item,
    Kind,
    Order,
    Questionnaire,
    words_in,
)
from cati.survey.routing import (
    Pass,
    Program,
    Route,
    Setting,
    default_value,
    filled,
    program_of,
    route,
    shown_choices,
)
from cati.text import tr


class EventKind(StrEnum):
    """What happened."""

    STARTED = "started"
    ANSWERED = "answered"
    WENT_BACK = "went_back"
    WENT_FORWARD = "went_forward"
    JUMPED = "jumped"
    LANGUAGE_SWITCHED = "language_switched"
    BROKE_OFF = "broke_off"
    RESUMED = "resumed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as it is kept. ``at`` is aware UTC and the only clock the questionnaire sees.

    ``seed``, ``values``, ``zone`` and ``questionnaire_hash`` come with STARTED only.
    """

    id: str
    kind: EventKind
    at: datetime
    item: str = ""
    answer: Answer | None = field(default=None, repr=False)
    language: str = ""
    seed: int = 0
    values: dict[str, str] = field(default_factory=dict, repr=False)
    zone: str = ""
    questionnaire_hash: str = ""


def event_to_json(event: Event) -> bytes:
    """Return one event as JSON, defaults left out."""
    built = msgspec.to_builtins(event)
    bare = {key: value for key, value in built.items() if value not in ("", 0, {}, None)}
    return msgspec.json.encode(bare)


def event_from_json(data: bytes) -> Event:
    """Read one event back; a Problem when it is none."""
    try:
        return msgspec.json.decode(data, type=Event)
    except msgspec.DecodeError as error:
        raise Problem(tr("Interview"), tr("A stored answer cannot be read."), tr("Tell the research lead.")) from error


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


def begin(
    questionnaire: Questionnaire,
    *,
    at: datetime,
    seed: int,
    language: str,
    values: Mapping[str, str],
    draw_id: Callable[[], str],
    zone: str = "Europe/Berlin",
) -> Event:
    """Return the first event. ``values`` are the case's own (site, department, …), usable as ``${site}``."""
    known = language if language in questionnaire.languages else questionnaire.default_language
    return Event(
        id=draw_id(), kind=EventKind.STARTED, at=at, language=known, seed=seed, values=dict(values), zone=zone,
        questionnaire_hash=questionnaire.content_hash,
    )  # fmt: skip


def replay(questionnaire: Questionnaire, events: Iterable[Event]) -> InterviewState:
    """Return the state after these events, the first of which must be STARTED; the screen is built once, at the end."""
    sequence = iter(events)
    state = _started(questionnaire, next(sequence))
    for event in sequence:
        state = _apply(questionnaire, state, event)
    return _with_screen(questionnaire, state)


def apply(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    """Return the state after one more event. No event raises: what cannot be done is told in ``refusal``."""
    return _with_screen(questionnaire, _apply(questionnaire, state, event))


def _started(questionnaire: Questionnaire, event: Event) -> InterviewState:
    setting = Setting(event.seed, event.values, event.zone or "Europe/Berlin")
    language = event.language or questionnaire.default_language
    found, _walked = route(questionnaire, setting, {}, {}, language, event.at)
    state = InterviewState(
        questionnaire_hash=questionnaire.content_hash,
        status=InterviewStatus.RUNNING,
        language=language,
        answers={},
        path=_path(questionnaire, found),
        screen=None,
        refusal=None,
        disposition=_disposition(questionnaire, found),
        unanswered=(),
        cursor=END,
        set_aside=frozenset(),
        setting=setting,
        computed=found.computed,
        last_at=event.at,
        route=found,
    )
    first = found.screens[0] if found.screens else ()
    return replace(state, cursor=questionnaire.items[first[0]].name if first else END,
                   unanswered=_unanswered(questionnaire, state))  # fmt: skip


def _apply(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    state = replace(state, refusal=None, last_at=event.at, screen=None)
    if state.status is InterviewStatus.COMPLETED:
        return state
    kind = event.kind
    if kind is EventKind.ANSWERED:
        return _answered(questionnaire, state, event)
    if kind is EventKind.WENT_FORWARD:
        return _went_forward(questionnaire, state)
    if kind is EventKind.WENT_BACK:
        at = _screen_index(questionnaire, state)
        return _at_screen(questionnaire, state, at - 1) if at > 0 else state
    if kind is EventKind.JUMPED:
        return _jumped(questionnaire, state, event.item)
    if kind is EventKind.LANGUAGE_SWITCHED:
        if event.language not in questionnaire.languages:
            return state
        return _rerouted(questionnaire, replace(state, language=event.language))
    if kind is EventKind.BROKE_OFF:
        return replace(state, status=InterviewStatus.BROKEN_OFF)
    if kind is EventKind.RESUMED:
        return _rerouted(questionnaire, replace(state, status=InterviewStatus.RUNNING))
    if kind is EventKind.COMPLETED:
        return _completed(questionnaire, state)
    return state


def _answered(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    program = program_of(questionnaire)
    at = program.index.get(event.item)
    if at is None or event.answer is None or event.item not in state.path:
        return replace(state, refusal=Refusal(address=event.item, message=tr("This question is not on the path.")))
    item = questionnaire.items[at]
    scope = _scope(questionnaire, state)
    message = fault_of(item, event.answer, shown_choices(program, at, scope, state.setting.seed))
    if not message and item.read_only:
        message = tr("This answer cannot be changed.")
    if not message and event.answer.status is Status.ANSWERED:
        message = _constraint_fault(program, at, event.answer, scope, state)
    if message:
        return replace(state, refusal=Refusal(address=event.item, message=message), cursor=_screen_start(
            questionnaire, state, at))  # fmt: skip
    answers = {**state.answers, event.item: event.answer}
    state = _rerouted(questionnaire, replace(state, answers=answers, set_aside=state.set_aside - {event.item}))
    here = _index_of(questionnaire, state, event.item)
    if here is not None and len(state.route.screens[here]) == 1:
        return _at_screen(questionnaire, state, here + 1)
    return replace(state, cursor=_screen_start(questionnaire, state, at))


def _constraint_fault(program: Program, at: int, answer: Answer, scope: Pass, state: InterviewState) -> str:
    constraint = program.constraint[at]
    item = program.questionnaire.items[at]
    if constraint is None or constraint.boolean(scope.at_item(item.name, answer.value)):
        return ""
    message = filled(item.constraint_message, scope, state.language, program.questionnaire.default_language)
    return message or tr("This answer is not allowed here.")


def _went_forward(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Go to the next screen; open questions of this one must be answered, or skipped with their own key."""
    here = _screen_index(questionnaire, state)
    if here >= len(state.route.screens):
        return state
    names = [questionnaire.items[at].name for at in state.route.screens[here]]
    for at in state.route.screens[here]:
        item = questionnaire.items[at]
        if item.kind in SUBSTANTIVE and item.name not in state.answers and not item.read_only:
            return replace(
                state, refusal=Refusal(
                    address=item.name, message=tr("Please choose an answer, or don't know, refused or skip.")
                )
            )  # fmt: skip
    return _at_screen(questionnaire, replace(state, set_aside=state.set_aside - set(names)), here + 1)


def _jumped(questionnaire: Questionnaire, state: InterviewState, address: str) -> InterviewState:
    if address == END:
        return replace(state, cursor=END)
    found = _index_of(questionnaire, state, address)
    if found is None:
        return replace(state, refusal=Refusal(address=address, message=tr("This question is not on the path.")))
    return _at_screen(questionnaire, state, found)


def _completed(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    open_ones = state.unanswered
    if open_ones and state.route.ended_by is None:
        back = _jumped(questionnaire, state, open_ones[0])
        return replace(back, refusal=Refusal(address=open_ones[0], message=tr("This question is still open.")))
    return replace(state, status=InterviewStatus.COMPLETED, cursor=END)


def _rerouted(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Work out the path anew; answers that fall off it are kept, and await confirmation when they come back."""
    found, _walked = route(
        questionnaire, state.setting, state.answers, state.computed, state.language, state.last_at
    )
    off = {name for name in state.answers if name not in found.on_path}
    state = replace(
        state,
        route=found,
        computed=found.computed,
        path=_path(questionnaire, found),
        disposition=_disposition(questionnaire, found),
        set_aside=state.set_aside | off,
    )
    state = replace(state, unanswered=_unanswered(questionnaire, state))
    if state.cursor != END and _index_of(questionnaire, state, state.cursor) is None:
        state = replace(state, cursor=_nearest(questionnaire, state))
    return state


def _nearest(questionnaire: Questionnaire, state: InterviewState) -> str:
    """Return the first screen at or behind the cursor's row when the cursor's own question left the path."""
    row = program_of(questionnaire).index.get(state.cursor, 0)
    for screen in state.route.screens:
        if screen[0] >= row:
            return questionnaire.items[screen[0]].name
    return END


def _path(questionnaire: Questionnaire, found: Route) -> tuple[str, ...]:
    return tuple(questionnaire.items[at].name for screen in found.screens for at in screen)


def _disposition(questionnaire: Questionnaire, found: Route) -> str:
    return "" if found.ended_by is None else questionnaire.items[found.ended_by].disposition


def _unanswered(questionnaire: Questionnaire, state: InterviewState) -> tuple[str, ...]:
    found = []
    for screen in state.route.screens:
        for at in screen:
            item = questionnaire.items[at]
            is_open = item.name not in state.answers or item.name in state.set_aside
            if item.kind in SUBSTANTIVE and not item.read_only and is_open:
                found.append(item.name)
    return tuple(found)


def _index_of(questionnaire: Questionnaire, state: InterviewState, address: str) -> int | None:
    at = program_of(questionnaire).index.get(address)
    return next((n for n, screen in enumerate(state.route.screens) if at in screen), None)


def _screen_index(questionnaire: Questionnaire, state: InterviewState) -> int:
    if state.cursor == END:
        return len(state.route.screens)
    found = _index_of(questionnaire, state, state.cursor)
    return len(state.route.screens) if found is None else found


def _screen_start(questionnaire: Questionnaire, state: InterviewState, at: int) -> str:
    found = next((screen for screen in state.route.screens if at in screen), None)
    return questionnaire.items[found[0]].name if found else state.cursor


def _at_screen(questionnaire: Questionnaire, state: InterviewState, index: int) -> InterviewState:
    screens = state.route.screens
    cursor = questionnaire.items[screens[index][0]].name if 0 <= index < len(screens) else END
    return replace(state, cursor=cursor)


def _scope(questionnaire: Questionnaire, state: InterviewState) -> Pass:
    scope = Pass(
        program_of(questionnaire), state.setting, state.answers, state.computed, state.language, state.last_at
    )
    scope.on_path = set(state.route.on_path)
    return scope


def _with_screen(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    if state.cursor == END or state.status is InterviewStatus.COMPLETED:
        return replace(state, screen=None)
    program = program_of(questionnaire)
    scope = _scope(questionnaire, state)
    here = _screen_index(questionnaire, state)
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
    scope = _scope(questionnaire, state)
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
    scope = _scope(questionnaire, state)
    return {
        name: tuple(c.name for c in shown_choices(program, program.index[name], scope, state.setting.seed))
        for name in state.path
        if questionnaire.items[program.index[name]].order is not Order.FIXED
    }


def would_set_aside(questionnaire: Questionnaire, state: InterviewState, address: str, answer: Answer) -> tuple[str, ...]:
    """Return which answers a changed answer would take off the path, before it takes effect."""
    answers = {**state.answers, address: answer}
    found, _walked = route(questionnaire, state.setting, answers, state.computed, state.language, state.last_at)
    return tuple(name for name in state.path if name in state.answers and name not in found.on_path)
