"""The log page: what to ask about first, entries by person and kind, and the day's report on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cati.fieldwork import calling, log
from cati.fieldwork.log import Act
from cati.ui.background import is_busy
from cati.ui.log_page import AT_ONCE, LogPage
from cati.ui.main_window import MainWindow
from cati.ui.progress_page import ProgressPage

Ready = Any


@pytest.fixture
def page(window: MainWindow, ready: Ready, qtbot: QtBot) -> LogPage:
    """The log after a case was opened and given back without a call."""
    anna = ready.sign_in("anna")
    case = calling.take_next_case(anna)
    assert isinstance(case, calling.DeliveredCase)
    calling.put_back(anna, case.lease)
    window.enter(ready.sign_in("witness"))
    window.open_place("log")
    qtbot.waitUntil(lambda: not is_busy())
    found = window.page()
    assert isinstance(found, LogPage)
    return found


def _column(table: Any, at: int) -> list[str]:
    return [table.item(row, at).text() for row in range(table.rowCount())]


def test_who_opened_a_case_without_calling_stands_first(page: LogPage) -> None:
    assert _column(page.flags.people, 0) == ["⚠ Anna Fragt"]
    assert _column(page.flags.people, 2) == ["1"]
    assert page.flags.none.text() == "1 case was opened and nobody called."
    assert _column(page.flags.flagged, 1) == ["Anna Fragt"]


def test_entries_are_chosen_by_person_and_by_what_happened(page: LogPage, qtbot: QtBot) -> None:
    part = page.entries
    assert {"Anna Fragt", "Ben Zeuge"} <= set(_column(part.table, 1))
    part.who.setCurrentText("Anna Fragt")
    qtbot.waitUntil(lambda: set(_column(part.table, 1)) == {"Anna Fragt"})
    part.act.setCurrentText("put a case back")
    qtbot.waitUntil(lambda: _column(part.table, 2) == ["put a case back"])
    assert part.count.text() == "1 entry"
    assert part.more.isHidden()


def test_a_long_log_comes_in_parts(page: LogPage, ready: Ready, qtbot: QtBot) -> None:
    anna = ready.sign_in("anna")
    with anna.transaction() as transaction:
        for _ in range(AT_ONCE):
            log.note(anna, transaction, Act.PAUSED)
    page.tabs.setCurrentWidget(page.entries)
    page.refresh()
    qtbot.waitUntil(lambda: page.entries.table.rowCount() == AT_ONCE)
    qtbot.waitUntil(lambda: not page.entries.more.isHidden())
    qtbot.mouseClick(page.entries.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.entries.table.rowCount() > AT_ONCE)


def test_the_days_report_is_made_shown_and_saved_by_keyboard(
    window: MainWindow, page: LogPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_place("progress")
    progress = window.page()
    assert isinstance(progress, ProgressPage)
    window.activateWindow()
    progress.day.setFocus()
    qtbot.keyClick(progress.day, Qt.Key.Key_Return)
    page = window.page()
    assert isinstance(page, LogPage)
    part = page.day
    qtbot.waitUntil(part.make.hasFocus)
    qtbot.keyClick(part.make, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: part.sheet is not None)
    assert "Day’s report" in part.words.toPlainText()
    assert "verify-log --expect" in part.words.toPlainText()
    path = tmp_path / "day.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(path), ""))
    qtbot.keyClick(part.save, Qt.Key.Key_Return)
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_mode & 0o777 == 0o600
    assert part.note.text().startswith("✓")
