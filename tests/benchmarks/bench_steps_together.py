"""Bar 9: the step of fifty interviewers on PostgreSQL, an answer every five seconds each, against one alone.

Both go the program's own way, in the same run and by turns: the answer is kept on the workstation, the next question is
worked out, and the outbox sends the answer. What counts is the whole until the server has acknowledged it, though the
interviewer waits for the first half only. The one alone answers ten times as fast as one of the fifty, or there would be
too few answers to speak of; since that keeps its server process warm, the ten of one process, in turn and never two at
once, stand beside it as a control: one answer at a time, over connections that rest for five seconds as everybody's do.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

from cati.store.access_rules import wanted_lines
from tests import postgres
from tests.benchmarks.bench_step import form_of, percentile
from tests.benchmarks.paced import Given, Orders, interviewers
from tests.faults.call_centre import CallCentre, in_folder, move

Row = tuple[str, str, str, str, bool]
CLIENTS = int(os.environ.get("CATI_BENCH_CLIENTS", "50"))
ROUNDS = int(os.environ.get("CATI_BENCH_ROUNDS", "4"))
PACE = 5.0
ANSWERS = 3
"""So many each of the fifty gives in a round: a round of all three lasts three quarters of a minute."""
PROCESSES = 5
_CONTEXT = get_context("spawn")


@contextmanager
def a_centre(folder: Path) -> Iterator[CallCentre]:
    """Make a study on a server that syncs as servers do, reached by TLS as everybody reaches it."""
    with postgres.running("max_connections = 200", authority=postgres.new_authority()) as server:
        server.write_rules(*wanted_lines("all"), *postgres.RULES)
        centre = in_folder(folder, people=CLIENTS * 8 + 60, interviewers=CLIENTS + 1, target=1000, seed=9)
        move(centre, SimpleNamespace(working=server), [server.port], server.authority, "bench")  # type: ignore[arg-type]  # all of a pair that is asked
        yield centre


def _crew(centre: CallCentre, groups: list[tuple[str, ...]], folder: Path) -> list[Any]:
    form = form_of(100, folder)
    found = []
    for logins in groups:
        ours, theirs = _CONTEXT.Pipe()
        _CONTEXT.Process(target=interviewers, args=(centre, logins, form, theirs), daemon=True).start()
        theirs.close()
        found.append(ours)
    for one in found:
        if one.recv() != "ready":
            raise RuntimeError
    return found


def _given(crew: Sequence[Any], answers: int, pace: float, starts: list[tuple[float, ...]]) -> list[Given]:
    """Let everybody of these processes answer so often at this pace; return what each answer took."""
    for one in crew:
        one.send(Orders(0.0, pace, answers, ()))
    for one in crew:
        if one.recv() != "ready":
            raise RuntimeError
    begin = monotonic() + 0.5
    for one, own in zip(crew, starts, strict=True):
        one.send(Orders(begin, pace, answers, own))
    return [given for one in crew for given in one.recv()]


def _p95(given: list[Given], what: str = "there") -> float:
    return percentile([getattr(one, what) for one in given], 0.95)


def figures() -> list[Row]:
    """Return the row of bar 9, and what stands beside it."""
    with tempfile.TemporaryDirectory(prefix="cati-bench-") as name:
        folder = Path(name)
        os.environ["CATI_HOME"] = str(folder / "home")
        with a_centre(folder / "centre") as centre:
            single = _crew(centre, [centre.logins[:1]], folder)
            others = centre.logins[1:]
            groups = [others[n::PROCESSES] for n in range(PROCESSES)]
            together = _crew(centre, groups, folder)
            alone: list[list[Given]] = []
            in_turn: list[list[Given]] = []
            many: list[list[Given]] = []
            draw = random.Random(9)
            turns = [tuple(n * PACE / len(groups[0]) for n in range(len(groups[0])))]
            for _ in range(ROUNDS):
                starts = [tuple(draw.uniform(0, PACE) for _ in group) for group in groups]
                alone.append(_given(single, ANSWERS * 10, PACE / 10, [(0.0,)]))
                many.append(_given(together, ANSWERS, PACE, starts))
                in_turn.append(_given(together[:1], ANSWERS, PACE, turns))
            for one in (*single, *together):
                one.send(None)
    return _rows(alone, in_turn, many)


def _rows(alone: list[list[Given]], in_turn: list[list[Given]], many: list[list[Given]]) -> list[Row]:
    ratios = [_p95(crowd) / _p95(one) for crowd, one in zip(many, alone, strict=True)]
    one, turn, crowd = (list(chain.from_iterable(each)) for each in (alone, in_turn, many))
    late, bare, control = _p95(crowd), _p95(one), _p95(turn)
    medians = [statistics.median(given.there for given in each) * 1e3 for each in (crowd, one, turn)]
    words = (
        f"{late / bare:.2f} × (p95 {late * 1e3:.1f} of {bare * 1e3:.1f} ms, median {medians[0]:.1f} of {medians[1]:.1f}"
    )
    words += f"; {len(crowd)} of {len(one)} answers; rounds {min(ratios):.2f} to {max(ratios):.2f} ×)"
    beside = f"{late / control:.2f} × (p95 {control * 1e3:.1f} ms, median {medians[2]:.1f}; {len(turn)} answers)"
    here = f"p95 {_p95(crowd, 'here') * 1e3:.1f} of {_p95(one, 'here') * 1e3:.1f} ms"
    woken = f"p95 {_p95(crowd, 'late') * 1e3:.1f} of {_p95(one, 'late') * 1e3:.1f} ms"
    what = f"step of {CLIENTS} interviewers together on a server, an answer every {PACE:.0f} s"
    return [
        ("9", what, words, "≤ 2 × one alone", late <= 2 * bare),
        ("9", "… against ten in turn, one answer at a time", beside, "≤ 2 ×", late <= 2 * control),
        ("–", "… of that until the next question is there", here, "–", True),
        ("–", "… threads woken too late (the machine, not counted)", woken, "–", True),
    ]
