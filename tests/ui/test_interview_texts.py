"""What the interviewer sees of forms that were written for a screen, of empty lists, ranks and scripts from the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.ui import interview_page
from cati.ui.interview_page import InterviewPage
from cati.ui.main_window import MainWindow
from cati.ui.questionnaire_page import TEST_RUN, QuestionnairePage
from cati.ui.theme import colours

if TYPE_CHECKING:
    from conftest import Ready

CTRL = Qt.KeyboardModifier.ControlModifier
RETURN = Qt.Key.Key_Return
SCREEN_FORM = """\
survey:
  - {type: begin_group, name: g, label: "<h3>Your **home**</h3>"}
  - {type: select_one yn, name: home, label: "<b>Do you</b> live&nbsp;here?", cati_instruction: "_Do not_ **read** out"}
  - {type: end_group}
  - {type: select_one towns, name: town, label: "Which town, then?", choice_filter: "county = ${home}"}
  - {type: rank yn, name: order, label: Which comes first?}
  - {type: text, name: last, label: Anything else?}
choices:
  - {list_name: yn, name: "yes", label: "<i>Yes</i>"}
  - {list_name: yn, name: "no", label: "No"}
  - {list_name: towns, name: hof, label: Hof, county: "no"}
"""
ARABIC = """\
survey:
  - {type: select_one yn, name: home, "label::العربية (ar)": "هل يعيش أحد آخر في منزلك؟"}
choices:
  - {list_name: yn, name: "yes", "label::العربية (ar)": نعم}
  - {list_name: yn, name: "no", "label::العربية (ar)": لا}
"""


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


def press(*keys: object) -> None:
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        if isinstance(key, str):
            QTest.keyClicks(focus, key)
        else:
            QTest.keyClick(focus, key)  # type: ignore[call-overload]
        QApplication.processEvents()


def run_of(page: QuestionnairePage, text: str, tmp_path: Path, qtbot: QtBot) -> InterviewPage:
    path = tmp_path / "form.yaml"
    path.write_text(text, "utf-8")
    with qtbot.waitSignal(page.loaded):
        page.show_file(path)
    page.tabs.setCurrentIndex(TEST_RUN)
    page.test_run.begin_run()
    QApplication.processEvents()
    assert page.test_run.interview is not None
    return page.test_run.interview


def test_nobody_reads_tags_aloud(page: QuestionnairePage, tmp_path: Path, qtbot: QtBot) -> None:
    asked = run_of(page, SCREEN_FORM, tmp_path, qtbot).asked
    assert asked.text.text() == "Do you live here?"
    assert asked.instruction.text() == "_Do not_ read out"
    assert asked.head.section.text() == "Your home"
    assert [one.words for one in asked.part.choices.offers] == ["Yes", "No"]
    press("1")
    running = page.test_run.interview
    assert running is not None
    QTest.keyClick(running, Qt.Key.Key_O, CTRL)
    lines = running.overview.lines
    words = "\n".join(lines.item(at).text() for at in range(lines.count()))
    assert "Do you live here?\n→ Yes" in words
    assert "<" not in words


def test_an_empty_list_and_a_rank_say_what_to_do_and_an_error_goes_with_the_next_key(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = run_of(page, SCREEN_FORM, tmp_path, qtbot).asked
    press("1")
    assert asked.text.text() == "Which town, then?"
    assert "the list is empty" in asked.part.understood.text()
    assert asked.part.understood.isVisible()
    press(Qt.Key.Key_F9)
    assert "in the order that is named" in asked.part.understood.text()
    press(RETURN)
    assert asked.refusal.text().startswith("✗")
    press("2")
    assert not asked.refusal.isVisible(), "it holds no longer"
    press("1", RETURN)
    assert asked.text.text() == "Anything else?"
    assert not asked.part.understood.isVisible()


def test_answers_in_a_script_from_the_right_stand_on_the_right(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = run_of(page, ARABIC, tmp_path, qtbot).asked
    flow = asked.part.choices
    picture = flow.grab().toImage()
    ratio = picture.devicePixelRatio()
    accent, ink = colours().border.rgb(), colours().text.rgb()
    row = range(int(4 * ratio), int(30 * ratio))
    inked = [x for x in range(picture.width()) if any(picture.pixel(x, y) in (accent, ink) for y in row)]
    assert inked
    assert min(inked) > picture.width() / 2, "nothing stands where reading ends"


def test_a_screen_reader_speaks_no_tags(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(interview_page, "announce", lambda _page, words: spoken.append(words))
    run_of(page, SCREEN_FORM, tmp_path, qtbot)
    assert spoken[-1] == "_Do not_ read out Do you live here?"
