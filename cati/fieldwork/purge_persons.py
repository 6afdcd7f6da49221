"""The two persons of a purge: who they are, that each knows their own password, and the keys the lead brings."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.study import open_study
from cati.store import studies
from cati.store.database import Database
from cati.text import tr
from cati.vault.people import WrongPassword, member_record_from_bytes, unlock_answers
from cati.vault.study_keys import KeptKeys, open_kept

SignIn = tuple[str, str]
"""(login, password)"""


@dataclass(frozen=True, slots=True)
class Person:
    """One of the two, as the record names them."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Who erases. ``study`` is open as the research lead while the seal is there, None afterwards.

    ``signing``: both persons' own Ed25519 keys by member while they can be opened, empty afterwards.
    """

    persons: tuple[Person, Person]
    record_private: bytes = field(repr=False)
    kept: KeptKeys = field(repr=False)
    study: OpenStudy | None = field(repr=False, default=None)
    signing: dict[str, bytes] = field(repr=False, default_factory=dict)


def refuse_one_person(rows: tuple[studies.MemberRow, studies.MemberRow]) -> None:
    """Raise a Problem unless these are two different persons, a research lead among them."""
    if rows[0].id == rows[1].id:
        raise Problem(tr("Erasure"), tr("The erasure needs two different people."), tr("Ask a second person."))
    if not any(row.role == Role.RESEARCH_LEAD.value for row in rows):
        raise Problem(
            tr("Erasure"), tr("One of the two must be a research lead."), tr("Ask a research lead to sign in.")
        )


def rows_of(database: Database, logins: tuple[str, str]) -> tuple[studies.MemberRow, studies.MemberRow]:
    """Return the two members' rows; a Problem names the login that is not one of the study's."""
    with database.reading() as transaction:
        found = [studies.member_by_login(transaction, login) for login in logins]
    for login, row in zip(logins, found, strict=True):
        if row is None or not row.active:
            raise wrong(login)
    first, second = found
    if first is None or second is None:
        message = "both were looked at above"
        raise AssertionError(message)
    return first, second


def wrong(login: str) -> WrongPassword:
    """Return the Problem for one of the two who mistyped.

    Whoever stands here has signed in or holds the files: it is no secret which of the two it was.
    """
    return WrongPassword(
        tr("Sign-in of {login}", login=login or "?"),
        tr("Login or password is wrong."),
        tr("Nothing was erased by it. Try again; mind upper and lower case."),
    )


def prove_both(
    folder: Path,
    rows: tuple[studies.MemberRow, studies.MemberRow],
    sign_ins: tuple[SignIn, SignIn],
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_path: Path,
) -> Authority:
    """Check both passwords while the seal is there; the study comes back open as the (first) research lead."""
    with ExitStack() as opened:
        lead = None
        signing = {}
        for row, (login, password) in zip(rows, sign_ins, strict=True):
            try:
                study = open_study(folder, login, password, now=now, draw=draw, seal_path=seal_path, to_erase=True)
            except WrongPassword:
                raise wrong(login) from None
            if study.keys is not None:
                signing[row.id] = study.keys.signing
            if lead is None and row.role == Role.RESEARCH_LEAD.value:
                lead = study
                opened.callback(study.close)
            else:
                study.close()
        if lead is None or lead.keys is None or lead.keys.record_private is None or lead.answers_private is None:
            message = "one of the two is a research lead, who holds these keys"
            raise AssertionError(message)
        opened.pop_all()
    return Authority(
        persons=(_person(rows[0]), _person(rows[1])),
        record_private=lead.keys.record_private,
        kept=KeptKeys(lead.answers_private, lead.keys.record_private),
        study=lead,
        signing=signing,
    )


def prove_again(
    rows: tuple[studies.MemberRow, studies.MemberRow],
    sign_ins: tuple[SignIn, SignIn],
    begun_by: tuple[str, ...],
) -> Authority:
    """Let a purge go on after the seal is gone: the same two people, and every research lead's password once more.

    A password of somebody who never held the answers cannot be checked without the seal; they proved it at the start.
    """
    if {row.id for row in rows} != set(begun_by):
        raise Problem(
            tr("Erasure"),
            tr("This erasure was begun by two other people."),
            tr("The same two must finish it."),
        )
    kept = None
    for row, (login, password) in zip(rows, sign_ins, strict=True):
        if row.kept is None:
            continue
        record = member_record_from_bytes(row.record)
        try:
            kept = open_kept(row.kept, record, unlock_answers(record, password))
        except WrongPassword:
            raise wrong(login) from None
    if kept is None:
        message = "one of the two is a research lead, who keeps these keys"
        raise AssertionError(message)
    return Authority(persons=(_person(rows[0]), _person(rows[1])), record_private=kept.record_private, kept=kept)


def _person(row: studies.MemberRow) -> Person:
    return Person(id=row.id, name=row.name, role=row.role)
