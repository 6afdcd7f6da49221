"""The first version of a study's database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and index."""
    op.create_table(
        "cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cell")),
        sa.UniqueConstraint("site", "department", "language", name=op.f("uq_cell_site_department_language")),
    )
    op.create_table(
        "log",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=32), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("details", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_log")),
    )
    op.create_index("ix_log_act", "log", ["act", "at"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("daily_grant", sa.LargeBinary(), nullable=True),
        sa.Column("leading_grant", sa.LargeBinary(), nullable=True),
        sa.Column("kept", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("role IN ('interviewer', 'supervisor', 'research_lead')", name=op.f("ck_member_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("login", name=op.f("uq_member_login")),
    )
    op.create_table(
        "never_again",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_never_again")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pending",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purge_step",
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_purge_step")),
    )
    op.create_table(
        "questionnaire",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_questionnaire")),
    )
    op.create_table(
        "received_list",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("container", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_received_list")),
    )
    op.create_table(
        "stock",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "study",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("questionnaire", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("answers_public", sa.LargeBinary(), nullable=False),
        sa.Column("record_public", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
    )
    op.create_table(
        "tally",
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "site", "department", "code", name=op.f("pk_tally")),
    )
    op.create_table(
        "template",
        sa.Column("headers", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("headers", name=op.f("pk_template")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("turns_at", sa.BigInteger(), nullable=True),
        sa.Column("avoid", sa.String(length=32), nullable=True),
        sa.Column("lease_holder", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("final_code", sa.String(length=8), nullable=True),
        sa.Column("draw", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status BETWEEN 0 AND 4", name=op.f("ck_case_status")),
        sa.ForeignKeyConstraint(["cell"], ["cell.id"], name=op.f("fk_case_cell_cell")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_claim", "case", ["status", "cell", "rank", "avoid"], unique=False)
    op.create_index(
        "ix_case_final",
        "case",
        ["final_code", "cell"],
        unique=False,
        sqlite_where=sa.text("final_code IS NOT NULL"),
        postgresql_where=sa.text("final_code IS NOT NULL"),
    )
    op.create_index(
        "ix_case_holder",
        "case",
        ["lease_holder"],
        unique=False,
        sqlite_where=sa.text("lease_holder IS NOT NULL"),
        postgresql_where=sa.text("lease_holder IS NOT NULL"),
    )
    op.create_index(
        "ix_case_turns",
        "case",
        ["tier", "turns_at"],
        unique=False,
        sqlite_where=sa.text("turns_at IS NOT NULL"),
        postgresql_where=sa.text("turns_at IS NOT NULL"),
    )
    op.create_table(
        "appointment",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("wall", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("interviewer", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_appointment_case_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_appointment")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_appointment_at", "appointment", ["at"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("interviewer", sa.String(length=32), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.SmallInteger(), nullable=False),
        sa.Column("phone_kind", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("sub_reason", sa.String(length=40), server_default="", nullable=False),
        sa.Column("note_code", sa.String(length=40), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_attempt_case_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attempt_case", "attempt", ["case", "started"], unique=False)
    op.create_index("ix_attempt_ended", "attempt", ["ended"], unique=False)
    op.create_table(
        "contact",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_contact_case_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_contact")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_index",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_contact_index_case_case")),
        sa.PrimaryKeyConstraint("hash", "case", name=op.f("pk_contact_index")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_index_case", "contact_index", ["case"], unique=False)
    op.create_table(
        "draft_event",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_draft_event_case_case")),
        sa.PrimaryKeyConstraint("case", "n", name=op.f("pk_draft_event")),
        sa.UniqueConstraint("id", name=op.f("uq_draft_event_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft_text",
        sa.Column("case", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_draft_text_case_case")),
        sa.PrimaryKeyConstraint("case", "address", name=op.f("pk_draft_text")),
        sqlite_with_rowid=False,
    )
