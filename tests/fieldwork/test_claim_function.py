"""The server's functions: their numbers are the program's, nobody runs them by default, and none reads a whole table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cati.fieldwork import delivered
from cati.fieldwork.log import Act
from cati.fieldwork.open_cells import rank_below_fresh
from cati.store import rights
from cati.store.cases import COMPLETE, TIERS, CaseStatus
from cati.store.counts import Whom
from cati.survey.dispositions import Outcome

from .conftest import Made, bring_people, raw

SQL = (Path(rights.__file__).parent / "sql" / "claim.sql").read_text("utf-8")
FUNCTIONS = re.findall(r"CREATE FUNCTION public\.(\w+)", SQL)
pytestmark = pytest.mark.parametrize("kind", ["server"])


def test_the_numbers_and_codes_are_those_of_the_program(kind: str) -> None:
    assert f"lease_seconds CONSTANT int := {delivered.LEASE_MINUTES * 60};" in SQL
    assert rank_below_fresh() == 1 << 59
    assert "below CONSTANT bigint := 1::bigint << 59;" in SQL
    assert (CaseStatus.READY, CaseStatus.WAITING, CaseStatus.LEASED) == (0, 1, 2)
    assert TIERS == (0, 1, 2, 3)
    assert (Whom.ME, Whom.COLLEAGUE, Whom.CONVERTER) == (0, 1, 2)
    codes = {word for word in re.findall(r"'([a-z_0-9.]+)'", SQL) if "_" in word or "." in word or word.isalpha()}
    known = {COMPLETE, Act.HANDED_OUT.value, Act.PUT_BACK.value, Act.FIELD_ENDED.value, Outcome.INTERRUPTED.value,
             Outcome.TECHNICAL.value}  # fmt: skip
    assert known <= codes
    assert codes - known == {"full", "running", "cati.fence"}


def test_each_runs_as_the_owner_in_a_fixed_place_and_nobody_may_run_it_by_default(made: Made) -> None:
    lead = made.sign_in("lead")
    rows = raw(
        lead, "SELECT proname, prosecdef, proconfig, proacl::text AS acl FROM pg_proc WHERE proname LIKE 'cati_%'"
    )
    found = {row["proname"]: row for row in rows}
    for name in FUNCTIONS:
        row = found[name]
        assert row["prosecdef"], name
        assert "search_path=pg_catalog, pg_temp" in row["proconfig"], name
        assert row["acl"] is not None, name
        assert not re.search(r"[{,]=", row["acl"]), name  # nothing for PUBLIC
    assert not re.search(r"(FROM|JOIN|UPDATE|INTO) (?!public\.|\()(case|turn|cell|member|target|log|attempt)\b", SQL)


@pytest.mark.parametrize("analysed", [False, True])
def test_a_claim_reads_no_table_from_end_to_end(made: Made, tmp_path: Path, analysed: bool) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 60)
    if analysed:
        raw(lead, "ANALYZE")
    anna = made.sign_in("anna")
    scans = "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('case', 'turn', 'attempt', 'contact')"
    with anna.transaction() as transaction:
        before = transaction.exec_driver_sql(scans).scalar_one()
        transaction.exec_driver_sql("SAVEPOINT before")
        for _ in range(14):  # from the sixth on the server may plan for any values
            assert transaction.exec_driver_sql("SELECT id FROM public.cati_claim()").first() is not None
            transaction.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
        assert transaction.exec_driver_sql(scans).scalar_one() == before
    with lead.transaction() as transaction:
        before = transaction.exec_driver_sql(scans).scalar_one()
        assert transaction.exec_driver_sql('SELECT count(*) FROM "case" WHERE draw = 1').scalar_one() == 0
        assert transaction.exec_driver_sql(scans).scalar_one() > before  # the control
