"""What single cells of the survey sheet mean: display, order, nonresponse, range, disposition."""

from __future__ import annotations

import difflib
import re

from cati.survey.diagnostics import Findings
from cati.survey.dispositions import Outcome
from cati.survey.form_rows import SURVEY
from cati.survey.item_types import RowType
from cati.survey.program import expression_or_none, is_dynamic
from cati.survey.questionnaire import CHOOSING, Display, Kind, Order
from cati.text import tr

LONG_LIST = 12
"""Above this many choices an interviewer types to find one."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_AT_LEAST = re.compile(rf"\.\s*>=\s*({_NUMBER})")
_AT_MOST = re.compile(rf"\.\s*<=\s*({_NUMBER})")
_WORKED_OUT = re.compile(r"\d\s*(?:[-+*]|\b(?:div|mod)\b)\s*[\d-]")
_OF_ALL = r"(?:sum|count|count-non-empty|min|max|join|concat|count-if|where|indexed-repeat|position|rank-index)\s*"
_WHOLE = re.compile(r"-?\d+")


def _unknown(column: str, written: str, known: tuple[str, ...], row: int, findings: Findings) -> None:
    near = difflib.get_close_matches(written, known, 1, 0.5)
    findings.error(
        "unknown_value",
        (SURVEY, row, column),
        tr("“{value}” cannot stand in the column {column}.", value=written, column=column),
        tr("Did you mean {name}?", name=near[0]) if near else tr("Possible are: {names}.", names=", ".join(known)),
    )


def order_of(written: str, row: int, findings: Findings) -> Order:
    """Return the order of a list or group."""
    words = written.lower()
    if not words:
        return Order.FIXED
    if words in tuple(Order):
        return Order(words)
    _unknown("cati_order", written, tuple(Order), row, findings)
    return Order.FIXED


def nonresponse_of(written: str, asked: bool, row: int, findings: Findings) -> tuple[str, ...]:
    """Return which of don't know and refused an item offers: both unless the author says otherwise."""
    if not asked:
        return ()
    words = written.lower().replace(",", " ").split()
    if not words:
        return ("dk", "refused")
    if words == ["none"]:
        return ()
    if all(word in ("dk", "refused") for word in words):
        return tuple(word for word in ("dk", "refused") if word in words)
    _unknown("cati_nonresponse", written, ("dk refused", "dk", "refused", "none"), row, findings)
    return ("dk", "refused")


def display_of(kind: Kind, appearance: str, written: str, choices: int, row: int, findings: Findings) -> Display:
    """Return how an item wants to look: as the author says, else by appearance, else by the length of its list."""
    said = written.lower()
    if said:
        if said in tuple(Display):
            return Display(said)
        _unknown("cati_display", written, tuple(Display), row, findings)
    words = set(appearance.replace("(", " ").split())
    if kind in CHOOSING:
        if "grade" in words:
            return Display.GRADE
        if "likert" in words:
            return Display.SCALE
        if words & {"search", "autocomplete"} or choices > LONG_LIST:
            return Display.SEARCH
        return Display.LIST
    return Display.LONG_TEXT if kind is Kind.TEXT and "multiline" in words else Display.PLAIN


def parameters_of(written: str) -> dict[str, str]:
    """Return what stands in the parameters column, names in lower case: ``start=0 end=10``, ``randomize = true``."""
    return {name.lower(): value for name, value in re.findall(r"([\w-]+)\s*=\s*(\$\{[^}]*\}|[^\s,;]+)", written)}


def shuffle_of(parameters: str, order: Order) -> tuple[Order, str]:
    """Return how choices are put in order and by which seed: ``randomize=true seed=${x}`` when nothing else is said."""
    given = parameters_of(parameters)
    if order is Order.FIXED and given.get("randomize", "").strip("'\"()").lower() in ("true", "yes", "1"):
        return Order.SHUFFLE, given.get("seed", "")
    return order, ""


def default_of(written: str, kind: Kind) -> str:
    """Return a default; what is worked out for a number (``1 + 2``) is wrapped in number(), by which it is known."""
    if kind not in (Kind.NUMBER, Kind.DECIMAL) or is_dynamic(written) or not _WORKED_OUT.search(written):
        return written
    return written if expression_or_none(written) is None else f"number({written})"


def with_own_answer(check: str, name: str, *, in_roster: bool) -> str:
    """Return a check that names its own question, ``${age} < 99``, with ``.`` in its place: the answer being given.

    In a roster, functions that look at all members keep the name; so do the conditions of tables, where ``.`` is a row.
    """
    if name not in check:  # a pattern a row takes long in long forms
        return check
    own = rf"\$\{{\s*{re.escape(name)}\s*\}}"
    if not name or "[" in check or (in_roster and re.search(rf"{_OF_ALL}\([^()]*{own}", check)):
        return check
    return re.sub(own, ".", check)


def triggers_of(written: str) -> tuple[str, ...]:
    """Return the names in the trigger column."""
    return tuple(dict.fromkeys(re.findall(r"\$\{\s*([^{}]+?)\s*\}", written)))


def range_of(
    row_type: RowType, parameters: str, constraint: str, row: int, findings: Findings
) -> tuple[Kind, str, str]:
    """Return an item's kind and its least and largest number, from the parameters of a range or a plain constraint."""
    if row_type.word == "range":
        given = parameters_of(parameters)
        start, end, step = given.get("start", "1"), given.get("end", "10"), given.get("step", "1")
        if not all(re.fullmatch(_NUMBER, part) for part in (start, end, step)):
            findings.error(
                "bad_range",
                (SURVEY, row, "parameters"),
                tr("The range cannot be read."),
                tr("Write start=0 end=10 step=1."),
            )
            return Kind.NUMBER, "", ""
        whole = all(_WHOLE.fullmatch(part) for part in (start, end, step))
        low, high = sorted((start, end), key=float)
        return (Kind.NUMBER if whole else Kind.DECIMAL), low, high
    if row_type.kind in (Kind.NUMBER, Kind.DECIMAL):
        halves = [half.strip().strip("()").strip() for half in re.split(r"\band\b", constraint)]
        least = [found[1] for half in halves if (found := _AT_LEAST.fullmatch(half))]
        most = [found[1] for half in halves if (found := _AT_MOST.fullmatch(half))]
        if len(least) + len(most) == len(halves) and len(least) <= 1 and len(most) <= 1:
            return row_type.kind, "".join(least), "".join(most)
    return row_type.kind, "", ""


def disposition_of(kind: Kind, written: str, row: int, findings: Findings) -> str:
    """Return the outcome that a screen-out proposes."""
    if kind not in (Kind.TERMINATE, Kind.QUOTA):
        return ""
    if not written:
        return (Outcome.NOT_ELIGIBLE if kind is Kind.TERMINATE else Outcome.QUOTA_FULL).value
    if written.lower() in tuple(Outcome):
        return written.lower()
    _unknown("cati_disposition", written, tuple(Outcome), row, findings)
    return Outcome.NOT_ELIGIBLE.value
