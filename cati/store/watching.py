"""Whether anything changed: a few index probes, cheap enough for fifty windows that ask every second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, select, text, true

from cati.store.database import Database
from cati.store.prepared import Prepared
from cati.store.schema import appointment, log, member, study


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a window compares from one look to the next: anything that is not equal was changed meanwhile.

    ``rules`` stands for the study's settings and questionnaire, ``member`` for one's own row, ``own`` for what one did
    and whom one promised to call. ``all_acts`` is how many entries everybody's log has, 0 where nobody asked.
    """

    rules: tuple[object, ...] = field(repr=False)
    member: tuple[object, ...] | None
    own: tuple[object, ...]
    all_acts: int = 0


def _own(settings: ColumnElement[Any]) -> Select[Any]:
    """Return the statement about the study's row and the asking member's own rows; nothing else is read."""
    mine = select(
        func.count().label("n"),
        func.sum(appointment.c.at).label("at"),
        func.sum(func.coalesce(appointment.c.until, literal_column("0"))).label("until"),
    ).where(appointment.c.interviewer == bindparam("me"))
    booked = mine.subquery("booked")
    last = select(func.max(log.c.n)).where(log.c.who == bindparam("me")).scalar_subquery()
    return select(
        settings,
        study.c.questionnaire,
        study.c.erased_at,
        member.c.active,
        member.c.role,
        member.c.languages,
        member.c.name,
        last,
        booked.c.n,
        booked.c.at,
        booked.c.until,
    ).select_from(study.join(booked, true()).outerjoin(member, and_(member.c.id == bindparam("me"))))


_OWN = Prepared(_own(study.c.settings), postgresql=_own(func.md5(study.c.settings)))
_whose = member.alias("whose")
_LAST = select(func.max(log.c.n)).where(log.c.who == _whose.c.id).correlate(_whose).scalar_subquery()
_ALL = Prepared(
    select(func.sum(func.coalesce(_LAST, literal_column("0")))).select_from(_whose),
    member=text("SELECT public.cati_all_acts()"),
)


def marks(database: Database, me: str, *, of_all: bool) -> Marks:
    """Look once: the study's row and the own rows of ``me``; ``of_all`` also probes the end of everybody's log."""
    row = database.look_once(_OWN, me=me)
    if row is None:
        return Marks(rules=(), member=None, own=())
    return Marks(
        rules=row[:3],
        member=None if row[3] is None else row[3:7],
        own=tuple(row[7:]),
        all_acts=_all_acts(database) if of_all else 0,
    )


def _all_acts(database: Database) -> int:
    """Return how many entries everybody's log has since revision 0002: one index probe a member, for supervisors."""
    row = database.look_once(_ALL)
    return 0 if row is None or row[0] is None else int(row[0])
