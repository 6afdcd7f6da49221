"""Making a study, opening it with a password, its staff and its settings."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

from cati import places
from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import Member, OpenStudy, Role
from cati.files.questionnaires import read_questionnaire
from cati.settings import StudySettings, check_settings, settings_from_json, settings_to_json
from cati.store import cases, studies
from cati.store.database import Database
from cati.store.migrations import create_tables, require_current
from cati.survey.questionnaire import Questionnaire, questionnaire_from_json
from cati.text import tr
from cati.vault.age_files import fingerprint
from cati.vault.grants import Certificate, certificate_from_bytes, certify, grant_from_bytes
from cati.vault.paper import paper_copy, seal_from_paper
from cati.vault.passwords import password_faults
from cati.vault.people import (
    STANDARD,
    ArgonCost,
    MemberKeys,
    MemberRecord,
    WrongPassword,
    make_member,
    member_record_from_bytes,
    unlock_answers,
    unlock_member,
)
from cati.vault.people import (
    change_password as under_new_password,
)
from cati.vault.seal_file import Seal, create_seal, new_seal, pin, read_seal
from cati.vault.study_keys import HandedOver, StudyKeys, hand_over, new_study_keys, open_kept, take_up

__all__ = [
    "CreatedStudy",
    "NewMember",
    "add_member",
    "change_password",
    "change_settings",
    "check_members",
    "create_study",
    "deactivate",
    "open_study",
    "password_faults",
    "questionnaire_of",
    "restore_seal",
    "seal_is_here",
    "settings_log",
    "sign_out",
    "staff",
    "study_name",
    "write_sheets",
]

Progress = Callable[[int, int], None]
_RESCHEDULES = {"rules", "sites", "expected_minutes"}
"""A change of these moves the times at which people may be called: every open case is worked out anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody who is to work in a study."""

    login: str
    name: str
    role: Role
    password: str = field(repr=False)
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedStudy:
    """A study that was just made, and what must be printed now: the seal on paper and the office's recipient line."""

    study_id: str
    folder: Path
    seal_path: Path
    recipient: str
    recipient_fingerprint: str
    record_public_key: str
    paper_seal: tuple[str, ...] = field(repr=False)


def _random_id(draw: random.Random) -> str:
    return f"{draw.getrandbits(128):032x}"


def check_members(members: Sequence[NewMember]) -> list[Problem]:
    """Return what keeps these members from starting a study, in their order."""
    found = []
    seen: set[str] = set()
    for member in members:
        where = member.login or member.name or tr("Staff")
        if not member.login.strip() or not member.name.strip():
            found.append(Problem(where, tr("The login or the name is missing."), tr("Fill in both.")))
        if member.login.strip().lower() in seen:
            found.append(Problem(where, tr("This login is used twice."), tr("Choose another.")))
        seen.add(member.login.strip().lower())
        faults = password_faults(member.password, member.login, [member.name])
        found.extend(Problem(where, fault, "") for fault in faults)
    if not any(member.role is Role.RESEARCH_LEAD for member in members):
        found.append(
            Problem(tr("Staff"), tr("There is no research lead."), tr("At least one person must lead the study."))
        )
    if len(seen) < 2:  # noqa: PLR2004 - the purge needs two people
        found.append(
            Problem(tr("Staff"), tr("The erasure at the end needs two people."), tr("Add a second member of staff."))
        )
    return found


def create_study(
    folder: Path,
    settings: StudySettings,
    form_path: Path,
    members: Sequence[NewMember],
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_folder: Path | None = None,
    cost: ArgonCost = STANDARD,
    progress: Progress | None = None,
) -> CreatedStudy:
    """Make a study in an empty or new ``folder``; its seal goes to ``seal_folder`` (default: `places.seals`).

    Takes a second a member at the standard cost. On any failure nothing is left behind. Raises the first Problem of
    settings, staff or questionnaire.
    """
    seal_folder = seal_folder or places.seals()
    _refuse_seal_inside(folder, seal_folder)
    for problem in (*check_settings(settings), *check_members(members)):
        raise problem
    form = read_questionnaire(form_path, form_path.name)
    if form.questionnaire is None:
        first = next(d for d in form.diagnostics if d.severity == "error")
        raise Problem(form_path.name, first.what, first.do)
    if folder.exists() and any(folder.iterdir()):
        raise Problem(folder.name, tr("This folder is not empty."), tr("Choose a new folder for the study."))
    existed = folder.exists()
    seal_path = None
    database = None
    try:
        database = Database(folder, create=True)
        study_id = _random_id(draw)
        made = _make_staff(members, study_id, draw, cost, progress)
        seal_path = seal_folder / f"{study_id}.seal"
        source = form_path.read_bytes() if form_path.is_file() else b""
        created = CreatedStudy(
            study_id=study_id,
            folder=folder,
            seal_path=seal_path,
            recipient=made.keys.recipient or "",
            recipient_fingerprint=fingerprint(made.keys.recipient or ""),
            record_public_key=made.keys.record_public.hex(),
            paper_seal=tuple(paper_copy(made.seal)),
        )
        create_tables(database)
        at = now()
        with database.transaction() as transaction:
            studies.add_study(
                transaction,
                studies.StudyRow(
                    id=study_id,
                    settings=settings_to_json(settings),
                    made_at=log.seconds(at),
                    questionnaire=form.questionnaire.content_hash,
                    recipient=created.recipient,
                    answers_public=made.keys.answers_public,
                    record_public=made.keys.record_public,
                ),
            )
            studies.add_questionnaire(
                transaction,
                content_hash=form.questionnaire.content_hash,
                model=form.questionnaire.to_json(),
                name=form_path.name,
                source=source,
                at=log.seconds(at),
            )
            for row in made.rows:
                studies.add_member(transaction, row)
            log.append(transaction, study_id, made.rows[0].id, Act.MADE, at, members=len(made.rows))
        database.lay_ballast()
        create_seal(seal_path, made.seal)
    except BaseException:
        if database is not None:
            database.close()
            shutil.rmtree(folder, ignore_errors=True)
            if existed:
                folder.mkdir(mode=0o700, exist_ok=True)
        if seal_path is not None:
            seal_path.unlink(missing_ok=True)
        raise
    database.close()
    return created


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    seal: Seal
    keys: StudyKeys
    rows: tuple[studies.MemberRow, ...]


def _make_staff(
    members: Sequence[NewMember], study_id: str, draw: random.Random, cost: ArgonCost, progress: Progress | None
) -> _Made:
    """Make every member's keys; the first research lead signs for all."""
    seal = new_seal(study_id)
    made: list[tuple[NewMember, MemberRecord, MemberKeys]] = []
    for done, member in enumerate(members):
        if progress is not None:
            progress(done, len(members))
        lead = member.role is Role.RESEARCH_LEAD
        record, keys = make_member(
            _random_id(draw), member.login, member.password, seal, reads_answers=lead, names=[member.name], cost=cost
        )
        made.append((member, record, keys))
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
        rows.append(_member_row(member, record, hand_over(keys, record, certificate, my_certificate, seal)))
    return _Made(seal=seal, keys=keys, rows=tuple(rows))


def _member_row(member: NewMember, record: MemberRecord, handed: HandedOver) -> studies.MemberRow:
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
    )


def _refuse_seal_inside(folder: Path, seal_folder: Path) -> None:
    if seal_folder.resolve().is_relative_to(folder.resolve()):
        raise Problem(
            tr("Seal"),
            tr("The seal must not lie inside the study's folder: a backup would hold both."),
            tr("Choose another place for it."),
        )


def study_name(folder: Path) -> str:
    """Return the study's name without a password, for the sign-in page; a Problem when the folder holds none."""
    database = Database(folder)
    try:
        require_current(database)
        with database.reading() as transaction:
            row = studies.the_study(transaction)
        if row is None:
            raise _no_study(folder)
        return settings_from_json(row.settings).name
    finally:
        database.close()


def _no_study(folder: Path) -> Problem:
    return Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))


def seal_is_here(folder: Path, seal_folder: Path | None = None) -> bool:
    """Tell whether this workstation has the seal of the study in ``folder``."""
    return _seal_path(folder, seal_folder).exists()


def _seal_path(folder: Path, seal_folder: Path | None = None) -> Path:
    database = Database(folder)
    try:
        require_current(database)
        with database.reading() as transaction:
            row = studies.the_study(transaction)
    finally:
        database.close()
    if row is None:
        raise _no_study(folder)
    return (seal_folder or places.seals()) / f"{row.id}.seal"


def restore_seal(folder: Path, paper_text: str, *, seal_folder: Path | None = None) -> Path:
    """Put the seal back from its paper copy; a Problem names the line that is mistyped or a seal of another study."""
    path = _seal_path(folder, seal_folder)
    seal = seal_from_paper(paper_text)
    if seal.study_id != path.stem:
        raise Problem(tr("Seal"), tr("This paper copy belongs to another study."), tr("Look for the right sheet."))
    create_seal(path, seal)
    return path


def open_study(
    folder: Path,
    login: str,
    password: str,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_path: Path | None = None,
) -> OpenStudy:
    """Open a study for one member; takes half a second, so call it off the window's thread.

    Raises WrongPassword for a wrong login too (nobody learns which logins exist). After the purge only a research
    lead can open it, and only the answers.
    """
    database = Database(folder)
    try:
        require_current(database)
        with database.reading() as transaction:
            row = studies.the_study(transaction)
            member = studies.member_by_login(transaction, login)
            if row is None:
                raise _no_study(folder)
            model = studies.questionnaire_model(transaction, row.questionnaire)
        if member is None or not member.active:
            raise _wrong_sign_in()
        if model is None:
            raise Problem(folder.name, tr("The study's questionnaire is missing."), tr("Restore a backup."))
        seal_path = seal_path or places.seals() / f"{row.id}.seal"
        try:
            keys, answers_private = _unlock(row, member, password, seal_path)
        except WrongPassword:
            raise _wrong_sign_in() from None
        study = OpenStudy(
            folder=folder,
            study_id=row.id,
            settings=settings_from_json(row.settings),
            questionnaire=questionnaire_from_json(model),
            me=_member(member),
            now=now,
            draw=draw,
            database=database,
            seal_path=seal_path,
            keys=keys,
            answers_private=answers_private,
        )
        with study.transaction() as transaction:
            log.note(study, transaction, Act.SIGNED_IN)
    except BaseException:
        database.close()
        raise
    return study


def _wrong_sign_in() -> WrongPassword:
    return WrongPassword(tr("Sign-in"), tr("Login or password is wrong."), tr("Try again; mind upper and lower case."))


def _unlock(
    row: studies.StudyRow, member: studies.MemberRow, password: str, seal_path: Path
) -> tuple[StudyKeys | None, bytes | None]:
    """Return (the study's keys, the key of the answers); the first is None once the contacts are erased."""
    record = member_record_from_bytes(member.record)
    if row.erased_at is not None:
        private = unlock_answers(record, password)
        if member.kept is None:
            raise Problem(tr("Answers"), tr("The contacts of this study are erased."), tr("Ask a research lead."))
        return None, open_kept(member.kept, record, private).answers_private
    seal = read_seal(seal_path)
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


def _member(row: studies.MemberRow) -> Member:
    return Member(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        languages=tuple(row.languages.split()),
        active=bool(row.active),
    )


def sign_out(study: OpenStudy) -> None:
    """Log it, sign the head of the log beside the seal, and close the study."""
    with study.transaction() as transaction:
        log.note(study, transaction, Act.SIGNED_OUT)
    log.write_checkpoint(study)
    study.close()


def staff(study: OpenStudy) -> tuple[Member, ...]:
    """Return everybody who works or worked in the study, by login."""
    with study.reading() as transaction:
        return tuple(_member(row) for row in studies.members(transaction))


def add_member(study: OpenStudy, new: NewMember, *, cost: ArgonCost = STANDARD) -> Member:
    """Add a member of staff; for research leads. Takes a second: the new person's keys are made and granted."""
    study.require(Role.RESEARCH_LEAD)
    keys = study.open_keys
    for problem in _faults_of(new):
        raise problem
    seal = read_seal(study.seal_path)
    lead = new.role is Role.RESEARCH_LEAD
    record, _keys = make_member(
        _random_id(study.draw), new.login, new.password, seal, reads_answers=lead, names=[new.name], cost=cost
    )
    with study.transaction() as transaction:
        if studies.member_by_login(transaction, new.login) is not None:
            raise Problem(new.login, tr("This login is used twice."), tr("Choose another."))
        mine = studies.member_by_login(transaction, study.me.login)
        if mine is None:
            raise Problem(tr("Staff"), tr("You are no longer a member of this study."), "")
        my_certificate = certificate_from_bytes(mine.certificate)
        certificate: Certificate = certify(record, keys.me, may_grant=lead)
        row = _member_row(new, record, hand_over(keys, record, certificate, my_certificate, seal))
        studies.add_member(transaction, row)
        log.note(study, transaction, Act.MEMBER_ADDED, member=row.id, role=row.role)
    return _member(row)


def _faults_of(new: NewMember) -> list[Problem]:
    found = []
    if not new.login.strip() or not new.name.strip():
        found.append(Problem(tr("Staff"), tr("The login or the name is missing."), tr("Fill in both.")))
    found += [Problem(new.login, fault, "") for fault in password_faults(new.password, new.login, [new.name])]
    return found


def deactivate(study: OpenStudy, member_id: str) -> None:
    """Let a member leave: what was granted to them is deleted, their case returns when its lease ends."""
    study.require(Role.RESEARCH_LEAD)
    with study.transaction() as transaction:
        rows = studies.members(transaction)
        leads = [row for row in rows if row.role == Role.RESEARCH_LEAD.value and row.active and row.id != member_id]
        others = [row for row in rows if row.active and row.id != member_id]
        if not leads or len(others) < 2:  # noqa: PLR2004 - the purge needs two people
            raise Problem(
                tr("Staff"),
                tr("A study needs a research lead and a second person until its contacts are erased."),
                tr("Add somebody else first."),
            )
        studies.deactivate(transaction, member_id)
        log.note(study, transaction, Act.MEMBER_LEFT, member=member_id)


def change_password(study: OpenStudy, old: str, new: str, *, cost: ArgonCost = STANDARD) -> None:
    """Change one's own password; takes a second."""
    with study.reading() as transaction:
        row = studies.member_by_login(transaction, study.me.login)
    if row is None:
        raise Problem(tr("Staff"), tr("You are no longer a member of this study."), "")
    seal = read_seal(study.seal_path)
    record = under_new_password(
        member_record_from_bytes(row.record), old, new, study.me.login, seal, names=[study.me.name], cost=cost
    )
    with study.transaction() as transaction:
        studies.replace_record(transaction, row.id, record.to_bytes())
        log.note(study, transaction, Act.PASSWORD)


def change_settings(study: OpenStudy, settings: StudySettings) -> tuple[OpenStudy, tuple[str, ...]]:
    """Change what is safe to change while the study runs; returns the study anew and the names of what changed.

    Refused: removing a site or department (cases hang on them), changing a consent wording people agreed to, and
    dropping a language. Raises the first Problem found.
    """
    study.require(Role.RESEARCH_LEAD)
    for problem in (*check_settings(settings), *_unsafe(study.settings, settings)):
        raise problem
    changed = tuple(
        part.name
        for part in fields(StudySettings)
        if getattr(study.settings, part.name) != getattr(settings, part.name)
    )
    if changed:
        with study.transaction() as transaction:
            studies.replace_settings(transaction, settings_to_json(settings))
            if set(changed) & _RESCHEDULES:
                cases.turn_all(transaction, log.seconds(study.now()))
            log.note(study, transaction, Act.SETTINGS, changed=list(changed))
    return replace(study, settings=settings), changed


def _unsafe(old: StudySettings, new: StudySettings) -> list[Problem]:
    found = []
    kept = {site.code: {d.code for d in site.departments} for site in new.sites}
    for site in old.sites:
        if site.code not in kept or not {d.code for d in site.departments} <= kept[site.code]:
            found.append(
                Problem(
                    tr("Site {site}", site=site.name),
                    tr("A site or department that is in use cannot be taken away."),
                    tr("Set its target to 0 to stop calling there."),
                )
            )
    wordings = {w.version: w.text for w in new.consent}
    if any(wordings.get(w.version) != w.text for w in old.consent):
        found.append(
            Problem(
                tr("Consent"),
                tr("A wording that people agreed to cannot be changed or removed."),
                tr("Add the new wording under a new version."),
            )
        )
    if not set(old.languages) <= set(new.languages):
        found.append(Problem(tr("Languages"), tr("A language in use cannot be removed."), tr("Add languages only.")))
    return found


def questionnaire_of(study: OpenStudy, content_hash: str) -> Questionnaire:
    """Return the version of the questionnaire with this hash."""
    if content_hash == study.questionnaire.content_hash:
        return study.questionnaire
    with study.reading() as transaction:
        model = studies.questionnaire_model(transaction, content_hash)
    if model is None:
        raise Problem(study.settings.name, tr("The study's questionnaire is missing."), tr("Restore a backup."))
    return questionnaire_from_json(model)
