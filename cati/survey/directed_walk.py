"""Simulated interviews that go where they are sent: to a question, to an answer its check takes, to one it refuses."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime

from cati.survey.answers import SKIPPED
from cati.survey.candidates import Wish, answers_for
from cati.survey.conditions import CURRENT, alternatives, any_values
from cati.survey.events import EventKind
from cati.survey.placing import THOUGHTS_TO_AN_ACT, Where
from cati.survey.program import AT, program_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.random_walk import MOST_STEPS, MOST_TRIES, Known, Walk, by_chance, known_of
from cati.survey.screens import Question
from cati.survey.steering import Steering

MOST_ACTS = 1_500
"""So many events a search for one question may take, over all its beginnings."""
MOST_WALKS = 12
MOST_WALKS_BY_CHANCE = 200
"""So many beginnings are made, more where random numbers have a say."""
MOST_A_WALK = 400


class DirectedWalk(Walk):
    """A simulated interview that is sent to a question; before it, everything is answered as an interviewer would."""

    thoughts = 0

    def to(self, name: str, most: int = MOST_A_WALK) -> bool:
        """Bring about that a question is asked, then answer all that stands before it; False in vain."""
        program = program_of(self.form)
        at = program.index.get(name)
        if at is None:
            return False
        steering = Steering(self, self.acts + most)
        try:
            return self._steered(at, steering)
        finally:
            self.thoughts += steering.thoughts

    def _steered(self, at: int, steering: Steering) -> bool:
        program = program_of(self.form)
        while not steering.spent():
            before = self.acts
            ids = steering.open(at)
            if ids is not None and self._forward(program.address((at, ids)), steering):
                return True
            if ids is None or self.acts == before:
                return False
        return False

    def _forward(self, address: str, steering: Steering) -> bool:
        """Walk from the beginning, answering what is open, until the question is on the screen."""
        if not self.state.path:
            return False
        self.act(EventKind.JUMPED, self.state.path[0])
        for _ in range(MOST_STEPS):
            screen = self.state.screen
            if screen is None or address not in self.state.route.on_path or steering.spent():
                return False
            if any(question.address == address for question in screen.questions):
                self.shown.add(address.partition(AT)[0])
                return True
            if screen.roster is not None:
                self.act(EventKind.WENT_FORWARD)
                continue
            for question in self._open(screen):
                if not self._carefully(question, address):
                    return False
                if self.state.screen is None or self.state.screen.position != screen.position:
                    break
            else:
                self.act(EventKind.WENT_FORWARD)
                if self.state.refusal is not None:
                    return False
        return False

    def _carefully(self, question: Question, address: str) -> bool:
        """Answer a question so that the one wanted stays on the path."""
        before, events = self.state, len(self.events)
        for tried in range(MOST_TRIES):
            taken = self.put(question.address, self._invented(question, tried))
            if taken and address in self.state.route.on_path:
                return True
            if taken:
                self.state = before
                del self.events[events:]
        return self.put(question.address, SKIPPED) and address in self.state.route.on_path

    def check(self, name: str, *, taken: bool) -> bool:
        """Find an answer to the question at hand that its checks take, or that one of them refuses."""
        program = program_of(self.form)
        at = program.index[name]
        checks = [one for one in (program.constraint[at], program.soft[at]) if one is not None]
        question = self._at_hand(name)
        place = program.place(question.address) if question is not None else None
        if question is None or place is None:
            return False
        steering = Steering(self, self.acts + MOST_A_WALK)
        cases = [case for one in checks for case in alternatives(one.node, positive=taken)]
        for one in checks:
            steering.bring(one.node, taken, Where(*place, current="1"))
        named = (*steering.wanted, *any_values([one for case in cases for one in case if one.name == CURRENT]))
        pattern = self.known.patterns.get(name, "") if taken else ""
        hints = self.known.hints.get(name, ())
        for answer in answers_for(question, Wish(named, lambda text: text != ""), hints, pattern, self.draw):
            if steering.spent():
                return False
            where = Where(*place, current=answer.value)
            for one in checks if taken else steering.shuffled(checks)[:1]:
                steering.bring(one.node, taken, where)
            if question.address not in self.state.route.on_path:
                return False
            self.put(question.address, answer)
            if name in (self.met if taken else self.broken):
                return True
        return False

    def _at_hand(self, name: str) -> Question | None:
        screen = self.state.screen
        return next((one for one in screen.questions if one.item.name == name), None) if screen is not None else None


def walk_to(
    questionnaire: Questionnaire, name: str, *, draw: random.Random, at: datetime, values: Mapping[str, str],
    language: str, known: Known | None = None, most: int = MOST_ACTS, cancelled: Callable[[], bool] = lambda: False,
) -> DirectedWalk | None:  # fmt: skip
    """Return a walk that has come to a question, with valid answers before it; None when none does.

    Every beginning has a seed of its own: what depends on chance comes about in one or another. ``most`` events are
    tried.
    """
    known = known or known_of(questionnaire)
    acts = 0
    for _ in range(MOST_WALKS_BY_CHANCE if by_chance(questionnaire, name) else MOST_WALKS):
        if cancelled() or acts > most:
            return None
        walk = DirectedWalk(questionnaire, draw, at, values, known, language)
        if walk.to(name, min(MOST_A_WALK, most)):
            return walk
        acts += walk.acts + walk.thoughts // THOUGHTS_TO_AN_ACT + 1
    return None
