"""The end of a study: what will go, the end of the field period, and two people who erase together."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.entry import Entry
from cati.ui.pages import Labelled, Note, Page, clear, heading, in_words, rule, show_day
from cati.ui.purge_part import PurgePart

if TYPE_CHECKING:
    from cati.fieldwork.mixing import Mixed
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.purge import PurgePlan
    from cati.fieldwork.supervising import Progress


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
        self.end_field = theme.push(tr("&End the field period …"), self._ask)
        self.body.addWidget(self.end_field, 0, Qt.AlignmentFlag.AlignLeft)
        self.asked = EndOfField()
        self.asked.agreed.connect(self._end_field)
        self.asked.left.connect(self._keep_on)
        self.body.addWidget(self.asked)
        self.outcome = Note("", "warning")
        self.outcome.hide()
        self.body.addWidget(self.outcome)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Then: two people erase together")))
        self.part = PurgePart(study.folder, now=study.now, draw=study.draw, first=study.me.login)
        self.part.close_first(study.close)
        self.part.hinder(True)
        self.part.begun.connect(self._begun)
        self.part.ended.connect(self._interrupted)
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
                self.plan.addWidget(theme.words("✗ " + _wrapping(line), "problem"))
        else:
            self.plan.addWidget(theme.words("✓ " + tr("Nothing stands against it."), "good"))
        self.part.hinder(bool(plan.hindrances))

    def _ask(self) -> None:
        """Say what the end means here and now, and ask for the lead's own password: one key alone ends nothing."""
        study = self.study

        def work(_ticket: Ticket) -> Progress:
            from cati.fieldwork.supervising import progress  # noqa: PLC0415 - with the page

            return progress(study)

        def show(found: Progress) -> None:
            if found.field_over:
                self._end_field(None)
            else:
                self.asked.ask(found, {site.code: site.target for site in study.settings.sites})

        self.end_field.setEnabled(False)
        self.outcome.hide()
        run_in_background(self, work, show, self._not_ended)

    def _keep_on(self) -> None:
        self.asked.forget()
        self.end_field.setEnabled(True)
        self.end_field.setFocus()

    def _end_field(self, password: str | None) -> None:
        """End it; ``password`` None when it has ended by its date and only the last interviews are to be mixed."""
        study = self.study
        self.asked.forget()
        # Else the cursor falls into the next field below, which is about the erasure.
        self.look.setFocus()

        def work(_ticket: Ticket) -> Mixed:
            from cati.fieldwork.mixing import end_field  # noqa: PLC0415
            from cati.fieldwork.study import prove_password  # noqa: PLC0415

            if password is not None:
                prove_password(study, password)
            return end_field(study)

        run_in_background(self, work, lambda _mixed: self._ended(), self._not_ended)

    def _ended(self) -> None:
        self.outcome.say("✓ " + tr("The field period has ended."))
        self.refresh()

    def _not_ended(self, problem: Problem) -> None:
        self.end_field.setEnabled(True)
        self.end_field.setFocus()
        self.outcome.say(in_words(problem), "warning")

    def _begun(self) -> None:
        """The study is closed from here on: nothing of the window may ask it again."""
        self.gone.emit()
        self.occupied.emit(True)
        self.look.hide()
        self.end_field.setEnabled(False)
        self.leave.hide()

    def _interrupted(self) -> None:
        """The erasure came to an end, good or bad; the study is closed, so the way leads back to the sign-in."""
        self.occupied.emit(False)
        self.leave.setVisible(not self.look.isVisibleTo(self))


def _wrapping(line: str) -> str:
    """Return a sentence whose file names and paths, however long, can be broken to the width of the column."""
    return re.sub(r"\S*[/\\.]\S+", lambda name: re.sub(r".{16}", "\\g<0>\u200b", theme.breakable(name[0])), line)


class EndOfField(QWidget):
    """What the end of the field period means now, and the password that it takes; ``agreed(password)`` or ``left``."""

    agreed = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.about = theme.words("", "caution")
        self.yes = theme.push(tr("End it for good"), self._agree, kind="danger")
        self.password = Entry()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.returnPressed.connect(self._agree)
        self.password.textChanged.connect(lambda text: self.yes.setEnabled(bool(text)))
        self.no = theme.push(tr("Go on calling"), self.left.emit)
        line = QHBoxLayout()
        line.setSpacing(theme.unit())
        for button in (self.no, self.yes):
            line.addWidget(button)
        line.addStretch(1)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        entry = Labelled(tr("Your own password"), self.password)
        entry.setMaximumWidth(theme.columns(50))
        stack.addWidget(self.about)
        stack.addWidget(entry)
        stack.addLayout(line)
        self.hide()

    def ask(self, found: Progress, targets: dict[str, int]) -> None:
        """Ask; ``targets`` holds the number of interviews wanted of each site: too many in one make up for no other."""
        complete = Counter[str]()
        for cell in found.cells:
            complete[cell.site] += cell.complete
        missing = sum(max(target - complete[site], 0) for site, target in targets.items())
        waiting = sum(cell.callable for cell in found.cells)
        lines = [
            trn("1 person could still be called.", "{n} people could still be called.", waiting),
            tr("{complete} of {target} interviews are done.", complete=complete.total(), target=sum(targets.values())),
            trn("1 interview is missing.", "{n} interviews are missing.", missing),
            tr("After this nobody is called any more, and it cannot be undone."),
        ]
        self.about.setText(" ".join(lines))
        self.yes.setEnabled(False)
        self.show()
        self.password.setFocus()

    def forget(self) -> None:
        """Take the question and the password off."""
        self.password.forget()
        self.hide()

    def _agree(self) -> None:
        if self.password.text():
            self.agreed.emit(self.password.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
