"""What stands alike in many rows of a list is read once, as long as there is nothing to say about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Generic, TypeVar

from cati.files.faults import Fault
from cati.files.headers import Field

MOST_WORDINGS = 4096
"""So many wordings of the same columns are kept; those of a list that has more are read anew in each row."""

T = TypeVar("T")


@dataclass(slots=True)
class Found:
    """What is wrong with a row and what is to be noted of it, while it is read."""

    faults: list[tuple[Field | None, Fault]] = field(default_factory=list)
    parts: dict[str, object] = field(default_factory=dict)
    notes: list[tuple[Field, str]] = field(default_factory=list)


class Repeated(Generic[T]):
    """What some columns of a row say, kept by the wording of their cells for the rows below.

    ``read`` must look at nothing of a row but the cells ``at`` these places. A wording with a fault or a note is read
    anew in every row that has it, so that each row is told its own. What is kept goes with the judge of the list.
    """

    def __init__(self, at: Sequence[int], read: Callable[[list[str], Found], T]) -> None:
        self._cells: Callable[[list[str]], object] = itemgetter(*at) if at else lambda _row: ""
        self._read = read
        self._known: dict[object, tuple[T]] = {}

    def __call__(self, row: list[str], found: Found) -> T:
        """Return what the row's cells say; what is wrong with them goes into ``found``."""
        cells = self._cells(row)
        known = self._known.get(cells)
        if known is not None:
            return known[0]
        before = len(found.faults) + len(found.notes)
        said = self._read(row, found)
        if len(found.faults) + len(found.notes) == before and len(self._known) < MOST_WORDINGS:
            self._known[cells] = (said,)
        return said
