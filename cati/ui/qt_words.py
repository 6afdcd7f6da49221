"""Qt's own words (buttons of its dialogs, context menus) and its way of writing numbers, in the reader's language."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

_translator = QTranslator()


def speak(app: QApplication, language: str) -> None:
    """Let Qt speak ``language`` too; where its words are not installed it goes on in English."""
    QLocale.setDefault(QLocale(language))
    app.removeTranslator(_translator)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if language != "en" and _translator.load(f"qtbase_{language}", folder):
        app.installTranslator(_translator)
