"""Whole calls by keyboard alone on a real study, and what stays on the page of a person afterwards: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy
from cati.survey.dispositions import TABLE, Outcome
from cati.telephone.lines import shown_number
from cati.text import set_language
from cati.ui import theme
from cati.ui.calling_page import CallingPage
from cati.ui.keyed import Keyed
from cati.ui.outcome_keys import KEYS, all_columns, direct_columns

if TYPE_CHECKING:
    from conftest import Ready


@pytest.fixture
def study(ready: Ready) -> OpenStudy:
    return ready.sign_in("anna")


@pytest.fixture
def page(study: OpenStudy, qtbot: QtBot, qapp: QApplication) -> Iterator[CallingPage]:
    set_language("en")
    theme.wear(qapp, dark=False, scale=1.0)
    page = CallingPage(study)
    qtbot.addWidget(page)
    page.resize(1280, 750)
    page.show()
    page.activateWindow()
    page.setFocus()
    QApplication.processEvents()
    yield page
    QApplication.clipboard().clear()


def press(key: object, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard goes."""
    focus = QApplication.focusWidget()
    assert focus is not None
    if isinstance(key, str):
        QTest.keyClicks(focus, key, modifier)
    else:
        QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]
    QApplication.processEvents()


def hold(key: str) -> None:
    """Repeat a key as a keyboard does while it is held down."""
    event = QKeyEvent(
        QEvent.Type.KeyPress, ord(key.upper()), Qt.KeyboardModifier.NoModifier, key, True
    )  # fmt: skip
    QApplication.sendEvent(QApplication.focusWidget(), event)


RETURN, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


def shown_texts(widget: QWidget) -> str:
    """Everything that any widget below this one shows, offers to a screen reader or remembers for undoing."""
    said: list[str] = []
    for one in [widget, *widget.findChildren(QWidget)]:
        said += [one.accessibleName(), one.accessibleDescription(), one.toolTip(), one.windowTitle()]
        if isinstance(one, QLabel):
            said.append(one.text())
        if isinstance(one, QLineEdit):
            said.append(one.text())
            one.undo()
            said.append(one.text())
        if isinstance(one, QPlainTextEdit | QTextEdit):
            said.append(one.toPlainText())
            one.undo()
            said.append(one.toPlainText())
        if isinstance(one, QListWidget):
            said += [one.item(row).text() for row in range(one.count())]
        if isinstance(one, Keyed):
            said += [one.key, one.words]
    return "\n".join(said)


def test_one_key_notes_what_happens_most_and_the_next_case_costs_one_more(page: CallingPage) -> None:
    press(RETURN)
    first = page.case
    assert first is not None
    press("n")
    assert page.case is None
    assert "No answer" in page.idle.about.text()
    press(RETURN)
    assert page.case is not None
    assert page.case.case_id != first.case_id


def test_the_introduction_cannot_be_skipped_unread(page: CallingPage) -> None:
    page.resize(1000, 420)  # a small window: part of the script lies below
    press(RETURN)
    opened = page.panel.open
    assert opened is not None
    assert page.panel.view.more_below()
    press(RETURN)
    assert not opened.read_out
    assert page.panel.interview is None
    for _ in range(20):
        if not page.panel.view.more_below():
            break
        press(RETURN)
    assert not opened.read_out
    press(RETURN)
    assert opened.read_out
    assert page.panel.interview is None
    press(RETURN)
    assert page.panel.interview is not None


def test_an_outcome_can_be_taken_back_for_ten_seconds(page: CallingPage, ready: Ready) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    press("b")
    press("u")
    assert page.case is not None
    assert page.case.case_id == case.case_id
    assert page.panel.open is not None
    assert page.panel.open.call is not None, "its call is open as before"
    press("n")
    ready.clock.forward(seconds=11)
    press("u")
    assert page.case is None
    assert not [one for one in page.idle.keys.offers if one.name == "undo"] or page.notice.text()


def test_withdrawing_takes_two_keys_and_erases_at_once(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    name = case.contact.family_name
    press("w")
    assert page.case is not None, "one key alone erases nothing"
    press(ESCAPE)
    assert page.panel.views.currentWidget() is page.panel.view
    press("w")
    assert name in page.panel.asking.heading.text(), "it says who is erased"
    press("w")
    for _ in range(40):
        hold("w")
        hold("e")
    assert page.case is not None, "neither the same key again nor one held down erases"
    press("e")
    assert page.case is None
    assert case.case_id not in {one.case_id for one in calling.find_caller(study, name)}
    assert not [one for one in page.idle.keys.offers if one.name == "undo"]


def test_an_appointment_is_understood_while_it_is_typed(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    press("a")
    press("mo 18")
    assert "12" in page.panel.appointment.understood.text()
    assert "18:00" in page.panel.appointment.understood.text()
    press(RETURN)
    assert page.case is None, "Return keeps the appointment and does not take the next case as well"
    booked = calling.my_appointments(study)
    assert [one.wall.strftime("%A %H:%M") for one in booked] == ["Monday 18:00"]
    assert page.idle.mine.count() == 1


def test_an_appointment_outside_the_limit_asks_for_a_reason(page: CallingPage) -> None:
    press(RETURN)
    press("a")
    press("so 20")
    view = page.panel.appointment
    assert view.fault.text()
    press(RETURN)
    assert page.case is not None
    assert view.reason.hasFocus()
    press("works shifts")
    assert not view.fault.text()
    press(RETURN)
    assert page.case is None


def test_an_appointment_after_the_field_period_is_not_kept(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    press("a")
    press("16.8. 18:00")
    assert "14 August" in page.panel.appointment.fault.text()
    press(RETURN)
    assert page.case is not None
    page.panel.appointment.when.selectAll()
    press("13.8. 18:00")
    press(RETURN)
    assert page.case is None
    assert len(calling.my_appointments(study)) == 1


def test_a_preferred_time_is_kept_when_no_day_is_agreed(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    press("a")
    press("nicht freitags")
    press(RETURN)
    assert page.case is None
    again = calling.take_case(study, case.case_id, calling.CALL_BACK)
    assert isinstance(again, calling.DeliveredCase)
    assert again.preference


def test_nobody_found_shows_nobody_and_takes_no_case(page: CallingPage) -> None:
    press(Qt.Key.Key_F3)
    press("0300000000")
    press(RETURN)
    assert page.case is None, "Return searches and does not take the next case as well"
    assert page.idle.nobody.text()
    assert page.idle.found.count() == 0


def test_somebody_who_calls_back_is_found_and_their_call_begins(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    number = shown_number(case.contact.phones[0].e164)
    press("n")
    press(Qt.Key.Key_F3)
    press(number)
    press(RETURN)
    assert page.idle.found.count() == 1
    press(RETURN)
    assert page.case is not None
    assert page.case.case_id == case.case_id
    assert page.panel.open is not None
    assert page.panel.open.call is not None
    assert not page.panel.open.read_out, "choosing the caller is not reading the introduction out"


def test_a_caller_whose_case_is_closed_can_still_withdraw(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    number = shown_number(case.contact.phones[0].e164)
    press("o")
    press(KEYS[Outcome.NEVER_AVAILABLE])
    assert page.case is None
    press(Qt.Key.Key_F3)
    press(number)
    press(RETURN)
    assert page.idle.found.count() == 1
    press(RETURN)
    assert page.case is None
    press(Qt.Key.Key_F4)
    assert case.contact.family_name in page.asking.heading.text()
    hold("e")
    assert calling.find_caller(study, number)
    press("e")
    assert page.asking.heading.text() == ""
    assert not calling.find_caller(study, number)


def test_whoever_calls_back_can_withdraw_without_being_asked_anything(page: CallingPage, study: OpenStudy) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    number = shown_number(case.contact.phones[0].e164)
    press("n")
    press(Qt.Key.Key_F4)
    assert page.views.currentWidget() is page.idle, "nobody is chosen"
    press(Qt.Key.Key_F3)
    press(number)
    press(RETURN)
    press(Qt.Key.Key_F4)
    assert case.contact.family_name in page.asking.heading.text()
    press("e")
    assert not calling.find_caller(study, number)


def test_a_lease_that_was_lost_closes_the_page_and_says_so(page: CallingPage, ready: Ready) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    ready.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    other = calling.take_case(ready.sign_in("witness"), case.case_id, calling.CALL_BACK)
    assert isinstance(other, calling.DeliveredCase)
    press("n")
    assert page.case is None
    assert "somebody else" in page.notice.text()
    assert case.contact.family_name not in shown_texts(page)


def test_put_back_is_possible_before_a_call_only(page: CallingPage) -> None:
    press(RETURN)
    press(ESCAPE)
    assert page.case is None
    press(RETURN)
    press("c")
    press(ESCAPE)
    assert page.case is not None
    assert page.notice.text()


@pytest.mark.parametrize("ending", ["n", "a", "w", "back"])
def test_nothing_of_the_person_stays_when_the_case_is_put_away(page: CallingPage, ending: str) -> None:
    press(RETURN)
    case = page.case
    assert case is not None
    contact = case.contact
    numbers = [form for phone in contact.phones for form in (phone.e164, shown_number(phone.e164))]
    before = shown_texts(page)
    assert contact.family_name in before
    assert numbers[1] in before
    if ending == "back":
        press(ESCAPE)
    else:
        press("c")
        assert QApplication.clipboard().text() == numbers[0]
        press(ending)
        if ending == "a":
            page.panel.appointment.when.insert(contact.family_name)
            press(Qt.Key.Key_Escape)
            press("n")
        if ending == "w":
            press("e")
    assert page.case is None
    after = shown_texts(page.panel) + shown_texts(page.notice)
    for secret in (contact.family_name, *numbers):
        assert secret not in after
    assert QApplication.clipboard().text() == ""


def test_what_somebody_else_put_into_the_clipboard_stays(page: CallingPage) -> None:
    press(RETURN)
    press("c")
    QApplication.clipboard().setText("shopping list")
    press("n")
    assert QApplication.clipboard().text() == "shopping list"


def test_the_language_can_change_while_a_case_is_open(page: CallingPage) -> None:
    press(RETURN)
    case = page.case
    set_language("de")
    page.retranslate()
    QApplication.processEvents()
    assert page.case is case
    assert "Niemand hebt ab" in shown_texts(page.panel)
    press("n")
    assert page.case is None
    set_language("en")


def test_when_nobody_can_be_called_the_page_says_why_and_until_when(page: CallingPage, ready: Ready) -> None:
    ready.clock.forward(hours=12)
    press(RETURN)
    assert page.case is None
    assert "09:00" in page.idle.about.text()
    assert page.idle.blocked.count() >= 2


def test_the_time_at_their_place_goes_on(page: CallingPage, ready: Ready) -> None:
    press(RETURN)
    ready.clock.at += timedelta(minutes=7)
    page.panel.tick()
    assert "10:07" in page.panel.view.clock.text()


def test_every_outcome_has_one_key_of_its_own() -> None:
    assert len(set(KEYS.values())) == len(KEYS)
    missing = set(TABLE) - set(KEYS) - {Outcome.COMPLETE, Outcome.VAGUE_APPOINTMENT}
    assert not missing
    for interviewed in (False, True):
        every = [one.key for _heading, offers in all_columns(interviewed=interviewed) for one in offers]
        assert len(set(every)) == len(every)
        direct = [one.key for _heading, offers in direct_columns(interviewed=interviewed) for one in offers]
        assert len(set(direct)) == len(direct)
        assert not {"D", "C"} & set(direct), "dialling and copying have these"
