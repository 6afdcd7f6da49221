"""The nodes of an expression's tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text as it is written."""

    value: str | float
    at: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An item of the form: ``${name}``, ``../name``, ``./name``, ``current()/../name``, ``/data/group/name``."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Current:
    """The value at hand: ``.`` or ``current()/.``."""

    at: int


@dataclass(frozen=True, slots=True)
class Column:
    """A bare name: a column of the choice being filtered or, inside a predicate, of the table's row."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Up:
    """A place around this one: ``..`` is 1 level up, ``../..`` 2; only position() asks for it."""

    levels: int
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and ``= != < <= > >= * div mod`` between them; ``at`` is the operator's place."""

    operator: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts on one level joined by ``or``, by ``and``, or by ``+`` and ``-``: ``operators[n]`` stands before part n+1.

    A chain is flat because forms hold some of several hundred parts.
    """

    operators: tuple[str, ...]
    parts: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    """A part with a minus sign before it."""

    inner: Node
    at: int


@dataclass(frozen=True, slots=True)
class TablePath:
    """Rows of a table and one of their columns ("" for the row itself): ``instance('x')/root/item[…]/column``."""

    table: str
    predicates: tuple[Node, ...]
    column: str
    at: int


Node = Literal | Reference | Current | Column | Up | Call | Binary | Chain | Negative | TablePath

ROW_POSITION, ROW_LAST = "position()", "last()"
"""Columns by which a predicate sees the number of its row, and of all rows; no real column is called so."""


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts a node is made of, in the order they are written."""
    match node:
        case Call():
            return node.arguments
        case Binary():
            return (node.left, node.right)
        case Chain():
            return node.parts
        case Negative():
            return (node.inner,)
        case TablePath():
            return node.predicates
        case _:
            return ()


def every(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes below it, in the order they are written."""
    yield node
    for part in children(node):
        yield from every(part)


_NAME_IN_TEXT = re.compile(r"\$\{\s*([^{}]+?)\s*\}")


def named_in_text(node: Node) -> str | None:
    """Return the name in a text like '${q1}', as jr:choice-name has it for its second argument; None for others."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        found = _NAME_IN_TEXT.fullmatch(node.value.strip())
        if found:
            return found[1]
        name = node.value.strip().rpartition("/")[2]
        return name if name != node.value.strip() else None
    return None
