"""Days and times of day as people type them, with and without separators."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import QTime
from pytestqt.qtbot import QtBot

from cati.text import set_language
from cati.ui.day_entry import DayEdit, HourEdit


@pytest.mark.parametrize(
    ("language", "typed", "day"),
    [
        ("de", "20.12.2026", date(2026, 12, 20)),
        ("de", "01.11.2026", date(2026, 11, 1)),
        ("de", "5.12.2026", date(2026, 12, 5)),
        ("de", "05122026", date(2026, 12, 5)),
        ("de", "1.1.27", date(2027, 1, 1)),
        ("de", "31-12-2026", date(2026, 12, 31)),
        ("en", "20 Dec 2026", date(2026, 12, 20)),
        ("en", "1 mar 2027", date(2027, 3, 1)),
        ("en", "1 mar 27", date(2027, 3, 1)),
    ],
)
def test_a_day_is_read_as_typed(language: str, typed: str, day: date, qtbot: QtBot) -> None:
    set_language(language)
    editor = DayEdit(date(2026, 1, 31))
    qtbot.addWidget(editor)
    editor.setSelectedSection(editor.Section.DaySection)
    qtbot.keyClicks(editor, typed)
    assert editor.day() == day


@pytest.mark.parametrize(
    ("typed", "hour"), [("9:30", "09:30"), ("09:30", "09:30"), ("0930", "09:30"), ("20.15", "20:15")]
)
def test_a_time_is_read_as_typed(typed: str, hour: str, qtbot: QtBot) -> None:
    editor = HourEdit()
    qtbot.addWidget(editor)
    editor.setSelectedSection(editor.Section.HourSection)
    qtbot.keyClicks(editor, typed)
    assert editor.time() == QTime.fromString(hour, "HH:mm")
