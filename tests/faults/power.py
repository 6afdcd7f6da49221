"""Power cuts: what the kernel was told to write is recorded, then every disk that a cut could leave is made from it.

The model is the one that POSIX promises: a completed fsync keeps all that was written to that file before it; of what
was written since, any part may be there, in whole sectors of 512 bytes and in any order. (SQLite's shared memory file
is not looked at after a restart, so it is left out.)
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = "openat,pwrite64,write,ftruncate,fsync,fdatasync,unlink"
_CALL = re.compile(r"^\d+\s+(?P<name>\w+)\((?P<rest>.*)\)\s+=\s+(?P<result>-?\d+)")
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")
_TEXT = re.compile(r'"(?P<text>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that the kernel was told. ``at``: where the bytes go; of a truncation, the new length."""

    name: str
    file: str
    at: int = 0
    content: bytes = b""


def recorded(log: Path) -> list[Call]:
    """Return the calls in a log of strace, made with -y -xx and a length that cuts nothing off."""
    found = []
    for line in log.read_text("ascii").splitlines():
        call = _CALL.match(line)
        if call is None or int(call["result"]) < 0:
            continue
        rest = call["rest"]
        file = _FILE.match(rest)
        texts = [_bytes(text["text"]) for text in _TEXT.finditer(rest)]
        path = _bytes(file["path"]).decode() if file else texts[0].decode() if texts else ""
        if call["name"] == "unlink":
            found.append(Call("unlink", path))
        elif call["name"] in ("pwrite64", "write") and texts:
            at = int(rest.rsplit(",", 1)[1]) if call["name"] == "pwrite64" else 0
            found.append(Call(call["name"], path, at, texts[-1][: int(call["result"])]))
        elif call["name"] == "ftruncate":
            found.append(Call("ftruncate", path, int(rest.rsplit(",", 1)[1])))
        elif call["name"] in ("fsync", "fdatasync"):
            found.append(Call("fsync", path))
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class _File:
    """A file: what is surely on the disk, and what was done to it since."""

    kept: bytearray
    since: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.since:
            _do(self.kept, call)
        self.since.clear()

    def cut(self, draw: random.Random, share: float) -> bytes:
        """Return what a cut leaves: each sector of what came since is there with this probability."""
        left = bytearray(self.kept)
        for call in self.since:
            if call.name != "pwrite64":
                if draw.random() < share:
                    _do(left, call)
                continue
            end = call.at + len(call.content)
            at = call.at
            while at < end:
                stop = min(at - at % SECTOR + SECTOR, end)
                if draw.random() < share:
                    _do(left, Call("pwrite64", call.file, at, call.content[at - call.at : stop - call.at]))
                at = stop
        return bytes(left)


def _do(content: bytearray, call: Call) -> None:
    if call.name in ("ftruncate", "unlink"):
        del content[call.at :]
        content.extend(bytes(max(call.at - len(content), 0)))
        return
    content.extend(bytes(max(call.at - len(content), 0)))
    content[call.at : call.at + len(call.content)] = call.content


@dataclass(frozen=True, slots=True)
class Cut:
    """A disk after a cut: its files by name, and how many of the journal's bytes had been written by then."""

    files: dict[str, bytes]
    journal: int
    lost: int


def cuts(calls: list[Call], before: dict[str, bytes], draw: random.Random, most: int) -> Iterator[Cut]:
    """Yield up to ``most`` disks that cuts at any moment leave; ``before``: the database's files at the start.

    A moment stands between two calls. At each one that is drawn, three disks: nothing of what came since the last
    fsync, all of it, and some sectors of it.
    """
    files = {name: _File(bytearray(content)) for name, content in before.items()}
    moments = set(draw.sample(range(len(calls)), min(most // 3, len(calls))))
    journal = 0
    for n, call in enumerate(calls):
        if call.name == "write" and call.file.endswith("journal.jsonl"):
            journal += len(call.content)
        file = files.get(Path(call.file).name)
        if file is not None and call.name == "fsync":
            file.sync()
        elif file is not None:
            file.since.append(call)
        if n in moments:
            lost = sum(len(one.since) for one in files.values())
            for share in (0.0, 1.0, 0.5):
                yield Cut({name: one.cut(draw, share) for name, one in files.items()}, journal, lost)


def lay(cut: Cut, folder: Path, study: Path) -> Path:
    """Write a disk after a cut as a study's folder, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in cut.files.items():
        if content or not name.endswith("-wal"):
            (folder / name).write_bytes(content)
    for other in study.iterdir():
        if not other.name.startswith("study.db"):
            (folder / other.name).touch()
    return folder
