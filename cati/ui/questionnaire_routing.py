"""The picture of the routing on the questionnaire page: to be scrolled, made larger and smaller, and saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsView,
    QHBoxLayout,
    QStyleOptionGraphicsItem,
    QVBoxLayout,
    QWidget,
)

from cati.survey.flow import Flow, flow_of, reasons
from cati.survey.outline_facts import shortened
from cati.text import tr
from cati.ui import theme
from cati.ui.flow_picture import Measure, draw, measure
from cati.ui.keys import Key, Where, key_of
from cati.ui.pages import Note
from cati.ui.questionnaire_files import file_name, save_flow

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

_SMALLEST, _LARGEST, _STEP = 0.05, 3.0, 1.2
_LEAST_WHOLE = 0.2
"""Smaller than this nothing of a picture can be told apart: a long one is not pressed into the window."""
_MOST_SAID = 240


class _Picture(QGraphicsItem):
    """The whole picture as one item; what lies outside the window is clipped by Qt."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow
        self.sizes: Measure = measure(theme.font_of("text"))
        self.chosen: int | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return the room it takes."""
        return self.sizes.whole(self.flow)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what is in sight."""
        del widget
        exposed = option.exposedRect
        painter.setClipRect(exposed)
        seen = (exposed.top(), exposed.bottom())
        draw(painter, self.flow, self.sizes, theme.colours(), chosen=self.chosen, seen=seen)

    def node_at(self, where: QPointF) -> int | None:
        """Return the box at a place of the picture."""
        for at, node in enumerate(self.flow.nodes):
            if self.sizes.box(node, self.flow).contains(where):
                return at
        return None


class FlowView(QGraphicsView):
    """Arrow keys go from box to box, + and - change the size, 0 shows the whole; Return opens the question."""

    wanted = Signal(str)
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Picture of the routing"))
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setProperty("kind", "outline")
        self.picture: _Picture | None = None

    def show_flow(self, flow: Flow) -> None:
        """Show another picture."""
        scene = QGraphicsScene(self)
        scene.setBackgroundBrush(theme.colours().base)
        self.picture = _Picture(flow)
        scene.addItem(self.picture)
        self.setScene(scene)
        self.setSceneRect(self.picture.boundingRect())
        self.choose(0)
        self.verticalScrollBar().setValue(0)

    def choose(self, at: int) -> None:
        """Make a box the one at hand and bring it into sight."""
        if self.picture is None or not 0 <= at < len(self.picture.flow.nodes):
            return
        self.picture.chosen = at
        self.picture.update()
        self._show_chosen()
        self.chosen.emit(at)

    def _show_chosen(self) -> None:
        """Bring the box at hand into sight."""
        if self.picture is None or self.picture.chosen is None:
            return
        box = self.picture.sizes.box(self.picture.flow.nodes[self.picture.chosen], self.picture.flow)
        self.ensureVisible(QRectF(0, box.top(), box.left() + 1, box.height()), 10, self.viewport().height() // 4)

    def choose_line(self, key: str) -> None:
        """Choose the box that stands for a line of the outline."""
        nodes = self.picture.flow.nodes if self.picture is not None else ()
        at = next((at for at, node in enumerate(nodes) if key in node.keys), None)
        if at is not None:
            self.choose(at)

    def zoom(self, factor: float) -> None:
        """Make the picture larger or smaller, within reason; the box at hand stays in sight."""
        self._scale(factor)
        self._show_chosen()

    def _scale(self, factor: float) -> None:
        now = self.transform().m11()
        factor = min(max(now * factor, _SMALLEST), _LARGEST) / now
        self.scale(factor, factor)

    def show_whole(self) -> None:
        """Show the picture as wide as the window; once more: from top to bottom."""
        if self.picture is None:
            return
        whole = self.picture.boundingRect()
        wide = self.viewport().width() / max(whole.width(), 1)
        high = self.viewport().height() / max(whole.height(), 1)
        now = self.transform().m11()
        all_of_it = min(wide, max(high, _LEAST_WHOLE))
        target = all_of_it if abs(now - min(wide, 1.0)) < 0.01 else min(wide, 1.0)  # noqa: PLR2004 - the same
        self.zoom(target / now)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk, zoom, open."""
        at = self.picture.chosen if self.picture is not None else None
        if at is None or self.picture is None:
            super().keyPressEvent(event)
            return
        acts: dict[Key | None, Callable[[], None]] = {
            Key.ENLARGE: lambda: self.zoom(_STEP),
            Key.REDUCE: lambda: self.zoom(1 / _STEP),
            Key.WHOLE: self.show_whole,
            Key.OPEN_BOX: lambda: self._open(at),
        }
        last = len(self.picture.flow.nodes) - 1
        steps = {Qt.Key.Key_Down: at + 1, Qt.Key.Key_Up: at - 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        act = acts.get(key_of(event, Where.QUESTIONNAIRE))
        if act is not None:
            act()
        elif Qt.Key(event.key()) in steps:
            self.choose(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom with Ctrl, else scroll."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._scale(_STEP if event.angleDelta().y() > 0 else 1 / _STEP)  # what the pointer looks at stays
            event.accept()
        else:
            super().wheelEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the box under the pointer."""
        super().mouseReleaseEvent(event)
        at = self.picture.node_at(self.mapToScene(event.position().toPoint())) if self.picture is not None else None
        if at is not None:
            self.choose(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Open the question under the pointer."""
        at = self.picture.node_at(self.mapToScene(event.position().toPoint())) if self.picture is not None else None
        if at is not None:
            self._open(at)

    def _open(self, at: int) -> None:
        keys = self.picture.flow.nodes[at].keys if self.picture is not None else ()
        if keys:
            self.wanted.emit(keys[0])


class RoutingPart(QWidget):
    """The picture with its buttons; what the box at hand says stands below."""

    wanted = Signal(str)
    """The key of the outline's line whose box was opened."""

    def __init__(self) -> None:
        super().__init__()
        self._looked: Looked | None = None
        self.flow: Flow | None = None
        self.view = FlowView()
        self.words = theme.words("", "quiet")
        self.words.setMinimumHeight(2 * theme.line())  # so that the picture keeps its place from box to box
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.outcome = Note("")
        self.outcome.hide()
        self.smaller = theme.push("−", lambda: self.view.zoom(1 / _STEP))
        self.smaller.setAccessibleName(tr("Smaller picture"))
        self.larger = theme.push("+", lambda: self.view.zoom(_STEP))
        self.larger.setAccessibleName(tr("Larger picture"))
        self.whole = theme.push(tr("Whole"), self.view.show_whole)
        self.svg = theme.push(tr("As SVG …"), lambda: self._save("svg"))
        self.svg.setAccessibleName(tr("Save the picture of the routing as SVG"))
        self.pdf = theme.push(tr("As PDF …"), lambda: self._save("pdf"))
        self.pdf.setAccessibleName(tr("Save the picture of the routing as PDF"))
        line = QHBoxLayout()
        line.setSpacing(theme.unit() // 2)
        for button in (self.smaller, self.larger, self.whole):
            line.addWidget(button)
        line.addStretch(1)
        line.addWidget(self.svg)
        line.addWidget(self.pdf)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit() // 2)
        stack.addLayout(line)
        stack.addWidget(self.outcome)
        stack.addWidget(self.view, 1)
        stack.addWidget(self.words)
        self.view.wanted.connect(self.wanted)
        self.view.chosen.connect(self._say)

    def show_questionnaire(self, looked: Looked, language: str) -> None:
        """Show the routing of a questionnaire."""
        self._looked = looked
        self.outcome.hide()
        self.flow = flow_of(looked.outline, looked.skips, language)
        self.view.show_flow(self.flow)

    def _say(self, at: int) -> None:
        """Say below the picture, and to who does not see it, which box is at hand and who comes to it."""
        if self.flow is None:
            return
        node = self.flow.nodes[at]
        asks = [self.flow.nodes[read].number for read in node.reads if self.flow.nodes[read].number]
        parts = [f"{node.number} {node.text}".strip(), *reasons(self.flow, at)[-1:]]
        parts += [tr("asks: {numbers}", numbers=", ".join(asks))] if asks else []
        words = shortened(" · ".join(parts), _MOST_SAID)
        self.words.setText(words)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, words))

    def _save(self, kind: str) -> None:
        if self.flow is None or self._looked is None:
            return
        name = file_name(self._looked, tr("routing"), kind)
        save_flow(self, self.flow, self._looked.outline.questionnaire.title, name, self.outcome)
