"""The research lead's questionnaire: outline and details, problems, routing, paper version, test run, random runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.survey.outline_facts import asked_from, language_name
from cati.text import language, tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.form_section import SUFFIXES
from cati.ui.keys import Key, cap_of
from cati.ui.pages import Note, Working, begin, clear, in_words
from cati.ui.questionnaire_detail import Detail
from cati.ui.questionnaire_files import breakable
from cati.ui.questionnaire_head import about, language_box
from cati.ui.questionnaire_outline import OutlinePart
from cati.ui.questionnaire_paper import PaperPart
from cati.ui.questionnaire_problems import ProblemsPart
from cati.ui.questionnaire_routing import RoutingPart
from cati.ui.questionnaire_runs import RandomRunsPart
from cati.ui.questionnaire_test_run import Kept, TestRunPart
from cati.ui.questionnaire_version import VersionPart

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.questionnaire_reading import Looked

QUESTIONS, PROBLEMS, ROUTING, PAPER, TEST_RUN, RANDOM_RUNS, VERSION = range(7)
"""The parts in their order."""


class QuestionnairePage(QWidget):
    """Looks at the study's questionnaire, or at another form before it is used, and puts that in force when wanted."""

    loaded = Signal()
    settled = Signal(object)
    """The study, when another form was put in force."""

    def __init__(self, study: OpenStudy | None = None) -> None:
        super().__init__()
        self.study = study
        self.looked: Looked | None = None
        self._path: Path | None = None
        self._stale: set[int] = set()
        self._wanted: tuple[str, int] | None = None
        """The key of a line and the part to come back to, once the questionnaire is there again."""
        self._kept: Kept | None = None
        """A test run to go on with, once the questionnaire is there again."""
        for key, act in ((Key.FIND, self._search), (Key.TRY_HERE, self.try_here), (Key.TRY_ANEW, self._try_anew)):
            QShortcut(QKeySequence(key.value.spec), self).activated.connect(act)
        self._whole = QVBoxLayout(self)
        self._build()
        if study is not None:
            self.show_own()

    def _build(self) -> None:
        """Make everything that is seen, in the language and look in force."""
        unit = theme.unit()
        self.heading = theme.words(tr("Questionnaire"), "title")
        self.about = theme.words("", "quiet")
        self.first = language_box(tr("Language"))
        self.second = language_box(tr("Second language beside it"))
        self.open = theme.push(tr("Open another form …"), self._choose)
        self.own = theme.push(tr("Back to the study's"), self.show_own)
        self.own.hide()
        self.working = Working()
        self.problem = Note("", "warning")
        self.problem.hide()
        self.outline = OutlinePart()
        self.detail = Detail()
        self.problems = ProblemsPart()
        self.routing = RoutingPart()
        self.paper = PaperPart()
        self.test_run = TestRunPart(self.study)
        self.random_runs = RandomRunsPart(self.study, self.test_run.case.chosen)
        self.version = VersionPart(self.study)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Parts of the questionnaire"))
        self.tabs.tabBar().setAccessibleName(tr("Parts of the questionnaire"))
        self.tabs.tabBar().setUsesScrollButtons(True)
        for part, title in (
            (self._side_by_side(), tr("Questions")),
            (self.problems, tr("Problems")),
            (self.routing, tr("Routing")),
            (self.paper, tr("Paper version")),
            (self.test_run, tr("Test run")),
            (self.random_runs, tr("Random runs")),
            (self.version, tr("New version")),
        ):
            self.tabs.addTab(part, title)
        self.tabs.setTabVisible(VERSION, self.study is not None)
        stack = self._whole
        stack.setContentsMargins(2 * unit, unit + unit // 2, unit, unit)
        stack.setSpacing(unit // 2)
        self._lay_out_head(stack)
        stack.addWidget(self.working)
        stack.addWidget(self.problem)
        stack.addWidget(self.tabs, 1)
        self.begin_at = self.outline.view
        self._connect()

    def retranslate(self) -> None:
        """Say and draw everything anew, and come back to the form and the line that were looked at."""
        line = self.outline.line()
        if self.looked is not None and line is not None:
            self._wanted = (self.looked.outline.lines[line].key, self.tabs.currentIndex())
        self._kept = self.test_run.kept()
        focused = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        clear(self._whole)
        self.looked = None
        self._build()
        if self._path is not None:
            self.show_file(self._path)
        else:
            self.show_own()
        if focused:
            begin(self)

    def _side_by_side(self) -> QWidget:
        """Return outline and details: side by side, one above the other where the text is large."""
        way = Qt.Orientation.Vertical if theme.is_large() else Qt.Orientation.Horizontal
        both = QSplitter(way)
        both.addWidget(self.outline)
        both.addWidget(self._detail_with_button())
        both.setChildrenCollapsible(False)
        both.setHandleWidth(theme.unit())
        both.setStretchFactor(0, 4)
        both.setStretchFactor(1, 5)
        holder = QWidget()
        stack = QVBoxLayout(holder)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.addWidget(both)
        return holder

    def _detail_with_button(self) -> QWidget:
        """Return the details with the way into the test run below them."""
        self.try_button = theme.push(f"{tr('Try from here')}  {cap_of(Key.TRY_HERE)}", self.try_here)
        self.try_button.setAccessibleName(tr("Test run from the question at hand"))
        holder = QWidget()
        stack = QVBoxLayout(holder)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(self.detail, 1)
        self.detail.setMinimumHeight(theme.line())
        stack.addWidget(self.try_button, 0, Qt.AlignmentFlag.AlignLeft)
        return holder

    def _lay_out_head(self, stack: QVBoxLayout) -> None:
        """Put the files beside the title and the languages beside the parts, or below where the text is large."""
        unit = theme.unit()
        if theme.is_large():
            line = QHBoxLayout()
            line.setSpacing(unit // 2)
            for widget in (self.first, self.second, self.open):
                line.addWidget(widget)
            line.addStretch(1)
            stack.addWidget(self.heading)
            stack.addWidget(self.about)
            stack.addWidget(self.own, 0, Qt.AlignmentFlag.AlignLeft)
            stack.addLayout(line)
            return
        title = QHBoxLayout()
        title.setSpacing(unit)
        title.addWidget(self.heading, 1)
        title.addWidget(self.own)
        title.addWidget(self.open)
        stack.addLayout(title)
        stack.addWidget(self.about)
        corner = QWidget()
        spoken = QHBoxLayout(corner)
        spoken.setContentsMargins(0, 0, 0, 0)
        spoken.setSpacing(unit // 2)
        spoken.addWidget(self.first)
        spoken.addWidget(self.second)
        self.tabs.setCornerWidget(corner, Qt.Corner.TopRightCorner)

    def _connect(self) -> None:
        self.outline.chosen.connect(lambda _line: self._show_line())
        self.first.currentIndexChanged.connect(lambda _at: self._show_language())
        self.second.currentIndexChanged.connect(lambda _at: self._show_line())
        self.problems.wanted.connect(self.show_line)
        self.routing.wanted.connect(self.show_key)
        self.random_runs.wanted.connect(self.show_key)
        self.version.adopted.connect(self._adopt)
        self.test_run.running.connect(lambda _on: self._fold_head())
        self.tabs.currentChanged.connect(self._fill)
        self.tabs.currentChanged.connect(lambda _at: self._fold_head())

    # -- which questionnaire ----------------------------------------------------------------------------------------

    def show_own(self) -> None:
        """Show the questionnaire of the study."""
        study = self.study
        if study is None:
            return

        def look(_ticket: Ticket) -> Looked:
            from cati.fieldwork.questionnaire_reading import look_at_own  # noqa: PLC0415 - with the page

            return look_at_own(study)

        self._load(look, tr("Opening the questionnaire …"), None)

    def show_file(self, path: Path) -> None:
        """Look at another form; the study keeps its own."""

        def look(_ticket: Ticket) -> Looked:
            from cati.fieldwork.questionnaire_reading import look_at_file  # noqa: PLC0415 - with the page

            return look_at_file(path)

        self._load(look, tr("Checking the questionnaire …"), path)

    def _adopt(self, study: OpenStudy) -> None:
        """Go on with the study that has the form as its own."""
        self.study = study
        self.test_run.study = self.random_runs.study = study
        self.settled.emit(study)

    def _choose(self) -> None:
        endings = tr("Questionnaires") + " (" + " ".join(f"*{suffix}" for suffix in SUFFIXES) + ")"
        chosen, _ = QFileDialog.getOpenFileName(self, tr("Open another form"), str(Path.home()), endings)
        if chosen:
            self.show_file(Path(chosen))

    def _load(self, look: Callable[[Ticket], Looked], words: str, path: Path | None) -> None:
        self.problem.hide()
        self.open.setEnabled(False)
        self.working.begin(words)
        run_in_background(self, look, lambda looked: self._show(looked, path), self._failed)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.open.setEnabled(True)
        self.problem.say("✗ " + in_words(problem), "warning")
        self.loaded.emit()

    def _show(self, looked: Looked, path: Path | None) -> None:
        self._path = path
        self.working.end()
        self.open.setEnabled(True)
        self.looked = looked
        questionnaire = looked.outline.questionnaire
        self.heading.setText(breakable(questionnaire.title))
        self.about.setText(about(looked))
        theme.set_kind(self.about, "quiet" if looked.runs else "problem")
        self.own.setVisible(self.study is not None and bool(looked.source))
        self._fill_languages(looked)
        count = len(looked.problems)
        self.tabs.setTabText(PROBLEMS, f"{tr('Problems')} ({count})" if count else tr("Problems"))
        self.problems.show_questionnaire(looked)
        self.try_button.setVisible(self.study is not None and looked.runs)
        self._show_language()
        self._fill(TEST_RUN)
        kept, self._kept = self._kept, None
        self.test_run.resume(kept)
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.show_key(wanted[0])
            self.tabs.setCurrentIndex(wanted[1])
        self.loaded.emit()

    def _fill_languages(self, looked: Looked) -> None:
        """Offer the languages of the questionnaire, the reader's own first where it is spoken."""
        codes = looked.outline.questionnaire.languages
        with QSignalBlocker(self.first):
            self.first.clear()
            for code in codes:
                self.first.addItem(language_name(looked.outline, code), code)
            self.first.setCurrentIndex(max(self.first.findData(language()), 0))
        for box in (self.first, self.second):
            box.setVisible(len(codes) > 1)

    def _fill_second(self, looked: Looked) -> None:
        """Offer the other languages beside the one shown."""
        before = self.second.currentData()
        with QSignalBlocker(self.second):
            self.second.clear()
            self.second.addItem(tr("one language"), None)
            for code in looked.outline.questionnaire.languages:
                if code != self.language:
                    name = language_name(looked.outline, code)
                    self.second.addItem(tr("beside {language}", language=name), code)
            self.second.setCurrentIndex(max(self.second.findData(before), 0))

    # -- what is shown ----------------------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """The language of the questionnaire that is shown."""
        return self.first.currentData() or ""

    def _languages(self) -> tuple[str, ...]:
        beside = self.second.currentData()
        return (self.language,) if beside is None else (self.language, beside)

    def _show_language(self) -> None:
        if self.looked is None:
            return
        self._fill_second(self.looked)
        self.outline.show_questionnaire(self.looked, self.language)
        self._stale = {ROUTING, PAPER, TEST_RUN, RANDOM_RUNS, VERSION}
        self._fill(self.tabs.currentIndex())
        self._show_line()

    def _fill(self, at: int) -> None:
        """Fill a part when it is looked at."""
        if self.looked is None or at not in self._stale:
            return
        self._stale.discard(at)
        if at == VERSION:
            self.version.show_file(self._path if self.looked.runs else None)
            return
        parts: dict[int, RoutingPart | PaperPart | TestRunPart | RandomRunsPart]
        parts = {ROUTING: self.routing, PAPER: self.paper, TEST_RUN: self.test_run, RANDOM_RUNS: self.random_runs}
        parts[at].show_questionnaire(self.looked, self.language)
        line = self.outline.line()
        if at == ROUTING and line is not None:
            self.routing.view.choose_line(self.looked.outline.lines[line].key)

    def _show_line(self) -> None:
        line = self.outline.line()
        if self.looked is not None and line is not None:
            self.detail.show_line(self.looked, line, self._languages())

    def show_line(self, line: int) -> None:
        """Go to a line of the outline."""
        self.tabs.setCurrentIndex(QUESTIONS)
        self.outline.choose(line)
        self.outline.view.setFocus()

    def show_key(self, key: str) -> None:
        """Go to the line of this key."""
        lines = self.looked.outline.lines if self.looked is not None else ()
        line = next((at for at, one in enumerate(lines) if one.key == key), None)
        if line is not None:
            self.show_line(line)

    # -- trying it out ----------------------------------------------------------------------------------------------

    def try_here(self) -> None:
        """Begin a test run at the question chosen in the outline, or among the values of the test run."""
        looked, line = self.looked, self.outline.line()
        if looked is None or line is None or self.study is None:
            return
        name = self.test_run.name_at_hand() or asked_from(looked.outline, line)
        self.tabs.setCurrentIndex(TEST_RUN)
        if name:
            self.test_run.begin_at(name)
        else:
            self.test_run.begin_run()

    def _try_anew(self) -> None:
        if self.study is not None and self.looked is not None:
            self.tabs.setCurrentIndex(TEST_RUN)
            self.test_run.begin_run()

    def _fold_head(self) -> None:
        """Give the test run the room of the head: the interview's page is made for a whole window."""
        folded = self.tabs.currentIndex() == TEST_RUN and self.test_run.interview is not None
        for part in (self.heading, self.about, self.open):
            part.setVisible(not folded)
        several = self.first.count() > 1
        for box in (self.first, self.second):
            box.setVisible(several and not (folded and theme.is_large()))
        self.own.setVisible(
            not folded and self.study is not None and self.looked is not None and bool(self.looked.source)
        )

    def _search(self) -> None:
        if self.tabs.currentIndex() == TEST_RUN and self.test_run.interview is not None:
            self.test_run.search()
            return
        self.tabs.setCurrentIndex(QUESTIONS)
        self.outline.search.setFocus()
        self.outline.search.selectAll()
