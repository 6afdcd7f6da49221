"""The case at hand on the calling page: its call, its number, its acts; the person lives in this value only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from cati.fieldwork import calling
from cati.fieldwork.calling import Call, DeliveredCase, LeaseLost, Noted, OnTheWay, Receipt
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, AppointmentKind, Preference
from cati.survey.dispositions import Outcome
from cati.telephone.lines import ByHand, ByUri, LineStatus

if TYPE_CHECKING:
    from cati.fieldwork.interviewing import RunningInterview
    from cati.fieldwork.open_study import OpenStudy


class OpenCase:
    """Does the acts of one delivered case. ``broken_off`` is its interview when that ended early in this call."""

    def __init__(self, study: OpenStudy, case: DeliveredCase) -> None:
        self.study = study
        self.case = case
        self.call: Call | None = case.call
        self.phone = case.next_phone if case.call is None else case.call.phone
        self.read_out = False
        self.broken_off: RunningInterview | None = None
        self._copied = ""

    @property
    def number(self) -> str:
        """The number to dial, E.164."""
        return self.case.contact.phones[self.phone].e164

    def choose_phone(self, at: int) -> bool:
        """Choose another of the person's numbers; not once a call was begun."""
        if self.call is not None or not 0 <= at < len(self.case.contact.phones):
            return False
        self.phone = at
        return True

    def begin_call(self) -> bool:
        """Keep that the call began, once; False when the case was lost."""
        if self.call is None:
            begun = (self.study.desk or calling).begin_call(self.study, self.case.lease, self.phone)
            if isinstance(begun, LeaseLost):
                return False
            self.call = begun
        return True

    def dial(self, heard: object) -> bool:
        """Hand the number to the workstation's softphone; False when none took it, and it is in the clipboard."""
        tell = heard if callable(heard) else _nobody
        if ByUri(lambda uri: QDesktopServices.openUrl(QUrl(uri))).dial(self.number, tell):
            return True
        self.copy()
        return False

    def copy(self) -> None:
        """Put the number into the clipboard, to be dialled by hand."""
        self._copied = self.number
        QApplication.clipboard().setText(self._copied)
        ByHand().dial(self._copied, _nobody)

    def note(self, outcome: Outcome, agreed: object = None) -> Noted | LeaseLost | OnTheWay:
        """Keep an outcome, of the call or of its interview; ``agreed`` is an Appointment or a Preference."""
        if not self.begin_call() or self.call is None:
            return LeaseLost(self.case.case_id)
        appointment = agreed if isinstance(agreed, Appointment) else None
        preference = agreed if isinstance(agreed, Preference) else None
        if self.broken_off is not None:
            from cati.fieldwork import interviewing  # noqa: PLC0415 - with the first interview

            return (self.study.desk or interviewing).break_off(
                self.study, self.broken_off, outcome, appointment=appointment, preference=preference
            )
        return (self.study.desk or calling).note_outcome(
            self.study, self.case.lease, self.call, outcome, appointment=appointment, preference=preference
        )

    def put_back(self) -> None:
        """Give the case back without a call."""
        (self.study.desk or calling).put_back(self.study, self.case.lease)

    def withdraw(self) -> Receipt | OnTheWay:
        """Erase the person."""
        return (self.study.desk or calling).withdraw(self.study, self.case.lease)

    def renew(self) -> bool:
        """Hold on to the case; False when it was lost."""
        return not isinstance((self.study.desk or calling).renew_lease(self.study, self.case.lease), LeaseLost)

    def clock(self) -> tuple[str, str]:
        """Return the wall time at the person's place and until when one may call, "" for not now."""
        local = wall(self.study.now(), self.case.site)
        end = self.case.closes_at
        open_still = end is not None and end.replace(tzinfo=None) > local.replace(tzinfo=None)
        return local.strftime("%H:%M"), end.strftime("%H:%M") if end is not None and open_still else ""

    def forget(self) -> None:
        """Take the number out of the clipboard, unless something else is in it by now."""
        clipboard = QApplication.clipboard()
        if self._copied and clipboard.text() == self._copied:
            clipboard.clear()
        self._copied = ""


def _nobody(_status: LineStatus) -> None:
    """Hear what a line by hand tells: nothing beyond dialling."""


def outcome_of(agreed: object) -> Outcome:
    """Return what an agreement is called: a definite or vague appointment, or a call back at a preferred time."""
    if not isinstance(agreed, Appointment):
        return Outcome.CALL_BACK
    return Outcome.APPOINTMENT if agreed.kind is AppointmentKind.DEFINITE else Outcome.VAGUE_APPOINTMENT
