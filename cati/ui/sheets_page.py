"""The two sheets of a new study, shown once: the seal on paper and what the office needs to seal its list."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF, Qt, Signal
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from cati.fieldwork.sheets import Sheet, grouped, sheets, write_private
from cati.settings import StudySettings
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.pages import Labelled, Note, Page
from cati.ui.sites_section import code_from

if TYPE_CHECKING:
    from cati.fieldwork.study import CreatedStudy

FILE_NAMES = {"seal": mark("seal-{study}.pdf"), "office": mark("handing-over-{study}.pdf")}
"""What a sheet is called as a file, by its name."""
_HEADINGS_FROM = 8.0


def save_as_pdf(html: str, path: Path) -> None:
    """Write one sheet as a PDF on A4 that only its owner may read."""
    made = QBuffer()
    made.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(made)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 20, 20, 20), QPageLayout.Unit.Millimeter)
    writer.setResolution(300)
    document = _document(html)
    document.documentLayout().setPaintDevice(writer)
    size = writer.pageLayout().paintRectPixels(writer.resolution()).size()
    document.setPageSize(QSizeF(size))
    document.print_(writer)
    write_private(path, bytes(made.data().data()))


def print_html(owner: QWidget, html: str) -> bool:
    """Print a page after asking where; tells whether it was sent."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # noqa: PLC0415 - asking for printers takes time

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if not QPrintDialog(printer, owner).exec():
        return False
    _document(html).print_(printer)
    return True


def _document(html: str) -> QTextDocument:
    document = QTextDocument()
    document.setDefaultFont(_font(1.0))
    document.setHtml(html)
    return document


def _font(scale: float) -> QFont:
    """Return the font from which Qt makes headings, twice and one and a half times as large, whatever a style says."""
    font = QFont(QApplication.font())
    font.setPointSizeF(_HEADINGS_FROM * scale)
    return font


def _take_their_height(column: QWidget) -> None:
    """Let sentences take the height that they need at their width, not that of a narrower guess: all fits then."""
    for label in column.findChildren(QLabel):
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)


def sheet_font() -> QFont:
    """Return the font in which a sheet is shown in the window."""
    return _font(theme.scale())


def sheet_in_window(html: str) -> str:
    """Return a sheet with its letters as large as the window's; paper keeps its own size."""
    style, end, rest = html.partition("</style>")
    return re.sub(r"(\d+)pt", lambda size: f"{round(int(size[1]) * theme.scale())}pt", style) + end + rest


class SheetsPage(Page):
    """Both sheets with print and PDF; leaving asks whether the seal is on paper, in the page itself."""

    finished = Signal()

    def __init__(self, created: CreatedStudy, settings: StudySettings) -> None:
        super().__init__(tr("The study is made: print two sheets"))
        self._created = created
        self._study = settings.name
        self.sheets = sheets(created, settings)
        self.notes: dict[str, Note] = {}
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
            self.body.addWidget(self._shown(sheet))
            line = QHBoxLayout()
            line.setSpacing(theme.unit())
            for button, words in (
                (theme.push(tr("Print …"), partial(self._print, sheet)), tr("Print: {sheet}", sheet=sheet.title)),
                (
                    theme.push(tr("Save as PDF …"), partial(self._save, sheet)),
                    tr("Save as PDF: {sheet}", sheet=sheet.title),
                ),
            ):
                button.setAccessibleName(words)
                line.addWidget(button)
            line.addStretch(1)
            self.body.addLayout(line)
        self.key = theme.words(grouped(created.record_public_key))
        self.key.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.body.addWidget(
            Labelled(
                tr("Public key of the erasure record"),
                self.key,
                tr("On both sheets, and no secret: with it anybody can check later that the record is genuine."),
            )
        )
        _take_their_height(self.view)
        self.kept = QCheckBox(theme.folded(tr("The seal is on paper and on its way to the safe"), 24))
        self.go = theme.push(tr("On to signing in"), self.finished.emit, kind="primary")
        self.go.setEnabled(False)
        self.kept.toggled.connect(self.go.setEnabled)
        self.foot.addWidget(self.kept)
        self.foot.addStretch(1)
        self.foot.addWidget(self.go)

    def _shown(self, sheet: Sheet) -> QWidget:
        """Return a sheet to be read, and below it, inside the same height, room for what happened to it.

        So the word stands above the button just pressed, and no button moves.
        """
        view = QTextBrowser()
        view.setOpenLinks(False)
        view.document().setDefaultFont(sheet_font())
        view.setHtml(sheet_in_window(sheet.html))
        view.setAccessibleName(sheet.title)
        self.notes[sheet.name] = note = Note("")
        note.hide()
        both = QWidget()
        both.setFixedHeight(theme.line() * 13)
        stack = QVBoxLayout(both)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(view, 1)
        stack.addWidget(note)
        return both

    def _print(self, sheet: Sheet) -> None:
        if print_html(self, sheet.html):
            self.notes[sheet.name].say("✓ " + tr("Sent to the printer."))

    def _save(self, sheet: Sheet) -> None:
        name = tr(FILE_NAMES[sheet.name], study=code_from(self._study) or "study")
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Save as PDF"), name, "PDF (*.pdf)")
        if chosen:
            self.save(sheet, Path(chosen))

    def save(self, sheet: Sheet, path: Path) -> None:
        """Write a sheet as a PDF, and say beside its buttons what became of it."""
        note = self.notes[sheet.name]
        try:
            save_as_pdf(sheet.html, path)
        except OSError as error:
            note.say("✗ " + tr("Not saved: {why}", why=error.strerror or type(error).__name__), "warning")
            return
        saved = tr("Saved: {path}.", path=theme.breakable(path))
        if sheet.secret:
            note.say(f"{saved} " + tr("It opens the study: print it, then delete the file."), "warning")
        else:
            note.say(f"✓ {saved}")
