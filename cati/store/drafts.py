"""Answers while they are tied to a case: the events in order, and the words being typed, one row a question."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, literal_column, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert

from cati.store.database import Database, Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import case, draft_event, draft_text

_OF_HOLDER = select(case.c.lease_until).where(
    case.c.id == bindparam("id"), case.c.fence == bindparam("of"), case.c.lease_holder == bindparam("member")
)
# On a server nobody takes the case away, or erases what was answered, between this and what is written then.
_HELD = Prepared(
    _OF_HOLDER,
    postgresql=_OF_HOLDER.with_for_update(key_share=True),
    member=sql("SELECT lease_until FROM public.cati_hold(:id, :of)"),
)


def held(transaction: Transaction, case_id: str, fence: int, member_id: str) -> int | None:
    """Return until when (seconds since 1970) the member holds the case under this fence number; None: not any more.

    A lease that ran out but that nobody else took is still held. On a server the case is locked until the transaction
    ends, and what it writes is written under this number.
    """
    row = _HELD.first(transaction, id=case_id, of=fence, member=member_id)
    return None if row is None else row[0]


def events(transaction: Transaction, case_id: str) -> tuple[tuple[int, str, bytes], ...]:
    """Return (number, id, sealed event) of an open interview in order.

    On a server a research lead who reads those of others says so before: `contacts.announce`.
    """
    return tuple((row[0], row[1], bytes(row[2])) for row in _EVENTS.rows(transaction, id=case_id))


_EVENTS = Prepared(
    select(draft_event.c.n, draft_event.c.id, draft_event.c.sealed)
    .where(draft_event.c.case == bindparam("id"))
    .order_by(draft_event.c.n),
    member=sql("SELECT n, id, sealed FROM public.cati_events(:id)"),
)
_OPEN = Prepared(select(draft_event.c.case).distinct(), member=sql("SELECT public.cati_open_drafts()"))


def open_cases(transaction: Transaction) -> tuple[str, ...]:
    """Return the ids of all cases whose interview was begun and not finished."""
    return tuple(str(row[0]) for row in _OPEN.rows(transaction))


_BEGUN = Prepared(
    select(draft_event.c.n).where(draft_event.c.case == bindparam("id")).limit(literal_column("1")),
    member=sql("SELECT 0 WHERE public.cati_was_begun(:id)"),
)


def has_events(transaction: Transaction, case_id: str) -> bool:
    """Tell whether an interview was begun and not finished."""
    return _BEGUN.first(transaction, id=case_id) is not None


def count(transaction: Transaction, case_id: str) -> int:
    """Return how many events are kept, which is also the number of the next."""
    return transaction.execute(
        select(func.count()).select_from(draft_event).where(draft_event.c.case == case_id)
    ).scalar_one()


_SAME = Prepared(
    select(draft_event.c.n).where(
        draft_event.c.id == bindparam("event"),
        draft_event.c.case == bindparam("of"),
        draft_event.c.n == bindparam("number"),
    )
)
_APPEND = Prepared(insert(draft_event).on_conflict_do_nothing())


def append(transaction: Transaction, case_id: str, n: int, event_id: str, sealed: bytes) -> bool:
    """Keep one event; False when this very event is kept already (a retry after an unknown commit)."""
    row = {"case": case_id, "n": n, "id": event_id, "sealed": sealed}
    if _APPEND.act(transaction, **row) == 1:
        return True
    if _SAME.first(transaction, event=event_id, of=case_id, number=n) is None:
        transaction.execute(insert(draft_event), row)  # raises: another event stands there
    return False


_EVENT_AT = Prepared(
    select(draft_event.c.id).where(draft_event.c.case == bindparam("of"), draft_event.c.n == bindparam("number"))
)


def event_at(transaction: Transaction, case_id: str, n: int) -> str | None:
    """Return the id of event number ``n`` of an open interview, None when it has none."""
    row = _EVENT_AT.first(transaction, of=case_id, number=n)
    return None if row is None else str(row[0])


_KEEP_EVENT = Prepared(
    sql("SELECT until, kept FROM public.cati_keep_event(:of, :under, :number, :event, :sealed, :place)")
)
_KEEP_WORDS = Prepared(sql("SELECT public.cati_keep_words(:of, :under, :place, :sealed)"))


def keep_event_at_once(
    database: Database, case_id: str, fence: int, n: int, event_id: str, sealed: bytes, place: str
) -> tuple[int, bool] | None:  # fmt: skip
    """Keep one event on a server by one function, and forget the words at ``place`` ("": nowhere); a transaction.

    Returns until when (seconds since 1970) the member holds the case under this fence number, and whether this very
    event is kept, now or by an earlier try; False: the interview was deleted, or went on otherwise, elsewhere.
    None: the case is not held any more.
    """
    row = database.at_once(
        _KEEP_EVENT, of=case_id, under=fence, number=n, event=event_id, sealed=sealed, place=place
    )  # fmt: skip
    return None if row is None else (row[0], row[1])


def keep_text_at_once(database: Database, case_id: str, fence: int, address: str, sealed: bytes) -> int | None:
    """Do what `keep_text` does on a server by one function; until when the case is held, None: not any more."""
    row = database.at_once(_KEEP_WORDS, of=case_id, under=fence, place=address, sealed=sealed)
    return None if row is None else row[0]


def keep_text(transaction: Transaction, case_id: str, address: str, sealed: bytes) -> None:
    """Keep the words typed so far at one question over the ones before; ``address`` is a keyed hash of it."""
    row = insert(draft_text).values(case=case_id, address=address, sealed=sealed)
    transaction.execute(
        row.on_conflict_do_update(index_elements=["case", "address"], set_={"sealed": row.excluded.sealed})
    )


_PLACES = Prepared(select(draft_text.c.address).where(draft_text.c.case == bindparam("of")))


def places(transaction: Transaction, case_id: str) -> set[str]:
    """Return the keyed hashes of the questions at which words lie that were typed and not answered."""
    return {row[0] for row in _PLACES.rows(transaction, of=case_id)}


_TEXT = Prepared(
    select(draft_text.c.sealed).where(draft_text.c.case == bindparam("of"), draft_text.c.address == bindparam("place"))
)


def text(transaction: Transaction, case_id: str, address: str) -> bytes | None:
    """Return the sealed words typed so far at one question."""
    row = _TEXT.first(transaction, of=case_id, place=address)
    return None if row is None else bytes(row[0])


_FORGET_TEXT = Prepared(
    delete(draft_text).where(draft_text.c.case == bindparam("of"), draft_text.c.address == bindparam("place"))
)


def forget_text(transaction: Transaction, case_id: str, address: str) -> None:
    """Delete the words of one question: its answer is kept now."""
    _FORGET_TEXT.act(transaction, of=case_id, place=address)


_TEXTS = Prepared(
    select(draft_text.c.case, draft_text.c.address, draft_text.c.sealed),
    member=sql('SELECT "case", address, sealed FROM public.cati_texts()'),
)
_RESEAL = Prepared(sql("SELECT public.cati_reseal_drafts(:of, :ns, :sealed)"))
_RESEAL_TEXT = Prepared(sql("SELECT public.cati_reseal_text(:of, :old, :new, :sealed)"))


def texts(transaction: Transaction) -> tuple[tuple[str, str, bytes], ...]:
    """Return (case, address, sealed) of all words that were typed and not answered; to seal them anew."""
    return tuple((row[0], row[1], bytes(row[2])) for row in _TEXTS.rows(transaction))


def reseal(transaction: Transaction, case_id: str, rows: Sequence[tuple[int, bytes]]) -> None:
    """Put events of an open interview, (number, sealed anew), in place of the old."""
    if by_functions(transaction):
        _RESEAL.first(transaction, of=case_id, ns=[n for n, _sealed in rows], sealed=[sealed for _n, sealed in rows])
        return
    for n, sealed in rows:
        where = (draft_event.c.case == case_id, draft_event.c.n == n)
        transaction.execute(update(draft_event).where(*where).values(sealed=sealed))


def reseal_text(transaction: Transaction, case_id: str, old: str, new: str, sealed: bytes) -> None:
    """Put words sealed anew at the address ``new`` in place of those at ``old``."""
    if by_functions(transaction):
        _RESEAL_TEXT.first(transaction, of=case_id, old=old, new=new, sealed=sealed)
        return
    where = (draft_text.c.case == case_id, draft_text.c.address == old)
    transaction.execute(update(draft_text).where(*where).values(address=new, sealed=sealed))


def forget(transaction: Transaction, case_id: str) -> None:
    """Delete everything that was answered or typed in a case's open interview."""
    transaction.execute(delete(draft_event).where(draft_event.c.case == case_id))
    transaction.execute(delete(draft_text).where(draft_text.c.case == case_id))


def forget_closed(transaction: Transaction, closed: tuple[int, ...]) -> int:
    """Delete the open interviews of cases with one of these statuses; returns how many cases had one."""
    done = select(case.c.id).where(case.c.status.in_(closed))
    found = transaction.execute(
        select(func.count(draft_event.c.case.distinct())).where(draft_event.c.case.in_(done))
    ).scalar_one()
    transaction.execute(delete(draft_event).where(draft_event.c.case.in_(done)))
    transaction.execute(delete(draft_text).where(draft_text.c.case.in_(done)))
    return found
