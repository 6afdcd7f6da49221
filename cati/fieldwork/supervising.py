"""What a supervisor watches: targets and counts, outcomes, rates, who is calling; every number is a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cati.fieldwork.log import moment, seconds
from cati.fieldwork.mixing import field_is_over
from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import attempts, cases, claiming, counts, studies, timelines
from cati.store.cases import COMPLETE, CaseStatus
from cati.store.database import Transaction
from cati.survey.calling_hours import instant, wall
from cati.survey.dispositions import TABLE, FinalCode, Letter, Outcome, final_code
from cati.survey.rates import Rates, Tally, rates, tally_of
from cati.text import tr

_MANY = 99  # a case whose numbers are all dead is closed; an open one has one left
_LETTERS = {row.code: row.letter for row in TABLE.values()} | {
    "3.11": Letter.UNKNOWN_HOUSEHOLD,
    "2.221": Letter.NONCONTACT,
    "2.222": Letter.NONCONTACT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One department of a site: ``callable`` cases are open (ready, waiting or in a call), ``closed`` ones are not."""

    site: str
    site_name: str
    department: str
    department_name: str
    target: int
    complete: int
    callable: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """A member who has a case open: since when (UTC), and in words what they do."""

    name: str
    since: datetime
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a study stands. ``next_due`` (UTC) is when the next waiting case may be called, None when another may be now.

    ``tally`` holds every case under the final code that it would have were the field to end now. ``counted`` is when
    outcomes, rates and tally were counted, which reads every call; all else is of the moment (both UTC; None after the
    purge). ``appointments`` are those of today still to come, ``missed`` those whose time is over. ``replanning``: so
    many cases wait until a supervisor's window has worked out their times.
    """

    cells: tuple[CellRow, ...]
    outcomes: tuple[tuple[Outcome, int], ...]
    attempts: int
    cases: int
    rates: Rates
    tally: Tally
    calling: tuple[Calling, ...]
    complete_today: int
    attempts_today: int
    pending: int
    stock: int
    next_due: datetime | None
    field_over: bool = False
    appointments: int = 0
    missed: int = 0
    replanning: int = 0
    counted: datetime | None = None


def progress(study: OpenStudy, before: Progress | None = None) -> Progress:
    """Return all figures of one moment; for supervisors and research leads. After the purge: what was counted then.

    With ``before`` outcomes, rates and when the next case is due are taken from there: what remains costs a few index
    probes, and one look through the index of cases.
    """
    study.require(Role.SUPERVISOR)
    now = study.now()
    with study.reading() as transaction:
        if study.keys is None:
            return _afterwards(study, transaction, counts.sizes(transaction))
        places = counts.cell_places(transaction)
        by_status = counts.count_by_status(transaction)
        complete_in = claiming.taken_by_cell(transaction, sorted(places))
        pending, stock = counts.finished(transaction)
        site = study.settings.sites[0]
        today = wall(now, site).date()
        midnight, tomorrow = (instant(today + timedelta(days=n), time.min, site) for n in (0, 1))
        attempts_today, complete_today = counts.ended_since(transaction, seconds(midnight))
        over = field_is_over(study, transaction)
        calling = _calling(transaction, now)
        due = None if over else before.next_due if before is not None else _first_due(transaction, places, by_status)
        late = seconds(now - timedelta(minutes=study.settings.rules.appointment_grace_minutes))
        missed = attempts.appointments_missed(transaction, late)
        booked = attempts.appointments_between(transaction, late, seconds(tomorrow))
        marked = timelines.count_marked(transaction) if study.database.shared else 0
        slow = _counted(transaction, now) if before is None or before.counted is None else before
    open_cases: Counter[tuple[str, str]] = Counter()
    closed: Counter[tuple[str, str]] = Counter()
    for (status, cell), n in by_status.items():
        (closed if status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN) else open_cases)[places[cell]] += n
    complete: Counter[tuple[str, str]] = Counter()
    for cell, taken in complete_in.items():
        complete[places[cell]] += taken.complete
    return Progress(
        cells=_cells(study, complete, open_cases, closed),
        outcomes=slow.outcomes,
        attempts=slow.attempts,
        cases=sum(by_status.values()),
        rates=slow.rates,
        tally=slow.tally,
        calling=calling,
        complete_today=complete_today,
        attempts_today=attempts_today,
        pending=pending,
        stock=stock,
        next_due=due,
        field_over=over,
        appointments=booked,
        missed=missed,
        replanning=marked,
        counted=slow.counted,
    )


def _first_due(
    transaction: Transaction, places: dict[int, tuple[str, str]], by_status: Mapping[tuple[CaseStatus, int], int]
) -> datetime | None:
    """Return when the next case may be called, None while one may be called now."""
    if any(n for (status, _cell), n in by_status.items() if status is CaseStatus.READY):
        return None
    first = cases.first_due(transaction, list(places))
    return None if first is None else moment(first)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What is counted from every call there was: the slow part of the figures."""

    outcomes: tuple[tuple[Outcome, int], ...]
    attempts: int
    rates: Rates
    tally: Tally
    counted: datetime


def _counted(transaction: Transaction, now: datetime) -> _Counted:
    outcomes = counts.outcomes(transaction)
    tally = _tally(case_codes(transaction))
    return _Counted(
        outcomes=_by_frequency(outcomes), attempts=sum(outcomes.values()), rates=rates(tally), tally=tally, counted=now
    )


def case_codes(transaction: Transaction) -> Counter[tuple[int, FinalCode]]:
    """Return how many cases of each cell have which final code; open ones by their history so far, 3.11 for none."""
    found: Counter[tuple[int, FinalCode]] = Counter()
    for (cell, code), n in counts.finals(transaction).items():
        found[cell, FinalCode(code, _LETTERS.get(code, Letter.UNKNOWN_OTHER))] += n
    called: Counter[int] = Counter()
    # Few histories are unlike all others: the rules are asked once for each kind.
    for (cell, history), n in Counter(counts.open_histories(transaction)).items():
        called[cell] += n
        found[cell, final_code([(phone, Outcome(outcome)) for phone, outcome in history], _MANY)] += n
    untouched = final_code([], 1)
    for (status, cell), n in counts.count_by_status(transaction).items():
        if status not in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN):
            found[cell, untouched] += n
    for cell, n in called.items():
        found[cell, untouched] -= n
    return +found


def _tally(codes: Counter[tuple[int, FinalCode]]) -> Tally:
    letters: Counter[Letter] = Counter()
    for (_cell, found), n in codes.items():
        letters[found.letter] += n
    return tally_of(letters)


def _by_frequency(outcomes: dict[str, int]) -> tuple[tuple[Outcome, int], ...]:
    return tuple((Outcome(name), n) for name, n in sorted(outcomes.items(), key=lambda pair: (-pair[1], pair[0])))


def _cells(
    study: OpenStudy,
    complete: Counter[tuple[str, str]],
    open_cases: Counter[tuple[str, str]],
    closed: Counter[tuple[str, str]],
) -> tuple[CellRow, ...]:
    return tuple(
        CellRow(
            site=site.code,
            site_name=site.name,
            department=department.code,
            department_name=department.name,
            target=department.target,
            complete=complete[site.code, department.code],
            callable=open_cases[site.code, department.code],
            closed=closed[site.code, department.code],
        )
        for site in study.settings.sites
        for department in site.departments
    )


def _calling(transaction: Transaction, now: datetime) -> tuple[Calling, ...]:
    names = {row.id: row.name for row in studies.members(transaction)}
    leased = cases.leased(transaction, seconds(now))
    begun = counts.open_calls(transaction, [row.id for row in leased])
    at_it = counts.interviews_begun(transaction, list(begun))
    found = []
    for row in leased:
        since = begun.get(row.id)
        what = tr("interview") if row.id in at_it else tr("on the telephone") if since else tr("reads a case")
        name = names.get(row.lease_holder or "", "?")
        found.append(Calling(name=name, since=now if since is None else moment(since), what=what))
    return tuple(sorted(found, key=lambda one: one.name))


def _afterwards(study: OpenStudy, transaction: Transaction, sizes: dict[str, int]) -> Progress:
    """Return the figures from the counts that survived the purge."""
    letters: Counter[Letter] = Counter()
    complete: Counter[tuple[str, str]] = Counter()
    closed: Counter[tuple[str, str]] = Counter()
    outcomes: dict[str, int] = {}
    for (what, site, department, code), n in counts.read_tally(transaction).items():
        if what == "outcome":
            outcomes[code] = n
        elif what == "final":
            letters[_LETTERS.get(code, Letter.UNKNOWN_OTHER)] += n
            closed[site, department] += n
            complete[site, department] += n if code == COMPLETE else 0
    tally = tally_of(letters)
    return Progress(
        cells=_cells(study, complete, Counter(), closed),
        outcomes=_by_frequency(outcomes),
        attempts=sum(outcomes.values()),
        cases=sum(letters.values()),
        rates=rates(tally),
        tally=tally,
        calling=(),
        complete_today=0,
        attempts_today=0,
        pending=0,
        stock=sizes["stock"],
        field_over=True,
        next_due=None,
    )
