"""The head of the questionnaire page: which questionnaire is looked at, in which languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from cati.text import tr, trn
from cati.ui.questionnaire_files import breakable

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked


def language_box(name: str) -> QComboBox:
    """Return a choice of languages, hidden until there are several."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.hide()
    return box


def about(looked: Looked) -> str:
    """Return in one line which questionnaire this is and whether it runs."""
    questionnaire = looked.outline.questionnaire
    parts = [breakable(looked.source) or tr("the questionnaire of this study")]
    if questionnaire.version:
        parts.append(tr("version {version}", version=questionnaire.version))
    parts.append(trn("1 question", "{n} questions", len(looked.outline.numbers)))
    if not looked.runs:
        parts.append("✗ " + trn("1 error keeps it from running.", "{n} errors keep it from running.", looked.errors))
    elif looked.source:
        parts.append("✓ " + tr("runs"))
    return " · ".join(parts)
