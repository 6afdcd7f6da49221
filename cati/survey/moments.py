"""Dates and times of day as expressions read them: as text in, as days and instants out."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_OFFSET = r"(?P<offset>Z|[+-]\d{1,2}(?::?\d{2})?)?"
_CLOCK = rf"(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}(?:\.\d*)?))?{_OFFSET}"
_MOMENT = re.compile(rf"\s*(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})(?:T{_CLOCK})?\s*", re.ASCII)
_TIME = re.compile(rf"\s*{_CLOCK}\s*", re.ASCII)
_FIRST_DAY = date(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


def days_of(text: str) -> float:
    """Return what a date counts for in arithmetic: whole days since 1970, the time of day by the clock as a fraction.

    A time alone is its fraction of the day. NaN for what is neither. Dates count as JavaRosa counts them, from midnight
    where the person is, so that the difference of two dates is whole on both sides of a change of the clock. Nothing is
    cached: texts are answers, and answers are kept in one place only.
    """
    found = moment(text)
    if found is not None:
        day, clock, _offset = found
        return float((day - _FIRST_DAY).days) + (seconds_of(clock) / 86_400 if clock is not None else 0.0)
    alone = clock_of(text)
    return seconds_of(alone[0]) / 86_400 if alone is not None else math.nan


def moment(text: str) -> tuple[date, time | None, timedelta | None] | None:
    """Return the date, the time of day and the offset a text names, None when it is no date; days need no zero."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found["hour"] is None:
            return day, None, None
        return day, _clock(found), _offset(found)
    except ValueError:
        return None


def clock_of(text: str) -> tuple[time, timedelta | None] | None:
    """Return the time of day and the offset of a text like 09:30 or 09:30:00.000+02:00, None for any other."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        return _clock(found), _offset(found)
    except ValueError:
        return None


def _clock(found: re.Match[str]) -> time:
    whole, _, part = (found["second"] or "0").partition(".")
    return time(int(found["hour"]), int(found["minute"]), int(whole), int((part + "000000")[:6]))


def _offset(found: re.Match[str]) -> timedelta | None:
    text = found["offset"]
    if text is None:
        return None
    if text == "Z":
        return timedelta()
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)  # noqa: PLR2004
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - what an offset can be
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset


def seconds_of(clock: time) -> float:
    """Return the seconds since midnight."""
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6


def local(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant a text names as the clock in the zone shows it; without an offset the text is local."""
    found = moment(text)
    if found is None:
        return None
    day, clock, offset = found
    naive = datetime.combine(day, clock or time())
    if offset is None:
        return naive.replace(tzinfo=zone)
    try:
        return naive.replace(tzinfo=timezone(offset)).astimezone(zone)
    except OverflowError:
        return None


def at_days(days: float, zone: tzinfo) -> datetime | None:
    """Return the instant so many days after the beginning of 1970 in UTC, None outside the years 1 to 9999."""
    try:
        return (EPOCH + timedelta(milliseconds=round(days * 86_400_000))).astimezone(zone)
    except (OverflowError, ValueError):
        return None


def days_at(instant: datetime) -> float:
    """Return the days from the beginning of 1970 in UTC to an instant."""
    return (instant - EPOCH) / ONE_DAY
