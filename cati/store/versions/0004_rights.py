"""Rights on a server: by which role a member signs in, and what functions there tell one person from another by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; on a file they stay empty, but for the tags of the pool."""
    op.add_column("member", sa.Column("server_role", sa.String(length=63), nullable=True))
    op.create_index("ix_member_server_role", "member", ["server_role"], unique=True)
    op.add_column("pending", sa.Column("tag", sa.String(length=64), nullable=True))
    op.create_index("ix_pending_tag", "pending", ["tag"], unique=False)
    op.add_column("never_again", sa.Column("who", sa.String(length=32), nullable=True))
    op.add_column("never_again", sa.Column("since", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_never_again_since",
        "never_again",
        ["since"],
        unique=False,
        sqlite_where=sa.text("since IS NOT NULL"),
        postgresql_where=sa.text("since IS NOT NULL"),
    )
