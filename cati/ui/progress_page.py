"""What a supervisor looks at: targets and counts, attempts and outcomes, rates, who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QVBoxLayout,
)

from cati.errors import Problem
from cati.text import language, show_moment, tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Page, Working, clear, heading, in_words, show_day, show_whole, table

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.supervising import Progress

REFRESH_MS = 60_000
_SHARE = int(Qt.ItemDataRole.UserRole)


class Bars(QStyledItemDelegate):
    """Paints a share between 0 and 1 as a small bar with a mark where the target is reached."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the bar of one cell."""
        share = index.data(_SHARE)
        if share is None:
            super().paint(painter, option, index)
            return
        colours = theme.colours()
        area = QRectF(option.rect).adjusted(4, 0, -8, 0)
        height = theme.unit() * 0.8
        area.setTop(area.center().y() - height / 2)
        area.setHeight(height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.soft)
        painter.drawRoundedRect(area, 2, 2)
        painter.setBrush(colours.good if share >= 1 else colours.accent)
        filled = QRectF(area)
        filled.setWidth(area.width() * min(max(share, 0.0), 1.0))
        painter.drawRoundedRect(filled, 2, 2)
        painter.restore()


class ProgressPage(Page):
    """The figures, worked out in the background, shown anew every minute and on demand."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Progress"), wide=True)
        self.study = study
        self.working = Working()
        self.problem = Note("", "warning")
        self.problem.hide()
        self.content = QVBoxLayout()
        self.content.setSpacing(theme.unit())
        self.body.addWidget(self.working)
        self.body.addWidget(self.problem)
        self.body.addLayout(self.content)
        self.body.addStretch(1)
        self.again = theme.push(tr("&Refresh"), self.refresh)
        self.foot.addWidget(self.again)
        self.foot.addStretch(1)
        self.begin_at = self.again
        clock = QTimer(self)
        clock.timeout.connect(self.refresh)
        clock.start(REFRESH_MS)
        self.working.begin(tr("Counting …"))
        self.refresh()

    def refresh(self) -> None:
        """Count anew in the background; what is shown stays until then."""
        study = self.study

        def work(_ticket: Ticket) -> Progress:
            from cati.fieldwork.supervising import progress  # noqa: PLC0415 - with the page

            return progress(study)

        self.again.setEnabled(False)
        run_in_background(self, work, self.show_progress, self._failed)

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.again.setEnabled(True)
        self.problem.say(in_words(problem), "warning")

    def show_progress(self, found: Progress) -> None:
        """Show the figures; the scroll bar stays where it was."""
        self.working.end()
        self.problem.hide()
        self.again.setEnabled(True)
        had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        at = self.view.verticalScrollBar().value()
        clear(self.content)
        if not found.cases:
            self.content.addWidget(
                Note(tr("No contacts yet. A research lead brings in the list under “Contact list”."))
            )
        if found.field_over:
            self.content.addWidget(Note(tr("The field period is over; nobody is called any more.")))
        self._show_summary(found)
        self._show_cells(found)
        self.content.addWidget(heading(tr("Rates")))
        self._show_rates(found)
        self.content.addWidget(heading(tr("Calls by outcome")))
        self._show_outcomes(found)
        if found.calling or not found.field_over:
            self.content.addWidget(heading(tr("Who is calling")))
            self._show_calling(found)
        self.view.verticalScrollBar().setValue(at)
        if had_focus:
            self.again.setFocus()

    def _show_summary(self, found: Progress) -> None:
        line = QGridLayout()
        line.setHorizontalSpacing(4 * theme.unit())
        line.setVerticalSpacing(theme.unit())
        across = 3 if theme.is_large() else 5
        complete = sum(cell.complete for cell in found.cells)
        target = sum(site.target for site in self.study.settings.sites)
        figures = (
            (f"{complete} / {target}", tr("interviews of target")),
            (str(found.complete_today), tr("interviews today")),
            (str(found.attempts_today), tr("calls today")),
            (str(found.pending), tr("waiting to be mixed")),
            (str(found.stock), tr("in the stock for export")),
        )
        for at, (figure, words) in enumerate(figures):
            box = QVBoxLayout()
            box.setSpacing(0)
            number = theme.words(figure, "figure")
            number.setWordWrap(False)
            box.addWidget(number)
            box.addWidget(theme.words(words, "small"))
            line.addLayout(box, at // across, at % across, Qt.AlignmentFlag.AlignTop)
        line.setColumnStretch(across, 1)
        self.content.addLayout(line)

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
        headers = [
            tr("Site and department"), tr("Interviews"), tr("Target"), "", tr("State"),
            tr("Left over") if found.field_over else tr("Still open"), tr("Closed"),
        ]  # fmt: skip
        shown = table(tr("Targets and counts"), headers, rows, figures=(1, 2, 5, 6))
        shown.setItemDelegateForColumn(3, Bars(shown))
        for at, share in enumerate(shares):
            _put_share(shown, at, 3, share)
        font = shown.font()
        font.setBold(True)
        for at in bold:
            for column in range(len(headers)):
                item = shown.item(at, column)
                if item is not None:
                    item.setFont(font)
        _stretch(shown, 3)
        # Where the text is very large the words in "State" say what the bar shows, and nothing lies off to the right.
        shown.setColumnHidden(3, theme.is_large())
        show_whole(shown, 30)
        self.content.addWidget(shown)

    def _show_rates(self, found: Progress) -> None:
        r, t = found.rates, found.tally
        rows = [
            ["RR1", _share(r.rr1), tr("Interviews of all who may be eligible (the careful figure)")],
            ["RR3", _share(r.rr3), _likely(r.e)],
            ["COOP1", _share(r.coop1), tr("Interviews of all who were reached")],
            ["REF1", _share(r.ref1), tr("Refusals of all who may be eligible")],
            ["CON1", _share(r.con1), tr("Reached of all who may be eligible")],
        ]
        shown = table(tr("Rates"), [tr("Rate"), tr("Value"), tr("Meaning (AAPOR)")], rows, figures=(1,))
        _stretch(shown, 2)
        show_whole(shown)
        self.content.addWidget(shown)
        letters = (
            ("I", t.complete), ("P", t.partial), ("R", t.refusal), ("NC", t.noncontact), ("O", t.other),
            ("UH", t.unknown_household), ("UO", t.unknown_other), ("NE", t.not_eligible),
        )  # fmt: skip
        self.content.addWidget(theme.words(" · ".join(f"{letter} {count}" for letter, count in letters), "small"))

    def _show_outcomes(self, found: Progress) -> None:
        if not found.outcomes:
            self.content.addWidget(theme.words(tr("No calls yet."), "quiet"))
            return
        from cati.survey.dispositions import TABLE  # noqa: PLC0415

        most = max(count for _outcome, count in found.outcomes)
        rows = [
            [tr(TABLE[outcome].label), str(count), ""]
            for outcome, count in sorted(found.outcomes, key=lambda pair: -pair[1])
        ]
        shown = table(tr("Calls by outcome"), [tr("Outcome"), tr("Calls"), ""], rows, figures=(1,))
        shown.setItemDelegateForColumn(2, Bars(shown))
        for at, row in enumerate(rows):
            # Full length stands for the most frequent outcome; just below 1, for nothing is "reached" here.
            _put_share(shown, at, 2, min(int(row[1]) / most, 0.999))
        _stretch(shown, 2)
        show_whole(shown, 24)
        self.content.addWidget(shown)

    def _show_calling(self, found: Progress) -> None:
        if not found.calling:
            words = tr("Nobody has a case open.")
            if found.next_due is not None:
                when = show_day(found.next_due.astimezone(), "MMM HH:mm")
                words += " " + tr("The next case is due {when}.", when=when)
            self.content.addWidget(theme.words(words, "quiet"))
            return
        rows = [[one.name, one.what, show_moment(one.since.astimezone(), "HH:mm")] for one in found.calling]
        shown = table(tr("Who is calling"), [tr("Person"), tr("What"), tr("Since")], rows)
        _stretch(shown, 1)
        show_whole(shown)
        self.content.addWidget(shown)


def _line(name: str, complete: int, target: int, callable_: int, closed: int) -> list[str]:
    if target and complete >= target:
        state = "✓ " + tr("full")
    else:
        state = trn("1 to go", "{n} to go", max(target - complete, 0))
    return [name, str(complete), str(target), "", state, str(callable_), str(closed)]


def _put_share(shown: QTableWidget, row: int, column: int, share: float) -> None:
    """Give a cell the share that its bar shows, in words too for those who hear the table."""
    item = shown.item(row, column)
    if item is not None:
        item.setData(_SHARE, share)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{share:.0%}")


def _likely(e: float | None) -> str:
    if e is None:
        return tr("The same, with only the likely share of unknown numbers; it is not known yet")
    return tr("The same, with only the likely share {e} of unknown numbers", e=_share(e))


def _share(value: float | None) -> str:
    """Return a rate as percent, "–" where it has no denominator."""
    return "–" if value is None else QLocale(language()).toString(value * 100, "f", 1) + " %"


def _stretch(shown: QTableWidget, column: int) -> None:
    shown.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
