"""Rosters, soft checks, orders, long lists, and what a changed answer sets aside, by keyboard on the real page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from cati.fieldwork import calling, interviewing
from cati.fieldwork.open_study import OpenStudy
from cati.survey.answers import Answer
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.interview import END, EventKind, export_answers
from cati.survey.questionnaire import Questionnaire
from cati.text import set_language
from cati.ui.interview_page import InterviewPage

if TYPE_CHECKING:
    from conftest import Ready

CTRL = Qt.KeyboardModifier.ControlModifier


def sheet(*rows: dict[str, str]) -> Sheet:
    return Sheet(tuple(dict.fromkeys(key for row in rows for key in row)),
                 tuple(Row(n, row) for n, row in enumerate(rows, 2)))  # fmt: skip


def form() -> Questionnaire:
    towns = [{"list_name": "towns", "name": f"t{n}", "label": f"Town {n:02}"} for n in range(40)]
    found = compile_form(
        Form(
            "household",
            sheet(
                {"type": "integer", "name": "rooms", "label": "How many rooms are there?", "cati_soft": ". <= 8",
                 "cati_soft_message": "More than eight rooms is rare."},
                {"type": "note", "name": "cellar", "label": "Heating.", "relevant": "${rooms} < 5"},
                {"type": "integer", "name": "stoves", "label": "How many stoves?", "relevant": "${rooms} < 5"},
                {"type": "select_one yn", "name": "car", "label": "Is there a car?"},
                {"type": "integer", "name": "cars", "label": "How many cars?", "relevant": "${car} = 'yes'",
                 "constraint": ". <= ${rooms}", "constraint_message": "There cannot be more cars than rooms."},
                {"type": "begin_repeat", "name": "person", "label": "People who live here"},
                {"type": "text", "name": "first", "label": "What is the first name?"},
                {"type": "integer", "name": "age", "label": "How old is ${first}?"},
                {"type": "end_repeat"},
                {"type": "rank fruit", "name": "order", "label": "Put these in order, please."},
                {"type": "select_multiple towns", "name": "towns", "label": "Which towns do you go to?"},
                {"type": "datetime", "name": "last", "label": "When was the last visit?"},
            ),
            sheet(*({"list_name": "yn", "name": one, "label": one} for one in ("yes", "no")),
                  *({"list_name": "fruit", "name": one, "label": one} for one in ("apple", "pear", "plum")), *towns),
            sheet(),
        )
    ).questionnaire  # fmt: skip
    assert found is not None
    return found


@pytest.fixture
def page(ready: Ready, qtbot: QtBot) -> InterviewPage:
    set_language("en")
    study: OpenStudy = replace(ready.sign_in("anna"), questionnaire=form())
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    running = interviewing.begin_interview(study, case.lease, call)
    assert isinstance(running, interviewing.RunningInterview)
    page = InterviewPage(study, running)
    qtbot.addWidget(page)
    page.resize(1280, 750)
    page.show()
    page.activateWindow()
    page.setFocus()
    QApplication.processEvents()
    return page


def press(*keys: object, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        if isinstance(key, str):
            QTest.keyClicks(focus, key, modifier)
        else:
            QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]
        QApplication.processEvents()


RETURN, PAGE_UP = Qt.Key.Key_Return, Qt.Key.Key_PageUp


def value(page: InterviewPage, address: str) -> str:
    return page.running.state.answers[address].value


def to_the_roster(page: InterviewPage) -> None:
    press("5", RETURN, "2")


def test_an_unusual_answer_is_kept_with_the_reason_why_it_is_right(page: InterviewPage) -> None:
    press("12", RETURN)
    assert "rare" in page.asked.refusal.text()
    assert page.asked.remark.hasFocus()
    press(RETURN)
    assert "rooms" not in page.running.state.answers  # no reason, no answer
    press("a castle", RETURN)
    assert value(page, "rooms") == "12"
    assert page.running.state.answers["rooms"].remark == "a castle"
    assert page.asked.question is not None
    assert page.asked.question.address == "car"
    assert not page.asked.remark.isVisibleTo(page)


def test_a_remark_is_read_once_more_after_hanging_up_and_kept_with_the_answer(page: InterviewPage) -> None:
    press("12", RETURN, "the house of Mrs Example, 030 23125 777", RETURN)
    page.do(EventKind.JUMPED, END)
    remark = page.open_texts.parts["rooms/"]
    assert "Remark: How many rooms are there?" in [label.text() for label in remark.findChildren(QLabel)]
    assert "030 23125 777" in remark.why.text()  # could tell who it was
    press(Qt.Key.Key_A, modifier=CTRL)
    press("a castle")
    page.finish()
    assert page.running.state.answers["rooms"] == Answer(value="12", remark="a castle")
    kept = export_answers(page.study.questionnaire, page.running.state)
    assert kept["rooms"] == Answer(value="12")
    assert kept["rooms/remark"] == Answer(value="a castle")


def test_an_unusual_change_that_sets_answers_aside_needs_each_word_once(page: InterviewPage) -> None:
    press("3", RETURN, RETURN, "2", RETURN)
    press(PAGE_UP, PAGE_UP, PAGE_UP)
    press(Qt.Key.Key_A, modifier=CTRL)
    press("12", RETURN)
    assert "How many stoves?" in page.asked.refusal.text()
    press(RETURN)
    assert page.asked.remark.hasFocus()
    press("a castle", RETURN)
    assert value(page, "rooms") == "12"
    assert page.running.state.answers["rooms"].remark == "a castle"
    assert "stoves" not in page.running.state.path


def test_what_a_change_sets_aside_is_said_before_it_does(page: InterviewPage) -> None:
    press("5", RETURN, "1", "2", RETURN)
    press(PAGE_UP, PAGE_UP)
    press("2")
    assert "How many cars?" in page.asked.refusal.text()
    assert value(page, "car") == "yes"
    press("2")
    assert value(page, "car") == "no"
    assert "cars" not in page.running.state.path


def test_an_answer_that_a_later_change_breaks_is_named_and_asked_again(page: InterviewPage) -> None:
    press("6", RETURN, "1", "6", RETURN)
    press(PAGE_UP, PAGE_UP, PAGE_UP)
    press(Qt.Key.Key_A, modifier=CTRL)
    press("5", RETURN)
    assert page.running.state.broken == {"cars": "There cannot be more cars than rooms."}
    assert "How many cars?" in page.asked.confirm.text()


def test_a_roster_grows_is_jumped_in_and_shrinks(page: InterviewPage) -> None:
    to_the_roster(page)
    press("Ada", RETURN, "36", RETURN)
    assert page.views.currentWidget() is page.roster
    assert page.roster.members.count() == 1
    press("1")
    assert page.asked.head.section.text().endswith("2")
    press("Ben", RETURN)
    assert page.asked.text.text() == "How old is Ben?"
    assert page.asked.head.section.text().endswith("2: Ben")
    press("40", RETURN)
    assert [page.roster.members.item(at).text() for at in range(2)] == ["1: Ada", "2: Ben"]
    press(Qt.Key.Key_Up)
    press("k", modifier=CTRL)
    assert "Ada" in page.roster.sure.text()
    press("k", modifier=CTRL)
    assert [page.roster.members.item(at).text() for at in range(page.roster.members.count())] == ["1: Ben"]
    assert "first@1" not in page.running.state.answers
    press("g", modifier=CTRL)
    assert page.asked.question is not None
    assert page.asked.question.address == "first@2"
    press(RETURN, RETURN, "2")
    assert page.asked.question.address == "order"


def test_an_order_a_long_list_and_a_moment_are_typed(page: InterviewPage) -> None:
    to_the_roster(page)
    press("Ada", RETURN, "36", RETURN, RETURN)
    press("2", "1", "3", "1", RETURN)
    assert value(page, "order") == "pear plum"
    press("07", RETURN, "12", RETURN)
    assert "Town 07, Town 12" in page.asked.part.understood.text()
    press(RETURN)
    assert value(page, "towns") == "t7 t12"
    press("3.7.2026 9:30", RETURN)
    assert value(page, "last") == "2026-07-03T09:30"
