"""Bars 1 and 8: from the key pressed to the next question painted, its answer durable, against a bare floor in the same run."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from openpyxl import Workbook
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from cati.fieldwork import calling, interviewing
from cati.fieldwork.open_study import OpenStudy
from cati.files.questionnaires import read_questionnaire
from cati.survey.dispositions import Outcome
from cati.survey.questionnaire import Kind, Questionnaire
from cati.ui import theme
from cati.ui.interview_page import InterviewPage
from cati.vault.sealing import new_key, seal
from tests.benchmarks.large_study import Worked, study

Row = tuple[str, str, str, str, bool]
FORMS = Path(__file__).resolve().parents[3] / "shared" / "forms"
SCALE = ("extremely satisfied", "very satisfied", "satisfied", "less satisfied", "dissatisfied")
MOST_STEPS = 150


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


class BarePage(QWidget):
    """The floor: a question and five answers; a key seals an answer, commits one row durably, shows the next."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.at = 0
        self.key = new_key()
        self.connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.execute("CREATE TABLE answer (id INTEGER PRIMARY KEY, sealed BLOB)")
        self.question = QLabel()
        self.question.setWordWrap(True)
        self.answers = [QPushButton() for _ in SCALE]
        stack = QVBoxLayout(self)
        for part in (self.question, *self.answers):
            stack.addWidget(part)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_next()

    def show_next(self) -> None:
        """Show the next question."""
        self.question.setText(f"Question {self.at}: how satisfied were you with this part of the office's work?")
        for number, (button, label) in enumerate(zip(self.answers, SCALE, strict=True), 1):
            button.setText(f"{number} {label} {self.at}")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Keep an answer and show the next question."""
        self.at += 1
        sealed = seal(self.key, f"{self.at}:{event.text()}".encode().ljust(256), "floor", str(self.at))
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("INSERT INTO answer VALUES (?, ?)", (self.at, sealed))
        self.connection.execute("COMMIT")
        self.show_next()


def _step(widget: QWidget, key: object) -> float:
    """Press a key and wait until everything it caused is laid out and painted; return seconds."""
    begun = time.perf_counter()
    if isinstance(key, str):
        QTest.keyClicks(widget, key)
    else:
        QTest.keyClick(widget, key)  # type: ignore[call-overload]  # PySide's stubs know no variable key
    for _ in range(3):
        QApplication.processEvents()
    return time.perf_counter() - begun


def floor_steps(n: int) -> list[float]:
    """Return the seconds of ``n`` steps of the bare page."""
    folder = Path(tempfile.mkdtemp(prefix="cati-bench-"))
    page = BarePage(folder)
    page.resize(1280, 750)
    page.show()
    QApplication.processEvents()
    found = [_step(page, "1") for _ in range(n)]
    page.connection.close()
    page.deleteLater()
    shutil.rmtree(folder)
    return found


def flush_seconds(n: int = 30) -> float:
    """Return the median time of one flush of a small file."""
    found = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(n):
            file.write(b"x" * 512)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            found.append(time.perf_counter() - begun)
    return statistics.median(found)


def form_of(questions: int, folder: Path) -> Questionnaire:
    """Return a questionnaire of so many scale questions; every fifth is asked only after a certain answer."""
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(("type", "name", "label", "relevant"))
    for at in range(questions):
        relevant = f"${{q{at - 1}}} != '5'" if at % 5 == 4 else ""
        survey.append(
            ("select_one scale", f"q{at}", f"Question {at}: how satisfied were you with this part?", relevant)
        )
    choices = book.create_sheet("choices")
    choices.append(("list_name", "name", "label"))
    for number, label in enumerate(SCALE, 1):
        choices.append(("scale", str(number), label))
    path = folder / f"form{questions}.xlsx"
    book.save(path)
    form = read_questionnaire(path, path.stem).questionnaire
    if form is None:
        raise RuntimeError(path)
    return form


def begun(opened: OpenStudy) -> InterviewPage:
    """Take a case and begin its interview on the page."""
    case = calling.take_next_case(opened)
    call = calling.begin_call(opened, case.lease, case.next_phone)  # type: ignore[union-attr]  # a fresh study has one
    running = interviewing.begin_interview(opened, case.lease, call)  # type: ignore[union-attr, arg-type]
    page = InterviewPage(opened, running)  # type: ignore[arg-type]
    page.resize(1280, 750)
    page.show()
    page.activateWindow()
    page.setFocus()
    QApplication.processEvents()
    return page


@contextmanager
def counted_commits(opened: OpenStudy) -> Iterator[Callable[[], int]]:
    """Count the commits SQLite itself sees on the study's connection."""
    seen: list[str] = []
    with opened.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise RuntimeError
        driver.set_trace_callback(lambda statement: seen.append(statement) if statement.startswith("COMMIT") else None)
    yield lambda: len(seen)
    driver.set_trace_callback(None)


def interview_steps(opened: OpenStudy) -> tuple[list[float], float, int, int]:
    """Go through an interview by keys; return seconds a step, seconds to open it, answers and commits."""
    began = time.perf_counter()
    page = begun(opened)
    opening = time.perf_counter() - began
    found: list[float] = []
    with counted_commits(opened) as commits:
        before = commits()
        while page.running.state.screen is not None and len(found) < MOST_STEPS:
            question = page.asked.question
            one = question is not None and question.kind is Kind.SINGLE and page.asked.part.focus_on() is None
            key: object = (
                "1" if one else Qt.Key.Key_F9 if question is not None and question.offered else Qt.Key.Key_Return
            )
            found.append(_step(QApplication.focusWidget() or page, key))
        kept = commits() - before
    interviewing.break_off(opened, page.running, Outcome.BREAK_OFF)  # the next interview needs another case
    page.hide()
    page.deleteLater()
    return found, opening, len(found), kept


def _with(opened: OpenStudy, form: Questionnaire) -> tuple[list[float], float, int, int]:
    return interview_steps(replace(opened, questionnaire=form))


def figures() -> list[Row]:
    """Return the rows of bars 1 and 8."""
    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        theme.wear(app, dark=False, scale=1.0)
    folder = Path(tempfile.mkdtemp(prefix="cati-bench-"))
    forms = {n: form_of(n, folder) for n in (40, 200)}
    steps: dict[int, list[float]] = {40: [], 200: []}
    openings: dict[int, list[float]] = {40: [], 200: []}
    answers = commits = 0
    floor: list[float] = []
    random.seed(1)
    with study(20, Worked.FRESH) as opened:
        _with(opened, forms[40])  # warm: fonts, statements, compiled expressions
        for _ in range(3):
            floor += floor_steps(40)
            for n, form in forms.items():
                seconds, opening, answered, kept = _with(opened, form)
                steps[n] += seconds[:MOST_STEPS]
                openings[n].append(opening)
                if n == 40:
                    answers, commits = answers + answered, commits + kept
        largest = _largest(opened, statistics.median(floor))
    shutil.rmtree(folder)
    bare, own = statistics.median(floor), statistics.median(steps[40])
    late, limit = percentile(steps[40], 0.95), 2 * own + flush_seconds()
    growth = statistics.median(steps[200]) / own
    opening_growth = statistics.median(openings[200]) / statistics.median(openings[40])
    return [
        ("1", "step: key to painted question, durable", f"{own / bare:.2f} × ({own * 1e3:.2f} of {bare * 1e3:.2f} ms)",
         "≤ 3 × floor", own <= 3 * bare),
        ("1", "step, p95", f"{late * 1e3:.2f} ms", f"≤ {limit * 1e3:.2f} ms (2 × median + flush)", late <= limit),
        ("1", "durable commits an answer", f"{commits / max(answers, 1):.2f}", "1", commits == answers),
        ("8", "step at 200 questions", f"{growth:.2f} × that at 40", "≤ 1.15 ×", growth <= 1.15),
        ("8", "opening at 200 questions", f"{opening_growth:.2f} × that at 40", "≤ 2 ×", opening_growth <= 2),
        *largest,
    ]  # fmt: skip


def _largest(opened: OpenStudy, bare: float) -> list[Row]:
    """The largest of the real forms, when they lie beside the tree: opens under a second, steps within bar 1."""
    forms = []
    for path in sorted(FORMS.glob("*.xls*")) if FORMS.is_dir() else ():
        form = read_questionnaire(path, path.stem).questionnaire
        if form is not None:
            forms.append((len(form.items), path.stem, form))
    if not forms:
        return []
    items, name, form = max(forms, key=lambda one: one[0])
    rounds = [_with(opened, form) for _ in range(3)]
    seconds = [one for of_round, _opening, _answers, _kept in rounds for one in of_round]
    opening = max(round_[1] for round_ in rounds)
    step = statistics.median(seconds)
    return [
        ("8", f"largest form opens ({name}, {items} items)", f"{opening:.2f} s", "< 1 s", opening < 1),
        ("8", f"largest form steps ({len(seconds)} steps)", f"{step / bare:.2f} × ({step * 1e3:.2f} ms)",
         "≤ 3 × floor", step <= 3 * bare),
    ]  # fmt: skip
