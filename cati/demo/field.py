"""Two weeks of simulated fieldwork: invented interviewers call invented people through the very acts of the program."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from cati.fieldwork import calling, interviewing, mixing
from cati.fieldwork.calling import Call, DeliveredCase, NoCase
from cati.fieldwork.open_study import OpenStudy
from cati.survey.case import Appointment, AppointmentKind, PhoneKind
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from cati.survey.invented_answers import invent_answer
from cati.survey.questionnaire import Kind
from cati.survey.spoken_time import read_appointment

T = TypeVar("T")
ZONE = ZoneInfo("Europe/Berlin")
SHIFT = (time(9, 30), time(20, 30))

# Assumptions after field_simulation.md: consented volunteers, of whom a third is reached by one attempt.
REACHED = {PhoneKind.MOBILE: 0.33, PhoneKind.LANDLINE: 0.28}
DEAD_SHARE = 0.05
NOT_REACHED = ((Outcome.BUSY, 0.06), (Outcome.MAILBOX, 0.34), (Outcome.NO_ANSWER, 0.60))
ANSWERED = (
    ("interview", 0.47), ("appointment", 0.28), (Outcome.THIRD_PERSON, 0.10), (Outcome.SOFT_REFUSAL, 0.07),
    (Outcome.HARD_REFUSAL, 0.03), ("withdrawal", 0.02), (Outcome.UNABLE, 0.02), ("break_off", 0.01),
)  # fmt: skip
WISHES = ("morgen 18", "morgen 10:30", "in 3 h", "do abend", "mo 17:15", "übermorgen vormittag")
SECONDS = {Outcome.BUSY: 40, Outcome.MAILBOX: 60, Outcome.NO_ANSWER: 60}


@dataclass(slots=True)
class Clock:
    """Simulated time: what `OpenStudy.now` returns."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant it is (aware UTC)."""
        return self.at


@dataclass(slots=True)
class Happened:
    """What the simulated weeks came to."""

    calls: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    interviews: int = 0
    withdrawals: int = 0
    mixed: int = 0
    days: int = 0


def work(
    interviewers: list[OpenStudy], clock: Clock, days: list[date], draw: random.Random,
    *, progress: Callable[[int, int], None] | None = None,
) -> Happened:  # fmt: skip
    """Let the interviewers work through these days, each at their own pace, and mix at each day's end."""
    happened = Happened()
    for done, day in enumerate(days):
        if progress is not None:
            progress(done, len(days))
        begin, end = (datetime.combine(day, hour, ZONE) for hour in SHIFT)
        free = {study.me.login: begin + timedelta(minutes=at) for at, study in enumerate(interviewers)}
        by_login = {study.me.login: study for study in interviewers}
        while free:
            login = min(free, key=lambda name: (free[name], name))
            clock.at = max(clock.at, free[login])
            if clock.at >= end:
                del free[login]
                continue
            study = by_login[login]
            found = calling.take_next_case(study)
            if isinstance(found, NoCase):
                later = found.next_due if found.next_due is not None else end
                free[login] = max(later, clock.at + timedelta(minutes=10))
                continue
            _one_call(study, found, clock, draw, happened)
            # The next case is taken after the wrap-up; others work meanwhile, so each keeps a time of their own.
            free[login] = clock.at + timedelta(seconds=25)
        clock.at = max(clock.at, datetime.combine(day, time(22), ZONE))
        happened.mixed += mixing.mix(interviewers[0]).moved
        happened.days += 1
    if progress is not None:
        progress(len(days), len(days))
    return happened


def _drawn(options: tuple[tuple[T, float], ...], draw: random.Random) -> T:
    return draw.choices([option for option, _share in options], [share for _option, share in options])[0]


def _is_dead(case: DeliveredCase, phone: int) -> bool:
    """A number is good or bad for good: decided by the number itself."""
    digest = hashlib.sha256(case.contact.phones[phone].e164.encode()).digest()
    return digest[0] / 256 < DEAD_SHARE


def _one_call(study: OpenStudy, case: DeliveredCase, clock: Clock, draw: random.Random, happened: Happened) -> None:
    call = calling.begin_call(study, case.lease, case.next_phone)
    if not isinstance(call, Call):
        return
    happened.calls += 1
    clock.at += timedelta(seconds=20)
    if _is_dead(case, case.next_phone):
        _note(study, case, call, Outcome.NOT_WORKING, clock, happened)
        return
    kept = case.appointment is not None and case.appointment.kind is AppointmentKind.DEFINITE
    reached = 0.65 if kept else REACHED[case.contact.phones[case.next_phone].kind]
    if draw.random() >= reached:
        outcome = _drawn(NOT_REACHED, draw)
        clock.at += timedelta(seconds=SECONDS[outcome])
        _note(study, case, call, outcome, clock, happened)
        return
    clock.at += timedelta(seconds=90)
    said = _drawn(ANSWERED, draw)
    if said == "withdrawal":
        calling.withdraw(study, case.lease)
        happened.withdrawals += 1
        happened.outcomes[Outcome.WITHDRAWN.value] += 1
    elif said == "appointment":
        wish = read_appointment(
            draw.choice(WISHES), now=clock.at, site=case.site, rules=study.settings.rules,
            expected_minutes=study.settings.expected_minutes,
        )  # fmt: skip
        if isinstance(wish, Appointment):
            definite = wish.kind is AppointmentKind.DEFINITE
            outcome = Outcome.APPOINTMENT if definite else Outcome.VAGUE_APPOINTMENT
            _note(study, case, call, outcome, clock, happened, wish)
        else:
            _note(study, case, call, Outcome.CALL_BACK, clock, happened)
    elif said in ("interview", "break_off"):
        _interview(study, case, call, clock, draw, happened, until=None if said == "interview" else 12)
    elif isinstance(said, Outcome):
        _note(study, case, call, said, clock, happened)


def _note(
    study: OpenStudy, case: DeliveredCase, call: Call, outcome: Outcome, clock: Clock, happened: Happened,
    appointment: Appointment | None = None,
) -> None:  # fmt: skip
    clock.at += timedelta(seconds=5)
    calling.note_outcome(study, case.lease, call, outcome, appointment=appointment)
    happened.outcomes[outcome.value] += 1


def _interview(
    study: OpenStudy, case: DeliveredCase, call: Call, clock: Clock, draw: random.Random, happened: Happened,
    *, until: int | None,
) -> None:  # fmt: skip
    """Ask the questions one after the other; ``until``: break off after so many answers."""
    running = interviewing.begin_interview(study, case.lease, call)
    if not isinstance(running, interviewing.RunningInterview):
        return
    asked = 0
    while (screen := running.state.screen) is not None and not screen.ends_interview:
        for question in screen.questions:
            if question.kind is Kind.NOTE:
                continue
            clock.at += timedelta(seconds=draw.randint(8, 20))
            running = interviewing.record(
                study, running, EventKind.ANSWERED, question.address, invent_answer(question, draw)
            )
            asked += 1
        if running.state.screen is not None and running.state.screen.position == screen.position:
            running = interviewing.record(study, running, EventKind.WENT_FORWARD)
        if until is not None and asked >= until:
            interviewing.break_off(study, running, Outcome.INTERRUPTED)
            happened.outcomes[Outcome.INTERRUPTED.value] += 1
            return
    done = interviewing.complete(study, running)
    if isinstance(done, interviewing.Completed):
        happened.outcomes[done.outcome.value] += 1
        happened.interviews += done.outcome is Outcome.COMPLETE
