"""What a supervisor watches is counted, and adds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, interviewing, supervising
from cati.survey.dispositions import Outcome
from cati.survey.rates import Tally

Made = Any
People = Callable[..., Any]
Desk = Any


@pytest.fixture
def day(made: Made, people: People, desk: Desk) -> Made:
    """A day with interviews, calls without, a withdrawal, and a call that goes on."""
    people(made.sign_in("lead"), 40)
    anna = made.sign_in("anna")
    for _ in range(4):
        desk(anna).complete()
    for outcome in (Outcome.NO_ANSWER, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.HARD_REFUSAL, Outcome.DECEASED):
        case = calling.take_next_case(anna)
        assert isinstance(case, calling.DeliveredCase)
        call = calling.begin_call(anna, case.lease, case.next_phone)
        assert isinstance(call, calling.Call)
        assert isinstance(calling.note_outcome(anna, case.lease, call, outcome), calling.Noted)
    _case, running = desk(anna).begin()
    interviewing.break_off(anna, running, Outcome.PARTIAL)
    desk(anna).begin()
    return made


def test_every_case_is_counted_once(day: Made) -> None:
    seen = supervising.progress(day.sign_in("witness"))
    assert seen.cases == 40
    assert sum(row.callable + row.closed for row in seen.cells) == 40
    assert sum(row.complete for row in seen.cells) == 4
    assert sum(row.target for row in seen.cells) == 120
    assert seen.tally == Tally(complete=4, partial=1, refusal=1, other=1, unknown_household=33)
    assert seen.rates.rr1 == pytest.approx(4 / 40)
    assert seen.rates.coop1 == pytest.approx(4 / 7)


def test_calls_interviews_and_who_is_calling(day: Made) -> None:
    witness = day.sign_in("witness")
    seen = supervising.progress(witness)
    assert dict(seen.outcomes) == {
        Outcome.COMPLETE: 4, Outcome.NO_ANSWER: 2, Outcome.BUSY: 1, Outcome.HARD_REFUSAL: 1, Outcome.DECEASED: 1,
        Outcome.PARTIAL: 1,
    }  # fmt: skip
    assert (seen.attempts, seen.attempts_today, seen.complete_today) == (10, 10, 5)
    assert (seen.pending, seen.stock) == (5, 0)
    assert [(one.name, one.since, one.what) for one in seen.calling] == [("Anna Fragt", day.clock(), "interview")]
    assert seen.next_due is None  # there are others who may be called now
    day.clock.forward(hours=24)
    tomorrow = supervising.progress(witness)
    assert (tomorrow.attempts_today, tomorrow.complete_today, tomorrow.calling) == (0, 0, ())


def test_interviewers_do_not_watch_each_other(day: Made) -> None:
    with pytest.raises(Problem):
        supervising.progress(day.sign_in("anna"))
