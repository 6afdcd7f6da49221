"""A question of the calling page to its interviewer: answers with one key each, in columns that belong together."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from cati.text import tr
from cati.ui import theme
from cati.ui.entry import Unkeyed
from cati.ui.keyed import Flowing, KeyedFlow, Offer

ESCAPE = "\x1b"
"""What Esc types."""

Columns = Sequence[tuple[str, Sequence[Offer]]]


class KeyedColumns(QWidget):
    """Columns of keys under headings; ``across_large`` 0: large text lets all of them run on, without headings."""

    chosen = Signal(str)

    def __init__(self, across: int, across_large: int) -> None:
        super().__init__()
        self._across = across
        self._across_large = across_large
        self._parts: list[tuple[QWidget, QLabel, KeyedFlow]] = []
        self._keys: dict[str, str] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.unit())
        self._grid.setVerticalSpacing(theme.unit())

    def offer(self, columns: Columns) -> None:
        """Show these columns."""
        flat = theme.is_large() and not self._across_large
        self._keys = {one.key.lower(): one.name for _heading, offers in columns for one in offers if one.enabled}
        if flat:  # the first of each column; the other keys count all the same, and "all outcomes" names them
            columns = [("", [*(offers[0] for _heading, offers in columns), columns[-1][1][-1]])]
        while len(self._parts) < len(columns):
            self._parts.append(self._part())
        across = 1 if flat else min(self._across_large if theme.is_large() else self._across, max(len(columns), 1))
        for at, (part, heading, flow) in enumerate(self._parts):
            self._grid.removeWidget(part)
            part.setVisible(at < len(columns))
            words, offers = columns[at] if at < len(columns) else ("", ())
            heading.setText(words)
            heading.setVisible(bool(words))
            flow.setAccessibleName(words)
            flow.run_on(run_on=flat)
            flow.offer(offers)
            if at < len(columns):
                self._grid.addWidget(part, at // across, at % across, Qt.AlignmentFlag.AlignTop)
        for column in range(max(self._across, self._across_large)):
            self._grid.setColumnStretch(column, 1 if column < across else 0)

    def _part(self) -> tuple[QWidget, QLabel, KeyedFlow]:
        part = QWidget(self)
        stack = QVBoxLayout(part)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 4)
        heading = theme.words("", "small")
        flow = KeyedFlow(column=True)
        flow.chosen.connect(self.chosen)
        stack.addWidget(heading)
        stack.addWidget(flow)
        return part, heading, flow

    def press(self, key: str) -> bool:
        """Take a key; False when none of these has it."""
        name = self._keys.get(key.lower()) if key else None
        if name is None:
            return False
        self.chosen.emit(name)
        return True


class AskingView(QWidget):
    """Shows a heading, a sentence and answers with their keys; reports ``chosen(name)``, and "leave" for Esc."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.heading = theme.words("", "title")
        self.about = theme.words("", "quiet")
        self.columns = KeyedColumns(5, 2)
        self.columns.chosen.connect(self.chosen)
        self._leave = KeyedFlow()
        self._leave.chosen.connect(self.chosen)
        inside = Flowing()
        stack = QVBoxLayout(inside)
        stack.setContentsMargins(0, 0, unit, 0)
        stack.addWidget(self.columns)
        stack.addStretch(1)
        area = Unkeyed()
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit + unit // 2, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.heading)
        whole.addWidget(self.about)
        whole.addWidget(area, 1)
        whole.addWidget(self._leave)

    def ask(self, heading: str, about: str, columns: Columns) -> None:
        """Ask."""
        self.heading.setText(heading)
        self.about.setText(about)
        self.columns.offer(columns)
        self._leave.offer([Offer("leave", tr("Esc"), tr("Back"))])

    def forget(self) -> None:
        """Take off what was asked; it may name a person."""
        self.ask("", "", [])

    def press(self, key: str) -> bool:
        """Take a key, `ESCAPE` among them; False when no answer has it."""
        if key == ESCAPE:
            self.chosen.emit("leave")
            return True
        return self.columns.press(key)
