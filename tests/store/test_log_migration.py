"""A study written by revision 0001, with one chain for all, is brought along whole, and tampering with it still shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alembic import command, op
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from cati.store import journal, migrations
from cati.store.database import Database, Transaction
from cati.vault.checkpoints import Checkpoint, Head, checkpoint
from cati.vault.log_chain import ONE_FOR_ALL, LoggedEntry, Why, chain, check_log, first_hash

STUDY = "5d" * 16
ANNA, BERT = "aa" * 16, "bb" * 16
SECRET = bytes(range(32))
PUBLIC = Ed25519PrivateKey.from_private_bytes(SECRET).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
INSERT = text(
    'INSERT INTO log (n, at, who, act, "case", fence, details, previous, hash) '
    "VALUES (:n, :at, :who, :act, '', 0, '', :previous, :hash)"
)


def _joined(*parts: str | bytes) -> bytes:
    """As revision 0001's program joined what it hashed; said here once more, so that no change of ours goes unseen."""
    whole = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in whole)


def _old_rows(count: int = 12) -> Iterator[dict[str, object]]:
    head = hashlib.sha256(_joined("cati log 1", STUDY)).digest()
    for n in range(1, count + 1):
        previous, who = head, (ANNA, BERT)[n % 2]
        head = hashlib.sha256(_joined(previous, str(n), str(1000 + n), who, "dialled", "", "0", "")).digest()
        yield {"n": n, "at": 1000 + n, "who": who, "act": "dialled", "previous": previous, "hash": head}


def _old_word(n: int) -> Checkpoint:
    """A checkpoint of format 71, as it lies beside an old study's seal."""
    hash_ = list(_old_rows(n))[-1]["hash"]
    assert isinstance(hash_, bytes)
    bare = Checkpoint(STUDY, (Head(ONE_FOR_ALL, n, hash_),), "2026-07-01T18:00:00Z", ANNA, b"", of_all=False)
    signed = b"\x71" + _joined("checkpoint", STUDY, str(n), hash_, bare.at, ANNA)
    return replace(bare, signature=Ed25519PrivateKey.from_private_bytes(SECRET).sign(signed))


@pytest.fixture
def old(bare: Database) -> Database:
    """A database of either kind as revision 0001 left it."""
    with bare.transaction() as transaction:
        transaction.begin()
        command.upgrade(migrations._config(transaction), "0001")
        for row in _old_rows():
            transaction.execute(INSERT, row)
        for k, who in enumerate((ANNA, BERT)):
            transaction.execute(
                text("INSERT INTO member (id, login, name, role, languages, record, certificate) "
                     "VALUES (:id, :login, 'N', 'interviewer', 'de', :empty, :empty)"),
                {"id": who, "login": f"m{k}", "empty": b""},
            )  # fmt: skip
    assert migrations.version(bare) == "0001"
    return bare


def _append(transaction: Transaction, who: str) -> None:
    n, previous = journal.head(transaction, who) or (0, first_hash(STUDY, who))
    bare = journal.Entry(n + 1, 5000, who, "signed_in", "", 0, "")
    assert journal.append(transaction, replace(bare, hash=chain(previous, bare.fields())), previous)


def _faults(database: Database, *words: Checkpoint) -> list[tuple[Why, str, int]]:
    with database.reading() as transaction:
        rows = [LoggedEntry(e.chain, e.fields(), e.hash, e.at) for e in journal.by_chain(transaction)]
    return [(f.why, f.chain, f.n) for f in check_log(STUDY, rows, words, {ANNA: (PUBLIC,), BERT: (PUBLIC,)}).faults]


def _change(database: Database, sql: str) -> None:
    with database.transaction() as transaction:
        transaction.exec_driver_sql(sql)


def test_the_old_chain_is_brought_along_whole_and_everybody_begins_their_own(old: Database) -> None:
    migrations.require_current(old)
    assert migrations.version(old) == migrations.HEAD
    with old.transaction() as transaction:
        found = list(journal.entries(transaction))
        assert [(e.number, e.at, e.who, e.hash) for e in found] == [
            (row["n"], row["at"], row["who"], row["hash"]) for row in _old_rows()
        ]
        assert {e.chain for e in found} == {ONE_FOR_ALL}
        _append(transaction, ANNA)
        _append(transaction, ANNA)
        _append(transaction, BERT)
        heads = [Head(*head) for head in journal.heads(transaction)]
    assert [(head.chain, head.n) for head in heads] == [(ONE_FOR_ALL, 12), (ANNA, 2), (BERT, 1)]
    assert _faults(old, _old_word(5), _old_word(12)) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE log SET act = 'paused' WHERE n = -4", (Why.ALTERED, ONE_FOR_ALL, 4)),
        ("UPDATE log SET who = 'x' WHERE n = -4", (Why.ALTERED, ONE_FOR_ALL, 4)),
        ("DELETE FROM log WHERE n = -4", (Why.ALTERED, ONE_FOR_ALL, 4)),
        ("UPDATE log SET n = -20 WHERE n = -4", (Why.ALTERED, ONE_FOR_ALL, 4)),
        ("DELETE FROM log WHERE n < -7", (Why.TRUNCATED, ONE_FOR_ALL, 8)),
        ("DELETE FROM log WHERE n < 0", (Why.VANISHED, ONE_FOR_ALL, 1)),
    ],
)
def test_tampering_with_it_is_found_as_before(old: Database, sql: str, fault: tuple[Why, str, int]) -> None:
    migrations.require_current(old)
    _change(old, sql)
    assert _faults(old, _old_word(5), _old_word(10)) == [fault]


def test_a_chain_rebuilt_before_or_after_the_step_is_found(old: Database) -> None:
    rows = [row for row in _old_rows() if row["n"] != 4]
    head = hashlib.sha256(_joined("cati log 1", STUDY)).digest()
    with old.transaction() as transaction:
        transaction.exec_driver_sql("DELETE FROM log")
        for n, row in enumerate(rows, start=1):
            previous = head
            head = hashlib.sha256(
                _joined(previous, str(n), str(row["at"]), str(row["who"]), "dialled", "", "0", "")
            ).digest()
            transaction.execute(INSERT, {**row, "n": n, "previous": previous, "hash": head})
    migrations.require_current(old)
    assert _faults(old) == []  # the control: whole in itself
    assert _faults(old, _old_word(5)) == [(Why.REBUILT, ONE_FOR_ALL, 5)]


def test_the_first_checkpoint_after_the_step_closes_the_old_chain(old: Database) -> None:
    migrations.require_current(old)
    with old.transaction() as transaction:
        _append(transaction, ANNA)
        heads = [Head(*head) for head in journal.heads(transaction)]
    word = checkpoint(STUDY, heads, datetime(2026, 8, 1, tzinfo=UTC), member_id=ANNA, signing=SECRET)
    assert _faults(old, _old_word(5), word) == []
    _change(old, "DELETE FROM log WHERE n = -12")  # was under no checkpoint of the old kind
    assert _faults(old, _old_word(5)) == []
    assert _faults(old, _old_word(5), word) == [(Why.TRUNCATED, ONE_FOR_ALL, 12)]


def test_a_step_that_fails_leaves_the_old_study_as_it_was(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object, **_more: object) -> None:
        message = "the power is gone"
        raise OSError(message)

    monkeypatch.setattr(op, "create_index", fails)  # the last thing that the step does
    with pytest.raises(OSError, match="power"):
        migrations.require_current(old)
    assert migrations.version(old) == "0001"
    with old.reading() as transaction:
        assert transaction.exec_driver_sql("SELECT count(*), min(n), max(n) FROM log").one() == (12, 1, 12)
