"""The real window while its server is gone: typing goes on, the page says what is not saved, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati import places
from cati.fieldwork import calling
from cati.fieldwork.spool import files_of
from cati.store import attempts, connecting
from cati.survey.questionnaire import Kind
from cati.text import set_language
from cati.ui.background import is_busy
from cati.ui.calling_page import CallingPage
from cati.ui.interview_page import InterviewPage
from cati.ui.main_window import MainWindow
from tests import postgres, servers

if TYPE_CHECKING:
    from conftest import Remote

RETURN, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape
PATIENCE = 30_000


def press(key: object) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    if isinstance(key, str):
        QTest.keyClicks(focus, key)
    else:
        QTest.keyClick(focus, key)  # type: ignore[call-overload]
    QApplication.processEvents()


LEAST_WAIT = connecting._CONNECT_SECONDS
"""Seconds: whatever asks a server that is away waits at least so long, so that no press of a key has asked it."""


@dataclass
class Seat:
    """Anna before the window, and how long it kept her waiting at worst (seconds)."""

    window: MainWindow
    qtbot: QtBot
    longest: float = 0.0

    @property
    def page(self) -> CallingPage:
        page = self.window.page()
        assert isinstance(page, CallingPage)
        return page

    @property
    def interview(self) -> InterviewPage:
        page = self.page.panel.interview
        assert page is not None
        return page

    @property
    def line(self) -> str:
        assert self.page.keeping is not None
        return self.page.keeping.words.text()

    def press(self, key: object) -> None:
        begun = time.monotonic()
        press(key)
        self.longest = max(self.longest, time.monotonic() - begun)

    def until(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=PATIENCE)

    def next_key(self) -> str:
        """How the key for the next case looks."""
        return self.page.idle.keys.offers[0].kind

    def take(self) -> None:
        press(RETURN)
        self.until(lambda: self.page.case is not None)

    def begin(self) -> None:
        """From the case to its interview's first question."""
        for _ in range(30):
            if self.page.panel.interview is not None:
                break
            self.press(RETURN)
        assert self.page.panel.interview is not None

    def finish(self) -> None:
        QTest.keyClick(QApplication.focusWidget(), RETURN, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()

    def answer(self, most: int = 200) -> int:
        """Answer questions by keyboard; return how many."""
        for n in range(most):
            page = self.page.panel.interview
            if page is None or page.running.state.screen is None:
                return n
            question = page.asked.question
            assert question is not None
            if question.kind is Kind.NOTE:
                self.press(RETURN)
            elif question.kind is Kind.SINGLE:
                self.press("1")
            else:
                self.press(Qt.Key.Key_F9)
        return most


@pytest.fixture
def seat(remote: Remote, window: MainWindow, qtbot: QtBot) -> Iterator[Seat]:
    set_language("en")
    window.enter(remote.sign_in("anna"))
    window.activateWindow()
    one = Seat(window, qtbot)
    one.page.setFocus()
    QApplication.processEvents()
    yield one
    remote.wire.blocked.clear()
    qtbot.waitUntil(lambda: not is_busy(), timeout=PATIENCE)


def test_a_day_without_an_outage_says_nothing_of_saving(seat: Seat, remote: Remote) -> None:
    seat.take()
    first = seat.page.case
    assert first is not None
    seat.press("n")
    assert seat.page.case is None
    assert "No answer" in seat.page.idle.about.text(), "what was noted is said at once"
    seat.until(lambda: "Called again" in seat.page.idle.about.text())
    assert seat.line == ""
    seat.press("u")
    seat.until(lambda: seat.page.case is not None)
    assert seat.page.case is not None
    assert seat.page.case.case_id == first.case_id
    assert remote.kept()["outcomes"] == {}
    seat.press("b")
    seat.until(lambda: remote.kept()["outcomes"] == {"busy": 1})


def test_an_interview_is_finished_while_the_server_is_stopped_and_is_there_once(
    seat: Seat, remote: Remote, cluster: postgres.Cluster, ready: Any
) -> None:
    seat.take()
    seat.begin()
    seat.answer(5)
    cluster.stop("immediate")
    seat.answer(3)
    seat.until(lambda: "Not saved yet" in seat.line)
    assert "kept on this workstation" in seat.line
    answered = seat.answer()
    assert answered > 5
    assert seat.interview.running.state.screen is None
    ready.clock.forward(minutes=10)
    seat.finish()
    assert seat.page.case is None
    seat.press(RETURN)  # the next case, please
    seat.until(lambda: seat.page.idle.heading.text() == "Not saved yet" or "does not answer" in
               seat.page.idle.heading.text())  # fmt: skip
    assert seat.page.case is None
    assert len(files_of(places.spools(), seat.page.study.study_id)) == 1
    cluster.start()
    seat.until(lambda: seat.page.case is not None)  # it comes by itself
    found = remote.kept()
    assert (found["pending"], found["outcomes"], found["events"]) == (1, {"complete": 1}, {})
    assert files_of(places.spools(), seat.page.study.study_id) == ()
    assert seat.longest < LEAST_WAIT, f"the window stood still for {seat.longest:.2f} s"


def test_a_server_that_says_nothing_at_all_stops_no_typing(seat: Seat, remote: Remote) -> None:
    seat.take()
    seat.begin()
    seat.answer(4)
    remote.wire.blocked.set()
    seat.answer(6)
    seat.until(lambda: seat.line == "Saving …")
    seat.until(lambda: "Not saved yet" in seat.line)
    seat.answer(6)
    assert seat.longest < LEAST_WAIT
    remote.wire.blocked.clear()
    seat.until(lambda: "Everything is saved" in seat.line)
    (events,) = remote.kept()["events"].values()
    assert events == len(seat.interview.running.events)


def test_calls_end_without_the_server_and_the_next_case_waits(seat: Seat, remote: Remote) -> None:
    seat.take()
    remote.cut()
    seat.press("n")
    assert seat.page.case is None
    seat.until(lambda: seat.page.idle.heading.text() == "Not saved yet")
    assert "cannot be undone" in seat.page.idle.about.text()
    seat.press(RETURN)
    seat.until(lambda: "does not answer" in seat.page.idle.heading.text())
    seat.press(ESCAPE)
    assert not seat.page.wanted.waits
    seat.press(RETURN)
    remote.mend()
    seat.until(lambda: seat.page.case is not None)
    assert remote.kept()["outcomes"] == {"no_answer": 1}
    seat.press("a")
    remote.cut()
    seat.press("tomorrow 15:00")
    assert "15:00" in seat.page.panel.appointment.understood.text()
    seat.press(RETURN)
    assert seat.page.case is None
    remote.mend()
    seat.until(lambda: remote.kept()["outcomes"] == {"no_answer": 1, "appointment": 1})


def test_return_is_answered_while_the_server_is_silent_and_escape_gives_back_what_comes_late(
    seat: Seat, remote: Remote
) -> None:
    seat.take()
    seat.press("n")
    seat.until(lambda: "Called again" in seat.page.idle.about.text())
    noted = seat.page.idle.heading.text(), seat.page.idle.about.text()
    assert seat.next_key() == "primary"
    remote.wire.blocked.set()
    seat.press(RETURN)
    assert seat.next_key() == "quiet", "it was pressed, and is heard"
    assert seat.page.hasFocus()
    seat.until(lambda: seat.page.idle.heading.text() == "One moment …")
    seat.until(lambda: "does not answer" in seat.page.idle.heading.text())
    seat.window.take_pause()
    assert "Press Esc" in seat.window.told.text()
    assert not seat.window.close()
    assert "Press Esc" in seat.window.told.text()
    seat.press(ESCAPE)
    assert seat.page.idle.heading.text() == "Ready?"
    assert seat.next_key() == "primary", "it can be pressed again"
    assert noted != ("Ready?", "")
    remote.wire.blocked.clear()
    seat.until(lambda: not seat.page.wanted.is_asking)
    assert seat.page.case is None, "nobody wanted it any more"
    assert remote.kept()["held"] == 0
    seat.press(RETURN)
    seat.until(lambda: seat.page.case is not None)
    seat.press("n")
    seat.until(lambda: seat.page.case is None)
    assert seat.next_key() == "primary"


def test_an_outcome_that_is_being_taken_back_is_not_given_up_on_its_way(seat: Seat, remote: Remote) -> None:
    seat.take()
    seat.press("n")
    seat.until(lambda: "Called again" in seat.page.idle.about.text())
    remote.wire.blocked.set()
    seat.press("u")
    seat.until(lambda: seat.page.idle.about.text() == "Asking the server …")
    seat.press(ESCAPE)
    assert seat.page.wanted.waits
    remote.wire.blocked.clear()
    seat.until(lambda: seat.page.case is not None)
    assert remote.kept()["held"] == 1, "neither outcome nor case is lost"


def test_what_is_asked_while_another_question_is_out_is_not_forgotten(seat: Seat, remote: Remote) -> None:
    remote.wire.blocked.set()
    page = seat.page
    page.between.search("0000")  # is being asked, and nothing comes back
    seat.press(RETURN)
    assert page.case is None
    remote.wire.blocked.clear()
    seat.until(lambda: page.case is not None)
    assert seat.longest < LEAST_WAIT


def test_a_window_closed_in_an_outage_sends_the_rest_at_the_next_sign_in(
    seat: Seat, remote: Remote, make_window: Any, ready: Any, qtbot: QtBot
) -> None:
    seat.take()
    seat.begin()
    seat.answer(3)
    remote.cut()
    seat.answer()
    seat.finish()
    assert seat.page.case is None
    assert not seat.window.close()
    assert "Not everything is saved" in seat.window.told.text()
    assert seat.window.told.isVisible()
    assert seat.window.close()
    assert len(files_of(places.spools(), ready.opened[0].study_id)) == 1
    remote.mend()
    window = make_window(ready.clock)
    window.enter(remote.sign_in("anna"))
    again = Seat(window, qtbot)
    again.until(lambda: "saved now" in again.page.notice.text())
    found = remote.kept()
    assert (found["pending"], found["outcomes"], found["events"]) == (1, {"complete": 1}, {})


def test_an_answer_whose_acknowledgement_is_swallowed_is_there_once(seat: Seat, remote: Remote) -> None:
    seat.take()
    seat.begin()
    for nth in (1, 2):
        remote.wire.swallow = b"COMMIT"
        seat.answer(2)
        seat.until(lambda so_many=nth: remote.wire.swallowed == so_many)
    seat.until(lambda: not seat.page.study.desk.outbox.standing().waiting)  # type: ignore[union-attr]
    (events,) = remote.kept()["events"].values()
    assert events == len(seat.interview.running.events)


def test_a_case_that_went_to_somebody_else_is_closed_and_that_is_said(seat: Seat, remote: Remote, ready: Any) -> None:
    seat.take()
    seat.begin()
    case = seat.page.case
    assert case is not None
    seat.until(lambda: remote.kept()["events"] != {})
    remote.cut()
    seat.answer(3)
    ready.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    remote.mend()
    owner = servers.as_owner(remote.cluster, remote.study_id, remote.link.database)
    with owner.transaction() as transaction:
        attempts.end_attempt(transaction, attempts.attempts_of(transaction, case.case_id)[0].id, 1, "technical")
        transaction.exec_driver_sql(
            'UPDATE "case" SET fence = fence + 1, lease_holder = NULL, status = 0 WHERE id = %s', (case.case_id,)
        )
    owner.close()
    seat.until(lambda: seat.page.case is None)
    assert "went to somebody else" in seat.page.notice.text()
    assert Path(places.spools()).is_dir()
