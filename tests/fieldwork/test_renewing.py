"""The contacts' key is renewed: all goes on, and what somebody took away opens nothing of now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cati.errors import Cancelled, Problem
from cati.fieldwork import calling, interviewing, log, mixing, renewing, sample, study
from cati.fieldwork.members import deactivate
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.renewing import renew_keys
from cati.fieldwork.trustees import drill, let_lead_in, name_trustees
from cati.store import contacts, stock
from cati.store.database import KeysRenewed
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome
from cati.vault.contacts import open_contact
from cati.vault.sealing import SealBroken, blind_index, open_sealed

from .conftest import ANSWERS, CHEAP, ON_FILE, Desk, Made, looked_up, raw
from .test_trustees import NEW, THREE, door, words

PEOPLE = 25


def _people(study: OpenStudy) -> list[tuple[str, Any]]:
    with study.transaction() as transaction:
        contacts.announce(transaction, "search")
    with study.reading() as transaction:
        return sorted((row.case, opened_contact(study, row)) for row in contacts.all_contacts(transaction))


@pytest.fixture
def lead(made: Made, people: Any) -> OpenStudy:
    study = made.sign_in("lead")
    people(study, PEOPLE)
    return study


def _refuse(study: OpenStudy) -> str:
    """Let somebody refuse for good; return their number."""
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    calling.note_outcome(study, case.lease, call, Outcome.HARD_REFUSAL)
    return case.contact.phones[0].e164


def test_everything_goes_on_with_new_keys(made: Made, lead: OpenStudy, desk: type[Desk], tmp_path: Any) -> None:
    refused = _refuse(lead)
    before = _people(lead)
    steps: list[tuple[int, int]] = []
    new = renew_keys(lead, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (PEOPLE - 1, PEOPLE - 1)
    assert _people(new) == before
    for login in ("lead", "witness", "anna"):
        study = made.sign_in(login)
        assert study.open_keys.epoch == 2
        assert study.open_keys.contacts == new.open_keys.contacts
    anna = made.sign_in("anna")
    desk(anna).complete()
    someone = before[3][1]
    assert calling.find_caller(anna, someone.phones[0].e164)
    # A second list: known numbers and those who refused in the first epoch are still recognised, a third key on.
    for one in made.open:
        one.close()
    third = renew_keys(made.sign_in("lead"))
    assert len(third.open_keys.former_indexes) == 2
    path = tmp_path / "list1.csv"
    received = sample.receive(third, path)
    report = sample.bring_in(third, received, sample.propose(third, received), rows_on_slip=PEOPLE)
    assert report.accepted == 0
    assert {one.code for one in report.refused} <= {"never_again", "duplicate_in_study", "duplicate_in_file"}
    assert sum(one.code == "never_again" for one in report.refused) == 1, refused
    assert log.verify(third).ok


def test_who_left_with_the_old_keys_and_a_copy_of_today_opens_nothing(made: Made, lead: OpenStudy) -> None:
    anna = made.sign_in("anna")
    old = anna.open_keys
    refused = _refuse(lead)
    deactivate(lead, anna.me.id)
    anna.close()
    new = renew_keys(lead)
    rows = raw(lead, "SELECT * FROM contact")
    assert len(rows) == PEOPLE - 1
    for row in rows:
        for epoch in (1, 2):
            with pytest.raises(SealBroken):
                open_contact(old.contacts, lead.study_id, row["case"], row["sealed_key"], row["sealed_details"], epoch=epoch)  # fmt: skip
    hashes = {bytes(row["hash"]) for row in raw(lead, "SELECT hash FROM contact_index")}
    numbers = {phone.e164 for _case, contact in _people(new) for phone in contact.phones}
    assert hashes == {blind_index(new.open_keys.index, number) for number in numbers}
    assert not hashes & {blind_index(old.index, number) for number in numbers}
    never = {bytes(row["hash"]) for row in raw(lead, "SELECT hash FROM never_again")}
    assert never
    assert blind_index(old.index, refused) not in never
    granted = raw(lead, "SELECT daily_grant FROM member WHERE login = 'anna'")
    assert granted[0]["daily_grant"] is None


def test_appointments_and_the_trustees_come_along(made: Made, lead: OpenStudy) -> None:
    booked = []
    for reason in ("im Garten", ""):
        case = calling.take_next_case(lead)
        assert isinstance(case, calling.DeliveredCase)
        call = calling.begin_call(lead, case.lease, case.next_phone)
        assert isinstance(call, calling.Call)
        wish = Appointment(
            kind=AppointmentKind.DEFINITE, at=made.clock() + timedelta(hours=3), wall="2027-07-06T13:00",
            zone="Europe/Berlin", reason=reason,
        )  # fmt: skip
        calling.note_outcome(lead, case.lease, call, Outcome.APPOINTMENT, appointment=wish)
        booked.append((case.case_id, calling.name_of(case.contact), reason))
    named = name_trustees(lead, THREE, cost=CHEAP)
    new = renew_keys(lead)
    drill(new, words(named, "Ivo", "Nora"))
    assert sorted((one.case_id, one.name) for one in calling.my_appointments(new)) == sorted(b[:2] for b in booked)
    made.clock.forward(hours=2, minutes=50)
    case = calling.take_case(new, booked[0][0], calling.OWN_APPOINTMENT)
    assert isinstance(case, calling.DeliveredCase)
    assert case.appointment is not None
    assert case.appointment.reason == "im Garten"
    assert let_lead_in(door(made), words(named, "Dora", "Nora"), NEW, cost=CHEAP).login == NEW.login


def test_open_interviews_and_the_pool_come_along_and_the_old_key_opens_none(
    made: Made, lead: OpenStudy, desk: type[Desk]
) -> None:
    finished = desk(lead).complete()
    other = desk(lead).complete()
    case, running = desk(lead).begin()
    running = desk(lead).answer(running, ANSWERS[:2])
    assert interviewing.keep_draft(lead, running, "wunsch", "Mehr Bänke")
    assert isinstance(interviewing.break_off(lead, running, Outcome.INTERRUPTED), calling.Noted)
    old = lead.open_keys
    tables = ("draft_event", "draft_text", "pending")
    before = {table: raw(lead, f"SELECT * FROM {table}") for table in tables}
    new = renew_keys(renew_keys(lead))
    for table in tables:
        rows = raw(new, f"SELECT * FROM {table}")
        assert len(rows) == len(before[table]) > 0
        assert not {bytes(row["sealed"]) for row in rows} & {bytes(row["sealed"]) for row in before[table]}
    for row in raw(new, "SELECT * FROM draft_event"):
        with pytest.raises(SealBroken):
            open_sealed(old.drafts, bytes(row["sealed"]), lead.study_id, "draft_event", row["case"], str(row["n"]))
    assert {row["address"] for row in raw(new, "SELECT * FROM draft_text")} == {
        interviewing.place_of(new, case.case_id, "wunsch")
    }
    again = calling.take_case(new, looked_up(new, case.case_id), calling.CALL_BACK)
    assert isinstance(again, calling.DeliveredCase)
    resumed = desk(new).interview(again)
    assert [resumed.state.answers[name].value for name, _value in ANSWERS[:2]] == ["1", "25"]
    assert interviewing.draft_of(new, resumed, "wunsch") == "Mehr Bänke"
    done = interviewing.complete(new, desk(new).answer(resumed, ANSWERS[2:]))
    assert isinstance(done, interviewing.Completed)
    assert not raw(new, "SELECT * FROM draft_text")
    assert mixing.delete_my_interview(new, finished), "who wants it deleted is still found"
    with new.reading() as transaction:
        tags = {mixing._opened(new, *row)["tag"] for row in stock.pending_rows(transaction)}
    assert tags == {mixing.tag_of(new, other), mixing.tag_of(new, case.case_id)}
    assert log.verify(new).ok


def test_a_window_with_the_old_keys_is_told_to_sign_in_again(made: Made, lead: OpenStudy) -> None:
    renew_keys(lead)
    with pytest.raises(KeysRenewed, match="sign in once more"):
        calling.take_next_case(lead)
    with pytest.raises(KeysRenewed):
        renew_keys(lead)


@ON_FILE
def test_not_while_somebody_else_is_there_and_not_by_everybody(made: Made, lead: OpenStudy) -> None:
    with pytest.raises(Problem, match="role does not allow"):
        renew_keys(made.sign_in("witness"))
    with pytest.raises(Problem, match="open somewhere else"):
        renew_keys(lead)
    assert lead.open_keys.epoch == 1


def test_cut_short_nothing_is_changed(made: Made, lead: OpenStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rows = _people(lead), raw(lead, "SELECT * FROM contact ORDER BY 1")

    def cancel(_done: int, _total: int) -> None:
        raise Cancelled

    monkeypatch.setattr(renewing, "_AT_ONCE", 10)
    with pytest.raises(Cancelled):
        renew_keys(lead, cancel)
    assert raw(lead, "SELECT * FROM contact ORDER BY 1") == rows
    assert _people(lead) == before
    made.clock.forward(seconds=timedelta(seconds=1).total_seconds())
    assert renew_keys(lead).open_keys.epoch == 2


def test_whoever_signs_in_at_that_very_moment_does_not_come_in_with_the_old_keys(
    made: Made, lead: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = study.unlocked

    def slowly(*words: Any, **more: Any) -> Any:
        found = real(*words, **more)
        renew_keys(lead)
        return found

    monkeypatch.setattr(type(lead.database), "refuse_others", lambda _self: None)
    monkeypatch.setattr(study, "unlocked", slowly)
    with pytest.raises(KeysRenewed):
        made.sign_in("anna")
    monkeypatch.setattr(study, "unlocked", real)
    assert made.sign_in("anna").open_keys.epoch == 2
