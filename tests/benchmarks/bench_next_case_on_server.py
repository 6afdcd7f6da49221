"""Bars 2, 3 and 5 on PostgreSQL: the next case from 1,000 to 1,000,000 cases, fresh and worked, beside others' claims.

The bare claim is that of `bench_contention`: BEGIN, UPDATE … FOR UPDATE SKIP LOCKED of one table with one index, COMMIT.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import Any

from cati.fieldwork.open_study import OpenStudy
from cati.store.server import Link, Server
from tests import postgres
from tests.benchmarks.bench_contention import BARE
from tests.benchmarks.bench_next_case import CHURN, DUE, LARGE, Claim, Row, growth, in_turns, median, our_claim
from tests.benchmarks.large_study import Worked, server_study, unbound
from tests.benchmarks.one_of_a_crowd import bare

SETTINGS = (
    "autovacuum = off", "shared_buffers = '512MB'", "max_wal_size = '4GB'", "wal_level = minimal", "max_wal_senders = 0",
)  # fmt: skip


NAIVE = """
WITH complete AS (
    SELECT l.site, l.department, count(*) AS n FROM "case" AS c JOIN cell AS l ON l.id = c.cell
    WHERE c.final_code = '1.1' GROUP BY l.site, l.department)
SELECT c.id, coalesce(p.at, %(now)s) - %(now)s AS promised, past.calls, past.last, c.draw
FROM "case" AS c
JOIN cell AS l ON l.id = c.cell
JOIN target AS t ON t.site = l.site AND t.department = l.department
LEFT JOIN complete AS k ON k.site = l.site AND k.department = l.department
LEFT JOIN appointment AS p ON p."case" = c.id
LEFT JOIN LATERAL (
    SELECT count(*) AS calls, max(a.started) AS last,
           count(*) FILTER (WHERE (to_timestamp(a.started) AT TIME ZONE 'Europe/Berlin')::time >= '17:00') AS evenings
    FROM attempt AS a WHERE a."case" = c.id) AS past ON true
WHERE c.status IN (0, 1) AND c.final_code IS NULL AND past.calls < 15 AND coalesce(k.n, 0) < t.wanted
    AND (p.at IS NULL OR p.at <= %(now)s) AND coalesce(past.last, 0) + 3600 <= %(now)s
    AND (to_timestamp(%(now)s) AT TIME ZONE 'Europe/Berlin')::time BETWEEN '00:00' AND '23:59'
    AND EXISTS (SELECT 1 FROM calling_time AS h WHERE h.site = l.site AND h.opens <= %(now)s AND %(now)s < h.closes)
ORDER BY p.at IS NULL, promised, past.calls, past.evenings, past.last NULLS FIRST, c.draw LIMIT 1
FOR UPDATE OF c SKIP LOCKED
"""
"""What peers do at every claim: work out of all open cases which may be called now, sort them, take the first."""


def naive_claim(opened: OpenStudy) -> Claim:
    """Return the claim of peers, in one statement. The negative control."""
    taken: list[str] = []
    behind = unbound(opened)
    now = int(opened.now().timestamp())

    def act() -> None:
        with behind.transaction() as transaction:
            cursor: Any = transaction.connection.cursor()
            best = cursor.execute(NAIVE, {"now": now}).fetchone()
            assert best is not None
            cursor.execute('UPDATE "case" SET status = 2, fence = fence + 1 WHERE id = %s', (best[0],))
            taken.append(best[0])

    def after() -> None:
        with behind.transaction() as transaction:
            transaction.exec_driver_sql('UPDATE "case" SET status = 0 WHERE id = %s', (taken[-1],))

    return act, after


def _analysed(opened: OpenStudy) -> None:
    with unbound(opened).database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("ANALYZE")
    opened.database.engine.dispose()  # plans are kept by the session


_CLAIMS = """
DO $$ DECLARE one public."case"; BEGIN
    FOR k IN 1..{n} LOOP
        SELECT * INTO STRICT one FROM public.cati_claim();
        COMMIT;
        PERFORM public.cati_hold(one.id, one.fence);
        PERFORM public.cati_put(one.id, 0, 3, (3::bigint << 59) + floor(random() * 4294967296)::bigint, 0, NULL, NULL,
            NULL, '[]');
        COMMIT;
    END LOOP;
END $$
"""


def _churned(opened: OpenStudy, n: int = CHURN) -> None:
    """Make so many claims, each put back and both kept, from inside the server and without waiting for the disk.

    Nobody vacuums.
    """
    with opened.database.one_statement() as transaction:
        cursor: Any = transaction.connection.cursor()
        cursor.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        cursor.execute(_CLAIMS.format(n=n))
    opened.database.engine.dispose()


def _bare(cluster: postgres.Cluster, opened: OpenStudy, cases: int) -> Claim:
    place = cluster.new_database(f"{opened.database.name}_bare")  # rights are of the study's own database
    cluster.psql(BARE.format(cases=cases), place)
    cluster.psql(f"GRANT ALL ON bare TO {postgres.OWNER}", place)
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=place)
    claim, back = bare(replace(opened, database=Server(link, postgres.OWNER, postgres.OWNER_PASSWORD)),
                       Server(link, postgres.OWNER, postgres.OWNER_PASSWORD))  # fmt: skip
    taken: list[str] = []

    def act() -> None:
        found = claim()
        assert found is not None
        taken.append(found[0])

    return act, lambda: back(taken[-1])


def _bar_2(cluster: postgres.Cluster) -> list[Row]:
    with (
        server_study(cluster, 100_000, Worked.FRESH) as made,
        closing(made.sign_in("anna")) as opened,
    ):
        ours, least = map(median, in_turns([our_claim(opened), _bare(cluster, opened, 100_000)]))
        (naive,) = map(median, in_turns([naive_claim(opened)], 3))
    return [
        ("2", "next case at 100k on PostgreSQL, against a bare claim",
         f"{ours / least:.1f} × ({ours * 1e3:.2f} of {least * 1e3:.2f} ms)", "≤ 5 ×", ours <= 5 * least),
        ("2", "… against a naive claim that evaluates and sorts, PostgreSQL",
         f"{naive / ours:.0f} × faster ({naive * 1e3:.0f} ms)", "≥ 50 ×", naive >= 50 * ours),
    ]  # fmt: skip


def figures() -> list[Row]:
    """Return the rows of bars 2, 3 and 5 on a server."""
    with postgres.running(*SETTINGS) as cluster:
        rows = _bar_2(cluster)
        with server_study(cluster, 1_000, STATES[0]) as small, server_study(cluster, LARGE, STATES[0]) as large:
            for at, worked in enumerate(STATES):
                if at:
                    small.work(worked)
                    large.work(worked)
                with closing(small.sign_in("anna")) as few, closing(large.sign_in("anna")) as many:
                    rows += _grown(worked, few, many)
    return rows


STATES = tuple(worked for worked in Worked if worked.name in os.environ.get("CATI_BENCH_STATES", worked.name).split())


def _grown(worked: Worked, few: OpenStudy, many: OpenStudy) -> list[Row]:
    what = f"{worked.value}, PostgreSQL"
    rows = [growth(f"{what}, no statistics", few, many)]
    _analysed(few)
    _analysed(many)
    rows.append(growth(f"{what}, with statistics", few, many))
    if worked is Worked.FRESH:
        naive, control = map(median, in_turns([naive_claim(many), naive_claim(few)], 3))
        rows.append(("3", "control: the naive claim grows, PostgreSQL", f"{naive / control:.0f} ×",
                     "> 1.5 × (it must fail)", naive > 1.5 * control))  # fmt: skip
    if worked is Worked.HALF:
        rows.append(growth(f"{what}, {DUE} cases fall due with each", few, many, bar="5", due=DUE))
        _churned(many)
        rows.append(growth(f"{what}, after {CHURN:,} claims without vacuum", few, many))
    return rows
