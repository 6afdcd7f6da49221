"""Types of expressions, what does not go together in them, and the choices they name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.expression_types import CURRENT, ChoiceNamed, Type, choices_named, mismatches, type_of
from cati.survey.expressions import ExpressionProblem
from cati.survey.syntax import parse

TYPES = {
    "age": Type.NUMBER, "born": Type.DATE, "began": Type.TIME, "sex": Type.CHOICE, "news": Type.CHOICES,
    "name": Type.TEXT, "score": Type.UNKNOWN, CURRENT: Type.NUMBER,
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2", Type.NUMBER),
        ("-${age}", Type.NUMBER),
        ("${age} mod 2", Type.NUMBER),
        ("'a'", Type.TEXT),
        ("${sex}", Type.CHOICE),
        (".", Type.NUMBER),
        ("${age} > 3 and true()", Type.BOOLEAN),
        ("if(${age} > 3, 'a', 'b')", Type.TEXT),
        ("if(${age} > 3, 'a', 1)", Type.UNKNOWN),
        ("coalesce(${age}, 0)", Type.NUMBER),
        ("coalesce(${born}, '')", Type.DATE),
        ("once(today())", Type.DATE),
        ("now()", Type.DATETIME),
        ("concat(${age}, 'x')", Type.TEXT),
        ("randomize(${age})", Type.NODES),
        ("${unheard_of}", Type.UNKNOWN),
        ("county", Type.UNKNOWN),
        ("instance('x')/root/item[1]/a", Type.UNKNOWN),
        ("pulldata('a', 'b', 'c', 1)", Type.TEXT),
    ],
)
def test_what_type_an_expression_is(source: str, expected: Type) -> None:
    assert type_of(parse(source), TYPES) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${age} = 'yes'", [("number_with_text", 9)]),
        ("'yes' != ${age}", [("number_with_text", 0)]),
        ("${age} = '18' or ${age} = ''", []),
        ("${born} > '31.01.2020'", [("no_date", 10)]),
        ("${born} > '2020-01-31'", []),
        ("${born} < 18", [("date_with_number", 8)]),
        ("${born} = 18", [("date_with_number", 8)]),
        ("today() - ${born} > 6570", []),
        ("${born} > today() - 30", []),
        ("${began} > '9 Uhr'", [("no_date", 11)]),
        ("${began} > '09:00'", []),
        ("${news} = 'tv'", [("choices_compared", 8)]),
        ("${news} != 'tv'", [("choices_compared", 8)]),
        ("${news} = ''", []),
        ("${news} + 1", [("choices_counted", 0)]),
        ("2 * ${news}", [("choices_counted", 4)]),
        ("count-selected(${news}) + 1", []),
        ("selected(${news}, 'tv web')", [("several_choices", 18)]),
        ("selected(${news}, 'tv') = 'true'", [("condition_with_text", 26)]),
        ("selected(${age}, '1')", [("no_choices", 9)]),
        ("${name} > 5", [("text_counted", 0)]),
        ("'ten' * 2", [("text_counted", 0)]),
        ("${score} > 5", []),
        ("${sex} > 1", []),
        (". >= 18 and . <= 99", []),
        ("date('31.12.2020')", [("no_date", 5)]),
        ("date('2020-12-31')", []),
        ("format-date(today(), '%d.%m.%Y')", []),
        ("format-date(today(), '%d. %B')", [("date_format", 21)]),
        ("regex(., '[a-z')", [("pattern", 9)]),
        ("regex(., '[a-z]+')", []),
    ],
)
def test_what_does_not_go_together(source: str, expected: list[tuple[str, int]]) -> None:
    assert [(fault.code, fault.at) for fault in mismatches(parse(source), TYPES)] == expected


def test_every_mismatch_says_what_to_do() -> None:
    for source in ("${age} = 'a'", "${born} < 1", "${news} * 2", "${news} = 'a'", "regex(., '[')", "${name} < 3"):
        (fault,) = mismatches(parse(source), TYPES)
        assert fault.what.endswith(".")
        assert fault.do


def test_choices_are_named_with_their_question() -> None:
    source = "${sex} = '1' and not(selected(${news}, 'tv')) or selected-at(., 0) = 'x' and ${age} = '' and 2 = ${sex}"
    assert choices_named(parse(source)) == [
        ChoiceNamed("sex", "1", 9),
        ChoiceNamed("news", "tv", 39),
        ChoiceNamed(".", "x", 69),
        ChoiceNamed("sex", "2", 93),
    ]


@given(st.text(alphabet="${}abs().,'\"=<>!+-* 019andormodiv[]/:_", max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_expression_that_reads_has_a_type(source: str) -> None:
    try:
        node = parse(source)
    except ExpressionProblem:
        return
    assert type_of(node, TYPES) in Type
    assert isinstance(mismatches(node, TYPES), list)
    assert isinstance(choices_named(node), list)
