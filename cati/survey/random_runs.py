"""Simulated interviews with random answers: which questions are never reached, which checks nothing meets, how long."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cati.survey.program import AT
from cati.survey.questionnaire import ASKED, Questionnaire
from cati.survey.random_walk import Walk, known_of

EVERY_NTH = 4
"""So many interviews there are to one that prefers answers which conditions ask for: it comes deeper into a form."""
ENOUGH_TRIES = 10
"""A check that refused fewer answers is not said to be met by none."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What random interviews showed; names are those of items.

    ``minutes``: estimated lengths of the interviews that went through to the end, sorted.

    ``asked``: in how many interviews each question was on the path. ``never_asked`` and ``never_met`` (questions whose
    check took none of many answers tried) in the questionnaire's order. ``refused``: how many answers each check
    refused. ``endless``: interviews given up.
    """

    interviews: int
    asked: Mapping[str, int]
    never_asked: tuple[str, ...]
    never_met: tuple[str, ...]
    refused: Mapping[str, int]
    minutes: tuple[float, ...]
    ended_early: Mapping[str, int]
    endless: int

    def minutes_at(self, share: float) -> float:
        """Return the length that this share of the interviews does not exceed; 0 without interviews."""
        return self.minutes[min(int(len(self.minutes) * share), len(self.minutes) - 1)] if self.minutes else 0.0

    @property
    def median(self) -> float:
        """Return the median length in minutes, 0 without interviews."""
        return statistics.median(self.minutes) if self.minutes else 0.0


def run_many(
    questionnaire: Questionnaire,
    interviews: int,
    *,
    draw: random.Random,
    at: datetime,
    values: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Runs:
    """Simulate so many interviews; fewer when cancelled. ``values`` are the case's own; ``at`` is when they begin."""
    asked: Counter[str] = Counter()
    met: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    minutes: list[float] = []
    done = endless = 0
    known = known_of(questionnaire)
    for number in range(interviews):
        if cancelled():
            break
        own = random.Random(draw.getrandbits(64))  # noqa: S311 - invented answers, no secret
        run = Walk(questionnaire, own, at, values, known)
        if number % EVERY_NTH == EVERY_NTH - 1:
            run.wishes = known.wishes
        state = run.through()
        done = number + 1
        names = {name.partition(AT)[0] for name in state.route.on_path}
        asked.update(names & run.shown)
        met.update(run.met)
        refused.update(run.refused)
        endless += run.gave_up
        if state.disposition:
            ended[state.disposition] += 1
        elif not run.gave_up:
            minutes.append(run.seconds / 60)
        progress(done, interviews)
    kinds = {item.name: item.kind for item in questionnaire.items}
    return Runs(
        interviews=done,
        asked=asked,
        never_asked=tuple(name for name, kind in kinds.items() if kind in ASKED and not asked[name]),
        never_met=tuple(name for name in kinds if refused[name] >= ENOUGH_TRIES and not met[name]),
        refused=refused,
        minutes=tuple(sorted(minutes)),
        ended_early=ended,
        endless=endless,
    )
