"""Bar 9: the step of fifty interviewers on PostgreSQL, an answer every five seconds each, against one alone."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

from cati.store.access_rules import wanted_lines
from tests import postgres
from tests.benchmarks.bench_step import form_of
from tests.benchmarks.paced import interviewers
from tests.faults.call_centre import CallCentre, in_folder, move

Row = tuple[str, str, str, str, bool]
CLIENTS = int(os.environ.get("CATI_BENCH_CLIENTS", "50"))
SECONDS = int(os.environ.get("CATI_BENCH_SECONDS", "60"))
PACE = 5.0
PROCESSES = 5
_CONTEXT = get_context("spawn")


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


@contextmanager
def a_centre(folder: Path) -> Iterator[CallCentre]:
    """Make a study on a server that syncs as servers do, reached by TLS as everybody reaches it."""
    with postgres.running("max_connections = 200", authority=postgres.new_authority()) as server:
        server.write_rules(*wanted_lines("all"), *postgres.RULES)
        centre = in_folder(folder, people=CLIENTS * 6 + 20, interviewers=CLIENTS + 1, target=1000, seed=9)
        move(centre, SimpleNamespace(working=server), [server.port], server.authority, "bench")  # type: ignore[arg-type]  # all of a pair that is asked
        yield centre


def _crew(centre: CallCentre, groups: list[tuple[str, ...]], folder: Path, pace: float) -> list[Any]:
    form = form_of(40, folder)
    found = []
    for n, logins in enumerate(groups):
        ours, theirs = _CONTEXT.Pipe()
        arguments = (centre, logins, form, folder / f"{n}", theirs, pace)
        _CONTEXT.Process(target=interviewers, args=arguments, daemon=True).start()
        theirs.close()
        found.append(ours)
    for one in found:
        if one.recv() != "ready":
            raise RuntimeError
    return found


def _steps(crew: list[Any], answers: int) -> list[float]:
    """Let everybody answer so often; return the seconds of each answer."""
    begin = monotonic() + 0.5
    for one in crew:
        one.send((begin, answers))
    return [seconds for one in crew for seconds in one.recv()]


def figures() -> list[Row]:
    """Return the row of bar 9. The single one answers before and after the fifty, ten times as fast."""
    with tempfile.TemporaryDirectory(prefix="cati-bench-") as name:
        folder = Path(name)
        os.environ["CATI_HOME"] = str(folder / "home")
        with a_centre(folder / "centre") as centre:
            single = _crew(centre, [centre.logins[:1]], folder, PACE / 10)
            others = centre.logins[1:]
            together = _crew(centre, [others[n::PROCESSES] for n in range(PROCESSES)], folder, PACE)
            alone = _steps(single, SECONDS)
            many = _steps(together, round(SECONDS / PACE))
            alone += _steps(single, SECONDS)
            for one in (*single, *together):
                one.send(None)
    late, bare = _p95(many), _p95(alone)
    words = (
        f"{late / bare:.2f} × (p95 {late * 1e3:.1f} of {bare * 1e3:.1f} ms, median {statistics.median(many) * 1e3:.1f}"
    )
    words += f" of {statistics.median(alone) * 1e3:.1f}; {len(many)} of {len(alone)} answers)"
    what = f"step of {CLIENTS} interviewers together on a server, an answer every {PACE:.0f} s"
    return [("9", what, words, "≤ 2 × one alone", late <= 2 * bare)]
