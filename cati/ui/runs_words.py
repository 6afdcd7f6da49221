"""What random runs showed, in sentences that claim no more than chance can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cati.survey.random_runs import Runs
from cati.survey.random_walk import MOST_STEPS
from cati.text import language, show_number, tr, trn

_FEW = 1.0
"""Below one per cent the number itself is said."""
_LOW, _HIGH = 0.1, 0.9


def findings(runs: Runs, seed: int, ends: Mapping[str, str]) -> Iterator[str]:
    """Yield the findings, the weightiest sign first in each; ``ends`` has the words for dispositions."""
    count = show_number(runs.interviews)
    yield trn("1 interview with random answers, seed {seed}.", "{n} interviews with random answers, seed {seed}.",
              runs.interviews, seed=seed)  # fmt: skip
    if runs.never_asked:
        yield "⚠ " + trn("1 question was not reached in {runs} runs.", "{n} questions were not reached in {runs} runs.",
                         len(runs.never_asked), runs=count)  # fmt: skip
    else:
        yield "✓ " + tr("Every question was reached.")
    if runs.never_met:
        yield "⚠ " + trn("1 question has a check that no answer tried has met.",
                         "{n} questions have a check that no answer tried has met.", len(runs.never_met))  # fmt: skip
    else:
        yield "✓ " + tr("No check refused every answer tried.")
    if runs.endless:
        yield "✗ " + trn(
            "1 interview did not end within {steps} steps.", "{n} interviews did not end within {steps} steps.",
            runs.endless, steps=show_number(MOST_STEPS),
        )  # fmt: skip
    yield from _early(runs, ends)
    if runs.minutes:
        yield _length(runs)


def _early(runs: Runs, ends: Mapping[str, str]) -> Iterator[str]:
    if not runs.ended_early:
        return
    each = [
        f"{ends.get(code, code)} {share_of(number, runs.interviews)}"
        for code, number in sorted(runs.ended_early.items(), key=lambda pair: -pair[1])
    ]
    yield tr("Ended early: {outcomes}.", outcomes=", ".join(each))


def _length(runs: Runs) -> str:
    return trn(
        "Estimated length of the interview that went through to the end: {median} min.",
        "Estimated length of the {n} interviews that went through to the end: median {median} min, eight of ten "
        "between {low} and {high}, the longest {longest}. Reckoned with 150 words a minute and rules of thumb for "
        "answering.",
        len(runs.minutes),
        median=_minutes(runs.median), low=_minutes(runs.minutes_at(_LOW)), high=_minutes(runs.minutes_at(_HIGH)),
        longest=_minutes(runs.minutes[-1]),
    )  # fmt: skip


def share_words(runs: Runs, name: str) -> str:
    """Return in how many of the interviews a question was asked."""
    return share_of(runs.asked.get(name, 0), runs.interviews)


def share_of(number: int, of: int) -> str:
    """Return a share in per cent; the number itself where it is very small."""
    if not number or not of:
        return "0 %"
    share = 100 * number / of
    if share < _FEW:
        return tr("{n} times", n=show_number(number)) if number > 1 else tr("once")
    return f"{min(round(share), 99) if number < of else 100} %"


def _minutes(minutes: float) -> str:
    words = f"{minutes:.1f}" if minutes < 10 else f"{minutes:.0f}"  # noqa: PLR2004 - tenths only where they matter
    return words.replace(".", ",") if language() == "de" else words
