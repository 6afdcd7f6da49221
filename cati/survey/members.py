"""What an event changes besides the answer: members of a roster come and go, triggered values are worked out."""

from __future__ import annotations

from dataclasses import replace

from cati.survey.pass_values import FIRST_MEMBER, MOST_MEMBERS
from cati.survey.program import AT, Ids, Place, program_of
from cati.survey.questionnaire import ASKED, Kind, Questionnaire
from cati.survey.routing import route
from cati.survey.screens import InterviewState
from cati.survey.values import kept

LONGEST_CHAIN = 20
"""Questions that set each other off in a circle must not hold an interview up."""


def member_added(state: InterviewState, prompt: str) -> InterviewState:
    """Return the state with one more member in the roster that asks at this address."""
    memory = state.memory
    members = memory.rosters.get(prompt, FIRST_MEMBER)
    if len(members) >= MOST_MEMBERS:
        return state
    fresh = max(memory.used.get(prompt, 0), *FIRST_MEMBER, *members) + 1
    return replace(
        state,
        memory=replace(
            memory, rosters={**memory.rosters, prompt: (*members, fresh)}, used={**memory.used, prompt: fresh}
        ),
    )


def member_removed(
    questionnaire: Questionnaire, state: InterviewState, address: str
) -> tuple[InterviewState, str] | None:
    """Return the state without a member and the address where its roster asks; None when there is no such member.

    ``address`` is any question of that member; of nested rosters the innermost without a count is meant. Its answers
    are gone: a member taken off by mistake is asked anew.
    """
    program = program_of(questionnaire)
    place = program.place(address)
    if place is None or place[0] < 0:
        return None
    rosters = program.rosters_of[place[0]]
    for depth in range(len(rosters) - 1, -1, -1):
        if questionnaire.groups[rosters[depth]].repeat_count:
            continue
        around, own = place[1][:depth], place[1][depth]
        prompt = program.address((-1 - rosters[depth], around))
        memory = state.memory
        members = memory.rosters.get(prompt, FIRST_MEMBER)
        if own not in members:
            return None
        kept = tuple(member for member in members if member != own)

        def outlives(one: str, roster: int = rosters[depth], ids: Ids = (*around, own)) -> bool:
            where = program.place(one)
            if where is None or AT not in one:
                return True
            around_it = program.rosters_of[where[0]] if where[0] >= 0 else program.rosters_around[-1 - where[0]]
            return roster not in around_it or where[1][: len(ids)] != ids

        return (
            replace(
                state,
                answers={one: answer for one, answer in state.answers.items() if outlives(one)},
                set_aside=frozenset(one for one in state.set_aside if outlives(one)),
                memory=replace(
                    memory,
                    computed={one: text for one, text in memory.computed.items() if outlives(one)},
                    presets={one: text for one, text in memory.presets.items() if outlives(one)},
                    replaced={one: text for one, text in memory.replaced.items() if outlives(one)},
                    rosters={
                        **{one: ids for one, ids in memory.rosters.items() if outlives(one)}, prompt: kept
                    },
                    used={**memory.used, prompt: max(memory.used.get(prompt, 0), *members)},
                ),
            ),
            prompt,
        )  # fmt: skip
    return None


def triggered(questionnaire: Questionnaire, state: InterviewState, place: Place, chain: int = 0) -> InterviewState:
    """Work out what waits for a change of this question: ODK's ``trigger``, which writes over what stood there.

    One after the other, as the rows stand (JavaRosa's SetValueAction): a later one sees what an earlier one has given,
    and a question that is given another value sets off what waits for it in turn.
    """
    program = program_of(questionnaire)
    for at in program.triggered_by.get(questionnaire.items[place[0]].name, ()):
        calculation = program.calculation[at]
        _found, scope = route(questionnaire, state.setting, state.answers, state.memory, state.language, state.last_at)
        asked, whole = questionnaire.items[at].kind in ASKED, questionnaire.items[at].kind is Kind.NUMBER
        answers, memory = dict(state.answers), state.memory
        computed, presets = dict(memory.computed), dict(memory.presets)
        changed: list[Place] = []
        for ids in scope.seen_from(*place, at):
            text = kept(scope.here(calculation, at, ids), whole=whole) if calculation is not None else ""
            address = program.address((at, ids))
            if asked:
                if scope.text(at, ids) != text:
                    changed.append((at, ids))
                answers.pop(address, None)
                presets[address] = text
            else:
                computed[address] = text
        state = replace(state, answers=answers, memory=replace(memory, computed=computed, presets=presets))
        for other in changed if chain < LONGEST_CHAIN else ():
            state = triggered(questionnaire, state, other, chain + 1)
    return state
