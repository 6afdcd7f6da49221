"""The bar above every page: study and site, the time, what one has done today, pause, look, language, help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from cati.text import LANGUAGES, language, tr
from cati.ui import theme


class Elided(QLabel):
    """One line that ends in … where there is no room, and says all of it as a tool tip."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._whole = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.say(text)

    def say(self, text: str) -> None:
        """Show another line."""
        self._whole = text
        self.setToolTip(text)
        self._fit()

    def whole(self) -> str:
        """Return the line as it was given."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the line into the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 1)))


@dataclass(frozen=True, slots=True)
class Figures:
    """What somebody has done today; ``target`` is None where none was set."""

    complete: int
    target: int | None


class Header(QWidget):
    """The bar; it knows nothing of studies and reports what was pressed."""

    dark_wanted = Signal(bool)
    scale_wanted = Signal(int)
    language_wanted = Signal(str)
    help_wanted = Signal()
    pause_wanted = Signal()
    sign_out_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._study = Elided()
        self._study.setProperty("kind", "heading")
        self._clock = self._label()
        self._today = self._label()
        self._figures: Figures | None = None
        self.pause = self._button(self.pause_wanted.emit)
        self.sign_out = self._button(self.sign_out_wanted.emit)
        self.smaller = self._button(lambda: self.scale_wanted.emit(-1))
        self.larger = self._button(lambda: self.scale_wanted.emit(1))
        self.look = self._button(lambda: self.dark_wanted.emit(not theme.is_dark()))
        self.tongue = self._button(self._other_language)
        self.help = self._button(self.help_wanted.emit)
        line = QHBoxLayout(self)
        line.addWidget(self._study, 1)
        for part in (
            self._clock, self._today, self.pause, self.smaller, self.larger, self.look, self.tongue, self.help,
            self.sign_out
        ):  # fmt: skip
            line.addWidget(part)
        self._line = line
        self.retranslate()
        self.show_nobody()

    def _label(self) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _button(self, act: Callable[[], object]) -> QPushButton:
        return theme.push("", act, kind="quiet")

    def retranslate(self) -> None:
        """Say everything in the language in force, in the worn look and size."""
        unit = theme.unit()
        self._line.setSpacing(unit // 2)
        self._line.setContentsMargins(2 * unit, unit // 2, unit, unit // 2)
        for label in (self._clock, self._today):
            label.setContentsMargins(unit // 2, 0, unit // 2, 0)
        other = self._next_language()
        for button, text, name in (
            (self.pause, tr("Pause"), tr("Take a pause")),
            (self.sign_out, tr("Sign out"), tr("Sign out")),
            (self.smaller, "A−", tr("Smaller text")),
            (self.larger, "A+", tr("Larger text")),
            (self.look, "◐", tr("Light look") if theme.is_dark() else tr("Dark look")),
            (self.tongue, language(), tr("Change language to {other}", other=other)),
            (self.help, "?", tr("Keys and manual")),
        ):
            button.setText(text)
            button.setAccessibleName(name)
            button.setToolTip(name)
        if self._figures is not None:  # no server is asked for what is there already
            self.show_figures(self._figures)

    def show_nobody(self) -> None:
        """Show the bar of a window in which nobody is signed in."""
        self._study.say("cati")
        for part in (self._today, self.pause, self.sign_out):
            part.hide()

    def show_study(self, name: str, person: str, site: str = "") -> None:
        """Show the study, who is signed in, and the site of the case on the page."""
        self._study.say(" · ".join(part for part in (name, site, person) if part))
        self.pause.show()
        self.sign_out.show()

    def show_clock(self, wall: datetime) -> None:
        """Show the time on this workstation's wall."""
        self._clock.setText(wall.strftime("%H:%M"))
        self._clock.setAccessibleName(tr("Time"))

    def show_figures(self, figures: Figures | None) -> None:
        """Show how many interviews were finished today, of how many wanted."""
        self._figures = figures
        self._today.setVisible(figures is not None)
        if figures is None:
            return
        done = figures.complete
        if figures.target:
            self._today.setText(tr("today {done}/{target}", done=done, target=figures.target))
        else:
            self._today.setText(tr("today {done}", done=done))
        self._today.setToolTip(tr("Interviews you have finished today"))

    def hold(self, held: bool) -> None:
        """Keep pause and signing out from being pressed while a case is open."""
        self.pause.setEnabled(not held)
        self.sign_out.setEnabled(not held)

    def study_line(self) -> str:
        """Return the line on the left, whole."""
        return self._study.whole()

    def _next_language(self) -> str:
        return LANGUAGES[(LANGUAGES.index(language()) + 1) % len(LANGUAGES)]

    def _other_language(self) -> None:
        self.language_wanted.emit(self._next_language())
