"""Several interviewers at one study: nothing twice, nobody sent away, no target exceeded; and a naive control."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, interviewing, log, members, mixing, staffing
from cati.fieldwork.calling import DeliveredCase, LeaseLost, NoCase, Noted, Taken, TooLate
from cati.fieldwork.delivery import held_row
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.study import NewMember
from cati.settings import Department, Site
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome

from .conftest import (
    CHEAP,
    PASSWORDS,
    Made,
    MakeStudy,
    bring_people,
    completed,
    looked_up,
    raw,
    settings_with,
    unrestricted,
)

ON_SERVER = pytest.mark.parametrize("kind", ["server"])
CROWD = {"server": 10, "file": 3}  # a file has one workstation, and lets one write at a time


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, kind: str) -> Callable[[Made], list[OpenStudy]]:
    """Return what signs so many interviewers in, each at a window of their own."""

    def sign_in(made: Made) -> list[OpenStudy]:
        lead = made.sign_in("lead")
        for n in range(CROWD[kind]):
            password = f"violetter Kahn am Steg {n}{n} und mehr"
            new = NewMember(
                login=f"m{n}", name=f"Maria Nummer{'abcdefghij'[n]}", role=Role.INTERVIEWER, password=password,
                languages=("de", "en"),
            )  # fmt: skip
            staffing.add_member(lead, new, cost=CHEAP)
            monkeypatch.setitem(PASSWORDS, new.login, password)
        return [made.sign_in(f"m{n}") for n in range(CROWD[kind])]

    return sign_in


def _at_once(people: list[OpenStudy], work: Callable[[OpenStudy], None]) -> None:
    """Let everybody work at the same time, each in a thread; what fails in one fails the test."""
    begin = threading.Barrier(len(people))

    def one(study: OpenStudy) -> None:
        begin.wait()
        work(study)

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(one, people))


class Book:
    """What was handed out, written down beside the program's own books."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.open: set[str] = set()
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []

    def taken(self, found: DeliveredCase) -> None:
        with self.lock:
            if found.case_id in self.open:
                self.faults.append("held by two")
            if self.done[found.case_id]:
                self.faults.append("finished before")
            self.open.add(found.case_id)

    def given_back(self, found: DeliveredCase, *, finished: bool = True) -> None:
        """To be said before the case is given back: whoever gets it the moment after is not the second."""
        with self.lock:
            self.open.discard(found.case_id)
            self.done[found.case_id] += finished


def _sites(target: int, of_site: int) -> tuple[Site, ...]:
    departments = tuple(Department(code=code, name=code.title(), target=target) for code in ("bau", "kfz"))
    return tuple(
        Site(code=code, name=f"Landkreis {code}", land="BY", target=of_site, departments=departments)
        for code in ("nord", "sued")
    )


def _ready(lead: OpenStudy, *, one_cell: bool = False) -> int:
    """Make every case ready at once; return how many there are."""
    raw(lead, """UPDATE "case" SET status = 0, turns_at = NULL""")
    raw(lead, "DELETE FROM turn")
    if one_cell:
        raw(lead, """UPDATE "case" SET cell = (SELECT min(id) FROM cell WHERE language = 'de')""")
    return int(raw(lead, 'SELECT count(*) AS n FROM "case"')[0]["n"])


def _complete(study: OpenStudy, found: DeliveredCase) -> None:
    """Finish a case whose call is open already."""
    call = found.call or calling.begin_call(study, found.lease, 0)
    assert isinstance(call, calling.Call)
    with study.transaction() as transaction:
        assert held_row(study, transaction, found.lease) is not None
        mixing.put_into_pool(study, transaction, found.lease, {})
        assert isinstance(calling.keep_outcome(study, transaction, found.lease, call, Outcome.COMPLETE), Noted)


@pytest.mark.parametrize("one_cell", [True, False])
def test_everybody_gets_a_case_of_their_own_until_there_is_none(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path, one_cell: bool
) -> None:
    made = make_study(settings_with(views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 120)
    people = crowd(made)
    there = _ready(lead, one_cell=one_cell)
    book = Book()

    def work(study: OpenStudy) -> None:
        while isinstance(found := calling.take_next_case(study), DeliveredCase):
            book.taken(found)
            call = calling.begin_call(study, found.lease, 0)
            book.given_back(found)
            noted = calling.note_outcome(study, found.lease, call, Outcome.NO_ANSWER)
            assert isinstance(noted, Noted)

    _at_once(people, work)
    assert book.faults == []
    assert sum(book.done.values()) == there == len(book.done)  # nobody was sent away while there was a case
    assert log.verify(lead).ok


@pytest.mark.parametrize("margin", [0, 2])
def test_no_target_is_exceeded_and_every_target_is_reached(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path, margin: int
) -> None:
    target, of_site = 14, 23
    made = make_study(settings_with(sites=_sites(target, of_site), quota_margin=margin, views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 200)
    people = crowd(made)
    _ready(lead)
    ids = [row["id"] for row in raw(lead, 'SELECT id FROM "case" ORDER BY id')]
    book = Book()

    def work(study: OpenStudy) -> None:
        draw = random.Random(study.me.login)
        while True:
            if draw.random() < 0.2:  # somebody calls back
                found = calling.take_case(study, looked_up(study, draw.choice(ids)), calling.CALL_BACK)
                if isinstance(found, Taken):
                    continue
            else:
                found = calling.take_next_case(study)
            if isinstance(found, NoCase):
                if any("now running" in words for words, _n in found.blocked):
                    continue  # somebody is at the last ones: they may give them back
                return
            book.taken(found)
            if draw.random() < 0.3:
                book.given_back(found, finished=False)
                assert calling.put_back(study, found.lease)
                continue
            assert isinstance(completed(study, found), Noted)
            book.given_back(found)

    _at_once(people, work)
    assert book.faults == []
    by_place = Counter(
        {(row["site"], row["department"]): row["n"] for row in raw(
            lead, """SELECT site, department, count(*) AS n FROM "case" c JOIN cell l ON l.id = c.cell
                     WHERE final_code = '1.1' GROUP BY site, department""")}
    )  # fmt: skip
    for site in lead.settings.sites:
        places = [by_place[site.code, one.code] for one in site.departments]
        assert sum(places) <= of_site + margin
        assert max(places) <= target + margin
        assert sum(places) >= of_site  # reached, for there are people enough
    assert log.verify(lead).ok


def test_what_is_taken_back_or_gone_on_with_overshoots_no_target_either(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path
) -> None:
    """Everybody notes an outcome and takes it back, or breaks an interview off and goes on: for three places and one."""
    target, margin = 3, 1
    made = make_study(settings_with(sites=_sites(target, target)[:1], quota_margin=margin, views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 60)
    people = crowd(made)
    _ready(lead, one_cell=True)
    late: Counter[str] = Counter()

    def work(study: OpenStudy) -> None:
        for n in range(6):
            found = calling.take_next_case(study)
            if isinstance(found, NoCase):
                continue
            call = calling.begin_call(study, found.lease, 0)
            assert isinstance(call, calling.Call)
            again: object
            if n % 2:
                running = interviewing.begin_interview(study, found.lease, call)
                assert isinstance(running, interviewing.RunningInterview)
                assert isinstance(interviewing.break_off(study, running, Outcome.INTERRUPTED), Noted)
                again = calling.take_case(study, looked_up(study, found.case_id), calling.CALL_BACK)
            else:
                noted = calling.note_outcome(study, found.lease, call, Outcome.NO_ANSWER)
                assert isinstance(noted, Noted)
                again = calling.undo_outcome(study, noted.undo)
            if isinstance(again, DeliveredCase):
                _complete(study, again)
            else:
                assert isinstance(again, Taken | TooLate)
                late[again.why] += 1

    _at_once(people, work)
    done = raw(lead, """SELECT count(*) AS n FROM "case" WHERE final_code = '1.1'""")[0]["n"]
    assert target <= done <= target + margin, late
    assert "" not in late
    assert log.verify(lead).ok


def test_appointments_releases_and_call_backs_hold_too(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path
) -> None:
    made = make_study(settings_with(views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 60)
    people = crowd(made)
    _ready(lead)
    ids = [row["id"] for row in raw(lead, 'SELECT id FROM "case" ORDER BY id')]
    book = Book()
    at = made.clock.at + timedelta(hours=2)
    wish = Appointment(
        kind=AppointmentKind.DEFINITE, at=at, wall=at.isoformat(timespec="minutes"), zone="Europe/Berlin"
    )
    agreed: Counter[str] = Counter()

    def work(study: OpenStudy) -> None:
        draw = random.Random(study.me.login)
        for _ in range(25):
            by_hand = draw.random() < 0.3
            case_id = draw.choice(ids)
            if by_hand:
                found = calling.take_case(study, looked_up(study, case_id), calling.CALL_BACK)
            else:
                found = calling.take_next_case(study)
            if isinstance(found, Taken | NoCase):
                continue
            book.taken(found)
            lot = draw.random()
            if lot < 0.3:
                book.given_back(found, finished=False)
                assert calling.put_back(study, found.lease)
                continue
            call = calling.begin_call(study, found.lease, 0)
            book.given_back(found, finished=False)
            agreed[found.case_id] = int(lot < 0.6)  # while nobody else can have the case
            if lot < 0.6:
                noted = calling.note_outcome(study, found.lease, call, Outcome.APPOINTMENT, appointment=wish)
            elif lot < 0.7:
                assert calling.withdraw(study, found.lease)
                continue
            else:
                noted = calling.note_outcome(study, found.lease, call, Outcome.SOFT_REFUSAL)
            assert isinstance(noted, Noted), noted

    _at_once(people, work)
    assert book.faults == []
    booked = {row["case"] for row in raw(lead, 'SELECT "case" FROM appointment')}
    assert booked == set(+agreed)
    made.clock.at = at
    waiting = set(+agreed)
    while waiting:  # every appointment is kept, by anybody, before anything else
        found = calling.take_next_case(people[0])
        assert found.case_id in waiting
        waiting.remove(found.case_id)
        call = calling.begin_call(people[0], found.lease, 0)
        calling.note_outcome(people[0], found.lease, call, Outcome.SOFT_REFUSAL)
    assert log.verify(lead).ok


@ON_SERVER
def test_a_late_outcome_and_a_lease_that_lapses_do_not_wait_for_each_other(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path
) -> None:
    """Ending a call took the call and then the case; turning the case first and then its call: a deadlock."""
    made = make_study(settings_with(views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 40)
    people = crowd(made)
    half = people[: len(people) // 2]
    kept: Counter[str] = Counter()
    for _ in range(4):
        _ready(lead)
        mine = {}
        for study in half:
            found = calling.take_next_case(study)
            assert isinstance(found, DeliveredCase)
            mine[study.me.id] = (found, calling.begin_call(study, found.lease, 0))
        made.clock.forward(minutes=calling.LEASE_MINUTES + 1)

        def work(study: OpenStudy, mine: dict[str, object] = mine) -> None:
            if study.me.id in mine:
                found, call = mine[study.me.id]
                noted = calling.note_outcome(study, found.lease, call, Outcome.NO_ANSWER)
                kept[type(noted).__name__] += 1
                assert isinstance(noted, Noted | LeaseLost)
            else:
                found = calling.take_next_case(study)
                assert isinstance(found, DeliveredCase)
                assert calling.put_back(study, found.lease)

        _at_once(people, work)
    assert kept["Noted"] + kept["LeaseLost"] == 4 * len(half)
    assert raw(lead, "SELECT count(*) AS n FROM attempt WHERE ended IS NULL")[0]["n"] == 0


@ON_SERVER
def test_whoever_holds_a_case_is_not_turned_away_from_under_their_write(made: Made, tmp_path: Path) -> None:
    """The order itself: while an outcome is being written, turning leaves the case alone and waits for nothing."""
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 20)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    found = calling.take_next_case(anna)
    call = calling.begin_call(anna, found.lease, 0)
    made.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    with anna.transaction() as transaction:
        assert held_row(anna, transaction, found.lease) is not None
        assert calling.keep_outcome(anna, transaction, found.lease, call, Outcome.NO_ANSWER)
        other = calling.take_next_case(bert)  # would wait ten seconds for the call, and then fail
        assert isinstance(other, DeliveredCase)
        assert other.case_id != found.case_id
    assert raw(lead, "SELECT outcome FROM attempt")[0]["outcome"] == "no_answer"


@ON_SERVER
def test_the_server_believes_neither_the_clock_nor_the_settings_of_a_window(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 30)
    anna = made.sign_in("anna")
    right = made.clock.at
    wrong = replace(anna, now=lambda: right + timedelta(hours=5))
    found = calling.take_next_case(wrong)
    assert isinstance(found, DeliveredCase)
    until = raw(lead, 'SELECT lease_until FROM "case" WHERE status = 2')[0]["lease_until"]
    assert until == int(right.timestamp()) + calling.LEASE_MINUTES * 60
    assert calling.put_back(wrong, found.lease)
    # At night nobody is called, whatever this window believes of time, hours and languages.
    made.clock.at = datetime(2027, 7, 6, 22, 0, tzinfo=UTC)
    believes = replace(anna, now=lambda: right, me=replace(anna.me, languages=("de", "en", "fr")))
    assert isinstance(calling.take_next_case(believes), NoCase)
    made.clock.at = right
    raw(lead, "UPDATE member SET languages = 'fr' WHERE login = 'anna'")
    assert isinstance(calling.take_next_case(anna), NoCase)
    raw(lead, "UPDATE member SET languages = 'de en' WHERE login = 'anna'")
    raw(lead, "UPDATE target SET wanted = 0")
    assert isinstance(calling.take_next_case(anna), NoCase)
    raw(lead, "UPDATE target SET wanted = 30")
    assert isinstance(calling.take_next_case(anna), DeliveredCase)


@ON_SERVER
def test_who_left_or_is_nobody_gets_nothing(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 10)
    anna = made.sign_in("anna")
    members.deactivate(lead, anna.me.id)
    with pytest.raises(Problem, match="taken away"):
        calling.take_next_case(anna)
    assert raw(lead, 'SELECT count(*) AS n FROM "case" WHERE status = 2')[0]["n"] == 0


@ON_SERVER
def test_two_windows_of_one_member_get_one_case(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 20)
    windows = [made.sign_in("anna") for _ in range(4)]
    found: list[str] = []

    def work(study: OpenStudy) -> None:
        taken = calling.take_next_case(study)
        assert isinstance(taken, DeliveredCase)
        found.append(taken.case_id)

    _at_once(windows, work)
    assert len(set(found)) == 1
    assert raw(lead, 'SELECT count(*) AS n FROM "case" WHERE status = 2')[0]["n"] == 1


@ON_SERVER
def test_the_check_would_notice(
    make_study: MakeStudy, crowd: Callable[[Made], list[OpenStudy]], tmp_path: Path
) -> None:
    """The negative control: the first case is read and then taken, as peers do."""
    made = make_study(settings_with(views_per_hour=0))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 60)
    people = crowd(made)
    _ready(lead, one_cell=True)
    taken: Counter[str] = Counter()
    lock = threading.Lock()

    def work(study: OpenStudy) -> None:
        while True:
            with unrestricted(study) as transaction:
                row = transaction.exec_driver_sql(
                    'SELECT id FROM "case" WHERE status = 0 ORDER BY rank LIMIT 1'
                ).first()
                if row is None:
                    return
                transaction.exec_driver_sql('UPDATE "case" SET status = 3 WHERE id = %s', (row[0],))
            with lock:
                taken[row[0]] += 1

    _at_once(people, work)
    assert sum(n - 1 for n in taken.values()) > 0
