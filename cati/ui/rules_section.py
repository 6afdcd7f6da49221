"""When and how often people are called: the guideline's defaults, and a refusal with its reason beside each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from PySide6.QtCore import Qt, QTime
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QWidget

from cati.settings import (
    LIMIT_SATURDAYS,
    LIMIT_SUNDAYS_AND_HOLIDAYS,
    LIMIT_WEEKDAYS,
    USUAL_VIEWS,
    CallingRules,
    Window,
    check_rules,
)
from cati.text import tr
from cati.ui import theme
from cati.ui.day_entry import HourEdit
from cati.ui.pages import Labelled, flush, grid, heading, unturned
from cati.ui.study_sections import Section, Values


class WindowEditor(QWidget):
    """From … to …, or no calls at all on such days."""

    def __init__(self, name: str, *, optional: bool) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.unit())
        self.calls = QCheckBox(tr("calls"))
        self.calls.setChecked(True)
        self.calls.setVisible(optional)
        self.calls.setAccessibleName(tr("{day}: calls", day=name))
        self.start, self.end = HourEdit(), HourEdit()
        for editor, words in ((self.start, tr("{day}: from", day=name)), (self.end, tr("{day}: to", day=name))):
            editor.setAccessibleName(words)
            editor.setMinimumWidth(theme.columns(9))
            unturned(editor)
            flush(editor)
            self.calls.toggled.connect(editor.setEnabled)
        line.addWidget(self.calls)
        line.addWidget(self.start)
        line.addWidget(theme.words("–"))
        line.addWidget(self.end)
        line.addStretch(1)

    def window(self) -> QWidget:
        """Return the top-level widget (Qt's meaning of the name)."""
        return super().window()

    def hours(self) -> Window | None:
        """Return the hours, None for no calls."""
        if not self.calls.isChecked():
            return None
        start, end = self.start.time(), self.end.time()
        return Window(start=time(start.hour(), start.minute()), end=time(end.hour(), end.minute()))

    def show_hours(self, hours: Window | None, otherwise: Window) -> None:
        """Show these hours; ``otherwise`` stands ready when there are none."""
        shown = hours or otherwise
        self.start.setTime(QTime(shown.start.hour, shown.start.minute))
        self.end.setTime(QTime(shown.end.hour, shown.end.minute))
        self.calls.setChecked(hours is not None)


def _span(limit: Window) -> str:
    return tr("Limit {start}–{end}", start=limit.start.strftime("%H:%M"), end=limit.end.strftime("%H:%M"))


class RulesSection(Section):
    """The calling rules; every change is checked at once."""

    def __init__(self) -> None:
        super().__init__()
        self.weekdays = WindowEditor(tr("Monday to Friday"), optional=False)
        self.saturdays = WindowEditor(tr("Saturday"), optional=True)
        self.sundays = WindowEditor(tr("Sundays and holidays"), optional=True)
        self.stack.addWidget(
            theme.words(
                tr(
                    "Set as the guideline of the German associations of research asks. Times are "
                    "those of the person called."
                ),
                "quiet",
            )
        )
        self.stack.addWidget(heading(tr("First calls are made")))
        self.stack.addLayout(
            grid(
                [
                    self.field(tr("Monday to Friday"), self.weekdays, _span(LIMIT_WEEKDAYS)),
                    self.field(tr("Saturday"), self.saturdays, _span(LIMIT_SATURDAYS)),
                    self.field(tr("Sundays and holidays"), self.sundays, _span(LIMIT_SUNDAYS_AND_HOLIDAYS)),
                ],
                2,
            )
        )
        self.numbers: dict[str, QSpinBox | QDoubleSpinBox] = {}
        for title, rows in (
            (
                tr("How often"),
                (
                    ("attempts_a_day", tr("Attempts a day")),
                    ("hours_apart", tr("Hours between attempts")),
                    ("most_attempts_mobile", tr("Attempts in all, mobile")),
                    ("most_attempts_landline", tr("Attempts in all, landline")),
                    ("least_windows", tr("Different times of day")),
                    ("least_days", tr("Different days")),
                ),
            ),
            (
                tr("Busy, mailbox, refusal, appointment"),
                (
                    ("busy_minutes", tr("Minutes after a busy number")),
                    ("busy_redials", tr("Redials of a busy number")),
                    ("mailbox_messages", tr("Messages on a mailbox")),
                    ("refusal_rest_days", tr("Days of rest after a soft refusal")),
                    ("refusal_conversions", tr("Second approaches after a soft refusal")),
                    ("appointment_grace_minutes", tr("Minutes a missed appointment stays in front")),
                ),
            ),
        ):
            self.stack.addWidget(heading(title))
            fields: list[QWidget] = [self._number(name, label) for name, label in rows]
            self.stack.addLayout(grid(fields, 2))
        self.views = QSpinBox()
        self.views.setRange(0, 9999)
        self.views.setMaximumWidth(theme.columns(14))
        self.views.valueChanged.connect(self.changed)
        self.stack.addWidget(heading(tr("Who may see how much")))
        about = tr("So many contacts one person may look at within an hour; 0: any number.")
        self.stack.addLayout(grid([self.field(tr("Contacts seen in an hour"), self.views, about)], 2))
        defaults = {"rules": CallingRules(), "views_per_hour": USUAL_VIEWS}
        again = theme.push(tr("Back to the defaults"), lambda: self.fill(defaults))
        self.stack.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        self.fill(defaults)
        for window in (self.weekdays, self.saturdays, self.sundays):
            window.start.timeChanged.connect(self._check)
            window.end.timeChanged.connect(self._check)
            window.calls.toggled.connect(self._check)

    def _number(self, name: str, label: str) -> Labelled:
        spin: QSpinBox | QDoubleSpinBox
        if name == "hours_apart":
            spin = QDoubleSpinBox()
            spin.setDecimals(1)
            spin.setSingleStep(0.5)
        else:
            spin = QSpinBox()
        # Wider than any limit: a value outside is refused with the reason, not silently corrected while it is typed.
        spin.setRange(0, 999)
        spin.setMaximumWidth(theme.columns(14))
        spin.valueChanged.connect(self._check)
        self.numbers[name] = spin
        return self.field(label, spin)

    def rules(self) -> CallingRules:
        """Return the rules as they stand, inside the limits or not."""
        changed: dict[str, Any] = {name: spin.value() for name, spin in self.numbers.items()}
        changed["weekdays"] = self.weekdays.hours() or CallingRules().weekdays
        changed["saturdays"] = self.saturdays.hours()
        changed["sundays_and_holidays"] = self.sundays.hours()
        return replace(CallingRules(), **changed)

    def values(self) -> Values:
        """Return the rules, and how many contacts one person may look at within an hour."""
        return {"rules": self.rules(), "views_per_hour": self.views.value()}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show these rules."""
        if "views_per_hour" in values:
            self.views.setValue(values["views_per_hour"])
        if "rules" not in values:
            return
        rules: CallingRules = values["rules"]
        self.weekdays.show_hours(rules.weekdays, LIMIT_WEEKDAYS)
        self.saturdays.show_hours(rules.saturdays, LIMIT_SATURDAYS)
        self.sundays.show_hours(rules.sundays_and_holidays, LIMIT_SUNDAYS_AND_HOLIDAYS)
        for name, spin in self.numbers.items():
            spin.setValue(getattr(rules, name))
        self._check()

    def _check(self) -> None:
        self.show_faults(check_rules(self.rules()))
        self.changed.emit()
