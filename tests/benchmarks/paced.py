"""Interviewers who answer at a steady pace, several to a process: what bar 9 measures."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from cati.fieldwork import calling, interviewing
from cati.fieldwork.open_study import OpenStudy
from cati.survey.answers import Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from cati.survey.questionnaire import Questionnaire
from cati.vault import server_password
from tests.faults.call_centre import CallCentre
from tests.faults.workstation import CHEAP

WARM = 3
"""So many answers each interviewer gives before any is measured: statements are compiled, pages read."""


class Desk:
    """One interviewer with a case in hand and an interview begun."""

    def __init__(self, study: OpenStudy, form: Questionnaire) -> None:
        self.study = replace(study, questionnaire=form)
        self.addresses: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Take a case and begin its interview."""
        case = calling.take_next_case(self.study)
        if not isinstance(case, calling.DeliveredCase):
            raise RuntimeError(case)  # noqa: TRY004 - no wrong type: there was no case
        call = calling.begin_call(self.study, case.lease, case.next_phone)
        begun = interviewing.begin_interview(self.study, case.lease, call)  # type: ignore[arg-type]  # nobody else is there
        if not isinstance(begun, interviewing.RunningInterview):
            raise RuntimeError(begun)  # noqa: TRY004 - likewise
        self.running = begun

    def answer(self) -> None:
        """Keep one answer: durable on the server, and the next question worked out, when this returns."""
        screen = self.running.state.screen
        if screen is None:
            interviewing.break_off(self.study, self.running, Outcome.INTERRUPTED)
            self.begin()
            screen = self.running.state.screen
        address = screen.questions[0].address  # type: ignore[union-attr]  # a fresh interview has one
        self.running = interviewing.record(self.study, self.running, EventKind.ANSWERED, address, Answer(value="1"))
        if self.running.state.refusal is not None or self.running.lease_lost:
            raise RuntimeError(address)


def interviewers(
    centre: CallCentre, logins: tuple[str, ...], form: Questionnaire, home: Path, orders: Connection, pace: float
) -> None:
    """Sign these members in; then, on every order (begin, answers each), answer at the pace and send the seconds.

    An answer counts from when it was due, not from when its turn came: waiting in line is waiting, too. ``begin``:
    instant of the steady clock; ``pace``: seconds between two answers of one interviewer, who all begin at other times.
    """
    server_password.LEAST = CHEAP
    desks = [Desk(centre.open(login), form) for login in logins]
    for desk in desks:
        for _ in range(WARM):
            desk.answer()
    orders.send("ready")
    draw = random.Random(home.name)
    while (order := orders.recv()) is not None:
        begin, answers = order
        due = sorted(
            (begin + start + n * pace, at)
            for at, start in enumerate(draw.uniform(0, pace) for _ in desks)
            for n in range(answers)
        )
        took = []
        for at, who in due:
            time.sleep(max(at - time.monotonic(), 0))  # the pace, which is what is asked for
            desks[who].answer()
            took.append(time.monotonic() - at)
        orders.send(took)
    centre.close()
