"""Long lists behind filters: choices that look the same to a filter are looked at once, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cati.survey.answers import Answer
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.program import program_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.shown import columns_of, shown_choices

if TYPE_CHECKING:
    from conftest import Walk

VILLAGES = [
    {"list_name": "village", "name": f"v{n}", "label": f"Village {n}", "district": f"d{n % 7}", "size": str(n % 5)}
    for n in range(200)
]


def sheet(*rows: dict[str, str]) -> Sheet:
    return Sheet(tuple(dict.fromkeys(key for row in rows for key in row)),
                 tuple(Row(n, row) for n, row in enumerate(rows, 2)))  # fmt: skip


def form(choice_filter: str) -> Questionnaire:
    found = compile_form(
        Form(
            "villages",
            sheet(
                {"type": "text", "name": "district", "label": "Which district?"},
                {"type": "integer", "name": "least", "label": "How large at least?"},
                {
                    "type": "select_one village",
                    "name": "village",
                    "label": "Which one?",
                    "choice_filter": choice_filter,
                },
            ),
            sheet(*VILLAGES),
            Sheet(),
        )
    ).questionnaire
    assert found is not None
    return found


@pytest.mark.parametrize(
    "choice_filter",
    [
        "district = ${district}",
        "district = ${district} and size >= ${least}",
        "size >= ${least} or name = 'v3'",
        "size >= ${least} or . = 'v3'",
        "contains(label, '7')",
        "${district} = 'd2'",
        "true()",
        "nothing = 'x'",
    ],
)
def test_a_filter_keeps_what_it_would_keep_one_by_one(walk: Callable[..., Walk], choice_filter: str) -> None:
    questionnaire = form(choice_filter)
    program = program_of(questionnaire)
    (keep,) = [one for one in program.choice_filter if one is not None]
    under_way = walk(questionnaire)
    for district, least in (("d2", "3"), ("d5", "0"), ("", "9")):
        under_way.answer("district", Answer(value=district or "x"))
        state = under_way.answer("least", Answer(value=least))
        one_by_one = [
            choice.name
            for choice in questionnaire.choice_lists["village"]
            if state.scope.holds(keep, 2, (), choice.name, columns_of(choice))
        ]
        assert [choice.name for choice in shown_choices(program, 2, (), state.scope, 1)] == one_by_one
