"""The two sheets of a new study, shown once: the seal on paper and what the office needs to seal its list."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QSizeF, Signal
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QTextBrowser

from cati.fieldwork.sheets import sheets
from cati.settings import StudySettings
from cati.text import tr
from cati.ui import theme
from cati.ui.pages import Note, Page

if TYPE_CHECKING:
    from cati.fieldwork.study import CreatedStudy


def save_as_pdf(html: str, path: Path) -> None:
    """Write one sheet as a PDF on A4."""
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 20, 20, 20), QPageLayout.Unit.Millimeter)
    writer.setResolution(300)
    document = _document(html)
    document.documentLayout().setPaintDevice(writer)
    size = writer.pageLayout().paintRectPixels(writer.resolution()).size()
    document.setPageSize(QSizeF(size))
    document.print_(writer)


def _document(html: str) -> QTextDocument:
    document = QTextDocument()
    document.setHtml(html)
    return document


class SheetsPage(Page):
    """Both sheets with print and PDF; leaving asks whether the seal is on paper, in the page itself."""

    finished = Signal()

    def __init__(self, created: CreatedStudy, settings: StudySettings) -> None:
        super().__init__(tr("The study is made: print two sheets"))
        self._created = created
        self.sheets = sheets(created, settings)
        self.body.addWidget(
            Note(
                tr(
                    "The paper copy of the seal is shown only now. Without the seal nobody can open the study; "
                    "after the erasure the paper copy must be destroyed too. Put it in the safe, not "
                    "beside the workstation."
                ),
                "warning",
            )
        )
        for sheet in self.sheets:
            name, html = sheet.title, sheet.html
            view = QTextBrowser()
            view.setOpenLinks(False)
            view.setHtml(html)
            view.setAccessibleName(name)
            view.setMinimumHeight(theme.line() * 14)
            self.body.addWidget(view)
            line = QHBoxLayout()
            line.setSpacing(theme.unit())
            for button, words in (
                (theme.push(tr("Print …"), partial(self._print, html)), tr("Print: {sheet}", sheet=name)),
                (theme.push(tr("Save as PDF …"), partial(self._save, html)), tr("Save as PDF: {sheet}", sheet=name)),
            ):
                button.setAccessibleName(words)
                line.addWidget(button)
            line.addStretch(1)
            self.body.addLayout(line)
        self.note = Note("")
        self.note.hide()
        self.body.addWidget(self.note)
        self.kept = QCheckBox(theme.folded(tr("The seal is on paper and on its way to the safe"), 24))
        self.go = theme.push(tr("On to signing in"), self.finished.emit, kind="primary")
        self.go.setEnabled(False)
        self.kept.toggled.connect(self.go.setEnabled)
        self.foot.addWidget(self.kept)
        self.foot.addStretch(1)
        self.foot.addWidget(self.go)

    def _print(self, html: str) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # noqa: PLC0415 - asking for printers takes time

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        if QPrintDialog(printer, self).exec():
            _document(html).print_(printer)
            self.note.say("✓ " + tr("Sent to the printer."))

    def _save(self, html: str) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Save as PDF"), "", "PDF (*.pdf)")
        if not chosen:
            return
        save_as_pdf(html, Path(chosen))
        self.note.say(
            "✓ "
            + tr(
                "Saved: {path}. A PDF of the seal must not stay on a disk: print it and delete it.",
                path=theme.breakable(chosen),
            )
        )
