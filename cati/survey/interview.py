"""Events in, state out: asked, answered, went back, changed, broke off, resumed, completed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cati.survey.answers import Answer, Status, fault_of
from cati.survey.events import Event, EventKind, begin, event_from_json, event_to_json
from cati.survey.questionnaire import SUBSTANTIVE, Questionnaire
from cati.survey.routing import Pass, Program, Route, Setting, filled, program_of, route, shown_choices
from cati.survey.screens import (
    END,
    InterviewState,
    InterviewStatus,
    Question,
    Refusal,
    Screen,
    index_of,
    scope_of,
    screen_index,
    with_screen,
)
from cati.survey.summary import (
    OverviewLine,
    answer_words,
    export_answers,
    open_texts,
    orders,
    overview,
    would_set_aside,
)
from cati.text import tr

__all__ = [
    "END", "Event", "EventKind", "InterviewState", "InterviewStatus", "OverviewLine", "Question", "Refusal", "Screen",
    "answer_words", "apply", "begin", "event_from_json", "event_to_json", "export_answers", "open_texts", "orders",
    "overview", "replay", "would_set_aside",
]  # fmt: skip


def replay(questionnaire: Questionnaire, events: Iterable[Event]) -> InterviewState:
    """Return the state after these events, the first of which must be STARTED; the screen is built once, at the end."""
    sequence = iter(events)
    state = _started(questionnaire, next(sequence))
    for event in sequence:
        state = _apply(questionnaire, state, event)
    return with_screen(questionnaire, state)


def apply(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    """Return the state after one more event. No event raises: what cannot be done is told in ``refusal``."""
    return with_screen(questionnaire, _apply(questionnaire, state, event))


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
    act = _ACTS.get(event.kind)
    if act is None or state.status is InterviewStatus.COMPLETED:
        return state
    return act(questionnaire, state, event)


def _went_back(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    at = screen_index(questionnaire, state)
    return _at_screen(questionnaire, state, at - 1) if at > 0 else state


def _language_switched(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    if event.language not in questionnaire.languages:
        return state
    return _rerouted(questionnaire, replace(state, language=event.language))


def _broke_off(_questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    return replace(state, status=InterviewStatus.BROKEN_OFF)


def _resumed(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    return _rerouted(questionnaire, replace(state, status=InterviewStatus.RUNNING))


def _answered(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    program = program_of(questionnaire)
    at = program.index.get(event.item)
    if at is None or event.answer is None or event.item not in state.path:
        return replace(state, refusal=Refusal(address=event.item, message=tr("This question is not on the path.")))
    item = questionnaire.items[at]
    scope = scope_of(questionnaire, state)
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
    here = index_of(questionnaire, state, event.item)
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


def _went_forward(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    """Go to the next screen; open questions of this one must be answered, or skipped with their own key."""
    here = screen_index(questionnaire, state)
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


def _jumped(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    return _jump_to(questionnaire, state, event.item)


def _jump_to(questionnaire: Questionnaire, state: InterviewState, address: str) -> InterviewState:
    if address == END:
        return replace(state, cursor=END)
    found = index_of(questionnaire, state, address)
    if found is None:
        return replace(state, refusal=Refusal(address=address, message=tr("This question is not on the path.")))
    return _at_screen(questionnaire, state, found)


def _completed(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    open_ones = state.unanswered
    if open_ones and state.route.ended_by is None:
        back = _jump_to(questionnaire, state, open_ones[0])
        return replace(back, refusal=Refusal(address=open_ones[0], message=tr("This question is still open.")))
    return replace(state, status=InterviewStatus.COMPLETED, cursor=END)


def _rerouted(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Work out the path anew; answers that fall off it are kept, and await confirmation when they come back."""
    found, _walked = route(questionnaire, state.setting, state.answers, state.computed, state.language, state.last_at)
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
    if state.cursor != END and index_of(questionnaire, state, state.cursor) is None:
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


def _screen_start(questionnaire: Questionnaire, state: InterviewState, at: int) -> str:
    found = next((screen for screen in state.route.screens if at in screen), None)
    return questionnaire.items[found[0]].name if found else state.cursor


def _at_screen(questionnaire: Questionnaire, state: InterviewState, index: int) -> InterviewState:
    screens = state.route.screens
    cursor = questionnaire.items[screens[index][0]].name if 0 <= index < len(screens) else END
    return replace(state, cursor=cursor)


_ACTS: dict[EventKind, Callable[[Questionnaire, InterviewState, Event], InterviewState]] = {
    EventKind.ANSWERED: _answered,
    EventKind.WENT_BACK: _went_back,
    EventKind.WENT_FORWARD: _went_forward,
    EventKind.JUMPED: _jumped,
    EventKind.LANGUAGE_SWITCHED: _language_switched,
    EventKind.BROKE_OFF: _broke_off,
    EventKind.RESUMED: _resumed,
    EventKind.COMPLETED: _completed,
}
