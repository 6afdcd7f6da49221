"""Invented answers, valid for the question at hand, for random runs, the demonstration and the tests."""

from __future__ import annotations

import random
from datetime import date, timedelta

from cati.survey.answers import DONT_KNOW, REFUSED, SKIPPED, Answer, Status
from cati.survey.questionnaire import Display, Kind
from cati.survey.screens import Question

RATE_DONT_KNOW = 0.03
RATE_REFUSED = 0.02
RATE_SKIPPED = 0.01
_MOST_CHOSEN = 3
_MANY = 100
_SMALL = 0.4
_FEW = 9
"""Without a range, counts of people and things are the likeliest numbers."""
_DAY = date(2026, 7, 1)
_AHEAD = 365
_WISHES = (
    "Mehr Termine am Abend", "Längere Öffnungszeiten", "Freundlichere Auskünfte", "Weniger Papier",
    "Schnellere Antworten auf E-Mails", "Mehr Parkplätze", "Alles war gut", "Klarere Formulare",
)  # fmt: skip
_OTHER = ("über einen Verein", "auf dem Markt", "durch Nachbarn", "im Vorbeigehen")


def invent_answer(question: Question, draw: random.Random) -> Answer:
    """Return a random answer that the question takes, with don't know, refused and skipped at small rates.

    Constraints beyond a range are not looked at: whoever asks must be ready for a refusal.
    """
    chance = draw.random()
    if chance < RATE_SKIPPED:
        return SKIPPED
    if chance < RATE_SKIPPED + RATE_REFUSED and Status.REFUSED in question.offered:
        return REFUSED
    if chance > 1 - RATE_DONT_KNOW and Status.DONT_KNOW in question.offered:
        return DONT_KNOW
    if question.kind is Kind.SINGLE:
        return _one(question, draw)
    if question.kind is Kind.MULTIPLE:
        return _several(question, draw)
    value = {
        Kind.NUMBER: _number,
        Kind.DECIMAL: _decimal,
        Kind.DATE: _day,
        Kind.TIME: _time,
        Kind.DATETIME: _moment,
        Kind.RANK: _ranked,
        Kind.TEXT: _words,
    }.get(question.kind)
    text = value(question, draw) if value is not None else ""
    return Answer(value=text) if text else SKIPPED


def _one(question: Question, draw: random.Random) -> Answer:
    if not question.choices:
        return SKIPPED
    choices = [choice for choice, _label in question.choices]
    leans_to_the_good = question.display in (Display.SCALE, Display.GRADE)
    weights = [1.0 / (at + 1) if leans_to_the_good else 1.0 for at in range(len(choices))]
    chosen = draw.choices(choices, weights)[0]
    specify = ((chosen.name, draw.choice(_OTHER)),) if chosen.specify else ()
    return Answer(value=chosen.name, specify=specify)


def _several(question: Question, draw: random.Random) -> Answer:
    if not question.choices:
        return SKIPPED
    exclusive = [choice for choice, _label in question.choices if choice.exclusive]
    free = [choice for choice, _label in question.choices if not choice.exclusive]
    if not free or (exclusive and draw.random() < 0.2):  # noqa: PLR2004 - one in five says "none of these"
        return Answer(value=draw.choice(exclusive).name)
    count = draw.randint(1, min(_MOST_CHOSEN, len(free)))
    chosen = sorted(draw.sample(range(len(free)), count))
    specify = tuple((free[at].name, draw.choice(_OTHER)) for at in chosen if free[at].specify)
    return Answer(value=" ".join(free[at].name for at in chosen), specify=specify)


def _range(question: Question) -> tuple[float, float]:
    low = float(question.minimum) if question.minimum else min(0.0, float(question.maximum or 0))
    high = float(question.maximum) if question.maximum else max(low, 0.0) + _MANY
    return low, max(low, high)


def _number(question: Question, draw: random.Random) -> str:
    low, high = _range(question)
    first, last = -int(-low // 1), int(high // 1)
    if not question.minimum and not question.maximum and draw.random() < _SMALL:
        return str(draw.randint(0, _FEW))
    return str(draw.randint(first, min(max(first, last), first + _MANY)))


def _decimal(question: Question, draw: random.Random) -> str:
    low, high = _range(question)
    number = min(high, max(low, round(draw.uniform(low, high), 1)))
    return str(int(number)) if number == int(number) else format(number, "f").rstrip("0")


def _day(_question: Question, draw: random.Random) -> str:
    return (_DAY - timedelta(days=draw.randint(-_AHEAD, 3650))).isoformat()


def _time(_question: Question, draw: random.Random) -> str:
    return f"{draw.randint(0, 23):02}:{draw.randrange(0, 60, 5):02}"


def _moment(question: Question, draw: random.Random) -> str:
    return f"{_day(question, draw)}T{_time(question, draw)}"


def _ranked(question: Question, draw: random.Random) -> str:
    names = [choice.name for choice, _label in question.choices]
    draw.shuffle(names)
    return " ".join(names)


def _words(_question: Question, draw: random.Random) -> str:
    return draw.choice(_WISHES)
