"""What a changed answer does to the others of its interview, in the words that an interviewer is told."""

from __future__ import annotations

from collections.abc import Collection

from cati.survey import interview
from cati.survey.answers import Answer
from cati.survey.interview import InterviewState
from cati.survey.questionnaire import Questionnaire
from cati.text import tr, trn

_MOST_NAMED = 5
_LONGEST = 80


def set_aside_words(form: Questionnaire, state: InterviewState, address: str, answer: Answer) -> str:
    """Return which answers this one would set aside, "" for none."""
    aside = interview.would_set_aside(form, state, address, answer)
    if not aside:
        return ""
    texts = {line.address: line.text for line in interview.overview(form, state)}
    return trn(
        "This change sets one answer aside: {names} The same answer once more does it.",
        "This change sets {n} answers aside: {names} The same answer once more does it.",
        len(aside), names=" · ".join(texts.get(one, one)[:_LONGEST] for one in aside[:_MOST_NAMED]),
    )  # fmt: skip


def broken_words(form: Questionnaire, state: InterviewState, before: Collection[str]) -> str:
    """Return which earlier answers, besides those ``before``, do not fit what is answered by now, "" for none."""
    fresh = [address for address in state.broken if address not in before]
    if not fresh:
        return ""
    texts = [line.text[:_LONGEST] for line in interview.overview(form, state) if line.address in fresh]
    return tr("No longer fits what was just answered: {names} It is asked again before the end.",
              names=" · ".join(texts))  # fmt: skip
