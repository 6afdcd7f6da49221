"""The guided page on which a contact list comes in: file, slip, columns, import, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import language, tr, trn
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Job, Ticket, run_in_background
from cati.ui.import_report import ReportPart
from cati.ui.mapping_part import MappingPart
from cati.ui.pages import Labelled, Note, Page, Working, clear, heading, in_words, row, rule

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.sample import ImportReport, Mapping, Received

SUFFIXES = "*.age *.xlsx *.xls *.ods *.csv *.txt *.zip"


class ListPage(Page):
    """One page that grows as the list is understood; nothing is in the study before “Bring in”."""

    occupied = Signal(bool)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Contact list"), width=118)
        self.study = study
        self.path: Path | None = None
        self.received: Received | None = None
        self._job: Job | None = None
        self.setAcceptDrops(True)
        self.counts = QVBoxLayout()
        self.body.addLayout(self.counts)
        self.body.addWidget(heading(tr("1  The file from the office")))
        self.choose = theme.push(tr("Choose a &file …"), self._choose)
        self.name = theme.words(tr("or drop it on this page"), "quiet")
        self.name.setWordWrap(False)
        self.body.addLayout(row(self.choose, self.name))
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setMaximumWidth(theme.columns(40))
        self.secret.returnPressed.connect(self._read)
        self.secret_field = Labelled(
            tr("Password of the file"),
            self.secret,
            tr("As the office told you by telephone. A file sealed to this study needs none."),
        )
        self.open = theme.push(tr("Open the file"), self._read)
        self.secret_part = QWidget()
        inside = QVBoxLayout(self.secret_part)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.secret_field)
        inside.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        self.secret_part.hide()
        self.body.addWidget(self.secret_part)
        self.problem = Note("", "warning")
        self.problem.hide()
        self.body.addWidget(self.problem)
        self.accept_plain = QCheckBox(theme.folded(tr("I have read this and bring the list in all the same"), 44))
        self.accept_plain.hide()
        self.accept_plain.toggled.connect(self._look)
        self.body.addWidget(self.accept_plain)
        self.reading = Working()
        self.body.addWidget(self.reading)
        self.body.addWidget(self._later_parts())
        self.body.addStretch(1)
        self.begin_at = self.choose
        self.show_counts()

    def take_over(self, study: OpenStudy) -> None:
        """Judge by settings that were changed elsewhere; what is being read or brought in goes on as it began."""
        self.study = self.mapping.study = self.report.study = study

    def _later_parts(self) -> QWidget:
        self.later = QWidget()
        stack = QVBoxLayout(self.later)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(rule())
        stack.addWidget(heading(tr("2  What the columns mean")))
        self.mapping = MappingPart(self.study)
        self.mapping.changed.connect(self._look)
        stack.addWidget(self.mapping)
        stack.addWidget(rule())
        stack.addWidget(heading(tr("3  The hand-over slip")))
        self.rows = QSpinBox()
        self.rows.setRange(0, 10_000_000)
        self.rows.setSpecialValueText(" ")
        self.rows.setGroupSeparatorShown(True)
        self.rows.setLocale(QLocale(language()))
        self.rows.setMaximumWidth(theme.columns(20))
        self.rows.valueChanged.connect(self._look)
        self.rows_field = Labelled(
            tr("Number of rows on the slip"),
            self.rows,
            tr("People without the header. If it differs from the file, nothing is brought in."),
        )
        stack.addWidget(self.rows_field)
        self.digest = theme.words("", "small")
        self.digest.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        stack.addWidget(self.digest)
        stack.addWidget(rule())
        self.bring = theme.push(tr("&Bring in"), self.bring_in, kind="primary")
        stack.addWidget(self.bring, 0, Qt.AlignmentFlag.AlignLeft)
        self.rows.lineEdit().returnPressed.connect(self.bring.click)
        self.working = Working(self._cancel)
        stack.addWidget(self.working)
        self.outcome = Note("", "warning")
        self.outcome.hide()
        stack.addWidget(self.outcome)
        self.report = ReportPart(self.study)
        self.report.hide()
        stack.addWidget(self.report)
        self.later.hide()
        return self.later

    def show_counts(self) -> None:
        """Show how many people the study has, or what to do first."""
        from cati.fieldwork.sample import sample_counts  # noqa: PLC0415 - with the page

        study = self.study
        ask(self, study, lambda: sample_counts(study), self._show_total, sign=self.reading)

    def _show_total(self, found: Sequence[tuple[str, str, int]]) -> None:
        clear(self.counts)
        total = sum(count for _site, _department, count in found)
        if not total:
            self.counts.addWidget(
                Note(tr("The study has no contacts yet. Bring in the list that the office has sealed for you."))
            )
            return
        self.counts.addWidget(
            theme.words(trn("1 person is in the study.", "{n} people are in the study.", total), "quiet")
        )

    # -- the file ---------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files only."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take the first file that was dropped."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.show_file(Path(url.toLocalFile()))
                return

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Contact list"), str(Path.home()), tr("Contact lists") + f" ({SUFFIXES})"
        )
        if chosen:
            self.show_file(Path(chosen))

    def show_file(self, path: Path) -> None:
        """Take this file: ask for its password where it has one, else read it at once."""
        from cati.fieldwork.sample import needs_password  # noqa: PLC0415

        self.path = path
        self.received = None
        self.name.setText(path.name)
        self.later.hide()
        self.problem.hide()
        self.accept_plain.hide()
        self.accept_plain.setChecked(False)
        self.report.hide()
        self.outcome.hide()
        self.secret.clear()
        self.rows.setValue(0)
        try:
            needed = needs_password(path)
        except Problem as problem:
            self.problem.say(in_words(problem), "warning")
            return
        self.secret_part.setVisible(bool(needed))
        if needed:
            self.secret.setFocus()
        else:
            self._read()

    def _read(self) -> None:
        if self.path is None:
            return
        path, secret, study = self.path, self.secret.text() or None, self.study

        def work(_ticket: Ticket) -> tuple[Received, Mapping | Problem]:
            from cati.fieldwork.sample import propose, receive  # noqa: PLC0415

            received = receive(study, path, secret)
            try:
                return received, propose(study, received)
            except Problem as problem:  # a person says which row holds the headers
                return received, problem

        self.problem.hide()
        self.choose.setEnabled(False)
        self.reading.begin(tr("Opening and reading the file …"))
        run_in_background(self, work, self._show_received, self._unread)

    def _unread(self, problem: Problem) -> None:
        self.reading.end()
        self.choose.setEnabled(True)
        self.problem.say(in_words(problem), "warning")
        if not self.secret_part.isHidden():
            self.secret.selectAll()
            self.secret.setFocus()

    def _show_received(self, read: tuple[Received, Mapping | Problem]) -> None:
        received, proposed = read
        self.reading.end()
        self.choose.setEnabled(True)
        self.received = received
        self.secret_part.hide()
        self.secret.clear()
        if received.warning:
            self.problem.say(received.warning, "warning")
            self.accept_plain.show()
        self.digest.setText(
            tr("SHA-256 of the file, to compare with the slip: {digest}", digest=_grouped(received.sha256))
        )
        try:
            found = self.mapping.show_list(received, proposed)
        except Problem as problem:
            self.problem.say(in_words(problem), "warning")
            return
        self.later.show()
        self._look()
        if received.warning:
            self.accept_plain.setFocus()
        elif not found:
            self._bring_to(self.mapping.header_row)
        else:
            self.rows.setFocus()

    # -- bringing in ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Let “Bring in” be pressed when all is there."""
        plain = self.received is not None and bool(self.received.warning) and not self.accept_plain.isChecked()
        self.bring.setEnabled(self._job is None and self.rows.value() > 0 and not self.mapping.faults() and not plain)

    def bring_in(self) -> None:
        """Bring the list in, in the background; Cancel leaves nothing half."""
        received, mapping = self.received, self.mapping.mapping
        if received is None or mapping is None or not self.bring.isEnabled():
            return
        study, slip = self.study, self.rows.value()
        remember = self.mapping.remember.isChecked()

        def work(ticket: Ticket) -> ImportReport:
            from cati.fieldwork.sample import bring_in, remember_template  # noqa: PLC0415

            report = bring_in(
                study, received, mapping, rows_on_slip=slip, progress=ticket.progress, cancelled=ticket.cancelled
            )
            if remember:
                remember_template(study, mapping)
            return report

        self.outcome.hide()
        self.rows_field.show_fault("")
        self.working.begin(tr("Checking and sealing the contacts …"))
        self.occupied.emit(True)
        self._job = run_in_background(
            self, work, self._brought, self._failed, self.working.advance, cancelled=self._stopped
        )
        self.working.cancel.setFocus()  # before anything is switched off: Qt would carry the cursor to the top
        self.bring.setEnabled(False)
        self.choose.setEnabled(False)
        self._bring_to(self.working)

    def _cancel(self) -> None:
        if self._job is not None:
            self.working.cancel.setEnabled(False)
            self._job.cancel()

    def _end(self) -> None:
        self.choose.setEnabled(True)
        self._job = None
        self._look()
        self.bring.setFocus()
        self.working.end()
        self.occupied.emit(False)

    def _failed(self, problem: Problem) -> None:
        from cati.fieldwork.sample import SlipDiffers  # noqa: PLC0415 - with the import

        self._end()
        self.outcome.say(in_words(problem), "warning")
        if isinstance(problem, SlipDiffers):
            self.rows_field.show_fault(tr("Compare this number with the slip."))
            self.rows.setFocus()
            self.rows.selectAll()
            self._bring_to(self.outcome, self.rows_field)
        else:
            self._bring_to(self.outcome, self.bring)

    def _stopped(self) -> None:
        self._end()
        self.outcome.say(tr("Cancelled. Nothing was brought in."))
        self._bring_to(self.outcome, self.bring)

    def _brought(self, report: ImportReport) -> None:
        self.report.show_report(report, self.received, self.path)
        self.report.show()
        self.report.setFocus()
        self._end()
        self.report.setFocus()
        self.bring.setEnabled(False)
        self.show_counts()
        QTimer.singleShot(0, self, lambda: self.view.verticalScrollBar().setValue(self._top_of(self.report)))

    def _bring_to(self, *parts: QWidget) -> None:
        """Scroll to these parts of the page when they have found their places, to the last the most surely."""

        def scroll() -> None:
            for part in parts:
                self.view.ensureWidgetVisible(part, 0, theme.unit())

        QTimer.singleShot(0, self, scroll)

    def _top_of(self, part: QWidget) -> int:
        holder = self.view.widget()
        return part.mapTo(holder, QPoint()).y() if holder is not None else 0


def _grouped(digest: str) -> str:
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
