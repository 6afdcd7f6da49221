"""The settings as they are when something is written by them: a research lead may have changed them a moment ago."""

from __future__ import annotations

from dataclasses import replace

from cati.fieldwork.open_study import OpenStudy
from cati.settings import settings_from_json
from cati.store import studies
from cati.store.database import Transaction


def in_force(study: OpenStudy, transaction: Transaction) -> OpenStudy:
    """Return the study with the settings in force, which nobody changes until this transaction ends.

    A window learns of new settings between two cases only, and a moment late. To be called first in a transaction that
    works out when somebody is called: before it holds a case, or it and whoever changes them would wait in a ring.
    """
    now = studies.settings_mark(transaction)
    known = study.database.known_settings
    if known is None or known[0] != now:
        row = studies.the_study(transaction)
        if row is None:
            return study
        known = study.database.known_settings = (now, settings_from_json(row.settings))
    return study if known[1] == study.settings else replace(study, settings=known[1])
