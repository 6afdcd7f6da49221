"""A small list that is typed in row by row: departments, sites, members of staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from cati.text import tr
from cati.ui import theme
from cati.ui.pages import clear, flush, unturned
from cati.ui.showing_passwords import cover

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``header`` in the reader's language; ``sort`` is "text", "number", "choice" or "password"."""

    name: str
    header: str
    sort: str = "text"
    stretch: int = 1
    choices: tuple[tuple[str, str], ...] = ()
    """Of a "choice": (value, words)."""
    start: str = ""
    """What a new row begins with."""


Editor = QLineEdit | QComboBox | QSpinBox


class RowsEditor(QWidget):
    """Rows of editors with one button to add a row and one in each row to take it away."""

    changed = Signal()
    taken_away = Signal(int)
    """Which row is gone; before `changed`."""

    def __init__(self, name: str, columns: Sequence[Column], add: str) -> None:
        super().__init__()
        self._name = name
        self._columns = tuple(columns)
        self._rows: list[dict[str, Editor]] = []
        self._crosses: list[QPushButton] = []
        self._passwords_shown = False
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.unit())
        self._grid.setVerticalSpacing(max(2, theme.unit() // 2))
        for at, column in enumerate(self._columns):
            self._grid.setColumnStretch(at, column.stretch)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addLayout(self._grid)
        self.add = theme.push("+ " + add, self._add_and_go)
        stack.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def rows(self) -> list[Cells]:
        """Return what stands in the rows, as text."""
        secret = {column.name for column in self._columns if column.sort == "password"}
        return [{name: _text(editor, exact=name in secret) for name, editor in row.items()} for row in self._rows]

    def fill(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Show these rows in place of what was there."""
        self._rows = []
        self._crosses = []
        clear(self._grid)
        for at, column in enumerate(self._columns):
            if rows:
                self._grid.addWidget(theme.words(column.header, "small"), 0, at, Qt.AlignmentFlag.AlignBottom)
        for cells in rows:
            self._append(cells)
        self._order_tabs()

    def editor(self, row: int, name: str) -> Editor:
        """Return one editor, for a test or to put the cursor there."""
        return self._rows[row][name]

    def show_passwords(self, shown: bool) -> None:
        """Show the passwords as they are typed, or cover them; rows that are added follow."""
        self._passwords_shown = shown
        for column in self._columns:
            for row in self._rows:
                editor = row[column.name]
                if column.sort == "password" and isinstance(editor, QLineEdit):
                    cover(editor, shown=shown)

    def add_row(self, cells: Mapping[str, str] | None = None) -> None:
        """Add a row."""
        self.fill([*self.rows(), dict(cells or {})])
        self.changed.emit()

    def _add_and_go(self) -> None:
        self.add_row()
        self._rows[-1][self._columns[0].name].setFocus()

    def _remove(self, at: int) -> None:
        rows = self.rows()
        del rows[at]
        self.fill(rows)
        self.add.setFocus()
        self.taken_away.emit(at)
        self.changed.emit()

    def _append(self, cells: Mapping[str, str]) -> None:
        at = len(self._rows)
        row: dict[str, Editor] = {}
        for x, column in enumerate(self._columns):
            editor = self._make(column, cells.get(column.name, column.start))
            editor.setAccessibleName(
                tr("{list}, row {row}: {column}", list=self._name, row=at + 1, column=column.header)
            )
            row[column.name] = editor
            self._grid.addWidget(editor, at + 1, x)
        remove: QPushButton = theme.push("✕", lambda: self._remove(at), kind="quiet")
        remove.setAccessibleName(tr("{list}: take row {row} away", list=self._name, row=at + 1))
        remove.setToolTip(tr("Take this row away"))
        self._grid.addWidget(remove, at + 1, len(self._columns))
        self._rows.append(row)
        self._crosses.append(remove)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Put Tab in order once the page stands: Qt mixes it anew where parts are put together."""
        super().showEvent(event)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Let Tab go from cell to cell, to the cross of the row, to the next row, and then to the button below.

        Editors that are made later stand at the end of the whole window's order. Only the button is known to be at
        the right place, so they are put behind it, and then it behind them.
        """
        before: QWidget = self.add
        for row, remove in zip(self._rows, self._crosses, strict=True):
            for widget in (*row.values(), remove):
                QWidget.setTabOrder(before, widget)
                before = widget
        QWidget.setTabOrder(before, self.add)

    def _make(self, column: Column, text: str) -> Editor:
        if column.sort == "choice":
            combo = QComboBox()
            for value, words in column.choices:
                combo.addItem(words, value)
            combo.setCurrentIndex(max(combo.findData(text), 0))
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(10)
            unturned(combo)
            combo.currentIndexChanged.connect(self.changed)
            return combo
        if column.sort == "number":
            spin = QSpinBox()
            spin.setRange(0, 1_000_000)
            spin.setAlignment(Qt.AlignmentFlag.AlignRight)
            spin.setValue(int(text) if text.isdigit() else 0)
            spin.setMinimumWidth(theme.columns(7))
            unturned(spin)
            flush(spin)
            spin.valueChanged.connect(self.changed)
            return spin
        line = QLineEdit(text)
        if column.sort == "password":
            cover(line, shown=self._passwords_shown)
        line.setMinimumWidth(theme.columns(8))
        line.setCursorPosition(0)  # a name that is too long for its cell is seen from its beginning
        line.textChanged.connect(self.changed)
        return line


def _text(editor: Editor, *, exact: bool) -> str:
    """Return what stands in an editor; blanks at the ends belong to a password, and to nothing else."""
    if isinstance(editor, QComboBox):
        return str(editor.currentData())
    if isinstance(editor, QSpinBox):
        return str(editor.value())
    return editor.text() if exact else editor.text().strip()
