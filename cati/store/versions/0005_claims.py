"""What a server's claim goes by: calling times and targets as rows, and who asks again after a soft refusal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make tables and indexes; the rows of the tables are written by `cati.fieldwork.kept_rules`."""
    op.create_table(
        "calling_time",
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("closes", sa.BigInteger(), nullable=False),
        sa.Column("appointments", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("opens", "site", "appointments", name=op.f("pk_calling_time")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "target",
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("margin", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "department", name=op.f("pk_target")),
        sqlite_with_rowid=False,
    )
    op.add_column("member", sa.Column("converts", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_member_converts", "member", ["converts", "active", "id"], unique=False)
    op.drop_index("ix_case_claim", "case")
    _index("ix_case_front", ["status", "rank", "cell"], "avoid IS NULL")
    _index("ix_case_claim", ["status", "cell", "rank"], "avoid IS NULL")
    _index("ix_case_second", ["status", "cell", "rank", "avoid"], "avoid IS NOT NULL")


def _index(name: str, columns: list[str], which: str) -> None:
    op.create_index(name, "case", columns, unique=False, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
