"""Why each question is or is not on the path of an interview, and what every value is now; for trying a form out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from cati.survey.program import Ids, program_of
from cati.survey.questionnaire import ASKED, Kind, Questionnaire
from cati.survey.screens import InterviewState


class Why(StrEnum):
    """What decides whether something is asked."""

    ALWAYS = "always"
    CONDITION = "condition"
    """Its own condition, or that of the group ``group``, which is in ``condition``."""
    NO_MEMBER = "no_member"
    """Its roster has no member."""
    ENDED = "ended"
    """The interview ended before it."""
    NOT_ASKED = "not_asked"
    """The telephone has nothing for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One row of a form in an interview: its address, whether it is on the path and why, and its value now.

    ``condition`` is an expression as written; ``group`` names the group it belongs to, "" for the item's own.
    """

    address: str
    item: int
    on_path: bool
    why: Why
    condition: str = ""
    group: str = ""
    value: str = field(default="", repr=False)
    state: str = ""


def reasons(questionnaire: Questionnaire, state: InterviewState) -> tuple[Reason, ...]:
    """Return a line for every item, in a roster one for every member, in the form's order."""
    return tuple(
        _reason(questionnaire, state, at, ids) for at in range(len(questionnaire.items)) for ids in _every(state, at)
    )


def _every(state: InterviewState, at: int) -> Iterator[Ids | None]:
    members = state.scope.seen_from(-1, (), at)
    yield from members
    if not members:
        yield None


def _reason(questionnaire: Questionnaire, state: InterviewState, at: int, ids: Ids | None) -> Reason:
    program = program_of(questionnaire)
    item, scope = questionnaire.items[at], state.scope
    if ids is None:
        for around, depth in program.conditions_of[at]:
            if not depth and not scope.open(around, ()):
                closed = questionnaire.groups[around]
                return Reason(
                    address=item.name, item=at, on_path=False, why=Why.CONDITION, condition=closed.relevant,
                    group=closed.name,
                )  # fmt: skip
        return Reason(address=item.name, item=at, on_path=False, why=Why.NO_MEMBER)
    address = program.address((at, ids))
    if item.kind is Kind.NOT_ASKED:
        return Reason(address=address, item=at, on_path=False, why=Why.NOT_ASKED)
    answer = state.answers.get(address)
    on_path = address in state.route.on_path
    why, condition, group = Why.ALWAYS, "", ""
    for around, depth in program.conditions_of[at]:
        why, condition, group = Why.CONDITION, questionnaire.groups[around].relevant, questionnaire.groups[around].name
        if not scope.open(around, ids[:depth]):
            break
    else:
        if program.relevant[at] is not None:
            why, condition, group = Why.CONDITION, item.relevant, ""
        if scope.on(at, ids) and not on_path:
            why, condition, group = Why.ENDED, "", ""
    return Reason(
        address=address,
        item=at,
        on_path=on_path,
        why=why,
        condition=condition,
        group=group,
        value=scope.text(at, ids) if on_path else "",
        state=answer.status.value if answer is not None and item.kind in ASKED else "",
    )
