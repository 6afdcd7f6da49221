"""What the acts for a study on a server do on a terminal."""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cati.cli.terminal import Bar, ask_password
from cati.errors import Problem
from cati.text import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from cati.fieldwork.server_setup import ServerPlan

_PORT = 5432


def _clock() -> datetime:
    return datetime.now(UTC)


def init_server(args: argparse.Namespace) -> int:
    """Bring a study to a server, or make there what is missing; what was done is printed as it is done."""
    from cati.fieldwork.before_sign_in import is_on_server, seal_place
    from cati.fieldwork.server_setup import Clockwork, look_after_server, move_to_server

    study: Path = args.study
    sheet = sheet_of(args, study)
    plan = plan_of(args)
    if is_on_server(study):
        look_after_server(study, plan, args.renew, sheet, print, _backup_first(args, plan))
        return 0
    if not args.login or not args.host or args.authority is None:
        raise Problem(
            "init-server",
            tr("To move a study, a research lead, the server’s name and its authority are needed."),
            tr("Give --login, --host and --authority."),
        )
    password = ask_password(tr("Password of {login}", login=args.login))
    link = args.link or study.parent / f"{study.name}.cati-study"
    with Bar(tr("Moving")) as bar:
        with_ = Clockwork(now=_clock, draw=random.SystemRandom(), progress=bar)
        move_to_server(study, plan, (args.login, password), link, sheet, bar.tell, with_)
    print(tr("The seal stays where it is. Bring it to every workstation on paper or on a stick, never with the link."))
    print(tr("Its file: {path}", path=seal_place(link)))
    return 0


def _backup_first(args: argparse.Namespace, plan: ServerPlan) -> Callable[[], Path | None] | None:
    """Return what is done before tables are changed; None when nobody said a word about a backup."""
    from cati.fieldwork.backing_up import back_up_server

    def make() -> Path:
        made = back_up_server(
            args.study, (plan.administrator, plan.password), args.back_up_to, now=_clock, draw=random.SystemRandom()
        )
        print(tr("Backup: {path}", path=made))
        return made

    if args.backup_is_made:
        return lambda: None
    return make if args.back_up_to is not None else None


def join(args: argparse.Namespace) -> int:
    """Install the seal if it is given, and exchange the start password for the member's own."""
    from cati.fieldwork.before_sign_in import bring_seal, seal_is_here
    from cati.fieldwork.study import change_password, open_study, sign_out
    from cati.fieldwork.study_state import StudyState, state_of
    from cati.ui import preferences
    from cati.vault.server_password import typed_start_password

    if args.seal is not None and not seal_is_here(args.study):
        print(tr("Its seal lies in {path}. Keep it out of backups.", path=bring_seal(args.study, args.seal)))
    elif state_of(args.study) is StudyState.SEAL_MISSING:
        raise Problem(
            tr("Seal"),
            tr("The seal of this study is not on this workstation."),
            tr(
                "Give its file with --seal, as another workstation has it, or type its paper copy in the window: "
                "cati {study}",
                study=args.study,
            ),
        )
    start = ask_password(tr("Start password from the sheet"))
    password = ask_password(tr("Own password of {login}", login=args.login))
    print(tr("Signing in … this takes a moment on purpose: it keeps guessers out."))
    study = open_study(args.study, args.login, password, now=_clock, draw=random.SystemRandom(), start_password=start)
    try:
        if (
            study.me.start_password
        ):  # a research lead's: nobody else knows this person's keys, and so it opens those, too
            change_password(study, typed_start_password(start), password)
    finally:
        sign_out(study)
    name = study.settings.name
    preferences.keep(preferences.with_recent(preferences.load(), args.study.absolute(), name))
    print(tr("Done: from now on your own password opens the study here. Destroy the strip."))
    return 0


def move_study(args: argparse.Namespace) -> int:
    """Take a study from its server into a folder; with ``drop``, also what it leaves there."""
    from cati.fieldwork.server_removal import drop_from_server, is_in_folder
    from cati.fieldwork.server_setup import Clockwork, move_to_folder

    plan = plan_of(args)
    if args.drop and is_in_folder(args.study, args.folder):
        print(tr("The study stands in {folder}.", folder=args.folder))
    else:
        password = ask_password(tr("Password of {login}", login=args.login))
        with Bar(tr("Moving")) as bar:
            with_ = Clockwork(now=_clock, draw=random.SystemRandom(), progress=bar)
            move_to_folder(args.study, args.folder, plan, (args.login, password), bar.tell, with_)
    if args.drop:
        drop_from_server(args.study, args.folder, plan, print)
    else:
        print(tr("Give the same command with --drop to take database and roles away, too."))
    return 0


def finish(args: argparse.Namespace) -> int:
    """Do the administrator's part of an erasure; status 1 when something was found or could not be searched."""
    from cati.fieldwork.finishing import finish_purge

    done = finish_purge(args.study, plan_of(args), print, _clock)
    return 0 if done.searched and not done.found else 1


def sheet_of(args: argparse.Namespace, study: Path) -> Path:
    """Return where the sheet with start passwords goes; a Problem while an earlier one lies there."""
    sheet: Path = args.sheet or study.parent / f"{study.stem}-start-passwords.html"
    if sheet.exists():
        raise Problem(
            str(sheet), tr("Start passwords were written here before."), tr("Hand them out and delete it, first.")
        )
    return sheet


def plan_of(args: argparse.Namespace) -> ServerPlan:
    """Return the plan that the words of a command make; asks for the administrator's password if it is to."""
    from cati.fieldwork.server_certificates import administrators_url, authority_of
    from cati.fieldwork.server_setup import ServerPlan

    hosts = [_host(word) for word in getattr(args, "host", ())]
    authority = getattr(args, "authority", None)
    url = administrators_url(args.administrator, args.study, authority)
    password = ask_password(tr("Password of the administrator")) if args.administrator_password else ""
    return ServerPlan(
        administrator=url,
        password=password,
        hosts=tuple(name for name, _port in hosts),
        ports=tuple(port for _name, port in hosts),
        authority=authority_of(authority) if authority is not None else "",
        database=getattr(args, "database", ""),
    )


def _host(word: str) -> tuple[str, int]:
    """Return (name, port) of "name" or "name:port"."""
    name, colon, port = word.rpartition(":")
    if not colon:
        return word, _PORT
    if not port.isdigit():
        raise Problem(word, tr("This is no name of a server."), tr("Write NAME or NAME:PORT."))
    return name, int(port)
