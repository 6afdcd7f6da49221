"""Ways that are wrong on purpose, each of which some program goes: the checker must see what they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

import psycopg
from sqlalchemy import event

from cati.fieldwork import calling, interviewing
from cati.settings import Site
from cati.store.connecting import Unreachable
from cati.survey.answers import Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from tests.faults.client import Client
from tests.faults.histories import Did, Stage
from tests.faults.workstation import Errand, Way


@dataclass(frozen=True)
class _Row:
    """A case as the naive claim has it: what `Client` looks at of a delivered one."""

    case_id: str
    lease: calling.Lease
    site: Site
    call: calling.Call | None = None
    interview_open: bool = False
    next_phone: int = 0


class _WithAdministrator(Client):
    """Has a connection that no policy and no function stands in the way of."""

    def __init__(self, errand: Errand, orders: Connection) -> None:
        super().__init__(errand, orders)
        self.raw = psycopg.connect(errand.admin, autocommit=True)

    def ask(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, each its own transaction."""
        found = self.raw.execute(sql, values)
        return found.fetchall() if found.description else []


class NaiveClaim(_WithAdministrator):
    """Reads every case, sorts, takes the first, writes its name on it: without a lock, a fence, or a look at quotas."""

    def next_case(self) -> calling.DeliveredCase | None:
        """Take the best case, whoever takes it at the same moment."""
        row = self.do(Did.CLAIM, self._claim)
        if row is None:
            self.journal.ended(Stage.REFUSED, words="NoCase")
            return None
        until = row.lease.until.timestamp()
        told = {"until": until, "handed": self.study.now().timestamp()}
        self.journal.ended(Stage.KEPT, case=row.case_id, fence=row.lease.fence, **told)
        return row  # type: ignore[return-value]  # all of it that is looked at

    def remember(self, case: calling.DeliveredCase) -> None:
        """Remember nobody: this way sees no contact."""

    def _claim(self) -> _Row | None:
        now = self.study.now().timestamp()
        rows = self.ask('SELECT id, fence, status, due_at, rank FROM "case" WHERE status IN (0, 1)')
        open_ones = sorted((row for row in rows if row[2] == 0 and row[3] <= now), key=lambda row: row[4])
        if not open_ones:
            return None
        case_id, fence = open_ones[0][:2]
        until = now + self.errand.lease_minutes * 60
        self.ask(
            'UPDATE "case" SET status = 2, lease_holder = %(me)s, lease_until = %(until)s, turns_at = %(until)s,'
            " fence = %(fence)s WHERE id = %(case)s",
            me=self.study.me.id, until=int(until), fence=fence + 1, case=case_id,
        )  # fmt: skip
        lease = calling.Lease(case_id=case_id, fence=fence + 1, until=datetime.fromtimestamp(until, UTC))
        return _Row(case_id, lease, self.study.settings.sites[0])


class OwnClock(_WithAdministrator):
    """Judges by its own clock which leases are over."""

    def next_case(self) -> calling.DeliveredCase | None:
        """Take back what it thinks is over, then the next case."""
        self.ask(
            'UPDATE "case" SET status = 0, lease_holder = NULL, lease_until = NULL, turns_at = NULL, rank = 0'
            " WHERE status = 2 AND lease_until <= %(now)s",
            now=int(self.now().timestamp()),
        )
        return super().next_case()


class NaiveRetry(Client):
    """Sends an answer once more, under a new id, when it was not told that it arrived."""

    def send(
        self, running: interviewing.RunningInterview, address: str, answer: Answer
    ) -> interviewing.RunningInterview:
        """Send an answer until somebody says that it is kept."""
        while True:
            try:
                return interviewing.record(self.study, running, EventKind.ANSWERED, address, answer)
            except Unreachable:
                running = self._again(running)

    def _again(self, running: interviewing.RunningInterview) -> interviewing.RunningInterview:
        while True:
            try:
                begun = interviewing.begin_interview(self.study, running.lease, running.call)
            except Unreachable:
                self.wait()
                continue
            return begun if isinstance(begun, interviewing.RunningInterview) else running

    def complete(self, running: interviewing.RunningInterview) -> None:
        """Leave the interview open, so that its events can be looked at."""
        self.break_off(running, Outcome.INTERRUPTED)


class UnsafeCommit(Client):
    """Does not wait until the disk has what was confirmed."""

    def sign_in(self) -> None:
        """Open the study; from then on commits are confirmed before they are written."""
        super().sign_in()

        def unsafe(connection: Any, _record: object, _proxy: object) -> None:
            connection.execute("SET synchronous_commit = off")
            connection.commit()

        event.listen(self.study.database.engine, "checkout", unsafe)


class NotSynced(Client):
    """Has SQLite write its log without a sync at each commit, as many programs do for speed."""

    def sign_in(self) -> None:
        """Open the study; from then on nothing is synced but by the way."""
        super().sign_in()

        def unsafe(connection: Any, _record: object, _proxy: object) -> None:
            connection.execute("PRAGMA synchronous=NORMAL")

        event.listen(self.study.database.engine, "checkout", unsafe)


WRONG_WAYS: dict[Way, type[Client]] = {
    Way.NAIVE_CLAIM: NaiveClaim,
    Way.NAIVE_RETRY: NaiveRetry,
    Way.UNSAFE_COMMIT: UnsafeCommit,
    Way.OWN_CLOCK: OwnClock,
    Way.NOT_SYNCED: NotSynced,
}
