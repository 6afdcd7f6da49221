"""The answers leave: formats, a folder, and what was grouped so that nobody can be recognised."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QVBoxLayout

from cati.errors import Problem
from cati.text import mark, tr, trn
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Job, Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, clear, heading, in_words

if TYPE_CHECKING:
    from cati.fieldwork.export import Exported
    from cati.fieldwork.open_study import OpenStudy

FORMATS = (
    ("sav", mark("SPSS (.sav), with labels and missing values")),
    ("xlsx", mark("Excel (.xlsx)")),
    ("csv", mark("CSV (.csv)")),
    ("parquet", mark("Parquet (.parquet)")),
)


class ExportPage(Page):
    """Only the mixed stock leaves; the page says how much waits and what is held back."""

    occupied = Signal(bool)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Export"))
        self.study = study
        self._job: Job | None = None
        self.body.addWidget(
            Note(
                tr(
                    "Only finished interviews that were mixed leave the study: without names, "
                    "numbers, case numbers and times "
                    "of day. Open answers stay here. Groups with fewer than 5 interviews are merged."
                )
            )
        )
        self.stock = theme.words("", "quiet")
        self.body.addWidget(self.stock)
        self.asking = Working()
        self.body.addWidget(self.asking)
        self.body.addWidget(heading(tr("Formats")))
        self.boxes: dict[str, QCheckBox] = {}
        for name, words in FORMATS:
            box = QCheckBox(tr(words))
            box.setChecked(name in ("sav", "csv"))
            self.boxes[name] = box
            self.body.addWidget(box, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(theme.words(tr("A codebook is always written beside them."), "small"))
        self.folder_line = QLineEdit()
        self.folder = Labelled(tr("Folder for the files"), self.folder_line)
        self.body.addWidget(self.folder)
        self.choose = theme.push(tr("&Choose …"), self._choose)
        self.body.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeft)
        self.working = Working(self._cancel)
        self.body.addWidget(self.working)
        self.outcome = Note("")
        self.outcome.hide()
        self.body.addWidget(self.outcome)
        self.files = QVBoxLayout()
        self.body.addLayout(self.files)
        self.body.addStretch(1)
        self.go = theme.push(tr("&Write the files"), self.export, kind="primary")
        self.foot.addStretch(1)
        self.foot.addWidget(self.go)
        self.begin_at = self.folder_line
        self._show_stock()

    def _show_stock(self) -> None:
        from cati.fieldwork.mixing import stock_counts  # noqa: PLC0415 - with the page

        study = self.study

        def failed(problem: Problem) -> None:
            self.outcome.say(in_words(problem), "warning")

        self.go.setEnabled(False)
        ask(self, study, lambda: stock_counts(study), lambda found: self._show_counts(*found), failed, sign=self.asking)

    def _show_counts(self, stock: int, pending: int) -> None:
        words = trn("1 interview is ready to leave.", "{n} interviews are ready to leave.", stock)
        if pending:
            words += " " + trn("1 more waits to be mixed.", "{n} more wait to be mixed.", pending)
        self.stock.setText(words)
        self.go.setEnabled(stock > 0)
        if not stock:
            self.outcome.say(
                tr("There is nothing to export yet. Interviews are mixed at the end of a day, ten or more at a time.")
            )

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder for the files"), str(Path.home()))
        if chosen:
            self.folder_line.setText(chosen)

    def export(self) -> None:
        """Write the files in the background."""
        names = {name for name, box in self.boxes.items() if box.isChecked()}
        folder = self.folder_line.text().strip()
        if not folder:
            self.folder.show_fault(tr("Choose a folder."))
            self.folder_line.setFocus()
            return
        if not names:
            self.outcome.say(tr("Choose at least one format."), "warning")
            return
        self.folder.show_fault("")
        study = self.study

        def work(ticket: Ticket) -> Exported:
            from cati.fieldwork.export import ExportFormat, export  # noqa: PLC0415

            formats = {ExportFormat(name) for name in names}
            return export(study, Path(folder), formats, progress=ticket.progress, cancelled=ticket.cancelled)

        clear(self.files)
        self.outcome.hide()
        self.go.setEnabled(False)
        self.occupied.emit(True)
        self.working.begin(tr("Opening the answers and writing the files …"))
        advance = self.working.advance
        self._job = run_in_background(self, work, self._done, self._failed, advance, cancelled=self._stopped)

    def _cancel(self) -> None:
        if self._job is not None:
            self.working.cancel.setEnabled(False)
            self._job.cancel()

    def _end(self) -> None:
        self.working.end()
        self.go.setEnabled(True)
        self._job = None
        self.occupied.emit(False)

    def _failed(self, problem: Problem) -> None:
        self._end()
        self.outcome.say(in_words(problem), "warning")

    def _stopped(self) -> None:
        self._end()
        self.outcome.say(tr("Cancelled. No file was left half written."))

    def _done(self, exported: Exported) -> None:
        self._end()
        lines = ["✓ " + trn("1 interview written.", "{n} interviews written.", exported.interviews), *exported.notes]
        self.outcome.say("\n".join(lines))
        for path in exported.paths:
            self.files.addWidget(theme.words(path.name, "quiet"))
        folder = exported.paths[0].parent if exported.paths else Path(self.folder_line.text())
        show = theme.push(tr("Show the folder"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self.files.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)
