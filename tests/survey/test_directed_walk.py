"""Walks sent to a question: through what kinds of conditions they come there, and that all before it is answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.survey.directed_walk import DirectedWalk, walk_to
from cati.survey.interview import replay
from cati.survey.questionnaire import ASKED, Questionnaire
from cati.survey.random_walk import known_of

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
FORMS = Path(__file__).parents[2] / ".." / "shared" / "forms"
Make = Callable[..., Questionnaire]
Rows = Sequence[Mapping[str, str]]

LISTS = [
    *({"list_name": "yn", "name": name, "label": name} for name in ("yes", "no")),
    *({"list_name": "many", "name": f"c{n}", "label": f"Choice {n}"} for n in range(40)),
    *({"list_name": "town", "name": f"t{n}", "label": f"Town {n}", "land": f"l{n % 7}"} for n in range(70)),
    *({"list_name": "land", "name": f"l{n}", "label": f"Land {n}"} for n in range(7)),
]


def ask(kind: str, name: str, **cells: str) -> dict[str, str]:
    return {"type": kind, "name": name, "label": name, **cells}


def last(**cells: str) -> dict[str, str]:
    return ask("text", "goal", **cells)


WAYS: dict[str, Rows] = {
    "two thirds of a long list": [
        ask("select_multiple many", "m"), ask("select_one many", "s"),
        last(relevant="selected(${m}, 'c3') and selected(${m}, 'c17') and not(selected(${m}, 'c4')) and ${s} = 'c39'"),
    ],
    "the number just above": [
        ask("integer", "n", constraint=". >= 0 and . <= 100000"), last(relevant="${n} > 77312 and ${n} < 77314"),
    ],
    "a sum worked out": [
        ask("integer", "a", constraint=". < 50"), ask("integer", "b", constraint=". < 60"),
        {"type": "calculate", "name": "both", "calculation": "${a} + 2 * ${b}"}, last(relevant="${both} = 151"),
    ],
    "age worked out from a birthday": [
        ask("date", "born"),
        {"type": "calculate", "name": "age", "calculation": "int((today() - ${born}) div 365.25)"},
        last(relevant="${age} >= 83 and ${age} < 85"),
    ],
    "a date compared with": [ask("date", "d"), last(relevant="${d} > '2031-03-01' and ${d} < '2031-03-04'")],
    "words compared with": [ask("text", "t"), last(relevant="${t} = 'xyzzy'")],
    "words of a pattern": [ask("text", "t"), last(relevant="regex(${t}, '^Q[0-9]{3}$')")],
    "so many chosen": [ask("select_multiple many", "m"), last(relevant="count-selected(${m}) = 11")],
    "one after the other": [
        ask("select_one many", "a"), ask("select_one many", "b", relevant="${a} = 'c7'"),
        ask("select_one many", "c", relevant="${b} = 'c9'"), ask("select_one many", "d", relevant="${c} = 'c1'"),
        last(relevant="${d} = 'c33'"),
    ],
    "the branch of an if": [
        ask("select_one many", "a"), ask("select_one many", "b"),
        {"type": "calculate", "name": "k", "calculation": "if(${a} = 'c5', 1, if(${b} = 'c6' and ${a} = 'c8', 2, 3))"},
        last(relevant="${k} = 2"),
    ],
    "members to a number": [
        ask("integer", "people"), {"type": "begin_repeat", "name": "p", "label": "P", "repeat_count": "${people}"},
        ask("integer", "age", constraint=". < 100"), {"type": "end_repeat"}, last(relevant="sum(${age}) > 320"),
    ],
    "the fifth member": [
        {"type": "begin_repeat", "name": "p", "label": "P"}, ask("text", "who"), last(relevant="position(..) = 5"),
        {"type": "end_repeat"},
    ],
    "three of a roster": [
        {"type": "begin_repeat", "name": "p", "label": "P"}, ask("text", "who"), {"type": "end_repeat"},
        last(relevant="count(${p}) = 3"),
    ],
    "a list that hangs on another": [
        ask("select_one land", "l"), ask("select_one town", "t", choice_filter="land = ${l}"), last(relevant="${t} = 't66'"),
    ],
    "a group, and a way past an end": [
        ask("select_one yn", "adult"),
        {"type": "terminate", "name": "young", "label": "Thank you.", "relevant": "${adult} != 'yes' or not(answered(${adult}))",
         "cati_disposition": "not_eligible"},
        {"type": "begin_group", "name": "g", "label": "G", "relevant": "${adult} = 'yes'"}, last(),
        {"type": "end_group"},
    ],
    "an answer that another's check wants": [
        ask("integer", "all"), ask("integer", "some", constraint=". <= ${all} and ${all} < 200"), last(relevant="${some} > 150"),
    ],
    "by chance of the seed": [
        {"type": "calculate", "name": "r", "calculation": "once(random())"}, last(relevant="${r} < 0.05"),
    ],
    "an unanswered question": [ask("integer", "n"), last(relevant="is_dk(${n})")],
    "the words beside other": [
        {"type": "select_one yn or_other", "name": "o", "label": "o"}, last(relevant="${o_other} != ''"),
    ],
    "the remainder": [ask("integer", "n"), last(relevant="${n} mod 97 = 13 and ${n} > 200")],
    "a label": [
        ask("select_one many", "a"),
        {"type": "calculate", "name": "w", "calculation": "jr:choice-name(${a}, '${a}')"},
        last(relevant="${w} = 'Choice 31'"),
    ],
    "neither nor": [
        ask("select_one many", "a"), ask("select_one many", "b"),
        last(relevant="not(${a} != 'c2' or ${b} != 'c4')"),
    ],
}  # fmt: skip


def went(form: Questionnaire, name: str, seed: int = 4) -> DirectedWalk | None:
    return walk_to(form, name, draw=random.Random(seed), at=NOW, values={}, language="")


@pytest.mark.parametrize("way", WAYS)
def test_a_walk_comes_there_by_way_of(form: Make, way: str) -> None:
    questionnaire = form(WAYS[way], LISTS)
    for seed in range(5):
        walk = went(questionnaire, "goal", seed)
        assert walk is not None, seed
        screen = walk.state.screen
        assert screen is not None
        assert [question.item.name for question in screen.questions] == ["goal"]
        again = replay(questionnaire, walk.events)
        assert (again.answers, again.cursor, again.path) == (walk.state.answers, walk.state.cursor, walk.state.path)
        assert not set(again.path[: again.path.index(again.cursor)]) & set(again.unanswered)
        assert not again.broken


def test_the_same_seed_walks_the_same_way(form: Make) -> None:
    questionnaire = form(WAYS["one after the other"], LISTS)
    one, other = went(questionnaire, "goal", 9), went(questionnaire, "goal", 9)
    assert one is not None
    assert other is not None
    assert one.events == other.events


def test_a_walk_gives_up_within_bounds(form: Make) -> None:
    questionnaire = form(
        [ask("text", "a"), ask("text", "b"), last(relevant="digest(concat(${a}, ${b}), 'MD5') = 'no such digest'")]
    )
    walks = [went(questionnaire, "goal")]
    assert walks == [None]


def test_cancelling_ends_a_search_at_once(form: Make) -> None:
    questionnaire = form(WAYS["words compared with"], LISTS)
    walk = walk_to(questionnaire, "goal", draw=random.Random(1), at=NOW, values={}, language="", cancelled=lambda: True)
    assert walk is None


@pytest.mark.parametrize(
    ("check", "taken", "refused"),
    [
        (". > 41 and . < 43", True, True),
        (". = ${other} * 3 and . > 500", True, True),
        (". >= 0 or . < 0", True, False),
        (". = 1 and . = 2", False, True),
    ],
)
def test_answers_that_a_check_takes_and_refuses_are_found(
    form: Make, check: str, *, taken: bool, refused: bool
) -> None:
    questionnaire = form([ask("integer", "other"), ask("integer", "n", constraint=check)])
    for wanted, found in ((True, taken), (False, refused)):
        walk = went(questionnaire, "n")
        assert walk is not None
        assert walk.check("n", taken=wanted) is found


@pytest.mark.parametrize(
    "name",
    [name for name in ("grains.xlsx", "liberiaCoverage.xlsx", "testB.xlsx", "widgets.xls") if (FORMS / name).exists()],
)
def test_jumps_on_real_forms_come_to_questions_deep_inside(name: str) -> None:
    questionnaire = read_questionnaire(FORMS / name, name).questionnaire
    assert questionnaire is not None
    known = known_of(questionnaire)
    names = [item.name for item in questionnaire.items if item.kind in ASKED and item.relevant][-8:]
    for one in names:
        assert walk_to(questionnaire, one, draw=random.Random(2), at=NOW, values={}, language="", known=known), one
