"""Where pictures and papers of a questionnaire are saved: asked for in a file dialog, told on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from cati.text import tr
from cati.ui.pages import Note

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked
    from cati.survey.flow import Flow


def file_name(looked: Looked, what: str, suffix: str) -> str:
    """Return a name to begin with: the questionnaire's, what it is, its version."""
    questionnaire = looked.outline.questionnaire
    parts = [questionnaire.name, what, questionnaire.version]
    bare = "_".join(re.sub(r"[^\w.\-]+", "_", part).strip("_") for part in parts if part)
    return f"{bare}.{suffix}"


def breakable(name: object) -> str:
    """Return a name or path that may be broken at its signs: a long one must not widen the window."""
    return re.sub(r"([_.\-/\\])", "\\1\u200b", str(name))


def ask_path(parent: QWidget, title: str, name: str) -> Path | None:
    """Ask where a file is to be saved; None when nobody wants to any more."""
    suffix = Path(name).suffix
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(Path.home() / name), f"{suffix[1:].upper()} (*{suffix})")
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix else path.with_suffix(suffix)


def write(path: Path, act: Callable[[Path], object], outcome: Note) -> bool:
    """Write a file and say how it went; Qt's own writers fail silently, so the file itself is looked at."""
    before = path.stat().st_mtime_ns if path.exists() else None
    try:
        path.touch()
        act(path)
        written = path.stat().st_size > 0 and path.stat().st_mtime_ns != before
    except OSError:
        written = False
    if written:
        outcome.say("✓ " + tr("Saved: {path}", path=breakable(path)))
    else:
        outcome.say(tr("{path} could not be written. Choose another place.", path=breakable(path)), "warning")
    return written


def save_flow(parent: QWidget, flow: Flow, title: str, name: str, outcome: Note) -> None:
    """Ask for a place and write the picture of the routing there, as SVG or PDF by the ending of ``name``."""
    from cati.ui.flow_picture import save_pdf, save_svg  # noqa: PLC0415 - with the file that is wanted

    path = ask_path(parent, tr("Save the picture of the routing"), name)
    if path is not None:
        act = save_pdf if path.suffix.lower() == ".pdf" else save_svg
        write(path, lambda to: act(flow, to, title), outcome)
