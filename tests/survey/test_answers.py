"""Answers: what a person typed becomes canonical text, and what cannot stand is told in a sentence."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.answers import DONT_KNOW, MOST_CHARACTERS, REFUSED, SKIPPED, Answer, fault_of, typed
from cati.survey.questionnaire import Choice, Item, Kind

CHOICES = (
    Choice(name="tv", label={"de": "Fernsehen"}),
    Choice(name="other", label={"de": "anderes"}, specify=True),
    Choice(name="none", label={"de": "nichts davon"}, exclusive=True),
)


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (Kind.NUMBER, " 007 ", "7"),
        (Kind.NUMBER, "+5", "5"),
        (Kind.NUMBER, "3,5", None),
        (Kind.NUMBER, "²", None),
        (Kind.NUMBER, "9" * 40, None),
        (Kind.DECIMAL, "3,50", "3.5"),
        (Kind.DECIMAL, ".5", "0.5"),
        (Kind.DECIMAL, "-0", "0"),
        (Kind.DECIMAL, "100", "100"),
        (Kind.DECIMAL, "1e999999999", None),
        (Kind.DECIMAL, "NaN", None),
        (Kind.DECIMAL, "1.000,5", None),
        (Kind.DATE, "24.7.2026", "2026-07-24"),
        (Kind.DATE, "2026-07-24", "2026-07-24"),
        (Kind.DATE, "30.2.2026", None),
        (Kind.DATE, "24.7.26", None),
        (Kind.TIME, "1830", "18:30"),
        (Kind.TIME, "18.30 Uhr", "18:30"),
        (Kind.TIME, "7", "07:00"),
        (Kind.TIME, "25:00", None),
        (Kind.TEXT, "  mehr Busse ", "mehr Busse"),
    ],
)
def test_what_was_typed_becomes_canonical(kind: Kind, text: str, canonical: str | None) -> None:
    assert typed(Item(name="q", kind=kind), text) == canonical


@given(st.sampled_from([Kind.NUMBER, Kind.DECIMAL, Kind.DATE, Kind.TIME]), st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_canonical_text_is_its_own_canonical_text(kind: Kind, text: str) -> None:
    item = Item(name="q", kind=kind)
    canonical = typed(item, text)
    assert canonical is None or typed(item, canonical) == canonical
    assert canonical is None or fault_of(item, Answer(value=canonical), ()) == ""


@given(st.floats(-1e6, 1e6))
def test_decimals_keep_their_value(number: float) -> None:
    canonical = typed(Item(name="q", kind=Kind.DECIMAL), f"{number:.3f}".replace(".", ","))
    assert canonical is not None
    assert float(canonical) == pytest.approx(number, abs=0.0006)


@pytest.mark.parametrize(
    ("kind", "value", "stands"),
    [
        (Kind.SINGLE, "tv", True),
        (Kind.SINGLE, "radio", False),
        (Kind.SINGLE, "", False),
        (Kind.SINGLE, "tv other", False),
        (Kind.MULTIPLE, "tv other", True),
        (Kind.MULTIPLE, "tv tv", False),
        (Kind.MULTIPLE, "none", True),
        (Kind.MULTIPLE, "tv none", False),
        (Kind.TEXT, "x" * MOST_CHARACTERS, True),
        (Kind.TEXT, "x" * (MOST_CHARACTERS + 1), False),
        (Kind.TEXT, "   ", False),
        (Kind.NOTE, "", True),
    ],
)
def test_which_answers_stand(kind: Kind, value: str, stands: bool) -> None:
    assert (fault_of(Item(name="q", kind=kind, choices="news"), Answer(value=value), CHOICES) == "") is stands


def test_an_exclusive_choice_is_named_in_the_sentence() -> None:
    item = Item(name="q", kind=Kind.MULTIPLE, choices="news")
    assert "nichts davon" in fault_of(item, Answer(value="tv none"), CHOICES)


def test_words_stand_only_beside_a_chosen_answer() -> None:
    item = Item(name="q", kind=Kind.SINGLE, choices="news")
    assert fault_of(item, Answer(value="other", specify=(("other", "Radio"),)), CHOICES) == ""
    assert fault_of(item, Answer(value="tv", specify=(("other", "Radio"),)), CHOICES)


def test_dont_know_and_refused_stand_where_offered_and_skipping_always() -> None:
    item = Item(name="q", kind=Kind.TEXT, nonresponse=("dk",))
    assert [fault_of(item, answer, ()) == "" for answer in (DONT_KNOW, REFUSED, SKIPPED)] == [True, False, True]


def test_a_range_holds_unless_the_author_says_it_better() -> None:
    item = Item(name="q", kind=Kind.NUMBER, minimum="1", maximum="10")
    assert "1" in fault_of(item, Answer(value="11"), ())
    assert fault_of(item, Answer(value="10"), ()) == ""
    own = Item(
        name="q", kind=Kind.NUMBER, maximum="10", constraint=". <= 10", constraint_message={"de": "Höchstens 10."}
    )
    assert fault_of(own, Answer(value="11"), ()) == ""  # the route checks the constraint and says the author's sentence


def test_random_numbers_within_a_range_stand() -> None:
    draw = random.Random(5)
    item = Item(name="q", kind=Kind.DECIMAL, minimum="-2.5", maximum="3")
    for _ in range(50):
        value = typed(item, f"{draw.uniform(-2.5, 3):.2f}")
        assert value is not None
        assert fault_of(item, Answer(value=value), ()) == ""
