"""Where answers lead: certain skips are found, uncertain ones are not claimed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from cati.survey.answers import Status
from cati.survey.flow import flow_of
from cati.survey.outline import outline_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.skips import DONT_KNOW, REFUSED, Known, Truth, judged, skips_of

YN = ({"list_name": "yn", "name": "yes", "label": "Yes"}, {"list_name": "yn", "name": "no", "label": "No"})
KNOWN = Known({"a": "yes"}, {"a": "answered"})


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ("${a} = 'yes'", Truth.YES),
        ("${a} = 'no'", Truth.NO),
        ("${b} = 'no'", Truth.OPEN),
        ("${a} = 'no' and ${b} = 'x'", Truth.NO),
        ("${b} = 'x' and ${a} = 'no'", Truth.NO),
        ("${b} = 'x' or ${a} = 'yes'", Truth.YES),
        ("(${b} = 'x' or (${a} = 'yes')) and ${c} = 1", Truth.OPEN),
        ("(${b} = 'x' and ${a} = 'no') or ${a} = 'no'", Truth.NO),
        ("selected(${a}, 'yes and no')", Truth.NO),
        ("not(${a} = 'no')", Truth.YES),
        ("not(${a} = 'no' and ${b} = 'x')", Truth.YES),
        ("not(${b} = 'x')", Truth.OPEN),
        ("today() > '2026-01-01'", Truth.OPEN),
        ("this is (not an expression", Truth.OPEN),
        ("answered(${a})", Truth.YES),
    ],
)
def test_what_is_certain_of_a_condition_when_one_answer_is_known(source: str, truth: Truth) -> None:
    assert judged(source, KNOWN) is truth


def _names(questionnaire: Questionnaire, name: str) -> dict[str, str | None]:
    at = next(at for at, item in enumerate(questionnaire.items) if item.name == name)
    found = skips_of(questionnaire).get(at)
    if found is None:
        return {}
    return {answer: None if to is None else questionnaire.items[to].name for answer, to in found.after.items()}


def test_an_answer_skips_what_hangs_on_it_and_what_hangs_on_that(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "select_one yn", "name": "a", "label": "A", "cati_nonresponse": "none"},
        {"type": "select_one yn", "name": "b", "label": "B", "relevant": "${a} = 'yes'"},
        {"type": "text", "name": "c", "label": "C", "relevant": "answered(${b})"},
        {"type": "text", "name": "d", "label": "D"},
    )
    questionnaire = form(rows, YN)
    assert _names(questionnaire, "a") == {"no": "d"}
    assert _names(questionnaire, "b") == {"dk": "d", "refused": "d"}


def test_a_skip_beyond_the_last_question_leads_to_the_end(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "select_one yn", "name": "a", "label": "A", "cati_nonresponse": "none"},
        {"type": "text", "name": "b", "label": "B", "relevant": "${a} = 'yes'"},
    )
    assert _names(form(rows, YN), "a") == {"no": None}


def test_nothing_is_claimed_beyond_the_round_of_a_repeat_or_where_the_order_is_drawn(
    form: Callable[..., Questionnaire],
) -> None:
    inside = (
        {"type": "select_one yn", "name": "a", "label": "A", "cati_nonresponse": "none"},
        {"type": "text", "name": "b", "label": "B", "relevant": "${a} = 'yes'"},
    )
    after = {"type": "text", "name": "c", "label": "C"}
    roster = ({"type": "begin_repeat", "name": "r", "label": "R"}, *inside, {"type": "end_repeat"}, after)
    drawn = ({"type": "begin_group", "name": "r", "label": "R", "cati_order": "random"}, *inside,
             {"type": "end_group"}, after)  # fmt: skip
    assert not skips_of(form(roster, YN))
    assert not skips_of(form(drawn, YN))


def test_the_county_survey_skips_as_its_author_meant(shipped: Any) -> None:
    questionnaire = shipped["county_customer_survey"]
    assert _names(questionnaire, "spoke_with") == {"no": "duration", "dk": "duration", "refused": "duration"}
    assert _names(questionnaire, "duration")["open"] == "contacts_needed"
    assert "longer" not in _names(questionnaire, "last_contact"), "that one comes to the screen-out as written"


@pytest.mark.parametrize("name", ["county_customer_survey", "face_to_face_grades"])
@pytest.mark.parametrize("seed", range(6))
def test_interviews_skip_what_is_said_to_be_skipped(
    name: str, seed: int, shipped: Any, walk: Callable[..., Any]
) -> None:
    questionnaire = shipped[name]
    interview = walk(questionnaire, seed)
    interview.to_the_end(random.Random(seed))
    state, items = interview.state, questionnaire.items
    for at, skips in skips_of(questionnaire).items():
        answer = state.answers.get(items[at].name)
        if answer is None or items[at].name not in state.path:
            continue
        said = answer.value if answer.status is Status.ANSWERED else {"dk": DONT_KNOW, "refused": REFUSED}.get(
            answer.status.value, ""
        )  # fmt: skip
        if said in skips.after:
            target = skips.after[said]
            left_out = items[at + 1 : target]
            assert not {item.name for item in left_out} & set(state.path), items[at].name


@pytest.mark.parametrize("name", ["county_customer_survey", "face_to_face_grades"])
@pytest.mark.parametrize("seed", range(6))
def test_who_is_not_on_a_branch_is_on_none_inside_it(
    name: str, seed: int, shipped: Any, walk: Callable[..., Any]
) -> None:
    questionnaire = shipped[name]
    interview = walk(questionnaire, seed)
    interview.to_the_end(random.Random(seed))
    flow = flow_of(outline_of(questionnaire), skips_of(questionnaire), "de")
    on_path = {f"item:{name}" for name in interview.state.path}
    for branch in flow.branches:
        inside = [node for node in flow.nodes if branch.top <= node.y < branch.bottom]
        own = [node for node in inside if node.column == branch.column]
        if own and inside[0] in own and not any(key in on_path for node in own for key in node.keys):
            assert not any(key in on_path for node in inside for key in node.keys), branch.words


def test_long_chains_lead_to_where_each_link_alone_would(form: Callable[..., Questionnaire]) -> None:
    """Answers that nothing tells apart lead to the same place; what hangs on them in turn is passed over."""
    lists = [{"list_name": "l", "name": f"c{n}", "label": f"Choice {n}"} for n in range(60)]
    rows = [
        {"type": "select_one l", "name": f"q{at}", "label": f"Question {at}", "cati_nonresponse": "none",
         "relevant": f"${{q{at - 1}}} = 'c3' or ${{q{at - 1}}} = 'c4'" if at % 50 else ""}
        for at in range(400)
    ]  # fmt: skip
    questionnaire = form(rows, lists)
    for at, name in ((0, "q50"), (7, "q50"), (49, None), (120, "q150"), (355, None)):
        led = _names(questionnaire, f"q{at}")
        assert led == ({} if at == 49 else {f"c{n}": name for n in range(60) if n not in (3, 4)})
