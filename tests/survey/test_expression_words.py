"""Expressions in plain words, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.expression_words import Speaker, condition_in_words, value_in_words
from cati.survey.expressions import ExpressionProblem
from cati.survey.nodes import Node, every
from cati.survey.syntax import parse
from cati.survey.written import written
from cati.text import language, set_language

LABELS = {"-666": "Other", "yes": "Yes", "no": "No", "x": "X", "y": "Y"}
SPEAKER = Speaker(
    lambda name: name.upper(), lambda _question, name: LABELS.get(name, ""), lambda name: name.startswith("m")
)


@pytest.fixture
def german() -> Iterator[None]:
    before = language()
    set_language("de")
    yield
    set_language(before)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${q1} = 'yes' and not(selected(${m2}, 'x'))", "Q1 is “Yes” and M2 does not contain “X”"),
        ("selected(${q1}, 'yes')", "Q1 is “Yes”"),
        ("selected(${m1}, 'x') or selected(${m1}, 'y')", "M1 contains “X” or “Y”"),
        ("${q1} = 'yes' or ${q1} = 'no' or ${q1} = 9", "Q1 is “Yes”, “No” or 9"),
        ("${q1} != 'yes'", "Q1 is not “Yes”"),
        ("not(${q1} = 'yes' and ${q2} = 'no')", "Q1 is not “Yes” or Q2 is not “No”"),
        ("${a} > 1 and (${b} = '' or ${c} != '')", "A is more than 1 and (B has no answer or C has an answer)"),
        ("18 <= ${age} and ${age} < 30", "AGE is at least 18 and AGE is less than 30"),
        ("not(${age} < 18)", "AGE is not less than 18"),
        (". <= today()", "the answer is not after today"),
        ("int((today() - ${born}) div 365.25) >= 18", "the number of full years since BORN is at least 18"),
        ("answered(${a}) and not(is_dk(${b}))", "A was answered and B was not answered with “don’t know”"),
        ("${a} and not(${b})", "A has an answer and B has no answer"),
        ("selected(${q1}, 'yes') = false()", "Q1 is not “Yes”"),
        ("count-selected(.) <= 3", "the number of answers is at most 3"),
        ("regex(., '[0-9]+')", "the answer fits the pattern “[0-9]+”"),
        ("string-length(${a}) = 5", "the length of A is 5"),
        ("county = ${home}", "county is HOME"),
        ("${a} = ${b} + 1", "A is B plus 1"),
        ("${q1} = -666", "Q1 is “Other”"),
        ("selected(${m1}, -666) and ${a} > -3", "M1 contains “Other” and A is more than -3"),
        ("true()", "always"),
        ("not(true())", "never"),
        ("digest(${a}, 'MD5') = 'x'", "digest(${a}, 'MD5') is “x”"),
        ("${a} + ", "${a} +"),
    ],
)
def test_conditions_in_words(source: str, expected: str) -> None:
    assert condition_in_words(source, SPEAKER) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${a}", "A"),
        ("(${a} + 1) * 2", "(A plus 1) times 2"),
        ("if(${a} > 3, 'old', 'young')", "“old” if A is more than 3, otherwise “young”"),
        ("coalesce(${a}, 0)", "A, without an answer 0"),
        ("concat('Dr. ', ${a})", "“Dr. ” + A"),
        ("jr:choice-name(${a}, '${a}')", "A in words"),
        ("pulldata('towns', 'size', 'name', ${a})", "size from the table towns"),
        ("instance('towns')/root/item[name = ${a}]/size", "size from the table towns"),
        ("indexed-repeat(${a}, ${r}, 2)", "A of member 2"),
        ("sum(${a})", "the sum of A"),
        ("once(today())", "today"),
        ("round(${a} div 3, 1)", "(A divided by 3) rounded"),
        ("base64-decode(${a})", "base64-decode(${a})"),
        ("1 +", "1 +"),
    ],
)
def test_values_in_words(source: str, expected: str) -> None:
    assert value_in_words(source, SPEAKER) == expected


@pytest.mark.usefixtures("german")
def test_conditions_in_german() -> None:
    source = "${q1} = 'yes' and not(selected(${m2}, 'x'))"
    assert condition_in_words(source, SPEAKER) == "Q1 ist „Yes“ und M2 enthält nicht „X“"


def _shape(node: Node) -> list[tuple[object, ...]]:
    """A tree without its places."""
    return [
        (type(part), *(getattr(part, name, None) for name in ("value", "name", "operator", "operators", "levels")))
        for part in every(node)
    ]


@given(st.text(alphabet="${}ab().,'\"=<>!+-* 019andormodiv[]/:_", max_size=40))
@settings(max_examples=150, deadline=None)
def test_anything_has_words_and_is_written_as_it_was_read(source: str) -> None:
    try:
        node = parse(source)
    except ExpressionProblem:
        assert condition_in_words(source, SPEAKER) == source.strip()
        return
    assert isinstance(condition_in_words(source, SPEAKER), str)
    assert isinstance(value_in_words(source, SPEAKER), str)
    assert _shape(parse(written(node))) == _shape(node)


@pytest.mark.parametrize(
    "source",
    [
        "1 - (2 - 3)", "-(1 + 2) * 3", "(1 = 2) = 3", "1 = (2 = 3)", "${a} or ${b} and (${c} or .)", "2 * (3 * 4)",
        "instance('x')/root/item[name = ${a}][2]/col", "position(..)", "concat(\"it's\", 'a')", "--1", "(1 or 2) or 3",
    ],
)  # fmt: skip
def test_brackets_stand_where_they_are_needed(source: str) -> None:
    assert _shape(parse(written(parse(source)))) == _shape(parse(source))
