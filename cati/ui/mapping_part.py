"""The columns of a list with what they mean, ten masked sample rows, and corrections by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.pages import Labelled, Note, clear, heading, in_words, show_whole, table, unturned

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.sample import Mapping, Received, Table

_SAMPLES_BESIDE = 2
_ROWS_LOOKED_AT = 30
_LEAST_COLUMNS = 3


class MappingPart(QWidget):
    """One line a column: its header, what it means, why, and two masked cells; below, what holds for every row."""

    changed = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.mapping: Mapping | None = None
        self._received: Received | None = None
        self.combos: list[QComboBox] = []
        self.constants: dict[str, QLineEdit | QComboBox] = {}
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        self.origin = theme.words("")
        stack.addWidget(self.origin)
        self.header_row = QSpinBox()
        self.header_row.setRange(1, 1000)
        self.header_row.setMaximumWidth(theme.columns(12))
        self.header_row.setKeyboardTracking(False)
        self.header_row.valueChanged.connect(self._other_header)
        stack.addWidget(Labelled(tr("The headers stand in row"), self.header_row))
        self._columns = QGridLayout()
        self._columns.setHorizontalSpacing(theme.unit())
        self._columns.setVerticalSpacing(theme.unit() // 2)
        for column, stretch in enumerate((4, 6, 0, 6) if theme.is_large() else (4, 6, 4, 6)):
            self._columns.setColumnStretch(column, stretch)
        stack.addLayout(self._columns)
        self._holds = QVBoxLayout()
        stack.addLayout(self._holds)
        self._faults = Note("", "warning")
        stack.addWidget(self._faults)
        stack.addWidget(heading(tr("The first rows, names and numbers hidden")))
        self._sample = QVBoxLayout()
        stack.addLayout(self._sample)
        self.remember = QCheckBox(theme.folded(tr("Remember these columns for the next list of this kind"), 44))
        self.remember.setChecked(True)
        stack.addWidget(self.remember)

    def show_list(self, received: Received, proposed: Mapping | Problem) -> bool:
        """Show what this list's columns may mean; False when a person must say which row holds the headers.

        Raises ``proposed`` when it is a Problem and no row has the cells to be one.
        """
        self._received = received
        self.mapping = None
        self._show_origin(received.table)
        if not isinstance(proposed, Problem):
            self._take(proposed)
            return True
        if max((sum(map(bool, row)) for row in received.table.rows[:_ROWS_LOOKED_AT]), default=0) < _LEAST_COLUMNS:
            raise proposed
        for layout in (self._columns, self._holds, self._sample):
            clear(layout)
        self._faults.say(in_words(proposed), "warning")
        return False

    def _show_origin(self, table: Table) -> None:
        """Say which sheet was read and how its letters were, where another answer was possible."""
        said = []
        if len(table.sheets) > 1:
            said.append(tr("Only the sheet “{sheet}” is read; the file has {n} sheets.", sheet=table.sheet,
                           n=len(table.sheets)))  # fmt: skip
        if table.umlauts and not table.encoding_sure:
            said.append(tr("Read as {encoding}. Are these letters right? {words}", encoding=table.encoding,
                           words=" ".join(table.umlauts)))  # fmt: skip
        self.origin.setText("\n".join(said))
        self.origin.setVisible(bool(said))

    def faults(self) -> tuple[str, ...]:
        """Return what is missing before the list can be brought in."""
        from cati.fieldwork.sample import mapping_faults  # noqa: PLC0415

        return mapping_faults(self.mapping) if self.mapping is not None else (tr("No list is open."),)

    def _take(self, mapping: Mapping) -> None:
        before = self.mapping
        self.mapping = mapping
        self.header_row.blockSignals(True)
        self.header_row.setValue(mapping.header_row)
        self.header_row.blockSignals(False)
        if before is None or before.header_row != mapping.header_row:
            self._build()
        self._refresh()
        self.changed.emit()

    def _other_header(self, number: int) -> None:
        from cati.fieldwork.sample import propose  # noqa: PLC0415

        if self._received is None:
            return
        try:
            self._take(propose(self.study, self._received, header_row=number))
        except Problem as problem:
            self._faults.say(in_words(problem), "warning")

    def _build(self) -> None:
        """Make the lines of the columns once a list; corrections only change what stands in them."""
        from cati.fieldwork.sample import LABELS, Field  # noqa: PLC0415

        if self.mapping is None:
            return
        clear(self._columns)
        self.combos = []
        self._whys = []
        self._beside = []
        for at, words in enumerate((tr("Column"), tr("means"), "", tr("for example"))):
            self._columns.addWidget(theme.words(words, "small"), 0, at)
        for line, column in enumerate(self.mapping.columns, 1):
            combo = QComboBox()
            combo.setAccessibleName(tr("Meaning of column {header}", header=column.header or column.index + 1))
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
                if theme.is_large()
                else QComboBox.SizeAdjustPolicy.AdjustToContents
            )
            combo.setMinimumContentsLength(16)
            unturned(combo)
            for field in Field:
                combo.addItem(tr(LABELS[field]), field)
            combo.currentIndexChanged.connect(partial(self._correct, column.index))
            why, beside = theme.words("", "small"), theme.words("", "quiet")
            for at, part in enumerate((theme.words(column.header or tr("(no header)")), combo, why, beside)):
                self._columns.addWidget(part, line, at, Qt.AlignmentFlag.AlignVCenter)
            self.combos.append(combo)
            self._whys.append(why)
            self._beside.append(beside)
        self._build_constants()

    def _build_constants(self) -> None:
        from cati.fieldwork.sample import CONSTANT_FIELDS, LABELS  # noqa: PLC0415

        clear(self._holds)
        self.constants = {}
        self._holds.addWidget(heading(tr("What holds for every row, where no column says it")))
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.unit())
        grid.setVerticalSpacing(theme.unit() // 2)
        for at, field in enumerate(CONSTANT_FIELDS):
            editor = QLineEdit()
            editor.setMaxLength(120)
            editor.editingFinished.connect(partial(self._hold, field))
            self.constants[field.value] = editor
            grid.addWidget(Labelled(tr(LABELS[field]), editor), at // 3, at % 3)
        self._holds.addLayout(grid)

    def _refresh(self) -> None:
        from cati.fieldwork.sample import CONSTANT_FIELDS, sample_rows  # noqa: PLC0415

        if self.mapping is None or self._received is None:
            return
        rows = sample_rows(self.study, self._received, self.mapping)
        for at, column in enumerate(self.mapping.columns):
            combo = self.combos[at]
            combo.blockSignals(True)
            combo.setCurrentIndex(combo.findData(column.field))
            combo.blockSignals(False)
            sign, why = "✓" if column.sure else "?", tr(column.why)
            self._whys[at].setText(sign if theme.is_large() else f"{sign} {why}")
            self._whys[at].setToolTip(why)
            combo.setAccessibleDescription(why)
            cells = [row[column.index] for row in rows if column.index < len(row) and row[column.index].strip()]
            self._beside[at].setText(" · ".join(cells[:_SAMPLES_BESIDE]))
        mapped = {column.field for column in self.mapping.columns}
        for field in CONSTANT_FIELDS:
            editor = self.constants[field.value]
            editor.setEnabled(field not in mapped)
            if isinstance(editor, QLineEdit):
                editor.setText("" if field in mapped else self.mapping.constant(field))
        self._show_faults()
        clear(self._sample)
        headers = [column.header for column in self.mapping.columns]
        shown = table(tr("Sample rows"), headers, [list(row)[: len(headers)] for row in rows])
        show_whole(shown, 10, sideways=True)
        self._sample.addWidget(shown)

    def _show_faults(self) -> None:
        faults = self.faults()
        self._faults.setVisible(bool(faults))
        if faults:
            self._faults.say("\n".join("✗ " + fault for fault in faults), "warning")

    def _correct(self, index: int, _position: int) -> None:
        from cati.fieldwork.sample import with_field  # noqa: PLC0415

        if self.mapping is not None:
            self._take(with_field(self.mapping, index, self.combos[index].currentData()))

    def _hold(self, field: object) -> None:
        from cati.fieldwork.sample import Field, with_constant  # noqa: PLC0415

        if self.mapping is None or not isinstance(field, Field):
            return
        editor = self.constants[field.value]
        if isinstance(editor, QLineEdit) and editor.text().strip() != self.mapping.constant(field):
            self._take(with_constant(self.mapping, field, editor.text().strip()))
