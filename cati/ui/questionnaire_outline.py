"""The outline of a questionnaire as a list: numbers, texts, who is asked, signs where something is wrong; a search."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cati.survey.diagnostics import Severity
from cati.survey.outline import GROUPS, LineKind, find, kind_words
from cati.survey.outline_facts import condition
from cati.text import tr, trn
from cati.ui import theme

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_QUIET = frozenset({LineKind.COMPUTED, LineKind.LEFT_OUT, LineKind.NOTE})


class Role(IntEnum):
    """What the model knows of a row besides its text."""

    LINE = Qt.ItemDataRole.UserRole
    NUMBER = Qt.ItemDataRole.UserRole + 1
    TEXT = Qt.ItemDataRole.UserRole + 2
    CONDITION = Qt.ItemDataRole.UserRole + 3
    DEPTH = Qt.ItemDataRole.UserRole + 4
    KIND = Qt.ItemDataRole.UserRole + 5  # Qt hands the word back as a plain string: compare by ==
    ERRORS = Qt.ItemDataRole.UserRole + 6
    HINTS = Qt.ItemDataRole.UserRole + 7


class OutlineModel(QAbstractListModel):
    """The lines that a search has left, in one language."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[Any, ...], ...] = ()
        self._shown: tuple[int, ...] = ()
        self._spoken: tuple[str, ...] = ()

    def show_lines(self, looked: Looked, language: str) -> None:
        """Show a questionnaire."""
        outline = looked.outline
        found: dict[int, list[int]] = {}
        for problem, at in zip(looked.problems, looked.line_of, strict=True):
            if at is not None and problem.severity is not Severity.NOTE:
                found.setdefault(at, [0, 0])[problem.severity is not Severity.ERROR] += 1
        self.beginResetModel()
        self._rows = tuple(
            (
                at,
                line.number,
                " ".join(outline.text(line, language).split()),
                condition(outline, line, language),
                line.depth,
                line.kind,
                *found.get(at, (0, 0)),
            )
            for at, line in enumerate(outline.lines)
        )
        self._spoken = tuple(kind_words(outline, line) for line in outline.lines)
        self._shown = tuple(range(len(self._rows)))
        self.endResetModel()

    def keep(self, lines: Sequence[int]) -> None:
        """Show only these lines."""
        self.beginResetModel()
        self._shown = tuple(lines)
        self.endResetModel()

    def row_of(self, line: int) -> int | None:
        """Return the row that shows a line, None when the search has taken it away."""
        return self._shown.index(line) if line in self._shown else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many lines are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row says; as a whole sentence for who does not see it."""
        row = self._rows[self._shown[index.row()]]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return ""
        at = role - Role.LINE
        return row[at] if 0 <= at < len(row) else None

    def _sentence(self, row: tuple[Any, ...]) -> str:
        at, number, text, only_if, _depth, _kind, errors, hints = row
        parts = [f"{number} {text}".strip(), self._spoken[at]]
        parts += [tr("only if {condition}", condition=only_if)] if only_if else []
        parts += [trn("1 error", "{n} errors", errors)] if errors else []
        parts += [trn("1 hint", "{n} hints", hints)] if hints else []
        return ", ".join(parts)


class OutlineLines(QStyledItemDelegate):
    """Paints a line: number, text, below it in small who is asked, at the right edge what is wrong."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return one line, or two where there is a condition."""
        del option
        unit = theme.unit()
        height = theme.line() + unit
        if index.data(Role.CONDITION):
            height += QFontMetrics(theme.font_of("small")).height()
        if index.data(Role.KIND) == LineKind.SECTION:
            height += unit
        return QSize(theme.columns(24), height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        c, unit = theme.colours(), theme.unit()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        kind, depth = index.data(Role.KIND), index.data(Role.DEPTH)
        painter.save()
        area = QRect(option.rect)
        if chosen:
            painter.fillRect(area, c.soft)
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), c.accent)
        if kind == LineKind.SECTION:
            painter.setPen(c.border)
            if index.row():
                painter.drawLine(area.left(), area.top(), area.right(), area.top())
            area.setTop(area.top() + unit)
        inside = area.adjusted(unit, unit // 2, -unit, -unit // 2)
        inside.setRight(self._signs(painter, inside, index))
        numbers = theme.columns(4)
        if kind in GROUPS:
            left = inside.left() + depth * unit
        else:
            left = inside.left() + max(0, depth - 1) * unit + numbers
            painter.setPen(c.quiet)
            where = QRect(left - numbers, inside.top(), numbers - unit // 2, theme.line())
            painter.drawText(
                where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(Role.NUMBER)
            )
        font = QFont(theme.font_of("text"))
        font.setBold(kind in GROUPS)
        font.setItalic(kind in _QUIET)
        painter.setFont(font)
        painter.setPen(c.quiet if kind in _QUIET else c.text)
        text = QRect(left, inside.top(), max(0, inside.right() - left), theme.line())
        _draw_elided(painter, text, index.data(Role.TEXT))
        if only_if := index.data(Role.CONDITION):
            painter.setFont(theme.font_of("small"))
            painter.setPen(c.quiet)
            text.translate(0, theme.line())
            text.setHeight(painter.fontMetrics().height())
            _draw_elided(painter, text, tr("only if {condition}", condition=only_if))
        painter.restore()

    def _signs(self, painter: QPainter, inside: QRect, index: Index) -> int:
        """Draw what is wrong at the right edge and return where the text must end."""
        c, right = theme.colours(), inside.right()
        for role, sign, colour in ((Role.HINTS, "⚠", c.caution), (Role.ERRORS, "✗", c.problem)):
            count = index.data(role)
            if not count:
                continue
            words = f"{sign} {count}"
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(colour)
            where = QRect(right - width, inside.top(), width + 2, theme.line())
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
            right -= width + theme.unit()
        return right


def _draw_elided(painter: QPainter, where: QRect, text: str) -> None:
    fits = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fits)


class SearchLine(QLineEdit):
    """The search: Down or Return goes into the list, Escape empties it."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Search: number, name, words, answers"))
        self.setAccessibleName(tr("Search in the questionnaire"))
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave downwards, empty by Escape."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)


class OutlinePart(QWidget):
    """Search above, lines below; says which line is chosen."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._looked: Looked | None = None
        self.search = SearchLine()
        self.model = OutlineModel(self)
        self.view = QListView()
        self.view.setAccessibleName(tr("Questions"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(OutlineLines(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setProperty("kind", "outline")
        self.none = theme.words(tr("Nothing fits the search."), "quiet")
        self.none.hide()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addWidget(self.search)
        stack.addWidget(self.none)
        stack.addWidget(self.view, 1)
        self.search.textChanged.connect(self._narrow)
        self.search.left.connect(self.view.setFocus)
        self.view.selectionModel().currentChanged.connect(self._tell)

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Show another questionnaire or another language, and stay on the line if it is still there."""
        same = self._looked is looked
        line = self.line() if same else None
        self._looked = looked
        if not same:
            self.search.clear()
        self.model.show_lines(looked, language)
        self._narrow(self.search.text(), line)

    def line(self) -> int | None:
        """Return the line that is chosen."""
        index = self.view.currentIndex()
        return index.data(Role.LINE) if index.isValid() else None

    def choose(self, line: int) -> None:
        """Choose a line; a search that hides it is emptied."""
        if self.model.row_of(line) is None:
            self.search.clear()
        row = self.model.row_of(line)
        if row is not None:
            index = self.model.index(row)
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def _narrow(self, wanted: str, line: int | None = None) -> None:
        if self._looked is None:
            return
        kept = self.line() if line is None else line
        shown = find(self._looked.outline, wanted)
        self.model.keep(shown)
        self.none.setVisible(not shown)
        row = self.model.row_of(kept) if kept is not None else None
        if row is None:
            lines = self._looked.outline.lines
            row = next((n for n, at in enumerate(shown) if wanted and lines[at].kind not in GROUPS), 0)
        if shown:
            self.view.setCurrentIndex(self.model.index(row))

    def _tell(self, now: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(now.data(Role.LINE))
