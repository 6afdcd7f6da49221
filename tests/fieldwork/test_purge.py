"""The end of a study: two people, every step resumable, nothing left that opens, and a record that anybody can check."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Cancelled, Problem
from cati.fieldwork import calling, mixing, purge, supervising
from cati.fieldwork.study import open_study

Made = Any
People = Callable[..., Any]
Desk = Any

PASSWORD = "gelber Kahn unter neun Birken"


def sign_ins() -> tuple[tuple[str, str], tuple[str, str]]:
    return ("lead", PASSWORD), ("witness", PASSWORD)


def finished(made: Made, people: People, desk: Desk, *, interviews: int = 12, of: int = 30) -> None:
    """Bring a study to the point where only the purge is left."""
    lead = made.sign_in("lead")
    people(lead, of)
    anna = made.sign_in("anna")
    for _ in range(interviews):
        desk(anna).complete()
    mixing.end_field(lead)
    for study in made.open:
        study.close()
    made.open.clear()


def erase(made: Made, **more: Any) -> purge.ErasureRecord:
    first, second = sign_ins()
    return purge.purge(
        made.created.folder, first, second, now=made.clock, draw=random.Random(5), seal_path=made.created.seal_path, **more
    )  # fmt: skip


def test_whole(made: Made, people: People, desk: Desk) -> None:
    finished(made, people, desk)
    record = erase(made)
    for path in record.paths:
        print(path.read_text())
    verdict = purge.verify_erasure(record.paths[0], made.created.record_public_key)
    print(verdict)
    assert record.complete
    lead = made.sign_in("lead")
    assert lead.keys is None
    print(supervising.progress(lead))
