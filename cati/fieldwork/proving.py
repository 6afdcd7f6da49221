"""Proving who sits here while the study is open: the lock, a second person; each wrong try counts and is logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cati.fieldwork import log
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.sign_in_delay import tries_of
from cati.store import studies
from cati.store.connecting import Unreachable
from cati.store.database import Database, NoLongerHere, no_longer_here
from cati.text import tr
from cati.vault.people import (
    MemberRecord,
    WrongPassword,
    member_record_from_bytes,
    pretend_to_unlock,
    unlock_answers,
    unlock_member,
)
from cati.vault.seal_file import read_seal

__all__ = ["NoLongerHere", "SecondPerson", "note_refused", "prove_password", "prove_second", "unlock", "wrong_sign_in"]


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """What a second person types at a colleague's window, so that one alone cannot do it."""

    login: str
    password: str = field(repr=False)


def wrong_sign_in(*, start: bool = False, erased: bool = False, on_server: bool = False) -> WrongPassword:
    """Return the one Problem for a login that does not exist or a password that is wrong; ``start``: one of the two.

    ``erased``: the contacts are gone, and with them what all passwords but the research leads' open. ``on_server``: who
    comes for the first time needs a start password.
    """
    if erased:
        return WrongPassword(
            tr("Sign-in"),
            tr("Login or password is wrong, or no longer opens anything."),
            tr("The contacts of this study are erased; only its research leads sign in. Mind upper and lower case."),
        )
    if start:
        return WrongPassword(
            tr("Sign-in"),
            tr("Login, start password or own password is wrong."),
            tr("A start password holds once; afterwards sign in without it."),
        )
    again = tr("Try again; mind upper and lower case.")
    if on_server:
        again += " " + tr("The first time, the start password is needed, too.")
    return WrongPassword(tr("Sign-in"), tr("Login or password is wrong."), again)


def _wrong_own() -> WrongPassword:
    """Return the Problem for a wrong password of whoever is signed in: their name is known, and is not in question."""
    return WrongPassword("", tr("The password is wrong."), tr("Try again; mind upper and lower case."))


def note_refused(database: Database, study_id: str, login: str, at: datetime, *, where: str = "") -> None:
    """Log that a sign-in with this login was refused, if it is a member's; what was typed is kept nowhere."""
    with database.transaction() as transaction:
        row = studies.member_by_login(transaction, login)
        if row is None:
            return
        if where:
            log.append(transaction, study_id, row.id, Act.REFUSED, at, reason=where)
        else:
            log.append(transaction, study_id, row.id, Act.REFUSED, at)


def unlock(study: OpenStudy, password: str) -> None:
    """Check that whoever sits at a locked window is who signed in; half a second, off the window's thread.

    Works while the server is away, too, with the password that held at sign-in. Raises WrongPassword, `TooSoon`, and
    NoLongerHere for somebody who was let go meanwhile.
    """
    _prove(study, password, "unlock")


def prove_password(study: OpenStudy, password: str) -> None:
    """Check that whoever sits here knows the password of whoever signed in; raises WrongPassword. Half a second."""
    _prove(study, password, "proof")


def _prove(study: OpenStudy, password: str, where: str) -> None:
    tries = tries_of(study.folder, study.database, study.study_id, study.now)
    tries.begin(study.me.login)
    try:
        record = _own_record(study)
        if study.keys is None:
            unlock_answers(record, password)
        else:
            unlock_member(record, password, read_seal(study.seal_path))
    except WrongPassword:
        _note_own_refusal(study, where)
        raise _wrong_own() from None
    except BaseException:
        tries.take_back(study.me.login)
        raise
    tries.end(study.me.login)


def _own_record(study: OpenStudy) -> MemberRecord:
    """Return the member's record as it is now; as it was at sign-in while the server does not answer."""
    try:
        with study.reading() as transaction:
            row = studies.member_by_login(transaction, study.me.login)
    except Unreachable:
        return member_record_from_bytes(study.record)
    if row is None or not row.active:
        raise no_longer_here()
    return member_record_from_bytes(row.record)


def _note_own_refusal(study: OpenStudy, where: str) -> None:
    try:
        with study.transaction() as transaction:
            log.note(study, transaction, Act.REFUSED, reason=where)
    except Unreachable:  # a lock must hold while the server is away; the count of tries is kept here
        return


def prove_second(study: OpenStudy, second: SecondPerson, *, besides: tuple[str, ...]) -> studies.MemberRow:
    """Return the member who has just proven their password; raises WrongPassword, also for the members ``besides``."""
    tries = tries_of(study.folder, study.database, study.study_id, study.now)
    tries.begin(second.login)
    with study.reading() as transaction:
        row = studies.member_by_login(transaction, second.login)
        anybody = row or studies.members(transaction)[0]
    record = member_record_from_bytes(anybody.record)
    fit = row if row is not None and row.active and row.id not in besides else None
    try:
        _open_or_pretend(study, record, second.password, fits=fit is not None)
    except WrongPassword:
        with study.transaction() as transaction:
            log.note(study, transaction, Act.REFUSED, reason="second", member=row.id if row is not None else "")
        raise WrongPassword(
            tr("Second person"),
            tr("Login or password is wrong, or this person may not stand in here."),
            tr("It must be another member of staff than you, and than the one concerned."),
        ) from None
    except BaseException:
        tries.take_back(second.login)
        raise
    tries.end(second.login)
    return anybody


def _open_or_pretend(study: OpenStudy, record: MemberRecord, password: str, *, fits: bool) -> None:
    if not fits:
        pretend_to_unlock(record, password)
        raise wrong_sign_in()
    unlock_member(record, password, read_seal(study.seal_path))
