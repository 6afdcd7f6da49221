"""The data set that may leave: from the mixed stock, without ids, small strata grouped, rows in random order."""

from __future__ import annotations

import random
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

import pandas as pd

from cati.results.variables import (
    MISSING,
    TEXT_MISSING,
    Measure,
    Rounding,
    Variable,
    in_roster,
    leaves_out,
    member_variables,
    missing_labels,
    variables_of,
    with_unique_names,
)
from cati.settings import StudySettings
from cati.survey.answers import Status
from cati.survey.program import AT
from cati.survey.questionnaire import Questionnaire
from cati.text import language as program_language
from cati.text import tr, trn

SMALLEST_STRATUM = 5
"""Strata with fewer interviews are grouped (k >= 5, security.md §7)."""
SMALLEST_WEEK = 10
"""The week is dropped altogether when any week has fewer interviews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Variables, rows in random order, and what was grouped or left out, in words."""

    variables: tuple[Variable, ...]
    frame: pd.DataFrame = field(repr=False)
    title: str
    version: str
    notes: tuple[str, ...] = ()
    missing: dict[int, str] = field(default_factory=dict)


def build(
    questionnaire: Questionnaire,
    interviews: Iterable[Mapping[str, Any]],
    settings: StudySettings,
    *,
    draw: random.Random,
    language: str = "",
    smallest_stratum: int = SMALLEST_STRATUM,
) -> DataSet:
    """Return the data set of finished interviews (the JSON of the stock); read once, column by column.

    Answers to another version of the questionnaire count where name and choice are the same.
    """
    spoken = program_language()
    language = language or (spoken if spoken in questionnaire.languages else "")
    columns = [_Column(variable) for variable in variables_of(questionnaire, language)]
    orders = [column for column in columns if column.variable.order_of]
    by_item: dict[str, list[Callable[[str, str], None]]] = {}
    for column in columns:
        if not column.variable.order_of:
            by_item.setdefault(column.variable.item, []).append(column.add)
    feeds = list(by_item.items())
    rosters = _Rosters(questionnaire, language)
    strata: list[tuple[str, str]] = []
    weeks: list[str] = []
    partial = array("b")
    for interview in interviews:
        strata.append((interview["site"], interview["department"]))
        weeks.append(interview.get("w", ""))
        partial.append(1 if interview.get("partial") else 0)
        answers = interview["answers"]
        for item, adds in feeds:
            answer = answers.get(item)
            status, value = _NEVER_PUT if answer is None else (answer["s"], answer.get("v", ""))
            for add in adds:
                add(status, value)
        for column in orders:
            column.add_order(interview.get("order", {}))
        rosters.add(answers, interview.get("order", {}))
    columns = rosters.in_between(columns)
    order = list(range(len(strata)))
    draw.shuffle(order)
    notes = _left_out(questionnaire)
    lead, data = _lead(settings, strata, weeks, partial, smallest_stratum, notes)
    variables = with_unique_names([column.variable for column in columns])
    for variable, column in zip(variables, columns, strict=True):
        data[variable.name] = column.series()
    frame = pd.DataFrame(data, copy=False).iloc[order].reset_index(drop=True)
    return DataSet(
        variables=(*lead, *variables), frame=frame, title=questionnaire.title or questionnaire.name,
        version=questionnaire.version, notes=tuple(notes), missing=missing_labels(),
    )  # fmt: skip


def _left_out(questionnaire: Questionnaire) -> list[str]:
    names = [item.name for item in questionnaire.items if leaves_out(item)]
    if not names:
        return []
    return [tr("Left out, because they tell when an interview was or number it: {names}.", names=", ".join(names))]


class _Column:
    """One column while it fills: small numbers in an array; each answer is worked out once and looked up after that."""

    __slots__ = ("_append", "_known", "_numbers", "_texts", "variable")

    def __init__(self, variable: Variable) -> None:
        self.variable = variable
        small = variable.measure is Measure.CODED and max(variable.values, default=0) < _SMALL
        self._numbers = array("d" if variable.measure is Measure.DECIMAL else "h" if small else "q")
        self._texts: list[str] = []
        self._known: dict[tuple[str, str], Any] = {}
        texts = variable.measure is Measure.TEXT
        self._append: Callable[[Any], None] = self._texts.append if texts else self._numbers.append

    def add(self, status: str, value: str) -> None:
        """Add the answer of one interview: its status and, when answered, its value."""
        try:
            kept = self._known[status, value]
        except KeyError:
            kept = self._worked_out(Status(status), value)
            if len(self._known) < _MOST_KNOWN:
                self._known[status, value] = kept
        self._append(kept)

    def add_order(self, orders: Mapping[str, Sequence[str]]) -> None:
        """Add the order in which one respondent got a list or group."""
        names = orders.get(self.variable.order_of)
        self._append(TEXT_MISSING[Status.OFF_PATH] if names is None else " ".join(names))

    def _worked_out(self, status: Status, value: str) -> Any:
        variable = self.variable
        if status is not Status.ANSWERED:
            return TEXT_MISSING[status] if variable.measure is Measure.TEXT else MISSING[status]
        if variable.measure is Measure.TEXT:
            return _rounded(value, variable.rounded)
        if variable.ranks:
            places = value.split(" ")
            return places.index(variable.choice) + 1 if variable.choice in places else 0
        if variable.choice or variable.remarked:
            return int(variable.choice in value.split(" ") if variable.choice else value != "")
        if variable.codes:
            return variable.codes.get(value, MISSING[Status.NOT_ASKED])
        return _number(value, self._numbers.typecode)

    def series(self) -> Any:
        """Return the column as pandas keeps it: small integers where they suffice."""
        if self.variable.measure is Measure.TEXT:
            return pd.Series(self._texts, dtype="str")
        series = pd.Series(memoryview(self._numbers), copy=True)
        return series if self.variable.measure is Measure.DECIMAL else pd.to_numeric(series, downcast="integer")


class _Rosters:
    """The columns of rosters: made when a member is met first, filled up for the interviews before."""

    def __init__(self, questionnaire: Questionnaire, language: str) -> None:
        self._items = {
            item.name: (at, item)
            for at, item in enumerate(questionnaire.items)
            if in_roster(questionnaire, item) and not leaves_out(item)
        }
        self._form, self._language = questionnaire, language
        self._columns: dict[str, list[_Column]] = {}
        self._interviews = 0

    def add(self, answers: Mapping[str, Any], orders: Mapping[str, Sequence[str]]) -> None:
        """Add one interview."""
        if not self._items:
            return
        for address in answers:
            name, at, numbers = address.partition(AT)
            if at and name in self._items and address not in self._columns:
                columns = [
                    _Column(v) for v in member_variables(self._form, self._items[name][1], numbers, self._language)
                ]
                for column in columns:
                    for _ in range(self._interviews):
                        column.add_order({}) if column.variable.order_of else column.add(*_NO_MEMBER)
                self._columns[address] = columns
        for columns in self._columns.values():
            for column in columns:
                answer = answers.get(column.variable.item)
                status, value = _NO_MEMBER if answer is None else (answer["s"], answer.get("v", ""))
                column.add_order(orders) if column.variable.order_of else column.add(status, value)
        self._interviews += 1

    def in_between(self, columns: list[_Column]) -> list[_Column]:
        """Return all columns in the questionnaire's order, a roster's member by member."""
        if not self._columns:
            return columns
        places = {item.name: at for at, item in enumerate(self._form.items)}
        keyed: list[tuple[tuple[int, tuple[int, ...]], _Column]] = [
            ((places.get(column.variable.item.partition("/")[0] or column.variable.order_of, len(places)), ()), column)
            for column in columns
        ]
        for address, more in self._columns.items():
            name, _at, numbers = address.partition(AT)
            first = min(at for other, (at, _item) in self._items.items() if self._roster(other) == self._roster(name))
            member = tuple(int(number) for number in numbers.split("."))
            keyed += [((first, (*member, self._items[name][0])), column) for column in more]
        return [column for _key, column in sorted(keyed, key=lambda one: one[0])]

    def _roster(self, name: str) -> int | None:
        """Return the outermost roster around an item."""
        at, found = self._items[name][1].group, None
        while at is not None:
            found = at if self._form.groups[at].repeat else found
            at = self._form.groups[at].parent
        return found


def _rounded(value: str, rounding: Rounding) -> str:
    """Return a day as its ISO week ("2026-W28") and a time of day as its hour; what is neither is not shown."""
    if rounding is Rounding.NONE:
        return _MOMENT.sub(lambda day: _week(day[1]), value)
    try:
        return _week(value) if rounding is Rounding.WEEK else f"{time.fromisoformat(value).hour:02}"
    except ValueError:
        return TEXT_MISSING[Status.NOT_ASKED]


def _week(day: str) -> str:
    year, week, _day = date.fromisoformat(day[:10]).isocalendar()
    return f"{year}-W{week:02}"


_MOMENT = re.compile(r"(?<!\d)((?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d))(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
"""A day, or a moment of it, inside a computed text."""
_SMALL = 30_000
"""Codes below this fit into two bytes."""
_MOST_KNOWN = 5_000
"""How many different answers a column remembers; numbers typed freely could be of any number."""
_NEVER_PUT = (Status.NOT_ASKED.value, "")
_NO_MEMBER = (Status.OFF_PATH.value, "")


def _number(value: str, code: str) -> Any:
    try:
        return float(value) if code == "d" else int(value)
    except ValueError:
        return MISSING[Status.NOT_ASKED]


def _lead(
    settings: StudySettings, strata: list[tuple[str, str]], weeks: list[str], partial: array[int], smallest: int,
    notes: list[str],
) -> tuple[list[Variable], dict[str, Any]]:  # fmt: skip
    """Return the variables that every data set begins with: site, department, week and completeness."""
    sites = {site.code: site.name for site in settings.sites}
    departments = {d.code: d.name for site in settings.sites for d in site.departments}
    shown_site, shown_department = group_strata(strata, smallest, notes)
    site_codes = {code: at for at, code in enumerate(sites, 1)}
    department_codes = {code: at for at, code in enumerate(departments, 1)}
    other_site, other_department = len(site_codes) + 1, len(department_codes) + 1
    site_labels = {at: sites[code] for code, at in site_codes.items()}
    department_labels = {at: departments[code] for code, at in department_codes.items()}
    if "" in shown_site:
        site_labels[other_site] = tr("other sites, grouped")
    if "" in shown_department:
        department_labels[other_department] = tr("other departments, grouped")
    lead = [
        Variable(name="site", label=tr("Site"), measure=Measure.CODED, values=site_labels, has_missing=False),
        Variable(name="department", label=tr("Department"), measure=Measure.CODED, values=department_labels,
                 has_missing=False),
        Variable(name="completeness", label=tr("Completeness of the interview"), measure=Measure.CODED,
                 values={1: tr("complete"), 2: tr("partial")}, has_missing=False),
    ]  # fmt: skip
    data: dict[str, Any] = {
        "site": pd.Series([site_codes.get(code, other_site) for code in shown_site], dtype="int16"),
        "department": pd.Series([department_codes.get(c, other_department) for c in shown_department], dtype="int16"),
        "completeness": pd.Series([1 + flag for flag in partial], dtype="int8"),
    }
    counted = Counter(weeks)
    if counted and min(counted.values()) >= SMALLEST_WEEK:
        lead.append(
            Variable(name="week", label=tr("ISO week of the interview"), measure=Measure.TEXT, has_missing=False)
        )
        data["week"] = pd.Series(weeks, dtype="str")
    elif counted:
        notes.append(tr("The week is left out: a week has fewer than {n} interviews.", n=SMALLEST_WEEK))
    return lead, data


def group_strata(strata: list[tuple[str, str]], smallest: int, notes: list[str]) -> tuple[list[str], list[str]]:
    """Return site and department as they may be shown, "" for a group of several.

    A department with fewer than ``smallest`` interviews at its site goes into the site's group of other departments;
    when that group is still too small, the site's next smallest department joins it. Sites with fewer in all are
    grouped too, and the smallest other site joins a group that is too small.
    """
    at_site = Counter(site for site, _department in strata)
    small_sites = _small(at_site, smallest)
    in_cell = Counter(strata)
    small_cells: set[tuple[str, str]] = set()
    for site in at_site:
        counts = Counter({department: n for (s, department), n in in_cell.items() if s == site})
        small_cells |= {(site, department) for department in _small(counts, smallest)}
    if small_sites:
        notes.append(trn("1 site with few interviews is grouped.", "{n} sites with few interviews are grouped.",
                         len(small_sites)))  # fmt: skip
    if small_cells:
        notes.append(trn("1 department with few interviews is grouped.",
                         "{n} departments with few interviews are grouped.", len(small_cells)))  # fmt: skip
    sites = ["" if site in small_sites else site for site, _department in strata]
    # Inside a group of sites a department would single out its site again.
    departments = ["" if site in small_sites or (site, d) in small_cells else d for site, d in strata]
    return sites, departments


def _small(counts: Counter[str], smallest: int) -> set[str]:
    """Return what must be grouped so that nothing shown, the group included, has fewer than ``smallest``."""
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    grouped = {name for name in ordered if counts[name] < smallest}
    while grouped and sum(counts[name] for name in grouped) < smallest and len(grouped) < len(ordered):
        grouped.add(next(name for name in ordered if name not in grouped))
    return grouped
