"""Outcome rates after AAPOR's Standard Definitions; a zero denominator gives no value, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cati.survey.dispositions import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cases ended in each of AAPOR's classes."""

    complete: int = 0
    partial: int = 0
    refusal: int = 0
    noncontact: int = 0
    other: int = 0
    unknown_household: int = 0
    unknown_other: int = 0
    not_eligible: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of a tally, each between 0 and 1, None where its denominator is zero.

    ``e`` is the share of the unknown taken as eligible; it is printed beside every rate that uses it.
    """

    e: float | None
    rr1: float | None
    rr2: float | None
    rr3: float | None
    rr4: float | None
    rr5: float | None
    rr6: float | None
    coop1: float | None
    coop2: float | None
    coop3: float | None
    coop4: float | None
    ref1: float | None
    ref2: float | None
    ref3: float | None
    con1: float | None
    con2: float | None
    con3: float | None


_FIELDS = {
    Letter.COMPLETE: "complete",
    Letter.PARTIAL: "partial",
    Letter.REFUSAL: "refusal",
    Letter.NONCONTACT: "noncontact",
    Letter.OTHER: "other",
    Letter.UNKNOWN_HOUSEHOLD: "unknown_household",
    Letter.UNKNOWN_OTHER: "unknown_other",
    Letter.NOT_ELIGIBLE: "not_eligible",
}


def tally_of(counts: Mapping[Letter, int]) -> Tally:
    """Return the tally of counted letters."""
    return Tally(**{_FIELDS[letter]: n for letter, n in counts.items()})


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def rates(tally: Tally, e: float | None = None) -> Rates:
    """Return all rates. ``e`` may be set (CASRO-style); by default it is the share of the eligible among the known."""
    i, p = tally.complete, tally.partial
    interviews = i + p
    eligible = interviews + tally.refusal + tally.noncontact + tally.other
    unknown = tally.unknown_household + tally.unknown_other
    if e is None:
        e = _share(eligible, eligible + tally.not_eligible)
    everyone = eligible + unknown
    # Without e the estimate has no value, unless there is nothing unknown to estimate.
    estimated = eligible if not unknown else None if e is None else eligible + e * unknown
    asked = interviews + tally.refusal
    contacted = asked + tally.other

    def over(part: float, whole: float | None) -> float | None:
        return None if whole is None else _share(part, whole)

    return Rates(
        e=e,
        rr1=over(i, everyone),
        rr2=over(interviews, everyone),
        rr3=over(i, estimated),
        rr4=over(interviews, estimated),
        rr5=over(i, eligible),
        rr6=over(interviews, eligible),
        coop1=over(i, contacted),
        coop2=over(interviews, contacted),
        coop3=over(i, asked),
        coop4=over(interviews, asked),
        ref1=over(tally.refusal, everyone),
        ref2=over(tally.refusal, estimated),
        ref3=over(tally.refusal, eligible),
        con1=over(contacted, everyone),
        con2=over(contacted, estimated),
        con3=over(contacted, eligible),
    )
