"""Renewing the contacts' key, on the research lead's page: after somebody left or a workstation was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Working, heading, in_words, rule

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


class RenewingPart(QWidget):
    """What it does, a button to be pressed twice, and a bar. Reports ``renewed(OpenStudy)`` with the new keys."""

    renewed = Signal(object)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self._sure = False
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(rule())
        stack.addWidget(heading(tr("Renew the contacts’ key")))
        stack.addWidget(
            theme.words(
                tr(
                    "When somebody left who may have copied the keys, or a workstation was lost: every contact is "
                    "sealed anew under another key. Everybody else closes the study first and signs in again "
                    "afterwards. Interviews that are begun, and those of today, are sealed anew, too."
                ),
                "quiet",
            )
        )
        self.renew = theme.push(tr("&Renew the key"), self.renew_it)
        stack.addWidget(self.renew, 0, Qt.AlignmentFlag.AlignLeft)
        self.working = Working()
        stack.addWidget(self.working)
        self.note = Note("")
        self.note.hide()
        stack.addWidget(self.note)

    def renew_it(self) -> None:
        """Renew the key in the background, after being asked once more."""
        if not self.renew.isEnabled():
            return
        if not self._sure:
            self._sure = True
            self.note.say(tr("It takes some seconds for ten thousand contacts. Press once more to begin."), "warning")
            return
        self._sure = False
        study = self.study

        def work(ticket: Ticket) -> OpenStudy:
            from cati.fieldwork.renewing import renew_keys  # noqa: PLC0415 - once in a while

            return renew_keys(study, ticket.progress)

        self.note.hide()
        self.renew.setEnabled(False)
        self.working.begin(tr("Sealing the contacts anew …"))
        run_in_background(self, work, self._done, self._failed, self.working.advance)

    def _done(self, study: OpenStudy) -> None:
        self.working.end()
        self.renew.setEnabled(True)
        self.study = study
        self.renewed.emit(study)
        self.note.say("✓ " + tr("Everything is sealed anew; the key of before opens nothing of now."))

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.renew.setEnabled(True)
        self.note.say(in_words(problem), "warning")
