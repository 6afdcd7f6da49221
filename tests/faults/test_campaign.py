"""The short form of the campaign: every kind of fault once, and every wrong way seen by the same checker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.campaign import Fault, Plan, campaign, centre_on_servers
from tests.faults.controls import CONTROLS, LARGE_BUFFERS, Stage, control
from tests.faults.histories import Did
from tests.faults.histories import Stage as Fate

SHORT = Plan(seed=1, clients=6, people=300, faults=len(Fault), rounds=25, target=40)


def test_nothing_confirmed_is_lost_or_doubled_whatever_happens(tmp_path: Path) -> None:
    report = campaign(tmp_path / "campaign", SHORT)
    assert Counter(map(str, report.violations)) == {}
    assert {fault: report.faults[fault] for fault in Fault if not report.faults[fault]} == {}, "every fault struck"
    fates = Counter((act.did, act.fate) for act in report.acts)
    assert fates[Did.COMPLETE, Fate.KEPT] > 10
    assert sum(n for (_did, fate), n in fates.items() if fate is Fate.UNKNOWN) > 5, "commits went unanswered"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("controls")
    plan = Plan(seed=1, clients=1, people=5, faults=0, rounds=0, target=5)
    with centre_on_servers(folder / "none", plan, *LARGE_BUFFERS, synchronous=False) as (_centre, servers, line, ports):
        yield Stage(folder, servers, line, ports)


@pytest.mark.parametrize("name", CONTROLS)
def test_the_checker_sees_what_wrong_ways_do(name: str, stage: Stage) -> None:
    _report, missed = control(name, stage, seed=1)
    assert not missed
