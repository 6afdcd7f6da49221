"""A case whose lease ran out in an outage: who may take it up again on a server, once, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy
from cati.store import contacts, outage

from .conftest import Made, raw

pytestmark = pytest.mark.parametrize("kind", ["server"])


@pytest.fixture
def left(made: Made, people: Callable[..., object]) -> tuple[Made, OpenStudy, calling.DeliveredCase, calling.Call]:
    """Anna's case, whose call began and whose lease ran out; a supervisor's window noticed."""
    people(made.sign_in("lead"), 6)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    case = calling.take_next_case(anna)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(anna, case.lease, 0)
    assert isinstance(call, calling.Call)
    made.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    with witness.transaction() as transaction:
        assert transaction.exec_driver_sql("SELECT public.cati_turn(25)").scalar_one() == 1
    return made, anna, case, call


def taken(study: OpenStudy, case: calling.DeliveredCase, call: str) -> tuple[int, int] | None:
    with study.transaction() as transaction:
        return outage.take_up_by_function(transaction, case.case_id, case.lease.fence, call, 30)


Left = tuple[Made, OpenStudy, calling.DeliveredCase, calling.Call]


def test_it_is_taken_up_once_with_its_call_and_its_contact(left: Left) -> None:
    made, anna, case, call = left
    assert raw(anna, "SELECT outcome FROM attempt WHERE id = :id", id=call.id) == [{"outcome": "technical"}]
    with anna.transaction() as transaction:
        found = outage.take_up_by_function(transaction, case.case_id, case.lease.fence, call.id, 30)
        assert contacts.sealed_contact(transaction, case.case_id) is None, "the log's entry is not kept yet"
    assert found == (case.lease.fence + 1, int(made.clock().timestamp()) + 1800)
    with anna.transaction() as transaction:
        assert contacts.sealed_contact(transaction, case.case_id) is not None
    assert taken(anna, case, call.id) == found, "the answer did not come, and it is asked again"
    assert raw(anna, "SELECT outcome, ended FROM attempt WHERE id = :id", id=call.id)[0]["ended"] is None
    entries = raw(anna, 'SELECT who FROM log WHERE details = \'{"reason":"outage"}\'')
    assert entries == [{"who": anna.me.id}]


def test_nobody_else_takes_it_up(left: Left) -> None:
    made, _anna, case, call = left
    assert taken(made.sign_in("bert"), case, call.id) is None


@pytest.mark.parametrize(
    "since",
    [
        'UPDATE "case" SET fence = fence + 1 WHERE id = :id',  # somebody had it since
        "UPDATE \"case\" SET status = 2, lease_holder = 'another' WHERE id = :id",
        'UPDATE "case" SET status = 3 WHERE id = :id',
        'UPDATE "case" SET status = 4 WHERE id = :id',
        "DELETE FROM log WHERE act = 'case_put_back' AND \"case\" = :id",  # no lease ran out: she gave it back herself
    ],
)
def test_what_is_over_is_not_taken_up(left: Left, since: str) -> None:
    _made, anna, case, call = left
    raw(anna, since, id=case.case_id)
    assert taken(anna, case, call.id) is None
    assert raw(anna, "SELECT outcome FROM attempt WHERE id = :id", id=call.id) == [{"outcome": "technical"}]


def test_how_a_call_ended_is_told_to_whoever_made_it(left: Left) -> None:
    made, anna, _case, call = left
    for study, told in ((anna, 1), (made.sign_in("bert"), 0)):
        with study.transaction() as transaction:
            found = transaction.exec_driver_sql("SELECT outcome FROM public.cati_end_of(%s)", (call.id,)).all()
        assert len(found) == told


def test_whoever_had_it_may_still_say_that_the_person_withdrew(left: Left) -> None:
    _made, anna, case, _call = left
    calling.withdraw(anna, case.case_id)
    assert raw(anna, 'SELECT status FROM "case" WHERE id = :id', id=case.case_id) == [{"status": 4}]
