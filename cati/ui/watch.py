"""The window's watch: one small look a second, off the window's thread, and what follows from it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from cati.errors import Problem
from cati.text import tr
from cati.ui.background import Ticket, run_in_background
from cati.ui.parting import part_from

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.watching import Marks, Seen
    from cati.ui.main_window import MainWindow

BEAT_MS = 1000
PLANNING_MS = 10_000
_PATIENCE = 2.0


class Watch(QObject):
    """Looks while a page of the study is seen and nobody is at work on a case: never during a call or an interview.

    What it may tell the page: ``take_over(study)`` when settings, questionnaire or member changed, ``catch_up()`` when
    figures or appointments moved. Pages without these are told nothing; the next page gets the study as it is then.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._marks: Marks | None = None
        self._studied: OpenStudy | None = None
        self._looking = self._planning = False
        self._planned = QElapsedTimer()
        self._lock = threading.Lock()
        timer = QTimer(self)
        timer.timeout.connect(self.beat)
        timer.start(BEAT_MS)

    def beat(self) -> None:
        """Look once, unless a look is under way or there is no reason to."""
        window, study = self._window, self._window.study
        if study is None or study.keys is None or not window.rail.isVisible():
            return
        before = self._begin(study)
        self._plan(study)
        if self._looking or window.isMinimized():
            return
        self._looking = True

        def work(_ticket: Ticket) -> Seen | None:
            from cati.fieldwork.watching import glance  # noqa: PLC0415 - with the study

            with self._lock:
                return glance(study, before) if self._studied is study else None

        run_in_background(window, work, self._looked, self._failed)

    def look(self) -> bool:
        """Look at once, before an act that should know what holds now; False when whoever sits here has left."""
        study = self._window.study
        if study is None or study.keys is None:
            return study is not None
        from cati.fieldwork.watching import glance  # noqa: PLC0415 - with the study

        try:
            seen = glance(study, self._begin(study))
        except Problem:
            return True  # the act that follows meets the same and says so
        self._tell(seen)
        return seen.study is not None

    def leave(self) -> None:
        """Stop looking at this study: it is about to be closed, after `wait`."""
        self._studied = self._marks = None

    def wait(self) -> None:
        """Wait a while for a look that is under way; off the window's thread where a server is looked at."""
        if self._lock.acquire(timeout=_PATIENCE):
            self._lock.release()

    def _begin(self, study: OpenStudy) -> Marks | None:
        """Return what was seen of this study last; None for another one."""
        if self._studied is not study:
            self._studied, self._marks = study, None
        return self._marks

    def _looked(self, seen: Seen | None) -> None:
        self._looking = False
        # A case was opened while the look was under way: it waits, and the next look finds the same again.
        if seen is not None and self._studied is self._window.study and self._window.rail.isVisible():
            self._tell(seen)

    def _failed(self, _problem: Problem) -> None:
        """Say nothing: the server is away for a moment, and whatever is done next says so."""
        self._looking = False

    def _tell(self, seen: Seen) -> None:
        window, before = self._window, self._studied
        if seen.study is None:
            self._send_away()
            return
        self._marks = seen.marks
        page = window.page()
        if seen.study is not before:
            self._studied = seen.study
            window.take_over(seen.study)
            page = window.page()
            take_over = getattr(page, "take_over", None)
            if take_over is not None:
                take_over(seen.study)
        if seen.own:
            window.count()
        if seen.figures:
            catch_up = getattr(page, "catch_up", None)
            if catch_up is not None:
                catch_up()

    def _send_away(self) -> None:
        window, study = self._window, self._window.study
        if study is None:
            return
        window.show_sign_in(study.folder)
        part_from(window, study)
        say = getattr(window.page(), "say", None)
        if say is not None:
            say(
                tr(
                    "You were signed out: your password was changed, your access was taken away, or the contacts were "
                    "erased."
                )
            )

    def _plan(self, study: OpenStudy) -> None:
        """Now and then let the window of a supervisor work out times that ran out."""
        if self._planning or (self._planned.isValid() and not self._planned.hasExpired(PLANNING_MS)):
            return
        self._planning = True

        def work(_ticket: Ticket) -> bool:
            from cati.fieldwork.watching import plan_anew  # noqa: PLC0415 - with the study

            with self._lock:
                return self._studied is study and plan_anew(study)

        run_in_background(self._window, work, self._planned_some, lambda _problem: self._planned_some(more=False))

    def _planned_some(self, more: bool) -> None:
        self._planning = False
        if more:
            self._planned.invalidate()
        else:
            self._planned.start()
