"""The log becomes one hash chain a member, so that fifty people append to it without waiting for one another.

A study made before keeps its one chain as it is: its hashes cover every entry's number among all, so it cannot be cut
into chains of members without being made anew, and made anew it could be made otherwise. Its entries stay in the same
table with −n for n (the first is −1); what their hashes cover (n without the sign) does not change. New chains begin
at 1.

What still finds tampering with the old chain: its own hashes and the checkpoints signed before (format 71), as ever;
and every checkpoint signed from now on (format 72) names its last entry beside the members' chains, so that from the
first sign-out after this step it can be neither cut nor rebuilt nor lengthened. Nothing here signs: no key is at hand
while a database is brought up to date. What was written after the last checkpoint before this step is as safe as it
was: edits show, a cut end does not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = '"n", "at", "who", "act", "case", "fence", "details", "previous", "hash"'


def upgrade() -> None:
    """Key the log by member and number; entries there are keep their chain under negative numbers."""
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint("pk_log", "log", type_="primary")
        op.execute(sa.text("UPDATE log SET n = -n"))
        op.create_primary_key("pk_log", "log", ["who", "n"])
    op.create_index("ix_log_at", "log", ["at"], unique=False)


def _make_anew() -> None:
    """SQLite cannot change a table's key: the rows go into a new table of the same name."""
    op.rename_table("log", "log_before")
    op.drop_index("ix_log_act", "log_before")
    op.create_table(
        "log",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=32), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("details", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("who", "n", name=op.f("pk_log")),
        sqlite_with_rowid=False,
    )
    rest = _COLUMNS.removeprefix('"n"')
    op.execute(sa.text(f'INSERT INTO log ({_COLUMNS}) SELECT -"n"{rest} FROM log_before'))
    op.drop_table("log_before")
    op.create_index("ix_log_act", "log", ["act", "at"], unique=False)
