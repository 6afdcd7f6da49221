"""A study comes back from a backup: into a folder, or onto a server with roles for everybody."""

from __future__ import annotations

import shutil
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.backing_up import Backup, read_backup
from cati.fieldwork.kept_rules import keep_rules
from cati.fieldwork.server_members import Tell, give_roles, sheet_that_holds, tell_starts
from cati.fieldwork.server_setup import ServerPlan, lay_tables, prepare_place
from cati.settings import settings_from_json
from cati.store import administration, dumping, studies
from cati.store.administration import AsOwner
from cati.store.embedded import FILE_NAME, Embedded
from cati.store.link_file import StudyLink, read_link, refuse_unfit, write_link
from cati.store.migrations import refuse_newer, refuse_newer_version
from cati.store.roles import Roles
from cati.text import show_moment, tr, trn


def restore_folder(path: Path, folder: Path, tell: Tell) -> None:
    """Put the study of a backup into a new or empty ``folder``; raises a Problem when a byte of it was changed."""
    backup = _read(path, "file")
    if folder.exists() and any(folder.iterdir()):
        raise Problem(folder.name, tr("This folder is not empty."), tr("Choose a new folder for the study."))
    database = Embedded(folder, create=True)
    try:
        shutil.copyfile(path, folder / FILE_NAME)
        _refuse_strange(database, backup, path.name)
        database.lay_ballast()
    except BaseException:
        database.remove()
        raise
    database.close()
    tell(tr("The study stands in {folder}.", folder=folder))
    _tell_gap(backup, tell)


def _refuse_strange(database: Embedded, backup: Backup, name: str) -> None:
    refuse_newer(database)
    with database.reading() as transaction:
        row = studies.name_and_settings(transaction)
    if row is None or row[0] != backup.study:
        raise Problem(name, tr("This backup is damaged."), tr("Take an older one."))


def restore_server(path: Path, link_path: Path, plan: ServerPlan, sheet_path: Path, tell: Tell) -> StudyLink:
    """Read a backup into a new database on a server; makes roles, a sheet of start passwords, and the link file.

    ``plan`` without hosts: those of the link file that is there. Members whose role the server still has keep their
    passwords. The seal is not needed. Given again after any interruption, it goes on. Raises a Problem when the
    database there holds anything else.
    """
    backup = _read(path, "server")
    link = _link(backup, link_path, plan)
    roles = Roles(backup.study)
    url, password = plan.administrator, plan.password
    prepare_place(plan, roles, link.database, tell)
    # What an earlier try read in stays, whatever was done to it after that: perhaps somebody came in already.
    if dumping.remark(url, password, link.database) != backup.id:
        if dumping.held(url, password, roles, link.database):
            raise Problem(
                link.database,
                tr("The database on the server is not empty."),
                tr(
                    "Nothing was changed. Give another name with --database, or have this one renamed or dropped first."
                ),
            )
        dumping.load((url, password), roles, link.database, path, backup.tables, backup.id)
        rows = sum(n for n, _sum in backup.tables.values())
        tell(trn("restored: 1 row, read back and compared", "restored: {n} rows, read back and compared", rows))
    else:
        tell(tr("there already: the rows of the backup, from an earlier try"))
    target = AsOwner(url, password, link.database, roles.owner)
    try:
        lay_tables(target, roles, tell)
        with sheet_that_holds(sheet_path), target.transaction() as transaction:
            row = studies.name_and_settings(transaction)
            if row is not None:
                keep_rules(transaction, settings_from_json(row[1]))
            starts = give_roles(transaction, roles, link, link_path.name, (), sheet_path, tell)
    finally:
        target.close()
    tell_starts(starts, sheet_path, tell)
    write_link(link_path, link)
    dumping.finish(url, password, roles, link.database)
    tell(tr("Workstations open the study with this file: {path}", path=link_path))
    _tell_gap(backup, tell)
    return link


def _read(path: Path, kind: str) -> Backup:
    backup = read_backup(path)
    if backup.kind != kind:
        raise Problem(
            path.name,
            tr("This is a backup of a study on a server.")
            if backup.kind == "server"
            else tr("This is a backup of a study in a folder."),
            tr("Restore it there; then it can be moved."),
        )
    refuse_newer_version(path.name, backup.database_version)
    return backup


def _link(backup: Backup, link_path: Path, plan: ServerPlan) -> StudyLink:
    """Return the link as it will be: what the plan says, and what the link file that is there says besides."""
    before = read_link(link_path) if link_path.exists() else None
    if before is not None and before.study != backup.study:
        raise Problem(link_path.name, tr("This file belongs to another study."), tr("Give the study’s own."))
    if before is None and not (plan.hosts and plan.authority):
        raise Problem(
            link_path.name,
            tr("To write a new link file, the server’s name and its authority are needed."),
            tr("Give --host and --authority."),
        )
    link = StudyLink(
        study=backup.study,
        name=backup.name,
        database=plan.database or (before.database if before else Roles(backup.study).prefix),
        hosts=plan.hosts or (before.hosts if before else ()),
        ports=plan.ports or (before.ports if before else ()),
        authority=plan.authority or (before.authority if before else ""),
        cost=before.cost if before else plan.cost,
    )
    refuse_unfit(link, link_path.name)
    administration.refuse_name(link.database)
    return link


def _tell_gap(backup: Backup, tell: Tell) -> None:
    tell(tr("It is as it was on {when}.", when=show_moment(backup.made.astimezone(), "d MMMM yyyy HH:mm")))
    tell(
        tr(
            "Whoever withdrew or refused for good after that would be called again: before anybody calls, note it anew "
            "from paper and from the telephone’s records. The check of the log will name the gap."
        )
    )
