"""Functions on dates and times. Each is told first in which time zone the interview takes place."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo

from cati.survey.moments import at_days, clock_of, days_at, days_of, local, moment, seconds_of
from cati.survey.values import Value, as_number, as_text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SIGN = re.compile(r"%(.)")


def _moment(zone: tzinfo, value: Value) -> datetime | None:
    """Return the local time a value stands for. Whole numbers are local dates, others instants."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str | tuple):
        text = as_text(value)
        found = local(text, zone)
        if found is not None or moment(text) is not None or clock_of(text) is not None:
            return found
    number = as_number(value)
    if not math.isfinite(number):
        return None
    instant = at_days(number, zone)
    if instant is not None and number == int(number):
        utc = at_days(number, UTC)
        return utc.replace(tzinfo=zone) if utc is not None else None
    return instant


def date_of(zone: tzinfo, value: Value) -> str:
    """Return the date of a text or of a number of days since 1970 (cut behind the point), "" for what is none."""
    found = _moment(zone, float(int(value)) if isinstance(value, float) and math.isfinite(value) else value)
    return found.date().isoformat() if found else ""


def date_time(zone: tzinfo, value: Value) -> str:
    """Return date and time with the zone's offset, "" for what is none; a date alone stays one."""
    text = "" if isinstance(value, float | bool) else as_text(value)
    named = moment(text)
    if named is not None and named[1] is None:
        return named[0].isoformat()
    number = as_number(value)
    found = local(text, zone) if named else at_days(number, zone) if _counts(value, number) else None
    return found.isoformat(timespec="milliseconds") if found else ""


def _counts(value: Value, number: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(number)


def decimal_date_time(zone: tzinfo, value: Value) -> Value:
    """Return the days since the beginning of 1970 in UTC, with the time of day as a fraction; "" for nothing."""
    text = "" if isinstance(value, float | bool) else as_text(value)
    if not text and not isinstance(value, float | bool):
        return ""
    found = local(text, zone)
    if found is not None:
        return days_at(found)
    number = as_number(value)
    return number if _counts(value, number) and moment(text) is None and clock_of(text) is None else math.nan


def decimal_date(zone: tzinfo, value: Value) -> Value:
    """Return the days since 1970 as a whole number."""
    text = date_of(zone, value)
    return days_of(text) if text else math.nan


def decimal_time(zone: tzinfo, value: Value) -> Value:
    """Return the time of day as a fraction: noon is 0.5. A time with another zone's offset is taken over into this one.

    Both offsets the zone has in the course of a year are its own: a time alone does not say on which day it was.
    """
    if isinstance(value, float):
        return value - math.floor(value) if math.isfinite(value) else math.nan
    text = as_text(value)
    if not text:
        return ""
    alone = clock_of(text)
    if alone is None:
        found = local(text, zone)
        return seconds_of(found.time()) / 86_400 if found else math.nan
    clock, offset = alone
    if offset is not None and offset not in _offsets(zone):
        begun = timedelta(seconds=seconds_of(clock)) - offset + _offsets(zone)[0]
        return (begun / timedelta(days=1)) % 1.0
    return seconds_of(clock) / 86_400


def _offsets(zone: tzinfo) -> tuple[timedelta, timedelta]:
    winter, summer = (datetime(2024, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7))
    return winter, summer


def format_date(zone: tzinfo, value: Value, pattern: Value) -> str:
    """Return a date or a time by ODK's pattern: %Y %y %m %n %b %d %e %a %W, %H %h %M %S %3; "" for what is no date."""
    found = _moment(zone, value)
    if found is None:
        alone = clock_of(as_text(value))
        if alone is None:
            return ""
        found = datetime.combine(datetime(1970, 1, 1, tzinfo=zone), alone[0], zone)
    parts = {
        "Y": f"{found.year:04}", "y": f"{found.year % 100:02}", "m": f"{found.month:02}", "n": str(found.month),
        "d": f"{found.day:02}", "e": str(found.day), "b": _MONTHS[found.month - 1], "a": _WEEKDAYS[found.weekday()],
        "H": f"{found.hour:02}", "h": str(found.hour), "M": f"{found.minute:02}", "S": f"{found.second:02}",
        "3": f"{found.microsecond // 1000:03}", "W": str(found.isocalendar().week), "%": "%",
    }  # fmt: skip
    return _SIGN.sub(lambda sign: parts.get(sign[1], sign[0]), as_text(pattern))
