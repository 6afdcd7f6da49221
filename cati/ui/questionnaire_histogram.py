"""How long random interviews took, as bars of whole minutes painted in the window's colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cati.text import show_number, tr
from cati.ui import theme

_MOST_BARS = 24
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)
_ROWS = 5
_SMALLEST_BAR = 2.0


def bars(minutes: Sequence[float]) -> tuple[int, list[int]]:
    """Return how many minutes a bar spans and the height of each, from 0 minutes on."""
    if not minutes:
        return 1, []
    longest = max(minutes)
    step = next((step for step in _STEPS if longest / step < _MOST_BARS), round(longest / _MOST_BARS) + 1)
    counted = Counter(int(one // step) for one in minutes)
    return step, [counted[at] for at in range(int(longest // step) + 1)]


class Histogram(QWidget):
    """The bars, the minutes below them, the highest number above."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 1
        self._bars: list[int] = []
        self._median = 0.0
        self.setAccessibleName(tr("Lengths of the interviews"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_minutes(self, minutes: Sequence[float], median: float) -> None:
        """Show these lengths."""
        self._step, self._bars = bars(minutes)
        self._median = median
        said = [
            f"{at * self._step}–{(at + 1) * self._step}: {show_number(height)}"
            for at, height in enumerate(self._bars)
            if height
        ]
        self.setAccessibleDescription(tr("Minutes and how many interviews: {bars}", bars=", ".join(said)))
        self.setToolTip(self.accessibleDescription())
        self.setVisible(bool(self._bars))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a few lines."""
        return QSize(theme.columns(30), (_ROWS + 2) * theme.line())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the bars."""
        if not self._bars:
            return
        c, small = theme.colours(), QFontMetrics(theme.font_of("small"))
        painter = QPainter(self)
        painter.setFont(theme.font_of("small"))
        base = self.height() - small.height() - 2
        highest = max(self._bars)
        room = base - small.height() - 2
        wide = self.width() / len(self._bars)
        for at, height in enumerate(self._bars):
            high = max(height / highest * room, _SMALLEST_BAR) if height else 0.0
            bar = QRectF(at * wide + 1, base - high, max(wide - 2, 1), high)
            painter.fillRect(bar, c.accent)
            if height == highest:
                where = QRectF(bar.center().x() - 200, bar.top() - small.height() - 1, 400, small.height())
                painter.setPen(c.quiet)
                painter.drawText(where, Qt.AlignmentFlag.AlignHCenter, show_number(height))
        painter.setPen(c.border)
        painter.drawLine(0, base, self.width(), base)
        self._paint_minutes(painter, small, base, wide)
        painter.end()

    def _paint_minutes(self, painter: QPainter, small: QFontMetrics, base: int, wide: float) -> None:
        """Write the minutes below as often as there is room."""
        painter.setPen(theme.colours().quiet)
        label = tr("{minutes} min", minutes=len(self._bars) * self._step)
        each = max(1, round((small.horizontalAdvance(label) * 1.6) / max(wide, 1)) + 1)
        for at in range(0, len(self._bars), each):
            words = tr("{minutes} min", minutes=at * self._step)
            if at * wide + small.horizontalAdvance(words) > self.width():
                break
            painter.drawText(
                QRectF(at * wide, base + 2, wide * each, small.height()), Qt.AlignmentFlag.AlignLeft, words
            )
