"""A study comes to a server and goes back into a folder: all of it, or nothing, and never in two places."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.backing_up import list_backup
from cati.fieldwork.guessing import guessing_advice
from cati.fieldwork.kept_rules import keep_rules
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import Member, Role
from cati.fieldwork.server_members import (
    Tell,
    give_roles,
    set_starts,
    sheet_that_holds,
    start_passwords,
    tell_starts,
)
from cati.fieldwork.study import open_study
from cati.fieldwork.updating import end_copies
from cati.settings import settings_from_json
from cati.store import administration, dumping, moving, rights, studies
from cati.store.access_rules import wanted_lines
from cati.store.administration import AsOwner
from cati.store.administrator import administrator
from cati.store.connecting import Secret, connect
from cati.store.embedded import Embedded
from cati.store.link_file import StudyLink, read_link, refuse_unfit, write_link
from cati.store.migrations import create_tables, is_older, refuse_other_version, version
from cati.store.opening import reached
from cati.store.roles import Roles, made_verifier
from cati.text import tr, trn
from cati.vault.people import STANDARD, ArgonCost
from cati.vault.server_password import server_password

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """Where a study is to lie, and how the administrator comes in (a libpq URL; a socket's has no password).

    ``hosts`` and ``ports``: how workstations reach the server, under names that are in its certificate.
    ``authority``: certificates (PEM) of who signed that.
    """

    administrator: str = field(repr=False)
    password: str = field(repr=False, default="")
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    authority: str
    database: str = ""
    cost: ArgonCost = STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Clockwork:
    """Time and chance, as every act is given them; and where the seal lies if not at its usual place."""

    now: Callable[[], datetime]
    draw: random.Random
    seal_path: Path | None = None
    progress: Progress = lambda _done, _of: None


def prepare_server(plan: ServerPlan, roles: Roles, database: str, tell: Tell) -> None:
    """Make everything that a study needs on its server, or find it there; a Problem names what is not ready.

    Nothing of the administrator's own files is touched: the lines to put there are told.
    """
    prepare_place(plan, roles, database, tell)
    owned = AsOwner(plan.administrator, plan.password, database, roles.owner)
    try:
        lay_tables(owned, roles, tell)
    finally:
        owned.close()


def lay_tables(owned: AsOwner, roles: Roles, tell: Tell) -> None:
    """Make tables and rights or bring them up to date, as their owner; the caller has made a backup of older ones."""
    tell(said(administration.make_tables(owned)))
    tell(said(administration.make_rights(owned, roles)))
    with owned.reading() as transaction:
        for line in rights.differences(transaction, roles):
            tell(tr("Nobody comes in while this is otherwise: {line}", line=line))


def prepare_place(plan: ServerPlan, roles: Roles, database: str, tell: Tell) -> None:
    """Do what `prepare_server` does but for the tables."""
    with administrator(plan.administrator, plan.password) as connection:
        for step in administration.prepare(connection, roles, database):
            tell(said(step))
    with administrator(plan.administrator, plan.password, database) as connection:
        tell(said(administration.prepare_inside(connection, roles)))
        step, left = administration.prepare_settings(connection, database)
        tell(said(step))
        if left:
            tell(tr("Only a superuser may give these; have it done, so that the server’s log keeps no values:"))
            for statement in left:
                tell("    " + statement)
        _require_transport(administration.transport(connection, roles, database), database, tell)


def said(step: administration.Step) -> str:
    """Return what a step was, and whether there was anything to do."""
    return f"{tr('made') if step.new else tr('there already')}: {step.what}"


def _require_transport(found: administration.Transport, database: str, tell: Tell) -> None:
    """Tell what the administrator must write where; a Problem unless members come in by TLS and SCRAM alone."""
    again = tr("Nothing was moved. Do this, then give the same command again.")
    if not found.tls:
        tell(tr("Put these lines into {file}, with the server’s own certificate and key:", file=found.settings_file))
        for text in ("ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"):
            tell("    " + text)
    if found.access is not None and not found.access.safe:
        for line in found.access.open_lines:
            tell(tr("{file}, line {n}, lets members in without TLS or without SCRAM.", file=line.file, n=line.number))
        tell(tr("Put these lines at the top of {file}:", file=found.access_file))
        for text in wanted_lines(database):
            tell("    " + text)
    for text in found.broken:
        tell(tr("This line cannot be read by the server: {line}", line=text))
    unsafe = not found.tls or (found.access is not None and not found.access.safe)
    if unsafe or found.reload_due:
        tell(tr("Then let the server read its files: {statement}", statement="SELECT pg_reload_conf();"))
    if unsafe:
        raise Problem(tr("Server"), tr("It does not take members’ connections as it must."), again)
    if found.reload_due:
        raise Problem(tr("Server"), tr("pg_hba.conf was changed and not read by the server yet."), again)
    tell(said(administration.Step(tr("TLS and SCRAM for members, and nothing else"), new=False)))


def move_to_server(
    folder: Path,
    plan: ServerPlan,
    lead: tuple[str, str],
    link_path: Path,
    sheet_path: Path,
    tell: Tell,
    with_: Clockwork,
) -> StudyLink:
    """Bring the study in ``folder`` to a server and take it out of the folder; ``lead``: (login, password).

    Writes the link file for the workstations and a sheet with a start password for everybody but this lead. Given
    again after any interruption, it goes on. Raises a Problem when something stands against it; the study is then in
    the folder as before.
    """
    if not folder.exists() and link_path.exists():
        raise Problem(
            folder.name,
            tr("This study is on its server already; its folder is gone."),
            tr("From now on give its link file: cati init-server {link}", link=link_path),
        )
    end_copies(folder, with_.now(), all_=True)  # else they would stay behind where nobody looks any more
    source = Embedded(folder)
    try:
        refuse_other_version(source)
        with source.reading() as transaction:
            row = studies.the_study(transaction)
        if row is None:
            raise Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
        roles = Roles(row.id)
        settings = settings_from_json(row.settings)
        with source.transaction() as transaction:
            keep_rules(transaction, settings)  # a folder does without them, and an old one has none
        link = StudyLink(
            study=row.id,
            name=settings.name,
            database=plan.database or roles.prefix,
            hosts=plan.hosts,
            ports=plan.ports,
            authority=plan.authority,
            cost=plan.cost,
        )
        refuse_unfit(link, link_path.name)
        administration.refuse_name(link.database)
        source.refuse_others()
        prepare_server(plan, roles, link.database, tell)
        target = AsOwner(plan.administrator, plan.password, link.database, roles.owner)
        try:
            if _is_there(source, target, row.id):
                tell(tr("All of it is on the server already; the folder’s copy goes."))
            else:
                me = _lead_of(folder, lead, with_)
                _let_in(target, roles, link, me, lead[1])
                _try(link, roles, lead, tell)
                source.refuse_others()
                _bring(source, target, link, me, (link_path.name, sheet_path), tell, with_)
        finally:
            target.close()
        write_link(link_path, link)
        source.remove()
        tell(tr("The folder {folder} is gone: the study lies on the server alone.", folder=folder))
    finally:
        source.close()
    tell(tr("Workstations open the study with this file: {path}", path=link_path))
    for line in guessing_advice(plan.administrator, plan.password):
        tell(line)
    return link


def _is_there(source: Embedded, target: AsOwner, study_id: str) -> bool:
    """Tell whether an earlier try brought everything over; a Problem when the server holds anything else."""
    with target.reading() as theirs, source.reading() as ours:
        there = moving.row_counts(theirs)
        if not any(there.values()):
            return False
        row = studies.the_study(theirs)
        if row is not None and row.id == study_id:
            found, mine = moving.contents(theirs), moving.contents(ours)
            if all(found[name] == mine[name] for name in mine if name != "log"):
                return True
    raise Problem(
        target.name,
        tr("The database on the server is not empty, and holds something else than this folder."),
        tr("Choose another name for the database, or have its content looked at first."),
    )


def _lead_of(place: Path, lead: tuple[str, str], with_: Clockwork) -> Member:
    """Return the research lead with this login and password, to whom the study opens; a Problem else."""
    study = open_study(place, *lead, now=with_.now, draw=with_.draw, seal_path=with_.seal_path)
    try:
        study.require(Role.RESEARCH_LEAD)
        _keys_are_there = study.open_keys
        return study.me
    finally:
        study.close()


def _let_in(target: AsOwner, roles: Roles, link: StudyLink, member: Member, password: str) -> None:
    """Make a member's role with what is derived of a password."""
    derived = server_password(password, link.study, member.login, link.cost)
    with target.transaction() as transaction:
        verifier = made_verifier(transaction, roles.login(member.login), derived)
        administration.set_login(transaction, roles, member.login, member.role.value, verifier)


def _try(link: StudyLink, roles: Roles, lead: tuple[str, str], tell: Tell) -> None:
    """Come in as the lead's workstation will, before anything is moved; then in clear, which must fail."""
    login, password = lead
    secret = Secret(roles.login(login), (server_password(password, link.study, login, link.cost),))
    connect(reached(link), secret).close()
    tell(tr("tried: {login} comes in by TLS, known by the authority’s certificate", login=login))
    plain = None
    try:
        plain = connect(replace(reached(link), authority=""), secret)
    except Problem:
        tell(tr("tried: in clear nobody comes in"))
    if plain is not None:
        plain.close()
        raise Problem(
            tr("Server"),
            tr("It takes members’ connections in clear."),
            tr("Nothing was moved. Put these lines at the top of {file}:", file="pg_hba.conf")
            + " "
            + "; ".join(wanted_lines(link.database)),
        )


def _bring(
    source: Embedded,
    target: AsOwner,
    link: StudyLink,
    me: Member,
    papers: tuple[str, Path],
    tell: Tell,
    with_: Clockwork,
) -> None:
    """Write everything, and everybody's role, in one transaction of the server; nobody writes here meanwhile.

    ``papers``: name of the link file, and where the sheet with the start passwords goes.
    """
    link_name, sheet_path = papers
    roles = Roles(link.study)
    with sheet_that_holds(sheet_path), source.transaction() as reading, target.transaction(large=True) as writing:
        others = [row for row in studies.members(reading) if row.active and row.id != me.id]
        starts = start_passwords(link, link_name, others, sheet_path)
        counts = moving.copy_rows(reading, writing, with_.progress)
        administration.know_login(writing, roles, me.login)
        log.append(writing, link.study, me.id, Act.MOVED, with_.now(), to="server")
        set_starts(writing, roles, link, others, starts)
    tell(trn("moved: 1 row, read back and compared", "moved: {n} rows, read back and compared", sum(counts.values())))
    tell_starts(starts, sheet_path, tell)


def look_after_server(
    place: Path,
    plan: ServerPlan,
    renew: Sequence[str],
    sheet_path: Path,
    tell: Tell,
    before_steps: Callable[[], Path | None] | None = None,
) -> None:
    """Do for a study that is on its server what is missing there: rights, newer tables, roles of new members.

    ``place`` is its link file; it is written anew where the plan names other hosts or another authority than it does.
    ``renew``: logins that get a new start password, because the server's was lost.
    ``before_steps`` is called before the tables of an older program are changed: it returns the backup it made, None
    when there is one already. Without it older tables are a Problem.
    """
    link = read_link(place)
    roles = Roles(link.study)
    prepare_place(plan, roles, link.database, tell)
    target = AsOwner(plan.administrator, plan.password, link.database, roles.owner)
    try:
        older = version(target) is not None and is_older(target)
        if older and before_steps is None:
            raise Problem(
                place.name,
                tr("The study’s tables are of an older program; they are brought up to date after a backup."),
                tr("Nobody may be at work. Give --back-up-to FOLDER, or --backup-is-made when there is one."),
            )
        backup = before_steps() if older and before_steps is not None else None
        lay_tables(target, roles, tell)
        if backup is not None:
            list_backup(target, backup)
        with sheet_that_holds(sheet_path), target.transaction() as transaction:
            row = studies.the_study(transaction)
            if row is None or row.id != link.study:
                raise Problem(place.name, tr("This study is not on the server."), tr("Move it there first."))
            keep_rules(transaction, settings_from_json(row.settings))
            starts = give_roles(transaction, roles, link, place.name, renew, sheet_path, tell)
    finally:
        target.close()
    if dumping.remark(plan.administrator, plan.password, link.database):  # of a backup that was read in here
        dumping.finish(plan.administrator, plan.password, roles, link.database)
    tell_starts(starts, sheet_path, tell)
    if not starts:
        tell(tr("there already: a role for every member"))
    _point_to(place, link, plan, tell)


def _point_to(place: Path, link: StudyLink, plan: ServerPlan, tell: Tell) -> None:
    """Write the link file anew if the plan says where else the study is found: a stand-in, a new authority."""
    wanted = replace(
        link,
        hosts=plan.hosts or link.hosts,
        ports=plan.ports or link.ports,
        authority=plan.authority or link.authority,
    )
    if wanted == link:
        return
    write_link(place, wanted)
    tell(
        tr("made: {path} names {hosts} now. Bring it to every workstation.", path=place, hosts=", ".join(wanted.hosts))
    )


def move_to_folder(
    link_path: Path, folder: Path, plan: ServerPlan, lead: tuple[str, str], tell: Tell, with_: Clockwork
) -> None:
    """Bring a study from its server into a new or empty ``folder``; the server's tables are empty afterwards.

    Nobody else may be connected. The roles of the members go: in the folder their own passwords open everything.
    """
    link = read_link(link_path)
    roles = Roles(link.study)
    if folder.exists() and any(folder.iterdir()):
        raise Problem(folder.name, tr("This folder is not empty."), tr("Choose a new folder for the study."))
    me = _lead_of(link_path, lead, with_)
    source = AsOwner(plan.administrator, plan.password, link.database, roles.owner)
    existed = folder.exists()
    target = None
    kept = False
    try:
        if source.others(roles.prefix):
            who = ", ".join(source.members_connected())
            raise Problem(
                link.name,
                tr("This study is open somewhere else: {who}.", who=who or "?"),
                tr("Close it there and try again."),
            )
        target = Embedded(folder, create=True)
        create_tables(target)
        with source.transaction(large=True) as reading:
            moving.hold_still(reading)
            with target.transaction(large=True) as writing:
                counts = moving.copy_rows(reading, writing, with_.progress)
                log.append(writing, link.study, me.id, Act.MOVED, with_.now(), to="folder")
            target.lay_ballast()
            kept = True  # from here on the folder is the study, and the server's copy goes
            for row in studies.members(reading):
                administration.drop_login(reading, roles, row.login)
            moving.empty(reading)
    finally:
        source.close()
        if target is not None:
            target.close()
            if not kept:
                target.remove()
                if existed:
                    folder.mkdir(mode=0o700, exist_ok=True)
    tell(trn("moved: 1 row, read back and compared", "moved: {n} rows, read back and compared", sum(counts.values())))
    tell(tr("The study stands in {folder}.", folder=folder))
    tell(tr("The database {name} on the server is empty now; link files open nothing any more.", name=link.database))
