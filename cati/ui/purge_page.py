"""The end of a study: what will go, two people's passwords, the erasure step by step, the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import show_moment, tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, clear, grid, heading, in_words, rule

if TYPE_CHECKING:
    from cati.fieldwork.mixing import Mixed
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.purge import ErasureRecord, PurgePlan


class PurgePage(Page):
    """The dry run comes first; the button that erases needs two passwords and one tick, and says what it does."""

    occupied = Signal(bool)
    gone = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Erasing the contacts"))
        self.study = study
        self.plan = QVBoxLayout()
        self.plan.setSpacing(theme.unit() // 2)
        settings = study.settings
        self.body.addWidget(
            Note(
                tr(
                    "At the end the seal is destroyed and all contacts, keys and call notes with it; "
                    "nobody can bring them back. "
                    "The answers stay, tied to nobody. Planned for {day}.",
                    day=show_moment(settings.erasure_date, "d MMMM yyyy"),
                )
            )
        )
        self.body.addLayout(self.plan)
        self.end_field = theme.push(tr("&End the field period"), self._end_field)
        self.end_words = theme.words(
            tr(
                "No case is handed out any more, and the last interviews are mixed into the stock. "
                "This cannot be undone."
            ),
            "small",
        )
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("First: end the field period")))
        self.body.addWidget(self.end_words)
        self.body.addWidget(self.end_field, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Then: two people erase together")))
        self.body.addWidget(self._passwords())
        self.working = Working()
        self.body.addWidget(self.working)
        self.outcome = Note("", "warning")
        self.outcome.hide()
        self.body.addWidget(self.outcome)
        self.body.addStretch(1)
        self.look = theme.push(tr("&Look again"), self.refresh)
        self.erase = theme.push(tr("Erase the contacts for good"), self.purge, kind="danger")
        self.erase.setEnabled(False)
        self.foot.addWidget(self.look)
        self.foot.addStretch(1)
        self.foot.addWidget(self.erase)
        self.setFocusProxy(self.look)
        self._hindered = True
        self.refresh()

    def _passwords(self) -> QWidget:
        part = QWidget()
        stack = QVBoxLayout(part)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        self.logins = [QLineEdit(self.study.me.login), QLineEdit()]
        self.passwords = [QLineEdit(), QLineEdit()]
        fields: list[QWidget] = []
        for login, password, who in zip(
            self.logins, self.passwords, (tr("First person"), tr("Second person")), strict=True
        ):
            password.setEchoMode(QLineEdit.EchoMode.Password)
            for editor, words in (
                (login, tr("{who}: sign-in name", who=who)),
                (password, tr("{who}: password", who=who)),
            ):
                editor.textChanged.connect(self._ready)
                fields.append(Labelled(words, editor))
        stack.addLayout(grid(fields, 2))
        self.sure = QCheckBox(tr("We have read what will go, and the office knows that its own list is not covered"))
        self.sure.toggled.connect(self._ready)
        stack.addWidget(self.sure)
        return part

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
        self._hindered = bool(plan.hindrances)
        if plan.hindrances:
            self.plan.addWidget(heading(tr("What stands against it now")))
            for line in plan.hindrances:
                self.plan.addWidget(theme.words("✗ " + line, "problem"))
        else:
            self.plan.addWidget(theme.words("✓ " + tr("Nothing stands against it."), "good"))
        self._ready()

    def _ready(self) -> None:
        typed = all(editor.text() for editor in (*self.logins, *self.passwords))
        two = self.logins[0].text().strip() != self.logins[1].text().strip()
        self.erase.setEnabled(typed and two and self.sure.isChecked() and not self._hindered)

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

    def purge(self) -> None:
        """Erase, in the background; killed at any step it goes on from there when it is started again."""
        if not self.erase.isEnabled():
            return
        study = self.study
        folder, now, draw = study.folder, study.now, study.draw
        pairs = [
            (login.text().strip(), password.text()) for login, password in zip(self.logins, self.passwords, strict=True)
        ]
        for password in self.passwords:
            password.clear()

        def work(ticket: Ticket) -> ErasureRecord:
            from cati.fieldwork.purge import purge  # noqa: PLC0415

            study.close()
            return purge(folder, pairs[0], pairs[1], now=now, draw=draw, progress=ticket.progress)

        self.erase.setEnabled(False)
        self.look.setEnabled(False)
        self.occupied.emit(True)
        self.working.begin(tr("Erasing … leave the workstation on."))
        run_in_background(self, work, self._erased, self._failed, self.working.advance)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.occupied.emit(False)
        self.outcome.say(in_words(problem), "warning")
        self.gone.emit()

    def _erased(self, record: ErasureRecord) -> None:
        self.working.end()
        self.occupied.emit(False)
        self.gone.emit()
        self.show_record(record)

    def show_record(self, record: ErasureRecord) -> None:
        """Show the record in place of everything else."""
        self.title(tr("The contacts are erased") if record.complete else tr("Erased, but not completely"))
        clear(self.plan)
        for at in range(self.body.count()):
            item = self.body.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
        view = QTextBrowser()
        view.setOpenLinks(False)
        view.setAccessibleName(tr("Erasure record"))
        page = next((path for path in record.paths if path.suffix == ".html"), None)
        if page is not None:
            view.setHtml(page.read_text("utf-8"))
        view.setMinimumHeight(theme.line() * 24)
        self.plan.addWidget(Note(tr("Keep the record. Destroy the paper copy of the seal now.")))
        self.plan.addWidget(view)
        for path in record.paths:
            self.plan.addWidget(theme.words(str(path), "small"))
        folder: Path = record.paths[0].parent
        show = theme.push(tr("Show the folder"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self.plan.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)
        self.look.hide()
        self.erase.hide()
        view.setFocus()
