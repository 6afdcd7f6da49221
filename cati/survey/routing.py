"""The path through the questions, worked out anew from the answers after every event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cati.survey.answers import Answer
from cati.survey.pass_values import Memory, Setting
from cati.survey.program import Child, Ids, Place, Program, ordered_children, program_of
from cati.survey.questionnaire import Kind, Questionnaire
from cati.survey.worked_out import Pass


@dataclass(frozen=True, slots=True)
class Route:
    """The outcome of one pass: the screens in order, each a tuple of places, and the addresses on the path.

    ``ended_by`` is the item that screens the person out (terminate, full quota), None when the path runs to its end.
    """

    screens: tuple[tuple[Place, ...], ...]
    on_path: frozenset[str]
    ended_by: int | None


class _Walk:
    """One walk along the path: places met in order, until something ends the interview."""

    def __init__(self, program: Program, scope: Pass, children: Mapping[int, tuple[Child, ...]], *, full: bool) -> None:
        self.program, self.scope, self.children, self.full = program, scope, children, full
        self.met: list[Place] = []
        self.shown: list[Place] = []
        self.ended_by: int | None = None

    def along(self, group: int, ids: Ids) -> None:
        """Walk through what stands in a group."""
        program, scope = self.program, self.scope
        always, asked, once, on = program.always, program.asked, program.once, scope.on
        met, shown = self.met.append, self.shown.append
        for child in self.children.get(group, ()):
            at = child.item
            if at < 0:
                self._into(child.group, ids)
            elif always[at] or on(at, ids):
                place = (at, ids)
                met(place)
                if once[at]:
                    scope.text(at, ids)
                if asked[at]:
                    shown(place)
                elif self._ends(at):
                    shown(place)
                    self.ended_by = at
            if self.ended_by is not None:
                return

    def _into(self, group: int, ids: Ids) -> None:
        if not self.scope.open(group, ids):
            return
        value = self.program.questionnaire.groups[group]
        if not value.repeat:
            self.along(group, ids)
            return
        for member in self.scope.members(group, ids):
            self.along(group, (*ids, member))
            if self.ended_by is not None:
                return
        if not value.repeat_count:
            self.shown.append((-1 - group, ids))

    def _ends(self, at: int) -> bool:
        kind = self.program.questionnaire.items[at].kind
        return kind is Kind.TERMINATE or (kind is Kind.QUOTA and self.full)


def route(
    questionnaire: Questionnaire, setting: Setting, answers: Mapping[str, Answer], memory: Memory, language: str,
    now: datetime,
) -> tuple[Route, Pass]:  # fmt: skip
    """Work out the whole path; the pass that comes with it can be asked for more."""
    program = program_of(questionnaire)
    scope = Pass(program, setting, answers, memory, language, now)
    for at in program.ahead:
        for ids in scope.seen_from(-1, (), at):
            scope.text(at, ids)
    children = ordered_children(program, setting.seed) if program.has_order else program.children
    walk = _Walk(program, scope, children, full=setting.values.get("quota_full") == "1")
    walk.along(-1, ())
    address, names = program.address, program.names
    met = frozenset([address((at, ids)) if ids else names[at] for at, ids in walk.met])
    return Route(_screens(program, walk.shown), met, walk.ended_by), scope


def _screens(program: Program, shown: list[Place]) -> tuple[tuple[Place, ...], ...]:
    """Put the items of a grid or a field-list on one screen; everything else has a screen of its own."""
    shared_of = program.shared_of
    if not any(shared_of):
        return tuple([(place,) for place in shown])
    screens: list[tuple[Place, ...]] = []
    last: tuple[int, Ids] | None = None
    for place in shown:
        at, ids = place
        shared = shared_of[at] if at >= 0 else None
        if shared is None:
            screens.append((place,))
            last = None
            continue
        group, depth = shared
        key = (group, ids[:depth])
        if key == last:
            screens[-1] = (*screens[-1], place)
        else:
            screens.append((place,))
        last = key
    return tuple(screens)
