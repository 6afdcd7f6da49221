"""Finished interviews: the pending pool of the day, and the mixed stock, each row a random id and sealed bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, delete, func, insert, select, update

from cati.store.database import Transaction
from cati.store.schema import pending, stock

_AT_ONCE = 200


def add_pending(transaction: Transaction, row_id: str, sealed: bytes) -> None:
    """Put one finished interview into the pool."""
    transaction.execute(insert(pending).values(id=row_id, sealed=sealed))


def pending_count(transaction: Transaction) -> int:
    """Return how many finished interviews wait for the mixing."""
    return transaction.execute(select(func.count()).select_from(pending)).scalar_one()


def pending_rows(transaction: Transaction) -> tuple[tuple[str, bytes], ...]:
    """Return (id, sealed) of the whole pool, in the order of the random ids."""
    return tuple((row.id, row.sealed) for row in transaction.execute(select(pending).order_by(pending.c.id)))


def delete_pending(transaction: Transaction, row_id: str) -> None:
    """Delete one interview of the pool."""
    transaction.execute(delete(pending).where(pending.c.id == row_id))


def empty_pending(transaction: Transaction) -> None:
    """Delete the whole pool."""
    transaction.execute(delete(pending))


def stock_count(transaction: Transaction) -> int:
    """Return how many interviews are mixed."""
    return transaction.execute(select(func.count()).select_from(stock)).scalar_one()


def stock_ids(transaction: Transaction) -> list[str]:
    """Return the ids of the stock in their (random) order."""
    return list(transaction.execute(select(stock.c.id).order_by(stock.c.id)).scalars())


def stock_row(transaction: Transaction, row_id: str) -> bytes:
    """Return one sealed interview."""
    return bytes(transaction.execute(select(stock.c.sealed).where(stock.c.id == row_id)).scalar_one())


def stock_rows(transaction: Transaction) -> Iterator[bytes]:
    """Yield the sealed interviews in the order of their random ids."""
    yield from transaction.execute(select(stock.c.sealed).order_by(stock.c.id)).yield_per(_AT_ONCE).scalars()


def replace_in_stock(transaction: Transaction, old_id: str, new_id: str, sealed: bytes) -> None:
    """Write one interview anew under another id."""
    transaction.execute(delete(stock).where(stock.c.id == old_id))
    transaction.execute(insert(stock).values(id=new_id, sealed=sealed))


def rename_in_stock(transaction: Transaction, pairs: Sequence[tuple[str, str]]) -> None:
    """Give interviews new ids, (old, new), without opening them."""
    if pairs:
        transaction.execute(
            update(stock).where(stock.c.id == bindparam("old")).values(id=bindparam("new")),
            [{"old": old, "new": new} for old, new in pairs],
        )


def add_to_stock(transaction: Transaction, rows: Sequence[tuple[str, bytes]]) -> None:
    """Add interviews in the order given, which must be random."""
    if rows:
        transaction.execute(insert(stock), [{"id": row_id, "sealed": sealed} for row_id, sealed in rows])
