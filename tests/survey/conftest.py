"""Questionnaires for the tests: those shipped, tiny ones from rows, and a way to walk through them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.places import shipped_questionnaires
from cati.survey.authoring import Compiled, compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.interview import Event, EventKind, InterviewState, apply, begin
from cati.survey.invented_answers import invent_answer
from cati.survey.questionnaire import SUBSTANTIVE, Questionnaire

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
VALUES = {"site": "Landkreis Musterau", "department": "Kfz-Zulassung", "interviewer": "Frau Probe"}


def sheet(rows: Iterable[Mapping[str, str]]) -> Sheet:
    kept = [dict(row) for row in rows]
    headings = dict.fromkeys(key for row in kept for key in row)
    return Sheet(tuple(headings), tuple(Row(n, row) for n, row in enumerate(kept, 2)))


def compiled(
    survey: Iterable[Mapping[str, str]], choices: Iterable[Mapping[str, str]] = (), **settings: str
) -> Compiled:
    return compile_form(Form("tiny", sheet(survey), sheet(choices), sheet([settings] if settings else [])))


def runnable(survey: Iterable[Mapping[str, str]], choices: Iterable[Mapping[str, str]] = ()) -> Questionnaire:
    found = compiled(survey, choices)
    assert found.questionnaire is not None, found.diagnostics
    return found.questionnaire


class Walk:
    """An interview under way: every act is an event, kept for the replay."""

    def __init__(self, questionnaire: Questionnaire, seed: int = 1, language: str = "de") -> None:
        self.questionnaire = questionnaire
        self._ids = (f"{n:032x}" for n in itertools.count())
        self._at = NOW
        started = begin(
            questionnaire, at=NOW, seed=seed, language=language, values=VALUES, draw_id=lambda: next(self._ids)
        )
        self.events = [started]
        from cati.survey.interview import replay

        self.state: InterviewState = replay(questionnaire, self.events)

    def act(self, kind: EventKind, **fields: object) -> InterviewState:
        self._at += timedelta(seconds=7)
        event = Event(id=next(self._ids), kind=kind, at=self._at, **fields)  # type: ignore[arg-type]
        self.events.append(event)
        self.state = apply(self.questionnaire, self.state, event)
        return self.state

    def answer(self, item: str, answer: object) -> InterviewState:
        return self.act(EventKind.ANSWERED, item=item, answer=answer)

    def screen(self, draw: random.Random) -> None:
        """Answer one screen with invented answers, trying again where a constraint refuses; then skip."""
        shown = self.state.screen
        assert shown is not None
        before = self.state.cursor
        if shown.roster is not None and len(shown.roster.members) < 3 and draw.random() < 0.4:
            self.act(EventKind.MEMBER_ADDED, item=shown.roster.address)
            return
        for question in shown.questions:
            if question.kind not in SUBSTANTIVE or question.read_only:
                continue
            for _ in range(20):
                self.answer(question.address, invent_answer(question, draw))
                if self.state.refusal is None:
                    break
            else:
                from cati.survey.answers import SKIPPED

                self.answer(question.address, SKIPPED)
        if self.state.cursor == before and self.state.screen is not None:
            self.act(EventKind.WENT_FORWARD)

    def to_the_end(self, draw: random.Random) -> None:
        for _ in range(2000):
            if self.state.screen is None:
                return
            self.screen(draw)
        raise AssertionError(self.state.cursor)


@pytest.fixture(scope="session")
def shipped() -> dict[str, Questionnaire]:
    """Every shipped questionnaire by its path without ending, read from YAML."""
    folder = shipped_questionnaires()
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        form = read_questionnaire(path, path.name)
        assert form.questionnaire is not None, form.diagnostics
        found[path.relative_to(folder).with_suffix("").as_posix()] = form.questionnaire
    return found


@pytest.fixture
def walk() -> Callable[..., Walk]:
    return Walk


@pytest.fixture
def form() -> Callable[..., Questionnaire]:
    """Return how to make a questionnaire of rows and choices."""
    return runnable
