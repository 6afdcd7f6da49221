"""Calling windows, limits, holidays and DST days, against norms_germany.md and zoneinfo itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.settings import CallingRules, Department, Site
from cati.survey.calling_hours import (
    CallWindow,
    closes_at,
    fits_limit,
    holiday_name,
    instant,
    is_allowed,
    next_allowed,
    window_of,
)
from cati.survey.case import Preference

BERLIN = ZoneInfo("Europe/Berlin")
RULES = CallingRules()


def _site(land: str = "BY", zone: str = "Europe/Berlin") -> Site:
    department = Department(code="d", name="D", target=1)
    return Site(code="s", name="S", land=land, target=1, departments=(department,), time_zone=zone)


def _berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


# Wall time in Bavaria, fresh attempt allowed, appointment allowed.
EDGES = (
    ("2026-07-06 08:59", False, False),  # Monday
    ("2026-07-06 09:00", True, True),
    ("2026-07-10 20:39", True, True),  # Friday
    ("2026-07-10 20:40", False, True),
    ("2026-07-10 20:59", False, True),
    ("2026-07-10 21:00", False, False),
    ("2026-07-11 09:59", False, False),  # Saturday
    ("2026-07-11 10:00", True, True),
    ("2026-07-11 19:40", False, True),
    ("2026-07-11 20:00", False, False),
    ("2026-07-12 09:59", False, False),  # Sunday
    ("2026-07-12 10:00", False, True),
    ("2026-07-12 17:59", False, True),
    ("2026-07-12 18:00", False, False),
    ("2026-06-04 11:00", False, True),  # Corpus Christi, a Thursday
    ("2026-06-04 18:30", False, False),
    ("2026-08-15 11:00", False, True),  # Mariä Himmelfahrt, a Saturday
    ("2026-08-15 19:00", False, False),
    ("2026-10-25 09:30", False, False),  # both DST days are Sundays
    ("2026-10-25 10:00", False, True),
    ("2026-10-25 18:00", False, False),
    ("2027-03-28 10:00", False, True),
    ("2027-03-28 18:00", False, False),  # Easter Sunday too
)


@pytest.mark.parametrize(("wall", "fresh", "appointment"), EDGES)
def test_the_edges_of_the_hours(wall: str, fresh: bool, appointment: bool) -> None:
    at = _berlin(wall)
    assert is_allowed(at, _site(), RULES) is fresh
    assert is_allowed(at, _site(), RULES, appointment=True) is appointment
    assert (closes_at(at, _site(), RULES) is not None) is fresh


# Day, the Länder among those listed that keep it, those that do not (by the Länder's own laws).
HOLIDAYS = (
    (date(2026, 1, 6), ("BY", "BW", "ST"), ("NW", "BE", "SN")),
    (date(2026, 3, 8), ("BE", "MV"), ("BY", "BB")),
    (date(2026, 6, 4), ("BY", "BW", "HE", "NW", "RP", "SL"), ("BE", "HH", "NI")),
    (date(2026, 8, 15), ("BY", "SL"), ("BW", "NW", "HE")),
    (date(2027, 9, 20), ("TH",), ("BY", "SN")),
    (date(2026, 10, 31), ("BB", "HB", "HH", "MV", "NI", "SN", "ST", "SH", "TH"), ("BY", "NW", "BE")),
    (date(2027, 11, 1), ("BY", "BW", "NW", "RP", "SL"), ("BE", "HE", "SN")),
    (date(2026, 11, 18), ("SN",), ("BY", "TH")),
    (date(2026, 10, 3), ("BY", "BE", "HH", "NW", "TH"), ()),
    (date(2026, 8, 8), (), ("BY",)),  # Augsburg's alone
    (date(2026, 12, 24), (), ("BY", "NW")),
)


@pytest.mark.parametrize(("day", "kept", "not_kept"), HOLIDAYS)
def test_holidays_differ_by_land(day: date, kept: tuple[str, ...], not_kept: tuple[str, ...]) -> None:
    assert all(holiday_name(day, land) for land in kept)
    assert not any(holiday_name(day, land) for land in not_kept)
    noon = datetime.combine(day, time(12), tzinfo=BERLIN)
    assert not any(is_allowed(noon, _site(land), RULES) for land in kept)
    if day.weekday() < 6:
        assert all(is_allowed(noon, _site(land), RULES) for land in not_kept)


# Wall time, expected minutes, whether the interview ends inside the limit.
LENGTHS = (
    ("2026-07-06 20:45", 15, True),
    ("2026-07-06 20:46", 15, False),
    ("2026-07-11 19:45", 15, True),
    ("2026-07-11 19:50", 15, False),
    ("2026-07-12 17:30", 30, True),
    ("2026-07-12 17:31", 30, False),
    ("2026-06-04 17:46", 15, False),
    ("2026-07-06 08:59", 15, False),
)


@pytest.mark.parametrize(("wall", "minutes", "fits"), LENGTHS)
def test_an_interview_ends_inside_the_limit(wall: str, minutes: int, fits: bool) -> None:
    assert fits_limit(_berlin(wall), _site(), RULES, minutes) is fits


@pytest.mark.parametrize(
    ("after", "minutes", "expected"),
    [
        ("2026-07-06 20:29", 30, "2026-07-06 20:29"),
        ("2026-07-06 20:30", 30, "2026-07-07 09:00"),  # 30 minutes from 20:30 end at 21:00: too late to begin
        ("2026-07-06 20:39", 15, "2026-07-06 20:39"),
        ("2026-07-10 20:40", 15, "2026-07-11 10:00"),
        ("2026-07-11 19:40", 15, "2026-07-13 09:00"),
        ("2026-06-03 20:40", 15, "2026-06-05 09:00"),
        ("2026-10-24 19:40", 15, "2026-10-26 09:00"),
        ("2027-03-25 20:40", 15, "2027-03-27 10:00"),  # Good Friday; then Easter and the clocks
        ("2027-03-27 19:40", 15, "2027-03-30 09:00"),
    ],
)
def test_the_next_allowed_instant(after: str, minutes: int, expected: str) -> None:
    assert next_allowed(_berlin(after), _site(), RULES, room_minutes=minutes) == _berlin(expected)


def test_a_wish_is_kept_and_an_impossible_one_set_aside() -> None:
    evening = Preference(start_minute=18 * 60, days=(2,))
    assert next_allowed(_berlin("2026-07-06 12:00"), _site(), RULES, preference=evening) == _berlin("2026-07-08 18:00")
    sunday = Preference(days=(6,))
    assert next_allowed(_berlin("2026-07-06 12:00"), _site(), RULES, preference=sunday) == _berlin("2026-07-06 12:00")


def test_wall_times_that_exist_twice_or_never() -> None:
    assert instant(date(2026, 10, 25), time(2, 30), _site()) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(date(2027, 3, 28), time(2, 30), _site()) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_the_zone_is_the_respondents() -> None:
    at = datetime(2026, 7, 6, 7, 30, tzinfo=UTC)  # 09:30 in Berlin, 08:30 in London
    assert is_allowed(at, _site(), RULES)
    assert not is_allowed(at, _site(zone="Europe/London"), RULES)


@pytest.mark.parametrize(
    ("wall", "window"),
    [
        ("2026-07-06 11:59", CallWindow.MORNING),
        ("2026-07-06 12:00", CallWindow.AFTERNOON),
        ("2026-07-06 17:00", CallWindow.EVENING),
        ("2026-07-11 17:00", CallWindow.SATURDAY),
        ("2026-08-15 12:00", CallWindow.SUNDAY),
        ("2026-07-12 12:00", CallWindow.SUNDAY),
    ],
)
def test_kinds_of_time(wall: str, window: CallWindow) -> None:
    assert window_of(_berlin(wall), _site()) is window


@settings(max_examples=100, deadline=None)
@given(
    minutes=st.integers(0, 2 * 365 * 24 * 60), land=st.sampled_from(("BY", "BE", "SN", "TH")), room=st.integers(0, 120)
)
def test_a_next_instant_is_allowed_and_leaves_room(minutes: int, land: str, room: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = next_allowed(at, _site(land), RULES, room_minutes=room)
    local = found.astimezone(BERLIN)
    assert found >= at
    assert local.weekday() != 6
    assert not holiday_name(local.date(), land)
    opens, shuts, limit = (10, "19:40", 20) if local.weekday() == 5 else (9, "20:40", 21)
    assert opens <= local.hour
    assert f"{local:%H:%M}" < shuts
    assert local.replace(hour=limit, minute=0, second=0) - local >= timedelta(minutes=room)


def test_augsburg_keeps_its_peace_and_all_of_bavarias_holidays() -> None:
    peace = date(2028, 8, 8)
    assert holiday_name(peace, "Augsburg")
    assert not holiday_name(peace, "BY")
    for day in (date(2028, 1, 6), date(2028, 6, 15), date(2028, 8, 15), date(2028, 11, 1)):
        assert holiday_name(day, "Augsburg") == holiday_name(day, "BY") != ""
