"""The questionnaire on paper, for those who approve it: questions, boxes to tick, who goes on where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cati.survey.outline import (
    GROUPS,
    Line,
    LineKind,
    Outline,
    choice_notes,
    order_words,
    outcome_words,
)
from cati.survey.outline_facts import condition, in_words, language_name, range_words, worked_out
from cati.survey.questionnaire import Choice, Display, Item, Kind, Order, Questionnaire
from cati.survey.skips import DONT_KNOW, REFUSED, Skips
from cati.text import LANGUAGES, speaking, tr
from cati.text import language as spoken

MOST_TICKS = 36
"""Longer lists are printed once, behind the questions."""

MOST_IN_A_LIST = 300
"""What is longer comes from a table and is read there."""

_MOST_ACROSS = 11
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "yi", "dv", "ckb"})
_HASH = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """A box to tick: its label, what is special about it, and where it leads ("→ 12"), "" for the next question.

    ``code`` is the figure it stands for in conditions such as "at least 4"; "" where answers have names.
    """

    label: str
    note: str = ""
    leads: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """A heading; ``level`` 1 is a section. ``only_if`` holds for all that follows up to the next one of its level."""

    text: str
    level: int
    only_if: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question: ``room`` is what is written ("number", "line", "lines", "date", "time", "moment"), "" for boxes.

    ``several`` tells boxes of which any may be ticked, ``ranked`` those that get a number each. ``otherwise`` says
    where all answers without a mark lead.
    """

    number: str
    text: str
    instruction: str = ""
    only_if: str = ""
    ticks: tuple[Tick, ...] = ()
    several: bool = False
    ranked: bool = False
    room: str = ""
    limits: str = ""
    order: str = ""
    otherwise: str = ""
    without: tuple[Tick, ...] = ()
    annex: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Questions with the same answers, as a table; ``rows`` are number, text and condition; ``codes`` as in `Tick`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    instruction: str = ""
    codes: tuple[str, ...] = ()
    without: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What is read aloud without an answer; ``ends`` names the outcome where it ends the interview."""

    text: str
    instruction: str = ""
    only_if: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """A long list, printed once; ``total`` counts also what is left out behind the first `MOST_IN_A_LIST`."""

    name: str
    labels: tuple[str, ...]
    total: int


Block = Title | Question | Matrix | Said


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole paper in one language. ``fingerprint`` is the beginning of the content hash, to tell versions apart.

    ``notes`` is the language of the routing notes, one that the program speaks: what sets the paper must speak it, too.
    """

    title: str
    version: str
    fingerprint: str
    language: str
    right_to_left: bool
    questions: int
    blocks: tuple[Block, ...]
    annexes: tuple[Annex, ...]
    notes: str = "en"


@dataclass(slots=True)
class _Writing:
    outline: Outline
    skips: Mapping[int, Skips]
    language: str
    blocks: list[Block] = field(default_factory=list)
    annexes: dict[str, Annex] = field(default_factory=dict)


def notes_language(questionnaire: Questionnaire, language: str) -> str:
    """Return the language of the routing notes on a paper in ``language``: the same where the program speaks it.

    Else the questionnaire's default language, which those who approve it read, else English. Where no language is
    named it is the reader's.
    """
    for code in (language, questionnaire.default_language):
        bare = code.partition("-")[0].lower()
        if bare in LANGUAGES:
            return bare
        if not bare:
            return spoken()
    return "en"


def paper_of(outline: Outline, skips: Mapping[int, Skips], language: str) -> Paper:
    """Return the paper version in ``language``; the routing notes are in it, too, where the program speaks it."""
    notes = notes_language(outline.questionnaire, language)
    with speaking(notes):
        return _paper(outline, skips, language, notes)


def _paper(outline: Outline, skips: Mapping[int, Skips], language: str, notes: str) -> Paper:
    writing = _Writing(outline, skips, language)
    at = 0
    while at < len(outline.lines):
        line = outline.lines[at]
        if line.kind in GROUPS:
            _title(writing, line)
            members = _members(outline, at)
            if line.kind is LineKind.GRID and (matrix := _matrix(writing, members)) is not None:
                writing.blocks.append(matrix)
                at += len(members)
        elif (item := outline.item(line)) is not None:
            _item(writing, line, item)
        at += 1
    questionnaire = outline.questionnaire
    return Paper(
        questionnaire.title,
        questionnaire.version,
        questionnaire.content_hash[:_HASH],
        language_name(outline, language),
        language.partition("-")[0].lower() in _RIGHT_TO_LEFT,
        len(outline.numbers),
        tuple(writing.blocks),
        tuple(writing.annexes.values()),
        notes,
    )


def _members(outline: Outline, at: int) -> list[Line]:
    depth = outline.lines[at].depth
    members = []
    for line in outline.lines[at + 1 :]:
        if line.depth <= depth:
            break
        members.append(line)
    return members


def _title(writing: _Writing, line: Line) -> None:
    outline = writing.outline
    if line.group is None:
        return
    group = outline.questionnaire.groups[line.group]
    text = outline.shown(group.label, writing.language)
    notes = [f"{tr('Order of the questions')}: {order}"] if (order := order_words(group.order)) else []
    if group.repeat:
        count = worked_out(outline, group.repeat_count, writing.language) if group.repeat_count else ""
        notes.append(tr("repeated: {count}", count=count) if count else tr("repeated for each one"))
    only_if = condition(outline, line, writing.language)
    if text or only_if or notes:
        writing.blocks.append(Title(text, line.depth + 1, only_if, "; ".join(notes)))


def _item(writing: _Writing, line: Line, item: Item) -> None:
    outline, language = writing.outline, writing.language
    only_if = condition(outline, line, language)
    text = outline.shown(item.label, language)
    instruction = outline.shown(item.instruction, language)
    if line.kind is LineKind.QUESTION:
        writing.blocks.append(_question(writing, line, item, only_if))
    elif line.kind is LineKind.NOTE and (text or instruction):
        writing.blocks.append(Said(text, instruction, only_if))
    elif line.kind is LineKind.TERMINATE:
        writing.blocks.append(Said(text, instruction, only_if, outcome_words(item)))
    elif line.kind is LineKind.QUOTA:
        writing.blocks.append(Said("", tr("Here it is checked whether a quota is full."), only_if))


def _question(writing: _Writing, line: Line, item: Item, only_if: str) -> Question:
    outline, language = writing.outline, writing.language
    choices = outline.questionnaire.choice_lists.get(item.choices, ())
    annex = ""
    if len(choices) > MOST_TICKS:
        annex = item.choices
        labels = tuple(outline.shown(choice.label, language) for choice in choices[:MOST_IN_A_LIST])
        writing.annexes.setdefault(item.choices, Annex(item.choices, labels, len(choices)))
    found = writing.skips.get(line.at) if line.at is not None else None
    leads, otherwise = _leads(outline, found, choices, item)
    limits = range_words(item)
    if item.constraint and not limits:
        limits = in_words(outline, item.constraint, language, item.name)
    if item.soft:
        asked_back = tr("asked back unless {condition}", condition=in_words(outline, item.soft, language, item.name))
        limits = f"{limits}; {asked_back}" if limits else asked_back
    return Question(
        number=line.number,
        text=outline.shown(item.label, language) or item.name,
        instruction=outline.shown(item.instruction, language),
        only_if=only_if,
        ticks=()
        if annex
        else tuple(
            Tick(outline.shown(one.label, language) or one.name, choice_notes(one), leads.get(one.name, ""), code)
            for one, code in zip(choices, _codes(choices), strict=True)
        ),
        several=item.kind is Kind.MULTIPLE,
        ranked=item.kind is Kind.RANK,
        room="" if choices and not annex else _room(item),
        limits=limits,
        order=order_words(item.order) if item.order is not Order.FIXED else "",
        otherwise=otherwise,
        without=_without(item, leads),
        annex=annex,
    )


def _codes(choices: Sequence[Choice]) -> tuple[str, ...]:
    """Return the figures that answers stand for, "" for all of a list in which one has none."""
    figures = all(choice.name.lstrip("-").isdigit() for choice in choices)
    return tuple(choice.name if figures else "" for choice in choices)


def _leads(outline: Outline, skips: Skips | None, choices: Sequence[Choice], item: Item) -> tuple[dict[str, str], str]:
    """Return the arrow of each answer, and where the rest leads.

    Where most answers skip, they are told in one sentence and the few that go on get the arrow.
    """
    if skips is None:
        return {}, ""
    answers = [*(choice.name for choice in choices), *(_states(item))]
    going_on = [answer for answer in answers if answer not in skips.after]
    targets = list(skips.after.values())
    most = max(set(targets), key=targets.count)
    if targets.count(most) * 2 <= len(answers) or len(answers) <= 4:  # noqa: PLR2004 - few boxes: each with its arrow
        return {answer: "→ " + _place(outline, target) for answer, target in skips.after.items()}, ""
    leads = {answer: "→ " + _place(outline, skips.usual) for answer in going_on}
    leads |= {answer: "→ " + _place(outline, to) for answer, to in skips.after.items() if to != most}
    return leads, tr("otherwise → {place}", place=_place(outline, most))


def _place(outline: Outline, target: int | None) -> str:
    """Return what an arrow points to: a question's number, the words that come next, or the end."""
    if target is None:
        return tr("end")
    item = outline.questionnaire.items[target]
    if item.kind is Kind.TERMINATE:
        return tr("end: {outcome}", outcome=outcome_words(item))
    return outline.numbers.get(item.name) or _next_number(outline, target)


def _next_number(outline: Outline, at: int) -> str:
    """Return how what has no number of its own is found: it stands before the next numbered question."""
    for item in outline.questionnaire.items[at:]:
        if item.name in outline.numbers:
            return tr("text before {number}", number=outline.numbers[item.name])
    return tr("last text")


def _states(item: Item) -> tuple[str, ...]:
    return tuple(state for state in (DONT_KNOW, REFUSED) if state in item.nonresponse)


def _without(item: Item, leads: Mapping[str, str]) -> tuple[Tick, ...]:
    words = {DONT_KNOW: tr("don’t know"), REFUSED: tr("prefers not to say")}
    return tuple(Tick(words[state], "", leads.get(state, "")) for state in _states(item))


def _room(item: Item) -> str:
    if item.display is Display.LONG_TEXT:
        return "lines"
    known = {Kind.NUMBER: "number", Kind.DECIMAL: "number", Kind.DATE: "date", Kind.TIME: "time",
             Kind.DATETIME: "moment"}  # fmt: skip
    return known.get(item.kind, "line")


def _matrix(writing: _Writing, members: Sequence[Line]) -> Matrix | None:
    """Return a grid as a table where its rows have the same few answers, else None."""
    outline = writing.outline
    pairs = [(line, item) for line in members if (item := outline.item(line)) is not None]
    items = [item for _line, item in pairs]
    lists = {item.choices for item in items}
    if len(pairs) != len(members) or len(lists) != 1 or any(item.kind is not Kind.SINGLE for item in items):
        return None
    choices = outline.questionnaire.choice_lists.get(lists.pop(), ())
    if not 0 < len(choices) <= _MOST_ACROSS or any(choice.specify for choice in choices):
        return None
    instructions = {outline.shown(item.instruction, writing.language) for item in items} - {""}
    if len(instructions) > 1:
        return None
    return Matrix(
        tuple(outline.shown(choice.label, writing.language) or choice.name for choice in choices),
        tuple(
            (
                line.number,
                outline.shown(item.label, writing.language) or item.name,
                condition(outline, line, writing.language),
            )
            for line, item in pairs
        ),
        "".join(instructions),
        _codes(choices),
        _without(items[0], {}),
    )
