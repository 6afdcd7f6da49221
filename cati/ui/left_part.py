"""What others left on this workstation in an outage, for a research lead: who must sign in, and what can be removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.pages import in_words
from cati.ui.server_line import left_words

if TYPE_CHECKING:
    from cati.fieldwork.left_behind import Left
    from cati.fieldwork.open_study import OpenStudy


class LeftPart(QWidget):
    """A sentence for each, and for whoever was let go a button to be pressed twice; nothing where nothing lies."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self._sure = ""
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self.words = theme.words("", "caution")
        self.remove = theme.push("", self._remove)
        self._stack.addWidget(self.words)
        self._stack.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        self._left: tuple[Left, ...] = ()
        self.hide()
        if study.desk is not None:
            self.refresh()

    def refresh(self) -> None:
        """Look what lies here."""
        from cati.fieldwork.left_behind import left_behind  # noqa: PLC0415 - with the study

        ask(self, self.study, lambda: left_behind(self.study), self._show)

    def _show(self, left: tuple[Left, ...]) -> None:
        self._left, self._sure = left, ""
        self.words.setText("\n".join(left_words(one) for one in left))
        lost = self._lost()
        if lost is not None:
            self.remove.setText(tr("Remove what {name} left here", name=lost.name))
        self.remove.setVisible(lost is not None)
        self.setVisible(bool(left))

    def _lost(self) -> Left | None:
        return next((one for one in self._left if not one.active), None)

    def _remove(self) -> None:
        lost = self._lost()
        if lost is None:
            return
        if self._sure != lost.member_id:
            self._sure = lost.member_id
            self.remove.setText(tr("Really remove it: nobody can save it any more"))
            return
        from cati.fieldwork.left_behind import remove_left  # noqa: PLC0415 - rarely

        ask(self, self.study, lambda: remove_left(self.study, lost.member_id), lambda _n: self.refresh(), self._failed)

    def _failed(self, problem: Problem) -> None:
        self.words.setText(in_words(problem))
