"""The paper version on A4 pages: head and foot on each, no question torn apart, written as PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
    QTextOption,
)

from cati.survey.paper import Paper
from cati.text import speaking, tr
from cati.ui import theme
from cati.ui.paper_document import QUIET, blocks_of, head_of

_DOTS = 300
_POINTS = 10.0
_HEAD = 10.0
"""Millimetres above and below the text for head and foot."""
_GAP = 2.5
"""Millimetres between two questions."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a block that goes on one page: the document and what of its height is drawn."""

    document: QTextDocument
    top: float
    height: float
    gap: float = 0.0
    """What is left free above it, except at the top of a page."""


def save_paper(paper: Paper, path: Path) -> int:
    """Write the paper version as PDF; returns the number of pages."""
    with speaking(paper.notes):
        return _save(paper, path)


def _save(paper: Paper, path: Path) -> int:
    writer = QPdfWriter(str(path))
    writer.setTitle(paper.title)
    writer.setCreator("cati")
    writer.setResolution(_DOTS)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 14, 18, 12), QPageLayout.Unit.Millimeter)
    page = QRectF(writer.pageLayout().paintRectPixels(_DOTS))
    page.moveTo(0, 0)  # the painter begins inside the margins
    band = _HEAD / 25.4 * _DOTS
    room = QRectF(0, band, page.width(), page.height() - 2 * band)

    def set_in_type(html: str) -> QTextDocument:
        return _document(html, writer, room.width(), right_to_left=paper.right_to_left)

    pages = list(_pages(paper, set_in_type, room.height()))
    painter = QPainter(writer)
    for at, pieces in enumerate(pages):
        if at:
            writer.newPage()
        _head_and_foot(painter, paper, page, at, len(pages))
        y = room.top()
        for piece in pieces:
            y += piece.gap if y > room.top() else 0
            _draw(painter, piece, room.left(), y)
            y += piece.height
    painter.end()
    return len(pages)


def _document(html: str, writer: QPdfWriter, width: float, *, right_to_left: bool) -> QTextDocument:
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0)
    document.setDefaultFont(_font(_POINTS))
    if right_to_left:
        option = QTextOption()
        option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        document.setDefaultTextOption(option)
    document.setHtml(html)
    document.setPageSize(QSizeF(width, -1))
    document.setTextWidth(width)
    return document


def _font(points: float) -> QFont:
    font = QFont(theme.font_of("text"))
    font.setPointSizeF(points)
    return font


def _pages(paper: Paper, set_in_type: Callable[[str], QTextDocument], room: float) -> Iterator[list[_Piece]]:
    """Yield what stands on each page; headings go with what follows, what is longer than a page is cut at a line."""
    page: list[_Piece] = []
    left = room
    held: list[_Piece] = []
    gap = _GAP / 25.4 * _DOTS
    for html, glued in [(head_of(paper), False), *blocks_of(paper)]:
        document = set_in_type(html)
        held.append(_Piece(document, 0.0, document.size().height(), 2 * gap if glued else gap))
        need = sum(piece.height + piece.gap for piece in held)
        if glued and need < room / 2:
            continue
        if need > left and page:
            yield page
            page, left = [], room
        for part in (part for piece in held for part in _cut(piece, room)):
            if part.height + part.gap > left and page:
                yield page
                page, left = [], room
            page.append(part)
            left -= part.height + part.gap
        held = []
    page += held
    if page:
        yield page


def _cut(piece: _Piece, room: float) -> Iterator[_Piece]:
    """Yield a block whole, or in parts of at most a page, each ending with a line."""
    if piece.height <= room:
        yield piece
        return
    edges = sorted(_line_ends(piece.document))
    top = 0.0
    while piece.height - top > room:
        end = max((edge for edge in edges if top < edge <= top + room), default=top + room)
        yield _Piece(piece.document, top, end - top, piece.gap)
        top = end
    yield _Piece(piece.document, top, piece.height - top)


def _line_ends(document: QTextDocument) -> Iterator[float]:
    block = document.begin()
    while block.isValid():
        top = document.documentLayout().blockBoundingRect(block).top()
        layout = block.layout()
        for at in range(layout.lineCount()):
            yield top + layout.lineAt(at).rect().bottom()
        block = block.next()


def _draw(painter: QPainter, piece: _Piece, x: float, y: float) -> None:
    painter.save()
    painter.translate(x, y - piece.top)
    area = QRectF(0, piece.top, piece.document.textWidth(), piece.height)
    painter.setClipRect(area)
    context = QAbstractTextDocumentLayout.PaintContext()
    ink = QPalette()  # the dark look must not print light letters
    ink.setColor(QPalette.ColorRole.Text, QColor(Qt.GlobalColor.black))
    context.palette = ink
    context.clip = area
    piece.document.documentLayout().draw(painter, context)
    painter.restore()


def _head_and_foot(painter: QPainter, paper: Paper, page: QRectF, at: int, total: int) -> None:
    painter.setFont(_font(8.5))
    painter.setPen(QColor(QUIET))
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    checked = tr("check number {mark}", mark=paper.fingerprint)
    version = f"{tr('Version')} {paper.version} · {checked}" if paper.version else checked
    painter.drawText(page, right | Qt.AlignmentFlag.AlignBottom, tr("page {page} of {pages}", page=at + 1, pages=total))
    painter.drawText(page, left | Qt.AlignmentFlag.AlignBottom, version)
    if at:
        painter.drawText(page, left | Qt.AlignmentFlag.AlignTop, paper.title)
        painter.drawText(page, right | Qt.AlignmentFlag.AlignTop, paper.language)
