"""What supervisors and research leads do besides lists: watch, staff, settings, log, export, erase."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from cati.demo import field as fieldwork_weeks
from cati.errors import Cancelled
from cati.fieldwork.mixing import end_field
from cati.fieldwork.purge import purge
from cati.ui.export_page import ExportPage
from cati.ui.log_page import LogPage
from cati.ui.main_window import MainWindow
from cati.ui.progress_page import ProgressPage
from cati.ui.purge_page import PurgePage
from cati.ui.purge_part import RecordPage, UnfinishedPage
from cati.ui.settings_page import SettingsPage
from cati.ui.sign_in import SignInPage


def _open(window: MainWindow, ready: Any, place: str, login: str = "lead") -> Any:
    window.enter(ready.sign_in(login))
    window.open_place(place)
    return window.page()


def _words(page: Any) -> str:
    labels = [label.text() for label in page.findChildren(QLabel)]
    for table in page.findChildren(QTableWidget):
        labels += [
            table.item(y, x).text()
            for y in range(table.rowCount())
            for x in range(table.columnCount())
            if table.item(y, x)
        ]
    return "\n".join(labels)


def test_progress_shows_targets_counts_and_rates_without_denominator_as_a_dash(
    window: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    page = _open(window, ready, "progress", "witness")
    assert isinstance(page, ProgressPage)
    qtbot.waitUntil(lambda: page.content.count() > 4)
    words = _words(page)
    assert "0 / 100" in words
    assert "Zulassungsstelle" in words
    assert "RR1" in words
    assert "RR3" in words
    assert "–" in words
    assert "Nobody has a case open." in words


def test_safe_settings_are_changed_and_logged_and_unsafe_ones_refused(
    window: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    page = _open(window, ready, "settings")
    assert isinstance(page, SettingsPage)
    assert page.settings() == page.study.settings, "showing changes nothing"
    page.dates.days["erasure_date"].setDate(QDate(2027, 10, 15))
    page.change()
    assert page.note.text() == "✓ Saved and logged: Erasure date."
    assert window.study is not None
    assert window.study.settings.erasure_date == date(2027, 10, 15)
    rows = page.sites.sites.rows()
    page.sites.sites.fill(rows[:1])
    page.change()
    assert "cannot be taken away" in page.note.text()
    window.open_place("log")
    log = window.page()
    assert isinstance(log, LogPage)
    qtbot.waitUntil(lambda: "changed the settings" in _words(log))


def test_the_log_names_people_of_the_staff_and_is_whole(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _open(window, ready, "log", "witness")
    qtbot.waitUntil(lambda: "made the study" in _words(page))
    assert "Dr. Ada Leitner" in _words(page)
    qtbot.mouseClick(page.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.verdict.text().startswith("✓"))


def test_an_empty_stock_says_why_nothing_can_leave(window: MainWindow, ready: Any) -> None:
    page = _open(window, ready, "export")
    assert isinstance(page, ExportPage)
    assert not page.go.isEnabled()
    assert "nothing to export yet" in page.outcome.text()


def test_the_mixed_stock_leaves_with_its_codebook(window: MainWindow, ready: Any, tmp_path: Path, qtbot: QtBot) -> None:
    clock = fieldwork_weeks.Clock(ready.clock())
    ready.clock = clock.now
    anna = ready.sign_in("anna")
    days = [date(2027, 7, 6), date(2027, 7, 7), date(2027, 7, 8), date(2027, 7, 9)]
    happened = fieldwork_weeks.work([anna], clock, days, random.Random(1))
    assert happened.interviews > 0
    lead = ready.sign_in("lead")
    end_field(lead)
    lead.close()
    page = _open(window, ready, "export")
    assert isinstance(page, ExportPage)
    page.export()
    assert page.folder.fault, "first a folder"
    page.folder_line.setText(str(tmp_path / "out"))
    qtbot.mouseClick(page.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page._job is None and page.outcome.isVisible(), timeout=30_000)
    assert page.outcome.text().startswith(f"✓ {happened.interviews} interview")
    written = {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {".csv", ".sav"} <= written


def test_two_people_end_the_study_and_get_the_record(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _open(window, ready, "purge")
    assert isinstance(page, PurgePage)
    qtbot.waitUntil(lambda: "What will go" in _words(page))
    assert "60 contacts" in _words(page)
    part = page.part
    part.sure.setChecked(True)
    part.passwords[0].setText(ready.password)
    part.logins[1].setText("Lead")
    part.passwords[1].setText(ready.passwords["witness"])
    assert not part.erase.isEnabled(), "the same person twice"
    assert "two different people" in part.second.fault
    part.logins[1].setText("witness")
    assert not part.erase.isEnabled(), "the field period has not ended"
    _end_field(page, ready, qtbot)
    assert part.erase.isEnabled()
    part.passwords[1].setText("wrong wrong wrong wrong")
    part.purge()
    assert not any(editor.isEnabled() for editor in (*part.logins, *part.passwords, part.sure)), "no second order"
    qtbot.waitUntil(lambda: part.outcome.isVisible(), timeout=20_000)
    assert all(editor.isEnabled() for editor in (*part.logins, *part.passwords, part.sure))
    assert "Sign-in of witness" in part.outcome.text()
    assert window.study is not None, "a mistyped password signs nobody out"
    assert not page.leave.isVisible()
    part.passwords[0].setText(ready.password)
    part.passwords[1].setText(ready.passwords["witness"])
    qtbot.mouseClick(part.erase, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: isinstance(window.page(), RecordPage), timeout=30_000)
    record = window.page()
    assert record.words.toPlainText().strip()
    assert [len(group) for group in record.key.text().split(": ")[1].split()] == [8] * 8
    assert record.key.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
    assert "Print …" in [button.text() for button in record.findChildren(QPushButton) if button.isVisible()]
    paths = [
        Path(label.text().replace("\u200b", ""))
        for label in record.findChildren(QLabel)
        if label.text().endswith((".json", ".html"))
    ]
    assert {path.suffix for path in paths} == {".json", ".html"}
    signed = next(path for path in paths if path.suffix == ".json")
    assert json.loads(signed.read_text("utf-8"))
    window.show_sign_in(ready.folder)
    sign_in = window.page()
    assert isinstance(sign_in, SignInPage)
    qtbot.waitUntil(lambda: "are erased" in sign_in.problem.text())


def _end_field(page: PurgePage, ready: Any, qtbot: QtBot) -> None:
    """End the field period as the page asks for it: a question, numbers, the own password."""
    page.end_field.click()
    qtbot.waitUntil(page.asked.isVisible, timeout=15_000)
    about = page.asked.about.text()
    assert "60 people could still be called. 0 of 100 interviews are done. 100 interviews are missing." in about
    assert "cannot be undone" in about
    qtbot.keyClick(page.asked.password, Qt.Key.Key_Return)
    assert page.asked.isVisible(), "nothing happens without a password"
    qtbot.keyClick(page.asked.password, Qt.Key.Key_Escape)
    assert not page.asked.isVisible()
    page.end_field.click()
    qtbot.waitUntil(page.asked.isVisible, timeout=15_000)
    page.asked.password.setText("wrong wrong wrong wrong")
    page.asked.yes.click()
    qtbot.waitUntil(lambda: "password is wrong" in page.outcome.text(), timeout=15_000)
    page.end_field.click()
    qtbot.waitUntil(page.asked.isVisible, timeout=15_000)
    assert page.asked.password.text() == ""
    page.asked.password.setText(ready.password)
    page.asked.yes.click()
    qtbot.waitUntil(lambda: "Nothing stands against it." in _words(page), timeout=15_000)


def test_after_the_end_progress_says_so(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _open(window, ready, "purge")
    assert isinstance(page, PurgePage)
    _end_field(page, ready, qtbot)
    window.open_place("progress")
    qtbot.waitUntil(lambda: "field period is over" in _words(window.page()), timeout=15_000)
    tables = window.page().findChildren(QTableWidget)
    headers = [table.horizontalHeaderItem(x).text() for table in tables for x in range(table.columnCount())]
    assert "Left over" in headers
    assert "Still open" not in headers
    assert "Who is calling" not in _words(window.page())


def test_files_that_stand_against_the_erasure_are_named_whole_and_wrapped(
    window: MainWindow, ready: Any, template: Path, qtbot: QtBot
) -> None:
    forgotten = ready.folder / f"list-{'of-the-office-' * 8}.csv"
    forgotten.write_bytes((template / "list.csv").read_bytes())
    page = _open(window, ready, "purge")
    assert isinstance(page, PurgePage)
    qtbot.waitUntil(lambda: forgotten.name in _words(page).replace("\u200b", ""), timeout=15_000)
    assert page.view.horizontalScrollBar().maximum() == 0
    line = next(label for label in page.findChildren(QLabel) if forgotten.name in label.text().replace("\u200b", ""))
    assert line.width() <= page.view.viewport().width()
    assert line.height() > 2 * line.fontMetrics().height(), "on lines of its own, not cut"


def test_an_interrupted_erasure_is_offered_to_be_finished(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    from cati.fieldwork.mixing import end_field

    study = ready.sign_in("lead")
    end_field(study)
    study.close()
    pairs = (("lead", ready.password), ("witness", ready.passwords["witness"]))
    try:
        purge(ready.folder, *pairs, now=ready.clock, draw=window.draw, stop_after="seal")
    except Cancelled:
        interrupted = True
    assert interrupted
    window.show_sign_in(ready.folder)
    page = window.page()
    assert isinstance(page, SignInPage)
    qtbot.waitUntil(page.finish.isVisible)
    qtbot.mouseClick(page.finish, Qt.MouseButton.LeftButton)
    unfinished = window.page()
    assert isinstance(unfinished, UnfinishedPage)
    for editor, (login, password) in zip(range(2), pairs, strict=True):
        unfinished.part.logins[editor].setText(login)
        unfinished.part.passwords[editor].setText(password)
    unfinished.part.sure.setChecked(True)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    left_alone: list[bool] = []
    unfinished.occupied.connect(lambda _busy: left_alone.append(not unfinished.leave.hasFocus()))
    qtbot.mouseClick(unfinished.part.erase, Qt.MouseButton.LeftButton)
    assert unfinished.part.working.bar.hasFocus()
    qtbot.waitUntil(lambda: isinstance(window.page(), RecordPage), timeout=30_000)
    assert left_alone == [True, True], "nobody leaves by a stray key while it is erased"
