"""An answer and typed words kept on a server by one message each: under a lease that stands, in order, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cati.fieldwork import calling
from cati.fieldwork.interviewing import RunningInterview, new_event
from cati.fieldwork.open_answers import keep_event_at_once, keep_words_at_once, place_of, stored_events
from cati.fieldwork.open_study import OpenStudy
from cati.store import drafts
from cati.survey.answers import Answer
from cati.survey.interview import EventKind

from .conftest import Made, raw

pytestmark = pytest.mark.parametrize("kind", ["server"])

Begun = tuple[Made, OpenStudy, RunningInterview]


@pytest.fixture
def begun(made: Made, people: Callable[..., object], desk: Callable[..., Any]) -> Begun:
    people(made.sign_in("lead"), 2)
    anna = made.sign_in("anna")
    _case, running = desk(anna).begin()
    return made, anna, running


def answered(study: OpenStudy, value: str = "1") -> Any:
    return new_event(study, EventKind.ANSWERED, "zufrieden", Answer(value=value))


def kept_ids(study: OpenStudy, running: RunningInterview) -> list[str]:
    with study.reading() as transaction:
        return [event.id for event in stored_events(study, transaction, running.case_id)]


def test_an_event_sent_twice_is_kept_once_and_tells_until_when_the_case_is_held(begun: Begun) -> None:
    made, anna, running = begun
    event = answered(anna)
    for _ in range(2):
        found = keep_event_at_once(anna, running.lease, 1, event, "")
        assert found == (running.lease, True)
        assert found[0].until > made.clock()
    assert kept_ids(anna, running) == [running.events[0].id, event.id]


def test_what_went_on_otherwise_elsewhere_is_not_written_over_or_behind(begun: Begun) -> None:
    _made, anna, running = begun
    first = answered(anna)
    assert keep_event_at_once(anna, running.lease, 1, first, "") == (running.lease, True)
    for n, event in ((1, answered(anna, "2")), (3, answered(anna)), (2, first)):  # another, a gap, one kept elsewhere
        assert keep_event_at_once(anna, running.lease, n, event, "") == (running.lease, False)
    assert kept_ids(anna, running) == [running.events[0].id, first.id]


def test_under_another_fence_number_nothing_is_kept(begun: Begun) -> None:
    made, anna, running = begun
    stale = replace(running.lease, fence=running.lease.fence - 1)
    place = place_of(anna, running.case_id, "wunsch")
    for who, lease in ((anna, stale), (made.sign_in("bert"), running.lease)):
        assert keep_event_at_once(who, lease, 1, answered(anna), "") is None
        assert keep_words_at_once(who, lease, place, "Bänke") is None
    assert kept_ids(anna, running) == [running.events[0].id]
    assert raw(anna, "SELECT address FROM draft_text") == []


def test_words_are_written_over_and_go_with_the_answer(begun: Begun) -> None:
    _made, anna, running = begun
    place = place_of(anna, running.case_id, "zufrieden")
    for words in ("B", "Bä"):
        assert keep_words_at_once(anna, running.lease, place, words) == running.lease
    with anna.reading() as transaction:
        assert drafts.places(transaction, running.case_id) == {place}
    assert keep_event_at_once(anna, running.lease, 1, answered(anna), place) == (running.lease, True)
    assert raw(anna, "SELECT address FROM draft_text") == []


def test_what_is_refused_is_told_and_the_connection_goes_on(begun: Begun) -> None:
    _made, anna, running = begun
    raw(anna, "UPDATE member SET active = false WHERE id = :id", id=anna.me.id)
    with pytest.raises(Exception, match="taken away"):
        keep_event_at_once(anna, running.lease, 1, answered(anna), "")
    raw(anna, "UPDATE member SET active = true WHERE id = :id", id=anna.me.id)
    assert keep_event_at_once(anna, running.lease, 1, answered(anna), "") == (running.lease, True)
    assert calling.renew_lease(anna, running.lease) is not None
