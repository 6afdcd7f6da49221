"""Bar 4: fifty interviewers at one study on PostgreSQL, beside a bare SKIP LOCKED claim and a naive one.

Every client is a session of its own; five processes hold ten each, on the same cores as the server. The same processes
run all claims over the same kind of connection, one kind after the other, and write down when each case was taken and
given back; what gives a case back is the same for all, and no part of a claim.

The bare claim is one table with one index and one durable commit a claim: BEGIN, UPDATE … FOR UPDATE SKIP LOCKED, COMMIT,
which is what a program with this driver does. Beside it, as no bar, the same in one message to the server and back. Ours
is all that a window does: who asks, calling hours, languages, quotas, limit of views, lease, timeline, entry in the
chained log, one durable commit; then the contact is read, opened and its page made.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests import postgres
from tests.benchmarks.bench_next_case import Row, p95
from tests.benchmarks.large_study import ServerStudy, Worked, server_study

CLIENTS = int(os.environ.get("CATI_BENCH_CLIENTS", "50"))
PROCESSES = 5
SECONDS = float(os.environ.get("CATI_BENCH_SECONDS", "15"))
CASES = int(os.environ.get("CATI_BENCH_CASES", "100000"))

_BARE = """
DO $$ BEGIN
    CREATE TABLE bare (id text PRIMARY KEY, status int, rank bigint, fence int);
    INSERT INTO bare SELECT md5(n::text), 0, ('x' || substr(md5('r' || n), 1, 8))::bit(32)::bigint, 0
        FROM generate_series(1, {cases}) AS n;
    CREATE INDEX ON bare (status, rank);
    CREATE TABLE peers AS SELECT * FROM bare;
    ALTER TABLE peers ADD PRIMARY KEY (id);
END $$
"""


def _crowd(made: ServerStudy, kind: str) -> list[tuple[str, str, int, float, float, float]]:
    """Let all clients work at once; return (client, case, fence, asked, got, given back), "" for a case refused."""
    logins = [f"m{n}" for n in range(CLIENTS)]
    share = -(-CLIENTS // PROCESSES)
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.one_of_a_crowd", kind, str(SECONDS), str(made.link.ports[0]),
             made.link.database, made.admin, made.study_id, str(made.folder), str(made.seal_path), *logins[at : at + share]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )
        for at in range(0, CLIENTS, share)
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    found: list[Any] = []
    for child in children:
        answer, _none = child.communicate(timeout=SECONDS + 120)
        assert child.returncode == 0
        found += json.loads(answer)
    return [tuple(row) for row in found]


def doubles(rows: list[tuple[str, str, int, float, float, float]]) -> int:
    """Return how often a case was taken while another client had it, or twice under the same fence."""
    held = defaultdict(list)
    for _client, case, _fence, _asked, got, back in rows:
        if case:
            held[case].append((got, back))
    overlaps = sum(later[0] < earlier[1] for spans in held.values() for earlier, later in pairwise(sorted(spans)))
    fences = Counter((case, fence) for _client, case, fence, *_times in rows if case)
    return overlaps + sum(n - 1 for n in fences.values())


def _speed(rows: list[tuple[str, str, int, float, float, float]]) -> tuple[float, float, float]:
    """Return (claims a second, median, 95th of a hundred) in seconds."""
    times = [got - asked for _client, case, _fence, asked, got, _back in rows if case]
    return len(times) / SECONDS, statistics.median(times), p95(times)


def figures() -> list[Row]:
    """Return the rows of bar 4."""
    with (
        postgres.running("shared_buffers = '512MB'", f"max_connections = {3 * CLIENTS + 20}") as cluster,
        server_study(cluster, CASES, Worked.HALF, interviewers=CLIENTS) as made,
    ):
        bare_place = cluster.new_database(f"{made.link.database}_bare")  # rights are of the study's own database
        cluster.psql(_BARE.format(cases=CASES), bare_place)
        cluster.psql(f"GRANT ALL ON bare, peers TO {postgres.OWNER}", bare_place)
        bare, ours, barest, naive = (_crowd(made, kind) for kind in ("bare", "ours", "barest", "naive"))
        finished = int(
            cluster.psql(
                'SELECT count(*) FROM "case" c JOIN log l ON l."case" = c.id AND l.act = \'case_handed_out\''
                " WHERE c.status = 3", made.link.database,
            )
        )  # fmt: skip
    rate, middle, tail = _speed(ours)
    bare_rate, bare_middle, bare_tail = _speed(bare)
    refused = sum(not case for _client, case, *_rest in ours)
    twice = doubles(ours)
    naive_rate, _middle, _tail = _speed(naive)
    barest_rate, _middle, barest_tail = _speed(barest)
    naive_twice, naive_refused = doubles(naive), sum(not case for _client, case, *_rest in naive)
    ratio = f"{tail / bare_tail:.2f} × ({tail * 1e3:.0f} of {bare_tail * 1e3:.0f} ms"
    medians = f"median {middle * 1e3:.0f} of {bare_middle * 1e3:.0f} ms)"
    fails = naive_twice + naive_refused > 0 or naive_rate < bare_rate / 4
    return [
        ("4", f"{CLIENTS} clients: delivered twice, refused, finished delivered again",
         f"{twice}, {refused}, {finished} of {len(ours):,}", "0, 0, 0", twice == refused == finished == 0),
        ("4", "claims a second, against a bare SKIP LOCKED claim",
         f"{rate:.0f} of {bare_rate:.0f} ({rate / bare_rate:.2f})", "≥ 0.25", rate >= bare_rate / 4),
        ("4", "p95 of a claim, against the bare one", f"{ratio}; {medians}", "≤ 3 ×", tail <= 3 * bare_tail),
        ("4", "… and against the bare one in a single message (no bar)",
         f"{rate / barest_rate:.2f} of the rate, p95 {tail / barest_tail:.2f} ×", "", True),
        ("4", "control: naive claims, delivered twice + refused; a second",
         f"{naive_twice} + {naive_refused}; {naive_rate:.0f}", "> 0, or < 0.25 of bare (it must fail)", fails),
    ]  # fmt: skip
