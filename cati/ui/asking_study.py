"""A study is asked at once where it lies in a folder, and off the window's thread where it lies on a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtWidgets import QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui.background import run_in_background

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy

T = TypeVar("T")


def unsaved_words(study: OpenStudy) -> str:
    """Return what somebody must know who leaves before everything is saved, "" when it is."""
    if study.desk is None or not study.desk.outbox.standing().waiting:
        return ""
    return tr("Not everything is saved yet. Once more to leave all the same; then sign in again at this workstation.")


def ask(
    owner: QWidget,
    study: OpenStudy,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Problem], None] | None = None,
) -> None:
    """Ask the study: at once where it lies in a folder, off the window's thread where it lies on a server.

    A Problem goes to ``failed``; without it, it is raised here of a folder, and passed over of a server: whoever looks
    there looks again.
    """
    if study.desk is not None:
        run_in_background(owner, lambda _ticket: work(), done, failed)
        return
    try:
        found = work()
    except Problem as problem:
        if failed is None:
            raise
        failed(problem)
    else:
        done(found)
