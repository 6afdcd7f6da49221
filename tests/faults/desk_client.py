"""A workstation whose acts of an open case go through its desk: kept there at once, and on the server when it answers."""

from __future__ import annotations

from typing import Any

from cati.errors import Problem
from cati.fieldwork import calling, interviewing
from cati.survey.answers import Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from tests.faults.client import Client
from tests.faults.histories import Did, Stage
from tests.faults.workstation import Away


class DeskClient(Client):
    """Works as the window does with a study on a server: the answer is kept on the workstation, then sent."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.ended: dict[str, object] = {}

    def of(self, lease: calling.Lease) -> dict[str, Any]:
        """Return what the journal says of every act under a lease: the workstation acknowledged it."""
        return super().of(lease) | {"spooled": True}

    @property
    def desk(self) -> Any:
        """The desk of the open study."""
        return self.study.desk

    def do(self, did: Did, act: Any, **known: object) -> Any:
        """Do one act, and note what became of earlier ones."""
        if self.study is not None:
            self.collect()
        return super().do(did, act, **known)

    def collect(self) -> None:
        """Write down which acts were lost with their case; remember what the ends of calls came to."""
        for one in self.desk.outbox.collect():
            kind = type(one).__name__
            if kind == "CaseLost":
                self.journal.tried(Did.LOST, case=one.case_id)
                self.journal.ended(Stage.KEPT, words=f"{one.unsaved} unsaved")
            elif kind == "Kept":
                self.ended[one.case_id] = one.result

    def settle(self) -> None:
        """Wait until everything is on the server, as the window does before it asks for the next case."""
        while self.desk.outbox.standing().waiting:
            self.wait(0.02)
        self.collect()

    def next_case(self) -> calling.DeliveredCase | None:
        """Take the next case and lay it on the desk."""
        self.settle()
        return self.opened(super().next_case())

    def certain_case(self) -> calling.DeliveredCase | None:
        """Take a certain case and lay it on the desk."""
        self.settle()
        return self.opened(super().certain_case())

    def opened(self, case: calling.DeliveredCase | None) -> calling.DeliveredCase | None:
        """Let the desk learn what a call may need; without that, the case comes back with the next claim."""
        if case is not None:
            try:
                self.desk.open_case(self.study, case)
            except Problem:
                self.wait()
                raise Away from None
        return case

    def put_back(self, case: calling.DeliveredCase) -> None:
        """Give a case back."""
        self.do(Did.PUT_BACK, lambda: self.desk.put_back(self.study, case.lease), **self.of(case.lease))
        self.journal.ended(Stage.KEPT)

    def renew(self, case: calling.DeliveredCase) -> None:
        """Hold on to a case; whether it went well is not told here."""
        self.desk.renew_lease(self.study, case.lease)

    def begin_call(self, case: calling.DeliveredCase) -> calling.Call:
        """Dial, unless the call is open already."""
        if case.call is not None:
            return case.call
        call = self.do(
            Did.CALL, lambda: self.desk.begin_call(self.study, case.lease, case.next_phone), **self.of(case.lease)
        )
        self.journal.ended(Stage.KEPT, id=call.id)
        return call  # type: ignore[no-any-return]  # a Call

    def outcome(self, case: calling.DeliveredCase, call: calling.Call, outcome: Outcome) -> Any:
        """Say how a call ended; return the token to undo it once the server has it, else None."""
        wish = self.appointment(case) if outcome is Outcome.APPOINTMENT else None
        at = {} if wish is None else {"appointment": int(wish.at.timestamp())}
        self.do(
            Did.OUTCOME,
            lambda: self.desk.note_outcome(self.study, case.lease, call, outcome, appointment=wish),
            **self.of(case.lease), id=call.id, outcome=outcome.value, **at,
        )  # fmt: skip
        self.journal.ended(Stage.KEPT)
        self.settle()
        return self.ended.pop(case.case_id, None)

    def undo(self, noted: Any, call: calling.Call) -> calling.DeliveredCase | None:
        """Take an outcome back."""
        return self.opened(super().undo(noted, call)) if isinstance(noted, calling.Noted) else None

    def withdraw(self, case: calling.DeliveredCase) -> None:
        """Withdraw a consent."""
        self.do(Did.WITHDRAW, lambda: self.desk.withdraw(self.study, case.lease), **self.of(case.lease))
        self.journal.ended(Stage.KEPT)

    def begin_interview(self, case: calling.DeliveredCase, call: calling.Call) -> interviewing.RunningInterview:
        """Begin an interview or go on with it."""
        found = self.do(
            Did.INTERVIEW, lambda: self.desk.begin_interview(self.study, case.lease, call), **self.of(case.lease)
        )
        self.journal.ended(Stage.KEPT)
        return found  # type: ignore[no-any-return]  # a RunningInterview

    def keep_words(self, running: interviewing.RunningInterview, address: str, words: str) -> None:
        """Keep words typed so far."""
        self.desk.keep_draft(self.study, running, address, words)

    def send(
        self, running: interviewing.RunningInterview, address: str, answer: Answer
    ) -> interviewing.RunningInterview:
        """Keep an answer on this workstation."""
        return self.desk.record(self.study, running, EventKind.ANSWERED, address, answer)

    def complete(self, running: interviewing.RunningInterview) -> None:
        """Finish an interview."""
        done = self.do(
            Did.COMPLETE, lambda: self.desk.complete(self.study, running), **self.of(running.lease), id=running.call.id,
            outcome=Outcome.COMPLETE.value,
        )  # fmt: skip
        self.kept(done, interviewing.Completed, final="1.1")

    def break_off(
        self, running: interviewing.RunningInterview, outcome: Outcome, case: calling.DeliveredCase | None = None
    ) -> Any:
        """End a call in the middle of the interview."""
        wish = self.appointment(case) if case is not None and outcome is Outcome.APPOINTMENT else None
        at = {} if wish is None else {"appointment": int(wish.at.timestamp())}
        self.do(
            Did.BREAK_OFF, lambda: self.desk.break_off(self.study, running, outcome, appointment=wish),
            **self.of(running.lease), id=running.call.id, outcome=outcome.value, **at,
        )  # fmt: skip
        self.journal.ended(Stage.KEPT)
        self.settle()
        return self.ended.pop(running.case_id, None)
