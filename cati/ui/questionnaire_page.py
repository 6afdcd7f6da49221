"""The research lead's questionnaire: outline and details, problems, routing, paper version, test run, random runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QTabWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.survey.outline_facts import asked_from
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.keys import Key, cap_of
from cati.ui.pages import Note, Working, begin, clear, in_words
from cati.ui.questionnaire_files import ask_form, breakable, changed_at
from cati.ui.questionnaire_head import Head
from cati.ui.questionnaire_leaving import Asking
from cati.ui.questionnaire_paper import PaperPart
from cati.ui.questionnaire_problems import ProblemsPart, next_with_problem
from cati.ui.questionnaire_questions import QuestionsPart
from cati.ui.questionnaire_routing import RoutingPart
from cati.ui.questionnaire_runs import RandomRunsPart
from cati.ui.questionnaire_saving import SavingPart
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
        self._read_at: int | None = None
        """When the file that is shown was last changed, as its disk tells it."""
        self._stale: set[int] = set()
        self._wanted: tuple[str, int] | None = None
        """The key of a line and the part to come back to, once the questionnaire is there again."""
        self._kept: Kept | None = None
        """A test run to go on with, once the questionnaire is there again."""
        keys = {
            Key.FIND: self._search,
            Key.TRY_HERE: self.try_here,
            Key.TRY_ANEW: self._try_anew,
            Key.READ_AGAIN: self.read_again,
            Key.NEXT_PROBLEM: lambda: self._to_problem(1),
            Key.PROBLEM_BEFORE: lambda: self._to_problem(-1),
        }
        for key, act in keys.items():
            QShortcut(QKeySequence(key.value.spec), self).activated.connect(act)
        self._whole = QVBoxLayout(self)
        self._build()
        if study is not None:
            self.show_own()

    def _build(self) -> None:
        """Make everything that is seen, in the language and look in force."""
        unit = theme.unit()
        beside_parts = theme.scale() <= 1
        self.head = head = Head(with_languages=not beside_parts)
        self.heading, self.about, self.first, self.second = head.heading, head.about, head.first, head.second
        self.open, self.own, self.again = head.open, head.own, head.again
        self.working = Working()
        self.problem = Note("", "warning")
        self.problem.hide()
        self.saving = SavingPart()
        self.questions = QuestionsPart(self.try_here)
        self.outline, self.detail, self.try_button = (
            self.questions.outline,
            self.questions.detail,
            self.questions.try_it,
        )
        self.problems = ProblemsPart()
        self.routing = RoutingPart()
        self.paper = PaperPart()
        self.test_run = TestRunPart(self.study)
        self.asking = Asking(self.test_run.answers)
        self.random_runs = RandomRunsPart(self.study, self.test_run.case.chosen)
        self.version = VersionPart(self.study)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Parts of the questionnaire"))
        self.tabs.tabBar().setAccessibleName(tr("Parts of the questionnaire"))
        self.tabs.tabBar().setUsesScrollButtons(True)
        for part, title in (
            (self.questions, tr("Questions")),
            (self.problems, tr("Problems")),
            (self.routing, tr("Routing")),
            (self.paper, tr("Paper version")),
            (self.test_run, tr("Test run")),
            (self.random_runs, tr("Random runs")),
            (self.version, tr("New version")),
        ):
            self.tabs.addTab(part, title)
        self.tabs.setTabVisible(VERSION, self.study is not None)
        if beside_parts:
            self.tabs.setCornerWidget(head.languages, Qt.Corner.TopRightCorner)
        stack = self._whole
        stack.setContentsMargins(2 * unit, unit + unit // 2, unit, unit)
        stack.setSpacing(unit // 2)
        for above in (head, self.working, self.problem, self.saving, self.asking):
            stack.addWidget(above)
        stack.addWidget(self.tabs, 1)
        self.begin_at = self.outline.view
        self._connect()

    def retranslate(self) -> None:
        """Say and draw everything anew, and come back to the form and the line that were looked at."""
        self._remember_place()
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

    def _connect(self) -> None:
        head = self.head
        head.open_wanted.connect(self._choose)
        head.own_wanted.connect(self._back_to_own)
        head.again_wanted.connect(self.read_again)
        head.save_wanted.connect(self._save)
        head.language_changed.connect(self._show_language)
        head.beside_changed.connect(self._show_line)
        # Where text is large, what was saved has the page to itself until it is closed.
        self.saving.begun.connect(lambda: self.tabs.setVisible(not theme.is_large()))
        self.saving.closed.connect(self.tabs.show)
        self.saving.closed.connect(lambda: begin(self))
        self.outline.chosen.connect(lambda _line: self._show_line())
        self.problems.wanted.connect(self.show_line)
        self.routing.wanted.connect(self.show_key)
        self.random_runs.wanted.connect(self.show_key)
        self.version.adopted.connect(self._adopt)
        self.test_run.anew_wanted.connect(self._try_anew)
        self.test_run.changed.connect(self.asking.withdraw)
        self.asking.asked.connect(self.test_run.make_room)
        self.test_run.running.connect(lambda _on: self._fold_head())
        self.test_run.running.connect(lambda _on: self.asking.withdraw())
        self.tabs.currentChanged.connect(self._fill)
        self.tabs.currentChanged.connect(lambda _at: self._fold_head())
        self.tabs.currentChanged.connect(self._begin_in)

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
        if self.asking.allows("form", tr("“Open another form …” once more does it.")):
            path = ask_form(self)
            if path is not None:
                self.show_file(path)

    def _back_to_own(self) -> None:
        if self.asking.allows("form", tr("“Back to the study’s” once more does it.")):
            self.show_own()

    def read_again(self) -> None:
        """Read the file that is shown once more; the line and the part that were looked at stay."""
        if self._path is None or not self.open.isEnabled():
            return
        if self.asking.allows("again", tr("{key} once more reads the file again.", key=cap_of(Key.READ_AGAIN))):
            self._remember_place()
            self.show_file(self._path)

    def _save(self, ending: str) -> None:
        if self.looked is not None:
            self.saving.ask(self.looked, self._path, self.study, ending)

    def event(self, event: QEvent) -> bool:
        """Say when somebody comes back to the window and the file was mended meanwhile."""
        if event.type() == QEvent.Type.WindowActivate and self._path is not None and self.open.isEnabled():
            now = changed_at(self._path)
            if now is not None and now != self._read_at:
                self._read_at = now  # said once
                again = tr("{key} reads it again.", key=cap_of(Key.READ_AGAIN))
                said = tr("{file} was changed since it was read.", file=breakable(self._path.name))
                self.problem.say(f"{said} {again}")
        return super().event(event)

    def _begin_in(self, at: int) -> None:
        """Put the keyboard where a part is read, unless it stays on the tabs."""
        parts = {QUESTIONS: self.outline.view, PROBLEMS: self.problems.list, ROUTING: self.routing.view,
                 PAPER: self.paper.sheet}  # fmt: skip
        held = QApplication.focusWidget()
        if at in parts and held is not None and held is not self.tabs.tabBar() and self.tabs.isAncestorOf(held):
            parts[at].setFocus()

    def _remember_place(self) -> None:
        line = self.outline.line()
        if self.looked is not None and line is not None:
            self._wanted = (self.looked.outline.lines[line].key, self.tabs.currentIndex())

    def _load(self, look: Callable[[Ticket], Looked], words: str, path: Path | None) -> None:
        self.problem.hide()
        self.head.hold(True)
        self.working.begin(words)
        run_in_background(self, look, lambda looked: self._show(looked, path), self._failed)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.head.hold(False)
        self._wanted = None
        self.problem.say("✗ " + in_words(problem), "warning")
        self.loaded.emit()

    def _show(self, looked: Looked, path: Path | None) -> None:
        other = path != self._path
        self._path = path
        self._read_at = changed_at(path)
        self.working.end()
        self.head.hold(False)
        self.looked = looked
        self.saving.hide()
        self.tabs.show()
        self.asking.withdraw()
        self.head.show_questionnaire(looked, with_study=self.study is not None)
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
        elif other:
            self.tabs.setCurrentIndex(QUESTIONS if looked.runs else PROBLEMS)
            (self.outline.view if looked.runs else self.problems.list).setFocus()
        self.loaded.emit()

    # -- what is shown ----------------------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """The language of the questionnaire that is shown."""
        return self.head.language()

    def _show_language(self) -> None:
        if self.looked is None:
            return
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
            self.detail.show_line(self.looked, line, self.head.spoken())

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

    def _to_problem(self, step: int) -> None:
        """Go to the next line with an error or hint, or the one before; behind the last comes the first."""
        line = next_with_problem(self.looked, self.outline.line(), step) if self.looked is not None else None
        if line is not None:
            self.show_line(line)

    # -- trying it out ----------------------------------------------------------------------------------------------

    def try_here(self) -> None:
        """Begin a test run at the question chosen in the outline, or among the values of the test run."""
        looked, line = self.looked, self.outline.line()
        if looked is None or line is None or self.study is None:
            return
        name = self.test_run.name_at_hand() or asked_from(looked.outline, line)
        if not looked.runs:
            self.tabs.setCurrentIndex(TEST_RUN)
            return
        if not self.asking.allows(f"here {name}", self._from_here(name)):
            return
        self.tabs.setCurrentIndex(TEST_RUN)
        if name:
            self.test_run.begin_at(name)
        else:
            self.test_run.begin_run()

    def _from_here(self, name: str) -> str:
        called = self.looked.outline.numbers.get(name, name) if self.looked is not None else name
        return tr("{key} once more begins a new one at question {question}.", key=cap_of(Key.TRY_HERE), question=called)

    def _try_anew(self) -> None:
        if self.study is None or self.looked is None:
            return
        if self.asking.allows("anew", tr("{key} once more begins anew.", key=cap_of(Key.TRY_ANEW))):
            self.tabs.setCurrentIndex(TEST_RUN)
            self.test_run.begin_run()

    def may_leave(self) -> bool:
        """Tell whether the page may be left: a test run with answers is not forgotten by a slip."""
        return self.asking.allows("page", tr("The same once more leaves this page."))

    def held_because(self) -> str:
        """Return why the window stays open."""
        return self.asking.text()

    def _fold_head(self) -> None:
        """Give the test run the room of the head: the interview's page is made for a whole window."""
        self.head.setVisible(self.tabs.currentIndex() != TEST_RUN or self.test_run.interview is None)

    def _search(self) -> None:
        if self.tabs.currentIndex() == TEST_RUN and self.test_run.interview is not None:
            self.test_run.search()
            return
        self.tabs.setCurrentIndex(QUESTIONS)
        self.outline.search.setFocus()
        self.outline.search.selectAll()
