"""The look, the size of the text and the language of the window: put on at once and remembered for the next start."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication, QWidget

from cati.text import language, set_language
from cati.ui import qt_words, theme
from cati.ui.preferences import Preferences, keep

USUAL_SIZE = QSize(1280, 800)
_FRAME = QSize(16, 48)
"""What a frame with its title bar takes at most; it is known for certain only after the window is shown."""


def put_on(
    preferences: Preferences, *, dark: bool | None = None, scale: float | None = None, speak: str | None = None
) -> Preferences:
    """Change what is given, leave the rest as it is worn, and return the preferences as they were kept."""
    application = QApplication.instance()
    if isinstance(application, QApplication):
        if dark is not None or scale is not None:
            look = theme.is_dark() if dark is None else dark
            theme.wear(application, dark=look, scale=theme.scale() if scale is None else scale)
        if speak is not None:
            set_language(speak)
            qt_words.speak(application, speak)
    spoken = language() if speak is not None else preferences.language
    kept = replace(preferences, dark=theme.is_dark(), scale=theme.scale(), language=spoken)
    keep(kept)
    return kept


def next_scale(step: int) -> float:
    """Return the text scale ``step`` steps above (or below) the one worn, within 100 and 200 %."""
    at = min(range(len(theme.SCALES)), key=lambda i: abs(theme.SCALES[i] - theme.scale()))
    return theme.SCALES[min(max(at + step, 0), len(theme.SCALES) - 1)]


def show_on_screen(window: QWidget, free: QRect) -> None:
    """Show the window in its usual size in the middle of ``free``, or filling the screen where that has no room for it.

    ``free`` is what the screen leaves beside bars and docks (`QScreen.availableGeometry`).
    """
    room = free.size() - _FRAME
    window.resize(USUAL_SIZE.boundedTo(room))
    if room != room.expandedTo(USUAL_SIZE):
        window.showMaximized()
        return
    window.move(free.center() - QRect(window.rect().topLeft(), USUAL_SIZE + _FRAME).center())
    window.show()
