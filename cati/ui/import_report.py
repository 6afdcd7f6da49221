"""What became of a list: accepted, refused and why; the refused rows for the office; the received file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import show_number, tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, clear, heading, in_words, rule
from cati.ui.showing_passwords import ShowPasswords, cover

if TYPE_CHECKING:
    from cati.fieldwork.import_report import Group
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.sample import ImportReport, Received

_ROWS_NAMED = 12


class ReportPart(QWidget):
    """The report of one import."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self._report: ImportReport | None = None
        self._received: Received | None = None
        self._path: Path | None = None
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(theme.unit())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Report of the import"))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave the height to the width: Qt reckons with the narrowest columns and would scroll into nothing."""
        return QSize(super().minimumSizeHint().width(), 0)

    def show_report(self, report: ImportReport, received: Received | None, path: Path | None) -> None:
        """Show the report of the list that came from ``path``."""
        self._report, self._received, self._path = report, received, path
        clear(self._stack)
        self._stack.addWidget(rule())
        self._stack.addWidget(heading(tr("4  What became of it")))
        self.accepted = theme.words("✓ " + trn("1 person accepted.", "{n} people accepted.", report.accepted), "good")
        self._stack.addWidget(self.accepted)
        if path is not None:
            self._offer_deletion(path)
        refused = len(report.refused)
        if refused:
            self._stack.addWidget(theme.words("✗ " + trn("1 row refused.", "{n} rows refused.", refused), "problem"))
            self._show_groups(report.by_reason)
            self._offer_refused()
        if report.notes:
            self._stack.addWidget(heading(tr("Accepted, but something was left out")))
            self._show_groups(report.notes)

    def _show_groups(self, groups: Sequence[Group]) -> None:
        """Show one line a group: how many rows, why, what to do (if anything), and which rows they are."""
        lines = QGridLayout()
        lines.setHorizontalSpacing(2 * theme.unit())
        lines.setVerticalSpacing(theme.unit())
        to_do = 5 if any(group.remedy for group in groups) else 0
        heads = ((tr("Rows"), 0), (tr("Reason"), 5), (tr("What to do") if to_do else "", to_do), (tr("Row numbers"), 2))
        for at, (words, stretch) in enumerate(heads):
            lines.addWidget(theme.words(words, "small"), 0, at)
            lines.setColumnStretch(at, stretch)
        for line, group in enumerate(groups, 1):
            count = len(group.rows)
            numbers = ", ".join(map(str, group.rows[:_ROWS_NAMED])) + (" …" if count > _ROWS_NAMED else "")
            for at, words in enumerate((show_number(count), group.reason, group.remedy, numbers)):
                kind = "quiet" if at > 1 else "text"
                lines.addWidget(theme.words(words, kind), line, at, Qt.AlignmentFlag.AlignTop)
        self._stack.addLayout(lines)

    def _offer_refused(self) -> None:
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setMaximumWidth(theme.columns(40))
        field = Labelled(
            tr("Passphrase for the list of refused rows"),
            self.passphrase,
            tr("The office gets the refused rows with the reasons, sealed with this passphrase; tell it by telephone."),
        )
        self._stack.addWidget(field)
        self._passphrase_field = field
        self._stack.addWidget(ShowPasswords(lambda shown: cover(self.passphrase, shown=shown)))
        self.save = theme.push(tr("&Save the refused rows, sealed …"), self._save)
        self._stack.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        self.note = Note("")
        self.note.hide()
        self._stack.addWidget(self.note)

    def _offer_deletion(self, path: Path) -> None:
        self.kept = Note(
            tr("The received file is still on this computer. Delete it now.")
            + " "
            + tr("Its people are in the study now, sealed. Copies in mailboxes stay with the office.")
        )
        self._stack.addWidget(self.kept)
        self.delete = theme.push(tr("&Delete the received file {name}", name=path.name), self._delete)
        self._stack.addWidget(self.delete, 0, Qt.AlignmentFlag.AlignLeft)

    def _save(self) -> None:
        from cati.fieldwork.sample import check_passphrase  # noqa: PLC0415 - with the import

        phrase = self.passphrase.text()
        if not phrase:
            self._show_fault(tr("Choose a passphrase first."))
            return
        try:
            check_passphrase(phrase)
        except Problem as problem:
            self._show_fault(f"{problem.what} {problem.do}".strip())
            return
        stem = self._path.name.partition(".")[0] if self._path else tr("list")
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            tr("Refused rows"),
            tr("{list}-refused.xlsx.age", list=stem),
            "age (*.age)",
            options=QFileDialog.Option.DontConfirmOverwrite,  # an existing file is refused, not asked about
        )
        if chosen:
            self.save_refused(Path(chosen), phrase)

    def save_refused(self, target: Path, phrase: str) -> None:
        """Write the refused rows, sealed with the passphrase, to a new file."""
        study, received, report = self.study, self._received, self._report
        if received is None or report is None:
            return

        def work(_ticket: Ticket) -> Path:
            from cati.fieldwork.sample import refused_list, write_refused  # noqa: PLC0415 - with the import

            write_refused(target, refused_list(study, received, report, passphrase=phrase))
            return target

        self._passphrase_field.show_fault("")
        run_in_background(self, work, self._saved, lambda problem: self._show_fault(in_words(problem)))

    def _show_fault(self, sentence: str) -> None:
        self._passphrase_field.show_fault(sentence)
        self.passphrase.setFocus()
        self.passphrase.selectAll()

    def _saved(self, target: Path) -> None:
        self.passphrase.clear()
        self.note.say("✓ " + tr("The refused rows are in {name}.", name=target.name))

    def _delete(self) -> None:
        from cati.fieldwork.sample import delete_received_file  # noqa: PLC0415

        if self._path is None:
            return
        try:
            delete_received_file(self._path)
        except Problem as problem:
            self.kept.say(in_words(problem), "warning")
            return
        self.setFocus()
        self.delete.hide()
        self.kept.say("✓ " + tr("{name} is deleted.", name=self._path.name))
