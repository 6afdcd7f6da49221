"""Interviewers who answer at a steady pace, several to a process, each in a thread of its own: what bar 9 measures.

Fifty processes on two cores would measure how those take turns; fifty workstations have a processor each. So a few
processes hold ten interviewers each, who do nothing between two answers, and an answer counts from when its interviewer
gives it: how late the thread was woken for that is measured beside it.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy
from cati.survey.answers import Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from cati.survey.questionnaire import Questionnaire
from cati.vault import server_password
from tests.faults.call_centre import CallCentre
from tests.faults.workstation import CHEAP

WARM = 12
"""So many answers each interviewer gives before any is measured: statements are prepared, plans made, pages read."""
LATEST = 30.0
"""Seconds after which an answer that the server has not acknowledged counts as lost."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a process is told to do. ``begin``: instant of the steady clock; ``pace``: seconds between two answers.

    ``starts``: for each interviewer, how long after that the first of ``answers`` comes.
    """

    begin: float
    pace: float
    answers: int
    starts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, in seconds: kept on the workstation and the next question there; acknowledged; begun too late."""

    here: float
    there: float
    late: float


class Paced:
    """One interviewer at the desk that the program gives them, its outbox sending in a thread as it does there."""

    def __init__(self, study: OpenStudy, form: Questionnaire) -> None:
        if study.desk is None:
            raise ValueError(study.folder)
        self.study, self.desk = replace(study, questionnaire=form), study.desk
        self._told = threading.Event()
        self.desk.outbox.told = self._told.set
        self._begin()
        for _ in range(WARM):
            self.answer()

    def _begin(self) -> None:
        case = calling.take_next_case(self.study)
        if not isinstance(case, calling.DeliveredCase):
            raise RuntimeError(case)  # noqa: TRY004 - no wrong type: there was no case
        self.desk.open_case(self.study, case)
        call = self.desk.begin_call(self.study, case.lease, case.next_phone)
        self.running = self.desk.begin_interview(self.study, case.lease, call)
        self._settle()

    def _settle(self) -> None:
        """Wait until the server has acknowledged everything."""
        while (standing := self.desk.outbox.standing()).waiting:
            if standing.trouble or standing.away or not self._told.wait(LATEST):
                raise RuntimeError(standing)
            self._told.clear()

    def make_room(self, answers: int) -> None:
        """Begin another interview unless this one has so many questions left."""
        if len(self.study.questionnaire.items) - len(self.running.events) < answers:
            self.desk.break_off(self.study, self.running, Outcome.INTERRUPTED)
            self._settle()
            self.desk.outbox.collect()  # that the call has ended
            self._begin()

    def answer(self, late: float = 0.0) -> Given:
        """Give one answer and wait until the server has acknowledged it."""
        screen = self.running.state.screen
        address = screen.questions[0].address  # type: ignore[union-attr]  # `make_room` saw to it
        events = len(self.running.events)
        begun = time.perf_counter()
        self.running = self.desk.record(self.study, self.running, EventKind.ANSWERED, address, Answer(value="1"))
        here = time.perf_counter() - begun
        self._settle()
        there = time.perf_counter() - begun
        if len(self.running.events) != events + 1 or self.desk.outbox.collect():
            raise RuntimeError(address)
        return Given(here, there, late)

    def work(self, orders: Orders, start: float) -> list[Given]:
        """Answer so often at the pace."""
        found = []
        for n in range(orders.answers):
            due = orders.begin + start + n * orders.pace
            time.sleep(max(due - time.monotonic(), 0))  # the pace, which is what is asked for
            found.append(self.answer(time.monotonic() - due))
        return found


def interviewers(centre: CallCentre, logins: tuple[str, ...], form: Questionnaire, wire: Connection) -> None:
    """Sign these members in; then, on every order, let each answer in a thread of their own, and send what it took."""
    server_password.LEAST = CHEAP
    paced = [Paced(centre.open(login), form) for login in logins]
    wire.send("ready")
    with ThreadPoolExecutor(len(paced)) as threads:
        while (orders := wire.recv()) is not None:
            for one in paced:
                one.make_room(orders.answers)
            wire.send("ready")
            orders = wire.recv()
            found = threads.map(Paced.work, paced, [orders] * len(paced), orders.starts)
            wire.send([given for each in found for given in each])
    centre.close()
