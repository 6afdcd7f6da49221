"""A running study's settings: what is safe to change, and what was changed when by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from cati.errors import Problem
from cati.settings import StudySettings, check_settings
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.pages import Note, Page, Working, in_words
from cati.ui.rules_section import RulesSection
from cati.ui.sites_section import SitesSection
from cati.ui.study_sections import AboutSection, ConsentSection, DatesSection, Section

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

FIELD_NAMES = {
    "name": mark("Name"), "client": mark("Client"), "institute": mark("Institute"),
    "callback_number": mark("Number to call back"), "sites": mark("Sites"), "field_from": mark("First day of calls"),
    "field_to": mark("Last day of calls"), "contact_from": mark("Eligibility"), "contact_to": mark("Eligibility"),
    "consent": mark("Consent"), "languages": mark("Languages"), "expected_minutes": mark("Expected length"),
    "erasure_date": mark("Erasure date"), "rules": mark("Calling rules"), "purpose": mark("Purpose"),
    "quota_margin": mark("Interviews above a target"),
    "lock_minutes": mark("Lock after"),
    "views_per_hour": mark("Contacts seen in an hour"),
}  # fmt: skip
"""Names of the settings' fields as the page calls them."""


class SettingsPage(Page):
    """The same parts as when the study was made; unsafe changes are refused with the reason."""

    settled = Signal(object)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Settings"))
        self.study = study
        self.about, self.sites, self.consent, self.rules = (
            AboutSection(),
            SitesSection(),
            ConsentSection(),
            RulesSection(),
        )
        self.dates = DatesSection(study.now().astimezone().date())
        self.sections: tuple[Section, ...] = (self.about, self.sites, self.dates, self.consent, self.rules)
        self.view.hide()
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(tr("Parts of the settings"))
        titles = (tr("About the study"), tr("Sites"), tr("Dates"), tr("Consent"), tr("Calling rules"))
        for section, title in zip(self.sections, titles, strict=True):
            page = Page("")
            page.heading.hide()
            page.body.addWidget(section)
            page.body.addStretch(1)
            self.tabs.addTab(page, title)
        self.tabs.setDocumentMode(True)
        self.note = Note("")
        self.note.hide()
        self.working = Working()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.tabs, 1)
            layout.insertWidget(2, self.working)
            layout.insertWidget(3, self.note)
        self.save = theme.push(tr("&Save the changes"), self.change, kind="primary")
        self.foot.addStretch(1)
        self.foot.addWidget(self.save)
        self.show_settings(study.settings)

    def show_settings(self, settings: StudySettings) -> None:
        """Show these settings."""
        values: dict[str, Any] = {name: getattr(settings, name) for name in FIELD_NAMES}
        for section in self.sections:
            section.fill(values)
        self.consent.fill(values, fixed=True)

    def take_over(self, study: OpenStudy) -> None:
        """Show what somebody else changed; what was typed here and not yet saved stays, and is saved beside it."""
        if study.settings == self.study.settings:
            self.study = study
        elif self.settings() == self.study.settings:
            self.study = study
            self.show_settings(study.settings)
            self.note.say(tr("Somebody else changed the settings; this page shows them."))
        else:
            self.note.say(tr("Somebody else changed other settings meanwhile; yours are not saved yet."), "warning")

    def settings(self) -> StudySettings:
        """Return the settings as typed; the languages stay with the questionnaire."""
        found: dict[str, Any] = {}
        for section in self.sections:
            found.update(section.values())
        found.pop("site_rows", None)
        return replace(self.study.settings, **found)

    def change(self) -> None:
        """Keep what was changed, or say why not."""
        from cati.fieldwork.study import change_settings  # noqa: PLC0415 - with the page

        settings = self.settings()
        left: Sequence[Problem] = check_settings(settings)
        wrong = bool(left)
        for section in self.sections:
            left = section.show_faults(left)
        if wrong:
            self.note.say("\n".join([tr("Not saved; see what is marked ✗."), *(in_words(p) for p in left)]), "warning")
            return
        study = self.study

        def refused(problem: Problem) -> None:
            self.save.setEnabled(True)
            self.note.say(in_words(problem), "warning")

        self.save.setEnabled(False)
        ask(
            self,
            study,
            lambda: change_settings(study, settings),
            lambda found: self._changed(settings, *found),
            refused,
            sign=self.working,
        )

    def _changed(self, settings: StudySettings, study: OpenStudy, changed: Sequence[str]) -> None:
        self.save.setEnabled(True)
        self.study = study
        if study.settings != settings:  # somebody else changed others meanwhile
            self.show_settings(study.settings)
        self.settled.emit(study)
        if changed:
            names = sorted({tr(FIELD_NAMES[name]) for name in changed})
            self.note.say("✓ " + tr("Saved and logged: {names}.", names=", ".join(names)))
        else:
            self.note.say(tr("Nothing was changed."))
