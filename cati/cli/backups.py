"""What the acts for backups, older studies and certificates do on a terminal."""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime
from pathlib import Path

from cati.cli.servers import plan_of, sheet_of
from cati.cli.terminal import Bar, ask_password
from cati.errors import Problem
from cati.text import show_moment, tr


def _clock() -> datetime:
    return datetime.now(UTC)


def back_up(args: argparse.Namespace) -> int:
    """Write a backup of a study in a folder or on a server, and delete those that have ended."""
    from cati.fieldwork.backing_up import back_up_folder, back_up_server, read_note
    from cati.fieldwork.before_sign_in import is_on_server
    from cati.fieldwork.server_certificates import administrators_url

    chance = random.SystemRandom()
    if is_on_server(args.study):
        if not args.administrator:
            raise Problem(
                "back-up",
                tr("A study on a server is backed up through an administrator’s connection."),
                tr("Give --administrator."),
            )
        password = ask_password(tr("Password of the administrator")) if args.administrator_password else ""
        administrator = (administrators_url(args.administrator, args.study, None), password)
        path = back_up_server(args.study, administrator, args.to, now=_clock, draw=chance, keep=args.keep)
    else:
        with Bar(tr("Copying")) as bar:
            path = back_up_folder(args.study, args.to, now=_clock, draw=chance, keep=args.keep, progress=bar)
    ends = show_moment(read_note(path).ends, "d MMMM yyyy")
    print(tr("Backup: {path}, until {day}", path=path, day=ends))
    print(tr("It opens with the seal alone, which must never lie beside it."))
    return 0


def restore(args: argparse.Namespace) -> int:
    """Bring a study back from a backup, into a new folder or onto a server."""
    from cati.fieldwork.before_sign_in import is_on_server
    from cati.fieldwork.restoring import restore_folder, restore_server

    place: Path = args.study
    if not is_on_server(place):
        restore_folder(args.backup, place, print)
        return 0
    if not args.administrator:
        raise Problem(
            "restore",
            tr("A study comes back onto a server through an administrator’s connection."),
            tr("Give --administrator."),
        )
    restore_server(args.backup, place, plan_of(args), sheet_of(args, place), print)
    return 0


def update_study(args: argparse.Namespace) -> int:
    """Bring a study in a folder to this program's version, after a copy of its database."""
    from cati.fieldwork.before_sign_in import is_on_server
    from cati.fieldwork.updating import COPY_DAYS, update_study

    if is_on_server(args.study):
        raise Problem(
            args.study.name, tr("This study lies on a server."), tr("Its administrator does it with: cati init-server")
        )
    with Bar(tr("Bringing it up to date")) as bar:
        copy = update_study(args.study, now=_clock, draw=random.SystemRandom(), progress=bar)
    if copy is None:
        print(tr("Nothing to do: the study is of this program’s version."))
    else:
        print(tr("Done. Its database as it was before, deleted after {n} days: {path}", n=COPY_DAYS, path=copy))
    return 0


def server_certificate(args: argparse.Namespace) -> int:
    """Make the certificate of a server, and an authority that signs it."""
    from cati.fieldwork.server_certificates import make_certificates

    make_certificates(args.name, args.to, _clock(), print)
    return 0
