"""Adding a person to the staff of a running study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Page, Working, grid, in_words
from cati.ui.password_page import shown_by_box
from cati.ui.skills_part import SkillsPart
from cati.ui.staff_section import ROLES
from cati.ui.start_password_shown import StartPasswordShown

if TYPE_CHECKING:
    from cati.fieldwork.open_study import Member, OpenStudy


class AddingPart(Page):
    """Sign-in name, name, role, skills, and a start password that is drawn unless one is typed."""

    added = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__("")
        self.heading.hide()
        self.study = study
        self.login, self.name, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.login.setMaxLength(60)
        self.name.setMaxLength(200)
        self.role = QComboBox()
        for value, words in ROLES:
            self.role.addItem(tr(words), value)
        self.password_field = Labelled(
            tr("Start password"), self.password, tr("Leave it empty, and one is drawn. Else at least 12 characters.")
        )
        self.first_shown = shown_by_box(self.password)
        self.body.addLayout(
            grid(
                [
                    Labelled(tr("Sign-in name"), self.login),
                    Labelled(tr("Name"), self.name, tr("As it is said in the introduction.")),
                    Labelled(tr("Role"), self.role),
                    self.password_field,
                ],
                2,
            )
        )
        self.body.addWidget(self.first_shown)
        self.skills = SkillsPart(study.settings.languages)
        self.body.addWidget(self.skills)
        self.add = theme.push(tr("&Add"), self.add_person, kind="primary")
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.working = Working()
        self.body.addWidget(self.working)
        self.once = StartPasswordShown(study.settings.name)
        self.once.done.connect(self.login.setFocus)
        self.body.addWidget(self.once)
        self.body.addStretch(1)
        self.login.returnPressed.connect(self.name.setFocus)
        self.name.returnPressed.connect(self.role.setFocus)
        self.password.returnPressed.connect(self.add.click)
        self.begin_at = self.login

    def add_person(self) -> None:
        """Add the person typed in; their keys are made in the background."""
        if not self.add.isEnabled():
            return
        login, name, typed = self.login.text().strip(), self.name.text().strip(), self.password.text()
        role, study = str(self.role.currentData()), self.study
        languages, converts = self.skills.spoken(), self.skills.converts.isChecked()

        def work(_ticket: Ticket) -> tuple[Member, str]:
            from cati.fieldwork.open_study import Role  # noqa: PLC0415 - with the page
            from cati.fieldwork.staffing import NewMember, add_member, drawn_start_password  # noqa: PLC0415

            password = typed or drawn_start_password()
            new = NewMember(
                login=login, name=name, role=Role(role), password=password, languages=languages, converts=converts
            )
            return add_member(study, new), password

        self.password_field.show_fault("")
        self.once.forget()
        self.add.setEnabled(False)
        self.working.begin(tr("Making the keys of the new person …"))
        run_in_background(self, work, self._added, self._refused)

    def _added(self, made: tuple[Member, str]) -> None:
        self.working.end()
        self.add.setEnabled(True)
        for editor in (self.login, self.name, self.password):
            editor.clear()
        self.skills.fill(self.study.settings.languages, converts=False)
        member, password = made
        self.once.show_password(member.name, member.login, password)
        QTimer.singleShot(0, self, lambda: self.view.ensureWidgetVisible(self.once))  # when it has found its place
        self.added.emit()

    def _refused(self, problem: Problem) -> None:
        self.working.end()
        self.add.setEnabled(True)
        self.password_field.show_fault(in_words(problem))
