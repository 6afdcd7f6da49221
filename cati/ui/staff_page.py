"""The staff of a study, for its research leads: people, somebody new, trustees, one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from cati.text import tr
from cati.ui.left_part import LeftPart
from cati.ui.pages import Page
from cati.ui.password_page import PasswordPart
from cati.ui.staff_adding import AddingPart
from cati.ui.staff_people import PeoplePart
from cati.ui.trustees_part import TrusteesPart

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


class StaffPage(Page):
    """Four parts behind tabs. Reports ``settled(OpenStudy)`` when the study's keys were renewed."""

    settled = Signal(object)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Staff"))
        self.study = study
        self.view.hide()
        self.people = PeoplePart(study)
        self.adding = AddingPart(study)
        self.trustees = TrusteesPart(study)
        self.left_here = LeftPart(study)
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
            (self.trustees, tr("Keys")),
            (own, tr("My password")),
        ):
            self.tabs.addTab(part, title)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.left_here)
            layout.insertWidget(2, self.tabs, 1)
        self.adding.added.connect(self.people.refresh)
        self.trustees.renewing.renewed.connect(self._take_over)
        self.begin_at = self.tabs.tabBar()

    def _take_over(self, study: OpenStudy) -> None:
        """Go on with the keys of the new epoch, here and in the window."""
        self.study = study
        for part in (self.people, self.adding, self.trustees, self.own, self.left_here):
            part.study = study
        self.settled.emit(study)
