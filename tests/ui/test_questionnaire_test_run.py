"""Test run and random runs on the questionnaire page: by keyboard alone, live beside the interview, and forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.survey.answers import Status
from cati.survey.questionnaire import SUBSTANTIVE
from cati.ui.background import is_busy
from cati.ui.interview_page import InterviewPage
from cati.ui.main_window import MainWindow
from cati.ui.questionnaire_histogram import bars
from cati.ui.questionnaire_page import QUESTIONS, RANDOM_RUNS, TEST_RUN, QuestionnairePage
from cati.ui.questionnaire_runs import NAME, NOTES, SHARE
from cati.ui.questionnaire_values import Role

if TYPE_CHECKING:
    from conftest import MakeWindow, Ready

FORMS = Path(__file__).parents[2] / ".." / "shared" / "forms"
BESIDE_THE_TREE = pytest.mark.skipif(not FORMS.is_dir(), reason="the large forms do not lie beside this tree")
CTRL = Qt.KeyboardModifier.ControlModifier
RETURN, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape
ROSTER = """\
survey:
  - {type: text, name: town, label: Which town?}
  - {type: select_one yn, name: home, label: Does anybody live with you?}
  - {type: integer, name: people, label: How many?, relevant: "${home} = 'yes'", constraint: ". > 0 and . < 9"}
  - {type: begin_repeat, name: person, label: People, repeat_count: "${people}"}
  - {type: integer, name: age, label: How old?}
  - {type: end_repeat}
  - {type: text, name: nobody, label: Nobody is asked, relevant: "${home} = 'yes' and ${home} = 'no'"}
choices:
  - {list_name: yn, name: "yes", label: Yes}
  - {list_name: yn, name: "no", label: "No"}
"""
PANEL = """\
survey:
  - {type: hidden, name: wave}
  - {type: text, name: town, label: Which town?}
  - {type: text, name: again, label: And last time?, relevant: "${wave} = 2"}
"""
BROKEN = """\
survey:
  - {type: integer, name: age, label: Age, relevant: "${agee} > 3"}
"""


def open_page(window: MainWindow, ready: Ready, qtbot: QtBot) -> QuestionnairePage:
    window.enter(ready.sign_in("lead"))
    window.open_place("questionnaire")
    found = window.page()
    assert isinstance(found, QuestionnairePage)
    qtbot.waitUntil(lambda: found.looked is not None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return found


@pytest.fixture
def page(window: MainWindow, ready: Ready, qtbot: QtBot) -> QuestionnairePage:
    return open_page(window, ready, qtbot)


def show(page: QuestionnairePage, form: str | Path, tmp_path: Path, qtbot: QtBot) -> None:
    path = form if isinstance(form, Path) else tmp_path / "form.yaml"
    if isinstance(form, str):
        path.write_text(form, "utf-8")
    with qtbot.waitSignal(page.loaded, timeout=10_000):
        page.show_file(path)


def press(*keys: object, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        if isinstance(key, str):
            QTest.keyClicks(focus, key, modifier)
        else:
            QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]
        QApplication.processEvents()


def interview(page: QuestionnairePage) -> InterviewPage:
    found = page.test_run.interview
    assert found is not None
    return found


def begin_run(page: QuestionnairePage) -> None:
    page.tabs.setCurrentIndex(TEST_RUN)
    page.test_run.case.begin.setFocus()
    press(RETURN)


def row(page: QuestionnairePage, address: str, role: Role) -> str:
    model = page.test_run.values.model
    at = model.row_of(address)
    assert at is not None, address
    return str(model.index(at).data(role))


def test_a_run_is_held_by_keyboard_beside_its_values_and_forgotten(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, ROSTER, tmp_path, qtbot)
    begin_run(page)
    run = page.test_run
    assert "nothing is stored" in run.banner.text()
    assert row(page, "town", Role.HERE) == "True"
    assert row(page, "people", Role.WHY) == "only if question 2 is “Yes”"
    assert row(page, "age", Role.ON_PATH) == "False"
    press("Hof", RETURN, "1")
    assert row(page, "people", Role.ON_PATH) == "True"
    assert row(page, "home", Role.VALUE) == "yes · Yes"
    assert row(page, "people", Role.HERE) == "True"
    press("2", RETURN)
    assert row(page, "age@2", Role.ON_PATH) == "True"
    press("40", RETURN, "12", RETURN)
    assert page.test_run.interview is not None
    press(RETURN, modifier=CTRL)
    assert page.test_run.interview is None
    assert "5 answers were given, and are forgotten." in run.case.outcome.text()
    assert run.values.model.rowCount() == 0
    assert run.case.begin.hasFocus()


def test_the_interview_has_more_room_than_its_values_however_it_came_there(
    page: QuestionnairePage, qtbot: QtBot
) -> None:
    page.test_run.begin_run()  # in a part that is not in sight yet
    page.tabs.setCurrentIndex(TEST_RUN)
    for _ in range(2):
        QApplication.processEvents()
        question, values = page.test_run.both.sizes()
        assert question > 1.4 * values
        page.retranslate()
        qtbot.waitUntil(lambda: page.looked is not None and page.test_run.interview is not None)


def test_tab_goes_through_the_case_before_it_comes_to_begin(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, PANEL, tmp_path, qtbot)
    page.tabs.setCurrentIndex(TEST_RUN)
    case = page.test_run.case
    case.site.setFocus()
    found = []
    for _ in range(3):
        press(Qt.Key.Key_Tab)
        found.append(QApplication.focusWidget())
    assert found == [case.department, case.others["wave"], case.begin]


def test_a_jump_empties_the_search_so_that_the_values_stay_in_sight(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, ROSTER, tmp_path, qtbot)
    begin_run(page)
    press("Hof", RETURN)
    press(Qt.Key.Key_F, modifier=CTRL)
    press("town", RETURN)
    assert page.test_run.values.model.rowCount() == 1
    press(RETURN)
    assert page.test_run.values.model.rowCount() > 3
    assert row(page, "town", Role.HERE) == "True"


def test_while_random_runs_go_on_the_keyboard_is_on_cancel(page: QuestionnairePage, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    part = page.random_runs
    part.number.setValue(100_000)
    part.start.setFocus()
    press(RETURN)
    assert part.working.cancel.hasFocus(), "not the window's own buttons"
    with qtbot.waitSignal(part.ended, timeout=20_000):
        press(RETURN)
    assert page.isAncestorOf(QApplication.focusWidget())


def test_values_are_searched_and_jumped_to_and_escape_goes_back(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, ROSTER, tmp_path, qtbot)
    begin_run(page)
    press("Hof", RETURN)
    press(Qt.Key.Key_F, modifier=CTRL)
    values = page.test_run.values
    assert values.search.hasFocus()
    press("town", RETURN)
    assert values.view.hasFocus()
    assert values.model.rowCount() == 1
    press(RETURN)
    assert interview(page).asked.question is not None
    assert row(page, "town", Role.HERE) == "True"
    assert interview(page).isAncestorOf(QApplication.focusWidget()), "the keyboard is the question's again"
    press(Qt.Key.Key_F, modifier=CTRL)
    press("nobody", RETURN, RETURN)
    assert "nobody is not on the path" in page.test_run.aside.text()
    press(ESCAPE)
    assert interview(page).isAncestorOf(QApplication.focusWidget())
    before = len(interview(page).running.state.answers)
    press(Qt.Key.Key_B, modifier=CTRL)
    assert before == 1
    assert page.test_run.interview is None


def test_from_the_outline_random_answers_lead_to_a_question(page: QuestionnairePage, qtbot: QtBot) -> None:
    assert page.looked is not None
    page.outline.choose(page.looked.outline.at_item["staff_wish"])
    page.outline.view.setFocus()
    press(Qt.Key.Key_T, modifier=CTRL)
    assert page.tabs.currentIndex() == TEST_RUN
    qtbot.waitUntil(lambda: page.test_run.interview is not None, timeout=10_000)
    running = interview(page).running
    assert running.state.cursor == "staff_wish"
    assert running.state.answers["spoke_with"].value == "yes"
    assert row(page, "staff_wish", Role.HERE) == "True"
    press(Qt.Key.Key_R, modifier=CTRL)
    assert not interview(page).running.state.answers
    press(Qt.Key.Key_F, modifier=CTRL)
    press("duration", RETURN)
    press(Qt.Key.Key_T, modifier=CTRL)
    qtbot.waitUntil(lambda: page.test_run.interview is not None and not is_busy(), timeout=10_000)
    assert interview(page).running.state.cursor == "duration"


def test_what_chance_does_not_reach_is_said(page: QuestionnairePage, tmp_path: Path, qtbot: QtBot) -> None:
    show(page, ROSTER, tmp_path, qtbot)
    assert page.looked is not None
    page.outline.choose(page.looked.outline.at_item["nobody"])
    qtbot.mouseClick(page.try_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "can be asked of nobody" in page.test_run.case.outcome.text(), timeout=10_000)
    assert page.test_run.interview is None


def test_the_case_is_chosen_before_it_begins(page: QuestionnairePage) -> None:
    page.tabs.setCurrentIndex(TEST_RUN)
    case = page.test_run.case
    case.site.setCurrentIndex(1)
    case.department.setCurrentIndex(1)
    case.language.setCurrentIndex(case.language.findData("de"))
    begin_run(page)
    state = interview(page).running.state
    assert state.language == "de"
    assert (state.setting.values["site"], state.setting.values["department"]) == ("Landkreis Süd", "Zulassungsstelle")


def test_a_run_goes_on_when_language_and_size_change(page: QuestionnairePage, window: MainWindow, qtbot: QtBot) -> None:
    begin_run(page)
    press(RETURN, "1")
    before = interview(page).running
    assert before.state.answers
    with qtbot.waitSignal(page.loaded):
        window.wear(scale=2.0, speak="de")
    assert interview(page).running == before
    assert page.tabs.currentIndex() == TEST_RUN
    assert page.test_run.values.isHidden(), "large text: one at a time"
    page.test_run.search()
    assert page.test_run.values.isVisible()
    assert not page.test_run.place.isVisible()
    page.test_run.show_question()
    assert page.test_run.place.isVisible()
    assert (window.width(), window.height()) == (1280, 800)


def test_another_form_ends_the_run_and_one_with_errors_has_none(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    begin_run(page)
    interview(page)
    show(page, BROKEN, tmp_path, qtbot)
    assert page.test_run.interview is None
    assert not page.test_run.case.begin.isEnabled()
    assert "Errors keep" in page.test_run.case.outcome.text()
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    assert not page.random_runs.start.isEnabled()


def test_without_a_study_the_page_says_why_nothing_can_be_tried(qtbot: QtBot, tmp_path: Path) -> None:
    alone = QuestionnairePage()
    qtbot.addWidget(alone)
    show(alone, ROSTER, tmp_path, qtbot)
    alone.show()
    alone.tabs.setCurrentIndex(TEST_RUN)
    assert "needs a study" in alone.test_run.case.outcome.text()
    assert not alone.try_button.isVisibleTo(alone)
    alone.tabs.setCurrentIndex(RANDOM_RUNS)
    assert "need a study" in alone.random_runs.outcome.text()


@BESIDE_THE_TREE
def test_the_largest_form_is_shown_with_all_its_values(page: QuestionnairePage, tmp_path: Path, qtbot: QtBot) -> None:
    show(page, FORMS / "grains.xlsx", tmp_path, qtbot)
    begin_run(page)
    one = interview(page)
    QApplication.processEvents()
    assert page.test_run.values.model.rowCount() > 300
    assert one.running.state.screen is not None


def test_random_runs_report_what_was_not_reached_and_lead_to_it(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, ROSTER, tmp_path, qtbot)
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    part = page.random_runs
    part.number.setValue(40)
    part.seed.setValue(4711)
    part.start.setFocus()
    with qtbot.waitSignal(part.ended, timeout=20_000):
        press(RETURN)
    assert part.runs is not None
    assert part.runs.interviews == 40
    said = part.words.text()
    assert "40 interviews with random answers, seed 4711." in said
    assert "1 question can be asked of nobody" in said
    assert "median" in said
    assert part.histogram.isVisible()
    assert sum(bars(part.runs.minutes)[1]) == len(part.runs.minutes)
    first = part.runs
    part.order.setCurrentIndex(1)
    rarest = part.table.item(0, NAME)
    share = part.table.item(0, SHARE)
    assert rarest is not None
    assert share is not None
    assert (rarest.text(), share.text()) == ("nobody", "0 %")
    part.order.setCurrentIndex(part.order.findData("impossible"))
    assert part.table.rowCount() == 1
    why = part.table.item(0, NOTES)
    assert why is not None
    assert why.text() == "The conditions on the way to it exclude each other."
    part.table.setFocus()
    press(RETURN)
    assert page.tabs.currentIndex() == QUESTIONS
    assert page.looked is not None
    assert page.outline.line() == page.looked.outline.at_item["nobody"]
    with qtbot.waitSignal(part.ended, timeout=20_000):
        part.begin_runs()
    assert part.runs == first


def test_random_runs_have_the_case_chosen_for_the_test_run(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    show(page, PANEL, tmp_path, qtbot)
    part = page.random_runs
    part.number.setValue(10)
    for wave, missed in (("1", ("again",)), ("2", ())):
        page.test_run.case.others["wave"].setText(wave)
        page.tabs.setCurrentIndex(RANDOM_RUNS)
        with qtbot.waitSignal(part.ended, timeout=20_000):
            part.begin_runs()
        assert part.runs is not None
        assert part.runs.never_asked == missed


def test_random_runs_are_cancelled_and_tell_of_those_done(page: QuestionnairePage, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    part = page.random_runs
    part.number.setValue(100_000)
    part.begin_runs()
    qtbot.waitUntil(lambda: part.working.bar.value() > 0, timeout=20_000)
    with qtbot.waitSignal(part.ended, timeout=20_000):
        qtbot.mouseClick(part.working.cancel, Qt.MouseButton.LeftButton)
    assert part.runs is not None
    assert 0 < part.runs.interviews < 100_000
    assert part.start.isEnabled()


def test_every_answer_of_a_walk_is_one_that_the_form_takes(page: QuestionnairePage, qtbot: QtBot) -> None:
    assert page.looked is not None
    page.outline.choose(page.looked.outline.at_item["duration"])
    page.try_here()
    qtbot.waitUntil(lambda: page.test_run.interview is not None, timeout=10_000)
    form = page.looked.outline.questionnaire
    for address, answer in interview(page).running.state.answers.items():
        item = form.item(address)
        assert item.kind in SUBSTANTIVE
        if answer.status is Status.ANSWERED and item.choices:
            assert set(answer.value.split()) <= {choice.name for choice in form.choice_lists[item.choices]}


@pytest.mark.parametrize("dark", [False, True])
def test_bars_are_painted_in_both_looks(make_window: MakeWindow, ready: Ready, qtbot: QtBot, *, dark: bool) -> None:
    window = make_window(ready.clock, dark=dark)
    page = open_page(window, ready, qtbot)
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    page.random_runs.number.setValue(20)
    with qtbot.waitSignal(page.random_runs.ended, timeout=20_000):
        page.random_runs.begin_runs()
    picture = page.random_runs.histogram.grab().toImage()
    seen = {picture.pixelColor(x, picture.height() // 2).name() for x in range(picture.width())}
    assert len(seen) > 1
