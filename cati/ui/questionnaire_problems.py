"""What is wrong with a questionnaire as a list: errors first, each with its place; Return or a click goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cati.survey.diagnostics import Diagnostic, Severity
from cati.text import tr
from cati.ui import theme

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.NOTE: "·"}
"""What a finding begins with, so that its weight does not lie in its colour alone."""


class ProblemsPart(QWidget):
    """The problems of the form at hand."""

    wanted = Signal(int)
    """The line of the outline that a problem belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self._looked: Looked | None = None
        self.about = theme.words("", "quiet")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Problems"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(self.about)
        stack.addWidget(self.list, 1)
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)

    def show_questionnaire(self, looked: Looked) -> None:
        """Show what was found in this form."""
        self._looked = looked
        self.list.clear()
        c = theme.colours()
        for problem in looked.problems:
            colour = {Severity.ERROR: c.problem, Severity.NOTE: c.quiet}.get(problem.severity, c.text)
            entry = QListWidgetItem(in_words(problem))
            entry.setForeground(QBrush(colour))
            self.list.addItem(entry)
        if looked.problems:
            self.list.setCurrentRow(0)
        self.list.setVisible(bool(looked.problems))
        self.about.setText(_about(looked))

    def _go(self, entry: QListWidgetItem) -> None:
        line = self._looked.line_of[self.list.row(entry)] if self._looked is not None else None
        if line is not None:
            self.wanted.emit(line)


def in_words(problem: Diagnostic) -> str:
    """Return a problem with its place: sheet, row, column, what and what to do."""
    places = [tr("sheet {sheet}", sheet=problem.sheet)] if problem.sheet else []
    places += [tr("row {row}", row=problem.row)] if problem.row else []
    places += [tr("column {column}", column=problem.column)] if problem.column else []
    sign = SIGNS[problem.severity]
    words = f"{problem.what} {problem.do}".strip()
    return f"{sign} {', '.join(places)}: {words}" if places else f"{sign} {words}"


def _about(looked: Looked) -> str:
    if looked.problems:
        return tr("Errors keep a questionnaire from running, hints do not. Return or a click goes to the question.")
    if looked.source:
        return tr("Nothing is wrong with this form.")
    return tr(
        "The questionnaire of the study was checked when the study was made, and runs. "
        "Open a form to see what is wrong with it."
    )
