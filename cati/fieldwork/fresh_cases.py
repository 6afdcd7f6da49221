"""Cases made of the accepted rows of a list: sealed, with their places in the queue, nothing written yet."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cati.errors import Cancelled
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import Timeline, fresh_standing, rank_of, sealed_contact, timeline
from cati.store import contacts
from cati.survey.case import Accepted, PhoneKind, Preference
from cati.vault.study_keys import never_hashes

Progress = Callable[[int, int], None]
Asked = Callable[[], bool]
STEP = 1000
"""Rows between two looks whether to stop."""


class Steps:
    """Counts the work behind the judging and asks now and then whether to stop."""

    def __init__(self, progress: Progress | None, cancelled: Asked | None, done: int, total: int) -> None:
        self.progress, self.cancelled = progress, cancelled
        self.done, self.total = done, total

    def look(self, more: int = 0) -> None:
        """Report ``more`` steps; raises Cancelled."""
        self.done = min(self.done + more, self.total)
        if self.cancelled is not None and self.cancelled():
            raise Cancelled
        if self.progress is not None:
            self.progress(self.done, self.total)


_STEPS_AT_ONCE = 3
"""So many steps of a timeline come with a fresh case whose person has a wish: a day's. A whole one for everybody would
make an import slower by a fifth; the rest is written while the field runs."""


@dataclass(slots=True)
class FreshCase:
    """An accepted row, sealed."""

    row: int
    cell: tuple[str, str, str]
    id: str
    draw: int
    planned: Timeline
    rank: int
    contact: contacts.SealedContact = field(repr=False)
    digests: tuple[bytes, ...] = field(repr=False)
    never: tuple[bytes, ...] = field(repr=False)
    """Each form of its numbers' hashes, those of now (``digests``) among them."""

    def values(self, cell: int) -> tuple[object, ...]:
        """Return the case as the store writes it, field by field as in `CaseRow`."""
        place = self.planned[0][1]
        queue = (int(place.status), place.tier, self.rank, place.due_at, place.turns_at)
        return (self.id, cell, *queue, None, None, None, 0, None, self.draw)


def steps_of(new: Iterable[FreshCase]) -> Iterator[tuple[object, ...]]:
    """Yield the steps of the cases' timelines as the store writes them, field by field as in `cases.STEP`.

    They are ranked as `standing_of` would: by the first draw of the case's own chance.
    """
    chance = random.Random()  # noqa: S311 - ties only
    for one in new:
        if len(one.planned) > 1:
            chance.seed(one.draw)
            lot = chance.getrandbits(32)
            for at, to in one.planned[1:]:
                queue = (int(to.status), to.tier, rank_of(to.tier, lot), to.due_at, to.turns_at)
                yield (one.id, at, *queue, to.avoid, to.final_code)


def sealed_cases(study: OpenStudy, accepted: Sequence[Accepted], now: datetime, step: Steps) -> list[FreshCase]:
    """Seal every contact and give every case its place; nothing is written yet."""
    hashes_of = never_hashes(study.open_keys)
    timelines: dict[tuple[str, tuple[PhoneKind, ...], Preference | None], Timeline] = {}
    new = []
    for done, row in enumerate(accepted):
        if done % STEP == 0:
            step.look(STEP if done else 0)
        case_id = f"{study.draw.getrandbits(128):032x}"
        draw = study.draw.getrandbits(63)
        phones = tuple([phone.kind for phone in row.contact.phones])
        hashes = [hashes_of(phone.e164) for phone in row.contact.phones]
        key = (row.site, phones, row.contact.preference)
        planned = timelines.get(key)
        if planned is None:
            planned = timelines[key] = _fresh_timeline(study, row, phones, now)
        new.append(
            FreshCase(
                row.row,
                (row.site, row.department, row.language),
                case_id,
                draw,
                planned,
                rank_of(planned[0][1].tier, draw >> 31),  # fresh cases come in an order drawn by lot
                sealed_contact(study, case_id, row.contact),
                tuple([forms[-1] for forms in hashes]),
                tuple([form for forms in hashes for form in forms]),
            )
        )
    return new


def _fresh_timeline(study: OpenStudy, row: Accepted, phones: tuple[PhoneKind, ...], now: datetime) -> Timeline:
    site, wish = study.settings.site(row.site), row.contact.preference
    draw = random.Random(0)  # noqa: S311 - the rank is drawn for each case by itself
    return timeline(
        study, site, lambda at: fresh_standing(study, site, phones, wish, at, draw=draw), now, most=_STEPS_AT_ONCE
    )
