"""The questionnaire page in a window of its own: a form is looked at before there is a study."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.text import tr
from cati.ui.pages import begin
from cati.ui.questionnaire_page import QuestionnairePage


class QuestionnaireWindow(QWidget):
    """Shows one form; Escape closes it."""

    def __init__(self, path: Path, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Questionnaire"))
        self.resize(parent.window().size() * 0.92)
        self.page = QuestionnairePage()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self.page)
        QShortcut(QKeySequence("Escape"), self).activated.connect(self.close)
        self.page.show_file(path)
        begin(self.page)
