"""The end of a study on a real server: two people by their roles, every workstation's seal, bytes searched on its disk."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati.errors import Cancelled, Problem
from cati.fieldwork import log, mixing, purge, supervising
from cati.fieldwork.export import ExportFormat, export
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.stations import SealGivenUp
from cati.fieldwork.study import open_study
from cati.fieldwork.study_state import StudyState, kept_end
from cati.store import contacts, erasure
from cati.store.roles import Roles
from cati.vault.people import WrongPassword

from .conftest import PASSWORDS, Clock, Desk, bring_people
from .office import Office, clock

LEAD, WITNESS, ANNA = ((login, PASSWORDS[login]) for login in ("lead", "witness", "anna"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()


@pytest.fixture
def ended(office: Office, tmp_path: Path) -> Office:
    """A study that was worked in its folder, came to the server, and whose field period ended there."""
    then = Clock()
    in_folder = [
        open_study(office.folder, login, PASSWORDS[login], now=then, draw=random.Random(3), seal_path=office.seal)
        for login in ("lead", "anna")
    ]
    bring_people(in_folder[0], tmp_path, 30)
    (tmp_path / "list1.csv").unlink()
    for _ in range(12):
        Desk(in_folder[1]).complete()
    for study in in_folder:
        study.close()
    office.move()
    for login in ("witness", "anna"):
        office.open(login, start=office.start(login))
    office.sheet.unlink()
    lead = office.open("lead")
    assert mixing.end_field(lead).moved == 12
    return office


def erase(office: Office, *pair: tuple[str, str], **more: Any) -> purge.ErasureRecord:
    office.close()
    first, second = pair or (LEAD, WITNESS)
    return purge.purge(
        office.link, first, second, now=clock, draw=random.Random(5), seal_path=office.seal, **more
    )


def test_two_people_end_it(ended: Office) -> None:
    lead = ended.open("lead")
    before = supervising.progress(lead)
    record = erase(ended)
    print(record.paths[0].read_text())
    assert not ended.seal.exists()
