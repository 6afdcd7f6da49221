"""Why there is no case just now: what blocks how many, and when the next becomes free."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time

from cati.fieldwork.delivered import NoCase
from cati.fieldwork.log import moment
from cati.fieldwork.open_cells import cells_without_room, full_cells, may_be_called
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import study_cells
from cati.settings import Site
from cati.store import cases, counts, timelines
from cati.store.cases import CaseStatus
from cati.store.counts import Whom
from cati.survey.calling_hours import instant, next_allowed
from cati.text import mark, tr

LATER = mark("wait until they may be called again")
HOURS = mark("may not be called at this hour")
FULL = mark("belong to a site or department with enough interviews")
LANGUAGE = mark("need an interviewer with another language")
RUNNING = mark("wait for the interviews now running, which could reach the target of their site or department")
COLLEAGUE = mark("must be called by another interviewer")
CONVERTER = mark("refused once and wait for an interviewer whose task it is to ask again")
OPEN = mark("are open at a colleague’s")
CLOSED = mark("are closed")
REPLAN = mark("wait until a supervisor or research lead signs in, whose window works out their times")
OVER = mark("stay uncalled: the field period is over")


def field_over(study: OpenStudy) -> NoCase:
    """Say that nobody is called any more."""
    with study.reading() as transaction:
        counted = counts.count_by_status(transaction)
    open_cases = sum(
        n for (status, _cell), n in counted.items() if status not in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
    )
    return NoCase(blocked=((tr(OVER), open_cases),), next_due=None)


def why_none(study: OpenStudy, now: datetime) -> NoCase:
    """Count what blocks the cases; reads whole indexes, outside the transaction that found none."""
    with study.reading() as transaction:
        cells = study_cells(study, transaction)
        full = full_cells(study, transaction, cells)
        running = cells_without_room(study, transaction, cells) - full
        counted = counts.count_for(transaction, study.me.id)
        mine = [
            cell for cell, (_s, _d, language) in cells.items() if cell not in full and language in study.me.languages
        ]
        first = cases.first_due(transaction, mine) if mine else None
        marked = 0 if study.database.reads_every_contact else timelines.count_marked(transaction)
    blocked: Counter[str] = Counter()
    opening: list[datetime] = []
    for (status, cell, whom), n in counted.items():
        site_code, _department, language = cells[cell]
        site = study.settings.site(site_code)
        if status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
            blocked[CLOSED] += n
        elif status is CaseStatus.LEASED:
            blocked[OPEN] += n
        elif cell in full:
            blocked[FULL] += n
        elif language not in study.me.languages:
            blocked[LANGUAGE] += n
        elif status is CaseStatus.WAITING:
            blocked[LATER] += n
        elif whom is not Whom.ME:
            blocked[COLLEAGUE if whom is Whom.COLLEAGUE else CONVERTER] += n
        elif not may_be_called(study.settings, site, now):
            blocked[HOURS] += n
            opening.append(_opens(study, site, now))
        else:
            blocked[RUNNING if cell in running else HOURS] += n
    if first is not None and moment(first) > now:  # one that waits to be worked out anew keeps a time long past
        at = moment(first)
        sites = study.settings.sites
        early = all(at < instant(study.settings.field_from, time.min, site) for site in sites)
        opening.append(min(_opens(study, site, at) for site in sites) if early else at)
    blocked[REPLAN] = min(marked, blocked[LATER])
    blocked[LATER] -= blocked[REPLAN]
    order = (REPLAN, LATER, HOURS, FULL, RUNNING, LANGUAGE, COLLEAGUE, CONVERTER, OPEN, CLOSED)
    return NoCase(
        blocked=tuple((tr(why), blocked[why]) for why in order if blocked[why]),
        next_due=min(opening, default=None),
    )


def _opens(study: OpenStudy, site: Site, now: datetime) -> datetime:
    """Return when people of a site may be called next: not before the field period begins."""
    begins = instant(study.settings.field_from, time.min, site)
    return next_allowed(max(now, begins), site, study.settings.rules, room_minutes=study.settings.expected_minutes)
