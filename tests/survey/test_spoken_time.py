"""Appointments and preferred times as they are said, in German and English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.errors import Problem
from cati.settings import CallingRules, Department, Site
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.spoken_time import read_appointment, read_preference

BERLIN = ZoneInfo("Europe/Berlin")
SITE = Site(code="s", name="S", land="BY", target=1, departments=(Department(code="d", name="D", target=1),))


def _berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


NOW = _berlin("2026-07-07 14:15")  # a Tuesday


def _read(text: str, now: datetime = NOW, reason: str = "") -> Appointment | list[Problem]:
    return read_appointment(text, now=now, site=SITE, rules=CallingRules(), expected_minutes=15, reason=reason)


DEFINITE = (
    ("mo 18", "2026-07-13 18:00"),
    ("morgen 9:30", "2026-07-08 09:30"),
    ("tomorrow 9:30", "2026-07-08 09:30"),
    ("tomorrow 6 pm", "2026-07-08 18:00"),
    ("in 2 h", "2026-07-07 16:15"),
    ("in einer halben Stunde", "2026-07-07 14:45"),
    ("halb 7", "2026-07-07 18:30"),
    ("24.7. 17:15", "2026-07-24 17:15"),
    ("montagabend um 6", "2026-07-13 18:00"),
    ("so 17:45", "2026-07-12 17:45"),
)


@pytest.mark.parametrize(("text", "wall"), DEFINITE)
def test_a_minute_was_agreed(text: str, wall: str) -> None:
    found = _read(text)
    assert isinstance(found, Appointment)
    assert (found.kind, found.at, found.wall) == (AppointmentKind.DEFINITE, _berlin(wall), wall)


VAGUE = (
    ("nach 18 Uhr", "2026-07-07 18:00", "2026-07-07 20:00"),
    ("after 18:00", "2026-07-07 18:00", "2026-07-07 20:00"),
    ("übermorgen vormittag", "2026-07-09 09:00", "2026-07-09 12:00"),
    ("day after tomorrow morning", "2026-07-09 09:00", "2026-07-09 12:00"),
    ("heute abend", "2026-07-07 17:00", "2026-07-07 20:00"),
    ("next week", "2026-07-13 09:00", "2026-07-17 20:00"),
    ("so vormittag", "2026-07-12 09:00", "2026-07-12 12:00"),
)


@pytest.mark.parametrize(("text", "start", "end"), VAGUE)
def test_a_span_was_agreed(text: str, start: str, end: str) -> None:
    found = _read(text)
    assert isinstance(found, Appointment)
    assert (found.kind, found.at, found.until) == (AppointmentKind.VAGUE, _berlin(start), _berlin(end))


@pytest.mark.parametrize("text", ["", "blabla", "morgen 25:00", "31.2.", "heute 9", "in 9999 h", "in 99999999999 h"])
def test_nonsense_is_refused_with_a_sentence(text: str) -> None:
    found = _read(text)
    assert isinstance(found, list)
    assert all(problem.what and problem.do for problem in found)


@pytest.mark.parametrize(
    "text",
    ["morgen 22 Uhr", "so 17:50", "so 9:30", "15.8. 18:30", "sa 19:50", "nach 22 Uhr", "nach 23:30", "so nach 18"],
)
def test_outside_the_limit_only_with_a_reason(text: str) -> None:
    assert isinstance(_read(text), list)
    found = _read(text, reason="works in shifts")
    assert isinstance(found, Appointment)
    assert found.reason == "works in shifts"
    assert found.until is None or found.until > found.at


@pytest.mark.parametrize("saturday", ["2026-10-24 16:00", "2027-03-27 16:00"])
def test_hours_are_elapsed_hours_when_the_clocks_change(saturday: str) -> None:
    now = _berlin(saturday)
    found = _read("in 20 h", now)
    assert isinstance(found, Appointment)
    assert found.at - now == timedelta(hours=20)


def test_a_time_that_the_clocks_skip_is_refused_and_one_that_is_twice_is_the_first() -> None:
    assert isinstance(_read("28.3.2027 2:30", _berlin("2027-03-20 12:00"), "night shift"), list)
    twice = _read("25.10.2026 2:30", _berlin("2026-10-20 12:00"), "night shift")
    assert isinstance(twice, Appointment)
    assert twice.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab 18 Uhr", (1080, 1440, (0, 1, 2, 3, 4, 5, 6))),
        ("mo-mi 9-12", (540, 720, (0, 1, 2))),
        ("nicht freitags", (0, 1440, (0, 1, 2, 3, 5, 6))),
        ("between 4 pm and 6 pm", (960, 1080, (0, 1, 2, 3, 4, 5, 6))),
        ("jederzeit", None),
        ("wenn der Hund schläft", None),
    ],
)
def test_preferred_times(text: str, expected: tuple[int, int, tuple[int, ...]] | None) -> None:
    found = read_preference(text)
    assert (None if found is None else (found.start_minute, found.end_minute, found.days)) == expected


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=20), st.from_regex(r"(in|nach|mo|morgen|am)? ?[0-9.:]{1,9} ?(h|uhr|pm|tagen)?", fullmatch=True)
    )
)
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    found = _read(text)
    if isinstance(found, list):
        assert found
    else:
        assert (found.until or found.at) > NOW
    read_preference(text)
