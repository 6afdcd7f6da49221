"""Calling times and targets as rows: what a server's claim goes by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from cati.store.database import Transaction
from cati.store.schema import calling_time, target


class CallingTime(NamedTuple):
    """A stretch in which people of a site may be called: [opens, closes) in seconds since 1970 (UTC).

    ``appointments``: only those who wished for that hour.
    """

    site: str
    opens: int
    closes: int
    appointments: bool


class Target(NamedTuple):
    """How many interviews are wanted, and how many more than that may be running; "" for a site's department: all."""

    site: str
    department: str
    wanted: int
    margin: int


def replace_rules(transaction: Transaction, times: Iterable[CallingTime], targets: Iterable[Target]) -> None:
    """Write these rows in place of all others."""
    for table, rows in ((calling_time, times), (target, targets)):
        transaction.execute(delete(table))
        values = [row._asdict() for row in rows]
        if values:
            transaction.execute(insert(table), values)


def calling_times(transaction: Transaction) -> tuple[CallingTime, ...]:
    """Return every calling time, the first one first."""
    query = select(*(calling_time.c[name] for name in CallingTime._fields)).order_by(
        calling_time.c.opens, calling_time.c.site, calling_time.c.appointments
    )
    return tuple(CallingTime(*row) for row in transaction.execute(query))


def targets(transaction: Transaction) -> tuple[Target, ...]:
    """Return every target, by site and department."""
    query = select(*(target.c[name] for name in Target._fields)).order_by(target.c.site, target.c.department)
    return tuple(Target(*row) for row in transaction.execute(query))
