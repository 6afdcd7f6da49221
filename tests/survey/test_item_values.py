"""What an item's text counts as in conditions and comparisons: a number, a truth, or a text that looks like one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from cati.survey.answers import SKIPPED, Answer
from cati.survey.questionnaire import Questionnaire

if TYPE_CHECKING:
    from conftest import Walk

CHOICES = [
    {"list_name": "l", "name": "0", "label": "none"},
    {"list_name": "l", "name": "02", "label": "two"},
]


def path_of(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk], rows: list[Mapping[str, str]], **answers: str
) -> tuple[str, ...]:
    """Return the path of a form whose first rows are a number n, a decimal d, a choice c and a text t."""
    first = [
        {"type": "integer", "name": "n", "label": "n"},
        {"type": "decimal", "name": "d", "label": "d"},
        {"type": "select_one l", "name": "c", "label": "c"},
        {"type": "text", "name": "t", "label": "t"},
    ]
    under_way = walk(form([*first, *rows], CHOICES))
    for name in ("n", "d", "c", "t"):
        under_way.answer(name, Answer(value=answers[name]) if name in answers else SKIPPED)
    return tuple(name for name in under_way.state.path if name not in ("n", "d", "c", "t"))


def asked(name: str, relevant: str) -> Mapping[str, str]:
    return {"type": "text", "name": name, "label": name, "relevant": relevant}


@pytest.mark.parametrize(
    ("condition", "answers", "holds"),
    [
        ("${n}", {"n": "0"}, False),
        ("${n}", {"n": "3"}, True),
        ("${d}", {"d": "0"}, False),
        ("not(${n})", {"n": "0"}, True),
        ("not(${n})", {}, True),
        ("boolean(${n})", {"n": "0"}, False),
        ("if(${n}, true(), false())", {"n": "0"}, False),
        ("${n} and ${d}", {"n": "0", "d": "1"}, False),
        ("${n} or ${d}", {"n": "0", "d": "1"}, True),
        ("${c}", {"c": "0"}, True),
        ("${t}", {"t": "0"}, True),
        ("checklist(1, -1, ${n}, ${d})", {"n": "0", "d": "0"}, False),
        ("checklist(1, -1, ${n}, ${c})", {"n": "0", "c": "0"}, True),
        ("weighted-checklist(2, 9, ${n}, 5, ${c}, 1)", {"n": "0", "c": "0"}, False),
    ],
)
def test_zero_is_false_as_a_number_and_true_as_a_text(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk], condition: str, answers: dict[str, str], holds: bool
) -> None:
    assert path_of(form, walk, [asked("q", condition)], **answers) == (("q",) if holds else ())


@pytest.mark.parametrize(
    ("condition", "answers", "holds"),
    [
        ("${n} = '02'", {"n": "2"}, True),
        ("${n} != '2.0'", {"n": "2"}, False),
        ("'2.00' = ${d}", {"d": "2"}, True),
        ("${t} = '02'", {"t": "2"}, False),
        ("${n} = ${c}", {"n": "2", "c": "02"}, True),
        ("${t} = ${c}", {"t": "2", "c": "02"}, False),
        ("${n} != ${c}", {"n": "2", "c": "02"}, False),
        ("${n} = ${d}", {}, True),
        ("${n} = ${c}", {"c": "0"}, False),
    ],
)
def test_a_number_is_compared_as_one_however_the_text_is_written(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk], condition: str, answers: dict[str, str], holds: bool
) -> None:
    assert path_of(form, walk, [asked("q", condition)], **answers) == (("q",) if holds else ())


def test_what_is_worked_out_keeps_its_type(form: Callable[..., Questionnaire], walk: Callable[..., Walk]) -> None:
    rows = [
        {"type": "calculate", "name": "number", "calculation": "if(${n} > 5, 1, 0)"},
        {"type": "calculate", "name": "text", "calculation": "string(0)"},
        {"type": "calculate", "name": "truth", "calculation": "${n} > 5"},
        asked("by_number", "${number}"),
        asked("by_text", "${text}"),
        asked("by_truth", "${truth}"),
        asked("not_truth", "not(${truth})"),
        asked("counted", "number(${truth}) = 1 and int(${truth}) + 1 = 2"),
        asked("odd", "${number} = '1.0'"),
        {"type": "begin_group", "name": "g", "label": "g", "relevant": "${number}"},
        {"type": "text", "name": "inside", "label": "inside"},
        {"type": "end_group"},
        {"type": "begin_group", "name": "h", "label": "h", "relevant": "${truth}"},
        {"type": "text", "name": "within", "label": "within"},
        {"type": "end_group"},
    ]
    assert path_of(form, walk, rows, n="1") == ("by_text", "not_truth")
    assert path_of(form, walk, rows, n="6") == (
        "by_number", "by_text", "by_truth", "counted", "odd", "inside", "within",
    )  # fmt: skip


def test_a_check_reads_the_value_at_hand_as_a_number(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk]
) -> None:
    under_way = walk(form([{"type": "integer", "name": "n", "label": "n", "constraint": "if(., true(), false())"}]))
    under_way.answer("n", Answer(value="0"))
    assert under_way.state.refusal is not None
    under_way.answer("n", Answer(value="4"))
    assert under_way.state.refusal is None


def test_what_is_handed_on_keeps_its_type(form: Callable[..., Questionnaire], walk: Callable[..., Walk]) -> None:
    rows = [
        {"type": "calculate", "name": "number", "calculation": "coalesce(${n}, 7)"},
        {"type": "calculate", "name": "again", "calculation": "if(${t} = 'x', ${number}, ${c})"},
        {"type": "calculate", "name": "truth", "calculation": "${n} > 5"},
        {"type": "calculate", "name": "same", "calculation": "${truth}"},
        {"type": "calculate", "name": "first", "calculation": "once(${n})"},
        asked("by_number", "${number}"),
        asked("by_again", "${again}"),
        asked("by_same", "${same}"),
        asked("by_if", "if(${t} = 'x', ${truth}, ${c})"),
        asked("by_first", "${first}"),
        asked("is_false", "${n} = false()"),
    ]
    assert path_of(form, walk, rows, n="0", c="0", t="x") == ("is_false",)
    assert path_of(form, walk, rows, n="0", c="0", t="y") == ("by_again", "by_if", "is_false")


@pytest.mark.parametrize(("answer", "holds"), [("false", True), ("", False), ("0", True)])
def test_a_word_that_was_typed_is_no_condition_that_was_worked_out(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk], answer: str, holds: bool
) -> None:
    answers = {"t": answer} if answer else {}
    assert path_of(form, walk, [asked("q", "${t}")], **answers) == (("q",) if holds else ())


@pytest.mark.parametrize(
    ("condition", "n", "holds"),
    [
        ("${truth} = ''", "1", True),
        ("${truth} = ''", "9", False),
        ("${truth} != ''", "1", False),
        ("${truth} = 'yes'", "9", True),
        ("${truth} = 'false'", "1", True),
        ("${truth} = 'true'", "9", True),
        ("${truth} = 'false'", "9", False),
        ("${truth} = ${t}", "9", True),
        ("${truth} = 0 + 1", "9", True),
        ("1 - 1 = ${truth}", "9", False),
        ("sqrt(${truth}) = 1", "9", True),
        ("join('-', ${n}, ${nowhere}, ${t}) = '9--any word'", "9", True),
    ],
)
def test_a_condition_that_was_worked_out_is_compared_as_one(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk], condition: str, n: str, holds: bool
) -> None:
    rows = [
        {"type": "calculate", "name": "truth", "calculation": "${n} > 5"},
        {"type": "calculate", "name": "nowhere", "calculation": "1", "relevant": "false()"},
        asked("q", condition),
    ]
    assert path_of(form, walk, rows, n=n, t="any word") == (("q",) if holds else ())


def test_a_number_is_found_in_a_table_however_the_cell_is_written(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk]
) -> None:
    rows = [
        {"type": "calculate", "name": "by_number", "calculation": "instance('l')/root/item[name = ${n}]/label"},
        {"type": "calculate", "name": "by_text", "calculation": "instance('l')/root/item[name = ${t}]/label"},
        asked("found", "${by_number} = 'two'"),
        asked("missed", "${by_text} = ''"),
        {"type": "select_one l", "name": "filtered", "label": "?", "choice_filter": "name = ${n}"},
    ]
    under_way = walk(form([
        {"type": "integer", "name": "n", "label": "n"}, {"type": "text", "name": "t", "label": "t"}, *rows,
    ], CHOICES))  # fmt: skip
    under_way.answer("n", Answer(value="2"))
    under_way.answer("t", Answer(value="2"))
    assert under_way.state.path == ("n", "t", "found", "missed", "filtered")
    under_way.answer("filtered", Answer(value="02"))
    assert under_way.state.refusal is None


def test_a_question_for_a_whole_number_keeps_no_fraction(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk]
) -> None:
    under_way = walk(form([
        {"type": "integer", "name": "preset", "label": "?", "default": "7 div 2 + 0"},
        {"type": "integer", "name": "made", "label": "?", "calculation": "${t} * -1.5"},
        {"type": "decimal", "name": "exact", "label": "?", "calculation": "${t} * -1.5"},
        {"type": "integer", "name": "t", "label": "?"},
        {"type": "integer", "name": "set", "label": "?", "trigger": "${t}", "calculation": "${t} div 2"},
        {"type": "calculate", "name": "once", "calculation": "once(${t} div 2)"},
    ]))  # fmt: skip
    assert under_way.state.scope.value("once") == ""
    under_way.answer("t", Answer(value="3"))
    found = {name: under_way.state.scope.value(name) for name in ("preset", "made", "exact", "set", "once")}
    assert found == {"preset": "3", "made": "-4", "exact": "-4.5", "set": "1", "once": "1.5"}
    under_way.answer("t", Answer(value="5"))
    assert under_way.state.scope.value("once") == "1.5"
