"""Entering an appointment as it is spoken, understood while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cati.settings import CallingRules, Site
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.spoken_time import read_appointment
from cati.text import show_moment, tr, trn
from cati.ui import theme
from cati.ui.pages import Labelled, in_words


class AppointmentView(QWidget):
    """Reads what is typed; reports a valid appointment by ``agreed`` and a way out by ``left``."""

    agreed = Signal(object)
    left = Signal()

    def __init__(self, near: Callable[[datetime], int]) -> None:
        super().__init__()
        unit = theme.unit()
        self._near = near
        self._site: Site | None = None
        self._rules = CallingRules()
        self._minutes = 15
        self._now: Callable[[], datetime] | None = None
        self.found: Appointment | None = None
        self.when = QLineEdit()
        self.when.setMaxLength(60)
        self.reason = QLineEdit()
        self.reason.setMaxLength(120)
        self.understood = theme.words("", "title")
        self.booked = theme.words("", "quiet")
        self.fault = theme.words("", "problem")
        self._why = Labelled(
            tr("Why outside the calling hours?"), self.reason, tr("Kept sealed, erased with the contacts.")
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, 2 * unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(theme.words(tr("Appointment"), "title"))
        entry = Labelled(
            tr("When shall we call again?"), self.when, tr("For example: mon 18 · tomorrow 9:30 · in 2 h · thu evening")
        )
        entry.setMaximumWidth(theme.columns(60))
        self._why.setMaximumWidth(theme.columns(60))
        whole.addWidget(entry)
        whole.addWidget(self.understood)
        whole.addWidget(self.booked)
        whole.addWidget(self.fault)
        whole.addWidget(self._why)
        foot = QHBoxLayout()
        foot.setSpacing(unit)
        self.keep = theme.push(tr("Return  Keep the appointment"), self.finish, kind="primary")
        foot.addWidget(self.keep)
        foot.addWidget(theme.push(tr("Esc  Back"), self.left.emit))
        foot.addStretch(1)
        whole.addLayout(foot)
        whole.addStretch(1)
        self.when.textChanged.connect(self._read)
        self.reason.textChanged.connect(self._read)
        self.when.returnPressed.connect(self.finish)
        self.reason.returnPressed.connect(self.finish)

    def ask(self, site: Site, rules: CallingRules, minutes: int, now: Callable[[], datetime]) -> None:
        """Begin with an empty entry for a respondent of this site."""
        self._site, self._rules, self._minutes, self._now = site, rules, minutes, now
        self.forget()
        self.when.setFocus()

    def forget(self) -> None:
        """Empty the entry, its undo memory too."""
        for editor in (self.when, self.reason):
            editor.setText("")
        self._why.hide()
        self._read()

    def _read(self) -> None:
        self.found = None
        self.keep.setEnabled(False)
        for label in (self.understood, self.booked, self.fault):
            label.clear()
        if self._site is None or self._now is None or not self.when.text().strip():
            return
        read = read_appointment(
            self.when.text(), now=self._now(), site=self._site, rules=self._rules, expected_minutes=self._minutes,
            reason=self.reason.text(),
        )  # fmt: skip
        if isinstance(read, list):
            self.fault.setText("\n".join(in_words(problem) for problem in read))
            outside = not isinstance(
                read_appointment(self.when.text(), now=self._now(), site=self._site, rules=self._rules,
                                 expected_minutes=self._minutes, reason="x"), list
            )  # fmt: skip
            self._why.setVisible(outside)
            return
        self.found = read
        self.keep.setEnabled(True)
        self.understood.setText("✓ " + in_spoken_words(read, self._site))
        count = self._near(read.at)
        self.booked.setText(
            trn("1 appointment is already booked in that quarter of an hour.",
                "{n} appointments are already booked in that quarter of an hour.", count)
            if count else tr("Nothing else is booked in that quarter of an hour.")
        )  # fmt: skip

    def finish(self) -> None:
        """Report the appointment when there is one."""
        if self.found is not None:
            self.agreed.emit(self.found)


def in_spoken_words(appointment: Appointment, site: Site) -> str:
    """Return an appointment as one would read it back, in the respondent's wall time."""
    start = wall(appointment.at, site)
    if appointment.kind is AppointmentKind.DEFINITE or appointment.until is None:
        return tr("{day} at {time}", day=show_moment(start, "EEEE, d MMMM"), time=start.strftime("%H:%M"))
    end = wall(appointment.until, site)
    if end.date() == start.date():
        return tr("about {day}, {start} to {end}", day=show_moment(start, "EEEE, d MMMM"),
                  start=start.strftime("%H:%M"), end=end.strftime("%H:%M"))  # fmt: skip
    return tr("about {day} to {last}", day=show_moment(start, "EEEE, d MMMM"), last=show_moment(end, "EEEE, d MMMM"))
