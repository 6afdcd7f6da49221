"""What a function is given so that it comes to what is wished for, one function of the dialect after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from cati.survey.answers import DONT_KNOW, REFUSED, SKIPPED, Answer, Status
from cati.survey.candidates import ANYTHING, Wish, at_least, reckoned
from cati.survey.events import EventKind
from cati.survey.nodes import Call, Literal, Node, Reference
from cati.survey.pattern_texts import readable, text_of
from cati.survey.placing import MOST_MEMBERS, Placing, Where, asks
from cati.survey.questionnaire import words_in
from cati.survey.values import as_number, as_text

_MOST_ROWS = 40
_LONGEST = 10_000
_STATES = {"is_dk": DONT_KNOW, "is_refused": REFUSED, "is_skipped": SKIPPED}
_PARTS = {"contains": str.__contains__, "starts-with": str.startswith, "ends-with": str.endswith}
TRUTHS = frozenset({
    "selected", "is-selected", "not", "boolean", "true", "false", "answered", "is_dk", "is_refused", "is_skipped",
    "relevant", "contains", "starts-with", "ends-with", "regex", "checklist", "weighted-checklist",
})  # fmt: skip
"""Functions that are true or false."""


def bring_function(steer: Placing, node: Call, wanted: bool, where: Where, depth: int) -> None:
    """Try to make a function true, or false."""
    match node:
        case Call(name="selected" | "is-selected", arguments=(question, choice)):
            name = steer.text(choice, where)
            wish = Wish((name,) if wanted else (), lambda text: (name in text.split()) == wanted)
            steer.give(question, wish, where, depth + 1)
        case Call(name="relevant", arguments=(Reference(name=name),)) if wanted:
            steer.place(name, where, depth + 1)
        case Call(name="answered", arguments=(Reference(name=name),)):
            steer.item(name, Wish((), lambda text: (text != "") == wanted), where, depth + 1)
        case Call(name="is_dk" | "is_refused" | "is_skipped", arguments=(Reference(name=name),)):
            place = steer.place(name, where, depth + 1)
            if place is not None:
                state = _STATES[node.name] if wanted else _other_than(_STATES[node.name].status)
                steer.walk.act(EventKind.ANSWERED, steer.program.address(place), state)
        case Call(name="regex", arguments=(subject, Literal(value=pattern))) if wanted:
            found = readable(str(pattern))
            values = tuple(text_of(found, steer.walk.draw) for _ in range(3)) if found else ()
            steer.give(
                subject, Wish(values, lambda text: steer.truth(put(node, subject, text), where)), where, depth + 1
            )
        case Call(name="contains" | "starts-with" | "ends-with", arguments=(subject, part)):
            text, has = steer.text(part, where), _PARTS[node.name]
            wish = Wish((text, f"{text} -", f"- {text}"), lambda other: has(other, text) == wanted)
            steer.give(subject, wish, where, depth + 1)
        case _:
            return


def _other_than(status: Status) -> Answer:
    return SKIPPED if status is not Status.SKIPPED else REFUSED


def give_function(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    """Try to make a function come to a value wished for."""
    act = _GIVE.get(node.name)
    if act is not None:
        act(steer, node, wish, where, depth)


def _if(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    condition, one, other = node.arguments
    for yes, branch in steer.shuffled([(True, one), (False, other)]):
        if not asks(branch) and not wish.holds(steer.text(branch, where)):
            continue
        if steer.bring(condition, yes, where, depth + 1) and steer.give(branch, wish, where, depth + 1):
            return


def _near(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    """Give a function that returns what it is given, or something near, what is wished for itself."""
    first = node.arguments[0]
    more = tuple(as_text(n + 0.5) for text in wish.values if math.isfinite(n := as_number(text)))
    steer.give(first, Wish((*wish.values, *more), _tested(steer, node, first, wish, where)), where, depth + 1)


def _any_part(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    for part in steer.shuffled([one for one in node.arguments if asks(one)]):
        steer.give(part, Wish(wish.values, _tested(steer, node, part, wish, where)), where, depth + 1)
        if wish.holds(steer.text(node, where)):
            return


def _tested(steer: Placing, node: Call, part: Node, wish: Wish, where: Where) -> Callable[[str], bool]:
    """Return what tells of a part's text whether the whole would come to what is wished for."""
    return lambda text: wish.holds(steer.text(put(node, part, text), where))


def put(node: Call, part: Node, text: str) -> Node:
    """Return a call with one of its arguments replaced by a text."""
    return replace(node, arguments=tuple(Literal(text, one.at) if one is part else one for one in node.arguments))


def _count_selected(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    steer.give(node.arguments[0], Wish((), lambda text: wish.holds(str(len(text.split())))), where, depth + 1)


def _length(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    lengths = [int(n) for text in wish.values if 0 <= (n := as_number(text)) <= _LONGEST]
    letters = Wish(tuple("x" * n for n in lengths), lambda text: wish.holds(str(len(text))))
    digits = tuple("1" * n for n in lengths)
    if node.arguments:
        steer.give(node.arguments[0], replace(letters, values=(*letters.values, *digits)), where, depth + 1)


def _count(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    if isinstance(node.arguments[0], Reference):
        steer.members_of(node.arguments[0].name, wish, where, depth)


def _total(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    """Change one member's number after the other until the sum is as wished for; new members count, too."""
    part = node.arguments[0]
    at = steer.program.index.get(part.name) if isinstance(part, Reference) else None
    if at is None:
        return
    rosters = steer.program.rosters_of[at]
    for done in range(MOST_MEMBERS):
        seen = steer.seen(rosters, where)
        if done >= len(seen):
            steer.members_of(steer.program.names[at], at_least(done + 1), where, depth)
            seen = steer.seen(rosters, where)
        if done >= len(seen) or wish.holds(steer.text(node, where)) or steer.spent():
            return
        ids, own = seen[done], steer.walk.state.scope.text(at, seen[done])
        if not steer.item_at(at, ids, _rest(steer, node, wish, own, where), depth + 1):
            steer.item_at(at, ids, _nearer(steer, node, wish, own, where), depth + 1)


def _rest(steer: Placing, node: Node, wish: Wish, own: str, where: Where) -> Wish:
    """Return what is wished for of one number of a sum; ``own`` is what it is now."""
    rest = _or_zero(as_number(steer.value(node, where))) - _or_zero(as_number(own))
    return reckoned(wish, lambda n: (n - rest,), lambda n: n + rest)


def _nearer(steer: Placing, node: Node, wish: Wish, own: str, where: Where) -> Wish:
    """Return the wish for a number that brings a sum nearer to what is wished for."""
    goal, now, mine = (
        as_number(wish.values[0] if wish.values else ""),
        as_number(steer.value(node, where)),
        as_number(own),
    )
    if goal > _or_zero(now):
        return Wish((), lambda text: as_number(text) > _or_zero(mine))
    return Wish((), lambda text: as_number(text) < _or_zero(mine))


def _or_zero(number: float) -> float:
    return number if math.isfinite(number) else 0.0


def _filled(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    for part in steer.shuffled([one for one in node.arguments if asks(one)]):
        steer.give(part, ANYTHING, where, depth + 1)
        if wish.holds(steer.text(node, where)):
            return


def _count_if(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    """Bring the condition about in one member after the other, or the opposite."""
    roster = node.arguments[0].name if isinstance(node.arguments[0], Reference) else ""
    group = steer.program.roster_index.get(roster)
    inside = next((at for at, around in enumerate(steer.program.rosters_of) if group in around), None)
    if group is None or inside is None:
        return
    for wanted in (True, False):
        for ids in steer.seen(steer.program.rosters_of[inside], where):
            steer.bring(node.arguments[1], wanted, Where(inside, ids), depth + 1)
            if wish.holds(steer.text(node, where)):
                return


def _label(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    asked = node.arguments[1] if node.name == "choice-label" else node.arguments[0]
    at = steer.program.index.get(asked.name) if isinstance(asked, Reference) else None
    if at is None:
        return
    listed = steer.program.choices.get(steer.walk.form.items[at].choices, {})
    language, fallback = steer.walk.state.language, steer.walk.form.default_language
    names = [one.name for one in listed.values() if wish.holds(words_in(one.label, language, fallback))]
    among(steer, asked, names, where, depth)


def _pulldata(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    table, column, key, asked = node.arguments
    wanted, by = steer.text(column, where), steer.text(key, where)
    rows = steer.walk.state.scope.table(steer.text(table, where).removesuffix(".csv"))
    among(steer, asked, [row.get(by, "") for row in rows if wish.holds(row.get(wanted, ""))], where, depth)


def among(steer: Placing, node: Node, keys: Sequence[str], where: Where, depth: int) -> None:
    """Make an expression come to one of these texts."""
    if keys:
        known = frozenset(keys)
        first = steer.walk.draw.sample(list(keys), min(len(keys), _MOST_ROWS))
        steer.give(node, Wish(tuple(first), known.__contains__), where, depth + 1)


def _indexed(steer: Placing, node: Call, wish: Wish, where: Where, depth: int) -> None:
    if isinstance(node.arguments[0], Reference):
        steer.item(node.arguments[0].name, wish, where, depth + 1)


_GIVE: dict[str, Callable[[Placing, Call, Wish, Where, int], None]] = {
    "if": _if,
    **dict.fromkeys(
        ("int", "round", "floor", "ceiling", "number", "decimal-date-time", "decimal-date", "date", "date-time",
         "string", "normalize-space", "once", "abs", "format-date", "format-date-time"),
        _near,
    ),
    **dict.fromkeys(("coalesce", "min", "max", "concat", "join", "substr", "selected-at"), _any_part),
    "count-selected": _count_selected,
    "string-length": _length,
    "count": _count,
    "sum": _total,
    "count-non-empty": _filled,
    "count-if": _count_if,
    **dict.fromkeys(("label", "jr:choice-name", "choice-label"), _label),
    "pulldata": _pulldata,
    "indexed-repeat": _indexed,
}  # fmt: skip
