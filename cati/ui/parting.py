"""Parting from an open study: signed out and closed; of a server that may take its time, off the window's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from cati.errors import Problem
from cati.text import tr
from cati.ui.background import Ticket, run_in_background

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.main_window import MainWindow

PATIENCE_MS = 5000


def part_from(window: MainWindow, study: OpenStudy, *, signed_out: bool = False) -> None:
    """Close a study that the window has left already; ``signed_out``: log first that its member has left.

    Where it lies on a server, the page that is open by now says so until it is done, if it can (`parting(words)`, ""
    when it is); after `PATIENCE_MS` nobody is kept from signing in any more, and it is done beside that.
    """
    watch = window.watch

    def part() -> None:
        watch.wait()
        if signed_out:
            from cati.fieldwork.study import sign_out  # noqa: PLC0415 - loaded with the study

            sign_out(study)
        else:
            study.close()

    if study.desk is None:
        part()
        return
    tell = getattr(window.page(), "parting", lambda _words: None)
    tell(tr("Signing out …"))

    def parted(_found: object = None) -> None:
        now = getattr(window.page(), "parting", lambda _words: None)
        now("")

    QTimer.singleShot(PATIENCE_MS, window, parted)

    def work(_ticket: Ticket) -> None:
        part()

    def failed(problem: Problem) -> None:
        parted(problem)

    run_in_background(window, work, parted, failed)
