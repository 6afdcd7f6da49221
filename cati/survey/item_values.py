"""What an item's text counts as: JavaRosa keeps values with their type, here the scope knows which are numbers."""

from __future__ import annotations

from cati.survey.nodes import Call, Current, Node, Reference
from cati.survey.scope import Scope
from cati.survey.values import Value, as_number, as_text, is_number, same_number

TRUTHS = frozenset({"true", "false"})
"""What a condition that was worked out is kept as."""


def item_holds(scope: Scope, name: str, text: str) -> bool:
    """Return whether an item's value is true: 0 is false as a number, true as a choice or a free answer.

    Numbers are the answers to number questions and what was worked out as one (XPathPathExpr.unpackValue); so "false"
    is a condition that was worked out, and a mere word where somebody chose or typed it.
    """
    if text == "0":
        return scope.call("type", [name]) != "number"
    return text != "" and (text != "false" or scope.call("type", [name]) == "text")


def oddly_written(text: str) -> bool:
    """Return whether a text is a number that an item's own text would not be written like, as "05" and "5.0"."""
    number = as_number(text)
    return is_number(text) and as_text(number) != text


def same_item(scope: Scope, nodes: tuple[Node, Node], this: str, that: str) -> bool:
    """Compare an item with a text: as numbers or as conditions where its value is one, else as written (XPathEqExpr).

    A condition that was worked out equals every text but "", or only "" when it does not hold; the words "true" and
    "false" are taken as meant, as Web Forms does, where JavaRosa takes both for true.
    """
    if this == that:
        return True
    truths = this in TRUTHS, that in TRUTHS
    numbers = is_number(this) and is_number(that) and same_number(as_number(this), as_number(that))
    if truths[0] == truths[1] and not numbers:
        return False
    for node, text, other in zip(nodes, (this, that), (that, this), strict=True):
        if isinstance(node, Reference | Current):
            kind = scope.call("type", [node.name if isinstance(node, Reference) else "."])
            if (numbers and kind == "number") or (kind == "boolean" and (text == "true") == (other != "")):
                return True
    return False


def flags(node: Call) -> range:
    """Return which arguments of a function are wanted as conditions."""
    if node.name == "checklist":
        return range(2, len(node.arguments))
    return range(2, len(node.arguments), 2) if node.name == "weighted-checklist" else range(0)


def as_typed(scope: Scope, name: str, text: str) -> Value:
    """Return an item's value with its type: a number or a truth where it is one, else its text."""
    kind = scope.call("type", [name]) if text else ""
    if kind == "boolean":
        return text == "true"
    return as_number(text) if kind == "number" else text
