"""Searches the bytes of a study's folders for what must not be there: plain contacts, ciphertexts, identifiers."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cati.survey.case import Contact

CONTACT_MARKS = (b'"family_name":', b'"given_name":', b'"e164":', b'"form_of_address":')
"""What every contact holds in clear before it is sealed: its fields' names."""

_PIECE = 16 * 1024 * 1024
_OVERLAP = 4096
# Not inside a hexadecimal identifier, where chance would find a number among millions.
_DIGITS = re.compile(rb"(?<![0-9a-fA-F])[0-9](?:\x00?[0-9]){6,19}(?![0-9a-fA-F])")
# As people write them: 0171 39211632, +49 (171) 392-11632. Never in what this program writes itself.
_WRITTEN = re.compile(rb"(?<![0-9a-fA-F])[0-9]+(?:[ ()/-]{1,3}[0-9]+){1,7}(?![0-9a-fA-F])")
_TOKENS = re.compile(rb"[0-9]+")
_SHORTEST_NATIONAL = 7


@dataclass(frozen=True, slots=True)
class Needles:
    """What is looked for. ``numbers`` are whole numbers as digits, ``pieces`` raw bytes."""

    numbers: frozenset[bytes] = field(default=frozenset(), repr=False)
    pieces: tuple[bytes, ...] = field(default=(), repr=False)


def needles_of(contacts: Iterable[Contact], *, names_of: int = 10) -> Needles:
    """Return the needles of people: every number in its four spellings, and of some the whole name in both orders."""
    numbers: set[bytes] = set()
    pieces: list[bytes] = list(CONTACT_MARKS)
    for at, contact in enumerate(contacts):
        for phone in contact.phones:
            digits = phone.e164.removeprefix("+")
            national = digits.removeprefix("49")
            for spelled in (digits, "00" + digits, "0" + national, national):
                if len(spelled) >= _SHORTEST_NATIONAL:
                    numbers.add(spelled.encode())
        if at < names_of and contact.given_name and contact.family_name:
            for name in (f"{contact.given_name} {contact.family_name}", f"{contact.family_name}, {contact.given_name}"):
                pieces += [name.encode(), name.encode("utf-16-le"), name.encode("utf-16-be")]
    return Needles(frozenset(numbers), tuple(pieces))


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to: how many files were read, how many findings there are, and in which files."""

    files: int
    found: int
    where: tuple[Path, ...] = ()


def search(folders: Iterable[Path], needles: Needles, *, leave_out: frozenset[Path] = frozenset()) -> Searched:
    """Search every byte of every file below the folders; a file's name counts too.

    Numbers are also found as UTF-16. Folders that do not exist are passed over.
    """
    files = found = 0
    where = []
    for path in _files(folders):
        if path in leave_out:
            continue
        try:
            here = _findings(path, needles)
        except FileNotFoundError:  # another program's temporary file went away meanwhile: nothing is left to find in it
            continue
        files += 1
        found += here
        if here:
            where.append(path)
    return Searched(files, found, tuple(where))


def _findings(path: Path, needles: Needles) -> int:
    found = sum(piece in path.name.encode() for piece in needles.pieces)
    return found + sum(findings(data, needles) for data in _pieces_of(path))


def findings(data: bytes, needles: Needles) -> int:
    """Return how many of the needles some bytes hold; a number counts as often as it stands there."""
    found = sum(data.find(piece) >= 0 for piece in needles.pieces)
    if needles.numbers:
        found += sum(match.group().replace(b"\0", b"") in needles.numbers for match in _DIGITS.finditer(data))
        found += sum(_is_written(match.group(), needles.numbers) for match in _WRITTEN.finditer(data))
    return found


def _is_written(text: bytes, numbers: frozenset[bytes]) -> bool:
    """Tell whether neighbouring groups of digits, put together, are one of the numbers."""
    groups = _TOKENS.findall(text)
    return any(
        b"".join(groups[first:last]) in numbers
        for first in range(len(groups))
        for last in range(first + 2, len(groups) + 1)
    )


def temporary_files() -> tuple[Path, ...]:
    """Return what lies in the system's temporary folder under the program's name."""
    return tuple(sorted(Path(tempfile.gettempdir()).glob("cati*")))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
        elif folder.is_dir():
            yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _pieces_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces that overlap by more than any needle is long.

    Read, not mapped: another program may cut its file short meanwhile, and a mapped page that is gone kills us.
    """
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield before + piece
            before = piece[-_OVERLAP:]
