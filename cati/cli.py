"""The acts that also run without a window: `cati ACT …` on a terminal, with a bar and Ctrl+C to cancel."""

from __future__ import annotations

import argparse
import getpass
import json
import logging
import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cati import __version__
from cati.errors import Cancelled, Problem
from cati.text import LANGUAGES, set_language, tr, trn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cati.fieldwork.open_study import OpenStudy

PROBLEM = 1
CANCELLED = 130


def _clock() -> datetime:
    return datetime.now(UTC)


def _ask_password(prompt: str) -> str:
    """Ask for a password on the terminal, or take one line of standard input when that is no terminal."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt + ": ")
    line = sys.stdin.readline()
    if not line:
        raise Problem(tr("Password"), tr("None was given."), tr("Type it, or give it as a line of standard input."))
    return line.rstrip("\r\n")


class Bar:
    """Progress on the terminal: a tqdm bar on a screen, silence in a pipe."""

    def __init__(self, what: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(desc=what, disable=not sys.stderr.isatty(), leave=False)

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are through."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar off the screen."""
        self._bar.close()


def _open(folder: Path, login: str) -> OpenStudy:
    from cati.fieldwork.study import open_study

    password = _ask_password(tr("Password of {login}", login=login))
    return open_study(folder, login, password, now=_clock, draw=random.SystemRandom())


def check(args: argparse.Namespace) -> int:
    """Print what is wrong with a questionnaire; status 1 when it cannot run."""
    from cati.fieldwork.forms import check_form

    form = check_form(args.form)
    if args.json:
        print(json.dumps([vars_of(d) for d in form.diagnostics], ensure_ascii=False, indent=1))
    else:
        for found in form.diagnostics:
            place = ", ".join(str(part) for part in (found.sheet, found.row, found.column) if part)
            word = tr("Error") if found.severity == "error" else tr("Warning")
            print(f"{word}: {place}: {found.what} {found.do}")
        errors = sum(found.severity == "error" for found in form.diagnostics)
        warnings = len(form.diagnostics) - errors
        print(trn("1 error", "{n} errors", errors) + ", " + trn("1 warning", "{n} warnings", warnings) + ".")
        if form.questionnaire is not None:
            count = len(form.questionnaire.items)
            print(trn("The questionnaire runs: 1 item.", "The questionnaire runs: {n} items.", count))
    return 0 if form.questionnaire is not None else PROBLEM


def vars_of(value: object) -> dict[str, object]:
    """Return a frozen value's fields as a plain dictionary for JSON."""
    import msgspec

    built = msgspec.to_builtins(value)
    return built if isinstance(built, dict) else {"value": built}


def new_study(args: argparse.Namespace) -> int:
    """Create a study from a plan (TOML), asking for each member's password."""
    from cati.fieldwork.plan import EXAMPLE, members_of, read_plan, settings_of
    from cati.fieldwork.sheets import write_sheets
    from cati.fieldwork.study import create_study

    if args.example:
        print(EXAMPLE)
        return 0
    if args.folder is None or args.plan is None:
        raise Problem("new-study", tr("A folder and a plan are needed."), tr("See: cati new-study --example"))
    plan = read_plan(args.plan)
    passwords = {m.login: _ask_password(tr("New password of {login}", login=m.login)) for m in plan.staff}
    settings = settings_of(plan)
    form = (args.plan.parent / plan.questionnaire).resolve()
    created = create_study(
        args.folder, settings, form, members_of(plan, passwords), now=_clock, draw=random.SystemRandom()
    )
    sheets = write_sheets(created, settings, args.sheets or args.folder.parent / f"{args.folder.name}-papers")
    print(tr("The study stands in {folder}.", folder=created.folder))
    print(tr("Its seal lies in {path}. Keep it out of backups.", path=created.seal_path))
    print(tr("The office seals its list to: {recipient}", recipient=created.recipient))
    for sheet in sheets:
        print(tr("To print: {path}", path=sheet))
    return 0


def seal(args: argparse.Namespace) -> int:
    """Seal a table for an institute, as an office does."""
    from cati.fieldwork.hand_over import seal_list

    passphrase = None if args.to else _ask_password(tr("Passphrase for the list"))
    target = args.output or args.table.with_name(args.table.name + ".age")
    slip = seal_list(args.table, target, recipient=args.to, passphrase=passphrase)
    print(tr("Sealed: {path}", path=target))
    print(tr("Hand-over slip"))
    print("  " + tr("Rows: {n}", n=slip.rows))
    print("  SHA-256: " + slip.sha256)
    return 0


def import_list(args: argparse.Namespace) -> int:
    """Bring a contact list into a study."""
    from cati.fieldwork import sample

    study = _open(args.study, args.login)
    try:
        password = _ask_password(tr("Password of the list")) if args.list_password else None
        received = sample.receive(study, args.list, password)
        if received.warning and not args.accept_plain:
            raise Problem(received.name, received.warning, tr("Say --accept-plain if it must be so."))
        mapping = sample.propose(study, received)
        for column in mapping.columns:
            print(f"  {column.header} → {column.field.value}  ({column.why})")
        bar = Bar(tr("Bringing in the list"))
        try:
            report = sample.bring_in(study, received, mapping, rows_on_slip=args.rows, progress=bar)
        finally:
            bar.close()
        print(trn("1 contact accepted.", "{n} contacts accepted.", report.accepted))
        print(trn("1 row refused.", "{n} rows refused.", len(report.refused)))
        for refused in report.refused[: args.show]:
            print(
                "  " + tr("Row {row}: {reason} {remedy}", row=refused.row, reason=refused.reason, remedy=refused.remedy)
            )
        if args.refused_to and report.refused:
            passphrase = _ask_password(tr("Passphrase for the refused rows"))
            args.refused_to.write_bytes(sample.refused_list(study, received, report, passphrase=passphrase))
            print(tr("Refused rows, sealed for the office: {path}", path=args.refused_to))
    finally:
        study.close()
    return 0


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
    bar = Bar(tr("Exporting"))
    try:
        formats = {exporting.ExportFormat(name) for name in args.format}
        done = exporting.export(study, args.to, formats, progress=bar)
    finally:
        bar.close()
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

    if args.dry_run:
        study = _open(args.study, args.first)
        try:
            plan = purging.dry_run(study)
        finally:
            study.close()
        for line in (*plan.lines, *plan.hindrances):
            print(line)
        return PROBLEM if plan.hindrances else 0
    if not args.second:
        raise Problem("purge", tr("A purge needs two people."), tr("Name the second with --second."))
    first = (args.first, _ask_password(tr("Password of {login}", login=args.first)))
    second = (args.second, _ask_password(tr("Password of {login}", login=args.second)))
    bar = Bar(tr("Erasing"))
    try:
        record = purging.purge(args.study, first, second, now=_clock, draw=random.SystemRandom(), progress=bar)
    finally:
        bar.close()
    for path in record.paths:
        print(path)
    print(tr("Erased completely.") if record.complete else tr("Erased, but not completely; the record says why."))
    return 0 if record.complete else PROBLEM


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cati",
        description=tr("Telephone interviews with people who agreed to be asked. Without an act: the window."),
    )
    parser.add_argument("--version", action="version", version=f"cati {__version__}")
    parser.add_argument("--language", choices=LANGUAGES, help=tr("language of the program's words"))
    acts = parser.add_subparsers(title=tr("acts"), dest="act", metavar=tr("ACT"), required=True)

    def act(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        return sub

    sub = act("demo", demo, tr("the whole main job on invented people"))
    sub.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo"), help=tr("where its files go (default: demo)")
    )
    sub.add_argument(
        "--no-window", action="store_true", help=tr("do not open the window, even when there is a display")
    )

    sub = act("check", check, tr("say what is wrong with a questionnaire"))
    sub.add_argument("form", type=Path, metavar="FORM")
    sub.add_argument("--json", action="store_true", help=tr("as JSON, for scripts"))

    sub = act("new-study", new_study, tr("create a study from a plan"))
    sub.add_argument("folder", nargs="?", type=Path, metavar=tr("FOLDER"))
    sub.add_argument("--plan", type=Path, metavar="PLAN.toml")
    sub.add_argument("--sheets", type=Path, help=tr("where the papers to print go"))
    sub.add_argument("--example", action="store_true", help=tr("print an example of a plan"))

    sub = act("seal", seal, tr("seal a contact list, as an office does"))
    sub.add_argument("table", type=Path, metavar=tr("TABLE"))
    sub.add_argument("--to", metavar="age1…", help=tr("the study's recipient line; without it a passphrase is asked"))
    sub.add_argument("-o", "--output", type=Path)

    sub = act("import", import_list, tr("bring a contact list into a study"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("list", type=Path, metavar=tr("LIST"))
    sub.add_argument("--login", required=True)
    sub.add_argument("--rows", type=int, required=True, help=tr("number of rows on the hand-over slip"))
    sub.add_argument("--list-password", action="store_true", help=tr("the list has a password or passphrase"))
    sub.add_argument("--accept-plain", action="store_true", help=tr("take a list that is not sealed"))
    sub.add_argument("--show", type=int, default=20, help=tr("how many refused rows to print"))
    sub.add_argument("--refused-to", type=Path, help=tr("write the refused rows here, sealed with a passphrase"))

    sub = act("end-field", end_field, tr("end the field period for good, before the erasure"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)

    sub = act("export", export, tr("write the anonymous answers and their codebook"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)
    sub.add_argument("--to", type=Path, required=True, metavar=tr("FOLDER"))
    sub.add_argument("--format", nargs="+", choices=("csv", "xlsx", "sav", "parquet"), default=["csv", "sav"])

    sub = act("purge", purge, tr("erase the contacts for good, with proof"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--first", required=True, metavar="LOGIN")
    sub.add_argument("--second", metavar="LOGIN")
    sub.add_argument("--dry-run", action="store_true", help=tr("only show what will go"))

    sub = act("verify-erasure", verify_erasure, tr("check a signed erasure record"))
    sub.add_argument("record", type=Path, metavar=tr("RECORD"))
    sub.add_argument("--key", help=tr("the public key printed when the study was made"))
    return parser


def _language_of(argv: Sequence[str]) -> str:
    """Return the language asked for, or that of the terminal; needed before the parser says its first word."""
    for at, word in enumerate(argv):
        if word == "--language" and at + 1 < len(argv) and argv[at + 1] in LANGUAGES:
            return argv[at + 1]
        if word.startswith("--language=") and word.removeprefix("--language=") in LANGUAGES:
            return word.removeprefix("--language=")
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "de" if spoken.lower().startswith("de") else "en"


def main(argv: Sequence[str]) -> int:
    """Run one act and return the exit status: 0 done, 1 a Problem, 130 cancelled."""
    set_language(_language_of(argv))
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return PROBLEM
    except (Cancelled, KeyboardInterrupt):
        print(tr("Cancelled; nothing was changed."), file=sys.stderr)
        return CANCELLED
    except Exception as error:  # noqa: BLE001 - a bug of any kind must not print a traceback with a person's data
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
        logging.getLogger("cati").error("bug: %s at %s", type(error).__name__, where)  # noqa: TRY400 - type and place only
        print(
            tr(
                "This should not have happened ({kind} at {where}). Please report it.",
                kind=type(error).__name__,
                where=where,
            ),
            file=sys.stderr,
        )
        return PROBLEM
