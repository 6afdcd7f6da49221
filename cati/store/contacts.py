"""Sealed contacts, the keyed hashes of their numbers, and the hashes of those who are never called again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import contact, contact_index, never_again
from cati.store.views import limited


@dataclass(frozen=True, slots=True)
class SealedContact:
    """One contact as it lies in the database; opens with `cati.vault.contacts.open_contact` only."""

    case: str
    sealed_key: bytes = field(repr=False)
    sealed_details: bytes = field(repr=False)
    epoch: int


_ASKED = tuple(f"digest_{n}" for n in range(500))
"""So many hashes are looked for at once."""

_KNOWN, _NEVER = (
    Prepared(select(table.c.hash).where(table.c.hash.in_([bindparam(name) for name in _ASKED])))
    for table in (contact_index, never_again)
)
_KNOWN_BY_FUNCTION = Prepared(text("SELECT hash, never FROM public.cati_known(:digests)"))
_COLUMNS = '"case", sealed_key, sealed_details, epoch'
_ALL = Prepared(
    select(contact.c.case, contact.c.sealed_key, contact.c.sealed_details, contact.c.epoch),
    member=text(f"SELECT {_COLUMNS} FROM public.cati_all_contacts()"),
)
_ONE = Prepared(
    select(contact.c.case, contact.c.sealed_key, contact.c.sealed_details, contact.c.epoch).where(
        contact.c.case == bindparam("id")
    ),
    member=text(f"SELECT {_COLUMNS} FROM public.cati_contact(:id)"),
)
_THESE = Prepared(text(f"SELECT {_COLUMNS} FROM public.cati_contacts_of(:cases)"))


def sealed_contact(transaction: Transaction, case_id: str) -> SealedContact | None:
    """Return a case's contact, None when it was erased.

    A member on a server gets that of the case in hand, of one looked up within the hour, of an appointment of theirs.
    """
    row = _ONE.first(transaction, id=case_id)
    return None if row is None else SealedContact(*row)


_ANNOUNCE = Prepared(text("SELECT public.cati_announce(:what_for)"))


def announce(transaction: Transaction, what_for: str) -> None:
    """Say in a server's log that contacts are read, many at once ("search", "replan", "import", "renew", "drill").

    Once that transaction is kept they are handed out, for ten minutes; to a research lead who renews the keys, for four
    hours. With "questionnaire" it is the answers of open interviews, for what a new one makes of them. Before an import
    it is their numbers' hashes that are compared, for an hour. On a file acts log what they do themselves.
    """
    if by_functions(transaction):
        with limited():
            _ANNOUNCE.first(transaction, what_for=what_for)


def contacts_to_plan(transaction: Transaction, case_ids: Sequence[str]) -> dict[str, SealedContact]:
    """Return the contacts of cases that a supervisor's window works out anew; on a server after `announce`."""
    if by_functions(transaction):
        return {row[0]: SealedContact(*row) for row in _THESE.rows(transaction, cases=list(case_ids))}
    found = (sealed_contact(transaction, case_id) for case_id in case_ids)
    return {one.case: one for one in found if one is not None}


def all_contacts(transaction: Transaction) -> Iterator[SealedContact]:
    """Yield every contact, a few thousand at a time (to search in memory); on a server after `announce`."""
    for row in _ALL.each(transaction):
        yield SealedContact(*row)


_ADD = Prepared(
    insert(contact).values({name: bindparam(name) for name in ("case", "sealed_key", "sealed_details", "epoch")})
)
_ADD_HASH = Prepared(insert(contact_index).values({name: bindparam(name) for name in ("hash", "case")}))


def add_contacts(transaction: Transaction, rows: Iterable[SealedContact]) -> None:
    """Write contacts, which come in the order of their cases' random ids."""
    _ADD.act_on_all(
        transaction,
        ("case", "sealed_key", "sealed_details", "epoch"),
        ((row.case, row.sealed_key, row.sealed_details, row.epoch) for row in rows),
    )


_REPLACE = Prepared(text("SELECT public.cati_replace_contact(:of, :sealed_key, :sealed_details, :epoch)"))
_HASHES = Prepared(
    select(contact_index.c.hash).where(contact_index.c.case == bindparam("of")),
    member=text("SELECT public.cati_hashes(:of)"),
)
_TRY = Prepared(text("SELECT public.cati_try(:digest)"))
_CASES_WITH = Prepared(
    select(contact_index.c.case).where(contact_index.c.hash == bindparam("digest")),
    member=text("SELECT public.cati_look_up(:digest)"),
)


def replace_contact(transaction: Transaction, row: SealedContact) -> None:
    """Put a newly sealed contact in place of the old."""
    if by_functions(transaction):
        _REPLACE.first(
            transaction, of=row.case, sealed_key=row.sealed_key, sealed_details=row.sealed_details, epoch=row.epoch
        )
        return
    transaction.execute(
        update(contact)
        .where(contact.c.case == row.case)
        .values(sealed_key=row.sealed_key, sealed_details=row.sealed_details, epoch=row.epoch)
    )


_AFTER = Prepared(
    select(contact.c.case, contact.c.sealed_key, contact.c.sealed_details, contact.c.epoch)
    .where(contact.c.case > bindparam("last"))
    .order_by(contact.c.case)
    .limit(bindparam("most")),
    member=text(f"SELECT {_COLUMNS} FROM public.cati_contacts_after(:last, :most)"),
)
_RESEAL_BY_FUNCTION = Prepared(text("SELECT public.cati_reseal(:cases, :new_keys, :new_details, :epoch)"))
_FORGET_HASHES = Prepared(text("SELECT public.cati_forget_hashes()"))
_ALL_NEVER = Prepared(select(never_again.c.hash), member=text("SELECT public.cati_never()"))
_REHASH_NEVER = Prepared(text("SELECT public.cati_rehash_never(:hashes)"))
_RESEAL = Prepared(
    update(contact)
    .where(contact.c.case == bindparam("of"))
    .values(sealed_key=bindparam("new_key"), sealed_details=bindparam("new_details"), epoch=bindparam("new_epoch"))
)


def contacts_after(transaction: Transaction, last: str, most: int) -> tuple[SealedContact, ...]:
    """Return the next contacts behind the case ``last``, in the order of their cases' ids; "" begins.

    On a server for research leads, after `announce` ("renew", "drill").
    """
    return tuple(SealedContact(*row) for row in _AFTER.rows(transaction, last=last, most=most))


def reseal(transaction: Transaction, rows: Sequence[SealedContact]) -> None:
    """Put newly sealed contacts, all of one epoch, in place of the old ones."""
    if by_functions(transaction):
        _RESEAL_BY_FUNCTION.first(
            transaction,
            cases=[row.case for row in rows],
            new_keys=[row.sealed_key for row in rows],
            new_details=[row.sealed_details for row in rows],
            epoch=rows[0].epoch,
        )
        return
    _RESEAL.act_on_all(
        transaction,
        ("of", "new_key", "new_details", "new_epoch"),
        ((row.case, row.sealed_key, row.sealed_details, row.epoch) for row in rows),
    )


def forget_hashes(transaction: Transaction) -> None:
    """Delete the keyed hashes of all numbers, to be written anew with another key."""
    if by_functions(transaction):
        _FORGET_HASHES.first(transaction)
        return
    transaction.execute(delete(contact_index))


def rehash_never(transaction: Transaction, again: Callable[[bytes], bytes]) -> int:
    """Put ``again`` of each hash in the place of those who are never called again; return how many there are."""
    found = [bytes(row[0]) for row in _ALL_NEVER.rows(transaction)]
    if by_functions(transaction):
        _REHASH_NEVER.first(transaction, hashes=[again(digest) for digest in found])
        return len(found)
    transaction.execute(delete(never_again))
    never_call_again(transaction, [again(digest) for digest in found])
    return len(found)


def add_hashes(transaction: Transaction, pairs: Iterable[tuple[bytes, str]]) -> None:
    """Write (keyed hash of a number, case)."""
    _ADD_HASH.act_on_all(transaction, ("hash", "case"), sorted(pairs))


def hashes_of(transaction: Transaction, case_id: str) -> tuple[bytes, ...]:
    """Return the keyed hashes of a case's numbers."""
    return tuple(bytes(row[0]) for row in _HASHES.rows(transaction, of=case_id))


def say_tried(transaction: Transaction, digest: bytes) -> None:
    """Say in a server's log that the number with this keyed hash is tried; once kept, `cases_with` looks, for a minute.

    Raises `views.TooManyViews` to whoever saw too many this hour.
    """
    with limited():
        _TRY.first(transaction, digest=digest)


def cases_with(transaction: Transaction, digest: bytes) -> tuple[str, ...]:
    """Return the cases that have the number with this keyed hash; on a server each is an entry in the log.

    There an earlier transaction has said so by `say_tried`.
    """
    return tuple(row[0] for row in _CASES_WITH.rows(transaction, digest=digest))


def known_among(transaction: Transaction, digests: Sequence[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Return which of these hashes are (of a person in the study, of one who is never called again).

    On a server after `announce` ("import").
    """
    known: set[bytes] = set()
    never: set[bytes] = set()
    for at in range(0, len(digests), len(_ASKED)):
        part = list(digests[at : at + len(_ASKED)])
        if by_functions(transaction):
            for digest, of_never in _KNOWN_BY_FUNCTION.rows(transaction, digests=part):
                (never if of_never else known).add(bytes(digest))
            continue
        asked = dict.fromkeys(_ASKED, part[0]) | dict(zip(_ASKED, part, strict=False))
        known.update(bytes(row[0]) for row in _KNOWN.rows(transaction, **asked))
        never.update(bytes(row[0]) for row in _NEVER.rows(transaction, **asked))
    return known, never


def never_call_again(transaction: Transaction, digests: Sequence[bytes]) -> None:
    """Keep these hashes until the purge; what is kept already stays."""
    if digests:
        transaction.execute(insert_or(never_again).on_conflict_do_nothing(), [{"hash": digest} for digest in digests])


def call_again(transaction: Transaction, digests: Sequence[bytes]) -> None:
    """Take hashes back (an outcome was undone within its ten seconds)."""
    for digest in digests:
        transaction.execute(delete(never_again).where(never_again.c.hash == digest))


_ERASE = Prepared(text("SELECT public.cati_erase(:of)"))


def erase_by_function(transaction: Transaction, case_id: str) -> None:
    """Let the server erase the contact of the case in hand and keep its hashes among those never called again."""
    _ERASE.first(transaction, of=case_id)


def erase_contact(transaction: Transaction, case_id: str) -> None:
    """Delete a contact, its data key and the hashes of its numbers; the bytes are overwritten (secure_delete)."""
    transaction.execute(delete(contact_index).where(contact_index.c.case == case_id))
    transaction.execute(delete(contact).where(contact.c.case == case_id))
