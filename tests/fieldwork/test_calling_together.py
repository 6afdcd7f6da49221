"""Several people at one study: nobody gets the case of another, and the check would notice if somebody did."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cati.fieldwork import log

from .conftest import ON_FILE, PASSWORDS, MakeStudy, bring_people, settings_with

_WORK = """
import json, random, sys
from datetime import UTC, datetime
from pathlib import Path
from cati.fieldwork import calling
from cati.fieldwork.study import open_study
from cati.survey.dispositions import Outcome
folder, seal, login, password, seed = sys.argv[1:]
now = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)
study = open_study(Path(folder), login, password, now=lambda: now, draw=random.Random(int(seed)), seal_path=Path(seal))
print("ready", flush=True)
sys.stdin.readline()
taken = []
while isinstance(found := calling.take_next_case(study), calling.DeliveredCase):
    call = calling.begin_call(study, found.lease, 0)
    kept = calling.note_outcome(study, found.lease, call, Outcome.NO_ANSWER)
    taken.append([found.case_id, found.lease.fence, isinstance(kept, calling.Noted)])
    sum(range(300_000))  # the call takes its time; else SQLite's lock goes to whoever just had it
study.close()
print(json.dumps(taken))
"""

_NAIVE = """
import json, sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
print("ready", flush=True)
sys.stdin.readline()
taken = []
while (row := file.execute("SELECT id FROM c WHERE done = 0 LIMIT 1").fetchone()):
    sum(range(2000))
    file.execute("UPDATE c SET done = 1 WHERE id = ?", row)
    taken.append([row[0], 0, True])
print(json.dumps(taken))
"""


def _together(code: str, arguments: list[list[str]]) -> list[list[list[object]]]:
    """Run the code in one process for each list of arguments, let go at the same moment; return what each took."""
    children = [
        subprocess.Popen([sys.executable, "-c", code, *these], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for these in arguments
    ]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0] * len(children)
    return [json.loads(answer) for answer in answers]


def _twice(taken: list[list[list[object]]]) -> int:
    counted = Counter(case for one in taken for case, _fence, _kept in one)
    return sum(n - 1 for n in counted.values())


@ON_FILE
def test_two_processes_never_take_the_same_case(make_study: MakeStudy, tmp_path: Path) -> None:
    made = make_study(settings_with(views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 160)
    with sqlite3.connect(lead.database.file) as file:  # all in one cell and ready: the hardest fight
        file.execute(
            """UPDATE "case" SET status = 0, turns_at = NULL, cell = (SELECT min(id) FROM cell WHERE language = 'de')"""
        )
    places = [str(made.created.folder), str(made.created.seal_path)]
    taken = _together(
        _WORK, [[*places, login, PASSWORDS[login], seed] for login, seed in (("anna", "1"), ("bert", "2"))]
    )
    assert _twice(taken) == 0
    assert sum(map(len, taken)) == 160  # nobody was sent away while a case was there
    assert all(kept and fence == 1 for one in taken for _case, fence, kept in one)
    assert min(map(len, taken)) > 0
    assert log.verify(lead).ok


def test_the_check_would_notice(tmp_path: Path) -> None:
    # The negative control: select first, update later, as peers do.
    path = tmp_path / "naive.db"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("CREATE TABLE c (id TEXT PRIMARY KEY, done INT)")
        file.executemany("INSERT INTO c VALUES (?, 0)", [(f"{n:04d}",) for n in range(1500)])
    assert _twice(_together(_NAIVE, [[str(path)], [str(path)]])) > 0
