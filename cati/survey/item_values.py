"""What an item's text counts as: JavaRosa keeps values with their type, here the scope knows which are numbers."""

from __future__ import annotations

from cati.survey.nodes import Call, Current, Node, Reference
from cati.survey.scope import Scope
from cati.survey.values import answer_holds, as_number, as_text, is_number, same_number


def item_holds(scope: Scope, name: str, text: str) -> bool:
    """Return whether an item's value is true: 0 is false as a number, true as a choice or a free answer.

    Numbers are the answers to number questions and what was worked out as one (XPathPathExpr.unpackValue).
    """
    return answer_holds(text) and not (text == "0" and scope.call("counted", [name]) is True)


def oddly_written(text: str) -> bool:
    """Return whether a text is a number that an item's own text would not be written like, as "05" and "5.0"."""
    number = as_number(text)
    return is_number(text) and as_text(number) != text


def same_item(scope: Scope, nodes: tuple[Node, Node], this: str, that: str) -> bool:
    """Compare an item with a text: as numbers where the item's value is one, else as they are written (XPathEqExpr)."""
    if this == that:
        return True
    if not (is_number(this) and is_number(that) and same_number(as_number(this), as_number(that))):
        return False
    names = [
        node.name if isinstance(node, Reference) else "." for node in nodes if isinstance(node, Reference | Current)
    ]
    return any(scope.call("counted", [name]) is True for name in names)


def flags(node: Call) -> range:
    """Return which arguments of a function are wanted as conditions."""
    if node.name == "checklist":
        return range(2, len(node.arguments))
    return range(2, len(node.arguments), 2) if node.name == "weighted-checklist" else range(0)
