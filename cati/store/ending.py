"""The end of a study on a server, by its own functions: two who agree, the deletion, and every byte that is left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cati.errors import Problem
from cati.store.database import Transaction
from cati.store.prepared import Prepared
from cati.store.schema import metadata, station
from cati.text import tr

_TOO_NEW = "CA003"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRow:
    """A workstation that holds, or held, the seal; instants in seconds since 1970 (UTC)."""

    id: str
    name: str
    seen_at: int
    gone_at: int | None = None
    report: bytes | None = field(repr=False, default=None)


_SEEN = Prepared(text("SELECT public.cati_station(:id, :name)"))
_GONE = Prepared(text("SELECT public.cati_station_gone(:id, :name, :report)"))
_STEP = Prepared(text("SELECT public.cati_end_step(:step, :details)"))
_ROWS = Prepared(text("SELECT public.cati_end_rows(:counted, :stays, :records, :ends)"))
_LEFT = Prepared(text("SELECT what, n FROM public.cati_end_left()"))
_SIGNED = Prepared(text("SELECT public.cati_end_signed(:details)"))


def station_seen(transaction: Transaction, station_id: str, name: str) -> None:
    """Keep that somebody signed in at a workstation with the seal."""
    _SEEN.first(transaction, id=station_id, name=name[:100])


def station_gone(transaction: Transaction, station_id: str, name: str, report: bytes) -> None:
    """Keep that the seal of a workstation is destroyed, with its word about that."""
    _GONE.first(transaction, id=station_id, name=name[:100], report=report)


def stations(transaction: Transaction) -> tuple[StationRow, ...]:
    """Return all workstations that ever held the seal, by name; for research leads."""
    rows = transaction.execute(select(station).order_by(station.c.name, station.c.id))
    return tuple(StationRow(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def agree(transaction: Transaction) -> None:
    """Agree as the second person; a Problem for somebody whose sign-in was set only today."""
    try:
        transaction.exec_driver_sql("SELECT public.cati_agree_to_end()")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _TOO_NEW:
            raise
        raise Problem(
            tr("Erasure"),
            tr("The second person’s sign-in was made or renewed within the last day."),
            tr("Ask another person, or wait a day: else one could make up the other."),
        ) from None


def keep_step(transaction: Transaction, step: str, details: bytes) -> None:
    """Keep that a step is done; a second time changes nothing."""
    _STEP.first(transaction, step=step, details=details)


def delete_everything(
    transaction: Transaction,
    counted: Mapping[tuple[str, str, str, str], int],
    stays: Sequence[str],
    records: Mapping[str, bytes],
    ends: Mapping[str, object],
) -> int:
    """Let the server delete all that leads to a person; return how many entries of the log were kept.

    ``counted``: by (what, site, department, code). ``stays``: acts that stay in the log. ``records``: of each member,
    without sealed keys. ``ends``: what the first entry says of the old log.
    """
    rows = [dict(zip(("what", "site", "department", "code"), key, strict=True), n=n) for key, n in counted.items()]
    row = _ROWS.first(
        transaction,
        counted=json.dumps(rows),
        stays=list(stays),
        records=json.dumps({member: record.hex() for member, record in records.items()}),
        ends=json.dumps(ends, sort_keys=True, separators=(",", ":")),
    )
    return 0 if row is None else int(row[0])


def left(transaction: Transaction) -> dict[str, int]:
    """Return the number of rows that are left of what dies, grants among them, by table."""
    return {row[0]: row[1] for row in _LEFT.rows(transaction)}


def every_byte(transaction: Transaction) -> Iterator[bytes]:
    """Yield every row of every table as bytes, numbers and lengths in binary; a few hundred in memory at a time."""
    for table in metadata.sorted_tables:
        transaction.exec_driver_sql(
            f"DECLARE every_byte NO SCROLL CURSOR FOR SELECT * FROM public.cati_end_bytes('{table.name}')"
        )
        while rows := transaction.exec_driver_sql(f"FETCH {_AT_ONCE} FROM every_byte").all():
            for row in rows:
                yield bytes(row[0])
        transaction.exec_driver_sql("CLOSE every_byte")


def sign(transaction: Transaction, details: bytes) -> None:
    """Say that the record is signed, and with it that the contacts are erased; or that it was made anew."""
    _SIGNED.first(transaction, details=details)


def connected(transaction: Transaction, prefix: str, but: Sequence[str]) -> int:
    """Return how many connections there are by roles that begin so, others than these."""
    found = transaction.exec_driver_sql(
        "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database()"
        " AND starts_with(usename, %s) AND usename <> ALL (%s)",
        (prefix, list(but)),
    )
    return int(found.scalar_one())
