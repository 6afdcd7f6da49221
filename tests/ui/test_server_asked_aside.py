"""A window never waits for its server: whatever it asks, another thread asks, and the page says so meanwhile."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from sqlalchemy import event
from sqlalchemy.pool import Pool

from cati.text import set_language
from cati.ui import parting
from cati.ui.background import is_busy
from cati.ui.calling_page import CallingPage
from cati.ui.idle_lock import HELD_MINUTES
from cati.ui.main_window import MainWindow
from cati.ui.progress_page import ProgressPage
from cati.ui.settings_page import SettingsPage
from cati.ui.sign_in import SignInPage
from cati.ui.staff_page import StaffPage

if TYPE_CHECKING:
    from conftest import Ready, Remote

PATIENCE = 30_000


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Fail when the window's thread takes a connection to a server; what it does by itself meanwhile is its own."""
    window_thread = threading.current_thread()
    asked: list[str] = []

    def taken(connection: Any, *_rest: object) -> None:
        if isinstance(connection, psycopg.Connection) and threading.current_thread() is window_thread:
            frames = [f"{one.filename.partition('/cati/')[2]}:{one.lineno}" for one in traceback.extract_stack()]
            asked.append(" ".join(frame for frame in frames if not frame.startswith(":")))

    event.listen(Pool, "checkout", taken)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", taken)
    assert not asked, "\n".join(asked)


@pytest.fixture
def on_server(window: MainWindow, remote: Remote, qtbot: QtBot) -> Iterator[MainWindow]:
    set_language("en")
    yield window
    remote.wire.blocked.clear()
    qtbot.waitUntil(lambda: not is_busy(), timeout=PATIENCE)


def _settle(qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not is_busy(), timeout=PATIENCE)
    QApplication.processEvents()


def _seen(window: MainWindow) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def test_the_counter_sees_a_page_that_asks_by_itself(on_server: MainWindow, remote: Remote) -> None:
    study = remote.sign_in("witness")
    with pytest.raises(AssertionError, match="store"), nobody_waits(), study.reading():
        pass


@pytest.mark.parametrize("login", ["lead", "witness", "anna"])
def test_no_page_is_waited_for(on_server: MainWindow, remote: Remote, qtbot: QtBot, login: str) -> None:
    study = remote.sign_in(login)
    with nobody_waits():
        on_server.enter(study)
        _settle(qtbot)
        for name in on_server.rail.names():
            on_server.open_place(name)
            _settle(qtbot)
            assert "This page cannot be opened" not in _seen(on_server), name
        on_server.take_pause()
        on_server.open_place(on_server.rail.names()[0])
        on_server.sign_out()
        assert on_server.study is None
        _settle(qtbot)


def test_acts_of_a_research_lead_are_not_waited_for(on_server: MainWindow, remote: Remote, qtbot: QtBot) -> None:
    study = remote.sign_in("lead")
    with nobody_waits():
        on_server.enter(study)
        on_server.open_place("staff")
        page = on_server.page()
        assert isinstance(page, StaffPage)
        assert page.people.working.isVisible(), "it says that it is on its way"
        _settle(qtbot)
        people = page.people
        people.person.setCurrentIndex(people.person.findText("Anna Fragt (anna)"))
        people.skills.converts.setChecked(True)
        people.save.click()
        qtbot.waitUntil(lambda: "Kept for Anna Fragt" in people.note.text(), timeout=PATIENCE)
        people.leave.click()
        people.leave.click()
        qtbot.waitUntil(lambda: "access is taken away" in people.note.text(), timeout=PATIENCE)
        assert people.person.currentText() == "Anna Fragt (anna) – has left"
        on_server.open_place("settings")
        settings = on_server.page()
        assert isinstance(settings, SettingsPage)
        settings.rules.views.setValue(70)
        settings.save.click()
        qtbot.waitUntil(lambda: "Saved and logged" in settings.note.text(), timeout=PATIENCE)
        _settle(qtbot)


def test_who_signs_out_of_a_silent_server_sees_it_said(on_server: MainWindow, remote: Remote, qtbot: QtBot) -> None:
    on_server.enter(remote.sign_in("anna"))
    _settle(qtbot)
    with nobody_waits():
        remote.wire.blocked.set()
        on_server.sign_out()
        page = on_server.page()
        assert isinstance(page, SignInPage)
        assert "Signing out" in _seen(on_server)
        assert not page.enter.isEnabled(), "the next one waits until the one before is gone"
        remote.wire.blocked.clear()
        qtbot.waitUntil(page.enter.isEnabled, timeout=PATIENCE)
    assert "Signing out" not in _seen(on_server)
    on_server.enter(remote.sign_in("anna"))


def test_a_server_that_stays_silent_keeps_nobody_from_signing_in(
    on_server: MainWindow, remote: Remote, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parting, "PATIENCE_MS", 10)
    on_server.enter(remote.sign_in("anna"))
    _settle(qtbot)
    remote.wire.blocked.set()
    on_server.sign_out()
    page = on_server.page()
    assert isinstance(page, SignInPage)
    qtbot.waitUntil(page.enter.isEnabled, timeout=PATIENCE)
    assert is_busy(), "it is still being done, beside that"


def test_a_window_closed_before_a_silent_server_is_closed_at_once(
    on_server: MainWindow, remote: Remote, qtbot: QtBot
) -> None:
    on_server.enter(remote.sign_in("anna"))
    _settle(qtbot)
    with nobody_waits():
        remote.wire.blocked.set()
        assert on_server.close()
        assert not on_server.isVisible()
        remote.wire.blocked.clear()
        _settle(qtbot)


def test_a_supervisor_is_told_how_old_the_figures_are(on_server: MainWindow, remote: Remote, qtbot: QtBot) -> None:
    on_server.enter(remote.sign_in("witness"))
    page = on_server.page()
    assert isinstance(page, ProgressPage)
    qtbot.waitUntil(lambda: page.found is not None, timeout=PATIENCE)
    with nobody_waits():
        remote.wire.blocked.set()
        page.refresh()
        qtbot.waitUntil(page.working.isVisible, timeout=PATIENCE)
        remote.wire.blocked.clear()
        qtbot.waitUntil(page.working.isHidden, timeout=PATIENCE)
        remote.cut()
        page.refresh()
        qtbot.waitUntil(page.problem.isVisible, timeout=PATIENCE)
        assert "These figures are of" in page.problem.text()
        remote.mend()
        page.refresh()
        qtbot.waitUntil(page.problem.isHidden, timeout=PATIENCE)


def test_a_locked_window_gives_its_case_back(on_server: MainWindow, remote: Remote, ready: Ready, qtbot: QtBot) -> None:
    on_server.enter(remote.sign_in("anna"))
    page = on_server.page()
    assert isinstance(page, CallingPage)
    with nobody_waits():
        page.take_next()
        qtbot.waitUntil(lambda: page.case is not None, timeout=PATIENCE)
        on_server.lock.lock()
        ready.clock.forward(minutes=HELD_MINUTES)
        on_server.lock.look()
        qtbot.waitUntil(lambda: page.case is None, timeout=PATIENCE)
        assert "went back to the others" in _seen(on_server)
        on_server.lock.uncover()
        assert "went back to the others" in page.notice.text()
        page.take_next()
        qtbot.waitUntil(lambda: page.case is not None, timeout=PATIENCE)


def test_who_wants_the_workstation_does_not_wait_either(on_server: MainWindow, remote: Remote, qtbot: QtBot) -> None:
    on_server.enter(remote.sign_in("anna"))
    page = on_server.page()
    assert isinstance(page, CallingPage)
    page.take_next()
    qtbot.waitUntil(lambda: page.case is not None, timeout=PATIENCE)
    on_server.lock.lock()
    lock = on_server.lock.page
    assert lock is not None
    with nobody_waits():
        remote.cut()
        lock.leave.click()
        assert "Press once more" in lock.note.text()
        lock.leave.click()
        qtbot.waitUntil(lambda: on_server.study is None, timeout=PATIENCE)
        remote.mend()
        _settle(qtbot)
