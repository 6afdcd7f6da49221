"""Backups of a study's database: one file each, listed in the database itself, and ended with the study at the latest.

The file holds what the database holds: contacts, drafts and answers sealed, names of staff and the times of calls not.
No key that opens a contact is in it: that takes the seal, which is never put where a backup goes.
"""

from __future__ import annotations

import hashlib
import os
import platform
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import msgspec

from cati import places
from cati.errors import Problem
from cati.fieldwork.log import moment, seconds
from cati.fieldwork.staffing import random_id
from cati.files.whole_file import read_whole
from cati.settings import settings_from_json
from cati.store import backups, dumping, studies
from cati.store.administration import AsOwner
from cati.store.backups import BackupRow
from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.link_file import read_link
from cati.store.migrations import HEAD, version
from cati.store.roles import Roles
from cati.text import tr

KEPT_DAYS, MOST_DAYS = 14, 31
"""How long a backup lies: who withdraws is in it until then, so it is weeks and not months."""
_FORMAT = "cati backup 1"
_SUFFIX, _BESIDE = ".backup", ".json"
_OURS = re.compile(r"cati_[0-9a-f]{12}-\d{8}T\d{6}Z(-\d+)?(\.backup|\.json)(\.part)?")
_LARGEST_NOTE = 2**20
_PIECE = 2**20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What stands beside a backup, in a file of its own: what it is of, how it is proven, and when it ends (UTC)."""

    id: str
    study: str
    name: str
    kind: str
    """"file" of a study's folder, "server" of a database there."""
    database_version: str
    made: datetime
    ends: datetime
    sha256: str = ""
    bytes: int = 0
    tables: dumping.Sums = field(default_factory=dict)
    format: str = _FORMAT


def refuse_unfit_folder(folder: Path) -> None:
    """Raise a Problem for a folder where a backup must not go: seals, sheets or anything else lie there."""
    target = folder.resolve()
    own = places.own_folder().resolve()
    if target.is_relative_to(own) or own.is_relative_to(target):
        raise Problem(
            str(folder),
            tr("The seals lie in this folder or above it: a backup must never lie where a seal is."),
            tr("Choose another disk for backups."),
        )
    strangers = (
        sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)) if target.exists() else []
    )
    if strangers:
        raise Problem(
            str(folder),
            tr("Something else lies in this folder: {name}.", name=strangers[0]),
            tr("Give backups a folder of their own, so that no seal and no sheet ever lies among them."),
        )


def back_up_folder(
    study: Path,
    folder: Path,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    keep: int = KEPT_DAYS,
    progress: Progress = lambda _done, _of: None,
) -> Path:
    """Copy the study of a folder into a backup in another ``folder``, while others work; return the backup's file.

    ``keep``: days until it ends; it ends on the day of the erasure at the latest. What has ended there goes first.
    """
    if folder.resolve().is_relative_to(study.resolve()):
        raise Problem(str(folder), tr("This is the study’s own folder."), tr("Choose another disk for backups."))
    database = Embedded(study)
    try:
        return back_up_file(database, folder, now=now, draw=draw, keep=keep, progress=progress)
    finally:
        database.close()


def back_up_file(
    database: Embedded,
    folder: Path,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    keep: int = KEPT_DAYS,
    progress: Progress = lambda _done, _of: None,
) -> Path:
    """Do `back_up_folder` for a study's open database."""

    def copy(part: Path) -> dumping.Sums:
        dumping.copy_file(database.folder, part, progress)
        return {}

    return _back_up(database, "file", folder, copy, now=now, draw=draw, keep=keep)


def back_up_server(
    link_path: Path,
    administrator: tuple[str, str],
    folder: Path,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    keep: int = KEPT_DAYS,
) -> Path:
    """Write the database of a study on a server into a backup, while others work; return the backup's file.

    ``administrator``: (libpq URL, password) of a superuser, as rows hide from everybody else.
    """
    link = read_link(link_path)
    url, password = administrator
    if (places.seals() / f"{link.study}.seal").exists():
        raise Problem(
            tr("Seal"),
            tr("The seal of this study is on this computer: backups of a server are made where no seal is."),
            tr("Make them on the server itself; no workstation is needed for it."),
        )
    refuse_unfit_folder(folder)
    if folder.exists():
        end_old(folder, now())  # also when the study is not there any more
    if not dumping.is_there(url, password, link.database):
        raise Problem(
            link.database,
            tr("This study is not on the server any more."),
            tr("No backup was made; those that have ended were deleted. Stop the nightly backup."),
        )
    database = AsOwner(url, password, link.database, Roles(link.study).owner)

    def copy(part: Path) -> dumping.Sums:
        return dumping.dump(url, password, link.database, part)

    try:
        return _back_up(database, "server", folder, copy, now=now, draw=draw, keep=keep)
    finally:
        database.close()


def _back_up(
    database: Database,
    kind: str,
    folder: Path,
    copy: Callable[[Path], dumping.Sums],
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    keep: int,
) -> Path:
    if not 1 <= keep <= MOST_DAYS:
        raise Problem(
            "--keep",
            tr("A backup lies for 1 to {most} days.", most=MOST_DAYS),
            tr("Whoever withdraws is in it until it ends."),
        )
    refuse_unfit_folder(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    end_old(folder, now())
    begun = _begun(database, kind, now(), keep, random_id(draw))
    path = _free_name(folder, begun)
    row = _row(begun, path)
    listed = version(database) == HEAD
    if listed:  # before the copy, so that the copy knows of itself
        with database.transaction() as transaction:
            backups.mark_gone(transaction, _missing(backups.listed(transaction), folder), seconds(now()))
            backups.add(transaction, row)
    part = path.with_name(path.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        tables = copy(part)
        sha256, size = _sealed_on_disk(part)
        _write_note(path, replace(begun, sha256=sha256, bytes=size, tables=tables))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        _note_of(path).unlink(missing_ok=True)
        if listed:
            with suppress(Problem), database.transaction() as transaction:
                backups.mark_gone(transaction, [row.id], seconds(now()))
        raise
    return path


def _missing(rows: Sequence[BackupRow], folder: Path) -> list[str]:
    """Return which of the backups that were written into this folder are not there any more."""
    here = folder.resolve()
    return [
        row.id for row in rows
        if row.station == station() and Path(row.path).parent == here and not Path(row.path).exists()
    ]  # fmt: skip


def _begun(database: Database, kind: str, at: datetime, keep: int, id_: str) -> Backup:
    with database.reading() as transaction:
        found = studies.name_and_settings(transaction)
    if found is None:
        raise Problem(database.name, tr("There is no study here."), tr("It was moved or taken away."))
    settings = settings_from_json(found[1])
    erasure = datetime.combine(settings.erasure_date + timedelta(days=1), time(), UTC)
    made = at.replace(microsecond=0)
    ends = max(min(made + timedelta(days=keep), erasure), made + timedelta(days=1))
    return Backup(
        id=id_, study=found[0], name=settings.name, kind=kind, database_version=version(database) or "",
        made=made, ends=ends,
    )  # fmt: skip


def _free_name(folder: Path, backup: Backup) -> Path:
    stem = f"cati_{backup.study[:12]}-{backup.made:%Y%m%dT%H%M%SZ}"
    names = (f"{stem}{_SUFFIX}" if n == 0 else f"{stem}-{n}{_SUFFIX}" for n in range(1000))
    return next(folder / name for name in names if not (folder / name).exists())


def _row(backup: Backup, path: Path) -> BackupRow:
    return BackupRow(
        id=backup.id, made_at=seconds(backup.made), ends_at=seconds(backup.ends), station=station(),
        path=str(path.resolve()),
    )  # fmt: skip


def station() -> str:
    """Return what this computer is called in the list of backups."""
    return platform.node()[:100]


def list_backup(database: Database, path: Path) -> None:
    """Put a backup on the list that was made before the database had one."""
    with database.transaction() as transaction:
        backups.add(transaction, _row(read_note(path), path))


def _sealed_on_disk(part: Path) -> tuple[str, int]:
    """Bring a file's bytes to the disk; return their SHA-256 and how many there are."""
    digest, size = hashlib.sha256(), 0
    with part.open("rb+") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _note_of(path: Path) -> Path:
    return path.with_suffix(_BESIDE)


def _write_note(path: Path, backup: Backup) -> None:
    part = path.with_name(path.stem + _BESIDE + ".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(backup)), indent=1) + b"\n")
    part.chmod(0o600)
    part.replace(_note_of(path))


def read_note(path: Path) -> Backup:
    """Return what stands beside a backup; a Problem when nothing does."""
    try:
        found = msgspec.json.decode(read_whole(_note_of(path), _LARGEST_NOTE), type=Backup)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or found.format != _FORMAT:
        raise Problem(
            path.name,
            tr("The file {name} that belongs to this backup is missing or damaged.", name=_note_of(path).name),
            tr("Bring both files of the backup."),
        )
    return found


def read_backup(path: Path) -> Backup:
    """Return what stands beside a backup, after every byte of the backup itself was compared with it."""
    found = read_note(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except FileNotFoundError:
        raise Problem(str(path), tr("There is no such file."), tr("Give the file of a backup.")) from None
    if digest.hexdigest() != found.sha256:
        raise Problem(path.name, tr("This backup is damaged."), tr("Take an older one."))
    return found


def backups_in(folder: Path) -> Iterator[tuple[Path, Backup]]:
    """Yield the backups of a folder, oldest first, with what stands beside them."""
    for note in sorted(folder.glob(f"cati_*{_BESIDE}")):
        with suppress(Problem):
            yield note.with_suffix(_SUFFIX), read_note(note.with_suffix(_SUFFIX))


def end_old(folder: Path, at: datetime) -> tuple[Backup, ...]:
    """Delete the backups of a folder that have ended, and what was cut short there; return which."""
    ended = []
    for path, found in backups_in(folder):
        if found.ends <= at:
            path.unlink(missing_ok=True)
            _note_of(path).unlink(missing_ok=True)
            ended.append(found)
    for part in folder.glob("cati_*.part"):
        if _OURS.fullmatch(part.name) and at - datetime.fromtimestamp(part.stat().st_mtime, UTC) > timedelta(days=1):
            part.unlink(missing_ok=True)
    return tuple(ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A backup as the record of the erasure lists it.

    ``state``: "deleted" by this program, or "left" on another computer or medium, until ``ends`` if somebody sees to
    it.
    """

    made: str
    ends: str
    station: str
    path: str
    state: str


def end_all(rows: Sequence[BackupRow]) -> tuple[Left, ...]:
    """Delete every listed backup that lies on this computer; return all with what became of them."""
    return tuple(_ended(row) for row in rows)


def _ended(row: BackupRow) -> Left:
    path = Path(row.path)
    found = left_of(row)
    if row.gone_at is None and row.station == station():
        with suppress(OSError):
            path.unlink()
            found = replace(found, state="deleted")
        with suppress(OSError):
            _note_of(path).unlink()
    return found


def left_of(row: BackupRow) -> Left:
    """Return a backup as the record lists it, by what the list says alone."""
    made, ends = (moment(at).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (row.made_at, row.ends_at))
    state = "left" if row.gone_at is None else "deleted"
    return Left(made=made, ends=ends, station=row.station, path=row.path, state=state)
