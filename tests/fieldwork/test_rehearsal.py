"""A rehearsal: the interview's own acts on an invented person, and nothing of it is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from cati.fieldwork import rehearsal
from cati.fieldwork.forms import check_form
from cati.fieldwork.interviewing import Completed, RunningInterview
from cati.fieldwork.open_study import OpenStudy
from cati.places import shipped_questionnaires
from cati.survey.answers import DONT_KNOW, Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind

from .conftest import unrestricted

if TYPE_CHECKING:
    from conftest import Made

ANSWERS = (("zufrieden", "1"), ("minuten", "25"), ("wunsch", "Längere Öffnungszeiten"))


@pytest.fixture
def study(made: Made) -> OpenStudy:
    return made.sign_in("lead")


def rows_of(study: OpenStudy) -> dict[str, int]:
    """Return how many rows each table has."""
    with unrestricted(study) as transaction:
        names = inspect(transaction).get_table_names()
        return {name: transaction.execute(text(f'select count(*) from "{name}"')).scalar_one() for name in names}


def answered(study: OpenStudy) -> RunningInterview:
    running = rehearsal.begin_rehearsal(study, study.questionnaire)
    for address, value in ANSWERS:
        running = rehearsal.record(study, running, EventKind.ANSWERED, address, Answer(value=value))
        assert running.state.refusal is None
    return running


def test_a_whole_interview_is_held_and_no_row_is_added(study: OpenStudy) -> None:
    before = rows_of(study)
    running = answered(study)
    assert rehearsal.open_texts(study, running) == (("wunsch", "Längere Öffnungszeiten"),)
    assert rehearsal.keep_draft(study, running, "wunsch", "Ich")
    assert rehearsal.draft_of(study, running, "wunsch") == ""
    done = rehearsal.complete(study, running)
    assert isinstance(done, Completed)
    assert done.outcome is Outcome.COMPLETE
    assert sum(before.values()) > 0
    assert rows_of(study) == before


def test_what_is_refused_is_not_kept_and_an_open_question_keeps_it_running(study: OpenStudy) -> None:
    running = rehearsal.begin_rehearsal(study, study.questionnaire)
    refused = rehearsal.record(study, running, EventKind.ANSWERED, "minuten", Answer(value="viele"))
    assert refused.state.refusal is not None
    assert refused.events == running.events
    unfinished = rehearsal.complete(study, running)
    assert isinstance(unfinished, RunningInterview)
    assert unfinished.state.refusal is not None
    after = rehearsal.record(study, running, EventKind.ANSWERED, "zufrieden", DONT_KNOW)
    assert after.state.answers["zufrieden"] == DONT_KNOW


def test_the_case_is_of_the_site_and_department_chosen(study: OpenStudy) -> None:
    values = rehearsal.invented_values(study, 1, 1)
    assert (values["site"], values["department"]) == ("Landkreis Süd", "Zulassung")
    running = rehearsal.begin_rehearsal(study, study.questionnaire, language="en", values=values)
    assert running.state.setting.values["site_code"] == "sued"
    assert running.state.language == "en"


def test_another_form_is_tried_out_in_the_study_and_walked_to_a_question(study: OpenStudy) -> None:
    form = check_form(shipped_questionnaires() / "county_customer_survey.yaml").questionnaire
    assert form is not None
    tried = replace(study, questionnaire=form)
    running = rehearsal.rehearse_from(tried, form, "staff_wish", seed=3, language="de")
    assert running is not None
    assert running.state.cursor == "staff_wish"
    assert running.state.answers["spoke_with"].value == "yes"
    assert running.case_id == rehearsal.NOBODY
    on = rehearsal.record(tried, running, EventKind.ANSWERED, "staff_wish", Answer(value="Mehr Zeit"))
    assert on.state.refusal is None
    assert on.state.cursor != "staff_wish"
    assert rehearsal.rehearse_from(tried, form, "staff_wish", seed=3, cancelled=lambda: True) is None


def test_random_interviews_can_be_repeated_by_their_seed(study: OpenStudy) -> None:
    form = study.questionnaire
    one = rehearsal.random_interviews(study, form, 12, seed=99)
    assert one.interviews == 12
    assert one == rehearsal.random_interviews(study, form, 12, seed=99)
    assert one.minutes != rehearsal.random_interviews(study, form, 12, seed=100).minutes
