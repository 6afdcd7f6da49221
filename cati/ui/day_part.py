"""The day's report on the log page: made on demand, read, printed, saved as a PDF; nothing of it is kept here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QTextBrowser, QVBoxLayout

from cati.errors import Problem
from cati.survey.calling_hours import wall
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.day_entry import DayEdit
from cati.ui.pages import Labelled, Note, Page, Working, in_words, row
from cati.ui.sheets_page import print_html, save_as_pdf, sheet_font, sheet_in_window

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.sheets import Sheet


class DayPart(Page):
    """A day, a button, and the sheet: what is shown is what is printed."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__("", wide=True)
        self.heading.hide()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.setContentsMargins(0, theme.unit(), 0, 0)
        self.study = study
        self.sheet: Sheet | None = None
        self.making = False
        self.day = DayEdit(wall(study.now(), study.settings.sites[0]).date())
        self.day.setMaximumWidth(theme.columns(24))
        self.make = theme.push(tr("&Make the report"), self.begin, kind="primary")
        self.print = theme.push(tr("&Print …"), self._print)
        self.save = theme.push(tr("&Save as PDF …"), self._save)
        self.note = Note("")
        self.note.hide()
        self.working = Working()
        self.words = QTextBrowser()
        self.words.setOpenLinks(False)
        self.words.setAccessibleName(tr("Day’s report"))
        self.words.setMinimumHeight(theme.line() * 16)
        about = theme.words(
            tr(
                "The day’s numbers, what to ask about, and a word that later proves the log whole. "
                "Print it each evening and keep it outside this computer."
            ),
            "quiet",
        )
        self.body.addWidget(about)
        self.body.addLayout(row(Labelled(tr("Day"), self.day)))
        paper = (self.print, self.save)
        for buttons in ((self.make,), paper) if theme.is_large() else ((self.make, *paper),):
            self.body.addLayout(row(*buttons))
        self.body.addWidget(self.working)
        self.body.addWidget(self.note)
        self.body.addWidget(self.words, 100)
        self.body.addStretch(1)  # while there is no report, what is above stays together
        self.begin_at = self.make
        self._show_made(made=False)

    def begin(self) -> None:
        """Make the report of the day chosen, in the background, and sign the log as it stands."""
        if self.making:  # the button stays pressable: one that is greyed out loses the keyboard's place
            return
        study, day = self.study, self.day.day()

        def work(_ticket: Ticket) -> Sheet:
            from cati.fieldwork.day_report import day_report  # noqa: PLC0415 - with the part

            return day_report(study, day)

        self.note.hide()
        self.making = True
        self.working.begin(tr("Looking through the log …"))
        run_in_background(self, work, self.show_sheet, self._failed)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a report."""
        self.working.end()
        self.making = False
        self.sheet = sheet
        self.words.document().setDefaultFont(sheet_font())
        self.words.setHtml(sheet_in_window(sheet.html))
        self._show_made(made=True)

    def _show_made(self, *, made: bool) -> None:
        for part in (self.print, self.save, self.words):
            part.setVisible(made)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.making = False
        self.note.say(in_words(problem), "warning")

    def _print(self) -> None:
        if self.sheet is not None and print_html(self, self.sheet.html):
            self.note.say("✓ " + tr("Sent to the printer."))

    def _save(self) -> None:
        name = tr("day-report-{day}.pdf", day=self.day.date().toString("yyyy-MM-dd"))
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Save as PDF"), name, "PDF (*.pdf)")
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write the report as a PDF that only its owner may read, and say what became of it."""
        if self.sheet is None:
            return
        try:
            save_as_pdf(self.sheet.html, path)
        except OSError as error:
            self.note.say("✗ " + tr("Not saved: {why}", why=error.strerror or type(error).__name__), "warning")
            return
        self.note.say("✓ " + tr("Saved: {path}.", path=theme.breakable(path)))
