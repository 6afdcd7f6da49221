"""Simulated interviews with random answers: which questions are never reached, which checks nothing meets, how long."""

from __future__ import annotations

import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rstr import Rstr

from cati.survey.answers import MOST_CHARACTERS, SKIPPED, Answer, Status
from cati.survey.events import Event, EventKind, begin
from cati.survey.interview import apply, replay
from cati.survey.invented_answers import invent_answer
from cati.survey.nodes import Binary, Call, Chain, Literal, every
from cati.survey.program import Program, program_of
from cati.survey.questionnaire import ASKED, CHOOSING, SUBSTANTIVE, Kind, Questionnaire
from cati.survey.screens import InterviewState, Question, Screen

WORDS_A_SECOND = 2.5
"""Reading aloud: 150 words a minute, the usual speed of audio books."""
SECONDS_TO_ANSWER = {Kind.TEXT: 20.0, Kind.MULTIPLE: 8.0, Kind.RANK: 12.0, Kind.NOTE: 1.0}
SECONDS_TO_CHOOSE = 5.0
"""Rules of thumb for thinking and keying; the time of real interviews corrects them."""
READ_CHOICES = 7
"""Longer lists are not read out; the interviewer finds the answer."""
ANOTHER_MEMBER = 0.4
MOST_MEMBERS = 4
MOST_TRIES = 12
MOST_STEPS = 3_000
"""A form that asks more often than this is a form that never ends."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What random interviews showed. Minutes are estimates, sorted; names are those of items.

    ``asked``: in how many interviews each question was on the path. ``never_asked`` and ``never_met`` (questions whose
    check took none of the answers tried) in the questionnaire's order. ``endless``: interviews given up.
    """

    interviews: int
    asked: Mapping[str, int]
    never_asked: tuple[str, ...]
    never_met: tuple[str, ...]
    refused: Mapping[str, int]
    minutes: tuple[float, ...]
    ended_early: Mapping[str, int]
    endless: int

    def minutes_at(self, share: float) -> float:
        """Return the length that this share of the interviews does not exceed; 0 without interviews."""
        return self.minutes[min(int(len(self.minutes) * share), len(self.minutes) - 1)] if self.minutes else 0.0

    @property
    def median(self) -> float:
        """Return the median length in minutes, 0 without interviews."""
        return statistics.median(self.minutes) if self.minutes else 0.0


def run_many(
    questionnaire: Questionnaire,
    interviews: int,
    *,
    draw: random.Random,
    at: datetime,
    values: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Runs:
    """Simulate so many interviews; fewer when cancelled. ``values`` are the case's own; ``at`` is when they begin."""
    asked: Counter[str] = Counter()
    met: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    minutes: list[float] = []
    endless = 0
    hints = _hints(program_of(questionnaire))
    patterns = _patterns(program_of(questionnaire))
    for number in range(interviews):
        if cancelled():
            break
        own = random.Random(draw.getrandbits(64))  # noqa: S311 - invented answers, no secret
        run = _Run(questionnaire, own, at, values, (hints, patterns))
        state = run.through()
        names = {name.partition("@")[0] for name in state.route.on_path}
        asked.update(names & run.shown)
        met.update(run.met)
        refused.update(run.refused)
        endless += run.gave_up
        if state.disposition:
            ended[state.disposition] += 1
        minutes.append(run.seconds / 60)
        progress(number + 1, interviews)
    kinds = {item.name: item.kind for item in questionnaire.items}
    return Runs(
        interviews=len(minutes),
        asked=asked,
        never_asked=tuple(name for name, kind in kinds.items() if kind in ASKED and not asked[name]),
        never_met=tuple(name for name in kinds if refused[name] and not met[name]),
        refused=refused,
        minutes=tuple(sorted(minutes)),
        ended_early=ended,
        endless=endless,
    )


def _hints(program: Program) -> dict[str, tuple[str, ...]]:
    """Return of every item the values that conditions compare it with: random answers alone rarely hit them."""
    found: dict[str, dict[str, None]] = {}
    own = [(item.name, check) for item, check in zip(program.questionnaire.items, program.constraint, strict=True)]
    others = [*program.relevant, *program.group_relevant, *program.calculation, *program.group_count]
    for answered, expression in [*own, *(("", one) for one in others)]:
        if expression is None:
            continue
        literals = [node for node in every(expression.node) if isinstance(node, Literal)]
        numbers = [float(node.value) for node in literals if isinstance(node.value, int | float)]
        texts = [node.value for node in literals if isinstance(node.value, str)]
        compares = any(isinstance(node, Binary | Chain) for node in every(expression.node))
        for name in (*expression.references, answered) if compares else ():
            at = program.index.get(name)
            kind = program.questionnaire.items[at].kind if at is not None else None
            near = [number + step for number in numbers for step in (-1, 0, 1)]
            values = {
                Kind.NUMBER: [str(int(number)) for number in near if number == int(number)],
                Kind.DECIMAL: [format(number, "g") for number in near],
                Kind.TEXT: texts,
            }.get(kind, []) if kind is not None else []  # fmt: skip
            found.setdefault(name, {}).update(dict.fromkeys(value for value in values if value))
    return {name: tuple(values) for name, values in found.items() if values}


def _patterns(program: Program) -> dict[str, str]:
    """Return of every item the pattern that its check asks for, where one stands there."""
    found = {}
    for item, check in zip(program.questionnaire.items, program.constraint, strict=True):
        for node in every(check.node) if check is not None else ():
            if isinstance(node, Call) and node.name == "regex" and isinstance(node.arguments[-1], Literal):
                pattern = str(node.arguments[-1].value)
                try:
                    Rstr(random.Random(0)).xeger(pattern)  # noqa: S311 - to see whether it can be read
                except (re.error, ValueError, KeyError, OverflowError):  # another engine's pattern: chance must do
                    continue
                found[item.name] = pattern
    return found


class _Run:
    """One simulated interview."""

    def __init__(
        self, form: Questionnaire, draw: random.Random, at: datetime, values: Mapping[str, str],
        hints: tuple[Mapping[str, tuple[str, ...]], Mapping[str, str]],
    ) -> None:  # fmt: skip
        self.form, self.draw, self.at = form, draw, at
        self.hints, self.patterns = hints
        self.seconds = 0.0
        self.gave_up = False
        self.shown: set[str] = set()
        self.met: set[str] = set()
        self.refused: set[str] = set()
        language = draw.choice(form.languages)
        first = begin(form, at=at, seed=draw.getrandbits(48), language=language, values=values, draw_id=self._id)
        self.state: InterviewState = replay(form, [first])

    def _id(self) -> str:
        return f"{self.draw.getrandbits(64):x}"

    def _act(self, kind: EventKind, item: str = "", answer: Answer | None = None) -> InterviewState:
        now = self.at + timedelta(seconds=self.seconds)
        self.state = apply(self.form, self.state, Event(id=self._id(), kind=kind, at=now, item=item, answer=answer))
        return self.state

    def through(self) -> InterviewState:
        """Answer until the end; return the last state."""
        for _ in range(MOST_STEPS):
            screen = self.state.screen
            if screen is None:
                return self._act(EventKind.COMPLETED)
            if screen.roster is not None:
                few = len(screen.roster.members) < MOST_MEMBERS
                more = few and self.draw.random() < ANOTHER_MEMBER
                self._act(EventKind.MEMBER_ADDED if more else EventKind.WENT_FORWARD, screen.roster.address)
                continue
            for question in self._open(screen):
                self._answer(question)
                if self.state.screen is None or self.state.screen.position != screen.position:
                    break
            else:
                if screen.ends_interview:
                    return self.state
                self._act(EventKind.WENT_FORWARD)
        self.gave_up = True
        return self.state

    def _open(self, screen: Screen) -> Iterator[Question]:
        """Yield what is still to be asked on a screen, as it stands after every answer."""
        seen: set[str] = set()
        while True:
            now = self.state.screen
            here = now.questions if now is not None and now.position == screen.position else ()
            question = next((one for one in here if one.address not in seen), None)
            if question is None:
                return
            seen.add(question.address)
            self.shown.add(question.item.name)
            self.seconds += _seconds(question)
            if question.kind in SUBSTANTIVE and not question.read_only and (question.answer is None or question.broken):
                yield question

    def _answer(self, question: Question) -> None:
        name = question.item.name
        hints = self.hints.get(name, ())
        for tried in range(MOST_TRIES):
            answer = invent_answer(question, self.draw)
            if hints and answer.status is Status.ANSWERED and self.draw.random() < (0.3 if tried == 0 else 0.7):
                answer = Answer(value=self.draw.choice(hints))
            elif name in self.patterns and answer.status is Status.ANSWERED:
                answer = Answer(value=Rstr(self.draw).xeger(self.patterns[name])[:MOST_CHARACTERS])
            state = self._act(EventKind.ANSWERED, question.address, answer)
            if state.refusal is not None and state.refusal.soft:
                state = self._act(EventKind.ANSWERED, question.address, Answer(value=answer.value, remark="-"))
            if state.refusal is None:
                if answer.status is Status.ANSWERED:
                    self.met.add(name)
                return
            self.refused.add(name)
        self._act(EventKind.ANSWERED, question.address, SKIPPED)


def _seconds(question: Question) -> float:
    """Return how long a question takes: read aloud, and its choices when they are few, then answered and keyed."""
    read = len(question.text.split())
    if question.kind in CHOOSING and len(question.choices) <= READ_CHOICES:
        read += sum(len(label.split()) for _choice, label in question.choices)
    return read / WORDS_A_SECOND + SECONDS_TO_ANSWER.get(question.kind, SECONDS_TO_CHOOSE)
