"""Changing a study's settings while it runs: what is safe, logged with who and when; the rest refused."""

from __future__ import annotations

from dataclasses import fields, replace

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.forms import unspoken
from cati.fieldwork.kept_rules import keep_rules
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy, Role
from cati.settings import StudySettings, check_settings, settings_from_json, settings_to_json
from cati.store import studies, timelines
from cati.store.database import Transaction
from cati.store.journal import Entry
from cati.text import tr

_RESCHEDULES = {"rules", "sites", "expected_minutes"}
"""A change of these moves the times at which people may be called: every open case is worked out anew."""


def change_settings(study: OpenStudy, settings: StudySettings) -> tuple[OpenStudy, tuple[str, ...]]:
    """Change what is safe to change while the study runs; returns the study anew and the names of what changed.

    Refused: removing a site or department (cases hang on them), changing a consent wording people agreed to, and
    dropping a language. Raises the first Problem found. What somebody else changed meanwhile stays; the same setting
    changed by both is refused.
    """
    study.require(Role.RESEARCH_LEAD)
    _check(study, study.settings, settings)
    changed = _differing(study.settings, settings)
    if changed:
        with study.transaction() as transaction:
            study.database.hold_settings(transaction)
            settings = _beside(study, transaction, settings, changed)
            if set(changed) & _RESCHEDULES:  # before the quotas, as whoever claims takes them
                timelines.replan_all(transaction, log.seconds(study.now()))
            studies.replace_settings(transaction, settings_to_json(settings))
            keep_rules(transaction, settings)
            if study.database.by_functions:
                study.database.unsigned_entries += 1  # the server's function logged it
            else:
                log.note(study, transaction, Act.SETTINGS, changed=list(changed))
    return replace(study, settings=settings), changed


def _check(study: OpenStudy, old: StudySettings, new: StudySettings) -> None:
    for problem in (*check_settings(new), *_unsafe(old, new), *unspoken(study.questionnaire, new.languages)):
        raise problem


def _differing(old: StudySettings, new: StudySettings) -> tuple[str, ...]:
    return tuple(part.name for part in fields(StudySettings) if getattr(old, part.name) != getattr(new, part.name))


def _beside(
    study: OpenStudy, transaction: Transaction, settings: StudySettings, changed: tuple[str, ...]
) -> StudySettings:
    """Return the settings in force with what is ``changed`` here; raises a Problem when both changed the same."""
    row = studies.the_study(transaction)
    now = study.settings if row is None else settings_from_json(row.settings)
    if now == study.settings:
        return settings
    if set(_differing(study.settings, now)) & set(changed):
        raise Problem(
            tr("Settings"),
            tr("Somebody else changed the same settings meanwhile; nothing was saved."),
            tr("Open the page anew, look at them, and change them again."),
        )
    together = replace(now, **{name: getattr(settings, name) for name in changed})
    _check(study, now, together)
    return together


def _unsafe(old: StudySettings, new: StudySettings) -> list[Problem]:
    kept = {site.code: {department.code for department in site.departments} for site in new.sites}
    found = [
        Problem(
            tr("Site {site}", site=site.name),
            tr("A site or department that is in use cannot be taken away."),
            tr("Set its target to 0 to stop calling there."),
        )
        for site in old.sites
        if site.code not in kept or not {d.code for d in site.departments} <= kept[site.code]
    ]
    wordings = {w.version: w.text for w in new.consent}
    if any(wordings.get(w.version) != w.text for w in old.consent):
        found.append(
            Problem(
                tr("Consent"),
                tr("A wording that people agreed to cannot be changed or removed."),
                tr("Add the new wording under a new version."),
            )
        )
    if not set(old.languages) <= set(new.languages):
        found.append(Problem(tr("Languages"), tr("A language in use cannot be removed."), tr("Add languages only.")))
    return found


def settings_log(study: OpenStudy) -> tuple[Entry, ...]:
    """Return who changed which settings and when, the newest first; for supervisors and research leads."""
    return log.entries(study, acts=[Act.SETTINGS])
