"""The expression dialect: what it works out, what it refuses and where, and the stored cases of other engines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.expressions import ExpressionProblem, compile_expression
from cati.survey.functions import as_boolean, as_number, as_text


class Answers:
    """A scope with fixed answers."""

    def __init__(self, values: dict[str, str] | None = None, current: str = "") -> None:
        self.values = values or {}
        self._current = current

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def nodes(self, name: str) -> tuple[str, ...]:
        return (self.values[name],) if name in self.values else ()

    def position(self, up: int) -> float:
        return float(up)

    def position_of(self, _name: str) -> float:
        return 1.0

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        return f"{name} of {places}"

    def table(self, _name: str) -> tuple[dict[str, str], ...]:
        return ()

    def status(self, name: str) -> str:
        return "answered" if self.values.get(name) else "dk"

    def label(self, _name: str, choice: str) -> str:
        return f"label of {choice}"

    def current(self) -> str:
        return self._current

    def column(self, name: str) -> str:
        return {"county": "north"}.get(name, "")

    def call(self, name: str, _arguments: list[object]) -> str:
        return {"today": "2026-07-01"}.get(name, "")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("7 mod 3", "1"),
        ("1 div 0", "Infinity"),
        ("${age} >= 18", "true"),
        ("${age} = '44'", "true"),
        ("${age} = 44", "true"),
        ("${nothing} = ''", "true"),
        ("${nothing} != 'x'", "true"),
        ("${nothing} < 5", "false"),
        ("selected(${news}, 'tv')", "true"),
        ("selected(${news}, 't')", "false"),
        ("not(selected(${news}, 'none'))", "true"),
        ("count-selected(${news})", "2"),
        ("if(${age} > 40, 'old', 'young')", "old"),
        ("coalesce(${nothing}, 'none')", "none"),
        ("answered(${age}) and is_dk(${nothing})", "true"),
        ("jr:choice-name(${age}, '${age}')", "label of 44"),
        ("county = 'north'", "true"),
        ("concat('a', 1, true())", "a1true"),
        ("round(2.5)", "3"),
        ("${a} or ${b} or ${age}", "true"),
        ("“a” = 'a'", "true"),
        ("today() > '2026-06-30'", "true"),
        ("regex('12345', '[0-9]{5}')", "true"),
        ("substr('abc', 1 div 0)", ""),
    ],
)
def test_what_expressions_come_to(source: str, expected: str) -> None:
    scope = Answers({"age": "44", "news": "tv web"})
    assert compile_expression(source).text(scope) == expected


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("1 +", 3),
        ("${a} = = 1", 7),
        ("selected(${a})", 0),
        ("nosuch(1)", 0),
        ("(1", 2),
        ("1 # 2", 1),
        ("answered('x')", 9),
    ],
)
def test_what_cannot_be_read_names_its_place(source: str, position: int) -> None:
    with pytest.raises(ExpressionProblem) as caught:
        compile_expression(source)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("source", "position", "says"),
    [
        ("${a} == 1", 6, "single ="),
        ("${a} && ${b}", 4, "and"),
        ("${a} AND ${b}", 5, "and"),
        ("${a} || ${b}", 5, "or"),
        ("not ${a}", 4, "not(…)"),
        ("!${a}", 0, "not(…)"),
        ("${a} <> 1", 6, "!="),
        ("${a} => 1", 6, "order"),
        ("${a} > = 1", 7, "space"),
        ("${a} / 2", 5, "div"),
        ("5 % 2", 1, "mod"),
        ("{a} = 1", 0, "${name}"),
        ("${a} = 'x", 6, "quotation"),
        ("if(${a}; 1; 2)", 7, "commas"),
        ("selected(${a} 'x')", 14, "commas"),
        ("1)", 1, "bracket"),
    ],
)
def test_other_notations_are_told_what_it_is_here(source: str, position: int, says: str) -> None:
    with pytest.raises(ExpressionProblem) as caught:
        compile_expression(source)
    assert (caught.value.position, caught.value.code) == (position, "expression")
    assert says in caught.value.do


def test_a_slip_in_a_function_is_told_with_the_right_name() -> None:
    with pytest.raises(ExpressionProblem, match="selected"):
        compile_expression("seleted(${a}, 'x')")


@pytest.mark.parametrize(
    "source", ["(" * 500 + "1" + ")" * 500, "=".join("1" * 900), "../" * 3000 + "a", "-" * 900 + "1"]
)
def test_nesting_beyond_any_form_is_refused_not_crashed(source: str) -> None:
    with pytest.raises(ExpressionProblem):
        compile_expression(source)


def test_long_chains_are_worked_out() -> None:
    scope = Answers({"a": "800"})
    assert compile_expression(" or ".join(f"${{a}} = {n}" for n in range(801))).boolean(scope)
    assert compile_expression(" + ".join("1" * 1500)).text(scope) == "1500"


def test_references_are_listed_once_in_order() -> None:
    assert compile_expression("${b} > ${a} and ${b} < 3").references == ("b", "a")


@given(st.text(alphabet="${}ab().,'\"=<>!+-* 019andormodiv[]/:_", max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_expression_or_a_problem(source: str) -> None:
    try:
        expression = compile_expression(source)
    except ExpressionProblem:
        return
    assert isinstance(expression.text(Answers({"a": "1", "b": "x"})), str)
    assert isinstance(expression.boolean(Answers()), bool)


@given(st.floats())
def test_numbers_survive_being_written(number: float) -> None:
    read = as_number(as_text(number))
    if math.isfinite(number) and 1e-4 <= abs(number) < 1e15:
        assert read == pytest.approx(number, rel=1e-14)
    assert as_boolean(number) is (abs(number) > 1e-12 and not math.isnan(number))
