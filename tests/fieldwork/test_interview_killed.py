"""Killed at any moment, an interview loses at most the keystroke in progress: real children, real SIGKILL."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from cati.fieldwork import calling, interviewing
from cati.fieldwork.open_study import OpenStudy
from cati.survey.answers import Answer
from cati.survey.interview import EventKind

Made = Any
People = Callable[..., Any]
Desk = Any

KILLS = 25
SENTENCE = "Mehr Bänke vor dem Bauamt, und bitte längere Öffnungszeiten am Donnerstag"


@pytest.fixture
def kind() -> str:
    """The file alone: these tests look at its bytes and kill other processes that open it."""
    return "file"


@dataclass(frozen=True)
class Seen:
    """What a reader of the acknowledgements knows: confirmed answers, and the words typed last at the open question."""

    answers: int
    words: str


def keep_every_stroke(study: OpenStudy, running: interviewing.RunningInterview, words: str) -> None:
    assert interviewing.keep_draft(study, running, "wunsch", words)


def keep_now_and_then(study: OpenStudy, running: interviewing.RunningInterview, words: str) -> None:
    """The naive way, as with a timer: what is typed lies in memory and goes to disk at every tenth stroke."""
    if len(words) % 10 == 0:
        interviewing.keep_draft(study, running, "wunsch", words)


def child(made: Made, desk: Desk, out: int, keep: Callable[..., None]) -> None:
    """Interview on and on, and acknowledge each keystroke and answer once it is kept."""
    study = made.sign_in("anna")
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    running = desk(study).interview(case)
    while True:
        for end in range(1, len(SENTENCE) + 1):
            keep(study, running, SENTENCE[:end])
            os.write(out, f"typed {end}\n".encode())
        for address, value in (("zufrieden", "1"), ("minuten", "7"), ("wunsch", SENTENCE)):
            running = interviewing.record(study, running, EventKind.ANSWERED, address, Answer(value=value))
            os.write(out, b"answered\n")
        running = interviewing.record(study, running, EventKind.JUMPED, "zufrieden")
        os.write(out, b"jumped\n")


def run_and_kill(made: Made, desk: Desk, draw: random.Random, keep: Callable[..., None]) -> list[str]:
    """Start a child, kill it after a random number of acknowledgements and a random while; return them all."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            os.close(reading)
            child(made, desk, writing, keep)
        os._exit(17)
    made.seed += 1  # the child drew from this one
    os.close(writing)
    with os.fdopen(reading, "rb") as acknowledged:
        lines = []
        for _ in range(draw.randrange(1, 180)):
            line = acknowledged.readline()
            if not line:
                break
            lines.append(line.decode().strip())
        for _ in range(draw.randrange(30_000)):  # on to some moment inside an act, not at its end
            pass
        os.kill(pid, signal.SIGKILL)
        lines += [line.decode().strip() for line in acknowledged.readlines()]
    _pid, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), f"the child failed by itself: {os.WEXITSTATUS(status)}"
    return lines


def what_is_kept(made: Made, desk: Desk) -> tuple[interviewing.RunningInterview, int, str]:
    study = made.sign_in("anna")
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    assert case.interview_open
    running = desk(study).interview(case)
    kinds = [event.kind for event in running.events]
    words = interviewing.draft_of(study, running, "wunsch")
    study.close()
    return running, kinds.count(EventKind.ANSWERED), words


def lost(made: Made, desk: Desk, keep: Callable[..., None], kills: int) -> tuple[int, int]:
    """Kill again and again; return (confirmed answers lost or doubled, confirmed keystrokes lost)."""
    draw = random.Random(3)
    answers_before = answers_lost = strokes_lost = 0
    typed = 0
    for _ in range(kills):
        lines = run_and_kill(made, desk, draw, keep)
        confirmed = answers_before + lines.count("answered")
        _running, answers_kept, words = what_is_kept(made, desk)
        answers_lost += not confirmed <= answers_kept <= confirmed + 1
        if lines and lines[-1].startswith("typed"):
            typed = int(lines[-1].split()[1])
            if answers_kept == confirmed and len(words) < typed:
                strokes_lost += typed - len(words)
        assert words == SENTENCE[: len(words)]
        answers_before = answers_kept
    return answers_lost, strokes_lost


@pytest.fixture
def alone(made: Made, people: People, desk: Desk) -> Made:
    """A study with one case, which its interviewer holds and has begun to interview."""
    lead = made.sign_in("lead")
    people(lead, 1)
    anna = made.sign_in("anna")
    desk(anna).begin()
    lead.close()
    anna.close()
    made.open.clear()
    return made


def test_a_kill_loses_at_most_the_keystroke_in_progress(alone: Made, desk: Desk) -> None:
    assert lost(alone, desk, keep_every_stroke, KILLS) == (0, 0)


def test_the_same_check_sees_what_a_timer_loses(alone: Made, desk: Desk) -> None:
    answers_lost, strokes_lost = lost(alone, desk, keep_now_and_then, 8)
    assert answers_lost == 0
    assert strokes_lost > 0, "negative control: a checker that cannot fail proves nothing"


def test_after_all_kills_the_interview_can_be_completed(alone: Made, desk: Desk) -> None:
    draw = random.Random(8)
    for _ in range(3):
        run_and_kill(alone, desk, draw, keep_every_stroke)
    running, _answers, _words = what_is_kept(alone, desk)
    study = alone.sign_in("anna")
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    again = desk(study).interview(case)
    assert again.state.answers == running.state.answers
    assert again.state.cursor == running.state.cursor
    done = interviewing.complete(study, desk(study).answer(again))
    assert isinstance(done, interviewing.Completed)
