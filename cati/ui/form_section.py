"""The questionnaire of a study: one that comes with the program or one's own file, checked at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QVBoxLayout

from cati.errors import Problem
from cati.places import shipped_questionnaires
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Working, heading, in_words
from cati.ui.study_sections import LanguagesPart, Section, Values

if TYPE_CHECKING:
    from cati.fieldwork.forms import ReadForm
    from cati.survey.questionnaire import Questionnaire

_MOST_SHOWN = 12
SUFFIXES = (".xlsx", ".xls", ".ods", ".yaml", ".yml")


def shipped() -> list[Path]:
    """Return the questionnaires that come with the program, one file each (XLSX before its YAML twin), by name."""
    found: dict[str, Path] = {}
    for path in sorted(shipped_questionnaires().glob("*")):
        if path.suffix in SUFFIXES:
            known = found.get(path.stem)
            if known is None or SUFFIXES.index(path.suffix) < SUFFIXES.index(known.suffix):
                found[path.stem] = path
    return list(found.values())


class FormSection(Section):
    """Choose, check, and say what is wrong with sheet, row and column; then the languages to interview in."""

    checked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.questionnaire: Questionnaire | None = None
        self._languages_wanted: tuple[str, ...] | None = None
        self.which = QComboBox()
        self.which.setMinimumContentsLength(30)
        self.which.addItem(tr("Please choose"), "")
        for path in shipped():
            self.which.addItem(path.stem.replace("_", " "), str(path))
        self.which.currentIndexChanged.connect(self._picked)
        self.own = theme.push(tr("Own file …"), self._choose)
        line = QHBoxLayout()
        line.setSpacing(theme.unit())
        self.stack.addWidget(
            self.field(
                tr("Questionnaire"),
                self.which,
                tr("Those that come with the program, or your own as XLSForm (Excel, ODS) or YAML."),
            )
        )
        self.look = theme.push(tr("Look at it …"), self._look)
        self.look.hide()
        line.addWidget(self.own)
        line.addWidget(self.look)
        line.addStretch(1)
        self.stack.addLayout(line)
        self.working = Working()
        self.stack.addWidget(self.working)
        self.verdict = Note("")
        self.verdict.hide()
        self.stack.addWidget(self.verdict)
        self.found = QVBoxLayout()
        self.found.setSpacing(theme.unit() // 2)
        self.stack.addLayout(self.found)
        self._language_title = heading(tr("Languages of the interviews"))
        self._language_title.hide()
        self.languages = LanguagesPart()
        self.stack.addWidget(self._language_title)
        self.stack.addWidget(self.field(tr("Languages"), self.languages))
        self.fields[tr("Languages")].hide()
        self.checked.connect(self.changed)
        self.begin_at = self.which

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            tr("Questionnaire"),
            str(Path.home()),
            tr("Questionnaires") + " (" + " ".join(f"*{suffix}" for suffix in SUFFIXES) + ")",
        )
        if chosen:
            self.show_form(Path(chosen))

    def _look(self) -> None:
        from cati.ui.questionnaire_window import QuestionnaireWindow  # noqa: PLC0415 - when it is looked at

        if self.path is not None:
            QuestionnaireWindow(self.path, self).show()

    def _picked(self) -> None:
        path = self.which.currentData()
        if path:
            self._check(Path(path))

    def show_form(self, path: Path) -> None:
        """Choose this file and check it."""
        at = self.which.findData(str(path))
        if at < 0:
            self.which.addItem(path.name, str(path))
            at = self.which.count() - 1
        if self.which.currentIndex() == at:
            self._check(path)
        else:
            self.which.setCurrentIndex(at)

    def _check(self, path: Path) -> None:
        from cati.ui.pages import clear  # noqa: PLC0415 - only where there is something to clear

        self.path = path
        self.questionnaire = None
        clear(self.found)
        self.verdict.hide()
        self.look.hide()
        self.working.begin(tr("Checking the questionnaire …"))

        def check(_ticket: Ticket) -> ReadForm:
            from cati.fieldwork.forms import check_form  # noqa: PLC0415 - loaded when a questionnaire is chosen

            return check_form(path)

        run_in_background(self, check, self._show, self._unreadable)

    def _unreadable(self, problem: Problem) -> None:
        self.working.end()
        self.verdict.say("✗ " + in_words(problem), "warning")
        self.checked.emit()

    def _show(self, form: ReadForm) -> None:
        self.working.end()
        self.look.setVisible(form.form is not None)
        for field in self.fields.values():
            field.show_fault("")
        errors = [found for found in form.diagnostics if found.severity == "error"]
        self.questionnaire = questionnaire = form.questionnaire
        if questionnaire is None:
            self.verdict.say(
                "✗ " + trn("1 error keeps it from running.", "{n} errors keep it from running.", len(errors)), "warning"
            )
        else:
            self.verdict.say("✓ " + trn("It runs: 1 item.", "It runs: {n} items.", len(questionnaire.items)))
            wanted = self._languages_wanted
            self.languages.show_languages(
                questionnaire.languages, wanted if wanted is not None else questionnaire.languages
            )
            self._language_title.show()
            self.fields[tr("Languages")].show()
        for found in form.diagnostics[:_MOST_SHOWN]:
            places = [tr("sheet {sheet}", sheet=found.sheet)] if found.sheet else []
            if found.row:
                places.append(tr("row {row}", row=found.row))
            if found.column:
                places.append(tr("column {column}", column=found.column))
            word = {"error": tr("Error"), "note": tr("Note")}.get(found.severity, tr("Hint"))
            text = f"{word} · {', '.join(places)}: {found.what} {found.do}".replace(" · :", ":")
            self.found.addWidget(theme.words(text, "problem" if found.severity == "error" else "quiet"))
        more = len(form.diagnostics) - _MOST_SHOWN
        if more > 0:
            self.found.addWidget(theme.words(trn("and 1 more", "and {n} more", more), "quiet"))
        self.checked.emit()

    @property
    def sound(self) -> bool:
        """Whether the questionnaire chosen can run."""
        return self.questionnaire is not None

    def values(self) -> Values:
        """Return the languages and the file."""
        return {"languages": self.languages.chosen(), "form": self.path}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Choose the file and the languages again."""
        if values.get("form") is not None:
            self._languages_wanted = tuple(values.get("languages", ()))
            self.show_form(values["form"])

    def show_faults(self, problems: Sequence[Problem]) -> list[Problem]:
        """Also say that a questionnaire is missing."""
        left = super().show_faults(problems)
        field: Labelled = self.fields[tr("Questionnaire")]
        if self.path is None:
            field.show_fault(tr("Choose the questionnaire."))
        elif self.questionnaire is None:
            field.show_fault(tr("It cannot run yet; see below."))
        else:
            from cati.fieldwork.forms import unspoken  # noqa: PLC0415 - with the questionnaire that it reads

            for problem in unspoken(self.questionnaire, self.languages.chosen()):
                self.fields[tr("Languages")].show_fault(f"{problem.what} {problem.do}")
        return left
