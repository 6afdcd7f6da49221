"""When a person may be called: window, holidays, time zone, length of the interview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cati.settings import (
    LIMIT_SATURDAYS,
    LIMIT_SUNDAYS_AND_HOLIDAYS,
    LIMIT_WEEKDAYS,
    CallingRules,
    Site,
    Window,
)
from cati.survey.case import Preference
from cati.text import mark

SATURDAY, SUNDAY = 5, 6
SEARCH_DAYS = 60
"""How far ahead an allowed instant is looked for; beyond it a wish counts as one that cannot be met."""


class CallWindow(StrEnum):
    """The kinds of time that attempts are spread over."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WINDOW_NAMES = {
    CallWindow.MORNING: mark("weekday morning"),
    CallWindow.AFTERNOON: mark("weekday afternoon"),
    CallWindow.EVENING: mark("weekday evening"),
    CallWindow.SATURDAY: mark("Saturday"),
    CallWindow.SUNDAY: mark("Sunday or holiday"),
}
_NOON, _EVENING = time(12), time(17)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of allowed time, [start, end) in UTC."""

    start: datetime
    end: datetime


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def wall(at: datetime, site: Site) -> datetime:
    """Return the respondent's wall time of an instant."""
    return at.astimezone(_zone(site.time_zone))


def instant(day: date, clock: time, site: Site) -> datetime:
    """Return the UTC instant of a wall time: the first of one that exists twice; an hour on for one that never is."""
    local = datetime.combine(day, clock, tzinfo=_zone(site.time_zone))
    return local.astimezone(UTC)


@lru_cache(maxsize=1024)
def _holidays(land: str, year: int) -> dict[date, str]:
    import holidays  # noqa: PLC0415 - a large library; the terminal's small acts do without

    categories = ("public", "catholic") if land in ("BY", "Augsburg", "SL") else ("public",)
    # Mariä Himmelfahrt is kept in most municipalities of Bavaria: nobody is called there on that day.
    found = holidays.country_holidays("DE", subdiv=land, years=year, language="de", categories=categories)
    return {day: name for day, name in found.items() if isinstance(day, date)}


def holiday_name(day: date, land: str) -> str:
    """Return the name of a Land's public holiday, "" for other days. Bavaria's municipal Mariä Himmelfahrt counts."""
    return _holidays(land, day.year).get(day, "")


def _is_rest_day(day: date, site: Site) -> bool:
    return day.weekday() == SUNDAY or day in _holidays(site.land, day.year)


def window_on(day: date, site: Site, rules: CallingRules, *, appointment: bool = False) -> Window | None:
    """Return the wall-clock window of a day: the rules' for fresh attempts, the guideline's limit for appointments."""
    if _is_rest_day(day, site):
        return LIMIT_SUNDAYS_AND_HOLIDAYS if appointment else rules.sundays_and_holidays
    if day.weekday() == SATURDAY:
        return LIMIT_SATURDAYS if appointment else rules.saturdays
    return LIMIT_WEEKDAYS if appointment else rules.weekdays


@lru_cache(maxsize=4096)
def span_on(day: date, site: Site, rules: CallingRules, *, appointment: bool = False) -> Span | None:
    """Return a day's allowed stretch in UTC, None for a day without calls."""
    window = window_on(day, site, rules, appointment=appointment)
    if window is None:
        return None
    return Span(instant(day, window.start, site), instant(day, window.end, site))


def is_allowed(at: datetime, site: Site, rules: CallingRules, *, appointment: bool = False) -> bool:
    """Tell whether a call may begin at this instant."""
    span = span_on(wall(at, site).date(), site, rules, appointment=appointment)
    return span is not None and span.start <= at < span.end


def closes_at(at: datetime, site: Site, rules: CallingRules, *, appointment: bool = False) -> datetime | None:
    """Return when today's window closes (UTC), None when no call is allowed now."""
    span = span_on(wall(at, site).date(), site, rules, appointment=appointment)
    return span.end if span is not None and span.start <= at < span.end else None


def next_span(
    at: datetime, site: Site, rules: CallingRules, *, room_minutes: int = 0, preference: Preference | None = None
) -> Span | None:
    """Return the next stretch, from ``at`` on, in which a fresh attempt may begin.

    It ends ``room_minutes`` before the guideline's limit, so that the interview ends inside it, or when the window or
    the person's own wish ends. None when there is none within `SEARCH_DAYS`.
    """
    day = wall(at, site).date()
    for ahead in range(SEARCH_DAYS):
        found = _span_of(day + timedelta(days=ahead), site, rules, room_minutes, preference)
        if found is not None and at < found.end:
            return Span(max(at, found.start), found.end)
    return None


@lru_cache(maxsize=8192)
def _span_of(
    day: date, site: Site, rules: CallingRules, room_minutes: int, preference: Preference | None
) -> Span | None:
    """Return the stretch of one day in which an attempt may begin, None when there is none."""
    span = span_on(day, site, rules)
    limit = span_on(day, site, rules, appointment=True)
    if span is None or limit is None:
        return None
    start, end = span.start, min(span.end, limit.end - timedelta(minutes=room_minutes))
    if preference is not None:
        if day.weekday() not in preference.days:
            return None
        start = max(start, instant(day, _clock(preference.start_minute), site))
        if preference.end_minute < 24 * 60:
            end = min(end, instant(day, _clock(preference.end_minute), site))
    return Span(start, end) if start < end else None


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def next_allowed(
    at: datetime, site: Site, rules: CallingRules, *, room_minutes: int = 0, preference: Preference | None = None
) -> datetime:
    """Return the next instant, ``at`` or later, at which a fresh attempt may begin.

    A wish that no day of the next `SEARCH_DAYS` can meet is set aside; without any allowed day the end of the search.
    """
    found = next_span(at, site, rules, room_minutes=room_minutes, preference=preference)
    if found is None and preference is not None:
        found = next_span(at, site, rules, room_minutes=room_minutes)
    return found.start if found is not None else at + timedelta(days=SEARCH_DAYS)


def window_of(at: datetime, site: Site) -> CallWindow:
    """Return which kind of time an instant is, by the respondent's wall clock; evening begins at 17:00."""
    local = wall(at, site)
    if _is_rest_day(local.date(), site):
        return CallWindow.SUNDAY
    if local.weekday() == SATURDAY:
        return CallWindow.SATURDAY
    clock = local.time()
    if clock < _NOON:
        return CallWindow.MORNING
    return CallWindow.AFTERNOON if clock < _EVENING else CallWindow.EVENING


def fits_limit(at: datetime, site: Site, rules: CallingRules, minutes: int) -> bool:
    """Tell whether an interview of this length, begun at ``at``, lies inside the guideline's limit."""
    span = span_on(wall(at, site).date(), site, rules, appointment=True)
    return span is not None and span.start <= at and at + timedelta(minutes=minutes) <= span.end
