"""The interview: kept answer by answer, resumed by another in another call, completed in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from cati.fieldwork import calling, interviewing, mixing
from cati.fieldwork.open_texts import MarkKind
from cati.store import attempts, cases, counts, drafts, stock
from cati.survey.answers import DONT_KNOW, Answer
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind, InterviewStatus
from cati.vault.sealing import SealBroken, open_sealed

from .conftest import ON_FILE, looked_up, raw, unrestricted

Made = Any
People = Callable[..., Any]
Desk = Any


def _appointment(at: datetime) -> Appointment:
    return Appointment(kind=AppointmentKind.DEFINITE, at=at, wall="2027-07-06T14:00", zone="Europe/Berlin")


def statements_of(study: Any) -> list[str]:
    """Return a list into which SQLite itself writes every statement that it runs from now on."""
    statements: list[str] = []
    with study.database.engine.connect() as connection:  # the pool's only connection
        connection.connection.dbapi_connection.set_trace_callback(statements.append)
    return statements


@ON_FILE
def test_one_answer_is_one_durable_commit(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 5)
    study = made.sign_in("anna")
    _case, running = desk(study).begin()
    statements = statements_of(study)
    running = interviewing.record(study, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    assert statements.count("COMMIT") == 1
    assert statements[0] == "BEGIN IMMEDIATE"
    with study.reading() as transaction:
        assert transaction.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert len(drafts.events(transaction, running.case_id)) == 2


def test_another_interviewer_resumes_at_the_same_question_in_another_call(
    made: Made, people: People, desk: Desk
) -> None:
    people(made.sign_in("lead"), 1)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    case, running = desk(anna).begin()
    running = desk(anna).answer(running, (("zufrieden", "2"),))
    assert running.state.screen is not None
    stopped_at = running.state.screen.questions[0].address
    noted = interviewing.break_off(
        anna, running, Outcome.APPOINTMENT, appointment=_appointment(made.clock() + timedelta(hours=4))
    )
    assert isinstance(noted, calling.Noted)
    made.clock.forward(hours=4, minutes=1)
    again = calling.take_next_case(bert)
    assert isinstance(again, calling.DeliveredCase)
    assert again.case_id == case.case_id
    assert again.interview_open
    resumed = desk(bert).interview(again)
    assert resumed.call.id != running.call.id
    assert resumed.state.status is InterviewStatus.RUNNING
    assert resumed.state.screen is not None
    assert resumed.state.screen.questions[0].address == stopped_at == "minuten"
    assert resumed.state.answers["zufrieden"] == Answer(value="2")
    done = interviewing.complete(bert, desk(bert).answer(resumed, (("minuten", "5"), ("wunsch", "nichts"))))
    assert isinstance(done, interviewing.Completed)


def test_what_is_typed_is_one_row_written_over_and_gone_with_the_answer(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 1)
    study = made.sign_in("anna")
    _case, running = desk(study).begin()
    running = desk(study).answer(running, (("zufrieden", "1"), ("minuten", "5")))
    for end in range(1, 30):
        assert interviewing.keep_draft(study, running, "wunsch", "Mehr Bänke vor dem Bauamt bitte"[:end])
    with study.reading() as transaction:
        rows = transaction.exec_driver_sql("SELECT address, sealed FROM draft_text").all()
    assert len(rows) == 1
    assert "wunsch" not in rows[0][0]
    assert interviewing.draft_of(study, running, "wunsch") == "Mehr Bänke vor dem Bauamt bitte"[:29]
    assert interviewing.draft_of(study, running, "minuten") == ""
    running = desk(study).answer(running, (("wunsch", "Bänke"),))
    assert interviewing.draft_of(study, running, "wunsch") == ""


def test_a_refused_answer_is_told_and_not_kept(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 1)
    study = made.sign_in("anna")
    _case, running = desk(study).begin()
    refused = interviewing.record(study, running, EventKind.ANSWERED, "zufrieden", Answer(value="9"))
    assert refused.state.refusal is not None
    assert len(refused.events) == len(running.events)
    kept = interviewing.record(study, refused, EventKind.ANSWERED, "zufrieden", DONT_KNOW)
    assert kept.state.answers["zufrieden"] == DONT_KNOW
    not_yet = interviewing.complete(study, kept)
    assert isinstance(not_yet, interviewing.RunningInterview)
    assert not_yet.state.refusal is not None


@ON_FILE
def test_completion_closes_the_case_and_destroys_the_link_in_one_transaction(
    made: Made, people: People, desk: Desk
) -> None:
    people(made.sign_in("lead"), 3)
    study = made.sign_in("anna")
    case, running = desk(study).begin()
    running = desk(study).answer(running)
    statements = statements_of(study)
    done = interviewing.complete(study, running)
    assert isinstance(done, interviewing.Completed)
    assert (done.outcome, done.kept, done.final) == (Outcome.COMPLETE, True, "1.1")
    assert statements.count("COMMIT") == 1
    with study.reading() as transaction:
        row = cases.case_row(transaction, case.case_id)
        assert row is not None
        assert (row.status, row.lease_holder) == (cases.CaseStatus.CLOSED, None)
        assert drafts.events(transaction, case.case_id) == ()
        assert [call.outcome for call in attempts.attempts_of(transaction, case.case_id)] == ["complete"]
        ((row_id, sealed),) = stock.pending_rows(transaction)
    assert row_id not in {case.case_id, running.call.id, *(e.id for e in running.events)}
    plain = open_sealed(study.open_keys.drafts, sealed, study.study_id, "pending", row_id)
    assert b'"w":"2027-W27"' in plain
    for telling in (case.case_id, running.call.id, study.me.id, study.me.name, "2027-07-06"):
        assert telling.encode() not in plain


def test_killed_inside_the_completion_nothing_is_half(
    made: Made, people: People, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(made.sign_in("lead"), 1)
    study = made.sign_in("anna")
    case, running = desk(study).begin()
    running = desk(study).answer(running)

    def fail(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drafts, "forget", fail)
    with pytest.raises(KeyboardInterrupt):
        interviewing.complete(study, running)
    monkeypatch.undo()
    with study.reading() as transaction:
        assert stock.pending_count(transaction) == 0
        row = cases.case_row(transaction, case.case_id)
        assert row is not None
        assert row.status is cases.CaseStatus.LEASED
        assert drafts.count(transaction, case.case_id) == len(running.events)
    assert isinstance(interviewing.complete(study, running), interviewing.Completed)


def test_a_lost_lease_keeps_nothing(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 1)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    case, running = desk(anna).begin()
    made.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    calling.take_next_case(bert)  # turns the lapsed lease; busy like technical trouble, so not handed out at once
    made.clock.forward(hours=30)
    other = calling.take_case(bert, looked_up(bert, case.case_id), calling.CALL_BACK)
    assert isinstance(other, calling.DeliveredCase)
    lost = interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    assert lost.lease_lost
    assert not interviewing.keep_draft(anna, running, "wunsch", "x")
    assert isinstance(interviewing.break_off(anna, running, Outcome.BREAK_OFF), calling.LeaseLost)
    with unrestricted(anna) as transaction:
        assert drafts.count(transaction, case.case_id) == 1


@pytest.mark.parametrize("kind", ["server"])
def test_an_answer_that_is_kept_is_not_called_lost_because_the_lease_ended_just_afterwards(
    made: Made, people: People, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the faults campaign: the answer is one transaction, the longer lease another."""
    people(made.sign_in("lead"), 1)
    anna = made.sign_in("anna")
    case, running = desk(anna).begin()
    made.clock.forward(minutes=calling.LEASE_MINUTES - 1)
    keep = interviewing.keep_event_at_once

    def kept_and_then_gone(*words: Any) -> Any:
        found = keep(*words)
        raw(
            anna, 'UPDATE "case" SET status = 0, lease_holder = NULL, fence = fence + 1 WHERE id = :id', id=case.case_id
        )
        return found

    monkeypatch.setattr(interviewing, "keep_event_at_once", kept_and_then_gone)
    after = interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    monkeypatch.undo()
    assert not after.lease_lost
    with unrestricted(anna) as transaction:
        assert drafts.count(transaction, case.case_id) == len(after.events) == 2
    assert interviewing.record(anna, after, EventKind.ANSWERED, "minuten", Answer(value="3")).lease_lost
    with unrestricted(anna) as transaction:
        assert drafts.count(transaction, case.case_id) == 2


def test_a_long_interview_keeps_its_lease(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 2)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    case, running = desk(anna).begin()
    for value in ("1", "2", "1", "2"):
        made.clock.forward(minutes=10)
        running = interviewing.record(anna, running, EventKind.JUMPED, "zufrieden")
        running = interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value=value))
        taken = calling.take_case(bert, looked_up(bert, case.case_id), calling.CALL_BACK)
        assert isinstance(taken, calling.Taken)
    assert running.lease.until > made.clock()


def test_a_final_break_off_deletes_the_answers_and_a_partial_one_keeps_them_in_the_pool(
    made: Made, people: People, desk: Desk
) -> None:
    people(made.sign_in("lead"), 2)
    study = made.sign_in("anna")
    for outcome, pooled in ((Outcome.BREAK_OFF, 0), (Outcome.PARTIAL, 1)):
        case, running = desk(study).begin()
        running = desk(study).answer(running, (("zufrieden", "1"),))
        noted = interviewing.break_off(study, running, outcome)
        assert isinstance(noted, calling.Noted)
        with study.reading() as transaction:
            assert drafts.count(transaction, case.case_id) == 0
            assert stock.pending_count(transaction) == pooled


def test_undo_brings_a_broken_off_interview_back_but_never_pooled_answers(
    made: Made, people: People, desk: Desk
) -> None:
    people(made.sign_in("lead"), 2)
    study = made.sign_in("anna")
    _case, running = desk(study).begin()
    running = desk(study).answer(running, (("zufrieden", "2"),))
    noted = interviewing.break_off(study, running, Outcome.BREAK_OFF)
    assert isinstance(noted, calling.Noted)
    again = calling.undo_outcome(study, noted.undo)
    assert isinstance(again, calling.DeliveredCase)
    back = desk(study).interview(again)
    assert back.state.answers["zufrieden"] == Answer(value="2")
    pooled = interviewing.break_off(study, back, Outcome.PARTIAL)
    assert isinstance(pooled, calling.Noted)
    assert isinstance(calling.undo_outcome(study, pooled.undo), calling.TooLate)


def test_withdrawal_in_the_interview_erases_answers_and_contact(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 1)
    study = made.sign_in("anna")
    case, running = desk(study).begin()
    running = desk(study).answer(running, (("zufrieden", "1"),))
    calling.withdraw(study, running.lease)
    with unrestricted(study) as transaction:
        assert drafts.count(transaction, case.case_id) == 0
        assert counts.sizes(transaction)["contacts"] == 0
    assert interviewing.record(study, running, EventKind.ANSWERED, "minuten", Answer(value="3")).lease_lost


def test_drafts_open_only_in_their_own_place(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 2)
    study = made.sign_in("anna")
    case, _running = desk(study).begin()
    with study.reading() as transaction:
        ((n, _id, sealed),) = drafts.events(transaction, case.case_id)
    where = (study.study_id, "draft_event", case.case_id, str(n))
    assert open_sealed(study.open_keys.drafts, sealed, *where)
    with pytest.raises(SealBroken):
        open_sealed(study.open_keys.drafts, sealed, *where[:2], "0" * 32, str(n))
    with pytest.raises(SealBroken):
        open_sealed(study.open_keys.contacts, sealed, *where)


def test_the_length_of_a_sealed_event_does_not_tell_the_answer(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 2)
    study = made.sign_in("anna")
    lengths = set()
    for wish in ("x", "Ein langer Satz über das Amt"):
        case, running = desk(study).begin()
        desk(study).answer(running, (("zufrieden", "1"), ("minuten", "5"), ("wunsch", wish)))
        with study.reading() as transaction:
            lengths.add(tuple(len(sealed) for _n, _id, sealed in drafts.events(transaction, case.case_id)))
        calling.withdraw(study, case.lease)
    assert len(lengths) == 1


def test_open_texts_are_shown_and_the_respondents_own_name_is_marked(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 1)
    study = made.sign_in("anna")
    case, running = desk(study).begin()
    text = f"Frau {case.contact.family_name} wartet auf Rückruf unter {case.contact.phones[0].e164}"
    running = desk(study).answer(running, (("zufrieden", "1"), ("minuten", "5"), ("wunsch", text)))
    assert interviewing.open_texts(study, running) == (("wunsch", text),)
    marks = interviewing.mark_identifying(study, running, text)
    assert [m.kind for m in marks] == [MarkKind.OWN_NAME, MarkKind.OWN_NUMBER]
    assert marks == interviewing.mark_identifying(study, case.contact, text)


def test_please_delete_my_interview_works_until_the_mixing(made: Made, people: People, desk: Desk) -> None:
    people(made.sign_in("lead"), 24)
    study = made.sign_in("anna")
    done = [desk(study).complete() for _ in range(11)]
    lead = made.sign_in("lead")
    assert not mixing.due_for_mixing(lead)
    assert mixing.mix(lead) == mixing.Mixed(moved=0, waiting=11)
    assert mixing.delete_my_interview(study, looked_up(study, done[4]))
    assert not mixing.delete_my_interview(study, done[4])
    with study.reading() as transaction:
        row = cases.case_row(transaction, done[4])
        assert row is not None
        assert (row.status, row.final_code) == (cases.CaseStatus.WITHDRAWN, "2.112")
    made.clock.forward(hours=11)
    assert mixing.due_for_mixing(lead)
    assert mixing.mix(lead) == mixing.Mixed(moved=10, waiting=0)
    assert not mixing.delete_my_interview(study, done[5])
