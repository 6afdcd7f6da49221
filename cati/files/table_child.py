"""The child process that parses a stranger's table: limits first, then bytes in and rows out by pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import ceil
from typing import IO

import msgspec

CHILD_ARGUMENT = "--read-table-in-child"
"""What a frozen program is called with to become this child."""

MEMORY = 300 * 2**20
"""Address space of the child, in bytes; about 300 MB of it are ever resident for an honest list of 100,000 rows."""
MOST_BYTES = 64 * 2**20
MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_CHARACTERS = 500
"""Of one cell; a longer one is no name, number or date."""
ROWS_A_FRAME = 2_000
_LENGTH = 8


class Order(msgspec.Struct, frozen=True, array_like=True):
    """What the parent asks for; "" means: find out."""

    sheet: str
    encoding: str
    delimiter: str
    cpu_seconds: float


class Failure(msgspec.Struct, frozen=True, tag=True):
    """Why the whole file is refused; the parent has the sentences."""

    code: str
    row: int = 0
    limit: int = 0


class Outline(msgspec.Struct, tag=True):
    """Everything about the table but its rows."""

    sheet: str = ""
    sheets: list[str] = []
    encoding: str = ""
    encoding_sure: bool = True
    delimiter: str = ""
    umlauts: list[str] = []
    formulas: list[tuple[int, int]] = []
    broken: dict[int, str] = {}


class Unreadable(Exception):  # noqa: N818 - it ends the child's work with its failure, it is no bug
    """The file as a whole cannot be read."""

    def __init__(self, code: str, *, row: int = 0, limit: int = 0) -> None:
        super().__init__(code)
        self.failure = Failure(code, row, limit)


def write_frame(pipe: IO[bytes], frame: bytes) -> None:
    """Write one frame: its length in eight bytes, big-endian, then itself."""
    pipe.write(len(frame).to_bytes(_LENGTH, "big"))
    pipe.write(frame)


def read_frame(pipe: IO[bytes]) -> bytes:
    """Read one frame; b"" when the other side has ended, also in the middle of a frame."""
    head = pipe.read(_LENGTH)
    if len(head) < _LENGTH:
        return b""
    length = int.from_bytes(head, "big")
    frame = pipe.read(length)
    return frame if len(frame) == length else b""


def limit_this_process(cpu_seconds: float) -> None:
    """Take from this process what a parser does not need: memory, time, core dumps, writing of files.

    Windows has no such limits; there the sizes checked before parsing and the parent's clock must do.
    """
    try:
        import resource  # noqa: PLC0415 - does not exist on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    seconds = max(ceil(cpu_seconds), 1)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))  # first a signal that tells why, then the end


def parse(data: bytes, order: Order) -> tuple[Outline, Iterable[list[str]]]:
    """Read the table as what its first bytes say it is; raises Unreadable.

    The outline is complete only after the last row was taken.
    """
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        from cati.files import workbooks  # noqa: PLC0415 - a text file needs no workbook reader

        return workbooks.read(data, order.sheet)
    from cati.files import delimited  # noqa: PLC0415

    return delimited.read(data, order.encoding, order.delimiter)


def _answer(data: bytes, order: Order, pipe: IO[bytes]) -> None:
    encoder = msgspec.msgpack.Encoder()
    chunk: list[list[str]] = []
    outline, rows = parse(data, order)
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Unreadable("too_many_rows", limit=MOST_ROWS)
        for cell in row:
            if "\x00" in cell or len(cell) > MOST_CHARACTERS:
                outline.broken[number] = "nul" if "\x00" in cell else "cell_too_long"
                row = [""] * len(row)  # noqa: PLW2901 - nothing of such a row goes further
                break
        chunk.append(row)
        if len(chunk) == ROWS_A_FRAME:
            write_frame(pipe, encoder.encode(chunk))
            chunk = []
    write_frame(pipe, encoder.encode(chunk))
    write_frame(pipe, encoder.encode(outline))


def main() -> int:
    """Read an order and a file from standard input, write the rows to standard output."""
    pipe_in, pipe_out = sys.stdin.buffer, sys.stdout.buffer
    order = msgspec.msgpack.decode(read_frame(pipe_in), type=Order)
    limit_this_process(order.cpu_seconds)
    try:
        _answer(read_frame(pipe_in), order, pipe_out)
    except Unreadable as refused:
        write_frame(pipe_out, msgspec.msgpack.encode(refused.failure))
    except MemoryError:
        write_frame(pipe_out, msgspec.msgpack.encode(Failure("memory")))
    pipe_out.flush()
    return 0
