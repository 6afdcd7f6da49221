"""When people in a list would like to be called: kept when it is understood and can be met, else counted, not kept."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from cati.settings import Site, StudySettings
from cati.survey.case import Preference

_NO_WISH = frozenset(
    [
        "immer",
        "jederzeit",
        "egal",
        "beliebig",
        "flexibel",
        "ganztags",
        "ganztägig",
        "anytime",
        "any",
        "time",
        "always",
        "none",
        "keine",
        "keiner",
        "kein",
        "angabe",
        "wunsch",
        "k.a",
        "n/a",
    ]
)


def read_wish(text: str, site: Site, settings: StudySettings, today: date) -> tuple[Preference | None, str]:
    """Return the wish and "", or None and a note's code ("" for "any time"): its words go no further then.

    A wish outside every hour at which the study calls can never be met.
    """
    words = [word.strip(".,;:-–!?") for word in re.split(r"[\s/]+", text.casefold())]
    if {word for word in words if word} <= _NO_WISH:
        return None, ""
    preference = _understood(text)
    if preference is None:
        return None, "preference_unread"
    if not _can_be_met(preference, site, settings, max(today, settings.field_from)):
        return None, "preference_never"
    return preference, ""


def is_wish(text: str) -> bool:
    """Tell whether a preferred time is understood: then it is made of nothing but days, hours and parts of the day."""
    return _understood(text) is not None


@lru_cache(maxsize=2048)
def _understood(text: str) -> Preference | None:
    from cati.survey.spoken_time import read_preference  # noqa: PLC0415 - lists without such a column need none of it

    return read_preference(text)


def _can_be_met(preference: Preference, site: Site, settings: StudySettings, first: date) -> bool:
    from cati.survey.calling_hours import instant, next_span  # noqa: PLC0415 - as above

    start = instant(first, time(), site)
    room = settings.expected_minutes
    return next_span(start, site, settings.rules, room_minutes=room, preference=preference) is not None
