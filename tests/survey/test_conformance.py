"""Interviews that JavaRosa walked through on strangers' forms: the same questions, the same answers accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.survey.answers import SKIPPED, Answer, typed
from cati.survey.questionnaire import ASKED, Kind, Questionnaire

SHARED = Path(__file__).resolve().parents[3] / "shared"
RECORDED = sorted((SHARED / "conformance" / "interviews").glob("*.jsonl"))


def _item(form: Questionnaire, ref: str) -> str:
    """Return our name for a place in JavaRosa's instance: the last part, with its group where the name is twice."""
    parts = re.sub(r"\[\d+\]", "", ref).split("/")
    names = {item.name for item in form.items}
    longer = "_".join(parts[-2:])
    return longer if longer in names else parts[-1]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_interviews_meet_the_same_questions(path: Path, walk: Callable[..., Any]) -> None:
    """Left out by rule: further turns of repeats, and questions that the telephone does not ask."""
    interviews = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    read = read_questionnaire(SHARED / "forms" / interviews[0]["form"], interviews[0]["form"])
    form = read.questionnaire
    assert form is not None
    asked = {item.name: item for item in form.items if item.kind in ASKED}
    for recorded in interviews:
        under_way = walk(form)
        met = set()
        for step in recorded["steps"]:
            name = _item(form, step["ref"])
            if name not in asked or re.search(r"\[([2-9]|1\d)\]", step["ref"]):
                continue
            met.add(name)
            assert name in under_way.state.path
            item = asked[name]
            if item.kind is Kind.NOTE or step["result"] == "readonly":
                continue
            value = step["value"]
            if value is not None and item.kind not in (Kind.SINGLE, Kind.MULTIPLE):
                value = typed(item, value)
            answer = SKIPPED if value is None or step["result"] == "blank" else Answer(value=value)
            state = under_way.answer(name, answer)
            if step["result"] in ("ok", "constraint"):
                assert (state.refusal is None) is (step["result"] == "ok"), (name, step["value"])
        assert set(under_way.state.unanswered) <= met
