"""The end of a study: what will go, the end of the field period, and two people who erase together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Page, clear, heading, in_words, rule, show_day
from cati.ui.purge_part import PurgePart

if TYPE_CHECKING:
    from cati.fieldwork.mixing import Mixed
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.purge import PurgePlan


class PurgePage(Page):
    """The dry run comes first; erasing needs two passwords and one tick, and says what it does."""

    occupied = Signal(bool)
    gone = Signal()
    left = Signal()
    erased = Signal(object)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Erasing the contacts"))
        self.study = study
        self.body.addWidget(
            Note(
                tr(
                    "At the end the seal is destroyed and all contacts, keys and call notes with it; "
                    "nobody can bring them back. "
                    "The answers stay, tied to nobody. Planned for {day}.",
                    day=show_day(study.settings.erasure_date, "MMMM yyyy"),
                )
            )
        )
        self.plan = QVBoxLayout()
        self.plan.setSpacing(theme.unit() // 2)
        self.body.addLayout(self.plan)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("First: end the field period")))
        self.body.addWidget(
            theme.words(
                tr(
                    "No case is handed out any more, and the last interviews are mixed into the stock. "
                    "This cannot be undone."
                ),
                "quiet",
            )
        )
        self.end_field = theme.push(tr("&End the field period"), self._end_field)
        self.body.addWidget(self.end_field, 0, Qt.AlignmentFlag.AlignLeft)
        self.outcome = Note("", "warning")
        self.outcome.hide()
        self.body.addWidget(self.outcome)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Then: two people erase together")))
        self.part = PurgePart(study.folder, now=study.now, draw=study.draw, first=study.me.login)
        self.part.close_first(study.close)
        self.part.hinder(True)
        self.part.begun.connect(self._begun)
        self.part.ended.connect(lambda: self.occupied.emit(False))
        self.part.erased.connect(self.erased)
        self.body.addWidget(self.part)
        self.body.addStretch(1)
        self.look = theme.push(tr("&Look again"), self.refresh)
        self.leave = theme.push(tr("Back to sign-in"), self.left.emit)
        self.leave.hide()
        self.foot.addWidget(self.look)
        self.foot.addWidget(self.leave)
        self.foot.addStretch(1)
        self.begin_at = self.look
        self.refresh()

    def refresh(self) -> None:
        """Work out anew what would go; nothing is changed by it."""
        study = self.study

        def work(_ticket: Ticket) -> PurgePlan:
            from cati.fieldwork.purge import dry_run  # noqa: PLC0415 - with the page

            return dry_run(study)

        run_in_background(self, work, self.show_plan, lambda problem: self.outcome.say(in_words(problem), "warning"))

    def show_plan(self, plan: PurgePlan) -> None:
        """Show what would go and what stands against it."""
        clear(self.plan)
        self.plan.addWidget(heading(tr("What will go")))
        for line in plan.lines:
            self.plan.addWidget(theme.words("– " + line))
        if plan.hindrances:
            self.plan.addWidget(heading(tr("What stands against it now")))
            for line in plan.hindrances:
                self.plan.addWidget(theme.words("✗ " + line, "problem"))
        else:
            self.plan.addWidget(theme.words("✓ " + tr("Nothing stands against it."), "good"))
        self.part.hinder(bool(plan.hindrances))

    def _end_field(self) -> None:
        study = self.study

        def work(_ticket: Ticket) -> Mixed:
            from cati.fieldwork.mixing import end_field  # noqa: PLC0415

            return end_field(study)

        self.end_field.setEnabled(False)
        run_in_background(self, work, lambda _mixed: self._ended(), self._not_ended)

    def _ended(self) -> None:
        self.outcome.say("✓ " + tr("The field period has ended."))
        self.refresh()

    def _not_ended(self, problem: Problem) -> None:
        self.end_field.setEnabled(True)
        self.outcome.say(in_words(problem), "warning")

    def _begun(self) -> None:
        """The study is closed from here on: nothing of the window may ask it again."""
        self.gone.emit()
        self.occupied.emit(True)
        self.look.hide()
        self.end_field.setEnabled(False)
        self.leave.show()
