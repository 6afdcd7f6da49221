"""Tables that stay on a page while their figures change: only what is different is written anew."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableWidget, QTableWidgetItem

from cati.ui import theme
from cati.ui.pages import show_whole, table

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


def kept_table(name: str, headers: Sequence[str], *, figures: Sequence[int] = (), stretch: int, most: int = 14,
               bars: int | None = None, whole: bool = False) -> QTableWidget:  # fmt: skip
    """Return an empty table for `show_rows`; the column ``bars`` shows shares.

    At most ``most`` rows are seen without scrolling in it; 0: it takes the room there is. ``whole``: where the text is
    very large, nothing is cut for what one can scroll to.
    """
    shown = table(name, headers, [], figures=figures)
    if not (whole and theme.is_large()):
        shown.horizontalHeader().setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    shown.setProperty("figures", list(figures))
    shown.setProperty("most", most)
    if bars is not None:
        shown.setItemDelegateForColumn(bars, Bars(shown))
    return shown


def show_rows(shown: QTableWidget, rows: Sequence[Sequence[str]], *, bold: Sequence[int] = ()) -> None:
    """Show these rows: cells that say the same already are left alone."""
    figures = shown.property("figures")
    grown = shown.rowCount() != len(rows) or not rows
    shown.setRowCount(len(rows))
    for y, cells in enumerate(rows):
        for x, text in enumerate(cells):
            item = shown.item(y, x)
            if item is None:
                item = QTableWidgetItem(text)
                if x in figures:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                shown.setItem(y, x, item)
            elif item.text() != text:
                item.setText(text)
            if item.font().bold() is not (y in bold):
                font = shown.font()
                font.setBold(y in bold)
                item.setFont(font)
    if grown and shown.property("most"):
        shown.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        show_whole(shown, shown.property("most"))


def show_shares(shown: QTableWidget, column: int, shares: Sequence[float]) -> None:
    """Give the cells of a column the shares that their bars show, in words too for those who hear the table."""
    for row, share in enumerate(shares):
        item = shown.item(row, column)
        if item is not None and item.data(_SHARE) != share:
            item.setData(_SHARE, share)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{share:.0%}")
