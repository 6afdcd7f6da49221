"""What is wrong with a questionnaire: the sheet, the cell, the fault and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Whether the questionnaire can run with this; a NOTE asks for nothing and only says how the form was read."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. ``row`` counts as the author's program does (YAML: the line), 0 for the whole sheet.

    ``column`` is the column's heading; ``code`` is for programs and does not change with the language.
    """

    severity: Severity
    sheet: str
    row: int
    column: str
    what: str
    do: str
    code: str


@dataclass(slots=True)
class Findings:
    """Collects what is found while a questionnaire is compiled; the same about the same cell is noted once."""

    found: list[Diagnostic] = field(default_factory=list)
    _seen: set[Diagnostic] = field(default_factory=set)

    def error(self, code: str, place: tuple[str, int, str], what: str, do: str = "") -> None:
        """Note something the questionnaire cannot run with; ``place`` is sheet, row and column."""
        self._note(Severity.ERROR, code, place, what, do)

    def warning(self, code: str, place: tuple[str, int, str], what: str, do: str = "") -> None:
        """Note something the author should know and may leave."""
        self._note(Severity.WARNING, code, place, what, do)

    def note(self, code: str, place: tuple[str, int, str], what: str, do: str = "") -> None:
        """Note how something was read that nobody need change."""
        self._note(Severity.NOTE, code, place, what, do)

    @property
    def hopeless(self) -> bool:
        """Whether an error was noted."""
        return any(one.severity is Severity.ERROR for one in self.found)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Return all findings: errors, warnings, notes, each by sheet and row."""
        sheets = {"survey": 0, "choices": 1, "settings": 2}
        return tuple(sorted(self.found, key=lambda one: (_WEIGHT[one.severity], sheets.get(one.sheet, 9), one.row)))

    def _note(self, severity: Severity, code: str, place: tuple[str, int, str], what: str, do: str) -> None:
        sheet, row, column = place
        one = Diagnostic(severity=severity, sheet=sheet, row=row, column=column, what=what, do=do, code=code)
        if one not in self._seen:
            self._seen.add(one)
            self.found.append(one)
