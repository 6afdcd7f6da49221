"""Whatever happens on the telephone, in whatever order and at whatever hour: what must always hold, on real files."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cati.fieldwork import calling, log
from cati.fieldwork.calling import DeliveredCase, NoCase, Noted
from cati.fieldwork.open_study import OpenStudy
from cati.settings import CallingRules
from cati.store.cases import CaseStatus
from cati.survey.calling_hours import is_allowed, wall
from cati.survey.case import Appointment, AppointmentKind, PhoneKind
from cati.survey.dispositions import TABLE, Outcome

from .conftest import Made, MakeStudy, bring_people, raw, settings_with

RULES = CallingRules()
OUTCOMES = [o for o in Outcome if o is not Outcome.COMPLETE]
LIKELY = (Outcome.NO_ANSWER, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MAILBOX, Outcome.THIRD_PERSON, Outcome.CALL_BACK)


class Field:
    """Interviewers at work for some weeks, and a book kept beside the program's own."""

    def __init__(self, made: Made, people: list[OpenStudy], seed: int) -> None:
        self.made, self.people = made, people
        self.draw = random.Random(seed)
        self.calls: dict[str, list[tuple[datetime, Outcome, str, PhoneKind]]] = {}
        self.gone: set[str] = set()

    def one_call(self) -> None:
        study = self.draw.choice(self.people)
        found = calling.take_next_case(study)
        if isinstance(found, NoCase):
            self.wait(found)
            return
        self.check_hand_out(study, found)
        if self.draw.random() < 0.05:
            assert calling.put_back(study, found.lease, "no_time")
            self.made.clock.forward(minutes=1)
            return
        outcome = self.draw.choice(LIKELY if self.draw.random() < 0.7 else OUTCOMES)
        wish = self.wish(outcome)
        started = self.made.clock.at
        call = calling.begin_call(study, found.lease, found.next_phone)
        self.made.clock.forward(seconds=self.draw.randrange(20, 300))
        noted = calling.note_outcome(study, found.lease, call, outcome, appointment=wish)
        assert isinstance(noted, Noted)
        if self.draw.random() < 0.1:
            again = calling.undo_outcome(study, noted.undo)
            assert isinstance(again, DeliveredCase)
            assert again.contact == found.contact
            noted = calling.note_outcome(study, again.lease, again.call, outcome, appointment=wish)
        kind = found.contact.phones[found.next_phone].kind
        self.calls.setdefault(found.case_id, []).append((started, outcome, study.me.id, kind))
        if noted.final:
            self.gone.add(found.case_id)
        self.made.clock.forward(seconds=self.draw.randrange(5, 600))

    def wait(self, none: NoCase) -> None:
        later = self.made.clock.at + timedelta(minutes=self.draw.choice((1, 15, 240)))
        self.made.clock.at = max(none.next_due, later) if none.next_due else later

    def wish(self, outcome: Outcome) -> Appointment | None:
        if outcome not in (Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT):
            return None
        at = self.made.clock.at + timedelta(hours=self.draw.randrange(1, 200))
        local = wall(at, self.people[0].settings.sites[0])
        while not is_allowed(at, self.people[0].settings.sites[0], RULES, appointment=True):
            at += timedelta(minutes=30)
        vague = outcome is Outcome.VAGUE_APPOINTMENT
        return Appointment(
            kind=AppointmentKind.VAGUE if vague else AppointmentKind.DEFINITE, at=at, wall=f"{local:%Y-%m-%dT%H:%M}",
            zone="Europe/Berlin", until=at + timedelta(hours=3) if vague else None,
        )  # fmt: skip

    def check_hand_out(self, study: OpenStudy, found: DeliveredCase) -> None:
        now = self.made.clock.at
        booked = found.appointment is not None
        assert found.case_id not in self.gone, "a closed case"
        assert found.language in study.me.languages
        assert is_allowed(now, found.site, RULES, appointment=booked), "outside the hours"
        past = self.calls.get(found.case_id, [])
        assert len(past) == found.attempts == len(found.story)
        if not past or booked:
            return
        last, outcome, _who, _kind = past[-1]
        assert now - last >= timedelta(
            minutes=RULES.busy_minutes if outcome is Outcome.BUSY else RULES.hours_apart * 60
        )
        today = [
            c for c in past if wall(c[0], found.site).date() == found.local_now.date() and c[1] is not Outcome.BUSY
        ]
        if outcome is not Outcome.BUSY:
            assert len(today) < RULES.attempts_a_day, "too often a day"
        refusals = [c for c in past if c[1] is Outcome.SOFT_REFUSAL]
        assert len(refusals) <= 1
        for at, _outcome, who, _kind in refusals:
            assert now - at >= timedelta(days=RULES.refusal_rest_days)
            assert study.me.id != who, "the same interviewer after a refusal"
        kinds = Counter(c[3] for c in past)
        assert kinds[PhoneKind.MOBILE] <= RULES.most_attempts_mobile
        assert kinds[PhoneKind.LANDLINE] <= RULES.most_attempts_landline

    def check_books(self) -> None:
        study = self.people[0]
        rows = {row["id"]: row for row in raw(study, 'SELECT * FROM "case"')}
        contacts = {row["case"] for row in raw(study, 'SELECT "case" FROM contact')}
        hashes = raw(study, "SELECT count(*) AS n FROM never_again")[0]["n"]
        erased = set()
        for case_id, calls in self.calls.items():
            outcomes = [c[1] for c in calls]
            if {Outcome.HARD_REFUSAL, Outcome.WITHDRAWN} & set(outcomes):
                erased.add(case_id)
            if any(TABLE[o].final for o in outcomes):
                assert rows[case_id]["status"] in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
                assert rows[case_id]["final_code"]
        assert contacts == set(rows) - erased
        assert (hashes > 0) == bool(erased)
        for row in rows.values():
            assert (row["lease_holder"] is None) == (row["status"] != CaseStatus.LEASED)
            if row["status"] == CaseStatus.WAITING:
                assert row["turns_at"] is not None
                assert row["turns_at"] <= row["due_at"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_weeks_of_anything(make_study: MakeStudy, tmp_path: Path, seed: int) -> None:
    made = make_study(settings_with())
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 30, seed=seed)
    field = Field(made, [made.sign_in("anna"), made.sign_in("bert")], seed)
    end = made.clock.at + timedelta(days=21)
    while made.clock.at < end:
        field.one_call()
    assert sum(map(len, field.calls.values())) > 60
    field.check_books()
    assert log.verify(lead).ok


def test_clocks_going_back_hand_out_nothing_twice(make_study: MakeStudy, tmp_path: Path) -> None:
    """On the last Sunday of October 02:30 exists twice; the case waits through both."""
    made = make_study(settings_with(field_to=date(2027, 11, 20), erasure_date=date(2028, 1, 31)))
    made.clock.at = datetime(2027, 10, 29, 13, 0, tzinfo=UTC)
    bring_people(made.sign_in("lead"), tmp_path, 8)
    field = Field(made, [made.sign_in("anna"), made.sign_in("bert")], 5)
    while made.clock.at < datetime(2027, 11, 4, tzinfo=UTC):
        field.one_call()
    field.check_books()
