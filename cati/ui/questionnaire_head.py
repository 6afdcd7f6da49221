"""The head of the questionnaire page: which questionnaire is looked at, in which languages, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from cati.survey.outline_facts import language_name
from cati.text import language, tr, trn
from cati.ui import theme
from cati.ui.keys import Key, cap_of
from cati.ui.questionnaire_files import breakable

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

Entry = tuple[str, Callable[[], object] | None]
"""A line of a menu and what it does, None for what only says why it cannot be done."""


class Head(QWidget):
    """Title and facts, the files on the right, the languages below; where text is large the files are one menu.

    ``languages`` is a widget of its own: where there is room it stands beside the parts, not in the head.
    """

    open_wanted = Signal()
    own_wanted = Signal()
    again_wanted = Signal()
    save_wanted = Signal(str)
    """The ending of the file."""
    language_changed = Signal()
    beside_changed = Signal()

    def __init__(self, *, with_languages: bool) -> None:
        super().__init__()
        self._looked: Looked | None = None
        self.heading = theme.words(tr("Questionnaire"), "title")
        self.about = theme.words("", "quiet")
        self.first = _box(tr("Language"))
        self.second = _box(tr("Second language beside it"))
        self.open = theme.push(tr("Open another form …"), self.open_wanted.emit)
        self.own = theme.push(tr("Back to the study’s"), self.own_wanted.emit)
        self.again = theme.push(f"{tr('Read again')}  {cap_of(Key.READ_AGAIN)}", self.again_wanted.emit)
        self.again.setAccessibleName(tr("Read the file again"))
        self.save = _with_menu(tr("Save as …"), self._save_entries)
        self.files = _with_menu(tr("File …"), self._all_entries)
        self.languages = QWidget()
        spoken = QHBoxLayout(self.languages)
        spoken.setContentsMargins(0, 0, 0, 0)
        spoken.setSpacing(theme.unit() // 2)
        spoken.addWidget(self.first)
        spoken.addWidget(self.second)
        self._lay_out(with_languages=with_languages)
        for button in (self.open, self.own, self.again, self.save, self.files):
            if button.parentWidget() is None:  # in the menu only, or not needed
                button.setParent(self)
                button.hide()
        self.own.hide()
        self.again.hide()
        self.first.currentIndexChanged.connect(lambda _at: self._language_chosen())
        self.second.currentIndexChanged.connect(lambda _at: self.beside_changed.emit())

    def _lay_out(self, *, with_languages: bool) -> None:
        unit = theme.unit()
        large = theme.is_large()
        title = QHBoxLayout()
        title.setSpacing(unit // 2)
        title.addWidget(self.heading, 1)
        for button in (self.files,) if large else (self.save, self.again, self.own, self.open):
            title.addWidget(button)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(unit // 2)
        stack.addLayout(title)
        if large or not with_languages:
            stack.addWidget(self.about)
        if not with_languages:
            return
        if large:
            line = QHBoxLayout()
            line.addWidget(self.languages)
            line.addStretch(1)
        else:
            line = QHBoxLayout()
            line.addWidget(self.about, 1)
            line.addWidget(self.languages)
        stack.addLayout(line)

    # -- what is shown ----------------------------------------------------------------------------------------------

    def show_questionnaire(self, looked: Looked, *, with_study: bool) -> None:
        """Say which questionnaire this is; ``with_study``: there is another one to go back to."""
        again = self._looked is not None and self._looked.source == looked.source
        self._looked = looked
        self.heading.setText(breakable(looked.outline.questionnaire.title))
        self.about.setText(about(looked))
        theme.set_kind(self.about, "quiet" if looked.runs else "problem")
        other = bool(looked.source)
        self.own.setVisible(with_study and other and not theme.is_large())
        self.again.setVisible(other and not theme.is_large())
        self.own.setEnabled(with_study and other)
        self.again.setEnabled(other)
        self._fill_languages(looked, again=again)

    def hold(self, loading: bool) -> None:
        """Offer no other file while one is being read."""
        for button in (self.open, self.files, self.save):
            button.setEnabled(not loading)

    def language(self) -> str:
        """Return the language of the questionnaire that is shown."""
        return self.first.currentData() or ""

    def spoken(self) -> tuple[str, ...]:
        """Return the one or two languages that are shown side by side."""
        beside = self.second.currentData()
        return (self.language(),) if beside is None else (self.language(), beside)

    def _language_chosen(self) -> None:
        self._fill_second()
        self.language_changed.emit()

    def _fill_languages(self, looked: Looked, *, again: bool) -> None:
        """Offer the languages of the questionnaire, the reader's own first; read ``again`` it keeps the one shown."""
        codes = looked.outline.questionnaire.languages
        before = self.first.currentData() if again else None
        with QSignalBlocker(self.first):
            self.first.clear()
            for code in codes:
                self.first.addItem(language_name(looked.outline, code), code)
            kept = self.first.findData(before) if before is not None else -1
            self.first.setCurrentIndex(kept if kept >= 0 else max(self.first.findData(language()), 0))
        for box in (self.first, self.second):
            box.setVisible(len(codes) > 1)
        self._fill_second()

    def _fill_second(self) -> None:
        """Offer the other languages beside the one shown."""
        looked, before = self._looked, self.second.currentData()
        if looked is None:
            return
        with QSignalBlocker(self.second):
            self.second.clear()
            self.second.addItem(tr("one language"), None)
            for code in looked.outline.questionnaire.languages:
                if code != self.language():
                    name = language_name(looked.outline, code)
                    self.second.addItem(tr("beside {language}", language=name), code)
            self.second.setCurrentIndex(max(self.second.findData(before), 0))

    # -- menus ------------------------------------------------------------------------------------------------------

    def _save_entries(self) -> list[Entry]:
        from cati.fieldwork.form_conversion import xforms_possible  # noqa: PLC0415 - with the first menu

        def save(ending: str) -> Callable[[], object]:
            return lambda: self.save_wanted.emit(ending)

        possible = xforms_possible()
        xform = tr("XForm for ODK, KoBo, Enketo …")
        return [
            (tr("Excel (.xlsx) …"), save(".xlsx")),
            (tr("YAML (.yaml) …"), save(".yaml")),
            (xform if possible else tr("XForm: install pyxform first (pip install cati[xform])"),
             save(".xml") if possible else None),
        ]  # fmt: skip

    def _all_entries(self) -> list[Entry]:
        found: list[Entry] = [
            (button.text(), button.click) for button in (self.open, self.again, self.own) if button.isEnabled()
        ]
        return [*found, *((f"{tr('Save as …')} {words}", act) for words, act in self._save_entries())]


def _with_menu(words: str, entries: Callable[[], list[Entry]]) -> QPushButton:
    """Return a button that opens a menu, made when it opens."""
    button = theme.push(words, lambda: None)
    menu = QMenu(button)

    def fill() -> None:
        menu.clear()
        for text, act in entries():
            action = menu.addAction(text)
            action.setEnabled(act is not None)
            if act is not None:
                action.triggered.connect(lambda _checked=False, act=act: act())

    menu.aboutToShow.connect(fill)
    button.setMenu(menu)
    return button


def _box(name: str) -> QComboBox:
    """Return a choice of languages, hidden until there are several."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.hide()
    return box


def about(looked: Looked) -> str:
    """Return in one line which questionnaire this is and whether it runs."""
    questionnaire = looked.outline.questionnaire
    parts = [breakable(looked.source) or tr("the questionnaire of this study")]
    if questionnaire.version:
        parts.append(tr("version {version}", version=questionnaire.version))
    parts.append(trn("1 question", "{n} questions", len(looked.outline.numbers)))
    if not looked.runs:
        parts.append("✗ " + trn("1 error keeps it from running.", "{n} errors keep it from running.", looked.errors))
    elif looked.source:
        parts.append("✓ " + tr("runs"))
    return " · ".join(parts)
