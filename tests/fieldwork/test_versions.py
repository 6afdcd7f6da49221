"""A new version of the questionnaire during the field: looked at, put in force, open interviews carried over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from cati.errors import Problem
from cati.fieldwork import calling, interviewing, log, versions
from cati.fieldwork.log import Act
from cati.store import studies
from cati.survey.answers import Answer
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome
from cati.survey.versions import Change

Made = Any
Desk = Any


@pytest.fixture
def newer(made: Made, tmp_path: Path) -> Callable[..., Path]:
    """Return how to write the study's form with cells of the sheet survey changed, by question and column."""

    def write(changes: dict[tuple[str, str], str], without: str = "") -> Path:
        book = load_workbook(tmp_path / "form.xlsx")
        sheet = book["survey"]
        headings = [cell.value for cell in sheet[1]]
        for row in range(sheet.max_row, 1, -1):
            name = sheet.cell(row, headings.index("name") + 1).value
            if name == without:
                sheet.delete_rows(row)
            for (question, column), text in changes.items():
                if question == name:
                    sheet.cell(row, headings.index(column) + 1).value = text
        path = tmp_path / "newer.xlsx"
        book.save(path)
        return path

    return write


def _break_off(study: Any, running: Any, now: datetime) -> None:
    later = Appointment(
        kind=AppointmentKind.DEFINITE, at=now + timedelta(hours=4), wall="2027-07-06T14:00", zone="Europe/Berlin"
    )
    noted = interviewing.break_off(study, running, Outcome.APPOINTMENT, appointment=later)
    assert isinstance(noted, calling.Noted)


def test_an_interview_broken_off_goes_on_with_the_new_version_and_says_what_was_lost(
    made: Made, people: Any, desk: Desk, newer: Callable[..., Path]
) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 1)
    _case, running = desk(anna).begin()
    running = desk(anna).answer(running, (("zufrieden", "2"), ("minuten", "25")))
    _break_off(anna, running, made.clock())

    proposed = versions.propose_version(lead, newer({("minuten", "type"): "date"}))
    assert [(one.name, one.changes) for one in proposed.differences] == [("minuten", (Change.KIND,))]
    assert (proposed.open_interviews, dict(proposed.lost), proposed.same) == (1, {"minuten": 1}, False)
    before = lead.questionnaire.content_hash
    lead = versions.adopt_version(lead, proposed)
    assert lead.questionnaire.content_hash != before
    with lead.reading() as transaction:
        assert studies.questionnaire_model(transaction, before) is not None
    assert [one.act for one in log.entries(lead, acts=[Act.QUESTIONNAIRE])] == [Act.QUESTIONNAIRE]

    made.clock.forward(hours=4, minutes=1)
    bert = replace(made.sign_in("bert"))
    assert bert.questionnaire == lead.questionnaire
    _again, resumed = desk(bert).begin()
    assert resumed.lost == ("minuten",)
    assert resumed.state.answers == {"zufrieden": Answer(value="2")}
    assert resumed.state.screen is not None
    assert "minuten" in resumed.state.unanswered


def test_a_version_that_changes_words_only_loses_nothing(
    made: Made, people: Any, desk: Desk, newer: Callable[..., Path]
) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    people(lead, 1)
    _case, running = desk(anna).begin()
    _break_off(anna, desk(anna).answer(running, (("zufrieden", "2"),)), made.clock())
    proposed = versions.propose_version(lead, newer({}, without="wunsch"))
    assert [(one.name, one.changes) for one in proposed.differences] == [("wunsch", (Change.REMOVED,))]
    assert not proposed.lost
    made.clock.forward(hours=4, minutes=1)
    versions.adopt_version(lead, proposed)
    _again, resumed = desk(made.sign_in("anna")).begin()
    assert resumed.lost == ()
    assert resumed.state.screen is not None
    assert resumed.state.screen.questions[0].address == "minuten"


def test_what_cannot_run_is_refused_and_an_interviewer_may_not(made: Made, newer: Callable[..., Path]) -> None:
    lead = made.sign_in("lead")
    with pytest.raises(Problem):
        versions.propose_version(lead, newer({("zufrieden", "type"): "select_one nosuch"}))
    with pytest.raises(Problem):
        versions.propose_version(made.sign_in("anna"), newer({}))
    same = versions.propose_version(lead, newer({}))
    assert same.same
