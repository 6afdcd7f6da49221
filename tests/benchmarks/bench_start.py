"""Bar 10: from the command to a usable screen, against a bare PySide6 window in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

BARE = """
import time, resource
t = time.perf_counter()
from PySide6.QtWidgets import QApplication, QMainWindow, QLabel
app = QApplication([])
window = QMainWindow(); window.setCentralWidget(QLabel("bare")); window.show(); app.processEvents(); window.grab()
print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
OURS = """
import time, resource
t = time.perf_counter()
from cati.app import build
app, window = build([])
window.show(); app.processEvents(); window.grab()
print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _run(code: str, home: str) -> tuple[float, float]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CATI_HOME": home}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1024


def figures() -> list[tuple[str, str, str, str, bool]]:
    """Return the rows of bar 10: medians of seven starts each, taken in turns."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(7):
            bare.append(_run(BARE, home))
            ours.append(_run(OURS, home))
    bare_s, bare_mb = (statistics.median(column) for column in zip(*bare, strict=True))
    our_s, our_mb = (statistics.median(column) for column in zip(*ours, strict=True))
    return [
        (
            "10",
            "start to a usable screen",
            f"{our_s / bare_s:.2f} × ({our_s * 1e3:.0f} of {bare_s * 1e3:.0f} ms)",
            "≤ 5 × bare window",
            our_s <= 5 * bare_s,
        ),
        (
            "10",
            "resident memory at the first screen",
            f"{our_mb / bare_mb:.2f} × ({our_mb:.0f} of {bare_mb:.0f} MB)",
            "≤ 2.5 ×",
            our_mb <= 2.5 * bare_mb,
        ),
    ]
