"""The day's report: one sheet of a day's numbers, what to ask about, and the word that later proves the log whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape

from cati.fieldwork.log import Act, moment, note, seconds, write_checkpoint
from cati.fieldwork.log_words import LogLine, checkpoint_in_words, in_words, names_of_staff, seen_how
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import study_cells
from cati.fieldwork.sheets import Sheet
from cati.fieldwork.views import Looks, looks
from cati.store import attempts, claiming, journal
from cati.survey.calling_hours import instant, wall
from cati.survey.dispositions import TABLE, Outcome
from cati.text import language, show_moment, tr, trn
from cati.vault.checkpoints import Checkpoint

MOST_LISTED = 40
"""So many views without a call and remarkable acts are listed on the sheet; the log has all of them."""

ROUTINE = frozenset(
    {
        Act.SIGNED_IN, Act.SIGNED_OUT, Act.HANDED_OUT, Act.LOOKED_UP, Act.DIALLED, Act.OUTCOME, Act.UNDONE,
        Act.PUT_BACK, Act.INTERVIEW, Act.COMPLETED, Act.BROKEN_OFF, Act.PAUSED, Act.RESUMED, Act.PLANNED, Act.MIXED,
        Act.TRIED,
        Act.TOO_MANY, Act.REPORTED,
    }
)  # fmt: skip
"""What happens many times a day; everything else stands on the report, sign-ins that failed among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What one member did on a day; ``first`` and ``last`` (UTC) are their first and last entry in the log."""

    name: str
    first: datetime
    last: datetime
    calls: int = 0
    interviews: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The numbers of one day at the first site. ``cells``: (site, department, interviews that day, in all, target)."""

    day: date
    outcomes: tuple[tuple[Outcome, int], ...]
    cells: tuple[tuple[str, str, int, int, int], ...]
    people: tuple[tuple[str, Worked], ...]
    looks: Looks
    remarkable: tuple[LogLine, ...]
    entries: int
    appointments: int = 0

    @property
    def calls(self) -> int:
        """Calls that ended that day."""
        return sum(n for _outcome, n in self.outcomes)

    @property
    def interviews(self) -> int:
        """Complete interviews of that day."""
        return sum(n for outcome, n in self.outcomes if outcome is Outcome.COMPLETE)


def day_of(study: OpenStudy, day: date) -> Day:
    """Count a day's numbers; for supervisors and research leads."""
    study.require(Role.SUPERVISOR)
    site = study.settings.sites[0]
    start, end = (instant(day + timedelta(days=n), time.min, site) for n in (0, 1))
    with study.reading() as transaction:
        cells = study_cells(study, transaction)
        ended = attempts.ended_between(transaction, seconds(start), seconds(end))
        in_all = claiming.taken_by_cell(transaction, sorted(cells))
        entries = tuple(journal.between(transaction, seconds(start), seconds(end)))
        booked = attempts.appointments_between(transaction, seconds(end), seconds(end + timedelta(days=1)))
    outcomes: Counter[Outcome] = Counter()
    that_day: Counter[tuple[str, str]] = Counter()
    complete: Counter[tuple[str, str]] = Counter()
    for (_who, outcome, cell), n in ended.items():
        outcomes[Outcome(outcome)] += n
        that_day[cells[cell][:2]] += n if outcome == Outcome.COMPLETE.value else 0
    for cell, taken in in_all.items():
        complete[cells[cell][:2]] += taken.complete
    routine = {act.value for act in ROUTINE}
    return Day(
        day=day,
        outcomes=tuple(sorted(outcomes.items(), key=lambda pair: (-pair[1], pair[0]))),
        cells=tuple(
            (one.name, part.name, that_day[one.code, part.code], complete[one.code, part.code], part.target)
            for one in study.settings.sites
            for part in one.departments
        ),
        people=_people(entries, ended, names_of_staff(study)),
        looks=looks(study, start, end),
        remarkable=in_words(study, (one for one in entries if one.act not in routine)),
        entries=len(entries),
        appointments=booked,
    )


def _people(
    entries: Sequence[journal.Entry], ended: dict[tuple[str, str, int], int], names: dict[str, str]
) -> tuple[tuple[str, Worked], ...]:
    """Return (id, what they did) of everybody who was there, by name."""
    spans: dict[str, tuple[int, int]] = {}
    for one in entries:
        first, _last = spans.get(one.who, (one.at, one.at))
        spans[one.who] = (first, one.at)
    counted: dict[str, Counter[str]] = {who: Counter() for who in spans}
    for (who, outcome, _cell), n in ended.items():
        if who in counted:
            counted[who]["calls"] += n
            counted[who]["interviews"] += n if outcome == Outcome.COMPLETE.value else 0
    people = [
        (who, Worked(name=names.get(who, who[:8]), first=moment(first), last=moment(last), **counted[who]))
        for who, (first, last) in spans.items()
    ]
    return tuple(sorted(people, key=lambda pair: pair[1].name))


def day_report(study: OpenStudy, day: date) -> Sheet:
    """Make a day's report and sign the log as it stands now; the sheet is not kept anywhere: print it or save it.

    Raises a Problem once the contacts are erased: calls and log went with them.
    """
    study.require(Role.SUPERVISOR)
    _ = study.open_keys
    found = day_of(study, day)
    with study.transaction() as transaction:
        note(study, transaction, Act.REPORTED, day=day.isoformat())
    signed = write_checkpoint(study)
    title = tr("Day’s report, {day}", day=show_moment(datetime.combine(day, time()), _DAY[language() == "de"]))
    body = "".join(_body(study, found, signed))
    html = _PAGE.format(language=language(), title=escape(title), body=body)
    return Sheet(name="day", title=title, html=html)


_DAY = ("EEEE d MMMM yyyy", "EEEE, d. MMMM yyyy")
_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; font-size: 9pt; }} h1 {{ font-size: 15pt; }} h2 {{ font-size: 11pt; }}
td, th {{ text-align: left; vertical-align: top; }} td.n, th.n {{ text-align: right; }}
table {{ margin-top: 4px; margin-bottom: 12px; }} .many td, .many th {{ font-size: 8pt; }}
.word {{ font-family: monospace; font-size: 16pt; }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


def _body(study: OpenStudy, found: Day, signed: Checkpoint | None) -> Iterable[str]:
    local = wall(study.now(), study.settings.sites[0])
    made = tr("Made {when} by {who}.", when=show_moment(local, _MADE[language() == "de"]), who=study.me.name)
    yield _paragraph(f"{study.settings.name} · {study.settings.client}. {made}")
    yield _heading(tr("The day in numbers"))
    total = sum(cell[3] for cell in found.cells)
    target = sum(site.target for site in study.settings.sites)
    yield _paragraph(
        " · ".join(
            (
                trn("1 call", "{n} calls", found.calls),
                trn("1 interview", "{n} interviews", found.interviews),
                tr("{n} of {target} interviews in all", n=total, target=target),
                trn("1 appointment the next day", "{n} appointments the next day", found.appointments),
            )
        )
    )
    yield (
        _table((tr("Outcome"), tr("Calls")), [(tr(TABLE[outcome].label), str(n)) for outcome, n in found.outcomes])
        if found.outcomes
        else _paragraph(tr("Nobody was called."))
    )
    yield _table(
        (tr("Site"), tr("Department"), tr("That day"), tr("In all"), tr("Target")),
        [(site, part, str(day), str(all_), str(target)) for site, part, day, all_, target in found.cells],
        figures=(2, 3, 4),
    )
    yield _heading(tr("Who worked"))
    yield from _staff(study, found)
    yield _heading(tr("What to ask about"))
    yield from _flags(study, found)
    yield _heading(tr("What proves the log whole"))
    yield from _proof(study, found, signed)


_UNBROKEN = "\u2060–\u2060"
_MADE = ("d MMMM yyyy HH:mm", "d. MMMM yyyy HH:mm")


def _clock(study: OpenStudy, at: datetime) -> str:
    return show_moment(wall(at, study.settings.sites[0]), "HH:mm")


def _staff(study: OpenStudy, found: Day) -> Iterable[str]:
    looked = {one.id: one for one in found.looks.people}
    rows = []
    for who, one in found.people:
        seen = looked.get(who)
        rows.append(
            (
                one.name,
                f"{_clock(study, one.first)}{_UNBROKEN}{_clock(study, one.last)}",
                *map(str, (one.calls, one.interviews)),
                *(map(str, (seen.views, seen.undialled, seen.most_in_an_hour)) if seen else ("0", "0", "0")),
            )
        )
    if not rows:
        yield _paragraph(tr("Nobody was signed in."))
        return
    yield _table(
        (
            tr("Person"), tr("At work"), tr("Calls"), tr("Interviews"), tr("Contacts seen"),
            tr("Without a call"), tr("Most in an hour"),
        ),
        rows, figures=(2, 3, 4, 5, 6), kind="many",
    )  # fmt: skip


def _flags(study: OpenStudy, found: Day) -> Iterable[str]:
    refused = [one for one in found.looks.people if one.refused]
    flagged = found.looks.undialled
    if not refused and not flagged and not found.remarkable:
        yield _paragraph(tr("Nothing."))
        return
    for one in refused:
        yield _paragraph(
            tr("{who} wanted to see more contacts within an hour than the study allows ({n}).",
               who=one.name, n=study.settings.views_per_hour)
        )  # fmt: skip
    if flagged:
        yield _paragraph(
            trn(
                "1 case was opened and nobody called:",
                "{n} cases were opened and nobody called:",
                len(flagged),
            )
        )
        rows = [(_clock(study, one.at), one.name, one.case[:8], seen_how(one)) for one in flagged[:MOST_LISTED]]
        yield _table((tr("When"), tr("Who"), tr("Case"), tr("What")), rows, figures=())
        yield from _more(len(flagged))
    if found.remarkable:
        yield _paragraph(tr("Besides calls and interviews there was:"))
        lines = [(_clock(study, one.at), one.who, one.what) for one in found.remarkable[:MOST_LISTED]]
        yield _table((tr("When"), tr("Who"), tr("What")), lines, figures=())
        yield from _more(len(found.remarkable))


def _more(n: int) -> Iterable[str]:
    if n > MOST_LISTED:
        yield _paragraph(tr("… and {n} more; the log has all of them.", n=n - MOST_LISTED))


def _proof(study: OpenStudy, found: Day, signed: Checkpoint | None) -> Iterable[str]:
    yield _paragraph(trn("1 entry that day.", "{n} entries that day.", found.entries))
    if signed is None:
        return
    yield _paragraph(checkpoint_in_words(signed, names_of_staff(study)))
    yield f'<p class="word">{escape(signed.word)}</p>'
    yield _paragraph(
        tr(
            "This word stands for every entry of the log up to the moment this report was made, and it is signed. "
            "Keep the sheet outside the computer: whoever cuts or rewrites the log later cannot change what is on "
            "paper. To check, type: {command}",
            command=f"cati verify-log --expect {signed.word}",
        )
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, figures: Sequence[int] = (1,), kind: str = ""
) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f'<{tag} class="n" align="right">{escape(cell)}</{tag}>'
            if at in figures
            else f"<{tag}>{escape(cell)}</{tag}>"
            for at, cell in enumerate(cells)
        )

    lines = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in rows)
    return f'<table class="{kind}" cellspacing="0" cellpadding="4"><tr>{line(headers, "th")}</tr>{lines}</table>'
