"""Which cells may be called this moment: the interviewer's languages, the site's calling hours, the quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cati.fieldwork.log import moment, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import rank_of
from cati.settings import StudySettings
from cati.store import cases
from cati.store.cases import CaseRow
from cati.store.database import Transaction
from cati.survey.calling_hours import is_allowed
from cati.survey.schedule import Tier

Cells = Mapping[int, tuple[str, str, str]]
NumberedCell = tuple[int, tuple[str, str, str]]

FULL_FOR_SECONDS = 30


def rank_below_fresh() -> int:
    """Return the first rank behind the appointments: outside the usual hours only those may be called."""
    return rank_of(int(Tier.APPOINTMENT) + 1, 0)


@lru_cache(maxsize=8)
def _sites_open(settings: StudySettings, minute: int) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sites where anybody may be called in this minute (since 1970), and those for appointments only."""
    now = moment(minute * 60)
    usual = {site.code for site in settings.sites if is_allowed(now, site, settings.rules)}
    wished = {site.code for site in settings.sites if is_allowed(now, site, settings.rules, appointment=True)}
    return frozenset(usual), frozenset(wished - usual)


def open_cells(study: OpenStudy, cells: Cells, now: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the cells that may be called now, and those where only an appointment may (the person wished it so).

    Cells that were found full in the last half minute are left out: an interview that is deleted opens a cell again
    a little later, while a cell that fills is seen at once (`without_full` counts before a case is handed out).
    """
    at = seconds(now)
    usual, wished = _cells_open(study.settings, study.me.languages, at // 60, tuple(cells.items()))
    full = study.database.full_cells
    if not full:
        return usual, wished
    return tuple(c for c in usual if full.get(c, 0) <= at), tuple(c for c in wished if full.get(c, 0) <= at)


@lru_cache(maxsize=8)
def _cells_open(
    settings: StudySettings, languages: tuple[str, ...], minute: int, cells: tuple[NumberedCell, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    usual_sites, wished_sites = _sites_open(settings, minute)
    spoken = [(cell, site) for cell, (site, _department, language) in cells if language in languages]
    return (
        tuple(cell for cell, site in spoken if site in usual_sites),
        tuple(cell for cell, site in spoken if site in wished_sites),
    )


def without_full(
    study: OpenStudy, transaction: Transaction, cells: Cells, candidates: Sequence[CaseRow], now: datetime
) -> CaseRow | None:
    """Return the first candidate whose department and site have not reached their targets; counts once a site."""
    counted: dict[str, dict[int, int]] = {}
    for row in candidates:
        site_code, department, _language = cells[row.cell]
        if site_code not in counted:
            of_site = [cell for cell, place in cells.items() if place[0] == site_code]
            counted[site_code] = cases.complete_by_cell(transaction, of_site)
        complete = counted[site_code]
        site = study.settings.site(site_code)
        target = study.settings.department(site_code, department).target
        same = [cell for cell, place in cells.items() if place[:2] == (site_code, department)]
        site_full = sum(complete.values()) >= site.target
        if not site_full and sum(complete.get(cell, 0) for cell in same) < target:
            return row
        shut = [cell for cell, place in cells.items() if place[0] == site_code] if site_full else same
        for cell in shut:
            study.database.full_cells[cell] = seconds(now) + FULL_FOR_SECONDS
    return None


def full_cells(study: OpenStudy, transaction: Transaction, cells: Cells) -> set[int]:
    """Return every cell whose department or site has reached its target, counted now."""
    complete = cases.complete_by_cell(transaction, list(cells))
    by_site: dict[str, int] = {}
    by_department: dict[tuple[str, str], int] = {}
    for cell, n in complete.items():
        site, department, _language = cells[cell]
        by_site[site] = by_site.get(site, 0) + n
        by_department[site, department] = by_department.get((site, department), 0) + n
    return {
        cell
        for cell, (site, department, _language) in cells.items()
        if by_site.get(site, 0) >= study.settings.site(site).target
        or by_department.get((site, department), 0) >= study.settings.department(site, department).target
    }
