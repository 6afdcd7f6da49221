"""Looking at a form: what runs, what does not, and every problem beside the line it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from cati.errors import Problem
from cati.fieldwork.questionnaire_reading import look_at_file
from cati.places import shipped_questionnaires
from cati.survey.diagnostics import Severity
from cati.survey.flow import flow_of
from cati.survey.paper import Matrix, Question, paper_of

FORMS = sorted((Path(__file__).parents[2] / ".." / "shared" / "forms").glob("*.xls*"))

BROKEN = """\
survey:
  - type: begin_group
    name: first
    label: First
  - type: integer
    name: age
    label: Age
    relevant: ${agee} > 3
  - type: select_one yn
    name: visit
    label: Visit
  - type: end_group
  - type: strange
    name: odd
    label: Odd
choices:
  - list_name: yn
    name: "yes"
    label: "Yes"
  - list_name: yn
    label: "No name"
"""


def test_a_form_with_errors_is_shown_with_each_problem_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, "utf-8")
    looked = look_at_file(path)
    assert not looked.runs
    assert looked.errors == 3
    assert [problem.severity for problem in looked.problems[:3]] == [Severity.ERROR] * 3
    places = {
        problem.code: looked.outline.lines[at].name
        for problem, at in zip(looked.problems, looked.line_of, strict=True)
        if at is not None
    }
    assert places["unknown_reference"] == "age"
    assert places["choice_without_name"] == "visit", "a choice's problem stands at the first question that shows it"
    assert places["unknown_type"] == "visit", "a row that became no line stands at the one before"
    at = looked.outline.at_item["age"]
    assert [problem.code for problem in looked.problems_at(at)] == ["unknown_reference"]
    assert all(looked.rows), "groups know their row, too"


def test_a_form_without_errors_runs_and_keeps_its_name(tmp_path: Path) -> None:
    looked = look_at_file(shipped_questionnaires() / "county_customer_survey.xlsx")
    assert looked.runs
    assert looked.source == "county_customer_survey.xlsx"
    assert len(looked.line_of) == len(looked.problems)


def test_what_is_no_form_is_a_problem_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "picture.xlsx"
    path.write_bytes(b"PK nothing of the kind")
    with pytest.raises(Problem) as caught:
        look_at_file(path)
    assert caught.value.what


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_that_others_wrote_are_laid_out_in_every_language(path: Path) -> None:
    looked = look_at_file(path)
    questionnaire = looked.outline.questionnaire
    assert len(looked.rows) == len(looked.outline.lines)
    assert all(at is None or at < len(looked.outline.lines) for at in looked.line_of)
    for language in questionnaire.languages:
        flow = flow_of(looked.outline, looked.skips, language)
        asked = {key for node in flow.nodes for key in node.keys}
        assert {line.key for line in looked.outline.lines if line.number} <= asked, "no question is lost in the picture"
        paper = paper_of(looked.outline, looked.skips, language)
        printed = [block.number for block in paper.blocks if isinstance(block, Question)]
        printed += [row[0] for block in paper.blocks if isinstance(block, Matrix) for row in block.rows]
        assert sorted(printed, key=int) == [str(n) for n in range(1, paper.questions + 1)], "each question once"
