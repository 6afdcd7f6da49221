"""A key and what it does: painted as a cap with words beside it, pressed by mouse, read by screen readers.

It owns no key: a shortcut set on a button acts only after its animation and loses fast typing. The page has the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from cati.ui import theme

_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_WRAP_FROM_RIGHT = (
    Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignAbsolute
)
_CENTRE = Qt.AlignmentFlag.AlignCenter
_SMALLER = 0.88
_LARGEST_CAP = 1.2
_UNWRAPPED = 100_000
_BOLD = frozenset({"primary", "danger"})


class Face:
    """The fonts of one flow and what is measured with them, worked out once a text size."""

    def __init__(self, base: QFont, size: float) -> None:
        self.words = QFont(base)
        self.words.setPointSizeF(base.pointSizeF() * size)
        self.bold = QFont(self.words)
        self.bold.setBold(True)
        self.cap = QFont(base)
        self.cap.setPointSizeF(base.pointSizeF() * _SMALLER * min(size, _LARGEST_CAP))
        self.metrics = QFontMetrics(self.words)
        self.bold_metrics = QFontMetrics(self.bold)
        self.cap_metrics = QFontMetrics(self.cap)
        self.line = self.metrics.height()
        self.unit = theme.unit()

    def cap_width(self, key: str) -> int:
        """Return the width of a key's cap, 0 for none."""
        if not key:
            return 0
        return max(self.line * 4 // 3, self.cap_metrics.horizontalAdvance(key) + self.line * 2 // 3)

    def words_left(self, cap: int) -> int:
        """Return where the words begin beside a cap of this width."""
        return self.unit // 2 + (cap + self.unit * 2 // 3 if cap else self.unit // 2)

    def width_of(self, words: str, cap: int, *, bold: bool) -> int:
        """Return the width at which the words stand as they are written."""
        metrics = self.bold_metrics if bold else self.metrics
        widest = max(metrics.horizontalAdvance(line) for line in words.split("\n"))
        return self.words_left(cap) + widest + self.unit

    def height_of(self, words: str, cap: int, own: int, width: int, *, bold: bool) -> int:
        """Return how high the words are when they wrap inside this width; ``own``: what `width_of` found."""
        lines = self.line
        if "\n" in words or own > width:
            room = max(width - self.words_left(cap) - self.unit // 2, self.line * 3)
            metrics = self.bold_metrics if bold else self.metrics
            lines = max(metrics.boundingRect(QRect(0, 0, room, _UNWRAPPED), _WRAP, words).height(), lines)
        return lines + self.unit * 3 // 4


class Keyed(QAbstractButton):
    """One key cap with its words, of a `KeyedFlow`. ``kind``: "plain", "primary", "danger" or "quiet"."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.key = self.words = ""
        self.kind = "plain"
        self.face: Face | None = None
        self.cap = 0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCheckable(True)

    def say(self, key: str, words: str, kind: str = "plain") -> None:
        """Show another key and words; as plain text, so an ampersand stays one."""
        if (key, words, kind) == (self.key, self.words, self.kind):
            return
        self.key, self.words, self.kind = key, words, kind
        self.setAccessibleName(words)
        self.setAccessibleDescription(key)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size it has; its flow decides."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint cap and words in the worn colours."""
        face = self.face
        if face is None:
            return
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = max(2, face.unit // 3)
        chosen = self.isChecked()
        ink, edge = colours.text, colours.border
        background = None
        if self.kind == "primary" and self.isEnabled():
            ink = edge = colours.on_accent
            background = colours.accent
        elif self.kind == "danger":
            ink = edge = colours.problem
        elif self.kind == "quiet" or not self.isEnabled():
            ink = colours.quiet
        if background is None and (chosen or self.underMouse() or self.isDown()):
            background = colours.soft
        if background is not None:
            painter.setBrush(background)
            painter.setPen(QPen(colours.accent, 2) if chosen else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), radius, radius)
        top = face.unit * 3 // 8
        if self.key:
            around = self._placed(QRect(face.unit // 2, top, self.cap, face.line))
            if chosen:
                painter.setBrush(colours.accent)
            else:
                painter.setBrush(Qt.BrushStyle.NoBrush if background is not None else colours.base)
            painter.setPen(QPen(ink if background is not None else edge, 1))
            painter.drawRoundedRect(around, radius, radius)
            painter.setFont(face.cap)
            painter.setPen(colours.on_accent if chosen else ink)
            painter.drawText(around, _CENTRE, self.key)
        painter.setFont(face.bold if self.kind in _BOLD else face.words)
        painter.setPen(ink)
        left = face.words_left(self.cap)
        words = self._placed(QRect(left, top, self.width() - left - face.unit // 4, self.height() - top))
        painter.drawText(words, _WRAP_FROM_RIGHT if self.isRightToLeft() else _WRAP, self.words)
        painter.end()

    def _placed(self, where: QRect) -> QRect:
        """Return where something stands that is told from the side where reading begins."""
        return QStyle.visualRect(self.layoutDirection(), self.rect(), where)


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
        self._pool: list[Keyed] = []
        self._face: Face | None = None
        self._heights: dict[int, int] = {}
        self._widths: list[tuple[int, int]] = []  # of each offer: its cap, and all of it in one line
        self.offers: tuple[Offer, ...] = ()
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def run_on(self, *, run_on: bool) -> None:
        """Let them run on from line to line, or stand one below the other."""
        self._column = not run_on
        self._widths = []

    def offer(self, offers: Sequence[Offer]) -> None:
        """Show these."""
        if tuple(offers) == self.offers and self._pool:
            return
        before = self._heights.get(self.width(), -1)
        self._widths = []
        self.offers = tuple(offers)
        self.reserve(len(self.offers))
        for button, one in zip(self._pool, self.offers, strict=False):
            button.say(one.key, one.words, one.kind)
            button.setEnabled(one.enabled)
            button.setChecked(one.checked)
            if button.isHidden():
                button.setVisible(True)
        for button in self._pool[len(self.offers) :]:
            button.say("", "")
            if not button.isHidden():
                button.setVisible(False)
        self._heights = {self.width(): self._place(self.width(), move=True)}
        if self._heights[self.width()] != before:
            self.updateGeometry()

    def reserve(self, n: int) -> None:
        """Have so many of them ready, so that showing one more makes no new widget while somebody waits."""
        while len(self._pool) < n:
            button = Keyed(self)
            button.hide()
            button.clicked.connect(partial(self._pressed, len(self._pool)))
            self._pool.append(button)

    def forget(self) -> None:
        """Take all words off."""
        self.offer(())

    def _pressed(self, at: int, _checked: bool = False) -> None:
        self._pool[at].setChecked(self.offers[at].checked)
        self.chosen.emit(self.offers[at].name)

    def _place(self, width: int, *, move: bool) -> int:
        """Work out, and with ``move`` give, every button its place; return the height of all."""
        face = self._face
        if face is None:
            face = self._face = Face(self.font(), self._size)
        gap = face.unit // 2
        if not self._widths:
            self._widths = self._measure(face)
        x = y = row = 0
        for button, one, (cap, natural) in zip(self._pool, self.offers, self._widths, strict=False):
            own = width if self._column else min(natural, width)
            high = face.height_of(one.words, cap, natural, own, bold=one.kind in _BOLD)
            if x and (self._column or x + own > width):
                x, y, row = 0, y + row + gap // (2 if self._column else 1), 0
            if move:
                button.face, button.cap = face, cap
                place = QRect(x, y, own, high)
                if button.geometry() != place:
                    button.setGeometry(place)
            row = max(row, high)
            x += own + gap
        return y + row

    def _measure(self, face: Face) -> list[tuple[int, int]]:
        """Return the width of each cap, and of each cap with its words in one line."""
        caps = [face.cap_width(one.key) for one in self.offers]
        if self._column and caps:
            caps = [max(caps)] * len(caps)
        return [
            (cap, face.width_of(one.words, cap, bold=one.kind in _BOLD))
            for one, cap in zip(self.offers, caps, strict=True)
        ]

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return the height all of them need at this width."""
        found = self._heights.get(width)
        if found is None:
            found = self._heights[width] = self._place(width, move=False)
        return found

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a modest width and the height that goes with the width there is."""
        return QSize(theme.columns(20), self.heightForWidth(self.width() or theme.columns(40)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least there must be room for."""
        return QSize(theme.columns(12), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Run on from line to line in the new width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._heights[self.width()] = self._place(self.width(), move=True)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Paint all of it: on X11 Qt else paints only what the buttons covered before they got their places."""
        super().showEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Measure and lay out anew when the text got larger."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._face = None
            self._widths = []
            self._heights.clear()
            self._place(self.width(), move=True)
            self.updateGeometry()
