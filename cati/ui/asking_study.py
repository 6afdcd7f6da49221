"""A study is asked at once where it lies in a folder, and off the window's thread where it lies on a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

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


class Sign(Protocol):
    """What shows on a page that something is on its way, as `cati.ui.pages.Working` does."""

    def begin(self, what: str) -> None:
        """Show that work has begun."""

    def end(self) -> None:
        """Take it away."""


def ask(
    owner: QWidget,
    study: OpenStudy,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Problem], None] | None = None,
    *,
    sign: Sign | None = None,
) -> None:
    """Ask the study: at once where it lies in a folder, off the window's thread where it lies on a server.

    A Problem goes to ``failed``; without it, it is raised here of a folder, and passed over of a server: whoever looks
    there looks again. ``sign`` is shown for as long as a server is asked.
    """
    if study.desk is not None:
        _ask_server(owner, work, done, failed or (lambda _problem: None), sign)
        return
    try:
        found = work()
    except Problem as problem:
        if failed is None:
            raise
        failed(problem)
    else:
        done(found)


def _ask_server(
    owner: QWidget,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Problem], None],
    sign: Sign | None,
) -> None:
    def end() -> None:
        if sign is not None:
            sign.end()

    def came(found: T) -> None:
        end()
        done(found)

    def refused(problem: Problem) -> None:
        end()
        failed(problem)

    if sign is not None:
        sign.begin(tr("Asking the server …"))
    run_in_background(owner, lambda _ticket: work(), came, refused)
