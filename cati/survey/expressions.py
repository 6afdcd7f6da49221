"""The ODK expression dialect, path-free core: parsed, checked, compiled to closures; errors name the place."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from cati.survey import functions
from cati.survey.functions import Value, as_boolean, as_number, as_text
from cati.survey.tokens import STRAIGHT, WORD_OPERATORS, ExpressionProblem, Token, tokens
from cati.text import tr


class Scope(Protocol):
    """What an expression may ask while it is worked out."""

    def value(self, name: str) -> str:
        """Return the canonical text of an item, "" when it has no answer or is off the path."""

    def status(self, name: str) -> str:
        """Return the item's status ("answered", "dk", "refused", "skipped", "not_asked", "off_path")."""

    def label(self, name: str, choice: str) -> str:
        """Return the label of a choice of an item, in the language of the interview."""

    def current(self) -> str:
        """Return the value that ``.`` stands for."""

    def column(self, name: str) -> str:
        """Return a column of the choice being filtered, "" outside a choice filter."""

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Answer what needs the clock or chance of the interview: today, now, random, once, pulldata, uuid."""


__all__ = ["Closure", "Expression", "ExpressionProblem", "Scope", "compile_expression"]

Closure = Callable[[Scope], Value]

MOST_NESTED = 60
MOST_TOKENS = 5_000
"""Far beyond any form, well below Python's own limits."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: what it refers to, and the closure that works it out."""

    source: str
    references: tuple[str, ...]
    calls: tuple[str, ...]
    run: Closure = field(repr=False)

    def boolean(self, scope: Scope) -> bool:
        """Return whether the expression holds, in XPath's sense."""
        return as_boolean(self.run(scope))

    def text(self, scope: Scope) -> str:
        """Return the value as canonical text."""
        return as_text(self.run(scope))


@lru_cache(maxsize=20_000)
def compile_expression(source: str) -> Expression:
    """Compile an expression; raises `ExpressionProblem`. Smart quotes and long dashes are taken as meant."""
    try:
        return _Parser(source.translate(STRAIGHT)).whole()
    except RecursionError as error:
        raise ExpressionProblem(source, 0, tr("The expression is nested too deeply.")) from error


class _Parser:
    """Recursive descent over XPath 1.0's operators, lowest first; builds one closure a node."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = list(tokens(source))
        self.at = 0
        self.depth = 0
        self.references: dict[str, None] = {}
        self.calls: dict[str, None] = {}

    def whole(self) -> Expression:
        run = self._or()
        if self._peek().kind != "end":
            raise self._unexpected()
        return Expression(self.source, tuple(self.references), tuple(self.calls), run)

    def _peek(self) -> Token:
        return self.tokens[self.at]

    def _take(self, *texts: str) -> Token | None:
        token = self.tokens[self.at]
        if token.text in texts and token.kind in ("op", "name"):
            self.at += 1
            return token
        return None

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            raise ExpressionProblem(self.source, self._peek().at, tr("“{sign}” is missing here.", sign=text))

    def _unexpected(self) -> ExpressionProblem:
        token = self._peek()
        if token.kind == "end":
            return ExpressionProblem(self.source, token.at, tr("The expression stops too early."))
        return ExpressionProblem(self.source, token.at, tr("“{sign}” is not understood here.", sign=token.text))

    def _or(self) -> Closure:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else _any(parts)

    def _and(self) -> Closure:
        parts = [self._equality()]
        while self._take("and"):
            parts.append(self._equality())
        return parts[0] if len(parts) == 1 else _all(parts)

    def _equality(self) -> Closure:
        left = self._relational()
        links = 0
        while (sign := self._take("=", "!=")) is not None:
            links = self._linked(links)
            left = _equal(left, self._relational(), negate=sign.text == "!=")
        return left

    def _relational(self) -> Closure:
        left = self._additive()
        links = 0
        while (sign := self._take("<", "<=", ">", ">=")) is not None:
            links = self._linked(links)
            left = _ordered(sign.text, left, self._additive())
        return left

    def _additive(self) -> Closure:
        first = self._multiplicative()
        rest: list[tuple[str, Closure]] = []
        while (sign := self._take("+", "-")) is not None:
            rest.append((sign.text, self._multiplicative()))
        return _added(first, rest) if rest else first

    def _multiplicative(self) -> Closure:
        left = self._unary()
        links = 0
        while (sign := self._take("*", "div", "mod")) is not None:
            links = self._linked(links)
            left = _arithmetic(sign.text, left, self._unary())
        return left

    def _linked(self, links: int) -> int:
        """Count the links of a chain whose closures nest."""
        if links >= MOST_NESTED:
            raise ExpressionProblem(self.source, self._peek().at, tr("The expression is nested too deeply."))
        return links + 1

    def _unary(self) -> Closure:
        self.depth += 1
        if self.depth > MOST_NESTED or len(self.tokens) > MOST_TOKENS:
            raise ExpressionProblem(self.source, self._peek().at, tr("The expression is nested too deeply."))
        try:
            if self._take("-"):
                inner = self._unary()
                return lambda scope: -as_number(inner(scope))
            return self._primary()
        finally:
            self.depth -= 1

    def _primary(self) -> Closure:
        token = self._peek()
        if token.kind == "op" and token.text == "(":
            self.at += 1
            inner = self._or()
            self._expect(")")
            return inner
        if token.kind == "number":
            self.at += 1
            number = float(token.text)
            return lambda _scope: number
        if token.kind == "string":
            self.at += 1
            text = token.text[1:-1]
            return lambda _scope: text
        if token.kind == "ref":
            self.at += 1
            name = token.text
            self.references[name] = None
            return lambda scope: scope.value(name)
        if token.kind == "dots":
            return self._dots(token)
        if token.kind == "name":
            return self._name(token)
        raise self._unexpected()

    def _dots(self, token: Token) -> Closure:
        """``.`` is the value at hand; ``../name`` and ``./name`` are the item of that name nearby."""
        self.at += 1
        if self._take("/"):
            name = self._peek()
            if name.kind != "name":
                if name.kind == "dots":
                    return self._dots(name)
                raise self._unexpected()
            self.at += 1
            self.references[name.text] = None
            return lambda scope: scope.value(name.text)
        if token.text == "..":
            if self.tokens[self.at].text == ")":  # position(..)
                return lambda _scope: ".."
            raise self._unexpected()
        return lambda scope: scope.current()

    def _name(self, token: Token) -> Closure:
        self.at += 1
        if self._take("("):
            arguments: list[Closure] = []
            first = self._peek()
            if not self._take(")"):
                arguments.append(self._or())
                while self._take(","):
                    arguments.append(self._or())
                self._expect(")")
            return self._call(token, first, arguments)
        if token.text in WORD_OPERATORS:
            raise ExpressionProblem(self.source, token.at, tr("“{sign}” is not understood here.", sign=token.text))
        name = token.text
        return lambda scope: scope.column(name)

    def _call(self, token: Token, first: Token, arguments: list[Closure]) -> Closure:
        name = token.text
        self.calls[name] = None
        if name == "if":
            self._count(token, arguments, 3, 3)
            return _choose(*arguments)
        if name == "coalesce":
            return _first_filled(arguments)
        if name in ("is_dk", "is_refused", "is_skipped", "answered"):
            self._count(token, arguments, 1, 1)
            if first.kind not in ("ref", "dots"):
                raise ExpressionProblem(
                    self.source, first.at, tr("{name}() asks for a question, as in {name}(${{q1}}).", name=name)
                )
            return _status_of(name, first.text)
        if name in ("label", "jr:choice-name", "choice-label"):
            return self._label(token, first, arguments)
        found = functions.LIBRARY.get(name)
        if found is None:
            advice = functions.advice_for(name)
            raise ExpressionProblem(self.source, token.at, tr("The function {name}() is not known.", name=name), advice)
        self._count(token, arguments, found.least, found.most)
        if found.run is None:
            return lambda scope: scope.call(name, [argument(scope) for argument in arguments])
        return _called(found.run, arguments)

    def _count(self, token: Token, arguments: list[Closure], least: int, most: int | None) -> None:
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise ExpressionProblem(
                self.source,
                token.at,
                tr("{name}() takes {n} arguments, not {m}.", name=token.text, n=_span(least, most), m=len(arguments)),
            )

    def _label(self, token: Token, first: Token, arguments: list[Closure]) -> Closure:
        """label(${q}), jr:choice-name(value, '${q}'): the words of the chosen answer."""
        self._count(token, arguments, 1, 2)
        if token.text == "jr:choice-name" and len(arguments) == 2:  # noqa: PLR2004 - value and question
            value, question = arguments
            return lambda scope: scope.label(
                as_text(question(scope)).strip().removeprefix("${").removesuffix("}"), as_text(value(scope))
            )
        value = arguments[0]
        name = first.text
        return lambda scope: scope.label(name, as_text(value(scope)))


def _called(run: Callable[..., Value], arguments: list[Closure]) -> Closure:
    """A function on numbers beyond all bounds gives "no number": an answer must never stop an interview."""

    def called(scope: Scope) -> Value:
        try:
            return run(*[argument(scope) for argument in arguments])
        except (ArithmeticError, ValueError):
            return math.nan

    return called


def _span(least: int, most: int | None) -> str:
    if most is None:
        return tr("at least {n}", n=least)
    return str(least) if least == most else tr("{n} to {m}", n=least, m=most)


def _any(parts: list[Closure]) -> Closure:
    """All parts of an or-chain at one level: chains of hundreds must not nest closures."""
    return lambda scope: any(as_boolean(part(scope)) for part in parts)


def _all(parts: list[Closure]) -> Closure:
    return lambda scope: all(as_boolean(part(scope)) for part in parts)


def _added(first: Closure, rest: list[tuple[str, Closure]]) -> Closure:
    def run(scope: Scope) -> float:
        total = as_number(first(scope))
        for sign, part in rest:
            number = as_number(part(scope))
            total = total + number if sign == "+" else total - number
        return total

    return run


def _equal(left: Closure, right: Closure, *, negate: bool) -> Closure:
    """XPath 1.0 §3.4: booleans first, then numbers, else texts; a text that is no number equals no number."""

    def run(scope: Scope) -> bool:
        one, two = left(scope), right(scope)
        if isinstance(one, bool) or isinstance(two, bool):
            same = as_boolean(one) == as_boolean(two)
        elif isinstance(one, float) or isinstance(two, float):
            same = as_number(one) == as_number(two)
        else:
            same = one == two
        return same != negate

    return run


def _ordered(sign: str, left: Closure, right: Closure) -> Closure:
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[sign]
    return lambda scope: compare(as_number(left(scope)), as_number(right(scope)))


def _arithmetic(sign: str, left: Closure, right: Closure) -> Closure:
    if sign == "*":
        return lambda scope: as_number(left(scope)) * as_number(right(scope))
    quotient = functions.divide if sign == "div" else functions.remainder
    return lambda scope: quotient(as_number(left(scope)), as_number(right(scope)))


def _choose(condition: Closure, then: Closure, otherwise: Closure) -> Closure:
    return lambda scope: then(scope) if as_boolean(condition(scope)) else otherwise(scope)


def _first_filled(arguments: list[Closure]) -> Closure:
    def run(scope: Scope) -> Value:
        for argument in arguments:
            value = argument(scope)
            if as_text(value) != "" and not (isinstance(value, float) and math.isnan(value)):
                return value
        return ""

    return run


def _status_of(name: str, item: str) -> Closure:
    wanted = {"is_dk": "dk", "is_refused": "refused", "is_skipped": "skipped", "answered": "answered"}[name]
    return lambda scope: scope.status(item) == wanted
