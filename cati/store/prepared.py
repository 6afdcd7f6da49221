"""Statements of SQLAlchemy compiled once, for the few that run several times behind every key press."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import JSON, ColumnElement, Connection, Select, String, bindparam, func, literal_column, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine.interfaces import DBAPICursor, Dialect

from cati.store.database import by_functions

Values = dict[str, object]
_AT_ONCE = 5000
MOST_LISTED = 32
"""So many ids go into one statement of `for_each`; it also tells a server's planner how few they are."""


class Prepared:
    """A statement that goes to the driver without being looked at again: 3 µs of ours instead of 60.

    Only for columns whose values the driver takes and gives as they are (text, integers, bytes). ``others``: the
    statement as it is said to another kind of database, by its name, or by a "member" there
    (`cati.store.database.by_functions`).
    """

    def __init__(self, statement: Any, **others: Any) -> None:
        self._statement = statement
        self._others = others
        self._compiled: dict[str, tuple[str, tuple[str, ...], Values]] = {}

    def _for(self, transaction: Connection) -> tuple[str, tuple[str, ...], Values]:
        dialect = transaction.dialect
        kind = "member" if "member" in self._others and by_functions(transaction) else dialect.name
        found = self._compiled.get(kind)
        if found is None:
            found = _compile(self._others.get(kind, self._statement), dialect)
            self._compiled[kind] = found
        return found

    def run(self, transaction: Connection, values: Values) -> DBAPICursor:
        """Give the statement to the driver; what it brings is still to be fetched."""
        sql, names, fixed = self._for(transaction)
        cursor = transaction.connection.cursor()
        given = {**fixed, **values} if fixed else values
        cursor.execute(sql, tuple(given[name] for name in names))
        return cursor

    def rows(self, transaction: Connection, **values: object) -> Sequence[tuple[Any, ...]]:
        """Return all rows."""
        return self.run(transaction, values).fetchall()

    def each(self, transaction: Connection, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, a few thousand in memory at a time."""
        cursor = self.run(transaction, values)
        while found := cursor.fetchmany(_AT_ONCE):
            yield from found

    def first(self, transaction: Connection, **values: object) -> tuple[Any, ...] | None:
        """Return the first row, None when there is none."""
        found: tuple[Any, ...] | None = self.run(transaction, values).fetchone()
        return found

    def act(self, transaction: Connection, **values: object) -> int:
        """Change something and return how many rows were."""
        return int(self.run(transaction, values).rowcount)

    def act_on_all(self, transaction: Connection, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Change or write many rows in one go; each row holds the values of ``names`` in that order."""
        sql, wanted, fixed = self._for(transaction)
        if tuple(names) != wanted:
            places = [(None, fixed[name]) if name in fixed else (names.index(name), None) for name in wanted]
            rows = ([value if at is None else row[at] for at, value in places] for row in rows)
        transaction.connection.cursor().executemany(sql, cast("Any", rows))  # the driver takes any iterable


def _compile(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...], Values]:
    """Return the text, the names of its values in their order, and those that the statement brings along."""
    if not dialect.positional:  # psycopg takes values by name or by place; ours go by place
        dialect = type(dialect)(paramstyle="format")  # type: ignore[call-arg]  # every dialect takes it
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(compiled.positiontup or ())
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    needed = {name for name, bind in compiled.binds.items() if bind.required}
    return str(compiled), names, {name: fixed.get(name) for name in names if name not in needed}


def for_each(statement: Callable[[Select[Any]], Any]) -> Prepared:
    """Return a statement about a list of ids, made from the query that yields them; ``ids`` is what `listed` returns.

    The statement stays the same however many there are.
    """
    ids = bindparam("ids", type_=String)
    on_file = func.json_each(ids).table_valued("value", name="wanted")
    on_server = func.json_array_elements_text(sql_cast(ids, JSON)).table_valued("value", name="wanted")
    few: ColumnElement[int] = literal_column(str(MOST_LISTED))
    return Prepared(statement(select(on_file.c.value)), postgresql=statement(select(on_server.c.value).limit(few)))


def listed(ids: Sequence[str]) -> str:
    """Return ids as one value for a statement of `for_each`."""
    if len(ids) > MOST_LISTED:
        raise ValueError(len(ids))
    return json.dumps(list(ids))
