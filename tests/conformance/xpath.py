"""Expressions of other engines' test suites, worked out here and compared with what they say.

Run as a program it prints how many pass, fail and lie outside the dialect, and every miss.

The rule for what lies outside: an expression is outside when our own reader says so (``ExpressionProblem.code`` is
"outside": other paths, axes, unions, node tests, variables), or when it names something of a form (a question, a
column, a table: these cases have no form around them), or when it calls a function that the ODK specification does not have (functions
that exist in the other suite only, to see whether they are called), or when it is no expression at all but a place
(numbers side by side) that was taken for one.

What counts as agreement where the engines word things differently:
- An engine's error is here a refusal when the form is read or, where only the answer is wrong, an empty value or NaN:
  an answer must never stop an interview. JavaScript's "Invalid Date" is such an empty value, too.
- JavaRosa's cases were run in UTC, Web Forms' in America/Phoenix (its vitest configuration).
- Web Forms counts days from midnight UTC even for local dates, JavaRosa, and we, from local midnight. A Web Forms case
  that differs is worked out once more in UTC, where both are the same, its expected value as it is or taken over by
  the offset of 7/24 of a day; such cases are counted by themselves.
- Suites that round (to 2, 5, 6 places) are compared to so many places.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cati.survey.expressions import ExpressionProblem, compile_expression
from cati.survey.functions import Value, as_boolean, as_number, as_text
from cati.survey.nodes import Call, Column, Reference, TablePath, every
from cati.survey.scope import Scope
from cati.survey.syntax import parse

CASES = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "xpath_cases.json"
"""Where the cases lie beside the repository; they are not part of it."""
EXCLUDED = Path(__file__).with_name("xpath_excluded.json")
"""Cases that are wrong or on which the two engines contradict each other, each with the reason."""
SUITE_ZONES = {"getodk/web-forms": "America/Phoenix"}
_OFFSET = 7 / 24
"""Phoenix lies seven hours behind UTC all year, in days."""
_PLACE = re.compile(r"-?[\d.]+(?:\s+-?[\d.]+){2,3}")
_CLOSE = 1e-9

ODK_FUNCTIONS = frozenset(
    [
        "string",
        "concat",
        "join",
        "substr",
        "substring",
        "substring-before",
        "substring-after",
        "translate",
        "string-length",
        "normalize-space",
        "contains",
        "starts-with",
        "ends-with",
        "uuid",
        "digest",
        "pulldata",
        "if",
        "coalesce",
        "once",
        "true",
        "false",
        "boolean",
        "boolean-from-string",
        "not",
        "regex",
        "checklist",
        "weighted-checklist",
        "number",
        "random",
        "int",
        "sum",
        "max",
        "min",
        "round",
        "pow",
        "log",
        "log10",
        "abs",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sqrt",
        "exp",
        "exp10",
        "pi",
        "floor",
        "ceiling",
        "count",
        "count-non-empty",
        "position",
        "last",
        "instance",
        "current",
        "randomize",
        "today",
        "now",
        "format-date",
        "format-date-time",
        "date",
        "date-time",
        "decimal-date-time",
        "decimal-time",
        "selected",
        "is-selected",
        "selected-at",
        "count-selected",
        "jr:choice-name",
        "jr:itext",
        "indexed-repeat",
        "area",
        "enclosed-area",
        "distance",
        "geofence",
        "intersects",
        "base64-decode",
        "version",
        "property",
    ]
)
"""The functions of the ODK specification and those its two engines add."""


class Nothing:
    """A scope without a form: no questions, no tables; the clock stands still."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def value(self, _name: str) -> str:
        """No question has an answer."""
        return ""

    def nodes(self, _name: str) -> tuple[str, ...]:
        """No question is there."""
        return ()

    def status(self, _name: str) -> str:
        """Nothing was asked."""
        return "not_asked"

    def label(self, _name: str, choice: str) -> str:
        """A choice is its own label."""
        return choice

    def current(self) -> str:
        """There is no value at hand."""
        return ""

    def column(self, _name: str) -> str:
        """There is no row."""
        return ""

    def position(self, _up: int) -> float:
        """Everything is the first of its kind."""
        return 1.0

    def position_of(self, _name: str) -> float:
        """Everything is the first of its kind."""
        return 1.0

    def indexed(self, _name: str, _places: tuple[tuple[str, float], ...]) -> str:
        """There are no rosters."""
        return ""

    def each_member(self, _roster: str) -> Iterator[Scope]:
        """There are no rosters."""
        return iter(())

    def table(self, _name: str) -> Sequence[Mapping[str, str]]:
        """There are no tables."""
        return ()

    def call(self, name: str, _arguments: list[Value]) -> Value:
        """Only the zone is known, and a clock that stands still."""
        return {"zone": self._zone, "today": "2026-11-21", "now": "2026-11-21T12:00:00.000+00:00"}.get(name, "")


@dataclass
class Outcome:
    """What became of the cases: how many, and the misses in words."""

    passed: int = 0
    days: int = 0
    """Of those passed: Web Forms' cases that agree once days are counted as JavaRosa counts them."""
    outside: int = 0
    excluded: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the cases inside the dialect that pass."""
        return self.passed / max(1, self.passed + len(self.misses))


def outside(source: str) -> bool:
    """Return whether an expression lies outside the dialect, by the rule in the module's first lines."""
    try:
        node = parse(source)
    except ExpressionProblem as problem:
        return problem.code == "outside" or _PLACE.fullmatch(source) is not None
    parts = list(every(node))
    if any(isinstance(part, Column | Reference | TablePath) for part in parts):
        return True
    if any(isinstance(part, Call) and part.name not in ODK_FUNCTIONS for part in parts):
        return True
    try:
        compile_expression(source)
    except ExpressionProblem as problem:
        return problem.code == "outside"
    return False


def run(cases: Sequence[Mapping[str, object]], excluded: Mapping[str, str]) -> Outcome:
    """Work out all cases; ``excluded`` names those left out as "file:line" with the reason."""
    found = Outcome()
    for case in cases:
        source = str(case["expr"])
        if place(case) in excluded:
            found.excluded += 1
        elif (case["type"] != "error" and outside(source)) or (
            case["type"] == "error" and outside(source) and not _refused(source)
        ):
            found.outside += 1
        else:
            _count(found, case, source)
    return found


def place(case: Mapping[str, object]) -> str:
    """Return where a case stands: the file's name and the line."""
    return f"{str(case['path']).rpartition('/')[2]}:{case['line']}"


def _refused(source: str) -> bool:
    try:
        compile_expression(source)
    except ExpressionProblem:
        return True
    return False


def _count(found: Outcome, case: Mapping[str, object], source: str) -> None:
    zone = SUITE_ZONES.get(str(case["repo"]), "UTC")
    try:
        compiled = compile_expression(source)
    except ExpressionProblem as problem:
        if case["type"] == "error":
            found.passed += 1
        else:
            found.misses.append(f"{place(case)}  {source}  refused: {problem.what}")
        return
    got = compiled.run(Nothing(zone))
    if agrees(got, case):
        found.passed += 1
    elif zone != "UTC" and any(agrees(compiled.run(Nothing("UTC")), case, later) for later in (0.0, _OFFSET)):
        found.passed += 1
        found.days += 1
    else:
        found.misses.append(f"{place(case)}  {source}  gave {got!r}, expected {case['type']} {case['expected']!r}")


def agrees(got: Value, case: Mapping[str, object], later: float = 0.0) -> bool:  # noqa: PLR0911 - one return a type
    """Return whether a value is what a case expects, where that lies ``later`` days behind because of its zone."""
    wanted, kind = case["expected"], case["type"]
    if kind == "error" or wanted == "Invalid Date":
        return as_text(got) in ("", "NaN")
    if kind == "boolean":
        return as_boolean(got) is (wanted in (True, "true", "True"))
    if kind in ("number", "float"):
        return _same_number(as_number(got) + later, float(str(wanted)))
    text = str(wanted)
    if as_text(got) == text:
        return True
    if not later:
        return False
    if _is_number(text):
        return _same_number(as_number(got) + later, float(text))
    return _instant(as_text(got)) is not None and _instant(as_text(got)) == _instant(text)


def _same_number(got: float, wanted: float) -> bool:
    """Both numbers, or what we got rounded to the places the other is written with, where these are two or more."""
    if math.isnan(got) or math.isnan(wanted):
        return math.isnan(got) and math.isnan(wanted)
    places = len(repr(wanted).partition(".")[2]) if "e" not in repr(wanted) else 0
    if places > 1 and math.isfinite(got) and round(got, places) == wanted:
        return True
    return got == wanted or math.isclose(got, wanted, rel_tol=1e-12, abs_tol=_CLOSE)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (
        found if found.tzinfo else datetime.fromisoformat(f"{text}T00:00:00+00:00" if len(text) == 10 else f"{text}Z")
    )


def report(found: Outcome) -> Iterator[str]:
    """Yield the lines of the report."""
    inside = found.passed + len(found.misses)
    yield f"expressions: {found.passed} of {inside} inside the dialect pass ({found.share:.2%}),"
    yield f"  of these {found.days} once days are counted from local midnight, as JavaRosa does;"
    yield f"  {len(found.misses)} fail, {found.outside} lie outside the dialect, {found.excluded} are excluded with reasons."
    yield from (f"  miss: {line}" for line in found.misses)


def main(path: Path = CASES) -> int:
    """Print the report; the exit status is 1 when fewer than 98 % pass."""
    if not path.exists():
        sys.stdout.write(f"no cases at {path}\n")
        return 0
    found = run(json.loads(path.read_text("utf-8")), json.loads(EXCLUDED.read_text("utf-8")))
    sys.stdout.write("\n".join(report(found)) + "\n")
    return 0 if found.share >= 0.98 else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(Path, sys.argv[1:2])))
