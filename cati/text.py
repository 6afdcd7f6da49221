"""Words in the reader's language, for the window and for everything that may not import Qt.

The English sentence is the key; German stands in ``resources/translations/de/*.json``, one file
per part of the program, read when the language is set. Plain files need no build step, so a
fresh checkout speaks German; ``tests/test_translations.py`` holds them complete and in step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from cati.places import resources

if TYPE_CHECKING:
    from datetime import date, datetime

LANGUAGES = ("de", "en")

_words: dict[str, str] = {}
_language = "en"
_aside: ContextVar[tuple[str, Mapping[str, str]] | None] = ContextVar("aside", default=None)
"""The language spoken for a while by this thread alone, with its words; None: the one in force."""


def set_language(language: str) -> None:
    """Speak ``language`` ("de" or "en") from now on; what is already drawn must be drawn anew."""
    global _language  # noqa: PLW0603 - the one process-wide setting: the language of the person in front of it
    found = _read(language)
    _words.clear()
    _words.update(found)
    _language = language


def _read(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if language != "en":
        for part in sorted((resources() / "translations" / language).glob("*.json")):
            found.update(json.loads(part.read_text("utf-8")))
    return found


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak another language inside, in this thread alone: for papers that somebody else will read."""
    words = _words if language == _language else _read(language)
    before = _aside.set((language, words))
    try:
        yield
    finally:
        _aside.reset(before)


def language() -> str:
    """Return the language in force, "de" or "en"."""
    aside = _aside.get()
    return _language if aside is None else aside[0]


def tr(english: str, /, **parts: object) -> str:
    """Return the sentence in the reader's language with its ``{name}`` placeholders filled."""
    aside = _aside.get()
    sentence = (_words if aside is None else aside[1]).get(english, english)
    return sentence.format(**parts) if parts else sentence


def trn(one: str, many: str, n: int, /, **parts: object) -> str:
    """Return ``one`` when ``n`` is 1, else ``many``, translated; ``{n}`` is filled with ``n`` as `show_number` does."""
    return tr(one if n == 1 else many, n=show_number(n), **parts)


def show_number(n: int) -> str:
    """Return a count with the thousands set apart as the reader writes them: "19.986", "19,986"."""
    return f"{n:,}".replace(",", "." if language() == "de" else ",")


def mark(english: str) -> str:
    """Mark a sentence in a table for translation; give it to `tr` where it is shown."""
    return english


def show_moment(moment: date | datetime, pattern: str) -> str:
    """Return a date or time in the reader's language; ``pattern`` is CLDR ("EEE HH:mm", "d MMMM").

    In German a point is put behind the day of the month.
    """
    from datetime import datetime as moment_type  # noqa: PLC0415 - with babel, only where used

    from babel.dates import format_date, format_datetime  # noqa: PLC0415 - 30 ms that a start need not pay

    if language() == "de":
        pattern = pattern.replace("d MMM", "d. MMM")
    if isinstance(moment, moment_type):
        return format_datetime(moment.replace(tzinfo=None), pattern, locale=language())
    return format_date(moment, pattern, locale=language())
