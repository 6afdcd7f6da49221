"""The server's own functions for taking a case up again after an outage: who may, once, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cati.store import outage
from cati.store.migrations import create_tables
from cati.store.server import Link, Server
from tests import postgres

STAND_IN = """
CREATE FUNCTION public.cati_me() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('tests.me') $$;
CREATE FUNCTION public.cati_demand(at_least int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT public.cati_me() $$;
CREATE FUNCTION public.cati_now() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 5000::bigint $$;
CREATE FUNCTION public.cati_note(act text, of text, fence int, details text) RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO public.log (n, at, who, act, "case", fence, details, previous, hash)
  SELECT coalesce(max(l.n), 0) + 1, 5000, public.cati_me(), $1, $2, $3, $4, decode(md5(random()::text), 'hex'), decode(md5(random()::text), 'hex')
  FROM public.log l WHERE l.who = public.cati_me() $$;
"""
"""What the rights bring along, as little of it as these functions need."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres.running("fsync = off") as cluster:
        link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=cluster.new_database("outage"))
        server = Server(link, postgres.OWNER, postgres.OWNER_PASSWORD)
        create_tables(server)
        with server.transaction() as transaction:
            transaction.exec_driver_sql(STAND_IN)
            transaction.exec_driver_sql((Path(outage.__file__).with_name("sql") / "outage.sql").read_text("utf-8"))
            transaction.exec_driver_sql("INSERT INTO cell (id, site, department, language) VALUES (1, 's', 'd', 'de')")
        yield server
        server.close()


def prepared(server: Server, *, status: int = 0, holder: str | None = None, fence: int = 4, log: str = "") -> None:
    """Put one case, anna's call of it that the end of the lease ended, and her log."""
    with server.transaction() as transaction:
        sql = transaction.exec_driver_sql
        for table in ("attempt", '"case"', "log"):
            sql(f"DELETE FROM {table}")
        sql(
            'INSERT INTO "case" (id, cell, status, tier, rank, due_at, draw, fence, lease_holder, lease_until)'
            " VALUES ('k', 1, %s, 3, 1, 0, 1, %s, %s, 4000)",
            (status, fence, holder),
        )
        sql(
            'INSERT INTO attempt (id, "case", interviewer, started, ended, phone, phone_kind, outcome, sub_reason,'
            " note_code) VALUES ('c', 'k', 'anna', 100, 4000, 0, 'mobile', 'technical', '', '')"
        )
        sql("SELECT set_config('tests.me', 'anna', true)")
        sql("SELECT public.cati_note('case_handed_out', 'k', 4, '')")
        if log:
            sql("SELECT public.cati_note(%s, 'k', 4, '')", (log,))


def taken(server: Server, me: str = "anna", fence: int = 4) -> tuple[int, int] | None:
    with server.transaction() as transaction:
        transaction.exec_driver_sql("SELECT set_config('tests.me', %s, true)", (me,))
        row = outage.TAKE_UP_BY_FUNCTION.first(transaction, of="k", under=fence, call="c", minutes=30)
        return None if row is None else (row[0], row[1])


def test_a_case_that_nobody_took_is_taken_up_again_once(server: Server) -> None:
    prepared(server)
    assert taken(server) == (5, 5000 + 1800)
    assert taken(server) == (5, 5000 + 1800), "the answer did not come, and it is asked again"
    with server.reading() as transaction:
        sql = transaction.exec_driver_sql
        assert sql("SELECT outcome, ended FROM attempt").one() == (None, None)
        assert sql('SELECT status, lease_holder FROM "case"').one() == (2, "anna")
        assert sql("SELECT count(*) FROM log WHERE strpos(details, 'outage') > 0").scalar_one() == 1


@pytest.mark.parametrize(
    ("changed", "me"),
    [
        ({}, "bert"),  # it was never his
        ({"fence": 5}, "anna"),  # somebody had it since
        ({"status": 2, "holder": "bert"}, "anna"),
        ({"status": 3}, "anna"),
        ({"status": 4}, "anna"),
        ({"log": "outcome_noted"}, "anna"),  # she gave it back herself
        ({"log": "case_put_back"}, "anna"),
        ({"log": "consent_withdrawn"}, "anna"),
    ],
)
def test_nobody_else_and_nothing_that_is_over(server: Server, changed: dict[str, object], me: str) -> None:
    prepared(server, **changed)  # type: ignore[arg-type]
    assert taken(server, me) is None


def test_how_a_call_ended_is_told_to_whoever_made_it(server: Server) -> None:
    prepared(server)
    for me, found in (("anna", [(4000, "technical")]), ("bert", [])):
        with server.transaction() as transaction:
            transaction.exec_driver_sql("SELECT set_config('tests.me', %s, true)", (me,))
            rows = transaction.exec_driver_sql("SELECT ended, outcome FROM public.cati_end_of('c')").all()
        assert [tuple(row) for row in rows] == found
