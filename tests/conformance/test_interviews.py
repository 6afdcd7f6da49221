"""Our engine against interviews that another engine walked through, where they lie beside the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.interviews import SHARED, replay_file

INTERVIEWS = SHARED / "conformance" / "interviews"
RECORDED = sorted(INTERVIEWS.glob("*.jsonl")) if INTERVIEWS.is_dir() else []
MOST_BYTES = 600_000
"""The largest record takes a minute; `make conformance` walks through it."""


@pytest.mark.parametrize(
    "path", [one for one in RECORDED if one.stat().st_size < MOST_BYTES], ids=lambda path: path.stem
)
def test_every_step_of_a_recorded_interview_agrees(path: Path) -> None:
    tally = replay_file(path, SHARED / "forms")
    assert tally.steps
    assert (tally.next_question, tally.accepted, tally.texts_alike) == (tally.steps, tally.judged, tally.texts), (
        tally.misses[:5]
    )
