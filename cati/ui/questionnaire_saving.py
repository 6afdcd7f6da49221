"""Saving a questionnaire in another format: workbook, YAML or XForm, and what that format cannot say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Working, in_words
from cati.ui.questionnaire_files import ask_path, breakable, file_name
from cati.ui.questionnaire_problems import in_words as finding_in_words

if TYPE_CHECKING:
    from cati.fieldwork.form_conversion import Converted
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.questionnaire_reading import Looked

_MOST_LINES = 6


class SavingPart(QWidget):
    """Hidden until something was saved or could not be; Escape or the button takes it away again."""

    begun = Signal()
    ended = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.working = Working()
        self.outcome = Note("")
        self.lost = QListWidget()
        self.lost.setAccessibleName(tr("What the other format cannot say"))
        self.lost.setWordWrap(True)
        self.lost.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if not theme.is_large():  # there it has the page to itself
            self.lost.setMaximumHeight(_MOST_LINES * (theme.line() + theme.unit()))
        self.close_it = theme.push(tr("Close"), self.forget)
        line = QHBoxLayout()
        line.setSpacing(theme.unit())
        line.addWidget(self.outcome, 1)
        line.addWidget(self.close_it, 0, Qt.AlignmentFlag.AlignTop)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(self.working)
        stack.addLayout(line)
        stack.addWidget(self.lost, 1)
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.forget()
        else:
            super().keyPressEvent(event)

    def ask(self, looked: Looked, source: Path | None, study: OpenStudy | None, ending: str) -> None:
        """Ask for a place and save there: the form in ``source`` or, None, the study's own."""
        path = ask_path(self, tr("Save the questionnaire"), file_name(looked, "", ending[1:]))
        if path is not None:
            self.save(source, study, path)

    def save(self, source: Path | None, study: OpenStudy | None, target: Path) -> None:
        """Write the questionnaire as ``target``, whose ending says in which format; in background."""

        def convert(_ticket: Ticket) -> Converted:
            from cati.fieldwork.form_conversion import convert_form, convert_own  # noqa: PLC0415 - with the first file

            # The file dialog has asked whether the target may go.
            if source is not None:
                return convert_form(source, target, replace=True)
            if study is None:
                raise Problem(tr("Questionnaire"), tr("There is no questionnaire to be saved."))
            return convert_own(study, target, replace=True)

        for part in (self.outcome, self.lost, self.close_it):
            part.hide()
        self.begun.emit()
        self.show()
        self.working.begin(tr("Saving …"))
        run_in_background(self, convert, self._saved, self._failed)

    def forget(self) -> None:
        """Take away what was said."""
        self.hide()
        self.closed.emit()

    def _saved(self, done: Converted) -> None:
        said = "✓ " + tr("Saved: {path}", path=breakable(done.paths[0]))
        if len(done.paths) > 1:
            said += " · " + trn("1 table beside it", "{n} tables beside it", len(done.paths) - 1)
        if done.notes:
            said += " · " + trn("1 remark on it:", "{n} remarks on it:", len(done.notes))
        self._say(said, "note")
        self.lost.clear()
        self.lost.addItems([finding_in_words(note) for note in done.notes])
        self.lost.setVisible(bool(done.notes))
        (self.lost if done.notes else self.close_it).setFocus()
        self.ended.emit()

    def _failed(self, problem: Problem) -> None:
        self._say("✗ " + in_words(problem), "warning")
        self.close_it.setFocus()
        self.ended.emit()

    def _say(self, words: str, kind: str) -> None:
        self.working.end()
        self.outcome.say(words, kind)
        self.close_it.show()
