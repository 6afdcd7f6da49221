"""A study's settings: read once into one frozen value, checked against the norms the tool keeps."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import msgspec

from cati.errors import Problem
from cati.text import tr

LANDS = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH", "Augsburg")
"""The German Länder as the subdivisions of the `holidays` library; Augsburg has a holiday of its own besides."""


LONGEST_KEPT = timedelta(days=366)
"""Contacts are kept this long after the field period at most (GDPR Art. 5(1)(e)); the institute may choose less."""
USUAL_VIEWS = 90
VIEWS_LIMIT = (10, 600)
_REACHABLE = re.compile(r"(?!\(?0(?:900|190|137|180))\(?(?:\+|0)[\d ()/.–-]{5,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From ``start`` up to, but not including, ``end``, in the respondent's wall time."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingRules:
    """When and how often a person may be called; defaults and limits from the ADM guideline (norms_germany.md).

    Times are the respondent's wall time; a ``None`` window means no fresh attempts on such days.
    """

    weekdays: Window = Window(start=time(9, 0), end=time(20, 40))
    saturdays: Window | None = Window(start=time(10, 0), end=time(19, 40))
    sundays_and_holidays: Window | None = None
    attempts_a_day: int = 2
    hours_apart: float = 3.0
    busy_minutes: int = 15
    busy_redials: int = 3
    most_attempts_mobile: int = 8
    most_attempts_landline: int = 10
    least_windows: int = 3
    least_days: int = 5
    mailbox_messages: int = 1
    refusal_rest_days: int = 7
    refusal_conversions: int = 1
    appointment_grace_minutes: int = 60


LIMIT_WEEKDAYS = Window(start=time(9, 0), end=time(21, 0))
LIMIT_SATURDAYS = Window(start=time(10, 0), end=time(20, 0))
LIMIT_SUNDAYS_AND_HOLIDAYS = Window(start=time(10, 0), end=time(18, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department (Sachgebiet) of a site, with the number of interviews wanted there."""

    code: str
    name: str
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A county or centre: its Land decides the holidays; its target caps the sum over its departments."""

    code: str
    name: str
    land: str
    target: int
    departments: tuple[Department, ...]
    time_zone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWording:
    """The words people agreed to, under the version that the list names."""

    version: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySettings:
    """Everything a research lead decides about a study. Dates are inclusive on both ends."""

    name: str
    client: str
    institute: str
    callback_number: str
    sites: tuple[Site, ...]
    field_from: date
    field_to: date
    contact_from: date
    contact_to: date
    consent: tuple[ConsentWording, ...]
    languages: tuple[str, ...]
    expected_minutes: int
    erasure_date: date
    rules: CallingRules = field(default_factory=CallingRules)
    quota_margin: int = 0
    """By how many interviews a site or a department may exceed its target, because they run at the same time."""
    purpose: str = ""
    """What the interview is about, as said in the introduction, e.g. "how content people are with the office"."""
    lock_minutes: int = 10
    """After so many minutes without a key or a movement a window locks; not in an interview."""
    views_per_hour: int = USUAL_VIEWS
    """So many contacts one person may look at within an hour, 0 for any number.

    Ninety is what one person reaches who lets each number ring for half a minute and speaks to nobody.
    """

    def site(self, code: str) -> Site:
        """Return the site with this code; KeyError when there is none."""
        for site in self.sites:
            if site.code == code:
                return site
        raise KeyError(code)

    def department(self, site: str, code: str) -> Department:
        """Return the department of a site; KeyError when there is none."""
        for department in self.site(site).departments:
            if department.code == code:
                return department
        raise KeyError(code)


def settings_to_json(settings: StudySettings) -> bytes:
    """Return the settings as JSON, fields in order, for the study's database."""
    return msgspec.json.encode(settings)


def settings_from_json(data: bytes) -> StudySettings:
    """Read settings back; a Problem when the text is not such settings."""
    try:
        return msgspec.json.decode(data, type=StudySettings)
    except msgspec.DecodeError as error:
        raise Problem(tr("Settings"), tr("The study’s settings cannot be read."), str(error)) from error


def _outside(window: Window | None, limit: Window) -> bool:
    return window is not None and not (limit.start <= window.start < window.end <= limit.end)


def check_rules(rules: CallingRules) -> list[Problem]:
    """Return one Problem for each value outside a limit of the guideline; empty when all is well."""
    found = []
    for day, window, limit in (
        (tr("Monday to Friday"), rules.weekdays, LIMIT_WEEKDAYS),
        (tr("Saturday"), rules.saturdays, LIMIT_SATURDAYS),
        (tr("Sundays and holidays"), rules.sundays_and_holidays, LIMIT_SUNDAYS_AND_HOLIDAYS),
    ):
        if _outside(window, limit):
            found.append(
                Problem(
                    day,
                    tr(
                        "Calls are allowed from {start} to {end} only (ADM guideline).",
                        start=limit.start.strftime("%H:%M"),
                        end=limit.end.strftime("%H:%M"),
                    ),
                    tr("Choose times inside this limit."),
                )
            )
    numbers = (
        (tr("Attempts a day"), rules.attempts_a_day, 1, 5),
        (tr("Hours between attempts"), rules.hours_apart, 0.5, 72),
        (tr("Minutes after a busy number"), rules.busy_minutes, 5, 240),
        (tr("Redials of a busy number"), rules.busy_redials, 0, 5),
        (tr("Attempts in all, mobile"), rules.most_attempts_mobile, 1, 15),
        (tr("Attempts in all, landline"), rules.most_attempts_landline, 1, 15),
        (tr("Different times of day"), rules.least_windows, 1, 6),
        (tr("Different days"), rules.least_days, 1, 15),
        (tr("Messages on a mailbox"), rules.mailbox_messages, 0, 1),
        (tr("Days of rest after a soft refusal"), rules.refusal_rest_days, 7, 90),
        (tr("Second approaches after a soft refusal"), rules.refusal_conversions, 0, 1),
        (tr("Minutes a missed appointment stays in front"), rules.appointment_grace_minutes, 5, 240),
    )
    for name, value, low, high in numbers:
        if not low <= value <= high:
            found.append(
                Problem(
                    name,
                    tr("{value} is outside the limit of {low} to {high}.", value=value, low=low, high=high),
                    tr("Choose a value inside this limit."),
                )
            )
    return found


_LONGEST_MINUTES = 120
_LARGEST_MARGIN = 100
_LONGEST_IDLE = 60


def check_settings(settings: StudySettings) -> list[Problem]:
    """Return everything that keeps a study with these settings from being made, in the order of the page."""
    found = _check_words(settings)
    if not settings.sites:
        found.append(Problem(tr("Sites"), tr("There is no site."), tr("Add at least one county or centre.")))
    seen: set[str] = set()
    names = Counter(site.name.strip().casefold() for site in settings.sites)
    for site in settings.sites:
        if site.name.strip() and names[site.name.strip().casefold()] > 1:
            found.append(
                Problem(
                    tr("Site {site}", site=site.name),
                    tr("Another site has the same name."),
                    tr("Give every site a name of its own: lists are read by it."),
                )
            )
        found.extend(_check_site(site, seen))
    found.extend(_check_dates(settings))
    if not settings.consent or not all(w.version.strip() and w.text.strip() for w in settings.consent):
        found.append(
            Problem(
                tr("Consent"),
                tr("The wording people agreed to is missing or has no version."),
                tr("Enter the wording and its version, as printed on the consent form."),
            )
        )
    versions = Counter(wording.version.strip().casefold() for wording in settings.consent)
    if any(n > 1 for version, n in versions.items() if version):
        found.append(
            Problem(tr("Consent"), tr("Two wordings have the same version."), tr("Give each a version of its own."))
        )
    if not settings.languages:
        found.append(Problem(tr("Languages"), tr("There is no language."), tr("Choose at least one.")))
    if not 1 <= settings.expected_minutes <= _LONGEST_MINUTES:
        found.append(
            Problem(
                tr("Expected length"),
                tr("{n} minutes cannot be right.", n=settings.expected_minutes),
                tr("Enter 1 to 120 minutes."),
            )
        )
    if not 0 <= settings.quota_margin <= _LARGEST_MARGIN:
        found.append(
            Problem(
                tr("Interviews above a target"),
                tr("{value} is outside the limit of {low} to {high}.", value=settings.quota_margin, low=0,
                   high=_LARGEST_MARGIN),
                tr("Choose a value inside this limit."),
            )
        )  # fmt: skip
    found.extend(_check_windows(settings))
    found.extend(check_rules(settings.rules))
    return found


def _check_windows(settings: StudySettings) -> list[Problem]:
    found = []
    if not 1 <= settings.lock_minutes <= _LONGEST_IDLE:
        found.append(
            Problem(
                tr("Lock after"),
                tr("{n} minutes cannot be right.", n=settings.lock_minutes),
                tr("Enter 1 to 60 minutes."),
            )
        )
    low, high = VIEWS_LIMIT
    if settings.views_per_hour and not low <= settings.views_per_hour <= high:
        found.append(
            Problem(
                tr("Contacts seen in an hour"),
                tr(
                    "{value} is outside the limit of {low} to {high}.",
                    value=settings.views_per_hour,
                    low=low,
                    high=high,
                ),
                tr("Choose a value inside this limit, or 0 for none."),
            )
        )
    return found


def _check_words(settings: StudySettings) -> list[Problem]:
    """Return what the introduction needs and does not have."""
    needed = (
        (settings.name, tr("Name"), tr("The study has no name."), tr("Give it one.")),
        (settings.institute, tr("Institute"), tr("The introduction must say who calls."), tr("Name the institute.")),
        (settings.client, tr("Client"), tr("The introduction must say for whom you call."), tr("Name the client.")),
        (
            settings.callback_number,
            tr("Number to call back"),
            tr("People must be able to check who called."),
            tr("Enter the institute’s number."),
        ),
    )
    found = [Problem(where, what, do) for value, where, what, do in needed if not value.strip()]
    if settings.callback_number.strip() and not _REACHABLE.fullmatch(settings.callback_number.strip()):
        found.append(
            Problem(
                tr("Number to call back"),
                tr("This is not a number that people can simply call."),
                tr("Enter the institute’s number with its area code, such as 030 23125 000."),
            )
        )
    return found


def _check_dates(settings: StudySettings) -> list[Problem]:
    found = []
    if settings.field_from > settings.field_to:
        found.append(Problem(tr("Field period"), tr("It ends before it begins."), tr("Swap or correct the two dates.")))
    if settings.contact_from > settings.contact_to:
        found.append(Problem(tr("Eligibility"), tr("It ends before it begins."), tr("Swap or correct the two dates.")))
    if settings.erasure_date < settings.field_to:
        found.append(
            Problem(tr("Erasure date"), tr("It lies before the end of the field period."), tr("Choose a later day."))
        )
    elif settings.erasure_date > settings.field_to + LONGEST_KEPT:
        found.append(
            Problem(
                tr("Erasure date"),
                tr("It lies more than a year after the field period; contacts serve this survey only."),
                tr("Choose an earlier day."),
            )
        )
    return found


def _check_site(site: Site, seen: set[str]) -> list[Problem]:
    found = []
    where = tr("Site {site}", site=site.name or site.code or "?")
    if not site.code.strip() or site.code in seen:
        found.append(Problem(where, tr("Its code is missing or used twice."), tr("Give every site a code of its own.")))
    seen.add(site.code)
    if site.land not in LANDS:
        found.append(Problem(where, tr("Its Land is not known."), tr("Choose one of the 16, for the holidays.")))
    if site.target < 1:
        found.append(Problem(where, tr("Its target is not a positive number."), tr("Enter how many interviews.")))
    if not site.departments:
        found.append(Problem(where, tr("It has no department."), tr("Add at least one.")))
    codes = [department.code for department in site.departments]
    if len(set(codes)) != len(codes) or not all(code.strip() for code in codes):
        found.append(
            Problem(
                where,
                tr("The code of a department is missing or used twice."),
                tr("Give every department a code of its own."),
            )
        )
    if any(department.target < 0 for department in site.departments):
        found.append(Problem(where, tr("A department’s target is below zero."), tr("Enter 0 or more.")))
    return found
