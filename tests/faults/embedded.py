"""The embedded file under power cuts: one workstation recorded at work, and every disk that a cut could leave checked."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec

from tests.faults import power
from tests.faults.call_centre import LEAD, CallCentre, password_of, terms
from tests.faults.checker import Violation, Wrong, check
from tests.faults.final_state import final_state
from tests.faults.histories import Line, acts_of
from tests.faults.workstation import Errand, Way

TREE = Path(__file__).resolve().parents[2]


def sent(centre: CallCentre, way: Way = Way.PRODUCT, place: Path | None = None) -> tuple[Errand, Path]:
    """Return an errand, and the file in which it is handed over."""
    errand = Errand(
        place=place or centre.place, login="i00", password=password_of("i00"), home=centre.home("i00"), sitting=1,
        seed=11, lease_minutes=15, interviews=0.7, way=way,
    )  # fmt: skip
    path = centre.folder / "errand.json"
    path.write_bytes(msgspec.json.encode(errand, enc_hook=str))
    return errand, path


def run(*words: str) -> str:
    """Run a program at the tree's root and return what it prints."""
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, cwd=TREE, env={**os.environ, "PYTHONPATH": str(TREE)}
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def damage_of(folder: Path) -> list[str]:
    """Return what SQLite says is wrong with a file, sound or not.

    Of a sound one SQLite 3.40 says "NULL value in" where a table without row ids keeps its columns in another order.
    """
    with closing(sqlite3.connect(folder / "study.db")) as file:
        rows = file.execute("PRAGMA integrity_check").fetchall() + file.execute("PRAGMA foreign_key_check").fetchall()
    return [str(row) for row in rows if row != ("ok",)]


def after_cuts(centre: CallCentre, way: Way, most: int) -> tuple[int, int, list[Violation]]:
    """Let one workstation work under a recorder; return (disks, those that lost something, what is wrong on them)."""
    errand, path = sent(centre, way)
    before = dict.fromkeys(("study.db", "study.db-wal"), b"")
    before["study.db"] = (centre.place / "study.db").read_bytes()
    log = centre.folder / "calls"
    run(
        "strace", "-f", "-y", "-xx", "-s", "9000000", "--seccomp-bpf", "-e", f"trace={power.CALLS}", "-o", str(log),
        sys.executable, "-m", "tests.faults.alone", str(path), "14",
    )  # fmt: skip
    calls = [call for call in power.recorded(log) if "study.db" in call.file or call.file.endswith("journal.jsonl")]
    last = max(n for n, call in enumerate(calls) if call.name == "write")
    journal = errand.journal.read_bytes()
    usual = damage_of(centre.place)
    disks = lossy = 0
    found: list[Violation] = []
    for cut in power.cuts(calls[: last + 1], before, random.Random(5), most):
        disks += 1
        lossy += cut.lost > 0
        cut_centre = replace(centre, place=power.lay(cut, centre.folder / "cut", centre.place), opened=[])
        lines = [msgspec.json.decode(text, type=Line) for text in journal[: cut.journal].split(b"\n")[:-1]]
        damage = [words for words in damage_of(cut_centre.place) if words not in usual]
        if damage:
            found.append(Violation(Wrong.HALF_KEPT, "", f"the file is damaged: {damage[:3]}"))
            continue
        lead = cut_centre.open(LEAD)
        wrong = check(acts_of(lines), final_state(lead), terms(centre.settings, 1))
        cut_centre.close()
        found += [violation for violation in wrong if violation.wrong is not Wrong.LEASE_LEFT]  # nobody came back yet
    return disks, lossy, found
