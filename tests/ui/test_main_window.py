"""The window itself: places by keyboard, look and language remembered, a pause that covers, help that disturbs nothing."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, Signal
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from cati.fieldwork import log_words
from cati.text import language
from cati.ui import preferences, theme
from cati.ui.list_page import ListPage
from cati.ui.look import next_scale
from cati.ui.main_window import MainWindow
from cati.ui.manual_page import HelpWindow
from cati.ui.navigation import PLACES
from cati.ui.pause_page import PausePage


@pytest.fixture
def led(window: MainWindow, ready: Any) -> MainWindow:
    window.enter(ready.sign_in("lead"))
    return window


def _press(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    window.activateWindow()
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)


def test_places_are_opened_by_their_number(led: MainWindow, qtbot: QtBot) -> None:
    at = led.rail.names().index("list")
    _press(led, qtbot, Qt.Key(Qt.Key.Key_1 + at))
    assert isinstance(led.page(), ListPage)


def test_look_size_and_language_are_remembered(led: MainWindow, qtbot: QtBot) -> None:
    led.open_place("list")
    led.wear(dark=True)
    led.wear(scale=next_scale(1))
    led.speak("de")
    assert isinstance(led.page(), ListPage)
    assert led.page().heading.text() == "Kontaktliste"
    kept = preferences.load()
    assert (kept.dark, kept.scale, kept.language) == (True, theme.SCALES[1], "de")
    assert language() == "de"


def test_text_grows_to_twice_its_size_and_no_further(led: MainWindow) -> None:
    small = QApplication.font().pointSizeF()
    for _ in theme.SCALES:
        led.wear(scale=next_scale(1))
    assert QApplication.font().pointSizeF() == pytest.approx(2 * small)
    for _ in theme.SCALES:
        led.wear(scale=next_scale(-1))
    assert QApplication.font().pointSizeF() == pytest.approx(small)


class _Occupied(QWidget):
    occupied = Signal(bool)


def test_an_open_case_holds_navigation_pause_and_closing(led: MainWindow, qtbot: QtBot) -> None:
    page = _Occupied()
    led.show_page("case", page)
    page.occupied.emit(True)
    assert not led.rail.isVisible()
    assert not led.header.pause.isEnabled()
    led.open_place("list")
    led.take_pause()
    led.sign_out()
    assert led.page() is page
    assert not led.close(), "the window stays until the case has an outcome"
    assert led.study is not None
    page.occupied.emit(False)
    led.open_place("list")
    assert isinstance(led.page(), ListPage)


def test_a_pause_covers_the_study_and_is_logged(led: MainWindow, ready: Any, qtbot: QtBot) -> None:
    led.open_place("list")
    qtbot.mouseClick(led.header.pause, Qt.MouseButton.LeftButton)
    page = led.page()
    assert isinstance(page, PausePage)
    assert not led.rail.isVisible()
    qtbot.keyClick(page.reasons[0], Qt.Key.Key_Return)
    assert "Pause since" in page.words.text()
    led.speak("de")
    assert led.page() is page, "another language does not end the pause"
    assert "Pause seit" in page.words.text()
    led.speak("en")
    qtbot.keyClick(page.back, Qt.Key.Key_Return)
    assert isinstance(led.page(), ListPage)
    assert led.study is not None
    done = [line.what for line in log_words.entries_in_words(led.study, limit=2)]
    assert done[0].startswith("came back")
    assert done[1] == "paused (reason Break)"


def test_help_shows_keys_and_leaves_the_page_alone(led: MainWindow, qtbot: QtBot) -> None:
    led.open_place("list")
    page = led.page()
    led.show_help()
    help_window = led.findChild(HelpWindow)
    assert help_window is not None
    qtbot.waitUntil(help_window.isVisible)
    assert help_window.manual.keys.rowCount() > 5
    for at in range(help_window.manual.chapters.count() - 1):
        help_window.manual.chapters.setCurrentRow(at)
        assert len(help_window.manual.words.toPlainText()) > 100
    help_window.close()
    assert led.page() is page


def test_every_place_has_its_drawing(qapp: QApplication) -> None:
    for place in PLACES:
        assert not theme.icon(place.name).pixmap(24).isNull()


def test_text_from_data_is_never_read_as_markup(qapp: QApplication) -> None:
    label = theme.words("<b>Amt</b>")
    assert isinstance(label, QLabel)
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_what_qt_says_of_a_number_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    from cati.app import _keep_quiet

    with caplog.at_level("DEBUG"):
        _keep_quiet(QtMsgType.QtWarningMsg, QMessageLogContext(), "Unable to launch 'tel:+493023125205'")
    assert "qt: QtWarningMsg" in caplog.text
    assert "3023125205" not in caplog.text
