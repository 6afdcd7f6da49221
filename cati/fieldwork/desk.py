"""The acts of an open case when its study lies on a server: done here at once, spooled, and sent in order.

They have the names and shapes of those in `calling` and `interviewing`, so that the pages work on either.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from cati import places
from cati.errors import Problem
from cati.fieldwork import interviewing, open_answers
from cati.fieldwork.delivered import Call, DeliveredCase, Lease, OnTheWay
from cati.fieldwork.delivery import check_code
from cati.fieldwork.interviewing import Completed, RunningInterview, new_event, started_event
from cati.fieldwork.left_behind import left_behind
from cati.fieldwork.log import moment, seconds
from cati.fieldwork.open_cells import full_cells
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.open_texts import Mark, mark_texts
from cati.fieldwork.outbox import Outbox, is_away
from cati.fieldwork.outcomes import refuse_outcome
from cati.fieldwork.placing import study_cells
from cati.fieldwork.sending import send
from cati.fieldwork.spool import Spool
from cati.fieldwork.spooled import Deed, Entry, entry_from_bytes, entry_to_bytes
from cati.store import cases, drafts
from cati.store.connecting import Unreachable
from cati.survey import interview
from cati.survey.answers import Answer
from cati.survey.case import Appointment, Preference
from cati.survey.dispositions import TABLE, Letter, Outcome
from cati.survey.interview import Event, EventKind, InterviewStatus
from cati.text import tr
from cati.vault.study_keys import draft_hash_since

__all__ = ["Desk", "is_away", "open_desk"]

_IS_INTERVIEW = frozenset({Letter.COMPLETE, Letter.PARTIAL})


class Desk:
    """What an interviewer has in hand: one case, known well enough to finish its call without the server."""

    def __init__(self, study: OpenStudy, outbox: Outbox) -> None:
        self._study = study
        self.outbox = outbox
        self._case: DeliveredCase | None = None
        self._events: tuple[Event, ...] = ()
        self._words: dict[str, str] = {}
        self._lost: tuple[str, ...] = ()
        self._full = False
        self._remarking = threading.Lock()

    def open_case(self, study: OpenStudy, case: DeliveredCase) -> None:
        """Learn what the whole call may need of a case that was just delivered; asks the server once.

        ``study`` as it is now: its settings and questionnaire may have changed since the last case.
        """
        self._study = study
        self.outbox.take_over(study)
        events: tuple[Event, ...] = ()
        words: dict[str, str] = {}
        lost: tuple[str, ...] = ()
        with study.reading() as transaction:
            row = cases.case_row(transaction, case.case_id)
            cells = study_cells(study, transaction)
            self._full = row is not None and row.cell in full_cells(study, transaction, cells)
            if case.interview_open:
                events = open_answers.stored_events(study, transaction, case.case_id)
                lost = interviewing.answers_lost(study, transaction, events)
                for place in drafts.places(transaction, case.case_id):
                    sealed = drafts.text(transaction, case.case_id, place)
                    if sealed is not None:
                        words[place] = open_answers.opened_words(study, case.case_id, place, sealed)
        self._case, self._events, self._words, self._lost = case, events, words, lost
        self.outbox.take(case.lease, case.call)

    def forget_case(self) -> None:
        """Keep nothing of the person in memory."""
        self._case, self._events, self._words, self._lost = None, (), {}, ()

    def let_go(self, case_id: str) -> None:
        """Look after this case no more: it was given back, or its lease is left to run out."""
        self.forget_case()
        self.outbox.let_go(case_id)

    def _entry(self, deed: Deed, lease: Lease, call: Call | None, **more: Any) -> Entry:
        return Entry(deed=deed, case_id=lease.case_id, fence=lease.fence, at=self._study.now(), call=call, **more)

    # -- the call ---------------------------------------------------------------------------------------------------

    def begin_call(self, study: OpenStudy, lease: Lease, phone: int) -> Call:
        """Keep that a call begins now, before anybody dials. A Problem when somebody else may have the case by now."""
        now = study.now()
        held = self.outbox.lease_of(lease.case_id) or lease
        if now >= held.until:
            raise Problem(
                tr("Server"),
                tr("It has not answered for so long that this case may be somebody else’s by now."),
                tr("Do not dial. It goes on by itself when the server answers."),
            )
        call = Call(id=f"{study.draw.getrandbits(128):032x}", started=moment(seconds(now)), phone=phone)
        self.outbox.put(self._entry(Deed.CALL, lease, call))
        self.outbox.take(held, call)
        return call

    def note_outcome(
        self, study: OpenStudy, lease: Lease, call: Call, outcome: Outcome, *,
        appointment: Appointment | None = None, preference: Preference | None = None,
        sub_reason: str = "", note_code: str = "",
    ) -> OnTheWay:  # fmt: skip
        """Keep the outcome of a call that had no interview."""
        refuse_outcome(study, outcome, appointment)
        return self._end(
            lease, call, outcome, appointment=appointment, preference=preference,
            sub_reason=check_code(sub_reason), note_code=check_code(note_code),
        )  # fmt: skip

    def _end(self, lease: Lease, call: Call, outcome: Outcome, **more: Any) -> OnTheWay:
        self.outbox.put(self._entry(Deed.END, lease, call, outcome=outcome, **more))
        self.forget_case()
        return OnTheWay(lease.case_id)

    def put_back(self, _study: OpenStudy, lease: Lease) -> bool:
        """Give a case back without a call."""
        self.outbox.put(self._entry(Deed.PUT_BACK, lease, None))
        self.forget_case()
        return True

    def withdraw(self, _study: OpenStudy, lease: Lease) -> OnTheWay:
        """Have contact and answers erased, at once or as soon as the server answers; here nothing stays readable."""
        self.outbox.put(self._entry(Deed.WITHDRAWN, lease, None))
        self.forget_case()
        return OnTheWay(lease.case_id)

    def renew_lease(self, _study: OpenStudy, lease: Lease) -> Lease:
        """Hold on to the case, as soon as there is time for it; that it was lost is told by the outbox."""
        self.outbox.hold_on(lease.case_id)
        return lease

    def remark(self, study: OpenStudy, deed: Deed, reason: str = "") -> None:
        """Log that a pause begins or ends: at once where the server answers, else as soon as it does, with its time."""
        entry = Entry(
            deed=deed, case_id="", fence=0, at=study.now(), id=f"{study.draw.getrandbits(128):032x}", sub_reason=reason
        )  # fmt: skip
        with self._remarking:  # in their order
            standing = self.outbox.standing()
            if not standing.waiting and not standing.away:
                with suppress(Unreachable):
                    send(study, entry, 0, None, asked=False)
                    return
            self.outbox.put(entry)

    # -- the interview ------------------------------------------------------------------------------------------------

    def begin_interview(self, study: OpenStudy, lease: Lease, call: Call) -> RunningInterview:
        """Begin an interview, or resume the one that was broken off, at the same question."""
        case = self._case
        if case is None or case.case_id != lease.case_id:
            message = "an interview of a case that is not open"
            raise AssertionError(message)
        if self._events:
            event = new_event(study, EventKind.RESUMED)
        else:
            event = started_event(study, (case.site.code, case.department.code, case.language), full=self._full)
        events = (*self._events, event)
        state = interview.replay(study.questionnaire, events)
        self.outbox.put(
            self._entry(Deed.EVENT, lease, call, n=len(events) - 1, event=interview.event_to_json(event), begins=True)
        )
        return RunningInterview(
            case_id=lease.case_id, lease=lease, call=call, events=events, state=state, lost=self._lost,
            typed=set(self._words),
        )  # fmt: skip

    def record(
        self, study: OpenStudy, running: RunningInterview, kind: EventKind, address: str = "",
        answer: Answer | None = None, language: str = "",
    ) -> RunningInterview:  # fmt: skip
        """Do one thing in the interview and keep it on this workstation, durable when this returns."""
        event = new_event(study, kind, address, answer, language)
        state = interview.apply(study.questionnaire, running.state, event)
        if state.refusal is not None:
            return replace(running, state=state)
        place = open_answers.place_of(study, running.case_id, address) if kind is EventKind.ANSWERED else ""
        place = place if place in running.typed else ""
        self.outbox.put(
            self._entry(
                Deed.EVENT, running.lease, running.call,
                n=len(running.events), event=interview.event_to_json(event), place=place,
            )
        )  # fmt: skip
        running.typed.discard(place)
        self._words.pop(place, None)
        return replace(running, events=(*running.events, event), state=state)

    def keep_draft(self, study: OpenStudy, running: RunningInterview, address: str, text: str) -> bool:
        """Keep the words typed so far at a question."""
        place = open_answers.place_of(study, running.case_id, address)
        self.outbox.put(self._entry(Deed.WORDS, running.lease, running.call, place=place, words=text))
        running.typed.add(place)
        self._words[place] = text
        return True

    def draft_of(self, study: OpenStudy, running: RunningInterview, address: str) -> str:
        """Return the words typed so far at a question and not answered yet, "" for none."""
        if not running.typed:
            return ""
        return self._words.get(open_answers.place_of(study, running.case_id, address), "")

    def break_off(
        self, study: OpenStudy, running: RunningInterview, outcome: Outcome, *,
        appointment: Appointment | None = None, preference: Preference | None = None,
    ) -> OnTheWay:  # fmt: skip
        """End the call in the middle of the interview, as `interviewing.break_off` does."""
        refuse_outcome(study, outcome, appointment)
        if outcome is Outcome.PARTIAL:
            kept: dict[str, Any] = {"whole": _whole(study, running, partial=True)}
        else:
            event = new_event(study, EventKind.BROKE_OFF)
            kept = {"n": len(running.events), "event": interview.event_to_json(event)}
        return self._end(
            running.lease, running.call, outcome, appointment=appointment, preference=preference, over=False, **kept
        )

    def complete(self, study: OpenStudy, running: RunningInterview) -> Completed | RunningInterview:
        """Finish the interview; the interview itself comes back when a question is still open."""
        state = interview.apply(study.questionnaire, running.state, new_event(study, EventKind.COMPLETED))
        if state.status is not InterviewStatus.COMPLETED:
            return replace(running, state=state)
        outcome = Outcome(state.disposition) if state.disposition else Outcome.COMPLETE
        kept = TABLE[outcome].letter in _IS_INTERVIEW
        whole = _whole(study, replace(running, state=state), partial=outcome is Outcome.PARTIAL) if kept else None
        self._end(running.lease, running.call, outcome, over=True, whole=whole)
        return Completed(outcome=outcome, final="", kept=kept)

    def open_texts(self, study: OpenStudy, running: RunningInterview) -> tuple[tuple[str, str], ...]:
        """Return (address, words) of every open text."""
        return interview.open_texts(study.questionnaire, running.state)

    def mark_identifying(self, _study: OpenStudy, _running: RunningInterview, text: str) -> tuple[Mark, ...]:
        """Return what could identify somebody in a text, the respondent's own name and number first of all."""
        return mark_texts(text, None if self._case is None else self._case.contact)


def _whole(study: OpenStudy, running: RunningInterview, *, partial: bool) -> dict[str, Any]:
    """Return what goes into the pool; the place of the case stands in the interview's first event."""
    said = running.events[0].values
    cell = (said["site_code"], said["department_code"], said["language"])
    return dict(interviewing.what_is_kept(study, running.state, cell, partial=partial))


def _said_now(study: OpenStudy, key: bytes, content: bytes) -> bytes:
    """Return an entry that was spooled while ``key`` was the drafts' key: its question has another hash by now."""
    entry = entry_from_bytes(content)
    if entry.place:
        entry = replace(entry, place=draft_hash_since(study.open_keys, key, open_answers.DRAFT_PLACE, entry.place))
    return entry_to_bytes(entry)


def open_desk(study: OpenStudy) -> Desk:
    """Return the desk of whoever signed in, and send what an earlier window left behind on this workstation."""
    keys = study.open_keys
    former = [(key, partial(_said_now, study, key)) for key in dict.fromkeys(keys.former_drafts) if key != keys.drafts]
    spool = Spool(places.spools(), study.study_id, study.me.id, keys.drafts, former)
    outbox = Outbox(study, spool, left_behind(study))
    if outbox.standing().waiting and not outbox.drain():
        outbox.start()
    return Desk(study, outbox)
