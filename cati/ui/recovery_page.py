"""No research lead can sign in any more: two trustees let one in, before anybody has signed in."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, grid, heading, in_words, rule
from cati.ui.password_page import shown_by_box
from cati.ui.trustees_part import TwoTrustees

if TYPE_CHECKING:
    from cati.fieldwork.open_study import Member
    from cati.fieldwork.trustees import Door, Trustee


class RecoveryPage(Page):
    """For a study in a folder two trustees are enough; on a server its administrator must take part."""

    left = Signal(Path)
    occupied = Signal(bool)

    def __init__(self, place: Path, name: str, *, now: Callable[[], datetime], draw: random.Random) -> None:
        super().__init__(tr("Let a research lead in: {study}", study=name))
        self._place, self._now, self._draw = place, now, draw
        self.working = Working()
        self.note = Note("")
        self.note.hide()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.working)
            layout.insertWidget(2, self.note)
        self.body.addWidget(
            theme.words(
                tr(
                    "Only when every research lead has lost the password. Two of the three trustees type theirs here; "
                    "a research lead then gets new keys and a password of their own. It is logged."
                )
            )
        )
        self.body.addWidget(self._server_part())
        self.body.addWidget(self._form())
        self.body.addStretch(1)
        self.back = theme.push(tr("Back to sign-in"), lambda: self.left.emit(self._place))
        self.foot.addWidget(self.back)
        self.foot.addStretch(1)
        from cati.fieldwork.before_sign_in import is_on_server  # noqa: PLC0415 - with the page

        on_server = is_on_server(place)
        self.server.setVisible(on_server)
        self.form.hide()
        self.begin_at = self.address if on_server else self.back
        if not on_server:
            self.look()

    def _server_part(self) -> QWidget:
        self.server = QWidget()
        stack = QVBoxLayout(self.server)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(heading(tr("The server’s administrator")))
        self.address, self.admin_password = QLineEdit(), QLineEdit()
        stack.addLayout(
            grid(
                [
                    Labelled(tr("Administrator’s connection"), self.address, "postgresql://NAME@HOST/postgres"),
                    Labelled(tr("Password of the administrator"), self.admin_password),
                ],
                2,
            )
        )
        stack.addWidget(shown_by_box(self.admin_password))
        self.ask = theme.push(tr("Ask the server who the trustees are"), self.look)
        stack.addWidget(self.ask, 0, Qt.AlignmentFlag.AlignLeft)
        stack.addWidget(rule())
        self.address.returnPressed.connect(self.admin_password.setFocus)
        self.admin_password.returnPressed.connect(self.ask.click)
        return self.server

    def _form(self) -> QWidget:
        self.form = QWidget()
        stack = QVBoxLayout(self.form)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(heading(tr("Two trustees")))
        self.two = TwoTrustees()
        stack.addWidget(self.two)
        stack.addWidget(rule())
        stack.addWidget(heading(tr("The research lead who is let in")))
        self.login, self.name, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.login.setMaxLength(60)
        self.name.setMaxLength(200)
        self.password_field = Labelled(
            tr("New password"), self.password, tr("At least 12 characters, typed by the research lead.")
        )
        stack.addLayout(
            grid(
                [
                    Labelled(
                        tr("Sign-in name"), self.login, tr("A new one, or that of a research lead of this study.")
                    ),
                    Labelled(tr("Name"), self.name),
                    self.password_field,
                ],
                2,
            )
        )
        stack.addWidget(shown_by_box(self.password))
        self.let_in = theme.push(tr("&Let this person in"), self.go, kind="primary")
        stack.addWidget(self.let_in, 0, Qt.AlignmentFlag.AlignLeft)
        return self.form

    def _door(self) -> Door:
        from cati.fieldwork.trustees import Door  # noqa: PLC0415 - with the store

        return Door(
            place=self._place,
            now=self._now,
            draw=self._draw,
            administrator=self.address.text().strip(),
            administrator_password=self.admin_password.text(),
        )

    def look(self) -> None:
        """Ask in the background who the trustees are."""
        door = self._door()

        def work(_ticket: Ticket) -> tuple[Trustee, ...]:
            from cati.fieldwork.trustees import trustees_of  # noqa: PLC0415

            return trustees_of(door)

        self._begin(tr("Looking who the trustees are …"))
        run_in_background(self, work, self._found, self._failed)

    def _found(self, named: tuple[Trustee, ...]) -> None:
        self._end()
        if not named:
            self.note.say(
                tr("No trustees were named in this study. Nobody can let a research lead in; the contacts are lost."),
                "warning",
            )
            return
        self.two.fill(named)
        self.form.show()
        self.two.chosen[0].setFocus()

    def go(self) -> None:
        """Let the lead in, in the background."""
        if not self.let_in.isEnabled():
            return
        door, two = self._door(), self.two.typed()
        login, name, password = self.login.text().strip(), self.name.text().strip(), self.password.text()

        def work(_ticket: Ticket) -> Member:
            from cati.fieldwork.open_study import Role  # noqa: PLC0415
            from cati.fieldwork.staffing import NewMember  # noqa: PLC0415
            from cati.fieldwork.trustees import let_lead_in  # noqa: PLC0415

            new = NewMember(login=login, name=name, role=Role.RESEARCH_LEAD, password=password)
            return let_lead_in(door, two, new)

        self._begin(tr("Opening what the two trustees can open …"))
        self.occupied.emit(True)
        run_in_background(self, work, self._done, self._failed)

    def _done(self, member: Member) -> None:
        self._end()
        self.form.hide()
        self.server.hide()
        for editor in (self.password, self.admin_password, self.login, self.name):
            editor.clear()
        self.note.say(
            "✓ "
            + tr("{name} can sign in now.", name=member.name)
            + " "
            + tr("Name three trustees anew: whoever watched these two type could come in by it.")
        )
        self.back.setFocus()

    def _begin(self, what: str) -> None:
        self.note.hide()
        self.working.begin(what)
        for button in (self.let_in, self.ask, self.back):
            button.setEnabled(False)

    def _end(self) -> None:
        self.working.end()
        self.occupied.emit(False)
        for button in (self.let_in, self.ask, self.back):
            button.setEnabled(True)

    def _failed(self, problem: Problem) -> None:
        self._end()
        self.note.say(in_words(problem), "warning")
