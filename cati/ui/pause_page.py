"""A pause: nothing of the study is on the screen until its interviewer comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.text import mark, tr
from cati.ui import theme
from cati.ui.asking_study import ask

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

REASONS = (
    ("break", mark("Break")),
    ("meeting", mark("Meeting or question")),
    ("technical", mark("Technical trouble")),
    ("other", mark("Something else")),
)


class PausePage(QWidget):
    """First the reason with one key, then one large sentence and one button."""

    over = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        unit = theme.unit()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(6 * unit, 6 * unit, 6 * unit, 6 * unit)
        stack.setSpacing(unit)
        self.since = ""
        self.words = theme.words("", "title")
        stack.addWidget(self.words)
        self.reasons = [
            theme.push("", lambda code=code: self.begin(code))  # type: ignore[misc]  # a default binds the loop's value
            for code, _words in REASONS
        ]
        for button in self.reasons:
            stack.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.back = theme.push("", self.end, kind="primary")
        stack.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        stack.addStretch(1)
        self.began = False
        self.retranslate()
        self.begin_at = self.reasons[0]

    def retranslate(self) -> None:
        """Say everything in the language in force; the pause goes on."""
        self.words.setText(tr("Pause since {time}", time=self.since) if self.began else tr("Why do you pause?"))
        for button, (_code, words) in zip(self.reasons, REASONS, strict=True):
            button.setText(tr(words))
        self.back.setText(tr("Go on"))

    def begin(self, reason: str) -> None:
        """Begin the pause."""
        from cati.fieldwork.calling import pause  # noqa: PLC0415 - loaded with the study

        ask(self, self.study, lambda: pause(self.study, reason), lambda _nothing: None)
        self.began = True
        self.since = self.study.now().astimezone().strftime("%H:%M")
        self.retranslate()
        for button in self.reasons:
            button.hide()
        self.back.setFocus()

    def may_leave(self) -> bool:
        """Let the page be left by any way; the pause ends with it."""
        if self.began:
            from cati.fieldwork.calling import resume_work  # noqa: PLC0415

            self.began = False
            ask(self, self.study, lambda: resume_work(self.study), lambda _nothing: None)
        return True

    def end(self) -> None:
        """End the pause, or change one's mind before it began."""
        self.over.emit()
