"""Takes a whole study from one database into another, row by row, and reads back what arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Row, Table, func, insert, select

from cati.store.database import Transaction
from cati.store.schema import metadata

_AT_ONCE = 2000
_STAYS = frozenset({("member", "server_role")})
"""What belongs to the place where a study lies, and not to the study."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds: ``rows`` in number, and the sum of a hash of each."""

    rows: int = 0
    sum: int = 0

    def plus(self, rows: Sequence[Row[Any]]) -> Contents:
        """Return it with more rows."""
        hashes = (int.from_bytes(sha256(repr(tuple(row)).encode()).digest()) for row in rows)
        return Contents(self.rows + len(rows), (self.sum + sum(hashes)) % 2**256)


def _moved(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if (table.name, column.name) not in _STAYS]


def row_counts(transaction: Transaction) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {
        table.name: transaction.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def contents(transaction: Transaction, part: Callable[[int], None] = lambda _rows: None) -> dict[str, Contents]:
    """Return of every table how many rows it has and what is in them, in whichever order they come."""
    found = {}
    for table in metadata.sorted_tables:
        counted = Contents()
        query = select(*_moved(table)).execution_options(yield_per=_AT_ONCE)
        for rows in transaction.execute(query).partitions(_AT_ONCE):
            counted = counted.plus(rows)
            part(len(rows))
        found[table.name] = counted
    return found


def copy_rows(source: Transaction, target: Transaction, progress: Progress = lambda _done, _of: None) -> dict[str, int]:
    """Write every row of ``source`` into ``target``, read all back, and return how many rows each table has.

    Rows go in the order of their keys, which are random where the order could tell something. Raises ValueError when
    the target is not empty, AssertionError when it holds anything else than the source afterwards.
    """
    if any(row_counts(target).values()):
        message = "the target is not empty"
        raise ValueError(message)
    done, of = 0, 2 * sum(row_counts(source).values())

    def on(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, of)

    wanted = {}
    for table in metadata.sorted_tables:
        query = select(*_moved(table)).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE)
        counted = Contents()
        for part in source.execute(query).partitions(_AT_ONCE):
            target.execute(insert(table), [dict(row._mapping) for row in part])  # noqa: SLF001 - SQLAlchemy's public name for it
            counted = counted.plus(part)
            on(len(part))
        wanted[table.name] = counted
    _go_on_counting(target)
    if contents(target, on) != wanted:
        message = "the copy holds something else than the study"
        raise AssertionError(message)
    return {name: counted.rows for name, counted in wanted.items()}


def hold_still(transaction: Transaction) -> None:
    """Let nobody else write until this transaction ends; to be said first in it. On a file it is so already."""
    if transaction.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        transaction.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        transaction.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def empty(transaction: Transaction) -> None:
    """Take every row out of a server's tables; their files go with them when the transaction ends (TRUNCATE)."""
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    transaction.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")


def _go_on_counting(transaction: Transaction) -> None:
    """Let the server number new cells behind those that were brought along; SQLite does so by itself."""
    if transaction.dialect.name == "postgresql":
        transaction.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('cell', 'id'), coalesce(max(id), 0) + 1, false) FROM cell"
        )
