"""The seam for placing calls: what is handed over, what a line's end proposes, and that it only proposes."""

from __future__ import annotations

import pytest

from cati.survey.dispositions import Outcome
from cati.telephone.lines import ByHand, ByUri, EndReason, LineState, LineStatus, proposal, shown_number


@pytest.mark.parametrize("taken", [True, False])
def test_a_softphone_is_handed_the_number_as_a_tel_address(taken: bool) -> None:
    handed: list[str] = []
    heard: list[LineStatus] = []

    def open_uri(uri: str) -> bool:
        handed.append(uri)
        return taken

    assert ByUri(open_uri).dial("+493023125001", heard.append) is taken
    assert handed == ["tel:+493023125001"]
    assert heard == ([LineStatus(LineState.DIALLING)] if taken else [])


def test_by_hand_only_the_person_hears_what_follows() -> None:
    heard: list[LineStatus] = []
    line = ByHand()
    assert line.dial("+493023125001", heard.append)
    assert heard == [LineStatus(LineState.DIALLING)]
    assert not line.reports


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (EndReason.BUSY, Outcome.BUSY),
        (EndReason.NO_ANSWER, Outcome.NO_ANSWER),
        (EndReason.NOT_IN_USE, Outcome.NOT_WORKING),
        (EndReason.TECHNICAL, Outcome.TECHNICAL),
        (EndReason.HUNG_UP, None),
        (EndReason.UNKNOWN, None),
    ],
)
def test_the_end_of_a_call_proposes_an_outcome(reason: EndReason, outcome: Outcome | None) -> None:
    assert proposal(LineStatus(LineState.ENDED, reason)) is outcome


@pytest.mark.parametrize("state", [LineState.DIALLING, LineState.RINGING, LineState.ANSWERED])
def test_a_call_that_goes_on_proposes_nothing(state: LineState) -> None:
    assert proposal(LineStatus(state, EndReason.BUSY)) is None


def test_numbers_are_shown_as_people_dial_them() -> None:
    assert shown_number("+493023125755") == "030 23125755"
    assert shown_number("+491713920065") == "0171 3920065"
    assert shown_number("+43153460") == "+43 1 53460"
