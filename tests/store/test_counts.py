"""What is counted of all cases is what a plain query counts, and the file is walked through once for it."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter

import pytest
from sqlalchemy import insert, select, text, update

from cati.store import cases, counts, studies
from cati.store.cases import CaseRow, CaseStatus
from cati.store.counts import Whom
from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.schema import case, member

REFUSED_AT = (None, None, None, "anna", "bert", "cleo")


def _fill(database: Database, n: int = 700) -> list[tuple[int, int, str | None]]:
    """Write cases of every status, in twelve cells, some refused softly; return (status, cell, refused at) of each."""
    draw = random.Random(n)
    with database.transaction() as transaction:
        cells = [studies.cell_id(transaction, f"s{k}", "d", language) for k in range(6) for language in ("de", "en")]
        found = [(draw.choice(list(CaseStatus)), draw.choice(cells), draw.choice(REFUSED_AT)) for _ in range(n)]
        rows = [
            CaseRow(f"{draw.getrandbits(128):032x}", cell, status, 3, draw.getrandbits(40), 0, None, avoid, None, None,
                    0, None, draw.getrandbits(63))
            for status, cell, avoid in found
        ]  # fmt: skip
        cases.add_cases(transaction, sorted(tuple(getattr(row, name) for name in CaseRow.__slots__) for row in rows))
    return [(int(status), cell, avoid) for status, cell, avoid in found]


def test_every_case_is_counted_once(database: Database) -> None:
    with database.reading() as transaction:
        assert counts.count_by_status(transaction) == {}
    found = _fill(database)
    with database.reading() as transaction:
        counted = counts.count_by_status(transaction)
        plain = transaction.execute(text('SELECT status, cell, count(*) FROM "case" GROUP BY status, cell')).all()
        beginnings = {row[0][0] for row in transaction.execute(select(case.c.id))}
    assert beginnings == set("0123456789abcdef")
    assert counted == {(CaseStatus(status), cell): n for status, cell, n in plain}
    assert counted == Counter((CaseStatus(status), cell) for status, cell, _avoid in found)


def test_who_may_call_those_who_refused_softly(database: Database) -> None:
    found = _fill(database)
    with database.transaction() as transaction:
        for one in ("anna", "bert", "cleo"):
            transaction.execute(
                insert(member).values(id=one, login=one, name=one, role="interviewer", languages="de", record=b"",
                                      certificate=b"", converts=False)
            )  # fmt: skip
    for converting, bert, cleo in (
        ((), Whom.ME, Whom.ME),
        (("anna",), Whom.ME, Whom.ME),
        (("bert",), Whom.ME, Whom.CONVERTER),
        (("bert", "cleo"), Whom.CONVERTER, Whom.CONVERTER),
    ):
        with database.transaction() as transaction:
            transaction.execute(update(member).values(converts=member.c.id.in_(converting)))
        whom = {None: Whom.ME, "anna": Whom.COLLEAGUE, "bert": bert, "cleo": cleo}
        expected = Counter((CaseStatus(status), cell, whom[avoid]) for status, cell, avoid in found)
        with database.reading() as transaction:
            assert counts.count_for(transaction, "anna") == expected, converting


@pytest.mark.parametrize("analysed", [False, True])
def test_on_the_file_nothing_is_sorted_and_no_case_is_looked_up_from_an_index(file: Embedded, analysed: bool) -> None:
    _fill(file)
    if analysed:
        with sqlite3.connect(file.file) as bare:
            bare.execute("ANALYZE")
        file.engine.dispose()
    said: list[str] = []
    with file.reading() as transaction:
        driver = transaction.connection.dbapi_connection
        driver.set_trace_callback(said.append)
        counts.count_by_status(transaction)
        driver.set_trace_callback(None)
        asked = [statement for statement in said if '"case"' in statement]
        plans = {row[3] for one in asked for row in transaction.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}")}
    assert len(asked) == 16
    assert plans == {"SEARCH case USING PRIMARY KEY (id>? AND id<?)"}
