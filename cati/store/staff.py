"""What becomes of members of staff: new keys, skills, leaving; trustees with their blobs; tries to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cati.store.database import Transaction
from cati.store.schema import former_certificate, member, recovery, sign_in, trustee
from cati.store.studies import MemberRow


def replace_record(transaction: Transaction, member_id: str, record: bytes) -> None:
    """Put a member's keys under a new password, which only they know, in place of the old."""
    transaction.execute(update(member).where(member.c.id == member_id).values(record=record, start_password=False))


def replace_keys(transaction: Transaction, old: MemberRow, new: MemberRow) -> None:
    """Put keys that were made anew in place of a member's, who works again if they had left.

    The certificate of the old ones stays, because they signed what must still be checked.
    """
    count = select(func.count()).where(former_certificate.c.member == old.id)
    n = transaction.execute(count).scalar_one() + 1
    transaction.execute(insert(former_certificate).values(member=old.id, n=n, certificate=old.certificate))
    names = ("record", "certificate", "daily_grant", "leading_grant", "kept", "active", "start_password")
    transaction.execute(
        update(member).where(member.c.id == old.id).values(**{name: getattr(new, name) for name in names})
    )


def former_certificates(transaction: Transaction) -> tuple[tuple[str, bytes], ...]:
    """Return (member, certificate) of all keys that were replaced."""
    rows = transaction.execute(select(former_certificate.c.member, former_certificate.c.certificate))
    return tuple((row[0], row[1]) for row in rows)


def replace_grants(transaction: Transaction, member_id: str, daily: bytes, leading: bytes | None) -> None:
    """Put what was granted to a member anew in place of the old."""
    transaction.execute(update(member).where(member.c.id == member_id).values(daily_grant=daily, leading_grant=leading))


def set_skills(transaction: Transaction, member_id: str, *, languages: str, converts: bool) -> None:
    """Keep what a member can do; ``languages`` are codes with blanks between."""
    transaction.execute(update(member).where(member.c.id == member_id).values(languages=languages, converts=converts))


def deactivate(transaction: Transaction, member_id: str) -> None:
    """Let a member leave: nothing that was granted to them stays."""
    transaction.execute(
        update(member)
        .where(member.c.id == member_id)
        .values(active=False, daily_grant=None, leading_grant=None, kept=None)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrusteeRow:
    """One of the three; instants in seconds since 1970 (UTC)."""

    id: str
    name: str
    record: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    named_at: int
    drilled_at: int | None = None


Pair = tuple[str, str]


def replace_trustees(
    transaction: Transaction, rows: tuple[TrusteeRow, ...], blobs: Mapping[Pair, bytes], epoch: int
) -> None:
    """Put three trustees and the blobs of their pairs in place of all earlier ones."""
    transaction.execute(delete(recovery))
    transaction.execute(delete(trustee))
    if rows:
        names = TrusteeRow.__slots__
        transaction.execute(insert(trustee), [{name: getattr(row, name) for name in names} for row in rows])
    replace_blobs(transaction, blobs, epoch)


def replace_blobs(transaction: Transaction, blobs: Mapping[Pair, bytes], epoch: int) -> None:
    """Put new blobs in place of all earlier ones; the trustees stay."""
    transaction.execute(delete(recovery))
    for (first, second), sealed in blobs.items():
        transaction.execute(insert(recovery).values(first=first, second=second, epoch=epoch, sealed=sealed))


def trustees(transaction: Transaction) -> tuple[TrusteeRow, ...]:
    """Return the trustees by name."""
    rows = transaction.execute(select(trustee).order_by(trustee.c.name, trustee.c.id))
    return tuple(TrusteeRow(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def blob_of(transaction: Transaction, pair: Pair) -> tuple[int, bytes] | None:
    """Return (epoch, blob) of two trustees, their ids in order."""
    row = transaction.execute(
        select(recovery.c.epoch, recovery.c.sealed).where(recovery.c.first == pair[0], recovery.c.second == pair[1])
    ).first()
    return None if row is None else (row[0], row[1])


def keep_drill(transaction: Transaction, pair: Pair, at: int) -> None:
    """Keep when two trustees showed that they can do it."""
    transaction.execute(update(trustee).where(trustee.c.id.in_(pair)).values(drilled_at=at))


def tries(transaction: Transaction, slot: int) -> tuple[int, int]:
    """Return (tries without success, when the last was) of a slot."""
    row = transaction.execute(select(sign_in.c.tries, sign_in.c.at).where(sign_in.c.slot == slot)).first()
    return (0, 0) if row is None else (row[0], row[1])


def keep_tries(transaction: Transaction, slot: int, tries: int, at: int) -> None:
    """Keep how many tries a slot has without success; 0 forgets it."""
    if tries == 0:
        transaction.execute(delete(sign_in).where(sign_in.c.slot == slot))
        return
    kept = insert_or(sign_in).values(slot=slot, tries=tries, at=at)
    transaction.execute(kept.on_conflict_do_update(index_elements=["slot"], set_={"tries": tries, "at": at}))
