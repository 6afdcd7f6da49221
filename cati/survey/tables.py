"""Rows of the tables beside a form: picked by conditions, found by an index, read as a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cati.survey.functions import Value, as_boolean, as_text
from cati.survey.scope import Closure, Scope
from cati.survey.syntax import ROW_LAST, ROW_POSITION, Binary, Column, Node, Reference, TablePath, every
from cati.survey.values import is_number

Row = Mapping[str, str]
Rows = Callable[[Scope], Sequence[Row]]


class Around:
    """A scope that asks another one everything; what it reads otherwise is said by those that build on it."""

    __slots__ = ("_outer",)

    def __init__(self, outer: Scope) -> None:
        self._outer = outer

    def value(self, name: str) -> str:
        """Ask the scope around."""
        return self._outer.value(name)

    def nodes(self, name: str) -> tuple[str, ...]:
        """Ask the scope around."""
        return self._outer.nodes(name)

    def status(self, name: str) -> str:
        """Ask the scope around."""
        return self._outer.status(name)

    def label(self, name: str, choice: str) -> str:
        """Ask the scope around."""
        return self._outer.label(name, choice)

    def current(self) -> str:
        """Ask the scope around."""
        return self._outer.current()

    def column(self, name: str) -> str:
        """Ask the scope around."""
        return self._outer.column(name)

    def position(self, up: int) -> float:
        """Ask the scope around."""
        return self._outer.position(up)

    def position_of(self, name: str) -> float:
        """Ask the scope around."""
        return self._outer.position_of(name)

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        """Ask the scope around."""
        return self._outer.indexed(name, places)

    def each_member(self, roster: str) -> Iterator[Scope]:
        """Ask the scope around."""
        return self._outer.each_member(roster)

    def table(self, name: str) -> Sequence[Row]:
        """Ask the scope around."""
        return self._outer.table(name)

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Ask the scope around."""
        return self._outer.call(name, arguments)


class InRow(Around):
    """A scope in whose expressions a bare name is a column of ``row``, the ``at``-th (from 1) of ``last`` rows."""

    __slots__ = ("at", "last", "row")

    def __init__(self, outer: Scope, last: int) -> None:
        super().__init__(outer)
        self.row: Row = {}
        self.at = 0
        self.last = last

    def column(self, name: str) -> str:
        """Read a cell of the row, "" when the table has no such column."""
        if name == ROW_POSITION:
            return str(self.at)
        return str(self.last) if name == ROW_LAST else self.row.get(name, "")


class Finder:
    """The rows of a table by the text of one column, gone through once as long as the table stays the same."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: tuple[Sequence[Row], str, dict[str, list[Row]]] | None = None

    def rows(self, table: Sequence[Row], column: str, wanted: str) -> Sequence[Row]:
        """Return the rows whose cell in the column is the wanted text."""
        kept = self._kept
        if kept is None or kept[0] is not table or kept[1] != column:
            found: dict[str, list[Row]] = {}
            for row in table:
                found.setdefault(row.get(column, ""), []).append(row)
            self._kept = kept = (table, column, found)
        return kept[2].get(wanted, ())


def cells(node: TablePath, predicates: Sequence[Closure], value_of: Callable[[Node], Closure]) -> Callable[
    [Scope], Iterator[str]
]:  # fmt: skip
    """Return what yields the cells of a path, one a row; of a path that ends at the row, all its cells as one text."""
    picked, column = rows(node, predicates, value_of), node.column
    if not column:
        return lambda scope: ("".join(row.values()) for row in picked(scope))
    return lambda scope: (row[column] for row in picked(scope) if column in row)


def rows(node: TablePath, predicates: Sequence[Closure], value_of: Callable[[Node], Closure]) -> Rows:
    """Return what picks the rows of a path; a first condition ``column = something else`` is looked up."""
    table, steps = node.table, list(predicates)
    lookup = _lookup(node.predicates[0]) if node.predicates else None
    if lookup is None:
        picked: Rows = lambda scope: scope.table(table)  # noqa: E731 - one of two, both closures
    else:
        column, wanted = lookup[0], value_of(lookup[1])
        finder, full = Finder(), _filter(steps.pop(0))

        def picked(scope: Scope) -> Sequence[Row]:
            value = wanted(scope)
            listed = scope.table(table)
            if isinstance(value, float | bool):
                return full(scope, listed)
            found = finder.rows(listed, column, as_text(value))
            return found or (full(scope, listed) if _counts(scope, lookup[1], as_text(value)) else ())

    filters = [_filter(step) for step in steps]
    if not filters:
        return picked

    def run(scope: Scope) -> Sequence[Row]:
        found = picked(scope)
        for one in filters:
            found = one(scope, found)
        return found

    return run


def _counts(scope: Scope, node: Node, text: str) -> bool:
    """Return whether a value is a number, which a cell may hold written otherwise: 5 is found as 05 and as 5.0, too."""
    return isinstance(node, Reference) and is_number(text) and scope.call("type", [node.name]) == "number"


def _lookup(predicate: Node) -> tuple[str, Node] | None:
    """Return the column and the value of a condition that compares one column with what no row changes."""
    if not isinstance(predicate, Binary) or predicate.operator != "=":
        return None
    for one, other in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
        if (
            isinstance(one, Column)
            and one.name not in (ROW_POSITION, ROW_LAST)
            and not any(isinstance(part, Column) for part in every(other))
        ):
            return one.name, other
    return None


def _filter(predicate: Closure) -> Callable[[Scope, Sequence[Row]], Sequence[Row]]:
    """A predicate that comes to a number picks the row of that number; any other picks the rows where it holds."""

    def run(scope: Scope, found: Sequence[Row]) -> Sequence[Row]:
        inner = InRow(scope, len(found))
        kept: list[Row] = []
        for inner.at, inner.row in enumerate(found, 1):
            value = predicate(inner)
            if value == inner.at if isinstance(value, float) else as_boolean(value):
                kept.append(inner.row)
        return kept

    return run
