"""The end of a study: two people erase its contacts for good and get a signed record (security.md §8)."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cati import places
from cati.errors import Cancelled, Problem
from cati.fieldwork import purge_steps
from cati.fieldwork.erasure_page import CHECK_WORDS, erasure_page, say
from cati.fieldwork.log import Act, append, seconds
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.purge_persons import Authority, SignIn, prove_again, prove_both, refuse_one_person, rows_of
from cati.fieldwork.purge_steps import PAGE_NAME, RECORD_NAME, Purging, stamp
from cati.fieldwork.residue import needles_of
from cati.files.whole_file import read_whole
from cati.settings import settings_from_json
from cati.store import contacts, counts, erasure, studies
from cati.store.link_file import is_link
from cati.store.migrations import refuse_other_version
from cati.store.opening import open_database
from cati.text import language, mark, tr, trn
from cati.vault.contacts import forget_keys
from cati.vault.erasure import sign_record, verify_record

Progress = Callable[[int, int], None]
Step = Callable[[Purging], None]

_LARGEST_RECORD = 2**22
_STEPS: tuple[tuple[str, Step, str], ...] = (
    ("begun", purge_steps.begin, mark("Checking, and looking for plain traces")),
    ("checkpoint", purge_steps.checkpoint, mark("Signing the head of the log")),
    ("seal", purge_steps.destroy, mark("Destroying the seal")),
    ("rows", purge_steps.delete_rows, mark("Deleting contacts, keys, calls and drafts")),
    ("tidied", purge_steps.tidy, mark("Tidying the folder")),
    ("rewritten", purge_steps.rewrite, mark("Writing the database anew")),
    ("verified", purge_steps.verify, mark("Searching every byte")),
)
STEPS = (*(name for name, _do, _words in _STEPS), "signed")
"""The names of the steps, in order."""


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would destroy, line by line, and what stands against it now."""

    lines: tuple[str, ...]
    hindrances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """The signed record (JSON) and its readable page; ``complete`` is False when it names something not reached.

    ``public_key`` (hexadecimal) is the one that checks it; it was printed when the study was made.
    """

    paths: tuple[Path, ...]
    complete: bool
    public_key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of an erasure record found. ``ok``: whole and signed; whether all was erased, the lines say."""

    ok: bool
    lines: tuple[str, ...]


def dry_run(study: OpenStudy) -> PurgePlan:
    """Show what a purge would destroy and what stands against it; changes nothing. For research leads."""
    study.require(Role.RESEARCH_LEAD)
    with study.reading() as transaction:
        if study.keys is None:
            return PurgePlan((), (tr("The contacts of this study are erased."),))
        sizes = counts.sizes(transaction)
        found = purge_steps.hindrances(study, transaction)
        needles = needles_of(opened_contact(study, row) for row in contacts.all_contacts(transaction))
        members = sum(row.daily_grant is not None for row in studies.members(transaction))
    lines = (
        tr("The seal of this study, which opens all contacts: {name}", name=study.seal_path.name),
        trn("1 contact with name and numbers", "{n} contacts with names and numbers", sizes["contacts"]),
        trn("1 case, and who called there when", "{n} cases, and who called them when", sizes["cases"]),
        trn(
            "1 call with its outcome; only counts are kept",
            "{n} calls with their outcomes; only counts are kept",
            sizes["attempts"],
        ),
        trn("1 appointment made", "{n} appointments made", sizes["appointments"]),
        trn("The keys of 1 member of staff", "The keys of {n} members of staff", members),
        tr("The key that opens the office's lists; copies of them in mailboxes cannot be opened any more"),
        trn("1 finished interview stays, tied to nobody.", "{n} finished interviews stay, tied to nobody.",
            sizes["stock"]),
    )  # fmt: skip
    return PurgePlan(lines, (*found, *purge_steps.plain_traces(study, needles)[1]))


def step_words(done: int) -> str:
    """Return what is done after ``done`` steps, for the bar; "" when nothing is left."""
    if done < len(_STEPS):
        return tr(_STEPS[done][2])
    return tr("Writing and signing the record") if done == len(_STEPS) else ""


def prove(
    folder: Path,
    first: SignIn,
    second: SignIn,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_path: Path | None = None,
) -> None:
    """Check both sign-ins before anything is closed or erased; raises a Problem that says which of the two is wrong."""
    _refuse_server(folder)
    database = open_database(folder)
    try:
        rows = rows_of(database, (first[0], second[0]))
        refuse_one_person(rows)
        with database.reading() as transaction:
            study = studies.the_study(transaction)
        if study is None:
            raise Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
        path = seal_path or places.seals() / f"{study.id}.seal"
        authority = prove_both(folder, rows, (first, second), now=now, draw=draw, seal_path=path)
        if authority.study is not None:
            authority.study.close()
    finally:
        database.close()


def purge(
    folder: Path,
    first: SignIn,
    second: SignIn,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    progress: Progress | None = None,
    seal_path: Path | None = None,
    stop_after: str | None = None,
) -> ErasureRecord:
    """Erase the contacts of the study in ``folder``; nobody else may have it open.

    ``first`` and ``second`` are (login, password) of two different members, a research lead among them. Killed at any
    moment, the same call by the same two goes on where it fell. Raises a Problem when something stands against it;
    nothing is destroyed then. ``stop_after`` (tests) stops with `Cancelled` after the step of this name.
    """
    _refuse_server(folder)
    database = open_database(folder)
    authority: Authority | None = None
    try:
        refuse_other_version(database)
        rows = rows_of(database, (first[0], second[0]))
        refuse_one_person(rows)
        with database.reading() as transaction:
            study = studies.the_study(transaction)
            done = {name: msgspec.json.decode(raw) for name, raw in erasure.steps(transaction).items()}
        if study is None:
            raise Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
        path = seal_path or places.seals() / f"{study.id}.seal"
        if study.erased_at is not None:
            return _record_of(folder, done, study.record_public.hex())
        authority = _prove(folder, rows, (first, second), done, now=now, draw=draw, seal_path=path)
        purging = Purging(folder, database, path, study.id, authority, now, draw, done)
        purge_steps.recall(purging)
        for at, (name, do, _words) in enumerate(_STEPS):
            if progress is not None:
                progress(at, len(STEPS))
            if name not in purging.done:
                do(purging)
            if stop_after == name:
                raise Cancelled
        record = _sign(purging, study)
        if progress is not None:
            progress(len(STEPS), len(STEPS))
        return record
    finally:
        if authority is not None and authority.study is not None:
            authority.study.close()
        forget_keys()
        database.close()


def _refuse_server(place: Path) -> None:
    if is_link(place):
        raise Problem(
            place.name,
            tr("This study lies on a server."),
            tr("Take it into a folder first, with: cati move-study; then erase it there, and destroy every seal."),
        )


def verify_erasure(path: Path, public_key: str | None = None) -> Verdict:
    """Check an erasure record alone, without the study and offline.

    ``public_key`` is the key printed when the study began (hexadecimal, blanks allowed). Never raises for a bad record.
    """
    expected = None
    if public_key is not None:
        try:
            expected = bytes.fromhex(public_key)
        except ValueError:
            raise Problem(
                tr("Public key"), tr("This is not a public key."), tr("Copy it from the sheet printed at the start.")
            ) from None
    content = read_whole(path, _LARGEST_RECORD)
    checked = verify_record(content, expected)
    if not checked.ok:
        return Verdict(ok=False, lines=(checked.why,))
    record = checked.record
    spoken = language()
    lines = [
        checked.why,
        tr("Public key: {key}", key=checked.public_key.hex()),
        tr("Study: {name} ({id})", name=record["study"]["name"], id=record["study"]["id"]),
        tr("Erased: {when} (UTC), by {persons}", when=record["finished"],
           persons=", ".join(person["name"] for person in record["persons"])),
        tr("Contacts erased: {n}", n=record["counts"]["contacts"]),
        tr("Erased completely.") if record["complete"] else tr("Erased, but not completely; the record says why."),
    ]  # fmt: skip
    lines += [say(spoken, CHECK_WORDS[reason]) for reason in record["reasons"]]
    return Verdict(ok=True, lines=tuple(lines))


def _prove(
    folder: Path,
    rows: tuple[studies.MemberRow, studies.MemberRow],
    sign_ins: tuple[SignIn, SignIn],
    done: dict[str, Any],
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    seal_path: Path,
) -> Authority:
    if "seal_begun" in done:
        # From this step on the seal may be gone, or half overwritten: its file goes in any case.
        return prove_again(rows, sign_ins, tuple(person["id"] for person in done["begun"]["persons"]))
    return prove_both(folder, rows, sign_ins, now=now, draw=draw, seal_path=seal_path)


def _sign(purging: Purging, study: studies.StudyRow) -> ErasureRecord:
    """Write the signed record and its page, whole or absent, and mark the study as erased."""
    record = _record(purging, study)
    content = sign_record(record, purging.authority.record_private)
    page = erasure_page(record, study.record_public.hex())
    paths = (purging.folder / RECORD_NAME, purging.folder / PAGE_NAME)
    _write_whole(paths[0], content)
    _write_whole(paths[1], page.encode())
    purge_steps.clear_up(purging)
    with purging.database.transaction() as transaction:
        erasure.mark_erased(transaction, seconds(purging.now()))
        append(transaction, study.id, purging.authority.persons[0].id, Act.PURGE, purging.now(), signed=1)
        purging.keep(transaction, "signed", {"complete": record["complete"]})
    purging.database.vacuum()
    return ErasureRecord(paths, bool(record["complete"]), study.record_public.hex())


def _record_of(folder: Path, done: dict[str, Any], public_key: str) -> ErasureRecord:
    paths = (folder / RECORD_NAME, folder / PAGE_NAME)
    return ErasureRecord(paths, bool(done.get("signed", {}).get("complete")), public_key)


def _record(purging: Purging, study: studies.StudyRow) -> dict[str, Any]:
    begun, seal, verified = (purging.done[step] for step in ("begun", "seal", "verified"))
    settings = settings_from_json(study.settings)
    strangers = purging.done["tidied"]["strangers"]
    failed = [
        name
        for name, bad in (
            ("seal_not_gone", not seal["gone"]),
            ("plain_before", begun["before"]["found"] > 0),
            ("rows_left", verified["rows_left"] > 0 or verified["wrapped_left"] > 0),
            ("bytes_left", verified["found"] > 0),
            ("sample_opened", verified["opened"] > 0),
        )
        if bad
    ]
    return {
        "study": {"id": study.id, "name": settings.name, "client": settings.client, "institute": settings.institute},
        "begun": begun["at"],
        "finished": stamp(purging.now()),
        "persons": begun["persons"],
        "counts": {**begun["counts"], "contacts_left": verified["rows_left"]},
        "keys_destroyed": begun["keys"],
        "stations": [{"name": "this workstation", **seal}],
        "checks": {
            "before": begun["before"],
            "rows_left": verified["rows_left"],
            "wrapped_keys_left": verified["wrapped_left"],
            "after": {"files": verified["files"], "found": verified["found"]},
            "plain_searched_after": verified["plain_looked_for"],
            "sample": {name: verified[name] for name in ("sample", "tried", "opened")},
            "files_not_of_the_program": strangers,
        },
        "log": {**purging.done["checkpoint"], "kept": purging.done["rows"]["log_kept"]},
        "backups": purging.done["tidied"].get("backups", []),
        "not_covered": ["paper_seal", "office_list", "mail_copies", "paper_notes", "telephone", "old_media", "backups"],
        "complete": not failed,
        "reasons": failed,
    }


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
