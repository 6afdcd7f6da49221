"""An expression as a tree: XPath 1.0's operators over the names of a form, without the paths that lead elsewhere."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from cati.survey.nodes import (
    ROW_LAST,
    ROW_POSITION,
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
    children,
    every,
    named_in_text,
)
from cati.survey.tokens import STRAIGHT, WORD_OPERATORS, ExpressionProblem, Token, advice, tokens
from cati.text import tr

__all__ = [
    "ROW_LAST", "ROW_POSITION", "Binary", "Call", "Chain", "Column", "Current", "Literal", "Negative", "Node",
    "Reference", "TablePath", "Up", "children", "every", "named_in_text", "parse",
]  # fmt: skip

MOST_NESTED = 110
MOST_TOKENS = 5_000
"""Far beyond any form, well below Python's own limits."""
_LEVELS = {
    "or": 0, "and": 1, "=": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "div": 5, "mod": 5,
}  # fmt: skip
_FLAT = frozenset({0, 1, 4})
"""The levels whose parts stay side by side in a `Chain`: forms hold some of several hundred parts."""
_BEFORE_A_STEP = frozenset({"/", "//", "::", "@", "[", "|"})
_NODE_TESTS = frozenset({"node", "text", "comment", "processing-instruction"})


def parse(source: str) -> Node:
    """Return the tree of an expression; raises `ExpressionProblem`.

    Quotes and dashes as word processors set them are taken as meant, even where only one of a pair was changed.
    """
    try:
        return _parsed(source)
    except ExpressionProblem as problem:
        plain = source.translate(STRAIGHT)
        if plain == source:
            raise
        try:
            return _parsed(plain)
        except ExpressionProblem:
            raise problem from None


@lru_cache(maxsize=20_000)
def _parsed(source: str) -> Node:
    return _Parser(source).whole()


class _Parser:
    """Recursive descent over XPath 1.0's operators, lowest first."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = list(tokens(source))
        self.at = 0
        self.depth = 0
        self.rows: list[str] = []
        """The predicates around this place: what ``.`` is a column of, "" for the row itself."""
        self.from_current = False
        """Was current() read since the last condition on members began?"""

    def whole(self) -> Node:
        if len(self.tokens) > MOST_TOKENS:
            raise ExpressionProblem(self.source, self.tokens[MOST_TOKENS].at, tr("The expression is too long."))
        node = self._expression()
        if self._peek().kind != "end":
            raise self._unexpected()
        if _height(node) > MOST_NESTED:
            raise ExpressionProblem(self.source, 0, tr("The expression is nested too deeply."))
        return node

    def _peek(self, further: int = 0) -> Token:
        return self.tokens[min(self.at + further, len(self.tokens) - 1)]

    def _take(self, *texts: str) -> Token | None:
        token = self.tokens[self.at]
        if token.text in texts and token.kind in ("op", "name"):
            self.at += 1
            return token
        return None

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            if self._peek().text in _BEFORE_A_STEP and self._peek().kind == "op":
                raise self._unexpected()
            what, at = tr("“{sign}” is missing here.", sign=text), self._peek().at
            beside = self._peek().kind in ("string", "number")
            do = tr("Put commas between the arguments.") if beside else advice(self.source, at)
            raise ExpressionProblem(self.source, at, what, do)

    def _unexpected(self) -> ExpressionProblem:
        token = self._peek()
        if token.kind == "end":
            return ExpressionProblem(self.source, token.at, tr("The expression stops too early."))
        if token.kind == "op" and token.text in _BEFORE_A_STEP:
            return self._elsewhere(token)
        what = tr("“{sign}” is not understood here.", sign=token.text)
        return ExpressionProblem(self.source, token.at, what, advice(self.source, token.at))

    def _elsewhere(self, token: Token) -> ExpressionProblem:
        """Tell of XPath that this dialect leaves out, and of signs that mean something else in other notations."""
        divides = token.text == "/" and self._after(token).kind in ("number", "ref")
        if divides or self.source.startswith("||", token.at):
            sign = "/" if divides else "||"
            what = tr("“{sign}” is not understood here.", sign=sign)
            return ExpressionProblem(self.source, token.at, what, advice(self.source, token.at))
        if token.text == "|":
            what, do = tr("Two sets cannot be joined by “|” here."), tr("Write the questions one after the other.")
        elif token.text == "[":
            what = tr("Only the rows of instance('…') can be picked by a condition in brackets.")
            do = tr(
                "For a roster write indexed-repeat(${question}, ${roster}, number) or count-if(${roster}, condition)."
            )
        else:
            what = tr("This path is not followed here.")
            do = tr("Write ${name} for a question, instance('list')/root/item[…]/column for a table.")
        return ExpressionProblem(self.source, token.at, what, do, code="outside")

    def _after(self, token: Token) -> Token:
        return next((other for other in self.tokens if other.at > token.at), token)

    def _expression(self, lowest: int = 0) -> Node:
        """Take a part with all operators that bind at least so tightly; those of one level go from left to right."""
        left = self._unary()
        while (level := self._level()) is not None and level >= lowest:
            at = self._peek().at
            if level in _FLAT:
                operators: list[str] = []
                parts = [left]
                while self._level() == level:
                    operators.append(self._next().text)
                    parts.append(self._expression(level + 1))
                left = Chain(tuple(operators), tuple(parts), at)
            else:
                left = Binary(self._next().text, left, self._expression(level + 1), at)
        return left

    def _level(self) -> int | None:
        """Return how tightly the operator at hand binds, None when there is none."""
        token = self._peek()
        return _LEVELS.get(token.text) if token.kind in ("op", "name") else None

    def _next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _unary(self) -> Node:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise ExpressionProblem(self.source, self._peek().at, tr("The expression is nested too deeply."))
        sign = self._take("-")
        node = Negative(self._unary(), sign.at) if sign else self._primary()
        if self._peek().kind == "op" and self._peek().text in _BEFORE_A_STEP:
            raise self._unexpected()
        self.depth -= 1
        return node

    def _primary(self) -> Node:
        token = self._peek()
        if token.kind == "op":
            return self._opened(token)
        self.at += 1
        if token.kind == "number":
            return Literal(float(token.text), token.at)
        if token.kind == "string":
            return Literal(token.text[1:-1], token.at)
        if token.kind == "ref":
            return self._downwards(token.at, token.text)
        if token.kind == "dots":
            return self._dots(token, token.at)
        if token.kind == "name":
            return self._name(token)
        self.at -= 1
        raise self._unexpected()

    def _opened(self, token: Token) -> Node:
        if self._take("("):
            inner = self._expression()
            self._expect(")")
            return inner
        if token.text == "/" and self._peek(1).kind == "name":
            return self._downwards(token.at)
        if token.text in {*_BEFORE_A_STEP, "*", "$"}:
            raise self._elsewhere(token)
        raise self._unexpected()

    def _dots(self, token: Token, began: int) -> Node:
        """``.`` is the value at hand; ``../name`` and ``./name`` are the item of that name nearby."""
        levels = int(token.text == "..")
        while self._peek().text == "/" and self._peek(1).kind == "dots":
            levels += int(self._peek(1).text == "..")
            self.at += 2
        if self._peek().text == "/":
            if self._peek(1).kind != "name":
                raise self._elsewhere(self._peek())
            item = self._downwards(began)
            return Column(item.name, began) if self.rows and not levels and isinstance(item, Reference) else item
        if levels:
            return Up(levels, began)
        if self.rows and self.rows[-1]:
            return Column(self.rows[-1], began)
        return Current(began)

    def _downwards(self, began: int, name: str = "") -> Node:
        """Take ``/name/name…``: names are unique in a form, so the last step says which item it is.

        ``/roster[2]/name`` and ``/roster[position() = 2]/name`` are what indexed-repeat() means, any other condition is
        where().
        """
        members: list[Node] = []
        picked: tuple[str, list[Node]] | None = None
        while True:
            token = self._peek()
            if token.text == "/" and self._peek(1).kind == "name" and self._peek(2).text not in ("(", "::"):
                name = self._peek(1).text
                self.at += 2
            elif name and self._take("["):
                condition = self._in_member()
                number = _number_of_member(condition)
                if number is not None and self._peek().text == "/":
                    members += [Reference(name, token.at), _no_member_below_one(number)]
                elif picked is None or picked[0] == name:
                    picked = (name, [*(picked[1] if picked else []), self._of_members(condition, name, token)])
                else:
                    raise self._elsewhere(token)
            else:
                break
        if not name or (token.kind == "op" and token.text in _BEFORE_A_STEP) or (members and picked):
            raise self._elsewhere(token)
        found = Reference(name, began)
        if picked is not None:
            return _where(picked[0], picked[1], found)
        return Call("indexed-repeat", (found, *members), began) if members else found

    def _in_member(self) -> Node:
        """Take a condition in brackets that is read in each member of a roster."""
        self.rows.append("")
        self.from_current = False
        condition = self._expression()
        self.rows.pop()
        self._expect("]")
        return condition

    def _of_members(self, condition: Node, roster: str, opened: Token) -> Node:
        """Return a condition on the members of a roster: bare names are questions, the value at hand is not there."""
        outside = self.from_current or any(isinstance(part, Current | Up) for part in every(condition))
        if outside or isinstance(condition, Literal):
            raise self._elsewhere(opened)
        found = _with_items(condition, roster)
        last = isinstance(condition, Column) and condition.name == ROW_LAST
        number = Call("position", (Reference(roster, opened.at),), opened.at)
        return Binary("=", number, found, opened.at) if last else found

    def _name(self, token: Token) -> Node:
        if self._peek().text == "(" and self._peek().kind == "op":
            return self._call(token)
        if token.text in WORD_OPERATORS:
            raise ExpressionProblem(self.source, token.at, tr("“{sign}” is not understood here.", sign=token.text))
        if self._peek().text in ("::", "/") and self._peek().kind == "op":
            raise self._elsewhere(token)
        return Column(token.text, token.at)

    def _call(self, token: Token) -> Node:
        if token.text in _NODE_TESTS:
            raise self._elsewhere(token)
        self.at += 1
        arguments: list[Node] = []
        if not self._take(")"):
            arguments.append(self._expression())
            while self._take(","):
                arguments.append(self._expression())
            self._expect(")")
        if token.text == "current" and not arguments:
            return self._from_current(token)
        if token.text == "instance":
            return self._table(token, arguments)
        if token.text == "jr:itext" and len(arguments) == 1 and isinstance(arguments[0], TablePath):
            return replace(arguments[0], column="label")  # jr:itext(instance('x')/root/item[…]/itextId)
        if token.text in ("position", "last") and not arguments and self.rows:
            return Column(ROW_POSITION if token.text == "position" else ROW_LAST, token.at)
        return Call(token.text, tuple(arguments), token.at)

    def _from_current(self, token: Token) -> Node:
        """``current()/../name``, ``current()/name``, ``current()/..``: as if written outside the predicate."""
        self.from_current = True
        outer, self.rows = self.rows, []
        try:
            if self._peek().text != "/":
                return Current(token.at)
            if self._peek(1).kind == "name":
                return self._downwards(token.at)
            if self._peek(1).kind != "dots":
                raise self._elsewhere(self._peek())
            self.at += 2
            return self._dots(self.tokens[self.at - 1], token.at)
        finally:
            self.rows = outer

    def _table(self, token: Token, arguments: list[Node]) -> TablePath:
        """``instance('x')/root/item[…]/column``: the first two steps lead to a row, a third to its column."""
        if len(arguments) != 1 or not (isinstance(arguments[0], Literal) and isinstance(arguments[0].value, str)):
            do = tr("Write instance('list')/root/item[…]/column.")
            raise ExpressionProblem(self.source, token.at, tr("instance() asks for the name of a list."), do)
        steps: list[str] = []
        predicates: list[Node] = []
        while self._peek().text == "/" and self._peek(1).kind == "name" and self._peek(2).text not in ("(", "::"):
            steps.append(self._peek(1).text)
            self.at += 2
            while self._take("["):
                self.rows.append(steps[-1] if len(steps) > 2 else "")  # noqa: PLR2004 - root, item, column
                predicates.append(self._expression())
                self.rows.pop()
                self._expect("]")
        if not 2 <= len(steps) <= 3 or self._peek().text in _BEFORE_A_STEP:  # noqa: PLR2004 - root, item, column
            raise self._elsewhere(self._peek())
        return TablePath(arguments[0].value, tuple(predicates), "".join(steps[2:]), token.at)


def _number_of_member(condition: Node) -> Node | None:
    """Return the number of the member that a condition in brackets asks for, None when it asks for something else."""
    match condition:
        case Binary(operator="=", left=Column(name=name), right=number) if name == ROW_POSITION:
            pass
        case Binary(operator="=", left=number, right=Column(name=name)) if name == ROW_POSITION:
            pass
        case Literal(value=float()) | Chain(operators=("+" | "-", *_)):
            number = condition
        case _:
            return None
    return None if any(isinstance(part, Column) for part in every(number)) else number


def _no_member_below_one(number: Node) -> Node:
    """Return the number so that indexed-repeat(), which takes the first member for what is below 1, finds none."""
    if isinstance(number, Literal):
        return number
    one, none = Literal(1.0, number.at), Literal(math.inf, number.at)
    return Call("if", (Binary(">=", number, one, number.at), number, none), number.at)


def _where(roster: str, conditions: list[Node], found: Reference) -> Call:
    """Return what ``/roster[condition]/question`` is here: where(${roster}, condition, ${question})."""
    one = (
        conditions[0] if len(conditions) == 1 else Chain(("and",) * (len(conditions) - 1), tuple(conditions), found.at)
    )
    question = (found,) if found.name != roster else ()
    return Call("where", (Reference(roster, found.at), one, *question), found.at)


def _with_items(node: Node, roster: str) -> Node:  # noqa: PLR0911 - one return a kind of node
    """Return a condition on a roster's members with bare names read as questions, but for those of a table."""
    match node:
        case Column(name=name) if name == ROW_POSITION:
            return Call("position", (Reference(roster, node.at),), node.at)
        case Column(name=name) if name == ROW_LAST:
            return Call("count", (Reference(roster, node.at),), node.at)
        case Column(name=name):
            return Reference(name, node.at)
        case Call():
            return replace(node, arguments=tuple(_with_items(part, roster) for part in node.arguments))
        case Binary():
            return replace(node, left=_with_items(node.left, roster), right=_with_items(node.right, roster))
        case Chain():
            return replace(node, parts=tuple(_with_items(part, roster) for part in node.parts))
        case Negative():
            return replace(node, inner=_with_items(node.inner, roster))
        case _:
            return node


def _height(node: Node) -> int:
    """Return how many nodes lie below each other, counted without recursion."""
    height = 0
    level: list[Node] = [node]
    while level:
        height += 1
        level = [part for one in level for part in children(one)]
    return height
