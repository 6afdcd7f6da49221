"""Two people's passwords and the erasure itself, step by step; also for one that was interrupted."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork.sheets import grouped
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, grid, in_words
from cati.ui.sheets_page import print_html

if TYPE_CHECKING:
    from cati.fieldwork.purge import ErasureRecord


class PurgePart(QWidget):
    """Works on the study's folder or link file alone: it can be tried again after a wrong password or a power cut."""

    begun = Signal()
    ended = Signal()
    erased = Signal(object)

    def __init__(self, folder: Path, *, now: Callable[[], datetime], draw: random.Random, first: str = "") -> None:
        super().__init__()
        self._folder, self._now, self._draw = folder, now, draw
        self._close: Callable[[], object] | None = None
        self._hindered = False
        self._at_work = False
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        self.logins = [QLineEdit(first), QLineEdit()]
        self.passwords = [QLineEdit(), QLineEdit()]
        fields: list[Labelled] = []
        who = (tr("First person"), tr("Second person"))
        for login, password, person in zip(self.logins, self.passwords, who, strict=True):
            password.setEchoMode(QLineEdit.EchoMode.Password)
            for editor, words in (
                (login, tr("{who}: sign-in name", who=person)),
                (password, tr("{who}: password", who=person)),
            ):
                editor.textChanged.connect(self._ready)
                fields.append(Labelled(words, editor))
        self.second = fields[2]
        stack.addLayout(grid(fields, 2))
        self.sure = QCheckBox(
            theme.folded(tr("We have read what will go; the office knows that its own list stays"), 44)
        )
        self.sure.toggled.connect(self._ready)
        stack.addWidget(self.sure)
        self.unreached = QLineEdit()
        self.why = Labelled(
            tr("Why they cannot be reached (stands in the record, which is not complete then)"), self.unreached
        )
        self.why.hide()
        stack.addWidget(self.why)
        self.erase = theme.push(tr("Erase the contacts for good"), self.purge, kind="danger")
        stack.addWidget(self.erase, 0, Qt.AlignmentFlag.AlignLeft)
        self.working = Working()
        stack.addWidget(self.working)
        self.outcome = Note("", "warning")
        self.outcome.hide()
        stack.addWidget(self.outcome)
        self._ready()

    def close_first(self, close: Callable[[], object]) -> None:
        """Set what closes the open study, in the background, before the erasure begins."""
        self._close = close

    def hinder(self, hindered: bool) -> None:
        """Keep the erasure from being begun while something stands against it."""
        self._hindered = hindered
        self._ready()

    def _ready(self) -> None:
        typed = all(editor.text() for editor in (*self.logins, *self.passwords))
        names = [login.text().strip().casefold() for login in self.logins]
        two = names[0] != names[1]
        self.second.show_fault("" if two or not names[1] else tr("The erasure needs two different people."))
        free = not (self._hindered or self._at_work)
        self.erase.setEnabled(typed and two and self.sure.isChecked() and free)

    def _lock(self, at_work: bool) -> None:
        """Take no second order, and no other name, while one is carried out."""
        self._at_work = at_work
        for editor in (*self.logins, *self.passwords, self.sure, self.unreached):
            editor.setDisabled(at_work)
        self._ready()

    def purge(self) -> None:
        """Check both sign-ins in the background; only then close the study and erase."""
        if not self.erase.isEnabled():
            return
        folder, now, draw, close = self._folder, self._now, self._draw, self._close
        first, second = (
            (login.text().strip(), password.text()) for login, password in zip(self.logins, self.passwords, strict=True)
        )
        unreached = self.unreached.text().strip()
        for password in self.passwords:
            password.clear()

        def proof(_ticket: Ticket) -> None:
            from cati.fieldwork.purge import prove  # noqa: PLC0415 - once in a study's life

            if close is not None:
                prove(folder, first, second, now=now, draw=draw)

        def work(ticket: Ticket) -> ErasureRecord:
            from cati.fieldwork.purge import purge  # noqa: PLC0415

            if close is not None:
                close()
            return purge(folder, first, second, now=now, draw=draw, progress=ticket.progress, unreached=unreached)

        def begin(_proved: None) -> None:
            self._close = None
            self.begun.emit()
            self.working.begin(tr("Erasing … leave the workstation on."))
            run_in_background(self, work, self._erased, self._failed, self._advance)

        self.outcome.hide()
        self.working.begin(tr("Checking the passwords …"))
        # Locked fields lose the cursor: it must not fall onto the button that leaves.
        self.working.bar.setFocus()
        self._lock(at_work=True)
        run_in_background(self, proof, begin, self._failed)

    def _advance(self, done: int, total: int) -> None:
        from cati.fieldwork.purge import step_words  # noqa: PLC0415

        self.working.advance(done, total)
        self.working.say(step_words(done) or tr("Erasing … leave the workstation on."))

    def _failed(self, problem: Problem) -> None:
        from cati.fieldwork.purge import SealsLeft  # noqa: PLC0415

        self.working.end()
        self._lock(at_work=False)
        self.why.setVisible(isinstance(problem, SealsLeft))
        self.outcome.say(in_words(problem), "warning")
        self.ended.emit()
        self.passwords[0].setFocus()

    def _erased(self, record: ErasureRecord) -> None:
        self.working.end()
        self.ended.emit()
        self.erased.emit(record)


class RecordPage(Page):
    """The erasure record, to be read, kept, and checked by anybody."""

    left = Signal()

    def __init__(self, record: ErasureRecord) -> None:
        super().__init__(tr("The contacts are erased") if record.complete else tr("Erased, but not completely"))
        kind = "note" if record.complete else "warning"
        self.body.addWidget(Note(tr("Keep the record. Destroy the paper copy of the seal now."), kind))
        if record.unfinished:
            self.body.addWidget(
                Note(
                    tr(
                        "Now the server’s administrator gives the command cati finish-purge on the server, with the "
                        "study’s link file. Then make the record anew: cati purge, with the first person alone."
                    ),
                    "warning",
                )
            )
        self.words = QTextBrowser()
        self.words.setOpenLinks(False)
        self.words.setAccessibleName(tr("Erasure record"))
        page = next((path for path in record.paths if path.suffix == ".html"), None)
        html = page.read_text("utf-8") if page is not None else ""
        self.words.setHtml(html)
        self.words.setMinimumHeight(theme.line() * 24)
        self.body.addWidget(self.words)
        for path in record.paths:
            self.body.addWidget(theme.words(theme.breakable(path), "small"))
        self.key = theme.words(tr("Public key: {key}", key=grouped(record.public_key)), "small")
        self.key.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.body.addWidget(self.key)
        folder = record.paths[0].parent
        self.foot.addWidget(theme.push(tr("Print …"), lambda: print_html(self, html)))
        show = theme.push(tr("Show the folder"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self.foot.addWidget(show)
        self.foot.addStretch(1)
        self.foot.addWidget(theme.push(tr("Back to sign-in"), self.left.emit, kind="primary"))
        self.begin_at = self.words


class UnfinishedPage(Page):
    """An erasure that was interrupted, to be finished by the same two people; nobody can sign in any more."""

    left = Signal()
    erased = Signal(object)
    occupied = Signal(bool)

    def __init__(self, folder: Path, name: str, *, now: Callable[[], datetime], draw: random.Random) -> None:
        super().__init__(tr("Finish the erasure of {name}", name=name))
        self.body.addWidget(
            Note(tr("An erasure was begun here and interrupted. The same two people can finish it."), "warning")
        )
        self.part = PurgePart(folder, now=now, draw=draw)
        self.leave = theme.push(tr("Back to sign-in"), self.left.emit)
        for signal, busy in ((self.part.begun, True), (self.part.ended, False)):
            signal.connect(lambda busy=busy: self.occupied.emit(busy))
            signal.connect(lambda busy=busy: self.leave.setDisabled(busy))
        self.part.erased.connect(self.erased)
        self.body.addWidget(self.part)
        self.body.addStretch(1)
        self.foot.addWidget(self.leave)
        self.foot.addStretch(1)
        self.begin_at = self.part.logins[0]
