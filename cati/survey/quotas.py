"""Quota cells: how many interviews are wanted in each department of each site, and which cells are full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cati.settings import StudySettings


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A department of a site."""

    site: str
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """A cell with its target and its complete interviews. Full: the department's or the site's target is reached."""

    cell: Cell
    target: int
    complete: int
    full: bool

    @property
    def open(self) -> int:
        """Return how many interviews are still wanted here, never below 0."""
        return max(self.target - self.complete, 0)


def count_cells(settings: StudySettings, complete: Mapping[Cell, int]) -> tuple[CellCount, ...]:
    """Return every cell of the study in the order of its settings; cells that nobody planned are left out."""
    found = []
    for site in settings.sites:
        at_site = sum(complete.get(Cell(site.code, department.code), 0) for department in site.departments)
        for department in site.departments:
            cell = Cell(site.code, department.code)
            done = complete.get(cell, 0)
            full = done >= department.target or at_site >= site.target
            found.append(CellCount(cell=cell, target=department.target, complete=done, full=full))
    return tuple(found)


def open_cells(settings: StudySettings, complete: Mapping[Cell, int]) -> frozenset[Cell]:
    """Return the cells in which interviews are still wanted; a full cell is never called."""
    return frozenset(count.cell for count in count_cells(settings, complete) if not count.full)
