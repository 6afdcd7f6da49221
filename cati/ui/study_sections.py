"""The parts of a study's page: what it is about, when, who agreed to what, in which languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cati.errors import Problem
from cati.settings import ConsentWording
from cati.text import LANGUAGES, language, tr
from cati.ui import theme
from cati.ui.day_entry import DayEdit
from cati.ui.pages import Labelled, Note, grid, heading

Values = dict[str, Any]
"""What stands in a part's editors, by name: plain text, numbers, dates and lists, ready for `StudySettings`."""


_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QCheckBox)


class Section(QWidget):
    """One part of the page. Its fields are found by their label, which is also where a Problem says it is."""

    changed = Signal()
    """Something was typed, chosen, added or taken away."""
    begin_at: QWidget | None = None
    """Where the cursor is put when the part is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Labelled] = {}
        self.stack = QVBoxLayout(self)
        self.stack.setContentsMargins(0, 0, 0, 0)
        self.stack.setSpacing(round(theme.unit() * 1.4))
        self.rest = Note("", "warning")
        self.rest.hide()

    def field(self, label: str, editor: QWidget, hint: str = "", where: str = "") -> Labelled:
        """Return a labelled editor that this part will show faults beside; ``where`` of a Problem if not its label."""
        labelled = Labelled(label, editor, hint)
        self.fields[where or label] = labelled
        self.watch(editor)
        return labelled

    def watch(self, editor: QWidget) -> None:
        """Report what happens in an editor as `changed`."""
        for name in ("textChanged", "valueChanged", "dateChanged", "changed"):
            signal = getattr(editor, name, None)
            if signal is not None:
                signal.connect(lambda *_news: self.changed.emit())
                return

    def values(self) -> Values:
        """Return what stands in the editors."""
        raise NotImplementedError

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show these values; names that are missing keep what stands there."""
        raise NotImplementedError

    def show_faults(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show each Problem beside its field; returns those that belong to no field here."""
        said: dict[str, list[str]] = {}
        left = []
        for problem in problems:
            if problem.where in self.fields:
                said.setdefault(problem.where, []).append(f"{problem.what} {problem.do}".strip())
            else:
                left.append(problem)
        for label, field in self.fields.items():
            field.show_fault(" ".join(said.get(label, [])))
        return left


def next_field(section: QWidget) -> QWidget | None:
    """Return the field of a part behind the one that has the cursor, in Tab's order; None behind the last."""
    fields: list[QWidget] = []
    step = section.nextInFocusChain()
    while step is not None and step is not section:
        if isinstance(step, _FIELDS) and step.focusProxy() is None and section.isAncestorOf(step):
            fields.append(step)
        step = step.nextInFocusChain()
    focused = section.focusWidget()
    behind = fields[fields.index(focused) + 1 :] if focused in fields else fields
    return next((field for field in behind if field.isVisible() and field.isEnabled()), None)


def text_line(longest: int = 200) -> QLineEdit:
    """Return an editor for one line."""
    line = QLineEdit()
    line.setMaxLength(longest)
    return line


def text_box(lines: int) -> QPlainTextEdit:
    """Return an editor for a few lines; Tab leaves it."""
    box = QPlainTextEdit()
    box.setTabChangesFocus(True)
    box.setFixedHeight(theme.line() * lines + theme.unit())
    return box


class AboutSection(Section):
    """Name, client, institute, number to call back, purpose, expected length."""

    def __init__(self) -> None:
        super().__init__()
        self.name = text_line()
        self.client = text_line()
        self.institute = text_line()
        self.callback_number = text_line(40)
        self.purpose = text_line(300)
        self.expected_minutes = QSpinBox()
        self.expected_minutes.setRange(0, 500)
        self.expected_minutes.setValue(15)
        self.expected_minutes.setMaximumWidth(theme.columns(20))
        self.expected_minutes.setSuffix(" " + tr("minutes"))
        self.lock_minutes = QSpinBox()
        self.lock_minutes.setRange(0, 500)
        self.lock_minutes.setValue(10)
        self.lock_minutes.setMaximumWidth(theme.columns(20))
        self.lock_minutes.setSuffix(" " + tr("minutes"))
        self.stack.addWidget(
            self.field(tr("Name"), self.name, tr("As your staff know it, e.g. County customer survey 2027."))
        )
        self.stack.addLayout(
            grid(
                [
                    self.field(tr("Client"), self.client, tr("On whose behalf you call.")),
                    self.field(tr("Institute"), self.institute, tr("Who calls.")),
                    self.field(
                        tr("Number to call back"),
                        self.callback_number,
                        tr("Shown and read out to people who want to check."),
                    ),
                    self.field(
                        tr("Expected length"), self.expected_minutes, tr("No call begins that could not end in time.")
                    ),
                ],
                2,
            )
        )
        self.stack.addWidget(
            self.field(
                tr("Purpose"),
                self.purpose,
                tr(
                    "Completes “We would like to know …”, e.g. how content you are with the county office. Say it in "
                    "the study’s first language; in another people hear: how content you are with the office."
                ),
            )
        )
        self.stack.addWidget(Note(tr("These words are read out at the beginning of every call.")))
        self.stack.addWidget(
            self.field(
                tr("Lock after"),
                self.lock_minutes,
                tr("A window that nobody touches for so long asks for the password again; not in an interview."),
            )
        )
        self.begin_at = self.name

    def values(self) -> Values:
        """Return name, client, institute, callback_number, purpose, expected_minutes, lock_minutes."""
        lines = ("name", "client", "institute", "callback_number", "purpose")
        found: Values = {name: getattr(self, name).text().strip() for name in lines}
        return {**found, **{name: getattr(self, name).value() for name in ("expected_minutes", "lock_minutes")}}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show these values."""
        for name in ("name", "client", "institute", "callback_number", "purpose"):
            if name in values:
                getattr(self, name).setText(values[name])
        for name in ("expected_minutes", "lock_minutes"):
            if name in values:
                getattr(self, name).setValue(values[name])


class DatesSection(Section):
    """Field period, eligibility, and the day on which the contacts are erased."""

    _NAMES = ("field_from", "field_to", "contact_from", "contact_to", "erasure_date")

    def __init__(self, today: date) -> None:
        super().__init__()
        self.days = {
            "field_from": DayEdit(today + timedelta(days=14)),
            "field_to": DayEdit(today + timedelta(days=56)),
            "contact_from": DayEdit(today - timedelta(days=365)),
            "contact_to": DayEdit(today),
            "erasure_date": DayEdit(today + timedelta(days=100)),
        }
        for name in ("field_from", "contact_from"):
            self.watch(self.days[name])
        period = Labelled(tr("First day of calls"), self.days["field_from"])
        self.stack.addWidget(heading(tr("When calls are made")))
        end = self.field(tr("Last day of calls"), self.days["field_to"], where=tr("Field period"))
        self.stack.addLayout(grid([period, end], 2))
        self.stack.addWidget(heading(tr("Who may be asked: people who had to do with the office")))
        self.stack.addLayout(
            grid(
                [
                    Labelled(tr("From"), self.days["contact_from"]),
                    self.field(tr("Up to"), self.days["contact_to"], where=tr("Eligibility")),
                ],
                2,
            )
        )
        self.stack.addWidget(heading(tr("When the contacts are erased")))
        self.stack.addLayout(
            grid(
                [
                    self.field(
                        tr("Erasure date"),
                        self.days["erasure_date"],
                        tr("The promise: contacts are gone by this day, with proof."),
                    )
                ],
                2,
            )
        )
        self.begin_at = self.days["field_from"]

    def values(self) -> Values:
        """Return the five days."""
        return {name: editor.day() for name, editor in self.days.items()}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show these days."""
        for name, editor in self.days.items():
            day = values.get(name)
            if day is not None:
                editor.setDate(QDate(day.year, day.month, day.day))


class ConsentSection(Section):
    """The wordings people agreed to, each with its version; those in use can only be added to."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[tuple[QLineEdit, QPlainTextEdit]] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.unit())
        self.stack.addWidget(
            theme.words(
                tr(
                    "Exactly as printed on the form or said at the counter. The list names the "
                    "version a person agreed to."
                ),
                "quiet",
            )
        )
        self.stack.addLayout(self._list)
        self.more = theme.push("+ " + tr("Add another wording"), lambda: self._add("", ""))
        self.stack.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._add("1", "")
        self.begin_at = self._blocks[0][0]

    def _add(self, version: str, text: str, *, fixed: bool = False) -> None:
        line, box = text_line(40), text_box(4)
        line.setText(version)
        box.setPlainText(text)
        line.setReadOnly(fixed)
        box.setReadOnly(fixed)
        number = len(self._blocks) + 1
        first = not self._blocks
        version_field = Labelled(tr("Version"), line)
        text_field = Labelled(tr("Wording"), box)
        if not first:
            line.setAccessibleName(tr("Version, wording {n}", n=number))
            box.setAccessibleName(tr("Wording {n}", n=number))
        else:
            self.fields[tr("Consent")] = text_field
        self._list.addWidget(version_field)
        self._list.addWidget(text_field)
        self._blocks.append((line, box))
        self.watch(line)
        self.watch(box)
        if self.isVisible():
            line.setFocus()

    def values(self) -> Values:
        """Return the wordings that have words or a version."""
        found = [
            ConsentWording(version=line.text().strip(), text=box.toPlainText().strip()) for line, box in self._blocks
        ]
        kept = tuple(w for at, w in enumerate(found) if at == 0 or w.version or w.text)
        return {"consent": kept}

    def fill(self, values: Mapping[str, Any], *, fixed: bool = False) -> None:
        """Show these wordings; ``fixed`` ones cannot be changed any more."""
        wordings: Sequence[ConsentWording] = values.get("consent", ())
        for at, wording in enumerate(wordings):
            if at >= len(self._blocks):
                self._add(wording.version, wording.text, fixed=fixed)
                continue
            line, box = self._blocks[at]
            line.setText(wording.version)
            box.setPlainText(wording.text)
            line.setReadOnly(fixed)
            box.setReadOnly(fixed)


class LanguagesPart(QWidget):
    """One box for each language that the questionnaire has, or, when it names none, for those the program speaks."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._boxes: dict[str, QCheckBox] = {}
        self._row = QVBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)

    def show_languages(self, languages: Sequence[str], chosen: Sequence[str]) -> None:
        """Offer these languages, ``chosen`` ticked."""
        from cati.ui.pages import clear  # noqa: PLC0415 - only where languages change

        clear(self._row)
        self._boxes = {}
        if not any(languages):
            self._row.addWidget(
                theme.words(tr("The questionnaire names no language. In which is it written?"), "quiet")
            )
            languages = LANGUAGES
            chosen = chosen if any(chosen) else (language(),)
        elif "" in languages:
            named = tuple(filter(None, languages))
            more = tuple(code for code in LANGUAGES if code not in named)
            self._row.addWidget(
                theme.words(tr("Some texts name no language. In which of the others are they written?"), "quiet")
            )
            chosen = (*chosen, *more[:1]) if set(chosen) <= set(languages) else chosen
            languages = (*more, *named)
        for code in languages:
            box = QCheckBox(language_name(code))
            box.setChecked(code in chosen)
            box.toggled.connect(self.changed)
            self._row.addWidget(box)
            self._boxes[code] = box

    def chosen(self) -> tuple[str, ...]:
        """Return the codes of the languages that are ticked, in order."""
        return tuple(code for code, box in self._boxes.items() if box.isChecked())


def language_name(code: str) -> str:
    """Return a language's own name with its code, e.g. "Deutsch (de)"."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - only where languages are shown

    try:
        name = Locale.parse(code, sep="-").get_language_name(code[:2]) or code
    except (UnknownLocaleError, ValueError):
        return code
    return f"{name[:1].upper()}{name[1:]} ({code})"
