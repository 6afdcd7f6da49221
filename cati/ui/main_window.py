"""The one window: header, navigation by role, and the page that is open."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import navigation, theme
from cati.ui import preferences as kept
from cati.ui.asking_study import ask, unsaved_words
from cati.ui.end_of_day import mix_when_due
from cati.ui.header import Figures, Header
from cati.ui.idle_lock import IdleLock
from cati.ui.look import USUAL_SIZE, next_scale, put_on
from cati.ui.pages import Note, begin
from cati.ui.parting import part_from
from cati.ui.sign_in import SignInPage
from cati.ui.watch import Watch

if TYPE_CHECKING:
    from cati.fieldwork.calling import MyDay
    from cati.fieldwork.open_study import OpenStudy

CLOCK_MS = 10_000
MIXING_MS = 300_000
TOLD_MS = 15_000


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
        self._occupied = False
        self._told_unsaved = False
        self.header = Header()
        self.rail = navigation.Rail()
        self.pages = QStackedWidget()
        self.told = Told()
        self.watch = Watch(self)
        self.lock = IdleLock(self, _laid_out(self.header, self.rail, self.pages, self.told))
        self.setCentralWidget(self.lock.stack)
        self.setWindowTitle("cati")
        self.resize(USUAL_SIZE)
        _connect(self)
        self.show_sign_in()

    # -- who is here ------------------------------------------------------------------------------------------------

    def show_sign_in(self, folder: Path | None = None) -> None:
        """Show the page where a study is chosen and opened."""
        page = SignInPage(self._preferences.recent, now=self.now, draw=self.draw)
        self.leave_study()
        self.show_page("sign_in", page)
        if folder is not None:
            page.show_study(folder)

    def enter(self, study: OpenStudy, typed: Sequence[str] = ()) -> None:
        """Take over a study that somebody has opened, and show the first page of their role.

        ``typed``: what may be the start password of whoever came in by one; kept by the page that needs it, no longer.
        """
        self.study = study
        self._told_unsaved = False
        self._preferences = kept.with_recent(self._preferences, study.folder, study.settings.name)
        kept.keep(self._preferences)
        self.header.show_study(study.settings.name, study.me.name)
        self.lock.begin()
        if study.me.start_password and study.keys is not None:
            self.rail.show_places(())
            self.header.pause.hide()
            self.show_page("first_password", navigation.first_password_page(study, typed))
            return
        self.rail.show_places(navigation.places_of(study.me.role, erased=study.keys is None))
        self.rail.show()
        self.count()
        self.open_place(self.rail.names()[0])
        mix_when_due(self, study)

    def sign_out(self) -> None:
        """Close the study and go back to the first page."""
        if self.study is None or not self._may_leave() or not self._may_end():
            return
        study = self.study
        self.show_sign_in(study.folder)
        part_from(self, study, signed_out=True)

    def leave_study(self) -> None:
        """Show that nobody is signed in; whoever calls this closes the study."""
        self.watch.leave()
        if self.study is not None and self.study.desk is None:
            self.watch.wait()
        self.study = None
        self.rail.hide()
        self.header.show_nobody()
        self.header.show_figures(None)

    # -- pages ------------------------------------------------------------------------------------------------------

    def open_place(self, name: str) -> None:
        """Open a place of the navigation anew; a page that is not to be left keeps its place."""
        if self.study is None or not self._may_leave():
            if self._open in self.rail.names():
                self.rail.show_chosen(self._open)
            return
        place = next(place for place in navigation.PLACES if place.name == name)
        self.rail.show_chosen(name)
        self._occupy(False)
        try:
            page = place.make(self.study)
        except Problem as problem:
            page = navigation.problem_page(problem)
        if not page.accessibleName():
            page.setAccessibleName(tr(place.label))
        self.show_page(name, page)

    def show_page(self, name: str, page: QWidget) -> None:
        """Show a page in place of the one there was, and listen to what it reports."""
        self._open = name
        self.told.tell("")
        self._listen(page)
        if hasattr(page, "may_take"):
            page.may_take = self.watch.look
        old, self._page = self._page, page
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        self.pages.removeWidget(old)
        old.hide()
        old.deleteLater()
        begin(page)

    def page(self) -> QWidget:
        """Return the page that is open."""
        return self._page

    def _listen(self, page: QWidget) -> None:
        """Connect what a page may report; each signal is optional."""
        build = navigation
        for signal, act in (
            ("occupied", self._occupy),
            ("site_shown", self._show_site),
            ("counted", self.count),
            ("retry_wanted", lambda: self.open_place(self._open)),
            ("day_wanted", lambda: navigation.show_day(self)),
            ("settled", self.take_over),
            ("held", self.told.tell),
            ("signed_in", self.enter),
            ("gone", self.leave_study),
            ("left", self.show_sign_in),
            ("made", self.show_sign_in),
            ("new_study_wanted", lambda: self.show_page("new_study", build.new_study_page(self.now, self.draw))),
            (
                "unfinished_wanted",
                lambda folder, name: self.show_page(
                    "unfinished", build.unfinished_page(folder, name, self.now, self.draw)
                ),
            ),
            (
                "recovery_wanted",
                lambda folder, name: self.show_page("recovery", build.recovery_page(folder, name, self.now, self.draw)),
            ),
            ("erased", lambda record: self.show_page("record", build.record_page(record))),
        ):
            if hasattr(page, signal):
                getattr(page, signal).connect(act)

    def _may_leave(self) -> bool:
        leave = getattr(self._page, "may_leave", None)
        return not self._occupied and (leave is None or bool(leave()))

    def _may_end(self) -> bool:
        """Tell whether the study may be closed; when something of it is not saved, it is said once before."""
        words = unsaved_words(self.study) if self.study is not None else ""
        if not words:
            self._told_unsaved = False
        if not words or self._told_unsaved:
            return True
        self._told_unsaved = True
        self.told.tell(words)
        return False

    def _occupy(self, occupied: bool) -> None:
        self._occupied = occupied
        self.told.tell("")
        self.header.hold(occupied)
        self.rail.setVisible(self.study is not None and not occupied)

    def _show_site(self, site: str) -> None:
        if self.study is not None:
            self.header.show_study(self.study.settings.name, self.study.me.name, site)

    def take_over(self, study: OpenStudy) -> None:
        """Take over the study after something of it was changed, here or elsewhere; another role has other places."""
        promoted = self.study is not None and self.study.me.role is not study.me.role
        self.study = study
        self._show_site("")
        if promoted:
            self.rail.show_places(navigation.places_of(study.me.role, erased=study.keys is None))
            self.open_place(self.rail.names()[0])

    def count(self) -> None:
        """Show anew what was done today."""
        if self.study is None or self.study.keys is None:
            return
        from cati.fieldwork.calling import my_day  # noqa: PLC0415 - with the store, after signing in

        study = self.study

        def show(day: MyDay) -> None:
            if self.study is study:
                self.header.show_figures(Figures(day.complete, day.target))

        ask(self, study, lambda: my_day(study), show)

    # -- look, help, pause, end -------------------------------------------------------------------------------------

    def wear(self, *, dark: bool | None = None, scale: float | None = None, speak: str | None = None) -> None:
        """Change look, size of the text or language, remember it, and say everything anew.

        A page that holds unsaved work redraws itself (`retranslate`); any other is built again.
        """
        self._preferences = put_on(self._preferences, dark=dark, scale=scale, speak=speak)
        self.setLocale(QLocale())
        self.header.retranslate()
        if self.study is not None and self._open in self.rail.names():
            self.rail.show_places(navigation.places_of(self.study.me.role, erased=self.study.keys is None))
            self.rail.show_chosen(self._open)
            self.rail.setVisible(not self._occupied)
            self.count()
        retranslate = getattr(self._page, "retranslate", None)
        if retranslate is not None:
            retranslate()
        elif self._open == "sign_in":
            self.show_sign_in()
        elif self.study is not None:
            self.open_place(self._open)

    def speak(self, language: str) -> None:
        """Speak another language from now on."""
        self.wear(speak=language)

    def show_help(self) -> None:
        """Show the keys and the manual in a window of their own, so that the page stays as it is."""
        from cati.ui.manual_page import HelpWindow  # noqa: PLC0415 - rarely opened

        role = self.study.me.role if self.study is not None else None
        HelpWindow(role, self).show()

    def take_pause(self) -> None:
        """Cover the window until somebody comes back."""
        if self.study is None or not self._may_leave():
            return
        page = navigation.pause_page(self.study)
        before = self._open
        page.over.connect(lambda: self.open_place(before))
        self.rail.hide()
        self.show_page("pause", page)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Close the study in order; an open case holds the window until it has an outcome."""
        if not self._may_leave():
            event.ignore()
            why = getattr(self._page, "held_because", None)
            said = why() if why is not None else tr("Give the open case an outcome or put it back first.")
            self.told.tell(said)
            return
        if not self._may_end():
            event.ignore()
            return
        if self.study is not None:
            study, self.study = self.study, None
            self.watch.leave()
            part_from(self, study, signed_out=True)
        event.accept()


class Told(Note):
    """A sentence at the foot of the window for some seconds: why it does not close, what is not saved."""

    def __init__(self) -> None:
        super().__init__("", "warning")
        self._over = QTimer(self)
        self._over.setSingleShot(True)
        self._over.timeout.connect(self.hide)
        self.hide()

    def tell(self, words: str) -> None:
        """Say it; "" takes it away at once."""
        if words:
            self.say(words, "warning")
            self._over.start(TOLD_MS)
        else:
            self.hide()


def _laid_out(header: QWidget, rail: QWidget, pages: QWidget, told: QWidget) -> QWidget:
    """Return header above, navigation on the left, page on the right, without a gap; below what the window says."""
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(rail)
    middle.addWidget(pages, 1)
    central = QWidget()
    whole = QVBoxLayout(central)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(0)
    whole.addWidget(header)
    whole.addLayout(middle, 1)
    whole.addWidget(told)
    return central


def _open_number(window: MainWindow, number: int) -> None:
    """Open a place by its number; a page with numbered parts of its own opens the part."""
    show_part = getattr(window.page(), "show_number", None)
    if show_part is not None:
        show_part(number)
    elif window.study is not None and number <= len(window.rail.names()):
        window.open_place(window.rail.names()[number - 1])


def _connect(window: MainWindow) -> None:
    """Connect the header, the navigation, the window's own keys and its two clocks."""
    header = window.header

    def grow(step: int) -> None:
        window.wear(scale=next_scale(step))

    def turn_look() -> None:
        window.wear(dark=not theme.is_dark())

    def mix() -> None:
        if window.study is not None and window.header.pause.isEnabled():
            mix_when_due(window, window.study)

    def tick() -> None:
        header.show_clock(window.now().astimezone())

    header.dark_wanted.connect(lambda dark: window.wear(dark=dark))
    header.scale_wanted.connect(grow)
    header.language_wanted.connect(window.speak)
    header.help_wanted.connect(window.show_help)
    header.pause_wanted.connect(window.take_pause)
    header.sign_out_wanted.connect(window.sign_out)
    window.rail.chosen.connect(window.open_place)
    keys: list[tuple[str, Callable[[], None]]] = [
        ("F1", window.show_help),
        ("F12", window.lock.lock),
        ("Ctrl++", lambda: grow(1)),
        ("Ctrl+=", lambda: grow(1)),
        ("Ctrl+-", lambda: grow(-1)),
        ("Ctrl+D", turn_look),
    ]
    keys += [(f"Ctrl+{number % 10}", partial(_open_number, window, number)) for number in range(1, 11)]
    for key, act in keys:
        QShortcut(QKeySequence(key), window).activated.connect(act)
    for milliseconds, act in ((CLOCK_MS, tick), (MIXING_MS, mix)):
        clock = QTimer(window)
        clock.timeout.connect(act)
        clock.start(milliseconds)
    tick()
