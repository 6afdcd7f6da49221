"""Everything that is shown while a case is open: the case, its outcomes, the appointment, the interview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.calling import DeliveredCase, LeaseLost, Noted, Receipt
from cati.survey.dispositions import TABLE, Outcome
from cati.telephone.lines import proposal
from cati.text import tr, trn
from cati.ui.appointment_view import AppointmentView
from cati.ui.asking_study import ask
from cati.ui.asking_view import AskingView
from cati.ui.case_view import CaseView
from cati.ui.interview_holder import InterviewHolder
from cati.ui.keyed import Offer
from cati.ui.keys import Key, Where, key_of
from cati.ui.open_case import OpenCase, outcome_of
from cati.ui.outcome_keys import ALL, APPOINTMENT, WITHDRAW, all_columns
from cati.ui.pages import in_words

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import RunningInterview
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.interview_page import InterviewPage

Asked = tuple[str, str, list[tuple[str, list[Offer]]]]
"""Heading, sentence and answers of a question to the interviewer."""

_ERASE = "erase"


def withdrawal_question(name: str) -> Asked:
    """Return the question whose answer is the second key of a withdrawal: another one, which no finger holds down."""
    about = tr("Contact and answers are erased at once, and the person is never called again. This cannot be undone.")
    asked = tr("{name} withdraws consent?", name=name)
    return asked, about, [("", [Offer(_ERASE, "E", tr("Yes, erase everything now"), "danger")])]


def outcome_question(*, interviewed: bool) -> Asked:
    """Return the question for any outcome; ``interviewed``: the call's interview has begun."""
    about = tr("One key notes it. You can undo it for ten seconds.")
    return tr("How did the call end?"), about, all_columns(interviewed=interviewed)


def lost_words(unsaved: int) -> str:
    """Return what is said of a case that was lost with so many acts that could not be saved."""
    if unsaved:
        return trn(
            "The server was away for so long that this case went to somebody else. 1 entry was not saved.",
            "The server was away for so long that this case went to somebody else. {n} entries were not saved.",
            unsaved,
        )
    return tr("This case was given to somebody else in the meantime; nothing more was kept.")


_ACTS = {Key.GO: "go", Key.PUT_BACK: "back", Key.READ_ON: "on", Key.READ_BACK: "up", Key.DIAL: "dial", Key.COPY: "copy"}


def act_of(event: QKeyEvent) -> str:
    """Return what a key of the open case asks for, "" when it is an outcome's or nobody's."""
    key = key_of(event, Where.CASE)
    if event.text().isdigit():
        return f"phone{int(event.text()) - 1}"
    return _ACTS.get(key, "") if key is not None else ""


class CasePanel(QWidget):
    """Holds the open case. Reports ``closed(words, noted or None)`` when it is put away, ``said`` for a notice."""

    closed = Signal(str, object)
    said = Signal(str)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.open: OpenCase | None = None
        self.views = QStackedWidget()
        self.holder = InterviewHolder(study)
        self.views.addWidget(self.holder)
        self.holder.finished.connect(self.put_away)
        self.holder.interrupted.connect(self._interrupted)
        self.holder.lost.connect(self.lose)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.views)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()

    def _build(self) -> None:
        self.view = CaseView()
        self.asking = AskingView()
        self.appointment = AppointmentView(self._look_near, lambda wish: calling.after_the_field(self.study, wish))
        for view in (self.view, self.asking, self.appointment):
            self.views.addWidget(view)
        self.view.wanted.connect(self.act)
        self.asking.chosen.connect(self.act)
        self.appointment.agreed.connect(lambda agreed: self._note(outcome_of(agreed), agreed))
        self.appointment.left.connect(self.show_case)

    def take_over(self, study: OpenStudy) -> None:
        """Work by the study as it is now from the next case on."""
        self.study = study
        self.holder.take_over(study)

    @property
    def interview(self) -> InterviewPage | None:
        """The interview under way, None when there is none."""
        return self.holder.page

    def deliver(self, case: DeliveredCase, *, on_the_line: bool = False) -> None:
        """Open a case; ``on_the_line``: the person called us, so the call has begun."""
        self.open = OpenCase(self.study, case)
        self.said.emit("")
        self._fill()
        self.show_case()
        if on_the_line:
            self._began()

    def _fill(self) -> None:
        if self.open is None:
            return
        case, broken_off = self.open.case, self.open.broken_off is not None
        self.view.show_case(
            case, calling.introduction(self.study, case), self.open.phone,
            calling=self.open.call is not None, broken_off=broken_off,
        )  # fmt: skip
        self.view.show_read(read=self.open.read_out, resume=case.interview_open or broken_off)
        self.tick()

    def show_case(self) -> None:
        """Show the case itself and take the keys."""
        self.views.setCurrentWidget(self.view)
        self.setFocus()

    def tick(self) -> None:
        """Show the time at the person's place."""
        if self.open is not None:
            self.view.show_clock(*self.open.clock())

    def renew(self) -> None:
        """Hold on to the case while it is open."""
        if self.open is not None and not self.open.renew():
            self.lose()

    def act(self, name: str) -> None:
        """Do what a key or a button asks for: an act of the page, or an outcome by its value."""
        if self.open is None:
            return
        opened = self.open
        acts: dict[str, Callable[[], object]] = {
            "go": self._go, "dial": self._call, "copy": lambda: self._call(by_hand=True), "back": self._put_back,
            "leave": self.show_case, "on": self.view.read_on, "up": lambda: self.view.read_on(-1),
            "read": lambda: None, APPOINTMENT: self._ask_appointment,
            WITHDRAW: lambda: self._ask(withdrawal_question(calling.name_of(opened.case.contact))),
            ALL: lambda: self._ask(outcome_question(interviewed=opened.broken_off is not None)),
            _ERASE: self._withdraw,
        }  # fmt: skip
        try:
            if name.startswith("phone"):
                if opened.choose_phone(int(name.removeprefix("phone"))):
                    self.view.show_phone(opened.case, opened.phone)
            elif name in acts:
                acts[name]()
            else:
                self._note(Outcome(name))
        except Problem as problem:
            self.said.emit(in_words(problem))
            self.show_case()

    def _began(self) -> bool:
        """Keep that the call began; False when the case was lost."""
        if self.open is None:
            return False
        if not self.open.begin_call():
            self.lose()
            return False
        self.view.show_calling(calling=True)
        return True

    def _call(self, *, by_hand: bool = False) -> None:
        """Dial with the softphone, or put the number into the clipboard to be dialled by hand."""
        if not self._began() or self.open is None:
            return
        if by_hand:
            self.open.copy()
        elif self.open.dial(lambda status: self.view.propose(proposal(status))):
            return
        else:
            self.said.emit(tr("No softphone took the number; it is in the clipboard. Please dial it by hand."))
        self.view.show_phone(self.open.case, self.open.phone, copied=True)

    def _go(self) -> None:
        """Read on, confirm the introduction as read out, begin the interview: one Return each."""
        if self.open is None or not self._began():
            return
        if not self.open.read_out and self.view.more_below():
            self.view.read_on()
        elif not self.open.read_out:
            self.open.read_out = True
            self.view.show_read(read=True, resume=self.open.case.interview_open)
        elif self.holder.begin(self.open) and self.interview is not None:
            self.open.broken_off = None
            self.said.emit("")
            self.views.setCurrentWidget(self.holder)
            self.interview.setFocus()
        else:
            self.lose()

    def _put_back(self) -> None:
        if self.open is not None and self.open.call is None:
            self.open.put_back()
            self.put_away("", None)
        else:
            self.said.emit(tr("This call has no outcome yet. Say how it ended."))

    def _withdraw(self) -> None:
        if self.open is not None:
            receipt = self.open.withdraw()
            if isinstance(receipt, Receipt):
                self.put_away(receipt.words, None)
            else:
                self.put_away(tr(TABLE[Outcome.WITHDRAWN].label) + ".", receipt)

    def _look_near(self, at: datetime, tell: Callable[[int], None]) -> None:
        """Count the appointments near an instant, as soon as the study answers."""
        ask(self.appointment, self.study, lambda: calling.appointments_near(self.study, at), tell)

    def _ask_appointment(self) -> None:
        if self.open is not None:
            settings = self.study.settings
            self.views.setCurrentWidget(self.appointment)
            self.appointment.ask(self.open.case.site, settings.rules, settings.expected_minutes, self.study.now)

    def _ask(self, asked: Asked) -> None:
        self.asking.ask(*asked)
        self.views.setCurrentWidget(self.asking)
        self.setFocus()

    def _note(self, outcome: Outcome, agreed: object = None) -> None:
        """Keep an outcome and put the case away."""
        if self.open is None:
            return
        try:
            noted = self.open.note(outcome, agreed)
        except Problem as problem:
            self.said.emit(in_words(problem))
            return
        if isinstance(noted, LeaseLost):
            self.lose()
        elif isinstance(noted, Noted):
            self.put_away(f"{tr(TABLE[outcome].label)}. {noted.next_words}", noted)
        else:
            self.put_away(tr(TABLE[outcome].label) + ".", noted)

    def _interrupted(self, running: RunningInterview) -> None:
        """The person cannot go on: the answers are kept; the call needs an outcome or an appointment."""
        if self.open is None:
            return
        self.open.broken_off = running
        self.holder.end()
        self._fill()
        self.show_case()
        self.said.emit(
            tr("The interview is kept at this question. Agree on an appointment, or say how the call ended.")
        )

    def lose(self, unsaved: int = 0) -> None:
        """Close a case that somebody else has by now."""
        self.put_away("", None)
        self.said.emit(lost_words(unsaved))

    def put_away(self, words: str, noted: object) -> None:
        """Close the case on the page: nothing of the person stays in a widget or in the clipboard."""
        if self.study.desk is not None:
            self.study.desk.forget_case()
        self.holder.end()
        self.asking.forget()
        if self.open is not None:
            self.open.forget()
        self.open = None
        self.view.forget()
        self.appointment.forget()
        self.said.emit("")
        self.closed.emit(words, noted)

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force, the open case and what was typed kept."""
        typed = self.appointment.when.text() if self.views.currentWidget() is self.appointment else None
        self.view.forget()
        self.asking.forget()
        self.appointment.forget()
        for view in (self.view, self.asking, self.appointment):
            self.views.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._build()
        self._fill()
        if self.interview is not None:
            self.views.setCurrentWidget(self.holder)
            self.interview.retranslate()
        elif typed is not None:
            self._ask_appointment()
            self.appointment.when.setText(typed)
        elif self.open is not None:
            self.show_case()

    def press(self, event: QKeyEvent) -> bool:
        """Take a key of the open case; False when it is none of them."""
        view = self.views.currentWidget()
        if self.open is None or view is self.holder:
            return False
        if view is not self.view:
            if event.key() == Qt.Key.Key_Escape:
                self.show_case()
                return True
            return view is self.asking and (event.isAutoRepeat() or self.asking.press(event.text()))
        name = act_of(event)
        if event.isAutoRepeat() and name not in ("on", "up"):
            return True  # a key held down acts once
        if not name:
            return self.view.outcomes.press(event.text())
        self.act(name)
        return True
