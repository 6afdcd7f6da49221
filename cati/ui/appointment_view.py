"""Entering an appointment as it is spoken, understood while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cati.errors import Problem
from cati.settings import CallingRules, Site
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.spoken_time import read_appointment, read_preference
from cati.text import show_moment, tr, trn
from cati.ui import theme
from cati.ui.entry import Entry, Unkeyed
from cati.ui.keyed import KeyedFlow, Offer
from cati.ui.pages import Labelled


class AppointmentView(QWidget):
    """Reads what is typed; reports an Appointment, or a Preference such as "after 6 pm", by ``agreed``."""

    agreed = Signal(object)
    left = Signal()

    def __init__(
        self, near: Callable[[datetime, Callable[[int], None]], None], misfit: Callable[[Appointment], Problem | None]
    ) -> None:
        super().__init__()
        unit = theme.unit()
        self._near = near
        self._misfit = misfit
        self._site: Site | None = None
        self._rules = CallingRules()
        self._minutes = 15
        self._now: Callable[[], datetime] | None = None
        self.found: object | None = None
        self.when = Entry()
        self.when.setMaxLength(60)
        self.reason = Entry()
        self.reason.setMaxLength(120)
        self.understood = theme.words("", "spoken")
        self.booked = theme.words("", "quiet")
        self.fault = theme.words("", "problem")
        self._why = Labelled(
            tr("Why outside the calling hours?"), self.reason, tr("Kept sealed, erased with the contacts.")
        )
        self.keys = KeyedFlow(tr("Appointment"))
        self.keys.chosen.connect(self._pressed)
        inside = QWidget()
        inside.setProperty("kind", "column")
        self.view = Unkeyed()  # in large letters it scrolls; the keys below are always seen
        self.view.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(2 * unit, unit + unit // 2, 2 * unit, unit)
        outside.setSpacing(unit)
        outside.addWidget(self.view, 1)
        outside.addWidget(self.keys)
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(unit)
        whole.addWidget(theme.words(tr("Appointment"), "title"))
        entry = Labelled(
            tr("When shall we call again?"), self.when,
            tr("For example: mon 18 · tomorrow 9:30 · in 2 h · thu evening · next week · after 18:00"),
        )  # fmt: skip
        entry.setMaximumWidth(theme.columns(100))
        self._why.setMaximumWidth(theme.columns(70))
        for part in (entry, self.understood, self.booked, self.fault, self._why):
            whole.addWidget(part)
        whole.addStretch(1)
        self.when.textChanged.connect(self._read)
        self.reason.textChanged.connect(self._read)
        self.when.returnPressed.connect(self._return_on_time)
        self.reason.returnPressed.connect(self.finish)

    def ask(self, site: Site, rules: CallingRules, minutes: int, now: Callable[[], datetime]) -> None:
        """Begin with an empty entry for a respondent of this site."""
        self._site, self._rules, self._minutes, self._now = site, rules, minutes, now
        self.forget()
        self.when.setFocus()

    def forget(self) -> None:
        """Empty the entry, its undo memory too."""
        self.when.forget()
        self.reason.forget()
        self._why.hide()
        self._read()

    def _read(self) -> None:
        self.found = None
        for label in (self.understood, self.booked, self.fault):
            label.setText("")
        text = self.when.text().strip()
        if self._site is not None and self._now is not None and text:
            self._understand(text, self._site)
        self.keys.offer(
            [
                Offer("keep", tr("Return"), tr("Keep it"), "primary", enabled=self.found is not None),
                Offer("leave", tr("Esc"), tr("Back")),
            ]
        )

    def _understand(self, text: str, site: Site) -> None:
        read = self._appointment(text, self.reason.text())
        if isinstance(read, Appointment):
            misfit = self._misfit(read)
            if misfit is not None:
                self.fault.setText(f"✗ {in_spoken_words(read, site)}: {misfit.what} {misfit.do}")
                return
            self.found = read
            self.understood.setText(in_spoken_words(read, site))
            self._near(read.at, lambda count: self._show_near(read, count))
            self._why.setVisible(bool(read.reason))
            return
        outside = isinstance(self._appointment(text, "x"), Appointment)
        preference = None if outside else read_preference(text)
        if preference is not None:
            self.found = preference
            self.understood.setText(tr("No fixed time; prefers to be called: {wish}", wish=text))
            return
        self._why.setVisible(outside)
        self.fault.setText("\n".join(f"✗ {problem.what} {problem.do}".rstrip() for problem in read))

    def _show_near(self, read: Appointment, count: int) -> None:
        """Say how many appointments there are, unless another time was typed meanwhile."""
        if self.found is read:
            self.booked.setText(
                trn("1 appointment is already booked in that quarter of an hour.",
                    "{n} appointments are already booked in that quarter of an hour.", count)
                if count else tr("Nothing else is booked in that quarter of an hour.")
            )  # fmt: skip

    def _appointment(self, text: str, reason: str) -> Appointment | list[Problem]:
        if self._site is None or self._now is None:
            return []
        return read_appointment(
            text, now=self._now(), site=self._site, rules=self._rules, expected_minutes=self._minutes, reason=reason
        )

    def _pressed(self, name: str) -> None:
        if name == "keep":
            self.finish()
        else:
            self.left.emit()

    def _return_on_time(self) -> None:
        if self.found is None and self._why.isVisible():
            self.reason.setFocus()
        else:
            self.finish()

    def finish(self) -> None:
        """Report what was agreed when it is understood."""
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
