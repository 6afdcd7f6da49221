"""`make conformance`: forms read, expressions agreed, recorded interviews agreed; a folder can be named to judge others.

python -m tests.conformance [FOLDER]      FOLDER holds forms/, conformance/xpath_cases.json, conformance/interviews/
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from cati.files.questionnaires import read_questionnaire
from cati.survey.diagnostics import Severity
from tests.conformance import xpath
from tests.conformance.interviews import SHARED, Tally, has_rosters, replay_file

LEAST_EXPRESSIONS, LEAST_PLAIN, LEAST_ROSTERS = 0.98, 0.999, 0.99
MOST_SHOWN = 20
_FORMS = (".xlsx", ".xls", ".ods", ".xlsm", ".yaml", ".yml")


def forms(folder: Path) -> Iterator[str]:
    """Read every form; yield a line each and what keeps one from running."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _FORMS) if folder.is_dir() else []
    runs = 0
    for path in paths:
        begun = time.perf_counter()
        found = read_questionnaire(path, path.name)
        seconds = time.perf_counter() - begun
        runs += found.questionnaire is not None
        counted = Counter(one.code for one in found.diagnostics if one.severity is not Severity.NOTE)
        what = ", ".join(f"{n} {code}" for code, n in sorted(counted.items())) or "nothing to say"
        items = len(found.questionnaire.items) if found.questionnaire is not None else 0
        yield f"  {path.name[:44]:44} {items:4} items  {seconds:.2f} s  {what}"
        yield from (
            f"      does not run: {one.sheet} row {one.row}, {one.column}: {one.what}"
            for one in found.diagnostics
            if one.severity is Severity.ERROR
        )
    yield f"forms: {runs} of {len(paths)} run"


def interviews(folder: Path, forms_folder: Path) -> Iterator[tuple[str, bool]]:
    """Walk through every recorded interview; yield lines, and whether each is fine."""
    sums = {False: Tally(), True: Tally()}
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        tally = replay_file(path, forms_folder)
        rosters = has_rosters(path, forms_folder)
        yield f"  {path.stem[:34]:34} {_words(tally)}", True
        yield from ((f"      {miss}", True) for miss in tally.misses[:MOST_SHOWN])
        for name in (field.name for field in fields(Tally)):
            if isinstance(getattr(tally, name), int):
                setattr(sums[rosters], name, getattr(sums[rosters], name) + getattr(tally, name))
    for rosters, least in ((False, LEAST_PLAIN), (True, LEAST_ROSTERS)):
        total = sums[rosters]
        share = min(_share(total.next_question, total.steps), _share(total.accepted, total.judged),
                    _share(total.texts_alike, total.texts))  # fmt: skip
        kind = "with repeats" if rosters else "without repeats"
        yield f"interviews {kind}: {_words(total)}; the least share {share:.3%} (≥ {least:.1%})", share >= least


def _words(tally: Tally) -> str:
    return (
        f"next question {tally.next_question}/{tally.steps}, accepted {tally.accepted}/{tally.judged}, "
        f"text {tally.texts_alike}/{tally.texts}, final values {tally.values_alike}/{tally.values}"
        + "".join(f", {n} left out ({why})" for why, n in sorted(tally.left_out.items()))
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def main(folder: Path = SHARED) -> int:
    """Print the report; the exit status is 1 when a share falls below what is promised."""
    fine = True
    for line in forms(folder / "forms"):
        sys.stdout.write(line + "\n")
    fine = xpath.main(folder / "conformance" / "xpath_cases.json") == 0 and fine
    for line, good in interviews(folder / "conformance" / "interviews", folder / "forms"):
        sys.stdout.write(line + "\n")
        fine = good and fine
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(Path, sys.argv[1:2])))
