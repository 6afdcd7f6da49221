"""A questionnaire as somebody reads it: sections, questions with their numbers, who is asked what, and a search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cati.survey.dispositions import TABLE, Outcome
from cati.survey.markup import without_markup
from cati.survey.questionnaire import SUBSTANTIVE, Choice, Group, Item, Kind, Order, Questionnaire, words_in
from cati.text import mark, tr

_FILL = re.compile(r"\[?\$\{\s*([^{}]+?)\s*\}\]?")
"""A fill, with the brackets that some authors put around it anyway."""


class LineKind(StrEnum):
    """What a line of the outline is."""

    SECTION = "section"
    GROUP = "group"
    GRID = "grid"
    ROSTER = "roster"
    QUESTION = "question"
    NOTE = "note"
    COMPUTED = "computed"
    TERMINATE = "terminate"
    QUOTA = "quota"
    LEFT_OUT = "left_out"


GROUPS = frozenset({LineKind.SECTION, LineKind.GROUP, LineKind.GRID, LineKind.ROSTER})
"""Lines that hold others."""

_OF_KIND = {
    Kind.NOTE: LineKind.NOTE,
    Kind.CALCULATE: LineKind.COMPUTED,
    Kind.HIDDEN: LineKind.COMPUTED,
    Kind.TERMINATE: LineKind.TERMINATE,
    Kind.QUOTA: LineKind.QUOTA,
    Kind.NOT_ASKED: LineKind.LEFT_OUT,
}

_CASE = {
    "site": mark("site"), "site_code": mark("site"), "department": mark("department"),
    "department_code": mark("department"), "interviewer": mark("interviewer"), "client": mark("client"),
    "study": mark("study"), "institute": mark("institute"), "language": mark("language"),
}  # fmt: skip
"""What a case brings along and a text may say, in words."""

_ANSWERS = {
    Kind.SINGLE: mark("one answer"), Kind.MULTIPLE: mark("several answers"), Kind.NUMBER: mark("whole number"),
    Kind.DECIMAL: mark("number"), Kind.DATE: mark("date"), Kind.TIME: mark("time"), Kind.TEXT: mark("open text"),
    Kind.NOTE: mark("read aloud, no answer"), Kind.CALCULATE: mark("computed"), Kind.HIDDEN: mark("kept silently"),
    Kind.TERMINATE: mark("ends the interview"), Kind.QUOTA: mark("quota check"),
    Kind.NOT_ASKED: mark("not asked on the telephone"), Kind.RANK: mark("put in order"),
    Kind.DATETIME: mark("date and time"),
}  # fmt: skip

_OF_GROUP = {
    LineKind.SECTION: mark("section"),
    LineKind.GROUP: mark("group"),
    LineKind.GRID: mark("grid"),
    LineKind.ROSTER: mark("repeat"),
}

_ORDERS = {
    Order.RANDOM: mark("random for each person"),
    Order.SHUFFLE: mark("random for each person"),
    Order.ROTATE: mark("rotated for each person"),
    Order.FLIP: mark("forwards or backwards, by chance"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``at`` is the index of its item, ``group`` of the group it stands for or stands in; the other is None.

    ``number`` counts what brings an answer, from 1; "" for everything else. ``key`` names the line in this outline.
    """

    key: str
    kind: LineKind
    depth: int
    name: str
    number: str = ""
    at: int | None = None
    group: int | None = None
    found_by: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outline:
    """All lines in order, and where a name or a group stands."""

    questionnaire: Questionnaire
    lines: tuple[Line, ...]
    numbers: Mapping[str, str]
    at_item: Mapping[str, int]
    at_group: Mapping[int, int]

    def item(self, line: Line) -> Item | None:
        """Return the item of a line, None for a group."""
        return self.questionnaire.items[line.at] if line.at is not None else None

    def text(self, line: Line, language: str) -> str:
        """Return what stands in a line, with what it is filled with in brackets; the name where there is no text."""
        return self.shown(self.words(line), language) or line.name

    def words(self, line: Line) -> dict[str, str]:
        """Return the text of a line by language, as written."""
        item = self.item(line)
        if item is not None:
            return item.label
        return self.questionnaire.groups[line.group].label if line.group is not None else {}

    def shown(self, words: Mapping[str, str], language: str) -> str:
        """Return a text in a language (else in another) with its fills in brackets: "[answer to 5]", "[site]"."""
        text = without_markup(words_in(dict(words), language, self._fallback))
        return _FILL.sub(self._bracketed, text)

    def _bracketed(self, found: re.Match[str]) -> str:
        whole = found[0]
        words = f"[{self.called(found[1])}]"
        if whole.startswith("[") and whole.endswith("]"):
            return words
        return f"{'[' * whole.startswith('[')}{words}{']' * whole.endswith(']')}"

    def called(self, name: str) -> str:
        """Return what a reference is called: the answer to a numbered question, a value of the case, or its name."""
        if name in self.numbers:
            return tr("answer to {number}", number=self.numbers[name])
        return tr(_CASE[name]) if name in _CASE and name not in self.at_item else name

    @property
    def _fallback(self) -> str:
        return self.questionnaire.default_language


def outline_of(questionnaire: Questionnaire) -> Outline:
    """Return the outline of a questionnaire; also of one that is only a sketch."""
    lines: list[Line] = []
    numbers: dict[str, str] = {}
    at_item: dict[str, int] = {}
    at_group: dict[int, int] = {}
    shown: tuple[int, ...] = ()
    lists = {name: _choices_found_by(choices) for name, choices in questionnaire.choice_lists.items()}
    for at, item in enumerate(questionnaire.items):
        around = groups_around(questionnaire, item.group)
        for depth, group in enumerate(around):
            if group not in at_group and shown[depth : depth + 1] != (group,):
                at_group[group] = len(lines)
                lines.append(_group_line(questionnaire, group, depth))
        shown = around
        kind = _OF_KIND.get(item.kind, LineKind.QUESTION)
        number = str(len(numbers) + 1) if item.kind in SUBSTANTIVE else ""
        if number:
            numbers.setdefault(item.name, number)
        at_item.setdefault(item.name, len(lines))
        lines.append(
            Line(
                key=f"item:{item.name}",
                kind=kind,
                depth=len(around),
                name=item.name,
                number=number,
                at=at,
                group=item.group,
                found_by=_found_by(item, number, lists.get(item.choices, "")),
            )
        )
    return Outline(questionnaire, tuple(lines), numbers, at_item, at_group)


def groups_around(questionnaire: Questionnaire, group: int | None) -> tuple[int, ...]:
    """Return the groups around something that stands in ``group``, outermost first."""
    around: list[int] = []
    while group is not None:
        around.append(group)
        group = questionnaire.groups[group].parent
    return tuple(reversed(around))


def _group_line(questionnaire: Questionnaire, at: int, depth: int) -> Line:
    group = questionnaire.groups[at]
    return Line(
        key=f"group:{at}",
        kind=kind_of_group(group),
        depth=depth,
        name=group.name,
        group=at,
        found_by=_folded(" ".join((group.name, *group.label.values()))),
    )


def kind_of_group(group: Group) -> LineKind:
    """Return what a group is in the outline."""
    if group.repeat:
        return LineKind.ROSTER
    if group.grid:
        return LineKind.GRID
    return LineKind.SECTION if group.section else LineKind.GROUP


def _found_by(item: Item, number: str, choices: str) -> str:
    words = (number, item.name, *item.label.values(), *item.instruction.values())
    return f"{_folded(' '.join(words))} {choices}"


def _choices_found_by(choices: tuple[Choice, ...]) -> str:
    return _folded(" ".join(word for choice in choices for word in (choice.name, *choice.label.values())))


def _folded(text: str) -> str:
    """Return a text without case and accents, so that "Buero" is the only spelling a search does not forgive."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def find(outline: Outline, wanted: str) -> tuple[int, ...]:
    """Return the lines in which every word of ``wanted`` occurs (number, name, text, instruction, choices).

    All languages are searched. The groups around a hit come along, so that one sees where it stands.
    """
    words = _folded(wanted).split()
    if not words:
        return tuple(range(len(outline.lines)))
    found: set[int] = set()
    for at, line in enumerate(outline.lines):
        if all(word in line.found_by for word in words):
            found.add(at)
            found.update(_around(outline, line))
    return tuple(sorted(found))


def _around(outline: Outline, line: Line) -> Iterator[int]:
    for group in groups_around(outline.questionnaire, line.group):
        if group in outline.at_group:
            yield outline.at_group[group]


def kind_words(outline: Outline, line: Line) -> str:
    """Return what a line is, in words: "one answer", "grid", "computed"."""
    item = outline.item(line)
    if item is None:
        return tr(_OF_GROUP[line.kind])
    return tr(_ANSWERS[item.kind])


def order_words(order: Order) -> str:
    """Return an order in words, "" for the order as written."""
    return "" if order is Order.FIXED else tr(_ORDERS[order])


def outcome_words(item: Item) -> str:
    """Return the outcome that a row proposes, in words."""
    known = item.disposition in tuple(Outcome)
    return tr(TABLE[Outcome(item.disposition)].label) if known else item.disposition


def choice_notes(choice: Choice) -> str:
    """Return what is special about a choice: excludes others, has open words, keeps its place."""
    notes: Iterable[tuple[bool, str]] = (
        (choice.specify, tr("with open words")),
        (choice.exclusive, tr("excludes the others")),
        (choice.anchor, tr("keeps its place")),
    )
    return ", ".join(words for holds, words in notes if holds)
