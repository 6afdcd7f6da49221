"""One small look tells a window whether anything changed, and what it takes over then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from cati.errors import Problem
from cati.fieldwork import calling, placing, supervising
from cati.fieldwork.log import Act, entries
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import change_settings, deactivate
from cati.fieldwork.versions import adopt_version, propose_version
from cati.fieldwork.watching import glance, look, plan_anew, renewed
from cati.survey.calling_hours import wall
from cati.survey.case import Appointment, AppointmentKind
from cati.survey.dispositions import Outcome

Made = Any
People = Callable[..., Any]


def _call(study: OpenStudy, outcome: Outcome, **more: Any) -> calling.DeliveredCase:
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    assert isinstance(calling.note_outcome(study, case.lease, call, outcome, **more), calling.Noted)
    return case


def _booked(study: OpenStudy) -> calling.DeliveredCase:
    at = study.now() + timedelta(hours=5)
    local = wall(at, study.settings.sites[0])
    wish = Appointment(
        kind=AppointmentKind.DEFINITE, at=at, until=None, wall=local.replace(tzinfo=None).isoformat(),
        zone="Europe/Berlin", reason="",
    )  # fmt: skip
    return _call(study, Outcome.APPOINTMENT, appointment=wish)


def test_nothing_moves_until_somebody_acts_and_each_sees_only_what_concerns_them(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, bert, witness = (made.sign_in(login) for login in ("anna", "bert", "witness"))
    before = {study.me.login: look(study) for study in (anna, bert, witness)}
    assert all(look(study) == before[study.me.login] for study in (anna, bert, witness))
    _call(anna, Outcome.NO_ANSWER)
    assert glance(anna, before["anna"]).figures
    assert glance(witness, before["witness"]).figures
    assert look(bert) == before["bert"], "a colleague's call is none of an interviewer's figures"
    assert glance(anna, before["anna"]).study is anna


def test_own_appointments_are_seen_when_a_colleague_ends_them(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    case = _booked(anna)
    before = look(anna)
    assert [one.case_id for one in calling.my_appointments(anna)] == [case.case_id]
    calling.withdraw(witness, case.case_id)
    assert glance(anna, before).figures
    assert calling.my_appointments(anna) == ()


def test_own_appointments_need_neither_case_nor_contact(
    made: Made, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(made.sign_in("lead"), 20)
    anna = made.sign_in("anna")
    case = _booked(anna)

    def refused(*_asked: object) -> None:
        raise AssertionError

    monkeypatch.setattr("cati.store.contacts.sealed_contact", refused)
    monkeypatch.setattr("cati.store.cases.case_row", refused)
    monkeypatch.setattr("cati.store.studies.cells", refused)
    (mine,) = calling.my_appointments(anna)
    assert (mine.case_id, mine.name, mine.site) == (case.case_id, calling.name_of(case.contact), case.site.name)


def test_settings_and_staff_changed_elsewhere_are_taken_over(made: Made, people: People) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    first = look(anna)
    assert renewed(anna) is anna
    change_settings(lead, replace(lead.settings, purpose="wie es war"))
    now = glance(anna, first).study
    assert now is not None
    assert now.settings.purpose == "wie es war"
    unseen = glance(anna, None).study
    assert unseen is not None, "the first look compares with the database itself"
    assert unseen.settings == now.settings
    assert now.database is anna.database
    deactivate(lead, anna.me.id)
    assert glance(anna, first).study is None


def test_two_leads_change_different_settings_and_both_hold(made: Made) -> None:
    one, other = made.sign_in("lead"), made.sign_in("lead")
    change_settings(one, replace(one.settings, purpose="wie es war"))
    changed, names = change_settings(other, replace(other.settings, client="Landkreis West"))
    assert names == ("client",)
    assert (changed.settings.purpose, changed.settings.client) == ("wie es war", "Landkreis West")
    with pytest.raises(Problem, match="Somebody else changed the same settings"):
        change_settings(one, replace(one.settings, client="Landkreis Ost"))


def test_times_run_out_on_a_server_and_a_supervisors_window_works_them_out(made: Made, people: People) -> None:
    lead = made.sign_in("lead")
    people(lead, 12)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    shared = anna.database.shared
    assert anna.database.reads_every_contact is not shared
    assert witness.database.reads_every_contact
    lead, _changed = change_settings(lead, replace(lead.settings, rules=replace(lead.settings.rules, busy_minutes=60)))
    found = calling.take_next_case(anna)
    if not shared:
        assert isinstance(found, calling.DeliveredCase)
        return
    assert isinstance(found, calling.NoCase)
    assert [n for words, n in found.blocked if "window works out their times" in words] == [12]
    assert supervising.progress(witness).replanning == 12
    assert placing.replan(witness, 8) == 8
    assert not plan_anew(witness), "four were left"
    assert not plan_anew(anna)
    assert [one.details for one in entries(witness, acts=[Act.PLANNED])] == ['{"cases":4}', '{"cases":8}']
    assert supervising.progress(witness).replanning == 0
    assert isinstance(calling.take_next_case(anna), calling.DeliveredCase)


def test_the_quick_figures_are_of_the_moment_and_the_slow_ones_say_when(made: Made, people: People) -> None:
    people(made.sign_in("lead"), 20)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    first = supervising.progress(witness)
    made.clock.forward(minutes=1)
    _call(anna, Outcome.NO_ANSWER)
    _booked(anna)
    quick = supervising.progress(witness, first)
    assert (quick.attempts_today, quick.appointments, quick.missed) == (2, 1, 0)
    assert (quick.attempts, quick.counted) == (0, first.counted)
    whole = supervising.progress(witness)
    assert (whole.attempts, whole.counted) == (2, made.clock())
    made.clock.forward(hours=7)
    assert supervising.progress(witness).missed == 1


def test_a_new_version_of_the_questionnaire_is_taken_over(made: Made, tmp_path: Path) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    form = tmp_path / "second.xlsx"
    book = load_workbook(tmp_path / "form.xlsx")
    book["survey"].append(("integer", "noch", "Noch etwas?", "Anything else?"))
    book.save(form)
    before = look(anna)
    adopt_version(lead, propose_version(lead, form))
    now = glance(anna, before).study
    assert now is not None
    assert now.questionnaire.content_hash != anna.questionnaire.content_hash
