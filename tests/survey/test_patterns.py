"""Patterns in Java's notation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.patterns import matches, readable


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("12345", "[0-9]{5}", True),
        ("12345x", "[0-9]{5}", False),
        ("Müller-Lüdenscheidt", r"\p{Lu}[\p{L}\-]+", True),
        ("Muller1", r"\p{L}+", False),
        ("abc", r"\p{Alpha}+", True),
        ("ä", r"\p{Alpha}", False),
        ("ä", r"\P{Lu}", True),
        ("Ж", r"\p{IsCyrillic}", True),
        ("bcd", "[a-z&&[^a]]+", True),
        ("abc", "[a-z&&[^a]]+", False),
        ("x1", "[a-c[x-z]][0-9]", True),
        ("a.b", r"\Qa.b\E", True),
        ("axb", r"\Qa.b\E", False),
        ("xx", r"(?<one>x)\k<one>", False),
        (",", "[+--]", True),
        ("|", "[||]", True),
        ("]", "[]]", True),
        ("[", "[[]", False),
        ("٣", r"\d", False),
        ("x", "(", False),
        ("x", "\\", False),
        ("x", r"\p{Nonsense}", False),
        ("+49 821 123", r"^(\+\d{2}|0)[ \d]+$", True),
    ],
)  # fmt: skip
def test_patterns_as_java_reads_them(text: str, pattern: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text(alphabet="ab[]^&-\\\\pP{}L()?<>|*+.QE", max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_pattern_is_read_or_fits_nothing(pattern: str) -> None:
    assert readable(pattern) or not matches(pattern, "ab")
