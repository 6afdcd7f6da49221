"""Draws the routing of a questionnaire: on the screen, into SVG, on the pages of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLineF, QMarginsF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPageLayout, QPageSize, QPainter, QPainterPath, QPdfWriter, QPen
from PySide6.QtSvg import QSvgGenerator

from cati.survey.flow import HEADING, LABEL, NODE, RETURN, Arc, Branch, Flow, Heading, Node
from cati.survey.outline import LineKind
from cati.text import tr
from cati.ui import theme

_DASHED = (3.0, 3.0)
_WORDS = 0.62
"""Room for the answers beside the arcs, as a share of a box."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Sizes in pixels: a box is ``high`` and ``wide``, a column ``step`` further right, a lane ``lane``."""

    font: QFont
    high: float
    wide: float
    step: float
    lane: float
    edge: float

    def left(self, column: int) -> float:
        """Return the left edge of the boxes of a column."""
        return self.edge + self.step * (column + 0.5)

    def trunk(self, column: int) -> float:
        """Return where the line of a column runs."""
        return self.left(column) + self.step * 0.5

    def down(self, y: float) -> float:
        """Return a height of the flow in pixels."""
        return self.edge + y * self.high

    def up(self, pixels: float) -> float:
        """Return the height of the flow at a height in pixels."""
        return (pixels - self.edge) / self.high

    def right(self, flow: Flow) -> float:
        """Return the right edge of all boxes."""
        return self.left(flow.columns - 1) + self.wide

    def whole(self, flow: Flow) -> QRectF:
        """Return the room that the picture needs."""
        arcs = self.lane * flow.lanes + (self.wide * _WORDS if flow.arcs else 0)
        return QRectF(0, 0, self.right(flow) + arcs + 2 * self.edge, self.down(flow.height) + self.edge)

    def box(self, node: Node, flow: Flow) -> QRectF:
        """Return where a box is drawn; all end at the same right edge."""
        left = self.left(node.column)
        return QRectF(left, self.down(node.y), self.right(flow) - left, self.high * NODE)


def measure(font: QFont) -> Measure:
    """Return the sizes that fit a font."""
    metrics = QFontMetricsF(font)
    line = metrics.height()
    return Measure(font, line * 1.7, metrics.averageCharWidth() * 60, line * 1.5, line * 1.1, line)


def draw(
    painter: QPainter,
    flow: Flow,
    sizes: Measure,
    colours: theme.Colours,
    *,
    chosen: int | None = None,
    seen: tuple[float, float] | None = None,
) -> None:
    """Draw the picture; ``chosen`` is the box at hand, whose conditions and skips are shown strongly.

    ``seen`` is the upper and lower edge of what is looked at, in pixels: the rest is not drawn.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(sizes.font)
    reads = set(flow.nodes[chosen].reads) if chosen is not None else set()
    top, bottom = (-1.0, flow.height + 1) if seen is None else (sizes.up(seen[0]) - 2, sizes.up(seen[1]) + 2)
    branches = [branch for branch in flow.branches if branch.top <= bottom and branch.bottom >= top]
    _main_line(painter, flow, sizes, colours)
    for branch in branches:
        _branch(painter, branch, sizes, colours)
    for arc in flow.arcs:
        if flow.nodes[arc.source].y <= bottom and flow.nodes[arc.target].y >= top:
            _arc(painter, arc, flow, sizes, colours, strong=chosen in (arc.source, arc.target))
    for heading in flow.headings:
        if top <= heading.y <= bottom:
            _heading(painter, heading, flow, sizes, colours)
    for branch in branches:
        _condition(painter, branch, flow, sizes, colours)
    for at, node in enumerate(flow.nodes):
        if top <= node.y <= bottom:
            _box(painter, node, sizes.box(node, flow), colours, chosen=at == chosen, read=at in reads)


def _heading(painter: QPainter, heading: Heading, flow: Flow, sizes: Measure, colours: theme.Colours) -> None:
    bold = QFont(sizes.font)
    bold.setBold(True)
    painter.setFont(bold)
    painter.setPen(colours.text)
    left = sizes.left(heading.column) + sizes.step
    where = QRectF(left, sizes.down(heading.y), sizes.right(flow) - left, sizes.high * HEADING * 0.8)
    _write(painter, where, heading.text)
    painter.setFont(sizes.font)


def _main_line(painter: QPainter, flow: Flow, sizes: Measure, colours: theme.Colours) -> None:
    """Draw the line of what everybody is asked."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colours.quiet, 1.6))
    end = flow.nodes[-1]
    x = sizes.trunk(0)
    painter.drawLine(QLineF(x, sizes.down(0), x, sizes.down(end.y)))
    _arrow(painter, QPointF(x, sizes.down(end.y)), colours)


def _branch(painter: QPainter, branch: Branch, sizes: Measure, colours: theme.Colours) -> None:
    """Draw the line of a branch: it leaves its parent's line and comes back to it."""
    begin, back = sizes.trunk(branch.parent), sizes.trunk(branch.column)
    top, bottom = sizes.down(branch.top), sizes.down(branch.bottom)
    into = top + sizes.high * LABEL
    path = QPainterPath(QPointF(begin, top - sizes.high * 0.1))
    path.cubicTo(QPointF(begin, top + sizes.high * 0.4), QPointF(back, top), QPointF(back, top + sizes.high * 0.5))
    path.lineTo(back, into)
    if branch.comes_back:
        path.lineTo(back, bottom - sizes.high * 0.35)
        low = bottom + sizes.high * RETURN
        path.cubicTo(QPointF(back, bottom), QPointF(begin, bottom - sizes.high * 0.2), QPointF(begin, low))
    else:
        path.lineTo(back, bottom - sizes.high * 0.9)
    painter.setPen(QPen(colours.quiet, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    _arrow(painter, QPointF(back, into), colours)
    if branch.again:
        _again(painter, sizes, branch, colours)


def _again(painter: QPainter, sizes: Measure, branch: Branch, colours: theme.Colours) -> None:
    """Draw the way back up beside what is asked once for each member."""
    x = sizes.left(branch.column) - sizes.step * 0.22
    top, bottom = sizes.down(branch.top) + sizes.high * LABEL * 0.9, sizes.down(branch.bottom) - sizes.high * 0.4
    back = sizes.trunk(branch.column)
    path = QPainterPath(QPointF(back, bottom))
    path.cubicTo(QPointF(x, bottom), QPointF(x, bottom), QPointF(x, bottom - sizes.high * 0.4))
    path.lineTo(x, top + sizes.high * 0.4)
    painter.setPen(QPen(colours.accent, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    _arrow(painter, QPointF(x, top), colours, up=True)
    painter.drawLine(QLineF(x, top + sizes.high * 0.2, x, top + sizes.high * 0.5))


def _arrow(painter: QPainter, tip: QPointF, colours: theme.Colours, *, up: bool = False) -> None:
    size = -5.0 if up else 5.0
    head = QPainterPath(tip)
    head.lineTo(tip.x() - 4, tip.y() - size * 1.5)
    head.lineTo(tip.x() + 4, tip.y() - size * 1.5)
    head.closeSubpath()
    painter.fillPath(head, colours.accent if up else colours.quiet)


def _condition(painter: QPainter, branch: Branch, flow: Flow, sizes: Measure, colours: theme.Colours) -> None:
    painter.setPen(colours.accent)
    left = sizes.left(branch.column) + sizes.step
    where = QRectF(left, sizes.down(branch.top), sizes.right(flow) - left, sizes.high * LABEL)
    _write(painter, where, ("↻ " if branch.again else "") + branch.words)


def _box(painter: QPainter, node: Node, where: QRectF, colours: theme.Colours, *, chosen: bool, read: bool) -> None:
    end = node.kind in (LineKind.TERMINATE, LineKind.SECTION)
    fill = colours.soft if chosen else colours.warm if end or node.kind is LineKind.QUOTA else colours.base
    edge = colours.accent if chosen or read else colours.caution if end else colours.border
    painter.setBrush(fill)
    painter.setPen(QPen(edge, 2.4 if chosen or read else 1.2))
    round_by = where.height() / 2 if end else 4
    painter.drawRoundedRect(where, round_by, round_by)
    inside = where.adjusted(where.height() * 0.4, 0, -where.height() * 0.3, 0)
    metrics = painter.fontMetrics()
    if node.number:
        painter.setPen(colours.quiet)
        wide = max(metrics.horizontalAdvance(node.number), metrics.averageCharWidth() * 3) + metrics.averageCharWidth()
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, node.number)
        inside.setLeft(inside.left() + wide)
    painter.setPen(colours.quiet if node.kind is LineKind.NOTE else colours.text)
    _write(painter, inside, node.text)


def _arc(painter: QPainter, arc: Arc, flow: Flow, sizes: Measure, colours: theme.Colours, *, strong: bool) -> None:
    """Draw a skip on the right: out of its question, down in its lane, into where it leads; the answers beside it."""
    source, target = sizes.box(flow.nodes[arc.source], flow), sizes.box(flow.nodes[arc.target], flow)
    right = sizes.right(flow)
    x = right + sizes.lane * (arc.lane + 0.8)
    out, into = source.center().y() + source.height() * 0.2, target.center().y() - target.height() * 0.2
    bend = sizes.lane * 0.6
    path = QPainterPath(QPointF(right, out))
    path.lineTo(x - bend, out)
    path.quadTo(QPointF(x, out), QPointF(x, out + bend))
    path.lineTo(x, into - bend)
    path.quadTo(QPointF(x, into), QPointF(x - bend, into))
    path.lineTo(right + 7, into)
    pen = QPen(colours.accent, 2.4 if strong else 1.2)
    if not strong:
        pen.setDashPattern(list(_DASHED))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    head = QPainterPath(QPointF(right + 1, into))
    head.lineTo(right + 9, into - 4)
    head.lineTo(right + 9, into + 4)
    head.closeSubpath()
    painter.fillPath(head, colours.accent)
    left = right + sizes.lane * (flow.lanes + 0.6)
    number = flow.nodes[arc.target].number
    words = f"→ {number or tr('end')}: {arc.words}"
    painter.setPen(colours.accent if strong else colours.quiet)
    painter.setFont(sizes.font)
    top = _label_top(flow, arc) * sizes.high
    _write(painter, QRectF(left, sizes.down(0) + top, sizes.wide * _WORDS, sizes.high), words)


def _label_top(flow: Flow, arc: Arc) -> float:
    """Return the height of an arc's words: beside its question, a second one below the first."""
    same = [other for other in flow.arcs if other.source == arc.source]
    return flow.nodes[arc.source].y + 0.7 * same.index(arc)


def _write(painter: QPainter, where: QRectF, text: str) -> None:
    fits = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(where.width()))
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fits)


def save_svg(flow: Flow, path: Path, title: str) -> None:
    """Write the picture as one SVG drawing in light colours."""
    sizes = measure(_print_font())
    whole = sizes.whole(flow)
    drawing = QSvgGenerator()
    drawing.setFileName(str(path))
    drawing.setTitle(title)
    drawing.setSize(QSize(round(whole.width()), round(whole.height())))
    drawing.setViewBox(whole)
    painter = QPainter(drawing)
    painter.fillRect(whole, theme.LIGHT.window)
    draw(painter, flow, sizes, theme.LIGHT)
    painter.end()


def save_pdf(flow: Flow, path: Path, title: str) -> None:
    """Write the picture on A4 pages in light colours, cut between two boxes."""
    sizes = measure(_print_font())
    whole = sizes.whole(flow)
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setResolution(96)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(12, 14, 12, 14), QPageLayout.Unit.Millimeter)
    page = QRectF(writer.pageLayout().paintRectPixels(96))
    page.moveTo(0, 0)  # the painter begins inside the margins
    painter = QPainter(writer)
    head = QFontMetricsF(sizes.font).height() * 1.6
    scale = min(1.0, page.width() / whole.width())
    room = (page.height() - head) / scale
    cuts = list(_cuts(flow, sizes, room))
    for at, (top, bottom) in enumerate(cuts):
        if at:
            writer.newPage()
        painter.setFont(sizes.font)
        painter.setPen(theme.LIGHT.quiet)
        painter.drawText(QPointF(0, head * 0.5), title)
        count = tr("page {page} of {pages}", page=at + 1, pages=len(cuts))
        width = QFontMetricsF(sizes.font).horizontalAdvance(count)
        painter.drawText(QPointF(page.width() - width, head * 0.5), count)
        painter.save()
        painter.translate(0, head)
        painter.scale(scale, scale)
        painter.setClipRect(QRectF(0, 0, whole.width(), bottom - top))
        painter.translate(0, -top)
        draw(painter, flow, sizes, theme.LIGHT, seen=(top, bottom))
        painter.restore()
    painter.end()


def _cuts(flow: Flow, sizes: Measure, room: float) -> Iterator[tuple[float, float]]:
    """Yield what stands on each page: as many boxes as fit, cut above a box's condition or heading."""
    top, last = 0.0, 0.0
    heads = sorted({branch.top for branch in flow.branches} | {one.y for one in flow.headings})
    # What stands right below a condition or heading stays with it.
    steps = [
        y
        for y in sorted({*heads, *(node.y for node in flow.nodes)})
        if not any(0 < y - head <= max(LABEL, HEADING) + 0.05 for head in heads)
    ]
    end = sizes.whole(flow).bottom()
    for y in steps:
        edge = sizes.down(y) - sizes.high * 0.15
        if sizes.down(y) + sizes.high * (NODE + LABEL + HEADING) - top > room and last > top:
            yield top, last
            top = last
        last = edge
    if end - top > room and last > top:
        yield top, last
        top = last
    yield top, end


def _print_font() -> QFont:
    font = QFont(theme.font_of("text"))
    font.setPixelSize(13)
    return font
