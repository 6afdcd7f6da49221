"""Texts made up so that they fit a pattern."""

from __future__ import annotations

import random
import re
import string
from typing import Any

from rstr import Rstr

from cati.survey.answers import MOST_CHARACTERS

_MORE = 6
"""So often at most an open repetition goes beyond what it has to: within one another they grow beyond all bounds."""
_HYPHEN = re.compile(r"(\\[wdsWDS])-(?!\])")
"""A hyphen behind a class of signs is itself in Java's patterns; Python wants it marked."""


class _Texts(Rstr):
    """Rstr with short repetitions, and the same text for the same chance in every process."""

    def _handle_repeat(self, start_range: int, end_range: int, value: str) -> str:
        return super()._handle_repeat(start_range, min(end_range, start_range + _MORE), value)

    def _handle_in(self, value: Any) -> Any:
        signs = [sign for part in value for sign in self._handle_state(part)]
        if signs[0] is False:
            signs = [sign for sign in string.printable if sign not in signs[1:]]
        return self._random.choice(signs)


def text_of(pattern: str, draw: random.Random) -> str:
    """Return a text that fits a pattern for which `readable` has given one."""
    return str(_Texts(draw).xeger(pattern))[:MOST_CHARACTERS]


def readable(pattern: str) -> str:
    """Return a pattern by which texts can be made, "" for one of another engine: chance must do there."""
    for tried in (pattern, _HYPHEN.sub(r"\1\\-", pattern)):
        try:
            text_of(tried, random.Random(0))  # noqa: S311 - to see whether it can be read
        except (re.error, ValueError, KeyError, OverflowError):
            continue
        return tried
    return ""
