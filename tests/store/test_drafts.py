"""Drafts, pool and stock as rows: a retry is recognised, words are written over, new ids leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from cati.store import drafts, stock, studies
from cati.store.cases import CaseStatus
from cati.store.database import Transaction
from cati.store.embedded import Embedded
from cati.store.migrations import create_tables
from cati.store.schema import case

CASE = "a" * 32


@pytest.fixture
def transaction(tmp_path: Path) -> Iterator[Transaction]:
    database = Embedded(tmp_path / "study", create=True)
    create_tables(database)
    with database.transaction() as inside:
        cell = studies.cell_id(inside, "nord", "bau", "de")
        inside.execute(
            insert(case).values(
                id=CASE, cell=cell, status=int(CaseStatus.LEASED), tier=3, rank=1, due_at=0, turns_at=900,
                lease_holder="m" * 32, lease_until=900, fence=4, draw=5,
            )
        )  # fmt: skip
        yield inside
    database.close()


def test_the_same_event_twice_is_kept_once(transaction: Transaction) -> None:
    assert drafts.append(transaction, CASE, 0, "1" * 32, b"first")
    assert not drafts.append(transaction, CASE, 0, "1" * 32, b"first")
    assert drafts.append(transaction, CASE, 1, "2" * 32, b"second")
    assert drafts.events(transaction, CASE) == ((0, "1" * 32, b"first"), (1, "2" * 32, b"second"))
    assert drafts.count(transaction, CASE) == 2


def test_two_different_events_never_share_a_place_or_a_name(transaction: Transaction) -> None:
    drafts.append(transaction, CASE, 0, "1" * 32, b"first")
    for n, event_id in ((0, "2" * 32), (1, "1" * 32)):
        with pytest.raises(IntegrityError), transaction.begin_nested():
            drafts.append(transaction, CASE, n, event_id, b"other")


def test_words_are_written_over(transaction: Transaction) -> None:
    for words in (b"a", b"ab", b"a"):
        drafts.keep_text(transaction, CASE, "place", words)
    assert drafts.text(transaction, CASE, "place") == b"a"
    assert drafts.text(transaction, CASE, "elsewhere") is None
    drafts.forget(transaction, CASE)
    assert drafts.text(transaction, CASE, "place") is None


def test_a_case_is_held_by_its_holder_under_its_fence_only(transaction: Transaction) -> None:
    assert drafts.held(transaction, CASE, 4, "m" * 32) == 900
    assert drafts.held(transaction, CASE, 3, "m" * 32) is None
    assert drafts.held(transaction, CASE, 4, "n" * 32) is None


def test_open_interviews_of_closed_cases_are_swept(transaction: Transaction) -> None:
    drafts.append(transaction, CASE, 0, "1" * 32, b"first")
    assert drafts.forget_closed(transaction, (int(CaseStatus.CLOSED),)) == 0
    assert drafts.has_events(transaction, CASE)
    assert drafts.forget_closed(transaction, (int(CaseStatus.LEASED),)) == 1
    assert not drafts.has_events(transaction, CASE)


def test_new_ids_keep_the_rows_and_lose_the_old_ids(transaction: Transaction) -> None:
    stock.add_to_stock(transaction, [(str(n) * 32, bytes([n])) for n in range(3)])
    stock.rename_in_stock(transaction, [(str(n) * 32, "abc"[n] * 32) for n in range(3)])
    assert stock.stock_ids(transaction) == ["a" * 32, "b" * 32, "c" * 32]
    assert list(stock.stock_rows(transaction)) == [b"\0", b"\1", b"\2"]
    stock.replace_in_stock(transaction, "a" * 32, "d" * 32, b"new")
    assert stock.stock_row(transaction, "d" * 32) == b"new"
    assert stock.stock_count(transaction) == 3
