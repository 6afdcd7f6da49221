"""The window on a screen: its usual size where there is room for it and its frame, the whole screen where not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from cati.fieldwork.calling import Booked
from cati.ui import theme
from cati.ui.idle_view import IdleView
from cati.ui.look import USUAL_SIZE, show_on_screen


def test_the_window_has_its_usual_size_where_the_screen_has_room(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    free = QRect(0, 30, 1920, 1050)
    show_on_screen(window, free)
    assert not window.isMaximized()
    assert window.size() == USUAL_SIZE
    assert free.contains(window.frameGeometry())


@pytest.mark.parametrize("free", [QRect(0, 0, 1280, 800), QRect(0, 0, 1366, 728), QRect(0, 0, 1024, 768)])
def test_a_small_screen_is_filled_and_nothing_stands_out_of_it(qtbot: QtBot, free: QRect) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    show_on_screen(window, free)
    assert window.isMaximized()
    normal = window.normalGeometry()
    assert normal.width() < free.width()
    assert normal.height() < free.height() - 30, "room for the title bar when it is made smaller again"


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_choice_of_two_shows_both(qtbot: QtBot, qapp: QApplication, scale: float) -> None:
    theme.wear(qapp, dark=False, scale=scale)
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems(["one language", "beside Deutsch"])
    box.show()
    box.showPopup()
    qtbot.waitUntil(box.view().isVisible)
    needed = sum(box.view().sizeHintForRow(row) for row in range(2))
    assert box.view().viewport().height() >= needed
    box.hidePopup()
    theme.wear(qapp, dark=False, scale=1.0)


def test_many_appointments_in_large_letters_do_not_make_the_window_higher(qtbot: QtBot, qapp: QApplication) -> None:
    theme.wear(qapp, dark=False, scale=2.0)
    view = IdleView()
    qtbot.addWidget(view)
    at = datetime(2027, 7, 6, 10, tzinfo=UTC)
    view.show_appointments(
        tuple(Booked(case_id=str(n), name=f"Frau {n}", site="Nord", at=at, wall=at, definite=True) for n in range(10))
    )
    view.resize(1000, 500)
    view.show()
    assert view.minimumSizeHint().height() <= 500
    view.begin_search()
    qtbot.waitUntil(lambda: view.search.visibleRegion().boundingRect().height() == view.search.height())
    view.mine.setFocus()
    view.view.ensureWidgetVisible(view.mine)
    assert not view.mine.visibleRegion().isEmpty()
    theme.wear(qapp, dark=False, scale=1.0)
