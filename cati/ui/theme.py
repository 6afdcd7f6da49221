"""How the window looks: one accent, light and dark, and every size taken from the font."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSizePolicy, QWidget

from cati.places import resources

SCALES = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""Steps of the text size that A+ walks through; 2.0 is 200 %."""

_SMALLEST_POINTS = 10.5
_FOLDS_FROM = 1.5
_SIZES = {"title": 1.45, "text": 1.0, "small": 0.88, "spoken": 1.75, "figure": 1.9}


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one look; text on ``window`` and ``base`` has a contrast of at least 4.5 : 1."""

    window: QColor
    base: QColor
    text: QColor
    quiet: QColor
    border: QColor
    accent: QColor
    on_accent: QColor
    soft: QColor
    problem: QColor
    caution: QColor
    good: QColor


def _colours(*names: str) -> Colours:
    return Colours(*(QColor(name) for name in names))


LIGHT = _colours(
    "#f6f7f7", "#ffffff", "#1c2327", "#56626a", "#c3ccd1", "#19657f", "#ffffff", "#e0edf2", "#a3261d", "#7d5200", "#24683a"
)
DARK = _colours(
    "#1a1e21", "#23292d", "#e7ebed", "#a9b4bb", "#46525a", "#7cc0d8", "#0d1a20", "#26404b", "#f59a92", "#e8bd74", "#93d3a4"
)


@dataclass(slots=True)
class _Worn:
    colours: Colours = LIGHT
    dark: bool = False
    scale: float = 1.0
    points: float = 0.0


_worn = _Worn()


def colours() -> Colours:
    """Return the colours in force, for what a widget paints itself."""
    return _worn.colours


def is_dark() -> bool:
    """Tell whether the dark look is worn."""
    return _worn.dark


def scale() -> float:
    """Return the text scale in force, 1.0 to 2.0."""
    return _worn.scale


def is_large() -> bool:
    """Tell whether the text is so large that what stands side by side should stand one below the other."""
    return _worn.scale >= _FOLDS_FROM


def line() -> int:
    """Return the height of one line of text in pixels."""
    return QFontMetrics(QApplication.font()).height()


def unit() -> int:
    """Return a good half line in pixels: all distances are multiples of it."""
    return max(4, round(line() * 0.58))


def columns(count: int) -> int:
    """Return the width of ``count`` average characters in pixels."""
    return QFontMetrics(QApplication.font()).averageCharWidth() * count


def folded(text: str) -> str:
    """Return the name of a place on two lines where the text is so large that the navigation would crowd the page."""
    if not is_large():
        return text
    from textwrap import fill  # noqa: PLC0415 - large text only

    return fill(text, 15, break_long_words=False)


def font_of(kind: str) -> QFont:
    """Return the font of a kind of words ("spoken", "title", "text", "small", "figure")."""
    font = QFont(QApplication.font())
    font.setPointSizeF(_worn.points * _worn.scale * _SIZES.get(kind, 1.0))
    return font


def wear(app: QApplication, *, dark: bool, scale: float) -> None:
    """Put on a look at a text scale; every window there is takes it over at once."""
    if not _worn.points:
        app.setStyle("Fusion")
        _worn.points = max(app.font().pointSizeF(), _SMALLEST_POINTS)
    _worn.colours = DARK if dark else LIGHT
    _worn.dark = dark
    _worn.scale = min(max(scale, SCALES[0]), SCALES[-1])
    _drawn.cache_clear()
    font = QFont(app.font())
    font.setPointSizeF(_worn.points * _worn.scale)
    app.setFont(font)
    app.setPalette(_palette(_worn.colours))
    app.setStyleSheet(_style(_worn.colours))


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for one, colour in (
        (role.Window, c.window), (role.WindowText, c.text), (role.Base, c.base), (role.AlternateBase, c.window),
        (role.Text, c.text), (role.Button, c.base), (role.ButtonText, c.text), (role.BrightText, c.problem),
        (role.Highlight, c.accent), (role.HighlightedText, c.on_accent), (role.Link, c.accent), (role.LinkVisited, c.accent),
        (role.ToolTipBase, c.base), (role.ToolTipText, c.text), (role.PlaceholderText, c.quiet),
        (role.Mid, c.border), (role.Midlight, c.border), (role.Accent, c.accent),
    ):  # fmt: skip
        palette.setColor(one, colour)
    disabled = QPalette.ColorGroup.Disabled
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, one, c.quiet)
    palette.setColor(disabled, role.Highlight, c.border)
    return palette


def _style(c: Colours) -> str:
    """Return the style sheet: what a kind of widget is, in the worn colours and the font's own measure."""
    u = unit()
    names = {field: getattr(c, field).name() for field in Colours.__slots__}
    points = {f"{kind}_pt": f"{_worn.points * _worn.scale * size:.1f}pt" for kind, size in _SIZES.items()}
    return _SHEET % {**names, **points, "u": u, "h": u // 2, "q": max(2, u // 4), "control": line() + u // 2, "box": round(line() * 0.8)}


_SHEET = """
QLabel[kind="spoken"] { font-size: %(spoken_pt)s; }
QLabel[kind="title"] { font-size: %(title_pt)s; font-weight: 600; }
QLabel[kind="heading"] { font-weight: 600; }
QLabel[kind="figure"] { font-size: %(figure_pt)s; }
QLabel[kind="small"] { font-size: %(small_pt)s; color: %(quiet)s; }
QLabel[kind="quiet"] { color: %(quiet)s; }
QLabel[kind="instruction"] { color: %(quiet)s; font-style: italic; }
QLabel[kind="problem"] { color: %(problem)s; }
QLabel[kind="caution"] { color: %(caution)s; }
QLabel[kind="good"] { color: %(good)s; }
QLineEdit, QComboBox, QAbstractSpinBox { min-height: %(control)spx; }
QLineEdit, QPlainTextEdit { background: %(base)s; border: 1px solid %(border)s; border-radius: %(q)spx; padding: 1px %(h)spx; }
QLineEdit:focus, QPlainTextEdit:focus { border: 2px solid %(accent)s; padding: 0px %(h)spx; }
QLineEdit:disabled, QLineEdit:read-only { background: %(window)s; }
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] { border: 2px solid %(problem)s; padding: 0px %(h)spx; }
QPushButton { min-height: %(control)spx; padding: 0px %(u)spx; border: 1px solid %(border)s; border-radius: %(q)spx; background: %(base)s; color: %(text)s; }
QPushButton:hover { background: %(soft)s; }
QPushButton:pressed, QPushButton:checked { background: %(soft)s; }
QPushButton:focus { border: 2px solid %(accent)s; }
QPushButton:disabled { color: %(quiet)s; background: %(window)s; }
QPushButton[kind="primary"] { background: %(accent)s; border-color: %(accent)s; color: %(on_accent)s; font-weight: 600; padding: 0px %(control)spx; }
QPushButton[kind="primary"]:focus { border: 3px double %(on_accent)s; }
QPushButton[kind="primary"]:disabled { background: %(border)s; border-color: %(border)s; color: %(quiet)s; }
QPushButton[kind="danger"] { border-color: %(problem)s; color: %(problem)s; font-weight: 600; }
QPushButton[kind="danger"]:focus { border: 2px solid %(problem)s; }
QPushButton[kind="danger"]:disabled { border-color: %(border)s; color: %(quiet)s; }
QPushButton[kind="quiet"] { background: transparent; border: 2px solid transparent; padding: 0px %(h)spx; }
QPushButton[kind="quiet"]:hover, QPushButton[kind="quiet"]:checked { background: %(soft)s; }
QPushButton[kind="quiet"]:focus { border: 2px solid %(accent)s; }
QPushButton[kind="place"] { background: transparent; border: 2px solid transparent; border-left: 3px solid transparent; border-radius: 0px; padding: 0px %(u)spx; text-align: left; }
QPushButton[kind="place"]:hover { background: %(soft)s; }
QPushButton[kind="place"]:checked { background: %(soft)s; border-left: 3px solid %(accent)s; font-weight: 600; }
QPushButton[kind="place"]:focus { border: 2px solid %(accent)s; border-left: 3px solid %(accent)s; }
QWidget[kind="bar"] { background: %(base)s; border-bottom: 1px solid %(border)s; }
QWidget[kind="rails"] { background: %(base)s; }
QWidget[kind="rail"] { background: %(base)s; border: none; border-right: 1px solid %(border)s; }
QFrame[kind="rule"] { background: %(border)s; max-height: 1px; border: none; }
QFrame[kind="note"] { background: %(soft)s; border: none; border-left: 3px solid %(accent)s; }
QFrame[kind="warning"] { background: %(soft)s; border: none; border-left: 3px solid %(caution)s; }
QScrollArea[kind="scroll"] { border: none; background: transparent; }
QScrollArea > QWidget > QWidget[kind="column"] { background: transparent; }
QTableView { border: none; background: %(base)s; gridline-color: %(border)s; alternate-background-color: %(window)s; selection-background-color: %(soft)s; selection-color: %(text)s; }
QTableView:focus { border: 2px solid %(accent)s; }
QHeaderView::section { background: %(window)s; color: %(quiet)s; border: none; border-bottom: 1px solid %(border)s; padding: %(q)spx %(h)spx; }
QListWidget { border: 1px solid %(border)s; border-radius: %(q)spx; background: %(base)s; outline: none; }
QListWidget:focus { border: 2px solid %(accent)s; }
QListWidget::item { padding: %(h)spx; }
QListWidget::item:selected { background: %(soft)s; color: %(text)s; border-left: 3px solid %(accent)s; }
QTextBrowser { border: 1px solid transparent; background: %(base)s; }
QTextBrowser:focus { border: 2px solid %(accent)s; }
QCheckBox, QRadioButton { spacing: %(h)spx; padding: %(q)spx; border: 2px solid transparent; border-radius: %(q)spx; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid %(accent)s; }
QCheckBox::indicator, QRadioButton::indicator { width: %(box)spx; height: %(box)spx; }
QProgressBar { border: 1px solid %(border)s; border-radius: %(q)spx; background: %(base)s; min-height: %(u)spx; max-height: %(u)spx; }
QProgressBar::chunk { background: %(accent)s; border-radius: %(q)spx; }
QToolTip { background: %(base)s; color: %(text)s; border: 1px solid %(border)s; padding: %(q)spx; }
"""


def set_kind(widget: QWidget, kind: str) -> None:
    """Change what a widget is ("problem", "good" …) and draw it so at once."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def words(text: str, kind: str = "text") -> QLabel:
    """Return a label that shows exactly this text (never markup), wrapping where the line ends."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def push(text: str, act: Callable[[], object], *, kind: str = "plain") -> QPushButton:
    """Return a button that calls ``act``; ``kind`` is "plain", "primary", "quiet", "danger" or "place"."""
    button = QPushButton(text)
    button.setProperty("kind", kind)
    # Return on a focused button presses it, as people expect; without this Qt knows only Space.
    button.setAutoDefault(True)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.clicked.connect(lambda: act())
    return button


def icon(name: str) -> QIcon:
    """Return one of our own drawings (resources/icons/NAME.svg) in the colour of the text."""
    return _drawn(name, _worn.colours.text.name(), line())


@lru_cache(maxsize=64)
def _drawn(name: str, colour: str, size: int) -> QIcon:
    from PySide6.QtCore import QByteArray  # noqa: PLC0415 - with QtSvg, only when a drawing is shown
    from PySide6.QtSvg import QSvgRenderer  # noqa: PLC0415

    source = (resources() / "icons" / f"{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
    picture = QPixmap(size * 2, size * 2)
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(source)).render(painter, picture.rect().toRectF().adjusted(0, 0, -size, -size))
    painter.end()
    return QIcon(picture)
