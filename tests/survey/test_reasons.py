"""Why a row is or is not on the path, and how that is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cati.survey.answers import DONT_KNOW, Answer
from cati.survey.interview import EventKind
from cati.survey.outline import outline_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.reason_words import path_words, value_words, why_words
from cati.survey.reasons import Reason, Why, reasons
from cati.text import set_language

if TYPE_CHECKING:
    from conftest import Walk

Make = Callable[..., Questionnaire]
Begin = Callable[..., "Walk"]


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


@pytest.fixture
def questionnaire(form: Make) -> Questionnaire:
    return form(
        [
            {"type": "select_one yn", "name": "car", "label": "Have you got a car?"},
            {"type": "begin_group", "name": "cars", "label": "About your cars", "relevant": "${car} = 'yes'"},
            {"type": "integer", "name": "number", "label": "How many?"},
            {"type": "text", "name": "why", "label": "Why so many?", "relevant": "${number} > 3"},
            {"type": "end_group"},
            {"type": "calculate", "name": "wheels", "calculation": "${number} * 4"},
            {"type": "begin_repeat", "name": "person", "label": "People", "repeat_count": "${number}"},
            {"type": "text", "name": "first", "label": "First name?"},
            {"type": "end_repeat"},
            {"type": "geopoint", "name": "place", "label": "Place"},
            {"type": "terminate", "name": "enough", "label": "Thanks.", "relevant": "${number} > 9",
             "cati_disposition": "not_eligible"},
            {"type": "text", "name": "last", "label": "Anything else?"},
        ],
        [{"list_name": "yn", "name": name, "label": words} for name, words in (("yes", "Yes, I have"), ("no", "No"))],
    )  # fmt: skip


def by_address(walk: Walk) -> dict[str, Reason]:
    return {one.address: one for one in reasons(walk.questionnaire, walk.state)}


def said(walk: Walk, address: str) -> str:
    reason, outline = by_address(walk)[address], outline_of(walk.questionnaire)
    return f"{path_words(reason)}: {why_words(outline, reason, '')}"


def test_a_condition_of_its_own_and_that_of_its_group_are_told_apart(questionnaire: Questionnaire, walk: Begin) -> None:
    one = walk(questionnaire)
    assert said(one, "car") == "on the path: always asked"
    assert said(one, "why") == "not on the path: only if question 1 is “Yes, I have” · like all of “About your cars”"
    one.act(EventKind.ANSWERED, item="car", answer=Answer(value="yes"))
    assert by_address(one)["number"].on_path
    assert said(one, "number").startswith("on the path: since question 1 is “Yes, I have”")
    assert by_address(one)["why"].group == ""
    assert said(one, "why").startswith("not on the path: only if question 2 is more than 3")
    one.act(EventKind.ANSWERED, item="number", answer=Answer(value="5"))
    assert by_address(one)["why"].on_path


def test_values_come_with_their_labels_and_open_questions_say_how(questionnaire: Questionnaire, walk: Begin) -> None:
    one, outline = walk(questionnaire), outline_of(questionnaire)
    assert value_words(outline, by_address(one)["car"], "") == ""
    one.act(EventKind.ANSWERED, item="car", answer=Answer(value="yes"))
    assert value_words(outline, by_address(one)["car"], "") == "yes · Yes, I have"
    one.act(EventKind.ANSWERED, item="number", answer=DONT_KNOW)
    assert value_words(outline, by_address(one)["number"], "") == "don’t know"
    one.act(EventKind.ANSWERED, item="number", answer=Answer(value="2"))
    assert value_words(outline, by_address(one)["wheels"], "") == "8"
    assert said(one, "wheels") == "on the path: always"


def test_a_roster_has_a_line_a_member_and_one_while_it_is_empty(questionnaire: Questionnaire, walk: Begin) -> None:
    one = walk(questionnaire)
    assert by_address(one)["first"].why is Why.NO_MEMBER
    assert said(one, "first") == "not on the path: its repeat has no member yet"
    one.act(EventKind.ANSWERED, item="car", answer=Answer(value="yes"))
    one.act(EventKind.ANSWERED, item="number", answer=Answer(value="2"))
    found = by_address(one)
    assert "first" not in found
    assert found["first@1"].on_path
    assert found["first@2"].on_path


def test_what_ends_before_and_what_the_telephone_cannot_ask(questionnaire: Questionnaire, walk: Begin) -> None:
    one = walk(questionnaire)
    assert said(one, "place") == "not on the path: not asked on the telephone"
    one.act(EventKind.ANSWERED, item="car", answer=Answer(value="yes"))
    one.act(EventKind.ANSWERED, item="number", answer=Answer(value="12"))
    assert by_address(one)["last"].why is Why.ENDED
    assert said(one, "last") == "not on the path: the interview ends before it"
    assert "12" not in repr(by_address(one)["number"]), "values stay out of logs and tracebacks"


def test_a_roster_that_is_not_asked_for_has_its_condition_as_reason(form: Make, walk: Begin) -> None:
    rows = [
        {"type": "select_one yn", "name": "home", "label": "Does anybody live with you?"},
        {"type": "begin_repeat", "name": "person", "label": "People", "relevant": "${home} = 'yes'"},
        {"type": "text", "name": "first", "label": "First name?"},
        {"type": "end_repeat"},
    ]
    one = walk(form(rows, [{"list_name": "yn", "name": n, "label": n} for n in ("yes", "no")]))
    assert said(one, "first") == "not on the path: only if question 1 is “yes” · like all of “People”"
    one.act(EventKind.ANSWERED, item="home", answer=Answer(value="yes"))
    assert by_address(one)["first@1"].on_path
