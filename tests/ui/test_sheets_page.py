"""The two sheets of a new study on the page and as PDF: who may read them, what is said where, what stands on them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from cati.fieldwork.study import CreatedStudy
from cati.settings import StudySettings
from cati.text import set_language
from cati.ui.sheets_page import SheetsPage

KEY = "0123456789abcdef" * 4


@pytest.fixture
def page(qtbot: QtBot, settings: StudySettings, tmp_path: Path) -> SheetsPage:
    created = CreatedStudy(
        study_id="0" * 32,
        folder=tmp_path / "study",
        seal_path=tmp_path / "study.seal",
        recipient="age1" + "q" * 58,
        recipient_fingerprint="abcd 1234",
        record_public_key=KEY,
        paper_seal=("01 ABCD EFGH KM", "02 NPQR STVW XY"),
    )
    made = SheetsPage(created, settings)
    qtbot.addWidget(made)
    made.resize(1000, 750)
    made.show()
    return made


def _buttons(page: SheetsPage, begin: str) -> list[QPushButton]:
    return [button for button in page.findChildren(QPushButton) if button.accessibleName().startswith(begin)]


def test_a_saved_sheet_is_for_its_owner_only_also_where_a_file_stood(page: SheetsPage, tmp_path: Path) -> None:
    path = tmp_path / "seal.pdf"
    path.write_bytes(b"older and open to all")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        page.save(page.sheets[0], path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"%PDF")


def test_what_was_saved_is_said_above_its_button_and_no_button_moves(
    page: SheetsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    save = _buttons(page, "Save as PDF")
    places = [button.mapTo(page, button.rect().topLeft()) for button in save]
    for sheet in page.sheets:
        page.save(sheet, tmp_path / f"{sheet.name}.pdf")
    seal, office = page.notes["seal"], page.notes["office"]
    qtbot.waitUntil(lambda: seal.height() > 20 and office.height() > 20)
    assert [button.mapTo(page, button.rect().topLeft()) for button in save] == places
    for note, place in zip((seal, office), places, strict=True):
        assert note.mapTo(page, note.rect().bottomLeft()).y() < place.y()
        assert note.mapTo(page, note.rect().topLeft()).y() > place.y() - 150
    assert "print it, then delete the file" in seal.text()
    assert "delete" not in office.text()


def test_a_folder_that_cannot_be_written_is_said_in_the_same_place(page: SheetsPage, tmp_path: Path) -> None:
    page.save(page.sheets[0], tmp_path / "missing" / "seal.pdf")
    assert page.notes["seal"].text().startswith("✗ Not saved:")


def test_a_file_name_with_the_study_is_suggested(
    page: SheetsPage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    suggested = []

    def ask(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        suggested.append(name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    for language in ("en", "de"):
        set_language(language)
        for button in _buttons(page, "Save as PDF"):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert suggested == [
        "seal-kundenbefragung-der-land.pdf",
        "handing-over-kundenbefragung-der-land.pdf",
        "siegel-kundenbefragung-der-land.pdf",
        "uebergabe-kundenbefragung-der-land.pdf",
    ]


def test_the_key_of_the_record_outlives_the_seal(page: SheetsPage) -> None:
    grouped = "01234567 89abcdef " * 4
    assert page.key.text() == grouped.strip()
    for sheet in page.sheets:
        assert grouped.strip() in sheet.html
    assert bytes.fromhex(page.key.text()) == bytes.fromhex(KEY), "as `cati verify-erasure` reads it"


def test_no_long_line_of_a_sheet_is_broken_on_paper(page: SheetsPage) -> None:
    for sheet in page.sheets:
        document = QTextDocument()
        document.setHtml(sheet.html)
        document.setTextWidth(170 / 25.4 * 96)  # A4 between its margins, in points of a screen
        assert document.size().height() > 0, "laid out"
        block = document.begin()
        while block.isValid():
            if block.text().startswith(("age1", "01234567")):
                assert block.layout().lineCount() == 1, block.text()
            block = block.next()
