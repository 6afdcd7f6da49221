"""Drives the real window by keyboard through one whole interview, and takes pictures of what an interviewer sees."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cati.survey.answers import Answer, Status
from cati.survey.invented_answers import invent_answer
from cati.survey.questionnaire import Kind
from cati.text import language, set_language

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from cati.demo.field import Clock
    from cati.fieldwork.open_study import OpenStudy
    from cati.survey.screens import Question
    from cati.ui.interview_page import InterviewPage
    from cati.ui.main_window import MainWindow

MOST_KEYS = 400


def window_for(study: OpenStudy, clock: Clock) -> tuple[QApplication, MainWindow]:
    """Return the application and its window with the study open, drawn without a display where there is none."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import qInstallMessageHandler

    from cati.app import build

    # Qt's drawing without a display says on every start that it knows no size hints; nothing else is kept quiet.
    qInstallMessageHandler(lambda _kind, _where, said: None if "propagateSizeHints" in said else print(said))

    app, window = build([])
    window.now = clock.now
    window.speak("de")
    window.enter(study)
    window.resize(1280, 800)
    window.show()
    app.processEvents()
    return app, window


class Hands:
    """Somebody's hands on the keyboard: presses keys in the real window and lets it work."""

    def __init__(self, app: QApplication, window: MainWindow, clock: Clock, folder: Path) -> None:
        self.app = app
        self.window = window
        self.clock = clock
        self.folder = folder
        self.pictures: list[Path] = []

    def press(self, key: str, seconds: int = 2) -> None:
        """Press one key ("Return", "F9", "Ctrl+Return") or type one sign, and let the time pass that it takes."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        control = key.startswith("Ctrl+")
        modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
        name = key.removeprefix("Ctrl+")
        target = self.app.focusWidget() or self.window
        if len(name) == 1 and not control:
            self._sign(target, name)
        else:
            QTest.keyClick(target, getattr(Qt.Key, f"Key_{name}"), modifier)
        self.clock.at += timedelta(seconds=seconds)
        self.app.processEvents()

    def _sign(self, target: object, sign: str) -> None:
        """Type one sign, umlauts too (QTest knows ASCII only)."""
        from PySide6.QtCore import QEvent, QObject, Qt
        from PySide6.QtGui import QKeyEvent

        if not isinstance(target, QObject):
            return
        code = ord(sign.upper()) if sign.isascii() else 0
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            self.app.sendEvent(target, QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, sign))

    def type(self, text: str) -> None:
        """Type a text."""
        for sign in text:
            self.press(sign, 0)

    def picture(self, name: str) -> None:
        """Keep a picture of the window."""
        from cati.ui.background import is_busy

        self.folder.mkdir(parents=True, exist_ok=True)
        self.app.processEvents()
        while is_busy():  # what is counted in the background belongs into the picture
            self.app.processEvents()
        for _ in range(3):  # a page that was just filled lays itself out in two rounds
            self.app.processEvents()
        path = self.folder / f"{len(self.pictures) + 1}_{name}.png"
        self.window.grab().save(str(path))
        self.pictures.append(path)


def drive_pages(study: OpenStudy, clock: Clock, folder: Path, draw: random.Random) -> tuple[Path, ...]:
    """Take a case, read out the introduction, ask every question and complete, all by keys; returns the pictures."""
    from cati.ui.interview_page import InterviewPage

    spoken = language()
    app, window = window_for(study, clock)
    hands = Hands(app, window, clock, folder)
    hands.picture("ready")
    hands.press("Return")
    hands.picture("case")
    hands.press("c", 30)
    hands.press("Return", 60)
    hands.press("Return")
    page = window.findChild(InterviewPage)
    if page is None:
        message = "the interview did not open"
        raise RuntimeError(message)
    _ask_all(page, hands, draw)
    hands.picture("noted")
    window.study = None  # it stays open: the interviewer goes on calling
    window.close()
    window.deleteLater()
    app.processEvents()
    set_language(spoken)
    return tuple(hands.pictures)


def picture_places(study: OpenStudy, clock: Clock, folder: Path, names: tuple[str, ...]) -> tuple[Path, ...]:
    """Open places of the navigation one after the other and take a picture of each."""
    spoken = language()
    app, window = window_for(study, clock)
    hands = Hands(app, window, clock, folder)
    for name in names:
        window.open_place(name)
        hands.picture(name)
    window.study = None  # closed by who opened it
    window.close()
    window.deleteLater()
    app.processEvents()
    set_language(spoken)
    return tuple(hands.pictures)


def _ask_all(page: InterviewPage, hands: Hands, draw: random.Random) -> None:
    """Answer every question; the same kind of question is pictured once."""
    pictured: set[str] = set()
    finished: list[object] = []
    page.finished.connect(finished.append)
    for _ in range(MOST_KEYS):
        if finished:
            return
        screen = page.running.state.screen
        if screen is None:
            hands.picture("open_answers")
            hands.press("Ctrl+Return", 30)
            continue
        row = page.asked.row
        question = screen.questions[row]
        kind = "grid" if screen.grid else f"{question.kind.value}_{question.display.value}"
        if kind not in pictured and question.kind is not Kind.NOTE:
            pictured.add(kind)
            if len(pictured) <= 5:  # noqa: PLR2004 - enough to see what the pages look like
                hands.picture(kind)
        before = page.running.events
        _answer(question, hands, draw)
        if not finished and page.running.events == before:
            hands.press("F9")
    message = "the interview did not come to its end"
    raise RuntimeError(message)


def _answer(question: Question, hands: Hands, draw: random.Random) -> None:
    """Give an answer as an interviewer types it."""
    from cati.ui.choosing import keys_for

    if question.kind is Kind.NOTE:
        hands.press("Return", 12)
        return
    answer = invent_answer(question, draw)
    if question.address == "last_contact":  # who was never there is not interviewed
        answer = Answer(value=question.choices[0][0].name)
    if answer.status is not Status.ANSWERED:
        hands.press({Status.DONT_KNOW: "F7", Status.REFUSED: "F8"}.get(answer.status, "F9"), 14)
        return
    if question.kind in (Kind.SINGLE, Kind.MULTIPLE):
        names = [choice.name for choice, _label in question.choices]
        keys = dict(zip(names, keys_for(names), strict=True))
        for name in answer.value.split(" "):
            hands.press(keys[name], 14)
        words = dict(answer.specify)
        if words:
            hands.type(next(iter(words.values())))
        if question.kind is Kind.MULTIPLE or words:
            hands.press("Return")
        return
    hands.type(answer.value)
    hands.press("Return", 14)
