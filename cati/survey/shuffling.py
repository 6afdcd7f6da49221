"""Shuffling as the ODK specification has it: the same seed gives the same order in every program that follows it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

from cati.survey.values import Value, as_number, as_text

T = TypeVar("T")

_MODULUS = 2_147_483_647
_MULTIPLIER = 16_807
"""The "minimal standard" generator of Park and Miller (1988)."""


def shuffled(values: Sequence[T], seed: Value) -> list[T]:
    """Return the values in the order of a seed: a text that is no number is hashed, an empty one counts as 0."""
    begun = seed_of(seed)
    state = begun % _MODULUS if begun >= 0 else -(-begun % _MODULUS)
    state = state if state > 0 else state + _MODULUS - 1
    found: list[T] = []
    for at, value in enumerate(values):
        state = state * _MULTIPLIER % _MODULUS
        other = int((state - 1) / (_MODULUS - 1) * (at + 1))
        found.append(value)
        found[at] = found[other]
        found[other] = value
    return found


def seed_of(seed: Value) -> int:
    """Return the whole number a seed stands for: JavaRosa takes the first 64 bits of a text's SHA-256, with sign."""
    number = as_number(seed)
    if math.isfinite(number):
        return int(number)
    text = as_text(seed)
    if isinstance(seed, float) or not text:
        return 0
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
