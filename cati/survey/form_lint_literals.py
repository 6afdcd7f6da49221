"""Texts and numbers where an answer or a condition was meant: ``${a} = 'x' or 'y'``, ``'${a}' = 'x'``."""

from __future__ import annotations

from collections.abc import Iterator

from cati.survey.form_scene import Scene, Written
from cati.survey.nodes import Call, Chain, Literal, Node, children
from cati.survey.values import as_text
from cati.text import tr

_NAMING = frozenset({"jr:choice-name", "choice-label", "label"})
"""Functions that want the name of a question as a text."""


def check_literals(scene: Scene) -> None:
    """Note what is taken literally though something else was meant."""
    for written in scene.written:
        _check_conditions(scene, written)
        for literal in _quoted(written.expression.node):
            scene.findings.warning(
                "quoted_reference",
                written.place,
                tr("In “{source}”, character {n}: in quotation marks this is a text, not the answer.",
                   source=written.expression.source[:200], n=literal.at + 1),
                tr("Leave the quotation marks out; concat() joins texts and answers."),
            )  # fmt: skip


def _check_conditions(scene: Scene, written: Written) -> None:
    for literal in _alone(written.expression.node):
        scene.findings.warning(
            "always_true",
            written.place,
            tr("In “{source}”, character {n}: this alone is always true.",
               source=written.expression.source[:200], n=literal.at + 1),
            tr("Compare the question with each value: ${{q}} = 'a' or ${{q}} = 'b'."),
        )  # fmt: skip


def _alone(node: Node) -> Iterator[Literal]:
    """Yield texts and numbers that stand as conditions of their own between and, or."""
    if isinstance(node, Chain) and node.operators[0] in ("and", "or"):
        for part in node.parts:
            if isinstance(part, Literal) and as_text(part.value) not in ("", "0"):
                yield part
    for part in children(node):
        yield from _alone(part)


def _quoted(node: Node) -> Iterator[Literal]:
    """Yield texts that hold an answer's name, but for those that stand for a question."""
    if isinstance(node, Literal):
        if isinstance(node.value, str) and "${" in node.value and "}" in node.value:
            yield node
    elif not (isinstance(node, Call) and node.name in _NAMING):
        for part in children(node):
            yield from _quoted(part)
