"""What a password opens at sign-in: the study's keys, and after the erasure the key of the answers alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cati.errors import Problem
from cati.store import studies
from cati.text import tr
from cati.vault.grants import certificate_from_bytes, grant_from_bytes
from cati.vault.people import (
    WrongPassword,
    member_record_from_bytes,
    pretend_to_unlock,
    unlock_answers,
    unlock_member,
    wrong_password,
)
from cati.vault.seal_file import Seal, read_seal
from cati.vault.server_password import typed_start_password
from cati.vault.study_keys import HandedOver, StudyKeys, open_kept, take_up


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What was opened; ``keys`` is None once the contacts are erased. ``new_password``: for the server, "" for none."""

    keys: StudyKeys | None = field(repr=False)
    answers_private: bytes | None = field(repr=False)
    new_password: str = field(repr=False, default="")


def usable_seal(row: studies.StudyRow, seal_path: Path, *, begun: bool) -> Seal | None:
    """Return the seal that sign-ins need, None once the contacts are erased. Raises Problem when it is not to be had.

    To be called before anybody looks whose login it is: what it says must not tell whether there is such a login.
    """
    if row.erased_at is not None:
        return None
    if begun and not seal_path.exists():
        raise Problem(
            tr("Sign-in"),
            tr("The erasure of this study was begun and interrupted."),
            tr("The two people who began it finish it: cati purge, or the window’s first page."),
        )
    return read_seal(seal_path)


def unlocked(row: studies.StudyRow, member: studies.MemberRow, typed: tuple[str, str], seal: Seal | None) -> Unlocked:
    """Open what a member may; ``typed``: (own password, start password or ""). Raises WrongPassword.

    ``seal``: of `usable_seal`.

    The sheet's start password opens the server alone, and the own one the keys. One that a research lead gave opens
    both: whoever was given it has none of their own yet, and types it where a start password goes.
    """
    password, start = typed
    try:
        return Unlocked(*_unlock(row, member, password, seal), password if start else "")
    except WrongPassword:
        if not (start and member.start_password):
            raise
    return Unlocked(*_unlock(row, member, typed_start_password(start), seal))


def _unlock(
    row: studies.StudyRow, member: studies.MemberRow, password: str, seal: Seal | None
) -> tuple[StudyKeys | None, bytes | None]:
    """Return (the study's keys, the key of the answers); the first is None once the contacts are erased."""
    record = member_record_from_bytes(member.record)
    if seal is None:
        if record.sealed_answers is None:  # nothing is left that a password could open: theirs cannot be told from any
            pretend_to_unlock(record, password)
            raise wrong_password()
        private = unlock_answers(record, password)
        if member.kept is None:
            raise Problem(tr("Answers"), tr("The contacts of this study are erased."), tr("Ask a research lead."))
        return None, open_kept(member.kept, record, private).answers_private
    me = unlock_member(record, password, seal)
    if member.daily_grant is None:
        raise Problem(tr("Sign-in"), tr("You have no right to open this study any more."), tr("Ask a research lead."))
    handed = HandedOver(
        certificate=certificate_from_bytes(member.certificate),
        daily=grant_from_bytes(member.daily_grant),
        leading=grant_from_bytes(member.leading_grant) if member.leading_grant else None,
        kept=member.kept,
    )
    keys = take_up(handed, record, me, seal, epoch=row.epoch)
    return keys, keys.answers_private
