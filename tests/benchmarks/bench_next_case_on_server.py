"""Bars 3 and 5 on PostgreSQL: the next case from 1,000 to 1,000,000 cases, fresh and worked, beside a naive claim."""

from __future__ import annotations

import random
from contextlib import closing
from typing import Any

from cati.fieldwork.open_study import OpenStudy
from tests import postgres
from tests.benchmarks.bench_next_case import CHURN, DUE, LARGE, Claim, Row, growth, in_turns, median, our_claim
from tests.benchmarks.large_study import Worked, server_study, unbound

SETTINGS = ("autovacuum = off", "shared_buffers = '512MB'", "max_wal_size = '4GB'")


def naive_claim(opened: OpenStudy) -> Claim:
    """Return the claim of peers: read every open row, work out its turn, sort, take the first. The negative control."""
    draw = random.Random(5)
    taken: list[str] = []
    behind = unbound(opened)

    def act() -> None:
        with behind.transaction() as transaction:
            cursor: Any = transaction.connection.cursor()
            cursor.execute('SELECT id, due_at, rank, tier FROM "case" WHERE status = 0 AND due_at < 4000000000')
            best = min(cursor.fetchall(), key=lambda row: (row[3], row[2], row[1]))
            cursor.execute('UPDATE "case" SET status = 2, fence = fence + 1 WHERE id = %s AND status = 0', (best[0],))
            taken.append(best[0])

    def after() -> None:
        with behind.transaction() as transaction:
            transaction.exec_driver_sql(
                'UPDATE "case" SET status = 0, rank = %s WHERE id = %s', ((3 << 59) + draw.getrandbits(32), taken[-1])
            )

    return act, after


def _analysed(opened: OpenStudy) -> None:
    with unbound(opened).database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("ANALYZE")
    opened.database.engine.dispose()  # plans are kept by the session


def _churned(opened: OpenStudy, n: int = CHURN) -> None:
    """Make so many claims, without waiting for the disk; nobody vacuums."""
    with unbound(opened).database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ALTER DATABASE " + opened.database.name + " SET synchronous_commit = off")
    opened.database.engine.dispose()
    in_turns([our_claim(opened)], n)
    with unbound(opened).database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ALTER DATABASE " + opened.database.name + " RESET synchronous_commit")
    opened.database.engine.dispose()


def figures() -> list[Row]:
    """Return the rows of bars 3 and 5 on a server."""
    rows: list[Row] = []
    with postgres.running(*SETTINGS) as cluster:
        for worked in Worked:
            with (
                server_study(cluster, 1_000, worked) as small,
                server_study(cluster, LARGE, worked) as large,
                closing(small.sign_in("anna")) as few,
                closing(large.sign_in("anna")) as many,
            ):
                what = f"{worked.value}, PostgreSQL"
                rows.append(growth(f"{what}, no statistics", few, many))
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
