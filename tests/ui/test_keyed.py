"""Key caps with words: what is pressed is reported, what is shown is exactly what was given, nothing is cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.text import set_language
from cati.ui import theme
from cati.ui.keyed import Keyed, KeyedFlow, Offer
from cati.ui.keys import Key, Where, cap_of, key_of

OFFERS = [Offer("a", "1", "R & D <b>plain</b>"), Offer("b", "2", "a rather long answer that needs to wrap " * 3)]


@pytest.fixture
def flow(qtbot: QtBot, qapp: QApplication) -> KeyedFlow:
    theme.wear(qapp, dark=False, scale=1.0)
    made = KeyedFlow("Answers", column=True)
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    made.offer(OFFERS)
    return made


def buttons(flow: KeyedFlow) -> list[Keyed]:
    return [one for one in flow.findChildren(Keyed) if one.isVisible()]


def test_words_are_plain_text_and_make_no_shortcuts(flow: KeyedFlow) -> None:
    first = buttons(flow)[0]
    assert first.accessibleName() == "R & D <b>plain</b>"
    assert first.shortcut().isEmpty()


def test_a_press_reports_the_name(flow: KeyedFlow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(flow.chosen) as pressed:
        QTest.mouseClick(buttons(flow)[1], Qt.MouseButton.LeftButton)
    assert pressed.args == ["b"]
    assert not buttons(flow)[1].isChecked(), "the page decides what is chosen"


def test_long_words_wrap_and_nothing_overlaps(flow: KeyedFlow) -> None:
    first, second = buttons(flow)
    assert second.height() > 2 * first.height()
    assert first.geometry().bottom() < second.geometry().top()
    assert flow.heightForWidth(300) >= second.geometry().bottom()
    assert flow.heightForWidth(150) > flow.heightForWidth(300)


def test_choosing_moves_nothing(flow: KeyedFlow) -> None:
    before = [one.geometry() for one in buttons(flow)]
    flow.offer([OFFERS[0], Offer("b", "2", OFFERS[1].words, checked=True)])
    assert [one.geometry() for one in buttons(flow)] == before


def test_fewer_offers_leave_no_words_behind(flow: KeyedFlow) -> None:
    flow.offer([])
    assert not buttons(flow)
    assert not [one for one in flow.findChildren(Keyed) if one.words or one.accessibleName()]


def pressed(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, text: str = "") -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, modifier, text)


def test_keys_are_told_apart_by_where_and_by_what_is_held() -> None:
    none, ctrl, keypad = (
        Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.KeypadModifier,
    )  # fmt: skip
    assert key_of(pressed(Qt.Key.Key_Return, none), Where.CASE) is Key.GO
    assert key_of(pressed(Qt.Key.Key_Enter, keypad), Where.INTERVIEW) is Key.NEXT
    assert key_of(pressed(Qt.Key.Key_O, ctrl), Where.INTERVIEW) is Key.OVERVIEW
    assert key_of(pressed(Qt.Key.Key_O, none), Where.INTERVIEW) is None
    assert key_of(pressed(Qt.Key.Key_Slash, keypad), Where.INTERVIEW) is Key.DONT_KNOW
    assert key_of(pressed(Qt.Key.Key_Slash, none), Where.INTERVIEW) is None
    assert key_of(pressed(Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier), Where.CASE) is None


def test_caps_are_in_the_reader_s_language() -> None:
    set_language("de")
    assert cap_of(Key.OVERVIEW) == "Strg+O"
    assert cap_of(Key.NEXT) == "Eingabe"
    set_language("en")
    assert cap_of(Key.OVERVIEW) == "Ctrl+O"
