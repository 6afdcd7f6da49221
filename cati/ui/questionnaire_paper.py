"""The paper version on the questionnaire page: read it, save it as PDF in one language or in all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from cati.survey.outline_facts import language_name
from cati.survey.paper import Paper, paper_of
from cati.text import mark, tr, trn
from cati.ui import theme
from cati.ui.pages import Note
from cati.ui.paper_document import whole_of
from cati.ui.questionnaire_files import ask_path, breakable, file_name, write

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

_NOTES = {"de": mark("German"), "en": mark("English")}
_SHEET = 96
"""Characters that a sheet of paper is wide."""


class PaperPart(QWidget):
    """The paper in the language at hand, as it will be printed but without pages."""

    def __init__(self) -> None:
        super().__init__()
        self._looked: Looked | None = None
        self._language = ""
        self.paper: Paper | None = None
        self.about = theme.words("", "quiet")
        self.sheet = QTextBrowser()
        self.sheet.setAccessibleName(tr("Paper version"))
        self.sheet.setOpenLinks(False)
        self.sheet.setMaximumWidth(theme.columns(_SHEET))
        self.sheet.document().setDocumentMargin(3 * theme.unit())
        # Paper is white by night, too.
        self.sheet.setStyleSheet("QTextBrowser { background: #ffffff; color: #000000; }")
        self.outcome = Note("")
        self.outcome.hide()
        self.one = theme.push(tr("Save as PDF …"), self._save_one, kind="primary")
        self.all = theme.push(tr("Every language …"), self._save_all)
        line = QHBoxLayout()
        line.setSpacing(theme.unit() // 2)
        line.addWidget(self.one)
        line.addWidget(self.all)
        line.addStretch(1)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(self.about)
        stack.addLayout(line)
        stack.addWidget(self.outcome)
        stack.addWidget(self.sheet, 1)

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Show the paper version of a questionnaire."""
        self._looked, self._language = looked, language
        self.outcome.hide()
        self.paper = paper_of(looked.outline, looked.skips, language)
        self.about.setText(_about(looked, language, self.paper))
        self.all.setVisible(len(looked.outline.questionnaire.languages) > 1)
        option = QTextOption()
        if self.paper.right_to_left:
            option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        self.sheet.document().setDefaultTextOption(option)
        self.sheet.setHtml(whole_of(self.paper))

    def _save_one(self) -> None:
        from cati.ui.paper_pages import save_paper  # noqa: PLC0415 - with the file that is wanted

        if self._looked is None or self.paper is None:
            return
        paper = self.paper
        path = ask_path(self, tr("Save the paper version"), self._name(self._language))
        if path is not None:
            write(path, partial(save_paper, paper), self.outcome)

    def _save_all(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder for the files"), str(Path.home()))
        if chosen:
            self.save_all(Path(chosen))

    def save_all(self, folder: Path) -> None:
        """Write the paper version of every language into a folder."""
        from cati.ui.paper_pages import save_paper  # noqa: PLC0415

        looked = self._looked
        if looked is None:
            return
        languages = looked.outline.questionnaire.languages
        for code in languages:
            paper = paper_of(looked.outline, looked.skips, code)
            if not write(folder / self._name(code), partial(save_paper, paper), self.outcome):
                return
        saved = trn("1 file saved in {folder}", "{n} files saved in {folder}", len(languages),
                    folder=breakable(folder))  # fmt: skip
        self.outcome.say(f"✓ {saved}")

    def _name(self, code: str) -> str:
        if self._looked is None:
            return ""
        several = len(self._looked.outline.questionnaire.languages) > 1
        what = f"{tr('paper')}_{language_name(self._looked.outline, code)}" if several else tr("paper")
        return file_name(self._looked, what, "pdf")


def _about(looked: Looked, code: str, paper: Paper) -> str:
    """Say what the paper is for and, where the program does not speak its language, in which one its notes are."""
    said = tr("For those who approve the questionnaire: every question with who is asked and where answers lead.")
    if not code or code.partition("-")[0].lower() == paper.notes:
        return said
    named = language_name(looked.outline, code)
    more = tr("This program does not speak {language}: its notes are in {notes}.", language=named,
              notes=tr(_NOTES[paper.notes]))  # fmt: skip
    return f"{said} {more}"
