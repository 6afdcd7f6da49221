"""What the acts about trustees do on a terminal."""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cati.cli.terminal import Bar, ask_new_password, ask_password
from cati.errors import Problem
from cati.text import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.trustees import Trustee, Two


def _clock() -> datetime:
    return datetime.now(UTC)


def _open(args: argparse.Namespace) -> OpenStudy:
    from cati.fieldwork.study import open_study

    password = ask_password(tr("Password of {login}", login=args.login))
    return open_study(args.study, args.login, password, now=_clock, draw=random.SystemRandom())


def name(args: argparse.Namespace) -> int:
    """Name three trustees, each typing a password of their own; with none named on the line, say who they are."""
    from cati.fieldwork import trustees

    study = _open(args)
    try:
        if not args.name:
            _say(trustees.trustees(study))
            return 0
        new = [
            trustees.NewTrustee(one, ask_new_password(tr("New password of {login}", login=one))) for one in args.name
        ]
        with Bar(tr("Making keys")) as bar:
            named = trustees.name_trustees(study, new, progress=bar)
    finally:
        study.close()
    _say(named)
    print(
        tr("Try it out now: cati drill. Each of them keeps the password to themselves, on paper in a place of theirs.")
    )
    return 0


def _say(named: Sequence[Trustee]) -> None:
    if not named:
        print(tr("No trustees were named."))
    for one in named:
        tried = one.drilled_at.astimezone().strftime("%Y-%m-%d %H:%M") if one.drilled_at is not None else tr("never")
        print(tr("{name}, tried out: {when}", name=one.name, when=tried))


def drill(args: argparse.Namespace) -> int:
    """Let two trustees show that they can let a lead in."""
    from cati.fieldwork import trustees

    study = _open(args)
    try:
        _say(trustees.drill(study, _two(trustees.trustees(study), args.trustee)))
    finally:
        study.close()
    print(tr("Both passwords open everything that a research lead needs. Nothing was changed."))
    return 0


def recover(args: argparse.Namespace) -> int:
    """Let two trustees make a research lead able to sign in when no other can."""
    from cati.fieldwork import trustees
    from cati.fieldwork.open_study import Role
    from cati.fieldwork.staffing import NewMember

    password = ask_password(tr("Password of the administrator")) if args.administrator_password else ""
    door = trustees.Door(
        place=args.study,
        now=_clock,
        draw=random.SystemRandom(),
        administrator=args.administrator or "",
        administrator_password=password,
    )
    two = _two(trustees.trustees_of(door), args.trustee)
    new = NewMember(
        login=args.login,
        name=args.name,
        role=Role.RESEARCH_LEAD,
        password=ask_new_password(tr("New password of {login}", login=args.login)),
    )
    member = trustees.let_lead_in(door, two, new)
    print(tr("{name} can sign in now.", name=member.name))
    print(tr("Name three trustees anew: whoever watched these two type could come in by it."))
    return 0


def _two(named: Sequence[Trustee], wanted: Sequence[str]) -> Two:
    """Return the two trustees named on the line with the passwords they type."""
    from cati.fieldwork.trustees import TrusteeWord

    ids = {one.name.casefold(): one.id for one in named}
    unknown = [one for one in wanted if one.strip().casefold() not in ids]
    if unknown or len(wanted) != 2:  # noqa: PLR2004 - a pair
        known = ", ".join(one.name for one in named) or tr("No trustees were named.")
        raise Problem(tr("Trustees"), tr("Name two of them with --trustee."), known)
    first, second = (
        TrusteeWord(ids[one.strip().casefold()], ask_password(tr("Password of {login}", login=one))) for one in wanted
    )
    return first, second
