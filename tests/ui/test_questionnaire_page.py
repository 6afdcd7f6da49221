"""The questionnaire page in the real window: by keyboard alone, in two languages, with pictures and papers on disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cati.survey.outline import LineKind
from cati.ui.flow_picture import save_pdf, save_svg
from cati.ui.form_section import FormSection
from cati.ui.main_window import MainWindow
from cati.ui.questionnaire_outline import Role
from cati.ui.questionnaire_page import PAPER, PROBLEMS, QUESTIONS, ROUTING, QuestionnairePage
from cati.ui.questionnaire_window import QuestionnaireWindow

FORMS = Path(__file__).parents[2] / ".." / "shared" / "forms"
BESIDE_THE_TREE = pytest.mark.skipif(not FORMS.is_dir(), reason="the large forms do not lie beside this tree")

BROKEN = """\
survey:
  - {type: integer, name: age, label: Age, relevant: "${agee} > 3"}
  - {type: text, name: why, label: Why}
"""


@pytest.fixture
def page(window: MainWindow, ready: Any, qtbot: QtBot) -> QuestionnairePage:
    window.enter(ready.sign_in("lead"))
    window.open_place("questionnaire")
    found = window.page()
    assert isinstance(found, QuestionnairePage)
    qtbot.waitUntil(lambda: found.looked is not None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return found


def _open(page: QuestionnairePage, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.loaded, timeout=10_000):
        page.show_file(path)


def _pages_of(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def test_the_lead_alone_has_the_page(window: MainWindow, ready: Any) -> None:
    window.enter(ready.sign_in("witness"))
    assert "questionnaire" not in window.rail.names()


def test_the_studys_questionnaire_is_walked_and_searched_by_keyboard(page: QuestionnairePage, qtbot: QtBot) -> None:
    view, search = page.outline.view, page.outline.search
    assert "52 questions" in page.about.text()
    assert view.model().rowCount() > 60
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.currentIndex().data(Role.NUMBER) == "1"
    assert "vor mehr als zwölf Monaten" in page.detail.toPlainText() or "twelve" in page.detail.toPlainText()
    qtbot.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert search.hasFocus()
    qtbot.keyClicks(search, "spoke_with")
    assert view.currentIndex().data(Role.NUMBER) == "14"
    assert view.model().rowCount() == 2, "the section around comes along"
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert view.hasFocus()
    page.outline.search.setFocus()
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert view.model().rowCount() > 60
    assert view.currentIndex().data(Role.NUMBER) == "14", "the question at hand stays"
    assert "→" in page.detail.toPlainText()
    qtbot.keyClicks(search, "zebra")
    assert page.outline.none.isVisible()


def test_an_empty_list_is_said_where_its_answers_would_stand(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    form = tmp_path / "form.yaml"
    form.write_text("survey:\n  - {type: select_one_from_file towns.csv, name: a, label: Which town?}\n", "utf-8")
    _open(page, form, qtbot)
    assert "is empty: nothing can be chosen" in page.detail.toPlainText()


def test_two_languages_stand_side_by_side(page: QuestionnairePage) -> None:
    assert page.looked is not None
    assert page.language == "en", "the reader's own language first"
    page.outline.choose(page.looked.outline.at_item["frequency"])
    assert page.second.count() == 2
    page.second.setCurrentIndex(1)
    words = page.detail.toPlainText()
    item = page.looked.outline.questionnaire.item("frequency")
    assert item.label["de"] in words
    assert item.label["en"] in words
    page.first.setCurrentIndex(page.first.findData("de"))
    assert page.outline.view.currentIndex().data(Role.TEXT) == item.label["de"]


def test_problems_of_another_form_lead_to_their_rows_and_back_to_the_study(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    assert not page.problems.list.count()
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    _open(page, path, qtbot)
    assert "1 error keeps it from running." in page.about.text()
    assert page.tabs.tabText(PROBLEMS) == "Problems (1)"
    assert page.outline.view.model().index(0, 0).data(Role.ERRORS) == 1
    page.outline.choose(1)
    page.tabs.setCurrentIndex(PROBLEMS)
    page.problems.list.setFocus()
    qtbot.keyClick(page.problems.list, Qt.Key.Key_Return)
    assert page.tabs.currentIndex() == QUESTIONS
    assert page.outline.line() == 0
    assert "agee" in page.detail.toPlainText()
    with qtbot.waitSignal(page.loaded):
        qtbot.mouseClick(page.own, Qt.MouseButton.LeftButton)
    assert not page.problems.list.count()
    assert not page.own.isVisible()


def test_another_language_or_size_keeps_the_form_and_the_line(
    page: QuestionnairePage, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    _open(page, path, qtbot)
    page.outline.choose(1)
    page.tabs.setCurrentIndex(PAPER)
    with qtbot.waitSignal(page.loaded):
        window.wear(scale=1.5, speak="de")
    assert window.page() is page
    assert page.looked is not None
    assert page.looked.source == "broken.yaml"
    assert page.outline.line() == 1
    assert page.tabs.currentIndex() == PAPER
    assert page.tabs.tabText(PROBLEMS) == "Befunde (1)"
    assert "Fehler" in page.about.text()


def test_a_file_that_is_no_form_leaves_what_is_shown(page: QuestionnairePage, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "photo.xlsx"
    path.write_bytes(b"PK no workbook")
    before = page.looked
    _open(page, path, qtbot)
    assert page.problem.isVisible()
    assert page.looked is before


def test_the_routing_is_walked_by_keys_and_opens_the_question(page: QuestionnairePage, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(ROUTING)
    view = page.routing.view
    view.setFocus()
    flow = page.routing.flow
    assert flow is not None
    grid = next(at for at, node in enumerate(flow.nodes) if node.kind is LineKind.GRID)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(grid):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert page.routing.words.text().startswith(flow.nodes[grid].number)
    before = view.transform().m11()
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.transform().m11() > before
    qtbot.keyClick(view, Qt.Key.Key_0)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert page.tabs.currentIndex() == QUESTIONS
    assert page.outline.view.currentIndex().data(Role.KIND) == LineKind.GRID


@BESIDE_THE_TREE
def test_the_box_at_hand_stays_in_sight_and_a_long_picture_readable(page: QuestionnairePage, qtbot: QtBot) -> None:
    _open(page, FORMS / "grains.xlsx", qtbot)
    page.tabs.setCurrentIndex(ROUTING)
    view = page.routing.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_End)
    picture = view.picture
    assert picture is not None
    last = picture.sizes.box(picture.flow.nodes[-1], picture.flow)
    for key in ("0", "0", "+", "+", "+", "0"):
        qtbot.keyClick(view, key)
        assert view.transform().m11() >= 0.2
        assert view.mapToScene(view.viewport().rect()).boundingRect().contains(last.topLeft()), key


def test_the_routing_is_saved_as_svg_and_pdf(
    page: QuestionnairePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page.tabs.setCurrentIndex(ROUTING)
    asked: list[str] = []

    def answer(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        asked.append(Path(name).name)
        return str(tmp_path / Path(name).name), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    qtbot.mouseClick(page.routing.svg, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.routing.pdf, Qt.MouseButton.LeftButton)
    assert asked == ["county_customer_survey_routing_1.svg", "county_customer_survey_routing_1.pdf"]
    svg = (tmp_path / asked[0]).read_text("utf-8")
    assert "<svg" in svg
    assert "End of the interview" in svg
    assert _pages_of(tmp_path / asked[1]) > 1
    assert page.routing.outcome.text().startswith("✓")


def test_the_paper_version_is_saved_in_every_language(
    page: QuestionnairePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page.tabs.setCurrentIndex(PAPER)
    assert "Landratsamt" in page.paper.sheet.toPlainText() or "county" in page.paper.sheet.toPlainText().lower()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    qtbot.mouseClick(page.paper.all, Qt.MouseButton.LeftButton)
    written = sorted(path.name for path in tmp_path.glob("*.pdf"))
    assert written == ["county_customer_survey_paper_Deutsch_1.pdf", "county_customer_survey_paper_English_1.pdf"]
    assert all(_pages_of(tmp_path / name) > 3 for name in written)
    assert page.paper.outcome.text().startswith("✓ 2 files")
    nowhere = tmp_path / "missing"
    page.paper.save_all(nowhere)
    assert "could not be written" in page.paper.outcome.text()


def test_the_paper_speaks_the_language_it_is_printed_in_and_says_when_it_cannot(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    page.tabs.setCurrentIndex(PAPER)
    page.first.setCurrentIndex(page.first.findData("de"))
    assert "Nur wenn: Frage 14 ist" in page.paper.sheet.toPlainText()
    page.first.setCurrentIndex(page.first.findData("en"))
    assert "Only if question 14 is" in page.paper.sheet.toPlainText()
    assert "does not speak" not in page.paper.about.text()
    form = tmp_path / "form.yaml"
    form.write_text('survey:\n  - {type: text, name: a, "label::Polski (pl)": Ile lat?}\n', "utf-8")
    _open(page, form, qtbot)
    page.tabs.setCurrentIndex(PAPER)
    assert "does not speak Polski: its notes are in English." in page.paper.about.text()


def test_what_a_written_answer_must_fulfil_stands_below_its_line(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    form = tmp_path / "form.yaml"
    form.write_text(
        "survey:\n"
        '  - {type: text, name: a, label: Which word?, constraint: "string-length(.) > 3"}\n'
        '  - {type: integer, name: b, label: How many?, constraint: ". > 3"}\n'
        '  - {type: select_multiple yn, name: c, label: Which?, constraint: "count-selected(.) < 3"}\n'
        "choices:\n"
        "  - {list_name: yn, name: one, label: One}\n",
        "utf-8",
    )
    _open(page, form, qtbot)
    page.tabs.setCurrentIndex(PAPER)
    lines = page.paper.sheet.toPlainText().replace("\u2028", "\n").splitlines()
    word = next(at for at, line in enumerate(lines) if "Which word?" in line)
    assert lines[word + 1].strip("_ ") == ""
    assert lines[word + 2].startswith("("), "below the line"
    number = next(at for at, line in enumerate(lines) if "How many?" in line)
    assert "_ (the answer is more than 3)" in lines[number + 1], "beside a short one"
    assert any(line.startswith("(") for line in lines[lines.index("Which?") :]), "and below boxes"


@BESIDE_THE_TREE
def test_the_largest_form_stays_quick_and_its_picture_can_be_saved(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot
) -> None:
    _open(page, FORMS / "grains.xlsx", qtbot)
    page.tabs.setCurrentIndex(ROUTING)
    flow = page.routing.flow
    assert flow is not None
    assert len(flow.nodes) > 300
    save_svg(flow, tmp_path / "flow.svg", "Grains")
    save_pdf(flow, tmp_path / "flow.pdf", "Grains")
    assert (tmp_path / "flow.svg").stat().st_size > 100_000
    assert 5 < _pages_of(tmp_path / "flow.pdf") < 40


def test_a_form_is_looked_at_before_there_is_a_study(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    section = FormSection()
    qtbot.addWidget(section)
    section.show()
    with qtbot.waitSignal(section.checked, timeout=10_000):
        section.show_form(path)
    assert section.look.isVisible(), "just what cannot run yet must be looked at"
    qtbot.mouseClick(section.look, Qt.MouseButton.LeftButton)
    looked_at = section.findChild(QuestionnaireWindow)
    assert looked_at is not None
    qtbot.waitUntil(lambda: looked_at.page.looked is not None)
    assert looked_at.page.problems.list.count() == 1
    assert not looked_at.page.own.isVisible()
    qtbot.keyClick(looked_at, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: section.findChild(QuestionnaireWindow) is None)
