"""The variables of a data set: names, labels, values, and what stands for a missing answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cati.survey.answers import Status
from cati.survey.program import AT
from cati.survey.questionnaire import Item, Kind, Order, Questionnaire, words_in
from cati.survey.summary import REMARK
from cati.text import tr


class Measure(StrEnum):
    """How a variable is kept: whole number with labels, number, date, or short text."""

    CODED = "coded"
    NUMBER = "number"
    DECIMAL = "decimal"
    TEXT = "text"


class Rounding(StrEnum):
    """What an answer is rounded to before it leaves."""

    NONE = ""
    WEEK = "week"
    HOUR = "hour"


_TELLS_TIME_OR_ID = re.compile(r"\b(?:now|today|uuid|once|random|decimal-date-time|decimal-time)\s*\(")
"""What a computed value must not leave with: the moment of the interview, or a number of its own."""
_FILL = re.compile(r"\$\{\s*([^}]*?)\s*\}")

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
        MISSING[Status.DONT_KNOW]: tr("don’t know"),
        MISSING[Status.REFUSED]: tr("prefers not to say"),
        MISSING[Status.SKIPPED]: tr("skipped"),
        MISSING[Status.NOT_ASKED]: tr("not asked"),
        MISSING[Status.OFF_PATH]: tr("does not apply"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column. ``values``: code to label; ``item`` and ``choice`` say where its answer is found.

    ``choice``: a 0/1 column of a question with several answers, or the place it got when ``ranks``. ``codes``: choice
    name to code. ``rounded``: a day or a time of day that somebody named could be joined with the office's own records,
    so it leaves as week or hour. ``item``: the question's name, behind it "@" and the numbers of the roster's members.
    ``order_of``: the column tells in which order the respondent got this list or group. ``remarked``: it tells whether
    an unusual answer was confirmed with a remark; the remark itself is an open text and does not leave.
    """

    name: str
    label: str
    measure: Measure
    values: dict[int, str] = field(default_factory=dict)
    item: str = ""
    choice: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    has_missing: bool = True
    rounded: Rounding = Rounding.NONE
    ranks: bool = False
    order_of: str = ""
    remarked: bool = False


def variables_of(questionnaire: Questionnaire, language: str = "") -> tuple[Variable, ...]:
    """Return the variables of a questionnaire in its order.

    Left out: open texts, which are not exported, and computed values that tell the moment of the interview or give it
    a number of its own (`leaves_out`), and rosters, which have variables for as many members as there are
    (`member_variables`). ``language``: "" for the questionnaire's own. Names may repeat: see `with_unique_names`.
    """
    language = language or questionnaire.default_language
    found: list[Variable] = []
    for item in questionnaire.items:
        if not leaves_out(item) and not in_roster(questionnaire, item):
            found += _variables_of_item(questionnaire, item, language)
    found += [
        Variable(name=f"{group.name}_order", label=tr("Order of {name}", name=_plain(words_in(
            group.label, language, questionnaire.default_language)) or group.name), measure=Measure.TEXT,
            order_of=f"{group.name}/")
        for group in questionnaire.groups
        if group.order is not Order.FIXED
    ]  # fmt: skip
    return tuple(found)


def member_variables(questionnaire: Questionnaire, item: Item, numbers: str, language: str = "") -> list[Variable]:
    """Return the variables of a roster's question for one member; ``numbers`` is "2", or "2.1" in nested rosters."""
    found = _variables_of_item(questionnaire, item, language or questionnaire.default_language)
    behind = numbers.replace(".", "_")
    own = f"{AT}{numbers}"
    return [
        replace(
            variable, name=f"{variable.name}_{behind}", label=f"{variable.label} [{numbers}]",
            item=f"{variable.item or item.name}{own}", order_of=f"{item.name}{own}" if variable.order_of else "",
        )
        for variable in found
    ]  # fmt: skip


def in_roster(questionnaire: Questionnaire, item: Item) -> bool:
    """Tell whether an item is asked once a member of a roster."""
    at = item.group
    while at is not None:
        if questionnaire.groups[at].repeat:
            return True
        at = questionnaire.groups[at].parent
    return False


def leaves_out(item: Item) -> bool:
    """Tell whether a computed value stays here, because an interview could be recognised by it."""
    return _TELLS_TIME_OR_ID.search(f"{item.calculation} {item.default if item.read_only else ''}") is not None


def _variables_of_item(questionnaire: Questionnaire, item: Item, language: str) -> list[Variable]:
    found = _answers_of_item(questionnaire, item, language)
    if found and item.order is not Order.FIXED:
        label = tr("Order of {name}", name=_label(questionnaire, item, language) or item.name)
        found.append(Variable(name=f"{item.name}_order", label=label, measure=Measure.TEXT, order_of=item.name))
    if item.soft:
        label = tr("Unusual, and confirmed: {name}", name=_label(questionnaire, item, language) or item.name)
        found.append(
            Variable(name=f"{item.name}_confirmed", label=label, measure=Measure.CODED,
                     values={0: tr("no"), 1: tr("yes")}, item=f"{item.name}{REMARK}", remarked=True)
        )  # fmt: skip
    return found


def _answers_of_item(questionnaire: Questionnaire, item: Item, language: str) -> list[Variable]:
    fallback = questionnaire.default_language
    label = _label(questionnaire, item, language)
    choices = questionnaire.choice_lists.get(item.choices, ())
    if item.kind is Kind.SINGLE:
        codes = codes_of([choice.name for choice in choices])
        values = {codes[c.name]: _plain(words_in(c.label, language, fallback)) or c.name for c in choices}
        return [
            Variable(name=item.name, label=label, measure=Measure.CODED, values=values, item=item.name, codes=codes)
        ]
    if item.kind is Kind.MULTIPLE:
        yes_no = {0: tr("not mentioned"), 1: tr("mentioned")}
        return [
            Variable(
                name=f"{item.name}_{choice.name}",
                label=f"{label}: {_plain(words_in(choice.label, language, fallback)) or choice.name}",
                measure=Measure.CODED, values=yes_no, item=item.name, choice=choice.name,
            )
            for choice in choices
        ]  # fmt: skip
    if item.kind is Kind.RANK:
        places = {place: tr("place {n}", n=place) for place in range(1, len(choices) + 1)}
        return [
            Variable(
                name=f"{item.name}_{choice.name}",
                label=f"{label}: {_plain(words_in(choice.label, language, fallback)) or choice.name}",
                measure=Measure.CODED, values={0: tr("no place"), **places}, item=item.name, choice=choice.name,
                ranks=True,
            )
            for choice in choices
        ]  # fmt: skip
    measure = {
        Kind.NUMBER: Measure.NUMBER, Kind.DECIMAL: Measure.DECIMAL, Kind.DATE: Measure.TEXT, Kind.TIME: Measure.TEXT,
        Kind.DATETIME: Measure.TEXT, Kind.CALCULATE: Measure.TEXT,
    }.get(item.kind)  # fmt: skip
    if measure is None:
        return []
    rounded = {Kind.DATE: Rounding.WEEK, Kind.DATETIME: Rounding.WEEK, Kind.TIME: Rounding.HOUR}.get(
        item.kind, Rounding.NONE
    )
    label = label or item.name
    if rounded is not Rounding.NONE:
        label = f"{label} ({tr('ISO week') if rounded is Rounding.WEEK else tr('hour')})"
    return [Variable(name=item.name, label=label, measure=measure, item=item.name, rounded=rounded)]


def _label(questionnaire: Questionnaire, item: Item, language: str) -> str:
    """Return the question's words; the rows of a grid get the grid's question before theirs."""
    own = _plain(words_in(item.label, language, questionnaire.default_language))
    group = questionnaire.groups[item.group] if item.group is not None else None
    if group is not None and group.grid:
        head = _plain(words_in(group.label, language, questionnaire.default_language))
        return f"{head} {own}".strip()
    return own


def _plain(label: str) -> str:
    """Return a label in which what was filled in for each person stands as a word in brackets."""
    known = {"site": tr("site"), "department": tr("department"), "interviewer": tr("interviewer")}
    return _FILL.sub(lambda fill: f"[{known.get(fill[1], fill[1])}]", label)


def codes_of(names: Sequence[str]) -> dict[str, int]:
    """Return a whole number for every choice: its own when all names are whole numbers, else counted from 1."""
    if all(name.lstrip("-").isdigit() and len(name) < 9 and int(name) > max(MISSING.values()) for name in names):  # noqa: PLR2004 - what an int32 of SPSS holds
        return {name: int(name) for name in names}
    return {name: at for at, name in enumerate(names, 1)}


def with_unique_names(found: Sequence[Variable]) -> tuple[Variable, ...]:
    """SPSS knows no difference between upper and lower case and takes 64 characters: make names keep apart."""
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
