"""Events in, state out: asked, answered, went back, changed, broke off, resumed, completed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cati.survey.answers import Status, fault_of
from cati.survey.checking import broken_answers, fault_at
from cati.survey.events import Event, EventKind, begin, event_from_json, event_to_json
from cati.survey.members import member_added, member_removed, triggered
from cati.survey.pass_values import Memory, Setting
from cati.survey.program import Place, program_of
from cati.survey.questionnaire import SUBSTANTIVE, Questionnaire
from cati.survey.routing import Route, route
from cati.survey.screens import (
    END,
    InterviewState,
    InterviewStatus,
    Question,
    Refusal,
    Roster,
    Screen,
    index_of,
    screen_index,
    with_screen,
)
from cati.survey.shown import shown_choices
from cati.survey.summary import (
    OverviewLine,
    answer_words,
    export_answers,
    open_texts,
    orders,
    overview,
    would_set_aside,
)
from cati.survey.worked_out import Pass
from cati.text import tr

__all__ = [
    "END", "Event", "EventKind", "InterviewState", "InterviewStatus", "OverviewLine", "Question", "Refusal", "Roster",
    "Screen", "answer_words", "apply", "begin", "event_from_json", "event_to_json", "export_answers", "open_texts",
    "orders", "overview", "replay", "would_set_aside",
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
    program = program_of(questionnaire)
    scope = Pass(program, setting, {}, Memory(), language, event.at)
    for at, default in enumerate(program.default):
        if default is not None and not program.rosters_of[at]:
            scope.preset(at, ())  # ODK works dynamic defaults out once, when the form is opened
    memory = Memory(presets=scope.presets)
    found, scope = route(questionnaire, setting, {}, memory, language, event.at)
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
        broken={},
        cursor=END,
        set_aside=frozenset(),
        setting=setting,
        memory=replace(memory, computed=scope.computed, presets=scope.presets),
        last_at=event.at,
        route=found,
        scope=scope,
    )
    first = found.screens[0] if found.screens else ()
    return replace(state, cursor=program.address(first[0]) if first else END,
                   unanswered=_unanswered(questionnaire, state))  # fmt: skip


def _apply(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    state = replace(state, refusal=None, last_at=event.at, screen=None)
    state.scope.clock(event.at)
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


def _not_on_path(state: InterviewState, address: str) -> InterviewState:
    return replace(state, refusal=Refusal(address=address, message=tr("This question is not on the path.")))


def _answered(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    program = program_of(questionnaire)
    place = program.place(event.item)
    if place is None or place[0] < 0 or event.answer is None or event.item not in state.path:
        return _not_on_path(state, event.item)
    at, ids = place
    item = questionnaire.items[at]
    scope = state.scope
    message, soft = fault_of(item, event.answer, shown_choices(program, at, ids, scope, state.setting.seed)), False
    if not message and item.read_only:
        message = tr("This answer cannot be changed.")
    if not message and event.answer.status is Status.ANSWERED:
        message, soft = fault_at(program, place, event.answer, scope, state.language)
    if message:
        return replace(state, refusal=Refusal(address=event.item, message=message, soft=soft),
                       cursor=_screen_start(questionnaire, state, place))  # fmt: skip
    memory = state.memory
    if program.calculation[at] is not None and not item.trigger:
        memory = replace(memory, replaced={**memory.replaced, event.item: scope.calculated(at, ids)})
    answers = {**state.answers, event.item: event.answer}
    before, now = scope.text(at, ids), event.answer.value if event.answer.status is Status.ANSWERED else ""
    state = replace(state, answers=answers, memory=memory, set_aside=state.set_aside - {event.item})
    state = _rerouted(questionnaire, triggered(questionnaire, state, place) if before != now else state)
    here = index_of(questionnaire, state, event.item)
    if here is not None and len(state.route.screens[here]) == 1:
        return _at_screen(questionnaire, state, here + 1)
    return replace(state, cursor=_screen_start(questionnaire, state, place))


def _went_forward(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    """Go to the next screen; open questions of this one must be answered, or skipped with their own key."""
    here = screen_index(questionnaire, state)
    if here >= len(state.route.screens):
        return state
    program = program_of(questionnaire)
    names = [program.address(place) for place in state.route.screens[here] if place[0] >= 0]
    for address, place in zip(names, state.route.screens[here], strict=False):
        item = questionnaire.items[place[0]]
        if item.kind in SUBSTANTIVE and address not in state.answers and not item.read_only:
            return replace(
                state, refusal=Refusal(
                    address=address, message=tr("Please choose an answer, or don’t know, refused or skip.")
                )
            )  # fmt: skip
    confirmed = replace(state, set_aside=state.set_aside - set(names))
    return _at_screen(questionnaire, replace(confirmed, unanswered=_unanswered(questionnaire, confirmed)), here + 1)


def _jumped(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    return _jump_to(questionnaire, state, event.item)


def _jump_to(questionnaire: Questionnaire, state: InterviewState, address: str) -> InterviewState:
    if address == END:
        return replace(state, cursor=END)
    found = index_of(questionnaire, state, address)
    return _not_on_path(state, address) if found is None else _at_screen(questionnaire, state, found)


def _completed(questionnaire: Questionnaire, state: InterviewState, _event: Event) -> InterviewState:
    if state.route.ended_by is None:
        for address in state.path:
            if address in state.broken:
                back = _jump_to(questionnaire, state, address)
                return replace(back, refusal=Refusal(address=address, message=state.broken[address]))
        if state.unanswered:
            back = _jump_to(questionnaire, state, state.unanswered[0])
            message = tr("This question is still open.")
            return replace(back, refusal=Refusal(address=state.unanswered[0], message=message))
    return replace(state, status=InterviewStatus.COMPLETED, cursor=END)


def _member_added(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    """Add a member to a roster and go to its first question."""
    if event.item not in state.path:
        return _not_on_path(state, event.item)
    found = member_added(state, event.item)
    before = set(state.path)
    state = _rerouted(questionnaire, found)
    first = next((address for address in state.path if address not in before), "")
    return _jump_to(questionnaire, state, first) if first else state


def _member_removed(questionnaire: Questionnaire, state: InterviewState, event: Event) -> InterviewState:
    """Take a member off a roster with all its answers, and go to where the roster asks for another."""
    found = member_removed(questionnaire, state, event.item)
    if found is None:
        return _not_on_path(state, event.item)
    state, prompt = found
    return _jump_to(questionnaire, _rerouted(questionnaire, state), prompt)


def _rerouted(questionnaire: Questionnaire, state: InterviewState) -> InterviewState:
    """Work out the path anew; answers that fall off it are kept, and await confirmation when they come back."""
    found, scope = route(questionnaire, state.setting, state.answers, state.memory, state.language, state.last_at)
    off = {address for address in state.answers if address not in found.on_path}
    state = replace(
        state,
        route=found,
        scope=scope,
        memory=replace(state.memory, computed=scope.computed, presets=scope.presets),
        path=_path(questionnaire, found),
        disposition=_disposition(questionnaire, found),
        set_aside=state.set_aside | off,
        broken=broken_answers(questionnaire, state.answers, found, scope, state.language, state.setting.seed),
    )
    state = replace(state, unanswered=_unanswered(questionnaire, state))
    if state.cursor != END and index_of(questionnaire, state, state.cursor) is None:
        state = replace(state, cursor=_nearest(questionnaire, state))
    return state


def _nearest(questionnaire: Questionnaire, state: InterviewState) -> str:
    """Return the first screen at or behind the cursor's row when the cursor's own question left the path."""
    program = program_of(questionnaire)
    place = program.place(state.cursor)
    row = place[0] if place is not None else 0
    for screen in state.route.screens:
        if screen[0][0] >= row >= 0:
            return program.address(screen[0])
    return END


def _path(questionnaire: Questionnaire, found: Route) -> tuple[str, ...]:
    program = program_of(questionnaire)
    address, names = program.address, program.names
    return tuple([address((at, ids)) if ids or at < 0 else names[at] for screen in found.screens for at, ids in screen])


def _disposition(questionnaire: Questionnaire, found: Route) -> str:
    return "" if found.ended_by is None else questionnaire.items[found.ended_by].disposition


def _unanswered(questionnaire: Questionnaire, state: InterviewState) -> tuple[str, ...]:
    found = []
    wanted, answers, aside = program_of(questionnaire).wanted, state.answers, state.set_aside
    addresses = iter(state.path)
    for screen in state.route.screens:
        for at, _ids in screen:
            address = next(addresses)
            if at >= 0 and wanted[at] and (address not in answers or address in aside):
                found.append(address)
    return tuple(found)


def _screen_start(questionnaire: Questionnaire, state: InterviewState, place: Place) -> str:
    found = next((screen for screen in state.route.screens if place in screen), None)
    return program_of(questionnaire).address(found[0]) if found else state.cursor


def _at_screen(questionnaire: Questionnaire, state: InterviewState, index: int) -> InterviewState:
    screens = state.route.screens
    inside = 0 <= index < len(screens)
    return replace(state, cursor=program_of(questionnaire).address(screens[index][0]) if inside else END)


_ACTS: dict[EventKind, Callable[[Questionnaire, InterviewState, Event], InterviewState]] = {
    EventKind.ANSWERED: _answered,
    EventKind.WENT_BACK: _went_back,
    EventKind.WENT_FORWARD: _went_forward,
    EventKind.JUMPED: _jumped,
    EventKind.LANGUAGE_SWITCHED: _language_switched,
    EventKind.BROKE_OFF: _broke_off,
    EventKind.RESUMED: _resumed,
    EventKind.MEMBER_ADDED: _member_added,
    EventKind.MEMBER_REMOVED: _member_removed,
    EventKind.COMPLETED: _completed,
}
