"""What nobody can be asked: what is proven, what it is put down to, and that nothing reachable is ever said to be out of reach."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.survey.certain import Because
from cati.survey.questionnaire import Questionnaire
from cati.survey.random_runs import run_many
from cati.survey.unreachable import Proof, proofs

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
FORMS = Path(__file__).parents[2] / ".." / "shared" / "forms"
NOTHING: Mapping[str, str] = MappingProxyType({})
Make = Callable[..., Questionnaire]
LISTS = [{"list_name": "yn", "name": name, "label": name} for name in ("yes", "no")]


def ask(kind: str, name: str, **cells: str) -> dict[str, str]:
    return {"type": kind, "name": name, "label": name, **cells}


def proof(form: Make, *rows: Mapping[str, str], values: Mapping[str, str] = NOTHING) -> Proof | None:
    return proofs(form([*rows, ask("text", "after")], LISTS), values).get("goal")


def test_nothing_is_said_of_what_can_be_asked(form: Make) -> None:
    rows = [
        ask("select_one yn", "a"), ask("integer", "n", constraint=". < 5"),
        {"type": "calculate", "name": "k", "calculation": "${n} * 2"}, ask("text", "goal", relevant="${k} = 8 and ${a} != 'no'"),
    ]  # fmt: skip
    assert proofs(form(rows, LISTS), {}) == {}


def test_a_choice_that_is_not_in_the_list(form: Make) -> None:
    found = proof(form, ask("select_multiple yn", "a"), ask("text", "goal", relevant="selected(${a}, 'maybe')"))
    assert found is not None
    assert found.because is Because.CONDITION
    assert found.choices == (("a", "maybe"),)
    assert found.condition == "selected(${a}, 'maybe')"


def test_a_value_of_the_case_through_a_calculation(form: Make) -> None:
    rows = [
        {"type": "hidden", "name": "wave", "label": ""},
        {"type": "calculate", "name": "later", "calculation": "${wave} > 1"},
        ask("text", "goal", relevant="${later} = 'true' or ${site} = 'b'"),
    ]
    found = proof(form, *rows, values={"wave": "1", "site": "a"})
    assert found is not None
    assert dict(found.values) == {"wave": "1", "site": "a"}
    assert "'1'" not in repr(found)
    assert proof(form, *rows, values={"wave": "2", "site": "a"}) is None
    assert proof(form, *rows, values={"wave": "1", "site": "b"}) is None


def test_a_table_that_is_not_there(form: Make) -> None:
    rows = [
        {"type": "hidden", "name": "caseid", "label": ""},
        {"type": "calculate", "name": "phone", "calculation": "pulldata('people', 'phone', 'id', ${caseid})"},
        {"type": "begin_repeat", "name": "calls", "label": "Calls", "repeat_count": "${phone}"},
        ask("text", "goal"), {"type": "end_repeat"},
    ]  # fmt: skip
    found = proof(form, *rows)
    assert found is not None
    assert found.because is Because.NO_MEMBER
    assert found.group == "calls"
    assert found.tables == ("people",)


def test_a_question_that_hangs_on_one_out_of_reach(form: Make) -> None:
    found = proof(
        form, ask("select_one yn", "a", relevant="1 = 2"), ask("text", "goal", relevant="${a} = 'yes'")
    )  # fmt: skip
    assert found is not None
    assert found.questions == ("a",)


def test_what_hangs_on_a_roster_without_members(form: Make) -> None:
    rows = [
        {"type": "begin_repeat", "name": "p", "label": "P", "repeat_count": "0"}, ask("integer", "age"),
        {"type": "end_repeat"}, ask("text", "goal", relevant="sum(${age}) > 3 or indexed-repeat(${age}, ${p}, 1) = 4"),
    ]  # fmt: skip
    found = proof(form, *rows)
    assert found is not None
    assert found.questions == ("age",)


def test_conditions_that_exclude_each_other(form: Make) -> None:
    rows = [
        ask("select_one yn", "a"), {"type": "begin_group", "name": "g", "label": "G", "relevant": "${a} = 'yes'"},
        ask("text", "goal", relevant="${a} = 'no'"), {"type": "end_group"},
    ]  # fmt: skip
    found = proof(form, *rows)
    assert found is not None
    assert found.because is Because.TOGETHER


def test_what_stands_behind_the_end(form: Make) -> None:
    rows = [
        ask("text", "before"),
        {"type": "terminate", "name": "end", "label": "Thank you.", "cati_disposition": "not_eligible"},
        ask("text", "goal"),
    ]
    found = proof(form, *rows)
    assert found is not None
    assert found.because is Because.ENDED
    assert found.questions == ("end",)


def test_what_only_those_would_be_asked_whose_interview_has_ended(form: Make) -> None:
    end = {"type": "terminate", "name": "end", "label": "Thank you.", "cati_disposition": "not_eligible",
           "relevant": "${a} = 'no'"}  # fmt: skip
    found = proof(form, ask("select_one yn", "a"), end, ask("text", "goal", relevant="${a} = 'no'"))
    assert found is not None
    assert found.because is Because.ENDED
    assert proof(form, ask("select_one yn", "a"), end, ask("text", "goal", relevant="${a} = 'yes'")) is None
    assert proof(form, ask("select_one yn", "a"), end, ask("text", "goal", relevant="${a} != 'yes'")) is None
    assert proof(form, ask("select_one yn", "a"), ask("text", "goal", relevant="${a} = 'no'"), end) is None


@pytest.mark.parametrize(
    "relevant",
    [
        "random() < 0.001", "${n} = ${n} + 0", "once(random()) > 0.999", "today() > '2090-01-01'", "${o} = 'anything'",
        "count-selected(${m}) = 2", "position(..) = 1", "${late} = '5'", "${read} = '7'", "label(${a}) = 'yes'",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_never_said_to_be_proven(form: Make, relevant: str) -> None:
    rows = [
        ask("integer", "n"), ask("text", "o"), ask("select_multiple yn", "m"), ask("select_one yn", "a"),
        {"type": "calculate", "name": "late", "calculation": "${n} - 1"},
        ask("integer", "read", read_only="yes", calculation="${n} + 1"), ask("text", "goal", relevant=relevant),
    ]  # fmt: skip
    assert proof(form, *rows) is None


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in ("All_Functions.xlsx", "grains.xlsx", "Household_Survey.xlsx", "testB.xlsx", "widgets.xls")
        if (FORMS / name).exists()
    ],
)
def test_no_random_interview_ever_comes_to_what_is_proven_out_of_reach(name: str) -> None:
    questionnaire = read_questionnaire(FORMS / name, name).questionnaire
    assert questionnaire is not None
    runs = run_many(questionnaire, 15, draw=random.Random(3), at=NOW, values={})
    reached = {one for one, times in runs.asked.items() if times} | set(runs.found)
    assert not reached & set(proofs(questionnaire, {}))


def test_what_an_answer_stands_for_is_known(form: Make) -> None:
    """A choice is compared as a text, so no answer is "01"; a number is compared as a number."""
    numbers = [{"list_name": "ns", "name": name, "label": name} for name in ("1", "2")]
    rows = [ask("select_one ns", "a"), ask("text", "goal", relevant="${a} = '01'"), ask("text", "after")]
    assert "goal" in proofs(form(rows, numbers), {})
    rows = [
        {"type": "calculate", "name": "a", "calculation": "if(${site} = 'b', 1, 2)"},
        ask("text", "goal", relevant="${a} = '01' or ${b} = '02'"), ask("integer", "b"),
    ]  # fmt: skip
    assert "goal" not in proofs(form([rows[2], rows[0], rows[1], ask("text", "after")]), {"site": "b"})
