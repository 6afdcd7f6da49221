"""Who looked at a contact without calling is found, and nobody looks at more in an hour than the study allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DatabaseError

from cati.errors import Problem
from cati.fieldwork import calling, log, study
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.views import HOUR, looks, most_within
from cati.settings import StudySettings, check_settings, settings_from_json, settings_to_json
from cati.store import journal
from cati.survey.dispositions import Outcome
from tests.fieldwork.conftest import raw

Made = Any
People = Callable[..., Any]
Settings = Callable[..., StudySettings]
MakeStudy = Callable[..., Any]


NOBODYS = "0170 1234567"


def _take(study: OpenStudy) -> calling.DeliveredCase:
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    return case


def _call(study: OpenStudy, case: calling.DeliveredCase) -> None:
    call = case.call or calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    assert isinstance(calling.note_outcome(study, case.lease, call, Outcome.NO_ANSWER), calling.Noted)


def _seen(made: Made, witness: OpenStudy) -> Any:
    return looks(witness, made.clock() - timedelta(days=1), made.clock() + timedelta(minutes=1))


def test_a_case_opened_and_given_back_without_a_call_is_flagged_and_a_called_one_is_not(
    made: Made, people: People
) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    _call(anna, _take(anna))
    looked_at = _take(anna)
    assert _seen(made, witness).undialled == (), "it is open still"
    calling.put_back(anna, looked_at.lease)
    (flag,) = _seen(made, witness).undialled
    assert (flag.name, flag.case, flag.act) == ("Anna Fragt", looked_at.case_id, Act.HANDED_OUT)
    (row,) = _seen(made, witness).people
    assert (row.views, row.undialled, row.dialled, row.most_in_an_hour) == (2, 1, 1, 2)


def test_a_case_that_is_left_open_is_flagged_when_its_time_is_over(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    _take(anna)
    made.clock.forward(minutes=calling.LEASE_MINUTES, seconds=1)
    assert len(_seen(made, witness).undialled) == 1


def test_a_call_goes_on_in_the_next_window_after_a_crash_and_nothing_is_flagged(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    case = _take(anna)
    assert isinstance(calling.begin_call(anna, case.lease, case.next_phone), calling.Call)
    again = _take(anna)
    assert again.case_id == case.case_id
    _call(anna, again)
    made.clock.forward(hours=2)
    assert _seen(made, witness).undialled == ()


def test_an_outcome_taken_back_is_no_view(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    case = _take(anna)
    call = calling.begin_call(anna, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    noted = calling.note_outcome(anna, case.lease, call, Outcome.BUSY)
    assert isinstance(noted, calling.Noted)
    undone = calling.undo_outcome(anna, noted.undo)
    assert isinstance(undone, calling.DeliveredCase)
    _call(anna, undone)
    assert _seen(made, witness).people[0].views == 1


@pytest.fixture
def narrow(make_study: MakeStudy, settings: Settings, people: People) -> Made:
    """A study in which nobody may look at more than ten contacts an hour."""
    one = make_study(settings(views_per_hour=10))
    people(one.sign_in("lead"), 40)
    return one


def _ten(narrow: Made, anna: OpenStudy) -> None:
    for _ in range(10):
        _call(anna, _take(anna))
        narrow.clock.forward(minutes=3)


def test_the_eleventh_view_of_an_hour_is_refused_with_the_time_it_goes_on(narrow: Made) -> None:
    anna, bert, witness = (narrow.sign_in(login) for login in ("anna", "bert", "witness"))
    _ten(narrow, anna)
    with pytest.raises(Problem) as refused:
        calling.take_next_case(anna)
    assert "10 contacts" in refused.value.what
    assert "11:00" in refused.value.do
    with pytest.raises(Problem):
        calling.find_caller(anna, NOBODYS)
    entries = log.entries(witness, acts=[Act.TOO_MANY])
    assert [(one.who, one.details) for one in entries] == [(anna.me.id, '{"most":10}')], "once an hour"
    assert _seen(narrow, witness).people[0].refused == 1
    _take(bert)
    narrow.clock.forward(minutes=30, seconds=1)
    _take(anna)


def test_the_case_in_hand_comes_back_whatever_was_seen(narrow: Made) -> None:
    anna = narrow.sign_in("anna")
    for _ in range(9):
        _call(anna, _take(anna))
    case = _take(anna)
    assert _take(anna).case_id == case.case_id
    taken = calling.take_case(anna, case.case_id, calling.CALL_BACK)
    assert isinstance(taken, calling.DeliveredCase)


def test_a_search_counts_as_a_view(narrow: Made) -> None:
    anna, witness = narrow.sign_in("anna"), narrow.sign_in("witness")
    for _ in range(10):
        assert calling.find_caller(anna, NOBODYS) == ()
    with pytest.raises(Problem):
        calling.take_next_case(anna)
    (row,) = _seen(narrow, witness).people
    assert (row.searches, row.views, row.undialled) == (10, 10, 0)


def test_the_look_back_goes_through_a_long_chain_and_stops_at_the_hour(narrow: Made) -> None:
    anna = narrow.sign_in("anna")
    _take(anna)
    with anna.transaction() as transaction:
        for _ in range(600):
            log.note(anna, transaction, Act.PAUSED)
    since = int(narrow.clock().timestamp()) - HOUR
    with anna.reading() as transaction:
        lately = journal.own_since(transaction, anna.me.id, since)
        assert len(lately) == 602
        assert sum(act == Act.HANDED_OUT for _at, act in lately) == 1
        assert journal.own_since(transaction, anna.me.id, since + HOUR) == []


def test_the_number_is_a_setting_with_limits_and_old_settings_have_the_usual_one(settings: Settings) -> None:
    assert check_settings(settings(views_per_hour=0)) == []
    assert check_settings(settings(views_per_hour=600)) == []
    assert [one.where for one in check_settings(settings(views_per_hour=9))] == ["Contacts seen in an hour"]
    old = settings_to_json(settings()).replace(b',"views_per_hour":90', b"")
    assert b"views" not in old
    assert settings_from_json(old).views_per_hour == 90


@given(st.lists(st.integers(0, 9000), max_size=60).map(sorted), st.integers(1, 4000))
def test_the_most_within_any_width_is_what_trying_each_gives(times: list[int], width: int) -> None:
    tried = max((sum(at <= other < at + width for other in times) for at in times), default=0)
    assert most_within(times, width) == tried


@pytest.mark.parametrize("kind", ["server"])
def test_the_servers_own_rule_says_the_same(narrow: Made, kind: str) -> None:
    assert kind == "server"
    anna = narrow.sign_in("anna")

    def left() -> int:
        with anna.transaction() as transaction:
            return int(transaction.exec_driver_sql("SELECT public.cati_views_left()").scalar_one())

    assert left() == 10
    with anna.transaction() as transaction:  # what it counts is found behind hundreds of other entries
        for _ in range(250):
            log.note(anna, transaction, Act.PAUSED)
    for taken in range(1, 11):
        _call(anna, _take(anna))
        assert left() == 10 - taken
    assert left() == 0
    with anna.transaction() as transaction:
        for _ in range(250):
            log.note(anna, transaction, Act.PAUSED)
    assert left() == 0
    number = raw(anna, "SELECT hash FROM contact_index LIMIT 1")[0]["hash"]
    other = raw(anna, 'SELECT id, fence FROM "case" WHERE status = 0 LIMIT 1')[0]
    for asked in (
        "SELECT public.cati_claim()",
        f"SELECT public.cati_try('\\x{number.hex()}')",
        f"SELECT public.cati_lease('{other['id']}', {other['fence']}, 'call_back', 15)",
    ):
        with pytest.raises(DatabaseError, match="too many contacts"), anna.transaction() as transaction:
            transaction.exec_driver_sql(asked)
    narrow.clock.forward(hours=1)
    assert left() == 10
    study.change_settings(narrow.sign_in("lead"), replace(anna.settings, views_per_hour=0))
    assert left() > 1_000_000
