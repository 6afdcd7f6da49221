"""Slow work off the window's thread: a pool in, the window's thread out, with progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from cati.bugs import note_bug
from cati.errors import Cancelled, Problem
from cati.text import tr

T = TypeVar("T")

_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="cati")
_at_work: set[Job] = set()


class Ticket:
    """What the work gets to report how far it is and to learn that nobody waits for it any more."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self._report = report
        self._stop = threading.Event()

    def progress(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` are through; called from the work's thread."""
        self._report(done, total)

    def cancelled(self) -> bool:
        """Tell whether the person has pressed Cancel."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next look."""
        self._stop.set()


class Job(QObject):
    """One piece of work under way; its callbacks run in the window's thread, and never once the owner is gone."""

    _moved = Signal(int, int)
    _ended = Signal(object, object)

    def __init__(self, owner: QWidget) -> None:
        super().__init__()
        self._owner = owner
        self._ticket = Ticket(self._moved.emit)
        self._done: Callable[[object], None] = lambda _value: None
        self._failed: Callable[[Problem], None] = lambda _problem: None
        self._cancelled: Callable[[], None] = lambda: None
        self._dropped: Callable[[object], None] = lambda _value: None
        self._progress: Callable[[int, int], None] = lambda _done, _total: None
        self._moved.connect(self._on_moved)
        self._ended.connect(self._on_ended)

    def cancel(self) -> None:
        """Ask the work to stop; ``cancelled`` is called when it has, unless it was done before."""
        self._ticket.cancel()

    @Slot(int, int)
    def _on_moved(self, done: int, total: int) -> None:
        if isValid(self._owner):
            self._progress(done, total)

    @Slot(object, object)
    def _on_ended(self, value: object, error: BaseException | None) -> None:
        _at_work.discard(self)
        if not isValid(self._owner):
            if error is None:
                self._dropped(value)
            return
        if error is None:
            self._done(value)
        elif isinstance(error, Cancelled):
            self._cancelled()
        elif isinstance(error, Problem):
            self._failed(error)
        else:
            self._failed(bug(error))

    def run(self, work: Callable[[Ticket], object]) -> None:
        """Do the work; called in a thread of the pool."""
        value: object = None
        failure: BaseException | None = None
        try:
            value = work(self._ticket)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the window's thread must hear of it
            failure = error
        if isValid(self):
            self._ended.emit(value, failure)


def bug(error: BaseException) -> Problem:
    """Log a bug by type and place, never with its values, and return the sentence for it."""
    note_bug(error)
    return Problem(
        tr("Program error"),
        tr("This should not have happened ({kind}).", kind=type(error).__name__),
        tr("What you did last was not kept. Please report it."),
    )


def run_in_background(
    owner: QWidget,
    work: Callable[[Ticket], T],
    done: Callable[[T], None],
    failed: Callable[[Problem], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    cancelled: Callable[[], None] | None = None,
    dropped: Callable[[T], None] | None = None,
) -> Job:
    """Run ``work`` in the pool and hand its result to ``done`` in the window's thread.

    A Problem goes to ``failed``, `Cancelled` to ``cancelled``; any other exception is a bug and becomes a Problem.
    When ``owner`` is gone by then, the result is dropped: only ``dropped`` is called, to close what it holds.
    """
    job = Job(owner)
    job._done = done  # type: ignore[assignment]  # noqa: SLF001 - the job is this module's; it hands on what work returned
    if failed is not None:
        job._failed = failed  # noqa: SLF001
    if progress is not None:
        job._progress = progress  # noqa: SLF001
    if cancelled is not None:
        job._cancelled = cancelled  # noqa: SLF001
    if dropped is not None:
        job._dropped = dropped  # type: ignore[assignment]  # noqa: SLF001 - as above
    _at_work.add(job)
    _pool.submit(job.run, work)
    return job


def cancel_all() -> None:
    """Ask all work to stop, when the program ends."""
    for job in tuple(_at_work):
        job.cancel()


def is_busy() -> bool:
    """Tell whether any work is still under way, or its result not yet handed over."""
    return bool(_at_work)
