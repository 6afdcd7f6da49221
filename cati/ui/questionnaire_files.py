"""Where forms are found and where pictures and papers are saved: asked for in a file dialog, told on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from cati.text import tr
from cati.ui.form_section import SUFFIXES
from cati.ui.pages import Note

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked
    from cati.survey.flow import Flow


@dataclass(slots=True)
class _Here:
    """Where a file was last found or saved; the next dialog begins there."""

    folder: Path | None = None


_here = _Here()


def _folder() -> Path:
    return _here.folder if _here.folder is not None and _here.folder.is_dir() else Path.home()


def ask_form(parent: QWidget) -> Path | None:
    """Ask which form is to be opened; ``survey.csv`` stands for the folder of sheets around it."""
    endings = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    kinds = f"{tr('Questionnaires')} ({endings} survey.csv)"
    chosen, _ = QFileDialog.getOpenFileName(parent, tr("Open another form"), str(_folder()), kinds)
    if not chosen:
        return None
    path = Path(chosen)
    _here.folder = path.parent
    return path.parent if path.name.lower() == "survey.csv" else path


def changed_at(path: Path | None) -> int | None:
    """Return when a file, or one of a folder of sheets, was last changed, in nanoseconds; None when there is none."""
    try:
        if path is None:
            return None
        files = [path, *(path.glob("*.csv") if path.is_dir() else ())]
        return max(int(one.stat().st_mtime_ns) for one in files)
    except OSError:
        return None


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
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(_folder() / name), f"{suffix[1:].upper()} (*{suffix})")
    if not chosen:
        return None
    path = Path(chosen)
    _here.folder = path.parent
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
