"""Rosters: counted and free, one inside another, seen from inside and from outside, and how they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from cati.survey.answers import SKIPPED, Answer, Status
from cati.survey.form_tables import table_choices
from cati.survey.interview import EventKind, export_answers, overview, replay
from cati.survey.pass_values import MOST_TOGETHER
from cati.survey.program import program_of
from cati.survey.questionnaire import Questionnaire

if TYPE_CHECKING:
    from conftest import Walk

Rows = list[Mapping[str, str]]


def q(name: str, type_: str = "text", **more: str) -> Mapping[str, str]:
    return {"type": type_, "name": name, "label": more.pop("label", f"{name}?"), **more}


def begin(name: str, block: str = "repeat", **more: str) -> Mapping[str, str]:
    return {"type": f"begin_{block}", "name": name, "label": more.pop("label", name), **more}


def end(block: str = "repeat") -> Mapping[str, str]:
    return {"type": f"end_{block}"}


@pytest.fixture
def children(form: Callable[..., Questionnaire]) -> Questionnaire:
    return form([
        q("n", "integer"),
        begin("child", repeat_count="${n}"),
        q("name"),
        q("age", "integer", label="How old is ${name}?"),
        q("school", relevant="${age} > 5", label="Which school does number ${place} go to?"),
        {"type": "calculate", "name": "place", "calculation": "position(..)"},
        end(),
        {"type": "calculate", "name": "sum", "calculation": "sum(${age})"},
        {"type": "calculate", "name": "all", "calculation": "join(', ', ${name})"},
        {"type": "calculate", "name": "how_many", "calculation": "count(${child})"},
        {"type": "calculate", "name": "second", "calculation": "indexed-repeat(${name}, ${child}, 2)"},
        q("oldest", "note", label="${sum} ${all} ${how_many} ${second}"),
    ])  # fmt: skip


def test_a_counted_roster_is_asked_once_a_member(walk: Callable[..., Walk], children: Questionnaire) -> None:
    under_way = walk(children)
    under_way.answer("n", Answer(value="2"))
    assert under_way.state.path == ("n", "name@1", "age@1", "name@2", "age@2", "oldest")
    under_way.answer("name@1", Answer(value="Ada"))
    assert under_way.state.screen is not None
    assert under_way.state.screen.questions[0].text == "How old is Ada?"
    under_way.answer("age@1", Answer(value="7"))
    assert under_way.state.screen.questions[0].text == "Which school does number 1 go to?"
    under_way.answer("school@1", SKIPPED)
    under_way.answer("name@2", Answer(value="Ben"))
    under_way.answer("age@2", Answer(value="3"))
    assert "school@2" not in under_way.state.path
    assert under_way.state.screen.questions[0].text == "10 Ada, Ben 2 Ben"


def test_fewer_members_set_answers_aside_and_more_bring_them_back(
    walk: Callable[..., Walk], children: Questionnaire
) -> None:
    under_way = walk(children)
    under_way.answer("n", Answer(value="2"))
    for address, value in (("name@1", "Ada"), ("age@1", "3"), ("name@2", "Ben"), ("age@2", "4")):
        under_way.answer(address, Answer(value=value))
    under_way.act(EventKind.JUMPED, item="n")
    under_way.answer("n", Answer(value="1"))
    assert "name@2" not in under_way.state.path
    assert export_answers(children, under_way.state)["sum"].value == "3"
    under_way.act(EventKind.JUMPED, item="n")
    under_way.answer("n", Answer(value="2"))
    assert under_way.state.unanswered == ("name@2", "age@2")
    assert {line.address: line.answer for line in overview(children, under_way.state)}["name@2"] == "Ben"


@pytest.mark.parametrize("count", ["0", "-3"])
def test_a_count_of_nobody_asks_nothing(walk: Callable[..., Walk], children: Questionnaire, count: str) -> None:
    under_way = walk(children)
    under_way.answer("n", Answer(value=count))
    assert under_way.state.path == ("n", "oldest")


def test_a_count_that_was_not_answered_asks_nothing(walk: Callable[..., Walk], children: Questionnaire) -> None:
    under_way = walk(children)
    under_way.answer("n", SKIPPED)
    assert under_way.state.path == ("n", "oldest")


@pytest.fixture
def household(form: Callable[..., Questionnaire]) -> Questionnaire:
    return form([
        begin("person"),
        q("first"),
        begin("job"),
        q("firm", label="Where does ${first} work?"),
        end(),
        end(),
        q("thanks", "note"),
    ])  # fmt: skip


def test_members_come_go_and_keep_their_numbers(walk: Callable[..., Walk], household: Questionnaire) -> None:
    under_way = walk(household)
    assert under_way.state.path == ("first@1", "firm@1.1", "job+@1", "person+", "thanks")
    under_way.answer("first@1", Answer(value="Ada"))
    under_way.answer("firm@1.1", Answer(value="Mill"))
    under_way.act(EventKind.MEMBER_ADDED, item="job+@1")
    assert under_way.state.cursor == "firm@1.2"
    under_way.answer("firm@1.2", Answer(value="Bank"))
    under_way.act(EventKind.WENT_FORWARD)
    under_way.act(EventKind.MEMBER_ADDED, item="person+")
    assert under_way.state.cursor == "first@2"
    under_way.answer("first@2", Answer(value="Ben"))
    under_way.act(EventKind.MEMBER_REMOVED, item="firm@1.1")
    assert under_way.state.path[:3] == ("first@1", "firm@1.2", "job+@1")
    under_way.act(EventKind.MEMBER_ADDED, item="job+@1")
    assert under_way.state.cursor == "firm@1.3"  # an id is never given twice
    exported = export_answers(household, under_way.state)
    assert exported["firm@1.1"].value == "Bank"
    assert exported["firm@1.2"].status is Status.NOT_ASKED
    under_way.act(EventKind.MEMBER_REMOVED, item="first@1")
    assert not any(address.endswith(("@1", "@1.2", "@1.3")) for address in under_way.state.answers)
    assert export_answers(household, under_way.state)["first@1"].value == "Ben"


def test_replaying_a_roster_gives_the_same_state(walk: Callable[..., Walk], household: Questionnaire) -> None:
    under_way = walk(household)
    under_way.answer("first@1", Answer(value="Ada"))
    under_way.act(EventKind.MEMBER_ADDED, item="person+")
    under_way.act(EventKind.MEMBER_REMOVED, item="first@1")
    assert replay(household, under_way.events) == under_way.state


@pytest.mark.parametrize("address", ["first@9", "person+@1", "first@x", "first@1.1", "nothing+", "@1", "first@"])
def test_an_address_that_fits_nothing_is_refused(
    walk: Callable[..., Walk], household: Questionnaire, address: str
) -> None:
    under_way = walk(household)
    for kind in (EventKind.MEMBER_ADDED, EventKind.MEMBER_REMOVED, EventKind.JUMPED):
        before = under_way.state.path
        under_way.act(kind, item=address)
        assert under_way.state.refusal is not None
        assert under_way.state.path == before


def test_the_words_beside_other_can_be_referred_to(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    asked = form(
        [q("pet", "select_one pets or_other"), q("name", label="What is the ${pet_other} called?",
                                                relevant="${pet_other} != ''")],
        [{"list_name": "pets", "name": "cat", "label": "Cat"}],
    )  # fmt: skip
    under_way = walk(asked)
    under_way.answer("pet", Answer(value="other", specify=(("other", "newt"),)))
    assert under_way.state.screen is not None
    assert under_way.state.screen.questions[0].text == "What is the newt called?"


def test_the_choices_can_be_the_answers_of_a_roster(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    asked = form([
        begin("person", repeat_count="3"), q("first"), q("age", "integer"), end(),
        q("eldest", "select_one ${first}", choice_filter="${age} >= 18"),
    ])  # fmt: skip
    under_way = walk(asked)
    for number, (name, age) in enumerate((("Ada", "40"), ("Ben", "7"), ("Cem", "18")), 1):
        under_way.answer(f"first@{number}", Answer(value=name))
        under_way.answer(f"age@{number}", Answer(value=age))
    assert under_way.state.screen is not None
    assert [choice.name for choice, _label in under_way.state.screen.questions[0].choices] == ["Ada", "Cem"]
    under_way.answer("eldest", Answer(value="Cem"))
    assert under_way.state.refusal is None
    under_way.answer("age@3", Answer(value="12"))
    assert under_way.state.broken == {"eldest": "This answer is no longer in the list."}


def test_a_trigger_writes_over_and_a_dynamic_default_is_worked_out_once(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    asked = form([
        q("town"), q("greeting", trigger="${town}", calculation="concat('Hello ', ${town})"),
        {"type": "calculate", "name": "first_town", "calculation": "once(${town})"},
        q("day", "date", default="today()"),
    ])  # fmt: skip
    under_way = walk(asked)
    under_way.answer("town", Answer(value="Bonn"))
    assert under_way.state.screen is not None
    assert under_way.state.screen.questions[0].default == "Hello Bonn"
    under_way.answer("greeting", Answer(value="Hi"))
    under_way.act(EventKind.JUMPED, item="town")
    under_way.answer("town", Answer(value="Köln"))
    assert "greeting" not in under_way.state.answers
    assert under_way.state.screen.questions[0].default == "Hello Köln"
    assert under_way.state.computed["first_town"] == "Bonn"
    under_way.act(EventKind.JUMPED, item="day")
    assert under_way.state.screen.questions[0].default == "2026-07-01"


def test_what_the_case_brings_along_is_a_table_too(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    asked = form([
        {"type": "calculate", "name": "where", "calculation": "pulldata('sample', 'department', 'site', ${site})"},
        q("seen", label="You were at ${where}?"),
    ])  # fmt: skip
    under_way = walk(asked)
    assert under_way.state.screen is not None
    assert under_way.state.screen.questions[0].text == "You were at Kfz-Zulassung?"


def test_a_filter_sees_the_column_that_holds_the_value_of_a_table() -> None:
    rows = [{"code": "1", "town": "Bonn", "size": "9"}, {"code": "2", "town": "Köln", "size": "4"}]
    found = table_choices(rows, "code", "town", "de")
    assert [(choice.name, choice.label, choice.columns) for choice in found] == [
        ("1", {"de": "Bonn"}, rows[0]), ("2", {"de": "Köln"}, rows[1])
    ]  # fmt: skip


def test_triggered_values_are_worked_out_one_after_the_other_and_set_off_others(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    under_way = walk(form([
        q("town"), q("empty"),
        q("greeting", trigger="${town}", calculation="concat('Hello ', ${town})"),
        {"type": "calculate", "name": "loud", "trigger": "${town}", "calculation": "concat(${greeting}, '!')"},
        {"type": "calculate", "name": "length", "trigger": "${greeting}", "calculation": "string-length(${greeting})"},
        {"type": "calculate", "name": "noted", "trigger": "${empty}", "calculation": "concat('seen', ${empty})"},
    ]))  # fmt: skip
    under_way.answer("town", Answer(value="Bonn"))
    assert under_way.state.scope.value("loud") == "Hello Bonn!"
    assert under_way.state.scope.value("length") == "10"
    under_way.answer("empty", SKIPPED)
    assert under_way.state.scope.value("noted") == ""  # nothing changed
    under_way.answer("empty", Answer(value="x"))
    assert under_way.state.scope.value("noted") == "seenx"
    under_way.answer("empty", SKIPPED)
    assert under_way.state.scope.value("noted") == "seen"


def test_counting_a_roster_from_inside_sees_all_its_members(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    under_way = walk(form([
        begin("home", repeat_count="2"),
        {"type": "calculate", "name": "homes", "calculation": "count(${home})"},
        begin("person", repeat_count="3"),
        {"type": "calculate", "name": "people", "calculation": "count(${person})"},
        q("name", label="of ${people} in ${homes}"),
        end(), end(),
    ]))  # fmt: skip
    assert under_way.state.screen is not None
    assert under_way.state.screen.questions[0].text == "of 3 in 2"


def test_conditions_in_brackets_pick_members_of_rosters(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    under_way = walk(form([
        q("least", "integer"),
        begin("home", repeat_count="2"), q("street"),
        begin("person", repeat_count="2"), q("name"), q("age", "integer"),
        {"type": "calculate", "name": "before", "calculation": "../../person[position() = position(current()/..) - 1]/name"},
        end(),
        {"type": "calculate", "name": "grown", "calculation": "count(${person}[age >= ${least}])"},
        end(),
        {"type": "calculate", "name": "all", "calculation": "count(/data/home/person[./age >= 18 and ./age > ${least}])"},
        {"type": "calculate", "name": "who", "calculation": "join(' ', ${person}[age < 18]/name)"},
        {"type": "calculate", "name": "there", "calculation": "sum(/data/home[street = 'B']/person/age)"},
        {"type": "calculate", "name": "second", "calculation": "join(' ', ${person}[position() = last()]/name)"},
        {"type": "calculate", "name": "same", "calculation": "join(' ', where(${person}, ${street} = 'A', ${name}))"},
        {"type": "calculate", "name": "if_sum", "calculation": "sum-if(${age}, ${age} < 30)"},
        {"type": "calculate", "name": "if_join", "calculation": "join-if('/', ${name}, ${age} = 40)"},
        {"type": "calculate", "name": "if_street", "calculation": "join-if('/', ${street}, count-if(${person}, ${age} > 20) = 2)"},
        {"type": "calculate", "name": "if_rank", "calculation": "rank-index-if(4, ${age}, ${age} < 30)"},
    ]))  # fmt: skip
    under_way.answer("least", Answer(value="18"))
    for home, street in (("1", "A"), ("2", "B")):
        under_way.answer(f"street@{home}", Answer(value=street))
        for person, age in (("1", "40"), ("2", f"{home}7")):
            under_way.answer(f"name@{home}.{person}", Answer(value=f"{street}{person}"))
            under_way.answer(f"age@{home}.{person}", Answer(value=age))
    scope, program = under_way.state.scope, program_of(under_way.questionnaire)
    assert [scope.value(name) for name in ("all", "who", "there", "second", "same", "if_sum", "if_join", "if_street", "if_rank")] == [
        "3", "A2", "67", "A2 B2", "A1 A2", "44", "A1/B1", "B", "1",
    ]  # fmt: skip
    assert scope.nodes("grown") == ("1", "2")
    assert [scope.text(program.index["before"], ids) for ids in ((1, 1), (1, 2), (2, 2))] == ["", "A1", "B1"]


@pytest.mark.parametrize("word", ["select_multiple", "rank"])
def test_names_with_blanks_can_be_chosen_among_several(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire], word: str
) -> None:
    under_way = walk(form([
        q("n", "integer"), begin("child", repeat_count="${n}"), q("name"), end(), q("who", f"{word} ${{name}}"), q("last"),
    ]))  # fmt: skip
    under_way.answer("n", Answer(value="2"))
    under_way.answer("name@1", Answer(value="Ada Maria"))
    under_way.answer("name@2", Answer(value="Bo"))
    assert under_way.state.screen is not None
    listed = under_way.state.screen.questions[0].choices
    assert [(choice.name, label) for choice, label in listed] == [("Ada_Maria", "Ada Maria"), ("Bo", "Bo")]
    under_way.answer("who", Answer(value="Bo Ada_Maria"))
    assert under_way.state.refusal is None


@pytest.mark.parametrize("look", ["before", "worked out", "written"])
def test_a_roster_grows_by_its_own_answers(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire], look: str
) -> None:
    """Whether there is another is asked in the roster itself, as real forms do it."""
    count = "sum(${more}) + 1"
    first = {"type": "text", "name": "first", "label": "First"}
    if look == "before":
        first["relevant"] = "${k} < 9"
    worked_out = {"type": "calculate", "name": "k", "calculation": count}
    survey = [
        first,
        *([] if look == "written" else [worked_out]),
        {"type": "begin_repeat", "name": "people", "label": "People",
         "repeat_count": count if look == "written" else "${k}"},
        {"type": "text", "name": "who", "label": "Who?", "relevant": "count(${people}) < 4"},
        {"type": "select_one yn", "name": "more", "label": "Another?"},
        {"type": "end_repeat"},
        {"type": "text", "name": "end", "label": "The end", "relevant": "count(${people}) >= 2"},
    ]  # fmt: skip
    choices = [{"list_name": "yn", "name": name, "label": name} for name in ("1", "0")]
    held = walk(form(survey, choices))
    assert held.state.path == ("first", "who@1", "more@1")
    held.act(EventKind.ANSWERED, item="more@1", answer=Answer(value="1"))
    assert held.state.path == ("first", "who@1", "more@1", "who@2", "more@2", "end")
    held.act(EventKind.ANSWERED, item="more@2", answer=Answer(value="1"))
    assert held.state.path[-2:] == ("more@3", "end")
    held.act(EventKind.ANSWERED, item="more@3", answer=Answer(value="1"))
    assert held.state.path == ("first", "more@1", "more@2", "more@3", "more@4", "end")
    held.act(EventKind.ANSWERED, item="more@1", answer=Answer(value="0"))
    assert held.state.path[-2:] == ("more@3", "end")
    assert replay(held.questionnaire, held.events) == held.state


def test_a_roster_that_counts_only_itself_has_an_end(
    walk: Callable[..., Walk], form: Callable[..., Questionnaire]
) -> None:
    survey = [
        {"type": "begin_repeat", "name": "people", "label": "People", "repeat_count": "count(${people}) + 1"},
        {"type": "text", "name": "who", "label": "Who?"},
        {"type": "end_repeat"},
    ]
    held = walk(form(survey))
    assert 0 < len(held.state.path) < 5


def test_a_slip_in_the_counts_of_nested_rosters_does_not_hold_an_interview_up(
    form: Callable[..., Questionnaire], walk: Callable[..., Walk]
) -> None:
    under_way = walk(form([
        q("n", "integer"),
        begin("outer", repeat_count="${n}"),
        begin("inner", repeat_count="${n}"),
        q("name"),
        end(),
        end(),
    ]))  # fmt: skip
    for count, asked in ((60, 3600), (5000, MOST_TOGETHER)):
        state = under_way.answer("n", Answer(value=str(count)))
        assert len(state.path) - 1 == asked
        under_way.act(EventKind.JUMPED, item="n")
