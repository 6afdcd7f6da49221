"""Builds the program once, from the bottom up; nothing else builds anything."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QLocale, QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QMessageBox

from cati.bugs import catch_all
from cati.text import LANGUAGES, set_language, tr
from cati.ui import preferences, qt_words, theme
from cati.ui.collecting import collect_in_this_thread
from cati.ui.look import show_on_screen
from cati.ui.main_window import MainWindow


def _clock() -> datetime:
    return datetime.now(UTC)


def build(argv: Sequence[str]) -> tuple[QApplication, MainWindow]:
    """Return the application and its window, not shown yet, in the look, size and language last used here."""
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(["cati", *argv])
    app.setApplicationName("cati")
    remembered = preferences.load()
    spoken = remembered.language or QLocale.system().name()[:2]
    spoken = spoken if spoken in LANGUAGES else "en"
    set_language(spoken)
    qt_words.speak(app, spoken)
    theme.wear(app, dark=remembered.dark, scale=remembered.scale)
    window = MainWindow(now=_clock, draw=random.SystemRandom(), preferences=remembered)
    return app, window


def main() -> int:
    """Open the window and return the program's exit status when it is closed."""
    from cati.ui import background  # noqa: PLC0415 - at the end only

    app, window = build(sys.argv[1:])
    guard(window)
    collect_in_this_thread(window)
    if len(sys.argv) > 1:  # a link file, opened from a file manager or on a terminal
        window.show_sign_in(Path(sys.argv[1]).absolute())
    show_on_screen(window, window.screen().availableGeometry())
    status = app.exec()
    background.cancel_all()
    return status


def guard(window: MainWindow) -> None:
    """Keep what Qt says, and what nobody caught, off the terminal; a bug is told in the window, without its values."""
    qInstallMessageHandler(_keep_quiet)
    catch_all(lambda kind, _where: _tell(window, kind))


def _keep_quiet(kind: QtMsgType, context: QMessageLogContext, _said: str) -> None:
    """Log that Qt said something, never what: its warning about a `tel:` link repeats the number."""
    logging.getLogger("cati").info("qt: %s in %s", kind.name, context.category)


def _tell(window: MainWindow, kind: str) -> None:
    """Say beside the work, not in its way, that something went wrong."""
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        tr("Program error"),
        tr("This should not have happened ({kind}).", kind=kind),
        QMessageBox.StandardButton.Ok,
        window,
    )
    box.setInformativeText(tr("What you did last was not kept. Please report it."))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    box.show()
