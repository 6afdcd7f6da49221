"""What becomes of a bug: its type and its places go to a small log of one's own, never what it was about."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from cati import places

LOG_NAME = "cati.log"
_LARGEST = 500_000
_PACKAGE = Path(__file__).resolve().parent
_LOG = logging.getLogger("cati")


def place_of(trace: TracebackType | None) -> str:
    """Return where a bug happened: the program's own lines, the innermost first, such as "ui/keyed.py:12 < cli.py:3".

    A traceback itself is never written: its last line repeats values, and a value may be somebody's name.
    """
    found: list[str] = []
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            found.append(f"{file.relative_to(_PACKAGE).as_posix()}:{trace.tb_lineno}")
        elif trace.tb_next is None:
            found.append(f"{file.name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(found)) or "?"


def note_bug(error: BaseException) -> str:
    """Log a bug by type and place; return the innermost place, for the sentence that a person sees."""
    where = place_of(error.__traceback__)
    _LOG.error("bug: %s at %s", type(error).__name__, where)
    return where.partition(" < ")[0]


def keep_log() -> None:
    """Let the program's log go to a file for this person only, of half a megabyte at most, and one before it."""
    _LOG.propagate = False
    if any(isinstance(handler, RotatingFileHandler) for handler in _LOG.handlers):
        return
    try:
        folder = places.logs()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / LOG_NAME
        file.touch(mode=0o600)
        handler = RotatingFileHandler(file, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True)
    except OSError:  # a full or read-only disk must not keep anybody from calling
        _LOG.addHandler(logging.NullHandler())
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)


def catch_all(tell: Callable[[str, str], None]) -> None:
    """Send every exception that nobody caught to the log, and its (type, place) to ``tell``; nothing to the terminal.

    Those of threads and of objects being taken down are logged only.
    """

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.exit(130)
        tell(kind.__name__, note_bug(error.with_traceback(trace)))

    def in_thread(said: threading.ExceptHookArgs) -> None:
        if said.exc_value is not None:
            note_bug(said.exc_value.with_traceback(said.exc_traceback))

    def taken_down(said: sys.UnraisableHookArgs) -> None:
        if said.exc_value is not None:
            note_bug(said.exc_value.with_traceback(said.exc_traceback))

    sys.excepthook = caught
    threading.excepthook = in_thread
    sys.unraisablehook = taken_down
