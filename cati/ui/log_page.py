"""Who did what and when, for supervisors: what to ask about first, every entry, and the day's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QTabWidget, QVBoxLayout

from cati.errors import Problem
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Ticket, run_in_background
from cati.ui.day_part import DayPart
from cati.ui.kept_table import kept_table, show_rows
from cati.ui.pages import Labelled, Note, Page, Working, grid, heading, in_words, show_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cati.fieldwork.log_words import LogLine
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.views import Looks

AT_ONCE = 500
_WEEK = 7
_DAY = 2


class _Tab(Page):
    """A part of the page that scrolls by itself."""

    def __init__(self) -> None:
        super().__init__("", wide=True)
        self.heading.hide()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.setContentsMargins(0, theme.unit(), 0, 0)


class FlagsPart(_Tab):
    """By person what was looked at, those with something to ask about first; below it each view without a call."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self.working = Working()
        self.problem = Note("", "warning")
        self.problem.hide()
        self.period = QComboBox()
        for words, days in ((tr("Today"), 1), (tr("The last seven days"), _WEEK), (tr("The whole field period"), 0)):
            self.period.addItem(words, days)
        self.period.setMaximumWidth(theme.columns(40))
        self.period.currentIndexChanged.connect(self.refresh)
        self.people = kept_table(
            tr("Contacts seen, by person"),
            [
                tr("Person"), tr("Contacts seen"), tr("Without a call"), tr("Calls"), tr("Searches"),
                tr("Most in an hour"), tr("Refused"),
            ],
            figures=(1, 2, 3, 4, 5, 6), stretch=0, most=60, whole=True,
        )  # fmt: skip
        self.nobody = theme.words("", "quiet")
        self.flagged = kept_table(
            tr("Opened without a call"),
            [tr("When"), tr("Who"), tr("Case"), tr("What")],
            stretch=3,
            most=200,
            whole=True,
        )
        self.none = theme.words("", "quiet")
        for part in (
            self.working, self.problem, Labelled(tr("Period"), self.period), heading(tr("Contacts seen, by person")),
            self.people, self.nobody, heading(tr("Opened without a call")), self.none, self.flagged,
        ):  # fmt: skip
            self.body.addWidget(part)
        self.body.addStretch(1)
        self.begin_at = self.period

    def refresh(self) -> None:
        """Look through the log of the period in the background."""
        study, days = self.study, int(self.period.currentData())

        def work(_ticket: Ticket) -> Looks:
            from cati.fieldwork.views import looks, period  # noqa: PLC0415 - with the page

            return looks(study, *period(study, days))

        self.working.begin(tr("Looking through the log …"))
        run_in_background(self, work, self.show_looks, self._failed)

    def show_looks(self, found: Looks) -> None:
        """Show who looked at what; a person without anything to ask about has no sign before the name."""
        from cati.fieldwork.log_words import seen_how  # noqa: PLC0415

        self.working.end()
        self.problem.hide()
        rows = [
            [
                f"⚠ {one.name}" if one.undialled or one.refused else one.name,
                *map(str, (one.views, one.undialled, one.dialled, one.searches, one.most_in_an_hour, one.refused)),
            ]
            for one in found.people
        ]
        show_rows(self.people, rows)
        self.people.setVisible(bool(rows))
        self.nobody.setText("" if rows else tr("Nobody looked at a contact in this period."))
        self.nobody.setVisible(not rows)
        flags = [[_time(one.at), one.name, one.case[:8], seen_how(one)] for one in found.undialled[:AT_ONCE]]
        show_rows(self.flagged, flags)
        self.flagged.setVisible(bool(flags))
        more = len(found.undialled) - len(flags)
        if not flags:
            self.none.setText(tr("Everybody who opened a case called."))
        else:
            words = trn("1 case was opened and nobody called.", "{n} cases were opened and nobody called.",
                        len(found.undialled))  # fmt: skip
            self.none.setText(words if not more else f"{words} " + tr("Shown are the newest {n}.", n=len(flags)))

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.problem.say(in_words(problem), "warning")


class EntriesPart(_Tab):
    """Every entry, the newest first, of one person or all, of one kind or all; more by a button."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__()
        self.study = study
        self._shown = AT_ONCE
        self.problem = Note("", "warning")
        self.problem.hide()
        self.who, self.act = QComboBox(), QComboBox()
        for box in (self.who, self.act):
            box.setMaximumWidth(theme.columns(48))
            box.currentIndexChanged.connect(self._anew)
        self.table = kept_table(
            tr("Log"), [tr("When"), tr("Who"), tr("What"), tr("Case")], stretch=2, most=0, whole=True
        )
        self.table.setMinimumHeight(theme.line() * 12)
        self.more = theme.push(tr("&More entries"), self._more)
        self.count = theme.words("", "quiet")
        self.body.addWidget(self.problem)
        self.body.addLayout(grid([Labelled(tr("Person"), self.who), Labelled(tr("What happened"), self.act)], 2))
        self.body.addWidget(self.count)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.begin_at = self.who
        self._fill()

    def _fill(self) -> None:
        from cati.fieldwork.log_words import WORDS, names_of_staff  # noqa: PLC0415 - with the page

        for box, words in ((self.who, tr("Everybody")), (self.act, tr("Everything"))):
            box.blockSignals(True)
            box.addItem(words, "")
        for act, words in sorted(((act.value, tr(words)) for act, words in WORDS.items()), key=lambda pair: pair[1]):
            self.act.addItem(words, act)
        for box in (self.who, self.act):
            box.blockSignals(False)
        study = self.study
        ask(self, study, lambda: names_of_staff(study), self._fill_names, lambda _problem: None)  # "Everybody" is there

    def _fill_names(self, names: Mapping[str, str]) -> None:
        for member, name in sorted(names.items(), key=lambda pair: pair[1].casefold()):
            self.who.addItem(name, member)

    def _anew(self) -> None:
        self._shown = AT_ONCE
        self.refresh()

    def _more(self) -> None:
        self._shown += AT_ONCE
        self.refresh()

    def refresh(self) -> None:
        """Read the newest entries that are asked for, in the background."""
        study, limit, who, act = self.study, self._shown, str(self.who.currentData()), str(self.act.currentData())

        def work(_ticket: Ticket) -> tuple[LogLine, ...]:
            from cati.fieldwork.log import Act  # noqa: PLC0415
            from cati.fieldwork.log_words import entries_in_words  # noqa: PLC0415

            acts: tuple[Act, ...] = (Act(act),) if act else ()
            return entries_in_words(study, limit=limit, who=who, acts=acts)

        def done(lines: tuple[LogLine, ...]) -> None:
            if (limit, who, act) == (self._shown, str(self.who.currentData()), str(self.act.currentData())):
                self.show_lines(lines)

        run_in_background(self, work, done, lambda problem: self.problem.say(in_words(problem), "warning"))

    def show_lines(self, lines: tuple[LogLine, ...]) -> None:
        """Show the entries."""
        self.problem.hide()
        show_rows(self.table, [[_time(one.at), one.who, one.what, one.case[:8]] for one in lines])
        all_of_them = len(lines) < self._shown
        self.count.setText(
            trn("1 entry", "{n} entries", len(lines))
            if all_of_them
            else tr("the newest {n} entries", n=len(lines))
        )  # fmt: skip
        self.more.setVisible(not all_of_them)


class LogPage(Page):
    """What to ask about, every entry and the day's report, and whether the chains of entries are whole."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Log"), wide=True)
        self.study = study
        self.view.hide()
        self.verdict = Note("")
        self.verdict.hide()
        self.working = Working()
        self.flags, self.entries, self.day = FlagsPart(study), EntriesPart(study), DayPart(study)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(tr("Parts of the log"))
        self.tabs.setDocumentMode(True)
        titles = (tr("Who saw contacts"), tr("All entries"), tr("Day’s report"))
        for part, title in zip((self.flags, self.entries, self.day), titles, strict=True):
            self.tabs.addTab(part, title)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.verdict)
            layout.insertWidget(2, self.working)
            layout.insertWidget(3, self.tabs, 1)
        self.again = theme.push(tr("&Refresh"), self.refresh)
        self.check = theme.push(tr("&Check that nothing was changed"), self._check)
        self.foot.addWidget(self.again)
        self.foot.addWidget(self.check)
        self.foot.addStretch(1)
        self.begin_at = self.tabs.tabBar()
        self.refresh()

    def refresh(self) -> None:
        """Read the log anew."""
        self.flags.refresh()
        self.entries.refresh()

    def show_day(self) -> None:
        """Put the day's report in front."""
        self.tabs.setCurrentIndex(_DAY)
        self.day.make.setFocus()

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.verdict.say(in_words(problem), "warning")

    def _check(self) -> None:
        study = self.study

        def work(_ticket: Ticket) -> tuple[bool, str]:
            from cati.fieldwork.log_words import check_in_words  # noqa: PLC0415

            return check_in_words(study)

        self.working.begin(tr("Checking every entry …"))
        run_in_background(self, work, self._checked, self._failed)

    def _checked(self, verdict: tuple[bool, str]) -> None:
        self.working.end()
        whole, words = verdict
        self.verdict.say(("✓ " if whole else "✗ ") + words, "note" if whole else "warning")


def _time(at: datetime) -> str:
    return show_day(at.astimezone(), "MMM HH:mm:ss")
