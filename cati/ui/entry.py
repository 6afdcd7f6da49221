"""Entries and lists whose Return ends in them, and which forget what stood in them, undo memory and all."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Entry(QLineEdit):
    """A line to type in. Qt hands Return on to the page behind, which would take it for its own key; this one keeps it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Type; keep Return."""
        super().keyPressEvent(event)
        if event.key() in _RETURN:
            event.accept()

    def forget(self) -> None:
        """Empty the line; unlike ``clear`` this empties its undo memory too."""
        self.setText("")


class Listed(QListWidget):
    """A list to choose from by arrows and Return, which ends here."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move or choose; keep Return."""
        super().keyPressEvent(event)
        if event.key() in _RETURN:
            event.accept()

    def fit(self, most: int = 8) -> None:
        """Be as high as the rows there are, up to ``most``."""
        rows = min(self.count(), most)
        height = sum(self.sizeHintForRow(at) for at in range(rows)) + 2 * self.frameWidth() + 4
        self.setFixedHeight(max(height, 1))
