"""The order a seed gives is the one that every other engine gives."""

from __future__ import annotations

import hashlib
import math

import pytest

from cati.survey.shuffling import seed_of, shuffled
from cati.survey.values import Value


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (42.0, "AFCBDE"), ("42", "AFCBDE"), (-42.0, "EDAFBC"), (1.0, "BFEACD"), (11111111.0, "ACDBFE"),
        (1.1, "BFEACD"), (0.0, "CBEAFD"), (math.nan, "CBEAFD"), (math.inf, "CBEAFD"), ("", "CBEAFD"),
    ],
)  # fmt: skip
def test_shuffling_follows_the_published_orders(seed: Value, expected: str) -> None:
    """The orders that the tests of ODK Web Forms, and before them of Enketo, name for these seeds."""
    assert "".join(shuffled("ABCDEF", seed)) == expected


def test_a_text_as_seed_shuffles_by_its_hash() -> None:
    assert shuffled("ABCDEF", "some text") != shuffled("ABCDEF", "another text")
    assert shuffled("ABCDEF", "some text") == shuffled("ABCDEF", "some text")
    whole = int.from_bytes(hashlib.sha256(b"some text").digest()[:8], "big", signed=True)
    assert seed_of("some text") == whole
