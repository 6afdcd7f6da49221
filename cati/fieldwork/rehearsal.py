"""Trying a questionnaire out: the interview's acts on an invented person, in memory; nothing is stored or sent.

The functions have the names and shapes of `cati.fieldwork.interviewing`, so that the interview page works on either.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from cati.fieldwork.delivered import Call, Lease
from cati.fieldwork.interviewing import Completed, RunningInterview
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.open_texts import Mark, mark_texts
from cati.survey import directed_walk, interview, random_runs
from cati.survey.answers import Answer
from cati.survey.case import Contact
from cati.survey.dispositions import TABLE, Letter, Outcome
from cati.survey.interview import Event, EventKind, InterviewState, InterviewStatus
from cati.survey.questionnaire import Questionnaire
from cati.survey.random_runs import Runs
from cati.survey.unreachable import Proof, proofs

NOBODY = "0" * 32
"""The case of a rehearsal; no study has it."""
_IS_INTERVIEW = frozenset({Letter.COMPLETE, Letter.PARTIAL})


def begin_rehearsal(
    study: OpenStudy, form: Questionnaire, *, language: str = "", values: Mapping[str, str] | None = None
) -> RunningInterview:
    """Begin an interview with an invented person of the study's first site and department; ``values`` change theirs."""
    now = study.now()
    started = interview.begin(
        form, at=now, seed=study.draw.getrandbits(53), language=language or form.default_language,
        values={**invented_values(study), **(values or {})}, draw_id=lambda: _fresh_id(study.draw),
    )  # fmt: skip
    return _running((started,), interview.replay(form, (started,)), now)


def rehearse_from(
    study: OpenStudy,
    form: Questionnaire,
    name: str,
    *,
    seed: int,
    language: str = "",
    values: Mapping[str, str] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RunningInterview | None:
    """Begin an interview that stands at a question, with invented answers before it (slow: call in background).

    None when no answers were found that lead there; that is no proof that there are none.
    """
    now = study.now()
    walk = directed_walk.walk_to(
        form, name, draw=random.Random(seed),  # noqa: S311 - invented answers, no secret
        at=now, values={**invented_values(study), **(values or {})}, language=language or form.default_language,
        cancelled=cancelled,
    )  # fmt: skip
    return _running(tuple(walk.events), walk.state, now) if walk is not None else None


def out_of_reach(
    study: OpenStudy, form: Questionnaire, name: str, *, values: Mapping[str, str] | None = None
) -> Proof | None:
    """Return why nobody can be asked a question, None when that is not certain (slow on large forms)."""
    return proofs(form, {**invented_values(study), **(values or {})}).get(name)


def _running(events: tuple[Event, ...], state: InterviewState, now: datetime) -> RunningInterview:
    return RunningInterview(
        case_id=NOBODY,
        lease=Lease(case_id=NOBODY, fence=0, until=now + timedelta(days=1)),
        call=Call(id=NOBODY, started=now, phone=0),
        events=events,
        state=state,
    )


def invented_values(study: OpenStudy, site_at: int = 0, department_at: int = 0) -> dict[str, str]:
    """Return what a case brings along, of one of the study's sites and one of its departments."""
    site = study.settings.sites[site_at]
    department = site.departments[department_at]
    return {
        "site": site.name,
        "department": department.name,
        "site_code": site.code,
        "department_code": department.code,
        "interviewer": study.me.name,
        "client": study.settings.client,
        "study": study.settings.name,
        "institute": study.settings.institute,
        "quota_full": "",
    }


def record(
    study: OpenStudy,
    running: RunningInterview,
    kind: EventKind,
    address: str = "",
    answer: Answer | None = None,
    language: str = "",
) -> RunningInterview:
    """Do one thing in the interview; what is refused stands in ``state.refusal`` and is not kept."""
    event = Event(id=_fresh_id(study.draw), kind=kind, at=study.now(), item=address, answer=answer, language=language)
    state = interview.apply(study.questionnaire, running.state, event)
    if state.refusal is not None:
        return replace(running, state=state)
    return replace(running, events=(*running.events, event), state=state)


def keep_draft(_study: OpenStudy, _running: RunningInterview, _address: str, _text: str) -> bool:
    """Keep nothing: a rehearsal that is cut off is begun anew."""
    return True


def draft_of(_study: OpenStudy, _running: RunningInterview, _address: str) -> str:
    """Return nothing."""
    return ""


def complete(study: OpenStudy, running: RunningInterview) -> Completed | RunningInterview:
    """Finish the rehearsal; the interview itself comes back when a question is still open."""
    event = Event(id=_fresh_id(study.draw), kind=EventKind.COMPLETED, at=study.now())
    state = interview.apply(study.questionnaire, running.state, event)
    if state.status is not InterviewStatus.COMPLETED:
        return replace(running, state=state)
    outcome = Outcome(state.disposition) if state.disposition else Outcome.COMPLETE
    return Completed(outcome=outcome, final="", kept=TABLE[outcome].letter in _IS_INTERVIEW)


def open_texts(study: OpenStudy, running: RunningInterview) -> tuple[tuple[str, str], ...]:
    """Return (address, words) of every open text, "item/choice" beside "other"."""
    return interview.open_texts(study.questionnaire, running.state)


def mark_identifying(_study: OpenStudy, who: RunningInterview | Contact | None, text: str) -> tuple[Mark, ...]:
    """Return what could identify somebody in a text; there is no respondent whose name would be looked for."""
    return mark_texts(text, who if isinstance(who, Contact) else None)


def random_interviews(
    study: OpenStudy,
    form: Questionnaire,
    interviews: int,
    *,
    seed: int,
    values: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    searching: Callable[[int, int], None] = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Runs:
    """Simulate so many interviews of a form, then search for what they missed (slow: call in background).

    Fewer when cancelled.
    """
    draw = random.Random(seed)  # noqa: S311 - invented answers, no secret
    return random_runs.run_many(
        form, interviews, draw=draw, at=study.now(), values={**invented_values(study), **(values or {})},
        progress=progress, searching=searching, cancelled=cancelled,
    )  # fmt: skip


def _fresh_id(draw: random.Random) -> str:
    return f"{draw.getrandbits(128):032x}"
