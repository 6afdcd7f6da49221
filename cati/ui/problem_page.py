"""A page that cannot be opened says why and what to do, and can be tried again."""

from __future__ import annotations

from PySide6.QtCore import Signal

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.pages import Note, Page, in_words


class ProblemPage(Page):
    """One Problem as a page. Reports ``retry_wanted`` when it is to be tried once more."""

    retry_wanted = Signal()

    def __init__(self, problem: Problem) -> None:
        super().__init__(tr("This page cannot be opened now"))
        self.body.addWidget(Note(in_words(problem), "warning"))
        self.body.addStretch(1)
        self.once_more = theme.push(tr("&Try again"), self.retry_wanted.emit, kind="primary")
        self.foot.addWidget(self.once_more)
        self.foot.addStretch(1)
        self.begin_at = self.once_more
