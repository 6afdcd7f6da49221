"""Random runs: what they count, what they find, that they can be repeated; and walks to a question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from cati.survey.directed_walk import walk_to
from cati.survey.interview import replay
from cati.survey.pattern_texts import text_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.random_runs import Runs, run_many

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
NOTHING: Mapping[str, str] = MappingProxyType({})
Make = Callable[..., Questionnaire]
YES_NO = [{"list_name": "yn", "name": name, "label": name} for name in ("yes", "no")]


HOUSEHOLD = [
    {"type": "select_one yn", "name": "adult", "label": "Are you of age?"},
    {"type": "terminate", "name": "too_young", "label": "Thank you.", "relevant": "${adult} = 'no'",
     "cati_disposition": "not_eligible"},
    {"type": "integer", "name": "people", "label": "How many live here?", "constraint": ". >= 1 and . <= 20"},
    {"type": "begin_repeat", "name": "person", "label": "People", "repeat_count": "${people}"},
    {"type": "integer", "name": "age", "label": "How old?", "constraint": ". < 120"},
    {"type": "select_one yn", "name": "licence", "label": "A driving licence?", "relevant": "${age} = 47"},
    {"type": "end_repeat"},
]  # fmt: skip
ODD = [
    {"type": "integer", "name": "odd", "label": "A number", "constraint": ". = 1 and . = 2"},
    {"type": "text", "name": "never", "label": "Nobody is asked", "relevant": "${adult} = 'no'"},
]


@pytest.fixture
def household(form: Make) -> Questionnaire:
    return form([*HOUSEHOLD[:2], *ODD, *HOUSEHOLD[2:]], YES_NO)


def run(questionnaire: Questionnaire, interviews: int = 60, seed: int = 1, values: Mapping[str, str] = NOTHING) -> Runs:
    return run_many(questionnaire, interviews, draw=random.Random(seed), at=NOW, values=values)


def test_what_nothing_reached_or_met_is_found_and_the_rest_is_counted(household: Questionnaire) -> None:
    runs = run(household)
    assert runs.interviews == 60
    assert runs.never_asked == ("never",)
    assert runs.never_met == ("odd",)
    assert runs.refused["odd"] >= 10
    assert runs.asked["adult"] == 60
    assert 0 < runs.asked["people"] < 60
    assert runs.ended_early["not_eligible"] == 60 - runs.asked["people"]
    assert runs.endless == 0


def test_only_interviews_that_went_through_have_a_length(household: Questionnaire) -> None:
    runs = run(household)
    assert len(runs.minutes) == runs.interviews - runs.ended_early["not_eligible"]
    assert list(runs.minutes) == sorted(runs.minutes)
    assert 0 < runs.minutes_at(0.1) <= runs.median <= runs.minutes_at(0.9) <= runs.minutes[-1]


def test_the_same_seed_gives_the_same_runs_and_another_one_others(household: Questionnaire) -> None:
    assert run(household, seed=7) == run(household, seed=7)
    assert run(household, seed=7).minutes != run(household, seed=8).minutes


def test_cancelling_keeps_what_was_done(household: Questionnaire) -> None:
    seen: list[int] = []
    runs = run_many(household, 50, draw=random.Random(1), at=NOW, values={}, cancelled=lambda: len(seen) == 5,
                    progress=lambda done, _of: seen.append(done))  # fmt: skip
    assert runs.interviews == 5
    assert seen == [1, 2, 3, 4, 5]


def test_a_rare_refusal_is_no_check_that_nothing_meets(form: Make) -> None:
    questionnaire = form([{"type": "integer", "name": "n", "label": "A number", "constraint": ". < 90"}])
    assert run(questionnaire, 30).never_met == ()


def test_a_pattern_is_met_by_random_answers(form: Make) -> None:
    questionnaire = form(
        [{"type": "text", "name": "code", "label": "Code", "constraint": "regex(., '^[A-Z]{3}-[0-9]{4}$')"}]
    )
    assert run(questionnaire, 30).never_met == ()


@pytest.mark.parametrize("name", ["adult", "people", "age", "licence"])
def test_a_walk_comes_to_a_question_with_valid_answers_before_it(form: Make, name: str) -> None:
    questionnaire = form(HOUSEHOLD, YES_NO)
    walk = walk_to(questionnaire, name, draw=random.Random(4), at=NOW, values={}, language="")
    assert walk is not None
    screen = walk.state.screen
    assert screen is not None
    assert any(question.item.name == name for question in screen.questions)
    again = replay(questionnaire, walk.events)
    assert (again.answers, again.cursor, again.path) == (walk.state.answers, walk.state.cursor, walk.state.path)
    before = again.path[: again.path.index(again.cursor)]
    assert not set(before) & set(again.unanswered)


def test_a_walk_adds_a_member_where_the_question_stands_in_a_roster(form: Make) -> None:
    questionnaire = form(
        [
            {"type": "begin_repeat", "name": "pet", "label": "Pets"},
            {"type": "text", "name": "called", "label": "What is it called?"},
            {"type": "end_repeat"},
        ]
    )
    walk = walk_to(questionnaire, "called", draw=random.Random(1), at=NOW, values={}, language="")
    assert walk is not None
    assert walk.state.cursor == "called@1"


def test_what_cannot_be_reached_is_given_up_and_a_value_of_the_case_may_reach_it(form: Make) -> None:
    questionnaire = form([
        {"type": "hidden", "name": "wave", "label": ""},
        {"type": "text", "name": "first", "label": "First"},
        {"type": "text", "name": "second", "label": "Second", "relevant": "${wave} = '2'"},
    ])  # fmt: skip
    assert walk_to(questionnaire, "second", draw=random.Random(1), at=NOW, values={}, language="") is None
    assert (
        walk_to(questionnaire, "second", draw=random.Random(1), at=NOW, values={"wave": "2"}, language="") is not None
    )
    assert run(questionnaire, 5).never_asked == ("second",)
    assert run(questionnaire, 5, values={"wave": "2"}).never_asked == ()


RARE = [
    {"type": "integer", "name": "n", "label": "A number", "constraint": ". >= 0 and . <= 100000"},
    {"type": "text", "name": "deep", "label": "Rarely", "relevant": "${n} mod 977 = 400 and ${n} > 60000"},
    {"type": "integer", "name": "deeper", "label": "More rarely", "relevant": "${deep} = 'xyzzy'",
     "constraint": ". * 3 = 3702"},
    {"type": "integer", "name": "idle", "label": "Its check never refuses", "constraint": ". < 10 or . >= 10"},
]  # fmt: skip


def test_what_chance_does_not_reach_is_searched_for_and_told_apart(form: Make) -> None:
    questionnaire = form(RARE)
    runs = run(questionnaire, 20)
    assert (runs.asked["deep"], runs.asked["deeper"]) == (0, 0)
    assert runs.found == ("deep", "deeper")
    assert runs.never_asked == ()
    assert runs.never_met == ()
    assert runs.never_broken == ("idle",)
    assert not runs.cut_short
    assert runs == run(questionnaire, 20)


def test_lengths_and_shares_come_from_plain_interviews_alone(form: Make) -> None:
    runs = run(form(RARE), 20)
    assert len(runs.minutes) == runs.interviews == 20
    assert len(set(runs.minutes)) == 1, "the two questions asked of everybody take as long for all"


def test_why_nobody_can_be_asked_is_told_and_not_searched_for(household: Questionnaire) -> None:
    runs = run(household)
    assert runs.never_asked == ("never",)
    assert set(runs.proven) == {"never"}


def test_cancelling_ends_the_search_too(form: Make) -> None:
    seen: list[int] = []
    runs = run_many(form(RARE), 5, draw=random.Random(1), at=NOW, values={}, cancelled=lambda: len(seen) == 1,
                    searching=lambda done, _of: seen.append(done))  # fmt: skip
    assert runs.interviews == 5
    assert runs.cut_short
    assert seen == [1]


def test_a_check_that_hangs_on_another_answer_is_met(form: Make) -> None:
    questionnaire = form([
        {"type": "integer", "name": "whole", "label": "All", "constraint": ". < 9"},
        {"type": "integer", "name": "part", "label": "Part", "constraint": ". = ${whole} + 31"},
    ])  # fmt: skip
    assert run(questionnaire, 20).never_met == ()


def test_a_java_pattern_is_met(form: Make) -> None:
    check = r"regex(., '^[\w-\.]+@([\w-]+\.)+[\w-]{2,}$')"
    questionnaire = form([{"type": "text", "name": "mail", "label": "E-mail", "constraint": check}])
    assert run(questionnaire, 20).never_met == ()


def test_nested_repetitions_of_a_pattern_make_short_texts(form: Make) -> None:
    nested = text_of("((a|b+)*c*)+x[^0-9]{2}", random.Random(3))
    assert len(nested) < 1_000
    assert nested == text_of("((a|b+)*c*)+x[^0-9]{2}", random.Random(3))
    questionnaire = form(
        [{"type": "text", "name": "t", "label": "T", "constraint": "regex(., '([A-Z][a-z]*[ ]?)+[.]')"}]
    )
    assert run(questionnaire, 20).never_met == ()
