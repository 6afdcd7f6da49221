"""The place of the interview on the calling page: begun, shown, closed, and forgotten when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.fieldwork.calling import LeaseLost, OnTheWay
from cati.survey.dispositions import TABLE
from cati.text import tr

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import Completed
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.interview_page import InterviewPage
    from cati.ui.open_case import OpenCase


class InterviewHolder(QWidget):
    """Reports ``finished(words, noted)``, ``interrupted(RunningInterview)`` or ``lost`` of the interview it holds."""

    finished = Signal(str, object)
    interrupted = Signal(object)
    lost = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self._study = study
        self.page: InterviewPage | None = None
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)

    def take_over(self, study: OpenStudy) -> None:
        """Begin the next interview by the study as it is now; one that is under way goes on as it began."""
        self._study = study

    def begin(self, opened: OpenCase) -> bool:
        """Begin or resume the interview of a case whose call has begun; False when the case was lost."""
        from cati.fieldwork import interviewing  # noqa: PLC0415 - with the first interview
        from cati.ui.interview_page import InterviewPage  # noqa: PLC0415

        if opened.call is None:
            return False
        acts = self._study.desk or interviewing
        running = acts.begin_interview(self._study, opened.case.lease, opened.call)
        if isinstance(running, LeaseLost):
            return False
        self.page = InterviewPage(self._study, running, acts)
        self.page.finished.connect(self._finished)
        self.page.interrupted.connect(self.interrupted)
        self.page.lost.connect(self.lost)
        self._stack.addWidget(self.page)
        return True

    def _finished(self, completed: Completed) -> None:
        said = tr("The answers are separated from the person.") if completed.kept else tr("No answers were kept.")
        noted = None
        if self._study.desk is not None and self.page is not None:
            noted = OnTheWay(self.page.running.case_id, completed=True)
        self.finished.emit(f"{tr(TABLE[completed.outcome].label)}. {said}", noted)

    def end(self) -> None:
        """Take the interview off."""
        if self.page is not None:
            page, self.page = self.page, None
            self._stack.removeWidget(page)
            page.hide()
            page.deleteLater()
