"""A page that cannot be opened says why and what to do."""

from __future__ import annotations

from cati.errors import Problem
from cati.text import tr
from cati.ui.pages import Note, Page, in_words


class ProblemPage(Page):
    """One Problem as a page."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(tr("This page cannot be opened now"))
        self.body.addWidget(Note(in_words(problem), "warning"))
        self.body.addStretch(1)
