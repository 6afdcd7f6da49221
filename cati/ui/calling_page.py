"""The calling page: one case at a time, from why it is called now to its outcome, worked by single keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.calling import Call, DeliveredCase, LeaseLost, NoCase, Noted, Taken, TooLate
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import GROUP_NAMES, TABLE, Outcome, OutcomeGroup
from cati.telephone.lines import ByHand, ByUri, LineStatus
from cati.text import show_moment, tr
from cati.ui import theme
from cati.ui.appointment_view import AppointmentView
from cati.ui.asking_view import AskingView
from cati.ui.case_view import CaseView
from cati.ui.idle_view import IdleView
from cati.ui.pages import in_words

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import RunningInterview
    from cati.fieldwork.open_study import OpenStudy
    from cati.ui.interview_page import InterviewPage

RENEW_MS = 240_000
SECOND_MS = 1000

_GROUPS = {
    "nobody": OutcomeGroup.NOBODY,
    "number": OutcomeGroup.NUMBER,
    "person": OutcomeGroup.PERSON,
    "refused": OutcomeGroup.REFUSED,
    "other": OutcomeGroup.OTHER,
}
# Appointments have an entry of their own, a withdrawal two keys.
_ELSEWHERE = frozenset({Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT, Outcome.WITHDRAWN})
_KEYS = {"d": "dial", "c": "copy", "a": "appointment", "n": "nobody", "m": "number", "t": "person", "r": "refused",
         "o": "other", "w": "withdraw"}  # fmt: skip


class CallingPage(QWidget):
    """Holds the case that is open, shows one view at a time, and forgets the person when the case is put away.

    Signals for the window: ``occupied`` while a case is open, ``site_shown``, ``counted`` after an outcome.
    """

    occupied = Signal(bool)
    site_shown = Signal(str)
    counted = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.case: DeliveredCase | None = None
        self.call: Call | None = None
        self.interview: InterviewPage | None = None
        self._broken: RunningInterview | None = None
        self._phone = 0
        self._read_out = False
        self._copied = ""
        self._noted: Noted | None = None
        self.idle = IdleView()
        self.view = CaseView()
        self.asking = AskingView()
        self.appointment = AppointmentView(lambda at: calling.appointments_near(self.study, at))
        self.notice = theme.words("", "problem")
        self.views = QStackedWidget()
        for view in (self.idle, self.view, self.asking, self.appointment):
            self.views.addWidget(view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.notice)
        whole.addWidget(self.views, 1)
        self.notice.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._connect()
        self._show_idle()
        self.idle.show_ready()

    def _connect(self) -> None:
        self.idle.next_wanted.connect(self.take_next)
        self.idle.undo_wanted.connect(self.undo)
        self.idle.search_wanted.connect(self.search)
        self.idle.caller_chosen.connect(self.take_caller)
        self.view.wanted.connect(self.act)
        self.asking.chosen.connect(self._chosen)
        self.appointment.agreed.connect(self._agreed)
        self.appointment.left.connect(self._back_to_case)
        self._renewal = QTimer(self)
        self._renewal.timeout.connect(self._renew)
        self._renewal.start(RENEW_MS)
        self._countdown = QTimer(self)
        self._countdown.timeout.connect(self._count_down)

    # -- taking a case -----------------------------------------------------------------------------------------------

    def take_next(self) -> None:
        """Take the next case, or say what blocks all of them."""
        self._stop_undo()
        try:
            found = calling.take_next_case(self.study)
        except Problem as problem:
            self._say(in_words(problem))
            return
        if isinstance(found, NoCase):
            self._show_idle()
            self.idle.show_none(found, self._due_words(found))
            return
        self._deliver(found)

    def _due_words(self, none: NoCase) -> str:
        if none.next_due is None:
            return tr("No case of this study is waiting for a call.")
        local = wall(none.next_due, self.study.settings.sites[0])
        return tr("The next one becomes free {when}.", when=show_moment(local, "EEE d MMM HH:mm"))

    def search(self, text: str) -> None:
        """Look for somebody who calls back."""
        self.idle.show_found(calling.find_caller(self.study, text), text.strip())

    def take_caller(self, case_id: str) -> None:
        """Open the case of somebody who is on the line."""
        self._stop_undo()
        found = calling.take_case(self.study, case_id, calling.CALL_BACK)
        if isinstance(found, Taken):
            self.idle.show_taken(found)
            return
        self._deliver(found)
        self._begin_call()  # the person is on the line already

    def _deliver(self, case: DeliveredCase) -> None:
        self.case = case
        self.call = case.call
        self._phone = case.next_phone if case.call is None else case.call.phone
        self._read_out = False
        self._broken = None
        self.idle.forget()
        self._say("")
        self.view.show_case(case, calling.introduction(self.study, case), self._phone)
        self.view.show_calling(calling=self.call is not None)
        self.occupied.emit(True)
        self.site_shown.emit(case.site.name)
        self._back_to_case()

    # -- the open case -----------------------------------------------------------------------------------------------

    def act(self, name: str) -> None:
        """Do what a key or button of the case asks for."""
        if self.case is None:
            return
        if name == "go":
            self._go()
        elif name == "dial":
            self._dial()
        elif name == "copy":
            self._copy()
        elif name == "appointment":
            self.appointment.ask(
                self.case.site, self.study.settings.rules, self.study.settings.expected_minutes, self.study.now
            )
            self.views.setCurrentWidget(self.appointment)
        elif name == "withdraw":
            self._ask_withdrawal()
        elif name == "back":
            self._put_back()
        elif name in _GROUPS:
            self._ask_outcome(_GROUPS[name])

    def _begin_call(self) -> bool:
        """Keep that the call began, once; False when the case was lost."""
        if self.case is None:
            return False
        if self.call is None:
            begun = calling.begin_call(self.study, self.case.lease, self._phone)
            if isinstance(begun, LeaseLost):
                self._lost()
                return False
            self.call = begun
            self.view.show_calling(calling=True)
        return True

    def _dial(self) -> None:
        if not self._begin_call() or self.case is None:
            return
        number = self.case.contact.phones[self._phone].e164
        if not ByUri(lambda uri: QDesktopServices.openUrl(QUrl(uri))).dial(number, self._heard):
            self._copy()
            self._say(tr("No softphone took the number; it is in the clipboard. Please dial it by hand."))

    def _copy(self) -> None:
        if not self._begin_call() or self.case is None:
            return
        self._copied = self.case.contact.phones[self._phone].e164
        QApplication.clipboard().setText(self._copied)
        ByHand().dial(self._copied, self._heard)
        self._say("")

    def _heard(self, status: LineStatus) -> None:
        """A line by hand reports nothing beyond dialling; the SIP line to come proposes outcomes here."""

    def _go(self) -> None:
        """Confirm the introduction as read out; once more: begin the interview."""
        if not self._begin_call() or self.case is None:
            return
        self._read_out, before = True, self._read_out
        self.view.show_read(read=True, resume=self.case.interview_open)
        if before:
            self._begin_interview()

    def _put_back(self) -> None:
        if self.case is not None and self.call is None:
            calling.put_back(self.study, self.case.lease)
            self._put_away()
            self.idle.show_ready()
        else:
            self._say(tr("This call has no outcome yet. Say how it ended."))

    def _ask_outcome(self, group: OutcomeGroup) -> None:
        if not self._begin_call() or self.case is None:
            return
        answers = [
            (row.key, outcome.value, tr(row.label))
            for outcome, row in TABLE.items()
            if row.group is group and outcome not in _ELSEWHERE
        ]
        self.asking.ask(
            tr(GROUP_NAMES[group]), tr("One key notes it; Esc goes back. You can undo it for ten seconds."), answers
        )
        self.views.setCurrentWidget(self.asking)
        self.setFocus()

    def _ask_withdrawal(self) -> None:
        about = tr(
            "Contact and answers are erased at once, and the person is never called again. This cannot be undone."
        )
        self.asking.ask(
            tr("Withdraws consent?"), about, [("y", "withdraw", tr("Yes, erase everything now"))], danger=True
        )
        self.views.setCurrentWidget(self.asking)
        self.setFocus()

    def _chosen(self, name: str) -> None:
        if self.case is None:
            return
        if name == "withdraw":
            receipt = calling.withdraw(self.study, self.case.lease)
            self._put_away()
            self.idle.show_noted(receipt.words)
            self.counted.emit()
            return
        self._note(Outcome(name))

    def _agreed(self, found: Appointment) -> None:
        if self._begin_call():
            definite = found.kind is AppointmentKind.DEFINITE
            self._note(Outcome.APPOINTMENT if definite else Outcome.VAGUE_APPOINTMENT, found)

    def _note(self, outcome: Outcome, appointment: Appointment | None = None) -> None:
        """Keep an outcome, of the call or of an interview that was broken off."""
        if self.case is None or self.call is None:
            return
        try:
            if self._broken is not None:
                from cati.fieldwork.interviewing import break_off  # noqa: PLC0415 - with the first interview

                noted = break_off(self.study, self._broken, outcome, appointment=appointment)
            else:
                noted = calling.note_outcome(self.study, self.case.lease, self.call, outcome, appointment=appointment)
        except Problem as problem:
            self._say(in_words(problem))
            self._back_to_case()
            return
        if isinstance(noted, LeaseLost):
            self._lost()
            return
        self._put_away()
        self.idle.show_noted(f"{tr(TABLE[outcome].label)}. {noted.next_words}")
        self._noted = noted
        self._countdown.start(SECOND_MS)
        self._count_down()
        self.counted.emit()

    # -- the interview -----------------------------------------------------------------------------------------------

    def _begin_interview(self) -> None:
        if self.case is None or self.call is None:
            return
        from cati.fieldwork.interviewing import begin_interview  # noqa: PLC0415 - with the first interview
        from cati.ui.interview_page import InterviewPage  # noqa: PLC0415

        running = begin_interview(self.study, self.case.lease, self.call)
        if isinstance(running, LeaseLost):
            self._lost()
            return
        page = InterviewPage(self.study, running)
        page.finished.connect(self._interview_finished)
        page.interrupted.connect(self._interview_interrupted)
        page.lost.connect(self._lost)
        self.interview = page
        self.views.addWidget(page)
        self.views.setCurrentWidget(page)
        page.setFocus()

    def _interview_finished(self, completed: object) -> None:
        outcome = getattr(completed, "outcome", Outcome.COMPLETE)
        self._put_away()
        self.idle.show_noted(f"{tr(TABLE[outcome].label)}. {tr('The answers are separated from the person.')}")
        self.counted.emit()

    def _interview_interrupted(self, running: RunningInterview) -> None:
        """The person cannot go on: the answers are kept; the call needs an outcome or an appointment."""
        self._broken = running
        self._close_interview()
        self._back_to_case()
        self._say(tr("The interview is kept at this question. Agree on an appointment, or say how the call ended."))

    def _close_interview(self) -> None:
        if self.interview is not None:
            page, self.interview = self.interview, None
            self.views.removeWidget(page)
            page.hide()
            page.deleteLater()

    # -- putting away ------------------------------------------------------------------------------------------------

    def _put_away(self) -> None:
        """Close the case on the page: nothing of the person stays in a widget or in the clipboard."""
        self._close_interview()
        self.case = self.call = self._broken = self._noted = None
        self.view.forget()
        self.appointment.forget()
        self._say("")
        clipboard = QApplication.clipboard()
        if self._copied and clipboard.text() == self._copied:
            clipboard.clear()
        self._copied = ""
        self.occupied.emit(False)
        self.site_shown.emit("")
        self._show_idle()

    def _show_idle(self) -> None:
        self.idle.forget()
        self.idle.show_undo(0)
        self.idle.show_appointments(calling.my_appointments(self.study))
        self.views.setCurrentWidget(self.idle)
        self.setFocus()

    def _back_to_case(self) -> None:
        self.views.setCurrentWidget(self.view)
        self.setFocus()

    def _lost(self) -> None:
        self._put_away()
        self.idle.show_ready()
        self._say(tr("This case was given to somebody else in the meantime; nothing more was kept."))

    def _renew(self) -> None:
        if self.case is not None and self.interview is None:
            renewed = calling.renew_lease(self.study, self.case.lease)
            if isinstance(renewed, LeaseLost):
                self._lost()

    def _say(self, words: str) -> None:
        self.notice.setText(words)
        self.notice.setVisible(bool(words))

    def undo(self) -> None:
        """Take the last outcome back, while its ten seconds last."""
        if self._noted is None:
            return
        token = self._noted.undo
        self._stop_undo()
        found = calling.undo_outcome(self.study, token)
        if isinstance(found, TooLate):
            self._say(tr("The ten seconds are over."))
            return
        self._deliver(found)
        self.counted.emit()

    def _count_down(self) -> None:
        left = 0 if self._noted is None else int((self._noted.until - self.study.now()).total_seconds())
        self.idle.show_undo(max(left, 0))
        if left <= 0:
            self._stop_undo()

    def _stop_undo(self) -> None:
        self._countdown.stop()
        self._noted = None
        self.idle.show_undo(0)

    def may_leave(self) -> bool:
        """Tell whether the page may be left: not while a case is open."""
        return self.case is None

    def retranslate(self) -> None:
        """Nothing is drawn anew while a case is open; its words change with the next case."""

    # -- keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take the page's keys; buttons own none, because theirs act 100 ms late and lose fast typing."""
        if not self._take_key(event):
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        view = self.views.currentWidget()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if view is self.idle:
            return self._idle_key(event, enter=enter)
        if event.key() == Qt.Key.Key_Escape and view in (self.asking, self.appointment):
            self._back_to_case()
            return True
        if view is self.asking:
            return self.asking.press(event.text())
        if view is not self.view or self.case is None:
            return False
        return self._case_key(event, enter=enter)

    def _idle_key(self, event: QKeyEvent, *, enter: bool) -> bool:
        if enter:
            self.take_next()
        elif event.text().lower() == "u" and self._noted is not None:
            self.undo()
        elif event.key() == Qt.Key.Key_F3:
            self.idle.search.setFocus()
        else:
            return False
        return True

    def _case_key(self, event: QKeyEvent, *, enter: bool) -> bool:
        if enter:
            self.act("go")
        elif event.key() == Qt.Key.Key_Escape:
            self.act("back")
        elif event.text().lower() in _KEYS:
            self.act(_KEYS[event.text().lower()])
        elif event.text().isdigit() and self.case is not None and self.call is None:
            wanted = int(event.text()) - 1
            if 0 <= wanted < len(self.case.contact.phones):
                self._phone = wanted
                self.view.show_phone(self.case, wanted)
        else:
            return False
        return True

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Names of callers and appointments do not stay on a page that nobody sees."""
        if self.case is None:
            self.idle.forget()
        super().hideEvent(event)
