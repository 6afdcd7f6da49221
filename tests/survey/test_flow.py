"""The picture of the routing: branches, nesting, arcs; nothing lies on anything else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from cati.survey.flow import Flow, flow_of, reasons
from cati.survey.outline import LineKind, outline_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.skips import skips_of

YN = ({"list_name": "yn", "name": "yes", "label": "Yes"}, {"list_name": "yn", "name": "no", "label": "No"})


def _flow(questionnaire: Questionnaire) -> Flow:
    return flow_of(outline_of(questionnaire), skips_of(questionnaire), questionnaire.default_language)


def _columns(flow: Flow) -> dict[str, int]:
    return {key.removeprefix("item:"): node.column for node in flow.nodes for key in node.keys}


def test_what_hangs_on_a_branch_stands_inside_it_and_what_does_not_stands_beside(
    form: Callable[..., Questionnaire],
) -> None:
    rows = (
        {"type": "select_one yn", "name": "a", "label": "A"},
        {"type": "select_one yn", "name": "b", "label": "B", "relevant": "${a} = 'yes'"},
        {"type": "text", "name": "c", "label": "C", "relevant": "${b} = 'yes'"},
        {"type": "text", "name": "d", "label": "D", "relevant": "${b} = 'no' or ${a} = 'no'"},
        {"type": "text", "name": "e", "label": "E"},
    )
    flow = _flow(form(rows, YN))
    assert _columns(flow) == {"a": 0, "b": 1, "c": 2, "d": 1, "e": 0}
    assert [(branch.parent, branch.column) for branch in flow.branches] == [(0, 1), (1, 2), (0, 1)]
    reads = {flow.nodes[at].text for at in flow.nodes[3].reads}
    assert reads == {"A", "B"}
    assert reasons(flow, 2) == ("only if question 1 is “Yes”", "only if question 2 is “Yes”")
    assert reasons(flow, 4) == ()


def test_questions_with_the_same_condition_share_a_branch(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "select_one yn", "name": "a", "label": "A"},
        {"type": "text", "name": "b", "label": "B", "relevant": "${a} = 'yes'"},
        {"type": "text", "name": "c", "label": "C", "relevant": "${a}  = 'yes'"},
    )
    flow = _flow(form(rows, YN))
    assert len(flow.branches) == 1
    assert [arc.words for arc in flow.arcs] == ["No, no answer"]
    assert flow.nodes[flow.arcs[0].target].text == "End of the interview"


def test_a_screen_out_does_not_come_back_and_a_repeat_goes_round(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "integer", "name": "n", "label": "N"},
        {"type": "terminate", "name": "out", "label": "Goodbye", "relevant": "${n} = 0"},
        {"type": "begin_repeat", "name": "r", "label": "R", "repeat_count": "${n}"},
        {"type": "text", "name": "t", "label": "T"},
        {"type": "end_repeat"},
    )
    out, roster = _flow(form(rows)).branches
    assert not out.comes_back
    assert not out.again
    assert roster.comes_back
    assert roster.again


def test_a_grid_is_one_box_with_all_its_numbers(shipped: Any) -> None:
    flow = _flow(shipped["county_customer_survey"])
    grids = [node.number for node in flow.nodes if node.kind is LineKind.GRID]
    assert "8–12" in grids
    assert len(flow.headings) == 8


def test_boxes_stand_one_below_the_other_and_arcs_of_a_lane_do_not_meet(shipped: Any) -> None:
    for questionnaire in shipped.values():
        flow = _flow(questionnaire)
        assert all(above.y + 1 < below.y for above, below in pairwise(flow.nodes))
        assert all(branch.top < branch.bottom <= flow.height for branch in flow.branches)
        for lane in range(flow.lanes):
            arcs = sorted((arc.source, arc.target) for arc in flow.arcs if arc.lane == lane)
            assert all(first[1] <= second[0] for first, second in pairwise(arcs))
