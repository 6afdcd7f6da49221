"""Which pages there are, for whom, and how each is built; a page's code is loaded when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cati.text import mark, tr
from cati.ui import theme

if TYPE_CHECKING:
    import random
    from datetime import datetime
    from pathlib import Path

    from cati.errors import Problem
    from cati.fieldwork.open_study import OpenStudy, Role
    from cati.fieldwork.purge import ErasureRecord
    from cati.ui.main_window import MainWindow
    from cati.ui.pause_page import PausePage


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; ``label`` is a mark for `tr`, ``roles`` are values of `Role`."""

    name: str
    label: str
    roles: frozenset[str]
    make: Callable[[OpenStudy], QWidget]
    stays: bool = False
    """There is still something to see there when the contacts are erased."""


def _calls(study: OpenStudy) -> QWidget:
    from cati.ui.calling_page import CallingPage  # noqa: PLC0415 - each page is loaded when it is opened

    return CallingPage(study)


def _progress(study: OpenStudy) -> QWidget:
    from cati.ui.progress_page import ProgressPage  # noqa: PLC0415

    return ProgressPage(study)


def _list(study: OpenStudy) -> QWidget:
    from cati.ui.list_page import ListPage  # noqa: PLC0415

    return ListPage(study)


def _questionnaire(study: OpenStudy) -> QWidget:
    from cati.ui.questionnaire_page import QuestionnairePage  # noqa: PLC0415

    return QuestionnairePage(study)


def _staff(study: OpenStudy) -> QWidget:
    from cati.ui.staff_page import StaffPage  # noqa: PLC0415

    return StaffPage(study)


def _settings(study: OpenStudy) -> QWidget:
    from cati.ui.settings_page import SettingsPage  # noqa: PLC0415

    return SettingsPage(study)


def _export(study: OpenStudy) -> QWidget:
    from cati.ui.export_page import ExportPage  # noqa: PLC0415

    return ExportPage(study)


def _purge(study: OpenStudy) -> QWidget:
    from cati.ui.purge_page import PurgePage  # noqa: PLC0415

    return PurgePage(study)


def _log(study: OpenStudy) -> QWidget:
    from cati.ui.log_page import LogPage  # noqa: PLC0415

    return LogPage(study)


def _password(study: OpenStudy) -> QWidget:
    from cati.ui.password_page import PasswordPage  # noqa: PLC0415

    return PasswordPage(study)


def show_day(window: MainWindow) -> None:
    """Open the log page with the day's report in front."""
    window.open_place("log")
    show = getattr(window.page(), "show_day", None)
    if show is not None:
        show()


def _manual(study: OpenStudy) -> QWidget:
    from cati.ui.manual_page import ManualPage  # noqa: PLC0415

    return ManualPage(study.me.role)


def new_study_page(now: Callable[[], datetime], draw: random.Random) -> QWidget:
    """Return the guided page on which a study is made."""
    from cati.ui.study_page import StudyPage  # noqa: PLC0415

    return StudyPage(now=now, draw=draw)


def unfinished_page(folder: Path, name: str, now: Callable[[], datetime], draw: random.Random) -> QWidget:
    """Return the page on which an interrupted erasure is finished."""
    from cati.ui.purge_part import UnfinishedPage  # noqa: PLC0415

    return UnfinishedPage(folder, name, now=now, draw=draw)


def recovery_page(folder: Path, name: str, now: Callable[[], datetime], draw: random.Random) -> QWidget:
    """Return the page on which two trustees let a research lead in."""
    from cati.ui.recovery_page import RecoveryPage  # noqa: PLC0415

    return RecoveryPage(folder, name, now=now, draw=draw)


def record_page(record: ErasureRecord) -> QWidget:
    """Return the page of an erasure record."""
    from cati.ui.purge_part import RecordPage  # noqa: PLC0415

    return RecordPage(record)


def problem_page(problem: Problem) -> QWidget:
    """Return a page that says why another cannot be opened."""
    from cati.ui.problem_page import ProblemPage  # noqa: PLC0415

    return ProblemPage(problem)


def first_password_page(study: OpenStudy, typed: Sequence[str]) -> QWidget:
    """Return the page on which whoever came in by a start password, one of ``typed``, chooses one of their own."""
    from cati.ui.password_page import FirstPasswordPage  # noqa: PLC0415

    return FirstPasswordPage(study, typed)


def pause_page(study: OpenStudy) -> PausePage:
    """Return the page that covers the study during a pause."""
    from cati.ui.pause_page import PausePage  # noqa: PLC0415

    return PausePage(study)


# Written out: importing the enumeration would load the database before anybody has signed in.
_ALL = frozenset({"interviewer", "supervisor", "research_lead"})
_WATCHING = frozenset({"supervisor", "research_lead"})
_LEADING = frozenset({"research_lead"})
_NOT_LEADING = _ALL - _LEADING  # a research lead has it on the page of the staff

PLACES = (
    Place("progress", mark("Progress"), _WATCHING, _progress, stays=True),
    Place("calls", mark("Calls"), _ALL, _calls),
    Place("list", mark("Contact list"), _WATCHING, _list),
    Place("questionnaire", mark("Questionnaire"), _LEADING, _questionnaire, stays=True),
    Place("staff", mark("Staff"), _LEADING, _staff),
    Place("settings", mark("Settings"), _LEADING, _settings),
    Place("export", mark("Export"), _LEADING, _export, stays=True),
    Place("log", mark("Log"), _WATCHING, _log, stays=True),
    Place("purge", mark("Erasure"), _LEADING, _purge),
    Place("password", mark("My password"), _NOT_LEADING, _password),
    Place("manual", mark("Manual"), _ALL, _manual, stays=True),
)


def places_of(role: Role, *, erased: bool = False) -> tuple[Place, ...]:
    """Return the places of a role, the first of which opens after signing in; fewer once the contacts are erased."""
    return tuple(place for place in PLACES if role in place.roles and (place.stays or not erased))


class Rail(QScrollArea):
    """The navigation: one button a place, from top to bottom; arrow keys walk through it."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "rail")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._buttons: dict[str, QPushButton] = {}

    def show_places(self, places: Sequence[Place]) -> None:
        """Show these places in the language in force."""
        inside = QWidget()
        inside.setProperty("kind", "rails")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        stack = QVBoxLayout(inside)
        stack.setContentsMargins(0, theme.unit(), 0, theme.unit())
        stack.setSpacing(theme.unit() // 4)
        group = QButtonGroup(inside)
        self._buttons = {}
        for number, place in enumerate(places, 1):
            button = theme.push(theme.folded(tr(place.label)), partial(self.chosen.emit, place.name), kind="place")
            button.setCheckable(True)
            button.setToolTip(f"Ctrl+{number % 10}")
            button.setAccessibleName(tr(place.label))
            button.setIcon(theme.icon(place.name))
            button.setIconSize(QSize(theme.line(), theme.line()))
            group.addButton(button)
            stack.addWidget(button)
            self._buttons[place.name] = button
        stack.addStretch(1)
        self.setWidget(inside)
        # Bold takes more room than the hint knows of; the widest label must not be cut when it is chosen.
        self.setFixedWidth(round(inside.sizeHint().width() * 1.12))

    def show_chosen(self, name: str) -> None:
        """Mark the place that is open."""
        self._buttons[name].setChecked(True)

    def names(self) -> tuple[str, ...]:
        """Return the names of the places shown, in order."""
        return tuple(self._buttons)
