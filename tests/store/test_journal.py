"""One chain a member: nobody waits for anybody, one's own two windows take turns, and readers see all by time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import delete, insert

from cati.store import journal
from cati.store.database import Database, Transaction
from cati.store.embedded import Embedded
from cati.store.journal import Entry
from cati.store.schema import log, member
from cati.store.server import Server
from cati.vault import log_chain

STUDY = "5d" * 16
ANNA, BERT = "aa" * 16, "bb" * 16


def entry(who: str, at: int = 1000, act: str = "dialled", n: int = 0) -> Entry:
    return Entry(n, at, who, act, "", 0, "")


def append(transaction: Transaction, bare: Entry) -> bool:
    n, previous = journal.head(transaction, bare.who) or (0, log_chain.first_hash(STUDY, bare.who))
    made = replace(bare, n=n + 1)
    return journal.append(transaction, replace(made, hash=log_chain.chain(previous, made.fields())), previous)


def add_staff(database: Database, *ids: str) -> None:
    with database.transaction() as transaction:
        for k, name in enumerate(ids):
            transaction.execute(
                insert(member).values(
                    id=name, login=f"m{k}", name="N", role="interviewer", languages="de", record=b"", certificate=b""
                )
            )


def add_old_chain(database: Database, *who: str) -> None:
    with database.transaction() as transaction:
        for n, name in enumerate(who, start=1):
            transaction.execute(
                insert(log).values(n=-n, at=10, who=name, act="dialled", previous=b"", hash=n.to_bytes(32, "big"))
            )


def verdict(database: Database) -> log_chain.LogVerdict:
    with database.reading() as transaction:
        rows = [log_chain.LoggedEntry(e.chain, e.fields(), e.hash, e.at) for e in journal.by_chain(transaction)]
    return log_chain.check_log(STUDY, rows, (), {ANNA: (), BERT: ()})


def test_every_member_counts_from_one(database: Database) -> None:
    add_staff(database, ANNA, BERT)
    for who in (ANNA, BERT, ANNA, ANNA, BERT):
        with database.transaction() as transaction:
            assert append(transaction, entry(who))
    with database.reading() as transaction:
        assert [(e.chain, e.n) for e in journal.by_chain(transaction)] == [
            (ANNA, 1), (ANNA, 2), (ANNA, 3), (BERT, 1), (BERT, 2),
        ]  # fmt: skip
        assert [(chain, n) for chain, n, _hash in journal.heads(transaction)] == [(ANNA, 3), (BERT, 2)]
        for chain, n, known in journal.heads(transaction):
            assert journal.head(transaction, chain) == (n, known)
        assert journal.head(transaction, "ff" * 16) is None
    assert verdict(database).ok


def test_readers_get_all_chains_by_time(database: Database) -> None:
    add_staff(database, ANNA, BERT)
    add_old_chain(database, BERT, ANNA, BERT)
    with database.transaction() as transaction:
        for who, at, act in (
            (ANNA, 1000, "a"),
            (BERT, 999, "b"),
            (ANNA, 1001, "c"),
            (ANNA, 1001, "d"),
            (BERT, 2000, "a"),
        ):
            append(transaction, entry(who, at, act))
    with database.reading() as transaction:
        oldest = list(journal.entries(transaction))
        assert [(e.chain, e.number) for e in oldest] == [
            ("", 1), ("", 2), ("", 3), (BERT, 1), (ANNA, 1), (ANNA, 2), (ANNA, 3), (BERT, 2),
        ]  # fmt: skip
        assert list(journal.entries(transaction, newest_first=True)) == oldest[::-1]
        assert list(journal.entries(transaction, newest_first=True, limit=2)) == oldest[:-3:-1]
        assert [e.at for e in journal.entries(transaction, acts=("a",))] == [1000, 2000]
        assert journal.has_entry(transaction, "c")
        assert not journal.has_entry(transaction, "e")


def test_an_old_chain_ends_at_its_last_entry_and_is_nobodys_head(database: Database) -> None:
    add_staff(database, ANNA, BERT)
    add_old_chain(database, ANNA, BERT, BERT, ANNA)
    with database.transaction() as transaction:
        assert journal.head(transaction, ANNA) is None
        append(transaction, entry(ANNA))
        assert [(chain, n) for chain, n, _hash in journal.heads(transaction)] == [("", 4), (ANNA, 1)]
        assert journal.heads(transaction)[0][2] == (4).to_bytes(32, "big")
        assert [(e.chain, e.number) for e in journal.by_chain(transaction)] == [
            ("", 1), ("", 2), ("", 3), ("", 4), (ANNA, 1),
        ]  # fmt: skip


def test_an_empty_log_has_no_heads(database: Database) -> None:
    add_staff(database, ANNA)
    with database.reading() as transaction:
        assert journal.heads(transaction) == ()


def test_two_members_append_at_the_same_time_without_waiting(server: Server, connect: Callable[[], Server]) -> None:
    other = connect()
    with server.transaction() as first, other.transaction() as second:
        for transaction in (first, second):
            transaction.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")  # who waits at all, fails
        for _ in range(3):
            assert append(first, entry(ANNA))
            assert append(second, entry(BERT))
    with server.reading() as transaction:
        assert [(chain, n) for chain, n, _hash in _ends(transaction)] == [(ANNA, 3), (BERT, 3)]
    # The control: the same member's other window does wait, and the test sees it.
    with server.transaction() as first:
        assert append(first, entry(ANNA))
        with other.engine.connect() as second:
            second.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                append(second, entry(ANNA))


def _ends(transaction: Transaction) -> list[tuple[str, int, bytes]]:
    ends = {e.chain: (e.chain, e.n, e.hash) for e in journal.by_chain(transaction)}
    return sorted(ends.values())


def test_two_windows_of_one_member_take_turns(server: Server, connect: Callable[[], Server]) -> None:
    other = connect()
    written: list[bool] = []

    def second_window() -> None:
        with other.transaction() as transaction:
            written.append(append(transaction, entry(ANNA, act="second")))  # waits for the first, then says no …
            written.append(append(transaction, entry(ANNA, act="second")))  # … and stands behind it

    with server.transaction() as transaction:
        assert append(transaction, entry(ANNA, act="first"))
        window = threading.Thread(target=second_window)
        window.start()
        while window.is_alive() and not _somebody_waits(other):
            pass
    window.join()
    assert written == [False, True]
    with server.reading() as transaction:
        assert [(e.n, e.act) for e in journal.entries(transaction)] == [(1, "first"), (2, "second")]
    assert verdict(server).ok


def _somebody_waits(server: Server) -> bool:
    with server.reading() as transaction:
        return bool(transaction.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one())


def test_what_appends_looks_at_ones_own_rows_only(file: Embedded, server: Server) -> None:
    """The plans: a search by member on the file; on the server, row-level security hides all others and nobody misses them."""
    with file.reading() as transaction:
        plan = transaction.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT n, hash FROM log WHERE who = ? AND n > 0 ORDER BY n DESC LIMIT 1", (ANNA,)
        ).all()
        assert [row[3] for row in plan] == ["SEARCH log USING PRIMARY KEY (who=? AND n>?)"]
    with server.transaction() as transaction:
        transaction.exec_driver_sql("ALTER TABLE log ENABLE ROW LEVEL SECURITY")
        transaction.exec_driver_sql("ALTER TABLE log FORCE ROW LEVEL SECURITY")
        transaction.exec_driver_sql("CREATE POLICY own ON log USING (who = current_setting('cati.me'))")
        for who in (ANNA, BERT, ANNA, BERT):
            transaction.exec_driver_sql(f"SET LOCAL cati.me = '{who}'")
            assert append(transaction, entry(who))
        assert [e.who for e in journal.by_chain(transaction)] == [BERT, BERT]  # the control: the policy hides
        transaction.exec_driver_sql("ALTER TABLE log NO FORCE ROW LEVEL SECURITY")
        assert len(list(journal.by_chain(transaction))) == 4
    assert verdict(server).ok


def test_an_entry_taken_away_leaves_a_gap_that_is_not_filled_again(database: Database) -> None:
    for _ in range(3):
        with database.transaction() as transaction:
            append(transaction, entry(ANNA))
    with database.transaction() as transaction:
        transaction.execute(delete(log).where(log.c.n == 2))
        append(transaction, entry(ANNA))
    with database.reading() as transaction:
        assert [e.n for e in journal.by_chain(transaction)] == [1, 3, 4]
    assert [fault.n for fault in verdict(database).faults] == [2]


def test_the_server_can_work_out_an_entrys_hash_by_itself(server: Server) -> None:
    """So a function of the database that hands a contact out can write the entry in the same breath."""
    with server.transaction() as transaction:
        for act in ("dialled", "größer", ""):
            append(transaction, replace(entry(ANNA, act=act), case="c" * 32, fence=7, details='{"a":"ü"}'))
        found = transaction.exec_driver_sql(
            """
            SELECT hash = sha256(
                int4send(length(previous)) || previous
                || (SELECT string_agg(int4send(length(convert_to(f, 'UTF8'))) || convert_to(f, 'UTF8'), '' ORDER BY k)
                    FROM unnest(ARRAY[n::text, at::text, who, act, "case", fence::text, details]) WITH ORDINALITY
                        AS part (f, k)))
            FROM log
            """
        ).scalars()
        assert list(found) == [True, True, True]
