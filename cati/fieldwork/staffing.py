"""The staff of a study: who they are, how their keys are made and granted, how they come and go."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import Member, OpenStudy, Role
from cati.store import staff as kept
from cati.store import studies
from cati.store.database import Transaction
from cati.text import tr
from cati.vault.grants import Certificate, certificate_from_bytes, certify, grant_from_bytes
from cati.vault.passwords import password_faults
from cati.vault.people import (
    STANDARD,
    ArgonCost,
    MemberKeys,
    MemberRecord,
    WrongPassword,
    make_member,
    member_record_from_bytes,
)
from cati.vault.people import (
    change_password as under_new_password,
)
from cati.vault.seal_file import Seal, new_seal, pin, read_seal
from cati.vault.server_password import folded, new_start_password, typed_start_password
from cati.vault.study_keys import HandedOver, StudyKeys, hand_over, hands_on_certifying, new_study_keys

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody who is to work in a study."""

    login: str
    name: str
    role: Role
    password: str = field(repr=False)
    languages: tuple[str, ...] = ()
    converts: bool = False


def drawn_start_password() -> str:
    """Return 100 random bits for somebody's first sign-in, as a slip of paper shows them."""
    return new_start_password()


def random_id(draw: random.Random) -> str:
    """Return 128 random bits as 32 hexadecimal characters: no order, no time."""
    return f"{draw.getrandbits(128):032x}"


_WORD_THAT_COUNTS = 6


def check_members(members: Sequence[NewMember], study_names: Sequence[str] = ()) -> list[Problem]:
    """Return what keeps these members from starting a study, in their order.

    ``study_names``: of study, client and institute; their longer words are what colleagues would try as passwords.
    """
    found = []
    seen: set[str] = set()
    for member in members:
        where = member.login or member.name or tr("Staff")
        if not member.login.strip() or not member.name.strip():
            found.append(Problem(where, tr("The login or the name is missing."), tr("Fill in both.")))
        if folded(member.login) in seen:
            found.append(Problem(where, tr("This login is used twice."), tr("Choose another.")))
        seen.add(folded(member.login))
        found.extend(Problem(where, fault, "") for fault in faults_of_password(member, study_names))
    found.extend(shared_passwords(members))
    if not any(member.role is Role.RESEARCH_LEAD for member in members):
        found.append(
            Problem(tr("Staff"), tr("There is no research lead."), tr("At least one person must lead the study."))
        )
    if len(seen) < 2:  # noqa: PLR2004 - the purge needs two people
        found.append(
            Problem(tr("Staff"), tr("The erasure at the end needs two people."), tr("Add a second member of staff."))
        )
    return found


def faults_of_password(member: NewMember, study_names: Sequence[str]) -> list[str]:
    """Return what is wrong with a new member's password, one sentence each; ``study_names`` as in `check_members`."""
    known = [word for name in study_names for word in name.split() if len(word) >= _WORD_THAT_COUNTS]
    return password_faults(member.password, member.login, [member.name, *known])


def shared_passwords(members: Sequence[NewMember]) -> list[Problem]:
    """Return a Problem, with the logins, for each password that more than one of these new members has.

    Later nobody can tell: what is kept of two equal passwords is different.
    """
    owners: dict[str, list[str]] = {}
    for member in members:
        if member.password:
            owners.setdefault(normalize("NFKC", member.password), []).append(member.login or member.name or "?")
    return [
        Problem(
            ", ".join(logins),
            tr("They have the same password: one person alone could do what takes two."),
            tr("Give everybody a password of their own."),
        )
        for logins in owners.values()
        if len(logins) > 1
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeStaff:
    """A new study's seal and keys, and its staff as the store keeps them."""

    seal: Seal
    keys: StudyKeys
    rows: tuple[studies.MemberRow, ...]


def make_staff(
    members: Sequence[NewMember], study_id: str, draw: random.Random, cost: ArgonCost, progress: Progress | None
) -> MadeStaff:
    """Make every member's keys; the first research lead signs for all, with the key that is pinned in the seal."""
    seal = new_seal(study_id)
    made: list[tuple[NewMember, MemberRecord, MemberKeys]] = []
    for done, member in enumerate(members):
        if progress is not None:
            progress(done, len(members))
        lead = member.role is Role.RESEARCH_LEAD
        record, own = make_member(
            random_id(draw), member.login, member.password, seal, reads_answers=lead, names=[member.name], cost=cost
        )
        made.append((member, record, own))
    if progress is not None:
        progress(len(members), len(members))
    _first, first_record, first_keys = next(entry for entry in made if entry[0].role is Role.RESEARCH_LEAD)
    seal = pin(seal, first_record.signing_public)
    keys = new_study_keys(study_id, first_keys)
    my_certificate = certify(first_record, first_keys, may_grant=True)
    rows = []
    for member, record, _keys in made:
        certificate = (
            my_certificate
            if record is first_record
            else certify(record, first_keys, may_grant=member.role is Role.RESEARCH_LEAD)
        )
        handed = hand_over(keys, record, certificate, my_certificate, seal)
        rows.append(member_row(member, record, handed, start_password=False))
    return MadeStaff(seal=seal, keys=keys, rows=tuple(rows))


def member_row(
    member: NewMember | Member, record: MemberRecord, handed: HandedOver, *, start_password: bool = True
) -> studies.MemberRow:
    """Return a member as the store keeps them; ``start_password``: somebody else knows the password, too."""
    return studies.MemberRow(
        id=record.member_id,
        login=member.login.strip(),
        name=member.name.strip(),
        role=member.role.value,
        languages=" ".join(member.languages),
        record=record.to_bytes(),
        certificate=handed.certificate.to_bytes(),
        daily_grant=handed.daily.to_bytes(),
        leading_grant=handed.leading.to_bytes() if handed.leading else None,
        kept=handed.kept,
        converts=member.converts,
        start_password=start_password,
    )


def member_of(row: studies.MemberRow) -> Member:
    """Return the member without keys."""
    return Member(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        languages=tuple(row.languages.split()),
        active=bool(row.active),
        converts=bool(row.converts),
        start_password=bool(row.start_password),
    )


def staff(study: OpenStudy) -> tuple[Member, ...]:
    """Return everybody who works or worked in the study, by login."""
    with study.reading() as transaction:
        return tuple(member_of(row) for row in studies.members(transaction))


def add_member(study: OpenStudy, new: NewMember, *, cost: ArgonCost = STANDARD) -> Member:
    """Add a member of staff; for research leads. Takes a second: the new person's keys are made and granted."""
    study.require(Role.RESEARCH_LEAD)
    keys = study.open_keys
    for problem in _faults_of(new):
        raise problem
    seal = read_seal(study.seal_path)
    lead = new.role is Role.RESEARCH_LEAD
    record, _keys = make_member(
        random_id(study.draw), new.login, new.password, seal, reads_answers=lead, names=[new.name], cost=cost
    )
    certificate = certify(record, keys.certifier, may_grant=lead)
    with study.transaction() as transaction:
        if studies.member_by_login(transaction, new.login) is not None:
            raise Problem(new.login, tr("This login is used twice."), tr("Choose another."))
        row = member_row(new, record, hand_over(keys, record, certificate, my_certificate_of(study, transaction), seal))
        studies.add_member(transaction, row)
        study.database.logins.admit(transaction, row.login, row.role, new.password)
        hand_on_certifying(study, transaction)
        log.note(study, transaction, Act.MEMBER_ADDED, member=row.id, role=row.role)
    return member_of(row)


def my_certificate_of(study: OpenStudy, transaction: Transaction) -> Certificate:
    """Return the certificate of whoever is signed in, which goes with what they grant."""
    mine = studies.member_by_login(transaction, study.me.login)
    if mine is None:
        raise Problem(tr("Staff"), tr("You are no longer a member of this study."), "")
    return certificate_from_bytes(mine.certificate)


def hand_on_certifying(study: OpenStudy, transaction: Transaction) -> None:
    """Grant the certifying key to research leads of studies that were begun before it was handed on."""
    keys = study.open_keys
    if keys.certifying is None:
        return
    seal = None
    for row in studies.members(transaction):
        if row.leading_grant is None or hands_on_certifying(grant_from_bytes(row.leading_grant)):
            continue
        seal = seal or read_seal(study.seal_path)
        record, certificate = member_record_from_bytes(row.record), certificate_from_bytes(row.certificate)
        handed = hand_over(keys, record, certificate, my_certificate_of(study, transaction), seal)
        if handed.leading is not None:
            kept.replace_grants(transaction, row.id, handed.daily.to_bytes(), handed.leading.to_bytes())


def _faults_of(new: NewMember) -> list[Problem]:
    found = []
    if not new.login.strip() or not new.name.strip():
        found.append(Problem(tr("Staff"), tr("The login or the name is missing."), tr("Fill in both.")))
    found += [Problem(new.login, fault, "") for fault in password_faults(new.password, new.login, [new.name])]
    return found


def change_password(study: OpenStudy, old: str, new: str, *, cost: ArgonCost = STANDARD) -> None:
    """Change one's own password, with the server's where the study lies on one: both or neither. Takes a second."""
    with study.reading() as transaction:
        row = studies.member_by_login(transaction, study.me.login)
    if row is None:
        raise Problem(tr("Staff"), tr("You are no longer a member of this study."), "")
    same = {old, typed_start_password(old)} if row.start_password else {old}
    if normalize("NFKC", new) in {normalize("NFKC", one) for one in same}:
        raise Problem(tr("Password"), tr("This is the password you have."), tr("Choose another."))
    seal = read_seal(study.seal_path)
    before, names = member_record_from_bytes(row.record), [study.me.name]
    try:
        record = under_new_password(before, old, new, study.me.login, seal, names=names, cost=cost)
    except WrongPassword:
        if not row.start_password:
            raise
        printed = typed_start_password(old)  # however it was typed, as at sign-in
        record = under_new_password(before, printed, new, study.me.login, seal, names=names, cost=cost)
    with study.transaction() as transaction:
        kept.replace_record(transaction, row.id, record.to_bytes())
        study.database.logins.change_password(transaction, new)
        log.note(study, transaction, Act.PASSWORD)
