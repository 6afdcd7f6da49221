"""One simulated interview: random answers from the first question to the last, or as far as a question asked for."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cati.survey.answers import SKIPPED, Answer, Status
from cati.survey.events import Event, EventKind, begin
from cati.survey.expressions import Expression
from cati.survey.interview import apply, replay
from cati.survey.invented_answers import invent_answer
from cati.survey.moments import moment
from cati.survey.nodes import Binary, Call, Chain, Literal, every
from cati.survey.pattern_texts import readable, text_of
from cati.survey.program import AT, Program, program_of
from cati.survey.questionnaire import CHOOSING, SUBSTANTIVE, Kind, Questionnaire
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
MOST_DIGITS = 40
MOST_STEPS = 3_000
"""A form that asks more often than this is a form that never ends."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a form itself tells about likely answers, by the name of the item.

    ``hints``: numbers and words that conditions compare it with. ``patterns``: what its check asks for. ``counts``:
    items that say how many members a roster has.
    """

    hints: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, str]
    counts: frozenset[str]


def known_of(questionnaire: Questionnaire) -> Known:
    """Return what a form tells about likely answers; to be worked out once for many walks."""
    program = program_of(questionnaire)
    counted = [name for count in program.group_count if count is not None for name in count.references]
    return Known(_hints(program), _patterns(program), frozenset(_behind(program, counted)))


def by_chance(questionnaire: Questionnaire, name: str) -> bool:
    """Tell whether chance has a say in whether a question is asked: another seed may then bring it about."""
    program = program_of(questionnaire)
    found = (program.index[one] for one in _behind(program, [name]) if one in program.index)
    return any("random" in one.calls for at in found for one in _around(program, at))


def _behind(program: Program, names: Iterable[str]) -> dict[str, None]:
    """Return these names and what their calculations and conditions look at, and so on, in the order met."""
    found: dict[str, None] = {}
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name in found:
            continue
        found[name] = None
        at = program.index.get(name)
        if at is not None:
            todo += [one for expression in _around(program, at) for one in expression.references]
    return found


def _around(program: Program, at: int) -> list[Expression]:
    """Return what decides whether an item is asked and which choices and value it has."""
    mine = [program.relevant[at], program.calculation[at], program.choice_filter[at]]
    groups = [
        one for group in program.groups_of[at] for one in (program.group_relevant[group], program.group_count[group])
    ]
    return [expression for expression in (*groups, *mine) if expression is not None]


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
        days = [text for text in texts if _is_day(text)]
        compares = any(isinstance(node, Binary | Chain) for node in every(expression.node))
        for name in (*expression.references, answered) if compares else ():
            at = program.index.get(name)
            kind = program.questionnaire.items[at].kind if at is not None else None
            near = [number + step for number in numbers for step in (-1, 0, 1)]
            values = {
                Kind.NUMBER: [str(int(number)) for number in near if number == int(number)],
                Kind.DECIMAL: [format(number, "g") for number in near],
                Kind.TEXT: [*texts, *(_written(numbers) if name == answered else ())],
                Kind.DATE: days,
                Kind.DATETIME: [f"{day}T12:00" for day in days],
            }.get(kind, []) if kind is not None else []  # fmt: skip
            found.setdefault(name, {}).update(dict.fromkeys(value for value in values if value))
    return {name: tuple(values) for name, values in found.items() if values}


def _written(numbers: Sequence[float]) -> list[str]:
    """Return numbers as a check of a text may want them: as digits, below zero, or as how long the text is to be."""
    whole = [int(number) for number in numbers if number == int(number)]
    lengths = [number for number in whole if 0 < number <= MOST_DIGITS]
    return [*map(str, whole), *(f"-{number}" for number in whole), *("1" * n for n in lengths),
            *("0" + "1" * (n - 1) for n in lengths)]  # fmt: skip


def _is_day(text: str) -> bool:
    found = moment(text)
    return found is not None and found[1] is None


def _patterns(program: Program) -> dict[str, str]:
    """Return of every item the pattern that its check asks for, where one stands there."""
    found = {}
    for item, check in zip(program.questionnaire.items, program.constraint, strict=True):
        for node in every(check.node) if check is not None else ():
            if isinstance(node, Call) and node.name == "regex" and isinstance(node.arguments[-1], Literal):
                pattern = readable(str(node.arguments[-1].value))
                if pattern:
                    found[item.name] = pattern
    return found


class Walk:
    """One simulated interview; ``seconds`` is how long it has taken, ``events`` what happened in it."""

    def __init__(
        self, form: Questionnaire, draw: random.Random, at: datetime, values: Mapping[str, str], known: Known,
        language: str = "",
    ) -> None:  # fmt: skip
        self.form, self.draw, self.at, self.known = form, draw, at, known
        self.seconds = 0.0
        self.gave_up = False
        self.acts = 0
        self.shown: set[str] = set()
        self.met: set[str] = set()
        self.broken: set[str] = set()
        self.refused: Counter[str] = Counter()
        language = language or draw.choice(form.languages)
        first = begin(form, at=at, seed=draw.getrandbits(48), language=language, values=values, draw_id=self._id)
        self.events: list[Event] = [first]
        self.state: InterviewState = replay(form, [first])

    def _id(self) -> str:
        return f"{self.draw.getrandbits(64):x}"

    def act(self, kind: EventKind, item: str = "", answer: Answer | None = None) -> InterviewState:
        """Do one thing in the interview; what is refused stands in ``refusal`` and is not kept."""
        self.acts += 1
        now = self.at + timedelta(seconds=self.seconds)
        event = Event(id=self._id(), kind=kind, at=now, item=item, answer=answer)
        self.state = apply(self.form, self.state, event)
        if self.state.refusal is None:
            self.events.append(event)
        return self.state

    def through(self) -> InterviewState:
        """Answer until the end; return the last state."""
        for _ in range(MOST_STEPS):
            screen = self.state.screen
            if screen is None:
                return self.act(EventKind.COMPLETED)
            if self._pass(screen) and screen.ends_interview:
                return self.state
        self.gave_up = True
        return self.state

    def _pass(self, screen: Screen) -> bool:
        """Answer what is open on a screen and go on; False when the screen went away before its end."""
        if screen.roster is not None:
            few = len(screen.roster.members) < MOST_MEMBERS
            more = few and self.draw.random() < ANOTHER_MEMBER
            self.act(EventKind.MEMBER_ADDED if more else EventKind.WENT_FORWARD, screen.roster.address)
            return True
        for question in self._open(screen):
            self._answer(question)
            if self.state.screen is None or self.state.screen.position != screen.position:
                return False
        if not screen.ends_interview:
            self.act(EventKind.WENT_FORWARD)
        return True

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
        for tried in range(MOST_TRIES):
            if self.put(question.address, self._invented(question, tried)):
                return
        self.act(EventKind.ANSWERED, question.address, SKIPPED)

    def put(self, address: str, answer: Answer) -> bool:
        """Give an answer, an unusual one with a remark; tell whether it was taken, and keep what the checks said."""
        refusal = self.act(EventKind.ANSWERED, address, answer).refusal
        if refusal is None:
            if answer.status is Status.ANSWERED:
                self.met.add(address.partition(AT)[0])
            return True
        name = address.partition(AT)[0]
        self.refused[name] += 1
        if self._breaks(address, answer):
            self.broken.add(name)
        return refusal.soft and self.act(EventKind.ANSWERED, address, replace(answer, remark="-")).refusal is None

    def _breaks(self, address: str, answer: Answer) -> bool:
        """Tell whether it was a check that refused an answer, not its kind or its list."""
        program = program_of(self.form)
        place = program.place(address)
        if place is None or place[0] < 0 or answer.status is not Status.ANSWERED:
            return False
        checks = (program.constraint[place[0]], program.soft[place[0]])
        return any(one is not None and not self.state.scope.holds(one, *place, answer.value) for one in checks)

    def _invented(self, question: Question, tried: int) -> Answer:
        name, known, draw = question.item.name, self.known, self.draw
        answer = invent_answer(question, draw)
        if answer.status is not Status.ANSWERED:
            return answer
        if name in known.counts and question.kind is Kind.NUMBER and not tried:
            return Answer(value=str(draw.randint(1, MOST_MEMBERS)))
        if name in known.hints and draw.random() < (0.3 if tried == 0 else 0.7):
            return Answer(value=draw.choice(known.hints[name]))
        if name in known.patterns:
            return Answer(value=text_of(known.patterns[name], draw))
        return answer


def _seconds(question: Question) -> float:
    """Return how long a question takes: read aloud, and its choices when they are few, then answered and keyed."""
    read = len(question.text.split())
    if question.kind in CHOOSING and len(question.choices) <= READ_CHOICES:
        read += sum(len(label.split()) for _choice, label in question.choices)
    return read / WORDS_A_SECOND + SECONDS_TO_ANSWER.get(question.kind, SECONDS_TO_CHOOSE)
