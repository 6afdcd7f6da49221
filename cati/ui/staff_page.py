"""The staff of a study, for its research leads: people, somebody new, trustees, one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from cati.text import tr
from cati.ui.pages import Page
from cati.ui.password_page import PasswordPart
from cati.ui.staff_adding import AddingPart
from cati.ui.staff_people import PeoplePart
from cati.ui.trustees_part import TrusteesPart

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


class StaffPage(Page):
    """Four parts behind tabs."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Staff"))
        self.study = study
        self.view.hide()
        self.people = PeoplePart(study)
        self.adding = AddingPart(study)
        self.trustees = TrusteesPart(study)
        own = Page("")
        own.heading.hide()
        self.own = PasswordPart(study)
        own.body.addWidget(self.own)
        own.body.addStretch(1)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(tr("Parts of the staff page"))
        self.tabs.setDocumentMode(True)
        for part, title in (
            (self.people, tr("People")),
            (self.adding, tr("Add a person")),
            (self.trustees, tr("Trustees")),
            (own, tr("My password")),
        ):
            self.tabs.addTab(part, title)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.tabs, 1)
        self.adding.added.connect(self.people.refresh)
        self.begin_at = self.tabs.tabBar()
