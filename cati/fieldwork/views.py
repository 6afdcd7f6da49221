"""How many contacts somebody may look at in an hour, and who looked at one without calling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from cati.errors import Problem
from cati.fieldwork.delivered import LEASE_MINUTES
from cati.fieldwork.log import Act, moment, note, seconds
from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import journal, studies
from cati.store.database import Transaction
from cati.store.journal import Entry
from cati.store.views import TooManyViews
from cati.survey.calling_hours import instant, wall
from cati.text import show_moment, tr

HOUR = 3600
VIEWS = frozenset({Act.HANDED_OUT.value, Act.LOOKED_UP.value})
"""Acts that show somebody's details: a case handed out or taken, and a search among those who may have called back."""
_CALLED = frozenset({Act.DIALLED.value, Act.OUTCOME.value, Act.WITHDRAWN.value, Act.INTERVIEW.value})
_ENDS = frozenset({Act.PUT_BACK.value, Act.SIGNED_OUT.value})
_WATCHED = (*VIEWS, *_CALLED, *_ENDS, Act.TOO_MANY.value, Act.TRIED.value)


def too_many(study: OpenStudy, transaction: Transaction) -> bool:
    """Tell whether the signed-in member may look at no further contact this hour; the first refusal is logged.

    The caller then raises `too_many_views` once the transaction is kept. On a server the function that hands out
    contacts refuses by the same rule (store/sql/views.sql).
    """
    most = study.settings.views_per_hour
    if not most:
        return False
    since = seconds(study.now()) - HOUR
    lately = journal.own_since(transaction, study.me.id, since)
    if sum(act in VIEWS for _at, act in lately) < most:
        return False
    if all(act != Act.TOO_MANY.value for _at, act in lately):
        note(study, transaction, Act.TOO_MANY, most=most)
    return True


@contextmanager
def within_limit(study: OpenStudy) -> Iterator[None]:
    """Tell in a Problem, and in the log, that the server shows no further contact this hour; around a transaction."""
    try:
        yield
    except TooManyViews:
        with study.transaction() as transaction:
            too_many(study, transaction)
        raise too_many_views(study) from None


def too_many_views(study: OpenStudy) -> Problem:
    """Return what is said to whoever has looked at too many contacts, with the time from when on it goes on."""
    most, now = study.settings.views_per_hour, study.now()
    with study.reading() as transaction:
        lately = journal.own_since(transaction, study.me.id, seconds(now) - HOUR)
    views = [at for at, act in lately if act in VIEWS]
    free = moment(views[most - 1] + HOUR) if len(views) >= most else now
    return Problem(
        tr("Calls"),
        tr("You have looked at {n} contacts within an hour, the most that this study allows.", n=most),
        tr(
            "It goes on at {time}. If you need more, ask a research lead: Settings, Calling rules.",
            time=show_moment(wall(free + timedelta(seconds=59), study.settings.sites[0]), "HH:mm"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Somebody saw a case's details under this fence and did not call: when (UTC), and how they came by the case."""

    who: str
    name: str
    at: datetime
    case: str
    act: Act
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """What one member looked at in a period: sums. ``most_in_an_hour`` is of any sixty minutes of it."""

    id: str
    name: str
    views: int
    undialled: int
    searches: int
    dialled: int
    most_in_an_hour: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Who looked how often in a period, those with the most to ask about first, and each view without a call."""

    people: tuple[Looker, ...]
    undialled: tuple[View, ...]


def looks(study: OpenStudy, start: datetime, end: datetime) -> Looks:
    """Return who looked at what from ``start`` up to ``end`` (UTC), by the log; for supervisors and research leads.

    A view counts as without a call when the case was given back or lost, the next one was opened, its holder signed
    out, or the lease's time passed, without dialling under its fence. One that is still open is not judged.
    """
    study.require(Role.SUPERVISOR)
    margin = LEASE_MINUTES * 60
    with study.reading() as transaction:
        names = {row.id: row.name for row in studies.members(transaction)}
        entries = tuple(journal.between(transaction, seconds(start), seconds(end) + margin, acts=_WATCHED))
    return _judged(entries, names, seconds(start), seconds(end), seconds(study.now()))


def period(study: OpenStudy, days: int) -> tuple[datetime, datetime]:
    """Return from when up to when (UTC) the last ``days`` days at the first site lie, today among them; 0: all."""
    site, now = study.settings.sites[0], study.now()
    if not days:
        return moment(0), now + timedelta(seconds=1)
    first = wall(now, site).date() - timedelta(days=days - 1)
    return instant(first, time.min, site), now + timedelta(seconds=1)


@dataclass(slots=True)
class _Tally:
    times: list[int] = field(default_factory=list)
    undialled: int = 0
    searches: int = 0
    tried: int = 0
    dialled: int = 0
    refused: int = 0

    def unseen(self) -> int:
        """How many numbers were tried without an entry of what was found: on a server, by other programs."""
        return max(0, self.tried - self.searches)


def _judged(entries: Sequence[Entry], names: dict[str, str], start: int, end: int, now: int) -> Looks:
    called = {(one.who, one.case, one.fence) for one in entries if one.act in _CALLED}
    over = _over(entries)
    dialled, refused = Act.DIALLED.value, Act.TOO_MANY.value
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    found = []
    for one in entries:
        if not start <= one.at < end:
            continue
        tally = tallies[one.who]
        if one.act not in VIEWS:
            tally.dialled += one.act == dialled
            tally.refused += one.act == refused
            tally.tried += one.act == Act.TRIED.value
            continue
        tally.times.append(one.at)
        if not one.case or not one.fence:  # on a server a look-up names each case that it found
            tally.searches += 1
        elif (one.who, one.case, one.fence) not in called and (
            one.at + LEASE_MINUTES * 60 <= now or (one.who, one.case, one.fence) in over
        ):
            tally.undialled += 1
            found.append(_view(one, names))
    people = [
        Looker(
            id=who,
            name=names.get(who, who[:8]),
            views=len(tally.times) + tally.unseen(),
            undialled=tally.undialled,
            searches=tally.searches + tally.unseen(),
            dialled=tally.dialled,
            most_in_an_hour=most_within(tally.times, HOUR),
            refused=tally.refused,
        )
        for who, tally in tallies.items()
        if tally.times or tally.refused or tally.dialled or tally.tried
    ]
    people.sort(key=lambda one: (-one.refused, -one.undialled, -one.views, one.name))
    return Looks(people=tuple(people), undialled=tuple(reversed(found)))


def _over(entries: Iterable[Entry]) -> set[tuple[str, str, int]]:
    """Return the views (who, case, fence) that ended: given back, lost, followed by another one, or signed out."""
    ended: set[tuple[str, str, int]] = set()
    held: dict[str, tuple[str, str, int]] = {}
    whose: dict[tuple[str, int], tuple[str, str, int]] = {}
    for one in entries:
        view = (one.who, one.case, one.fence)
        if one.act in VIEWS and one.case and one.fence:
            if one.who in held:
                ended.add(held[one.who])
            held[one.who] = whose[one.case, one.fence] = view
        elif one.act == Act.PUT_BACK.value and (one.case, one.fence) in whose:
            ended.add(whose[one.case, one.fence])
        elif one.act == Act.SIGNED_OUT.value and one.who in held:
            ended.add(held.pop(one.who))
    return ended


def _view(one: Entry, names: dict[str, str]) -> View:
    return View(
        who=one.who,
        name=names.get(one.who, one.who[:8]),
        at=moment(one.at),
        case=one.case,
        act=Act(one.act),
        reason=journal.detail(one, "reason"),
    )


def most_within(times: Sequence[int], width: int) -> int:
    """Return how many of these instants (ascending, in seconds) lie within any ``width`` seconds at most."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= width:
            first += 1
        most = max(most, last - first + 1)
    return most
