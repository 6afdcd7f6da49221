"""`make faults`: the long campaign, the wrong ways, and power cuts; prints one table, status 1 for any violation."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.call_centre import in_folder
from tests.faults.campaign import Fault, Plan, campaign, centre_on_servers
from tests.faults.checker import Violation, Wrong
from tests.faults.controls import CONTROLS, LARGE_BUFFERS, Stage, control
from tests.faults.embedded import after_cuts
from tests.faults.histories import Act
from tests.faults.workstation import Way

_SHOWN, _HISTORIES = 20, 5


def say(line: str = "") -> None:
    """Print a line now."""
    print(line, flush=True)


def tell(violations: Sequence[Violation]) -> None:
    """Print what is wrong, the same words once."""
    for words, times in Counter(map(str, violations)).most_common(_SHOWN):
        say(f"  {times:6} × {words}")


def on_servers(folder: Path, plan: Plan) -> bool:
    """Run the campaign and print its table; True when nothing was violated."""
    say(f"{plan.clients} workstations, {plan.people:,} cases, {plan.faults} faults, seed {plan.seed}")
    report = campaign(folder / "campaign", plan, say)
    say()
    for what, figures in report.table():
        say(f"{what:66}{figures}".rstrip())
    say()
    say(f"{len(report.acts):,} operations in {report.seconds / 60:.0f} minutes: {len(report.violations)} violations")
    tell(report.violations)
    for case in sorted({one.case for one in report.violations if one.case})[:_HISTORIES]:
        say(f"  what was done with {case}:")
        for act in report.acts:
            if act.case == case:
                say(f"    {_in_words(act)}")
    return not report.violations


def _in_words(act: Act) -> str:
    told = {"fence": act.fence, "call": act.id[:8], "outcome": act.outcome, "code": act.final, "said": act.words}
    ended = "never" if act.ended is None else f"{act.ended:.3f}"
    known = ", ".join(f"{name} {value}" for name, value in told.items() if value)
    return f"{act.tried:.3f} to {ended} {act.client}/{act.sitting} {act.did}: {act.fate} ({known})"


def wrong_ways(folder: Path, seed: int) -> bool:
    """Go every wrong way; True when the checker saw each."""
    seen = True
    plan = Plan(seed=seed, clients=1, people=5, faults=0, rounds=0, target=5)
    with centre_on_servers(folder / "none", plan, *LARGE_BUFFERS, synchronous=False) as (_centre, servers, line, ports):
        for name in CONTROLS:
            report, missed = control(name, Stage(folder, servers, line, ports), seed)
            found = Counter(violation.wrong for violation in report.violations if violation.wrong is not Wrong.BUG)
            words = ", ".join(f"{times} × {wrong}" for wrong, times in found.items())
            say(f"control: {name}: {'NOT SEEN: ' + ', '.join(missed) if missed else 'seen'} ({words})")
            seen = seen and not missed
    return seen


def power_cuts(folder: Path, disks: int) -> bool:
    """Cut the power of the embedded file; True when nothing was lost, and the control lost something."""
    centre = in_folder(folder / "file", people=60, interviewers=1, target=40, seed=3)
    made, lossy, found = after_cuts(centre, Way.PRODUCT, disks)
    say(
        f"power cuts of the embedded file: {made} disks, {lossy} of them cut between two syncs: {len(found)} violations"
    )
    tell(found)
    control_centre = in_folder(folder / "control", people=60, interviewers=1, target=40, seed=3)
    made, _lossy, seen = after_cuts(control_centre, Way.NOT_SYNCED, disks // 4)
    missing = sum(violation.wrong is Wrong.ANSWER_MISSING for violation in seen)
    say(f"control: commits not synced: {f'seen ({missing} × {Wrong.ANSWER_MISSING})' if missing else 'NOT SEEN'}")
    return not found and missing > 0


def main() -> int:
    """Run everything; status 1 when a promise was broken, or the checker did not see one that was broken on purpose."""
    reading = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    reading.add_argument("--seed", type=int, default=int(time.time()) % 10000, help="of faults and workstations")
    reading.add_argument("--clients", type=int, default=50)
    reading.add_argument("--people", type=int, default=20_000)
    reading.add_argument("--faults", type=int, default=20 * len(Fault))
    reading.add_argument("--rounds", type=int, default=40, help="of all workstations together, between two faults")
    reading.add_argument("--target", type=int, default=400, help="interviews wanted of each of four departments")
    reading.add_argument("--lease", type=int, default=15, help="minutes, where the server leaves it to workstations")
    reading.add_argument("--disks", type=int, default=600, help="after power cuts of the embedded file")
    reading.add_argument("--folder", type=Path, help="a new one, where the journals stay")
    asked = reading.parse_args()
    plan = Plan(
        seed=asked.seed, clients=asked.clients, people=asked.people, faults=asked.faults, rounds=asked.rounds,
        target=asked.target, lease_minutes=asked.lease, mebibytes=200 + asked.people // 20,
    )  # fmt: skip
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="cati-faults-"))
    os.environ["CATI_HOME"] = str(folder / "home")
    kept = [on_servers(folder, plan), wrong_ways(folder, plan.seed), power_cuts(folder, asked.disks)]
    if all(kept) and not asked.folder:
        shutil.rmtree(folder)
    say()
    say("all promises kept, all wrong ways seen" if all(kept) else f"FAILED; the journals lie in {folder}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
