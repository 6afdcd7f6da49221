"""Appointments and preferred times as people say them: "mo 18", "morgen 9:30", "in 2 h", "ab 18 Uhr"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cati.errors import Problem
from cati.settings import CallingRules, Site
from cati.survey.calling_hours import fits_limit, holiday_name, instant, span_on, wall, window_on
from cati.survey.case import Appointment, AppointmentKind, Preference
from cati.survey.spoken_words import (
    ANY_TIME,
    DAYS,
    FILLERS,
    MONTHS,
    NEGATIONS,
    NUMBERS,
    PARTS,
    WEEKDAY_WORDS,
    WEEKEND_WORDS,
)
from cati.text import tr

_MOST_DAYS = 120


@dataclass(frozen=True, slots=True)
class _Said:
    """What was understood so far."""

    day: date | None = None
    clock: time | None = None
    part: tuple[int, int] | None = None
    at: datetime | None = None
    week: date | None = None
    from_clock: bool = False
    left: tuple[str, ...] = ()


def read_appointment(
    text: str, *, now: datetime, site: Site, rules: CallingRules, expected_minutes: int, reason: str = ""
) -> Appointment | list[Problem]:
    """Read an appointment as it is spoken, in the respondent's wall time; Problems when it cannot stand.

    A day without a time, a part of the day or a week is vague; everything else definite. An appointment outside the
    guideline's limit, or one whose interview would end outside it, needs a ``reason``.
    """
    local = wall(now, site)
    said = _understand(text, local)
    where = tr("Appointment")
    if said.left or not any((said.day, said.clock, said.part, said.at, said.week)):
        what = tr("“{words}” is not understood.", words=" ".join(said.left) or text.strip())
        return [Problem(where, what, tr("Type for example: mon 18 · tomorrow 9:30 · in 2 h · 24.7. 17:15"))]
    made = _resolve(said, local, site)
    if isinstance(made, Problem):
        return [made]
    found = _faults(made, now, site, rules, expected_minutes, reason)
    return found or replace(made, reason=reason.strip())


def _resolve(said: _Said, local: datetime, site: Site) -> Appointment | Problem:
    if said.at is not None:
        return _definite(said.at, site)
    if said.week is not None and said.day is None:
        return _vague(said.week, said.part or (9, 20), site, days=5)
    today = local.date()
    if said.clock is not None and not said.from_clock:
        day = said.day or (today if said.clock > local.time() else today + timedelta(days=1))
        return _at_clock(day, said.clock, site)
    part = said.part or (9, 20)
    if said.clock is not None:
        part = (said.clock.hour, max(20, said.clock.hour + 1))
    day = said.day or (today if local.hour < part[1] - 1 else today + timedelta(days=1))
    vague = _vague(day, part, site)
    if said.clock is not None:
        at = instant(day, said.clock, site)
        until = max(vague.until or at, at + timedelta(minutes=10))
        vague = replace(vague, at=at, until=until, wall=f"{day.isoformat()} {said.clock:%H:%M}")
    return vague


def _at_clock(day: date, clock: time, site: Site) -> Appointment | Problem:
    """Return the appointment at a wall time; one that a DST change skips does not exist, and is refused."""
    zone = ZoneInfo(site.time_zone)
    first = datetime.combine(day, clock, tzinfo=zone)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != first.replace(tzinfo=None):
        return Problem(
            tr("Appointment"),
            tr("{time} does not exist on that day: the clocks go forward.", time=clock.strftime("%H:%M")),
            tr("Choose another time."),
        )
    return _definite(first.astimezone(UTC), site)


def _definite(at: datetime, site: Site) -> Appointment:
    at = at.astimezone(UTC).replace(second=0, microsecond=0)
    return Appointment(
        kind=AppointmentKind.DEFINITE, at=at, wall=wall(at, site).strftime("%Y-%m-%d %H:%M"), zone=site.time_zone
    )


def _vague(day: date, part: tuple[int, int], site: Site, days: int = 1) -> Appointment:
    last = day + timedelta(days=days - 1)
    return Appointment(
        kind=AppointmentKind.VAGUE,
        at=instant(day, time(part[0]), site),
        until=instant(last, time(min(part[1], 23)), site),
        wall=f"{day.isoformat()} {part[0]:02}:00",
        zone=site.time_zone,
    )


def _fits(made: Appointment, site: Site, rules: CallingRules, minutes: int) -> bool:
    """Tell whether the interview can lie inside the limit: at its minute, or somewhere in a vague span."""
    if made.until is None:
        return fits_limit(made.at, site, rules, minutes)
    day, last = wall(made.at, site).date(), wall(made.until, site).date()
    while day <= last:
        span = span_on(day, site, rules, appointment=True)
        if span is not None:
            begins = max(made.at, span.start)
            if begins < made.until and fits_limit(begins, site, rules, minutes):
                return True
        day += timedelta(days=1)
    return False


def _faults(
    made: Appointment, now: datetime, site: Site, rules: CallingRules, minutes: int, reason: str
) -> list[Problem]:
    where = tr("Appointment")
    if (made.until or made.at) <= now:
        return [Problem(where, tr("This time is already over."), tr("Choose a later one."))]
    if made.at > now + timedelta(days=_MOST_DAYS):
        return [Problem(where, tr("This is more than {n} days away.", n=_MOST_DAYS), tr("Check the date."))]
    if reason.strip() or _fits(made, site, rules, minutes):
        return []
    local = wall(made.at, site)
    window = window_on(local.date(), site, rules, appointment=True)
    if window is None:
        return [Problem(where, tr("No calls are allowed on that day."), tr("Choose another day."))]
    holiday = holiday_name(local.date(), site.land)
    hours = tr("Calls are allowed from {start} to {end}, and the interview takes {n} minutes.",
               start=window.start.strftime("%H:%M"), end=window.end.strftime("%H:%M"), n=minutes)  # fmt: skip
    what = f"{holiday}: {hours}" if holiday else hours
    return [Problem(where, what, tr("Choose another time, or write down why the person wants it so."))]


_GLUED = re.compile(
    r"^(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|heute|morgen|mo|di|mi|do|fr|sa|so)"
    r"(früh|vormittag|mittag|nachmittag|nachm|abend)s?$"
)


def _words(text: str) -> list[str]:
    text = text.lower().replace(",", " ").replace("–", "-").replace("day after tomorrow", "übermorgen")
    text = re.sub(r"(\d)\s*(uhr|h|am|pm)\b", r"\1 \2", text)
    words: list[str] = []
    for word in text.split():
        glued = _GLUED.match(word)
        words += [glued[1], glued[2]] if glued else [word]
    return words


def _understand(text: str, local: datetime) -> _Said:
    relative = _relative(text, local)
    if relative is not None:
        return relative
    said = _Said()
    words = _words(text)
    at = 0
    while at < len(words):
        word = words[at].strip(".") if not re.search(r"\d", words[at]) else words[at]
        following = words[at + 1].strip(".") if at + 1 < len(words) else ""
        said, used = _take(said, word, following, local)
        at += used
    return said


def _take(said: _Said, word: str, following: str, local: datetime) -> tuple[_Said, int]:  # noqa: C901, PLR0911, PLR0912 - one line a kind of word
    """Return what is understood after one more word, and how many words were used."""
    today = local.date()
    if word in ("nächste", "nächsten", "nächster", "naechste", "next", "kommende", "kommenden"):
        if following in ("woche", "week"):
            monday = today + timedelta(days=7 - today.weekday())
            return replace(said, week=monday), 2
        if following in DAYS:
            day = _next_day(today, DAYS[following], same_day=False)
            return replace(said, day=day), 2
    if word in ("heute", "today"):
        return replace(said, day=today), 1
    if word == "tonight":
        return replace(said, day=today, part=PARTS["abend"]), 1
    if word in ("übermorgen", "uebermorgen"):
        return replace(said, day=today + timedelta(days=2)), 1
    if word in ("morgen", "tomorrow"):
        return replace(said, day=today + timedelta(days=1)), 1
    if word in DAYS and not (word == "do" and said.day):
        week = said.week
        named = week + timedelta(days=DAYS[word]) if week else _next_day(today, DAYS[word], same_day=True)
        return replace(said, day=named), 1
    if word in PARTS:
        return replace(said, part=PARTS[word]), 1
    if word in ("ab", "nach", "after", "from"):
        return replace(said, from_clock=True), 1
    dated = _date(word, following, today)
    if dated is not None:
        return replace(said, day=dated[0]), dated[1]
    clocked = _clock(word, following, said.part)
    if clocked is not None:
        return replace(said, clock=clocked[0]), clocked[1]
    if word in FILLERS or not word.strip("."):
        return said, 1
    return replace(said, left=(*said.left, word)), 1


def _next_day(today: date, weekday: int, *, same_day: bool) -> date:
    ahead = (weekday - today.weekday()) % 7
    return today + timedelta(days=ahead if ahead or same_day else 7)


def _relative(text: str, local: datetime) -> _Said | None:
    """Read "in 2 h", "in 20 min", "in einer halben Stunde", "in 3 Tagen", "in einer Woche"."""
    found = re.fullmatch(
        r"\s*in\s+(?:(\d+(?:[.,]\d+)?|[a-zäöü]+)\s+)?(halbe[nr]?|half an|half)?\s*"
        r"(h|std|stunden?|hours?|min|minuten?|minutes?|tag|tagen|days?|wochen?|weeks?)\.?\s*",
        text.lower(),
    )
    if not found:
        return None
    number = 1.0
    if found[1]:
        word = found[1].replace(",", ".")
        if re.fullmatch(r"[\d.]+", word):
            number = float(word)
        elif word in NUMBERS:
            number = float(NUMBERS[word])
        else:
            return None
    number = number / 2 if found[2] else number
    unit = found[3]
    if number > 10_000:  # noqa: PLR2004 - no appointment lies so far away
        return None
    if unit.startswith(("h", "st")):
        return _Said(at=local.astimezone(UTC) + timedelta(hours=number))  # elapsed, also when the clocks change
    if unit.startswith("m"):
        return _Said(at=local.astimezone(UTC) + timedelta(minutes=number))
    days = number * (7 if unit.startswith("w") else 1)
    return _Said(day=local.date() + timedelta(days=days))


def _date(word: str, following: str, today: date) -> tuple[date, int] | None:
    """Read "24.7.", "24.07.2026", "2026-07-24", "24. juli"."""
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word)
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?", word)
    named = re.fullmatch(r"(\d{1,2})\.?(?:st|nd|rd|th)?", word)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3])), 1
        if german:
            if german[3]:
                return date(int(german[3]) % 100 + 2000, int(german[2]), int(german[1])), 1
            return _coming(int(german[2]), int(german[1]), today), 1
        if named and following in MONTHS:
            return _coming(MONTHS[following], int(named[1]), today), 2
    except ValueError:
        return None
    return None


def _coming(month: int, day: int, today: date) -> date:
    this = date(today.year, month, day)
    return this if this >= today else date(today.year + 1, month, day)


def _clock(word: str, following: str, part: tuple[int, int] | None) -> tuple[time, int] | None:
    """Read "18", "18:30", "18.30", "1830", "6 pm", "halb 7"."""
    if word == "halb" and re.fullmatch(r"\d{1,2}", following):
        hour = int(following) - 1
        return _time(hour + 12 if hour < 8 else hour, 30, 2)  # noqa: PLR2004 - "halb 7" on the telephone is in the evening
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?", word) or re.fullmatch(r"(\d{2})(\d{2})", word)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    used = 1
    if following in ("am", "pm", "a.m", "p.m"):
        hour = hour % 12 + (12 if following.startswith("p") else 0)
        used = 2
    elif part is not None and part[0] >= 12 and hour < 12:  # noqa: PLR2004 - "abends um 6"
        hour += 12
    return _time(hour, minute, used)


def _time(hour: int, minute: int, used: int) -> tuple[time, int] | None:
    return (time(hour, minute), used) if 0 <= hour < 24 and 0 <= minute < 60 else None  # noqa: PLR2004 - a clock


def read_preference(text: str) -> Preference | None:  # noqa: C901, PLR0912 - one branch a kind of word
    """Read a preferred time such as "ab 18 Uhr", "after 18:00", "vormittags", "mo-mi 9-12", "nicht freitags".

    Returns None when nothing is wished for, or when the words are not understood: a wish that is guessed wrong does
    more harm than none.
    """
    words = _preference_words(text)
    if not words or set(words) <= ANY_TIME | {"time"}:
        return None
    start, end = 0, 24 * 60
    days: set[int] = set()
    banned: set[int] = set()
    negated = False
    at = 0
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in NEGATIONS:
            negated = True
        elif _day_of(word) is not None:
            (banned if negated else days).add(_day_of(word) or 0)
        elif (many := _days_between(word)) is not None:
            (banned if negated else days).update(many)
        elif word in WEEKDAY_WORDS:
            days.update(range(5))
        elif word in WEEKEND_WORDS:
            (banned if negated else days).update((5, 6))
        elif word in PARTS and not negated:
            start, end = PARTS[word][0] * 60, (PARTS[word][1] * 60 if PARTS[word][1] < 20 else 24 * 60)  # noqa: PLR2004 - evenings are open
        elif word in ("ab", "nach", "after", "from", "erst") and (minute := _minute(following)) is not None:
            start, at = minute, at + 1
        elif word in ("bis", "vor", "before", "until", "till", "-") and (minute := _minute(following)) is not None:
            end, at = minute, at + 1
        elif (span := re.fullmatch(r"(\d{1,2}(?:[:.]\d{2})?)-(\d{1,2}(?:[:.]\d{2})?)", word)) is not None:
            first, last = _minute(span[1]), _minute(span[2])
            if first is None or last is None:
                return None
            start, end = first, last
        elif (minute := _minute(word)) is not None:
            start, end = minute, min(minute + 120, 24 * 60)
        elif word not in FILLERS and word not in (
            "und",
            "and",
            "oder",
            "or",
            "nur",
            "only",
            "am",
            "zwischen",
            "between",
        ):
            return None
        at += 1
    chosen = tuple(sorted((days or set(range(7))) - banned))
    if start >= end or not chosen:
        return None
    if (start, end, chosen) == (0, 24 * 60, tuple(range(7))):
        return None
    return Preference(start_minute=start, end_minute=end, days=chosen, said=" ".join(text.split())[:60])


def _preference_words(text: str) -> list[str]:
    text = re.sub(r"\s*[-–]\s*", "-", text.lower())
    text = re.sub(r"(\d)\s*(?:uhr|h)\b", r"\1", text)
    text = re.sub(r"\b(\d{1,2})(?:[:.](\d\d))?\s*pm\b", _twelve_on, text)
    text = re.sub(r"\b(\d{1,2}(?:[:.]\d\d)?)\s*am\b", r"\1", text)
    text = re.sub(r"(?:zwischen|between)\s+([\d:.]+)\s+(?:und|and)\s+([\d:.]+)", r"\1-\2", text)
    return [word.strip(".,;()") for word in re.split(r"[\s,;/]+", text) if word.strip(".,;()")]


def _twelve_on(found: re.Match[str]) -> str:
    return f"{int(found[1]) % 12 + 12}:{found[2] or '00'}"


def _day_of(word: str) -> int | None:
    """Return the weekday of "freitag", "freitags", "fridays", "fr"."""
    return DAYS.get(word, DAYS.get(word.removesuffix("s")))


def _days_between(word: str) -> set[int] | None:
    parts = word.split("-")
    if len(parts) != 2:  # noqa: PLR2004 - "mo-fr"
        return None
    first, last = _day_of(parts[0]), _day_of(parts[1])
    if first is None or last is None:
        return None
    return {(first + n) % 7 for n in range((last - first) % 7 + 1)}


def _minute(word: str) -> int | None:
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?", word)
    if not found:
        return None
    minute = int(found[1]) * 60 + int(found[2] or 0)
    return minute if minute <= 24 * 60 else None
