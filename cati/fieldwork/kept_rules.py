"""Calling hours, field period and targets as rows: what a server's function hands cases out by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cati.fieldwork.log import seconds
from cati.settings import StudySettings
from cati.store import rules
from cati.store.database import Transaction
from cati.store.rules import CallingTime, Target
from cati.survey.calling_hours import span_on


def keep_rules(transaction: Transaction, settings: StudySettings) -> None:
    """Write what follows from the settings, in place of what was there; whenever they are written, or brought along."""
    rules.replace_rules(transaction, calling_times(settings), targets(settings))


def calling_times(settings: StudySettings) -> Iterator[CallingTime]:
    """Yield every stretch of the field period in which people of a site may be called, by the rules of `cati.survey`.

    Twice: for anybody, and (``appointments``) for whoever wished for that hour.
    """
    for site in settings.sites:
        day = settings.field_from
        while day <= settings.field_to:
            for appointments in (False, True):
                span = span_on(day, site, settings.rules, appointment=appointments)
                if span is not None:
                    yield CallingTime(site.code, seconds(span.start), seconds(span.end), appointments)
            day += timedelta(days=1)


def targets(settings: StudySettings) -> Iterator[Target]:
    """Yield how many interviews are wanted of every site ("" for its department) and every department of it."""
    for site in settings.sites:
        yield Target(site.code, "", site.target, settings.quota_margin)
        for department in site.departments:
            yield Target(site.code, department.code, department.target, settings.quota_margin)
