"""What is freed is freed in the window's thread, whichever thread made the garbage."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cati.ui.collecting import collect_in_this_thread


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


class _Page(QWidget):
    """A page that holds itself through one of its own connections, as pages do."""

    def __init__(self, freed_in: list[int]) -> None:
        super().__init__()
        self.me = self
        weakref.finalize(self, lambda: freed_in.append(threading.get_ident()))


def test_a_page_that_went_is_freed_here_though_another_thread_makes_the_garbage(qtbot: QtBot) -> None:
    owner = QObject()
    gc.enable()
    collect_in_this_thread(owner)
    freed_in: list[int] = []
    _Page(freed_in)

    def busy() -> None:
        for _ in range(200_000):
            one: list[object] = []
            one.append(one)

    other = threading.Thread(target=busy)
    other.start()
    other.join()
    assert freed_in == [], "nobody but the window's thread frees it"
    qtbot.waitUntil(lambda: freed_in == [threading.get_ident()], timeout=10_000)
    owner.deleteLater()
