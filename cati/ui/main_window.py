"""The one window: header, navigation by role, and the page that is open."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import set_language, tr
from cati.ui import preferences as kept
from cati.ui import qt_words, theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.header import Figures, Header
from cati.ui.navigation import Rail, places_of
from cati.ui.pages import begin
from cati.ui.sign_in import SignInPage

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.purge import ErasureRecord

CLOCK_MS = 10_000
MIXING_MS = 300_000


class MainWindow(QMainWindow):
    """The window. It holds the open study and the page; everything else is the page's own affair."""

    def __init__(self, *, now: Callable[[], datetime], draw: random.Random, preferences: kept.Preferences) -> None:
        super().__init__()
        self.now = now
        self.draw = draw
        self.study: OpenStudy | None = None
        self._preferences = preferences
        self._page = QWidget()
        self._open = ""
        self._before_pause = ""
        self._occupied = False
        self.header = Header()
        self.rail = Rail()
        self.pages = QStackedWidget()
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.pages, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addLayout(middle, 1)
        central = QWidget()
        central.setLayout(whole)
        self.setCentralWidget(central)
        self.setWindowTitle("cati")
        self.resize(1280, 800)
        self._connect()
        self.show_sign_in()

    def _connect(self) -> None:
        self.header.dark_wanted.connect(lambda dark: self.wear(dark=dark))
        self.header.scale_wanted.connect(self.change_scale)
        self.header.language_wanted.connect(self.speak)
        self.header.help_wanted.connect(self.show_help)
        self.header.pause_wanted.connect(self.take_pause)
        self.header.sign_out_wanted.connect(self.sign_out)
        self.rail.chosen.connect(self.open_place)
        for keys, act in (
            ("F1", self.show_help),
            ("Ctrl++", lambda: self.change_scale(1)),
            ("Ctrl+=", lambda: self.change_scale(1)),
            ("Ctrl+-", lambda: self.change_scale(-1)),
            ("Ctrl+D", lambda: self.wear(dark=not theme.is_dark())),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)
        for number in range(1, 10):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda number=number: self._open_number(number))
        clock = QTimer(self)
        clock.timeout.connect(self._tick)
        clock.start(CLOCK_MS)
        mixing = QTimer(self)
        mixing.timeout.connect(self._mix)
        mixing.start(MIXING_MS)
        self._tick()

    # -- who is here ------------------------------------------------------------------------------------------------

    def show_sign_in(self, folder: Path | None = None) -> None:
        """Show the page where a study is chosen and opened."""
        page = SignInPage(self._preferences.recent, now=self.now, draw=self.draw)
        page.signed_in.connect(self.enter)
        page.new_study_wanted.connect(self.show_new_study)
        page.unfinished_wanted.connect(self.show_unfinished)
        self.rail.hide()
        self.header.show_nobody()
        self.header.show_figures(None)
        self._open = "sign_in"
        self._show(page)
        if folder is not None:
            page.show_study(folder)

    def show_new_study(self) -> None:
        """Show the guided page on which a study is made."""
        from cati.ui.study_page import StudyPage  # noqa: PLC0415 - made once in a while

        page = StudyPage(now=self.now, draw=self.draw)
        page.left.connect(self.show_sign_in)
        page.made.connect(self.show_sign_in)
        self._open = "new_study"
        self._show(page)

    def enter(self, study: OpenStudy) -> None:
        """Take over a study that somebody has opened, and show the first page of their role."""
        self.study = study
        self._remember(kept.with_recent(self._preferences, study.folder, study.settings.name))
        self.header.show_study(study.settings.name, study.me.name)
        self.rail.show_places(places_of(study.me.role, erased=study.keys is None))
        self.rail.show()
        self.count()
        self.open_place(self.rail.names()[0])
        self._mix()

    def sign_out(self) -> None:
        """Close the study and go back to the first page."""
        if self.study is None or not self._may_leave():
            return
        from cati.fieldwork.study import sign_out  # noqa: PLC0415 - loaded with the study

        study, self.study = self.study, None
        self.show_sign_in(study.folder)
        sign_out(study)

    # -- pages ------------------------------------------------------------------------------------------------------

    def open_place(self, name: str) -> None:
        """Open a place of the navigation anew; a page that is not to be left keeps its place."""
        if self.study is None or not self._may_leave():
            if self._open in self.rail.names():
                self.rail.show_chosen(self._open)
            return
        place = next(
            place for place in places_of(self.study.me.role, erased=self.study.keys is None) if place.name == name
        )
        self._open = name
        self.rail.show_chosen(name)
        self._occupy(False)
        try:
            page = place.make(self.study)
        except Problem as problem:
            from cati.ui.problem_page import ProblemPage  # noqa: PLC0415 - rarely seen

            page = ProblemPage(problem)
        if not page.accessibleName():
            page.setAccessibleName(tr(place.label))
        self._listen(page)
        self._show(page)

    def page(self) -> QWidget:
        """Return the page that is open."""
        return self._page

    def _listen(self, page: QWidget) -> None:
        """Connect what a page may report; each signal is optional."""
        for signal, act in (
            ("occupied", self._occupy),
            ("site_shown", self._show_site),
            ("counted", self.count),
            ("settled", self._settle),
            ("gone", self._study_gone),
            ("left", self.show_sign_in),
            ("erased", self._show_record),
        ):
            if hasattr(page, signal):
                getattr(page, signal).connect(act)

    def _show(self, page: QWidget) -> None:
        old, self._page = self._page, page
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        self.pages.removeWidget(old)
        old.hide()
        old.deleteLater()
        begin(page)

    def _may_leave(self) -> bool:
        leave = getattr(self.page(), "may_leave", None)
        return not self._occupied and (leave is None or bool(leave()))

    def _occupy(self, occupied: bool) -> None:
        self._occupied = occupied
        self.header.hold(occupied)
        self.rail.setVisible(self.study is not None and not occupied)

    def _show_site(self, site: str) -> None:
        if self.study is not None:
            self.header.show_study(self.study.settings.name, self.study.me.name, site)

    def _settle(self, study: OpenStudy) -> None:
        """Take over the study after its settings were changed."""
        self.study = study
        self.header.show_study(study.settings.name, study.me.name)

    def _study_gone(self) -> None:
        """Leave a study that was erased: nothing of it can be opened any more."""
        self.study = None
        self.rail.hide()
        self.header.show_nobody()
        self.header.show_figures(None)
        self._open = "erased"

    def _show_record(self, record: ErasureRecord) -> None:
        from cati.ui.purge_part import RecordPage  # noqa: PLC0415 - once in a study's life

        page = RecordPage(record)
        self._listen(page)
        self._show(page)

    def show_unfinished(self, folder: Path, name: str) -> None:
        """Show the page on which an interrupted erasure is finished."""
        from cati.ui.purge_part import UnfinishedPage  # noqa: PLC0415 - once in a study's life

        page = UnfinishedPage(folder, name, now=self.now, draw=self.draw)
        self._open = "unfinished"
        self._listen(page)
        self._show(page)

    def _open_number(self, number: int) -> None:
        if self.study is not None and number <= len(self.rail.names()) and not self._occupied:
            self.open_place(self.rail.names()[number - 1])

    def count(self) -> None:
        """Show anew what was done today."""
        if self.study is None:
            return
        from cati.fieldwork.calling import my_day  # noqa: PLC0415 - with the store, after signing in

        if self.study.keys is None:
            return
        day = my_day(self.study)
        self.header.show_figures(Figures(day.complete, day.target))

    def _mix(self) -> None:
        """Mix what has been finished by the end of the day, in the background and never while a case is open."""
        if self.study is None or self.study.keys is None or self._occupied:
            return
        study = self.study

        def work(_ticket: Ticket) -> None:
            from cati.fieldwork.mixing import due_for_mixing, mix  # noqa: PLC0415 - with the store

            if due_for_mixing(study):
                mix(study)

        run_in_background(self, work, lambda _nothing: None)

    # -- look, language, help ---------------------------------------------------------------------------------------

    def wear(self, *, dark: bool | None = None, scale: float | None = None) -> None:
        """Change the look or the size of the text, and remember it."""
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            return
        look = theme.is_dark() if dark is None else dark
        size = theme.scale() if scale is None else scale
        theme.wear(application, dark=look, scale=size)
        self._remember(replace(self._preferences, dark=look, scale=size))
        self._redraw()

    def change_scale(self, step: int) -> None:
        """Make the text one step larger or smaller."""
        at = min(range(len(theme.SCALES)), key=lambda i: abs(theme.SCALES[i] - theme.scale()))
        at = min(max(at + step, 0), len(theme.SCALES) - 1)
        self.wear(scale=theme.SCALES[at])

    def speak(self, language: str) -> None:
        """Speak another language from now on, and remember it."""
        set_language(language)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            qt_words.speak(application, language)
            self.setLocale(QLocale())
        self._remember(replace(self._preferences, language=language))
        self._redraw()

    def _redraw(self) -> None:
        """Say everything anew: a page that holds unsaved work does so itself, any other is built again."""
        self.header.retranslate()
        if self.study is not None and self._open in self.rail.names():
            self.rail.show_places(places_of(self.study.me.role, erased=self.study.keys is None))
            self.rail.show_chosen(self._open)
            self.rail.setVisible(not self._occupied)
            self.count()
        page = self.page()
        retranslate = getattr(page, "retranslate", None)
        if retranslate is not None:
            retranslate()
        elif self._open == "sign_in":
            self.show_sign_in()
        elif self.study is not None:
            self.open_place(self._open)

    def show_help(self) -> None:
        """Show the keys and the manual in a window of their own, so that the page stays as it is."""
        from cati.ui.manual_page import HelpWindow  # noqa: PLC0415 - rarely opened

        role = self.study.me.role if self.study is not None else None
        HelpWindow(role, self).show()

    def take_pause(self) -> None:
        """Cover the window until somebody comes back."""
        from cati.ui.pause_page import PausePage  # noqa: PLC0415

        if self.study is None or not self._may_leave():
            return
        page = PausePage(self.study)
        page.over.connect(lambda: self.open_place(self._before_pause))
        self._before_pause = self._open
        self.rail.hide()
        self._show(page)

    def _remember(self, preferences: kept.Preferences) -> None:
        self._preferences = preferences
        kept.keep(preferences)

    def _tick(self) -> None:
        self.header.show_clock(self.now().astimezone())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Close the study in order; an open case holds the window until it has an outcome."""
        if not self._may_leave():
            event.ignore()
            self.statusBar().showMessage(tr("Give the open case an outcome or put it back first."), 8000)
            return
        if self.study is not None:
            from cati.fieldwork.study import sign_out  # noqa: PLC0415 - loaded with the study

            study, self.study = self.study, None
            sign_out(study)
        event.accept()
