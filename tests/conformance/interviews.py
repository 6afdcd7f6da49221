"""Recorded interviews of another engine, walked through with ours: next question, acceptance, text, final values.

Rules, stated once: steps at rows that the telephone does not ask (places, media, heads of tables), at pyxform's
synthetic ``table-list`` rows and at the text beside "other" (ours belongs to the question itself) are left out. A
``select_*_external`` is a text field there: what was typed into it stands, whatever list it is not in. The text "-" is
pyxform's filler where a label has no words in the default language; ours shows another language, so it is left out.
pyxform writes a first member into every form, so JavaRosa asks it of a counted roster even where the count is 0 or
missing (getodk/collect#6945, a fault that Enketo and Web Forms do not have): left out, too. What is made by chance
(``random()``) is not compared. Texts are compared without blanks and with straight quotation marks: JavaRosa drops a
blank that stands alone between two fills, and pyxform straightens what a word processor bent.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cati.files.questionnaires import read_questionnaire
from cati.survey.answers import SKIPPED, Answer, typed
from cati.survey.interview import Event, EventKind, InterviewState, apply, begin
from cati.survey.program import MORE, Program, program_of
from cati.survey.questionnaire import CHOOSING, Kind, Questionnaire
from cati.survey.shown import filled

SHARED = Path(__file__).resolve().parents[3] / "shared"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_STEP = re.compile(r"([^/\[\]]+)\[(\d+)\]")
_UNASKABLE = ("required-unanswerable", "blank")


@dataclass(slots=True)
class Tally:
    """What agreed and what did not, in one form's recorded interviews."""

    steps: int = 0
    next_question: int = 0
    judged: int = 0
    accepted: int = 0
    texts: int = 0
    texts_alike: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    values: int = 0
    values_alike: int = 0


class Walk:
    """One recorded interview on our engine; knows which of our questions stands next."""

    def __init__(self, form: Questionnaire, seed: int, external: frozenset[str] = frozenset()) -> None:
        self.form = form
        self.program: Program = program_of(form)
        self._ids = (f"{n:032x}" for n in itertools.count(1))
        event = begin(form, at=NOW, seed=random.Random(seed).getrandbits(40), language=form.default_language,
                      values={}, draw_id=lambda: next(self._ids), zone="UTC")  # fmt: skip
        from cati.survey.interview import replay

        self.state: InterviewState = replay(form, [event])
        self.last = ""
        self.typed_lists = external
        self.of_ref = {self._names(at): at for at in range(len(form.items))}

    def _names(self, at: int) -> tuple[str, ...]:
        groups = [self.form.groups[g].name for g in self.program.groups_of[at]]
        name = self.form.items[at].name
        if (
            groups
            and name.startswith(f"{groups[-1]}_")
            and any(item.name == name.removeprefix(f"{groups[-1]}_") for item in self.form.items)
        ):  # renamed by the reader because the name stood elsewhere already
            return (*groups, name.removeprefix(f"{groups[-1]}_"))
        return (*groups, name)

    def act(self, kind: EventKind, item: str = "", answer: Answer | None = None) -> InterviewState:
        event = Event(id=next(self._ids), kind=kind, at=NOW, item=item, answer=answer)
        self.state = apply(self.form, self.state, event)
        return self.state

    def type_into_list(self, address: str, value: str) -> None:
        """Take a value that is in no list, as the other engine does where a list is a text field."""
        answers = {**self.state.answers, address: Answer(value=value)}
        kept = replace(self.state, answers=answers)
        self.state = apply(self.form, kept, Event(id=next(self._ids), kind=EventKind.RESUMED, at=NOW))

    def address(self, ref: str) -> str | None:
        """Return our address of a recorded place; None when we ask no such thing or the member does not exist."""
        steps = _STEP.findall(ref)[1:] if ref.startswith("/data[") else _STEP.findall(ref.partition("/data")[2])
        at = self.of_ref.get(tuple(name for name, _n in steps))
        if at is None:
            return None
        ids: tuple[int, ...] = ()
        for name, number in steps[:-1]:
            group = self.program.roster_index.get(name)
            if group in self.program.rosters_of[at] and group is not None:
                members = self.state.scope.members(group, ids)
                if int(number) > len(members):
                    return None
                ids = (*ids, members[int(number) - 1])
        return self.program.address((at, ids))

    def counts_none(self, ref: str, at: int) -> bool:
        """Tell whether a place lies in the first member of a counted roster that has none."""
        ids: tuple[int, ...] = ()
        for name, number in _STEP.findall(ref)[:-1]:
            group = self.program.roster_index.get(name)
            if group is None or group not in self.program.rosters_of[at]:
                continue
            members = self.state.scope.members(group, ids)
            if not members and number == "1" and self.form.groups[group].repeat_count:
                return True
            if int(number) > len(members):
                return False
            ids = (*ids, members[int(number) - 1])
        return False

    def next_up(self) -> str:
        """Return the address behind the last one on the path, "" at the end."""
        path = self.state.path
        if not self.last:
            return path[0] if path else ""
        if self.last not in path:
            return ""
        at = path.index(self.last) + 1
        return path[at] if at < len(path) else ""


def left_out(walk: Walk, ref: str, by_other: frozenset[str]) -> str:
    """Return why a recorded step is none of ours, "" when it is."""
    names = tuple(name for name, _n in _STEP.findall(ref.partition("/data")[2]))
    if any(name.startswith("reserved_name_for_field_list_labels") for name in names) or "generated_table_list" in ref:
        return "synthetic table-list row"
    if names and names[-1] in by_other:
        return "text beside other"
    at = walk.of_ref.get(names)
    if at is not None and walk.form.items[at].kind is Kind.NOT_ASKED:
        return "not asked on the telephone"
    return "member of a roster that counts none" if at is not None and walk.counts_none(ref, at) else ""


def has_rosters(path: Path, forms: Path) -> bool:
    """Return whether the form of a record has repeats."""
    name = json.loads(path.read_text("utf-8").partition("\n")[0])["form"]
    form = read_questionnaire(forms / name, name).questionnaire
    return form is not None and any(group.repeat for group in form.groups)


def replay_file(path: Path, forms: Path) -> Tally:
    """Walk through all recorded interviews of one form."""
    tally = Tally()
    for line in path.read_text("utf-8").splitlines():
        recorded = json.loads(line)
        read = read_questionnaire(forms / recorded["form"], recorded["form"])
        form = read.questionnaire
        if form is None or read.form is None:
            tally.misses.append(f"{recorded['form']} cannot be read")
            tally.steps += len(recorded["steps"])
            continue
        external = frozenset(
            row.cells.get("name", "") for row in read.form.survey.rows if "_external " in row.cells.get("type", "")
        )
        _replay_one(form, recorded, tally, external)
    return tally


def _replay_one(form: Questionnaire, recorded: dict[str, Any], tally: Tally, external: frozenset[str]) -> None:
    walk = Walk(form, recorded["seed"], external)
    by_other = frozenset(f"{item.name}_other" for item in form.items if item.choices.endswith("_or_other"))
    place = f"{recorded['form']} seed {recorded['seed']}"
    before = ""
    for n, step in enumerate(recorded["steps"]):
        ref = step["ref"]
        why = left_out(walk, ref, by_other)
        if why:
            tally.left_out[why] += 1
            continue
        if ref != before:
            tally.steps += 1
            expected = _advance(walk, ref)
            address = walk.address(ref)
            if expected == address:
                tally.next_question += 1
            else:
                tally.misses.append(f"{place} step {n}: next is {ref}, ours {expected or 'the end'}")
        address = walk.address(ref)
        before = ref
        if address is None or address not in walk.state.path:
            continue
        walk.last = address
        _one_step(walk, step, address, tally, f"{place} step {n}: {ref}")
    _finals(walk, recorded["final"], tally, place)


def _advance(walk: Walk, ref: str) -> str:
    """Return our next question; where ours asks for another member, do as was done there."""
    expected = walk.next_up()
    while expected.partition("@")[0].endswith(MORE):
        address = walk.address(ref)
        if (
            address is None
            and walk.of_ref.get(tuple(name for name, _n in _STEP.findall(ref.partition("/data")[2]))) is not None
        ):
            known = set(walk.state.path)
            walk.act(EventKind.MEMBER_ADDED, expected)
            fresh = [one for one in walk.state.path if one not in known]
            if walk.address(ref) in fresh or walk.address(ref) is not None:
                return fresh[0] if fresh else ""
            expected = walk.state.path[walk.state.path.index(expected) + 1] if expected != walk.state.path[-1] else ""
            continue
        at = walk.state.path.index(expected) + 1
        expected = walk.state.path[at] if at < len(walk.state.path) else ""
    return expected


def _one_step(walk: Walk, step: dict[str, Any], address: str, tally: Tally, place: str) -> None:
    at, ids = walk.program.place(address)  # type: ignore[misc]  # the address is on the path
    item = walk.form.items[at]
    if "text" in step and step["text"] != "-":
        tally.texts += 1
        ours = filled(item.label, walk.state.scope, at, ids, walk.form.default_language, walk.form.default_language)
        if _alike(ours, step["text"]):
            tally.texts_alike += 1
        else:
            tally.misses.append(f"{place}: text {step['text']!r}, ours {ours[:160]!r}")
    if item.kind is Kind.NOTE or step["result"] == "readonly":
        return
    value = step["value"]
    if value is not None and step["result"] == "ok" and address in walk.typed_lists:
        walk.type_into_list(address, value)
        return
    if step["result"] == "gave-up":
        return  # nothing was stored: what the question starts with stays
    if value is None or step["result"] in _UNASKABLE:
        walk.act(EventKind.ANSWERED, address, SKIPPED)
        return
    given = typed(item, value) if item.kind not in CHOOSING else value
    state = walk.act(EventKind.ANSWERED, address, Answer(value=value if given is None else given))
    if step["result"] in ("ok", "constraint"):
        tally.judged += 1
        refused = state.refusal is not None and not state.refusal.soft
        if refused is (step["result"] == "constraint"):
            tally.accepted += 1
        else:
            words = state.refusal.message if state.refusal else "accepted"
            tally.misses.append(f"{place}: {value!r} {step['result']}, ours: {words}")


def _alike(ours: str, theirs: str) -> bool:
    """Tell whether two texts are the same but for blanks and quotation marks; the recorded one may be cut short."""
    one, other = _plain(ours), _plain(theirs)
    return one == other or (len(theirs) >= _CUT and one.startswith(other))


_CUT = 160
"""Recorded texts are no longer than this."""


def _plain(text: str) -> str:
    return "".join(text.translate(_STRAIGHT).split())


_STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


def _finals(walk: Walk, final: str, tally: Tally, place: str) -> None:
    """Compare what is computed with what stood in the other engine's finished instance."""
    computed = {
        at
        for at, item in enumerate(walk.form.items)
        if item.kind is Kind.CALCULATE and item.name not in _by_chance(walk.form)
    }
    names = {walk._names(at): at for at in computed}
    for path, value in _leaves(ET.fromstring(final)):  # noqa: S314 - our own record, not from outside
        at = names.get(tuple(name for name, _n in path))
        if at is None:
            continue
        ids: tuple[int, ...] = ()
        for name, number in path[:-1]:
            group = walk.program.roster_index.get(name)
            if group is not None and group in walk.program.rosters_of[at]:
                members = walk.state.scope.members(group, ids)
                if number > len(members):
                    break
                ids = (*ids, members[number - 1])
        if len(ids) != len(walk.program.rosters_of[at]):
            continue
        ours = walk.state.scope.text(at, ids)
        if not walk.state.scope.on(at, ids):
            continue
        tally.values += 1
        if ours == value or _close(ours, value):
            tally.values_alike += 1
        else:
            tally.misses.append(f"{place}: final {'/'.join(n for n, _ in path)} {value!r}, ours {ours!r}")


def _by_chance(form: Questionnaire) -> frozenset[str]:
    """Return the items whose value hangs on random() or the clock, by whatever way."""
    found = {
        item.name for item in form.items if any(call in item.calculation for call in ("random()", "now()", "uuid("))
    }
    grown = True
    while grown:
        before = len(found)
        found |= {item.name for item in form.items if any(f"${{{name}}}" in item.calculation for name in found)}
        grown = len(found) > before
    return frozenset(found)


def _close(one: str, other: str) -> bool:
    try:
        return abs(float(one) - float(other)) < 1e-9 * max(1.0, abs(float(one)))
    except ValueError:
        return False


def _leaves(
    node: ET.Element, path: tuple[tuple[str, int], ...] = ()
) -> Iterator[tuple[tuple[tuple[str, int], ...], str]]:
    counts: Counter[str] = Counter()
    for child in node:
        name = child.tag.partition("}")[2] or child.tag
        counts[name] += 1
        here = (*path, (name, counts[name]))
        if len(child):
            yield from _leaves(child, here)
        else:
            yield here, child.text or ""
