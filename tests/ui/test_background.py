"""Slow work: its result in the window's thread, its bugs as sentences without data, nothing once the owner is gone."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cati.errors import Cancelled, Problem
from cati.ui.background import Ticket, run_in_background


@pytest.fixture
def owner(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_work_runs_elsewhere_and_reports_here(owner: QWidget, qtbot: QtBot) -> None:
    here = threading.get_ident()
    seen: list[tuple[str, object]] = []

    def work(ticket: Ticket) -> int:
        ticket.progress(1, 2)
        return threading.get_ident()

    run_in_background(
        owner,
        work,
        lambda there: seen.append(("done", (there != here, threading.get_ident() == here))),
        progress=lambda done, total: seen.append(("progress", (done, total))),
    )
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [("progress", (1, 2)), ("done", (True, True))]


def test_a_problem_arrives_as_it_is(owner: QWidget, qtbot: QtBot) -> None:
    seen: list[Problem] = []

    def work(_ticket: Ticket) -> None:
        raise Problem("File", "It is broken.", "Mend it.")

    run_in_background(owner, work, lambda _value: None, seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert str(seen[0]) == "File: It is broken. Mend it."


def test_a_bug_is_logged_by_type_and_place_only(owner: QWidget, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Problem] = []

    def work(_ticket: Ticket) -> None:
        raise ValueError("Erika Mustermann 0171 3920001")

    with caplog.at_level(logging.ERROR):
        run_in_background(owner, work, lambda _value: None, seen.append)
        qtbot.waitUntil(lambda: bool(seen))
    assert "ValueError" in caplog.text
    assert "Mustermann" not in caplog.text + str(seen[0])


def test_cancel_is_heard_by_the_work(owner: QWidget, qtbot: QtBot) -> None:
    seen: list[str] = []

    def work(ticket: Ticket) -> None:
        while not ticket.cancelled():
            time.sleep(0.001)
        raise Cancelled

    job = run_in_background(
        owner,
        work,
        lambda _value: seen.append("done"),
        lambda _problem: seen.append("failed"),
        cancelled=lambda: seen.append("cancelled"),
    )
    job.cancel()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["cancelled"]


def test_nothing_is_called_when_the_owner_is_gone_but_what_was_opened_is_closed(qtbot: QtBot) -> None:
    owner = QWidget()
    go = threading.Event()
    seen: list[str] = []

    def work(_ticket: Ticket) -> str:
        go.wait(5)
        return "opened"

    run_in_background(
        owner, work, lambda _value: seen.append("done"), dropped=lambda value: seen.append(f"closed what was {value}")
    )
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete.value)
    go.set()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["closed what was opened"]
