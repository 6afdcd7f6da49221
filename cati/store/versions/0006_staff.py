"""Staff: start passwords, replaced keys, trustees who can let a research lead in, tries to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("member", sa.Column("start_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "former_certificate",
        sa.Column("member", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.id"], name=op.f("fk_former_certificate_member_member")),
        sa.PrimaryKeyConstraint("member", "n", name=op.f("pk_former_certificate")),
    )
    op.create_table(
        "trustee",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.Column("drilled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trustee")),
    )
    op.create_table(
        "recovery",
        sa.Column("first", sa.String(length=32), nullable=False),
        sa.Column("second", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["first"], ["trustee.id"], name=op.f("fk_recovery_first_trustee")),
        sa.ForeignKeyConstraint(["second"], ["trustee.id"], name=op.f("fk_recovery_second_trustee")),
        sa.PrimaryKeyConstraint("first", "second", name=op.f("pk_recovery")),
    )
    op.create_table(
        "sign_in",
        sa.Column("slot", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_sign_in")),
    )
