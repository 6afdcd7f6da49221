"""What the outline says about one line: who is asked, what is accepted, what may stay open, in words and as written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cati.survey.expression_words import Speaker, condition_in_words, value_in_words
from cati.survey.outline import (
    GROUPS,
    Line,
    Outline,
    groups_around,
    order_words,
    outcome_words,
)
from cati.survey.questionnaire import ASKED, SUBSTANTIVE, Item, Kind, Words
from cati.text import tr

_MOST_OF_A_LABEL = 60
"""Characters of a choice's label that stand in a condition."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing about a line. ``source`` is the expression as its author wrote it, "" where there is none."""

    title: str
    words: str
    source: str = ""


def facts(outline: Outline, line: Line, language: str) -> tuple[Fact, ...]:
    """Return what is to be known about a line, in the reader's language; labels of choices in ``language``."""
    item = outline.item(line)
    if item is None:
        return (*_conditions(outline, line, language), *_group_facts(outline, line, language))
    return (
        *_conditions(outline, line, language),
        *_checks(outline, item, language),
        *_answering(outline, item),
        *_values(outline, item, language),
    )


def _checks(outline: Outline, item: Item, language: str) -> Iterator[Fact]:
    if item.constraint:
        words = range_words(item) or in_words(outline, item.constraint, language, item.name)
        said = _with(words, item.constraint_message, outline, language)
        yield Fact(tr("Accepted only if"), said, item.constraint)
    elif item.minimum or item.maximum:
        yield Fact(tr("Accepted only if"), range_words(item))
    if item.soft:
        words = in_words(outline, item.soft, language, item.name)
        yield Fact(tr("Asked about unless"), _with(words, item.soft_message, outline, language), item.soft)


def _answering(outline: Outline, item: Item) -> Iterator[Fact]:
    if item.kind in SUBSTANTIVE:
        yield Fact(tr("Without an answer"), nonresponse_words(item), _plain(item.required))
    if item.choices_from:
        yield Fact(tr("Choices shown"), f"[{outline.called(item.choices_from)}]")
    if item.choice_filter:
        yield Fact(tr("Choices shown"), tr("only those that fit"), item.choice_filter)
    if order := order_words(item.order):
        yield Fact(tr("Order of the choices"), order)
    if item.read_only:
        yield Fact(tr("Answer"), tr("is shown and cannot be changed"))
    if item.kind in (Kind.TERMINATE, Kind.QUOTA):
        yield Fact(tr("Outcome"), outcome_words(item))


def _values(outline: Outline, item: Item, language: str) -> Iterator[Fact]:
    if item.calculation:
        words = worked_out(outline, item.calculation, language, item.name)
        yield Fact(tr("Computed as"), words, item.calculation)
    if item.trigger:
        asked = ", ".join(outline.called(name) for name in item.trigger)
        yield Fact(tr("Worked out when this changes"), asked)
    if item.default:
        yield Fact(tr("Filled in to begin with"), item.default)


def _group_facts(outline: Outline, line: Line, language: str) -> list[Fact]:
    if line.group is None:
        return []
    group = outline.questionnaire.groups[line.group]
    found: list[Fact] = []
    if group.repeat:
        words = worked_out(outline, group.repeat_count, language) if group.repeat_count else tr("as often as needed")
        found.append(Fact(tr("Asked how often"), words, group.repeat_count))
    if group.grid or group.shared:
        found.append(Fact(tr("Screen"), tr("all on one screen")))
    if order := order_words(group.order):
        found.append(Fact(tr("Order of the questions"), order))
    return found


def _conditions(outline: Outline, line: Line, language: str) -> list[Fact]:
    """Return the line's own condition, then those of the groups around it, innermost first."""
    found = []
    item = outline.item(line)
    if item is not None and item.relevant:
        found.append(Fact(tr("Asked only if"), in_words(outline, item.relevant, language), item.relevant))
    for at in reversed(groups_around(outline.questionnaire, line.group)):
        group = outline.questionnaire.groups[at]
        if not group.relevant:
            continue
        words = in_words(outline, group.relevant, language)
        if line.kind in GROUPS and at == line.group:
            found.append(Fact(tr("Asked only if"), words, group.relevant))
        else:
            name = outline.shown(group.label, language) or group.name
            found.append(Fact(tr("Like all of “{group}” only if", group=shortened(name, 40)), words, group.relevant))
    return found


def condition(outline: Outline, line: Line, language: str) -> str:
    """Return a line's own condition in words, "" when it has none."""
    item = outline.item(line)
    source = item.relevant if item is not None else ""
    if item is None and line.group is not None:
        source = outline.questionnaire.groups[line.group].relevant
    return in_words(outline, source, language) if source else ""


def in_words(outline: Outline, source: str, language: str, here: str = "") -> str:
    """Return a condition in the reader's language, labels in ``language``; ``here`` is what ``.`` stands for."""
    return condition_in_words(source, _speaker(outline, language, here))


def worked_out(outline: Outline, source: str, language: str, here: str = "") -> str:
    """Return in words what an expression works out."""
    return value_in_words(source, _speaker(outline, language, here))


def _speaker(outline: Outline, language: str, here: str) -> Speaker:
    """Return how this outline calls its questions and choices; a speaker may be asked for "." as well."""

    def title(name: str) -> str:
        number = outline.numbers.get(name)
        return tr("question {number}", number=number) if number else outline.called(name)

    def choice(name: str, value: str) -> str:
        label = choice_label(outline, here if name == "." else name, value, language)
        return "" if label == value else shortened(label, _MOST_OF_A_LABEL)

    def several(name: str) -> bool:
        at = outline.at_item.get(here if name == "." else name)
        item = outline.item(outline.lines[at]) if at is not None else None
        return item is None or item.kind is not Kind.SINGLE

    return Speaker(title, choice, several)


def range_words(item: Item) -> str:
    """Return the least and largest number of an item in words, "" without bounds."""
    if item.minimum and item.maximum:
        return tr("between {low} and {high}", low=item.minimum, high=item.maximum)
    if item.minimum:
        return tr("at least {low}", low=item.minimum)
    return tr("at most {high}", high=item.maximum) if item.maximum else ""


def nonresponse_words(item: Item) -> str:
    """Return how a question may stay without an answer, in words."""
    states = [tr("don’t know")] if "dk" in item.nonresponse else []
    states += [tr("prefers not to say")] if "refused" in item.nonresponse else []
    states += [] if item.required else [tr("skip")]
    if not states:
        return tr("an answer is required")
    words = ", ".join(states)
    if item.required and item.required != "yes":
        words += "; " + tr("required at times")
    return words


def _with(words: str, message: Words, outline: Outline, language: str) -> str:
    said = outline.shown(message, language)
    return f"{words} – “{said}”" if said else words


def _plain(required: str) -> str:
    return "" if required == "yes" else required


def shortened(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters, cut at a word with an ellipsis."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    return flat[:most].rsplit(" ", 1)[0].rstrip(".,;: ") + " …"


def language_name(outline: Outline, code: str) -> str:
    """Return what a language of the questionnaire is called there."""
    return outline.questionnaire.language_names.get(code, code) if code else tr("as written")


def choice_label(outline: Outline, name: str, value: str, language: str) -> str:
    """Return the label of a choice of a question; the value itself where there is none."""
    at = outline.at_item.get(name)
    item = outline.item(outline.lines[at]) if at is not None else None
    if item is None:
        return value
    listed = outline.questionnaire.choice_lists.get(item.choices, ())
    label = next((choice.label for choice in listed if choice.name == value), {})
    return outline.shown(label, language) or value


def asked_from(outline: Outline, line: int) -> str:
    """Return the first question at or behind a line of the outline, "" when there is none."""
    items = (outline.item(one) for one in outline.lines[line:])
    return next((item.name for item in items if item is not None and item.kind in ASKED), "")
