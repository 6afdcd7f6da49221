"""Answers that bring a condition about: worked back from what it compares, through calculations, to the questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from cati.survey.candidates import ANYTHING, MIRRORED, OPPOSITE, Wish, reckoned, wish_of
from cati.survey.nodes import Binary, Call, Chain, Column, Current, Negative, Node, Reference, TablePath
from cati.survey.placing import DEEPEST, TRIES, Placing, Where, asks
from cati.survey.steering_functions import TRUTHS, among, bring_function, give_function
from cati.survey.values import as_number, as_text, divide

_TIMES = (0, 1, 2, 3, 7, 20, 50, 100, 300, 1_000)
"""So often a divisor is added to a remainder that is wanted."""


class Steering(Placing):
    """Changes answers of a simulated interview until a condition holds.

    ``bring`` makes a condition true or false, ``give`` makes an expression come to a value, ``open`` puts a question on
    the path. All tell whether it came about.
    """

    # Conditions

    def bring(self, node: Node, wanted: bool, where: Where, depth: int = 0) -> bool:
        """Make a condition true, or false."""
        self.thoughts += 1
        if self.truth(node, where) == wanted:
            return True
        if depth > DEEPEST or self.spent() or not asks(node):
            return False
        match node:
            case Chain(operators=("or" | "and", *_)):
                self._chain(node, wanted, where, depth)
            case Call(name="not" | "boolean", arguments=(inner,)):
                self.bring(inner, wanted == (node.name == "boolean"), where, depth + 1)
            case Call(name="if", arguments=(condition, one, other)):
                any(
                    self.bring(condition, yes, where, depth + 1) and self.bring(branch, wanted, where, depth + 1)
                    for yes, branch in self.shuffled([(True, one), (False, other)])
                )
            case Binary(operator="=" | "!=" | "<" | "<=" | ">" | ">="):
                self._compare(node, wanted, where, depth)
            case Call() if node.name in TRUTHS:
                bring_function(self, node, wanted, where, depth)
            case _:
                self.give(node, Wish(("1", "true") if wanted else ("0", ""), lambda text: _true(text) == wanted), where,
                          depth + 1)  # fmt: skip
        return self.truth(node, where) == wanted or self.stir(node, where, lambda: self.truth(node, where) == wanted)

    def _chain(self, node: Chain, wanted: bool, where: Where, depth: int) -> None:
        if (node.operators[0] == "and") == wanted:
            before = len(self.kept)
            for _ in range(2):  # a later part may undo an earlier one
                if not all(self.hold(part, where, depth, wanted=wanted) for part in node.parts):
                    break
                if self.truth(node, where) == wanted:
                    break
            del self.kept[before:]
            return
        parts = [part for part in node.parts if asks(part)]
        for part in self.shuffled(parts)[:TRIES]:
            if self.bring(part, wanted, where, depth + 1):
                return

    def _compare(self, node: Binary, wanted: bool, where: Where, depth: int) -> None:
        operator = node.operator if wanted else OPPOSITE[node.operator]
        sides = [(node.left, node.right, operator), (node.right, node.left, MIRRORED[operator])]
        for one, other, said in self.shuffled([side for side in sides if asks(side[0])]):
            for _ in range(2):
                if asks(other) and not self.text(other, where) and said not in ("=", "!="):
                    self.give(other, ANYTHING, where, depth + 1)
                text = self.text(other, where)
                self.give(one, wish_of(said, "" if text == "NaN" else text), where, depth + 1)
                if self.truth(node, where) == wanted or self.spent():
                    return
                if not asks(other):
                    break

    # Values

    def give(self, node: Node, wish: Wish, where: Where, depth: int = 0) -> bool:
        """Make an expression come to a value that is wished for."""
        self.thoughts += 1
        if wish.holds(self.text(node, where)):
            return True
        if depth > DEEPEST or self.spent() or not asks(node):
            return False
        match node:
            case Reference() | Current():
                return self._named(node, wish, where, depth)
            case Negative(inner=inner):
                self.give(inner, reckoned(wish, lambda n: (-n,), lambda n: -n), where, depth + 1)
            case Chain(operators=("+" | "-", *_)):
                self._sum(node, wish, where, depth)
            case Binary(operator="*" | "div" | "mod"):
                self._product(node, wish, where, depth)
            case TablePath():
                self._row(node, wish, where, depth)
            case Call() if node.name not in TRUTHS:
                give_function(self, node, wish, where, depth)
            case Chain() | Binary() | Call():
                self._as_truth(node, wish, where, depth)
        done = wish.holds(self.text(node, where))
        return done or self.stir(node, where, lambda: wish.holds(self.text(node, where)))

    def _named(self, node: Reference | Current, wish: Wish, where: Where, depth: int) -> bool:
        if isinstance(node, Reference):
            return self.item(node.name, wish, where, depth + 1)
        self.wanted += wish.values
        return False

    def _as_truth(self, node: Node, wish: Wish, where: Where, depth: int) -> None:
        for wanted in (True, False):
            if wish.holds(as_text(wanted)) or wish.holds("1" if wanted else "0"):
                self.bring(node, wanted, where, depth + 1)
                return

    def _sum(self, node: Chain, wish: Wish, where: Where, depth: int) -> None:
        signs = [1.0, *(1.0 if sign == "+" else -1.0 for sign in node.operators)]
        parts = list(zip(signs, node.parts, strict=True))
        for _sign, part in parts:
            if asks(part) and not math.isfinite(as_number(self.value(part, where))):
                self.give(part, Wish((), lambda text: math.isfinite(as_number(text))), where, depth + 1)
        for sign, part in self.shuffled([one for one in parts if asks(one[1])]):
            rest = as_number(self.value(node, where)) - sign * as_number(self.value(part, where))
            if math.isfinite(rest) and self.give(part, _beside(wish, sign, rest), where, depth + 1):
                return

    def _product(self, node: Binary, wish: Wish, where: Where, depth: int) -> None:
        sides = self.shuffled([side for side in (0, 1) if asks((node.left, node.right)[side])])
        for side in sides:
            one, other = (node.left, node.right) if side == 0 else (node.right, node.left)
            if asks(other) and not math.isfinite(as_number(self.value(other, where))):
                self.give(other, Wish((), lambda text: as_number(text) > 0), where, depth + 1)
            k = as_number(self.value(other, where))
            if not math.isfinite(k):
                continue
            back, forth = _reversed(node.operator, side, k)
            if self.give(one, reckoned(wish, back, forth), where, depth + 1):
                return

    def _row(self, node: TablePath, wish: Wish, where: Where, depth: int) -> None:
        rows = [row for row in self.walk.state.scope.table(node.table) if wish.holds(row.get(node.column, ""))]
        for predicate in node.predicates:
            match predicate:
                case (
                    Binary(operator="=", left=Column(name=name), right=asked)
                    | Binary(operator="=", left=asked, right=Column(name=name))
                ):
                    among(self, asked, [row.get(name, "") for row in rows], where, depth)
                case _:
                    continue


def _beside(wish: Wish, sign: float, rest: float) -> Wish:
    """Return what is wished for of one part of a sum; ``rest`` is what the others come to."""
    return reckoned(wish, lambda n: (sign * (n - rest),), lambda n: rest + sign * n)


def _true(text: str) -> bool:
    return text not in ("", "false", "0", "NaN")


def _reversed(
    operator: str, side: int, k: float
) -> tuple[Callable[[float], Sequence[float]], Callable[[float], float]]:
    """Return how a product is undone for one of its sides, the other being ``k``, and how it is worked out."""
    if operator == "*":
        return lambda n: (divide(n, k),), lambda n: n * k
    if operator == "div":
        if side == 0:
            return lambda n: (n * k, n * k + k / 2), lambda n: divide(n, k)
        return lambda n: (divide(k, n),), lambda n: divide(k, n)
    if side == 0:
        return lambda n: tuple(n + k * times for times in _TIMES), lambda n: math.fmod(n, k) if k else math.nan
    return lambda n: tuple((k - n) / times for times in (1, 2, 3)), lambda n: math.fmod(k, n) if n else math.nan
