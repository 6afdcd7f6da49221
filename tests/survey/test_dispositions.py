"""The table of outcomes and the final code from the whole history, against rates_and_dispositions.md."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.dispositions import CONFIRMING, TABLE, Outcome, final_code

O = Outcome  # noqa: E741 - the tables below stay readable

# Letter by the code's first two digits, as the reference prints it.
LETTERS = {
    "1.1": "I",
    "1.2": "P",
    "2.1": "R",
    "2.2": "NC",
    "2.3": "O",
    "3.1": "UH",
    "3.2": "UO",
    "3.3": "UO",
    "4": "NE",
}

HISTORIES: tuple[tuple[list[tuple[int, Outcome]], int, str, str], ...] = (
    ([], 1, "3.11", "UH"),
    ([(0, O.NO_ANSWER)], 1, "3.13", "UH"),
    ([(0, O.BUSY)], 1, "3.12", "UH"),
    ([(0, O.BUSY)] * 4, 1, "3.12", "UH"),
    ([(0, O.BUSY), (0, O.NO_ANSWER)], 1, "3.13", "UH"),
    ([(0, O.MAILBOX)], 1, "3.14", "UH"),
    ([(0, O.CALL_BLOCKED)], 1, "3.15", "UH"),
    ([(0, O.TECHNICAL)], 1, "3.16", "UH"),
    ([(0, O.OPERATOR_MESSAGE)], 1, "3.161", "UH"),
    # The person was once confirmed: non-contact, whichever came first.
    ([(0, O.THIRD_PERSON), (0, O.NO_ANSWER)], 1, "2.21", "NC"),
    ([(0, O.CALL_BACK), (0, O.MAILBOX_MESSAGE)], 1, "2.221", "NC"),
    ([(0, O.CALL_BACK), (0, O.MAILBOX)], 1, "2.222", "NC"),
    ([(0, O.CALL_BACK), (0, O.BUSY)], 1, "2.21", "NC"),
    # Appointments are interim: never a break-off.
    ([(0, O.APPOINTMENT)], 1, "2.21", "NC"),
    ([(0, O.VAGUE_APPOINTMENT), (0, O.NO_ANSWER)], 1, "2.21", "NC"),
    ([(0, O.INTERRUPTED), (0, O.NO_ANSWER)], 1, "2.12", "R"),
    # A wrong number: once all numbers were tried and are bad 4.30, else 3.30.
    ([(0, O.WRONG_NUMBER)], 1, "4.30", "NE"),
    ([(0, O.WRONG_NUMBER)], 2, "3.30", "UO"),
    ([(0, O.WRONG_NUMBER), (1, O.NO_ANSWER)], 2, "3.30", "UO"),
    ([(0, O.WRONG_NUMBER), (1, O.WRONG_NUMBER)], 2, "4.30", "NE"),
    ([(0, O.DISCONNECTED)], 1, "4.32", "NE"),
    ([(0, O.DISCONNECTED), (1, O.NO_ANSWER)], 2, "3.13", "UH"),
    # Precedence.
    ([(0, O.PARTIAL), (0, O.COMPLETE)], 1, "1.1", "I"),
    ([(0, O.PARTIAL), (0, O.HARD_REFUSAL)], 1, "1.2", "P"),
    ([(0, O.SOFT_REFUSAL), (0, O.HOUSEHOLD_REFUSAL)], 1, "2.111", "R"),
    ([(0, O.SOFT_REFUSAL), (0, O.NO_ANSWER)], 1, "2.112", "R"),
    ([(0, O.APPOINTMENT), (0, O.WITHDRAWN)], 1, "2.112", "R"),
    ([(0, O.SOFT_REFUSAL), (0, O.DECEASED)], 1, "2.112", "R"),
    ([(0, O.NO_ANSWER), (0, O.DECEASED)], 1, "2.31", "O"),
    ([(0, O.APPOINTMENT), (0, O.QUOTA_FULL)], 1, "4.80", "NE"),
)


@pytest.mark.parametrize(("history", "phones", "code", "letter"), HISTORIES)
def test_final_code_of_a_history(history: list[tuple[int, Outcome]], phones: int, code: str, letter: str) -> None:
    found = final_code(history, phones)
    assert (found.code, found.letter.value) == (code, letter)


def _letter_of(code: str) -> str:
    return next(letter for start, letter in LETTERS.items() if code.startswith(start))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_row_has_the_letter_of_its_code(outcome: Outcome) -> None:
    row = TABLE[outcome]
    assert row.letter.value == _letter_of(row.code)


def test_interim_outcomes_never_end_a_case() -> None:
    interim = {
        O.BUSY, O.NO_ANSWER, O.MAILBOX, O.MAILBOX_MESSAGE, O.APPOINTMENT, O.VAGUE_APPOINTMENT, O.CALL_BACK,
        O.THIRD_PERSON, O.SOFT_REFUSAL, O.INTERRUPTED, O.TECHNICAL,
    }  # fmt: skip
    assert not [outcome for outcome in interim if TABLE[outcome].final]


def test_keys_are_unique_within_their_group() -> None:
    keys = [(row.group, row.key) for row in TABLE.values()]
    assert len(set(keys)) == len(keys)


LEVELS = (O.COMPLETE, O.PARTIAL, O.HARD_REFUSAL, O.SOFT_REFUSAL, O.APPOINTMENT, O.NO_ANSWER)


@pytest.mark.parametrize("higher", range(len(LEVELS) - 1))
def test_precedence_does_not_depend_on_the_order(higher: int) -> None:
    alone = final_code([(0, LEVELS[higher])], 1)
    for rest in permutations(LEVELS[higher:], 2):
        if LEVELS[higher] in rest:
            assert final_code([(0, outcome) for outcome in rest], 1) == alone


@settings(max_examples=150, deadline=None)
@given(
    history=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(list(Outcome))), min_size=1, max_size=12),
    phones=st.integers(3, 4),
)
def test_any_history_has_a_code_that_fits_it(history: list[tuple[int, Outcome]], phones: int) -> None:
    found = final_code(history, phones)
    heard = {outcome for _phone, outcome in history}
    assert found.letter.value == _letter_of(found.code)
    assert (found.letter.value == "I") == (O.COMPLETE in heard)
    if found.letter.value in ("UH", "UO"):
        assert not heard & CONFIRMING
    if found.code == "3.12":
        assert O.NO_ANSWER not in heard
    assert found.code != "3.11"
