"""Three trustees: any two of them let a research lead in again when no other can; named, tried out, used."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from unicodedata import normalize

from cati import places
from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.before_sign_in import no_study
from cati.fieldwork.log import Act, moment, seconds
from cati.fieldwork.open_study import Member, OpenStudy, Role
from cati.fieldwork.sign_in_delay import Tries, tries_of
from cati.fieldwork.staffing import NewMember, hand_on_certifying, member_of, member_row, random_id
from cati.settings import settings_from_json
from cati.store import administration, contacts, staff, studies
from cati.store.administration import AsOwner
from cati.store.database import Database, Transaction
from cati.store.link_file import StudyLink, is_link, read_link
from cati.store.migrations import refuse_other_version
from cati.store.opening import open_database
from cati.store.roles import Roles, made_verifier
from cati.text import tr
from cati.vault.contacts import open_contact
from cati.vault.grants import Certificate, certificate_from_bytes, certify, check_certificate
from cati.vault.passwords import password_faults
from cati.vault.people import (
    STANDARD,
    ArgonCost,
    MemberKeys,
    MemberRecord,
    WrongPassword,
    make_member,
    member_record_from_bytes,
    unlock_member,
)
from cati.vault.recovery import TRUSTEES, recover, recovery_wraps
from cati.vault.seal_file import Seal, read_seal
from cati.vault.server_password import server_password
from cati.vault.study_keys import StudyKeys, hand_over, recovered_keys, recovery_secret

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class NewTrustee:
    """Somebody who is to be one of the three; need not work in the study."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trustee:
    """One of the three. ``drilled_at``: when they last showed that they can do it; None: never."""

    id: str
    name: str
    named_at: datetime
    drilled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrusteeWord:
    """What a trustee types: who they are, by their id, and their password."""

    id: str
    password: str = field(repr=False)


Two = tuple[TrusteeWord, TrusteeWord]


def trustees(study: OpenStudy) -> tuple[Trustee, ...]:
    """Return the trustees by name, () while none are named; for research leads."""
    study.require(Role.RESEARCH_LEAD)
    with study.reading() as transaction:
        return _trustees(transaction)


def _trustees(transaction: Transaction) -> tuple[Trustee, ...]:
    return tuple(
        Trustee(
            id=row.id,
            name=row.name,
            named_at=moment(row.named_at),
            drilled_at=None if row.drilled_at is None else moment(row.drilled_at),
        )
        for row in staff.trustees(transaction)
    )


def name_trustees(
    study: OpenStudy, new: Sequence[NewTrustee], *, cost: ArgonCost = STANDARD, progress: Progress | None = None
) -> tuple[Trustee, ...]:
    """Name three trustees in place of all earlier ones; for research leads. Takes a second a trustee.

    Raises the first Problem of their names and passwords. What two of them can open is all that a lead holds, under
    the seal (FORMATS.md, `43`).
    """
    study.require(Role.RESEARCH_LEAD)
    keys = study.open_keys
    for problem in trustee_faults(new):
        raise problem
    seal = read_seal(study.seal_path)
    made: list[tuple[NewTrustee, MemberRecord, Certificate]] = []
    for done, one in enumerate(new):
        if progress is not None:
            progress(done, len(new))
        name = one.name.strip()
        record, _keys = make_member(random_id(study.draw), "", one.password, seal, names=[name], cost=cost)
        made.append((one, record, certify(record, keys.certifier)))
    publics = {record.member_id: record.encryption_public for _one, record, _certificate in made}
    blobs = recovery_wraps(recovery_secret(keys), publics, seal, epoch=keys.epoch)
    rows = tuple(
        staff.TrusteeRow(
            id=record.member_id,
            name=one.name.strip(),
            record=record.to_bytes(),
            certificate=certificate.to_bytes(),
            named_at=seconds(study.now()),
        )
        for one, record, certificate in made
    )
    with study.transaction() as transaction:
        staff.replace_trustees(transaction, rows, blobs, keys.epoch)
        hand_on_certifying(study, transaction)
        log.note(study, transaction, Act.TRUSTEES, trustees=sorted(publics))
        return _trustees(transaction)


def trustee_faults(new: Sequence[NewTrustee]) -> list[Problem]:
    """Return what keeps these three from being named."""
    where = tr("Trustees")
    names = [one.name.strip().casefold() for one in new if one.name.strip()]
    passwords = [normalize("NFKC", one.password) for one in new if one.password]
    if len(names) != TRUSTEES or len(passwords) != TRUSTEES or len(new) != TRUSTEES:
        return [Problem(where, tr("Three names and three passwords are needed."), tr("Fill in what is missing."))]
    if len(set(names)) < TRUSTEES:
        return [Problem(where, tr("Two of them have the same name."), tr("Name three different people."))]
    if len(set(passwords)) < TRUSTEES:
        return [
            Problem(
                where,
                tr("Two of them have the same password: one person alone could do what takes two."),
                tr("Let each of them type a password of their own."),
            )
        ]
    return [
        Problem(one.name.strip(), fault, "") for one in new for fault in password_faults(one.password, "", [one.name])
    ]


def drill(study: OpenStudy, two: Two) -> tuple[Trustee, ...]:
    """Let two trustees show that they could let a lead in: everything is opened, checked and forgotten again.

    For research leads. Raises WrongPassword, `TooSoon`, or SealBroken when what is kept does not open.
    """
    study.require(Role.RESEARCH_LEAD)
    tries = tries_of(study.folder, study.database, study.study_id, study.now)
    seal = read_seal(study.seal_path)
    with study.transaction() as transaction:
        contacts.announce(transaction, "drill")
    with study.reading() as transaction:
        row = _study(transaction, study.settings.name)
        opened = _open(transaction, two, seal, tries)
        can_be_opened(transaction, _keys_of(opened, row, seal, study.open_keys.me))
    with study.transaction() as transaction:
        pair = _pair(two)
        staff.keep_drill(transaction, pair, seconds(study.now()))
        log.note(study, transaction, Act.DRILLED, trustees=list(pair))
        return _trustees(transaction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a study is opened without anybody's sign-in.

    ``administrator`` and ``administrator_password``: the connection of the server's administrator (a libpq URL), for a
    study on a server.
    """

    place: Path
    now: Callable[[], datetime]
    draw: random.Random
    seal_path: Path | None = None
    administrator: str = field(repr=False, default="")
    administrator_password: str = field(repr=False, default="")


def trustees_of(door: Door) -> tuple[Trustee, ...]:
    """Return the trustees of a study in which nobody is signed in; () when none were named."""
    database = _enter(door)
    try:
        with database.reading() as transaction:
            return _trustees(transaction)
    finally:
        database.close()


def let_lead_in(door: Door, two: Two, new: NewMember, *, cost: ArgonCost = STANDARD) -> Member:
    """Let two trustees make a research lead able to sign in: a new one, or one who is there and gets new keys.

    Takes seconds. Raises WrongPassword or `TooSoon` for a trustee's password, SealBroken for blobs that do not open,
    and a Problem for anything else; then nothing was changed.
    """
    new = replace(new, role=Role.RESEARCH_LEAD)
    database = _enter(door)
    try:
        with database.reading() as transaction:
            row = _study(transaction, database.name)
            known = studies.member_by_login(transaction, new.login)
        if row.erased_at is not None:
            raise Problem(database.name, tr("The contacts of this study are erased."), "")
        if known is not None and known.role != Role.RESEARCH_LEAD.value:
            raise Problem(new.login, tr("This login is used twice."), tr("Choose another."))
        if not new.login.strip() or not new.name.strip():
            raise Problem(tr("Staff"), tr("The login or the name is missing."), tr("Fill in both."))
        new = replace(new, languages=new.languages or settings_from_json(row.settings).languages)
        seal = read_seal(door.seal_path or places.seals() / f"{row.id}.seal")
        tries = tries_of(door.place, database, row.id, door.now)
        with database.reading() as transaction:
            secret = _open(transaction, two, seal, tries)
        member_id = known.id if known is not None else random_id(door.draw)
        record, own = make_member(
            member_id, new.login, new.password, seal, reads_answers=True, names=[new.name], cost=cost
        )
        keys = _keys_of(secret, row, seal, own)
        mine = certify(record, keys.certifier, may_grant=True)
        made = member_row(new, record, hand_over(keys, record, mine, mine, seal), start_password=False)
        with database.transaction() as transaction:
            can_be_opened(transaction, keys)
            if known is None:
                studies.add_member(transaction, made)
            else:
                staff.replace_keys(transaction, known, made)
            _let_in(transaction, door, made, new.password)
            first, second = _pair(two)
            log.append(
                transaction, row.id, member_id, Act.RECOVERED, database.clock(door.now)(), trustees=[first, second]
            )
    finally:
        database.close()
    return member_of(made)


def _enter(door: Door) -> Database:
    """Open the database without a member: a folder's as it lies there, a server's by its administrator."""
    database: Database
    if is_link(door.place):
        link = read_link(door.place)
        if not door.administrator.strip():
            raise Problem(
                tr("Administrator’s connection"),
                tr("This study lies on a server."),
                tr("Its administrator must take part: give the connection, postgresql://NAME@HOST/postgres."),
            )
        owner = Roles(link.study).owner
        database = AsOwner(door.administrator, door.administrator_password, link.database, owner)
    else:
        database = open_database(door.place)
    try:
        refuse_other_version(database)
    except BaseException:
        database.close()
        raise
    return database


def _let_in(transaction: Transaction, door: Door, row: studies.MemberRow, password: str) -> None:
    """Make the lead's role on the server, or give it a new password; a folder asks nobody."""
    if not is_link(door.place):
        return
    link: StudyLink = read_link(door.place)
    roles = Roles(link.study)
    derived = server_password(password, link.study, row.login, link.cost)
    verifier = made_verifier(transaction, roles.login(row.login), derived)
    administration.set_login(transaction, roles, row.login, row.role, verifier)


def _open(transaction: Transaction, two: Two, seal: Seal, tries: Tries) -> tuple[int, bytes]:
    """Return (epoch, what the blob of these two holds); each wrong password counts."""
    rows = {row.id: row for row in staff.trustees(transaction)}
    pair = _pair(two)
    if pair[0] == pair[1]:
        raise Problem(tr("Trustees"), tr("It takes two different trustees."), tr("Ask a second one."))
    blob = staff.blob_of(transaction, pair)
    if blob is None or not set(pair) <= set(rows):
        raise Problem(tr("Trustees"), tr("No trustees were named."), tr("Then nobody can let a lead in."))
    keys = {}
    for word in two:
        record = member_record_from_bytes(rows[word.id].record)
        check_certificate(certificate_from_bytes(rows[word.id].certificate), record, seal)
        who = f"trustee {word.id}"
        tries.begin(who)
        try:
            keys[word.id] = unlock_member(record, word.password, seal).encryption
        except WrongPassword:
            raise WrongPassword(
                tr("Password of {name}", name=rows[word.id].name),
                tr("The password is not right."),
                tr("Type it again."),
            ) from None
        except BaseException:
            tries.take_back(who)
            raise
        tries.end(who)
    epoch, sealed = blob
    return epoch, recover(sealed, keys, seal, epoch=epoch)


def _keys_of(opened: tuple[int, bytes], row: studies.StudyRow, seal: Seal, me: MemberKeys) -> StudyKeys:
    epoch, secret = opened
    return recovered_keys(
        secret,
        me,
        seal,
        epoch=epoch,
        answers_public=row.answers_public,
        record_public=row.record_public,
        recipient=row.recipient,
    )


def can_be_opened(transaction: Transaction, keys: StudyKeys) -> None:
    """Open one contact, if there is any; raises SealBroken when the keys do not belong to this study's contacts."""
    for one in contacts.contacts_after(transaction, "", 1):
        open_contact(keys.contacts, keys.study_id, one.case, one.sealed_key, one.sealed_details, epoch=keys.epoch)


def _study(transaction: Transaction, name: str) -> studies.StudyRow:
    row = studies.the_study(transaction)
    if row is None:
        raise no_study(name)
    return row


def _pair(two: Two) -> tuple[str, str]:
    first, second = sorted(word.id for word in two)
    return first, second
