"""Timelines: what becomes of a case by the passing of time, written in advance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and the mark; a lease that is running gets a step for when it runs out."""
    op.create_table(
        "turn",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("turns_at", sa.BigInteger(), nullable=True),
        sa.Column("avoid", sa.String(length=32), nullable=True),
        sa.Column("final_code", sa.String(length=8), nullable=True),
        sa.CheckConstraint("status IN (0, 1, 3)", name=op.f("ck_turn_status")),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_turn_case_case")),
        sa.PrimaryKeyConstraint("case", "at", name=op.f("pk_turn")),
        sqlite_with_rowid=False,
    )
    op.add_column("case", sa.Column("replan", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_case_replan",
        "case",
        ["tier", "replan"],
        unique=False,
        sqlite_where=sa.text("replan IS NOT NULL"),
        postgresql_where=sa.text("replan IS NOT NULL"),
    )
    op.execute(
        'INSERT INTO turn ("case", at, status, tier, rank, due_at, avoid) '
        'SELECT id, 0, 1, tier, rank, due_at, avoid FROM "case" WHERE status = 2'
    )
    op.execute('UPDATE "case" SET replan = lease_until WHERE status = 2')
