"""What changes elsewhere reaches an open window within two seconds, and never one in which somebody is on a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from cati.fieldwork import calling, log, supervising
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import change_settings, deactivate
from cati.survey.dispositions import Outcome
from cati.ui.background import is_busy
from cati.ui.calling_page import CallingPage
from cati.ui.main_window import MainWindow
from cati.ui.progress_page import ProgressPage
from cati.ui.settings_page import SettingsPage
from cati.ui.sign_in import SignInPage

TWO_SECONDS = 2000
Ready = Any
MakeWindow = Callable[..., MainWindow]


def _call(study: OpenStudy) -> None:
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    calling.note_outcome(study, case.lease, call, Outcome.NO_ANSWER)


def _entered(window: MainWindow, ready: Ready, qtbot: QtBot, login: str, place: str) -> Any:
    window.enter(ready.sign_in(login))
    window.open_place(place)
    window.watch.beat()
    qtbot.waitUntil(lambda: not is_busy())
    return window.page()


def _figures(page: ProgressPage) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.property("kind") == "figure"]


def test_a_supervisors_figures_follow_a_call_elsewhere(window: MainWindow, ready: Ready, qtbot: QtBot) -> None:
    page = _entered(window, ready, qtbot, "witness", "progress")
    assert isinstance(page, ProgressPage)
    assert _figures(page)[2] == "0"
    _call(ready.sign_in("anna"))
    qtbot.waitUntil(lambda: _figures(page)[2] == "1", timeout=TWO_SECONDS)


def test_focus_and_place_stay_while_figures_change(window: MainWindow, ready: Ready, qtbot: QtBot) -> None:
    page = _entered(window, ready, qtbot, "witness", "progress")
    window.activateWindow()
    page.cells.setFocus()
    page.cells.setCurrentCell(2, 1)
    _call(ready.sign_in("anna"))
    qtbot.waitUntil(lambda: _figures(page)[2] == "1", timeout=TWO_SECONDS)
    assert page.cells.hasFocus()
    assert (page.cells.currentRow(), page.cells.currentColumn()) == (2, 1)


def test_nothing_is_looked_at_while_a_case_is_open_and_the_next_act_knows(
    window: MainWindow, ready: Ready, qtbot: QtBot
) -> None:
    page = _entered(window, ready, qtbot, "anna", "calls")
    assert isinstance(page, CallingPage)
    page.take_next()
    assert page.case is not None
    lead = ready.sign_in("lead")
    change_settings(lead, replace(lead.settings, purpose="wie es war"))
    window.watch.beat()
    assert not is_busy()
    assert page.study.settings.purpose != "wie es war"
    calling.put_back(page.study, page.case.lease)
    page.panel.put_away("", None)
    page.take_next()
    assert page.study.settings.purpose == "wie es war"
    assert page.panel.open is not None
    assert page.panel.open.study.settings.purpose == "wie es war"


def test_whoever_left_is_signed_out_between_two_cases(window: MainWindow, ready: Ready, qtbot: QtBot) -> None:
    page = _entered(window, ready, qtbot, "anna", "calls")
    lead = ready.sign_in("lead")
    deactivate(lead, page.study.me.id)
    page.take_next()
    assert window.study is None
    sign_in = window.page()
    assert isinstance(sign_in, SignInPage)
    assert "your access was taken away" in sign_in.problem.text()


def test_settings_changed_elsewhere_are_shown_and_typed_ones_stay(
    window: MainWindow, ready: Ready, qtbot: QtBot
) -> None:
    page = _entered(window, ready, qtbot, "lead", "settings")
    assert isinstance(page, SettingsPage)
    other = ready.sign_in("lead")
    other, _changed = change_settings(other, replace(other.settings, purpose="wie es war"))
    qtbot.waitUntil(lambda: page.about.purpose.text() == "wie es war", timeout=TWO_SECONDS)
    page.about.client.setText("Landkreis West")
    change_settings(other, replace(other.settings, purpose="wie es ist"))
    qtbot.waitUntil(lambda: "not saved yet" in page.note.text(), timeout=TWO_SECONDS)
    qtbot.mouseClick(page.save, Qt.MouseButton.LeftButton)
    assert "Saved" in page.note.text()
    assert (page.study.settings.client, page.study.settings.purpose) == ("Landkreis West", "wie es ist")


def test_own_appointments_follow_what_a_colleague_does(window: MainWindow, ready: Ready, qtbot: QtBot) -> None:
    page = _entered(window, ready, qtbot, "anna", "calls")
    seen: list[int] = []
    page.idle.show_appointments = lambda booked: seen.append(len(booked))
    _call(ready.sign_in("anna"))  # in another window of the same person
    qtbot.waitUntil(lambda: bool(seen), timeout=TWO_SECONDS)


def test_a_supervisors_window_works_out_times_where_interviewers_may_not(
    window: MainWindow, ready: Ready, qtbot: QtBot
) -> None:
    lead = ready.sign_in("lead")
    rules = replace(lead.settings.rules, busy_minutes=60)
    change_settings(lead, replace(lead.settings, rules=rules))
    witness = ready.sign_in("witness")
    witness.database.shared = True  # as a server's is
    assert supervising.progress(witness).replanning == 60
    window.enter(witness)
    window.watch.beat()
    qtbot.waitUntil(lambda: supervising.progress(witness).replanning == 0)
    assert [one.details for one in log.entries(witness, acts=[Act.PLANNED])] == ['{"cases":60}']


def test_nothing_is_looked_at_during_a_pause_or_when_nobody_is_signed_in(
    window: MainWindow, ready: Ready, qtbot: QtBot
) -> None:
    window.watch.beat()
    assert not is_busy()
    _entered(window, ready, qtbot, "anna", "calls")
    window.take_pause()
    window.watch.beat()
    assert not is_busy()
