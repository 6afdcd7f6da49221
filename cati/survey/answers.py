"""One answer and how it is checked; don't know, refused, skipped, not asked and off the path are states, not values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from cati.survey.questionnaire import CHOOSING, Choice, Item, Kind
from cati.text import tr


class Status(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    DONT_KNOW = "dk"
    REFUSED = "refused"
    SKIPPED = "skipped"
    NOT_ASKED = "not_asked"
    OFF_PATH = "off_path"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. ``value`` is the dialect's canonical text, "" unless answered: a choice's name, names with blanks
    between them, "12", "3.5", "2026-07-01", "18:30", or free text. ``specify`` holds (choice, words) pairs.
    """  # noqa: D205 - one sentence does not fit a line

    status: Status = Status.ANSWERED
    value: str = ""
    specify: tuple[tuple[str, str], ...] = ()
    remark: str = ""


DONT_KNOW = Answer(Status.DONT_KNOW)
REFUSED = Answer(Status.REFUSED)
SKIPPED = Answer(Status.SKIPPED)

MOST_CHARACTERS = 4000
_INTEGER = re.compile(r"[+-]?\d{1,15}")
_DECIMAL = re.compile(r"[+-]?(?:\d{1,15}(?:[.,]\d{0,15})?|[.,]\d{1,15})")
_NONRESPONSE = {Status.DONT_KNOW: "dk", Status.REFUSED: "refused"}


def typed(item: Item, text: str) -> str | None:
    """Return what a person typed as canonical text of the item's kind, None when it is no such value.

    Dates may be ISO or DD.MM.YYYY, times "18:30", "18.30" or "1830"; decimals may have a comma.
    """
    text = text.strip()
    reader = {
        Kind.NUMBER: _number, Kind.DECIMAL: _decimal, Kind.DATE: _date, Kind.TIME: _time, Kind.DATETIME: _date_and_time,
    }.get(item.kind)  # fmt: skip
    return reader(text) if reader is not None else text


def _number(text: str) -> str | None:
    return str(int(text)) if text.isascii() and _INTEGER.fullmatch(text) else None


def _decimal(text: str) -> str | None:
    if not text.isascii() or not _DECIMAL.fullmatch(text):
        return None
    plain = format(Decimal(text.replace(",", ".")).normalize(), "f")
    return "0" if plain == "-0" else plain


def _date(text: str) -> str | None:
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:
            day, month, year = (int(part) for part in german.groups())
            return date(year, month, day).isoformat()
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _time(text: str) -> str | None:
    parts = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d{2}))?(?::\d{2}(?:\.\d+)?)?(?:\s*Uhr)?", text)
    if not parts:
        return None
    try:
        return time(int(parts[1]), int(parts[2] or 0)).strftime("%H:%M")
    except ValueError:
        return None


def _date_and_time(text: str) -> str | None:
    day, _, hour = text.replace("T", " ", 1).partition(" ")
    one, other = _date(day.rstrip(",")), _time(hour.strip())
    return f"{one}T{other}" if one and other else None


def fault_of(item: Item, answer: Answer, choices: tuple[Choice, ...]) -> str:
    """Return why an answer cannot stand, as a sentence for the interviewer, "" when it can.

    Checks kind, range, list and exclusive choices; constraints that are expressions belong to the route.
    """
    if answer.status is not Status.ANSWERED:
        allowed = answer.status is Status.SKIPPED or _NONRESPONSE.get(answer.status) in item.nonresponse
        return "" if allowed else tr("This question does not offer that.")
    if item.kind is Kind.NOTE:
        return ""
    if len(answer.value) > MOST_CHARACTERS:
        return tr("This is too long; at most {n} characters.", n=MOST_CHARACTERS)
    if item.kind in CHOOSING:
        return _fault_of_choice(item, answer, choices)
    return _fault_of_text(item, answer.value)


def _fault_of_text(item: Item, value: str) -> str:
    canonical = typed(item, value)
    if not canonical or (canonical != value and item.kind is not Kind.TEXT):
        return {
            Kind.NUMBER: tr("Please enter a whole number."),
            Kind.DECIMAL: tr("Please enter a number."),
            Kind.DATE: tr("Please enter a date, such as 24.07.2026."),
            Kind.TIME: tr("Please enter a time, such as 18:30."),
            Kind.DATETIME: tr("Please enter a date and a time, such as 24.07.2026 18:30."),
        }.get(item.kind, tr("Please enter something, or choose don’t know, refused or skip."))
    return _fault_of_range(item, canonical)


def _fault_of_choice(item: Item, answer: Answer, choices: tuple[Choice, ...]) -> str:
    known = {choice.name: choice for choice in choices}
    chosen = [answer.value] if item.kind is Kind.SINGLE else answer.value.split(" ")
    if not answer.value:
        return tr("Please choose an answer, or don’t know, refused or skip.")
    if any(name not in known for name in chosen) or len(set(chosen)) != len(chosen):
        return tr("This answer is not in the list.")
    alone = next((known[name] for name in chosen if known[name].exclusive), None)
    if len(chosen) > 1 and alone is not None:
        label = next(iter(alone.label.values()), alone.name)
        return tr("“{choice}” cannot be combined with another answer.", choice=label)
    if any(choice not in chosen for choice, _words in answer.specify):
        return tr("This answer is not in the list.")
    return ""


def _fault_of_range(item: Item, value: str) -> str:
    if item.kind not in (Kind.NUMBER, Kind.DECIMAL) or (item.constraint and item.constraint_message):
        return ""  # the author's own sentence is better
    number = Decimal(value)
    if (item.minimum and number < Decimal(item.minimum)) or (item.maximum and number > Decimal(item.maximum)):
        return tr("Please enter a number from {low} to {high}.", low=item.minimum or "…", high=item.maximum or "…")
    return ""
