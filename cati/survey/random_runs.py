"""Simulated interviews: which questions are never reached, which checks nothing meets or breaks, how long it takes."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cati.survey.directed_walk import DirectedWalk, walk_to
from cati.survey.program import AT, Program, program_of
from cati.survey.questionnaire import ASKED, SUBSTANTIVE, Questionnaire
from cati.survey.random_walk import Known, Walk, known_of
from cati.survey.unreachable import Proof, proofs

ENOUGH_TRIES = 10
"""A check that refused fewer answers is not said to be met by none."""
_ROUNDS = (200, 800)
"""Events that a search for one question may take: short ones first, for what is left longer ones."""
_AFTER = 2
"""So many interviews go on to their end from a question that was searched for: they come to what lies behind it."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What simulated interviews showed; names are those of items, lists in the questionnaire's order.

    Of the ``interviews`` with random answers: ``asked``, in how many each question was on the path; ``minutes``, the
    estimated lengths of those that went through to the end, sorted; ``ended_early`` by disposition; ``endless``, given
    up; ``refused``, how many answers each check refused.

    Of the search for what they did not come to: ``searched``, for how much was searched; ``found``, questions that only
    the search reached; ``never_asked``, those it did not reach either, ``proven`` why where that is certain;
    ``never_met``, checks that took no answer; ``never_broken``, checks that refused none. ``cut_short``: cancelled
    before its end.
    """

    interviews: int
    asked: Mapping[str, int]
    never_asked: tuple[str, ...]
    never_met: tuple[str, ...]
    refused: Mapping[str, int]
    minutes: tuple[float, ...]
    ended_early: Mapping[str, int]
    endless: int
    found: tuple[str, ...] = ()
    proven: Mapping[str, Proof] = field(default_factory=dict)
    never_broken: tuple[str, ...] = ()
    searched: int = 0
    cut_short: bool = False

    def minutes_at(self, share: float) -> float:
        """Return the length that this share of the interviews does not exceed; 0 without interviews."""
        return self.minutes[min(int(len(self.minutes) * share), len(self.minutes) - 1)] if self.minutes else 0.0

    @property
    def median(self) -> float:
        """Return the median length in minutes, 0 without interviews."""
        return statistics.median(self.minutes) if self.minutes else 0.0


@dataclass(slots=True)
class _Seen:
    """What has been come to so far, and what the checks said to answers."""

    asked: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, walk: Walk) -> set[str]:
        """Add what an interview came to; return the questions it asked."""
        on_path = {name.partition(AT)[0] for name in walk.state.route.on_path}
        names = on_path & walk.shown
        self.asked |= names
        self.met |= walk.met
        self.broken |= walk.broken
        self.refused.update(walk.refused)
        return names


def run_many(
    questionnaire: Questionnaire,
    interviews: int,
    *,
    draw: random.Random,
    at: datetime,
    values: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    searching: Callable[[int, int], None] = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Runs:
    """Simulate so many interviews with random answers, then search for what they did not come to.

    Fewer when cancelled. ``values`` are the case's own; ``at`` is when they begin. ``progress`` is told of interviews,
    ``searching`` of questions and checks searched for.
    """
    asked: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    minutes: list[float] = []
    seen = _Seen()
    done = endless = 0
    known = known_of(questionnaire)
    for _ in range(interviews):
        if cancelled():
            break
        run = Walk(questionnaire, _own(draw), at, values, known)
        state = run.through()
        done += 1
        asked.update(seen.add(run))
        endless += run.gave_up
        if state.disposition:
            ended[state.disposition] += 1
        elif not run.gave_up:
            minutes.append(run.seconds / 60)
        progress(done, interviews)
    by_chance = frozenset(seen.asked)
    proven = proofs(questionnaire, values)
    searched = 0
    if not cancelled():
        search = _Search(questionnaire, draw, at, values, known, seen, proven)
        searched = search.through(searching, cancelled)
    names = [item.name for item in questionnaire.items if item.kind in ASKED]
    checked = [name for name in names if has_check(program_of(questionnaire), name)]
    return Runs(
        interviews=done,
        asked=asked,
        never_asked=tuple(name for name in names if name not in seen.asked),
        never_met=tuple(
            name for name in names if seen.refused[name] >= ENOUGH_TRIES and name not in seen.met and name in seen.asked
        ),
        refused=seen.refused,
        minutes=tuple(sorted(minutes)),
        ended_early=ended,
        endless=endless,
        found=tuple(name for name in names if name in seen.asked and name not in by_chance),
        proven={name: proof for name, proof in proven.items() if name not in seen.asked},
        never_broken=tuple(name for name in checked if name in seen.asked and name not in seen.broken),
        searched=searched,
        cut_short=cancelled(),
    )


def has_check(program: Program, name: str) -> bool:
    """Tell whether a question has a check that is an expression."""
    at = program.index[name]
    return program.questionnaire.items[at].kind in SUBSTANTIVE and bool(program.constraint[at] or program.soft[at])


def _own(draw: random.Random) -> random.Random:
    return random.Random(draw.getrandbits(64))  # noqa: S311 - invented answers, no secret


class _Search:
    """Goes to the questions and answers that random interviews did not come to."""

    def __init__(
        self, form: Questionnaire, draw: random.Random, at: datetime, values: Mapping[str, str], known: Known,
        seen: _Seen, proven: Mapping[str, Proof],
    ) -> None:  # fmt: skip
        self.form, self.draw, self.at, self.values, self.known, self.seen = form, draw, at, values, known, seen
        self.program = program_of(form)
        self.names = [item.name for item in form.items if item.kind in ASKED and item.name not in proven]

    def through(self, searching: Callable[[int, int], None], cancelled: Callable[[], bool]) -> int:
        """Search until nothing is left or everything has been tried; return for how much."""
        searched = 0
        for most in _ROUNDS:
            tasks = [*((name, self._ask) for name in self.names if name not in self.seen.asked)]
            tasks += [(name, self._checks) for name in self.names if self._unchecked(name)]
            searched = searched or len(tasks)
            for done, (name, act) in enumerate(tasks, 1):
                if cancelled():
                    return searched
                act(name, most, cancelled)
                searching(done, len(tasks))
        return searched

    def _unchecked(self, name: str) -> bool:
        return has_check(self.program, name) and not (name in self.seen.met and name in self.seen.broken)

    def _walk(self, name: str, most: int, cancelled: Callable[[], bool]) -> DirectedWalk | None:
        return walk_to(
            self.form, name, draw=_own(self.draw), at=self.at, values=self.values, language="", known=self.known,
            most=most, cancelled=cancelled,
        )  # fmt: skip

    def _ask(self, name: str, most: int, cancelled: Callable[[], bool]) -> None:
        if name in self.seen.asked:
            return
        for _ in range(_AFTER):
            walk = self._walk(name, most, cancelled)
            if walk is None:
                return
            self.seen.add(walk)
            walk.through()
            self.seen.add(walk)

    def _checks(self, name: str, most: int, cancelled: Callable[[], bool]) -> None:
        if name not in self.seen.asked:
            return
        for taken, said in ((True, self.seen.met), (False, self.seen.broken)):
            if name not in said:
                walk = self._walk(name, most, cancelled)
                if walk is not None:
                    walk.check(name, taken=taken)
                    self.seen.add(walk)
