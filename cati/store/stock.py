"""Finished interviews: the pending pool of the day, and the mixed stock, each row a random id and sealed bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import pending, stock

_AT_ONCE = 200


_POOL = Prepared(text("SELECT public.cati_put_into_pool(:of, :under, :id, :tag, :sealed)"))
_COUNTS = Prepared(text("SELECT waiting, mixed FROM public.cati_pool()"))
_IS_POOLED = Prepared(
    select(pending.c.id).where(pending.c.tag == bindparam("tag")),
    member=text("SELECT 1 WHERE public.cati_is_pooled(:tag)"),
)
_MIX = Prepared(text("SELECT public.cati_mix(:answers, :anew)"))


def add_pending(transaction: Transaction, row_id: str, tag: str, sealed: bytes, *, case_id: str, fence: int) -> None:
    """Put the finished interview of the case in hand into the pool; ``tag`` is a keyed hash of the case."""
    if by_functions(transaction):
        _POOL.first(transaction, of=case_id, under=fence, id=row_id, tag=tag, sealed=sealed)
    else:
        transaction.execute(insert(pending).values(id=row_id, tag=tag, sealed=sealed))


def is_pooled(transaction: Transaction, tag: str) -> bool:
    """Tell whether a finished interview waits in the pool under this tag."""
    return _IS_POOLED.first(transaction, tag=tag) is not None


def mix_by_function(transaction: Transaction, answers: Sequence[bytes], *, anew: bool) -> int:
    """Let the server put these sealed interviews into the stock and write all of it anew; return how many had waited.

    ``answers`` are those of the whole pool, ``anew`` those of the whole stock besides.
    """
    row = _MIX.first(transaction, answers=list(answers), anew=anew)
    return 0 if row is None else int(row[0])


def pending_count(transaction: Transaction) -> int:
    """Return how many finished interviews wait for the mixing."""
    if by_functions(transaction):
        row = _COUNTS.first(transaction)
        return 0 if row is None else int(row[0])
    return transaction.execute(select(func.count()).select_from(pending)).scalar_one()


def pending_rows(transaction: Transaction) -> tuple[tuple[str, bytes], ...]:
    """Return (id, sealed) of the whole pool, in the order of the random ids."""
    return tuple((row.id, row.sealed) for row in transaction.execute(select(pending).order_by(pending.c.id)))


def untagged_rows(transaction: Transaction) -> tuple[tuple[str, bytes], ...]:
    """Return (id, sealed) of what came into the pool before revision 0004, whose tag is inside the seal."""
    rows = transaction.execute(select(pending).where(pending.c.tag.is_(None)).order_by(pending.c.id))
    return tuple((row.id, row.sealed) for row in rows)


_RESEAL = Prepared(text("SELECT public.cati_reseal_pending(:of, :tag, :sealed)"))


def tagged_rows(transaction: Transaction) -> tuple[tuple[str, str | None, bytes], ...]:
    """Return (id, tag, sealed) of the whole pool; to seal it anew."""
    rows = transaction.execute(select(pending.c.id, pending.c.tag, pending.c.sealed))
    return tuple((row.id, row.tag, bytes(row.sealed)) for row in rows)


def reseal_pending(transaction: Transaction, row_id: str, tag: str | None, sealed: bytes) -> None:
    """Put an interview of the pool, sealed anew under another tag, in place of the old."""
    if by_functions(transaction):
        _RESEAL.first(transaction, of=row_id, tag=tag, sealed=sealed)
    else:
        transaction.execute(update(pending).where(pending.c.id == row_id).values(tag=tag, sealed=sealed))


def delete_pending(transaction: Transaction, row_id: str) -> None:
    """Delete one interview of the pool."""
    transaction.execute(delete(pending).where(pending.c.id == row_id))


def delete_pooled(transaction: Transaction, tag: str) -> int:
    """Delete what waits in the pool under this tag; return how many that were."""
    return transaction.execute(delete(pending).where(pending.c.tag == tag)).rowcount


def empty_pending(transaction: Transaction) -> None:
    """Delete the whole pool."""
    transaction.execute(delete(pending))


def stock_count(transaction: Transaction) -> int:
    """Return how many interviews are mixed."""
    if by_functions(transaction):
        row = _COUNTS.first(transaction)
        return 0 if row is None else int(row[1])
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
