"""What a member of staff can do: the study's languages they speak, and whether they are given soft refusals."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from cati.text import mark, tr
from cati.ui import theme

LANGUAGE_NAMES = {
    "de": mark("German"), "en": mark("English"), "fr": mark("French"), "it": mark("Italian"), "es": mark("Spanish"),
    "pl": mark("Polish"), "tr": mark("Turkish"), "ru": mark("Russian"), "uk": mark("Ukrainian"), "ar": mark("Arabic"),
}  # fmt: skip


def language_name(code: str) -> str:
    """Return a language by its name where the program knows it, else by its code."""
    return tr(LANGUAGE_NAMES[code]) if code in LANGUAGE_NAMES else code


class SkillsPart(QWidget):
    """One box a language, and one for soft refusals."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(theme.words(tr("Languages in which this person interviews")))
        self.languages: dict[str, QCheckBox] = {}
        for code in languages:
            box = QCheckBox(language_name(code))
            box.setChecked(True)
            box.setAccessibleName(tr("Interviews in: {language}", language=language_name(code)))
            self.languages[code] = box
            stack.addWidget(box)
        stack.addSpacing(theme.unit() // 2)
        stack.addWidget(theme.words(tr("Soft refusals")))
        self.converts = QCheckBox(theme.folded(tr("Calls people again who refused softly"), 40))
        about = tr("A second approach after some days of rest, by somebody trained for it.")
        self.converts.setAccessibleDescription(about)
        stack.addWidget(self.converts)
        stack.addWidget(theme.words(about, "small"))

    def spoken(self) -> tuple[str, ...]:
        """Return the codes of the languages that are ticked."""
        return tuple(code for code, box in self.languages.items() if box.isChecked())

    def fill(self, languages: Sequence[str], *, converts: bool) -> None:
        """Show what somebody can do."""
        for code, box in self.languages.items():
            box.setChecked(code in languages)
        self.converts.setChecked(converts)
