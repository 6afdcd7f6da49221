"""The guided page on which a study is made: seven parts, one at a time, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cati.errors import Problem
from cati.settings import StudySettings, check_settings
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.form_section import FormSection
from cati.ui.pages import Labelled, Note, Page, Working, begin, in_words
from cati.ui.rules_section import RulesSection
from cati.ui.sites_section import SitesSection, code_from
from cati.ui.staff_section import StaffSection
from cati.ui.study_sections import AboutSection, ConsentSection, DatesSection, Section, next_field, text_line

if TYPE_CHECKING:
    from cati.fieldwork.study import CreatedStudy
    from cati.ui.sheets_page import SheetsPage

PARTS = (
    mark("About the study"),
    mark("Sites and departments"),
    mark("Dates"),
    mark("Consent"),
    mark("Questionnaire"),
    mark("Calling rules"),
    mark("Staff"),
    mark("Make the study"),
)
_REST_MS = 300


class StudyPage(QWidget):
    """The parts on the left, the open part on the right; nothing is made before the last one."""

    left = Signal()
    made = Signal(Path)

    def __init__(self, *, now: Callable[[], datetime], draw: random.Random, cost: object = None) -> None:
        super().__init__()
        self._now = now
        self._draw = draw
        self._cost = cost
        self._judged: set[int] = set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._judge)
        self._whole = QHBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self.folder_line: QLineEdit
        self._question: Page | None = None
        self._asked_in = 0
        self._papers: SheetsPage | None = None
        self._build()
        self._untouched = self._typed()

    def _build(self) -> None:
        today = self._now().astimezone().date()
        self.about = AboutSection()
        self.sites = SitesSection()
        self.dates = DatesSection(today)
        self.consent = ConsentSection()
        self.form = FormSection()
        self.rules = RulesSection()
        self.staff = StaffSection()
        self.sections: tuple[Section, ...] = (
            self.about, self.sites, self.dates, self.consent, self.form, self.rules, self.staff
        )  # fmt: skip
        self.pages = QStackedWidget()
        self._ways: dict[int, tuple[QWidget, ...]] = {}
        for at, section in enumerate(self.sections):
            page = Page(tr(PARTS[at]))
            page.body.addWidget(section)
            page.body.addStretch(1)
            page.begin_at = section.begin_at
            section.changed.connect(self._rest.start)
            self._feet(page, at)
            self.pages.addWidget(page)
        self.pages.addWidget(self._last())
        self._whole.addWidget(self._rail())
        self._whole.addWidget(self.pages, 1)
        self.show_part(0)

    def _rail(self) -> QWidget:
        rail = QScrollArea()
        rail.setProperty("kind", "rail")
        rail.setWidgetResizable(True)
        rail.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rail.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setProperty("kind", "rails")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        stack = QVBoxLayout(inside)
        stack.setContentsMargins(0, theme.unit(), 0, theme.unit())
        stack.setSpacing(theme.unit() // 4)
        group = QButtonGroup(inside)
        self._steps: list[QPushButton] = []
        for at, name in enumerate(PARTS):
            button = theme.push(_step(str(at + 1), name), partial(self.show_part, at), kind="place")
            button.setCheckable(True)
            group.addButton(button)
            stack.addWidget(button)
            self._steps.append(button)
        stack.addStretch(1)
        rail.setWidget(inside)
        rail.setFixedWidth(round(inside.sizeHint().width() * 1.12))
        return rail

    def _feet(self, page: Page, at: int) -> None:
        leave = theme.push(tr("Back to sign-in"), self.leave, kind="quiet")
        page.foot.addWidget(leave)
        page.foot.addStretch(1)
        back = theme.push(tr("Back"), lambda: self.show_part(at - 1))
        back.setVisible(at > 0)
        page.foot.addWidget(back)
        go_on = theme.push(tr("Next"), lambda: self.show_part(at + 1), kind="primary")
        page.foot.addWidget(go_on)
        self._ways[at] = (go_on, back, leave)

    def _last(self) -> Page:
        page = Page(tr(PARTS[-1]))
        self.folder_line = text_line(1000)
        self.folder = Labelled(
            tr("Folder for the study"),
            self.folder_line,
            tr("A new folder on this workstation’s own disk, not on the network. It holds the database; back it up."),
        )
        page.body.addWidget(self.folder)
        other = theme.push(tr("Choose …"), self._choose_folder)
        page.body.addWidget(other, 0, Qt.AlignmentFlag.AlignLeft)
        from cati.places import seals  # noqa: PLC0415 - only shown here

        page.body.addWidget(
            Note(
                tr(
                    "The study’s seal is kept apart in {place}. Leave that folder out of every backup: "
                    "the promise to erase the contacts rests on it. The hard disk should be encrypted.",
                    place=theme.breakable(seals()),
                )
            )
        )
        self.faults = Note("", "warning")
        self.faults.hide()
        page.body.addWidget(self.faults)
        self.working = Working()
        page.body.addWidget(self.working)
        page.body.addStretch(1)
        page.begin_at = self.folder_line
        leave = theme.push(tr("Back to sign-in"), self.leave, kind="quiet")
        page.foot.addWidget(leave)
        page.foot.addStretch(1)
        back = theme.push(tr("Back"), lambda: self.show_part(len(PARTS) - 2))
        page.foot.addWidget(back)
        self.make = theme.push(tr("Make the study"), self.make_study, kind="primary")
        page.foot.addWidget(self.make)
        self._ways[len(PARTS) - 1] = (self.make, back, leave)
        return page

    def _typed(self) -> dict[str, Any]:
        """Return what stands in all parts."""
        found: dict[str, Any] = {}
        for section in self.sections:
            found.update(section.values())
        return found

    def leave(self) -> None:
        """Go back to the first page; where something was typed, ask first."""
        if not self.may_leave():
            return
        if self._typed() == self._untouched:
            self.left.emit()
            return
        part = self.pages.currentIndex()
        self._question = page = Page(tr("Give the new study up?"))
        page.body.addWidget(theme.words(tr("What was typed on these pages is kept nowhere; it will be gone.")))
        page.body.addStretch(1)
        page.foot.addWidget(theme.push(tr("Give it up"), self.left.emit, kind="danger"))
        page.foot.addStretch(1)
        page.begin_at = theme.push(tr("Go on with the study"), lambda: self.show_part(part), kind="primary")
        page.foot.addWidget(page.begin_at)
        self._asked_in = part
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        begin(page)

    def may_leave(self) -> bool:
        """Tell whether nothing is lost for good: not while the study is made, nor before its seal is on paper."""
        if self._papers is not None:
            return self._papers.kept.isChecked()
        return self.make.isEnabled()

    def held_because(self) -> str:
        """Return why the window stays open."""
        return tr("The study is being made; its seal must be on paper before the window closes.")

    def show_part(self, at: int) -> None:
        """Open one part; the part that is left is checked, and going to the last checks all of them."""
        before = self.pages.currentIndex()
        if self._question is not None:
            self.pages.removeWidget(self._question)
            self._question.deleteLater()
            self._question = None
        if before != at and before < len(self.sections):
            self._judged.add(before)
            self._judge()
        self._steps[at].setChecked(True)
        self.pages.setCurrentIndex(at)
        for way, next_way in pairwise(self._ways[at]):  # Tab comes to what goes on first, and last to what gives up
            QWidget.setTabOrder(way, next_way)
        if at == len(PARTS) - 1:
            if not self.folder_line.text():
                name = code_from(self.about.name.text()) or "study"
                self.folder_line.setText(str(Path.home() / "cati-studies" / name))
            self.check()
        page = self.pages.widget(at)
        if page is not None:
            begin(page)

    @property
    def begin_at(self) -> QWidget | None:
        """Where the cursor is put when the page is opened: where the part that is open begins."""
        return getattr(self.pages.currentWidget(), "begin_at", None)

    def show_number(self, number: int) -> None:
        """Open a part by the number that stands before it."""
        if number <= len(PARTS) and self._steps[number - 1].isEnabled():
            self.show_part(number - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Go on with Return: to the next field, behind the last to the next part; it never makes the study."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        at = self.pages.currentIndex()
        if at == len(PARTS) - 1:
            self.make.setFocus()
        elif at < len(self.sections):
            behind = next_field(self.sections[at])
            if behind is None:
                self.show_part(at + 1)
            else:
                behind.setFocus(Qt.FocusReason.TabFocusReason)

    def settings(self) -> StudySettings:
        """Return the settings as typed, sound or not."""
        found: dict[str, Any] = {}
        for section in self.sections:
            found.update(section.values())
        for name in ("site_rows", "staff_rows", "form"):
            found.pop(name, None)
        return StudySettings(**found)

    def check(self) -> bool:
        """Say on every part what is missing or wrong; tells whether the study can be made."""
        self._judged = set(range(len(self.sections)))
        wrong, problems = self._judge()
        if wrong or problems:
            lines = (
                [tr("Something is missing in: {parts}.", parts=", ".join(tr(PARTS[at]) for at in wrong))]
                if wrong
                else []
            )
            lines += [in_words(problem) for problem in problems]
            self.faults.say("\n".join(lines), "warning")
        else:
            self.faults.say("✓ " + tr("Everything is there. Making the study takes about a second for each person."))
        return not (wrong or problems)

    def _judge(self) -> tuple[list[int], list[Problem]]:
        """Check the parts that were left already, as they stand now, and sign them in the list.

        Returns which parts are wrong, and Problems that belong to none of those checked.
        """
        self._rest.stop()
        settings = self.settings()
        problems = check_settings(settings)
        for at in sorted(self._judged):
            problems = self.sections[at].show_faults(problems)
        wrong = [at for at, section in enumerate(self.sections) if _has_fault(section)]
        last = len(self.sections) - 1
        if last in self._judged:
            from cati.fieldwork.study import check_members  # noqa: PLC0415 - with the database, when a study is made

            people = check_members(
                self.staff.members(settings.languages), (settings.name, settings.client, settings.institute)
            )
            self.staff.show_members(people)
            wrong += [last] if people else []
        for at, button in enumerate(self._steps[:-1]):
            sign = "✗" if at in wrong else "✓" if at in self._judged else str(at + 1)
            button.setText(_step(sign, PARTS[at]))
        return wrong, problems

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, tr("Folder in which the study’s folder is made"), str(Path.home())
        )
        if chosen:
            name = code_from(self.about.name.text()) or "study"
            self.folder_line.setText(str(Path(chosen) / name))

    def make_study(self) -> None:
        """Make the study in the background."""
        if not self.make.isEnabled() or not self.check():
            return
        folder = Path(self.folder_line.text().strip()).expanduser()
        settings, form = self.settings(), self.form.path
        if form is None:
            return
        members = self.staff.members(settings.languages)
        now, draw, cost = self._now, self._draw, self._cost

        def work(ticket: Ticket) -> CreatedStudy:
            from cati.fieldwork.study import create_study  # noqa: PLC0415

            more: dict[str, Any] = {} if cost is None else {"cost": cost}
            return create_study(folder, settings, form, members, now=now, draw=draw, progress=ticket.progress, **more)

        self.make.setEnabled(False)
        self.working.begin(tr("Making the study: keys for each person …"))
        run_in_background(
            self, work, lambda created: self._created(created, settings), self._failed, self.working.advance
        )

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.make.setEnabled(True)
        if problem.where == Path(self.folder_line.text().strip()).name:
            self.folder.show_fault(f"{problem.what} {problem.do}".strip())
        else:
            self.faults.say("✗ " + in_words(problem), "warning")

    def _created(self, created: CreatedStudy, settings: StudySettings) -> None:
        from cati.ui.sheets_page import SheetsPage  # noqa: PLC0415 - shown once

        self.working.end()
        self._rest.stop()
        self.staff.people.fill([])
        self._papers = page = SheetsPage(created, settings)
        page.finished.connect(lambda: self.made.emit(created.folder))
        for button in self._steps:
            button.setEnabled(False)
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        begin(page)

    def retranslate(self) -> None:
        """Build the page anew in the language in force and put back what was typed."""
        if self._question is not None:
            self.show_part(self._asked_in)
        if not self.make.isEnabled() or self.pages.currentIndex() >= len(PARTS):
            return
        values = self._typed()
        part, folder = self.pages.currentIndex(), self.folder_line.text()
        from cati.ui.pages import clear  # noqa: PLC0415 - rarely needed

        clear(self._whole)
        self._build()
        for section in self.sections:
            section.fill(values)
        self.folder_line.setText(folder)
        self.pages.setCurrentIndex(part)
        self.show_part(part)
        self._judge()


def _step(sign: str, part: str) -> str:
    """Return the words of a step; where they take two lines, the second is set in under the first."""
    return f"{sign}  {theme.folded(tr(part))}".replace("\n", "\n     ")


def _has_fault(section: Section) -> bool:
    shown = any(field.fault for field in section.fields.values())
    return shown or (isinstance(section, SitesSection) and not section.rest.isHidden())
