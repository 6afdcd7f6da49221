"""A server that goes away in the middle of a call: nothing is lost or doubled, on real servers, over real sockets."""

from __future__ import annotations

import json
import os
import random
import signal
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cati import places
from cati.errors import Problem
from cati.fieldwork import calling, study
from cati.fieldwork.calling import DeliveredCase, OnTheWay
from cati.fieldwork.desk import Desk
from cati.fieldwork.interviewing import Completed, RunningInterview
from cati.fieldwork.left_behind import Left, left_behind, remove_left
from cati.fieldwork.log import Act
from cati.fieldwork.log_words import entries_in_words
from cati.fieldwork.members import deactivate
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.outbox import CaseLost, Kept, OthersWait, Outbox, Recovered
from cati.fieldwork.renewing import renew_keys
from cati.fieldwork.spool import files_of
from cati.fieldwork.study import CreatedStudy, create_study, open_study
from cati.store import attempts, cases, counts, drafts, journal
from cati.store.administration import AsOwner
from cati.store.embedded import Embedded
from cati.store.server import Link
from cati.survey.answers import Answer
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from tests import postgres, servers
from tests.servers import copy_study
from tests.tcp_proxy import Proxy, between

from .conftest import (
    ANSWERS,
    CHEAP,
    PASSWORDS,
    STAFF,
    Clock,
    bring_people,
    looked_up,
    raw,
    settings_with,
    write_form,
)


@dataclass
class Remote:
    """A study on a server of its own, behind a wire that can be cut."""

    cluster: postgres.Cluster
    wire: Proxy
    created: CreatedStudy
    clock: Clock
    link: Link
    opened: list[OpenStudy] = field(default_factory=list)

    def sign_in(self, login: str) -> OpenStudy:
        found = open_study(
            self.created.folder, login, PASSWORDS[login], now=self.clock, draw=random.Random(uuid.uuid4().int),
            seal_path=self.created.seal_path,
        )  # fmt: skip
        self.opened.append(found)
        return found

    def directly(self) -> AsOwner:
        return servers.as_owner(self.cluster, self.created.study_id, self.link.database)

    def turn(self) -> None:
        """Let a supervisor's window, whose wire is whole, move the cases whose time it is."""
        direct = replace(self.link, hosts=("127.0.0.1",), ports=(self.cluster.port,))
        server = servers.AtTheTestsTime(direct, self.created.study_id, "witness", self.directly)
        server.clock(self.clock)
        with server.transaction() as transaction:
            transaction.exec_driver_sql("SELECT public.cati_turn(25)")
        server.close()


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off") as found:  # a server that is killed loses nothing by it; a computer would
        yield found


@pytest.fixture
def wire(own_cluster: postgres.Cluster) -> Iterator[Proxy]:
    with between(own_cluster.port) as found:
        yield found


@pytest.fixture
def remote(
    own_cluster: postgres.Cluster, wire: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Remote]:
    created = new_study(tmp_path)
    name = f"outage_{uuid.uuid4().hex}"
    link = Link(hosts=("127.0.0.1",), ports=(wire.port,), database=name)
    move(created, own_cluster, name)
    one = Remote(own_cluster, wire, created, Clock(), link)
    opened_by(monkeypatch, one)
    lead = one.sign_in("lead")
    bring_people(lead, tmp_path, 3)
    yield one
    for each in one.opened:
        each.close()
    with suppress(Exception):
        own_cluster.start()
    own_cluster.drop_database(name)


def new_study(folder: Path) -> CreatedStudy:
    return create_study(
        folder / "study", settings_with(), write_form(folder / "form.xlsx"), STAFF,
        now=Clock(), draw=random.Random(1), seal_folder=folder / "seals", cost=CHEAP,
    )  # fmt: skip


def move(created: CreatedStudy, cluster: postgres.Cluster, name: str) -> None:
    servers.lay_down(cluster, created.study_id, name)
    servers.let_time_stand(cluster, created.study_id, name)
    file, owner = Embedded(created.folder), servers.as_owner(cluster, created.study_id, name)
    copy_study(file, owner)
    servers.let_in(owner, created.study_id)
    file.close()
    owner.close()


def opened_by(monkeypatch: pytest.MonkeyPatch, remote: Remote) -> None:
    def opened(_folder: Path, login: str, *_password: str) -> servers.AtTheTestsTime:
        return servers.AtTheTestsTime(remote.link, remote.created.study_id, login, remote.directly)

    monkeypatch.setattr(study, "open_database", opened)
    monkeypatch.setattr(Outbox, "start", lambda _self: None)  # each test says itself when things are sent


@dataclass
class Sitting:
    """Anna at her desk, with a case."""

    study: OpenStudy
    case: DeliveredCase

    @property
    def desk(self) -> Desk:
        assert self.study.desk is not None
        return self.study.desk

    @property
    def outbox(self) -> Outbox:
        return self.desk.outbox

    def call(self) -> calling.Call:
        return self.case.call or self.desk.begin_call(self.study, self.case.lease, self.case.next_phone)

    def interview(self) -> RunningInterview:
        return self.desk.begin_interview(self.study, self.case.lease, self.call())

    def answer(self, running: RunningInterview, answers: tuple[tuple[str, str], ...] = ANSWERS) -> RunningInterview:
        for address, value in answers:
            running = self.desk.record(self.study, running, EventKind.ANSWERED, address, Answer(value=value))
            assert running.state.refusal is None
        return running


def seated(remote: Remote, login: str = "anna") -> Sitting:
    found = remote.sign_in(login)
    case = calling.take_next_case(found)
    assert isinstance(case, DeliveredCase), case
    assert found.desk is not None
    found.desk.open_case(found, case)
    return Sitting(found, case)


def spool_files(remote: Remote) -> tuple[Path, ...]:
    return files_of(places.spools(), remote.created.study_id)


def events_of(remote: Remote, case_id: str) -> int:
    server = remote.directly()
    with server.reading() as transaction:
        found = len(drafts.events(transaction, case_id))
    server.close()
    return found


def outcomes_of(remote: Remote, case_id: str) -> list[str | None]:
    server = remote.directly()
    with server.reading() as transaction:
        found = [call.outcome for call in attempts.attempts_of(transaction, case_id)]
    server.close()
    return found


def pending(remote: Remote) -> int:
    server = remote.directly()
    with server.reading() as transaction:
        found = counts.sizes(transaction)["pending"]
    server.close()
    return found


def appointment(clock: Clock) -> Appointment:
    at = clock() + timedelta(hours=4)
    return Appointment(kind=AppointmentKind.DEFINITE, at=at, wall="2027-07-06T14:00", zone="Europe/Berlin")


def test_an_interview_goes_on_to_its_end_while_the_server_is_gone(remote: Remote) -> None:
    at = seated(remote)
    running = at.answer(at.interview(), ANSWERS[:1])
    assert at.outbox.drain()
    remote.cluster.stop("immediate")
    for end in range(1, 12):
        assert at.desk.keep_draft(at.study, running, "minuten", "ungefähr 12"[:end])
    assert at.desk.draft_of(at.study, running, "minuten") == "ungefähr 12"
    running = at.answer(running, ANSWERS[1:])
    assert at.desk.draft_of(at.study, running, "minuten") == ""
    assert not at.outbox.drain()
    assert at.outbox.standing().away
    done = at.desk.complete(at.study, running)
    assert isinstance(done, Completed)
    assert done.kept
    remote.clock.forward(minutes=10)
    assert len(spool_files(remote)) == 1
    remote.cluster.start()
    assert at.outbox.drain()
    assert pending(remote) == 1
    assert outcomes_of(remote, at.case.case_id) == ["complete"]
    assert events_of(remote, at.case.case_id) == 0
    (kept,) = at.outbox.collect()
    assert isinstance(kept, Kept)
    assert spool_files(remote) == ()
    (call,) = raw(at.study, 'SELECT ended FROM attempt WHERE "case" = :id', id=at.case.case_id)
    assert call["ended"] == int((remote.clock() - timedelta(minutes=10)).timestamp()), "it ended when it ended"


@pytest.mark.parametrize("nth", range(1, 9))
def test_every_commit_whose_answer_is_cut_is_done_once(remote: Remote, nth: int) -> None:
    """Call, begin, two answers, words twice (which the answer writes over), the answer, end: each cut in turn."""
    at = seated(remote)
    running = at.answer(at.interview(), ANSWERS[:2])
    assert at.desk.keep_draft(at.study, running, "wunsch", "Bän")
    assert at.desk.keep_draft(at.study, running, "wunsch", "Bänke")
    running = at.answer(running, ANSWERS[2:])
    assert isinstance(at.desk.complete(at.study, running), Completed)
    assert at.outbox.standing().waiting == 8
    for _ in range(nth - 1):
        if at.outbox.standing().waiting:
            assert at.outbox.work()
    remote.wire.swallow = b"COMMIT"
    at.outbox.drain()
    remote.wire.swallow = b""
    assert at.outbox.drain()
    assert remote.wire.swallowed == 1
    assert outcomes_of(remote, at.case.case_id) == ["complete"]
    assert pending(remote) == 1
    acts = [row["act"] for row in raw(at.study, "SELECT act FROM log WHERE who = :me ORDER BY n", me=at.study.me.id)]
    assert acts == [
        "signed_in",
        "case_handed_out",
        "dialled",
        "interview_begun",
        "answers_pooled",
        "outcome_noted",
        "interview_completed",
    ]


def test_a_sender_that_guesses_doubles_nothing_either(remote: Remote) -> None:
    """Without the question for the fate of the first try the server refuses a second interview of one person."""
    at = seated(remote)
    running = at.answer(at.interview())
    at.outbox.drain()
    with at.study.transaction() as transaction:
        case_row = cases.case_row(transaction, at.case.case_id)
    assert case_row is not None
    at.desk.complete(at.study, running)
    remote.wire.swallow = b"COMMIT"
    at.outbox.work()
    assert pending(remote) == 1
    entry = at.outbox._waiting[0][0]
    raw(
        at.study, 'UPDATE "case" SET lease_holder = :me, lease_until = 2e9, status = 2 WHERE id = :id',
        me=at.study.me.id, id=at.case.case_id,
    )  # fmt: skip
    raw(at.study, "UPDATE attempt SET ended = NULL, outcome = NULL WHERE id = :id", id=entry.call and entry.call.id)
    assert not at.outbox.drain()
    assert "does not allow" in at.outbox.standing().trouble
    assert pending(remote) == 1


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.APPOINTMENT, Outcome.HARD_REFUSAL])
def test_a_call_is_ended_while_the_server_is_gone(remote: Remote, outcome: Outcome) -> None:
    at = seated(remote)
    remote.wire.cut = True
    remote.wire.cut_all()
    call = at.call()
    wish = appointment(remote.clock) if outcome is Outcome.APPOINTMENT else None
    noted = at.desk.note_outcome(at.study, at.case.lease, call, outcome, appointment=wish)
    assert noted == OnTheWay(at.case.case_id)
    assert not at.outbox.drain()
    remote.clock.forward(minutes=10)
    remote.wire.cut = False
    assert at.outbox.drain()
    assert outcomes_of(remote, at.case.case_id) == [outcome.value]
    with at.study.reading() as transaction:
        booked = attempts.appointment_of(transaction, at.case.case_id)
        row = cases.case_row(transaction, at.case.case_id)
    assert (booked is not None) == (outcome is Outcome.APPOINTMENT)
    assert row is not None
    assert row.lease_holder is None


def test_an_interview_broken_off_in_an_outage_is_resumed_by_another(remote: Remote) -> None:
    at = seated(remote)
    running = at.interview()
    at.outbox.drain()
    remote.wire.cut = True
    remote.wire.cut_all()
    running = at.answer(running, ANSWERS[:2])
    at.desk.keep_draft(at.study, running, "wunsch", "Mehr Bä")
    at.desk.break_off(at.study, running, Outcome.APPOINTMENT, appointment=appointment(remote.clock))
    assert not at.outbox.drain()
    remote.wire.cut = False
    assert at.outbox.drain()
    remote.clock.forward(hours=4, minutes=1)
    bert = seated(remote, "bert")
    assert bert.case.case_id == at.case.case_id
    assert bert.case.interview_open
    remote.wire.cut = True  # and he needs the server no more than she did
    remote.wire.cut_all()
    resumed = bert.interview()
    assert [event.kind for event in resumed.events[-2:]] == [EventKind.BROKE_OFF, EventKind.RESUMED]
    assert bert.desk.draft_of(bert.study, resumed, "wunsch") == "Mehr Bä"
    assert isinstance(bert.desk.complete(bert.study, bert.answer(resumed, ANSWERS[2:])), Completed)
    remote.wire.cut = False
    assert bert.outbox.drain()
    assert outcomes_of(remote, at.case.case_id) == ["appointment", "complete"]


def test_a_lease_that_ran_out_and_that_nobody_took_is_taken_up_again(remote: Remote) -> None:
    at = seated(remote)
    running = at.answer(at.interview(), ANSWERS[:1])
    at.outbox.drain()
    remote.wire.cut = True
    remote.wire.cut_all()
    running = at.answer(running, ANSWERS[1:])
    assert not at.outbox.drain()
    remote.clock.forward(minutes=calling.LEASE_MINUTES + 30)
    remote.turn()
    assert outcomes_of(remote, at.case.case_id) == ["interrupted"]
    at.desk.complete(at.study, running)
    remote.wire.cut = False
    assert at.outbox.drain()
    assert outcomes_of(remote, at.case.case_id) == ["complete"]
    assert pending(remote) == 1


def test_a_case_that_somebody_else_took_is_told_and_nothing_of_it_is_kept(remote: Remote) -> None:
    at = seated(remote)
    running = at.interview()
    at.outbox.drain()
    raw(at.study, 'UPDATE "case" SET status = 3 WHERE id <> :id', id=at.case.case_id)  # the only one left
    remote.wire.cut = True
    remote.wire.cut_all()
    running = at.answer(running)
    assert isinstance(at.desk.complete(at.study, running), Completed)
    assert not at.outbox.drain()
    remote.clock.forward(minutes=calling.LEASE_MINUTES + 300)
    remote.wire.cut = False
    bert = remote.sign_in("bert")
    taken = calling.take_case(bert, looked_up(bert, at.case.case_id), calling.CALL_BACK)
    assert isinstance(taken, DeliveredCase)
    assert at.outbox.drain()
    (lost,) = at.outbox.collect()
    assert lost == CaseLost(at.case.case_id, 4)
    (said,) = logged(remote, Act.ACTS_LOST)
    assert (said["acts"], said["answers"], said["finished"]) == (4, 3, 1)
    assert pending(remote) == 0
    assert spool_files(remote) == ()
    assert events_of(remote, at.case.case_id) == 1


def logged(remote: Remote, *acts: Act) -> list[dict[str, Any]]:
    """Return the log's entries of these acts, in order, their details read."""
    server = remote.directly()
    with server.reading() as transaction:
        found = list(journal.entries(transaction, acts=[act.value for act in acts]))
    server.close()
    return [{"case": one.case, "act": one.act, "at": one.at, **json.loads(one.details)} for one in found]


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_lost_with_a_case_is_logged_once(remote: Remote, killed: bool) -> None:
    """Ids and numbers, for the research lead; also when the window ends before the server has them."""
    at = seated(remote)
    running = at.interview()
    at.outbox.drain()
    remote.wire.cut = True
    remote.wire.cut_all()
    at.answer(running)
    assert not at.outbox.drain()
    remote.clock.forward(minutes=calling.LEASE_MINUTES + 300)
    remote.wire.cut = False
    bert = remote.sign_in("bert")
    assert isinstance(calling.take_case(bert, looked_up(bert, at.case.case_id), calling.CALL_BACK), DeliveredCase)
    assert at.outbox.work(), "the first act finds that the case is lost"
    remote.wire.swallow = b"COMMIT"
    assert not at.outbox.drain(), "no answer to whether that is logged"
    remote.wire.swallow = b""
    if killed:
        at.study.close()
        remote.sign_in("anna")
    else:
        assert at.outbox.drain()
    (said,) = logged(remote, Act.ACTS_LOST)
    assert said["case"] == at.case.case_id
    assert (said["acts"], said["answers"]) == (3, 3)
    assert set(said) <= {"case", "act", "at", "id", "acts", "answers", "then"}, "nothing of what was said"
    assert spool_files(remote) == ()
    witness = remote.sign_in("witness")
    words = [line.what for line in entries_in_words(witness, acts=[Act.ACTS_LOST])]
    assert "entries 3, answers 3" in words[0]


def test_a_pause_in_an_outage_is_logged_with_its_times_and_once(remote: Remote) -> None:
    anna = remote.sign_in("anna")
    assert anna.desk is not None
    calling.pause(anna, "break")
    calling.resume_work(anna)
    assert spool_files(remote) == (), "at once, where the server answers"
    remote.clock.forward(hours=1)
    remote.wire.swallow = b"COMMIT"  # kept, but nobody is told
    calling.pause(anna, "meeting")
    remote.wire.swallow = b""
    remote.wire.cut = True
    remote.wire.cut_all()
    began = remote.clock()
    remote.clock.forward(minutes=12)
    calling.resume_work(anna)
    ended = remote.clock()
    assert not anna.desk.outbox.drain()
    anna.close()
    remote.clock.forward(minutes=20)
    remote.wire.cut = False
    remote.sign_in("anna")
    assert spool_files(remote) == ()
    said = logged(remote, Act.PAUSED, Act.RESUMED)
    assert [(one["act"], one.get("reason")) for one in said] == [
        ("paused", "break"), ("resumed", None), ("paused", "meeting"), ("resumed", None),
    ]  # fmt: skip
    assert [one.get("then", one["at"]) for one in said[2:]] == [began.timestamp(), ended.timestamp()]
    assert said[3]["at"] == remote.clock().timestamp(), "the server writes its own time beside it"


def test_what_lies_on_a_workstation_is_sent_after_the_keys_were_renewed(remote: Remote) -> None:
    """The answers, the words typed and the way to their question: all sealed under the drafts' key of before."""
    at = seated(remote)
    running = at.answer(at.interview(), ANSWERS[:1])
    assert at.outbox.drain()
    remote.wire.cut = True
    remote.wire.cut_all()
    running = at.answer(running, ANSWERS[1:2])
    assert at.desk.keep_draft(at.study, running, "wunsch", "Mehr Bänke")
    assert not at.outbox.drain()
    for each in remote.opened:
        each.close()
    remote.wire.cut = False
    lead = remote.sign_in("lead")
    new = renew_keys(renew_keys(lead))
    assert [(left.name, left.acts) for left in left_behind(new)] == [("Anna Fragt", 2)]
    lead.close()
    again = remote.sign_in("anna")
    assert again.desk is not None
    assert spool_files(remote) == ()
    case = calling.take_next_case(again)
    assert isinstance(case, DeliveredCase)
    assert case.case_id == at.case.case_id
    again.desk.open_case(again, case)
    resumed = Sitting(again, case).interview()
    assert [resumed.state.answers[name].value for name, _value in ANSWERS[:2]] == ["1", "25"]
    assert again.desk.draft_of(again, resumed, "wunsch") == "Mehr Bänke"


def test_what_somebody_left_who_was_let_go_is_told_and_removed_by_a_lead(remote: Remote) -> None:
    at = seated(remote)
    remote.wire.cut = True
    remote.wire.cut_all()
    at.answer(at.interview(), ANSWERS[:1])
    assert not at.outbox.drain()
    at.study.close()
    remote.wire.cut = False
    bert, lead = remote.sign_in("bert"), remote.sign_in("lead")
    assert bert.desk is not None
    (wait,) = bert.desk.outbox.collect()
    assert wait == OthersWait((Left(at.study.me.id, "Anna Fragt", 3, active=True),))
    with pytest.raises(Problem, match="still have it saved"):
        remove_left(lead, at.study.me.id)
    deactivate(lead, at.study.me.id)
    (gone,) = left_behind(bert)
    assert not gone.active
    with pytest.raises(Problem, match="role does not allow"):
        remove_left(bert, gone.member_id)
    assert len(spool_files(remote)) == 1
    assert remove_left(lead, gone.member_id) == 3
    assert spool_files(remote) == ()
    assert remove_left(lead, gone.member_id) == 0
    (said,) = logged(remote, Act.ACTS_LOST)
    assert (said["member"], said["acts"], said["case"]) == (gone.member_id, 3, "")


def test_a_withdrawal_in_an_outage_is_done_whoever_has_the_case_by_then(remote: Remote) -> None:
    at = seated(remote)
    call = at.call()
    assert at.outbox.drain()
    assert call.id
    remote.wire.cut = True
    remote.wire.cut_all()
    at.desk.withdraw(at.study, at.case.lease)
    assert not at.outbox.drain()
    remote.clock.forward(minutes=calling.LEASE_MINUTES + 300)
    remote.wire.cut = False
    bert = remote.sign_in("bert")
    assert isinstance(calling.take_case(bert, looked_up(bert, at.case.case_id), calling.CALL_BACK), DeliveredCase)
    assert at.outbox.drain()
    with at.study.reading() as transaction:
        row = cases.case_row(transaction, at.case.case_id)
    assert row is not None
    assert row.status is cases.CaseStatus.WITHDRAWN


def test_words_that_were_on_the_screen_are_there_after_the_program_was_killed(remote: Remote) -> None:
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            at = seated(remote)
            running = at.interview()
            at.outbox.drain()
            os.write(to_parent, b"here!")
            os.read(from_parent, 1)  # until the wire is cut
            running = at.answer(running, ANSWERS[:2])
            at.desk.keep_draft(at.study, running, "wunsch", "Mehr Bänke")
            os.write(to_parent, b"typed" if not at.outbox.drain() else b"sent!")
            signal.pause()
        os._exit(17)
    assert os.read(from_child, 5) == b"here!"
    remote.wire.cut = True
    remote.wire.cut_all()
    os.write(to_child, b".")
    assert os.read(from_child, 5) == b"typed"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    remote.wire.cut = False
    assert len(spool_files(remote)) == 1
    again = remote.sign_in("anna")
    assert again.desk is not None
    (recovered,) = again.desk.outbox.collect()
    assert recovered == Recovered(3)
    assert spool_files(remote) == ()
    case = calling.take_next_case(again)
    assert isinstance(case, DeliveredCase)
    assert case.interview_open
    again.desk.open_case(again, case)
    resumed = Sitting(again, case).interview()
    assert [resumed.state.answers[name].value for name, _value in ANSWERS[:2]] == ["1", "25"]
    assert again.desk.draft_of(again, resumed, "wunsch") == "Mehr Bänke"


def test_a_finished_call_is_sent_by_the_next_sign_in_even_when_its_last_answer_was_cut(remote: Remote) -> None:
    at = seated(remote)
    running = at.answer(at.interview())
    assert at.outbox.drain()
    at.desk.complete(at.study, running)
    remote.wire.swallow = b"COMMIT"
    assert not at.outbox.drain()
    at.study.close()
    assert len(spool_files(remote)) == 1
    remote.clock.forward(hours=20)
    again = remote.sign_in("anna")
    assert again.desk is not None
    assert [type(one) for one in again.desk.outbox.collect()] == [Kept, Recovered]
    assert pending(remote) == 1
    assert outcomes_of(remote, at.case.case_id) == ["complete"]


def test_nobody_is_dialled_when_the_case_may_be_somebody_elses(remote: Remote) -> None:
    at = seated(remote)
    remote.wire.cut = True
    remote.wire.cut_all()
    remote.clock.forward(minutes=calling.LEASE_MINUTES)
    with pytest.raises(Exception, match="Do not dial"):
        at.call()


def test_a_lease_is_renewed_through_the_outbox(remote: Remote) -> None:
    at = seated(remote)
    remote.clock.forward(minutes=20)
    at.desk.renew_lease(at.study, at.case.lease)
    assert at.outbox.drain()
    lease = at.outbox.lease_of(at.case.case_id)
    assert lease is not None
    assert lease.until == remote.clock() + timedelta(minutes=calling.LEASE_MINUTES)
    assert lease.fence == at.case.lease.fence


def test_a_case_read_for_minutes_before_the_call_is_still_ones_own(remote: Remote) -> None:
    at = seated(remote)
    remote.clock.forward(minutes=4)
    at.desk.renew_lease(at.study, at.case.lease)  # too early to move its end: it stays as it was
    assert at.outbox.drain()
    remote.clock.forward(minutes=1)
    assert at.call().phone == 0
    lease = at.outbox.lease_of(at.case.case_id)
    assert lease is not None
    assert lease.until == at.case.lease.until


def test_an_interview_goes_on_at_the_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server falls in the middle of an answer's commit; its stand-in takes over and the interview is there once."""
    with postgres.running("fsync = off") as primary:
        clock, created = Clock(), new_study(tmp_path)
        name = "study"
        with postgres.standing_by(primary) as standby, between(primary.port) as wire:
            link = Link(hosts=("127.0.0.1", "127.0.0.1"), ports=(wire.port, standby.port), database=name)
            move(created, primary, name)
            primary.psql(f"ALTER SYSTEM SET synchronous_standby_names = '{postgres.STANDBY}'")
            primary.psql("SELECT pg_reload_conf()")
            remote = Remote(primary, wire, created, clock, link)
            opened_by(monkeypatch, remote)
            bring_people(remote.sign_in("lead"), tmp_path, 3)
            at = seated(remote)
            running = at.answer(at.interview(), ANSWERS[:1])
            assert at.outbox.drain()
            running = at.answer(running, ANSWERS[1:2])
            wire.swallow = b"COMMIT"
            assert not at.outbox.drain()
            primary.stop("immediate")
            wire.cut = True
            running = at.answer(running, ANSWERS[2:])
            assert not at.outbox.drain()
            standby.promote()
            remote.cluster = standby
            assert at.outbox.drain()
            assert events_of(remote, at.case.case_id) == len(running.events)
            assert isinstance(at.desk.complete(at.study, running), Completed)
            assert at.outbox.drain()
            assert pending(remote) == 1
            assert outcomes_of(remote, at.case.case_id) == ["complete"]
            for each in remote.opened:
                each.close()
