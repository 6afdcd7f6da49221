"""The study's own row, its questionnaires and its staff."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, insert, select, text, update

from cati.store.database import Transaction, by_functions
from cati.store.prepared import Prepared
from cati.store.schema import cell, member, questionnaire, study
from cati.vault.server_password import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """The study itself; ``made_at`` and ``erased_at`` in seconds since 1970 (UTC)."""

    id: str
    settings: bytes = field(repr=False)
    made_at: int
    questionnaire: str
    recipient: str
    answers_public: bytes
    record_public: bytes
    epoch: int = 1
    erased_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member of staff with what the vault made of them; grants are None after leaving and after the purge."""

    id: str
    login: str
    name: str
    role: str
    languages: str
    record: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    daily_grant: bytes | None = field(repr=False)
    leading_grant: bytes | None = field(repr=False)
    kept: bytes | None = field(repr=False)
    active: bool = True
    server_role: str | None = None
    converts: bool = False
    start_password: bool = False


def add_study(transaction: Transaction, row: StudyRow) -> None:
    """Write the one row of a new study."""
    transaction.execute(
        insert(study).values(
            id=row.id, settings=row.settings, made_at=row.made_at, questionnaire=row.questionnaire,
            recipient=row.recipient, answers_public=row.answers_public, record_public=row.record_public,
            epoch=row.epoch,
        )
    )  # fmt: skip


def the_study(transaction: Transaction) -> StudyRow | None:
    """Return the study's row; None when the file holds none (its making was cut short)."""
    row = transaction.execute(select(study)).first()
    return None if row is None else StudyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def name_and_settings(transaction: Transaction) -> tuple[str, bytes] | None:
    """Return id and settings (JSON), which every version of the database has; None when the file holds no study."""
    row = transaction.execute(select(study.c.id, study.c.settings)).first()
    return None if row is None else (str(row.id), bytes(row.settings))


def replace_settings(transaction: Transaction, settings: bytes) -> None:
    """Put new settings in place of the old; a member's server writes into the log which of them are others."""
    if by_functions(transaction):
        _CHANGE.first(transaction, settings=settings)
        return
    transaction.execute(update(study).values(settings=settings))


_CHANGE = Prepared(text("SELECT public.cati_change_settings(:settings)"))
_MARK = Prepared(
    select(study.c.settings),
    postgresql=select(func.md5(study.c.settings)),
    member=text("SELECT public.cati_settings()"),
)


def settings_mark(transaction: Transaction) -> object:
    """Return what is another value after every change of the settings; no change until this transaction ends.

    In `Database.reading` on a file, or as the owner of a server's tables, they may change all the same.
    """
    row = _MARK.first(transaction)
    return None if row is None else row[0]


def set_epoch(transaction: Transaction, epoch: int) -> None:
    """Say under which contacts' key everything is sealed from now on."""
    transaction.execute(update(study).values(epoch=epoch))


def add_questionnaire(
    transaction: Transaction, *, content_hash: str, model: bytes, name: str, source: bytes, at: int
) -> None:
    """Keep one version of the questionnaire with the file it was made of."""
    transaction.execute(
        insert(questionnaire).values(hash=content_hash, model=model, source_name=name, source=source, loaded_at=at)
    )


def questionnaire_model(transaction: Transaction, content_hash: str) -> bytes | None:
    """Return the compiled model of one version."""
    return transaction.execute(
        select(questionnaire.c.model).where(questionnaire.c.hash == content_hash)
    ).scalar_one_or_none()


def questionnaire_source(transaction: Transaction, content_hash: str) -> tuple[str, bytes] | None:
    """Return name and content of the file that one version was made of; empty content for a folder of files."""
    row = transaction.execute(
        select(questionnaire.c.source_name, questionnaire.c.source).where(questionnaire.c.hash == content_hash)
    ).first()
    return None if row is None else (row.source_name, row.source)


def set_questionnaire(transaction: Transaction, content_hash: str) -> None:
    """Make a version the one in force."""
    transaction.execute(update(study).values(questionnaire=content_hash))


def add_member(transaction: Transaction, row: MemberRow) -> None:
    """Write a new member of staff."""
    transaction.execute(
        insert(member).values(
            id=row.id, login=row.login, name=row.name, role=row.role, languages=row.languages, record=row.record,
            certificate=row.certificate, daily_grant=row.daily_grant, leading_grant=row.leading_grant, kept=row.kept,
            active=row.active, server_role=row.server_role, converts=row.converts, start_password=row.start_password,
        )
    )  # fmt: skip


_BY_FUNCTION = select(func.public.cati_members().table_valued(*member.c, name="member")).order_by("login")


def members(transaction: Transaction) -> tuple[MemberRow, ...]:
    """Return all members of staff by login, those who left too.

    On a server others' keys and grants are b"" and None, unless a research lead asks.
    """
    rows = transaction.execute(_BY_FUNCTION if by_functions(transaction) else select(member).order_by(member.c.login))
    return tuple(MemberRow(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def member_by_login(transaction: Transaction, login: str) -> MemberRow | None:
    """Return the member with this login, upper and lower case alike, however its accents are written."""
    # Compared here: SQLite knows the lower case of a to z only. On a server interviewers see no other row than theirs.
    wanted = folded(login)
    same = [row.id for row in transaction.execute(select(member.c.id, member.c.login)) if folded(row.login) == wanted]
    row = transaction.execute(select(member).where(member.c.id.in_(same)).order_by(member.c.login)).first()
    return None if row is None else MemberRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def set_server_role(transaction: Transaction, login: str, role: str | None) -> None:
    """Write by which role a member signs in at a server; None: by none any more."""
    named = func.lower(member.c.login) == login.strip().lower()
    transaction.execute(update(member).where(named).values(server_role=role))


def cell_id(transaction: Transaction, site: str, department: str, language: str) -> int:
    """Return the number of the cell site × department × language, made when it is new."""
    found = transaction.execute(
        select(cell.c.id).where(cell.c.site == site, cell.c.department == department, cell.c.language == language)
    ).scalar_one_or_none()
    if found is not None:
        return int(found)
    made = transaction.execute(insert(cell).values(site=site, department=department, language=language))
    key = made.inserted_primary_key
    return int(key[0]) if key is not None else 0


_CELLS = select(cell.c.id, cell.c.site, cell.c.department, cell.c.language)
_LAST_CELL = Prepared(select(func.max(cell.c.id)))


def cells(transaction: Transaction) -> dict[int, tuple[str, str, str]]:
    """Return every cell's (site, department, language) by its number."""
    return {number: (site, department, language) for number, site, department, language in transaction.execute(_CELLS)}


def last_cell(transaction: Transaction) -> int:
    """Return the highest number of a cell: cells are added, never changed."""
    found = _LAST_CELL.first(transaction)
    return 0 if found is None or found[0] is None else int(found[0])
