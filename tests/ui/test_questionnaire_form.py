"""A form on the questionnaire page: mended and read again, saved in other formats, and no test run lost by a slip."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from cati.fieldwork.forms import check_form
from cati.ui.main_window import MainWindow
from cati.ui.questionnaire_outline import Role
from cati.ui.questionnaire_page import PAPER, PROBLEMS, QUESTIONS, ROUTING, TEST_RUN, QuestionnairePage

if TYPE_CHECKING:
    from conftest import MakeWindow, Ready

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
RETURN = Qt.Key.Key_Return
FORM = """\
settings: {form_title: Bicycles, form_id: bicycles}
survey:
  - {type: integer, name: age, label: How old are you?, relevant: "%s"}
  - {type: select_one yn, name: bicycle, label: Do you have a bicycle?}
  - {type: integer, name: days, label: On how many days?, relevant: "${bicycle} = '%s'"}
choices:
  - {list_name: yn, name: "yes", label: "Yes"}
  - {list_name: yn, name: "no", label: "No"}
"""
BROKEN, MENDED = FORM % ("${agee} > 3", "maybe"), FORM % ("", "yes")


@pytest.fixture
def page(window: MainWindow, ready: Ready, qtbot: QtBot) -> QuestionnairePage:
    window.enter(ready.sign_in("lead"))
    window.open_place("questionnaire")
    found = window.page()
    assert isinstance(found, QuestionnairePage)
    qtbot.waitUntil(lambda: found.looked is not None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return found


def press(*keys: object, modifier: Qt.KeyboardModifier = PLAIN) -> None:
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        if isinstance(key, str):
            QTest.keyClicks(focus, key, modifier)
        else:
            QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]
        QApplication.processEvents()


def open_form(page: QuestionnairePage, path: Path, text: str, qtbot: QtBot) -> None:
    path.write_text(text, "utf-8")
    with qtbot.waitSignal(page.loaded):
        page.show_file(path)


def begin_run(page: QuestionnairePage) -> None:
    """Begin a test run of the mended form and give one answer."""
    page.outline.view.setFocus()
    press(Qt.Key.Key_R, modifier=CTRL)
    press("40", RETURN)
    assert page.test_run.answers() == 1


def test_a_broken_form_opens_on_its_problems_and_f4_walks_through_them(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    open_form(page, tmp_path / "form.yaml", BROKEN, qtbot)
    assert page.tabs.currentIndex() == PROBLEMS
    assert page.problems.list.hasFocus()
    numbers = []
    for _ in range(3):
        press(Qt.Key.Key_F4)
        numbers.append(page.outline.view.currentIndex().data(Role.NUMBER))
    assert page.tabs.currentIndex() == QUESTIONS
    assert set(numbers) == {"1", "3"}
    assert numbers[0] == numbers[2], "behind the last comes the first"
    press(Qt.Key.Key_F4, modifier=SHIFT)
    assert page.outline.view.currentIndex().data(Role.NUMBER) == numbers[1]


def test_a_mended_file_is_noticed_and_read_again_where_one_was(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "form.yaml"
    open_form(page, path, BROKEN, qtbot)
    page.show_key("item:days")
    before = path.stat().st_mtime_ns
    path.write_text(MENDED, "utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))
    QApplication.sendEvent(page, QEvent(QEvent.Type.WindowActivate))
    assert "was changed since it was read. F5 reads it again." in page.problem.text()
    page.outline.view.setFocus()
    with qtbot.waitSignal(page.loaded):
        press(Qt.Key.Key_F5)
    assert page.looked is not None
    assert page.looked.runs
    assert page.problem.isHidden()
    assert page.tabs.currentIndex() == QUESTIONS
    assert page.outline.view.currentIndex().data(Role.NUMBER) == "3"
    QApplication.sendEvent(page, QEvent(QEvent.Type.WindowActivate))
    assert page.problem.isHidden(), "what was just read is not news"


def test_a_form_begins_in_the_readers_language_and_keeps_the_one_chosen_when_read_again(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    labels = '{type: text, name: why, "label::Deutsch (de)": Warum?, "label::English (en)": Why?}'
    open_form(page, tmp_path / "form.yaml", f"survey:\n  - {labels}\n", qtbot)
    assert page.language == "en"
    page.first.setCurrentIndex(page.first.findData("de"))
    page.second.setCurrentIndex(page.second.findData("en"))
    page.outline.view.setFocus()
    with qtbot.waitSignal(page.loaded):
        press(Qt.Key.Key_F5)
    assert page.head.spoken() == ("de", "en")
    open_form(page, tmp_path / "other.yaml", f"survey:\n  - {labels}\n", qtbot)
    assert page.language == "en"


def test_the_studys_own_questionnaire_is_never_read_again(page: QuestionnairePage) -> None:
    looked = page.looked
    page.outline.view.setFocus()
    press(Qt.Key.Key_F5)
    assert page.looked is looked
    assert page.again.isHidden()


def test_hints_of_the_studys_own_questionnaire_stand_beside_its_rows(page: QuestionnairePage) -> None:
    assert page.looked is not None
    assert page.looked.rows[0] > 1
    page.tabs.setCurrentIndex(PROBLEMS)
    assert "Nothing is wrong" in page.problems.about.text(), "and no table is missed that lay beside the file"


def test_every_word_of_a_finding_has_room(page: QuestionnairePage, tmp_path: Path, qtbot: QtBot) -> None:
    open_form(page, tmp_path / "form.yaml", BROKEN, qtbot)
    found, high = page.problems.list, []
    for width in (900, 300):
        found.setFixedWidth(width)
        QApplication.processEvents()
        high.append(max(found.sizeHintForIndex(found.model().index(at, 0)).height() for at in range(found.count())))
    assert high[1] > high[0], "what is broken into more lines gets their room"
    assert found.item(0).text().startswith("✗ sheet survey, row"), "who does not see it hears the whole sentence"


@pytest.mark.parametrize("part", [QUESTIONS, PROBLEMS, ROUTING, PAPER])
def test_going_from_part_to_part_the_keyboard_is_where_it_is_read(
    part: int, page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    open_form(page, tmp_path / "form.yaml", BROKEN, qtbot)
    page.tabs.setCurrentIndex(TEST_RUN if part != QUESTIONS else PAPER)
    page.tabs.currentWidget().setFocus()
    page.tabs.setCurrentIndex(part)
    read = {QUESTIONS: page.outline.view, PROBLEMS: page.problems.list, ROUTING: page.routing.view,
            PAPER: page.paper.sheet}  # fmt: skip
    assert read[part].hasFocus()


@pytest.mark.parametrize("act", ["here", "anew", "again", "other", "own", "page", "close"])
def test_a_test_run_with_answers_is_left_only_when_the_same_is_done_twice(
    act: str, page: QuestionnairePage, window: MainWindow, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = tmp_path / "form.yaml"
    open_form(page, path, MENDED, qtbot)
    begin_run(page)
    page.tabs.setCurrentIndex(QUESTIONS)
    page.outline.choose(0)
    page.outline.view.setFocus()
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (asked.append("dialog"), ("", ""))[1])
    acts = {
        "here": lambda: press(Qt.Key.Key_T, modifier=CTRL),
        "anew": lambda: press(Qt.Key.Key_R, modifier=CTRL),
        "again": lambda: press(Qt.Key.Key_F5),
        "other": lambda: QTest.mouseClick(page.open, Qt.MouseButton.LeftButton),
        "own": lambda: QTest.mouseClick(page.own, Qt.MouseButton.LeftButton),
        "page": lambda: QTest.keyClick(window, Qt.Key.Key_1, CTRL),
        "close": window.close,
    }
    acts[act]()
    assert page.test_run.answers() == 1, "nothing is lost yet"
    assert "The test run has 1 answer, which would be forgotten." in page.asking.text()
    assert page.asking.isVisible()
    assert window.page() is page
    assert not asked
    if act in ("again", "own"):
        with qtbot.waitSignal(page.loaded):
            acts[act]()
    else:
        acts[act]()
    if act == "other":
        assert asked == ["dialog"]
        assert page.test_run.answers() == 1, "nobody chose a form"
    elif act == "page":
        assert window.page() is not page
    elif act == "close":
        assert not window.isVisible()
    else:
        qtbot.waitUntil(lambda: page.test_run.answers() == 0)


def test_what_was_asked_is_asked_anew_after_another_answer(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    open_form(page, tmp_path / "form.yaml", MENDED, qtbot)
    begin_run(page)
    press(Qt.Key.Key_R, modifier=CTRL)
    assert page.asking.isVisible()
    press("1")
    assert page.test_run.answers() == 2
    assert page.asking.isHidden()
    press(Qt.Key.Key_R, modifier=CTRL)
    assert page.test_run.answers() == 2
    assert "2 answers" in page.asking.text()


def test_answers_that_chance_gave_are_no_loss(page: QuestionnairePage, qtbot: QtBot) -> None:
    assert page.looked is not None
    page.outline.choose(page.looked.outline.at_item["staff_wish"])
    page.outline.view.setFocus()
    press(Qt.Key.Key_T, modifier=CTRL)
    qtbot.waitUntil(lambda: page.test_run.interview is not None, timeout=10_000)
    found = page.test_run.interview
    assert found is not None
    assert found.running.state.answers
    assert page.test_run.answers() == 0
    press(Qt.Key.Key_F7)
    assert page.test_run.answers() == 1
    kept = page.test_run.kept()
    assert kept is not None
    page.retranslate()
    qtbot.waitUntil(lambda: page.test_run.interview is not None)
    assert page.test_run.answers() == 1, "another language or size changes nothing about it"


def test_a_run_without_answers_is_left_at_once(page: QuestionnairePage, window: MainWindow) -> None:
    press(Qt.Key.Key_R, modifier=CTRL)
    assert page.test_run.interview is not None
    assert page.test_run.answers() == 0
    QTest.keyClick(window, Qt.Key.Key_1, CTRL)
    assert window.page() is not page


@pytest.mark.parametrize(("entry", "ending"), [(0, ".xlsx"), (1, ".yaml"), (2, ".xml")])
def test_a_form_is_saved_in_another_format_by_keyboard(
    entry: int, ending: str, page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_form(page, tmp_path / "form.yaml", MENDED.replace("settings: {", "settings: {version: '1', "), qtbot)
    target = tmp_path / f"other{ending}"
    offered: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *all_: (offered.append(all_[2]), (str(target), ""))[1])
    menu = page.head.save.menu()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(page.saving.ended):
        menu.actions()[entry].trigger()
    assert offered[0].endswith(f"bicycles_1{ending}")
    assert page.saving.outcome.text().startswith("✓ Saved: ")
    if ending == ".xml":
        assert "<h:html" in target.read_text("utf-8")
    else:
        saved = check_form(target).questionnaire
        assert saved is not None
        assert page.looked is not None
        assert saved.content_hash == page.looked.outline.questionnaire.content_hash
    press(Qt.Key.Key_Escape)
    assert page.saving.isHidden()
    assert page.isAncestorOf(QApplication.focusWidget())


def test_what_an_xform_cannot_say_is_listed_and_the_studys_own_is_saved_too(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.saving.ended, timeout=20_000):
        page.saving.save(None, page.study, tmp_path / "own.xml")
    assert (tmp_path / "own.xml").stat().st_size > 1_000
    lost = [page.saving.lost.item(at).text() for at in range(page.saving.lost.count())]
    assert any("cannot end an interview" in one for one in lost)
    assert page.saving.lost.hasFocus()


def test_without_pyxform_a_sentence_says_how_to_get_it(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr("cati.fieldwork.form_conversion.find_spec", lambda _name: None)
    menu = page.head.save.menu()
    menu.aboutToShow.emit()
    last = menu.actions()[-1]
    assert (last.isEnabled(), "pip install cati[xform]" in last.text()) == (False, True)
    monkeypatch.setitem(sys.modules, "pyxform.xls2xform", None)
    with qtbot.waitSignal(page.saving.ended):
        page.saving.save(None, page.study, tmp_path / "own.xml")
    assert "pip install cati[xform]" in page.saving.outcome.text()
    assert not (tmp_path / "own.xml").exists()


def test_the_form_itself_and_what_cannot_be_written_are_refused(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "form.yaml"
    open_form(page, path, MENDED, qtbot)
    with qtbot.waitSignal(page.saving.ended):
        page.saving.save(path, page.study, path)
    assert "This is the form itself." in page.saving.outcome.text()
    assert path.read_text("utf-8") == MENDED
    (tmp_path / "folder.xlsx").mkdir()
    with qtbot.waitSignal(page.saving.ended):
        page.saving.save(path, page.study, tmp_path / "folder.xlsx")
    assert page.saving.outcome.text().startswith("✗")


def test_a_folder_of_sheets_is_opened_by_its_survey(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "survey.csv").write_text("type,name,label\ntext,why,Why?\n", "utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "survey.csv"), ""))
    with qtbot.waitSignal(page.loaded):
        page.open.click()
    assert page.looked is not None
    assert page.looked.outline.questionnaire.items[0].name == "why"
    assert page.outline.view.hasFocus(), "the keyboard is in the outline, not in the window's head"


def test_where_text_is_large_all_files_are_in_one_menu(
    make_window: MakeWindow, ready: Ready, tmp_path: Path, qtbot: QtBot
) -> None:
    window = make_window(ready.clock, scale=2.0)
    window.enter(ready.sign_in("lead"))
    window.open_place("questionnaire")
    page = window.page()
    assert isinstance(page, QuestionnairePage)
    qtbot.waitUntil(lambda: page.looked is not None)
    menu = page.head.files.menu()
    menu.aboutToShow.emit()
    assert len(menu.actions()) == 4, "another form, and three formats"
    open_form(page, tmp_path / "form.yaml", MENDED, qtbot)
    menu.aboutToShow.emit()
    back = next(action for action in menu.actions() if action.text().startswith("Back"))
    with qtbot.waitSignal(page.loaded):
        back.trigger()
    assert page.looked is not None
    assert page.looked.source == ""


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5])
def test_all_parts_are_in_sight_beside_the_languages(
    make_window: MakeWindow, ready: Ready, qtbot: QtBot, scale: float
) -> None:
    window = make_window(ready.clock, scale=scale)
    window.enter(ready.sign_in("lead"))
    window.open_place("questionnaire")
    page = window.page()
    assert isinstance(page, QuestionnairePage)
    qtbot.waitUntil(lambda: page.looked is not None)
    page.tabs.setCurrentIndex(PAPER)
    bar = page.tabs.tabBar()
    last = bar.tabRect(bar.count() - 1)
    assert page.first.isVisible()
    assert page.second.isVisible()
    assert last.right() <= bar.width(), "no part is hidden behind arrows"
    assert page.tabs.count() == bar.count() > TEST_RUN
