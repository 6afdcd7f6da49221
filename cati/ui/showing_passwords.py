"""A box that shows passwords as they are typed, and covers them again as soon as it is out of sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit

from cati.text import tr


class ShowPasswords(QCheckBox):
    """Off at first; ``show`` is called with whether passwords are to be seen."""

    def __init__(self, show: Callable[[bool], None]) -> None:
        super().__init__(tr("Show passwords"))
        self.toggled.connect(show)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Cover the passwords when the part or page is left."""
        self.setChecked(False)
        super().hideEvent(event)


def cover(editor: QLineEdit, *, shown: bool) -> None:
    """Show what is typed into an editor, or only how many characters."""
    editor.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
