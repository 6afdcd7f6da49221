"""Names at the wrong place: questions asked later, questions of a roster seen from outside, words without ${…}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cati.survey.form_rows import SURVEY
from cati.survey.form_scene import Scene, Written
from cati.survey.nearest import nearest
from cati.survey.nodes import (
    ROW_LAST,
    ROW_POSITION,
    Binary,
    Call,
    Column,
    Literal,
    Node,
    Reference,
    TablePath,
    children,
)
from cati.survey.nodes import every as every_node
from cati.survey.questionnaire import Kind, Words
from cati.survey.used_names import INDEXED, ONE, SET, used_names
from cati.survey.values import as_text
from cati.text import tr

_AT_ITS_TURN = frozenset(
    {"relevant", "constraint", "cati_soft", "required", "choice_filter", "repeat_count", "default"}
)
"""Columns that are worked out when their row's turn comes; a calculation may look ahead."""
_FILL = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
_MINDS_EMPTINESS = frozenset({
    "answered", "is_dk", "is_refused", "is_skipped", "relevant", "coalesce", "string-length", "count-selected",
})  # fmt: skip
_LIKE = 0.75
_NOTHING = "null"
"""Written by people who know databases; it counts as empty, as they mean it."""


def check_references(scene: Scene) -> None:
    """Note references that read something else, or nothing, at the time they are worked out."""
    first = _first_items(scene)
    for written in scene.written:
        _check_order(scene, written, first)
        _check_rosters(scene, written)
        _check_left_out(scene, written)
        _check_words(scene, written)
    for at, item in enumerate(scene.questionnaire.items):
        texts = {"label": item.label, "hint": item.instruction}
        for column, words in texts.items():
            later = [name for name in _fills(words) if _is_later(scene, at, name, scene.groups_of[at])]
            _note_later(scene, (SURVEY, item.row, column), later)


def minds_emptiness(node: Node, name: str) -> bool:
    """Tell whether a condition says what happens when a question has no answer."""
    for part in every_node(node):
        match part:
            case Call(name=called, arguments=(Reference(name=asked), *_)) if called in _MINDS_EMPTINESS:
                if asked == name:
                    return True
            case Binary(operator="=" | "!=", left=left, right=right):
                for one, other in ((left, right), (right, left)):
                    if isinstance(other, Literal) and other.value == "" and _asks_for(one, name):
                        return True
            case _:
                pass
    return False


def _asks_for(node: Node, name: str) -> bool:
    return any(isinstance(part, Reference) and part.name == name for part in every_node(node))


def _first_items(scene: Scene) -> list[int]:
    """Return of every group the first item in it; an empty group has the number of items."""
    count = len(scene.questionnaire.items)
    first = [count] * len(scene.questionnaire.groups)
    for at, around in enumerate(scene.groups_of):
        for group in around:
            first[group] = min(first[group], at)
    return first


def _check_order(scene: Scene, written: Written, first: list[int]) -> None:
    if written.column not in _AT_ITS_TURN:
        return
    turn = written.item if written.item >= 0 else first[written.group]
    around = scene.groups_around(written)
    later = []
    for name, use in used_names(written.expression.node):
        if use == INDEXED or (use == SET and set(scene.rosters_of(name)) & set(around)):
            continue
        inside = name in scene.index and written.group in scene.groups_of[scene.index[name]]
        if not inside and _is_later(scene, turn, name, around) and not minds_emptiness(written.expression.node, name):
            later.append(name)
    _note_later(scene, written.place, later)


def _is_later(scene: Scene, turn: int, name: str, around: tuple[int, ...]) -> bool:
    """Tell whether a question is asked after a row's turn; what stands on one screen is asked together."""
    at = scene.index.get(name)
    if at is None or at <= turn or not scene.answered_by_someone(name):
        return False
    together = [g for g in around if scene.group(g).shared or scene.group(g).grid]
    return not set(together) & set(scene.groups_of[at])


def _note_later(scene: Scene, place: tuple[str, int, str], later: list[str]) -> None:
    if later:
        names = ", ".join(dict.fromkeys(later))
        scene.findings.warning(
            "forward_reference",
            place,
            tr("{names}: asked only after this row, so there is no answer yet.", names=names),
            tr("Move the row behind the question, or refer to one asked before."),
        )


def _fills(words: Words) -> list[str]:
    return list(dict.fromkeys(name for text in words.values() for name in _FILL.findall(text)))


def _check_rosters(scene: Scene, written: Written) -> None:
    """Note answers of a roster that are read from outside as if there were one: only the first member's are read."""
    around = set(scene.groups_around(written))
    source = scene.questionnaire.items[written.item].choices_from if written.item >= 0 else ""
    if written.column == "choice_filter" and source:
        around |= set(scene.rosters_of(source))  # worked out for each member whose answer is a choice
    names = [
        name
        for name, use in used_names(written.expression.node)
        if use == ONE
        and (rosters := scene.rosters_of(name))
        and not set(rosters) <= around
        and written.group not in rosters
    ]
    if names:
        scene.findings.warning(
            "first_member",
            written.place,
            tr("{names}: asked for each member of a roster; here only the first member’s answer is read.",
               names=", ".join(dict.fromkeys(names))),
            tr("Take sum(), max(), join() or count-if() of it, or indexed-repeat() for one member."),
        )  # fmt: skip


def _check_left_out(scene: Scene, written: Written) -> None:
    """Note conditions that look at a row which is left out: places, pictures, rows that are switched off."""
    if written.column not in _AT_ITS_TURN:
        return
    named = dict.fromkeys(name for name, _use in used_names(written.expression.node))
    names = [name for name in named if _is_left_out(scene, name)]
    if names:
        scene.findings.warning(
            "stays_empty",
            written.place,
            tr("{names}: left out on the telephone, so there is never an answer here.", names=", ".join(names)),
            tr("Take it out of the condition, or ask it as text, number or choice."),
        )


def _is_left_out(scene: Scene, name: str) -> bool:
    item = scene.item(name)
    return name in scene.left_out if item is None else item.kind is Kind.NOT_ASKED


def _check_words(scene: Scene, written: Written) -> None:
    """Note words that stand for nothing: no column of the list or table, or a name or text without its signs."""
    columns: set[str] | None = set()
    if written.column == "choice_filter":
        columns = _columns_of_list(scene, scene.questionnaire.items[written.item].choices)
    for part in _outside_tables(written.expression.node):
        if isinstance(part, Column) and columns is not None and part.name not in {*columns, _NOTHING}:
            _note_word(scene, written, part.name, columns)
        elif isinstance(part, TablePath):
            known = _columns_of_table(scene, part.table)
            words = {one.name for step in part.predicates for one in every_node(step) if isinstance(one, Column)}
            for name in sorted({part.column, *words} - {"", ROW_POSITION, ROW_LAST}):
                if known and name not in known:
                    _note_column(scene, written, name, part.table, known)
        elif isinstance(part, Call) and part.name == "pulldata":
            names = [as_text(one.value) for one in part.arguments[:3] if isinstance(one, Literal)]
            rows = scene.questionnaire.tables.get(names[0].removesuffix(".csv"), ()) if names else ()
            known = set().union(*rows)  # a list of that name is another table
            for name in names[1:]:
                if known and name not in known:
                    _note_column(scene, written, name, names[0], known)


def _outside_tables(node: Node) -> Iterator[Node]:
    yield node
    if not isinstance(node, TablePath):
        for part in children(node):
            yield from _outside_tables(part)


def _columns_of_list(scene: Scene, name: str) -> set[str] | None:
    """Return what a filter can ask of a list's choices, None when the list has none."""
    if name not in scene.columns:
        choices = scene.questionnaire.choice_lists.get(name, ())
        further = set().union(*(choice.columns for choice in choices))
        scene.columns[name] = {"name", "label", *further, *scene.form.choices.headings} if choices else None
    return scene.columns[name]


def _columns_of_table(scene: Scene, name: str) -> set[str]:
    rows: tuple[Mapping[str, str], ...] = scene.questionnaire.tables.get(name, ())
    if rows:
        return set().union(*rows)
    return _columns_of_list(scene, name) or set()


def _note_word(scene: Scene, written: Written, word: str, columns: set[str]) -> None:
    if written.column == "choice_filter":
        _note_column(scene, written, word, scene.questionnaire.items[written.item].choices, columns)
        return
    known = word in scene.index
    scene.findings.warning(
        "bare_word",
        written.place,
        tr("The word {word} stands for nothing here and counts as empty.", word=word),
        tr("Write ${{{name}}}.", name=word)
        if known
        else tr("Write '{word}' for a text, ${{…}} for a question.", word=word),
    )


def _note_column(scene: Scene, written: Written, column: str, table: str, known: set[str]) -> None:
    near = nearest(column, sorted(known), _LIKE)
    scene.findings.warning(
        "no_such_column",
        written.place,
        tr("{table} has no column {column}; it counts as empty.", table=table, column=column),
        tr("Did you mean {name}?", name=near) if near else tr("Add the column, or correct its name."),
    )
