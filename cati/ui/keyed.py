"""A key and what it does: painted as a cap with words beside it, pressed by mouse, read by screen readers.

It owns no key: a shortcut set on a button acts only after its animation and loses fast typing. The page has the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from cati.ui import theme

_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_SMALLER = 0.88


class Keyed(QAbstractButton):
    """One key cap with its words. ``kind``: "plain", "primary", "danger" or "quiet"; the checked one is filled."""

    def __init__(self, key: str = "", words: str = "", kind: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.words = words
        self.kind = kind
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.say(key, words, kind)

    def say(self, key: str, words: str, kind: str = "plain") -> None:
        """Show another key and words; as plain text, so an ampersand stays one."""
        self.key, self.words, self.kind = key, words, kind
        self.setAccessibleName(words)
        self.setAccessibleDescription(key)
        self.update()

    def _cap_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * _SMALLER * min(self.size_factor, 1.2))
        return font

    def _words_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * self.size_factor)
        font.setBold(self.kind in ("primary", "danger") or self.isChecked())
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._words_font())

    def _cap_width(self) -> int:
        if not self.key:
            return 0
        height = self._metrics().height()
        return max(height + height // 3, QFontMetrics(self._cap_font()).horizontalAdvance(self.key) + height * 2 // 3)

    def words_left(self, cap: int = 0) -> int:
        """Return where the words begin when the cap is at least ``cap`` wide."""
        unit = theme.unit()
        return unit // 2 + (max(cap, self._cap_width()) + unit * 2 // 3 if self.key else unit // 2)

    def height_at(self, width: int, cap: int = 0) -> int:
        """Return how high this must be for its words to wrap inside ``width``."""
        metrics = self._metrics()
        room = max(width - self.words_left(cap) - theme.unit() // 2, metrics.averageCharWidth() * 6)
        box = metrics.boundingRect(QRect(0, 0, room, 10_000), _WRAP, self.words)
        return max(box.height(), metrics.height()) + theme.unit() * 3 // 4

    def width_alone(self, cap: int = 0) -> int:
        """Return the width at which the words stand on one line."""
        metrics = self._metrics()
        widest = max((metrics.horizontalAdvance(line) for line in self.words.split("\n")), default=0)
        return self.words_left(cap) + widest + theme.unit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size on one line."""
        return QSize(self.width_alone(), self.height_at(10_000))

    cap = 0
    size_factor = 1.0

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint cap and words in the worn colours."""
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = theme.unit()
        radius = max(2, unit // 3)
        box = self.rect().adjusted(1, 1, -1, -1)
        filled = self.kind == "primary" or self.isChecked()
        ink, edge = colours.text, colours.border
        if self.kind == "primary" and self.isEnabled():
            ink = edge = colours.on_accent
            painter.setBrush(colours.accent)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, radius, radius)
        elif filled or self.underMouse() or self.isDown():
            painter.setBrush(colours.soft)
            painter.setPen(QPen(colours.accent, 2) if self.isChecked() else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, radius, radius)
        if self.kind == "danger":
            ink = edge = colours.problem
        if not self.isEnabled():
            ink = colours.quiet
        if self.kind == "quiet":
            ink = colours.quiet
        top = unit * 3 // 8
        cap = max(self.cap, self._cap_width())
        if self.key:
            around = QRect(unit // 2, top, cap, self._metrics().height())
            painter.setBrush(Qt.BrushStyle.NoBrush if filled else colours.base)
            painter.setPen(QPen(ink if filled else edge, 1))
            painter.drawRoundedRect(around, radius, radius)
            painter.setFont(self._cap_font())
            painter.setPen(ink)
            painter.drawText(around, Qt.AlignmentFlag.AlignCenter, self.key)
        painter.setFont(self._words_font())
        painter.setPen(ink)
        left = self.words_left(self.cap)
        painter.drawText(QRect(left, top, self.width() - left - unit // 4, self.height() - top), _WRAP, self.words)
        painter.end()


class Flowing(QWidget):
    """The inside of a scroll area whose height follows from the width alone; wrapped labels would claim more."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "column")

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return next to nothing, so that the true height counts."""
        return QSize(theme.columns(12), theme.line())


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing a key does: ``name`` is what is reported when it is chosen."""

    name: str
    key: str
    words: str
    kind: str = "plain"
    enabled: bool = True
    checked: bool = False


class KeyedFlow(QWidget):
    """Several of them: running on from line to line ("flow"), or one below the other ("column").

    The widgets are kept and shown anew with other words, so that a changed question lays out nothing but itself.
    """

    chosen = Signal(str)

    def __init__(self, name: str = "", *, column: bool = False, size: float = 1.0) -> None:
        super().__init__()
        self._column = column
        self._size = size
        self._shown: list[Keyed] = []
        self._pool: list[Keyed] = []
        self.offers: tuple[Offer, ...] = ()
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def run_on(self, *, run_on: bool) -> None:
        """Let them run on from line to line, or stand one below the other."""
        self._column = not run_on

    def offer(self, offers: Sequence[Offer]) -> None:
        """Show these."""
        self.offers = tuple(offers)
        while len(self._pool) < len(self.offers):
            button = Keyed(parent=self)
            button.size_factor = self._size
            button.clicked.connect(partial(self._pressed, len(self._pool)))
            self._pool.append(button)
        for at, button in enumerate(self._pool):
            if at < len(self.offers):
                one = self.offers[at]
                button.say(one.key, one.words, one.kind)
                button.setEnabled(one.enabled)
                button.setCheckable(True)
                button.setChecked(one.checked)
                button.show()
            else:
                button.say("", "")
                button.hide()
        self._shown = self._pool[: len(self.offers)]
        self._place(self.width(), move=True)
        self.updateGeometry()

    def forget(self) -> None:
        """Take all words off."""
        self.offer(())

    def _pressed(self, at: int, _checked: bool = False) -> None:
        self._pool[at].setChecked(self.offers[at].checked)
        self.chosen.emit(self.offers[at].name)

    def _caps(self) -> int:
        return max((button._cap_width() for button in self._shown), default=0) if self._column else 0  # noqa: SLF001 - of this module

    def _place(self, width: int, *, move: bool) -> int:
        gap = theme.unit() // 2
        cap = self._caps()
        x = y = row = 0
        for button in self._shown:
            own = width if self._column else min(button.width_alone(cap), width)
            high = button.height_at(own, cap)
            if x and (self._column or x + own > width):
                x, y, row = 0, y + row + gap // (2 if self._column else 1), 0
            if move:
                button.cap = cap
                button.setGeometry(x, y, own, high)
            row = max(row, high)
            x += own + gap
        return y + row

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return the height all of them need at this width."""
        return self._place(width, move=False)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a modest width and the height that goes with the width there is."""
        width = self.width() or theme.columns(40)
        return QSize(theme.columns(20), self._place(width, move=False))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least there must be room for."""
        return QSize(theme.columns(12), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Run on from line to line in the new width."""
        super().resizeEvent(event)
        self._place(self.width(), move=True)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Lay out anew when the text got larger."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place(self.width(), move=True)
            self.updateGeometry()
