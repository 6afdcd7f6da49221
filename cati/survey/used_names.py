"""How an expression uses the names in it: one answer, all members' answers, or one member's by number."""

from __future__ import annotations

from collections.abc import Iterator

from cati.survey.functions import LIBRARY
from cati.survey.nodes import Call, Node, Reference, children

_BY_MEMBER = frozenset({"count-if", "where", "sum-if", "min-if", "max-if", "join-if", "rank-index-if"})
"""Functions that go through the members of a roster by themselves."""
ONE, SET, INDEXED = "one", "set", "indexed"


def used_names(node: Node) -> Iterator[tuple[str, str]]:
    """Yield each name and its use: `ONE` answer, the `SET` of all members' answers, `INDEXED` for a member's."""
    if isinstance(node, Reference):
        yield node.name, ONE
    elif isinstance(node, Call):
        yield from _in_call(node)
    else:
        for part in children(node):
            yield from used_names(part)


def _in_call(node: Call) -> Iterator[tuple[str, str]]:
    if node.name == "indexed-repeat":
        yield from ((one.name, INDEXED) for one in node.arguments[:1] if isinstance(one, Reference))
        for number in node.arguments[2::2]:
            yield from used_names(number)
    elif node.name in _BY_MEMBER:
        for argument in node.arguments:
            yield from ((name, SET) for name, _use in used_names(argument))
    else:
        known = LIBRARY.get(node.name)
        on_sets = node.name == "relevant" or (known is not None and known.nodes)
        for argument in node.arguments:
            if on_sets and isinstance(argument, Reference):
                yield argument.name, SET
            else:
                yield from used_names(argument)
