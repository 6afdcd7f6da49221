"""The administrator's part of an erasure on a server: what no member may do there, and a search of its disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from cati.errors import Problem
from cati.fieldwork.backing_up import end_all
from cati.fieldwork.log import seconds
from cati.fieldwork.purging import stamp
from cati.fieldwork.residue import CONTACT_MARKS, Needles, search
from cati.fieldwork.server_members import Tell
from cati.fieldwork.server_setup import ServerPlan
from cati.store import backups, erasure, finishing, studies
from cati.store.administration import AsOwner
from cati.store.link_file import read_link
from cati.store.roles import Roles
from cati.text import tr, trn


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What was done and found on the server, as the record says it.

    ``searched``: its files could be read here. ``found``: in them, ``log_found``: sealed pieces in its log of changes.
    ``sample``: so many sealed pieces were looked for, besides what every contact holds in clear.
    """

    at: str
    log_turned: bool
    searched: bool
    files: int
    found: int
    log_found: int
    sample: int
    archive: bool
    stand_ins: int


def finish_purge(place: Path, plan: ServerPlan, tell: Tell, now: Callable[[], datetime]) -> Finished:
    """Do the administrator's part of the erasure of the study that ``place`` links to; may be repeated.

    Best on the server's own computer, as a superuser: only there its files can be searched. Raises a Problem while the
    two people have not erased the contacts.
    """
    link = read_link(place)
    roles = Roles(link.study)
    url, password = plan.administrator, plan.password
    database = AsOwner(url, password, link.database, roles.owner)
    try:
        with database.reading() as transaction:
            study = studies.the_study(transaction)
            steps = erasure.steps(transaction)
        if study is None or study.id != link.study or study.erased_at is None:
            raise Problem(
                place.name,
                tr("The contacts of this study are not erased yet."),
                tr("Two people do that at a workstation, with: cati purge"),
            )
        verified = msgspec.json.decode(steps["verified"])
        tails = [bytes.fromhex(tail) for tail in verified.get("tails", [])]
        for line in _end_backups(database, now()):
            tell(line)
        before = _done_before(steps)
        if before is not None:
            tell(tr("The administrator’s part was done on {when}.", when=before.at))
            return before
        finishing.begin_anew(database, roles)
        tell(tr("done: emptied tables made again, everything that stays written anew"))
        turned = finishing.turn_log(url, password)
        tell(_about_log(turned=turned))
        done = _searched(plan, link.database, tails, turned=turned, at=stamp(now()))
        if done.found or done.log_found:  # what a transaction could see that was open meanwhile is not thrown away
            database.vacuum()
            finishing.turn_log(url, password)
            done = _searched(plan, link.database, tails, turned=turned, at=stamp(now()))
        tell(_about_search(done))
        finishing.keep_finished(
            database, msgspec.json.encode(asdict(done)), msgspec.json.encode(verified), seconds(now())
        )
    finally:
        database.close()
    tell(
        tr(
            "A research lead makes the record anew now, at a workstation: cati purge {name} --first LOGIN",
            name=place.name,
        )
    )
    return done


def _done_before(steps: dict[str, bytes]) -> Finished | None:
    """Return what an earlier try did, if there is nothing left to look for."""
    if "finished" not in steps:
        return None
    before = msgspec.json.decode(steps["finished"], type=Finished)
    return before if before.searched and not before.found else None


def _end_backups(database: AsOwner, at: datetime) -> Iterator[str]:
    """Delete the backups on this computer; yield a line about each that is listed."""
    with database.reading() as transaction:
        rows = backups.listed(transaction)
    left = end_all(rows)
    gone = [row.id for row, backup in zip(rows, left, strict=True) if backup.state == "deleted"]
    with database.transaction() as transaction:
        backups.mark_gone(transaction, gone, seconds(at))
    for backup in left:
        yield (
            tr("backup of {made}: deleted", made=backup.made)
            if backup.state == "deleted"
            else tr("backup of {made} on {station} ({path}): it ends on {ends}", **asdict(backup))
        )


def _searched(plan: ServerPlan, database: str, tails: list[bytes], *, turned: bool, at: str) -> Finished:
    url, password = plan.administrator, plan.password
    known = finishing.facts(url, password)
    here = finishing.files_here(url, password, database)
    in_clear = Needles(frozenset(), CONTACT_MARKS)
    files = found = log_found = 0
    if here is not None:
        looked = search(here.folders, Needles(frozenset(), (*CONTACT_MARKS, *tails)))
        in_log = search((here.log,), in_clear)
        files, found = looked.files + in_log.files, looked.found + in_log.found
        log_found = search((here.log,), Needles(frozenset(), tuple(tails))).found if tails else 0
    return Finished(
        at=at, log_turned=turned, searched=here is not None, files=files, found=found, log_found=log_found,
        sample=len(tails), archive=known.archive, stand_ins=known.stand_ins,
    )  # fmt: skip


def _about_log(*, turned: bool) -> str:
    if turned:
        return tr("done: old files of the log of changes taken away")
    return tr("left: old files of the log of changes; only a superuser may take them away")


def _about_search(done: Finished) -> str:
    if not done.searched:
        return tr("left: the server’s files cannot be read here; give this command on its own computer, as its user")
    return trn(
        "done: 1 file searched, {found} traces found, {log_found} sealed pieces in the log of changes",
        "done: {n} files searched, {found} traces found, {log_found} sealed pieces in the log of changes",
        done.files, found=done.found, log_found=done.log_found,
    )  # fmt: skip
