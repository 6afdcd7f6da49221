"""All that is kept of one case beside its row, in one look: what every act on a case begins with."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import String, and_, bindparam, exists, select, text

from cati.store.attempts import AppointmentRow, AttemptRow
from cati.store.contacts import SealedContact
from cati.store.database import Transaction
from cati.store.prepared import Prepared
from cati.store.schema import appointment, attempt, contact, draft_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a case: its calls, the first one first; ``begun``: its interview was begun and not finished."""

    calls: tuple[AttemptRow, ...]
    appointment: AppointmentRow | None = field(repr=False)
    contact: SealedContact | None = field(repr=False)
    begun: bool


_CONTACT = ("case", "sealed_key", "sealed_details", "epoch")
_PARTS = (("contact", _CONTACT), ("appointment", AppointmentRow.__slots__), ("attempt", AttemptRow.__slots__))
_WANTED = select(bindparam("id", type_=String).label("id")).subquery("wanted")
_KEPT = Prepared(
    select(
        exists().where(draft_event.c.case == _WANTED.c.id),
        *(contact.c[name] for name in _CONTACT),
        *(appointment.c[name] for name in AppointmentRow.__slots__),
        *(attempt.c[name] for name in AttemptRow.__slots__),
    )
    .select_from(_WANTED)
    .outerjoin(contact, contact.c.case == _WANTED.c.id)
    .outerjoin(appointment, appointment.c.case == _WANTED.c.id)
    .outerjoin(attempt, and_(attempt.c.case == _WANTED.c.id))
    .order_by(attempt.c.started, attempt.c.id),
    member=text(
        "SELECT f.begun, "
        + ", ".join(f'(f.{table})."{name}"' for table, names in _PARTS for name in names)
        + " FROM public.cati_case_file(:id) AS f"
    ),
)
_BOOKED = 1 + len(_CONTACT)
_CALLED = _BOOKED + len(AppointmentRow.__slots__)


def kept_of(transaction: Transaction, case_id: str) -> Kept:
    """Return what is kept of a case; of one that does not exist it is nothing."""
    rows = _KEPT.rows(transaction, id=case_id)
    begun, *rest = rows[0][:_CALLED]
    sealed, booked = rest[: len(_CONTACT)], rest[len(_CONTACT) :]
    return Kept(
        calls=tuple(
            AttemptRow(**dict(zip(AttemptRow.__slots__, row[_CALLED:], strict=True)))
            for row in rows
            if row[_CALLED] is not None
        ),
        appointment=None
        if booked[0] is None
        else AppointmentRow(**dict(zip(AppointmentRow.__slots__, booked, strict=True))),
        contact=None if sealed[0] is None else SealedContact(*sealed),
        begun=bool(begun),
    )
