"""The campaign's checker: silent about what was kept, and it sees every single thing that must never happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import Terms, Violation, Wrong, check
from tests.faults.final_state import Final, FinalCall, FinalCase, FinalEntry, FinalEvent, FinalInterview
from tests.faults.histories import Act, Did, Journal, Stage, acts_of, lines_of

CLOSED, LEASED, READY, WAITING, WITHDRAWN = 3, 2, 0, 1, 4


class Story:
    """Acts one after the other, a second each, and the log they would have left."""

    def __init__(self) -> None:
        self.at = 0.0
        self.acts: list[Act] = []
        self.log: list[FinalEntry] = []

    def act(self, client: str, did: Did, fate: Stage = Stage.KEPT, *, logged: bool = True, **known: Any) -> Act:
        self.at += 1
        ended = None if known.pop("cut", False) else self.at + 0.5
        drawn = (known["id"],) if known.get("id") and did in (Did.CALL, Did.ANSWER) else ()
        made = Act(
            client=client,
            sitting=1,
            n=len(self.acts),
            did=did,
            tried=self.at,
            ended=ended,
            fate=fate,
            drawn=drawn,
            **known,
        )
        self.acts.append(made)
        if logged and fate is Stage.KEPT:
            for name in _entries(made):
                n = sum(entry.who == client for entry in self.log) + 1
                self.log.append(FinalEntry(client, n, int(self.at), name, made.case, made.fence))
        return made

    def claim(self, client: str, case: str = "c", fence: int = 1, **known: Any) -> Act:
        handed = known.pop("handed", self.at + 1)
        return self.act(client, Did.CLAIM, case=case, fence=fence, handed=handed, until=handed + 900, **known)


def _entries(act: Act) -> tuple[str, ...]:
    return {
        Did.CLAIM: ("case_handed_out",), Did.TAKE: ("case_looked_up",), Did.UNDO: ("outcome_undone",), Did.CALL: ("dialled",),
        Did.OUTCOME: ("outcome_noted",), Did.COMPLETE: ("outcome_noted", "interview_completed"), Did.PAUSE: ("paused",),
        Did.PUT_BACK: ("case_put_back",), Did.WITHDRAW: ("consent_withdrawn",), Did.SIGN_IN: ("signed_in",),
        Did.BREAK_OFF: ("outcome_noted", "interview_broken_off"),
    }.get(act.did, ())  # fmt: skip


def interviewed() -> tuple[Story, Final]:
    """One whole interview, and what it leaves."""
    story = Story()
    story.act("anna", Did.SIGN_IN)
    story.claim("anna")
    story.act("anna", Did.CALL, case="c", fence=1, id="call")
    story.act("anna", Did.INTERVIEW, case="c", fence=1)
    for n, (address, value) in enumerate((("wunsch", "mehr"), ("lob", "viel")), 1):
        story.act("anna", Did.ANSWER, case="c", fence=1, id=f"e{n}", place=n, address=address, value=value)
    story.act("anna", Did.COMPLETE, case="c", fence=1, id="call", outcome="complete", final="1.1")
    final = Final(
        cases={"c": FinalCase(1, CLOSED, None, 1, "1.1"), "other": FinalCase(1, READY, None, 0, None)},
        calls={"call": FinalCall("c", "anna", 7, "complete")},
        interviews=(FinalInterview("c", {"wunsch": "mehr", "lob": "viel"}),),
        log=tuple(story.log),
        cells={1: ("nord", "bau")},
    )
    return story, final


def open_interview() -> tuple[Story, Final]:
    """An interview broken off in its middle, and what it leaves."""
    story, final = interviewed()
    story.acts.pop()
    story.log = [entry for entry in story.log if entry.act not in ("interview_completed", "outcome_noted")]
    story.act("anna", Did.BREAK_OFF, case="c", fence=1, id="call", outcome="interrupted")
    return story, replace(
        final,
        cases={"c": FinalCase(1, WAITING, None, 1, None)},
        calls={"call": FinalCall("c", "anna", 7, "interrupted")},
        interviews=(),
        events={"c": (FinalEvent(0, "e0"), FinalEvent(1, "e1", "wunsch", "mehr"), FinalEvent(2, "e2", "lob", "viel"))},
        log=tuple(story.log),
    )


def wrong(story: Story, final: Final, terms: Terms = Terms()) -> list[Wrong]:  # noqa: B008 - frozen
    story.acts[0] = replace(story.acts[0], drawn=(*story.acts[0].drawn, "e0"))
    return sorted({violation.wrong for violation in check(story.acts, final, terms)}, key=list(Wrong).index)


@pytest.mark.parametrize("made", [interviewed, open_interview])
def test_nothing_is_said_of_what_was_kept(made: Callable[[], tuple[Story, Final]]) -> None:
    assert wrong(*made()) == []


def test_one_fence_for_two_people() -> None:
    story, final = interviewed()
    story.claim("bert", logged=False)
    assert Wrong.TWO_HOLDERS in wrong(story, final)


def test_a_case_taken_while_it_is_held() -> None:
    story, final = interviewed()
    end = story.acts.pop()
    story.claim("bert", fence=2)
    story.acts.append(replace(end, tried=story.at + 1, ended=story.at + 2))
    assert Wrong.TWO_HOLDERS in wrong(story, final)


@pytest.mark.parametrize("released", ["given back", "lease over", "given back, no answer"])
def test_a_case_taken_after_it_was_let_go(released: str) -> None:
    story = Story()
    story.claim("anna", handed=0)
    if released != "lease over":
        fate = Stage.KEPT if released == "given back" else Stage.UNKNOWN
        story.act("anna", Did.PUT_BACK, fate, case="c", fence=1, cut=fate is Stage.UNKNOWN)
    story.log.append(FinalEntry("anna", 9, 1, "case_put_back", "c", 1))
    story.claim("bert", fence=2, handed=900 if released == "lease over" else 3)
    story.act("bert", Did.PUT_BACK, case="c", fence=2)
    final = Final(cases={"c": FinalCase(1, READY, None, 2, None)}, log=tuple(story.log))
    assert wrong(story, final) == []


def test_two_holders_whom_only_the_log_knows() -> None:
    """Neither was told: both died before the answer came."""
    log = (FinalEntry("anna", 1, 5, "case_handed_out", "c", 1), FinalEntry("bert", 1, 6, "case_handed_out", "c", 2))
    found = check([], Final(log=log), Terms())
    assert [violation.wrong for violation in found] == [Wrong.TWO_HOLDERS]
    assert check([], Final(log=(log[0], replace(log[1], who="anna", n=2))), Terms()) == []  # came back to her


def test_a_finished_case_again() -> None:
    story, final = interviewed()
    story.claim("bert", fence=2)
    assert Wrong.FINISHED_AGAIN in wrong(story, replace(final, log=tuple(story.log)))


def test_an_outcome_taken_back_is_no_end() -> None:
    story = Story()
    story.claim("anna")
    story.act("anna", Did.CALL, case="c", fence=1, id="call")
    story.act("anna", Did.OUTCOME, case="c", fence=1, id="call", outcome="not_working", final="4.3")
    story.act("anna", Did.UNDO, case="c", fence=2, id="call")
    story.act("anna", Did.OUTCOME, case="c", fence=2, id="call", outcome="no_answer")
    calls = {"call": FinalCall("c", "anna", 7, "no_answer")}
    final = Final(cases={"c": FinalCase(1, WAITING, None, 2, None)}, calls=calls, log=tuple(story.log))
    assert wrong(story, final) == []
    story.acts[3] = replace(story.acts[3], did=Did.CLAIM)
    assert Wrong.FINISHED_AGAIN in wrong(story, final)


@pytest.mark.parametrize("event", [None, FinalEvent(2, "e2", "lob", "wenig"), FinalEvent(2, "other", "lob", "viel")])
def test_an_answer_that_is_not_there_any_more(event: FinalEvent | None) -> None:
    story, final = open_interview()
    events = final.events["c"][:2] + ((event,) if event else ())
    assert Wrong.ANSWER_MISSING in wrong(story, replace(final, events={"c": events}))


@pytest.mark.parametrize("answers", [{"wunsch": "mehr"}, {"wunsch": "weniger", "lob": "viel"}])
def test_an_answer_that_the_finished_interview_lacks(answers: dict[str, str]) -> None:
    story, final = interviewed()
    assert wrong(story, replace(final, interviews=(FinalInterview("c", answers),))) == [Wrong.ANSWER_MISSING]


def test_a_finished_interview_that_is_not_there() -> None:
    story, final = interviewed()
    assert wrong(story, replace(final, interviews=())) == [Wrong.ANSWER_MISSING]


@pytest.mark.parametrize("kept", [False, True])
def test_an_answer_without_an_answer_may_have_either_fate(kept: bool) -> None:
    story, final = open_interview()
    story.acts[5] = replace(story.acts[5], fate=Stage.UNKNOWN, ended=None)
    events = final.events["c"] if kept else final.events["c"][:2]
    assert wrong(story, replace(final, events={"c": events})) == []


def spooled() -> tuple[Story, Final]:
    """An interview whose last answer never came to the server: bert has the case by now, and did nothing with it."""
    story, final = open_interview()
    story.acts[3:] = [replace(act, spooled=True) for act in story.acts[3:]]
    story.log.append(FinalEntry("anna", 8, 7, "case_put_back", "c", 1))
    story.claim("bert", fence=2, handed=950)
    story.act("bert", Did.PUT_BACK, case="c", fence=2)
    return story, replace(final, events={"c": final.events["c"][:2]}, log=tuple(story.log))


def test_an_answer_lost_with_its_case_must_have_been_told() -> None:
    story, final = spooled()
    assert wrong(story, final) == [Wrong.ANSWER_MISSING]
    story.act("anna", Did.LOST, case="c")
    assert wrong(story, final) == []


def test_a_workstation_that_was_killed_could_not_tell_that_somebody_else_had_the_case() -> None:
    story, final = spooled()
    story.acts.append(replace(story.acts[0], sitting=2, tried=story.at + 1, ended=story.at + 2))
    log = (*final.log, FinalEntry("anna", 9, 9, "signed_in"))
    assert wrong(story, replace(final, log=log)) == []
    alone = tuple(entry for entry in log if entry.who == "anna")
    assert Wrong.ANSWER_MISSING in wrong(story, replace(final, log=alone))


def test_what_was_spooled_may_be_logged_under_a_later_fence_only() -> None:
    story, final = open_interview()
    log = tuple(replace(entry, fence=2) if entry.act == "interview_broken_off" else entry for entry in final.log)
    assert wrong(story, replace(final, log=log)) == [Wrong.LOG]
    story.acts[-1] = replace(story.acts[-1], spooled=True)
    assert wrong(story, replace(final, log=log)) == []


def test_a_case_that_a_workstation_gives_back_may_have_gone_back_before() -> None:
    story, final = spooled()
    story.act("anna", Did.LOST, case="c")
    story.act("carl", Did.PUT_BACK, case="c", fence=2)
    assert wrong(story, final) == [Wrong.LOG]
    story.acts[-1] = replace(story.acts[-1], spooled=True)
    assert wrong(story, final) == []


def test_an_unanswered_answer_that_is_there_twice() -> None:
    story, final = open_interview()
    story.acts[5] = replace(story.acts[5], fate=Stage.UNKNOWN, ended=None, drawn=("e2", "e3"))
    events = (*final.events["c"], FinalEvent(3, "e3", "lob", "viel"))
    assert wrong(story, replace(final, events={"c": events})) == [Wrong.ANSWER_TWICE]


def test_an_answer_that_was_refused_and_kept() -> None:
    story, final = open_interview()
    story.acts[5] = replace(story.acts[5], fate=Stage.REFUSED)
    assert wrong(story, final) == [Wrong.ANSWER_TWICE]


def test_two_interviews_of_one_case() -> None:
    story, final = interviewed()
    assert wrong(story, replace(final, interviews=final.interviews * 2)) == [Wrong.ANSWER_TWICE]


def test_events_out_of_order() -> None:
    story, final = open_interview()
    first, second = story.acts[4], story.acts[5]
    story.acts[4:6] = [replace(first, place=2), replace(second, place=1)]
    assert Wrong.ORDER in wrong(story, final)
    story, final = open_interview()
    assert Wrong.ORDER in wrong(story, replace(final, events={"c": final.events["c"][1:]}))


def test_a_call_an_outcome_and_an_appointment_that_are_missing() -> None:
    story, final = interviewed()
    assert Wrong.OUTCOME_MISSING in wrong(story, replace(final, calls={}))
    story, final = open_interview()
    other = {"call": FinalCall("c", "anna", 7, "busy")}
    assert wrong(story, replace(final, calls=other)) == [Wrong.OUTCOME_MISSING]
    story, final = open_interview()
    story.acts[-1] = replace(story.acts[-1], appointment=77)
    assert wrong(story, final) == [Wrong.OUTCOME_MISSING]
    assert wrong(story, replace(final, appointments={"c": 77})) == []


@pytest.mark.parametrize("left", [{"contact": True}, {"status": READY}])
def test_a_withdrawal_that_did_not_last(left: dict[str, Any]) -> None:
    story = Story()
    story.claim("anna")
    story.act("anna", Did.WITHDRAW, case="c", fence=1)
    gone = FinalCase(1, WITHDRAWN, None, 2, "2.112", contact=False)
    assert wrong(story, Final(cases={"c": gone}, log=tuple(story.log))) == []
    assert wrong(story, Final(cases={"c": replace(gone, **left)}, log=tuple(story.log))) == [Wrong.OUTCOME_MISSING]


def test_a_lease_and_a_call_that_nobody_ended() -> None:
    story = Story()
    story.claim("anna")
    story.act("anna", Did.CALL, case="c", fence=1, id="call")
    leased = Final(
        cases={"c": FinalCase(1, LEASED, "anna", 1, None)}, calls={"call": FinalCall("c", "anna", None, None)},
        log=tuple(story.log),
    )  # fmt: skip
    assert [violation.wrong for violation in check(story.acts, leased, Terms())] == [Wrong.LEASE_LEFT] * 2


def test_a_quota_is_exceeded_beyond_its_margin_only() -> None:
    story, final = interviewed()
    nord = {("nord", "bau"): 0, ("nord", ""): 5}
    assert wrong(story, final, Terms(targets=nord, margin=1)) == []
    assert wrong(story, final, Terms(targets=nord, margin=0)) == [Wrong.QUOTA]


@pytest.mark.parametrize(
    "half",
    [
        {"cases": {"c": FinalCase(1, CLOSED, None, 1, "2.11")}},
        {"calls": {"call": FinalCall("c", "anna", 7, "complete"), "e1": FinalCall("c", "anna", 7, "complete")}},
        {"events": {"c": (FinalEvent(0, "e0"),)}},
    ],
)
def test_an_act_half_kept(half: dict[str, Any]) -> None:
    story, final = interviewed()
    assert Wrong.HALF_KEPT in wrong(story, replace(final, **half))


def test_a_log_that_is_broken_or_lacks_an_entry() -> None:
    story, final = interviewed()
    assert wrong(story, replace(final, log_faults=("the chain is broken",))) == [Wrong.LOG]
    for entry in final.log:
        without = tuple(one for one in final.log if one != entry)
        if entry.act != "outcome_noted":  # the completion tells of it
            assert Wrong.LOG in wrong(story, replace(final, log=without)), entry


def test_an_act_that_failed_as_a_bug() -> None:
    story, final = interviewed()
    story.act("anna", Did.CLAIM, Stage.FAILED, words="KeyError at x.py:1")
    assert [str(one) for one in check(story.acts, final, Terms())] == [
        "an act failed as a bug: next case: KeyError at x.py:1"
    ]


def test_violations_are_told_in_words() -> None:
    assert str(Violation(Wrong.ORDER, "c", "so")) == "events or fences in a wrong order: so (case c)"


def test_a_journal_is_read_as_it_was_written_up_to_where_the_client_died(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, "anna", 2)
    journal.tried(Did.CLAIM)
    journal.ended(Stage.KEPT, case="c", fence=3, until=900.5)
    journal.tried(Did.ANSWER, case="c", fence=3, address="lob", value="viel", place=0)
    journal.drew("e0")
    with path.open("ab") as file:
        file.write(b'{"client":"anna","sit')
    claim, answer = acts_of(list(lines_of(path)))
    assert (claim.kept, claim.case, claim.fence, claim.until, claim.sitting) == (True, "c", 3, 900.5, 2)
    assert (answer.fate, answer.place, answer.drawn, answer.ended) == (Stage.UNKNOWN, 0, ("e0",), None)
