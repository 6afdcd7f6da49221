"""Who is invented for a test run: language, site, department and what else the questionnaire expects of a case."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from cati.survey.case_values import case_values
from cati.survey.outline_facts import language_name
from cati.survey.questionnaire import Kind
from cati.text import tr
from cati.ui import theme
from cati.ui.entry import Entry
from cati.ui.keys import Key, cap_of
from cati.ui.pages import Labelled, Note, Page, Working, clear, grid, row

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.questionnaire_reading import Looked

_MOST_VALUES = 40
_OWN = frozenset(
    {"site", "department", "site_code", "department_code", "interviewer", "client", "study", "institute", "quota_full",
     "language"}
)  # fmt: skip
"""What comes from the study, not from a field of its own."""


@dataclass(frozen=True, slots=True)
class InventedCase:
    """In which language, and with which values, a test run is held."""

    language: str
    values: dict[str, str]


class CasePart(Page):
    """Asks for the case and reports ``begun``; says how a test run went and why there is none."""

    begun = Signal()
    cancelled = Signal()

    def __init__(self, study: OpenStudy | None) -> None:
        super().__init__(tr("Test run"))
        self.study = study
        self.layout().setContentsMargins(0, theme.unit() // 2, 0, 0)  # type: ignore[union-attr]  # a Page has a layout
        self.heading.hide()
        self.outcome = Note("")
        self.outcome.hide()
        self.working = Working(self.cancelled.emit)
        self.language = QComboBox()
        self.site = QComboBox()
        self.department = QComboBox()
        self.full = QCheckBox(tr("The person’s quota is full"))
        self.others: dict[str, Entry] = {}
        self.fields = QVBoxLayout()
        self.begin = theme.push(tr("Begin the test run"), self.begun.emit, kind="primary")
        self.begin_at = self.begin
        about = tr(
            "The interview as interviewers have it, on an invented person. All of it stays in memory: nothing is "
            "stored, nothing is counted, nothing can be exported, and leaving forgets it."
        )
        jump = tr(
            "{key} begins at the question that is chosen under Questions: random answers lead there.",
            key=cap_of(Key.TRY_HERE),
        )
        self.body.addWidget(theme.words(about))
        self.body.addWidget(theme.words(jump, "quiet"))
        self.body.addWidget(self.outcome)
        self.body.addWidget(self.working)
        self.body.addLayout(self.fields)
        self.body.addLayout(row(self.begin))
        self.body.addStretch(1)

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Ask for what this questionnaire needs to be tried out."""
        clear(self.fields)
        self.others = {}
        self.outcome.hide()
        runs = looked.runs and self.study is not None
        self.begin.setEnabled(runs)
        if not runs:
            self.say(
                tr("A test run needs a study that is open: it takes its sites and departments from there.")
                if self.study is None
                else tr("Errors keep this questionnaire from running; Problems tells which.")
            )
            return
        form = looked.outline.questionnaire
        self.language, self.site, self.department = QComboBox(), QComboBox(), QComboBox()
        for code in form.languages:
            self.language.addItem(language_name(looked.outline, code), code)
        self.language.setCurrentIndex(max(self.language.findData(language), 0))
        for one in self.study.settings.sites if self.study is not None else ():
            self.site.addItem(one.name)
        self._fill_departments()
        self.site.currentIndexChanged.connect(lambda _at: self._fill_departments())
        parts: list[QWidget] = [Labelled(tr("Language"), self.language)] if len(form.languages) > 1 else []
        parts += [Labelled(tr("Site"), self.site), Labelled(tr("Department"), self.department)]
        self.fields.addLayout(grid(parts, 3))
        self.full = QCheckBox(tr("The person’s quota is full"))
        if any(item.kind is Kind.QUOTA for item in form.items):
            self.fields.addWidget(self.full)
        names = [name for name in case_values(form) if name not in _OWN][:_MOST_VALUES]
        if names:
            self.fields.addWidget(theme.words(tr("The questionnaire also expects of the case:"), "quiet"))
        for name in names:
            self.others[name] = Entry()
        self.fields.addLayout(grid([Labelled(name, entry) for name, entry in self.others.items()], 3))
        fields: list[QWidget] = [self.language, self.site, self.department, self.full, *self.others.values()]
        order = [self.working.cancel, *(field for field in fields if field.parent() is not None), self.begin]
        for before, after in pairwise(order):
            self.setTabOrder(before, after)  # they are made after the button and would come behind it

    def chosen(self) -> InventedCase:
        """Return what was chosen."""
        values = {name: entry.text().strip() for name, entry in self.others.items() if entry.text().strip()}
        site, department = self.site.currentIndex(), self.department.currentIndex()
        if self.study is not None and site >= 0 and department >= 0:
            from cati.fieldwork.rehearsal import invented_values  # noqa: PLC0415 - with the first test run

            values = {**invented_values(self.study, site, department), **values}
        if self.full.isChecked():
            values["quota_full"] = "1"
        return InventedCase(self.language.currentData() or "", values)

    def say(self, words: str) -> None:
        """Say something above the fields, "" for nothing."""
        self.outcome.say(words, "note" if words.startswith("✓") else "warning")
        self.outcome.setVisible(bool(words))

    def _fill_departments(self) -> None:
        self.department.clear()
        sites = self.study.settings.sites if self.study is not None else ()
        at = self.site.currentIndex()
        if 0 <= at < len(sites):
            for one in sites[at].departments:
                self.department.addItem(one.name)
