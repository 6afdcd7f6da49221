"""What each act does on a terminal; passwords are asked for, progress is a bar, Ctrl+C cancels without harm."""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cati.cli.terminal import Bar, ask_new_password, ask_password
from cati.errors import Cancelled, Problem
from cati.text import tr, trn

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.purge import ErasureRecord
    from cati.fieldwork.sample import Mapping, Received
    from cati.fieldwork.staffing import NewMember
    from cati.settings import StudySettings

PROBLEM = 1


def _clock() -> datetime:
    return datetime.now(UTC)


def _open(folder: Path, login: str) -> OpenStudy:
    from cati.fieldwork.study import open_study

    password = ask_password(tr("Password of {login}", login=login))
    return open_study(folder, login, password, now=_clock, draw=random.SystemRandom())


def new_study(args: argparse.Namespace) -> int:
    """Create a study from a plan (TOML), asking for each member's password."""
    from cati.fieldwork.plan import example, members_of, read_plan, settings_of
    from cati.fieldwork.sheets import write_sheets
    from cati.fieldwork.study import create_study

    if args.example:
        print(example())
        return 0
    if args.folder is None or args.plan is None:
        raise Problem("new-study", tr("A folder and a plan are needed."), tr("See: cati new-study --example"))
    plan = read_plan(args.plan)
    settings = settings_of(plan)
    unnamed = members_of(plan, dict.fromkeys((member.login for member in plan.staff), ""))
    passwords = {new.login: _own_password(new, settings) for new in unnamed}
    form = (args.plan.parent / plan.questionnaire).resolve()
    with Bar(tr("Making keys")) as bar:
        created = create_study(
            args.folder, settings, form, members_of(plan, passwords),
            now=_clock, draw=random.SystemRandom(), progress=bar,
        )  # fmt: skip
    sheets = write_sheets(created, settings, args.sheets or args.folder.parent / f"{args.folder.name}-papers")
    print(tr("The study stands in {folder}.", folder=created.folder))
    print(tr("Its seal lies in {path}. Keep it out of backups.", path=created.seal_path))
    print(tr("The office seals its list to: {recipient}", recipient=created.recipient))
    print(tr("The record of the erasure will be checked with this key: {key}", key=created.record_public_key))
    for sheet in sheets:
        print(tr("To print: {path}", path=sheet))
    print(tr("Print them, lock the copy of the seal away, and delete these files: they open every contact."))
    return 0


def _own_password(new: NewMember, settings: StudySettings) -> str:
    """Ask for the password of one of the staff until it is one that the study takes."""
    from cati.fieldwork.staffing import faults_of_password

    names = (settings.name, settings.client, settings.institute)
    return ask_new_password(
        tr("New password of {login}", login=new.login),
        lambda typed: faults_of_password(replace(new, password=typed), names),
    )


def seal(args: argparse.Namespace) -> int:
    """Seal a table for an institute, as an office does."""
    from cati.fieldwork.hand_over import seal_list

    passphrase = None if args.to else ask_new_password(tr("Passphrase for the list"))
    target = args.output or args.table.with_name(args.table.name + ".age")
    slip = seal_list(args.table, target, recipient=args.to, passphrase=passphrase)
    print(tr("Sealed: {path}", path=target))
    print(tr("Hand-over slip"))
    print("  " + tr("Rows: {n}", n=slip.rows))
    print("  SHA-256: " + slip.sha256)
    return 0


def import_list(args: argparse.Namespace) -> int:
    """Bring a contact list into a study; status 1 when not one row was accepted."""
    from cati.fieldwork import sample
    from cati.fieldwork.hand_over import check_passphrase

    if args.refused_to is not None and (args.refused_to.exists() or not args.refused_to.parent.is_dir()):
        raise Problem(
            str(args.refused_to), tr("The refused rows cannot be written here."), tr("Name a new file in a folder.")
        )
    study = _open(args.study, args.login)
    try:
        received = _received(study, args)
        passphrase = ask_new_password(tr("Passphrase for the refused rows")) if args.refused_to else ""
        if passphrase:
            check_passphrase(passphrase)
        mapping = _corrected(sample.propose(study, received, header_row=args.header_row), args)
        for column in mapping.columns:
            print(f"  {column.header} → {tr(sample.LABELS[column.field])} [{column.field.value}], {tr(column.why)}")
        for field, value in mapping.constants:
            print("  " + tr("For every row: {field} = {value}", field=field.value, value=value))
        with Bar(tr("Bringing in the list")) as bar:
            report = sample.bring_in(study, received, mapping, rows_on_slip=args.rows, progress=bar)
        print(trn("1 contact accepted.", "{n} contacts accepted.", report.accepted))
        print(trn("1 row refused.", "{n} rows refused.", len(report.refused)))
        for refused in report.refused[: args.show]:
            print(
                "  " + tr("Row {row}: {reason} {remedy}", row=refused.row, reason=refused.reason, remedy=refused.remedy)
            )
        for note in report.notes:
            said = trn("1 row ({rows})", "{n} rows ({rows})", len(note.rows), rows=", ".join(map(str, note.rows[:20])))
            print(f"  {said}: {note.reason} {note.remedy}")
        if args.refused_to and report.refused:
            sample.write_refused(args.refused_to, sample.refused_list(study, received, report, passphrase=passphrase))
            print(tr("Refused rows, sealed for the office: {path}", path=args.refused_to))
        if report.accepted:
            print(tr("Delete the list now, here and in the mailbox: {path}", path=args.list))
    finally:
        study.close()
    return 0 if report.accepted else PROBLEM


def _received(study: OpenStudy, args: argparse.Namespace) -> Received:
    """Open the list in memory, asking for its password when it has one, and compare it with the slip."""
    from cati.fieldwork import sample

    asked = args.list_password or sample.needs_password(args.list)
    password = ask_password(tr("Password of the list")) if asked else None
    received = sample.receive(study, args.list, password, sheet=args.sheet)
    print(f"  SHA-256: {received.sha256}")
    if args.sha256 and args.sha256.strip().lower() != received.sha256:
        raise Problem(
            received.name,
            tr("Its SHA-256 is not the one on the hand-over slip."),
            tr("Ask the office to send the list again."),
        )
    if received.container == "plain" and not args.accept_plain:
        raise Problem(received.name, received.warning, tr("Say --accept-plain if it must be so."))
    if received.warning:
        print(received.warning)
    return received


def _corrected(mapping: Mapping, args: argparse.Namespace) -> Mapping:
    """Return the mapping as --map HEADING=FIELD and --constant FIELD=VALUE correct it."""
    from cati.fieldwork.sample import CONSTANT_FIELDS, Field, with_constant, with_field

    fields = {field.value: field for field in Field}
    for written in args.map:
        heading, _equals, name = written.rpartition("=")
        index = next((c.index for c in mapping.columns if c.header.casefold() == heading.strip().casefold()), None)
        if index is None:
            raise Problem("--map", tr("There is no column “{name}”.", name=heading), "")
        if name not in fields:
            raise Problem("--map", tr("There is no field {name}.", name=name), ", ".join(fields))
        mapping = with_field(mapping, index, fields[name])
    for written in args.constant:
        name, _equals, value = written.partition("=")
        if fields.get(name) not in CONSTANT_FIELDS:
            known = ", ".join(field.value for field in CONSTANT_FIELDS)
            raise Problem("--constant", tr("There is no field {name}.", name=name), known)
        mapping = with_constant(mapping, fields[name], value)
    return mapping


def end_field(args: argparse.Namespace) -> int:
    """End the field period for good; what is not mixed yet is mixed."""
    from cati.fieldwork import mixing

    study = _open(args.study, args.login)
    try:
        mixed = mixing.end_field(study)
    finally:
        study.close()
    print(tr("The field period is over; nobody is called any more."))
    print(trn("1 more interview was mixed.", "{n} more interviews were mixed.", mixed.moved))
    return 0


def export(args: argparse.Namespace) -> int:
    """Write the mixed stock of answers, with a codebook."""
    from cati.fieldwork import export as exporting

    study = _open(args.study, args.login)
    try:
        formats = {exporting.ExportFormat(name) for name in args.format}
        with Bar(tr("Exporting")) as bar:
            done = exporting.export(study, args.to, formats, progress=bar)
    finally:
        study.close()
    print(trn("1 interview.", "{n} interviews.", done.interviews))
    for path in done.paths:
        print(path)
    for note in done.notes:
        print(note)
    return 0


def purge(args: argparse.Namespace) -> int:
    """Show what a purge would destroy, or do it with two people's passwords."""
    from cati.fieldwork import purge as purging
    from cati.fieldwork.before_sign_in import is_on_server

    if args.dry_run:
        study = _open(args.study, args.first)
        try:
            plan = purging.dry_run(study)
        finally:
            study.close()
        for line in (*plan.lines, *plan.hindrances):
            print(line)
        return PROBLEM if plan.hindrances else 0
    if not args.second and not is_on_server(args.study):
        raise Problem("purge", tr("A purge needs two people."), tr("Name the second with --second."))
    first = (args.first, ask_password(tr("Password of {login}", login=args.first)))
    if not args.second:
        return _say_record(purging.renew_record(args.study, first, now=_clock, draw=random.SystemRandom()))
    second = (args.second, ask_password(tr("Password of {login}", login=args.second)))
    try:
        with Bar(tr("Erasing")) as bar:
            record = purging.purge(
                args.study, first, second,
                now=_clock, draw=random.SystemRandom(), progress=bar, unreached=args.unreached,
            )  # fmt: skip
    except Cancelled:
        raise Problem(
            tr("Erasure"), tr("It was interrupted."), tr("The same two people finish it with the same command.")
        ) from None
    return _say_record(record)


def _say_record(record: ErasureRecord) -> int:
    for path in record.paths:
        print(path)
    print(tr("Erased completely.") if record.complete else tr("Erased, but not completely; the record says why."))
    return 0 if record.complete else PROBLEM


def verify_log(args: argparse.Namespace) -> int:
    """Check the log's chains and their signed checkpoints; status 1 when anything is not as it was written."""
    from cati.fieldwork.log_words import full_check

    for path in args.checkpoints:
        if not path.is_file():
            raise Problem(str(path), tr("There is no such file."), tr("Name a file of checkpoints."))
    study = _open(args.study, args.login)
    try:
        found = full_check(study, more=args.checkpoints, expected=args.expect)
    finally:
        study.close()
    print(found.verdict)
    for line in (*found.wrong, *found.remarks):
        print("  " + line)
    for heading, lines in ((tr("By person:"), found.chains), (tr("Checkpoints compared:"), found.used)):
        if lines:
            print(heading)
        for line in lines:
            print("  " + line)
    return 0 if found.ok else PROBLEM


def verify_erasure(args: argparse.Namespace) -> int:
    """Check a signed erasure record alone, without the study."""
    from cati.fieldwork.purge import verify_erasure as verify

    verdict = verify(args.record, args.key)
    for line in verdict.lines:
        print(line)
    return 0 if verdict.ok else PROBLEM


def demo(args: argparse.Namespace) -> int:
    """Run the whole main job on invented people."""
    from cati.demo.run import run_demo

    return run_demo(args.folder, window=False if args.no_window else None)
