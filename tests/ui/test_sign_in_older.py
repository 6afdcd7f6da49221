"""The first page offers to bring an older study up to date after a copy, and takes a seal from a stick."""

from __future__ import annotations

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cati import places
from cati.fieldwork.updating import COPIES
from cati.store import migrations
from cati.store.embedded import Embedded
from cati.ui.main_window import MainWindow
from cati.ui.sign_in import SignInPage

OLD = Path(__file__).parents[1] / "study_of_revision_0001.zip"
ANNA = "roter Kahn unter drei Linden"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A study that revision 0001's program left, its seal on a stick."""
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path / "stick")
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.move(tmp_path / "stick" / "study.db", folder / "study.db")
    return folder


def version(folder: Path) -> str | None:
    database = Embedded(folder)
    found = migrations.version(database)
    database.close()
    return found


def page_of(window: MainWindow) -> SignInPage:
    page = window.page()
    assert isinstance(page, SignInPage)
    return page


def test_an_older_study_is_offered_copied_and_opened(
    window: MainWindow, ready: Any, old: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(window)
    ready.clock.at = datetime(2027, 7, 7, 12, tzinfo=UTC)
    page.show_study(old)
    qtbot.waitUntil(page.update_study.isVisible)
    assert "deleted after 7 days" in page.problem.text()
    assert not page.enter.isEnabled()
    page.login.setText("anna")
    page.password.setText(ANNA)
    page.sign_in()  # by Return in a field: nothing is opened, nothing is changed
    assert version(old) == "0001"
    page.update_study.click()
    qtbot.waitUntil(lambda: page.update_study.isHidden() and page.enter.isEnabled())
    assert version(old) == migrations.HEAD
    assert len(list((old / COPIES).glob("*.backup"))) == 1
    qtbot.waitUntil(page.seal.isVisible)
    (seal,) = (tmp_path / "stick" / "seals").glob("*.seal")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: ("", ""))
    page.seal.bring.click()
    assert page.seal.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(seal), ""))
    page.seal.bring.click()
    assert (places.seals() / seal.name).exists()
    page.sign_in()
    qtbot.waitUntil(lambda: window.study is not None)
    window.sign_out()


def test_what_keeps_it_from_being_brought_along_is_said(
    window: MainWindow, ready: Any, old: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cati.fieldwork.updating.shutil.disk_usage", lambda _folder: shutil._ntuple_diskusage(1, 1, 1))
    page = page_of(window)
    page.show_study(old)
    qtbot.waitUntil(page.update_study.isVisible)
    page.update_study.click()
    qtbot.waitUntil(lambda: "no room for a copy" in page.problem.text())
    assert page.update_study.isEnabled()
    assert page.studies.isEnabled()
    assert version(old) == "0001"
    page.show_study(ready.folder)
    qtbot.waitUntil(page.enter.isEnabled)
    assert page.update_study.isHidden()


def test_a_seal_of_another_study_is_not_taken(
    window: MainWindow, ready: Any, old: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = next(places.seals().glob("*.seal"))
    mine.rename(tmp_path / "mine")
    (seal,) = (tmp_path / "stick" / "seals").glob("*.seal")
    page = page_of(window)
    page.show_study(ready.folder)
    qtbot.waitUntil(page.seal.isVisible)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(seal), ""))
    page.seal.bring.click()
    assert "another study" in page.problem.text()
    assert page.seal.isVisible()
