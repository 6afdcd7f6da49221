"""The calling page: one case at a time, from why it is called now to its outcome, worked by single keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.calling import DeliveredCase, NoCase, Noted, OnTheWay, Taken, TooLate
from cati.survey.calling_hours import wall
from cati.text import show_moment, tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.asking_view import ESCAPE, AskingView
from cati.ui.case_panel import CasePanel, lost_words, withdrawal_question
from cati.ui.idle_view import IdleView
from cati.ui.keys import Key, Where, key_of
from cati.ui.next_wanted import Wanted
from cati.ui.pages import in_words
from cati.ui.server_line import ServerLine

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

RENEW_MS = 240_000
SECOND_MS = 1000


def due_words(study: OpenStudy, none: NoCase) -> str:
    """Return when the next case becomes free, in the wall time of the first site."""
    if none.next_due is None:
        return tr("No case of this study is waiting for a call.")
    local = wall(none.next_due, study.settings.sites[0])
    return tr("The next one becomes free {when}.", when=show_moment(local, "EEE d MMM HH:mm"))


class CallingPage(QWidget):
    """Shows what lies between two cases, or the open case; forgets the person when the case is put away.

    Signals for the window: ``occupied`` while a case is open, ``site_shown``, ``counted`` after an outcome.
    """

    occupied = Signal(bool)
    site_shown = Signal(str)
    counted = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.may_take: Callable[[], bool] = lambda: True  # the window looks first whether anything changed elsewhere
        self._noted: Noted | None = None
        self._withdrawing = ""
        self.panel = CasePanel(study)
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
        self.wanted = Wanted(self, lambda: self.study, lambda problem: self.say(in_words(problem)))
        self.keeping: ServerLine | None = None
        if study.desk is not None:
            self.keeping = ServerLine(study.desk.outbox, self.wanted, lambda: self.case is None)
            whole.addWidget(self.keeping)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel.closed.connect(self._closed)
        self.panel.said.connect(self.say)
        self._build()
        for interval, act in ((RENEW_MS, self.panel.renew), (SECOND_MS, self._tick)):
            timer = QTimer(self)
            timer.timeout.connect(act)
            timer.start(interval)
        self._show_idle()
        self.idle.show_ready()
        if self.keeping is not None:
            self._follow(self.keeping)

    def _build(self) -> None:
        self.idle = IdleView(by_name=calling.searches_by_name(self.study))
        self.asking = AskingView()
        self.views.addWidget(self.idle)
        self.views.addWidget(self.asking)
        self.idle.wanted.connect(self.act)
        self.idle.search_wanted.connect(self.search)
        self.idle.caller_chosen.connect(lambda case: self.take_case(case, calling.CALL_BACK))
        self.idle.appointment_chosen.connect(lambda case: self.take_case(case, calling.OWN_APPOINTMENT))
        self.asking.chosen.connect(self.act)

    @property
    def case(self) -> DeliveredCase | None:
        """The open case, None between two."""
        return self.panel.open.case if self.panel.open is not None else None

    def act(self, name: str) -> None:
        """Do what a key or button between two cases asks for."""
        acts = {"next": self.take_next, "undo": self.undo, "withdraw": self._ask_withdrawal, "erase": self._withdraw,
                "leave": self._show_idle}  # fmt: skip
        try:
            acts[name]()
        except Problem as problem:
            self.say(in_words(problem))

    def take_next(self) -> None:
        """Take the next case, or say what blocks all of them; of a server that is away, as soon as it answers."""
        if not self._may_take():
            return

        def show(found: DeliveredCase | NoCase) -> None:
            if isinstance(found, DeliveredCase):
                self._deliver(found)
                return
            self._noted = None
            self._show_idle()
            self.idle.show_none(found, due_words(self.study, found))

        self.wanted.want(lambda: calling.take_next_case(self.study), show, insist=True)

    def _may_take(self) -> bool:
        """Look first whether anything changed; not at a server, for which nobody waits here and which looks itself."""
        return self.study.desk is not None or self.may_take()

    def search(self, text: str) -> None:
        """Look for somebody who calls back."""
        self.say("")
        self.wanted.want(
            lambda: calling.find_caller(self.study, text),
            lambda found: self.idle.show_found(found, text.strip()),
        )

    def take_case(self, case_id: str, reason: str) -> None:
        """Open the case of somebody who is on the line, or of an appointment of one's own."""
        if not self._may_take():
            return

        def taken(found: DeliveredCase | Taken) -> None:
            if isinstance(found, Taken):
                self.idle.show_taken(found)
                self.setFocus()
            else:
                self._deliver(found, on_the_line=reason == calling.CALL_BACK)

        self.wanted.want(lambda: calling.take_case(self.study, case_id, reason), taken)

    def _deliver(self, case: DeliveredCase, *, on_the_line: bool = False) -> None:
        self._noted = None
        self.idle.forget()
        self.occupied.emit(True)
        self.site_shown.emit(case.site.name)
        self.views.setCurrentWidget(self.panel)
        self.panel.deliver(case, on_the_line=on_the_line)

    def _closed(self, words: str, noted: object) -> None:
        """A case was put away: say what was kept of it, and offer to take an outcome back."""
        self.occupied.emit(False)
        self.site_shown.emit("")
        self._show_idle()
        if isinstance(noted, OnTheWay) and self.keeping is not None:
            self.keeping.expect(noted, words)
            self.idle.show_noted(words)
        elif words:
            self.idle.show_noted(words)
            self.counted.emit()
        else:
            self.idle.show_ready()
        self._noted = noted if isinstance(noted, Noted) else None
        self._tick()

    def _show_idle(self) -> None:
        self._withdrawing = ""
        self.asking.forget()
        self.idle.forget()
        self.views.setCurrentWidget(self.idle)

        def show(booked: tuple[calling.Booked, ...]) -> None:
            if self.case is None and (self.study.desk is None or self.isVisible()):  # no names where nobody looks
                self.idle.show_appointments(booked)

        ask(self, self.study, lambda: calling.my_appointments(self.study), show)
        self.setFocus()

    def _ask_withdrawal(self) -> None:
        case, name = self.idle.caller()
        if case:
            self._withdrawing = case
            self.asking.ask(*withdrawal_question(name))
            self.views.setCurrentWidget(self.asking)
            self.setFocus()

    def _withdraw(self) -> None:
        """Erase somebody who calls while a colleague has the case, or whose case is closed."""
        case = self._withdrawing
        self.wanted.want(lambda: calling.withdraw(self.study, case), lambda receipt: self._closed(receipt.words, None))

    def say(self, words: str) -> None:
        """Show a notice above everything, "" for none."""
        self.notice.setText(words)
        self.notice.setVisible(bool(words))

    def undo(self) -> None:
        """Take the last outcome back, while its ten seconds last."""
        if self._noted is None:
            return
        token = self._noted.undo
        self._noted = None

        def undone(found: DeliveredCase | TooLate) -> None:
            if isinstance(found, TooLate):
                over = tr("The ten seconds are over.")
                self.say(tr("The outcome stays as it is. {why}", why=found.why) if found.why else over)
                return
            self._deliver(found)
            self.counted.emit()

        self.wanted.want(lambda: calling.undo_outcome(self.study, token), undone)

    def _show_kept(self, words: str, noted: Noted | None) -> None:
        """Say what was kept of the last case, now that the server has it, and offer to take it back."""
        self.counted.emit()
        if not self.wanted.waits:
            self._noted = noted
            self.idle.show_noted(words)
            self._tick()

    def _lose(self, case_id: str, unsaved: int) -> None:
        if self.case is not None and self.case.case_id == case_id:
            self.panel.lose(unsaved)
        else:
            self.idle.show_ready()
            self.say(lost_words(unsaved))

    def _follow(self, line: ServerLine) -> None:
        """Listen to what becomes of the acts on their way to the server."""
        line.kept.connect(self._show_kept)
        line.lost.connect(self._lose)
        line.said.connect(self.say)
        line.waits.connect(lambda heading, words: self.idle.show_noted(words, heading))
        line.collect()  # what an earlier window had left behind was sent while signing in

    def _tick(self) -> None:
        """Once a second: the time at the person's place, or the seconds that an undo has left."""
        self.panel.tick()
        if self._noted is not None:
            left = int((self._noted.until - self.study.now()).total_seconds())
            if left <= 0:
                self._noted = None
            self.idle.show_undo(max(left, 0))

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
        study = self.study

        def show(booked: tuple[calling.Booked, ...]) -> None:
            if self.views.currentWidget() is self.idle and self.isVisible():
                self.idle.show_appointments(booked)

        ask(self, study, lambda: calling.my_appointments(study), show)

    def may_leave(self) -> bool:
        """Tell whether the page may be left: not while a case is open, or one is on its way here."""
        return self.case is None and not self.wanted.is_asking

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force; an open case stays open."""
        old = (self.idle, self.asking)
        for view in old:
            self.views.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.idle.forget()
        self._build()
        self.panel.retranslate()
        if self.case is not None:
            self.views.setCurrentWidget(self.panel)
        else:
            self._show_idle()
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
            taken = self._press_idle(event)
        if not taken:
            super().keyPressEvent(event)

    def _press_idle(self, event: QKeyEvent) -> bool:
        key = key_of(event, Where.BETWEEN)
        if key is Key.NEXT_CASE and not event.isAutoRepeat():
            self.act("next")
        elif key is Key.UNDO and self._noted is not None:
            self.act("undo")
        elif key is Key.CALLER:
            self.idle.search.setFocus()
        elif key is Key.CALLER_WITHDRAWS and self.idle.caller()[0]:
            self.act("withdraw")
        elif event.key() == Qt.Key.Key_Escape:
            if self.wanted.forget():
                self.idle.show_ready()
            self.say("")
            self.setFocus()
        else:
            return False
        return True

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Names of callers and appointments do not stay on a page that nobody sees."""
        if self.case is None:
            self.idle.forget()
        super().hideEvent(event)
