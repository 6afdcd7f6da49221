"""`cati ACT …`: the acts that also run without a window, read from the command line."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cati import __version__
from cati.bugs import note_bug
from cati.cli import acts as done
from cati.cli import backups, forms, servers, trustees
from cati.cli.acts import PROBLEM
from cati.cli.terminal import Parser
from cati.errors import Cancelled, Problem
from cati.text import LANGUAGES, set_language, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main", "say_no_window"]

CANCELLED = 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="cati",
        description=tr(
            "Telephone interviews with people who agreed to be asked. Without an act, or with a link file: the window."
        ),
    )
    parser.add_argument("--version", action="version", version=f"cati {__version__}", help=tr("show the version"))
    parser.add_argument("--language", choices=LANGUAGES, help=tr("language of the program’s words"))
    acts = parser.add_subparsers(title=tr("acts"), dest="act", metavar=tr("ACT"), required=True)

    def act(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        return sub

    sub = act("demo", done.demo, tr("the whole main job on invented people"))
    sub.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo"), help=tr("where its files go (default: demo)")
    )
    sub.add_argument(
        "--no-window", action="store_true", help=tr("do not open the window, even when there is a display")
    )

    sub = act("check", forms.check, tr("say what is wrong with a questionnaire"))
    sub.add_argument("form", type=Path, metavar="FORM")
    sub.add_argument("--json", action="store_true", help=tr("as JSON, for scripts"))
    sub.add_argument("--strict", action="store_true", help=tr("fail on warnings, too"))

    sub = act("convert", forms.convert, tr("write a questionnaire as a workbook, as YAML or as an XForm"))
    sub.add_argument("form", type=Path, metavar="FORM")
    sub.add_argument(
        "target", type=Path, metavar=tr("TARGET"), help=tr("its ending says the format: .xlsx, .yaml or .xml")
    )
    sub.add_argument("--overwrite", action="store_true", help=tr("take the place of a file that is there"))

    sub = act("new-study", done.new_study, tr("create a study from a plan"))
    sub.add_argument("folder", nargs="?", type=Path, metavar=tr("FOLDER"))
    sub.add_argument("--plan", type=Path, metavar="PLAN.toml")
    sub.add_argument("--sheets", type=Path, help=tr("where the papers to print go"))
    sub.add_argument("--example", action="store_true", help=tr("print an example of a plan"))

    sub = act("seal", done.seal, tr("seal a contact list, as an office does"))
    sub.add_argument("table", type=Path, metavar=tr("TABLE"))
    sub.add_argument("--to", metavar="age1…", help=tr("the study’s recipient line; without it a passphrase is asked"))
    sub.add_argument("-o", "--output", type=Path)

    sub = act("import", done.import_list, tr("bring a contact list into a study"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("list", type=Path, metavar=tr("LIST"))
    sub.add_argument("--login", required=True)
    sub.add_argument("--rows", type=int, required=True, help=tr("number of rows on the hand-over slip"))
    sub.add_argument("--list-password", action="store_true", help=tr("ask for the list’s password first"))
    sub.add_argument("--sha256", default="", help=tr("SHA-256 on the hand-over slip, to be compared"))
    sub.add_argument("--sheet", help=tr("the sheet of the workbook that holds the list"))
    sub.add_argument("--header-row", type=int, metavar="N", help=tr("the row that holds the headings"))
    sub.add_argument(
        "--map", action="append", default=[], metavar=tr("HEADING=FIELD"), help=tr("say what a column means")
    )
    sub.add_argument(
        "--constant", action="append", default=[], metavar=tr("FIELD=VALUE"), help=tr("say what holds for every row")
    )
    sub.add_argument("--accept-plain", action="store_true", help=tr("take a list that is not sealed"))
    sub.add_argument("--show", type=int, default=20, help=tr("how many refused rows to print"))
    sub.add_argument("--refused-to", type=Path, help=tr("write the refused rows here, sealed with a passphrase"))

    sub = act("end-field", done.end_field, tr("end the field period for good, before the erasure"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)

    _add_servers(act)
    _add_trustees(act)
    _add_backups(act)
    _add_endings(act)
    return parser


def _add_servers(act: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Add the acts for a study on a server."""
    sub = act("init-server", servers.init_server, tr("bring a study to a PostgreSQL server, or look after it there"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"), help=tr("its folder; its link file when it is there"))
    _add_administrator(sub)
    _add_place(sub)
    sub.add_argument("--login", help=tr("the research lead who moves it"))
    sub.add_argument("--link", type=Path, metavar="STUDY.cati-study", help=tr("where the link file goes"))
    sub.add_argument(
        "--renew", action="append", default=[], metavar="LOGIN", help=tr("make a new start password for this login")
    )
    sub.add_argument(
        "--back-up-to", type=Path, metavar=tr("FOLDER"), help=tr("make a backup before tables are changed")
    )
    sub.add_argument("--backup-is-made", action="store_true", help=tr("change the tables: there is a backup"))

    sub = act("join", servers.join, tr("sign in to a study on a server for the first time, on this workstation"))
    sub.add_argument("study", type=Path, metavar="STUDY.cati-study")
    sub.add_argument("--login", required=True)
    sub.add_argument(
        "--seal", type=Path, metavar="FILE",
        help=tr("the study’s seal: its file, as another workstation has it (or type the paper copy in the window)"),
    )  # fmt: skip

    sub = act("move-study", servers.move_study, tr("take a study from its server into a folder"))
    sub.add_argument("study", type=Path, metavar="STUDY.cati-study")
    sub.add_argument("folder", type=Path, metavar=tr("FOLDER"))
    _add_administrator(sub)
    sub.add_argument("--login", required=True)
    sub.add_argument(
        "--drop", action="store_true", help=tr("then take its database and its roles away from the server")
    )

    sub = act(
        "server-certificate", backups.server_certificate, tr("make a certificate for the server, and who signs it")
    )
    sub.add_argument("name", nargs="+", metavar="NAME", help=tr("the server’s name as workstations write it"))
    sub.add_argument("--to", type=Path, required=True, metavar=tr("FOLDER"))


def _add_administrator(sub: argparse.ArgumentParser, *, required: bool = True) -> None:
    sub.add_argument(
        "--administrator", required=required, metavar="URL",
        help=tr("the administrator’s connection: postgresql://NAME@HOST/postgres"),
    )  # fmt: skip
    sub.add_argument("--administrator-password", action="store_true", help=tr("ask for its password first"))


def _add_place(sub: argparse.ArgumentParser) -> None:
    """Add what says where on which server a study is to lie."""
    sub.add_argument(
        "--host", action="append", default=[], metavar="NAME[:PORT]",
        help=tr("the server’s name as in its certificate; again for each stand-in"),
    )  # fmt: skip
    sub.add_argument("--authority", type=Path, metavar="CA.pem", help=tr("who signed the server’s certificate"))
    sub.add_argument("--database", default="", metavar="NAME", help=tr("another name for the database"))
    sub.add_argument("--sheet", type=Path, help=tr("where the sheet with start passwords goes"))


def _add_backups(act: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Add the acts that keep a study from being lost."""
    sub = act("back-up", backups.back_up, tr("write a backup of a study’s database, and delete those that have ended"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"), help=tr("its folder, or its link file"))
    sub.add_argument("--to", type=Path, required=True, metavar=tr("FOLDER"), help=tr("a folder for backups alone"))
    sub.add_argument("--keep", type=int, default=14, metavar=tr("DAYS"), help=tr("until it ends (default: 14)"))
    _add_administrator(sub, required=False)

    sub = act("restore", backups.restore, tr("bring a study back from a backup"))
    sub.add_argument("backup", type=Path, metavar="BACKUP")
    sub.add_argument("study", type=Path, metavar=tr("STUDY"), help=tr("a new folder, or STUDY.cati-study for a server"))
    _add_administrator(sub, required=False)
    _add_place(sub)

    sub = act("update-study", backups.update_study, tr("bring an older study to this program’s version, after a copy"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))


def _add_trustees(act: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Add the acts about those who let a research lead in when no other can."""
    sub = act("trustees", trustees.name, tr("name three trustees, two of whom can let a research lead in again"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)
    sub.add_argument(
        "--name", action="append", default=[], help=tr("a trustee; give it three times (none: say who they are)")
    )

    def pair(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--trustee",
            action="append",
            default=[],
            required=True,
            metavar="NAME",
            help=tr("one of the two; give it twice"),
        )

    sub = act("drill", trustees.drill, tr("let two trustees show that they can do it; changes nothing"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)
    pair(sub)

    sub = act("recover", trustees.recover, tr("let two trustees make a research lead able to sign in"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    pair(sub)
    sub.add_argument("--login", required=True, help=tr("of the research lead: a new login, or one that is there"))
    sub.add_argument("--name", required=True, help=tr("the research lead’s name"))
    sub.add_argument(
        "--administrator", metavar="URL", help=tr("the administrator’s connection: postgresql://NAME@HOST/postgres")
    )
    sub.add_argument("--administrator-password", action="store_true", help=tr("ask for its password first"))


def _add_endings(act: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Add the acts that come after the calls."""
    sub = act("export", done.export, tr("write the anonymous answers and their codebook"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)
    sub.add_argument("--to", type=Path, required=True, metavar=tr("FOLDER"))
    sub.add_argument("--format", nargs="+", choices=("csv", "xlsx", "sav", "parquet"), default=["csv", "sav"])

    sub = act("purge", done.purge, tr("erase the contacts for good, with proof"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--first", required=True, metavar="LOGIN")
    sub.add_argument("--second", metavar="LOGIN")
    sub.add_argument("--dry-run", action="store_true", help=tr("only show what will go"))
    sub.add_argument(
        "--unreached", default="", metavar=tr("REASON"),
        help=tr("why workstations that still have the seal cannot be reached; the record is not complete then"),
    )  # fmt: skip

    sub = act("finish-purge", servers.finish, tr("do the administrator’s part of an erasure, on the server itself"))
    sub.add_argument("study", type=Path, metavar="STUDY.cati-study")
    _add_administrator(sub)

    sub = act("verify-log", done.verify_log, tr("check that nobody changed, cut or rewrote the log"))
    sub.add_argument("study", type=Path, metavar=tr("STUDY"))
    sub.add_argument("--login", required=True)
    sub.add_argument(
        "--checkpoints", action="append", type=Path, default=[], metavar=tr("FILE"),
        help=tr("checkpoints from another workstation (may be given several times)"),
    )  # fmt: skip
    sub.add_argument(
        "--expect", action="append", default=[], metavar=tr("WORD"),
        help=tr("the word of a checkpoint that was printed; it must be among those compared"),
    )  # fmt: skip

    sub = act("verify-erasure", done.verify_erasure, tr("check a signed erasure record"))
    sub.add_argument("record", type=Path, metavar=tr("RECORD"))
    sub.add_argument("--key", help=tr("the public key printed when the study was made"))


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
    """Run one act and return the exit status: 0 done, 1 a Problem, 2 not understood, 130 cancelled."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow that a terminal cannot draw must not end the act
    set_language(_language_of(argv))
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except BrokenPipeError:  # whoever read us has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEM
    except BaseException as error:  # noqa: BLE001 - a bug of any kind must not print a traceback with a person's data
        return _say_end(error)


def say_no_window(error: ImportError) -> int:
    """Say which library of the system the window lacks; raises ``error`` when it is anything else."""
    library = str(error).partition(":")[0]
    if ".so" not in library:
        raise error
    set_language(_language_of(()))
    said = Problem(
        tr("Window"),
        tr("This system lacks a library that it needs: {library}.", library=library),
        tr("The README names what to install: part “A call centre”, on every workstation."),
    )
    print(said, file=sys.stderr)
    return PROBLEM


def _say_end(error: BaseException) -> int:
    """Say why an act ended before its end; return the exit status."""
    if isinstance(error, SystemExit):
        raise error
    said, status = "", PROBLEM
    if isinstance(error, Problem):
        said = str(error)
    elif isinstance(error, Cancelled):
        said, status = tr("Cancelled; nothing was changed."), CANCELLED
    elif isinstance(error, KeyboardInterrupt):
        said, status = tr("Interrupted."), CANCELLED
    elif isinstance(error, OSError) and error.filename:
        why = tr("It cannot be read or written: {why}.", why=error.strerror or type(error).__name__)
        said = str(Problem(str(error.filename), why))
    else:
        kind, where = type(error).__name__, note_bug(error)
        said = tr("This should not have happened ({kind} at {where}). Please report it.", kind=kind, where=where)
    print(said, file=sys.stderr)
    return status
