"""One simulated interview: random answers from the first question to the last, or as far as a question asked for."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rstr import Rstr

from cati.survey.answers import MOST_CHARACTERS, SKIPPED, Answer, Status
from cati.survey.events import Event, EventKind, begin
from cati.survey.expressions import Expression
from cati.survey.interview import apply, replay
from cati.survey.invented_answers import invent_answer
from cati.survey.nodes import Binary, Call, Chain, Literal, every
from cati.survey.program import AT, MORE, Program, program_of
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
MOST_CHANGES = 80
"""So often what a question depends on is answered in another way before a walk to it is begun anew."""
MOST_WALKS = 60
MOST_CHANGES_IN_ALL = 8 * MOST_CHANGES
GRANTED = 0.7
"""How often a question gets an answer that a condition names, on the way to a question."""
MOST_STEPS = 3_000
"""A form that asks more often than this is a form that never ends."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a form itself tells about likely answers, by the name of the item.

    ``hints``: numbers and words that conditions compare it with; ``wishes``: all values that stand beside it in them.
    ``patterns``: what its check asks for. ``counts``: items that say how many members a roster has.
    """

    hints: Mapping[str, tuple[str, ...]]
    wishes: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, str]
    counts: frozenset[str]


def known_of(questionnaire: Questionnaire) -> Known:
    """Return what a form tells about likely answers; to be worked out once for many walks."""
    program = program_of(questionnaire)
    counted = [name for count in program.group_count if count is not None for name in count.references]
    wishes = _wishes(program, [item.name for item in questionnaire.items])
    return Known(_hints(program), wishes, _patterns(program), frozenset(_behind(program, counted)))


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


class Walk:
    """One simulated interview; ``seconds`` is how long it has taken, ``events`` what happened in it."""

    def __init__(
        self, form: Questionnaire, draw: random.Random, at: datetime, values: Mapping[str, str], known: Known,
        language: str = "",
    ) -> None:  # fmt: skip
        self.form, self.draw, self.at, self.known = form, draw, at, known
        self.seconds = 0.0
        self.gave_up = False
        self.changes = 0
        self.shown: set[str] = set()
        self.met: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.wishes: Mapping[str, tuple[str, ...]] = {}
        language = language or draw.choice(form.languages)
        first = begin(form, at=at, seed=draw.getrandbits(48), language=language, values=values, draw_id=self._id)
        self.events: list[Event] = [first]
        self.state: InterviewState = replay(form, [first])

    def _id(self) -> str:
        return f"{self.draw.getrandbits(64):x}"

    def _act(self, kind: EventKind, item: str = "", answer: Answer | None = None) -> InterviewState:
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
                return self._act(EventKind.COMPLETED)
            if self._pass(screen) and screen.ends_interview:
                return self.state
        self.gave_up = True
        return self.state

    def _pass(self, screen: Screen) -> bool:
        """Answer what is open on a screen and go on; False when the screen went away before its end."""
        if screen.roster is not None:
            few = len(screen.roster.members) < MOST_MEMBERS
            more = few and self.draw.random() < ANOTHER_MEMBER
            self._act(EventKind.MEMBER_ADDED if more else EventKind.WENT_FORWARD, screen.roster.address)
            return True
        for question in self._open(screen):
            self._answer(question)
            if self.state.screen is None or self.state.screen.position != screen.position:
                return False
        if not screen.ends_interview:
            self._act(EventKind.WENT_FORWARD)
        return True

    def to(self, name: str) -> bool:
        """Answer until this question is asked: first what it depends on, then what stands before it; False in vain."""
        program = program_of(self.form)
        levers = _levers(program, name)
        self.wishes = _wishes(program, levers)
        for self.changes in range(MOST_CHANGES):
            if self._addresses(name, self.state.route.on_path) and self._forward_to(name):
                return True
            if not self._pull(levers, program):
                return False
        return False

    def _addresses(self, name: str, path: Iterable[str]) -> list[str]:
        return [address for address in path if address.partition(AT)[0] == name]

    def _forward_to(self, name: str) -> bool:
        """Walk from the beginning, answering what is open, until the question is on the screen."""
        if not self.state.path:
            return False
        self._act(EventKind.JUMPED, self.state.path[0])
        for _ in range(MOST_STEPS):
            screen = self.state.screen
            if screen is None or not self._addresses(name, self.state.route.on_path):
                return False
            if any(question.item.name == name for question in screen.questions):
                return True
            self._pass(screen)
        return False

    def _pull(self, levers: Sequence[str], program: Program) -> bool:
        """Answer one of the questions that decide about the one wanted, or give a roster a member."""
        state = self.state
        on_path = [address for name in levers for address in self._addresses(name, state.path)]
        rosters = {program.questionnaire.groups[group].name + MORE for name in levers if name in program.index
                   for group in program.rosters_of[program.index[name]]}  # fmt: skip
        prompts = [address for address in state.path if address.partition(AT)[0] in rosters]
        empty = [
            address
            for address in prompts
            if not any(one.partition(AT)[0] in levers and AT in one for one in state.route.on_path)
        ]
        if empty:
            self._act(EventKind.MEMBER_ADDED, empty[0])
            return True
        asked = [address for address in on_path if self._can_answer(address, program)]
        if not asked:
            return False
        unanswered = [address for address in asked if address not in state.answers]
        address = unanswered[0] if unanswered else self.draw.choice(asked)
        self._act(EventKind.JUMPED, address)
        screen = self.state.screen
        question = next((one for one in screen.questions if one.address == address), None) if screen else None
        if question is not None:
            self._answer(question)
        return True

    def _can_answer(self, address: str, program: Program) -> bool:
        place = program.place(address)
        if place is None or place[0] < 0:
            return False
        item = self.form.items[place[0]]
        return item.kind in SUBSTANTIVE and not item.read_only

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
        for tried in range(MOST_TRIES):
            answer = self._invented(question, tried)
            state = self._act(EventKind.ANSWERED, question.address, answer)
            if state.refusal is not None and state.refusal.soft:
                state = self._act(EventKind.ANSWERED, question.address, replace(answer, remark="-"))
            if state.refusal is None:
                if answer.status is Status.ANSWERED:
                    self.met.add(name)
                return
            self.refused[name] += 1
        self._act(EventKind.ANSWERED, question.address, SKIPPED)

    def _invented(self, question: Question, tried: int) -> Answer:
        name, known, draw = question.item.name, self.known, self.draw
        answer = invent_answer(question, draw)
        if name in self.wishes and draw.random() < GRANTED:
            return _wished(question, self.wishes[name], draw) or answer
        if answer.status is not Status.ANSWERED:
            return answer
        if name in known.counts and question.kind is Kind.NUMBER and not tried:
            return Answer(value=str(draw.randint(1, MOST_MEMBERS)))
        if name in known.hints and draw.random() < (0.3 if tried == 0 else 0.7):
            return Answer(value=draw.choice(known.hints[name]))
        if name in known.patterns:
            return Answer(value=Rstr(draw).xeger(known.patterns[name])[:MOST_CHARACTERS])
        return answer


def _levers(program: Program, name: str) -> tuple[str, ...]:
    """Return what decides whether a question is asked, itself first; what ends interviews before it counts, too."""
    at = program.index.get(name, -1)
    ends = [
        one
        for before in range(max(at, 0))
        if program.questionnaire.items[before].kind is Kind.TERMINATE
        for expression in _around(program, before)
        for one in expression.references
    ]
    return tuple(_behind(program, [name, *ends]))


def _wishes(program: Program, levers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return of every question the values that stand beside its name in the conditions that matter."""
    found: dict[str, dict[str, None]] = {}
    for name in levers:
        at = program.index.get(name)
        for expression in _around(program, at) if at is not None else ():
            said = [node.value for node in every(expression.node) if isinstance(node, Literal)]
            for one in expression.references:
                texts = [value if isinstance(value, str) else format(value, "g") for value in said]
                found.setdefault(one, {}).update(dict.fromkeys(text for text in texts if text))
    return {name: tuple(values) for name, values in found.items() if values}


def _wished(question: Question, wishes: Sequence[str], draw: random.Random) -> Answer | None:
    """Return an answer that a condition names, None when it names none that this question has."""
    if question.kind in CHOOSING:
        choices = [choice for choice, _label in question.choices if choice.name in wishes]
        if not choices or question.kind is Kind.RANK:
            return None
        chosen = [draw.choice(choices)]
        free = [choice for choice in choices if not choice.exclusive]
        if question.kind is Kind.MULTIPLE and free and not chosen[0].exclusive:
            several = draw.sample(free, draw.randint(1, len(free)))
            chosen = [choice for choice in free if choice in several]
        specify = tuple((choice.name, "-") for choice in chosen if choice.specify)
        return Answer(value=" ".join(choice.name for choice in chosen), specify=specify)
    if question.kind in (Kind.NUMBER, Kind.DECIMAL):
        numbers = [float(wish) for wish in wishes if wish.lstrip("-").replace(".", "", 1).isdigit()]
        if numbers:
            return Answer(value=format(draw.choice(numbers) + draw.choice((-1, 0, 1)), "g"))
        return None
    return Answer(value=draw.choice(wishes)) if question.kind is Kind.TEXT else None


def walk_to(
    questionnaire: Questionnaire, name: str, *, draw: random.Random, at: datetime, values: Mapping[str, str],
    language: str, cancelled: Callable[[], bool] = lambda: False,
) -> Walk | None:  # fmt: skip
    """Return a walk that has come to a question, with valid random answers before it; None when none does."""
    known = known_of(questionnaire)
    changes = 0
    for _ in range(MOST_WALKS):
        if cancelled() or changes > MOST_CHANGES_IN_ALL:
            return None
        walk = Walk(questionnaire, draw, at, values, known, language)
        if walk.to(name):
            return walk
        changes += walk.changes
    return None


def _seconds(question: Question) -> float:
    """Return how long a question takes: read aloud, and its choices when they are few, then answered and keyed."""
    read = len(question.text.split())
    if question.kind in CHOOSING and len(question.choices) <= READ_CHOICES:
        read += sum(len(label.split()) for _choice, label in question.choices)
    return read / WORDS_A_SECOND + SECONDS_TO_ANSWER.get(question.kind, SECONDS_TO_CHOOSE)
