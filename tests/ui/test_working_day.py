"""One whole day of an interviewer in the real window, by keyboard alone, told as she would tell it in the evening."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.fieldwork import log, mixing
from cati.fieldwork.supervising import progress
from cati.survey.questionnaire import Kind
from cati.text import set_language
from cati.ui.background import is_busy
from cati.ui.calling_page import CallingPage
from cati.ui.interview_page import InterviewPage
from cati.ui.main_window import MainWindow

if TYPE_CHECKING:
    from conftest import Ready

RETURN, ESCAPE, F3, F9 = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_F3, Qt.Key.Key_F9
CTRL = Qt.KeyboardModifier.ControlModifier


def press(*keys: object, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press keys where the keyboard goes, one after the other."""
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        if isinstance(key, str):
            QTest.keyClicks(focus, key, modifier)
        else:
            QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]
        QApplication.processEvents()


@pytest.fixture
def calls(window: MainWindow, ready: Ready, qtbot: QtBot) -> CallingPage:
    """Anna's calling page at half past eight in the morning."""
    ready.clock.forward(hours=-1.5)
    set_language("en")
    window.enter(ready.sign_in("anna"))
    window.activateWindow()
    page = window.findChild(CallingPage)
    assert page is not None
    qtbot.waitUntil(lambda: not is_busy())
    return page


def answer_until(page: InterviewPage, address: str) -> None:
    """Answer what has choices with the first, skip the rest, until this question (or the end) is reached."""
    for _ in range(150):
        question = page.asked.question if page.running.state.screen is not None else None
        if question is None or question.address == address:
            return
        if question.kind is Kind.NOTE:
            press(RETURN)
        elif question.kind is Kind.SINGLE:
            press("1")
        else:
            press(F9)


def test_annas_tuesday(calls: CallingPage, ready: Ready) -> None:
    # Half past eight is too early: the page says until when.
    press(RETURN)
    assert calls.case is None
    assert "09:00" in calls.idle.about.text()

    # At ten nobody lifts at the first number; the second is busy, the third has a mailbox without a message.
    ready.clock.forward(hours=1.5)
    called = []
    for outcome in "nbm":
        press(RETURN)
        assert calls.case is not None
        called.append(calls.case.case_id)
        press(outcome)
        ready.clock.forward(minutes=1)
    assert len(set(called)) == 3

    # The fourth wants a call in two hours. She first pressed the wrong key, and took it back.
    press(RETURN)
    assert calls.case is not None
    later = calls.case.case_id
    press("h", "u")
    assert calls.case is not None
    assert calls.case.case_id == later
    press("a", "in 2 h", RETURN)
    assert calls.case is None
    assert calls.idle.mine.count() == 1
    assert "12:03" in calls.idle.mine.item(0).text()

    # The fifth withdraws: two keys, and nobody finds the number any more.
    press(RETURN)
    assert calls.case is not None
    gone = calls.case.contact.phones[0].e164
    press("w", "e")
    press(F3, gone, RETURN)
    assert calls.idle.nobody.text()
    assert calls.idle.found.count() == 0
    press(ESCAPE)

    # The sixth is interviewed, until the soup boils over: the answers stay, and they agree on half past two.
    press(RETURN, RETURN, RETURN)
    page = calls.panel.interview
    assert page is not None
    broken = calls.panel.open.case.case_id if calls.panel.open is not None else ""
    answer_until(page, "overall_satisfaction")
    press("b", modifier=CTRL)
    press("a", "14:30", RETURN)
    assert calls.case is None
    assert calls.idle.mine.count() == 2

    # Ten minutes after the time she promised the fourth: that case comes before any other, and is interviewed.
    ready.clock.forward(hours=2)
    press(RETURN)
    assert calls.case is not None
    assert calls.case.case_id == later
    press(RETURN, RETURN)
    page = calls.panel.interview
    assert page is not None
    answer_until(page, "liked")
    press("Frau Meier, 0171 3920065", RETURN)
    answer_until(page, "")
    part = page.open_texts.parts["liked"]
    assert part.words.extraSelections(), "a name and a number are marked"
    press("a", modifier=CTRL)
    press("the friendly lady")
    press(RETURN, modifier=CTRL)
    assert calls.case is None
    assert "separated" in calls.idle.about.text()

    # At half past two the sixth goes on at the very question.
    ready.clock.forward(hours=2, minutes=30)
    press(RETURN)
    assert calls.case is not None
    assert calls.case.case_id == broken
    press(RETURN, RETURN)
    page = calls.panel.interview
    assert page is not None
    assert page.asked.question is not None
    assert page.asked.question.address == "overall_satisfaction"
    answer_until(page, "")
    press(RETURN, modifier=CTRL)
    assert calls.case is None

    # Somebody nobody knows rings: the page shows nobody. After nine in the evening no case is handed out.
    press(F3, "0300000000", RETURN)
    assert calls.idle.nobody.text()
    press(ESCAPE)
    ready.clock.forward(hours=7)
    press(RETURN)
    assert calls.case is None
    assert "Wed 7 Jul 09:00" in calls.idle.about.text()

    # The supervisor sees two interviews of the day, both still in the pool; two are too few to be mixed.
    witness = ready.sign_in("witness")
    seen = progress(witness)
    assert seen.complete_today == 2
    assert seen.pending == 2
    assert mixing.mix(witness).moved == 0
    lead = ready.sign_in("lead")
    assert log.verify(lead).ok
