"""What every page is made of: a scrolling column, fields with label, hint and fault, notes, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDateEdit,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLayout,
    QProgressBar,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from cati.errors import Problem
from cati.text import language, show_moment, tr
from cati.ui import theme

READABLE = 96
"""Characters a column is wide at most; longer lines tire the eye."""


class Page(QWidget):
    """A title, a scrolling column of readable width, and a foot of buttons that is always seen."""

    begin_at: QWidget | None = None
    """Where the cursor is put when the page is opened. Not a focus proxy: that would take others out of Tab's order."""

    def __init__(self, title: str, parent: QWidget | None = None, *, wide: bool = False, width: int = READABLE) -> None:
        super().__init__(parent)
        unit = theme.unit()
        self.heading = theme.words(title, "title")
        self.body = QVBoxLayout()
        self.body.setSpacing(unit)
        self.body.setContentsMargins(0, 0, 0, unit)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(unit)
        column = QWidget()
        column.setProperty("kind", "column")
        column.setLayout(self.body)
        if not wide:
            column.setMaximumWidth(theme.columns(width))
        holder = QWidget()
        holder.setProperty("kind", "column")
        beside = QHBoxLayout(holder)
        beside.setContentsMargins(0, 0, unit, 0)
        beside.addWidget(column, 1000)
        beside.addStretch(1)
        self.view = QScrollArea()
        self.view.setProperty("kind", "scroll")
        self.view.setWidgetResizable(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setWidget(holder)
        feet = QWidget()
        feet.setLayout(self.foot)
        self.foot.setContentsMargins(0, 0, 0, 0)
        if not wide:
            feet.setMaximumWidth(theme.columns(width))
        below = QHBoxLayout()
        below.addWidget(feet, 1000)
        below.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit + unit // 2, unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.heading)
        whole.addWidget(self.view, 1)
        whole.addLayout(below)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll by the keyboard where no field needs the key itself."""
        bar = self.view.verticalScrollBar()
        step = {Qt.Key.Key_PageDown: bar.pageStep(), Qt.Key.Key_PageUp: -bar.pageStep()}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            bar.setValue(bar.value() + step)

    def title(self, text: str) -> None:
        """Change the title."""
        self.heading.setText(text)

    def show_top(self) -> None:
        """Scroll back to the beginning."""
        self.view.verticalScrollBar().setValue(0)


class _Unturned(QObject):
    """Lets the wheel scroll the page instead of changing what a field under the pointer says."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Pass the wheel on to the page."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


_unturned = _Unturned()


def unturned(field: QWidget) -> None:
    """Make a field deaf to the wheel: scrolling a page must not change what stands on it."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_unturned)


def flush(field: QWidget) -> None:
    """Let what stands in a box for numbers or times begin where it does in other fields."""
    # Qt takes no padding of the style sheet for a box whose arrows are hidden; dates have theirs.
    if isinstance(field, QAbstractSpinBox) and not isinstance(field, QDateEdit):
        side = theme.unit() // 2 + 1
        field.lineEdit().setTextMargins(side, 0, side, 0)


class Labelled(QWidget):
    """One editor with its label above, a quiet hint below, and what is wrong with it beside it."""

    def __init__(self, label: str, editor: QWidget, hint: str = "") -> None:
        super().__init__()
        self.label = label
        self.editor = editor
        caption = QLabel(label)
        caption.setTextFormat(Qt.TextFormat.PlainText)
        caption.setWordWrap(True)
        caption.setBuddy(editor)
        if isinstance(editor, QComboBox | QAbstractSpinBox):
            unturned(editor)
            flush(editor)
        editor.setAccessibleName(label)
        if hint:
            editor.setAccessibleDescription(hint)
        self._fault = theme.words("", "problem")
        self._fault.hide()
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(max(2, theme.unit() // 4))
        stack.addWidget(caption)
        stack.addWidget(editor)
        if hint:
            stack.addWidget(theme.words(hint, "small"))
        stack.addWidget(self._fault)
        stack.addStretch(0)

    def show_fault(self, sentence: str) -> None:
        """Show what is wrong, "" when nothing is."""
        self._fault.setText("✗ " + sentence if sentence else "")
        self._fault.setVisible(bool(sentence))
        self.editor.setProperty("wrong", "true" if sentence else "false")
        self.editor.style().unpolish(self.editor)
        self.editor.style().polish(self.editor)

    @property
    def fault(self) -> str:
        """The sentence shown as wrong, "" when nothing is."""
        return self._fault.text()


def begin(page: QWidget) -> None:
    """Put the cursor where a page wants it to begin."""
    target = getattr(page, "begin_at", None)
    (target if target is not None and isValid(target) else page).setFocus(Qt.FocusReason.OtherFocusReason)


def heading(text: str) -> QLabel:
    """Return the heading of a part of a page."""
    return theme.words(text, "heading")


def part(title: str, about: str) -> QWidget:
    """Return the heading of a part with what it is about, close together."""
    both = QWidget()
    stack = QVBoxLayout(both)
    stack.setContentsMargins(0, theme.unit() // 2, 0, 0)
    stack.setSpacing(theme.unit() // 4)
    stack.addWidget(heading(title))
    stack.addWidget(theme.words(about, "quiet"))
    return both


def rule() -> QFrame:
    """Return a fine line between two parts."""
    frame = QFrame()
    frame.setProperty("kind", "rule")
    frame.setFixedHeight(1)
    return frame


class Note(QFrame):
    """A sentence set apart by a coloured edge, and by a sign when it is a "warning", what needs a decision."""

    def __init__(self, text: str, kind: str = "note") -> None:
        super().__init__()
        self._words = theme.words("")
        inside = QHBoxLayout(self)
        unit = theme.unit()
        inside.setContentsMargins(unit, unit // 2, unit, unit // 2)
        inside.addWidget(self._words)
        self._say(text, kind)

    def say(self, text: str, kind: str = "note") -> None:
        """Show another sentence."""
        self._say(text, kind)
        self.show()

    def _say(self, text: str, kind: str) -> None:
        signed = text.startswith(("✗", "✓")) or kind != "warning"
        self._words.setText(text if signed else "⚠ " + text)
        theme.set_kind(self, kind)

    def text(self) -> str:
        """Return what is shown."""
        return self._words.text()


def in_words(problem: Problem) -> str:
    """Return a Problem as the sentences that are shown on a page."""
    head = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return f"{head} {problem.do}".strip()


def show_day(moment: date, rest: str = "MMM") -> str:
    """Return a day as the reader writes it; ``rest`` is the CLDR pattern after the day ("MMM HH:mm", "MMMM yyyy")."""
    return show_moment(moment, f"d. {rest}" if language() == "de" else f"d {rest}")


def row(*parts: QWidget | int, stretch: bool = True) -> QHBoxLayout:
    """Return widgets side by side, aligned at the top; a number stretches."""
    layout = QHBoxLayout()
    layout.setSpacing(theme.unit())
    for part in parts:
        if isinstance(part, int):
            layout.addStretch(part)
        else:
            layout.addWidget(part, 0 if stretch else 1, Qt.AlignmentFlag.AlignTop)
    if stretch:
        layout.addStretch(1)
    return layout


def grid(parts: Sequence[QWidget], across: int) -> QGridLayout:
    """Return widgets in a grid of equal columns, from left to right; one below the other where the text is large."""
    across = 1 if theme.is_large() else across
    layout = QGridLayout()
    layout.setHorizontalSpacing(2 * theme.unit())
    layout.setVerticalSpacing(theme.unit())
    for at, part in enumerate(parts):
        layout.addWidget(part, at // across, at % across, Qt.AlignmentFlag.AlignTop)
    for column in range(across):
        layout.setColumnStretch(column, 1)
    return layout


def clear(layout: QLayout) -> None:
    """Take everything out of a layout, for showing it anew."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


class Working(QWidget):
    """A bar for long work with what is being done, and a button to cancel where that does no harm."""

    def __init__(self, cancel: Callable[[], object] | None = None) -> None:
        super().__init__()
        self._words = theme.words("")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.unit())
        stack = QVBoxLayout()
        stack.addWidget(self._words)
        stack.addWidget(self.bar)
        line.addLayout(stack, 1)
        self.cancel = theme.push(tr("Cancel"), cancel or (lambda: None))
        self.cancel.setVisible(cancel is not None)
        line.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignBottom)
        self.hide()

    def begin(self, what: str) -> None:
        """Show that work has begun."""
        self._words.setText(what)
        self.bar.setAccessibleName(what)
        self.bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.show()

    def say(self, what: str) -> None:
        """Say what is being done now."""
        self._words.setText(what)

    def advance(self, done: int, total: int) -> None:
        """Show how far it is."""
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)

    def end(self) -> None:
        """Take the bar away."""
        self.hide()


def table(
    name: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, figures: Sequence[int] = ()
) -> QTableWidget:
    """Return a table to be read; ``figures`` are the columns set flush right."""
    shown = QTableWidget(len(rows), len(headers))
    shown.setAccessibleName(name)
    shown.setHorizontalHeaderLabels(list(headers))
    shown.verticalHeader().hide()
    shown.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    shown.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    shown.setTabKeyNavigation(False)
    shown.setShowGrid(False)
    shown.setWordWrap(True)
    for y, cells in enumerate(rows):
        for x, cell in enumerate(cells):
            shown.setItem(y, x, _cell(cell, right=x in figures))
    for x in figures:
        header = shown.horizontalHeaderItem(x)
        if header is not None:
            header.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    head = shown.horizontalHeader()
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setHighlightSections(False)
    shown.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    shown.verticalHeader().setDefaultSectionSize(theme.line() + theme.unit())
    return shown


def _cell(text: str, *, right: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    if right:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def show_whole(shown: QTableWidget, most: int = 14, *, sideways: bool = False) -> None:
    """Make a table as high as its rows, up to ``most`` of them; the page scrolls, not a box in it.

    ``sideways`` leaves room for a bar at the bottom: there are more columns than fit.
    """
    rows = min(shown.rowCount(), most)
    height = shown.horizontalHeader().sizeHint().height() + 6
    height += sum(shown.rowHeight(at) for at in range(rows))
    if sideways or theme.is_large():
        height += shown.horizontalScrollBar().sizeHint().height()
    if rows == shown.rowCount():
        shown.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    shown.setFixedHeight(height)
