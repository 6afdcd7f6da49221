"""Signing in: the right password opens the study, a wrong one is said calmly, a missing seal comes back from paper."""

from __future__ import annotations

import random
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cati import places
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import create_study
from cati.places import shipped_questionnaires
from cati.ui import preferences
from cati.ui.main_window import MainWindow
from cati.ui.sign_in import SignInPage


def _page(window: MainWindow) -> SignInPage:
    page = window.page()
    assert isinstance(page, SignInPage)
    return page


def test_signing_in_by_keyboard_opens_the_first_page_of_the_role(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window)
    page.show_study(ready.folder)
    qtbot.keyClicks(page.login, "lead")
    qtbot.keyClick(page.login, Qt.Key.Key_Return)
    qtbot.keyClicks(page.password, ready.password)
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.rail.names()[0] == "progress"
    assert "Dr. Ada Leitner" in window.header.study_line()
    window.sign_out()
    assert window.study is None
    assert _page(window).folder == ready.folder, "the study stays in front for the next person"


def test_each_role_sees_its_own_places(window: MainWindow, ready: Any) -> None:
    seen = {}
    for login in ("anna", "witness", "lead"):
        window.enter(ready.sign_in(login))
        seen[login] = window.rail.names()
        window.sign_out()
    assert seen["anna"] == ("calls", "password", "manual")
    assert "purge" not in seen["witness"]
    assert {"export", "purge", "settings", "staff", "list"} <= set(seen["lead"])


def test_a_wrong_password_is_said_and_the_study_stays_shut(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window)
    page.show_study(ready.folder)
    page.login.setText("lead")
    page.password.setText("not the right one at all")
    page.sign_in()
    qtbot.waitUntil(lambda: page.enter.isEnabled() and page.problem.isVisible())
    assert "wrong" in page.problem.text()
    assert window.study is None


def test_a_folder_without_a_study_is_refused_with_what_to_do(window: MainWindow, tmp_path: Any) -> None:
    page = _page(window)
    page.show_study(tmp_path)
    assert page.problem.isVisible()
    assert page.studies.count() == 0


def test_the_result_is_dropped_when_the_page_is_gone(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window)
    page.show_study(ready.folder)
    page.login.setText("lead")
    page.password.setText(ready.password)
    page.sign_in()
    window.page().new_study_wanted.emit()
    qtbot.wait(400)
    assert window.study is None


def test_a_missing_seal_is_taken_from_its_file_as_another_workstation_has_it(
    window: MainWindow, ready: Any, tmp_path: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = next(places.seals().glob("*.seal"))
    stick = tmp_path / "stick.seal"
    here.rename(stick)
    page = _page(window)
    page.show_study(ready.folder)
    qtbot.waitUntil(page.seal.isVisible)
    broken = tmp_path / "broken.seal"
    broken.write_bytes(stick.read_bytes()[:100])
    for chosen, said in ((broken, "damaged"), (stick, "The seal is here.")):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words, chosen=chosen: (str(chosen), ""))
        page.seal.bring.click()
        assert said in page.problem.text()
    assert not page.seal.isVisible()
    assert here.read_bytes() == stick.read_bytes()


def test_a_missing_seal_comes_back_from_its_paper_copy(
    window: MainWindow, ready: Any, settings: Any, staff: Any, tmp_path: Any, qtbot: QtBot
) -> None:
    created = create_study(
        tmp_path / "other",
        settings,
        shipped_questionnaires() / "county_customer_survey.xlsx",
        staff,
        now=ready.clock,
        draw=random.Random(9),
        cost=ready.cost,
    )
    created.seal_path.unlink()
    page = _page(window)
    page.show_study(created.folder)
    qtbot.waitUntil(page.seal.isVisible)
    seal = page.seal
    assert created.seal_path.name in seal.about.text()
    assert "link file" not in seal.about.text(), "this study is a folder"
    seal.paper.setPlainText("01 NOT A SEAL")
    seal.restore.click()
    assert "✗" in seal.paper_field.fault
    seal.paper.setPlainText("\n".join(created.paper_seal))
    seal.restore.click()
    assert not seal.paper.toPlainText()
    assert not page.seal.isVisible()
    assert created.seal_path.parent == places.seals()
    assert created.seal_path.exists()
    page.login.setText("lead")
    page.password.setText(ready.password)
    page.sign_in()
    qtbot.waitUntil(lambda: window.study is not None)
    assert isinstance(window.study, OpenStudy)
    window.sign_out()


def test_recent_studies_are_remembered_for_the_next_start(window: MainWindow, ready: Any) -> None:
    window.enter(ready.sign_in("anna"))
    window.sign_out()
    kept = preferences.load()
    assert [one.folder for one in kept.recent] == [str(ready.folder)]
    assert kept.recent[0].name == "Kundenbefragung der Landkreise 2027"
