"""The head of an interview's pages: which section this is, how far it goes, how long it has taken."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cati.survey.screens import Screen
from cati.text import tr
from cati.ui import theme


class ProgressLine(QWidget):
    """How far the interview is, as a thin line; the same is said in words beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setFixedHeight(max(3, theme.unit() // 3))

    def move_to(self, share: float) -> None:
        """Show a share from 0 to 1."""
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the line."""
        painter = QPainter(self)
        colours = theme.colours()
        painter.fillRect(self.rect(), colours.border)
        painter.fillRect(QRect(0, 0, round(self.width() * self._share), self.height()), colours.accent)
        painter.end()


class InterviewHead(QWidget):
    """Shows where a screen stands in its interview."""

    def __init__(self) -> None:
        super().__init__()
        self.section = theme.words("", "heading")
        self.where = theme.words("", "quiet")
        self.where.setWordWrap(False)
        self.where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.line = ProgressLine()
        self._measures: QFontMetrics | None = None
        self._wide = 0
        top = QHBoxLayout()
        top.addWidget(self.section, 1)
        top.addWidget(self.where)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.unit())
        whole.addLayout(top)
        whole.addWidget(self.line)

    def show_place(self, screen: Screen, member: str, minutes: int) -> None:
        """Show section, roster member and position of a screen; ``minutes`` since the interview began."""
        self.section.setText(" · ".join(part for part in (screen.section, member) if part))
        self._say_where(
            tr("{n} of about {of} · section {section} of {sections} · {minutes} min",
               n=screen.position, of=screen.of_about, section=screen.section_number,
               sections=screen.sections_total, minutes=minutes)
            if screen.section_number
            else tr("{n} of about {of} · {minutes} min", n=screen.position, of=screen.of_about, minutes=minutes)
        )  # fmt: skip
        self.line.move_to((screen.position - 1) / max(screen.of_about, 1))

    def _say_where(self, words: str) -> None:
        """Say how far it goes in a place kept for it: else each step would lay out all pages of the interview anew."""
        self.where.setText(words)
        if self.where.wordWrap():
            return
        if self._measures is None:
            self.where.ensurePolished()
            self._measures = self.where.fontMetrics()
        wide = self._measures.horizontalAdvance(words)
        if wide > self._wide:
            self._wide = wide
            self.where.setFixedSize(self.where.sizeHint())

    def forget(self) -> None:
        """Take the words off; a section may be named after somebody."""
        self.section.clear()
        self.where.clear()
