"""Everything that is shown while a case is open: the case, its outcomes, the appointment, the interview."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.calling import DeliveredCase, LeaseLost
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import TABLE, Outcome
from cati.telephone.lines import LineStatus, proposal
from cati.text import tr
from cati.ui.appointment_view import AppointmentView
from cati.ui.asking_view import AskingView
from cati.ui.case_view import CaseView
from cati.ui.keyed import Offer
from cati.ui.keys import Key, Where, key_of
from cati.ui.open_case import OpenCase
from cati.ui.outcome_keys import ALL, APPOINTMENT, WITHDRAW, all_columns
from cati.ui.pages import in_words

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import Completed, RunningInterview
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.interview_page import InterviewPage

_ERASE = "erase"


def withdrawal_question() -> tuple[str, str, list[tuple[str, list[Offer]]]]:
    """Return heading, sentence and answer of the second key of a withdrawal."""
    about = tr("Contact and answers are erased at once, and the person is never called again. This cannot be undone.")
    return tr("Withdraws consent?"), about, [("", [Offer(_ERASE, "W", tr("Yes, erase everything now"), "danger")])]


class CasePanel(QWidget):
    """Holds the open case. Reports ``closed(words, noted or None)`` when it is put away, ``said`` for a notice."""

    closed = Signal(str, object)
    said = Signal(str)

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.open: OpenCase | None = None
        self.interview: InterviewPage | None = None
        self.views = QStackedWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.views)
        self._build()

    def _build(self) -> None:
        self.view = CaseView()
        self.asking = AskingView()
        self.appointment = AppointmentView(lambda at: calling.appointments_near(self.study, at))
        for view in (self.view, self.asking, self.appointment):
            self.views.addWidget(view)
        self.view.wanted.connect(self.act)
        self.asking.chosen.connect(self.act)
        self.appointment.agreed.connect(self._agreed)
        self.appointment.left.connect(self.show_case)

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
        case = self.open.case
        script = calling.introduction(self.study, case)
        self.view.show_case(
            case, script, self.open.phone,
            calling=self.open.call is not None, broken_off=self.open.broken_off is not None,
        )  # fmt: skip
        self.view.show_clock(*self.open.clock())

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
        acts: dict[str, Callable[[], object]] = {
            "go": self._go, "dial": self._dial, "copy": self._copy, "back": self._put_back, "leave": self.show_case,
            APPOINTMENT: self._ask_appointment, WITHDRAW: self._ask_withdrawal, ALL: self._ask_all,
            _ERASE: self._withdraw, "read": lambda: None,
        }  # fmt: skip
        try:
            if name.startswith("phone"):
                if self.open.choose_phone(int(name.removeprefix("phone"))):
                    self.view.show_phone(self.open.case, self.open.phone)
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

    def _dial(self) -> None:
        if self._began() and self.open is not None and not self.open.dial(self._heard):
            self.said.emit(tr("No softphone took the number; it is in the clipboard. Please dial it by hand."))

    def _copy(self) -> None:
        if self._began() and self.open is not None:
            self.open.copy()
            self.view.show_phone(self.open.case, self.open.phone, copied=True)

    def _heard(self, status: LineStatus) -> None:
        """Mark what the line proposes; a person still presses the key."""
        self.view.propose(proposal(status))

    def _go(self) -> None:
        """Read on, confirm the introduction as read out, begin the interview: one Return each."""
        if self.open is None or not self._began():
            return
        if not self.open.read_out and self.view.more_below():
            self.view.read_on()
        elif not self.open.read_out:
            self.open.read_out = True
            self.view.show_read(read=True, resume=self.open.case.interview_open)
        else:
            self._begin_interview()

    def _put_back(self) -> None:
        if self.open is not None and self.open.call is None:
            self.open.put_back()
            self.put_away("", None)
        else:
            self.said.emit(tr("This call has no outcome yet. Say how it ended."))

    def _ask_appointment(self) -> None:
        if self.open is not None:
            settings = self.study.settings
            self.views.setCurrentWidget(self.appointment)
            self.appointment.ask(self.open.case.site, settings.rules, settings.expected_minutes, self.study.now)

    def _ask(self, heading: str, about: str, columns: list[tuple[str, list[Offer]]]) -> None:
        self.asking.ask(heading, about, columns)
        self.views.setCurrentWidget(self.asking)
        self.setFocus()

    def _ask_all(self) -> None:
        broken = self.open is not None and self.open.broken_off is not None
        about = tr("One key notes it. You can undo it for ten seconds.")
        self._ask(tr("How did the call end?"), about, all_columns(interviewed=broken))

    def _ask_withdrawal(self) -> None:
        self._ask(*withdrawal_question())

    def _withdraw(self) -> None:
        if self.open is not None:
            self.put_away(self.open.withdraw().words, None)

    def _agreed(self, found: object) -> None:
        if not isinstance(found, Appointment):
            outcome = Outcome.CALL_BACK
        elif found.kind is AppointmentKind.DEFINITE:
            outcome = Outcome.APPOINTMENT
        else:
            outcome = Outcome.VAGUE_APPOINTMENT
        try:
            self._note(outcome, found)
        except Problem as problem:
            self.said.emit(in_words(problem))

    def _note(self, outcome: Outcome, agreed: object = None) -> None:
        """Keep an outcome and put the case away."""
        if self.open is None:
            return
        noted = self.open.note(outcome, agreed)
        if isinstance(noted, LeaseLost):
            self.lose()
        else:
            self.put_away(f"{tr(TABLE[outcome].label)}. {noted.next_words}", noted)

    def _begin_interview(self) -> None:
        if self.open is None or self.open.call is None:
            return
        from cati.fieldwork.interviewing import begin_interview  # noqa: PLC0415 - with the first interview
        from cati.ui.interview_page import InterviewPage  # noqa: PLC0415

        running = begin_interview(self.study, self.open.case.lease, self.open.call)
        if isinstance(running, LeaseLost):
            self.lose()
            return
        self.open.broken_off = None
        self.said.emit("")
        self.interview = InterviewPage(self.study, running)
        self.interview.finished.connect(self._finished)
        self.interview.interrupted.connect(self._interrupted)
        self.interview.lost.connect(self.lose)
        self.views.addWidget(self.interview)
        self.views.setCurrentWidget(self.interview)
        self.interview.setFocus()

    def _finished(self, completed: Completed) -> None:
        said = tr("The answers are separated from the person.") if completed.kept else tr("No answers were kept.")
        self.put_away(f"{tr(TABLE[completed.outcome].label)}. {said}", None)

    def _interrupted(self, running: RunningInterview) -> None:
        """The person cannot go on: the answers are kept; the call needs an outcome or an appointment."""
        if self.open is None:
            return
        self.open.broken_off = running
        self._close_interview()
        self._fill()
        self.open.read_out = True
        self.show_case()
        self.said.emit(
            tr("The interview is kept at this question. Agree on an appointment, or say how the call ended.")
        )

    def _close_interview(self) -> None:
        if self.interview is not None:
            page, self.interview = self.interview, None
            self.views.removeWidget(page)
            page.hide()
            page.deleteLater()

    def lose(self) -> None:
        """Close a case that somebody else has by now."""
        self.put_away("", None)
        self.said.emit(tr("This case was given to somebody else in the meantime; nothing more was kept."))

    def put_away(self, words: str, noted: object) -> None:
        """Close the case on the page: nothing of the person stays in a widget or in the clipboard."""
        self._close_interview()
        if self.open is not None:
            self.open.forget()
        self.open = None
        self.view.forget()
        self.appointment.forget()
        self.said.emit("")
        self.closed.emit(words, noted)

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force, the open case and what was typed kept."""
        old = (self.view, self.asking, self.appointment)
        shown = self.views.currentWidget()
        typed = self.appointment.when.text()
        at_appointment = shown is self.appointment
        for view in old:
            self.views.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.view.forget()
        self.appointment.forget()
        self._build()
        self._fill()
        if self.open is not None and self.open.read_out:
            self.view.show_read(read=True, resume=self.open.case.interview_open)
        if self.interview is not None:
            self.views.setCurrentWidget(self.interview)
        elif at_appointment:
            self._ask_appointment()
            self.appointment.when.setText(typed)
        elif self.open is not None:
            self.show_case()

    def press(self, event: QKeyEvent) -> bool:
        """Take a key of the open case; False when it is none of them."""
        view = self.views.currentWidget()
        if self.open is None or view is self.interview:
            return False
        if event.key() == Qt.Key.Key_Escape and view is not self.view:
            self.show_case()
            return True
        if view is self.asking:
            return self.asking.press(event.text())
        return view is self.view and self._press_case(event)

    def _press_case(self, event: QKeyEvent) -> bool:
        key = key_of(event, Where.CASE)
        if key is Key.GO:
            if not event.isAutoRepeat():
                self.act("go")
        elif key is Key.PUT_BACK:
            self.act("back")
        elif key in (Key.READ_ON, Key.READ_BACK):
            self.view.read_on(1 if key is Key.READ_ON else -1)
        elif key in (Key.DIAL, Key.COPY):
            self.act("dial" if key is Key.DIAL else "copy")
        elif event.text().isdigit():
            self.act(f"phone{int(event.text()) - 1}")
        else:
            return self.view.outcomes.press(event.text())
        return True
