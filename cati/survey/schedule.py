"""Which case is called next and why; when a case may be called again (norms_germany.md, DESIGN §4)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from itertools import pairwise

from cati.settings import CallingRules, Site
from cati.survey.calling_hours import CallWindow, Span, instant, next_span, wall, window_of
from cati.survey.case import Appointment, AppointmentKind, Attempt, PhoneKind, Preference
from cati.survey.dispositions import CONFIRMING, TABLE, FinalCode, Outcome, final_code
from cati.text import show_moment, tr


class CaseState(StrEnum):
    """Whether a case can be handed out now, later, or never again."""

    READY = "ready"
    WAITING = "waiting"
    CLOSED = "closed"


class Tier(IntEnum):
    """The strict order of calling; a lower tier always goes first."""

    APPOINTMENT = 0
    HINT = 1
    UNDECIDED = 2
    FRESH = 3


class Why(StrEnum):
    """Why a case is called now, or waits."""

    APPOINTMENT = "appointment"
    APPOINTMENT_MISSED = "appointment_missed"
    VAGUE = "vague"
    BUSY = "busy"
    REFUSAL_REST_OVER = "refusal_rest_over"
    INTERRUPTED = "interrupted"
    REACHED = "reached"
    PREFERRED = "preferred"
    FRESH = "fresh"
    RETRY = "retry"
    OTHER_NUMBER = "other_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a case stands. ``due_at``: from when it may be called (UTC).

    ``turns_at``: when this must be worked out anew because it changes by itself (an appointment lapses, a wished-for
    time ends); None when only an act changes it. ``rank``: order within the tier, smaller first, below 2**59.
    """

    state: CaseState
    tier: Tier
    due_at: datetime
    turns_at: datetime | None
    rank: int
    avoid_interviewer: str | None
    why: Why
    why_at: datetime | None = None
    attempts: int = 0
    final: FinalCode | None = None


LOOK_AHEAD = timedelta(hours=36)
"""How long a retry may be put off to reach a time of day that was tried less often."""
_MOST_ATTEMPTS, _MOST_TRIES, _SECONDS, _TIES = 63, 63, (1 << 33) - 1, (1 << 12) - 1
_WINDOWS = (CallWindow.MORNING, CallWindow.AFTERNOON, CallWindow.EVENING, CallWindow.SATURDAY, CallWindow.SUNDAY)


def standing(
    history: Sequence[Attempt],
    *,
    appointment: Appointment | None,
    preference: Preference | None,
    phones: Sequence[PhoneKind],
    site: Site,
    rules: CallingRules,
    expected_minutes: int,
    now: datetime,
    draw: random.Random,
) -> Standing:
    """Return where a case stands at ``now``, from everything that happened to it."""
    if not history and appointment is None and phones:
        return _fresh(preference, site, rules, expected_minutes, now, draw)
    final = _final(history, phones, rules, wished=appointment is not None)
    if final is not None:
        return _closed(history, now, final)
    if appointment is not None:
        agreed = _agreed(history, appointment, rules, now)
        if agreed is not None:
            return agreed
    return _again(history, preference, phones, site, rules, expected_minutes, now, draw)


def _fresh(
    preference: Preference | None, site: Site, rules: CallingRules, minutes: int, now: datetime, draw: random.Random
) -> Standing:
    """A case nobody has called: ready at once (calling hours are looked at when it is claimed), or at its own time."""
    rank = draw.getrandbits(32)
    if preference is None:
        return Standing(
            state=CaseState.READY, tier=Tier.FRESH, due_at=now, turns_at=None, rank=rank, avoid_interviewer=None,
            why=Why.FRESH,
        )  # fmt: skip
    span = next_span(now, site, rules, room_minutes=minutes, preference=preference)
    if span is None:
        return Standing(
            state=CaseState.READY, tier=Tier.FRESH, due_at=now, turns_at=None, rank=rank, avoid_interviewer=None,
            why=Why.FRESH,
        )  # fmt: skip
    ready = span.start <= now
    return Standing(
        state=CaseState.READY if ready else CaseState.WAITING, tier=Tier.FRESH, due_at=span.start,
        turns_at=span.end if ready else span.start, rank=rank, avoid_interviewer=None, why=Why.PREFERRED,
    )  # fmt: skip


def _closed(history: Sequence[Attempt], now: datetime, final: FinalCode) -> Standing:
    return Standing(
        state=CaseState.CLOSED, tier=Tier.FRESH, due_at=now, turns_at=None, rank=0, avoid_interviewer=None,
        why=Why.RETRY, attempts=len(history), final=final,
    )  # fmt: skip


def dead_phones(history: Sequence[Attempt]) -> set[int]:
    """Return the indices of the numbers that are known to be no good."""
    return {attempt.phone for attempt in history if TABLE[attempt.outcome].number_dead}


def _limit(kind: PhoneKind, rules: CallingRules) -> int:
    return rules.most_attempts_mobile if kind is PhoneKind.MOBILE else rules.most_attempts_landline


def usable_phones(history: Sequence[Attempt], phones: Sequence[PhoneKind], rules: CallingRules) -> list[int]:
    """Return the indices of the numbers that may still be tried.

    The limit of its kind counts all attempts on numbers of that kind, and the higher limit all attempts on the person;
    redials of a busy number count too, so that nobody's telephone rings without end.
    """
    used = Counter(attempt.phone_kind for attempt in history)
    alive = [n for n, _kind in enumerate(phones) if n not in dead_phones(history)]
    if not alive or len(history) >= max(_limit(phones[n], rules) for n in alive):
        return []
    return [n for n in alive if used[phones[n]] < _limit(phones[n], rules)]


def _final(
    history: Sequence[Attempt], phones: Sequence[PhoneKind], rules: CallingRules, *, wished: bool
) -> FinalCode | None:
    """Return the final code of a case that is not called any more, None for one that goes on."""
    outcomes = [(attempt.phone, attempt.outcome) for attempt in history]
    soft = sum(outcome is Outcome.SOFT_REFUSAL for _phone, outcome in outcomes)
    alive = len(set(range(len(phones))) - dead_phones(history))
    ended = any(TABLE[outcome].final for _phone, outcome in outcomes) or soft > rules.refusal_conversions or not alive
    # What a person asked for is kept, even when the attempts are used up.
    if not ended and (wished or usable_phones(history, phones, rules)):
        return None
    return final_code(outcomes, len(phones))


def _agreed(
    history: Sequence[Attempt], appointment: Appointment, rules: CallingRules, now: datetime
) -> Standing | None:
    """An appointment: waiting for its time, due, or missed by less than the grace; None once it has lapsed."""
    grace = timedelta(minutes=rules.appointment_grace_minutes)
    definite = appointment.kind is AppointmentKind.DEFINITE
    ends = appointment.at + grace if definite or appointment.until is None else appointment.until
    if now >= ends:
        return None
    due = now >= appointment.at
    late = definite and now >= appointment.at + timedelta(minutes=10)
    why = Why.APPOINTMENT_MISSED if late else Why.APPOINTMENT if definite else Why.VAGUE
    return Standing(
        state=CaseState.READY if due else CaseState.WAITING,
        tier=Tier.APPOINTMENT if definite else Tier.HINT,
        due_at=appointment.at,
        turns_at=ends if due else appointment.at,
        rank=min(int(appointment.at.timestamp()), _SECONDS) << 12,
        avoid_interviewer=None,
        why=why,
        why_at=appointment.at,
        attempts=len(history),
    )


def _trailing_busy(history: Sequence[Attempt]) -> int:
    count = 0
    for attempt in reversed(history):
        if attempt.outcome is not Outcome.BUSY:
            break
        count += 1
    return count


def _again(
    history: Sequence[Attempt], preference: Preference | None, phones: Sequence[PhoneKind], site: Site,
    rules: CallingRules, minutes: int, now: datetime, draw: random.Random,
) -> Standing:  # fmt: skip
    """A case that was called: when it may be called again, in which tier, and at which time of day."""
    if not history:  # an appointment that lapsed before anybody called
        return _fresh(preference, site, rules, minutes, now, draw)
    last = history[-1]
    soft = next((attempt for attempt in reversed(history) if attempt.outcome is Outcome.SOFT_REFUSAL), None)
    avoid = soft.interviewer if soft is not None else None
    busy = _trailing_busy(history)
    if 0 < busy <= rules.busy_redials:
        redial = max(last.ended + timedelta(minutes=rules.busy_minutes), now)
        span = next_span(redial, site, rules, room_minutes=minutes)
        if span is not None:
            return _placed(
                history, span.start, None, Tier.HINT, Why.BUSY, now, site, draw, why_at=last.ended, avoid=avoid
            )
    # From now on: a stretch that is over would turn at once, and again.
    earliest = max(earliest_retry(history, site, rules), now)
    reached = any(attempt.outcome in CONFIRMING for attempt in history)
    tier = Tier.UNDECIDED if reached else Tier.FRESH
    why = _why_again(last, soft, reached=reached, preferred=preference is not None)
    fresh_number = last.phone in dead_phones(history)
    segment = _segment(history, earliest, preference, phones, site, rules, minutes)
    turns = (
        segment.end if segment is not None and (preference is not None or _must_vary(history, phones, rules)) else None
    )
    due = segment.start if segment is not None else earliest
    return _placed(
        history, due, turns, tier, Why.OTHER_NUMBER if fresh_number and not reached else why, now, site, draw,
        why_at=last.ended, avoid=avoid,
    )  # fmt: skip


def _why_again(last: Attempt, soft: Attempt | None, *, reached: bool, preferred: bool) -> Why:
    if soft is not None:
        return Why.REFUSAL_REST_OVER
    if last.outcome is Outcome.INTERRUPTED:
        return Why.INTERRUPTED
    if preferred:
        return Why.PREFERRED
    return Why.REACHED if reached else Why.RETRY


def _counted(history: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that count for "two a day, three hours apart": redials of a busy number do not."""
    return [attempt for attempt in history if attempt.outcome is not Outcome.BUSY]


def earliest_retry(history: Sequence[Attempt], site: Site, rules: CallingRules) -> datetime:
    """Return the first instant (UTC) that pauses, attempts a day and the rest after a soft refusal allow."""
    last = history[-1]
    earliest = last.ended + timedelta(hours=rules.hours_apart)
    counted = _counted(history)
    days = Counter(wall(attempt.started, site).date() for attempt in counted)
    today = wall(last.started, site).date()
    used_up = days[today] >= rules.attempts_a_day
    if used_up or _needs_new_day(history, site, rules):
        earliest = max(earliest, instant(today + timedelta(days=1), rules.weekdays.start.min, site))
    if last.outcome is Outcome.OUT_OF_SERVICE:
        earliest = max(earliest, last.ended + timedelta(days=1))
    for attempt in history:
        if attempt.outcome is Outcome.SOFT_REFUSAL:
            earliest = max(earliest, attempt.ended + timedelta(days=rules.refusal_rest_days))
    return earliest


def _remaining(history: Sequence[Attempt], rules: CallingRules) -> int:
    kinds = {attempt.phone_kind for attempt in history}
    return max((_limit(kind, rules) for kind in kinds), default=0) - len(history)


def _needs_new_day(history: Sequence[Attempt], site: Site, rules: CallingRules) -> bool:
    """Whether every attempt that is left must fall on a new day, for the attempts to cover the least number of days."""
    days = {wall(attempt.started, site).date() for attempt in history}
    return 0 < _remaining(history, rules) <= rules.least_days - len(days)


def _must_vary(history: Sequence[Attempt], phones: Sequence[PhoneKind], rules: CallingRules) -> bool:
    """Whether the attempts left are so few that the next must fall into a kind of time not tried yet."""
    del phones
    return 0 < _remaining(history, rules) <= rules.least_windows


def _segment(
    history: Sequence[Attempt], earliest: datetime, preference: Preference | None, phones: Sequence[PhoneKind],
    site: Site, rules: CallingRules, minutes: int,
) -> Span | None:  # fmt: skip
    """Return the stretch to call in: at the person's own time, else the least-tried kind of time before long."""
    if preference is not None:
        wished = next_span(earliest, site, rules, room_minutes=minutes, preference=preference)
        if wished is not None:
            return wished
    tries = Counter(window_of(attempt.started, site) for attempt in history)
    segments = _segments(earliest, site, rules, minutes)
    if not segments:
        return None
    untried_needed = rules.least_windows - len(tries)
    if untried_needed > 0 and _must_vary(history, phones, rules):
        new = next((segment for segment in segments if not tries[window_of(segment.start, site)]), None)
        if new is not None:
            return new
    near = [segment for segment in segments if segment.start <= segments[0].start + LOOK_AHEAD]
    return min(near, key=lambda segment: (tries[window_of(segment.start, site)], segment.start))


def _segments(earliest: datetime, site: Site, rules: CallingRules, minutes: int) -> list[Span]:
    """Return the stretches of the next eight days, cut where morning, afternoon and evening meet."""
    found: list[Span] = []
    at = earliest
    horizon = earliest + timedelta(days=8)
    while at < horizon:
        span = next_span(at, site, rules, room_minutes=minutes)
        if span is None:
            break
        day = wall(span.start, site).date()
        cuts = [instant(day, clock, site) for clock in (_AFTERNOON, _EVENING)]
        edges = [span.start, *(cut for cut in cuts if span.start < cut < span.end), span.end]
        found += [Span(start, end) for start, end in pairwise(edges)]
        at = span.end
    return found


_AFTERNOON = datetime(2000, 1, 1, 12, tzinfo=UTC).time()
_EVENING = datetime(2000, 1, 1, 17, tzinfo=UTC).time()


def _placed(
    history: Sequence[Attempt], due: datetime, ends: datetime | None, tier: Tier, why: Why, now: datetime, site: Site,
    draw: random.Random, *, why_at: datetime | None, avoid: str | None = None,
) -> Standing:  # fmt: skip
    ready = due <= now
    tries = sum(window_of(attempt.started, site) is window_of(due, site) for attempt in history)
    last = int(history[-1].ended.timestamp())
    if tier is Tier.HINT:
        rank = min(int(due.timestamp()), _SECONDS) << 12 | draw.getrandbits(12)
    else:
        rank = (min(len(history), _MOST_ATTEMPTS) << 51 | min(tries, _MOST_TRIES) << 45
                | min(last, _SECONDS) << 12 | draw.getrandbits(12))  # fmt: skip
    return Standing(
        state=CaseState.READY if ready else CaseState.WAITING,
        tier=tier,
        due_at=due,
        turns_at=ends if ready else due,
        rank=rank,
        avoid_interviewer=avoid,
        why=why,
        why_at=why_at,
        attempts=len(history),
    )


def next_phone(history: Sequence[Attempt], phones: Sequence[PhoneKind], rules: CallingRules) -> int:
    """Return the index of the number to try: the one that was busy or reached last, else the least-tried usable one."""
    usable = usable_phones(history, phones, rules)
    dead = dead_phones(history)
    alive = [n for n in range(len(phones)) if n not in dead]
    if not usable:
        usable = alive or [0]
    if history and history[-1].outcome is Outcome.BUSY and history[-1].phone in usable:
        return history[-1].phone
    for attempt in reversed(history):
        if attempt.outcome in CONFIRMING and attempt.phone in usable:
            return attempt.phone
    tried = Counter(attempt.phone for attempt in history)
    return min(usable, key=lambda n: (tried[n], n))


def may_leave_message(history: Sequence[Attempt], rules: CallingRules) -> bool:
    """Tell whether another message may be left on a mailbox (one in all, by default)."""
    return sum(attempt.outcome is Outcome.MAILBOX_MESSAGE for attempt in history) < rules.mailbox_messages


def why_now(found: Standing, site: Site) -> str:
    """Return one sentence why this case is called now."""
    at = show_moment(wall(found.why_at, site), "EEE HH:mm") if found.why_at is not None else ""
    sentences = {
        Why.APPOINTMENT: tr("An appointment was agreed for {at}.", at=at),
        Why.APPOINTMENT_MISSED: tr("An appointment was agreed for {at}; you are late, please say so.", at=at),
        Why.VAGUE: tr("The person asked to be called about now."),
        Why.BUSY: tr("The number was busy at {at}.", at=at),
        Why.REFUSAL_REST_OVER: tr("A colleague met with hesitation; one more friendly approach is allowed."),
        Why.INTERRUPTED: tr("The interview was interrupted at {at} and goes on.", at=at),
        Why.REACHED: tr("Somebody was reached before, and nothing is decided yet."),
        Why.PREFERRED: tr("This is the time at which the person prefers to be called."),
        Why.FRESH: tr("Nobody has called this person yet."),
        Why.RETRY: tr("Not reached so far; this time of day was tried least."),
        Why.OTHER_NUMBER: tr("The last number was no good; there is another one."),
    }
    return sentences[found.why]
