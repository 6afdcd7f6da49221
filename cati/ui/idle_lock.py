"""The lock: after idle minutes the window is covered until whoever signed in types their password again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QShortcut, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.asking_study import unsaved_words
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Working, in_words

if TYPE_CHECKING:
    from cati.ui.main_window import MainWindow

LOOK_MS = 5000
LONGEST_TALK = timedelta(hours=1)
"""In an interview nobody is idle; only after an hour without a key it was left, not led."""
HELD_MINUTES = 45
"""So long a locked window holds on to its open case: a lease and half of one more; then the others get it."""
_ACTIVITY = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletPress,
        QEvent.Type.InputMethod,
    }
)


class LockPage(QWidget):
    """What is seen of a locked window: whose it is, a field for the password, and the way out."""

    def __init__(self, lock: IdleLock, name: str, *, case_open: bool) -> None:
        super().__init__()
        self._lock = lock
        unit = theme.unit()
        column = QWidget()
        column.setMaximumWidth(theme.columns(70))
        stack = QVBoxLayout(column)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(unit)
        stack.addWidget(theme.words(tr("Locked"), "title"))
        kept = (
            tr(
                "{name} is signed in. The open case stays reserved for {n} minutes, and what was typed is kept.",
                name=name,
                n=HELD_MINUTES,
            )
            if case_open
            else tr("{name} is signed in. What was typed is kept.", name=name)
        )
        self.about = theme.words(kept)
        stack.addWidget(self.about)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.returnPressed.connect(lock.unlock)
        stack.addWidget(Labelled(tr("Password"), self.password))
        buttons = QHBoxLayout()
        buttons.setSpacing(unit)
        self.enter = theme.push(tr("Unlock"), lock.unlock, kind="primary")
        self.leave = theme.push(tr("Sign out"), lock.sign_out)
        buttons.addWidget(self.enter)
        buttons.addWidget(self.leave)
        buttons.addStretch(1)
        stack.addLayout(buttons)
        self.working = Working()
        stack.addWidget(self.working)
        self.note = Note("", "warning")
        self.note.hide()
        stack.addWidget(self.note)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(6 * unit, 4 * unit, 6 * unit, 4 * unit)
        whole.addWidget(column, 1000, Qt.AlignmentFlag.AlignTop)
        whole.addStretch(1)

    def busy(self, words: str) -> None:
        """Take no second order while something is done, "" once it is."""
        for part in (self.enter, self.leave, self.password):
            part.setDisabled(bool(words))
        if words:
            self.note.hide()
            self.working.begin(words)
        else:
            self.working.end()


class IdleLock(QObject):
    """Watches for idleness and holds the window's content and its cover, of which one is seen."""

    def __init__(self, window: MainWindow, content: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.stack = QStackedWidget()
        self.stack.addWidget(content)
        self.page: LockPage | None = None
        self._last = window.now()
        self._focus: QWidget | None = None
        self._silenced: list[QShortcut] = []
        self._hidden: list[QWidget] = []
        self._sure = self._giving = False
        self._since = self._last
        clock = QTimer(self)
        clock.timeout.connect(self.look)
        clock.start(LOOK_MS)
        # The windows of the system get every key and every movement first; a filter on all of Qt's objects costs time.
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._watch)

    @property
    def locked(self) -> bool:
        """Whether the window is covered."""
        return self.page is not None

    def _watch(self, one: QWindow | None) -> None:
        if one is not None and isValid(self):
            one.removeEventFilter(self)
            one.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Remember when somebody last did something; nothing is taken away."""
        if event.type() in _ACTIVITY:
            self._last = self._window.now()
        return super().eventFilter(watched, event)

    def begin(self) -> None:
        """Count from now on: somebody has just signed in."""
        self._last = self._window.now()

    def look(self) -> None:
        """Lock when nobody has done anything for as long as the study allows; give back what is held for too long."""
        now = self._window.now()
        self._last = min(self._last, now)  # a clock set back makes nobody idle, and nobody busy
        self._since = min(self._since, now)
        if self.locked:
            self._keep_cursor()
            if now - self._since >= timedelta(minutes=HELD_MINUTES):
                self._give_back()
        elif self._window.study is not None and not self.locked and now - self._last >= self._patience():
            self.lock()

    def _patience(self) -> timedelta:
        study = self._window.study
        if study is None:
            return LONGEST_TALK
        usual = timedelta(minutes=study.settings.lock_minutes)
        talks = getattr(self._window.page(), "talks", None)
        return max(usual, LONGEST_TALK) if talks is not None and talks() else usual

    def _keep_cursor(self) -> None:
        """Put the cursor back where it is seen: what happens to the page under the cover may have taken it."""
        focus = self._window.focusWidget()
        if self.page is not None and (focus is None or not self.page.isAncestorOf(focus)):
            self.page.password.setFocus()

    def _give_back(self) -> None:
        """Give the open case back, and say so under the cover and on it: nobody has come back for too long."""
        page = self._window.page()
        let_go, say = getattr(page, "let_go", None), getattr(page, "say", None)
        if let_go is None or say is None or not self._holds_case() or self._giving:
            return

        def given() -> None:
            self._giving = False
            words = tr(
                "This window was locked for more than {n} minutes, so the open case went back to the others. "
                "What was entered until then is kept.",
                n=HELD_MINUTES,
            )
            if isValid(page):
                say(words)
            self._sure = False
            if self.page is not None:
                self.page.about.setText(words)
                self.page.note.hide()
                self._keep_cursor()

        self._giving = True
        let_go(given)

    def lock(self) -> None:
        """Cover the window. The page stays as it is, unseen; its case is renewed for `HELD_MINUTES` more."""
        study = self._window.study
        if study is None or self.locked:
            return
        self._since = self._window.now()
        self._focus = self._window.focusWidget()
        self._silenced = [key for key in self._window.findChildren(QShortcut) if key.isEnabled()]
        for key in self._silenced:
            key.setEnabled(False)
        self._hide_others()
        covered = getattr(self._window.page(), "covered", None)
        if covered is not None:
            covered()
        self.page = LockPage(self, study.me.name, case_open=self._holds_case())
        self.stack.addWidget(self.page)
        self.stack.setCurrentWidget(self.page)
        self._sure = False
        self.page.password.setFocus()

    def _holds_case(self) -> bool:
        return getattr(self._window.page(), "case", None) is not None

    def _hide_others(self) -> None:
        """Hide every other window: a question asked in one is cancelled, others come back with the content."""
        self._hidden = []
        for one in QApplication.topLevelWidgets():
            if one is self._window or not one.isVisible():
                continue
            one.hide()
            if one.windowType() is Qt.WindowType.Window and not isinstance(one, QDialog):
                self._hidden.append(one)

    def unlock(self) -> None:
        """Look at the password in the background; the right one shows everything as it was."""
        study, page = self._window.study, self.page
        if study is None or page is None or not page.enter.isEnabled():
            return
        password = page.password.text()
        page.password.clear()
        if not password:
            page.note.say(tr("Enter your password."), "warning")
            return

        def work(_ticket: Ticket) -> None:
            from cati.fieldwork.study import unlock  # noqa: PLC0415 - loaded with the study

            unlock(study, password)

        def refused(problem: Problem) -> None:
            page.busy("")
            page.note.say(in_words(problem), "warning")
            page.password.setFocus()

        page.busy(tr("Unlocking …"))
        run_in_background(page, work, lambda _nothing: self.uncover(), refused)

    def uncover(self) -> None:
        """Show the content again."""
        page, self.page = self.page, None
        if page is None:
            return
        self._last = self._window.now()
        self.stack.removeWidget(page)
        page.hide()
        page.deleteLater()
        for key in self._silenced:
            if isValid(key):
                key.setEnabled(True)
        for one in self._hidden:
            if isValid(one):
                one.show()
        self._silenced, self._hidden = [], []
        again = getattr(self._window.page(), "shown_again", None)
        if again is not None:
            with suppress(Problem):  # it is said at the next act
                again()
        focus = self._focus
        if focus is None or not isValid(focus) or not focus.isVisibleTo(self._window):
            focus = self._window.page()
        focus.setFocus()

    def sign_out(self) -> None:
        """Sign out instead; an open case is given back, after being asked once more."""
        page = self.page
        if page is None:
            return
        let_go = getattr(self._window.page(), "let_go", None)
        if self._holds_case() and let_go is not None:
            if not self._sure:
                self._sure = True
                page.note.say(
                    tr("The open case goes back to the others; its answers so far are kept. Press once more."),
                    "warning",
                )
                return
            page.busy(tr("Giving the case back …"))
            let_go(self._leave)
            return
        self._leave()

    def _leave(self) -> None:
        """Uncover the window and sign out."""
        self.uncover()
        self._window.sign_out()
        if self._window.study is not None:  # something that must not be left is under way
            words = unsaved_words(self._window.study)
            self.lock()
            if self.page is not None:
                self.page.note.say(
                    words or tr("Something is still being done; it must come to its end first."), "warning"
                )
