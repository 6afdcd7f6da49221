"""Who did what and when, for supervisors; case numbers, never names of people called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Page, Working, clear, in_words, show_day, table

if TYPE_CHECKING:
    from cati.fieldwork.log_words import LogLine
    from cati.fieldwork.open_study import OpenStudy


class LogPage(Page):
    """The newest entries first, and whether the chain of entries is whole."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Log"), wide=True)
        self.study = study
        self.verdict = Note("")
        self.verdict.hide()
        self.working = Working()
        self.lines = QVBoxLayout()
        self.body.addWidget(self.verdict)
        self.body.addWidget(self.working)
        self.body.addLayout(self.lines)
        self.again = theme.push(tr("&Refresh"), self.refresh)
        self.check = theme.push(tr("&Check that nothing was changed"), self._check)
        self.foot.addWidget(self.again)
        self.foot.addWidget(self.check)
        self.foot.addStretch(1)
        self.begin_at = self.again
        self.refresh()

    def refresh(self) -> None:
        """Read the newest entries."""
        study = self.study

        def work(_ticket: Ticket) -> tuple[LogLine, ...]:
            from cati.fieldwork.log_words import entries_in_words  # noqa: PLC0415 - with the page

            return entries_in_words(study)

        run_in_background(self, work, self.show_lines, self._failed)

    def show_lines(self, lines: tuple[LogLine, ...]) -> None:
        """Show the entries."""
        clear(self.lines)
        rows = [[show_day(one.at.astimezone(), "MMM HH:mm:ss"), one.who, one.what, one.case[:8]] for one in lines]
        shown = table(tr("Log"), [tr("When"), tr("Who"), tr("What"), tr("Case")], rows)
        head = shown.horizontalHeader()
        head.setSectionResizeMode(2, head.ResizeMode.Stretch)
        shown.setMinimumHeight(theme.line() * 20)
        self.lines.addWidget(shown)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.verdict.say(in_words(problem), "warning")

    def _check(self) -> None:
        study = self.study

        def work(_ticket: Ticket) -> tuple[bool, str]:
            from cati.fieldwork.log_words import check_in_words  # noqa: PLC0415

            return check_in_words(study)

        self.working.begin(tr("Checking every entry …"))
        run_in_background(self, work, self._checked, self._failed)

    def _checked(self, verdict: tuple[bool, str]) -> None:
        self.working.end()
        whole, words = verdict
        self.verdict.say(("✓ " if whole else "✗ ") + words, "note" if whole else "warning")
