"""Holds what clients were told against what is left: a pure function over their journals and the final state.

An act whose commit went unanswered may have either fate, but one of the two and whole. Everything acknowledged must be
there, once.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf

from tests.faults.final_state import Final, FinalEntry
from tests.faults.histories import DELIVERS, RELEASES, Act, Did, Stage

CLOCKS_PART = 2.0
"""Seconds by which two workstations' ideas of the server's clock may differ while the machine is overloaded."""

_LEASED, _CLOSED, _WITHDRAWN = 2, 3, 4
_COMPLETE, _PARTIAL = "1.1", "1.2"
_HANDED = frozenset({"case_handed_out", "case_looked_up", "outcome_undone"})
_ENDED = frozenset({"outcome_noted", "case_put_back", "consent_withdrawn", "interview_completed"})
_BY_LAPSE = frozenset({None, "technical", "interrupted"})
_ENDS_CALL = frozenset({Did.OUTCOME, Did.BREAK_OFF, Did.COMPLETE})
_CHANGES_CASE = _ENDS_CALL | {Did.UNDO, Did.WITHDRAW}


class Wrong(StrEnum):
    """What must never happen."""

    TWO_HOLDERS = "a case with two people at once"
    FINISHED_AGAIN = "a finished case handed out again"
    ANSWER_MISSING = "an acknowledged answer missing"
    ANSWER_TWICE = "an answer or interview kept twice"
    ORDER = "events or fences in a wrong order"
    OUTCOME_MISSING = "an acknowledged call, outcome, appointment or withdrawal missing"
    LEASE_LEFT = "a lease or call neither finished nor returned"
    QUOTA = "a quota exceeded beyond its margin"
    HALF_KEPT = "an act half kept"
    LOG = "the log broken, or without an acknowledged act"
    BUG = "an act failed as a bug"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that must never happen and did; ``case`` is "" where it is of no one case."""

    wrong: Wrong
    case: str
    words: str

    def __str__(self) -> str:
        return f"{self.wrong}: {self.words}" + (f" (case {self.case})" if self.case else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """``targets``: of each (site, department), and of each site under (site, ""). ``margin``: settled overshoot."""

    targets: Mapping[tuple[str, str], int] = field(default_factory=dict)
    margin: int = 0


class History:
    """All acts of all clients, by case."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self.acts = sorted(acts, key=lambda act: act.tried)
        self.of_case: dict[str, list[Act]] = defaultdict(list)
        self.deliveries: dict[str, list[Act]] = defaultdict(list)
        for act in self.acts:
            if act.case:
                self.of_case[act.case].append(act)
                if act.kept and act.did in DELIVERS:
                    self.deliveries[act.case].append(act)


def check(acts: Sequence[Act], final: Final, terms: Terms) -> list[Violation]:
    """Return everything that is wrong, worst kinds first; empty when all promises were kept."""
    history = History(_without_lost(acts, final))
    found = [violation for look in _LOOKS for violation in look(history, final)]
    found += _quotas(final, terms)
    order = list(Wrong)
    return sorted(found, key=lambda one: (order.index(one.wrong), one.case, one.words))


def _without_lost(acts: Sequence[Act], final: Final) -> list[Act]:
    """Return the acts; those that a workstation kept for a case it then lost may have either fate.

    That is told to the window (`Did.LOST`), or to nobody when the workstation was killed over it: then the log must
    show that somebody else had the case.
    """
    told = {(act.client, act.case): act.tried for act in acts if act.did is Did.LOST}
    last: dict[str, int] = {}
    for act in acts:
        last[act.client] = max(last.get(act.client, 0), act.sitting)
    handed = _handed_in_log(final)

    def lost(act: Act) -> bool:
        if not (act.spooled and act.kept):
            return False
        others = any(entry.who != act.client and entry.fence > act.fence for entry in handed.get(act.case, ()))
        return act.tried < told.get((act.client, act.case), 0) or (others and act.sitting < last[act.client])

    return [replace(act, fate=Stage.UNKNOWN) if lost(act) else act for act in acts]


def _ended(act: Act) -> float:
    return inf if act.ended is None else act.ended


def _two_holders(history: History, _final: Final) -> Iterator[Violation]:
    for case, deliveries in history.deliveries.items():
        by_fence: dict[int, list[Act]] = defaultdict(list)
        for act in deliveries:
            by_fence[act.fence].append(act)
        for fence, same in by_fence.items():
            if len(same) > 1:
                who = ", ".join(sorted(act.client for act in same))
                yield Violation(Wrong.TWO_HOLDERS, case, f"fence {fence} was given to {who}")
        ordered = sorted(deliveries, key=lambda act: act.fence)
        for held, taken in itertools.pairwise(ordered):
            if held.client != taken.client and held.fence != taken.fence and _overlap(history, held, taken):
                words = f"{taken.client} got it (fence {taken.fence}) while {held.client} held it (fence {held.fence})"
                yield Violation(Wrong.TWO_HOLDERS, case, words)


def _overlap(history: History, held: Act, taken: Act) -> bool:
    """Tell whether a case was taken before its holder tried to let it go and before the lease ended."""
    let_go, until = inf, held.until
    for act in history.of_case[held.case]:
        own = act.client == held.client and act.fence == held.fence
        if act.possible and ((own and act.did in RELEASES) or act.did is Did.WITHDRAW):
            let_go = min(let_go, act.tried)
        if own and act.kept:
            until = max(until, act.until)
    lapsed = [act.until for act in history.of_case[held.case] if act.did is Did.LAPSED and act.fence == held.fence]
    until = min([until, *lapsed])
    return _ended(taken) < let_go and taken.handed < until - CLOCKS_PART


def _handed_in_log(final: Final) -> dict[str, list[FinalEntry]]:
    handed: dict[str, list[FinalEntry]] = defaultdict(list)
    for entry in final.log:
        if entry.act in _HANDED and entry.fence:  # a number looked up hands nothing out
            handed[entry.case].append(entry)
    return handed


def _two_holders_in_log(_history: History, final: Final) -> Iterator[Violation]:
    ended = {(entry.case, entry.fence) for entry in final.log if entry.act in _ENDED}
    for case, entries in _handed_in_log(final).items():
        ordered = sorted(entries, key=lambda entry: entry.fence)
        for held, taken in itertools.pairwise(ordered):
            if held.fence == taken.fence:
                words = f"the log gives fence {held.fence} to {held.who} and to {taken.who}"
                yield Violation(Wrong.TWO_HOLDERS, case, words)
            elif held.who != taken.who and (case, held.fence) not in ended:
                words = f"the log hands it to {taken.who} while {held.who} has it (fence {held.fence})"
                yield Violation(Wrong.TWO_HOLDERS, case, words)


def _finished_again(history: History, final: Final) -> Iterator[Violation]:
    for case, deliveries in history.deliveries.items():
        acts = history.of_case[case]
        finished = [act for act in acts if act.kept and (act.final or act.did in (Did.COMPLETE, Did.WITHDRAW))]
        undone = [act.tried for act in acts if act.did is Did.UNDO and act.possible]
        for end in finished:
            for again in deliveries:
                excused = any(end.tried < at < _ended(again) for at in undone)
                if again.tried > _ended(end) and not excused:
                    words = f"{again.client} got it after {end.client} had finished it ({end.did})"
                    yield Violation(Wrong.FINISHED_AGAIN, case, words)
    completed = {entry.case: entry.fence for entry in final.log if entry.act == "interview_completed"}
    for case, entries in _handed_in_log(final).items():
        for entry in entries:
            if entry.fence > completed.get(case, inf):
                yield Violation(Wrong.FINISHED_AGAIN, case, f"the log hands it to {entry.who} after it was completed")


def _answers(history: History, final: Final) -> Iterator[Violation]:
    interviews = defaultdict(list)
    for interview in final.interviews:
        interviews[interview.case].append(interview.answers)
    for case, acts in history.of_case.items():
        answers = [act for act in acts if act.did is Did.ANSWER and act.possible]
        kept = [act for act in answers if act.kept]
        there = final.cases.get(case)
        if there is None or not kept:
            continue
        if there.status not in (_CLOSED, _WITHDRAWN):
            events = {event.id: event for event in final.events.get(case, ())}
            for act in kept:
                event = events.get(act.id)
                if event is None or (event.n, event.address, event.value) != (act.place, act.address, act.value):
                    words = f"{act.client}'s answer {act.value!r} to {act.address!r}, event {act.place}"
                    yield Violation(Wrong.ANSWER_MISSING, case, words)
        elif there.code in (_COMPLETE, _PARTIAL):
            for found in interviews[case]:
                yield from _in_interview(case, answers, found)


def _in_interview(case: str, answers: Sequence[Act], found: Mapping[str, str]) -> Iterator[Violation]:
    """An interview holds at each question what was acknowledged last, or what was tried after it."""
    for address in {act.address for act in answers if act.kept}:
        of_it = [act for act in answers if act.address == address]
        last = max((act for act in of_it if act.kept), key=lambda act: act.place)
        allowed = {last.value} | {act.value for act in of_it if not act.kept and act.tried > last.tried}
        if found.get(address) not in allowed:
            words = f"{last.client}'s answer {last.value!r} to {address!r}; the interview has {found.get(address)!r}"
            yield Violation(Wrong.ANSWER_MISSING, case, words)


def _twice(history: History, final: Final) -> Iterator[Violation]:
    tried = Counter(act.value for act in history.acts if act.did is Did.ANSWER)
    for case, events in final.events.items():
        for value, times in Counter(event.value for event in events if event.value).items():
            if times > 1 and tried[value] == 1:
                yield Violation(
                    Wrong.ANSWER_TWICE, case, f"the answer {value!r}, given once, stands there {times} times"
                )
    for case, times in Counter(interview.case for interview in final.interviews).items():
        if times > 1:
            yield Violation(Wrong.ANSWER_TWICE, case, f"{times} interviews of one case")
    drawn = {found for act in history.acts if act.possible for found in (*act.drawn, act.id)}
    for call_id, call in final.calls.items():
        if call_id not in drawn:
            yield Violation(Wrong.ANSWER_TWICE, call.case, "a call that nobody began, or that was refused")
    for case, events in final.events.items():
        for event in events:
            if event.id not in drawn:
                yield Violation(
                    Wrong.ANSWER_TWICE, case, f"event {event.n} ({event.id}), which nobody gave, or which was refused"
                )


def _order(history: History, final: Final) -> Iterator[Violation]:
    for case, events in final.events.items():
        if [event.n for event in events] != list(range(len(events))):
            yield Violation(Wrong.ORDER, case, f"events {[event.n for event in events]}")
    for case, acts in history.of_case.items():
        answers = [act for act in acts if act.did is Did.ANSWER and act.kept]
        yield from _rising(case, answers, "event", lambda act: act.place)
        yield from _rising(case, history.deliveries.get(case, []), "fence", lambda act: act.fence)


def _rising(case: str, acts: Sequence[Act], what: str, number: Callable[[Act], int]) -> Iterator[Violation]:
    """Whatever began after another had ended has a higher number."""
    for at, later in enumerate(acts):
        for earlier in acts[:at]:
            if _ended(earlier) < later.tried and number(earlier) >= number(later):
                words = f"{what} {number(later)} of {later.client} after {what} {number(earlier)} of {earlier.client}"
                yield Violation(Wrong.ORDER, case, words)


def _outcomes(history: History, final: Final) -> Iterator[Violation]:
    of_call: dict[str, list[Act]] = defaultdict(list)
    withdrawn = {act.case for act in history.acts if act.did is Did.WITHDRAW and act.possible}
    for act in history.acts:
        if act.did in (*_ENDS_CALL, Did.UNDO) and act.id and act.possible:
            of_call[act.id].append(act)
        if act.did is Did.CALL and act.kept:
            of_call[act.id]
            if act.id not in final.calls:
                yield Violation(Wrong.OUTCOME_MISSING, act.case, f"{act.client}'s call")
    for call_id, acts in of_call.items():
        found = final.calls.get(call_id)
        if found is None:
            continue
        possible: set[str | None] = {None}
        for act in acts:
            to = None if act.did is Did.UNDO else act.outcome
            possible = {to} if act.kept else {*possible, to}
        if None in possible:
            possible |= _BY_LAPSE | ({"withdrawn"} if found.case in withdrawn else set())
        if found.outcome not in possible:
            words = f"a call's outcome is {found.outcome}, acknowledged was {sorted(map(str, possible))}"
            yield Violation(Wrong.OUTCOME_MISSING, found.case, words)


def _whole_cases(history: History, final: Final) -> Iterator[Violation]:
    """Appointments and withdrawals that nothing came after."""
    for case, acts in history.of_case.items():
        changes = [act for act in acts if act.did in _CHANGES_CASE and act.possible]
        there = final.cases.get(case)
        if there is None:
            continue
        if any(act.did is Did.WITHDRAW and act.kept for act in changes) and (
            there.status != _WITHDRAWN or there.contact or case in final.events
        ):
            yield Violation(Wrong.OUTCOME_MISSING, case, "a withdrawal")
        last = changes[-1] if changes else None
        if (
            last is not None and last.kept and last.appointment and there.status not in (_CLOSED, _WITHDRAWN)
            and final.appointments.get(case) != last.appointment
        ):  # fmt: skip
            yield Violation(Wrong.OUTCOME_MISSING, case, f"{last.client}'s appointment")
        if last is not None and last.kept and last.outcome == "hard_refusal" and (there.contact or not there.code):
            yield Violation(Wrong.OUTCOME_MISSING, case, f"{last.client}'s hard refusal")


def _leases(_history: History, final: Final) -> Iterator[Violation]:
    for case, there in final.cases.items():
        if there.status == _LEASED or there.holder is not None:
            yield Violation(Wrong.LEASE_LEFT, case, f"fence {there.fence} still holds it")
    for call in final.calls.values():
        if call.ended is None:
            yield Violation(Wrong.LEASE_LEFT, call.case, "its call has no end")


def _halves(_history: History, final: Final) -> Iterator[Violation]:
    interviews = Counter(interview.case for interview in final.interviews)
    calls = Counter((call.case, call.outcome) for call in final.calls.values())
    logged = Counter(entry.case for entry in final.log if entry.act == "interview_completed")
    for case, there in final.cases.items():
        complete = int(there.code == _COMPLETE)
        told = (calls[case, "complete"], logged[case])
        if told != (complete, complete):
            words = f"code {there.code}, {told[0]} calls that completed it, {told[1]} in the log"
            yield Violation(Wrong.HALF_KEPT, case, words)
        if min(interviews[case], 1) != int(there.code in (_COMPLETE, _PARTIAL)):
            wrong = Wrong.HALF_KEPT if interviews[case] else Wrong.ANSWER_MISSING
            yield Violation(wrong, case, f"code {there.code}, and {interviews[case]} interviews in the pool")
        if there.status in (_CLOSED, _WITHDRAWN) and final.events.get(case):
            yield Violation(Wrong.HALF_KEPT, case, "closed, and its open interview is still there")
    if interviews[""]:
        yield Violation(Wrong.HALF_KEPT, "", f"{interviews['']} interviews of no case")


_LOGGED = {Did.CLAIM: _HANDED, Did.TAKE: _HANDED, Did.UNDO: _HANDED, Did.CALL: {"dialled"}, Did.PUT_BACK: {"case_put_back"},
           Did.OUTCOME: {"outcome_noted", "consent_withdrawn"}, Did.COMPLETE: {"interview_completed"},
           Did.BREAK_OFF: {"interview_broken_off"}}  # fmt: skip


def _log(history: History, final: Final) -> Iterator[Violation]:
    for why in final.log_faults:
        yield Violation(Wrong.LOG, "", why)
    entries: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    gone_back = {(entry.case, entry.fence) for entry in final.log if entry.act == "case_put_back"}
    for entry in final.log:
        entries[entry.who, entry.act, entry.case].add(entry.fence)
    for act in history.acts:
        wanted = _LOGGED.get(act.did)
        if not (act.kept and act.case and wanted) or (act.did is Did.CALL and act.id not in act.drawn):
            continue  # nothing was handed out, or the call was there already
        if act.did is Did.PUT_BACK and act.spooled and (act.case, act.fence) in gone_back:
            continue  # by the end of the lease, before the workstation's own word arrived
        fences = {fence for name in wanted for fence in entries[act.client, name, act.case]}
        # What was spooled may have been kept under a later fence: the lease was over, and the case still there.
        if act.fence not in fences and not (act.spooled and max(fences, default=-1) > act.fence):
            yield Violation(Wrong.LOG, act.case, f"no entry of {act.client}'s {act.did}, fence {act.fence}")
    logged = Counter((entry.who, entry.act) for entry in final.log)
    for did, name in ((Did.PAUSE, "paused"), (Did.RESUME, "resumed"), (Did.SIGN_IN, "signed_in")):
        kept = Counter(act.client for act in history.acts if act.did is did and act.kept)
        for client, times in kept.items():
            if logged[client, name] < times:
                yield Violation(Wrong.LOG, "", f"{logged[client, name]} of {times} times {did} of {client}")


def _bugs(history: History, _final: Final) -> Iterator[Violation]:
    for act in history.acts:
        if act.fate is Stage.FAILED:
            yield Violation(Wrong.BUG, act.case, f"{act.did}: {act.words}")


def _quotas(final: Final, terms: Terms) -> Iterator[Violation]:
    """An interview that was led on in an outage until its lease was over, and kept all the same, may be one too many."""
    complete: Counter[tuple[str, str]] = Counter()
    kept_late: Counter[tuple[str, str]] = Counter()
    late = {(entry.case, entry.fence) for entry in final.log if entry.details.get("reason") == "outage"}
    for case, there in final.cases.items():
        if there.code == _COMPLETE:
            site, department = final.cells[there.cell]
            complete.update([(site, department), (site, "")])
            if (case, there.fence) in late:
                kept_late.update([(site, department), (site, "")])
    for cell, target in terms.targets.items():
        if complete[cell] > target + terms.margin + kept_late[cell]:
            words = f"{complete[cell]} interviews in {'/'.join(cell)}, wanted {target} and {terms.margin} over"
            yield Violation(Wrong.QUOTA, "", words)


_LOOKS: tuple[Callable[[History, Final], Iterator[Violation]], ...] = (
    _two_holders, _two_holders_in_log, _finished_again, _answers, _twice, _order, _outcomes, _whole_cases, _leases,
    _halves, _log, _bugs,
)  # fmt: skip
