"""Cases that move along their timelines stand where the survey's rules, asked anew at every turn, put them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from cati.fieldwork import calling, changing, interviewing, placing
from cati.fieldwork.calling import DeliveredCase, NoCase
from cati.fieldwork.log import moment, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import case_file, place_of, standing_of, study_cells
from cati.settings import CallingRules
from cati.store import attempts, cases
from cati.store.cases import CaseStatus, Place
from cati.survey.calling_hours import instant, is_allowed, wall
from cati.survey.case import Appointment, AppointmentKind, Preference
from cati.survey.dispositions import Outcome

from .conftest import Made, MakeStudy, bring_people, looked_up, raw, settings_with, unrestricted

INTERIM = (
    Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MAILBOX, Outcome.THIRD_PERSON, Outcome.CALL_BACK, Outcome.SOFT_REFUSAL,
    Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT, Outcome.TECHNICAL, Outcome.OUT_OF_SERVICE,
)  # fmt: skip
RULES = (
    CallingRules(),
    CallingRules(appointment_grace_minutes=20, busy_minutes=45, attempts_a_day=1, least_windows=4, least_days=4),
    CallingRules(most_attempts_mobile=3, most_attempts_landline=4, hours_apart=5.0, refusal_rest_days=14),
)
FIELD_END = date(2027, 8, 14)


class Field:
    """Anything that happens to cases, and beside it what the rules say of each, from the last act on it."""

    def __init__(self, made: Made, seed: int) -> None:
        self.made, self.draw = made, random.Random(seed)
        self.people = [made.sign_in("anna"), made.sign_in("bert")]
        self.lead = made.sign_in("lead")
        self.since: dict[str, datetime] = dict.fromkeys(self.ids(), made.clock.at)
        self.interviews: set[str] = set()  # cases that were left in the middle of an interview
        self.checked = self.moved = 0

    def ids(self) -> list[str]:
        return [row["id"] for row in raw(self.lead, 'SELECT id FROM "case" ORDER BY id')]

    def acted(self, case_id: str) -> None:
        self.since[case_id] = self.made.clock.at

    def forward(self) -> None:
        self.made.clock.forward(seconds=self.draw.choice((7, 60, 600, 3600, 5 * 3600, 30 * 3600)) * self.draw.random())

    def take(self) -> tuple[OpenStudy, DeliveredCase] | None:
        study = self.draw.choice(self.people)
        if self.draw.random() < 0.2:  # the person is on the line, whether the case is due or not
            taken = calling.take_case(study, looked_up(study, self.draw.choice(self.ids())), calling.CALL_BACK)
            return (study, taken) if isinstance(taken, DeliveredCase) else None
        found = calling.take_next_case(study)
        if isinstance(found, NoCase):
            if found.next_due is not None and self.draw.random() < 0.5:
                self.made.clock.at = max(found.next_due, self.made.clock.at)
            return None
        return study, found

    def wish(self, outcome: Outcome) -> Appointment | None:
        if outcome not in (Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT):
            return None
        site = self.lead.settings.sites[0]
        at = self.made.clock.at.replace(second=0, microsecond=0) + timedelta(minutes=self.draw.randrange(20, 5000))
        while not is_allowed(at, site, self.lead.settings.rules, appointment=True):
            at += timedelta(minutes=30)
        vague = outcome is Outcome.VAGUE_APPOINTMENT
        return Appointment(
            kind=AppointmentKind.VAGUE if vague else AppointmentKind.DEFINITE, at=at,
            wall=f"{wall(at, site):%Y-%m-%dT%H:%M}", zone=site.time_zone,
            until=at + timedelta(hours=self.draw.choice((1, 3))) if vague and self.draw.random() < 0.7 else None,
        )  # fmt: skip

    def preference(self) -> Preference | None:
        if self.draw.random() < 0.7:
            return None
        start = self.draw.randrange(9, 20) * 60
        days = tuple(sorted(self.draw.sample(range(6), self.draw.randrange(1, 6))))
        return Preference(start_minute=start, end_minute=start + self.draw.choice((30, 60, 180)), days=days)

    def work(self) -> None:
        """Take a case and finish the call, give it back, or leave it lying in one state or another."""
        taken = self.take()
        if taken is None:
            return
        study, found = taken
        case_id = found.case_id
        lot = self.draw.random()
        if lot < 0.15:
            return  # left without a call
        if lot < 0.25 and found.call is None:
            assert calling.put_back(study, found.lease)
            self.acted(case_id)
            return
        self.made.clock.forward(seconds=self.draw.randrange(0, 400))
        call = found.call or calling.begin_call(study, found.lease, found.next_phone)
        assert isinstance(call, calling.Call)
        if lot < 0.45:
            self.leave(study, found, call, interview=lot < 0.35)
            return
        self.made.clock.forward(seconds=self.draw.randrange(0, 400))
        outcome = self.draw.choice(INTERIM)
        noted = calling.note_outcome(
            study, found.lease, call, outcome, appointment=self.wish(outcome), preference=self.preference()
        )
        assert isinstance(noted, calling.Noted)
        self.acted(case_id)
        if self.draw.random() < 0.1:
            self.made.clock.forward(seconds=5)
            again = calling.undo_outcome(study, noted.undo)
            assert isinstance(again, DeliveredCase)
            if self.draw.random() < 0.5:
                assert isinstance(
                    calling.note_outcome(study, again.lease, again.call, Outcome.NO_ANSWER), calling.Noted
                )
                self.acted(case_id)

    def leave(self, study: OpenStudy, found: DeliveredCase, call: calling.Call, *, interview: bool) -> None:
        if interview:
            running = interviewing.begin_interview(study, found.lease, call)
            assert isinstance(running, interviewing.RunningInterview)
            self.interviews.add(found.case_id)
        if self.draw.random() < 0.5:
            self.made.clock.forward(minutes=self.draw.randrange(1, 14))
            assert isinstance(calling.renew_lease(study, found.lease), calling.Lease)

    def check(self) -> None:
        """Turn whatever is due and compare every case that is not in somebody's hands."""
        before = {row["id"]: row for row in raw(self.lead, 'SELECT * FROM "case"')}
        keyless = replace(self.lead, keys=None)
        keyless.database.reads_every_contact = False
        now = self.made.clock.at
        with keyless.transaction() as transaction:
            while placing.turn(keyless, transaction, now, 25) == 25:
                pass
        keyless.database.reads_every_contact = True
        while placing.replan(self.lead, 25) == 25:
            pass
        self.lapsed(before)
        for case_id in self.ids():
            self.compare(case_id, before[case_id], now)

    def lapsed(self, before: dict[str, dict[str, object]]) -> None:
        """A call that was left open ended with its lease; from then on the rules count."""
        for case_id, row in before.items():
            if row["status"] != CaseStatus.LEASED or row["lease_until"] > seconds(self.made.clock.at):
                continue
            with self.lead.reading() as transaction:
                calls = attempts.attempts_of(transaction, case_id)
            assert all(call.ended is not None for call in calls)
            if calls and calls[-1].ended >= seconds(self.since[case_id]):
                last = calls[-1]
                if last.ended == max(row["lease_until"], last.started):
                    begun = case_id in self.interviews
                    assert last.outcome == (Outcome.INTERRUPTED if begun else Outcome.TECHNICAL)
                    self.since[case_id] = moment(last.ended)

    def compare(self, case_id: str, before: dict[str, object], now: datetime) -> None:
        with unrestricted(self.lead) as transaction:
            row = cases.case_row(transaction, case_id)
            known = case_file(self.lead, transaction, row, study_cells(self.lead, transaction)[row.cell])
        if row.status in (CaseStatus.LEASED, CaseStatus.WITHDRAWN):
            return
        *_, (at, said) = _places(self.lead, known, self.since[case_id], now)
        untouched = not known.calls and at == seconds(self.since[case_id])
        self.checked += 1
        self.moved += row.rank != before["rank"] or row.status != before["status"]
        found = (row.status, row.tier, row.avoid, row.final_code)
        assert found == (said.status, said.tier, said.avoid, said.final_code)
        if row.status is not CaseStatus.CLOSED:
            assert untouched or row.rank == said.rank  # before its first turn a fresh case has the import's lot
        if row.status is CaseStatus.WAITING:
            assert row.due_at == said.due_at
        if row.turns_at is None:
            end = instant(FIELD_END + timedelta(days=1), datetime.min.time(), known.site)
            assert said.turns_at is None or moment(said.turns_at) >= end
        else:
            assert row.turns_at == said.turns_at > seconds(now)


def _places(study: OpenStudy, known: placing.CaseFile, since: datetime, now: datetime) -> Iterator[tuple[int, Place]]:
    """Ask the rules anew at each turn, one after the other."""
    at = seconds(since)
    end = instant(FIELD_END + timedelta(days=1), datetime.min.time(), known.site)
    while True:
        place = place_of(standing_of(study, known, max(since, moment(at))))
        yield at, place
        if place.turns_at is None or place.turns_at > seconds(now) or moment(place.turns_at) >= end:
            return
        at = place.turns_at


@pytest.mark.parametrize("seed", range(len(RULES)))
def test_anything_moves_as_the_rules_say(make_study: MakeStudy, tmp_path: Path, kind: str, seed: int) -> None:
    enough = 8000 if kind == "file" else 550  # a server is asked over a wire, many times a step
    made = make_study(settings_with(rules=RULES[seed]))
    bring_people(made.sign_in("lead"), tmp_path, 25, seed=seed)
    field = Field(made, seed)
    while made.clock.at < datetime(2027, 8, 5, tzinfo=UTC) and field.checked < enough:
        field.work()
        if field.draw.random() < 0.5:
            field.forward()
        if field.draw.random() < 0.4:
            field.check()
    assert field.checked > 500
    assert field.moved > (20 if kind == "file" else 5)


def test_the_check_would_notice_a_step_that_is_missing(make_study: MakeStudy, tmp_path: Path) -> None:
    made = make_study()
    bring_people(made.sign_in("lead"), tmp_path, 25, seed=3)
    field = Field(made, 3)
    with pytest.raises(AssertionError):  # noqa: PT012 - it is not known when it is noticed
        for _ in range(100):
            field.work()
            field.forward()
            raw(field.lead, "UPDATE turn SET tier = 1 WHERE tier <> 1")
            field.check()


def _wished(made: Made, **wish: object) -> tuple[OpenStudy, str]:
    """Leave one open case, whose person said when to call."""
    anna = made.sign_in("anna")
    found = calling.take_next_case(anna)
    assert isinstance(found, DeliveredCase)
    call = calling.begin_call(anna, found.lease, 0)
    noted = calling.note_outcome(anna, found.lease, call, Outcome.CALL_BACK, preference=Preference(**wish))
    assert isinstance(noted, calling.Noted)
    raw(anna, 'UPDATE "case" SET status = 3, turns_at = NULL WHERE id <> :id', id=found.case_id)
    return anna, found.case_id


def _steps(study: OpenStudy, case_id: str) -> list[dict[str, object]]:
    return raw(study, 'SELECT * FROM turn WHERE "case" = :id ORDER BY at', id=case_id)


def _case(study: OpenStudy, case_id: str) -> dict[str, object]:
    return raw(study, 'SELECT * FROM "case" WHERE id = :id', id=case_id)[0]


def test_a_timeline_that_ran_out_is_marked_and_worked_out_anew(made: Made, tmp_path: Path) -> None:
    bring_people(made.sign_in("lead"), tmp_path, 5)
    anna, case_id = _wished(made, start_minute=11 * 60, end_minute=12 * 60)
    steps = _steps(anna, case_id)
    assert len(steps) == placing.STEPS
    assert all(step["turns_at"] == after["at"] for step, after in pairwise(steps))
    anna.database.reads_every_contact = False
    made.clock.at = moment(steps[-1]["at"])
    assert isinstance(calling.take_next_case(anna), (NoCase, DeliveredCase))
    row = _case(anna, case_id)
    assert (row["replan"], _steps(anna, case_id)) == (steps[-1]["at"], [])
    made.clock.at = moment(steps[-1]["turns_at"])
    calling.take_next_case(anna)
    row = _case(anna, case_id)
    assert (row["turns_at"], row["replan"]) == (None, steps[-1]["at"])
    assert placing.replan(made.sign_in("lead"), 25) == 1
    row = _case(anna, case_id)
    assert row["replan"] is None
    assert row["turns_at"] > seconds(made.clock.at)
    assert _steps(anna, case_id)[0]["at"] == row["turns_at"]
    assert placing.replan(made.sign_in("lead"), 25) == 0


def test_no_step_lies_behind_the_end_of_the_field(made: Made, tmp_path: Path) -> None:
    bring_people(made.sign_in("lead"), tmp_path, 5)
    made.clock.at = datetime(2027, 8, 12, 8, 0, tzinfo=UTC)
    anna, case_id = _wished(made, start_minute=11 * 60, end_minute=12 * 60)
    assert 0 < len(_steps(anna, case_id)) < placing.STEPS
    assert max(step["at"] for step in _steps(anna, case_id)) < datetime(2027, 8, 14, 22, 0, tzinfo=UTC).timestamp()


def test_a_fresh_case_without_a_wish_has_no_timeline_and_a_claim_writes_none(made: Made, tmp_path: Path) -> None:
    bring_people(made.sign_in("lead"), tmp_path, 60)
    anna = made.sign_in("anna")
    plain = 'SELECT count(*) AS n FROM turn t JOIN "case" k ON k.id = t."case" WHERE k.turns_at IS NULL'
    assert raw(anna, plain)[0]["n"] == 0
    wished = 'SELECT count(*) AS n FROM "case" k WHERE k.turns_at IS NOT NULL'
    held = 'SELECT count(DISTINCT "case") AS n FROM turn'
    assert raw(anna, wished)[0]["n"] == raw(anna, held)[0]["n"] > 0
    raw(anna, 'UPDATE "case" SET status = 3 WHERE turns_at IS NOT NULL')
    found = calling.take_next_case(anna)
    assert isinstance(found, DeliveredCase)
    assert _steps(anna, found.case_id) == []


def test_steps_die_with_the_case_and_at_erasure(made: Made, tmp_path: Path) -> None:
    bring_people(made.sign_in("lead"), tmp_path, 5)
    anna, case_id = _wished(made, start_minute=11 * 60, end_minute=12 * 60)
    assert _steps(anna, case_id)
    calling.withdraw(anna, looked_up(anna, case_id))
    assert _steps(anna, case_id) == []


def test_changed_rules_hold_for_every_case_also_one_in_hand(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 12)
    anna = made.sign_in("anna")
    found = calling.take_next_case(anna)
    assert isinstance(found, DeliveredCase)
    calling.begin_call(anna, found.lease, 0)
    lead, changed = changing.change_settings(lead, replace(lead.settings, rules=CallingRules(hours_apart=30.0)))
    assert changed == ("rules",)
    assert raw(lead, "SELECT count(*) AS n FROM turn")[0]["n"] > 0  # only those of the case in hand
    assert {row["case"] for row in raw(lead, 'SELECT "case" FROM turn')} == {found.case_id}
    made.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    with lead.transaction() as transaction:
        while placing.turn(lead, transaction, lead.now(), 25):
            pass
    while placing.replan(lead, 25):
        pass
    row = _case(lead, found.case_id)
    assert row["status"] == CaseStatus.WAITING
    assert row["due_at"] >= found.lease.until.timestamp() + 30 * 3600
    assert row["replan"] is None


def test_a_call_that_begins_after_the_lease_ran_out_ends_no_earlier(made: Made, tmp_path: Path) -> None:
    bring_people(made.sign_in("lead"), tmp_path, 5)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    found = calling.take_next_case(anna)
    assert isinstance(found, DeliveredCase)
    made.clock.forward(minutes=calling.LEASE_MINUTES + 5)
    call = calling.begin_call(anna, found.lease, 0)  # nobody took it over yet
    assert isinstance(call, calling.Call)
    made.clock.forward(minutes=1)
    calling.take_next_case(bert)
    ended = raw(anna, "SELECT ended, outcome FROM attempt WHERE id = :id", id=call.id)[0]
    assert ended == {"ended": seconds(call.started), "outcome": "technical"}
    assert _case(anna, found.case_id)["status"] == CaseStatus.WAITING
