"""One client of the campaign: a process that does the real acts and writes down what it tried and was told."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
from datetime import timedelta
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any
from zoneinfo import ZoneInfo

from cati.errors import Problem
from cati.fieldwork import calling, interviewing
from cati.fieldwork.study import sign_out
from cati.store.link_file import is_link
from cati.survey.answers import Answer
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from cati.vault import server_password
from tests.faults.histories import Did, Stage
from tests.faults.workstation import CHEAP, Away, Errand, Way, Workstation, short_leases

QUESTIONS = ("zufrieden", "minuten", "wunsch", "lob", "tadel")
GIVES_UP, MOST_TRIES = 5, 100
_OUTCOMES = (
    (Outcome.NO_ANSWER, 30), (Outcome.BUSY, 15), (Outcome.MAILBOX, 10), (Outcome.APPOINTMENT, 20),
    (Outcome.SOFT_REFUSAL, 5), (Outcome.HARD_REFUSAL, 7), (Outcome.WITHDRAWN, 3), (Outcome.NOT_WORKING, 5),
)  # fmt: skip


class Acts(Workstation):
    """The acts of a call, each written down."""

    def of(self, lease: calling.Lease) -> dict[str, Any]:
        """Return what the journal says of every act under a lease."""
        return {"case": lease.case_id, "fence": lease.fence}

    def pause(self) -> None:
        """Pause, for no time."""
        self.do(Did.PAUSE, lambda: calling.pause(self.study, "break"))
        self.journal.ended(Stage.KEPT)
        self.do(Did.RESUME, lambda: calling.resume_work(self.study))
        self.journal.ended(Stage.KEPT)

    def next_case(self) -> calling.DeliveredCase | None:
        """Take the next case."""
        found = self.do(Did.CLAIM, lambda: calling.take_next_case(self.study))
        return self.delivered(found)

    def certain_case(self) -> calling.DeliveredCase | None:
        """Take a case that was in hand before: the person calls back, and is found by their number."""
        case_id, number = self.draw.choice(self.seen)
        self.do(Did.LOOK_UP, lambda: calling.find_caller(self.study, number))
        self.journal.ended(Stage.KEPT)
        found = self.do(Did.TAKE, lambda: calling.take_case(self.study, case_id, calling.CALL_BACK), case=case_id)
        return self.delivered(found)

    def put_back(self, case: calling.DeliveredCase) -> None:
        """Give a case back."""
        kept = self.do(Did.PUT_BACK, lambda: calling.put_back(self.study, case.lease), **self.of(case.lease))
        self.journal.ended(Stage.KEPT if kept else Stage.REFUSED)

    def renew(self, case: calling.DeliveredCase) -> None:
        """Hold on to a case."""
        found = self.do(Did.RENEW, lambda: calling.renew_lease(self.study, case.lease), **self.of(case.lease))
        lost = isinstance(found, calling.LeaseLost)
        self.kept(found, calling.Lease, **({} if lost else {"until": found.until.timestamp()}))  # type: ignore[union-attr]  # not lost

    def begin_call(self, case: calling.DeliveredCase) -> calling.Call:
        """Dial."""
        found = self.do(
            Did.CALL, lambda: calling.begin_call(self.study, case.lease, case.next_phone), **self.of(case.lease)
        )
        return self.kept(found, calling.Call, id=getattr(found, "id", ""))

    def outcome(self, case: calling.DeliveredCase, call: calling.Call, outcome: Outcome) -> calling.Noted:
        """Say how a call ended."""
        wish = self.appointment(case) if outcome is Outcome.APPOINTMENT else None
        at = {} if wish is None else {"appointment": int(wish.at.timestamp())}
        found = self.do(
            Did.OUTCOME,
            lambda: calling.note_outcome(self.study, case.lease, call, outcome, appointment=wish),
            **self.of(case.lease), id=call.id, outcome=outcome.value, **at,
        )  # fmt: skip
        return self.kept(found, calling.Noted, final=getattr(found, "final", ""))

    def appointment(self, case: calling.DeliveredCase) -> Appointment:
        """Agree on a minute within the next hour."""
        at = self.study.now() + timedelta(minutes=self.draw.randrange(1, 60))
        zone = case.site.time_zone
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
        return Appointment(
            kind=AppointmentKind.DEFINITE, at=at.replace(second=0, microsecond=0), wall=wall.isoformat(), zone=zone
        )

    def withdraw(self, case: calling.DeliveredCase) -> None:
        """Withdraw a consent."""
        self.do(Did.WITHDRAW, lambda: calling.withdraw(self.study, case.lease), **self.of(case.lease))
        self.journal.ended(Stage.KEPT)

    def undo(self, noted: calling.Noted, call: calling.Call) -> calling.DeliveredCase | None:
        """Take an outcome back."""
        token = noted.undo
        found = self.do(
            Did.UNDO, lambda: calling.undo_outcome(self.study, token), case=token.case_id, id=call.id
        )  # fmt: skip
        return self.delivered(found)

    def begin_interview(self, case: calling.DeliveredCase, call: calling.Call) -> interviewing.RunningInterview:
        """Begin an interview or go on with it."""
        begun = self.do(
            Did.INTERVIEW, lambda: interviewing.begin_interview(self.study, case.lease, call), **self.of(case.lease)
        )
        return self.kept(begun, interviewing.RunningInterview)

    def complete(self, running: interviewing.RunningInterview) -> None:
        """Finish an interview."""
        done = self.do(
            Did.COMPLETE, lambda: interviewing.complete(self.study, running), **self.of(running.lease), id=running.call.id,
            outcome=Outcome.COMPLETE.value,
        )  # fmt: skip
        self.kept(done, interviewing.Completed, final=getattr(done, "final", ""))

    def send(
        self, running: interviewing.RunningInterview, address: str, answer: Answer
    ) -> interviewing.RunningInterview:
        """Keep an answer."""
        return interviewing.record(self.study, running, EventKind.ANSWERED, address, answer)

    def keep_words(self, running: interviewing.RunningInterview, address: str, words: str) -> None:
        """Keep words typed so far."""
        self.do(Did.DRAFT, lambda: interviewing.keep_draft(self.study, running, address, words))
        self.journal.ended(Stage.KEPT)

    def answer(self, running: interviewing.RunningInterview, address: str) -> interviewing.RunningInterview:
        """Keep one answer; no two answers of the campaign are the same where the question allows it."""
        value = f"{self.errand.login}-{self.errand.sitting}-{self.journal.n + 1}"
        if address in ("zufrieden", "minuten"):
            value = "1" if address == "zufrieden" else str(self.draw.randrange(2**31))
        found = self.do(
            Did.ANSWER,
            lambda: self.send(running, address, Answer(value=value)),
            **self.of(running.lease), address=address, value=value, place=len(running.events),
        )  # fmt: skip
        if found.lease_lost:
            self.journal.ended(Stage.REFUSED, words="lease lost")
            raise Away
        if found.state.refusal is not None:
            self.journal.ended(Stage.FAILED, words=f"answer refused at {address}")
            raise Away
        self.journal.ended(
            Stage.KEPT, id=found.events[-1].id, place=len(found.events) - 1, until=found.lease.until.timestamp()
        )
        return found

    def break_off(
        self, running: interviewing.RunningInterview, outcome: Outcome, case: calling.DeliveredCase | None = None
    ) -> calling.Noted:
        """End a call in the middle of the interview."""
        wish = self.appointment(case) if case is not None and outcome is Outcome.APPOINTMENT else None
        at = {} if wish is None else {"appointment": int(wish.at.timestamp())}
        found = self.do(
            Did.BREAK_OFF, lambda: interviewing.break_off(self.study, running, outcome, appointment=wish),
            **self.of(running.lease), id=running.call.id, outcome=outcome.value, **at,
        )  # fmt: skip
        return self.kept(found, calling.Noted, final=getattr(found, "final", ""))


class Client(Acts):
    """A client at work: cases one after the other, each brought to some end."""

    def work(self) -> None:
        """Work until told to stop, then sign out."""
        while not self.stop:
            try:
                if self.study is None:
                    self.sign_in()
                self.round()
            except Away:
                pass
            self.orders.send(self.journal.n)
            self.wait(0)
        if self.study is not None:
            self.settle()
            try:
                sign_out(self.study)
            except Problem:
                self.study.close()

    def tidy(self) -> None:
        """Bring the case that this member still holds to an end, however often the server must be asked.

        After a wrong way it may be that no act can be done with it; then it stays as it is.
        """
        done, tries = False, 0
        while not done and self.failed < GIVES_UP and tries < MOST_TRIES:
            tries += 1
            try:
                if self.study is None:
                    self.sign_in()
                case = self.next_case()
                if case is not None and (case.call or case.interview_open):
                    call = self.begin_call(case)
                    if case.interview_open:
                        running = self.begin_interview(case, call)
                        self.break_off(running, Outcome.INTERRUPTED)
                    else:
                        self.outcome(case, call, Outcome.TECHNICAL)
                elif case is not None:
                    self.put_back(case)
                done = True
            except Away:
                pass
        self.settle()
        sign_out(self.study)

    def round(self) -> None:
        """Take a case and bring it to some end."""
        if self.draw.random() < 0.03:
            self.pause()
        case = self.certain_case() if self.seen and self.draw.random() < 0.05 else self.next_case()
        if case is None:
            self.wait()
            return
        self.remember(case)
        while case is not None:
            case = self.bring_to_an_end(case)

    def remember(self, case: calling.DeliveredCase) -> None:
        """Remember whom this case calls: they may call back."""
        self.seen.append((case.case_id, case.contact.phones[0].e164))

    def bring_to_an_end(self, case: calling.DeliveredCase) -> calling.DeliveredCase | None:
        """Do what is to be done with a case; return it when its outcome was taken back."""
        lot = self.draw.random()
        if case.call is None and lot < 0.05:
            self.put_back(case)
            return None
        if lot < 0.08:
            self.renew(case)
        if lot > 0.98:
            self.withdraw(case)
            return None
        call = self.begin_call(case)
        if case.interview_open or self.draw.random() < self.errand.interviews:
            noted = self.interview(case, call)
        else:
            names, weights = zip(*_OUTCOMES, strict=True)
            noted = self.outcome(case, call, self.draw.choices(names, weights)[0])
        return self.undo(noted, call) if noted is not None and self.draw.random() < 0.08 else None

    def interview(self, case: calling.DeliveredCase, call: calling.Call) -> calling.Noted | None:
        """Ask all questions, or as many as the respondent has patience for."""
        running = self.begin_interview(case, call)
        for address in QUESTIONS:
            if address in running.state.answers:
                continue
            lot = self.draw.random()
            if lot < 0.03:
                ends = (Outcome.APPOINTMENT, Outcome.INTERRUPTED, Outcome.BREAK_OFF, Outcome.PARTIAL)
                return self.break_off(running, self.draw.choice(ends), case)
            if lot < 0.1 and address == "wunsch":
                self.keep_words(running, address, "Mehr Bä")
            running = self.answer(running, address)
        self.complete(running)
        return None


def run(errand: Errand, orders: Connection) -> None:
    """Be a client until told to stop, or until killed."""
    os.environ["CATI_HOME"] = str(errand.home)
    with errand.standstill.open("w") as stacks:  # where it stands, when it is asked because it does not end
        faulthandler.register(signal.SIGUSR1, stacks)
        _run(errand, orders)


def _run(errand: Errand, orders: Connection) -> None:
    for name in ("sqlalchemy.pool", "psycopg"):  # they tell of every connection that was cut
        logging.getLogger(name).setLevel(logging.CRITICAL)
    server_password.LEAST = CHEAP
    short_leases(errand.lease_minutes)
    client = make(errand, orders)
    if errand.way is Way.TIDY:
        client.tidy()
    else:
        client.work()


def make(errand: Errand, orders: Connection) -> Client:
    """Return the client that works in this way."""
    if errand.way is Way.DIRECT or (errand.way in (Way.PRODUCT, Way.TIDY) and not is_link(errand.place)):
        return Client(errand, orders)
    if errand.way in (Way.PRODUCT, Way.TIDY):
        if find_spec("cati.fieldwork.desk") is None:
            return Client(errand, orders)
        from tests.faults.desk_client import DeskClient

        return DeskClient(errand, orders)
    from tests.faults.wrong_ways import WRONG_WAYS

    return WRONG_WAYS[errand.way](errand, orders)
