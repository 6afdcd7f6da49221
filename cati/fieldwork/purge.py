"""The end of a study: two people erase its contacts for good and get a signed record (security.md §8)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cati import places
from cati.errors import Cancelled, Problem
from cati.fieldwork import purge_server, purge_steps
from cati.fieldwork.erasure_page import CHECK_WORDS, say
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.purge_persons import Authority, SignIn, prove_again, prove_both, refuse_one_person, rows_of
from cati.fieldwork.purge_record import ErasureRecord, record_of, sign, write
from cati.fieldwork.purge_server import OnServer, SealsLeft, agree, lead_and_second, open_one, open_two, record_folder
from cati.fieldwork.purging import Purging
from cati.fieldwork.residue import needles_of
from cati.fieldwork.stations import known_of_server, station_id, still_sealed
from cati.fieldwork.study_state import StudyState, keep_end
from cati.files.whole_file import read_whole
from cati.store import counts, ending, erasure, studies
from cati.store.database import Database
from cati.store.link_file import is_link
from cati.store.migrations import refuse_other_version
from cati.store.opening import open_database
from cati.text import language, mark, tr, trn
from cati.vault.contacts import forget_keys
from cati.vault.erasure import verify_record

__all__ = [
    "STEPS",
    "ErasureRecord",
    "PurgePlan",
    "SealsLeft",
    "Verdict",
    "dry_run",
    "prove",
    "purge",
    "renew_record",
    "step_words",
    "verify_erasure",
]

Progress = Callable[[int, int], None]
Step = Callable[[Purging], None]
NamedStep = tuple[str, Step, str]
"""Its name, what it does, and what is said meanwhile."""

_LARGEST_RECORD = 2**22
_STEPS: tuple[NamedStep, ...] = (
    ("begun", purge_steps.begin, mark("Checking, and looking for plain traces")),
    ("checkpoint", purge_steps.checkpoint, mark("Signing the head of the log")),
    ("seal", purge_steps.destroy, mark("Destroying the seal")),
    ("rows", purge_steps.delete_rows, mark("Deleting contacts, keys, calls and drafts")),
    ("tidied", purge_steps.tidy, mark("Tidying the folder")),
    ("rewritten", purge_steps.rewrite, mark("Writing the database anew")),
    ("verified", purge_steps.verify, mark("Searching every byte")),
)
_OTHERWISE: dict[str, Step] = {
    "begun": purge_server.begin,
    "seal": purge_server.destroy,
    "rows": purge_server.delete_rows,
    "rewritten": purge_server.rewrite,
}
_ON_SERVER = tuple((name, _OTHERWISE.get(name, do), words) for name, do, words in _STEPS)
STEPS = (*(name for name, _do, _words in _STEPS), "signed")
"""The names of the steps, in order."""


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would destroy, line by line, and what stands against it now."""

    lines: tuple[str, ...]
    hindrances: tuple[str, ...]


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
        stations = ending.stations(transaction) if study.database.by_functions else ()
        members = sum(row.daily_grant is not None for row in studies.members(transaction))
    needles = needles_of(purge_steps.every_contact(study))
    others = [row.name for row in still_sealed(stations, station_id(study.seal_path))] if stations else []
    lines = (
        *([tr("The seal on other workstations: {names}. Each destroys its own when somebody signs in there.",
              names=", ".join(others))] if others else []),
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
        tr("The key that opens the office’s lists; copies of them in mailboxes cannot be opened any more"),
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
    with ExitStack() as closing:
        opened = _open(folder, (first, second), closing)
        path = seal_path or places.seals() / f"{opened.study.id}.seal"
        authority = prove_both(folder, opened.rows, (first, second), now=now, draw=draw, seal_path=path)
        if authority.study is not None:
            authority.study.close()


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
    unreached: str = "",
) -> ErasureRecord:
    """Erase the contacts of the study in ``folder``, or of a link file; nobody else may have it open.

    ``first`` and ``second`` are (login, password) of two different members, a research lead among them. Killed at any
    moment, the same call by the same two goes on where it fell. Raises a Problem when something stands against it;
    nothing is destroyed then. ``stop_after`` (tests) stops with `Cancelled` after the step of this name. On a server:
    `SealsLeft` while other workstations hold the seal, unless ``unreached`` says why they cannot be reached.
    """
    authority: Authority | None = None
    try:
        with ExitStack() as closing:
            opened = _open(folder, (first, second), closing)
            study, done = opened.study, opened.done
            path = seal_path or places.seals() / f"{study.id}.seal"
            if study.erased_at is not None:
                return _as_it_was(folder, opened, path)
            authority = _prove(folder, opened.rows, (first, second), done, now=now, draw=draw, seal_path=path)
            if opened.second is None:
                purging = Purging(opened.records, opened.database, path, study.id, authority, now, draw, done)
            else:
                agree(opened.database, opened.second, study.id, opened.rows, begun="begun" in done)
                now = opened.database.clock(now)
                opened.records.mkdir(mode=0o700, exist_ok=True)
                purging = OnServer(
                    opened.records, opened.database, path, study.id, authority, now, draw, done,
                    place=folder, unreached=unreached,
                )  # fmt: skip
            _run(purging, _STEPS if opened.second is None else _ON_SERVER, progress, stop_after)
            if opened.second is not None:
                opened.second.close()  # their role may go now
            record = sign(purging, study)
            if progress is not None:
                progress(len(STEPS), len(STEPS))
            return record
    finally:
        if authority is not None and authority.study is not None:
            authority.study.close()
        forget_keys()


def _run(purging: Purging, steps: Sequence[NamedStep], progress: Progress | None, stop_after: str | None) -> None:
    """Do the steps that are not done yet."""
    purge_steps.recall(purging)
    for at, (name, do, _words) in enumerate(steps):
        if progress is not None:
            progress(at, len(STEPS))
        if name not in purging.done:
            do(purging)
        if stop_after == name:
            raise Cancelled


def _as_it_was(place: Path, opened: _Opened, seal_path: Path) -> ErasureRecord:
    """Return the record of an erasure that is done."""
    if is_link(place):
        keep_end(seal_path, StudyState.ERASED)
    return record_of(opened.records, opened.done, opened.study.record_public.hex())


@dataclass(frozen=True, slots=True)
class _Opened:
    """A study's database before its erasure; ``second``: the same as the second person, on a server alone.

    ``records``: where the record goes.
    """

    database: Database
    second: Database | None
    rows: tuple[studies.MemberRow, studies.MemberRow]
    study: studies.StudyRow
    done: dict[str, Any]
    records: Path


def _open(place: Path, sign_ins: tuple[SignIn, SignIn], closing: ExitStack) -> _Opened:
    """Open the database for two different people, a research lead among them."""
    second = None
    if is_link(place):
        two = open_two(place, sign_ins, closing)
        database, rows = two[0][0], (two[0][1], two[-1][1])
        if len(two) > 1:  # else all is done
            refuse_one_person(rows)
            database, second = lead_and_second(two)
        database.require_posture()
    else:
        database = open_database(place)
        closing.callback(database.close)
        refuse_other_version(database)
        rows = rows_of(database, (sign_ins[0][0], sign_ins[1][0]))
        refuse_one_person(rows)
    refuse_other_version(database)
    with database.reading() as transaction:
        study = studies.the_study(transaction)
        done = {name: msgspec.json.decode(raw) for name, raw in erasure.steps(transaction).items()}
    if study is None:
        raise Problem(place.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
    return _Opened(database, second, rows, study, done, record_folder(place) if is_link(place) else place)


def renew_record(
    place: Path, lead: SignIn, *, now: Callable[[], datetime], draw: random.Random, seal_path: Path | None = None
) -> ErasureRecord:
    """Write the record of an erasure on a server anew, with what its administrator and other workstations did since.

    By a research lead alone: there is nothing left to erase. A Problem while the contacts are there.
    """
    with ExitStack() as closing:
        database, row = open_one(place, lead, closing)
        with database.reading() as transaction:
            study = studies.the_study(transaction)
            done = {name: msgspec.json.decode(raw) for name, raw in erasure.steps(transaction).items()}
            known = known_of_server(transaction, done) if "signed" in done else {}
        if study is None or study.erased_at is None or row.kept is None:
            raise Problem("purge", tr("A purge needs two people."), tr("Name the second with --second."))
        authority = prove_again((row, row), (lead, lead), (row.id,))
        path = seal_path or places.seals() / f"{study.id}.seal"
        records = record_folder(place)
        records.mkdir(mode=0o700, exist_ok=True)
        purging = OnServer(records, database, path, study.id, authority, now, draw, done, place=place)
        made = write(purging, study, done["signed"]["at"], known)
        with database.transaction() as transaction:
            ending.sign(transaction, msgspec.json.encode({"complete": made.complete, "at": done["signed"]["at"]}))
        return made


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
