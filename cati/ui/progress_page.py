"""What a supervisor looks at: targets and counts, attempts and outcomes, rates, who is calling; current while seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QLocale, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout

from cati.errors import Problem
from cati.text import language, show_moment, tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.kept_table import kept_table, show_rows, show_shares
from cati.ui.pages import Note, Page, Working, clear, heading, in_words, show_day

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.supervising import Progress

REFRESH_MS = 60_000
LATE_MS = 1000
"""After so long it is said that the counting goes on."""
_REST = 4
"""After counting for a while a window rests so many times as long, however much happens meanwhile."""


class ProgressPage(Page):
    """The figures, worked out in the background: anew within two seconds of what anybody did, and every minute.

    Where everything takes long to count (hundreds of thousands of cases), rates and outcomes follow less often and
    say of when they are.
    """

    day_wanted = Signal()

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Progress"), wide=True)
        self.study = study
        self.found: Progress | None = None
        self._shown_at = study.now()
        self._shape: tuple[bool, bool] | None = None
        self._counting = self._again = False
        self._rests: dict[bool, tuple[QElapsedTimer, int]] = {}
        self.working = Working()
        self.problem = Note("", "warning")
        self.problem.hide()
        self.content = QVBoxLayout()
        self.content.setSpacing(theme.unit())
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):  # above what scrolls: in sight wherever it is scrolled to
            layout.insertWidget(1, self.working)
            layout.insertWidget(2, self.problem)
        self.body.addLayout(self.content)
        self.body.addStretch(1)
        self.again = theme.push(tr("&Refresh"), self.refresh)
        self.day = theme.push(tr("&Day’s report"), self.day_wanted.emit)
        self.foot.addWidget(self.again)
        self.foot.addWidget(self.day)
        self.foot.addStretch(1)
        self.begin_at = self.again
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(lambda: self.working.begin(tr("Counting …")))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.catch_up)
        clock = QTimer(self)
        clock.timeout.connect(self.catch_up)
        clock.start(REFRESH_MS)
        self.working.begin(tr("Counting …"))
        self.refresh()

    def take_over(self, study: OpenStudy) -> None:
        """Show sites and targets as somebody changed them."""
        self.study = study
        self.found = self._shape = None
        self.refresh()

    def catch_up(self) -> None:
        """Count anew because something happened: at once, or as soon as the window has rested from the last time."""
        if not self.isVisible():
            return
        if self._counting:
            self._again = True
            return
        left = {whole: self._rest_left(whole=whole) for whole in (True, False)}
        if left[False] <= 0 or left[True] <= 0:
            self._count(whole=left[True] <= 0)
        later = left[True] if left[False] <= 0 else left[False]
        if later > 0:
            self._soon.start(max(later, 50))

    def refresh(self) -> None:
        """Count everything anew in the background; what is shown stays until then."""
        if self._counting:
            self._again = True
        else:
            self._count(whole=True)

    def _rest_left(self, *, whole: bool) -> int:
        """Return the milliseconds for which the window still rests from counting all, or what is quickly counted."""
        clock, until = self._rests.get(whole, (None, 0))
        return 0 if clock is None else until - clock.elapsed()

    def _count(self, *, whole: bool) -> None:
        study, before = self.study, None if whole else self.found
        took = QElapsedTimer()

        def work(_ticket: Ticket) -> Progress:
            from cati.fieldwork.supervising import progress  # noqa: PLC0415 - with the page

            took.start()
            return progress(study, before)

        def done(found: Progress) -> None:
            rest = QElapsedTimer()
            rest.start()
            self._rests[whole] = (rest, _REST * took.elapsed())
            self._counting = False
            if study is self.study:
                self.show_progress(found)
            if self._again:
                self._again = False
                self.catch_up()

        self._counting = True
        self._late.start(LATE_MS)
        run_in_background(self, work, done, self._failed)

    def _failed(self, problem: Problem) -> None:
        self._counting = self._again = False
        self._late.stop()
        self.working.end()
        words = in_words(problem)
        if self.found is not None:
            at = show_moment(self._shown_at.astimezone(), "HH:mm:ss")
            words += " " + tr("These figures are of {time}; they follow by themselves.", time=at)
        self.problem.say(words, "warning")

    def show_progress(self, found: Progress) -> None:
        """Show the figures; whatever is shown already and still holds is left alone, and so are focus and place."""
        self._late.stop()
        self.working.end()
        self.problem.hide()
        self._shown_at = self.study.now()
        shape = (found.field_over, bool(found.calling) or not found.field_over)
        if shape != self._shape:
            self._shape = shape
            clear(self.content)
            self._build(field_over=shape[0], calling=shape[1])
        self.found = found
        self.empty.setVisible(not found.cases)
        self.over.setVisible(found.field_over)
        self._show_waiting(found)
        self._show_summary(found)
        self._show_cells(found)
        self._show_rates(found)
        self._show_outcomes(found)
        if shape[1]:
            self._show_calling(found)

    def _build(self, *, field_over: bool, calling: bool) -> None:
        self.empty = Note(tr("No contacts yet. A research lead brings in the list under “Contact list”."))
        self.over = Note(tr("The field period is over; nobody is called any more."))
        self.waiting = Note("")
        for note in (self.empty, self.over, self.waiting):
            note.hide()
            self.content.addWidget(note)
        self._build_summary()
        self.cells = kept_table(
            tr("Targets and counts"),
            [
                tr("Site and department"), tr("Interviews"), tr("Target"), "", tr("State"),
                tr("Left over") if field_over else tr("Still open"), tr("Closed"),
            ],
            figures=(1, 2, 5, 6), stretch=3, most=30, bars=3,
        )  # fmt: skip
        # Where the text is very large the words in "State" say what the bar shows, and nothing lies off to the right.
        self.cells.setColumnHidden(3, theme.is_large())
        self.content.addWidget(self.cells)
        self.content.addWidget(heading(tr("Rates")))
        self.rates = kept_table(
            tr("Rates"), [tr("Rate"), tr("Value"), tr("Meaning (AAPOR)")], figures=(1,), stretch=2
        )  # fmt: skip
        self.letters = theme.words("", "small")
        self.content.addWidget(self.rates)
        self.content.addWidget(self.letters)
        self.content.addWidget(heading(tr("Calls by outcome")))
        self.no_calls = theme.words(tr("No calls yet."), "quiet")
        self.outcomes = kept_table(
            tr("Calls by outcome"), [tr("Outcome"), tr("Calls"), ""], figures=(1,), stretch=2, most=24, bars=2
        )
        self.content.addWidget(self.no_calls)
        self.content.addWidget(self.outcomes)
        if not calling:
            return
        self.content.addWidget(heading(tr("Who is calling")))
        self.nobody = theme.words("", "quiet")
        self.calling = kept_table(tr("Who is calling"), [tr("Person"), tr("What"), tr("Since")], stretch=1, most=60)
        self.content.addWidget(self.nobody)
        self.content.addWidget(self.calling)

    def _build_summary(self) -> None:
        line = QGridLayout()
        line.setHorizontalSpacing(3 * theme.unit())
        line.setVerticalSpacing(theme.unit())
        across = 3 if theme.is_large() else 7
        self.figures: list[QLabel] = []
        for at, words in enumerate(
            (
                tr("interviews of target"), tr("interviews today"), tr("calls today"), tr("appointments still today"),
                tr("appointments missed"), tr("waiting to be mixed"), tr("in the stock for export"),
            )
        ):  # fmt: skip
            box = QVBoxLayout()
            box.setSpacing(0)
            number = theme.words("", "figure")
            number.setWordWrap(False)
            self.figures.append(number)
            box.addWidget(number)
            box.addWidget(theme.words(words, "small"))
            line.addLayout(box, at // across, at % across, Qt.AlignmentFlag.AlignTop)
        line.setColumnStretch(across, 1)
        self.content.addLayout(line)

    def _show_waiting(self, found: Progress) -> None:
        """Say that times are being worked out, and by whom."""
        self.waiting.setVisible(bool(found.replanning))
        if found.replanning:
            words = trn(
                "The times of 1 case are being worked out anew; until then it is not called.",
                "The times of {n} cases are being worked out anew; until then they are not called.",
                found.replanning,
            )
            self.waiting.say(
                f"{words} " + tr("Windows of supervisors and research leads do that while they are open, this one too.")
            )

    def _show_summary(self, found: Progress) -> None:
        complete = sum(cell.complete for cell in found.cells)
        target = sum(site.target for site in self.study.settings.sites)
        figures = (
            f"{complete} / {target}", str(found.complete_today), str(found.attempts_today), str(found.appointments),
            str(found.missed), str(found.pending), str(found.stock),
        )  # fmt: skip
        for label, figure in zip(self.figures, figures, strict=True):
            label.setText(figure)

    def _show_cells(self, found: Progress) -> None:
        """Show one line a site and, set in below it, one line each of its departments."""
        rows: list[list[str]] = []
        shares: list[float] = []
        bold: list[int] = []
        for site in self.study.settings.sites:
            cells = [cell for cell in found.cells if cell.site == site.code]
            sums = [sum(getattr(cell, name) for cell in cells) for name in ("complete", "callable", "closed")]
            bold.append(len(rows))
            rows.append(_line(site.name, sums[0], site.target, sums[1], sums[2]))
            shares.append(sums[0] / site.target if site.target else 0.0)
            for cell in cells:
                name = "    " + cell.department_name
                rows.append(_line(name, cell.complete, cell.target, cell.callable, cell.closed))
                shares.append(cell.complete / cell.target if cell.target else 0.0)
        show_rows(self.cells, rows, bold=bold)
        show_shares(self.cells, 3, shares)

    def _show_rates(self, found: Progress) -> None:
        r, t = found.rates, found.tally
        rows = [
            ["RR1", _share(r.rr1), tr("Interviews of all who may be eligible (the careful figure)")],
            ["RR3", _share(r.rr3), _likely(r.e)],
            ["COOP1", _share(r.coop1), tr("Interviews of all who were reached")],
            ["REF1", _share(r.ref1), tr("Refusals of all who may be eligible")],
            ["CON1", _share(r.con1), tr("Reached of all who may be eligible")],
        ]
        show_rows(self.rates, rows)
        letters = (
            ("I", t.complete), ("P", t.partial), ("R", t.refusal), ("NC", t.noncontact), ("O", t.other),
            ("UH", t.unknown_household), ("UO", t.unknown_other), ("NE", t.not_eligible),
        )  # fmt: skip
        words = " · ".join(f"{letter} {count}" for letter, count in letters)
        if found.counted is not None:
            at = show_moment(found.counted.astimezone(), "HH:mm:ss")
            words += " · " + tr("rates and outcomes counted at {time}", time=at)
        self.letters.setText(words)

    def _show_outcomes(self, found: Progress) -> None:
        self.no_calls.setVisible(not found.outcomes)
        self.outcomes.setVisible(bool(found.outcomes))
        if not found.outcomes:
            return
        from cati.survey.dispositions import TABLE  # noqa: PLC0415

        most = max(count for _outcome, count in found.outcomes)
        ordered = sorted(found.outcomes, key=lambda pair: -pair[1])
        show_rows(self.outcomes, [[tr(TABLE[outcome].label), str(count), ""] for outcome, count in ordered])
        # Full length stands for the most frequent outcome; just below 1, for nothing is "reached" here.
        show_shares(self.outcomes, 2, [min(count / most, 0.999) for _outcome, count in ordered])

    def _show_calling(self, found: Progress) -> None:
        self.calling.setVisible(bool(found.calling))
        self.nobody.setVisible(not found.calling)
        if found.calling:
            rows = [[one.name, one.what, show_moment(one.since.astimezone(), "HH:mm")] for one in found.calling]
            show_rows(self.calling, rows)
            return
        words = tr("Nobody has a case open.")
        if found.next_due is not None:
            when = show_day(found.next_due.astimezone(), "MMM HH:mm")
            words += " " + tr("The next case is due {when}.", when=when)
        self.nobody.setText(words)


def _line(name: str, complete: int, target: int, callable_: int, closed: int) -> list[str]:
    if target and complete >= target:
        state = "✓ " + tr("full")
    else:
        state = trn("1 to go", "{n} to go", max(target - complete, 0))
    return [name, str(complete), str(target), "", state, str(callable_), str(closed)]


def _likely(e: float | None) -> str:
    if e is None:
        return tr("The same, with only the likely share of unknown numbers; it is not known yet")
    return tr("The same, with only the likely share {e} of unknown numbers", e=_share(e))


def _share(value: float | None) -> str:
    """Return a rate as percent, "–" where it has no denominator."""
    return "–" if value is None else QLocale(language()).toString(value * 100, "f", 1) + " %"
