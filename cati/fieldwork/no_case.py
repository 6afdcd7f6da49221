"""Why there is no case just now: what blocks how many, and when the next becomes free."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from cati.fieldwork.delivered import NoCase
from cati.fieldwork.log import moment
from cati.fieldwork.open_cells import full_cells
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import study_cells
from cati.store import cases, timelines
from cati.store.cases import CaseStatus
from cati.survey.calling_hours import is_allowed, next_allowed
from cati.text import mark, tr

LATER = mark("wait until they may be called again")
HOURS = mark("may not be called at this hour")
FULL = mark("belong to a site or department with enough interviews")
LANGUAGE = mark("need an interviewer with another language")
COLLEAGUE = mark("must be called by another interviewer")
OPEN = mark("are open at a colleague's")
CLOSED = mark("are closed")
REPLAN = mark("wait until a supervisor or research lead signs in, whose window works out their times")
OVER = mark("stay uncalled: the field period is over")


def field_over(study: OpenStudy) -> NoCase:
    """Say that nobody is called any more."""
    with study.reading() as transaction:
        counted = cases.count_by_status(transaction)
    open_cases = sum(
        n for (status, _cell), n in counted.items() if status not in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)
    )
    return NoCase(blocked=((tr(OVER), open_cases),), next_due=None)


def why_none(study: OpenStudy, now: datetime) -> NoCase:
    """Count what blocks the cases; reads the whole index, outside the transaction that found none."""
    rules = study.settings.rules
    with study.reading() as transaction:
        cells = study_cells(study, transaction)
        full = full_cells(study, transaction, cells)
        counted = cases.count_by_status(transaction)
        avoiding = cases.count_avoiding(transaction, study.me.id)
        mine = [
            cell for cell, (_s, _d, language) in cells.items() if cell not in full and language in study.me.languages
        ]
        first = cases.first_due(transaction, mine) if mine else None
        marked = 0 if study.database.reads_every_contact else timelines.count_marked(transaction)
    blocked: Counter[str] = Counter()
    opening: list[datetime] = []
    for (status, cell), n in counted.items():
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
        else:
            avoided = avoiding.get(cell, 0)
            blocked[COLLEAGUE] += avoided
            blocked[HOURS] += n - avoided
            if n > avoided and not is_allowed(now, site, rules):
                opening.append(next_allowed(now, site, rules, room_minutes=study.settings.expected_minutes))
    if first is not None and moment(first) > now:  # one that waits to be worked out anew keeps a time long past
        opening.append(moment(first))
    blocked[REPLAN] = min(marked, blocked[LATER])
    blocked[LATER] -= blocked[REPLAN]
    order = (REPLAN, LATER, HOURS, FULL, LANGUAGE, COLLEAGUE, OPEN, CLOSED)
    return NoCase(
        blocked=tuple((tr(why), blocked[why]) for why in order if blocked[why]),
        next_due=min(opening, default=None),
    )
