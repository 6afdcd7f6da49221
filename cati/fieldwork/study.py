"""Making a study, and opening it with a password."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cati import places
from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.before_sign_in import bring_seal, is_on_server, no_study, restore_seal, seal_is_here, study_name
from cati.fieldwork.changing import change_settings, settings_log
from cati.fieldwork.forms import check_form, unspoken
from cati.fieldwork.kept_rules import keep_rules
from cati.fieldwork.log import Act
from cati.fieldwork.members import SecondPerson, deactivate, reset_password, set_skills
from cati.fieldwork.open_study import OpenStudy, Role, reads_every_contact
from cati.fieldwork.proving import note_refused, prove_password, unlock, wrong_sign_in
from cati.fieldwork.sheets import write_sheets
from cati.fieldwork.sign_in_delay import TooSoon, tries_of
from cati.fieldwork.staffing import (
    NewMember,
    Progress,
    add_member,
    change_password,
    check_members,
    make_staff,
    member_of,
    random_id,
    shared_passwords,
    staff,
)
from cati.fieldwork.stations import give_up_seal, note_station
from cati.fieldwork.unlocking import unlocked, usable_seal
from cati.fieldwork.updating import end_copies
from cati.settings import StudySettings, check_settings, settings_from_json, settings_to_json
from cati.store import erasure, studies
from cati.store.connecting import Refused, Unreachable, nobody_answers
from cati.store.database import Database, NoLongerHere, keys_renewed
from cati.store.embedded import Embedded
from cati.store.link_file import read_link
from cati.store.migrations import create_tables, refuse_other_version
from cati.store.opening import open_database
from cati.survey.calling_hours import wall
from cati.survey.questionnaire import Questionnaire, questionnaire_from_json
from cati.text import tr
from cati.vault.age_files import fingerprint
from cati.vault.paper import paper_copy
from cati.vault.passwords import password_faults
from cati.vault.people import (
    STANDARD,
    ArgonCost,
    WrongPassword,
    member_record_from_bytes,
    pretend_to_unlock,
)
from cati.vault.seal_file import create_seal
from cati.vault.server_password import typed_start_password

__all__ = [
    "CreatedStudy",
    "NewMember",
    "SecondPerson",
    "WrongPassword",
    "add_member",
    "bring_seal",
    "change_password",
    "change_settings",
    "check_members",
    "create_study",
    "deactivate",
    "open_study",
    "password_faults",
    "prove_password",
    "questionnaire_of",
    "reset_password",
    "restore_seal",
    "seal_is_here",
    "set_skills",
    "settings_log",
    "shared_passwords",
    "sign_out",
    "staff",
    "study_name",
    "unlock",
    "write_sheets",
]


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


def _runnable(settings: StudySettings, form_path: Path, members: Sequence[NewMember], now: datetime) -> Questionnaire:
    """Return the questionnaire of a study that can be made; raises the first Problem of settings, staff or form."""
    names = (settings.name, settings.client, settings.institute)
    for problem in (*check_settings(settings), *check_members(members, names)):
        raise problem
    if settings.field_to < wall(now, settings.sites[0]).date():
        raise Problem(tr("Field period"), tr("It lies in the past."), tr("Choose days on which people can be called."))
    form = check_form(form_path)
    if form.questionnaire is None:
        first = next(d for d in form.diagnostics if d.severity == "error")
        raise Problem(form_path.name, first.what, first.do)
    for problem in unspoken(form.questionnaire, settings.languages):
        raise problem
    return form.questionnaire


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
    questionnaire = _runnable(settings, form_path, members, now())
    if folder.exists() and any(folder.iterdir()):
        raise Problem(folder.name, tr("This folder is not empty."), tr("Choose a new folder for the study."))
    existed = folder.exists()
    seal_path = None
    database = None
    try:
        database = Embedded(folder, create=True)
        study_id = random_id(draw)
        made = make_staff(members, study_id, draw, cost, progress)
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
                    questionnaire=questionnaire.content_hash,
                    recipient=created.recipient,
                    answers_public=made.keys.answers_public,
                    record_public=made.keys.record_public,
                ),
            )
            studies.add_questionnaire(
                transaction,
                content_hash=questionnaire.content_hash,
                model=questionnaire.to_json(),
                name=form_path.name,
                source=source,
                at=log.seconds(at),
            )
            keep_rules(transaction, settings)
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


def _refuse_seal_inside(folder: Path, seal_folder: Path) -> None:
    if seal_folder.resolve().is_relative_to(folder.resolve()):
        raise Problem(
            tr("Seal"),
            tr("The seal must not lie inside the study’s folder: a backup would hold both."),
            tr("Choose another place for it."),
        )


def open_study(
    folder: Path,
    login: str,
    password: str,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_path: Path | None = None,
    start_password: str = "",
    to_erase: bool = False,
) -> OpenStudy:
    """Open a study for one member; takes half a second (on a server: a whole one), so call it off the window's thread.

    Raises WrongPassword for a wrong login too, after the same time (nobody learns which logins exist), and `TooSoon`
    after too many of them. After the purge only a research lead can open it, and only the answers.
    ``start_password``, for a first sign-in on a server: it opens the connection once, and the server takes
    ``password`` from then on, if that opens the member's own keys. A start password that a research lead gave opens
    both, and is right here as well as in ``password``. On a server whose study is being erased the seal of this
    workstation is destroyed instead, unless ``to_erase`` says that this is the erasure itself: `SealGivenUp`.
    The study's clock is ``now`` for a folder, else the server's.
    """
    on_server = is_on_server(folder)
    start_password = start_password if on_server else ""
    tries = None
    if on_server:  # whoever is refused there can leave no trace there
        tries = tries_of(folder, None, read_link(folder).study, now)
        tries.begin(login)
    else:
        end_copies(folder, now())
    database = open_database(folder, login, typed_start_password(start_password) if start_password else password)
    row = None
    try:
        refuse_other_version(database)
        database.require_posture()
        row = _study_row(database)
        if tries is None:
            tries = tries_of(folder, database, row.id, now)
            tries.begin(login)
        seal_path = seal_path or places.seals() / f"{row.id}.seal"
        begun = _is_ending(database, row, (login, password), seal_path, now, to_erase=to_erase)
        seal = usable_seal(row, seal_path, begun=begun)
        member, model = _member_and_model(database, row, login, password)
        opened = unlocked(row, member, (password, start_password), seal)
        database.reads_every_contact = reads_every_contact(database, Role(member.role))
        study = OpenStudy(
            folder=folder,
            study_id=row.id,
            settings=settings_from_json(row.settings),
            questionnaire=questionnaire_from_json(model),
            me=member_of(member),
            now=database.clock(now),
            draw=draw,
            database=database,
            seal_path=seal_path,
            keys=opened.keys,
            answers_private=opened.answers_private,
            record=member.record,
        )
        database.works_for, database.works_in = member.id, row.epoch
        if row.erased_at is None and not begun:
            database.lay_ballast_again()
        failed = tries.end(login)
        _note_sign_in(study, row.epoch, failed, new_password=opened.new_password)
        if database.may_be_away and opened.keys is not None:
            from cati.fieldwork.desk import open_desk  # noqa: PLC0415 - for studies on a server

            study = replace(study, desk=open_desk(study))
    except (WrongPassword, Refused):
        if row is not None and not database.by_functions:
            note_refused(database, row.id, login, now())
        database.close()
        erased = row is not None and row.erased_at is not None
        raise wrong_sign_in(start=bool(start_password), erased=erased, on_server=on_server) from None
    except BaseException as error:
        if tries is not None and database.works_for == "" and not isinstance(error, TooSoon):
            tries.take_back(login)
        database.close()
        if isinstance(error, Unreachable):
            raise nobody_answers() from None
        raise
    return study


def _is_ending(
    database: Database, row: studies.StudyRow, sign_in: tuple[str, str], seal_path: Path, now: Callable[[], datetime],
    *, to_erase: bool,
) -> bool:  # fmt: skip
    """Tell whether the study is being erased; on a server this workstation's seal is destroyed then (`SealGivenUp`)."""
    with database.reading() as transaction:
        steps = erasure.steps(transaction)
    if database.by_functions and "begun" in steps and seal_path.exists() and not to_erase:
        give_up_seal(database, row, sign_in, seal_path, steps["begun"], database.clock(now)())
    return bool(steps)


def _note_sign_in(study: OpenStudy, epoch: int, failed: int, *, new_password: str) -> None:
    """Log the sign-in, after the last look whether the keys just opened are still those of now."""
    with study.transaction() as transaction:
        study.database.hold_keys(transaction, alone=False)
        row = studies.the_study(transaction)
        if row is None or row.epoch != epoch:
            raise keys_renewed()
        note_station(study, transaction)
        if new_password:
            study.database.logins.change_password(transaction, new_password)
        if failed:
            log.note(study, transaction, Act.SIGNED_IN, failed=failed)
        else:
            log.note(study, transaction, Act.SIGNED_IN)


def _study_row(database: Database) -> studies.StudyRow:
    with database.reading() as transaction:
        row = studies.the_study(transaction)
    if row is None:
        raise no_study(database.name)
    return row


def _member_and_model(
    database: Database, row: studies.StudyRow, login: str, password: str
) -> tuple[studies.MemberRow, bytes]:
    """Return member and questionnaire as the store keeps them; raises what keeps the study from being opened."""
    with database.reading() as transaction:
        member = studies.member_by_login(transaction, login)
        model = studies.questionnaire_model(transaction, row.questionnaire)
        anybody = studies.members(transaction)[:1] if member is None else ()
    if member is None or not member.active:
        for one in (member, *anybody):
            if one is not None and one.record:  # a server, which refused nobody here, shows no other's keys
                pretend_to_unlock(member_record_from_bytes(one.record), password)
        raise wrong_sign_in()
    if model is None:
        raise Problem(database.name, tr("The study’s questionnaire is missing."), tr("Restore a backup."))
    return member, model


def sign_out(study: OpenStudy) -> None:
    """Log it, sign the head of the log beside the seal, and close the study.

    Whoever was let go, or works while the server is away, is signed out without either.
    """
    try:
        if study.desk is not None and study.desk.outbox.standing().away:
            return
        with study.transaction() as transaction:
            log.note(study, transaction, Act.SIGNED_OUT)
        log.write_checkpoint(study)
    except (NoLongerHere, Unreachable, Refused):
        pass  # a server that is away is told of nothing, and the day ends all the same
    finally:
        study.close()


def questionnaire_of(study: OpenStudy, content_hash: str) -> Questionnaire:
    """Return the version of the questionnaire with this hash."""
    if content_hash == study.questionnaire.content_hash:
        return study.questionnaire
    with study.reading() as transaction:
        model = studies.questionnaire_model(transaction, content_hash)
    if model is None:
        raise Problem(study.settings.name, tr("The study’s questionnaire is missing."), tr("Restore a backup."))
    return questionnaire_from_json(model)
