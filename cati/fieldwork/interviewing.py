"""The interview's acts: begin or resume, one durable commit an answer, break off, complete.

Every event is sealed under the drafts' key and on disk before the next question shows; what is being typed is kept
in one row a question, written over, so that deleted words do not stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cati.errors import Problem
from cati.fieldwork import mixing
from cati.fieldwork.delivered import Call, Lease, LeaseLost, Noted
from cati.fieldwork.delivery import held_row
from cati.fieldwork.log import Act, note
from cati.fieldwork.open_answers import (
    hold,
    is_due,
    keep_event,
    keep_event_at_once,
    keep_words_at_once,
    opened_words,
    place_of,
    sealed_words,
    stored_events,
)
from cati.fieldwork.open_cells import full_cells
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.open_texts import Mark, mark_texts
from cati.fieldwork.outcomes import ERASES, keep_outcome
from cati.fieldwork.placing import cell_of, opened_contact, plan_lapse_anew, study_cells
from cati.fieldwork.settings_in_force import in_force
from cati.settings import Department, Site
from cati.store import contacts, drafts, studies
from cati.store.database import Transaction
from cati.survey import interview
from cati.survey.answers import Answer, Status
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, Contact, Preference
from cati.survey.dispositions import TABLE, Letter, Outcome
from cati.survey.interview import Event, EventKind, InterviewState, InterviewStatus
from cati.survey.questionnaire import Kind, questionnaire_from_json
from cati.survey.versions import lost_on

_IS_INTERVIEW = frozenset({Letter.COMPLETE, Letter.PARTIAL})
_SEED_BITS = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningInterview:
    """An interview in progress; ``events`` are all on disk. ``lease_lost``: the last act was not kept, the case is
    somebody else's by now, and the page must close. ``lost``: answers given on an earlier version of the questionnaire
    that this one does not take, by address; they are asked again where the path leads. ``typed``: where words lie that
    were typed and not answered (keyed hashes; one set for all states of the interview): what is not in there need not
    be looked for in the database.
    """  # noqa: D205 - one sentence does not fit a line

    case_id: str
    lease: Lease
    call: Call
    events: tuple[Event, ...] = field(repr=False)
    state: InterviewState = field(repr=False)
    lease_lost: bool = False
    lost: tuple[str, ...] = ()
    typed: set[str] = field(default_factory=set, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The interview is over and the case closed; nothing takes that back, for the link is gone.

    ``outcome`` is COMPLETE, or what the questionnaire screened out as; ``final`` its code ("1.1"). ``kept``: the
    answers are in the pool; those of a screened-out interview are deleted.
    """

    outcome: Outcome
    final: str
    kept: bool


def begin_interview(study: OpenStudy, lease: Lease, call: Call) -> RunningInterview | LeaseLost:
    """Begin an interview, or resume the one that was broken off, at the same question, whoever began it."""
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = held_row(study, transaction, lease)
        if row is None:
            return LeaseLost(lease.case_id)
        events = stored_events(study, transaction, lease.case_id)
        if events:
            added = new_event(study, EventKind.RESUMED)
        else:
            cells = study_cells(study, transaction)
            full = row.cell in full_cells(study, transaction, cells)
            added = started_event(study, cells[row.cell], full=full)
            note(study, transaction, Act.INTERVIEW, case=row.id, fence=row.fence)
        keep_event(study, transaction, lease.case_id, len(events), added)
        if not events:
            plan_lapse_anew(study, transaction, lease.case_id)
        lost = answers_lost(study, transaction, events)
        typed = drafts.places(transaction, lease.case_id)
    events = (*events, added)
    state = interview.replay(study.questionnaire, events)
    return RunningInterview(
        case_id=lease.case_id, lease=lease, call=call, events=events, state=state, lost=lost, typed=typed
    )


def answers_lost(study: OpenStudy, transaction: Transaction, events: Sequence[Event]) -> tuple[str, ...]:
    """Return which answers do not map from the version they were given on onto the one in force."""
    given_on = events[0].questionnaire_hash if events else ""
    if given_on in ("", study.questionnaire.content_hash):
        return ()
    model = studies.questionnaire_model(transaction, given_on)
    if model is None:
        return ()
    return tuple(one.address for one in lost_on(questionnaire_from_json(model), study.questionnaire, events))


def record(
    study: OpenStudy,
    running: RunningInterview,
    kind: EventKind,
    address: str = "",
    answer: Answer | None = None,
    language: str = "",
) -> RunningInterview:
    """Do one thing in the interview and keep it: one durable commit, on disk when this returns.

    What the questionnaire refuses (``state.refusal``) is not kept. A lost lease gives ``lease_lost`` and keeps nothing.
    """
    event = new_event(study, kind, address, answer, language)
    state = interview.apply(study.questionnaire, running.state, event)
    if state.refusal is not None:
        return replace(running, state=state)
    place = place_of(study, running.case_id, address) if kind is EventKind.ANSWERED and running.typed else ""
    place = place if place in running.typed else ""
    if study.database.by_functions:
        lease = _kept_and_held(study, running, event, place)
    else:
        with study.transaction() as transaction:
            lease = hold(study, transaction, running.lease)
            if lease is not None:
                keep_event(study, transaction, running.case_id, len(running.events), event)
                if place:
                    drafts.forget_text(transaction, running.case_id, place)
    if lease is None:
        return replace(running, lease_lost=True)
    running.typed.discard(place)
    return replace(running, lease=lease, events=(*running.events, event), state=state)


def _kept_and_held(study: OpenStudy, running: RunningInterview, event: Event, place: str) -> Lease | None:
    """Keep an event on a server, and move the lease on when that is due; None when the lease was lost."""
    found = keep_event_at_once(study, running.lease, len(running.events), event, place)
    if found is None or not found[1]:
        return None
    moved: Lease | None = None
    if is_due(study, found[0]):
        with suppress(Problem), study.transaction() as transaction:  # the event is kept: what comes next meets the same
            moved = hold(study, transaction, running.lease)
    return moved or found[0]


def keep_draft(study: OpenStudy, running: RunningInterview, address: str, text: str) -> bool:
    """Keep the words typed so far at a question, one row written over, durable on return; False: lease lost."""
    place = place_of(study, running.case_id, address)
    running.typed.add(place)
    if study.database.by_functions:
        return keep_words_at_once(study, running.lease, place, text) is not None
    sealed = sealed_words(study, running.case_id, place, text)
    with study.transaction() as transaction:
        if hold(study, transaction, running.lease) is None:
            return False
        drafts.keep_text(transaction, running.case_id, place, sealed)
    return True


def draft_of(study: OpenStudy, running: RunningInterview, address: str) -> str:
    """Return the words typed so far at a question and not answered yet, "" for none."""
    if not running.typed:
        return ""
    place = place_of(study, running.case_id, address)
    if place not in running.typed:
        return ""
    with study.reading() as transaction:
        sealed = drafts.text(transaction, running.case_id, place)
    return "" if sealed is None else opened_words(study, running.case_id, place, sealed)


def break_off(
    study: OpenStudy,
    running: RunningInterview,
    outcome: Outcome,
    *,
    appointment: Appointment | None = None,
    preference: Preference | None = None,
    sub_reason: str = "",
    note_code: str = "",
) -> Noted | LeaseLost:
    """End the call in the middle of the interview, in one transaction with its outcome.

    An interim outcome (appointment, interrupted …) keeps the answers for whoever resumes. PARTIAL puts them into the
    pool as they are; any other final outcome deletes them.
    """
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = held_row(study, transaction, running.lease)
        if row is None:
            return LeaseLost(running.case_id)
        if outcome is Outcome.PARTIAL:
            cell = cell_of(study, transaction, row.cell)
            whole = what_is_kept(study, running.state, cell, partial=True)
            mixing.put_into_pool(study, transaction, running.lease, whole)
        else:
            event = new_event(study, EventKind.BROKE_OFF)
            keep_event(study, transaction, running.case_id, len(running.events), event)
        noted = keep_outcome(
            study,
            transaction,
            running.lease,
            running.call,
            outcome,
            appointment=appointment,
            preference=preference,
            sub_reason=sub_reason,
            note_code=note_code,
        )
        if isinstance(noted, LeaseLost):
            raise CallIsGoneError(running.case_id)
        note(study, transaction, Act.BROKEN_OFF, case=running.case_id, fence=running.lease.fence)
    if outcome in ERASES:
        study.database.checkpoint()
    if outcome is Outcome.PARTIAL:
        # The answers are in the pool, tied to nobody: the ten seconds of undo do not reach them.
        return replace(noted, until=study.now(), undo=replace(noted.undo, until=study.now() - timedelta(seconds=1)))
    return noted


def complete(study: OpenStudy, running: RunningInterview) -> Completed | RunningInterview:
    """Finish the interview in ONE transaction: case closed, call recorded, answers under a random id, link gone.

    Returns the interview itself when a question is still open (``state.refusal`` says which) or the lease was lost. A
    questionnaire that ended by a terminate row closes the case with that row's disposition and keeps no answers.
    """
    state = interview.apply(study.questionnaire, running.state, new_event(study, EventKind.COMPLETED))
    if state.status is not InterviewStatus.COMPLETED:
        return replace(running, state=state)
    outcome = Outcome(state.disposition) if state.disposition else Outcome.COMPLETE
    kept = TABLE[outcome].letter in _IS_INTERVIEW
    with study.transaction() as transaction:
        study = in_force(study, transaction)
        row = held_row(study, transaction, running.lease)
        if row is None:
            return replace(running, lease_lost=True)
        if kept:
            cell = cell_of(study, transaction, row.cell)
            whole = what_is_kept(study, state, cell, partial=outcome is Outcome.PARTIAL)
            mixing.put_into_pool(study, transaction, running.lease, whole)
        noted = keep_outcome(study, transaction, running.lease, running.call, outcome)
        if isinstance(noted, LeaseLost):
            raise CallIsGoneError(running.case_id)
        drafts.forget(transaction, running.case_id)
        note(study, transaction, Act.COMPLETED, case=running.case_id, fence=running.lease.fence)
    return Completed(outcome=outcome, final=noted.final, kept=kept)


class CallIsGoneError(RuntimeError):
    """The case is held but its call has ended already: a bug, and the transaction must not commit half of it."""


def open_texts(study: OpenStudy, running: RunningInterview) -> tuple[tuple[str, str], ...]:
    """Return (address, words) of every open text, for the short page after hanging up; "item/choice" beside "other"."""
    return interview.open_texts(study.questionnaire, running.state)


def mark_identifying(study: OpenStudy, who: RunningInterview | Contact | None, text: str) -> tuple[Mark, ...]:
    """Return what could identify somebody in a text, the respondent's own name and number first of all."""
    if isinstance(who, RunningInterview):
        with study.reading() as transaction:
            sealed = contacts.sealed_contact(transaction, who.case_id)
        who = None if sealed is None else opened_contact(study, sealed)
    return mark_texts(text, who)


def new_event(
    study: OpenStudy, kind: EventKind, address: str = "", answer: Answer | None = None, language: str = ""
) -> Event:  # fmt: skip
    """Return an event of now, under a fresh id."""
    return Event(id=_fresh_id(study), kind=kind, at=study.now(), item=address, answer=answer, language=language)


def started_event(study: OpenStudy, cell: tuple[str, str, str], *, full: bool) -> Event:
    """Return the first event. Its seed is fresh: the case's own number would tie the order of answers to the case."""
    site, department = _place_names(study, cell)
    values = {
        "site": site.name,
        "department": department.name,
        "site_code": site.code,
        "department_code": department.code,
        "interviewer": study.me.name,
        "client": study.settings.client,
        "study": study.settings.name,
        "language": cell[2],
        "institute": study.settings.institute,
        "quota_full": "1" if full else "",
    }
    return interview.begin(
        study.questionnaire, at=study.now(), seed=study.draw.getrandbits(_SEED_BITS), language=cell[2], values=values,
        draw_id=lambda: _fresh_id(study), zone=site.time_zone,
    )  # fmt: skip


_NOT_RELEASED = frozenset({"interviewer", "quota_full"})
"""Values of the case that a questionnaire may say aloud but that must not lie beside the answers."""


def what_is_kept(
    study: OpenStudy, state: InterviewState, cell: tuple[str, str, str], *, partial: bool
) -> Mapping[str, object]:  # fmt: skip
    """Return what is kept of a finished interview; no time finer than the ISO week, no case, no interviewer."""
    questionnaire = study.questionnaire
    hidden = {item.name for item in questionnaire.items if item.kind is Kind.HIDDEN} & _NOT_RELEASED
    site, department = _place_names(study, cell)
    answers = {
        name: {"s": answer.status.value, "v": answer.value} if answer.status is Status.ANSWERED
        else {"s": answer.status.value}
        for name, answer in interview.export_answers(questionnaire, state).items()
        if name not in hidden
    }  # fmt: skip
    year, week, _day = wall(study.now(), site).isocalendar()
    return {
        "q": questionnaire.content_hash,
        "l": state.language,
        "w": f"{year}-W{week:02}",
        "site": site.code,
        "department": department.code,
        "partial": partial,
        "answers": answers,
        "order": interview.orders(questionnaire, state),
    }


def _place_names(study: OpenStudy, cell: tuple[str, str, str]) -> tuple[Site, Department]:
    return study.settings.site(cell[0]), study.settings.department(cell[0], cell[1])


def _fresh_id(study: OpenStudy) -> str:
    return f"{study.draw.getrandbits(128):032x}"
