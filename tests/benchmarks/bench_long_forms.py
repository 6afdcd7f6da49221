"""Checking long forms: what ten times the rows take, in time; not in the table of bars, which know real forms only."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterable, Mapping

from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.outline import outline_of
from cati.survey.skips import skips_of

FEW, MANY = 300, 3_000
MOST_TIMES = 12.0
"""Ten times the rows, and a little for what grows with the logarithm."""
LIST = 20_000
SHARED_BY = (4, 40)
Rows = list[dict[str, str]]


def _sheet(rows: Iterable[Mapping[str, str]]) -> Sheet:
    kept = [dict(row) for row in rows]
    headings = dict.fromkeys(key for row in kept for key in row)
    return Sheet(tuple(headings), tuple(Row(n, row) for n, row in enumerate(kept, 2)))


def _mixed(size: int, name: str) -> tuple[Rows, Rows]:
    """Return questions of every kind with conditions on what stands near and far before them."""
    draw = random.Random(1)
    survey: Rows = []
    for at in range(size):
        near = f"${{{name}{draw.randrange(max(at - 30, 0), at)}}}" if at else ""
        far = f"${{{name}{draw.randrange(at)}}}" if at else ""
        condition = draw.choice(["", f"{near} = 'c1' or {far} = 'c2'", f"{near} > 3 and {far} < 60"]) if at else ""
        row = {"name": f"{name}{at}", "label": f"Question {at}?", "label::de": f"Frage {at}?", "relevant": condition}
        if at % 7 == 6:
            row = {"type": "calculate", "name": f"{name}{at}", "calculation": f"if({near} = 'c1', 1, 0) + {far}"}
        elif at % 3 == 0:
            row["type"] = f"select_one l{at % 50}"
        elif at % 3 == 1:
            row |= {"type": "integer", "constraint": ". >= 0 and . <= 99"}
        else:
            row |= {"type": "text", "hint": "One word"}
        survey.append(row)
    return survey, [
        {"list_name": f"l{n}", "name": f"c{c}", "label": f"Choice {c}", "label::de": f"Antwort {c}"}
        for n in range(50)
        for c in range(8)
    ]


def _chained(size: int, name: str) -> tuple[Rows, Rows]:
    """Return questions of which each hangs on the one before it, every one with a list of its own."""
    survey = [
        {"type": f"select_one l{at}", "name": f"{name}{at}", "label": f"Question {at}?",
         "relevant": f"${{{name}{at - 1}}} = 'a{at - 1}'" if at else ""}
        for at in range(size)
    ]  # fmt: skip
    return survey, [
        {"list_name": f"l{at}", "name": f"{c}{at}", "label": f"Choice {c}"} for at in range(size) for c in "abcde"
    ]


def _shared(questions: int, name: str) -> tuple[Rows, Rows]:
    """Return questions that share one list of twenty thousand choices."""
    survey = [
        {"type": "select_one big", "name": f"{name}{at}", "label": f"Question {at}?",
         "relevant": f"${{{name}{at - 1}}} = 'v17'" if at else ""}
        for at in range(questions)
    ]  # fmt: skip
    return survey, [{"list_name": "big", "name": f"v{at}", "label": f"Choice {at}"} for at in range(LIST)]


def _seconds(made: tuple[Rows, Rows], name: str) -> float:
    """Return what reading, checking and laying out take: what happens before the window shows a form."""
    form = Form(name, _sheet(made[0]), _sheet(made[1]), _sheet([]))
    gc.collect()
    gc.disable()  # what the collector takes hangs on everything else in memory
    try:
        begun = time.process_time()
        found = compile_form(form)
        assert found.questionnaire is not None, found.diagnostics[:3]
        outline_of(found.questionnaire)
        skips_of(found.questionnaire)
        return time.process_time() - begun
    finally:
        gc.enable()


def _row(
    what: str, make: Callable[[int, str], tuple[Rows, Rows]], few: int, many: int
) -> tuple[str, str, str, str, bool]:
    one = min(_seconds(make(few, name), name) for name in "abcde")  # other names: nothing is known from before
    other = min(_seconds(make(many, name), name) for name in "fg")
    times = other / one
    return ("-", what, f"{times:.1f} × ({other * 1e3:.0f} of {one * 1e3:.0f} ms)", f"≤ {MOST_TIMES:.0f} ×",
            times <= MOST_TIMES)  # fmt: skip


def figures() -> list[tuple[str, str, str, str, bool]]:
    """Return a row for each kind of long form: ten times the rows against the time of the short one."""
    return [
        _row(f"check a mixed form of {MANY} rows against {FEW}", _mixed, FEW, MANY),
        _row(f"check a chain of {MANY} questions against {FEW}", _chained, FEW, MANY),
        _row(
            f"check a list of {LIST} choices shared by {SHARED_BY[1]} questions against {SHARED_BY[0]}",
            _shared,
            *SHARED_BY,
        ),
    ]
