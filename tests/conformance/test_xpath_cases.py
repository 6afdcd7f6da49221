"""The expressions of JavaRosa's and Web Forms' own tests come to the same here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance import xpath

PATHS = [path for path in (xpath.CASES,) if path.exists()]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_other_engines_agree(path: Path) -> None:
    cases = json.loads(path.read_text("utf-8"))
    excluded = json.loads(xpath.EXCLUDED.read_text("utf-8"))
    found = xpath.run(cases, excluded)
    assert not found.misses
    assert found.passed > 1_100
    assert found.excluded <= len(excluded) < 20


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("//a", True),
        ("child::a", True),
        ("count(xhtml:p)", True),
        ("${a} | ${b}", True),
        ("$variable", True),
        ("explode() or 1", True),
        ("0.5 2 0 0", True),
        ("1 -1", False),
        ("1 mod1", False),
        ("1 +", False),
        ("selected('a b', 'a')", False),
    ],
)
def test_one_rule_says_what_lies_outside(source: str, expected: bool) -> None:
    assert xpath.outside(source) is expected


def test_a_miss_is_a_miss() -> None:
    case = {"repo": "getodk/javarosa", "path": "a/B.java", "line": 7, "expr": "1 + 1", "type": "number", "expected": 3}
    found = xpath.run([case], {})
    assert (found.passed, len(found.misses), found.share) == (0, 1, 0.0)
    assert "B.java:7" in "\n".join(xpath.report(found))
    assert xpath.run([case], {"B.java:7": "reason"}).excluded == 1
