"""What random runs and the search after them showed, in sentences that claim no more than was tried or proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cati.survey.certain import Because
from cati.survey.outline import Outline
from cati.survey.random_runs import Runs
from cati.survey.random_walk import MOST_STEPS
from cati.survey.unreachable import Proof
from cati.text import language, show_number, tr, trn

_FEW = 1.0
"""Below one per cent the number itself is said."""
_LOW, _HIGH = 0.1, 0.9


def findings(runs: Runs, seed: int, ends: Mapping[str, str]) -> Iterator[str]:
    """Yield the findings, the weightiest sign first in each; ``ends`` has the words for dispositions."""
    yield trn(
        "1 interview with random answers, seed {seed}.",
        "{n} interviews with random answers, seed {seed}.",
        runs.interviews,
        seed=seed,
    )
    if runs.cut_short:
        yield "⚠ " + tr("Cancelled: what follows says less than it could.")
    yield from _reached(runs)
    yield from _checks(runs)
    if runs.endless:
        yield "✗ " + trn(
            "1 interview did not end within {steps} steps.",
            "{n} interviews did not end within {steps} steps.",
            runs.endless,
            steps=show_number(MOST_STEPS),
        )
    yield from _early(runs, ends)
    if runs.minutes:
        yield _length(runs)


def _reached(runs: Runs) -> Iterator[str]:
    kept = narrowed(runs)
    if kept["impossible"]:
        yield "✗ " + trn(
            "1 question can be asked of nobody; the list says why.",
            "{n} questions can be asked of nobody; the list says why.",
            len(kept["impossible"]),
        )
    if kept["never"]:
        yield "⚠ " + trn(
            "1 question was not reached, though it was searched for.",
            "{n} questions were not reached, though they were searched for.",
            len(kept["never"]),
        )
    if not runs.never_asked:
        yield "✓ " + tr("Every question was reached.")
    if kept["found"]:
        yield trn(
            "1 question was reached by the search only: chance rarely comes there.",
            "{n} questions were reached by the search only: chance rarely comes there.",
            len(kept["found"]),
        )


def _checks(runs: Runs) -> Iterator[str]:
    if runs.never_met:
        yield "⚠ " + trn(
            "1 question has a check that no answer tried has met.",
            "{n} questions have a check that no answer tried has met.",
            len(runs.never_met),
        )
    else:
        yield "✓ " + tr("No check refused every answer tried.")
    if runs.never_broken:
        yield "⚠ " + trn(
            "1 question has a check that refused no answer tried.",
            "{n} questions have a check that refused no answer tried.",
            len(runs.never_broken),
        )


def narrowed(runs: Runs) -> dict[str, tuple[str, ...]]:
    """Return the questions of each kind of finding, the weightiest first."""
    return {
        "impossible": tuple(name for name in runs.never_asked if name in runs.proven),
        "never": tuple(name for name in runs.never_asked if name not in runs.proven),
        "found": runs.found,
        "unmet": runs.never_met,
        "unbroken": runs.never_broken,
    }


def narrowed_words(kind: str, n: int) -> str:
    """Return what the questions of a kind of finding are called in the list of what to show."""
    match kind:
        case "impossible":
            return trn("Asked of nobody: 1 question", "Asked of nobody: {n} questions", n)
        case "never":
            return trn("Searched for and not reached: 1 question", "Searched for and not reached: {n} questions", n)
        case "found":
            return trn("Reached by the search only: 1 question", "Reached by the search only: {n} questions", n)
        case "unmet":
            return trn("Check met by no answer tried: 1 question", "Check met by no answer tried: {n} questions", n)
        case _:
            return trn("Check that refused no answer: 1 question", "Check that refused no answer: {n} questions", n)


def named(outline: Outline, name: str) -> str:
    """Return what a question is called in a sentence: by its number where it has one."""
    return tr("question {number}", number=outline.numbers[name]) if name in outline.numbers else name


def note(runs: Runs, name: str) -> str:
    """Return what was found about a question, in a few words."""
    if name in runs.proven:
        return tr("asked of nobody")
    if name in runs.never_asked:
        return tr("not reached")
    found = []
    if name in runs.found:
        found.append(tr("only by the search"))
    if name in runs.never_met:
        found.append(tr("check never met"))
    if name in runs.never_broken:
        found.append(tr("check refused nothing"))
    return "; ".join(found)


def reason(proof: Proof, outline: Outline) -> str:  # noqa: PLR0911 - one return a reason
    """Return why nobody can be asked a question."""
    if proof.because is Because.ENDED:
        return tr("The interview always ends before it.")
    if proof.because is Because.TOGETHER:
        return tr("The conditions on the way to it exclude each other.")
    if proof.choices:
        name, choice = proof.choices[0]
        return tr("“{choice}” is no choice of {question}.", choice=choice, question=named(outline, name))
    if proof.tables:
        return tr("The table {table} is not there.", table=proof.tables[0])
    if proof.lists:
        return tr("The list of {question} is empty.", question=named(outline, proof.lists[0]))
    if proof.questions:
        return tr("Hangs on {question}, which nobody is asked.", question=named(outline, proof.questions[0]))
    if proof.values:
        name, value = proof.values[0]
        if value:
            return tr("{name} is “{value}” in this case.", name=name, value=value)
        return tr("{name} is empty in this case.", name=name)
    return (
        tr("Its roster never has a member.") if proof.because is Because.NO_MEMBER else tr("Its condition never holds.")
    )


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
        median=_minutes(runs.median),
        low=_minutes(runs.minutes_at(_LOW)),
        high=_minutes(runs.minutes_at(_HIGH)),
        longest=_minutes(runs.minutes[-1]),
    )


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
