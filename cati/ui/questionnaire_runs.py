"""Random runs on the questionnaire page: many simulated interviews, and what they did and did not come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QSpinBox,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cati.errors import Problem
from cati.survey.outline import outcome_words
from cati.survey.questionnaire import ASKED
from cati.survey.random_runs import Runs
from cati.text import show_number, tr
from cati.ui import theme
from cati.ui.background import Job, Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Working, in_words, table
from cati.ui.questionnaire_histogram import Histogram
from cati.ui.runs_words import findings, narrowed, narrowed_words, note, reason, share_words

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.questionnaire_reading import Looked
    from cati.ui.questionnaire_case import InventedCase

NUMBER, QUESTION, NAME, SHARE, NOTES = range(5)
_USUAL, _FEWEST, _MOST = 1_000, 10, 100_000
_MOST_SEED = 999_999
_KEY = Qt.ItemDataRole.UserRole
_WORTH = Qt.ItemDataRole.UserRole + 1
_FEW_ROWS = 9
_NAME = 20
"""Characters of a name that are seen at once."""
_MOST_NOTES, _FEW_NOTES = 0.65, 0.3
"""So much of the table's width what was found may take: where it is what was asked for, and beside all questions."""
_EVERY = 10
"""So many interviews lie between two words about the progress."""


class _Figure(QTableWidgetItem):
    """A cell that is sorted by its number, not by its words."""

    def __init__(self, words: str, worth: float) -> None:
        super().__init__(words)
        self.setData(_WORTH, worth)
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return float(self.data(_WORTH)) < float(other.data(_WORTH))


class RandomRunsPart(QWidget):
    """Number and seed above, then what was found; Return or a click on a question goes to it (``wanted``: its key)."""

    wanted = Signal(str)
    ended = Signal()

    def __init__(self, study: OpenStudy | None, case: Callable[[], InventedCase]) -> None:
        super().__init__()
        self.study = study
        self._case = case
        self.runs: Runs | None = None
        self._seed = 0
        self._looked: Looked | None = None
        self._language = ""
        self._job: Job | None = None
        self.about = theme.words(
            tr(
                "The program answers the questionnaire at random and counts; lengths and shares come from these "
                "interviews alone. What they did not reach it then searches for, back from the conditions to the "
                "answers they need. Not reached means searched for in vain; where it is certain why, that is said. "
                "Site, department and what else the case brings along are those chosen under Test run. The same seed "
                "gives the same runs. Nothing is stored."
            ),
            "quiet",
        )
        self.outcome = Note("", "warning")
        self.outcome.hide()
        self.working = Working(self._cancel)
        self.number = _spin(_FEWEST, _MOST, _USUAL)
        self.number.setGroupSeparatorShown(True)
        self.number.setSingleStep(1_000)
        self.seed = _spin(1, _MOST_SEED, study.draw.randint(1, _MOST_SEED) if study is not None else 1)
        self.start = theme.push(tr("Begin"), self.begin_runs, kind="primary")
        self.order = QComboBox()
        self.order.setAccessibleName(tr("Questions shown"))
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.words = theme.words("")
        self.histogram = Histogram()
        self.table = table(tr("How often each question was asked"), _heads(), ())
        self.result = QWidget()
        self.result.hide()
        self._lay_out()
        self.table.itemActivated.connect(self._go)
        self.table.itemClicked.connect(self._go)
        self.order.currentIndexChanged.connect(lambda _at: self._fill())

    def _lay_out(self) -> None:
        unit = theme.unit()
        line = QHBoxLayout()
        line.setSpacing(unit)
        for part in (
            Labelled(tr("Interviews"), self.number),
            Labelled(tr("Seed"), self.seed),
        ):
            line.addWidget(part, 0, Qt.AlignmentFlag.AlignBottom)
        line.addWidget(self.start, 0, Qt.AlignmentFlag.AlignBottom)
        line.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(unit)
        left.addWidget(self.words)
        left.addWidget(self.histogram)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(unit // 2)
        right.addWidget(self.order, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.table, 1)
        way = QBoxLayout.Direction.TopToBottom if theme.is_large() else QBoxLayout.Direction.LeftToRight
        both = QBoxLayout(way, self.result)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(2 * unit)
        both.addLayout(left, 2)
        both.addLayout(right, 3)
        stack = QVBoxLayout(self._column())
        stack.setContentsMargins(0, unit, 0, 0)
        stack.setSpacing(unit)
        stack.addWidget(self.about)
        stack.addLayout(line)
        stack.addWidget(self.outcome)
        stack.addWidget(self.working)
        stack.addWidget(self.result, 1)
        stack.addStretch(0)

    def _column(self) -> QWidget:
        """Return where everything is put: the part itself, a column to be scrolled where the text is large."""
        if not theme.is_large():
            return self
        column = QWidget()
        column.setProperty("kind", "column")
        area = QScrollArea()
        area.setProperty("kind", "scroll")
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(column)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        self.table.setMinimumHeight(_FEW_ROWS * (theme.line() + theme.unit()))
        return column

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Speak of this questionnaire; what was found about another is taken away."""
        same = self._looked is looked
        self._looked, self._language = looked, language
        runs = looked.runs and self.study is not None
        self.start.setEnabled(runs and self._job is None)
        if same:
            self._fill()
            return
        self._cancel()
        self.runs = None
        self.result.hide()
        self.outcome.setVisible(not runs)
        if self.study is None:
            self.outcome.say(
                tr("Random runs need a study that is open: they take its sites and departments from there."), "warning"
            )
        elif not looked.runs:
            self.outcome.say(tr("Errors keep this questionnaire from running; Problems tells which."), "warning")

    def begin_runs(self) -> None:
        """Simulate, in the background."""
        study, looked = self.study, self._looked
        if study is None or looked is None or not looked.runs or self._job is not None:
            return
        number, seed, form = self.number.value(), self.seed.value(), looked.outline.questionnaire
        values = self._case().values
        self.outcome.hide()
        self.working.begin(tr("Simulating interviews …"))
        self.working.cancel.setFocus()  # not whatever comes after the button that is out of use now
        self.start.setEnabled(False)

        def simulate(ticket: Ticket) -> Runs:
            from cati.fieldwork.rehearsal import random_interviews  # noqa: PLC0415 - with the first runs

            def progress(done: int, of: int) -> None:
                if done % _EVERY == 0:
                    ticket.progress(done, of)

            return random_interviews(
                study, form, number, seed=seed, values=values, progress=progress,
                searching=lambda done, of: ticket.progress(done, -of), cancelled=ticket.cancelled,
            )  # fmt: skip

        def done(runs: Runs) -> None:
            self._over()
            if self._looked is looked:
                self.show_runs(runs, seed)

        def failed(problem: Problem) -> None:
            self._over()
            self.outcome.say("✗ " + in_words(problem), "warning")

        def advance(through: int, of: int) -> None:
            self.working.advance(through, abs(of))
            done, whole = show_number(through), show_number(abs(of))
            if of < 0:  # the search counts below zero
                self.working.say(tr("Searching for what chance did not come to: {done} of {of}", done=done, of=whole))
            else:
                self.working.say(tr("{done} of {of} interviews", done=done, of=whole))

        self._job = run_in_background(self, simulate, done, failed, advance)

    def show_runs(self, runs: Runs, seed: int) -> None:
        """Show what was found; nothing when it was cancelled before the first interview."""
        self.runs, self._seed = (runs, seed) if runs.interviews else (None, seed)
        self.result.setVisible(bool(runs.interviews))
        if self.runs is None or self._looked is None:
            return
        form = self._looked.outline.questionnaire
        ends = {item.disposition: outcome_words(item) for item in form.items if item.disposition}
        self.words.setText("\n\n".join(findings(runs, seed, ends)))
        self.histogram.show_minutes(runs.minutes, runs.median)
        self.order.blockSignals(True)
        self.order.clear()
        self.order.addItem(tr("All questions, as in the form"), "all")
        self.order.addItem(tr("All questions, the rarest first"), "rare")
        for key, names in narrowed(runs).items():
            if names:
                self.order.addItem(narrowed_words(key, len(names)), key)
        self.order.blockSignals(False)
        self._fill()
        self.table.setFocus()

    def _fill(self) -> None:
        runs, looked = self.runs, self._looked
        if runs is None or looked is None:
            return
        outline, wanted = looked.outline, self.order.currentData()
        why = wanted == "impossible"
        only = narrowed(runs).get(wanted)
        items = [item for item in outline.questionnaire.items if item.kind in ASKED]
        shown = [item for item in items if only is None or item.name in only]
        self.table.setSortingEnabled(False)
        self.table.setRowCount(len(shown))
        for at, item in enumerate(shown):
            number = outline.numbers.get(item.name, "")
            line = outline.lines[outline.at_item[item.name]]
            text = " ".join(outline.text(line, self._language).split())
            cells = {
                NUMBER: _Figure(number, at),
                QUESTION: QTableWidgetItem(text),
                NAME: QTableWidgetItem(item.name),
                SHARE: _Figure(share_words(runs, item.name), runs.asked.get(item.name, 0)),
                NOTES: QTableWidgetItem(reason(runs.proven[item.name], outline) if why else note(runs, item.name)),
            }
            for column, cell in cells.items():
                cell.setData(_KEY, line.key)
                cell.setToolTip(cell.text() if column == NOTES else text)
                self.table.setItem(at, column, cell)
        self.table.setSortingEnabled(True)
        rare = wanted == "rare"
        self.table.sortByColumn(SHARE if rare else NUMBER, Qt.SortOrder.AscendingOrder)
        self.table.scrollToTop()
        self.table.setCurrentCell(0, QUESTION)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QUESTION, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(NAME, theme.columns(_NAME))
        self.table.setColumnHidden(NAME, theme.is_large() or why)
        self.table.setColumnHidden(SHARE, why)
        self.table.setColumnHidden(NOTES, not any(narrowed(runs).values()))
        head.setSectionResizeMode(NOTES, QHeaderView.ResizeMode.Interactive)
        most = int(self.table.viewport().width() * (_FEW_NOTES if wanted == "all" else _MOST_NOTES))
        self.table.setColumnWidth(NOTES, min(self.table.sizeHintForColumn(NOTES) + theme.unit(), most))
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setWordWrap(False)

    def _go(self, item: QTableWidgetItem) -> None:
        self.wanted.emit(str(item.data(_KEY)))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _over(self) -> None:
        self._job = None
        self.working.end()
        self.start.setEnabled(self._looked is not None and self._looked.runs)
        self.ended.emit()


def _heads() -> tuple[str, ...]:
    return (tr("No."), tr("Question"), tr("Name"), tr("asked in"), tr("found"))


def _spin(least: int, most: int, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(least, most)
    spin.setValue(value)
    return spin
