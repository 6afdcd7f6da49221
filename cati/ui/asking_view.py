"""A question of the calling page to the interviewer: a list of answers with one key each, or two keys for what cannot be undone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cati.ui import theme
from cati.ui.pages import clear


class AskingView(QWidget):
    """Shows a heading, a sentence and answers as "key  words"; reports the chosen answer's name by ``chosen``."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.heading = theme.words("", "title")
        self.about = theme.words("", "quiet")
        self._keys: dict[str, str] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(unit)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, 2 * unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.heading)
        whole.addWidget(self.about)
        whole.addLayout(self._grid)
        whole.addStretch(1)

    def ask(self, heading: str, about: str, answers: Sequence[tuple[str, str, str]], *, danger: bool = False) -> None:
        """Ask; ``answers`` are (key, name, words) in order."""
        self.heading.setText(heading)
        self.about.setText(about)
        clear(self._grid)
        self._keys = {key.lower(): name for key, name, _words in answers}
        across = 1 if theme.is_large() or len(answers) <= 4 else 2  # noqa: PLR2004 - short lists stay in one column
        for at, (key, name, words) in enumerate(answers):
            button = theme.push(f"{key.upper()}   {words}", lambda name=name: self.chosen.emit(name),  # type: ignore[misc]  # a default binds the loop's value
                                kind="danger" if danger and at == 0 else "plain")  # fmt: skip
            button.setAutoDefault(False)
            button.setStyleSheet("text-align: left;")
            button.setMaximumWidth(theme.columns(60))
            self._grid.addWidget(button, at // across, at % across)

    def press(self, key: str) -> bool:
        """Take a key; False when no answer has it."""
        name = self._keys.get(key.lower())
        if name is None:
            return False
        self.chosen.emit(name)
        return True
