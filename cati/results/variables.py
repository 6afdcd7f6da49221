"""The variables of a data set: names, labels, values, and what stands for a missing answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cati.survey.answers import Status
from cati.survey.questionnaire import Item, Kind, Questionnaire, words_in
from cati.text import tr


class Measure(StrEnum):
    """How a variable is kept: whole number with labels, number, date, or short text."""

    CODED = "coded"
    NUMBER = "number"
    DECIMAL = "decimal"
    TEXT = "text"


MISSING = {
    Status.DONT_KNOW: -97,
    Status.REFUSED: -98,
    Status.SKIPPED: -99,
    Status.NOT_ASKED: -96,
    Status.OFF_PATH: -95,
}
"""User-missing codes; they stand for answers in every numeric variable, so a question must not have them as answers."""

TEXT_MISSING = {
    Status.DONT_KNOW: "-97",
    Status.REFUSED: "-98",
    Status.SKIPPED: "-99",
    Status.NOT_ASKED: "-96",
    Status.OFF_PATH: "-95",
}


def missing_labels() -> dict[int, str]:
    """Return what each missing code means, in the reader's language."""
    return {
        MISSING[Status.DONT_KNOW]: tr("don't know"),
        MISSING[Status.REFUSED]: tr("prefers not to say"),
        MISSING[Status.SKIPPED]: tr("skipped"),
        MISSING[Status.NOT_ASKED]: tr("not asked"),
        MISSING[Status.OFF_PATH]: tr("does not apply"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column. ``values``: code to label; ``item`` and ``choice`` say where its answer is found.

    ``choice``: a 0/1 column of a question with several answers. ``codes``: choice name to code.
    """

    name: str
    label: str
    measure: Measure
    values: dict[int, str] = field(default_factory=dict)
    item: str = ""
    choice: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    has_missing: bool = True


def variables_of(questionnaire: Questionnaire, language: str = "") -> tuple[Variable, ...]:
    """Return the variables of a questionnaire in its order; open texts are left out (they are not exported)."""
    language = language or questionnaire.default_language
    found: list[Variable] = []
    for item in questionnaire.items:
        found += _variables_of_item(questionnaire, item, language)
    return _with_unique_names(found)


def _variables_of_item(questionnaire: Questionnaire, item: Item, language: str) -> list[Variable]:
    fallback = questionnaire.default_language
    label = _label(questionnaire, item, language)
    choices = questionnaire.choice_lists.get(item.choices, ())
    if item.kind is Kind.SINGLE:
        codes = codes_of([choice.name for choice in choices])
        values = {codes[c.name]: words_in(c.label, language, fallback) or c.name for c in choices}
        return [
            Variable(name=item.name, label=label, measure=Measure.CODED, values=values, item=item.name, codes=codes)
        ]
    if item.kind is Kind.MULTIPLE:
        yes_no = {0: tr("not mentioned"), 1: tr("mentioned")}
        return [
            Variable(
                name=f"{item.name}_{choice.name}",
                label=f"{label}: {words_in(choice.label, language, fallback) or choice.name}",
                measure=Measure.CODED, values=yes_no, item=item.name, choice=choice.name,
            )
            for choice in choices
        ]  # fmt: skip
    measure = {
        Kind.NUMBER: Measure.NUMBER, Kind.DECIMAL: Measure.DECIMAL, Kind.DATE: Measure.TEXT, Kind.TIME: Measure.TEXT,
        Kind.CALCULATE: Measure.TEXT,
    }.get(item.kind)  # fmt: skip
    if measure is None:
        return []
    return [Variable(name=item.name, label=label or item.name, measure=measure, item=item.name)]


def _label(questionnaire: Questionnaire, item: Item, language: str) -> str:
    """Return the question's words; the rows of a grid get the grid's question before theirs."""
    own = words_in(item.label, language, questionnaire.default_language)
    group = questionnaire.groups[item.group] if item.group is not None else None
    if group is not None and group.grid:
        head = words_in(group.label, language, questionnaire.default_language)
        return f"{head} {own}".strip()
    return own


def codes_of(names: Sequence[str]) -> dict[str, int]:
    """Return a whole number for every choice: its own when all names are whole numbers, else counted from 1."""
    if all(name.lstrip("-").isdigit() and len(name) < 9 and int(name) > max(MISSING.values()) for name in names):  # noqa: PLR2004 - what an int32 of SPSS holds
        return {name: int(name) for name in names}
    return {name: at for at, name in enumerate(names, 1)}


def _with_unique_names(found: list[Variable]) -> tuple[Variable, ...]:
    """SPSS knows no difference between upper and lower case and takes 64 characters: make names keep apart."""
    from dataclasses import replace  # noqa: PLC0415 - only here

    taken: set[str] = set()
    named = []
    for variable in found:
        base = "".join(sign if sign.isalnum() or sign in "_." else "_" for sign in variable.name)[:60]
        base = base if base[:1].isalpha() else f"v_{base}"
        base = base.rstrip("._") or "v"
        name, n = base, 2
        while name.lower() in taken:
            name, n = f"{base}_{n}", n + 1
        taken.add(name.lower())
        named.append(replace(variable, name=name))
    return tuple(named)
