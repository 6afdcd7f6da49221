"""What became of a list, grouped by reason; nothing in a group is about one row only, except the rows' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cati.files.mapping import Mapping
from cati.files.rows import Note
from cati.survey.case import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows of a list that have the same said of them; sentences in the reader's language."""

    code: str
    reason: str
    remedy: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a list's rows. ``by_reason`` groups the refused, ``notes`` what was left out of accepted rows.

    Both have the largest group first.
    """

    rows: int
    accepted: int
    refused: tuple[Refused, ...] = field(repr=False)
    by_reason: tuple[Group, ...]
    notes: tuple[Group, ...]
    duplicates: int
    mapping: Mapping = field(repr=False)


def grouped(refused: Iterable[Refused]) -> tuple[Group, ...]:
    """Group refused rows by all that is wrong with them."""
    return _groups((one.code, one.general or one.reason, one.remedy, one.row) for one in refused)


def grouped_notes(notes: Sequence[Note], accepted: Iterable[int]) -> tuple[Group, ...]:
    """Group what was noted of the rows that were accepted in the end."""
    kept = set(accepted)
    return _groups((note.code, note.text, "", note.row) for note in notes if note.row in kept)


def _groups(said: Iterable[tuple[str, str, str, int]]) -> tuple[Group, ...]:
    found: dict[tuple[str, str, str], dict[int, None]] = {}
    for *key, row in said:
        found.setdefault((key[0], key[1], key[2]), {})[row] = None
    groups = [
        Group(code=code, reason=reason, remedy=remedy, rows=tuple(rows))
        for (code, reason, remedy), rows in found.items()
    ]
    return tuple(sorted(groups, key=lambda group: -len(group.rows)))
