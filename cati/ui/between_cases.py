"""What is done between two cases: the next one, who calls back, one's own appointments, taking an outcome back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.calling import DeliveredCase, NoCase, Noted, Taken, TooLate
from cati.survey.calling_hours import wall
from cati.text import show_moment, tr
from cati.ui.asking_study import ask
from cati.ui.asking_view import AskingView
from cati.ui.case_panel import withdrawal_question
from cati.ui.idle_view import IdleView
from cati.ui.keys import Key, Where, key_of
from cati.ui.next_wanted import Wanted
from cati.ui.pages import in_words

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.calling_page import CallingPage


def due_words(study: OpenStudy, none: NoCase) -> str:
    """Return when the next case becomes free, in the wall time of the first site."""
    if none.next_due is None:
        return tr("No case of this study is waiting for a call.")
    local = wall(none.next_due, study.settings.sites[0])
    return tr("The next one becomes free {when}.", when=show_moment(local, "EEE d MMM HH:mm"))


class BetweenCases:
    """Works the two views that the calling page shows while no case is open, and hands it the case that comes.

    ``noted``: the outcome that can still be taken back, None for none.
    """

    idle: IdleView
    asking: AskingView

    def __init__(self, page: CallingPage) -> None:
        self._page = page
        self.noted: Noted | None = None
        self._withdrawing = ""
        self.wanted = Wanted(
            page,
            lambda: page.study,
            lambda problem: page.say(in_words(problem)),
            self._give_back,
            lambda: self.idle.show_asked(asked=self.wanted.waits),
        )

    def build(self) -> None:
        """Make the views, in the language and size in force; those there were go."""
        page = self._page
        for view in (getattr(self, "idle", None), getattr(self, "asking", None)):
            if view is not None:
                view.forget()
                page.views.removeWidget(view)
                view.hide()
                view.deleteLater()
        self.idle = IdleView(by_name=calling.searches_by_name(page.study))
        self.asking = AskingView()
        page.views.addWidget(self.idle)
        page.views.addWidget(self.asking)
        self.idle.show_asked(asked=self.wanted.waits)
        self.idle.wanted.connect(self.act)
        self.idle.search_wanted.connect(self.search)
        self.idle.caller_chosen.connect(lambda case: self.take_case(case, calling.CALL_BACK))
        self.idle.appointment_chosen.connect(lambda case: self.take_case(case, calling.OWN_APPOINTMENT))
        self.asking.chosen.connect(self.act)

    def show(self) -> None:
        """Show the own appointments and take the keys; nobody's name stays from before."""
        page = self._page
        self._withdrawing = ""
        self.asking.forget()
        self.idle.forget()
        page.views.setCurrentWidget(self.idle)

        def show(booked: tuple[calling.Booked, ...]) -> None:
            if page.case is None and (page.study.desk is None or page.isVisible()):  # no names where nobody looks
                self.idle.show_appointments(booked)

        ask(page, page.study, lambda: calling.my_appointments(page.study), show)
        page.setFocus()

    def show_appointments(self) -> None:
        """Show the own appointments anew."""
        page, study = self._page, self._page.study

        def show(booked: tuple[calling.Booked, ...]) -> None:
            if page.views.currentWidget() is self.idle and page.isVisible():
                self.idle.show_appointments(booked)

        ask(page, study, lambda: calling.my_appointments(study), show)

    def act(self, name: str) -> None:
        """Do what a key or button asks for."""
        acts = {"next": self.take_next, "undo": self.undo, "withdraw": self._ask_withdrawal, "erase": self._withdraw,
                "leave": self.show}  # fmt: skip
        try:
            acts[name]()
        except Problem as problem:
            self._page.say(in_words(problem))

    def take_next(self) -> None:
        """Take the next case, or say what blocks all of them; of a server that is away, as soon as it answers."""
        if not self._may_take():
            return
        study = self._page.study

        def show(found: DeliveredCase | NoCase) -> None:
            if isinstance(found, DeliveredCase):
                self._deliver(found)
                return
            self.noted = None
            self.show()
            self.idle.show_none(found, due_words(study, found))

        self.wanted.want(lambda: calling.take_next_case(self._page.study), show, insist=True)

    def _may_take(self) -> bool:
        """Look first whether anything changed; not at a server, for which nobody waits here and which looks itself."""
        return self._page.study.desk is not None or self._page.may_take()

    def search(self, text: str) -> None:
        """Look for somebody who calls back."""
        self._page.say("")
        self.wanted.want(
            lambda: calling.find_caller(self._page.study, text),
            lambda found: self.idle.show_found(found, text.strip()),
        )

    def take_case(self, case_id: str, reason: str) -> None:
        """Open the case of somebody who is on the line, or of an appointment of one's own."""
        if not self._may_take():
            return

        def taken(found: DeliveredCase | Taken) -> None:
            if isinstance(found, Taken):
                self.idle.show_taken(found)
                self._page.setFocus()
            else:
                self._deliver(found, on_the_line=reason == calling.CALL_BACK)

        self.wanted.want(lambda: calling.take_case(self._page.study, case_id, reason), taken)

    def _deliver(self, case: DeliveredCase, *, on_the_line: bool = False) -> None:
        self.noted = None
        self.idle.forget()
        self._page.deliver(case, on_the_line=on_the_line)

    def _give_back(self, case: DeliveredCase, done: Callable[[], None]) -> None:
        """Give a case back that came after somebody had stopped waiting for it; nobody has seen it here."""
        study = self._page.study

        def given(_told: object) -> None:
            if study.desk is not None:
                study.desk.let_go(case.case_id)
            done()

        ask(self._page, study, lambda: calling.let_go(study), given, given)

    def _ask_withdrawal(self) -> None:
        case, name = self.idle.caller()
        if case:
            self._withdrawing = case
            self.asking.ask(*withdrawal_question(name))
            self._page.views.setCurrentWidget(self.asking)
            self._page.setFocus()

    def _withdraw(self) -> None:
        """Erase somebody who calls while a colleague has the case, or whose case is closed."""
        case, page = self._withdrawing, self._page
        self.wanted.want(lambda: calling.withdraw(page.study, case), lambda receipt: page.closed(receipt.words, None))

    def undo(self) -> None:
        """Take the last outcome back, while its ten seconds last."""
        if self.noted is None:
            return
        token, page = self.noted.undo, self._page
        self.noted = None

        def undone(found: DeliveredCase | TooLate) -> None:
            if isinstance(found, TooLate):
                over = tr("The ten seconds are over.")
                page.say(tr("The outcome stays as it is. {why}", why=found.why) if found.why else over)
                return
            self._deliver(found)
            page.counted.emit()

        self.wanted.want(lambda: calling.undo_outcome(page.study, token), undone)

    def tick(self) -> None:
        """Show the seconds that an undo has left."""
        if self.noted is not None:
            left = int((self.noted.until - self._page.study.now()).total_seconds())
            if left <= 0:
                self.noted = None
            self.idle.show_undo(max(left, 0))

    def press(self, event: QKeyEvent) -> bool:
        """Take a key; False when it is none of these."""
        key = key_of(event, Where.BETWEEN)
        if key is Key.NEXT_CASE and not event.isAutoRepeat():
            self.act("next")
        elif key is Key.UNDO and self.noted is not None:
            self.act("undo")
        elif key is Key.CALLER:
            self.idle.begin_search()
        elif key is Key.CALLER_WITHDRAWS and self.idle.caller()[0]:
            self.act("withdraw")
        elif event.key() == Qt.Key.Key_Escape:
            if self.wanted.forget():
                self.idle.show_ready()
            self._page.say("")
            self._page.setFocus()
        else:
            return False
        return True
