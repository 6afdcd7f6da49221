"""What is remembered of received lists: the templates of their columns, and which files came in when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_or

from cati.store.database import Transaction
from cati.store.schema import received_list, template


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRow:
    """One file that was brought in; ``received_at`` in seconds since 1970 (UTC)."""

    sha256: str
    received_at: int
    container: str
    rows: int
    accepted: int


def keep_template(transaction: Transaction, headers: str, mapping: bytes) -> None:
    """Keep a mapping in place of an earlier one for the same headers (``headers``: their SHA-256)."""
    row = insert_or(template).values(headers=headers, mapping=mapping)
    transaction.execute(row.on_conflict_do_update(index_elements=["headers"], set_={"mapping": row.excluded.mapping}))


def templates(transaction: Transaction) -> tuple[bytes, ...]:
    """Return all remembered mappings."""
    return tuple(row[0] for row in transaction.execute(select(template.c.mapping)))


def received_before(transaction: Transaction, sha256: str) -> ReceivedRow | None:
    """Return when this very file was brought in before."""
    row = transaction.execute(select(received_list).where(received_list.c.sha256 == sha256)).first()
    return None if row is None else ReceivedRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def note_received(transaction: Transaction, row: ReceivedRow) -> None:
    """Keep that a file was brought in; the same file twice is counted once, as it was last."""
    values = {name: getattr(row, name) for name in ReceivedRow.__slots__}
    statement = insert_or(received_list).values(**values)
    others = {name: statement.excluded[name] for name in values if name != "sha256"}
    transaction.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=others))
