"""The calling page: one case at a time, from why it is called now to its outcome, worked by single keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cati.fieldwork import calling
from cati.fieldwork.calling import DeliveredCase, Noted, OnTheWay
from cati.text import tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.asking_view import ESCAPE, AskingView
from cati.ui.between_cases import BetweenCases
from cati.ui.case_panel import CasePanel, lost_words
from cati.ui.idle_view import IdleView
from cati.ui.next_wanted import Wanted
from cati.ui.server_line import ServerLine

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

RENEW_MS = 240_000
SECOND_MS = 1000


class CallingPage(QWidget):
    """Shows what lies between two cases, or the open case; forgets the person when the case is put away.

    Signals for the window: ``occupied`` while a case is open, ``site_shown``, ``counted`` after an outcome,
    ``held(words)`` when it is not to be left.
    """

    occupied = Signal(bool)
    site_shown = Signal(str)
    counted = Signal()
    held = Signal(str)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.may_take: Callable[[], bool] = lambda: True  # the window looks first whether anything changed elsewhere
        self.panel = CasePanel(study)
        self.between = BetweenCases(self)
        self.notice = theme.words("", "caution")
        self.notice.setContentsMargins(2 * theme.unit(), theme.unit(), 2 * theme.unit(), 0)
        self.notice.hide()
        self.views = QStackedWidget()
        self.views.addWidget(self.panel)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.notice)
        whole.addWidget(self.views, 1)
        self.keeping: ServerLine | None = None
        if study.desk is not None:
            self.keeping = ServerLine(study.desk.outbox, self.wanted, lambda: self.case is None)
            whole.addWidget(self.keeping)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel.closed.connect(self.closed)
        self.panel.said.connect(self.say)
        for interval, act in ((RENEW_MS, self.panel.renew), (SECOND_MS, self.tick)):
            timer = QTimer(self)
            timer.timeout.connect(act)
            timer.start(interval)
        self.between.build()
        self.between.show()
        self.idle.show_ready()
        if self.keeping is not None:
            self._follow(self.keeping)

    @property
    def case(self) -> DeliveredCase | None:
        """The open case, None between two."""
        return self.panel.open.case if self.panel.open is not None else None

    @property
    def idle(self) -> IdleView:
        """What is shown between two cases."""
        return self.between.idle

    @property
    def asking(self) -> AskingView:
        """What is shown when somebody who calls withdraws the consent."""
        return self.between.asking

    @property
    def wanted(self) -> Wanted:
        """What is wanted of the study, and has not come yet."""
        return self.between.wanted

    def take_next(self) -> None:
        """Take the next case."""
        self.between.take_next()

    def deliver(self, case: DeliveredCase, *, on_the_line: bool = False) -> None:
        """Open a case; ``on_the_line``: its person has called."""
        self.occupied.emit(True)
        self.site_shown.emit(case.site.name)
        self.views.setCurrentWidget(self.panel)
        self.panel.deliver(case, on_the_line=on_the_line)

    def closed(self, words: str, noted: object) -> None:
        """Say what was kept of a case that was put away, and offer to take an outcome back."""
        self.occupied.emit(False)
        self.site_shown.emit("")
        self.between.show()
        if isinstance(noted, OnTheWay) and self.keeping is not None:
            self.keeping.expect(noted, words)
            self.idle.show_noted(words)
        elif words:
            self.idle.show_noted(words)
            self.counted.emit()
        else:
            self.idle.show_ready()
        self.between.noted = noted if isinstance(noted, Noted) else None
        self.tick()

    def say(self, words: str) -> None:
        """Show a notice above everything, "" for none."""
        self.notice.setText(words)
        self.notice.setVisible(bool(words))

    def _show_kept(self, words: str, noted: Noted | None) -> None:
        """Say what was kept of the last case, now that the server has it, and offer to take it back."""
        self.counted.emit()
        if not self.wanted.waits:
            self.between.noted = noted
            self.idle.show_noted(words)
            self.tick()

    def _lose(self, case_id: str, unsaved: int) -> None:
        if self.case is not None and self.case.case_id == case_id:
            self.panel.lose(unsaved)
        else:
            self.idle.show_ready()
            self.say(lost_words(unsaved))

    def _show_waiting(self, heading: str, words: str) -> None:
        self.idle.show_waiting(heading, words)

    def _follow(self, line: ServerLine) -> None:
        """Listen to what becomes of the acts on their way to the server."""
        line.kept.connect(self._show_kept)
        line.lost.connect(self._lose)
        line.said.connect(self.say)
        line.waits.connect(self._show_waiting)
        line.collect()  # what an earlier window had left behind was sent while signing in

    def tick(self) -> None:
        """Show, once a second, the time at the person's place, or the seconds that an undo has left."""
        self.panel.tick()
        self.between.tick()

    def talks(self) -> bool:
        """Tell whether an interview is being led: then nobody is idle."""
        return self.panel.interview is not None

    def let_go(self, done: Callable[[], None]) -> None:
        """Give the open case back for good, as if its lease had run out: nobody is here, or somebody else is.

        Then, or when the study cannot be told now (the lease runs out by itself), ``done`` is called.
        """
        case, study = self.case, self.study
        if case is None:
            done()
            return

        def given(_told: object) -> None:
            if self.case is case:
                if study.desk is not None:
                    study.desk.let_go(case.case_id)
                self.panel.put_away("", None)
                self.idle.forget()
            done()

        if study.desk is not None and study.desk.outbox.standing().waiting:
            given(None)  # what waits to be saved comes first; it is sent under the lease there is
        else:
            ask(self, study, lambda: calling.let_go(study), given, given)

    def covered(self) -> None:
        """Take out of the clipboard what was copied to be dialled; the window covers the page itself."""
        if self.panel.open is not None:
            self.panel.open.forget()

    def shown_again(self) -> None:
        """Show between two cases what was taken off the page while it was covered."""
        if self.case is None and self.views.currentWidget() is self.idle:
            self.catch_up()

    def take_over(self, study: OpenStudy) -> None:
        """Work by what was changed elsewhere from the next case on; between two cases only."""
        self.study = study
        self.panel.take_over(study)

    def catch_up(self) -> None:
        """Show the own appointments anew: somebody changed one, or called a person of mine."""
        self.between.show_appointments()

    def may_leave(self) -> bool:
        """Tell whether the page may be left: not while a case is open, or one is on its way here, which is said."""
        if self.case is None and self.wanted.is_asking:
            self.held.emit(self.held_because())
        return self.case is None and not self.wanted.is_asking

    def held_because(self) -> str:
        """Return why the page is not to be left now."""
        if self.case is None:
            return tr("The server is being asked for a case. Press Esc; once it has answered, you can leave.")
        return tr("Give the open case an outcome or put it back first.")

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force; an open case stays open."""
        self.between.build()
        self.panel.retranslate()
        if self.case is not None:
            self.views.setCurrentWidget(self.panel)
        else:
            self.between.show()
            self.idle.show_ready()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take the page's keys; buttons own none, because theirs act 100 ms late and lose fast typing."""
        view = self.views.currentWidget()
        if view is self.panel:
            taken = self.panel.press(event)
        elif view is self.asking:
            pressed = ESCAPE if event.key() == Qt.Key.Key_Escape else event.text()
            taken = event.isAutoRepeat() or self.asking.press(pressed)
        else:
            taken = self.between.press(event)
        if not taken:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Names of callers and appointments do not stay on a page that nobody sees."""
        if self.case is None:
            self.idle.forget()
        super().hideEvent(event)
