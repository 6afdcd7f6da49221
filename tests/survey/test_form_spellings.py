"""Forms as people write them: types and headings of other years, flags, defaults, and where findings then stand."""

from __future__ import annotations

import pytest

from cati.files.form_tables import with_tables
from cati.survey.authoring import Compiled, compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.item_types import read_type
from cati.survey.questionnaire import Item, Kind


def sheet(text: str) -> Sheet:
    """Return a sheet from a table with columns between bars."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    headings = tuple(lines[0])
    rows = (dict(zip(headings, line, strict=False)) for line in lines[1:])
    return Sheet(headings, tuple(Row(n, {k: v for k, v in row.items() if v}) for n, row in enumerate(rows, 2)))


def compiled(survey: str, choices: str = "", settings: str = "") -> Compiled:
    """Compile a form of these tables."""
    return compile_form(
        Form("tiny", sheet(survey), *(sheet(each) if each else Sheet() for each in (choices, settings)))
    )


def items(found: Compiled) -> dict[str, Item]:
    """Return the items of a form that runs."""
    assert found.questionnaire is not None, found.diagnostics
    return {item.name: item for item in found.questionnaire.items}


def codes(found: Compiled) -> list[tuple[str, int, str]]:
    """Return what was found, and where."""
    return [(one.code, one.row, one.column) for one in found.diagnostics]


YES_NO = "list_name | name | label\nyn | y | yes\nyn | n | no"


@pytest.mark.parametrize("word", ["get sim id", "sim id", "uri:simserial", "uri:subscriberid", "audit"])
def test_what_a_device_says_of_itself_stays_empty_without_a_word_and_needs_no_name(word: str) -> None:
    found = compiled(f"type | name | label\n{word} | | \ntext | q | Question?")
    assert [item.kind for item in items(found).values()] == [Kind.HIDDEN, Kind.TEXT]
    assert codes(found) == []


def test_old_types_bring_their_check_along() -> None:
    found = items(compiled("type | name | label | constraint\npercentage | p | How much? |\n"
                           "number of days in last month | d | How often? | . < 10\nphone number | t | Number? |"))  # fmt: skip
    assert (found["p"].kind, found["p"].minimum, found["p"].maximum) == (Kind.NUMBER, "0", "100")
    assert found["d"].constraint == ". < 10"
    assert found["t"].kind is Kind.TEXT
    assert found["t"].constraint.startswith("regex(")
    assert read_type("get phone number").kind is Kind.HIDDEN


def test_a_looped_group_is_a_repeat_and_osm_may_name_its_tags() -> None:
    found = compiled("type | name | label\nbegin looped group | g | G\ntext | q | Question?\nend looped group | |\n"
                     "osm tags | o | Where?")  # fmt: skip
    assert found.questionnaire is not None
    assert found.questionnaire.groups[0].repeat
    assert codes(found) == [("not_asked", 5, "type")]


@pytest.mark.parametrize(("written", "read"), [("TRUE", "true()"), ("Yes", "true()"), ("no", "false()")])
def test_a_bare_yes_or_no_is_a_condition(written: str, read: str) -> None:
    found = items(compiled(f"type | name | label | relevant\ntext | q | Question? |\ntext | r | Really? | {written}"))
    assert found["r"].relevant == read


def test_a_question_without_text_that_is_worked_out_is_a_calculation() -> None:
    found = compiled("type | name | label | calculation\ninteger | a | How many? |\ndecimal | b | | ${a} div 2")
    assert items(found)["b"].kind is Kind.CALCULATE
    assert codes(found) == []


@pytest.mark.parametrize("default", ["Other (specify)", "No. 3 (three)", "N/A (none)", "if (any)"])
def test_a_text_with_brackets_is_no_expression(default: str) -> None:
    found = compiled(f"type | name | label | default\ntext | q | Question? | {default}")
    assert items(found)["q"].default == default
    assert codes(found) == []


@pytest.mark.parametrize(("kind", "default"), [("integer", "1 + 2"), ("date", "decimal-date-time(today()) + 1"),
                                               ("date", "today() + 7"), ("integer", "-7"), ("date", "2022-03-14")])  # fmt: skip
def test_defaults_that_are_worked_out_are_no_misfits(kind: str, default: str) -> None:
    assert codes(compiled(f"type | name | label | default\n{kind} | q | Question? | {default}")) == []


def test_an_unknown_function_in_a_default_is_still_told() -> None:
    found = compiled("type | name | label | default\ndate | q | Question? | todya()")
    assert codes(found) == [("unknown_function", 2, "default")]


def test_a_point_that_the_device_takes_when_something_is_answered_is_no_idle_trigger() -> None:
    found = compiled("type | name | label | trigger\ntext | q | Question? |\nbackground-geopoint | p | | ${q}")
    assert codes(found) == []


def test_the_list_of_a_loop_and_of_a_ranges_ticks_are_used() -> None:
    lists = "list_name | name | label\nthing | car | Car\nthing | bus | Bus\ntick | 1 | little\ntick | 3 | much"
    found = compiled("type | name | label | parameters\nbegin loop over thing | l | Loop |\n"
                     "integer | n | How many %(label)s? |\nend loop | | |\n"
                     "range | r | How much? | start=1 end=3 tick_labelset=tick", lists)  # fmt: skip
    assert codes(found) == []


def test_findings_call_columns_as_the_author_does() -> None:
    found = compiled("type | name | bind::relevant | caption::English | Label::French (fr)\n"
                     "text | q | ${x} = 1 | Who? | Qui ?\ntext | r | | Who, ${z}? | Qui ?\ntext | s | | |")  # fmt: skip
    assert codes(found) == [
        ("unknown_reference", 2, "bind::relevant"),
        ("unknown_reference", 3, "caption::English"),
        ("no_text", 4, "caption::English"),
    ]


def test_a_missing_translation_names_the_heading_as_written() -> None:
    found = compiled("type | name | label | label::fr\ntext | q | Who? | Qui ?\ntext | r | Why? |")
    assert codes(found) == [("missing_translation", 3, "label::fr")]


def test_a_column_that_no_language_has_is_told_once() -> None:
    rows = "\n".join(f"text | q{n} | Who? | Qui ? | Ask!" for n in range(5))
    found = compiled(f"type | name | label::English (en) | label::French (fr) | hint\n{rows}")
    assert codes(found) == [("missing_translation", 2, "hint::French (fr)")]
    assert "5" in found.diagnostics[0].what


def test_choices_of_or_other_miss_their_translation_once() -> None:
    lists = "list_name | name | label::English (en) | label::French (fr)\nl | a | A | Ah\nl | b | B |"
    found = compiled(
        "type | name | label::English (en) | label::French (fr)\nselect_one l or_other | q | Q? | Q ?", lists
    )
    assert codes(found) == [("missing_translation", 3, "label::French (fr)")]


def test_everyday_words_are_the_authors_own_beside_the_proper_heading() -> None:
    lists = "list_name | value | name | label\nyn | 5 | y | yes\nyn | 7 | n | no"
    found = compiled("type | name | label | calculation\nselect_one yn | q | Question? |\n"
                     "calculate | c | | instance('yn')/root/item[name = ${q}]/value", lists)  # fmt: skip
    assert codes(found) == []
    assert found.questionnaire is not None
    assert [choice.name for choice in found.questionnaire.choice_lists["yn"]] == ["y", "n"]
    alone = compiled("type | value | label\nselect_one yn | q | Question?", YES_NO.replace("| name", "| value"))
    assert list(items(alone)) == ["q"]


def test_headings_with_a_question_mark_or_a_star_are_taken() -> None:
    found = items(compiled("type* | name* | *label | Required?\ntext | q | Question? | yes"))
    assert found["q"].required == "yes"


@pytest.mark.parametrize("kind", ["integer", "decimal", "text", "date"])
def test_having_any_answer_at_all_is_no_condition_that_never_holds(kind: str) -> None:
    found = compiled(f"type | name | label | relevant\n{kind} | q | Question? |\nnote | n | Thanks. | ${{q}} != ''")
    assert codes(found) == []


@pytest.mark.parametrize(
    "asked", ["'@javascript', 'a.js', 'f', ${q}", "'@geopoint', ${q}, 'x'", "'@layer', 'a', 'b', 'c', 'd', ${q}"]
)
def test_what_a_map_is_asked_stays_empty_and_is_no_table(asked: str) -> None:
    text = f"type | name | label | calculation\ntext | q | Question? |\ncalculate | c | | pulldata({asked})"
    found = compile_form(with_tables(Form("tiny", sheet(text), Sheet(), Sheet()), None))
    assert codes(found) == [("stays_empty", 3, "calculation")]


@pytest.mark.parametrize("written", ["-- part two --", "# Section", "SECTION TWO: income"])
def test_words_in_the_column_type_alone_are_a_remark(written: str) -> None:
    found = compiled(f"type | name | label\n{written} | |\ntext | q | Question?")
    assert codes(found) == [("remark_row", 2, "type")]


@pytest.mark.parametrize("written", ["end gruop", "begin_goup", "endrepeat"])
def test_a_slip_in_an_end_is_no_remark(written: str) -> None:
    assert ("unknown_type", 3, "type") in codes(compiled(f"type | name | label\ntext | q | Question?\n{written} | |"))


def test_names_that_differ_in_case_are_what_was_meant() -> None:
    found = compiled(
        "type | name | label | relevant\nselect_one YN | q | Question? |\ntext | r | Why? | ${Q} = 'y'", YES_NO
    )
    assert {one.code: one.do for one in found.diagnostics if one.code != "unused_list"} == {
        "no_choice_list": "Did you mean yn?",
        "unknown_reference": "Did you mean ${q}?",
    }


def test_a_language_behind_an_underscore_is_told_with_the_heading_that_was_meant() -> None:
    found = compiled("type | name | label | label_fr | hint German | label_Oromo (om) | label_short\n"
                     "text | q | Who? | Qui ? | x | z | y")  # fmt: skip
    assert [(one.code, one.column, one.do) for one in found.diagnostics if one.code == "misspelt_column"] == [
        ("misspelt_column", "label_fr", "Did you mean label::fr?"),
        ("misspelt_column", "hint German", "Did you mean hint::German?"),
        ("misspelt_column", "label_Oromo (om)", "Did you mean label::Oromo (om)?"),
    ]


@pytest.mark.parametrize("word", ["select one using yn", "select multiple from yn", "select multiple using yn"])
def test_old_words_for_choosing_name_their_list(word: str) -> None:
    assert codes(compiled(f"type | name | label\n{word} | q | Question?", YES_NO)) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${q} > 5 and ${q} < 9", ". > 5 and . < 9"),
        ("${ q } != ${r}", ". != ${r}"),
        ("count(instance('t')/root/item[name = ${q}]) = 0", "count(instance('t')/root/item[name = ${q}]) = 0"),
        ("string-length(${q}) < 4", "string-length(.) < 4"),
    ],
)
def test_a_check_that_names_its_own_question_means_the_answer_being_given(written: str, read: str) -> None:
    found = compiled(f"type | name | label | constraint\ntext | r | Before? |\ntext | q | Question? | {written}")
    assert items(found)["q"].constraint == read


def test_in_a_roster_a_check_may_look_at_all_members() -> None:
    found = compiled("type | name | label | constraint\nbegin_repeat | p | Person |\n"
                     "integer | q | Share? | sum(${q}) <= 100\ninteger | r | Age? | ${r} < 99\nend_repeat | | |")  # fmt: skip
    assert [item.constraint for item in items(found).values()] == ["sum(${q}) <= 100", ". < 99"]


def test_a_filter_of_answers_from_a_roster_looks_at_each_member() -> None:
    found = compiled("type | name | label | choice_filter\nbegin_repeat | p | Person |\ntext | who | Name? |\n"
                     "integer | age | Age? |\nend_repeat | | |\nselect_one ${who} | head | Who is it? | ${age} > 17")  # fmt: skip
    assert codes(found) == []


@pytest.mark.parametrize("filled", ["${q} = 'y' or 'n'", "selected(${q}, 'y') and (${q} = 'n' or 'z')"])
def test_a_value_between_or_is_no_comparison(filled: str) -> None:
    found = compiled(f"type | name | label | relevant\ntext | q | Question? |\ntext | r | Why? | {filled}")
    assert ("always_true", 3, "relevant") in codes(found)


def test_functions_that_name_a_question_want_it_in_quotation_marks() -> None:
    found = compiled("type | name | label | calculation\nselect_one yn | q | Question? |\n"
                     "calculate | c | | jr:choice-name(${q}, '${q}')", YES_NO)  # fmt: skip
    assert codes(found) == []


def test_a_star_makes_a_question_required() -> None:
    assert items(compiled("type | name | label | required\ntext | q | Question? | *"))["q"].required == "yes"


@pytest.mark.parametrize(("written", "meant"), [("number", "integer"), ("checkbox yn", "select_multiple"),
                                                ("multiple choice yn", "select_multiple"), ("Date and time", "datetime"),
                                                ("intger", "integer")])  # fmt: skip
def test_words_of_other_programs_are_answered_with_ours(written: str, meant: str) -> None:
    found = compiled(f"type | name | label\n{written} | q | Question?", YES_NO)
    assert [one.do for one in found.diagnostics if one.code == "unknown_type"] == [f"Did you mean {meant}?"]


def test_a_condition_on_what_the_telephone_leaves_out_is_told() -> None:
    found = compiled("type | name | label | relevant | disabled\ngeopoint | where | Where? | |\ntext | off | Off? | | yes\n"
                     "text | q | Question? | ${where} != '' |\ntext | r | Why? | ${off} = 'x' |")  # fmt: skip
    assert codes(found) == [("not_asked", 2, "type"), ("stays_empty", 4, "relevant"), ("stays_empty", 5, "relevant")]


def test_a_group_that_waits_for_its_own_question_is_named() -> None:
    found = compiled(
        "type | name | label | relevant\nbegin_group | g | Group | ${q} = 1\ninteger | q | Question? |\nend_group | | |"
    )
    assert codes(found) == [("circle", 2, "relevant")]
    assert found.diagnostics[0].what == "Whether g is asked depends on q, which is asked in it."


def test_a_choice_written_twice_alike_is_one_choice() -> None:
    found = compiled("type | name | label\nselect_one yn | q | Question?", f"{YES_NO}\nyn | n | no\nyn | |")
    assert [(one.code, one.row, one.severity.value) for one in found.diagnostics] == [
        ("duplicate_choice", 4, "warning"),
        ("choice_without_name", 5, "warning"),
    ]
    assert found.questionnaire is not None
    assert len(found.questionnaire.choice_lists["yn"]) == 2


def test_headings_that_stand_once_more_among_the_rows_are_a_remark() -> None:
    found = compiled("type | name | label\ntext | q | Question?\nType | name | label\ntext | r | Why?")
    assert codes(found) == [("remark_row", 3, "type")]


def test_an_external_list_is_another_than_the_list_of_its_name_and_its_headings_are_taken_as_written() -> None:
    inside = sheet("list_name | name | label::en\nl | 1 | One")
    outside = sheet("LIST NAME | Name | LABEL::EN | PART\nl | 7 | Seven | 1\nother | 8 | Eight | 1")
    survey = (
        "type | name | label::en | choice_filter\nselect_one l | q | Q? |\nselect_one_external l | r | R? | PART = ${q}"
    )
    found = compile_form(Form("tiny", sheet(survey), inside, Sheet(), {"external_choices": outside}))
    assert codes(found) == []
    assert found.questionnaire is not None
    lists = [found.questionnaire.choice_lists[item.choices] for item in found.questionnaire.items]
    assert [[(choice.name, choice.label) for choice in one] for one in lists] == [
        [("1", {"en": "One"})],
        [("7", {"en": "Seven"})],
    ]


def test_a_table_that_is_missing_is_not_the_list_of_its_name() -> None:
    found = compiled("type | name | label | calculation\nselect_one yn | q | Question? |\n"
                     "calculate | c | | pulldata('yn', 'size', 'key', ${q})", YES_NO)  # fmt: skip
    assert codes(found) == []


def test_a_loop_over_a_list_that_is_not_there_is_told_at_the_loop() -> None:
    found = compiled("type | name | label\nbegin loop over y_n | l | Loop\ninteger | n | How many?\nend loop | |\n"
                     "text | q | Question?\nbegin group part | g | Part\nselect_one yn | r | Really?\nend group | |", YES_NO)  # fmt: skip
    assert ("no_choice_list", 2, "type") in codes(found)
    assert [one.row for one in found.diagnostics if one.severity.value == "error"] == [2]


def test_marks_of_direction_are_no_part_of_names_and_stay_in_texts() -> None:
    found = compiled("\u200ftype | name\u200e | label::العربية (ar)\u200f | relevant\nselect_one yn\u200f | q\u200e | \u200fكم؟ |\n"
                     "text | r | لماذا؟ | ${q} = 'y'\u200e", "list_name | name | label::العربية (ar)\n\u202byn\u202c | y | نعم")  # fmt: skip
    assert codes(found) == []
    assert found.questionnaire is not None
    assert found.questionnaire.languages == ("ar",)
    assert items(found)["q"].label == {"ar": "\u200fكم؟"}


def test_a_number_may_be_compared_with_one_that_is_written_otherwise() -> None:
    found = compiled("type | name | label | relevant\ninteger | n | How many? |\ntext | q | Question? | ${n} = '02'")
    assert "unreachable" not in [one.code for one in found.diagnostics]
