"""The spool: what a server has not acknowledged yet, sealed in a file of this workstation and durable at once.

The format is specified in cati/vault/FORMATS.md, `81`.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cati.errors import Problem
from cati.text import tr
from cati.vault.sealing import SealBroken, blind_index, derive, open_sealed, seal

SUFFIX = ".spool"
BLOCK = 1024
"""What is sealed is a multiple of this, so that its length does not tell the answer."""

Former = tuple[bytes, Callable[[bytes], bytes]]
"""A drafts' key of before, and how an entry of its time is said now."""

_VERSION = b"\x81"
_RUN = 16
_HEAD = len(_VERSION) + _RUN
_LENGTH = 4
_MOST = 8
"""So many windows of one member may write here at once, each its own file."""


class Spool:
    """One file, written by this window alone while it is open; there is none while nothing waits.

    ``found`` is what an earlier window left behind, in order. ``former``: the drafts' keys of before, each with what
    makes of an entry of its time one of now; what was left under them is sealed anew.
    """

    def __init__(
        self, folder: Path, study_id: str, member_id: str, drafts_key: bytes, former: Sequence[Former] = ()
    ) -> None:
        self._key = derive(drafts_key, "spool")
        self._context = (study_id, "spool", member_id)
        self._folder = folder
        self._prefix = _prefix(study_id, member_id, drafts_key)
        self._path: Path | None = None
        self._file = -1
        self._run = b""
        self._next = 0
        self._end = 0
        self.found: list[bytes] = []
        self._adopt()
        for key, made_new in former:
            earlier = Spool(folder, study_id, member_id, key)
            for entry in map(made_new, earlier.found):
                self.append(entry)
                self.found.append(entry)
            earlier.remove()

    def _adopt(self) -> None:
        """Take over what windows left behind that were ended in the middle of it; a living one keeps its own."""
        left: list[tuple[Path, int, list[bytes]]] = []
        for path in reversed(self._files()):  # the first one last: what is written next goes behind it
            file = _locked(path)
            if file is not None:
                left.insert(0, (path, file, self._read(file)))
        if not any(entries for _path, _file, entries in left):
            for path, file, _entries in left:
                _remove(path, file)
            return
        self._path, self._file, first = left[0]
        self.found += first
        for _path, _file, entries in left[1:]:
            for entry in entries:
                self.append(entry)
                self.found.append(entry)
        for path, file, _entries in left[1:]:
            _remove(path, file)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._prefix}*{SUFFIX}")) if self._folder.is_dir() else []

    def _read(self, file: int) -> list[bytes]:
        """Return a file's entries up to the first that is not whole: it was being written when the end came."""
        content = _all_of(file)
        self._run, self._next, self._end = content[len(_VERSION) : _HEAD], 0, 0
        if content[: len(_VERSION)] != _VERSION or len(self._run) != _RUN:
            os.ftruncate(file, 0)
            return []
        entries: list[bytes] = []
        at = _HEAD
        while at + _LENGTH <= len(content):
            end = at + _LENGTH + int.from_bytes(content[at : at + _LENGTH], "big")
            if end > len(content):
                break
            try:
                entries.append(open_sealed(self._key, content[at + _LENGTH : end], *self._place(len(entries))))
            except SealBroken:
                break
            at = end
        os.ftruncate(file, at)
        self._next, self._end = len(entries), at
        return [entry.rstrip(b" ") for entry in entries]

    def _place(self, n: int) -> tuple[str, ...]:
        return (*self._context, self._run.hex(), str(n))

    def append(self, entry: bytes) -> None:
        """Write one entry behind the others (no blanks at its end); it is on the disk when this returns.

        A Problem when it cannot be written; then it is not there.
        """
        try:
            self._append(entry)
        except OSError:
            if self._file >= 0:
                os.ftruncate(self._file, self._end)
            raise Problem(
                tr("Disk"),
                tr("Nothing can be written on this workstation; this step was not kept."),
                tr("Make room on its disk."),
            ) from None

    def _append(self, entry: bytes) -> None:
        new = self._file < 0
        if new:
            self._open()
        head = b""
        if self._end == 0:
            self._run, self._next = secrets.token_bytes(_RUN), 0
            head = _VERSION + self._run
        sealed = seal(self._key, entry + b" " * (-len(entry) % BLOCK), *self._place(self._next))
        record = head + len(sealed).to_bytes(_LENGTH, "big") + sealed
        _write_at(self._file, self._end, record)
        os.fsync(self._file)
        if new:
            _sync_folder(self._folder)
        self._end += len(record)
        self._next += 1

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for k in range(_MOST):
            path = self._folder / f"{self._prefix}{k}{SUFFIX}"
            file = _locked(path, create=True)
            if file is None:
                continue
            if os.fstat(file).st_size == 0:
                self._path, self._file, self._end = path, file, 0
                return
            os.close(file)  # left behind since this window was opened: for the next sign-in
        raise FileExistsError

    def clear(self) -> None:
        """Cut the file to nothing: all of it is acknowledged. What comes back after a power cut is sent twice, once."""
        self.found = []
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            self._end = 0

    def remove(self) -> None:
        """Delete the file: all of it is acknowledged, and nothing more comes soon."""
        self.clear()
        if self._path is not None:
            _remove(self._path, self._file)
        self._path, self._file = None, -1

    def close(self) -> None:
        """Leave the file as it is, for the next sign-in; an empty one goes."""
        if self._end == 0:
            self.remove()
        elif self._file >= 0:
            os.close(self._file)
            self._path, self._file = None, -1


def files_of(folder: Path, study_id: str) -> tuple[Path, ...]:
    """Return the spools of a study on this workstation, whoever's they are."""
    return tuple(sorted(folder.glob(f"{study_id}-*{SUFFIX}"))) if folder.is_dir() else ()


def _prefix(study_id: str, member_id: str, drafts_key: bytes) -> str:
    """Return how the names of a member's files begin: whoever works in the study can tell whose they are."""
    return f"{study_id}-{blind_index(derive(drafts_key, 'spool'), member_id).hex()[:16]}-"


def left_by(folder: Path, study_id: str, keys: Sequence[bytes], members: Iterable[str]) -> dict[str, int]:
    """Return how many entries each of these members has here in files that no living window has; none is opened.

    ``keys``: the drafts' key and those of before.
    """
    return {one: sum(map(_entries_in, _files_by(folder, study_id, keys, one))) for one in members}


def remove_of(folder: Path, study_id: str, keys: Sequence[bytes], member_id: str) -> None:
    """Delete a member's files that no living window has."""
    for path in _files_by(folder, study_id, keys, member_id):
        file = _locked(path)
        if file is not None:
            _remove(path, file)


def _files_by(folder: Path, study_id: str, keys: Sequence[bytes], member_id: str) -> list[Path]:
    prefixes = tuple(_prefix(study_id, member_id, key) for key in keys)
    return [path for path in files_of(folder, study_id) if path.name.startswith(prefixes)]


def _entries_in(path: Path) -> int:
    """Return how many whole entries a file has that no living window has."""
    file = _locked(path)
    if file is None:
        return 0
    content = _all_of(file)
    os.close(file)
    at, count = _HEAD, 0
    while at + _LENGTH <= len(content):
        at += _LENGTH + int.from_bytes(content[at : at + _LENGTH], "big")
        count += at <= len(content)
    return count


def _locked(path: Path, *, create: bool = False) -> int | None:
    """Open a file for oneself until it is closed or the program ends; None when another window has it, or none is."""
    flags = os.O_RDWR | (os.O_CREAT if create else 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        file = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    if _lock(file) and path.exists() and os.stat(path).st_ino == os.fstat(file).st_ino:  # noqa: PTH116 - beside fstat
        return file
    os.close(file)
    return None


def _lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - Windows only

            os.lseek(file, 2**30, os.SEEK_SET)  # far behind what is read and written
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not on Windows

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _all_of(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    parts = []
    while part := os.read(file, 2**20):
        parts.append(part)
    return b"".join(parts)


def _write_at(file: int, at: int, content: bytes) -> None:
    os.lseek(file, at, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _remove(path: Path, file: int) -> None:
    if sys.platform == "win32":  # a file that is open cannot be deleted there
        os.close(file)
        path.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)
        os.close(file)


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
