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
    warm: QColor


def _colours(*names: str) -> Colours:
    return Colours(*(QColor(name) for name in names))


LIGHT = _colours(
    "#f6f7f7",
    "#ffffff",
    "#1c2327",
    "#56626a",
    "#c3ccd1",
    "#19657f",
    "#ffffff",
    "#e0edf2",
    "#a3261d",
    "#7d5200",
    "#24683a",
    "#faf1dc",
)
DARK = _colours(
    "#1a1e21",
    "#23292d",
    "#e7ebed",
    "#a9b4bb",
    "#46525a",
    "#7cc0d8",
    "#0d1a20",
    "#26404b",
    "#f59a92",
    "#e8bd74",
    "#93d3a4",
    "#3a3122",
)


@dataclass(slots=True)
class _Worn:
    colours: Colours = LIGHT
    dark: bool = False
    scale: float = 1.0
    points: float = 0.0
    metrics: QFontMetrics | None = None


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
    return _metrics().height()


def _metrics() -> QFontMetrics:
    """Return the measures of the text size in force, which are asked for many times a step."""
    if _worn.metrics is None:
        _worn.metrics = QFontMetrics(QApplication.font())
    return _worn.metrics


def unit() -> int:
    """Return a good half line in pixels: all distances are multiples of it."""
    return max(4, round(line() * 0.58))


def columns(count: int) -> int:
    """Return the width of ``count`` average characters in pixels."""
    return _metrics().averageCharWidth() * count


def folded(text: str, width: int = 15) -> str:
    """Return the words of a button or box on several lines of ``width`` characters where the text is very large."""
    if not is_large():
        return text
    from textwrap import fill  # noqa: PLC0415 - large text only

    return fill(text, width, break_long_words=False)


def breakable(path: object) -> str:
    """Return a path that may be broken at its separators, for a sentence in a narrow column."""
    return str(path).replace("/", "/\u200b").replace("\\", "\\\u200b")


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
    _worn.metrics = None
    app.setPalette(_palette(_worn.colours))
    app.setStyleSheet(_style(_worn.colours))


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for one, colour in (
        (role.Window, c.window), (role.WindowText, c.text), (role.Base, c.base), (role.AlternateBase, c.window),
        (role.Text, c.text), (role.Button, c.base), (role.ButtonText, c.text), (role.BrightText, c.problem),
        (role.Highlight, c.accent), (role.HighlightedText, c.on_accent), (role.Link, c.accent),
        (role.LinkVisited, c.accent),
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
    box = round(line() * 0.8)
    look = "dark" if _worn.dark else "light"
    check, arrow = ((resources() / "icons" / f"{name}-{look}.svg").as_posix() for name in ("check", "arrow"))
    points = {f"{kind}_pt": f"{_worn.points * _worn.scale * size:.1f}pt" for kind, size in _SIZES.items()}
    return _sheet() % {
        **names,
        **points,
        "u": u,
        "h": u // 2,
        "q": max(2, u // 4),
        "control": line() + u // 2,
        "box": box,
        "half": box // 2,
        "check": check,
        "arrow": arrow,
    }


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (resources() / "templates" / "window.qss").read_text("utf-8")


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
    button.clicked.connect(lambda _checked: act())
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
