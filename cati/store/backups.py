"""The list of backups of a study, kept in its own database: where each lies, and when it ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from cati.store.database import Transaction
from cati.store.schema import backup


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRow:
    """One backup; ``station`` is the computer on which ``path`` lies, instants are seconds since 1970 (UTC)."""

    id: str
    made_at: int
    ends_at: int
    station: str
    path: str
    gone_at: int | None = None


def add(transaction: Transaction, row: BackupRow) -> None:
    """Put a backup on the list; a second time changes nothing."""
    transaction.execute(insert(backup).values(**asdict(row)).on_conflict_do_nothing())


def listed(transaction: Transaction) -> tuple[BackupRow, ...]:
    """Return all backups, oldest first."""
    rows = transaction.execute(select(backup).order_by(backup.c.made_at, backup.c.id))
    return tuple(BackupRow(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def mark_gone(transaction: Transaction, ids: Collection[str], at: int) -> None:
    """Note that these were deleted; the first time counts."""
    transaction.execute(update(backup).where(backup.c.id.in_(ids), backup.c.gone_at.is_(None)).values(gone_at=at))
