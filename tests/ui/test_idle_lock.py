"""The lock: idle minutes cover the window, the case stays, what was typed stays, the password shows it again."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cati.fieldwork import calling
from cati.store import cases, drafts
from cati.ui.calling_page import CallingPage
from cati.ui.idle_lock import HELD_MINUTES, LockPage
from cati.ui.main_window import MainWindow
from cati.ui.sign_in import SignInPage


@pytest.fixture
def locked(window: MainWindow, ready: Any) -> MainWindow:
    """A window of Anna's that nobody touched for ten minutes."""
    window.enter(ready.sign_in("anna"))
    ready.clock.forward(minutes=10)
    window.lock.look()
    return window


def _lock_page(window: MainWindow) -> LockPage:
    page = window.lock.page
    assert page is not None
    return page


def _unlock(window: MainWindow, password: str) -> None:
    page = _lock_page(window)
    page.password.setText(password)
    page.enter.click()


def _seen(window: MainWindow) -> str:
    """Return every word that can be seen or read out in the window."""
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def test_idle_minutes_lock_and_the_password_unlocks(locked: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _lock_page(locked)
    assert page.isVisible()
    assert not locked.header.isVisible()
    assert "Anna Fragt is signed in" in _seen(locked)
    _unlock(locked, "falsch falsch falsch")
    qtbot.waitUntil(page.note.isVisible)
    assert "wrong" in page.note.text()
    assert not page.password.text()
    _unlock(locked, ready.passwords["anna"])
    qtbot.waitUntil(lambda: not locked.lock.locked)
    assert locked.header.isVisible()
    assert locked.study is not None
    locked.lock.look()
    assert not locked.lock.locked, "unlocking counts as being there"


def test_keys_and_mouse_of_the_system_count_as_being_there(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    window.enter(ready.sign_in("anna"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    handle = window.windowHandle()
    ready.clock.forward(minutes=9)
    QTest.keyClick(handle, Qt.Key.Key_Shift)
    ready.clock.forward(minutes=9)
    window.lock.look()
    assert not window.lock.locked
    ready.clock.forward(minutes=1)
    window.lock.look()
    assert window.lock.locked


def test_nobody_signed_in_is_not_locked_and_f12_locks_at_once(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    ready.clock.forward(hours=3)
    window.lock.look()
    assert not window.lock.locked
    window.enter(ready.sign_in("anna"))
    window.lock.look()
    assert not window.lock.locked, "time before the sign-in does not count"
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F12)
    assert window.lock.locked


def test_the_open_case_is_covered_renewed_and_comes_back_as_it_was(
    window: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    window.enter(ready.sign_in("anna"))
    page = window.page()
    assert isinstance(page, CallingPage)
    page.take_next()
    assert page.case is not None
    name = calling.name_of(page.case.contact)
    assert name in _seen(window)
    page.panel.act("copy")
    clipboard = QApplication.clipboard()
    assert clipboard.text()
    ready.clock.forward(minutes=10)
    window.lock.look()
    assert name not in _seen(window)
    assert not clipboard.text(), "nor is the number left to be pasted"
    assert "stays reserved" in _seen(window)
    for _ in range(4):  # far longer than a lease, which the page renews by its own clock
        ready.clock.forward(minutes=10)
        page.panel.renew()
    for key in (Qt.Key.Key_F12, Qt.Key.Key_F1):
        qtbot.keyClick(window, key)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.page() is page, "no key of the window acts through the cover"
    _unlock(window, ready.passwords["anna"])
    qtbot.waitUntil(lambda: not window.lock.locked)
    assert name in _seen(window)
    assert page.case is not None
    bert = ready.sign_in("witness")
    found = calling.take_next_case(bert)
    assert isinstance(found, calling.DeliveredCase)
    assert found.case_id != page.case.case_id, "it was hers all the time"


def test_an_interview_is_no_idleness_and_typed_words_stay(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    window.enter(ready.sign_in("anna"))
    page = window.page()
    assert isinstance(page, CallingPage)
    page.take_next()
    page.panel.act("dial")
    while page.panel.interview is None:
        page.panel.act("go")
    interview = page.panel.interview
    ready.clock.forward(minutes=30)
    page.panel.renew()
    window.lock.look()
    assert not window.lock.locked
    typed = interview.asked.remark
    typed.setText("halb getippt")
    ready.clock.forward(minutes=40)
    page.panel.renew()
    window.lock.look()
    assert window.lock.locked, "after an hour it was left, not led"
    question = interview.asked.question
    _unlock(window, ready.passwords["anna"])
    qtbot.waitUntil(lambda: not window.lock.locked)
    assert page.panel.interview is interview
    assert interview.asked.question is question
    assert typed.text() == "halb getippt"


def test_signing_out_from_the_lock_gives_the_case_back_after_a_question(
    window: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    window.enter(ready.sign_in("anna"))
    page = window.page()
    assert isinstance(page, CallingPage)
    page.take_next()
    assert page.case is not None
    case_id = page.case.case_id
    ready.clock.forward(minutes=10)
    window.lock.look()
    _lock_page(window).leave.click()
    assert window.lock.locked
    assert "Press once more" in _lock_page(window).note.text()
    _lock_page(window).leave.click()
    assert not window.lock.locked
    assert window.study is None
    assert isinstance(window.page(), SignInPage)
    found = calling.take_next_case(ready.sign_in("witness"))
    assert isinstance(found, calling.DeliveredCase)
    assert found.case_id == case_id


def test_signing_out_without_a_case_asks_nothing(locked: MainWindow) -> None:
    _lock_page(locked).leave.click()
    assert locked.study is None
    assert not locked.lock.locked


def test_a_case_held_by_a_locked_window_goes_back_in_the_end_and_that_is_said(
    window: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    window.enter(ready.sign_in("anna"))
    page = window.page()
    assert isinstance(page, CallingPage)
    page.take_next()
    page.panel.act("dial")
    while page.panel.interview is None:
        page.panel.act("go")
    assert page.case is not None
    case_id, name = page.case.case_id, calling.name_of(page.case.contact)
    window.lock.lock()
    assert f"for {HELD_MINUTES} minutes" in _seen(window)
    for _ in range(4):
        ready.clock.forward(minutes=11)
        page.panel.renew()
        window.lock.look()
    assert page.case is not None, "44 minutes are not too long"
    ready.clock.forward(minutes=1)
    window.lock.look()
    assert page.case is None
    assert "went back to the others" in _seen(window)
    assert window.focusWidget() is _lock_page(window).password, "who comes back types at once"
    assert name not in "".join(one.text() for one in window.findChildren(QLabel)), "nor does it stand under the cover"
    assert window.study is not None
    with window.study.reading() as transaction:
        row = cases.case_row(transaction, case_id)
        assert row is not None
        assert row.lease_holder is None, "free for others"
        assert drafts.events(transaction, case_id), "what was entered is kept"
    _unlock(window, ready.passwords["anna"])
    qtbot.waitUntil(lambda: not window.lock.locked)
    assert "went back to the others" in page.notice.text()
    assert page.notice.isVisible()
    qtbot.keyClick(page, Qt.Key.Key_Return)
    assert page.case is not None, "and the work goes on"
    assert not page.notice.isVisible()


def test_other_windows_are_hidden_and_come_back(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    window.enter(ready.sign_in("anna"))
    other = QLineEdit()
    qtbot.addWidget(other)
    other.show()
    window.lock.lock()
    assert not other.isVisible()
    _unlock(window, ready.passwords["anna"])
    qtbot.waitUntil(lambda: not window.lock.locked)
    assert other.isVisible()


def test_whoever_was_let_go_meanwhile_can_only_sign_out(locked: MainWindow, ready: Any, qtbot: QtBot) -> None:
    lead = ready.sign_in("lead")
    from cati.fieldwork import staffing
    from cati.fieldwork.members import deactivate

    staffing.add_member(
        lead,
        staffing.NewMember(login="cora", name="Cora Neu", role=lead.me.role, password="brauner Kahn unter elf Ulmen"),
        cost=ready.cost,
    )
    assert locked.study is not None
    deactivate(lead, locked.study.me.id)
    _unlock(locked, ready.passwords["anna"])
    page = _lock_page(locked)
    qtbot.waitUntil(page.note.isVisible)
    assert "taken away" in page.note.text()
    page.leave.click()
    assert locked.study is None


def test_the_filter_only_looks(window: MainWindow) -> None:
    press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    assert not window.lock.eventFilter(QWidget(window), press)
