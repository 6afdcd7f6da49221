"""All questions of the interview with their answers, to jump to one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QListWidgetItem, QVBoxLayout, QWidget

from cati.survey.interview import OverviewLine
from cati.text import tr
from cati.ui import theme
from cati.ui.entry import Listed
from cati.ui.keyed import KeyedFlow, Offer

_ADDRESS = Qt.ItemDataRole.UserRole


class OverviewView(QWidget):
    """Reports ``chosen(address)``, or ``left``."""

    chosen = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.lines = Listed()
        self.lines.setWordWrap(True)
        self.lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines.setAccessibleName(tr("Answers so far"))
        self.lines.itemActivated.connect(self._activated)
        self._keys = KeyedFlow(tr("Answers so far"))
        self._keys.chosen.connect(self._pressed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit + unit // 2, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(theme.words(tr("Answers so far"), "title"))
        whole.addWidget(self.lines, 1)
        whole.addWidget(self._keys)
        self._keys.offer(
            [Offer("jump", tr("Return"), tr("Go to this question"), "primary"), Offer("leave", tr("Esc"), tr("Back"))]
        )

    def show_lines(self, lines: Sequence[OverviewLine], here: str) -> None:
        """Show the path, section by section; ``here`` is the question one comes from."""
        self.lines.clear()
        section = ""
        bold = QFont(self.font())
        bold.setBold(True)
        for line in lines:
            if line.section != section and line.section:
                heading = QListWidgetItem(line.section)
                heading.setFont(bold)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setForeground(theme.colours().text)
                self.lines.addItem(heading)
            section = line.section
            answer = line.answer or ("…" if line.open else "")
            if line.answer and line.open:
                answer = tr("{answer} (to be confirmed)", answer=answer)
            if line.broken:
                answer = f"{answer}  ⚠ {line.broken}"
            item = QListWidgetItem(f"{line.text}\n→ {answer}")
            item.setData(_ADDRESS, line.address)
            self.lines.addItem(item)
            if line.address == here:
                self.lines.setCurrentItem(item)
        self.lines.setFocus()

    def forget(self) -> None:
        """Take all answers off."""
        self.lines.clear()

    def _activated(self, item: QListWidgetItem) -> None:
        if item.data(_ADDRESS):
            self.chosen.emit(item.data(_ADDRESS))

    def _pressed(self, name: str) -> None:
        item = self.lines.currentItem()
        if name == "leave":
            self.left.emit()
        elif item is not None:
            self._activated(item)
