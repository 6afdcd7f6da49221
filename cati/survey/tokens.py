"""The signs an expression is made of, and the fault that names a place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cati.errors import Problem
from cati.text import mark, tr


class ExpressionProblem(Problem):
    """An expression that cannot be read; ``position`` counts characters from 0.

    ``code`` is "outside" for XPath that this dialect leaves out on purpose (other paths, axes, unions),
    "unknown_function" for a function it does not have, "expression" for all else.
    """

    def __init__(self, source: str, position: int, what: str, do: str = "", *, code: str = "expression") -> None:
        super().__init__(tr("Expression, character {n}", n=position + 1), what, do)
        self.source = source
        self.position = position
        self.code = code


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<ref>\$\{\s*(?P<refname>[^{}]+?)\s*\})
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<string>"[^"]*"|'[^']*'|[“”„][^“”„"]*[“”„"]|[‘’‚][^‘’‚']*[‘’‚'])
    | (?P<op><=|>=|!=|//|::|[=<>+\-–−*(),|\[\]/@$])
    | (?P<dots>\.\.?)
    | (?P<name>[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?)
    )""",
    re.VERBOSE,
)
STRAIGHT = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "\u00a0": " ", "–": "-", "−": "-"}
)
"""What word processors write instead of the signs of a programmer."""
WORD_OPERATORS = frozenset({"and", "or", "div", "mod"})
_STUCK = re.compile(r"(?:and|or|div|mod)(?=[\d\-])")
"""An operator with the next number stuck to it, as in ``1 mod1`` or ``1 div-2``; only where an operator can stand."""
_DASHES = frozenset("–−")


@dataclass(frozen=True, slots=True)
class Token:
    """One sign of an expression: its kind, its text, and where it begins."""

    kind: str
    text: str
    at: int


_MEANT = (
    (re.compile(r"\s*(?:&&?|AND\b|And\b|und\b)"), mark("Write “and”.")),
    (re.compile(r"\s*(?:\|\||OR\b|Or\b|oder\b)"), mark("Write “or”.")),
    (re.compile(r"\s*!(?!=)"), mark("Write not(…), or != between two values.")),
    (re.compile(r"\s*(?:NOT|Not|nicht)\b"), mark("Write not(…).")),
    (re.compile(r"\s*\$(?!\{)|\s*[{}]"), mark("Write ${name} for a question.")),
    (re.compile(r"\s*[\"'“”„‘’‚]"), mark("Close the quotation marks around the text.")),
    (re.compile(r"\s*/"), mark("Write div to divide.")),
    (re.compile(r"\s*%"), mark("Write mod for the remainder.")),
    (re.compile(r"\s*[;]"), mark("Put commas between the arguments.")),
    (re.compile(r"\s*\)"), mark("Check that every bracket is opened and closed.")),
)
"""What people write who know other notations, and what it is here."""


_BEHIND = {
    ("=", "="): mark("Write a single = for “is the same”."),
    ("<", ">"): mark("Write != for “is not the same”."),
    ("<", "="): mark("Write <= or >= without a space."),
    (">", "="): mark("Write <= or >= without a space."),
    ("=", "<"): mark("Write <= or >= in this order."),
    ("=", ">"): mark("Write <= or >= in this order."),
}
"""The same for a sign right behind another one."""


def advice(source: str, at: int) -> str:
    """Return what to write instead of what stands at a place and is not understood, "" when nothing is known."""
    before = source[:at].rstrip()
    if re.search(r"(?i)\bnot$", before):
        return tr("Write not(…).")
    behind = _BEHIND.get((before[-1:], source[at : at + 1]))
    if behind:
        return tr(behind)
    return next((tr(text) for pattern, text in _MEANT if pattern.match(source, at)), "")


def tokens(source: str) -> Iterator[Token]:
    """Yield the signs of an expression, an "end" last; raises `ExpressionProblem`."""
    at = 0
    end = len(source.rstrip())
    operand = False
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None or found.end() == at:
            bad = source[at:].lstrip()[:1]
            raise ExpressionProblem(source, at, tr("“{sign}” is not understood here.", sign=bad), advice(source, at))
        kind = found.lastgroup or ""
        if kind == "refname":
            kind = "ref"
        text = found["refname"] if kind == "ref" else found[kind]
        if text in _DASHES:
            text = "-"
        stuck = _STUCK.match(text) if kind == "name" and operand else None
        if stuck:
            text = stuck[0]
        yield Token(kind, text, found.start(kind))
        operand = kind not in ("op", "name") or text in (")", "]") or (kind == "name" and not operand)
        at = found.start(kind) + len(text) if stuck else found.end()
    yield Token("end", "", end)
