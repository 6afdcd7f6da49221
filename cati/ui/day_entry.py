"""Editors for a day and for a time of day that take the separators people type with the digits."""

from __future__ import annotations

import re
from datetime import date

from PySide6.QtCore import QDate, QLocale
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QDateEdit, QDateTimeEdit, QTimeEdit

from cati.text import language
from cati.ui import theme

_SHORT_YEAR = re.compile(r"(.*\D)(\d\d)$")
_SEPARATORS = frozenset(".,:;/- ")


class _Moved:
    """Remembers whether the last digit filled its section, so that the cursor already stands in the next one.

    Qt then takes the dot of "20.12." as a wish to go on once more and would put the 12 into the year.
    """

    def __init__(self) -> None:
        self.on = False

    def swallows(self, event: QKeyEvent) -> bool:
        """Tell whether this key is a separator that has been followed already."""
        text = event.text()
        if not text.isprintable() or not text:
            self.on = False
        return self.on and text in _SEPARATORS

    def note(self, before: QDateTimeEdit.Section, editor: QDateTimeEdit, event: QKeyEvent) -> None:
        """Remember what the key did."""
        self.on = event.text().isdigit() and editor.currentSection() != before


class DayEdit(QDateEdit):
    """A day with a calendar, typed as "20.12.2026" or "20122026"."""

    def __init__(self, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self._moved = _Moved()
        self.setLocale(QLocale(language()))
        self.setCalendarPopup(True)
        self.setDisplayFormat("dd.MM.yyyy" if language() == "de" else "d MMM yyyy")
        self.setMinimumWidth(theme.columns(16))

    def day(self) -> date:
        """Return the day that stands in the editor."""
        self._read_short_year()
        shown = self.date()
        return date(shown.year(), shown.month(), shown.day())

    def _read_short_year(self) -> None:
        """Read "1.1.27" as 2027; Qt would put back the year that stood there before."""
        short = _SHORT_YEAR.match(self.lineEdit().text())
        if short:
            day = self.locale().toDate(f"{short[1]}20{short[2]}", self.displayFormat())
            if day.isValid():
                self.setDate(day)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Leave with a whole year."""
        self._read_short_year()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Type, without going on twice."""
        if self._moved.swallows(event):
            self._moved.on = False
            return
        before = self.currentSection()
        super().keyPressEvent(event)
        self._moved.note(before, self, event)


class HourEdit(QTimeEdit):
    """A time of day, typed as "9:30", "09:30" or "0930"."""

    def __init__(self) -> None:
        super().__init__()
        self._moved = _Moved()
        self.setDisplayFormat("HH:mm")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Type, without going on twice."""
        if self._moved.swallows(event):
            self._moved.on = False
            return
        before = self.currentSection()
        super().keyPressEvent(event)
        self._moved.note(before, self, event)
