"""Reads a table of strangers in a child process under limits, so that no file can take the program down."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

import cati
from cati.errors import Cancelled, Problem
from cati.files import table_child
from cati.files.table_child import CHILD_ARGUMENT, Failure, Order, Outline
from cati.text import mark, tr

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")
"""What `read_table` reads; the content decides how, the name is only shown."""

SECONDS = 5.0
SECONDS_A_MEBIBYTE = 1.0
"""A processor's time that a file gets: a fixed part, and more for what is honestly large."""
PATIENCE = 4.0 if os.name == "nt" else 12.0
"""So many times longer it may take by the clock: a computer with much else to do gives the child a part of its time.

Where the system itself counts the processor's time, the clock only ends a child that does nothing at all.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text. ``rows[0]`` is row 1 of the sheet or file; blank rows are kept, so numbers stay true.

    A workbook's rows are all equally long; the rows of a text file are as long as they were written,
    and whoever reads them must compare their width (`cati.files.rows` does).
    """

    name: str
    rows: list[list[str]] = field(repr=False)
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    """The visible sheets that have cells."""
    encoding: str = ""
    """Python's name of the encoding of a text file, "" for a workbook."""
    encoding_sure: bool = True
    """False when it was guessed: show `umlauts` and let a person confirm."""
    delimiter: str = ""
    umlauts: tuple[str, ...] = field(default=(), repr=False)
    """Words with letters beyond ASCII as they were decoded, all other letters as dots."""
    formulas: frozenset[tuple[int, int]] = frozenset()
    """(row number, column index) of cells that hold a formula."""
    broken: dict[int, str] = field(default_factory=dict)
    """Row number → code of why no cell of that row can be trusted ("nul", "cell_too_long")."""

    def row(self, number: int) -> list[str]:
        """Return the cells of the row with this number, counted from 1 as a spreadsheet does."""
        return self.rows[number - 1]


_FAILURES = {
    "empty": (mark("The file is empty."), mark("Ask the office for the list.")),
    "too_large": (
        mark("The file is larger than a list of people can be."),
        mark("Ask the office to send the list alone, without pictures and other sheets."),
    ),
    "unpacks_too_large": (
        mark("The workbook unpacks to far more than its size suggests; it was not opened."),
        mark("Ask the office to save the list anew as .csv or .xlsx."),
    ),
    "too_many_rows": (
        mark("The table has more rows than the limit of {limit}."),
        mark("Ask for the list in parts, and check that nothing stands far below the last person."),
    ),
    "too_many_columns": (
        mark("The table has more columns than the limit of {limit}."),
        mark("Ask the office to delete what stands far to the right of the list."),
    ),
    "unclosed_quote": (
        mark("A quotation mark opened in row {row} is not closed; it would swallow the rows below."),
        mark("Correct the quotation marks in that row, or ask for an Excel file."),
    ),
    "not_decodable": (
        mark("The text is not written in a known encoding."),
        mark("Ask the office to save the file as UTF-8 or as an Excel file."),
    ),
    "binary": (
        mark("The file is neither a table of text nor a workbook."),
        mark("Ask for .csv, .xlsx, .xls or .ods."),
    ),
    "not_a_workbook": (
        mark("The workbook is damaged or of an unknown kind."),
        mark("Ask the office to save the list anew as .xlsx or .csv."),
    ),
    "password": (
        mark("The workbook asks for a password."),
        mark("Enter the password that the office told you."),
    ),
    "declared_entities": (
        mark("The workbook holds XML declarations that no office program writes; it was not opened."),
        mark("Ask the office to save the list anew as .xlsx or .csv."),
    ),
    "no_such_sheet": (mark("The workbook has no sheet of that name."), mark("Choose one of its sheets.")),
    "no_sheet": (mark("The workbook has no sheet with cells."), mark("Ask the office for the list.")),
    "memory": (
        mark("The file needs more memory than a list of people can; reading was stopped."),
        mark("Ask the office to save the list anew as .csv."),
    ),
    "time": (
        mark("The file takes longer to read than a list of people can; reading was stopped."),
        mark("Ask the office to save the list anew as .csv."),
    ),
    "stopped": (
        mark("Reading the file failed."),
        mark("Ask the office to save the list anew as .csv."),
    ),
}


def read_table(
    data: bytes,
    name: str,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    cancelled: Callable[[], bool] | None = None,
    seconds: float | None = None,
) -> Table:
    """Read a decrypted table (CSV, xlsx, xls, ods) of unknown origin; nothing is written to disk.

    The bytes go by pipe to a child process that may use `table_child.MEMORY` bytes of address space and
    ``seconds`` of a processor's time (by default `SECONDS` and more for large files), `PATIENCE` times as many by the
    clock; the child cannot write files. On Windows the clock is the one limit, with the sizes checked before parsing.
    ``sheet`` chooses a sheet (default: the first that has cells), ``encoding`` and ``delimiter`` overrule
    the guess for a text file. Raises Problem for a file that cannot be read, Cancelled when
    ``cancelled()`` says so.
    """
    where = tr("File {name}", name=name)
    if not data:
        raise _problem(where, Failure("empty"))
    if len(data) > table_child.MOST_BYTES:
        raise _problem(where, Failure("too_large"))
    allowed = seconds if seconds is not None else SECONDS + SECONDS_A_MEBIBYTE * len(data) / 2**20
    order = Order(sheet=sheet or "", encoding=encoding or "", delimiter=delimiter or "", cpu_seconds=allowed)
    rows: list[list[str]] = []
    outline: Outline | None = None
    for frame in _frames(data, order, allowed * PATIENCE, where, cancelled):
        if isinstance(frame, Outline):
            outline = frame
        else:
            rows.extend(frame)
    if outline is None:  # the child ends with its outline; a broken pipe was raised above
        raise _problem(where, Failure("stopped"))
    return Table(
        name=name,
        rows=rows,
        sheet=outline.sheet,
        sheets=tuple(outline.sheets),
        encoding=outline.encoding,
        encoding_sure=outline.encoding_sure,
        delimiter=outline.delimiter,
        umlauts=tuple(outline.umlauts),
        formulas=frozenset(outline.formulas),
        broken=outline.broken,
    )


def child_command() -> list[str]:
    """Return how the reading child is started: by name, or as a frozen program calling itself.

    A frozen program (PyInstaller) has no ``-m``; its ``__main__`` hands `CHILD_ARGUMENT` to
    `table_child.main`.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_ARGUMENT]
    return [sys.executable, "-P", "-c", f"import sys; from {table_child.__name__} import main; sys.exit(main())"]


def _start() -> subprocess.Popen[bytes]:
    surroundings = dict(os.environ)
    home = str(Path(cati.__file__).resolve().parent.parent)
    surroundings["PYTHONPATH"] = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(  # noqa: S603 - our own interpreter and our own module, nothing from outside
        child_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback of the child could quote a cell
        env=surroundings,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _frames(
    data: bytes, order: Order, seconds: float, where: str, cancelled: Callable[[], bool] | None
) -> Iterator[list[list[str]] | Outline]:
    """Yield the child's chunks of rows, last its outline; the child is gone when this ends, however it ends."""
    late = threading.Event()
    with _start() as child:
        assert child.stdin is not None  # noqa: S101 - both were asked for as pipes
        assert child.stdout is not None  # noqa: S101

        def stop() -> None:
            late.set()
            child.kill()

        clock = threading.Timer(seconds, stop)
        clock.daemon = True
        clock.start()
        try:
            _send(child.stdin, msgspec.msgpack.encode(order), data)
            decoder = msgspec.msgpack.Decoder(list[list[str]] | Outline | Failure)
            while frame := table_child.read_frame(child.stdout):
                if cancelled is not None and cancelled():
                    raise Cancelled
                answer = decoder.decode(frame)
                if isinstance(answer, Failure):
                    raise _problem(where, answer)
                yield answer
                if isinstance(answer, Outline):
                    return
        finally:
            clock.cancel()
            child.kill()
        ended = child.wait()
        if late.is_set() or (ended < 0 and -ended == getattr(signal, "SIGXCPU", 0)):
            raise _problem(where, Failure("time"))
        # Rust aborts and Linux kills when memory runs out: the child is silent then, and that is the sign.
        raise _problem(where, Failure("memory" if ended < 0 else "stopped"))


def _send(pipe: IO[bytes], *frames: bytes) -> None:
    try:
        for frame in frames:
            table_child.write_frame(pipe, frame)
        pipe.close()
    except OSError:
        with contextlib.suppress(OSError):  # the child died early; the reading side finds out why
            pipe.close()


def _problem(where: str, failure: Failure) -> Problem:
    what, remedy = _FAILURES.get(failure.code, _FAILURES["stopped"])
    return Problem(where, tr(what, row=failure.row, limit=failure.limit), tr(remedy))
