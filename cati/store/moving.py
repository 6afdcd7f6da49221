"""Takes a whole study from one database into another, row by row, and counts both sides."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, insert, select

from cati.store.database import Database, Transaction
from cati.store.schema import metadata

_AT_ONCE = 2000


def row_counts(transaction: Transaction) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {
        table.name: transaction.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def copy_study(
    source: Database, target: Database, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> dict[str, int]:
    """Write every row of ``source`` into ``target``, whose tables are empty; return how many rows each table has.

    One transaction on each side: all of it is there afterwards, or nothing. Rows go in the order of their keys, which
    are random where the order could tell something. Raises ValueError when the target is not empty.
    """
    with source.reading() as reading, target.transaction(large=True) as writing:
        if any(row_counts(writing).values()):
            message = "the target is not empty"
            raise ValueError(message)
        wanted = row_counts(reading)
        done, of = 0, sum(wanted.values())
        for table in metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE)
            rows = reading.execute(query)
            for part in rows.mappings().partitions(_AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in part])
                done += len(part)
                progress(done, of)
        _go_on_counting(writing)
        found = row_counts(writing)
    if found != wanted:
        message = "the copy has not as many rows as the study"
        raise AssertionError(message)
    return found


def _go_on_counting(transaction: Transaction) -> None:
    """Let the server number new cells behind those that were brought along; SQLite does so by itself."""
    if transaction.dialect.name == "postgresql":
        transaction.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('cell', 'id'), coalesce(max(id), 0) + 1, false) FROM cell"
        )
