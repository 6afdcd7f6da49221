"""Putting another form in force while the study runs: what differs, what is lost in open interviews, the change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.survey.markup import without_markup
from cati.survey.versions import Change, Difference, Shift
from cati.text import mark, tr, trn
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Note, Working, in_words
from cati.ui.questionnaire_files import breakable

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.versions import Proposed

CHANGES = {
    Change.ADDED: mark("new"),
    Change.REMOVED: mark("no longer asked"),
    Change.KIND: mark("answered in another way"),
    Change.CHOICES: mark("answers added, reworded or in another order"),
    Change.CHOICES_FEWER: mark("answers taken away"),
    Change.WORDING: mark("other words"),
    Change.ROUTING: mark("asked under another condition"),
    Change.CHECK: mark("checked in another way"),
    Change.COMPUTED: mark("worked out or filled in in another way"),
    Change.OTHER: mark("shown in another way or order, or may stay without an answer in another way"),
}
_MOST_SHIFTS = 8
_MOST_SHOWN = 500


class VersionPart(QWidget):
    """Compares the form at hand with the study's; reports ``adopted`` with the study once it is in force."""

    adopted = Signal(object)
    ready = Signal()

    def __init__(self, study: OpenStudy | None) -> None:
        super().__init__()
        self.study = study
        self.proposed: Proposed | None = None
        self._path: Path | None = None
        self.about = theme.words("", "quiet")
        self.open_interviews = Note("", "warning")
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What differs"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.working = Working()
        self.outcome = Note("")
        self.adopt = theme.push(tr("Use this form from now on"), self.put_in_force, kind="primary")
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit())
        for part in (self.about, self.working, self.open_interviews, self.outcome):
            stack.addWidget(part)
        stack.addWidget(self.list, 1)
        stack.addWidget(self.adopt, 0, Qt.AlignmentFlag.AlignLeft)
        stack.addStretch(0)
        self.show_file(None)

    def show_file(self, path: Path | None) -> None:
        """Compare a file with the study's questionnaire, in background; None: nothing is looked at but the study's."""
        self._path, self.proposed = path, None
        self.list.clear()
        for part in (self.open_interviews, self.outcome, self.list, self.adopt):
            part.hide()
        if path is None or self.study is None:
            self.about.setText(
                tr(
                    "A questionnaire can be mended while the study runs. Open the mended form with "
                    "“Open another form …”; here you see what differs before it counts."
                )
            )
            return
        study = self.study

        def compare(_ticket: Ticket) -> Proposed:
            from cati.fieldwork.versions import propose_version  # noqa: PLC0415 - with the page

            return propose_version(study, path)

        self.about.setText(tr("Compared with the questionnaire of the study."))
        self.working.begin(tr("Comparing …"))
        run_in_background(self, compare, self._compared, self._failed)

    def _compared(self, proposed: Proposed) -> None:
        self.working.end()
        self.proposed = proposed
        if proposed.same:
            self.about.setText(tr("This form asks the same as the questionnaire of the study."))
            self.ready.emit()
            return
        self.about.setText(
            trn("One row differs from the questionnaire of the study.",
                "{n} rows differ from the questionnaire of the study.", len(proposed.differences))
            if proposed.differences
            else tr("No row differs; title, version, languages, tables or the order of the rows do.")
        )  # fmt: skip
        names = (
            {**proposed.questionnaire.language_names, **self.study.questionnaire.language_names} if self.study else {}
        )
        for one in proposed.differences[:_MOST_SHOWN]:
            self.list.addItem(QListWidgetItem(_line(one, proposed.lost.get(one.name, 0), names)))
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(proposed.differences))
        if proposed.open_interviews:
            self.open_interviews.say(_open_interviews(proposed), "warning" if proposed.lost else "note")
        self.adopt.show()
        self.ready.emit()

    def _failed(self, problem: Problem) -> None:
        self.working.end()
        self.outcome.say("✗ " + in_words(problem), "warning")
        self.ready.emit()

    def put_in_force(self) -> None:
        """Make the form the study's questionnaire."""
        if self.proposed is None or self.study is None:
            return
        from cati.fieldwork.versions import adopt_version  # noqa: PLC0415 - with the page

        study, proposed = self.study, self.proposed

        def adopted(changed: OpenStudy) -> None:
            self.study = changed
            self.adopt.hide()
            self.outcome.say("✓ " + tr("{file} is the study’s questionnaire from now on. It is in the log.",
                                       file=breakable(proposed.name)))  # fmt: skip
            self.adopted.emit(changed)

        def refused(problem: Problem) -> None:
            self.outcome.say("✗ " + in_words(problem), "warning")

        ask(self, study, lambda: adopt_version(study, proposed), adopted, refused, sign=self.working)


def _line(one: Difference, lost: int, names: Mapping[str, str]) -> str:
    changes = ", ".join(tr(CHANGES[change]) for change in one.changes)
    more = trn("; asked again in one open interview", "; asked again in {n} open interviews", lost) if lost else ""
    text = without_markup(one.text)
    lines = [f"{one.name}: {text}" if text else one.name, f"{changes}{more}"]
    lines += [_shift(shift, names) for shift in one.shifts[:_MOST_SHIFTS]]
    left = len(one.shifts) - _MOST_SHIFTS
    return "\n".join([*lines, trn("and 1 more", "and {n} more", left)] if left > 0 else lines)


def _shift(shift: Shift, names: Mapping[str, str]) -> str:
    """Return what stood there and what stands there now."""
    before, after = (tr("“{words}”", words=words) if words else "–" for words in (shift.before, shift.after))
    named = f"{names.get(shift.language, shift.language)}: " if shift.language else ""
    return f"    {named}{before} → {after}"


def _open_interviews(proposed: Proposed) -> str:
    head = trn("One interview was broken off and waits.", "{n} interviews were broken off and wait.",
               proposed.open_interviews)  # fmt: skip
    if not proposed.lost:
        return f"{head} {tr('Their answers fit the new form.')}"
    return f"{head} {tr('Where an answer does not fit the new form, the question is asked again.')}"
