"""The ODK expression dialect: read, checked and compiled; errors name the place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from cati.survey import functions
from cati.survey.closures import truth_of, typed_of, value_of
from cati.survey.functions import as_number, as_text
from cati.survey.scope import Closure, Scope, Truth
from cati.survey.syntax import Call, Current, Literal, Node, Reference, Up, every, named_in_text, parse
from cati.survey.tokens import ExpressionProblem
from cati.text import tr

__all__ = ["Closure", "Expression", "ExpressionProblem", "Scope", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: its tree, what it refers to, and the closure that works it out."""

    source: str
    node: Node = field(repr=False)
    references: tuple[str, ...]
    calls: tuple[str, ...]
    run: Closure = field(repr=False)
    boolean: Truth = field(repr=False)
    """Whether the expression holds in a scope, in XPath's sense."""
    typed: Closure = field(repr=False)
    """The same as ``run``, but an item that it merely hands on keeps its type (`item_values.as_typed`)."""

    def text(self, scope: Scope) -> str:
        """Return the value as canonical text."""
        return as_text(self.run(scope))

    def number(self, scope: Scope) -> float:
        """Return the value as a number, NaN when it is none."""
        return as_number(self.run(scope))


@lru_cache(maxsize=20_000)
def compile_expression(source: str) -> Expression:
    """Compile an expression; raises `ExpressionProblem`. Smart quotes and long dashes are taken as meant."""
    node = parse(source)
    references: dict[str, None] = {}
    calls: dict[str, None] = {}
    places = {id(part.arguments[0]) for part in every(node) if isinstance(part, Call) and part.name == "position"
              and part.arguments}  # fmt: skip
    for part in every(node):
        if isinstance(part, Reference):
            references[part.name] = None
        elif isinstance(part, Call):
            calls[part.name] = None
            _check(source, part)
            named = named_in_text(part.arguments[1]) if part.name in functions.LABELS and part.arguments[1:] else None
            if named:
                references[named] = None
        elif isinstance(part, Up) and id(part) not in places:
            raise ExpressionProblem(
                source, part.at, tr("“..” alone is not understood here."),
                tr("Write position(..) for the number in the roster, ../name for a question."), code="outside",
            )  # fmt: skip
    return Expression(source, node, tuple(references), tuple(calls), value_of(node), truth_of(node), typed_of(node))


def _check(source: str, call: Call) -> None:
    """Raise `ExpressionProblem` for an unknown function, too few or many arguments, or no question."""
    name, arguments = call.name, call.arguments
    found = functions.LIBRARY.get(name)
    if found is None:
        what = tr("The function {name}() is not known.", name=name)
        raise ExpressionProblem(source, call.at, what, functions.advice_for(name), code="unknown_function")
    if asks_a_device(call):
        return
    if len(arguments) < found.least or (found.most is not None and len(arguments) > found.most):
        n = _span(found.least, found.most)
        what = tr("{name}() takes {n} arguments, not {m}.", name=name, n=n, m=len(arguments))
        raise ExpressionProblem(source, call.at, what)
    for argument, wanted in zip(arguments, found.asks, strict=False):
        if wanted == "item" and not isinstance(argument, Reference | Current):
            raise ExpressionProblem(
                source, argument.at, tr("{name}() asks for a question, as in {name}(${{q1}}).", name=name)
            )


def asks_a_device(call: Call) -> bool:
    """Tell whether pulldata() asks the device itself, as in ArcGIS Survey123: ``pulldata("@geopoint", …)``."""
    first = call.arguments[0] if call.name == "pulldata" and call.arguments else None
    return isinstance(first, Literal) and as_text(first.value).startswith("@")


def _span(least: int, most: int | None) -> str:
    if most is None:
        return tr("at least {n}", n=least)
    return str(least) if least == most else tr("{n} to {m}", n=least, m=most)
