"""When a case is called again: the attempt rules of norms_germany.md on a simulated clock."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.settings import CallingRules, Department, Site
from cati.survey.case import Appointment, AppointmentKind, Attempt, PhoneKind
from cati.survey.dispositions import Outcome
from cati.survey.schedule import CaseState, Standing, Tier, Why, may_leave_message, next_phone, standing

BERLIN = ZoneInfo("Europe/Berlin")
SITE = Site(code="s", name="S", land="BY", target=1, departments=(Department(code="d", name="D", target=1),))
RULES = CallingRules()
MOBILE, LANDLINE = PhoneKind.MOBILE, PhoneKind.LANDLINE


def _berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def _call(at: datetime, outcome: Outcome, *, who: str = "anna", phone: int = 0, kind: PhoneKind = LANDLINE) -> Attempt:
    return Attempt(
        started=at, ended=at + timedelta(minutes=1), interviewer=who, phone=phone, phone_kind=kind, outcome=outcome
    )


def _stand(
    history: list[Attempt], now: datetime, *, phones: tuple[PhoneKind, ...] = (LANDLINE,),
    appointment: Appointment | None = None, seed: int = 1,
) -> Standing:  # fmt: skip
    return standing(
        history, appointment=appointment, preference=None, phones=phones, site=SITE, rules=RULES, expected_minutes=15,
        now=now, draw=random.Random(seed),
    )  # fmt: skip


def _called_until_closed(outcomes: list[Outcome], kind: PhoneKind, start: datetime) -> list[Attempt]:
    """Call at every due time, with these outcomes over and over, until the case is closed."""
    history: list[Attempt] = []
    now = start
    for n in range(40):
        found = _stand(history, now, phones=(kind,))
        if found.state is CaseState.CLOSED:
            return history
        now = max(found.due_at, now)
        history.append(_call(now, outcomes[n % len(outcomes)], kind=kind))
        now = history[-1].ended
    raise AssertionError(len(history))


UNREACHED = st.sampled_from(
    [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MAILBOX, Outcome.TECHNICAL, Outcome.CALL_BLOCKED, Outcome.THIRD_PERSON]
)


@settings(max_examples=40, deadline=None)
@given(
    outcomes=st.lists(UNREACHED, min_size=1, max_size=10),
    kind=st.sampled_from([MOBILE, LANDLINE]),
    day=st.integers(0, 500),
)
def test_a_case_that_is_called_whenever_it_is_due_keeps_every_rule(
    outcomes: list[Outcome], kind: PhoneKind, day: int
) -> None:
    first = datetime(2026, 1, 7, 9, 0, tzinfo=UTC) + timedelta(days=day)
    while first.astimezone(BERLIN).weekday() > 4:
        first += timedelta(days=1)
    history = _called_until_closed(outcomes, kind, first)
    assert len(history) == (8 if kind is MOBILE else 10)
    counted = [a for a in history if a.outcome is not Outcome.BUSY]
    assert max(Counter(a.started.astimezone(BERLIN).date() for a in counted).values(), default=0) <= 2
    redials = 0
    for before, after in pairwise(history):
        pause = after.started - before.ended
        redials = redials + 1 if before.outcome is Outcome.BUSY else 0
        assert pause >= (timedelta(minutes=15) if 0 < redials <= 3 else timedelta(hours=3))
        local = after.started.astimezone(BERLIN)
        assert local.weekday() != 6
        assert "09:00" <= f"{local:%H:%M}" < "20:40"
    if Outcome.BUSY not in outcomes:
        assert len({a.started.astimezone(BERLIN).date() for a in history}) >= 5
        assert len({_kind_of_time(a.started) for a in history}) >= 3


def _kind_of_time(at: datetime) -> str:
    local = at.astimezone(BERLIN)
    if local.weekday() == 5:
        return "saturday"
    return "morning" if local.hour < 12 else "afternoon" if local.hour < 17 else "evening"


@pytest.mark.parametrize("redials", [1, 2, 3])
def test_busy_is_redialled_after_a_quarter_of_an_hour(redials: int) -> None:
    at = _berlin("2026-07-07 10:00")
    history = [_call(at + timedelta(minutes=16 * n), Outcome.BUSY) for n in range(redials)]
    found = _stand(history, history[-1].ended)
    assert (found.tier, found.why) == (Tier.HINT, Why.BUSY)
    assert found.due_at == history[-1].ended + timedelta(minutes=15)


def test_the_fourth_busy_in_a_row_waits_three_hours() -> None:
    at = _berlin("2026-07-07 10:00")
    history = [_call(at + timedelta(minutes=16 * n), Outcome.BUSY) for n in range(4)]
    found = _stand(history, history[-1].ended)
    assert found.tier is not Tier.HINT
    assert found.due_at >= history[-1].ended + timedelta(hours=3)


def test_a_soft_refusal_rests_a_week_and_goes_to_somebody_else() -> None:
    refused = _call(_berlin("2026-07-07 10:00"), Outcome.SOFT_REFUSAL)
    found = _stand([refused], refused.ended)
    assert found.avoid_interviewer == "anna"
    assert found.due_at >= refused.ended + timedelta(days=7)
    busy = _call(found.due_at, Outcome.BUSY, who="bert")
    assert _stand([refused, busy], busy.ended).avoid_interviewer == "anna"
    again = _call(found.due_at, Outcome.SOFT_REFUSAL, who="bert")
    closed = _stand([refused, again], again.ended)
    assert closed.state is CaseState.CLOSED
    assert closed.final is not None
    assert closed.final.code == "2.112"


@pytest.mark.parametrize("outcome", [Outcome.HARD_REFUSAL, Outcome.WITHDRAWN, Outcome.HOUSEHOLD_REFUSAL])
def test_who_refused_for_good_is_never_called_again(outcome: Outcome) -> None:
    refused = _call(_berlin("2026-07-07 10:00"), outcome)
    wish = Appointment(
        kind=AppointmentKind.DEFINITE, at=refused.ended + timedelta(days=1), wall="", zone="Europe/Berlin"
    )
    assert _stand([refused], refused.ended + timedelta(days=90)).state is CaseState.CLOSED
    assert _stand([refused], refused.ended + timedelta(days=1), appointment=wish).state is CaseState.CLOSED


def test_an_appointment_waits_is_due_is_late_and_lapses() -> None:
    at = _berlin("2026-07-12 15:00")  # a Sunday, at the person's own wish
    history = [_call(_berlin("2026-07-07 10:00"), Outcome.APPOINTMENT)]
    wish = Appointment(kind=AppointmentKind.DEFINITE, at=at, wall="2026-07-12 15:00", zone="Europe/Berlin")
    for minutes, state, why in (
        (-1, CaseState.WAITING, Why.APPOINTMENT),
        (0, CaseState.READY, Why.APPOINTMENT),
        (10, CaseState.READY, Why.APPOINTMENT_MISSED),
        (59, CaseState.READY, Why.APPOINTMENT_MISSED),
    ):
        found = _stand(history, at + timedelta(minutes=minutes), appointment=wish)
        assert (found.state, found.why, found.tier, found.due_at) == (state, why, Tier.APPOINTMENT, at)
    lapsed = _stand(history, at + timedelta(minutes=60), appointment=wish)
    assert lapsed.tier is Tier.UNDECIDED
    assert lapsed.due_at >= _berlin("2026-07-13 09:00")


def test_an_appointment_is_kept_when_the_attempts_are_used_up() -> None:
    start = _berlin("2026-06-08 10:00")
    history = [_call(start + timedelta(days=n), Outcome.CALL_BACK) for n in range(10)]
    now = history[-1].ended
    wish = Appointment(kind=AppointmentKind.DEFINITE, at=now + timedelta(days=1), wall="", zone="Europe/Berlin")
    assert _stand(history, now).state is CaseState.CLOSED
    assert _stand(history, now, appointment=wish).state is CaseState.WAITING


def test_one_message_in_all_and_a_dead_number_makes_room_for_the_next() -> None:
    at = _berlin("2026-07-07 10:00")
    assert may_leave_message([_call(at, Outcome.MAILBOX)], RULES)
    assert not may_leave_message([_call(at, Outcome.MAILBOX_MESSAGE), _call(at, Outcome.MAILBOX)], RULES)
    dead = [_call(at, Outcome.WRONG_NUMBER)]
    assert next_phone(dead, (LANDLINE, MOBILE), RULES) == 1
    assert _stand(dead, at, phones=(LANDLINE, MOBILE)).why is Why.OTHER_NUMBER
    assert _stand(dead, at).state is CaseState.CLOSED


def test_nobody_is_tried_again_on_the_sunday_the_clocks_change() -> None:
    saturday = _berlin("2026-10-24 19:30")
    found = _stand([_call(saturday, Outcome.NO_ANSWER)], saturday + timedelta(minutes=1))
    assert found.due_at >= _berlin("2026-10-26 09:00")
