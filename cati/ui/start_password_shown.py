"""A start password, shown once: to be printed or written down, then gone."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from cati.text import tr
from cati.ui import theme


class StartPasswordShown(QFrame):
    """Sign-in name and password in large letters, a button to print them, one to be done with them."""

    done = Signal()

    def __init__(self, study_name: str) -> None:
        super().__init__()
        self._study = study_name
        self._login = self._name = ""
        theme.set_kind(self, "note")
        unit = theme.unit()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(unit, unit, unit, unit)
        stack.setSpacing(unit)
        self.about = theme.words("")
        stack.addWidget(self.about)
        self.password = theme.words("", "title")
        self.password.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.password.setAccessibleName(tr("Start password"))
        stack.addWidget(self.password)
        stack.addWidget(
            theme.words(
                tr(
                    "It is shown this once and kept nowhere. Hand it over in person; at the first sign-in the program "
                    "asks for a password of their own."
                ),
                "quiet",
            )
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(unit)
        self.print = theme.push(tr("Print the slip …"), self._print)
        self.finish = theme.push(tr("It is written down"), self.forget)
        for button in (self.print, self.finish):
            buttons.addWidget(button)
        buttons.addStretch(1)
        stack.addLayout(buttons)
        self.hide()

    def show_password(self, name: str, login: str, password: str) -> None:
        """Show a password until `forget`."""
        self._name, self._login = name, login
        self.about.setText(tr("{name} signs in as {login} with this start password:", name=name, login=login))
        self.password.setText(password)
        self.show()
        self.finish.setFocus()

    def forget(self) -> None:
        """Take the password off the page for good."""
        self.password.clear()
        self.about.clear()
        self._name = self._login = ""
        self.hide()
        self.done.emit()

    def _print(self) -> None:
        from cati.fieldwork.start_sheet import StartPassword, start_slip  # noqa: PLC0415 - once in a while
        from cati.ui.sheets_page import print_html  # noqa: PLC0415

        print_html(self, start_slip(self._study, StartPassword(self._login, self._name, self.password.text())))
