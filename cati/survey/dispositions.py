"""The table of outcomes (AAPOR), interim and final, and the final code from the whole history."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What an interviewer says of one call, as the person on the telephone experiences it."""

    # nobody answered
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MAILBOX = "mailbox"
    MAILBOX_MESSAGE = "mailbox_message"
    CALL_BLOCKED = "call_blocked"
    TECHNICAL = "technical"
    OPERATOR_MESSAGE = "operator_message"
    # the number is no good
    NOT_WORKING = "not_working"
    DISCONNECTED = "disconnected"
    OUT_OF_SERVICE = "out_of_service"
    FAX = "fax"
    NUMBER_CHANGED = "number_changed"
    CALL_FORWARDED = "call_forwarded"
    BUSINESS = "business"
    INSTITUTION = "institution"
    WRONG_NUMBER = "wrong_number"
    PERSON_UNCONFIRMED = "person_unconfirmed"
    # somebody answered
    APPOINTMENT = "appointment"
    VAGUE_APPOINTMENT = "vague_appointment"
    CALL_BACK = "call_back"
    THIRD_PERSON = "third_person"
    INTERRUPTED = "interrupted"
    SOFT_REFUSAL = "soft_refusal"
    HARD_REFUSAL = "hard_refusal"
    HOUSEHOLD_REFUSAL = "household_refusal"
    BREAK_OFF = "break_off"
    WITHDRAWN = "withdrawn"
    NEVER_AVAILABLE = "never_available"
    DECEASED = "deceased"
    UNABLE = "unable"
    LANGUAGE = "language"
    LANGUAGE_HOUSEHOLD = "language_household"
    NO_INTERVIEWER = "no_interviewer"
    AUDIO = "audio"
    SITUATION = "situation"
    OTHER = "other"
    NOT_ELIGIBLE = "not_eligible"
    OUT_OF_SAMPLE = "out_of_sample"
    QUOTA_FULL = "quota_full"
    # the interview
    COMPLETE = "complete"
    PARTIAL = "partial"
