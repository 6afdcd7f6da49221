"""Appointments say where and with whom they are, so that their interviewer needs neither the case nor the contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add both columns, empty for what was booked before, and the index by which an interviewer finds their own."""
    op.add_column("appointment", sa.Column("site", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("appointment", sa.Column("name", sa.LargeBinary(), nullable=True))
    op.create_index("ix_appointment_interviewer", "appointment", ["interviewer", "at"], unique=False)
