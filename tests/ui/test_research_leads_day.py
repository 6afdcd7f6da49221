"""A research lead's day with a questionnaire that somebody else wrote in Excel, in the real window, by keyboard.

Morning: it has mistakes; they are found, mended in Excel and read again. Noon: it is tried out. Afternoon: pictures,
papers and other formats for those who want them. Evening: it is put in force, and an interviewer asks it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from PySide6.QtCore import Qt
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from cati.fieldwork.forms import check_form
from cati.ui.interview_page import InterviewPage
from cati.ui.main_window import MainWindow
from cati.ui.questionnaire_outline import Role as Line
from cati.ui.questionnaire_page import (
    PAPER,
    PROBLEMS,
    QUESTIONS,
    RANDOM_RUNS,
    ROUTING,
    TEST_RUN,
    VERSION,
    QuestionnairePage,
)
from cati.ui.questionnaire_values import Role

if TYPE_CHECKING:
    from conftest import Ready

Key = Qt.Key
CTRL, PLAIN = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
RETURN = Key.Key_Return
HEAD = ("type", "name", "label::Deutsch (de)", "label::English (en)", "label::العربية (ar)", "relevant", "constraint",
        "cati_soft", "cati_disposition", "cati_display")  # fmt: skip
SURVEY = (
    ("select_one yn", "home", "Lebt noch jemand bei Ihnen?", "Does anybody live with you?", "هل يعيش أحد معك؟"),
    ("begin_repeat", "person", "Personen", "People", "أفراد", "${home} = 'yes'"),
    ("text", "first", "Wie heißt die Person?", "What is this person called?", "ما اسمه؟"),
    ("integer", "age", "Wie alt ist ${first}?", "How old is ${first}?", "كم عمر ${first}؟", "", ". <= 120", ". < 100"),
    ("end_repeat",),
    ("begin_grid sat", "content", "Wie zufrieden sind Sie mit …", "How content are you with …", "ما مدى رضاك عن …"),
    ("row", "flat", "der Wohnung", "the flat", "الشقة"),
    ("row", "street", "der Straße", "the street", "الشارع"),
    ("end_grid",),
    ("rank sat", "order", "Bitte ordnen.", "Please put these in order.", "رتّب"),
    ("date", "day", "Wann zogen Sie ein?", "When did you move in?", "متى؟"),
    ("time", "hour", "Um welche Uhrzeit?", "At what time?", "في أي ساعة؟"),
    ("select_one towns", "town", "Welcher Ort?", "Which town?", "أي مدينة؟"),
    ("select_one yn", "stop", "Möchten Sie aufhören?", "Do you want to stop?", "هل تريد التوقف؟"),
    ("terminate", "ended", "Dann vielen Dank.", "Thank you, then.", "شكرا", "${stop} = 'yes'", "", "", "not_eligible"),
    ("text", "last", "Was noch?", "Anything else?", "شيء آخر؟"),
)
CHOICES = (
    ("list_name", "name", "label::Deutsch (de)", "label::English (en)", "label::العربية (ar)"),
    ("yn", "yes", "ja", "yes", "نعم"),
    ("yn", "no", "nein", "no", "لا"),
    ("sat", "1", "zufrieden", "content", "راض"),
    ("sat", "2", "unzufrieden", "not content", "غير راض"),
    *(("towns", f"t{n}", f"Ort {n:03}", f"Town {n:03}", f"مدينة {n:03}") for n in range(1, 301)),
)
SETTINGS = (("form_title", "form_id", "version", "default_language"), ("At home", "at_home", "7", "Deutsch (de)"))


def write_form(path: Path) -> Path:
    book = Workbook()
    book.active.title = "survey"
    for title, rows in (("survey", (HEAD, *SURVEY)), ("choices", CHOICES), ("settings", SETTINGS)):
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def in_excel(path: Path, **cells: str) -> None:
    """Change cells of the sheet survey, as their author does."""
    book = load_workbook(path)
    for place, text in cells.items():
        book["survey"][place] = text
    book.save(path)


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


def choose_form(page: QuestionnairePage, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open a form with the button, by Return."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    page.open.setFocus()
    with qtbot.waitSignal(page.loaded):
        press(RETURN)


def words(page: QuestionnairePage, at: int) -> str:
    return page.problems.list.item(at).text()


def test_morning_the_mistakes_are_found_mended_in_excel_and_read_again(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = write_form(tmp_path / "at_home.xlsx")
    in_excel(form, F16="${sotp} = 'yes'", A11="rank nosuch", G5="frobnicate(.) > 2", B17="home", K1="cati_dispositoin")
    choose_form(page, form, qtbot, monkeypatch)
    assert page.tabs.currentIndex() == PROBLEMS
    assert "keep it from running" in page.about.text()
    found = "\n".join(words(page, at) for at in range(page.problems.list.count()))
    for sheet_row_column in ("row 16, column relevant", "row 11, column type", "row 5, column constraint",
                             "row 17, column name"):  # fmt: skip
        assert f"✗ sheet survey, {sheet_row_column}" in found
    assert "cati_disposition?" in found, "the nearest name is offered"
    press(Key.Key_Home)
    press(Key.Key_Down, RETURN)
    assert page.tabs.currentIndex() == QUESTIONS
    assert "✗ column" in page.detail.toPlainText(), "the same sentence stands beside the row"
    seen = set()
    for _ in range(4):
        press(Key.Key_F4)
        seen.add(page.outline.view.currentIndex().data(Line.LINE))
    assert len(seen) == 4

    in_excel(form, F16="${stop} = 'yes'", A11="rank sat", G5=". <= 120", B17="last", K1="")
    with qtbot.waitSignal(page.loaded):
        press(Key.Key_F5)
    assert "✓ runs" in page.about.text()
    assert page.tabs.tabText(PROBLEMS) == "Problems (1)", "a hint, which keeps nothing from running"
    assert words(page, 0).startswith("⚠ sheet survey, row 5, column cati_soft_message")

    press(Key.Key_F, modifier=CTRL)
    press("Sie aufh")  # found in any language
    assert page.outline.view.currentIndex().data(Line.TEXT) == "Do you want to stop?"
    page.second.setCurrentIndex(page.second.findData("ar"))
    told = page.detail.toPlainText()
    assert "هل تريد التوقف؟" in told
    assert "Do you want to stop?" in told
    press(Key.Key_Escape)
    page.outline.choose(page.looked.outline.at_item["ended"] if page.looked else 0)
    assert "question 10 is “yes”" in page.outline.view.currentIndex().data(Line.CONDITION)


def test_noon_the_interview_is_tried_out_with_an_invented_person(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_form(page, write_form(tmp_path / "at_home.xlsx"), qtbot, monkeypatch)
    press(Key.Key_R, modifier=CTRL)
    run = page.test_run
    asked = run.interview
    assert isinstance(asked, InterviewPage)

    def value(address: str) -> str:
        return asked.running.state.answers[address].value

    def row(address: str, role: Role) -> str:
        at = run.values.model.row_of(address)
        assert at is not None
        return str(run.values.model.index(at).data(role))

    assert row("first", Role.WHY).startswith("only if question 1 is “yes”")
    press("1")
    press("Ada", RETURN, "130", RETURN)
    assert asked.asked.refusal.text().startswith("✗"), "a hard check"
    press(Key.Key_A, modifier=CTRL)
    press("104", RETURN, "she told me twice", RETURN)
    assert asked.running.state.answers["age@1"].remark == "she told me twice"
    press("1", "Ben", RETURN, "40", RETURN)
    press(Key.Key_Up)
    press("k", modifier=CTRL)
    press("k", modifier=CTRL)
    assert "first@1" not in asked.running.state.answers, "Ada was taken off again"
    assert row("first@2", Role.VALUE) == "Ben"
    press("2")
    press("1", "2")
    assert (value("flat"), value("street")) == ("1", "2"), "a grid is two keys"
    press("2", "1", RETURN)
    assert value("order") == "2 1"
    press(Key.Key_PageUp)
    press(RETURN)
    press("24.12.2025", RETURN, "1430", RETURN, "town 029", RETURN)
    assert (value("day"), value("hour"), value("town")) == ("2025-12-24", "14:30", "t29")

    press("l", modifier=CTRL)
    press("l", modifier=CTRL)
    assert asked.running.state.language in ("ar", "de", "en")
    while asked.running.state.language != "ar":
        press("l", modifier=CTRL)
    assert asked.asked.text.text() == "هل تريد التوقف؟"
    assert asked.asked.text.layoutDirection() is Qt.LayoutDirection.RightToLeft
    while asked.running.state.language != "en":
        press("l", modifier=CTRL)

    press(Key.Key_F, modifier=CTRL)
    press("home", RETURN, RETURN)
    assert row("home", Role.HERE) == "True"
    press("2")
    assert "sets 2 answers aside" in asked.asked.refusal.text()
    press("2")
    assert row("first", Role.ON_PATH) == "False"
    assert row("flat", Role.VALUE) == "1 · content", "what a change does not touch stays"

    press(Key.Key_F, modifier=CTRL)
    press("stop", Key.Key_Down)
    run.values.view.setCurrentIndex(run.values.model.index(run.values.model.row_of("stop") or 0))
    press(RETURN, "1")
    assert asked.asked.text.text() == "Thank you, then."
    assert row("last", Role.WHY) == "the interview ends before it"
    press(RETURN)
    assert run.interview is None
    assert "came to its end: Does not belong to those asked" in run.case.outcome.text()


def test_noon_random_runs_go_on_behind_and_can_be_cancelled(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_form(page, write_form(tmp_path / "at_home.xlsx"), qtbot, monkeypatch)
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    runs = page.random_runs
    runs.number.setValue(100_000)
    runs.start.setFocus()
    press(RETURN)
    page.tabs.setCurrentIndex(QUESTIONS)
    press(Key.Key_F, modifier=CTRL)
    press("town")  # the window answers meanwhile
    assert page.outline.view.currentIndex().data(Line.TEXT) == "Which town?"
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    runs.working.cancel.setFocus()
    with qtbot.waitSignal(runs.ended, timeout=20_000):
        press(RETURN)
    runs.number.setValue(40)
    runs.start.setFocus()
    with qtbot.waitSignal(runs.ended, timeout=30_000):
        press(RETURN)
    assert runs.runs is not None
    assert runs.runs.interviews == 40
    assert "min" in runs.words.text()
    assert runs.table.hasFocus()


def test_afternoon_pictures_papers_and_other_formats_are_saved(
    page: QuestionnairePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = write_form(tmp_path / "at_home.xlsx")
    choose_form(page, form, qtbot, monkeypatch)
    to = tmp_path / "for the client"
    to.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *all_: (str(to / Path(all_[2]).name), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(to))

    page.tabs.setCurrentIndex(ROUTING)
    for button in (page.routing.svg, page.routing.pdf):
        button.setFocus()
        press(RETURN)
        assert page.routing.outcome.text().startswith("✓")
    assert QSvgRenderer(str(to / "at_home_routing_7.svg")).isValid()
    assert _pages_of(to / "at_home_routing_7.pdf") >= 1

    page.tabs.setCurrentIndex(PAPER)
    page.paper.all.setFocus()
    press(RETURN)
    papers = sorted(to.glob("at_home_paper_*.pdf"))
    assert [path.name.split("_")[3] for path in papers] == ["Deutsch", "English", "العربية"]
    assert all(_pages_of(path) == 4 for path in papers), "300 towns are printed at the end"
    notes = {"de": "Nur wenn: Frage 10 ist „ja“", "en": "Only if question 10 is “yes”", "ar": "Nur wenn: Frage 10 ist"}
    assert page.looked is not None
    for code, note in notes.items():
        page.first.setCurrentIndex(page.first.findData(code))
        text = page.paper.sheet.toPlainText().replace("\u2066", "").replace("\u2069", "")
        assert note in text
        assert page.looked.outline.questionnaire.content_hash[:12] in text, "the check number, to be compared"

    for at in range(3):
        with qtbot.waitSignal(page.saving.ended, timeout=20_000):
            page.head.save.menu().aboutToShow.emit()
            page.head.save.menu().actions()[at].trigger()
        assert page.saving.outcome.text().startswith("✓")
    twins = [check_form(to / f"at_home_7.{ending}").questionnaire for ending in ("xlsx", "yaml")]
    assert [twin.content_hash if twin is not None else "" for twin in twins] == [
        page.looked.outline.questionnaire.content_hash
    ] * 2
    assert "<h:html" in (to / "at_home_7.xml").read_text("utf-8")
    assert page.saving.lost.count() > 0, "what an XForm cannot say is listed"


def test_evening_it_is_put_in_force_and_asked(
    page: QuestionnairePage, window: MainWindow, ready: Ready, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    choose_form(page, write_form(tmp_path / "at_home.xlsx"), qtbot, monkeypatch)
    page.tabs.setCurrentIndex(VERSION)
    qtbot.waitUntil(lambda: page.version.proposed is not None)
    assert page.version.list.count() > 10
    page.version.adopt.setFocus()
    press(RETURN)
    assert "is the study’s questionnaire from now on" in page.version.outcome.text()
    QTest.keyClick(window, Key.Key_4, CTRL)
    again = window.page()
    assert isinstance(again, QuestionnairePage)
    qtbot.waitUntil(lambda: again.looked is not None)
    assert again.heading.text() == "At home"
    assert again.looked is not None
    assert again.looked.rows[0] == 2, "the study has kept the file: rows are known"
    assert ready.sign_in("anna").questionnaire.title == "At home"
    assert again.tabs.currentIndex() != TEST_RUN


def _pages_of(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
