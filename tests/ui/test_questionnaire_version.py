"""Putting a mended form in force on the questionnaire page, by a research lead, while the study runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.places import shipped_questionnaires
from cati.text import set_language
from cati.ui import theme
from cati.ui.questionnaire_page import VERSION, QuestionnairePage

if TYPE_CHECKING:
    from conftest import Ready


@pytest.fixture
def mended(tmp_path: Path) -> Path:
    book = load_workbook(shipped_questionnaires() / "county_customer_survey.xlsx")
    sheet = book["survey"]
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("When was your matter settled"):
                cell.value = "When was it all settled?"
    path = tmp_path / "mended.xlsx"
    book.save(path)
    return path


def test_a_mended_form_is_compared_and_put_in_force(
    ready: Ready, qtbot: QtBot, qapp: QApplication, mended: Path
) -> None:
    set_language("en")
    theme.wear(qapp, dark=False, scale=1.0)
    study = ready.sign_in("lead")
    page = QuestionnairePage(study)
    qtbot.addWidget(page)
    page.resize(1280, 750)
    page.show()
    qtbot.waitUntil(lambda: page.looked is not None)
    page.tabs.setCurrentIndex(VERSION)
    assert "Open the mended form" in page.version.about.text()
    with qtbot.waitSignal(page.loaded):
        page.show_file(mended)
    qtbot.waitUntil(lambda: page.version.proposed is not None)
    assert [one.name for one in page.version.proposed.differences] == ["duration"]
    told = page.version.list.item(0).text()
    assert "other words" in told
    assert "English: “When was your matter settled" in told, "the language that was changed, with what stood there"
    assert "→ “When was it all settled?”" in told
    with qtbot.waitSignal(page.settled) as settled:
        page.version.adopt.click()
    assert settled.args is not None
    assert settled.args[0].questionnaire == page.looked.outline.questionnaire
    assert page.version.adopt.isHidden()
    assert ready.sign_in("lead").questionnaire == settled.args[0].questionnaire


def test_a_form_that_differs_in_a_calculation_or_its_title_only_can_be_put_in_force(
    ready: Ready, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    set_language("en")
    theme.wear(qapp, dark=False, scale=1.0)
    page = QuestionnairePage(ready.sign_in("lead"))
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.looked is not None)
    book = load_workbook(shipped_questionnaires() / "county_customer_survey.xlsx")
    sheet = book["settings"]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(2, headings.index("form_title") + 1).value = "Another title"
    book.save(tmp_path / "titled.xlsx")
    with qtbot.waitSignal(page.loaded):
        page.show_file(tmp_path / "titled.xlsx")
    page.tabs.setCurrentIndex(VERSION)
    qtbot.waitUntil(lambda: page.version.proposed is not None)
    assert "No row differs; title" in page.version.about.text()
    assert page.version.list.isHidden()
    assert page.version.adopt.isVisible()
