"""The first page: choose a study, sign in; put back a seal that is missing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, heading, in_words
from cati.ui.preferences import Recent
from cati.ui.seal_part import SealPart

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.study_state import StudyState


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a study before the sign-in; ``seal``: where its seal is, or belongs."""

    folder: Path
    state: StudyState
    on_server: bool
    seal: Path


class SignInPage(Page):
    """Studies on the left, name and password on the right; unlocking runs in the background.

    Reports ``signed_in(OpenStudy, typed)``; ``typed`` is what may be the start password of whoever came in by one, ().
    """

    signed_in = Signal(object, object)
    new_study_wanted = Signal()
    unfinished_wanted = Signal(Path, str)
    recovery_wanted = Signal(Path, str)

    def __init__(self, recent: Sequence[Recent], *, now: Callable[[], datetime], draw: random.Random) -> None:
        super().__init__(tr("Telephone interviews"), wide=True)
        self._now = now
        self._draw = draw
        self.folder: Path | None = None
        self._parting = False
        unit = theme.unit()
        sides = QHBoxLayout()
        sides.setSpacing(4 * unit)
        sides.addLayout(self._left(recent), 3)
        sides.addWidget(self._right(), 3)
        sides.addStretch(1)
        self.body.addLayout(sides)
        self.body.addStretch(1)
        if self.studies.count():
            self.studies.setCurrentRow(0)
        self.begin_at = self.login if self.studies.count() else self.choose

    def _left(self, recent: Sequence[Recent]) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(theme.unit())
        title = heading(tr("Study"))
        side.addWidget(title)
        self.studies = QListWidget()
        self.studies.setAccessibleName(tr("Studies opened on this workstation"))
        self.studies.setMinimumHeight(theme.line() * 9)
        self.studies.setWordWrap(True)
        self.studies.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.studies.currentItemChanged.connect(lambda item, _old: self._chosen(item))
        for study in recent:
            self._add(Path(study.folder), study.name)
        self.empty = Note(
            tr(
                "No study was opened on this workstation yet. Open the folder of a study, or the link file of one on a "
                "server, or create a new one."
            )
        )
        self.empty.setVisible(not self.studies.count())
        self.studies.setVisible(bool(self.studies.count()))
        side.addWidget(self.empty)
        side.addWidget(self.studies)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.unit())
        self.choose = theme.push(tr("Open a &folder …"), self._choose)
        self.new = theme.push(tr("&New study …"), self.new_study_wanted.emit)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.new)
        buttons.addStretch(1)
        side.addLayout(buttons)
        self.choose_link = theme.push(tr("Open a &link file …"), self._choose_link)
        side.addWidget(self.choose_link, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        return side

    def _right(self) -> QWidget:
        form = QWidget()
        side = QVBoxLayout(form)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(theme.unit())
        self._name = heading(tr("Sign in"))
        side.addWidget(self._name)
        self.login = QLineEdit()
        self.login.setMaxLength(80)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.login.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.sign_in)
        side.addWidget(Labelled(tr("Sign-in name"), self.login))
        side.addWidget(Labelled(tr("Password"), self.password))
        self.start = QLineEdit()
        self.start.setMaxLength(80)
        self.start.returnPressed.connect(self.sign_in)
        self._first_time = Labelled(
            tr("Start password, the first time only"),
            self.start,
            tr("As it is on the slip. Whoever has no password of their own yet leaves the field above empty."),
        )
        self._first_time.hide()
        side.addWidget(self._first_time)
        self.enter = theme.push(tr("Sign in"), self.sign_in, kind="primary")
        line = QHBoxLayout()
        line.addWidget(self.enter)
        line.addStretch(1)
        side.addLayout(line)
        self.working = Working()
        side.addWidget(self.working)
        self.problem = Note("", "warning")
        self.problem.hide()
        side.addWidget(self.problem)
        self.finish = theme.push(tr("Finish the erasure …"), self._finish)
        self.finish.hide()
        side.addWidget(self.finish, 0, Qt.AlignmentFlag.AlignLeft)
        self.update_study = theme.push(tr("Copy it and bring it up to date"), self._update)
        self.update_study.hide()
        side.addWidget(self.update_study, 0, Qt.AlignmentFlag.AlignLeft)
        side.addWidget(self._seal_part())
        self.recover = theme.push(
            theme.folded(tr("If no research lead can sign in any more …"), 24), self._recover, kind="quiet"
        )
        self.recover.hide()
        side.addWidget(self.recover, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        return form

    def _seal_part(self) -> QWidget:
        self.seal = SealPart()
        self.seal.refused.connect(lambda words: self.problem.say(words, "warning"))
        self.seal.here.connect(self._seal_came)
        return self.seal

    def _seal_came(self, words: str) -> None:
        self.problem.say(words, "note")
        self.login.setFocus()

    def _add(self, folder: Path, name: str) -> None:
        item = QListWidgetItem(f"{name}\n{folder}")
        item.setData(Qt.ItemDataRole.UserRole, str(folder))
        self.studies.addItem(item)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder of the study"), str(Path.home()))
        if chosen:
            self.show_study(Path(chosen))

    def _choose_link(self) -> None:
        filters = tr("Link file of a study (*.cati-study)")
        chosen, _filter = QFileDialog.getOpenFileName(self, tr("Link file of a study"), str(Path.home()), filters)
        if chosen:
            self.show_study(Path(chosen))

    def show_study(self, folder: Path) -> None:
        """Put a study (its folder or link file) in front, adding it to the list; what keeps it shut is said."""
        for at in range(self.studies.count()):
            if self.studies.item(at).data(Qt.ItemDataRole.UserRole) == str(folder):
                self.studies.setCurrentRow(at)
                self.login.setFocus()
                return
        from cati.fieldwork.study import study_name  # noqa: PLC0415

        try:
            name = study_name(folder)
        except Problem as problem:
            self.problem.say(in_words(problem), "warning")
            return
        self._add(folder, name)
        self.empty.hide()
        self.studies.show()
        self.studies.setCurrentRow(self.studies.count() - 1)
        self.login.setFocus()

    def _chosen(self, item: QListWidgetItem | None) -> None:
        self.folder = Path(item.data(Qt.ItemDataRole.UserRole)) if item is not None else None
        self.problem.hide()
        self.seal.forget()
        self.finish.hide()
        self.recover.hide()
        self.update_study.hide()
        if self.working.isHidden():
            self.enter.setEnabled(True)
        self.start.clear()
        self._first_time.hide()
        if self.folder is not None:
            folder = self.folder

            def look(_ticket: Ticket) -> Looked:
                # Here and not above, because they load the store: while a name is typed.
                from cati.fieldwork.before_sign_in import is_on_server, seal_place  # noqa: PLC0415
                from cati.fieldwork.study_state import state_of  # noqa: PLC0415

                state = state_of(folder)
                return Looked(folder, state, is_on_server(folder), seal_place(folder))

            run_in_background(self, look, self._looked, self._unfit)

    def _looked(self, found: Looked) -> None:
        state = found.state
        if found.folder != self.folder:
            return
        self._first_time.setVisible(found.on_server)
        if state == "seal_missing":
            self.seal.ask_for(found.folder, found.seal, on_server=found.on_server)
        else:
            self.seal.forget()
        self.finish.setVisible(state == "erasing")
        self.recover.setVisible(state == "running")
        self.update_study.setVisible(state == "older")
        if state == "erasing":
            self.problem.say(
                tr("An erasure was begun here and interrupted. The same two people can finish it."), "warning"
            )
        elif state == "older":
            self.enter.setEnabled(False)
            self.problem.say(
                tr(
                    "This study was made by an older version of the program. Before it is opened, a copy of its "
                    "database is laid into its folder (sealed as it is, deleted after 7 days and by the erasure), then "
                    "the database is brought up to date. The older program will not open it any more. Nobody else may "
                    "have it open."
                )
            )
        elif state == "erased":
            self.problem.say(tr("The contacts of this study are erased. A research lead can still open the answers."))

    def _unfit(self, problem: Problem) -> None:
        self.problem.say(in_words(problem), "warning")

    def parting(self, words: str) -> None:
        """Say that whoever was here before is being signed out, "" when they are; until then nobody signs in."""
        if not words and not self._parting:
            return
        self._parting = bool(words)
        self.working.begin(words) if words else self.working.end()
        self.enter.setEnabled(not words)

    def say(self, sentence: str) -> None:
        """Say why nobody is signed in any more."""
        self.problem.say(sentence, "warning")

    def _finish(self) -> None:
        item = self.studies.currentItem()
        if self.folder is not None and item is not None:
            self.unfinished_wanted.emit(self.folder, item.text().splitlines()[0])

    def _recover(self) -> None:
        item = self.studies.currentItem()
        if self.folder is not None and item is not None:
            self.recovery_wanted.emit(self.folder, item.text().splitlines()[0])

    def _update(self) -> None:
        """Lay a copy aside and bring the chosen study up to date; if anything fails it is as it was."""
        if self.folder is None or not self.update_study.isEnabled():
            return
        folder, now, draw = self.folder, self._now, self._draw

        def work(ticket: Ticket) -> Path:
            from cati.fieldwork.updating import update_study  # noqa: PLC0415

            update_study(folder, now=now, draw=draw, progress=ticket.progress)
            return folder

        self.problem.hide()
        self.update_study.setEnabled(False)
        self.studies.setEnabled(False)
        self.working.begin(tr("Bringing the study up to date …"))
        run_in_background(self, work, self._updated, self._not_updated, progress=self.working.advance)

    def _updated(self, _folder: Path) -> None:
        self._end_update()
        self._chosen(self.studies.currentItem())
        self.problem.say(tr("The study is up to date. Sign in now."))
        self.login.setFocus()

    def _not_updated(self, problem: Problem) -> None:
        self._end_update()
        self.problem.say(in_words(problem), "warning")

    def _end_update(self) -> None:
        self.working.end()
        self.update_study.setEnabled(True)
        self.studies.setEnabled(True)

    def sign_in(self) -> None:
        """Unlock the chosen study with what was typed."""
        if not self.enter.isEnabled():
            return
        if self.folder is None:
            self.problem.say(tr("Choose a study on the left first."), "warning")
            return
        login, password, folder = self.login.text().strip(), self.password.text(), self.folder
        if not login or not (password or self.start.text().strip()):
            self.problem.say(tr("Enter your sign-in name and your password."), "warning")
            (self.password if login else self.login).setFocus()
            return
        now, draw, start = self._now, self._draw, self.start.text().strip()

        def unlock(_ticket: Ticket) -> OpenStudy:
            from cati.fieldwork.study import open_study  # noqa: PLC0415

            return open_study(folder, login, password, now=now, draw=draw, start_password=start)

        self.problem.hide()
        self.enter.setEnabled(False)
        self.working.begin(tr("Unlocking the study … this takes a moment on purpose: it keeps guessers out."))
        run_in_background(self, unlock, self._opened, self._refused, dropped=_shut)

    def _opened(self, study: OpenStudy) -> None:
        if self.isHidden():
            _shut(study)
            return
        self.working.end()
        self.enter.setEnabled(True)
        typed: tuple[str, ...] = ()
        if study.me.start_password:  # needed once more, to put their own in its place
            typed = tuple(filter(None, (self.password.text(), self.start.text().strip())))
        self.password.clear()
        self.start.clear()
        self.signed_in.emit(study, typed)

    def _refused(self, problem: Problem) -> None:
        self.working.end()
        self.enter.setEnabled(True)
        self.problem.say(in_words(problem), "warning")
        self.password.selectAll()
        self.password.setFocus()


def _shut(study: OpenStudy) -> None:
    """Close a study that was unlocked for nobody: the page was left meanwhile."""
    study.close()
