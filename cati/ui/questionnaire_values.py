"""What every row of a questionnaire is worth in the test run, and why it is or is not on the path; live, searchable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from cati.survey.outline import Outline, find
from cati.survey.reason_words import path_words, value_words, why_words
from cati.survey.reasons import Reason, reasons
from cati.text import tr
from cati.ui import theme
from cati.ui.questionnaire_outline import SearchLine

if TYPE_CHECKING:
    from cati.survey.screens import InterviewState

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ON, _OFF, _HERE = "●", "○", "▶"
_VALUE_SHARE = 0.5
"""Of a line's width a value has at most this share."""


class Role(IntEnum):
    """What the model knows of a row besides its text."""

    ADDRESS = Qt.ItemDataRole.UserRole
    TITLE = Qt.ItemDataRole.UserRole + 1
    VALUE = Qt.ItemDataRole.UserRole + 2
    WHY = Qt.ItemDataRole.UserRole + 3
    ON_PATH = Qt.ItemDataRole.UserRole + 4
    HERE = Qt.ItemDataRole.UserRole + 5
    PATH = Qt.ItemDataRole.UserRole + 6


class ValuesModel(QAbstractListModel):
    """The rows a search has left; words are found when a row is seen, so that many rows cost little."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._outline: Outline | None = None
        self._language = ""
        self._rows: tuple[Reason, ...] = ()
        self._shown: list[int] = []
        self._here = ""
        self._why: dict[tuple[object, ...], str] = {}

    def begin(self, outline: Outline, language: str) -> None:
        """Speak of another questionnaire, labels of choices in ``language``."""
        self._outline, self._language = outline, language
        self._why.clear()

    def show_rows(self, rows: tuple[Reason, ...], kept: Sequence[int], here: str) -> None:
        """Show how things stand now; ``here`` is the address that is asked."""
        addresses = [rows[at].address for at in kept]
        same = addresses == [self._rows[at].address for at in self._shown]
        if not same:
            self.beginResetModel()
        self._rows, self._shown, self._here = rows, list(kept), here
        if not same:
            self.endResetModel()
        elif self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def row_of(self, address: str) -> int | None:
        """Return the row that shows an address."""
        return next((row for row, at in enumerate(self._shown) if self._rows[at].address == address), None)

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Return how many rows are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row says; as a whole sentence for who does not see it."""
        outline = self._outline
        if outline is None:
            return None
        reason = self._rows[self._shown[index.row()]]
        name = outline.questionnaire.items[reason.item].name
        said: dict[int, Callable[[], Any]] = {
            Role.ADDRESS: lambda: reason.address,
            Role.PATH: lambda: path_words(reason),
            Role.ON_PATH: lambda: reason.on_path,
            Role.HERE: lambda: reason.address == self._here,
            Role.TITLE: lambda: self._title(reason, name),
            Role.VALUE: lambda: value_words(outline, reason, self._language),
            Role.WHY: lambda: self._words(reason),
            Qt.ItemDataRole.DisplayRole: lambda: self._sentence(reason, name),
            Qt.ItemDataRole.AccessibleTextRole: lambda: self._sentence(reason, name),
        }
        return said[role]() if role in said else None

    def _title(self, reason: Reason, name: str) -> str:
        number = self._outline.numbers.get(name, "") if self._outline is not None else ""
        return f"{number} · {reason.address}" if number else reason.address

    def _sentence(self, reason: Reason, name: str) -> str:
        if self._outline is None:
            return ""
        value = value_words(self._outline, reason, self._language)
        parts = [self._title(reason, name), value or tr("no value"), path_words(reason), self._words(reason)]
        return ", ".join([tr("asked now"), *parts] if reason.address == self._here else parts)

    def _words(self, reason: Reason) -> str:
        key = (reason.why, reason.condition, reason.group, reason.on_path)
        found = self._why.get(key)
        if found is None and self._outline is not None:
            found = self._why[key] = why_words(self._outline, reason, self._language)
        return found or ""


class ValueLines(QStyledItemDelegate):
    """Paints a row: sign, number and name, at the right edge the value, below in small why."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return two lines; all rows are alike, so that thousands cost nothing."""
        del option, index
        return QSize(theme.columns(20), theme.line() + QFontMetrics(theme.font_of("small")).height() + theme.unit())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        c, unit = theme.colours(), theme.unit()
        painter.save()
        area = QRect(option.rect)
        here, on_path = index.data(Role.HERE), index.data(Role.ON_PATH)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, c.soft)
        if here:
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), c.accent)
        inside = area.adjusted(unit, unit // 2, -unit, -unit // 2)
        first = QRect(inside.left(), inside.top(), inside.width(), theme.line())
        painter.setFont(theme.font_of("text"))
        painter.setPen(c.accent if on_path else c.quiet)
        painter.drawText(first, Qt.AlignmentFlag.AlignLeft, _HERE if here else _ON if on_path else _OFF)
        first.setLeft(first.left() + 2 * unit)
        left = first.left()
        if value := index.data(Role.VALUE):
            painter.setPen(c.text)
            most = round(first.width() * _VALUE_SHARE)
            fits = painter.fontMetrics().elidedText(value, Qt.TextElideMode.ElideRight, most)
            painter.drawText(first, Qt.AlignmentFlag.AlignRight, fits)
            first.setRight(first.right() - painter.fontMetrics().horizontalAdvance(fits) - unit)
        font = QFont(theme.font_of("text"))
        font.setBold(bool(here))
        painter.setFont(font)
        painter.setPen(c.text if on_path else c.quiet)
        _draw(painter, first, index.data(Role.TITLE))
        painter.setFont(theme.font_of("small"))
        painter.setPen(c.quiet)
        below = QRect(left, first.bottom() + 1, inside.right() - left, inside.bottom() - first.bottom())
        _draw(painter, below, index.data(Role.WHY))
        painter.restore()


def _draw(painter: QPainter, where: QRect, text: str) -> None:
    fits = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fits)


class _List(QListView):
    """The rows; Escape goes back to the question."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk; leave by Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.activated.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class _Search(SearchLine):
    """The search; Escape in an empty one goes back to the question."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Search; leave by Escape."""
        if event.key() == Qt.Key.Key_Escape and not self.text():
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class ValuesPart(QWidget):
    """Search above, rows below, and the row at hand in full. Reports the address that is ``wanted``, and ``left``."""

    wanted = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._outline: Outline | None = None
        self._state: InterviewState | None = None
        self._here = ""
        self.search = _Search()
        self.search.setPlaceholderText(tr("Search values: number, name, words"))
        self.search.setAccessibleName(tr("Search the values of the test run"))
        self.model = ValuesModel(self)
        self.view = _List()
        self.view.setAccessibleName(tr("Values and path of the test run"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(ValueLines(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setProperty("kind", "outline")
        self.words = theme.words("", "quiet")
        self.words.setMinimumHeight(
            (2 if theme.is_large() else 4) * theme.line()
        )  # so that the list keeps its height from row to row
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit() // 2)
        for part in (self.search, self.view, self.words):
            stack.addWidget(part, int(part is self.view))
        self.search.textChanged.connect(lambda _text: self._refresh())
        self.search.left.connect(self.view.setFocus)
        self.search.given_up.connect(self.left)
        self.view.left.connect(self.left)
        self.view.activated.connect(lambda index: self.wanted.emit(index.data(Role.ADDRESS)))
        self.view.selectionModel().currentChanged.connect(lambda *_: self._say())
        self.model.dataChanged.connect(lambda *_: self._say())

    def begin(self, outline: Outline, language: str) -> None:
        """Speak of another questionnaire."""
        self._outline = outline
        self.model.begin(outline, language)
        self.search.clear()

    def show_state(self, state: InterviewState, here: str) -> None:
        """Show how an interview stands; ``here`` is the address that is asked now, and comes into sight."""
        moved = here != self._here
        self._state, self._here = state, here
        self._refresh(to=here if moved else "")

    def forget(self) -> None:
        """Forget the interview."""
        self._state, self._here = None, ""
        self.model.show_rows((), (), "")
        self.words.setText("")

    def show_row(self) -> None:
        """Bring the row at hand into sight."""
        self.view.scrollTo(self.view.currentIndex(), QListView.ScrollHint.PositionAtCenter)

    def address(self) -> str:
        """Return the address of the row at hand, "" without one."""
        index = self.view.currentIndex()
        return index.data(Role.ADDRESS) if index.isValid() else ""

    def _refresh(self, to: str = "") -> None:
        if self._outline is None or self._state is None:
            return
        outline, rows = self._outline, reasons(self._outline.questionnaire, self._state)
        before = to or self.address()
        wanted = self.search.text().strip().casefold()
        kept: Sequence[int] = range(len(rows))
        if wanted:
            found = {outline.lines[line].at for line in find(outline, wanted)}
            kept = [
                at
                for at, one in enumerate(rows)
                if one.item in found or wanted in one.address.casefold() or wanted in one.value.casefold()
            ]
        self.model.show_rows(rows, kept, self._here)
        row = self.model.row_of(before)
        if row is None and kept:
            row = 0
        if row is not None:
            index = self.model.index(row)
            self.view.setCurrentIndex(index)
            if to:
                self.view.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def _say(self) -> None:
        """Say below the list what a row of it may have no room for."""
        index = self.view.currentIndex()
        if index.isValid():
            title, value, path, why = (index.data(role) for role in (Role.TITLE, Role.VALUE, Role.PATH, Role.WHY))
            self.words.setText("\n".join((f"{title} = {value}" if value else title, f"{path}: {why}")))
