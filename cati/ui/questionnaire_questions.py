"""The questions of a questionnaire: its outline, everything about the line at hand, and the way into a test run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from cati.text import tr
from cati.ui import theme
from cati.ui.keys import Key, cap_of
from cati.ui.questionnaire_detail import Detail
from cati.ui.questionnaire_outline import OutlinePart


class QuestionsPart(QWidget):
    """Outline and details: side by side, one above the other where the text is large."""

    def __init__(self, try_here: Callable[[], object]) -> None:
        super().__init__()
        self.outline = OutlinePart()
        self.detail = Detail()
        self.detail.setMinimumHeight(theme.line())
        self.try_it = theme.push(f"{tr('Try from here')}  {cap_of(Key.TRY_HERE)}", try_here)
        self.try_it.setAccessibleName(tr("Test run from the question at hand"))
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.unit() // 2)
        column.addWidget(self.detail, 1)
        column.addWidget(self.try_it, 0, Qt.AlignmentFlag.AlignLeft)
        both = QSplitter(Qt.Orientation.Vertical if theme.is_large() else Qt.Orientation.Horizontal)
        both.addWidget(self.outline)
        both.addWidget(below)
        both.setChildrenCollapsible(False)
        both.setHandleWidth(theme.unit())
        outline, detail = (3, 2) if theme.is_large() else (4, 5)
        both.setStretchFactor(0, outline)
        both.setStretchFactor(1, detail)
        both.setSizes([100 * outline, 100 * detail])
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.addWidget(both)
