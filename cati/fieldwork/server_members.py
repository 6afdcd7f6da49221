"""The roles of a study's members on its server, and the start passwords by which they come in the first time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cati.errors import Problem
from cati.fieldwork.sheets import write_private
from cati.fieldwork.start_sheet import StartPassword, start_sheet
from cati.store import administration, studies
from cati.store.connecting import Unreachable
from cati.store.database import Transaction
from cati.store.link_file import StudyLink
from cati.store.roles import Roles, made_verifier
from cati.text import tr, trn
from cati.vault.server_password import new_start_password, server_password

Tell = Callable[[str], None]
"""Takes each sentence as it becomes true, so that what was done is known even if a later step fails."""


def start_passwords(
    link: StudyLink, link_name: str, rows: Sequence[studies.MemberRow], sheet_path: Path
) -> list[StartPassword]:
    """Draw a start password for each and write the sheet, before any of them holds."""
    starts = [StartPassword(row.login, row.name, new_start_password()) for row in rows]
    if starts:
        sheet_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(sheet_path, start_sheet(link.name, link_name, starts).encode())
    return starts


@contextmanager
def sheet_that_holds(sheet_path: Path) -> Iterator[None]:
    """Take a sheet away that was written in a transaction which did not go through: its passwords open nothing."""
    before = sheet_path.exists()
    try:
        yield
    except Unreachable:  # perhaps it was kept: then these are the start passwords
        raise
    except BaseException:
        if not before:
            sheet_path.unlink(missing_ok=True)
        raise


def set_starts(
    transaction: Any,
    roles: Roles,
    link: StudyLink,
    rows: Sequence[studies.MemberRow],
    starts: Sequence[StartPassword],
) -> None:
    """Make each member's role, or give it another password: what is derived of the start password."""
    for row, start in zip(rows, starts, strict=True):
        derived = server_password(start.password, link.study, row.login, link.cost)
        verifier = made_verifier(transaction, roles.login(row.login), derived)
        administration.set_login(transaction, roles, row.login, row.role, verifier)


def tell_starts(starts: Sequence[StartPassword], sheet_path: Path, tell: Tell) -> None:
    """Tell who got a start password, and where the sheet is."""
    if starts:
        tell(
            trn(
                "made: the role of 1 member, with a start password",
                "made: the roles of {n} members, each with a start password",
                len(starts),
            )
        )
        tell(tr("To print and hand out, then to delete: {path}", path=sheet_path))


def give_roles(
    transaction: Transaction,
    roles: Roles,
    link: StudyLink,
    link_name: str,
    renew: Sequence[str],
    sheet_path: Path,
    tell: Tell,
) -> list[StartPassword]:
    """Make the roles that are missing and take away those of who left; return the start passwords, on the sheet, too.

    In a transaction of `AsOwner`. ``renew``: logins that get a new one though they have a role.
    """
    members = studies.members(transaction)
    unknown = [login for login in renew if login not in {row.login for row in members if row.active}]
    if unknown:
        raise Problem(", ".join(unknown), tr("There is no such login in this study."), "")
    there = administration.existing(transaction, [roles.login(row.login) for row in members])
    for row in members:
        if not row.active and roles.login(row.login) in there:
            administration.drop_login(transaction, roles, row.login)
            tell(tr("taken away: the role of {login}, who left", login=row.login))
        elif row.active and row.server_role is None:  # a role from before, or of a backup's other life
            administration.know_login(transaction, roles, row.login)
    wanted = [row for row in members if row.active and (roles.login(row.login) not in there or row.login in renew)]
    starts = start_passwords(link, link_name, wanted, sheet_path)
    set_starts(transaction, roles, link, wanted, starts)
    return starts
