"""Bar 7: 10,000 interviews of 40 questions as CSV and SPSS, against bare pandas and pyreadstat in the same run."""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

QUESTIONS = 40


def _form() -> Any:
    from cati.survey.questionnaire import Choice, Item, Kind, Questionnaire, hashed

    scale = tuple(Choice(name=str(n), label={"de": f"Stufe {n}"}) for n in range(1, 6))
    items = tuple(
        Item(name=f"q{n}", kind=Kind.SINGLE, label={"de": f"Frage {n}"}, choices="s") for n in range(QUESTIONS)
    )
    return hashed(
        Questionnaire(name="b", title="b", version="1", languages=("de",), default_language="de", language_names={},
                      groups=(), items=items, choice_lists={"s": scale})
    )  # fmt: skip


def _settings() -> Any:
    from datetime import date

    from cati.settings import ConsentWording, Department, Site, StudySettings

    departments = (Department(code="d0", name="D 0", target=9), Department(code="d1", name="D 1", target=9))
    return StudySettings(
        name="b", client="c", institute="i", callback_number="0",
        sites=(Site(code="s", name="S", land="BY", target=9, departments=departments),),
        field_from=date(2026, 7, 1), field_to=date(2026, 8, 1), contact_from=date(2025, 7, 1),
        contact_to=date(2026, 6, 30), consent=(ConsentWording(version="1", text="x"),), languages=("de",),
        expected_minutes=15, erasure_date=date(2026, 9, 1),
    )  # fmt: skip


def _sealed(n: int, file: Path) -> bytes:
    """Write n sealed interviews into a table, as the stock keeps them, in a process of its own; return the private key."""
    from cati.vault.answers import new_answers_pair, seal_answers

    draw = random.Random(1)
    private, public = new_answers_pair()
    table = sqlite3.connect(file)
    table.execute("CREATE TABLE stock (id INTEGER PRIMARY KEY, sealed BLOB)")
    for at in range(n):
        answers = {f"q{k}": {"s": "answered", "v": str(draw.randint(1, 5))} for k in range(QUESTIONS)}
        whole = {"q": "x", "l": "de", "w": "2026-W28", "site": "s", "department": f"d{at % 2}", "answers": answers}
        table.execute("INSERT INTO stock (sealed) VALUES (?)", (seal_answers(public, json.dumps(whole).encode()),))
    table.commit()
    table.close()
    return private


def _once(n: int, kind: str) -> dict[str, float]:
    """Open, build and write once in this process; returns seconds, and the peak of memory (MB)."""
    import pandas as pd
    import pyreadstat

    from cati.results.dataset import build
    from cati.results.exports import write_csv, write_sav
    from cati.vault.answers import open_answers

    form, settings = _form(), _settings()
    folder = Path(tempfile.mkdtemp())
    private = _sealed(n, folder / "stock.db")
    table = sqlite3.connect(folder / "stock.db")

    opening = 0.0

    def opened() -> Iterator[dict[str, Any]]:
        nonlocal opening
        begun = perf_counter()
        for (row,) in table.execute("SELECT sealed FROM stock"):
            interview = json.loads(open_answers(private, row))
            opening += perf_counter() - begun
            yield interview
            begun = perf_counter()

    begun = perf_counter()
    data = build(form, opened(), settings, draw=random.Random(2))
    (write_csv if kind == "csv" else write_sav)(data, folder / f"ours.{kind}")
    ours = perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frame: pd.DataFrame = data.frame.copy()
    begun = perf_counter()
    if kind == "csv":
        frame.to_csv(folder / "bare.csv", index=False)
    else:
        pyreadstat.write_sav(frame, str(folder / "bare.sav"))
    bare = perf_counter() - begun
    return {"ours": ours, "bare": bare, "opening": opening, "peak": after / 1024}


def _apart(n: int, kind: str) -> dict[str, float]:
    """Run `_once` in a process of its own, so that memory is its own."""
    code = f"import json, runpy; m = runpy.run_path({__file__!r}); print(json.dumps(m['_once']({n}, {kind!r})))"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(done.stdout))


def figures() -> list[tuple[str, str, str, str, bool]]:
    """Return the rows of bar 7: medians of three runs at 10,000, one run at 100,000."""
    rows = []
    tens: dict[str, list[dict[str, float]]] = {
        kind: [_apart(10_000, kind) for _ in range(3)] for kind in ("csv", "sav")
    }
    csv = statistics.median(run["ours"] / (run["bare"] + run["opening"]) for run in tens["csv"])
    seconds = statistics.median(run["ours"] for run in tens["csv"])
    rows.append(
        ("7", "export 10,000 × 40 to CSV", f"{csv:.2f} × ({seconds:.2f} s)", "≤ 2 × bare pandas + opening", csv <= 2)
    )
    sav = statistics.median((run["ours"] - run["opening"]) / run["bare"] for run in tens["sav"])
    seconds = statistics.median(run["ours"] for run in tens["sav"])
    rows.append(("7", "export 10,000 × 40 to .sav, opening apart", f"{sav:.2f} × ({seconds:.2f} s)",
                 "≤ 5 × bare pyreadstat", sav <= 5))  # fmt: skip
    large = _apart(100_000, "csv")
    time_ratio = large["ours"] / statistics.median(run["ours"] for run in tens["csv"])
    rows.append(("7", "export time, 100,000 over 10,000", f"{time_ratio:.1f}", "≤ 11", time_ratio <= 11))
    memory = large["peak"] / statistics.median(run["peak"] for run in tens["csv"])
    rows.append(("7", "peak memory, 100,000 over 10,000", f"{memory:.2f}", "≤ 1.5", memory <= 1.5))
    return rows
