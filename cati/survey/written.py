"""A tree written out again as an expression, for parts that have no words."""

from __future__ import annotations

from cati.survey.nodes import (
    Binary,
    Call,
    Chain,
    Column,
    Current,
    Literal,
    Negative,
    Node,
    Reference,
    TablePath,
    Up,
)
from cati.survey.values import as_text

_LEVELS = {"or": 0, "and": 1, "=": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4}
_TIGHTEST = 9


def written(node: Node) -> str:  # noqa: C901, PLR0911 - one return a kind of node
    """Return the expression of a tree; reading it again gives the same tree but for the places."""
    match node:
        case Literal(value=value):
            return _quoted(value) if isinstance(value, str) else as_text(value)
        case Reference(name=name):
            return f"${{{name}}}"
        case Current():
            return "."
        case Column(name=name):
            return name
        case Up(levels=levels):
            return "/".join([".."] * levels)
        case Call():
            return f"{node.name}({', '.join(written(argument) for argument in node.arguments)})"
        case Binary():
            level = _level(node)
            return f"{_within(node.left, level)} {node.operator} {_within(node.right, level + 1)}"
        case Chain():
            level = _level(node)
            parts = [_within(part, level + 1) for part in node.parts]
            rest = (f" {sign} {part}" for sign, part in zip(node.operators, parts[1:], strict=True))
            return parts[0] + "".join(rest)
        case Negative(inner=inner):
            return f"-{_within(inner, _TIGHTEST - 1)}"
        case TablePath():
            conditions = "".join(f"[{written(predicate)}]" for predicate in node.predicates)
            column = f"/{node.column}" if node.column else ""
            return f"instance({_quoted(node.table)})/root/item{conditions}{column}"


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def _level(node: Node) -> int:
    match node:
        case Binary(operator=operator):
            return _LEVELS.get(operator, 5)
        case Chain(operators=operators):
            return _LEVELS[operators[0]]
        case Negative():
            return _TIGHTEST - 1
        case _:
            return _TIGHTEST


def _within(node: Node, level: int) -> str:
    text = written(node)
    return f"({text})" if _level(node) < level else text
