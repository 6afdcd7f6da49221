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
    assert "other words" in page.version.list.item(0).text()
    with qtbot.waitSignal(page.settled) as settled:
        page.version.adopt.click()
    assert settled.args is not None
    assert settled.args[0].questionnaire == page.looked.outline.questionnaire
    assert page.version.adopt.isHidden()
    assert ready.sign_in("lead").questionnaire == settled.args[0].questionnaire
