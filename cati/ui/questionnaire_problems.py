"""What is wrong with a questionnaire as a list: errors first, each with its place; Return or a click goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cati.survey.diagnostics import Diagnostic, Severity
from cati.text import tr
from cati.ui import theme

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.NOTE: "·"}
"""What a finding begins with, so that its weight does not lie in its colour alone."""


_FINDING = Qt.ItemDataRole.UserRole
_PLACE = 22
"""Characters of the column with sheet, row and column."""
_HIGH = 100_000


class FindingLines(QStyledItemDelegate):
    """Paints a finding: on the left where it is, beside it what it is and, in small, what to do."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the room of all its words, broken where the list ends."""
        del option
        unit, width = theme.unit(), self._view.viewport().width()
        return QSize(width, self._laid_out(QRect(0, 0, width, _HIGH), index.data(_FINDING))[-1] + unit)

    def _laid_out(self, area: QRect, found: Diagnostic) -> tuple[QRect, QRect, QRect, int]:
        """Return where place, what and what to do stand, and the height of all."""
        unit, flags = theme.unit(), Qt.TextFlag.TextWordWrap
        inside = area.adjusted(unit, unit // 2, -unit, 0)
        text, small = QFontMetrics(theme.font_of("text")), QFontMetrics(theme.font_of("small"))
        places = _place(found)
        beside = 0 if theme.is_large() else theme.columns(_PLACE)
        high = small.height() * len(places)
        place = QRect(inside.left(), inside.top(), beside or inside.width(), high)
        top = inside.top() if beside else place.bottom() + 1
        left, width = inside.left() + beside, inside.width() - beside
        what = text.boundingRect(QRect(left, top, width, _HIGH), flags, _what(found))
        what.setWidth(width)
        do = small.boundingRect(QRect(left, what.bottom() + 1, width, _HIGH), flags, found.do) if found.do else QRect()
        do.setWidth(width)
        end = max(place.bottom(), what.bottom(), do.bottom() if found.do else 0)
        return place, what, do, end - area.top() + unit // 2

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one finding."""
        c, found = theme.colours(), index.data(_FINDING)
        painter.save()
        area = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, c.soft)
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), c.accent)
        place, what, do, _high = self._laid_out(area, found)
        small, wrapped = QFont(theme.font_of("small")), Qt.TextFlag.TextWordWrap
        painter.setFont(small)
        painter.setPen(c.quiet)
        for at, words in enumerate(_place(found)):
            line = QRect(place.left(), place.top() + at * QFontMetrics(small).height(), place.width(), place.height())
            fits = QFontMetrics(small).elidedText(words, Qt.TextElideMode.ElideRight, place.width() - theme.unit())
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, fits)
        painter.drawText(do, wrapped, found.do)
        painter.setFont(theme.font_of("text"))
        painter.setPen({Severity.ERROR: c.problem, Severity.NOTE: c.quiet}.get(found.severity, c.text))
        painter.drawText(what, wrapped, _what(found))
        painter.restore()


def _place(found: Diagnostic) -> tuple[str, ...]:
    """Return sheet and row, and below them the column, as far as they are known."""
    row = tr("row {row}", row=found.row) if found.row else ""
    first = " · ".join(part for part in (found.sheet, row) if part)
    return tuple(part for part in (first or tr("the whole form"), found.column) if part)


def _what(found: Diagnostic) -> str:
    return f"{SIGNS[found.severity]} {found.what}"


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
        self.list.setItemDelegate(FindingLines(self.list))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # words are broken at one width
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(self.about)
        stack.addWidget(self.list, 1)
        stack.addStretch(0)
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)

    def show_questionnaire(self, looked: Looked) -> None:
        """Show what was found in this form."""
        self._looked = looked
        self.list.clear()
        for problem in looked.problems:
            entry = QListWidgetItem(in_words(problem))
            entry.setData(_FINDING, problem)
            self.list.addItem(entry)
        if looked.problems:
            self.list.setCurrentRow(0)
        self.list.setVisible(bool(looked.problems))
        self.about.setText(_about(looked))

    def _go(self, entry: QListWidgetItem) -> None:
        line = self._looked.line_of[self.list.row(entry)] if self._looked is not None else None
        if line is not None:
            self.wanted.emit(line)


def next_with_problem(looked: Looked, here: int | None, step: int) -> int | None:
    """Return the next line with an error or a hint (``step`` 1) or the one before (-1); behind the last the first."""
    found = {
        at
        for problem, at in zip(looked.problems, looked.line_of, strict=True)
        if at is not None and problem.severity is not Severity.NOTE
    }
    lines = sorted(found, reverse=step < 0)
    start = -1 if here is None else here
    return next((at for at in lines if (at - start) * step > 0), lines[0] if lines else None)


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
    if looked.source or any(looked.rows):
        return tr("Nothing is wrong with this form.")
    return tr("The questionnaire of the study was checked when the study was made, and runs.")
