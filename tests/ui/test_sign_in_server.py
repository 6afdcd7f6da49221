"""Signing in to a study on a server from the window: a link file, a start password the first time, then one's own."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cati.fieldwork import staffing
from cati.fieldwork.open_study import Role
from cati.fieldwork.server_setup import Clockwork, ServerPlan, move_to_server
from cati.store.access_rules import wanted_lines
from cati.ui.background import is_busy
from cati.ui.main_window import MainWindow
from cati.ui.password_page import FirstPasswordPage
from cati.ui.sign_in import SignInPage
from cati.vault import server_password
from cati.vault.people import ArgonCost
from tests import postgres

CHEAP = ArgonCost(1, 64, 1)


@pytest.fixture(scope="module")
def tls() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", authority=postgres.new_authority()) as found:
        found.write_rules(*wanted_lines("all"), *postgres.RULES)
        yield found


def test_a_workstation_opens_a_link_and_its_person_comes_in(
    window: MainWindow, ready: Any, tls: postgres.Cluster, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_password, "LEAST", CHEAP)
    link, sheet = tmp_path / "Befragung.cati-study", tmp_path / "start.html"
    plan = ServerPlan(
        administrator=tls.admin, hosts=("localhost",), ports=(tls.port,), authority=tls.authority, cost=CHEAP
    )
    move_to_server(
        ready.folder, plan, ("lead", ready.password), link, sheet, lambda _line: None,
        Clockwork(now=ready.clock, draw=random.Random(3)),
    )  # fmt: skip
    found = re.search(r"\(anna\).*?class=\"mono\">([^<]+)<", sheet.read_text("utf-8"), re.DOTALL)
    assert found is not None
    page = window.page()
    assert isinstance(page, SignInPage)
    assert not page.start.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(link), ""))
    page.choose_link.click()
    qtbot.waitUntil(page.start.isVisible)

    def sign_in(start: str, login: str = "anna", password: str | None = None) -> None:
        page = window.page()
        assert isinstance(page, SignInPage)
        qtbot.waitUntil(page.enter.isEnabled, timeout=15_000)  # whoever was here before is gone
        page.login.setText(login)
        page.password.setText(ready.passwords[login] if password is None else password)
        page.start.setText(start)
        page.sign_in()

    sign_in("")
    qtbot.waitUntil(lambda: page.enter.isEnabled() and page.problem.isVisible())
    assert "wrong" in page.problem.text()
    sign_in(found[1])
    qtbot.waitUntil(lambda: window.study is not None)
    window.sign_out()
    sign_in("", "lead")
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.study is not None
    start = staffing.drawn_start_password()
    cora = staffing.NewMember(login="cora", name="Cora Neu", role=Role.INTERVIEWER, password=start)
    staffing.add_member(window.study, cora, cost=CHEAP)
    window.sign_out()
    sign_in(start, "cora", "")
    qtbot.waitUntil(lambda: window.study is not None)
    first = window.page()
    assert isinstance(first, FirstPasswordPage), "typed where the slip says so, it is enough"
    assert not first.part.old_field.isVisible(), "and not asked for once more"
    first.part.new.setText("gruener Kahn unter vier Eschen")
    first.part.again.setText("gruener Kahn unter vier Eschen")
    first.part.change.click()
    qtbot.waitUntil(window.rail.isVisible, timeout=15_000)
    window.sign_out()
    sign_in("", "cora", "gruener Kahn unter vier Eschen")
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.rail.isVisible()
    window.sign_out()
    sign_in("")
    qtbot.waitUntil(lambda: window.study is not None)
    window.sign_out()
    qtbot.waitUntil(lambda: not is_busy(), timeout=15_000)
