"""The manual of each role, shown in the program, and the keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QTextBrowser, QVBoxLayout, QWidget

from cati.places import resources
from cati.survey.manual_lists import with_lists
from cati.text import language, tr
from cati.ui import theme
from cati.ui.pages import table

if TYPE_CHECKING:
    from cati.fieldwork.open_study import Role

CHAPTERS = ("interviewer", "supervisor", "research_lead", "questionnaires", "call_centre", "privacy")


def chapter_path(name: str) -> Path:
    """Return the file of a chapter in the language in force."""
    return resources() / "manual" / language() / f"{name}.md"


class ManualPage(QWidget):
    """Chapters on the left, the words on the right; a role's own chapter opens first."""

    def __init__(self, role: Role | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        unit = theme.unit()
        self.chapters = QListWidget()
        self.chapters.setAccessibleName(tr("Chapters of the manual"))
        self.words = QTextBrowser()
        self.words.setAccessibleName(tr("Manual"))
        self.words.setOpenLinks(False)
        self.words.document().setDocumentMargin(2 * unit)
        titles = [(_title(chapter_path(name)), name) for name in CHAPTERS if chapter_path(name).exists()]
        for title, name in titles:
            self.chapters.addItem(title)
            self.chapters.item(self.chapters.count() - 1).setData(Qt.ItemDataRole.UserRole, name)
        self.chapters.addItem(tr("Keyboard"))
        self.chapters.setWordWrap(True)
        self.chapters.setFixedWidth(theme.columns(26))
        self.chapters.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.keys = self._keys()
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * unit, unit, unit, unit)
        line.setSpacing(unit)
        line.addWidget(self.chapters)
        line.addWidget(self.words, 1)
        line.addWidget(self.keys, 1)
        self.chapters.currentRowChanged.connect(self._show)
        own = next((at for at, (_, name) in enumerate(titles) if role is not None and name == role.value), 0)
        self.chapters.setCurrentRow(own)
        self.begin_at = self.chapters

    def _keys(self) -> QWidget:
        from cati.ui.keys import keys_in_words  # noqa: PLC0415 - with the manual

        rows = [[key, words] for key, words in keys_in_words()]
        shown = table(tr("Keyboard"), [tr("Key"), tr("What it does")], rows)
        shown.horizontalHeader().setStretchLastSection(True)
        bold = shown.font()
        bold.setBold(True)
        for at, (key, _words) in enumerate(rows):
            item = shown.item(at, 1)
            if not key and item is not None:
                item.setFont(bold)
        return shown

    def _show(self, at: int) -> None:
        name = self.chapters.item(at).data(Qt.ItemDataRole.UserRole) if at >= 0 else None
        self.words.setVisible(name is not None)
        self.keys.setVisible(name is None)
        if name is not None:
            self.words.setMarkdown(with_lists(chapter_path(name).read_text("utf-8")))

    def show_keys(self) -> None:
        """Open the list of keys."""
        self.chapters.setCurrentRow(self.chapters.count() - 1)


class HelpWindow(QWidget):
    """The manual in a window of its own; Escape closes it."""

    def __init__(self, role: Role | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keys and manual"))
        self.resize(900, 640)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        self.manual = ManualPage(role)
        self.manual.show_keys()
        stack.addWidget(self.manual)
        QShortcut(QKeySequence("Escape"), self).activated.connect(self.close)


def _title(path: Path) -> str:
    first = path.read_text("utf-8").splitlines()[0]
    return first.lstrip("# ").strip()
