"""For all tests: Qt without a display, a home of their own, and one language to begin with."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports Qt or asks where things lie.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CATI_HOME"] = tempfile.mkdtemp(prefix="cati-tests-")

from cati.text import set_language

# How long an example takes is the machine's business: no test here asks for seconds.
settings.register_profile("whatever the machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whatever the machine")

atexit.register(shutil.rmtree, os.environ["CATI_HOME"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _english_and_a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test starts in English and keeps its seals, logs, preferences and temporary files in its own folder."""
    monkeypatch.setenv("CATI_HOME", str(tmp_path / "home"))
    temporary = tmp_path.with_name(tmp_path.name + "-temporary")
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    set_language("en")
    if _qt() is not None:  # as in the program: widgets are freed in their own thread, wherever the garbage was made
        gc.disable()
    yield
    if (core := _qt()) is not None:
        from cati.ui.collecting import collect_what_is_due  # where Qt is at work already

        # Closed windows go now: nobody's event loop would end them, and their timers ask for a study that is gone.
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
        collect_what_is_due()
    set_language("en")
    shutil.rmtree(temporary, ignore_errors=True)


def _qt() -> ModuleType | None:
    """Return Qt's core in a process where widgets are about, None in others."""
    core = sys.modules.get("PySide6.QtCore")
    return core if core is not None and core.QCoreApplication.instance() is not None else None
