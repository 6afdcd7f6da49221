"""The embedded file: power cuts at any moment, a full disk, workstations killed; held against the campaign's checker."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.call_centre import LEAD, CallCentre, in_folder, terms
from tests.faults.campaign import let_leases_end, report
from tests.faults.checker import Wrong, check
from tests.faults.crew import Crew
from tests.faults.embedded import after_cuts, run, sent
from tests.faults.final_state import final_state
from tests.faults.histories import Did
from tests.faults.histories import Stage as Fate
from tests.faults.workstation import Way

DISKS = 90


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[CallCentre]:
    made = in_folder(tmp_path / "centre", people=60, interviewers=2, target=40, seed=3)
    yield made
    made.close()


def test_no_power_cut_loses_or_doubles_what_was_confirmed(centre: CallCentre) -> None:
    disks, lossy, found = after_cuts(centre, Way.PRODUCT, DISKS)
    assert Counter(map(str, found)) == {}
    assert disks >= DISKS * 0.9
    assert lossy > 20, "most cuts fell between two syncs"


def test_the_checker_sees_what_a_commit_without_a_sync_loses(centre: CallCentre) -> None:
    _disks, _lossy, found = after_cuts(centre, Way.NOT_SYNCED, DISKS // 2)
    assert Wrong.ANSWER_MISSING in {violation.wrong for violation in found}


def test_a_full_disk_loses_nothing_and_the_call_is_finished(centre: CallCentre, tmp_path: Path) -> None:
    """A real disk of 36 MiB, on which 32 are in reserve; an ordinary user may mount it in a namespace of their own."""
    _errand, path = sent(centre, place=tmp_path / "disk" / "study")
    (tmp_path / "disk").mkdir()
    (tmp_path / "after").mkdir()
    script = (
        'mount -t tmpfs -o size=36m tmpfs "$1" && cp -a "$2" "$1/study" && "$3" -m tests.faults.alone "$4" 30 20'
        ' && cp -a "$1/study/." "$5"'
    )
    told = run(
        "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(tmp_path / "disk"),
        str(centre.place), sys.executable, str(path), str(tmp_path / "after"),
    )  # fmt: skip
    assert told == "1\n", "one answer was not kept, and said so"
    centre.place = tmp_path / "after"
    assert not (centre.place / "ballast").exists()
    crew = Crew(centre, 3, 15)
    acts = crew.acts()
    no_more = next(n for n, act in enumerate(acts) if act.fate is Fate.REFUSED and "no new case" in act.words)
    assert acts[no_more - 1].kept
    assert acts[no_more - 1].did in (Did.COMPLETE, Did.OUTCOME, Did.BREAK_OFF), "the call in hand was finished"
    assert not any(act.kept and act.did is Did.CLAIM for act in acts[no_more:])
    (centre.place / "ballast").touch()  # room was made
    crew.tidy()
    lead = centre.open(LEAD)
    let_leases_end(centre, lead)
    found = check(crew.acts(), final_state(lead, more=centre.checkpoints()), terms(centre.settings, 1))
    assert Counter(map(str, found)) == {}


def test_workstations_killed_at_one_file(centre: CallCentre) -> None:
    crew = Crew(centre, 5, 0.1)
    crew.start_all()
    draw = random.Random(5)
    for _ in range(12):
        crew.wait(draw.randrange(1, 4), 5)
        login = draw.choice(centre.logins)
        crew.kill(login)
        crew.start(login)
    crew.stop()
    found = report(crew, Counter(), 0.0)
    assert Counter(map(str, found.violations)) == {}
