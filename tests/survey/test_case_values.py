"""Which values of the case a questionnaire speaks of."""

from __future__ import annotations

from collections.abc import Callable

from cati.survey.case_values import case_values
from cati.survey.questionnaire import Questionnaire


def test_what_no_question_answers_is_expected_of_the_case(form: Callable[..., Questionnaire]) -> None:
    questionnaire = form([
        {"type": "hidden", "name": "unused", "label": ""},
        {"type": "hidden", "name": "panel", "label": ""},
        {"type": "text", "name": "first", "label": "You live in ${site}?"},
        {"type": "text", "name": "second", "label": "${first}?", "relevant": "${panel} = 'a'"},
    ])  # fmt: skip
    assert sorted(case_values(questionnaire)) == ["panel", "site"]
