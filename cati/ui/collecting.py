"""Python's cyclic collector works in the window's thread alone: what it frees may be widgets, which belong there."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_LOOK_MS = 500


def collect_in_this_thread(owner: QObject) -> None:
    """Let garbage be collected here, by a timer of ``owner``, and nowhere else; to be called in the window's thread.

    Left alone, Python collects in whichever thread happens to make the next object. A page that is freed in the thread
    of a background task is taken from under the window's feet, which ends the program some time later. What there is
    now (the program itself) is not looked at again: a round takes a few milliseconds.
    """
    gc.disable()
    gc.collect()
    gc.freeze()
    timer = QTimer(owner)
    timer.timeout.connect(collect_what_is_due)
    timer.start(_LOOK_MS)


def collect_what_is_due() -> None:
    """Collect the oldest generation that Python itself would collect by now."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in reversed(range(len(counts))):
        if counts[generation] > thresholds[generation] > 0:
            gc.collect(generation)
            return
