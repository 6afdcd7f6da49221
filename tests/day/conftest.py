"""What days have in common: a search of every byte of a study's folders for what identifies somebody."""

from __future__ import annotations

import base64
import gzip
import io
import json
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SHORTEST = 6
_PIECE = 32
_BLOCK = 8 * 1024 * 1024


@dataclass(frozen=True)
class Residue:
    """Where something was found: the file (and the member inside it), the byte, and in which form."""

    path: Path
    inside: str
    offset: int
    form: str
    needle: str | bytes

    def __str__(self) -> str:
        return f"{self.path}{self.inside and ' > ' + self.inside} byte {self.offset}: {self.form} of {self.needle!r}"


Search = Callable[..., list[Residue]]


@pytest.fixture(scope="session")
def residue() -> Search:
    """Return `find_residue`."""
    return find_residue


@pytest.fixture(scope="session")
def phone_spellings() -> Callable[[str], list[str]]:
    """Return a function from an E.164 number ("+49391…") to the ways in which it is written without spaces."""
    return lambda e164: [e164, e164[1:], "00" + e164[1:], "0" + e164.removeprefix("+49")]


def find_residue(
    folders: Iterable[Path], texts: Iterable[str] = (), sealed: Iterable[bytes] = (), *, most: int = 20
) -> list[Residue]:
    """Search every byte of every file under ``folders`` (or of files), and inside zip, gzip, Parquet and SPSS files.

    ``texts`` are looked for as UTF-8 (composed, decomposed, with JSON's escapes), in Windows' code page and as UTF-16
    of both orders; ``sealed`` (ciphertexts, keys) as raw bytes, in pieces of 32 that each count, as hexadecimal and as
    base64. File names are searched too. Stops after ``most``. Raises ValueError for a needle under 6 bytes, which
    chance would find, and for a folder that is not there, which would pass for clean.
    """
    needles = _Needles(texts, sealed)
    found: list[Residue] = []
    for path in _files(folders):
        for inside, data in _views(path):
            for offset, (form, needle) in needles.look(data):
                found.append(Residue(path, inside, offset, form, needle))
                if len(found) >= most:
                    return found
    return found


class _Needles:
    """All forms of all needles, found together in one pass by their first six bytes."""

    def __init__(self, texts: Iterable[str], sealed: Iterable[bytes]) -> None:
        self.forms: dict[bytes, tuple[str, str | bytes]] = {}
        for text in texts:
            for form, data in _text_forms(text):
                self._add(data, form, text)
        for blob in sealed:
            for form, data in _sealed_forms(blob):
                self._add(data, form, blob)
        self.by_start: dict[int, list[bytes]] = {}
        for data in self.forms:
            self.by_start.setdefault(int.from_bytes(data[:SHORTEST], "little"), []).append(data)
        self.starts = np.array(sorted(self.by_start), dtype=np.uint64)
        self.longest = max(map(len, self.forms), default=0)

    def _add(self, data: bytes, form: str, needle: str | bytes) -> None:
        if len(data) < SHORTEST:
            message = f"{needle!r} is too short to be told from chance"
            raise ValueError(message)
        self.forms.setdefault(data, (form, needle))

    def look(self, data: bytes) -> Iterator[tuple[int, tuple[str, str | bytes]]]:
        """Yield (offset, (form, needle)) for everything in ``data``."""
        if not len(self.starts):
            return
        for block in range(0, len(data), _BLOCK):
            piece = data[block : block + _BLOCK + self.longest]
            for at in self._candidates(piece):
                if at >= _BLOCK:
                    continue
                start = int.from_bytes(piece[at : at + SHORTEST], "little")
                for needle in self.by_start[start]:
                    if piece.startswith(needle, at):
                        yield block + at, self.forms[needle]

    def _candidates(self, piece: bytes) -> list[int]:
        """Return where six bytes stand with which some needle begins."""
        raw = np.frombuffer(piece, dtype=np.uint8)
        if len(raw) < SHORTEST:
            return []
        count = len(raw) - SHORTEST + 1
        windows = np.zeros(count, dtype=np.uint64)
        for at in range(SHORTEST):
            windows |= raw[at : at + count].astype(np.uint64) << np.uint64(8 * at)
        places = np.searchsorted(self.starts, windows).clip(max=len(self.starts) - 1)
        return [int(at) for at in np.flatnonzero(self.starts[places] == windows)]


def _text_forms(text: str) -> Iterator[tuple[str, bytes]]:
    composed = unicodedata.normalize("NFC", text)
    yield "UTF-8", composed.encode()
    yield "UTF-16LE", composed.encode("utf-16-le")
    yield "UTF-16BE", composed.encode("utf-16-be")
    if not composed.isascii():
        yield "decomposed UTF-8", unicodedata.normalize("NFD", text).encode()
        yield "JSON", json.dumps(composed)[1:-1].encode()
        yield "Windows' code page", composed.encode("cp1252", errors="replace")


def _sealed_forms(blob: bytes) -> Iterator[tuple[str, bytes]]:
    last = max(len(blob) - _PIECE, 0)
    for at in sorted({*range(0, last + 1, _PIECE), last}):
        piece = blob[at : at + _PIECE]
        yield "raw bytes", piece
        yield "hexadecimal", piece.hex().encode()
        yield "hexadecimal", piece.hex().upper().encode()
    for shift in range(3):  # base64 looks different for each of three positions; its edges depend on the neighbours
        inner = blob[shift : shift + (len(blob) - shift) // 3 * 3][:30]
        if len(inner) >= SHORTEST:
            yield "base64", base64.b64encode(inner)
            yield "base64 for addresses", base64.urlsafe_b64encode(inner)


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if not folder.exists():
            message = f"{folder} is not there"
            raise ValueError(message)
        yield from sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def _views(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the file's name, its bytes, and what its packed forms hold."""
    yield "its name", path.name.encode()
    data = path.read_bytes()
    yield "", data
    yield from _unpacked("", data)
    if path.suffix == ".parquet":
        yield "its table", pd.read_parquet(path).to_csv().encode()
    if path.suffix in {".sav", ".zsav"}:
        yield "its table", pd.read_spss(path, convert_categoricals=False).to_csv().encode()


def _unpacked(inside: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a zip file (also .xlsx) and a gzip stream's content, also inside each other."""
    if data.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.flag_bits & 1]
            contents = [(member.filename, archive.read(member)) for member in members]
    elif data.startswith(b"\x1f\x8b"):
        try:
            contents = [("gzip", gzip.decompress(data))]
        except (OSError, EOFError, zlib.error):
            return
    else:
        return
    for name, content in contents:
        yield f"{inside}/{name}", content
        if depth < 3:
            yield from _unpacked(f"{inside}/{name}", content, depth + 1)
