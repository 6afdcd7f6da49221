"""Which cells may be called this moment: the interviewer's languages, the site's calling hours, the quota."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cati.fieldwork.log import moment, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import rank_of
from cati.settings import Site, StudySettings
from cati.store import claiming
from cati.store.cases import CaseRow
from cati.store.claiming import Taken
from cati.store.database import Transaction
from cati.survey.calling_hours import is_allowed, wall
from cati.survey.schedule import Tier

Cells = Mapping[int, tuple[str, str, str]]
NumberedCell = tuple[int, tuple[str, str, str]]

FULL_FOR_SECONDS = 30


def rank_below_fresh() -> int:
    """Return the first rank behind the appointments: outside the usual hours only those may be called."""
    return rank_of(int(Tier.APPOINTMENT) + 1, 0)


def may_be_called(settings: StudySettings, site: Site, now: datetime, *, appointment: bool = False) -> bool:
    """Tell whether people of a site may be called: inside the field period and at this hour."""
    in_field = settings.field_from <= wall(now, site).date() <= settings.field_to
    return in_field and is_allowed(now, site, settings.rules, appointment=appointment)


@lru_cache(maxsize=8)
def _sites_open(settings: StudySettings, minute: int) -> tuple[frozenset[str], frozenset[str]]:
    """Return the sites where anybody may be called in this minute (since 1970), and those for appointments only."""
    now = moment(minute * 60)
    usual = {site.code for site in settings.sites if may_be_called(settings, site, now)}
    wished = {site.code for site in settings.sites if may_be_called(settings, site, now, appointment=True)}
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


def room(taken: Taken, target: int, margin: int) -> int:
    """Return how many more interviews may begin at once where so many are wanted; 0 or less: none.

    A case that somebody has open may become an interview, and counts as one until it is given back: so a target is
    never exceeded by more than ``margin``. None begins once the target is reached, whatever the margin.
    """
    return 0 if taken.complete >= target else target + margin - taken.complete - taken.running


def without_full(
    study: OpenStudy,
    transaction: Transaction,
    cells: Cells,
    candidates: Sequence[CaseRow],
    now: datetime,
    shut: set[int],
) -> CaseRow | None:
    """Return the first candidate for whose department and site there is `room`; counts once a site.

    Cells without are added to ``shut``; those whose target is reached need not be counted again so soon.
    """
    counted: dict[str, dict[int, Taken]] = {}
    margin = study.settings.quota_margin
    for row in candidates:
        site_code, department, _language = cells[row.cell]
        of_site = [cell for cell, place in cells.items() if place[0] == site_code]
        same = [cell for cell in of_site if cells[cell][1] == department]
        if site_code not in counted:
            counted[site_code] = claiming.taken_by_cell(transaction, of_site)
        whole, part = (_sum(counted[site_code], some) for some in (of_site, same))
        target = study.settings.site(site_code).target
        own_target = study.settings.department(site_code, department).target
        if min(room(whole, target, margin), room(part, own_target, margin)) > 0:
            return row
        shut.update(of_site if room(whole, target, margin) <= 0 else same)
        full = of_site if whole.complete >= target else same if part.complete >= own_target else []
        for cell in full:
            study.database.full_cells[cell] = seconds(now) + FULL_FOR_SECONDS
    return None


def may_go_on(study: OpenStudy, transaction: Transaction, cells: Cells, cell: int) -> bool:
    """Tell whether an interview that was begun before, or a call that is taken back, may go on without overshooting.

    It may to the very end of the margin, also once the target is reached; `without_full` is for those that begin.
    """
    site_code, department, _language = cells[cell]
    margin = study.settings.quota_margin
    of_site = [number for number, place in cells.items() if place[0] == site_code]
    counted = claiming.taken_by_cell(transaction, of_site)
    whole, part = (_sum(counted, some) for some in (of_site, [c for c in of_site if cells[c][1] == department]))
    target = study.settings.site(site_code).target
    own_target = study.settings.department(site_code, department).target
    return whole.complete + whole.running < target + margin and part.complete + part.running < own_target + margin


def _sum(counted: Mapping[int, Taken], cells: Sequence[int]) -> Taken:
    found = Taken()
    for cell in cells:
        if cell in counted:
            found = found.plus(counted[cell])
    return found


def full_cells(study: OpenStudy, transaction: Transaction, cells: Cells) -> set[int]:
    """Return every cell whose department or site has reached its target, counted now."""
    return _cells_where(study, transaction, cells, lambda taken, target: taken.complete >= target)


def cells_without_room(study: OpenStudy, transaction: Transaction, cells: Cells) -> set[int]:
    """Return every cell in which the interviews that are running, and those complete, leave no `room`."""
    margin = study.settings.quota_margin
    return _cells_where(study, transaction, cells, lambda taken, target: room(taken, target, margin) <= 0)


def _cells_where(
    study: OpenStudy, transaction: Transaction, cells: Cells, shut: Callable[[Taken, int], bool]
) -> set[int]:  # fmt: skip
    by_site: dict[str, Taken] = {}
    by_department: dict[tuple[str, str], Taken] = {}
    for cell, taken in claiming.taken_by_cell(transaction, list(cells)).items():
        site, department, _language = cells[cell]
        by_site[site] = by_site.get(site, Taken()).plus(taken)
        by_department[site, department] = by_department.get((site, department), Taken()).plus(taken)
    return {
        cell
        for cell, (site, department, _language) in cells.items()
        if shut(by_site.get(site, Taken()), study.settings.site(site).target)
        or shut(by_department.get((site, department), Taken()), study.settings.department(site, department).target)
    }
