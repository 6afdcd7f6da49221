"""Bugs are logged by type and place; nothing of what they were about reaches a file or the terminal."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cati import bugs, places

NAME, NUMBER = "Amselbühler", "+493023125001"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the program's log back as it was."""
    log = logging.getLogger("cati")
    before = (list(log.handlers), log.propagate, log.level)
    yield
    for handler in log.handlers:
        handler.close()
    log.handlers, log.propagate, log.level = before


def test_the_log_holds_type_and_place_and_is_for_one_person_only() -> None:
    bugs.keep_log()
    bugs.keep_log()
    try:
        int(NAME + NUMBER)
    except ValueError as error:
        where = bugs.note_bug(error)
    assert where.startswith("test_bugs.py:")
    file = places.logs() / bugs.LOG_NAME
    said = file.read_text("utf-8")
    assert said.count("bug: ValueError at test_bugs.py:") == 1
    assert NAME not in said
    assert NUMBER not in said
    assert file.stat().st_mode & 0o077 == 0


def test_a_disk_that_takes_no_log_keeps_nobody_from_calling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").write_text("", "utf-8")
    monkeypatch.setenv("CATI_HOME", str(tmp_path / "full"))
    bugs.keep_log()
    assert bugs.note_bug(KeyError(NAME)) == "?"


_UNCAUGHT = """
import gc, logging, sys, threading
from cati import bugs
bugs.keep_log()
bugs.catch_all(lambda kind, where: print("told", kind, where))

class Falls:
    def __del__(self):
        raise LookupError({name!r})

def fall():
    raise RuntimeError({name!r})

thread = threading.Thread(target=fall)
thread.start()
thread.join()
one = Falls()
del one
raise KeyError({name!r})
"""


def test_what_nobody_caught_is_told_without_its_values(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _UNCAUGHT.format(name=NAME)], capture_output=True, text=True, check=False
    )
    assert "told KeyError" in done.stdout
    assert done.stderr == ""
    said = (places.logs() / bugs.LOG_NAME).read_text("utf-8")
    assert [kind for kind in ("RuntimeError", "LookupError", "KeyError") if f"bug: {kind} at" in said] == [
        "RuntimeError",
        "LookupError",
        "KeyError",
    ]
    assert NAME not in said + done.stdout
