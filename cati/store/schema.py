"""The tables of a study's database, with named constraints; Alembic's migrations must end at exactly this."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

Id = String(32)  # 128 random bits in hexadecimal; never ordered by time
Instant = BigInteger  # whole seconds since 1970, UTC
Sealed = LargeBinary  # opens only with a key of the vault

# One row: the study itself. Its name (for the sign-in page) and public keys are readable, the rest needs a member.
study = Table(
    "study", metadata,
    Column("id", Id, primary_key=True),
    Column("settings", LargeBinary, nullable=False),  # JSON of StudySettings
    Column("made_at", Instant, nullable=False),
    Column("questionnaire", String(64), nullable=False),  # hash of the version in force
    Column("recipient", String(200), nullable=False),  # the office seals its list to this
    Column("answers_public", LargeBinary, nullable=False),
    Column("record_public", LargeBinary, nullable=False),  # Ed25519, printed at the start, signs the erasure record
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("erased_at", Instant),
)  # fmt: skip

questionnaire = Table(
    "questionnaire", metadata,
    Column("hash", String(64), primary_key=True),
    Column("model", LargeBinary, nullable=False),
    Column("source_name", String(200), nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("loaded_at", Instant, nullable=False),
)  # fmt: skip

member = Table(
    "member", metadata,
    Column("id", Id, primary_key=True),
    Column("login", String(60), nullable=False),
    Column("name", String(200), nullable=False),  # said in the introduction
    Column("role", String(20), nullable=False),
    Column("languages", String(200), nullable=False),  # blank-separated codes
    Column("record", LargeBinary, nullable=False),  # the vault's MemberRecord: public keys, sealed private keys
    Column("certificate", LargeBinary, nullable=False),
    Column("daily_grant", LargeBinary),  # contacts and drafts; NULL after leaving and after the purge
    Column("leading_grant", LargeBinary),  # research leads: the age identity; NULL likewise
    Column("kept", LargeBinary),  # research leads: answers and record keys; needs no seal and survives the purge
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("converts", Boolean, nullable=False, server_default=false()),  # may ask again after a soft refusal
    Column("server_role", String(63)),  # by which they sign in at a server; NULL on a file
    Column("start_password", Boolean, nullable=False, server_default=false()),  # somebody else knows the password
    UniqueConstraint("login"),
    Index("ix_member_server_role", "server_role", unique=True),
    CheckConstraint("role IN ('interviewer', 'supervisor', 'research_lead')", name="role"),
)  # fmt: skip
# Who converts is asked at a claim, without reading the keys that make a member's row long.
Index("ix_member_converts", member.c.converts, member.c.active, member.c.id)

# Certificates of keys that were made anew: checkpoints of the log were signed with them.
former_certificate = Table(
    "former_certificate", metadata,
    Column("member", Id, ForeignKey("member.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    PrimaryKeyConstraint("member", "n"),
)  # fmt: skip

# Three people, two of whom together let a research lead in when no other can.
trustee = Table(
    "trustee", metadata,
    Column("id", Id, nullable=False),
    Column("name", String(200), nullable=False),
    Column("record", LargeBinary, nullable=False),  # as a member's: opens with password and seal
    Column("certificate", LargeBinary, nullable=False),
    Column("named_at", Instant, nullable=False),
    Column("drilled_at", Instant),  # when they last showed that they can do it
    PrimaryKeyConstraint("id"),
)  # fmt: skip

recovery = Table(
    "recovery", metadata,
    Column("first", Id, ForeignKey("trustee.id"), nullable=False),
    Column("second", Id, ForeignKey("trustee.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("sealed", Sealed, nullable=False),  # opens with both trustees' keys and the seal
    PrimaryKeyConstraint("first", "second"),
)  # fmt: skip

# Tries to sign in that did not succeed (yet), by 12 bits of a hash of what was typed as the login: no name is kept.
sign_in = Table(
    "sign_in", metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("tries", Integer, nullable=False),
    Column("at", Instant, nullable=False),  # of the last one
)  # fmt: skip

# site × department × language: what is claimed as one, so that a full or closed cell is never looked at.
cell = Table(
    "cell", metadata,
    Column("id", Integer, primary_key=True),
    Column("site", String(60), nullable=False),
    Column("department", String(60), nullable=False),
    Column("language", String(20), nullable=False),
    UniqueConstraint("site", "department", "language"),
)  # fmt: skip

case = Table(
    "case", metadata,
    Column("id", Id, nullable=False),
    Column("cell", Integer, ForeignKey("cell.id"), nullable=False),
    Column("status", SmallInteger, nullable=False),  # CaseStatus: ready, waiting, leased, closed, withdrawn
    Column("tier", SmallInteger, nullable=False),
    Column("rank", BigInteger, nullable=False),  # one sortable number, the tier in front
    Column("due_at", Instant, nullable=False),
    Column("turns_at", Instant),  # when its next `turn` comes; NULL: it does not change by itself
    Column("avoid", Id),  # refused softly: this interviewer does not call again, and those who convert go first
    Column("lease_holder", Id),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("final_code", String(8)),
    Column("draw", BigInteger, nullable=False),  # 63 random bits: ties, and the order of questions
    Column("replan", Instant),  # its timeline ran out or holds no more: from when on it must be worked out anew
    PrimaryKeyConstraint("id"),
    CheckConstraint("status BETWEEN 0 AND 4", name="status"),
    sqlite_with_rowid=False,
)  # fmt: skip
# `take_next_case` probes these: the front of all ready cases that anybody may call, which nearly always holds one …
Index("ix_case_front", case.c.status, case.c.rank, case.c.cell, sqlite_where=case.c.avoid.is_(None),
      postgresql_where=case.c.avoid.is_(None))  # fmt: skip
# … the best of one cell, for when the front is full of cells that may not be called now …
Index("ix_case_claim", case.c.status, case.c.cell, case.c.rank, sqlite_where=case.c.avoid.is_(None),
      postgresql_where=case.c.avoid.is_(None))  # fmt: skip
# … and, after a soft refusal, apart from those, so that nobody passes over cases that are not for them …
Index("ix_case_second", case.c.status, case.c.cell, case.c.rank, case.c.avoid, sqlite_where=case.c.avoid.isnot(None),
      postgresql_where=case.c.avoid.isnot(None))  # fmt: skip
# … what turns by itself, the appointments first …
Index("ix_case_turns", case.c.tier, case.c.turns_at, sqlite_where=case.c.turns_at.isnot(None),
      postgresql_where=case.c.turns_at.isnot(None))  # fmt: skip
# … what must be worked out anew by somebody who may read the contact …
Index("ix_case_replan", case.c.tier, case.c.replan, sqlite_where=case.c.replan.isnot(None),
      postgresql_where=case.c.replan.isnot(None))  # fmt: skip
# … whose case is open (few rows ever: the statistics of the other indexes cannot lead this look-up astray) …
Index("ix_case_holder", case.c.lease_holder, sqlite_where=case.c.lease_holder.isnot(None),
      postgresql_where=case.c.lease_holder.isnot(None))  # fmt: skip
# … and how many interviews a cell has.
Index("ix_case_final", case.c.final_code, case.c.cell, sqlite_where=case.c.final_code.isnot(None),
      postgresql_where=case.c.final_code.isnot(None))  # fmt: skip

# What decides where anybody may be called now, as `cati.survey` says it, in rows: a server's function reads these, and
# nothing that a workstation believes. Written by `cati.fieldwork.kept_rules` whenever the settings are.
calling_time = Table(
    "calling_time", metadata,
    # The key's columns first and in its order: else SQLite's own check takes a sound row for a broken one.
    Column("opens", Instant, nullable=False),
    Column("site", String(60), nullable=False),
    Column("appointments", Boolean, nullable=False),  # the guideline's limit, inside which an agreed time is kept
    Column("closes", Instant, nullable=False),  # not included
    PrimaryKeyConstraint("opens", "site", "appointments"),
    sqlite_with_rowid=False,
)  # fmt: skip

target = Table(
    "target", metadata,
    Column("site", String(60), nullable=False),
    Column("department", String(60), nullable=False),  # "": the site as a whole
    Column("wanted", Integer, nullable=False),
    Column("margin", Integer, nullable=False),  # so many more may be running at once: `StudySettings.quota_margin`
    PrimaryKeyConstraint("site", "department"),
    sqlite_with_rowid=False,
)  # fmt: skip

# A case's timeline: the places it takes by the passing of time, written in advance, so that turning needs no contact.
# While a case is leased: what becomes of it when the lease runs out; ``at`` 0 is that very moment, whenever it comes.
turn = Table(
    "turn", metadata,
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", SmallInteger, nullable=False),  # from here on the columns of `case`
    Column("tier", SmallInteger, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("turns_at", Instant),  # when this place ends; a step that begins then is there, or the timeline ran out
    Column("avoid", Id),
    Column("final_code", String(8)),
    PrimaryKeyConstraint("case", "at"),
    CheckConstraint("status IN (0, 1, 3)", name="status"),
    sqlite_with_rowid=False,
)  # fmt: skip

contact = Table(
    "contact", metadata,
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("sealed_key", Sealed, nullable=False),
    Column("sealed_details", Sealed, nullable=False),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("case"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Keyed hashes of the numbers: for duplicates and for the call-back line.
contact_index = Table(
    "contact_index", metadata,
    Column("hash", LargeBinary, nullable=False),
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    PrimaryKeyConstraint("hash", "case"),
    Index("ix_contact_index_case", "case"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Who withdrew or refused for good: kept until the purge, so that a second list cannot bring them back.
never_again = Table(
    "never_again", metadata,
    Column("hash", LargeBinary, nullable=False),
    Column("who", Id),  # on a server, for a minute: whose outcome it was, and when, so that nobody else undoes it
    Column("since", Instant),
    PrimaryKeyConstraint("hash"),
    sqlite_with_rowid=False,
)  # fmt: skip
Index("ix_never_again_since", never_again.c.since, sqlite_where=never_again.c.since.isnot(None),
      postgresql_where=never_again.c.since.isnot(None))  # fmt: skip

attempt = Table(
    "attempt", metadata,
    Column("id", Id, nullable=False),
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("interviewer", Id, nullable=False),
    Column("started", Instant, nullable=False),
    Column("ended", Instant),  # NULL while the call lasts
    Column("phone", SmallInteger, nullable=False),
    Column("phone_kind", String(10), nullable=False),
    Column("outcome", String(40)),
    Column("sub_reason", String(40), nullable=False, server_default=""),  # codes of a list, never typed words
    Column("note_code", String(40), nullable=False, server_default=""),
    PrimaryKeyConstraint("id"),
    Index("ix_attempt_case", "case", "started"),
    Index("ix_attempt_ended", "ended"),
    sqlite_with_rowid=False,
)  # fmt: skip

appointment = Table(
    "appointment", metadata,
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    Column("wall", String(40), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("reason", Sealed),  # why outside the calling limit: words about a person, so sealed under K_contacts
    Column("interviewer", Id, nullable=False),
    Column("site", String(60), nullable=False, server_default=""),  # "" and NULL: booked before revision 0007
    Column("name", Sealed),  # of whom the interviewer promised to call, under K_contacts: no contact is opened for it
    PrimaryKeyConstraint("case"),
    Index("ix_appointment_at", "at"),
    Index("ix_appointment_interviewer", "interviewer", "at"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Answers while they are tied to a case: the events in order, and the words being typed (one row a question).
draft_event = Table(
    "draft_event", metadata,
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("id", Id, nullable=False),  # made by the client: a retry is recognised
    Column("sealed", Sealed, nullable=False),
    PrimaryKeyConstraint("case", "n"),
    UniqueConstraint("id"),
    sqlite_with_rowid=False,
)  # fmt: skip

draft_text = Table(
    "draft_text", metadata,
    Column("case", Id, ForeignKey("case.id"), nullable=False),
    Column("address", String(200), nullable=False),
    Column("sealed", Sealed, nullable=False),
    PrimaryKeyConstraint("case", "address"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Finished interviews. Nothing but a random id and sealed bytes: no time, no case, no interviewer. While they wait to be
# mixed, a keyed hash of the case, so that "please delete my interview" finds its row without opening anybody else's.
pending = Table(
    "pending", metadata,
    Column("id", Id, nullable=False),
    Column("sealed", Sealed, nullable=False),
    Column("tag", String(64)),
    PrimaryKeyConstraint("id"),
    Index("ix_pending_tag", "tag"),
    sqlite_with_rowid=False,
)  # fmt: skip

stock = Table(
    "stock", metadata,
    Column("id", Id, nullable=False),
    Column("sealed", Sealed, nullable=False),
    PrimaryKeyConstraint("id"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Counts that survive the purge: final codes by site and department, attempts by outcome.
tally = Table(
    "tally", metadata,
    Column("what", String(20), nullable=False),
    Column("site", String(60), nullable=False),
    Column("department", String(60), nullable=False),
    Column("code", String(40), nullable=False),
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("what", "site", "department", "code"),
)  # fmt: skip

template = Table(
    "template", metadata,
    Column("headers", String(64), primary_key=True),  # SHA-256 of the folded headers
    Column("mapping", LargeBinary, nullable=False),
)  # fmt: skip

received_list = Table(
    "received_list", metadata,
    Column("sha256", String(64), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("container", String(20), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
)  # fmt: skip

# Who did what: one hash chain a member, so that nobody waits for anybody. ``case`` is an id, never a name; it is
# replaced at the purge. ``n`` counts from 1; below 0 it is the one chain of all before revision 0002, first −1.
log = Table(
    "log", metadata,
    Column("n", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Id, nullable=False),
    Column("act", String(40), nullable=False),
    Column("case", String(32), nullable=False, server_default=""),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("details", String(2000), nullable=False, server_default=""),  # JSON without personal data
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("who", "n"),
    Index("ix_log_act", "act", "at"),
    Index("ix_log_at", "at"),
    sqlite_with_rowid=False,
)  # fmt: skip

purge_step = Table(
    "purge_step", metadata,
    Column("step", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("details", LargeBinary, nullable=False),
)  # fmt: skip

# Copies of this database, made on purpose: listed, so that they end with the study. Instants as everywhere.
backup = Table(
    "backup", metadata,
    Column("id", Id, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("station", String(100), nullable=False),  # the computer on which it was made
    Column("path", String(1000), nullable=False),
    Column("gone_at", Instant),  # when this program deleted it
)  # fmt: skip

# Workstations that hold the seal of a study on a server, by a random id that lies beside the seal there: at the end
# each destroys its own and says so.
station = Table(
    "station", metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),  # what the computer is called
    Column("seen_at", Instant, nullable=False),  # when somebody last signed in there
    Column("gone_at", Instant),  # when the seal there was destroyed
    Column("report", LargeBinary),  # its signed word about that
)  # fmt: skip
