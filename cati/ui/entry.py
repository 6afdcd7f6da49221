"""Entries and lists whose Return ends in them and which forget what stood in them, and a scroll area without keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QPlainTextEdit, QScrollArea

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Unkeyed(QScrollArea):
    """A scroll area that leaves paging and arrows to the page: there they mean "one question back", not "up"."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "scroll")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take none."""
        event.ignore()


class Entry(QLineEdit):
    """A line to type in. Qt hands Return on to the page behind, which has its own use for it; this one keeps it."""

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


_THE_PAGES = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, *(Qt.Key(Qt.Key.Key_F1.value + n) for n in range(12)))


class Words(QPlainTextEdit):
    """Several lines to type in. Return is the page's (Shift+Return begins a new line), as are paging and F keys."""

    typed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self._own = False
        self.textChanged.connect(self._changed)

    def _changed(self) -> None:
        if not self._own:
            self.typed.emit(self.toPlainText())

    def show_words(self, text: str) -> None:
        """Show a text without reporting it as typed; its undo memory begins anew."""
        if not text and self.document().isEmpty() and not self.document().availableUndoSteps():
            return
        self._own = True
        self.setPlainText(text)
        self.document().clearUndoRedoStacks()
        cursor = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)
        self._own = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Type; leave the page's keys to the page."""
        breaks = event.key() in _RETURN and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if (event.key() in _RETURN and not breaks) or event.key() in _THE_PAGES:
            event.ignore()
        else:
            super().keyPressEvent(event)
