"""What is said about a form beyond its faults: traps are found where they are, and nothing is said where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.places import shipped_questionnaires
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet

LISTS = (
    *({"list_name": "yn", "name": name, "label": name} for name in ("y", "n")),
    *({"list_name": "codes", "name": name, "label": name} for name in ("1", "2", "3")),
    {"list_name": "many", "name": "a", "label": "A"},
    {"list_name": "many", "name": "b", "label": "B"},
    {"list_name": "many", "name": "none", "label": "None", "cati_exclusive": "yes"},
)


def sheet(rows: Iterable[Mapping[str, str]]) -> Sheet:
    kept = list(rows)
    return Sheet(
        tuple(dict.fromkeys(key for row in kept for key in row)), tuple(Row(n, r) for n, r in enumerate(kept, 2))
    )


def q(name: str, type_: str = "text", **cells: str) -> dict[str, str]:
    return {"type": type_, "name": name, "label": "Question?", **cells}


def codes(*rows: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return code and row of everything but unused lists."""
    found = compile_form(Form("f", sheet(rows), sheet(LISTS), Sheet())).diagnostics
    return [(one.code, one.row) for one in found if one.code != "unused_list"]


ASKED = (q("one", "select_one yn"), q("code", "select_one codes"), q("some", "select_multiple many"),
         q("age", "integer", constraint=". >= 0 and . <= 120"), q("name"))  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    [
        "${code} = 2", "${code} = '2'", "${code} > 2", "2 = ${code}", "${code} >= 1 and ${code} < 3",
        "selected(${some}, 'a') and not(selected(${some}, 'b'))", "selected(${some}, 'a') and selected(${some}, 'b')",
        "${age} > 17 and ${age} < 19", "${age} = 17 or ${age} = 18", "${one} = 'y' or false()",
        "answered(${one}) and ${one} != 'y'", "${one} != '' and ${one} != 'y'", "not(${one} = 'y') or not(answered(${one}))",
        "${code} != 1 and ${code} > 0", "not(is_refused(${one})) and ${one} != 'y'", "${name} = 'x' and ${age} = 1",
        "${one} = 'y' and not(${age} > 3 and ${age} < 2) and answered(${age})", "count-selected(${some}) > 1",
        "${age} > ${code}", "${name} = 'null' or ${name} = null", "coalesce(${one}, 'n') != 'y'", "",
    ],
)  # fmt: skip
def test_nothing_is_said_of_conditions_that_can_hold(condition: str) -> None:
    assert codes(*ASKED, q("z", relevant=condition)) == []


@pytest.mark.parametrize(
    "condition",
    [
        "false()", "1 = 2", "''", "0", "not(true())", "${code} = 1 and ${code} = 2", "${code} > 3", "${age} > 120",
        "${age} > 17 and ${age} < 18", "selected(${some}, 'a') and selected(${some}, 'none')",
        "selected(${some}, 'a') and not(selected(${some}, 'a'))", "answered(${one}) and ${one} = ''",
        "${one} = 'y' and (${one} = 'n' or is_dk(${one}))", "${name} = 'x' and ${name} = 'y'",
        "if(${one} = 'y', ${one} = 'n', false())",
    ],
)  # fmt: skip
def test_conditions_that_never_hold_are_found(condition: str) -> None:
    assert codes(*ASKED, q("z", relevant=condition)) == [("unreachable", 7)]


def test_a_question_is_unreachable_by_its_group_and_by_the_question_it_asks_about() -> None:
    group = {"type": "begin_group", "name": "g", "relevant": "${one} = 'y'"}
    end = {"type": "end_group"}
    assert codes(q("one", "select_one yn"), group, q("z", relevant="${one} = 'n'"), end) == [("unreachable", 4)]
    asked = (q("one", "select_one yn"), q("two", "select_one yn", relevant="${one} = 'y'"))
    assert codes(*asked, q("z", relevant="${one} = 'n' and ${two} = 'y'")) == [("unreachable", 4)]
    assert codes(*asked, q("z", relevant="${one} = 'y' and ${two} = 'y'")) == []


def test_a_group_that_is_never_asked_is_told_once() -> None:
    rows = ({"type": "begin_group", "name": "g", "relevant": "1 = 2"}, q("a"), q("b"), {"type": "end_group"}, q("c"))
    assert codes(*rows) == [("unreachable", 2)]


@pytest.mark.parametrize("condition", ["${one} != 'y'", "not(${one} = 'y')", "not(selected(${some}, 'a'))",
                                       "${age} != 0", "${code} = 1 or ${one} != 'y'", "not(${age} > 17)"])  # fmt: skip
def test_conditions_that_hold_in_silence_are_found(condition: str) -> None:
    assert codes(*ASKED, q("z", relevant=condition)) == [("true_when_empty", 7)]


def test_the_group_around_may_have_made_sure_of_an_answer() -> None:
    group = {"type": "begin_group", "name": "g", "relevant": "answered(${one})"}
    assert codes(q("one", "select_one yn"), group, q("z", relevant="${one} != 'y'"), {"type": "end_group"}) == []


def test_a_check_is_never_asked_of_an_empty_answer() -> None:
    assert codes(q("a", "integer", constraint=". != 0"), q("b", constraint="not(. = 'x')")) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (q("a", "integer", constraint=". > 3 and . < 4"), "never_satisfied"),
        (q("a", "decimal", constraint=". > 3 and . < 4"), ""),
        (q("a", "select_multiple many", constraint="selected(., 'a') and selected(., 'none')"), "never_satisfied"),
        (q("a", "select_multiple many", constraint="not(selected(., 'none') and count-selected(.) > 1)"), ""),
        (q("a", "integer", constraint=". > ${b} and . < ${b}"), ""),
        (q("a", "integer", cati_soft=". < 5 and . > 7", cati_soft_message="Sure?"), "never_satisfied"),
        (q("a", "range", parameters="start=0 end=10", constraint=". < 3 or . > 5"), ""),
        (q("a", "integer", default="130", constraint=". <= 120"), "bad_default"),
        (q("a", "integer", default="today()"), ""),
        (q("a", "select_multiple many", default="a b"), ""),
        (q("a", "select_multiple many", default="a c"), "bad_default"),
        (q("a", "date", default="2026-02-31"), "bad_default"),
        (q("a", default="x", constraint="regex(., '[0-9]+')"), "bad_default"),
    ],
)
def test_checks_and_defaults(row: dict[str, str], code: str) -> None:
    assert codes(q("b", "integer"), row) == ([(code, 3)] if code else [])


def test_rosters_see_their_own_questions_and_those_of_other_members() -> None:
    begin, end = {"type": "begin_repeat", "name": "r", "label": "Person"}, {"type": "end_repeat"}
    before = q("last", "calculate", calculation="indexed-repeat(${age}, ${r}, position(..) - 1)", label="")
    own = q("z", relevant="${last} > 3 and sum(${age}) > 10 and ${age} > 1")
    assert codes(begin, before, q("age", "integer"), own, end) == []
    assert codes(begin, q("age", "integer"), end, q("z", relevant="sum(${age}) > 3 and count(${r}) > 1")) == []
    assert codes(begin, q("age", "integer"), end, q("z", relevant="${age} > 3")) == [("first_member", 5)]
    itself = q("x", "calculate", calculation="indexed-repeat(${x}, ${r}, position(..) - 1) + 1", label="")
    assert codes(begin, itself, q("age", "integer"), end) == []


def test_a_roster_as_long_as_its_own_question_says_is_a_circle_and_one_that_grows_is_none() -> None:
    end = {"type": "end_repeat"}
    asked = q("more", "select_one yn")
    begin = {"type": "begin_repeat", "name": "r", "label": "Person", "repeat_count": "${more}"}
    assert codes(begin, asked, end) == [("circle", 2)]
    growing = {**begin, "repeat_count": "if(count-if(${r}, ${more} = 'n') = 0, count(${r}) + 1, count(${r}))"}
    assert codes(growing, asked, end) == []


def test_what_stands_on_one_screen_or_says_what_silence_means_may_look_ahead() -> None:
    assert codes(q("a", relevant="${b} = 1"), q("b", "integer")) == [("forward_reference", 2)]
    assert codes(q("a", relevant="not(answered(${b}))"), q("b", "integer")) == []
    screen = {"type": "begin_group", "name": "g", "appearance": "field-list"}
    assert codes(screen, q("a", relevant="${b} = 1"), q("b", "integer"), {"type": "end_group"}) == []
    assert codes(q("c", "calculate", calculation="${b} + 1", label=""), q("b", "integer")) == []
    assert codes(q("a", label="And ${b}?"), q("b", "integer")) == [("forward_reference", 2)]


def test_a_name_of_a_cell_that_is_not_compiled_is_checked_too() -> None:
    assert codes({"type": "begin_repeat", "name": "r", "label": "R", "repeat_count": "${x}"}, q("a"),
                 {"type": "end_repeat"}) == [("unknown_reference", 2)]  # fmt: skip
    assert codes(q("a"), q("b", "calculate", label="", calculation="1", trigger="${x}")) == [("unknown_reference", 3)]
    assert codes(q("a", "select_one ${x}")) == [("unknown_reference", 2)]
    assert codes(q("a", required="yes", required_message="Ask ${x}.")) == [("unknown_reference", 2)]
    assert codes(q("a", default="${last-saved#a}")) == [("stays_empty", 2)]


def test_a_long_list_is_told_once_with_all_its_rows() -> None:
    rows = (q("a", "select_one l"), q("b", "select_one l"), q("c", "select_one l", hint="Read out."))
    listed = [{"list_name": "l", "name": f"c{n}", "label": f"C {n}"} for n in range(9)]
    found = compile_form(Form("f", sheet(rows), sheet(listed), Sheet())).diagnostics
    assert [(one.code, one.row) for one in found] == [("long_list", 2)]
    assert "3" in found[0].what


def test_a_list_of_thousands_is_checked_in_a_moment_and_rightly() -> None:
    rows = [q("a", "select_one l"), q("b", relevant="${a} = 'c19999'"), q("c", relevant="${a} = 'x'")]
    listed = [{"list_name": "l", "name": f"c{n}", "label": f"C {n}"} for n in range(20_000)]
    found = compile_form(Form("f", sheet(rows), sheet(listed), Sheet())).diagnostics
    assert [(one.code, one.row) for one in found] == [("not_in_list", 4)]


@pytest.mark.parametrize("path", sorted(shipped_questionnaires().rglob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_to_be_said_of_the_shipped_questionnaires(path) -> None:
    assert [one for one in read_questionnaire(path, path.name).diagnostics if one.severity != "note"] == []


def test_a_form_of_groups_alone_is_no_fault_of_the_checks() -> None:
    rows = ({"type": "begin_repeat", "name": "r", "label": "R", "repeat_count": "${r}"}, {"type": "end_repeat"})
    assert {code for code, _row in codes(*rows)} == {"nothing_asked"}


def test_a_text_of_digits_may_be_counted_with() -> None:
    counted = q("b", "calculate", label="", calculation="${a} + 1")
    assert codes(q("a", appearance="numbers"), counted) == []
    assert codes(q("a"), counted) == [("text_counted", 3)]
