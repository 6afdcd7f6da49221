"""Shuffling as the ODK specification has it: the same seed gives the same order in every program that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from cati.survey.values import Value, as_number

T = TypeVar("T")

_MODULUS = 2_147_483_647
_MULTIPLIER = 16_807
"""The "minimal standard" generator of Park and Miller (1988)."""


def shuffled(values: Sequence[T], seed: Value) -> list[T]:
    """Return the values in the order of a seed (Durstenfeld's shuffle); a seed that is no number counts as 0."""
    number = as_number(seed)
    state = int(number) % _MODULUS if abs(number) < 2**63 else 0
    state = state if state > 0 else state + _MODULUS - 1
    found = list(values)
    for last in range(len(found) - 1, -1, -1):
        state = state * _MULTIPLIER % _MODULUS
        other = int((state - 1) / (_MODULUS - 1) * (last + 1))
        found[last], found[other] = found[other], found[last]
    return found
