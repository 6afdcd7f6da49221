"""The rows that a server hands cases out by say what the rules of the survey say, at every moment of the field period."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from cati.fieldwork import changing
from cati.fieldwork.kept_rules import calling_times, targets
from cati.fieldwork.log import seconds
from cati.fieldwork.open_cells import may_be_called
from cati.fieldwork.open_study import OpenStudy
from cati.settings import CallingRules, Department, Site, StudySettings, Window
from cati.store import rules

from .conftest import MakeStudy, settings_with

_DEPARTMENTS = (Department(code="bau", name="Bauamt", target=30), Department(code="kfz", name="Zulassung", target=0))
SITES = (
    Site(code="by", name="Landkreis Bayern", land="BY", target=50, departments=_DEPARTMENTS),
    Site(code="be", name="Bezirk Berlin", land="BE", target=20, departments=_DEPARTMENTS[:1]),
    Site(code="az", name="Azoren", land="HH", target=9, departments=_DEPARTMENTS, time_zone="Atlantic/Azores"),
)
SUNDAYS = CallingRules(
    weekdays=Window(start=time(9), end=time(19, 30)),
    saturdays=None,
    sundays_and_holidays=Window(start=time(11), end=time(17)),
)
PERIODS = (
    (date(2027, 10, 27), date(2027, 11, 4)),  # clocks go back on 31 October; All Saints' Day in Bavaria only
    (date(2028, 3, 20), date(2028, 4, 18)),  # clocks go forward on 26 March; Easter on 16 April
)


def _settings(period: tuple[date, date], calling_rules: CallingRules) -> StudySettings:
    first, last = period
    return settings_with(
        sites=SITES, field_from=first, field_to=last, erasure_date=last + timedelta(days=60), rules=calling_rules
    )


def _says(times: tuple[rules.CallingTime, ...], site: str, at: datetime, *, appointments: bool) -> bool:
    """What the server's function reads in the rows."""
    here = seconds(at)
    return any(
        row.site == site and row.appointments == appointments and row.opens <= here < row.closes for row in times
    )


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("calling_rules", [CallingRules(), SUNDAYS])
def test_the_rows_say_what_the_rules_say(period: tuple[date, date], calling_rules: CallingRules) -> None:
    settings = _settings(period, calling_rules)
    times = tuple(calling_times(settings))
    moments = {datetime.fromtimestamp(edge + step, UTC) for row in times for edge in (row.opens, row.closes)
               for step in (-1, 0, 1)}  # fmt: skip
    at = datetime(period[0].year, period[0].month, period[0].day, tzinfo=UTC) - timedelta(days=2)
    while at.date() <= period[1] + timedelta(days=2):
        moments.add(at)
        at += timedelta(minutes=47)
    for moment in moments:
        for site in SITES:
            for wished in (False, True):
                said = _says(times, site.code, moment, appointments=wished)
                assert said == may_be_called(settings, site, moment, appointment=wished), (site.code, moment, wished)
    assert {row.site for row in times} == {site.code for site in SITES}


def test_no_two_stretches_of_a_site_lie_more_than_a_day_apart_from_where_they_are_looked_for() -> None:
    """The function looks at what opened in the last 25 hours."""
    for period in PERIODS:
        assert all(row.closes - row.opens < 25 * 3600 for row in calling_times(_settings(period, SUNDAYS)))


def _kept(study: OpenStudy) -> tuple[tuple[rules.CallingTime, ...], tuple[rules.Target, ...]]:
    with study.reading() as transaction:
        return rules.calling_times(transaction), rules.targets(transaction)


def _wanted(settings: StudySettings) -> tuple[tuple[rules.CallingTime, ...], tuple[rules.Target, ...]]:
    order = sorted(calling_times(settings), key=lambda row: (row.opens, row.site, row.appointments))
    return tuple(order), tuple(sorted(targets(settings)))


def test_they_are_written_when_a_study_is_made_and_whenever_its_settings_change(make_study: MakeStudy) -> None:
    settings = settings_with()
    lead = make_study(settings).sign_in("lead")
    assert _kept(lead) == _wanted(settings)
    assert rules.Target("nord", "", 50, 0) in _kept(lead)[1]
    site, *others = settings.sites
    new = replace(
        settings,
        rules=replace(settings.rules, saturdays=None),
        sites=(replace(site, target=44), *others),
        field_to=settings.field_to + timedelta(days=3),
        quota_margin=3,
    )
    lead, _changed = changing.change_settings(lead, new)
    assert _kept(lead) == _wanted(new)
    assert rules.Target("nord", "", 44, 3) in _kept(lead)[1]
