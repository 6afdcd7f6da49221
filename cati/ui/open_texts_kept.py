"""The open answers of an interview: what is asked about them after hanging up, and how their last wording is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cati.fieldwork import interviewing
from cati.fieldwork.interviewing import Completed, RunningInterview
from cati.fieldwork.open_texts import Mark
from cati.survey import interview
from cati.survey.answers import SKIPPED, Answer
from cati.survey.interview import EventKind
from cati.survey.summary import answer_words
from cati.text import tr

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


class Acts(Protocol):
    """What the interview page does with answers: `cati.fieldwork.interviewing`, or `rehearsal` to try a form out."""

    @property
    def record(self) -> Callable[..., RunningInterview]:
        """Do one thing and keep it."""

    @property
    def keep_draft(self) -> Callable[..., bool]:
        """Keep what is being typed."""

    @property
    def draft_of(self) -> Callable[..., str]:
        """Return what was typed and not answered."""

    @property
    def complete(self) -> Callable[..., Completed | RunningInterview]:
        """Finish."""

    @property
    def open_texts(self) -> Callable[..., tuple[tuple[str, str], ...]]:
        """Return the open answers."""

    @property
    def mark_identifying(self) -> Callable[..., tuple[Mark, ...]]:
        """Return what could identify somebody."""


def texts_of(study: OpenStudy, running: RunningInterview, acts: Acts = interviewing) -> list[tuple[str, str, str]]:
    """Return (place, question, words) of every open answer.

    A place is "item", "item/choice" beside "other", or "item/" for the remark that made an unusual answer stand.
    """
    questionnaire, state = study.questionnaire, running.state
    asked = {line.address: line.text for line in interview.overview(questionnaire, state)}
    found = []
    for place, words in acts.open_texts(study, running):
        name, slash, choice = place.partition("/")
        question = asked.get(name, name)
        if slash and not choice:
            question = tr("Remark: {question}", question=question)
        elif choice:
            item = questionnaire.item(name.partition("@")[0])
            question = f"{question} – {answer_words(questionnaire, item, Answer(value=choice), state.language)}"
        found.append((place, question, words))
    return found


def keep_texts(
    study: OpenStudy, running: RunningInterview, texts: Mapping[str, str], acts: Acts = interviewing
) -> RunningInterview:
    """Keep every open answer whose words changed; one without words counts as skipped.

    Ends at the first that is refused (``state.refusal``) or when the lease is lost (``lease_lost``).
    """
    for place, text in texts.items():
        address, slash, choice = place.partition("/")
        before = running.state.answers.get(address)
        if before is None:
            continue
        if choice:
            beside = tuple((name, text if name == choice else words) for name, words in before.specify)
            after = replace(before, specify=tuple(pair for pair in beside if pair[1]))
        elif slash:
            after = replace(before, remark=text)
        else:
            after = Answer(value=text) if text else SKIPPED
        if after == before:
            continue
        running = acts.record(study, running, EventKind.ANSWERED, address, after)
        if running.lease_lost or running.state.refusal is not None:
            break
    return running
