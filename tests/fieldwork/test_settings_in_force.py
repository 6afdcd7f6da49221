"""Settings that a lead changes while windows are open: whatever is worked out from then on goes by the new ones."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cati.demo.people import invent_list
from cati.errors import Problem
from cati.fieldwork import calling, placing, sample
from cati.fieldwork.calling import DeliveredCase, NoCase
from cati.fieldwork.changing import change_settings
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.settings_in_force import in_force
from cati.settings import Department, Site
from cati.survey.dispositions import Outcome

from .conftest import Made, MakeStudy, bring_people, raw, settings_with


def _busy_for(lead: OpenStudy, minutes: int) -> OpenStudy:
    changed, _names = change_settings(
        lead, replace(lead.settings, rules=replace(lead.settings.rules, busy_minutes=minutes))
    )
    return changed


def _call(study: OpenStudy) -> tuple[DeliveredCase, calling.Call]:
    found = calling.take_next_case(study)
    assert isinstance(found, DeliveredCase), found
    call = calling.begin_call(study, found.lease, 0)
    assert isinstance(call, calling.Call)
    return found, call


def _row(study: OpenStudy, case_id: str) -> dict[str, object]:
    return raw(study, 'SELECT due_at, replan FROM "case" WHERE id = :id', id=case_id)[0]


def test_an_outcome_is_placed_by_the_rules_of_now_whatever_its_window_has_heard(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 20)
    anna = made.sign_in("anna")
    found, call = _call(anna)
    _busy_for(lead, 55)
    noted = calling.note_outcome(anna, found.lease, call, Outcome.BUSY)
    assert isinstance(noted, calling.Noted)
    due = int((made.clock() + timedelta(minutes=55)).timestamp())
    assert _row(anna, found.case_id) == {"due_at": due, "replan": None}
    assert anna.settings.rules.busy_minutes != 55, "the window itself learns of it between two cases"


def test_a_supervisors_window_that_has_not_heard_plans_by_the_rules_of_now(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 8)
    anna, witness = made.sign_in("anna"), made.sign_in("witness")
    found, call = _call(anna)
    calling.note_outcome(anna, found.lease, call, Outcome.BUSY)
    _busy_for(lead, 55)
    assert _row(anna, found.case_id)["replan"] is not None
    assert placing.replan(witness, 100) == 8
    due = int((made.clock() + timedelta(minutes=55)).timestamp())
    assert _row(anna, found.case_id) == {"due_at": due, "replan": None}


def _one_cell(target: int) -> tuple[Site, ...]:
    departments = (Department(code="bau", name="Bauamt", target=target),)
    return (Site(code="nord", name="Landkreis Nord", land="BY", target=target, departments=departments),)


@pytest.mark.parametrize("what", ["target", "margin", "hours"])
def test_a_claim_goes_by_the_settings_of_now(make_study: MakeStudy, tmp_path: Path, what: str) -> None:
    made = make_study(settings_with(sites=_one_cell(1)))
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 20)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    assert isinstance(calling.take_next_case(anna), DeliveredCase)
    assert isinstance(calling.take_next_case(bert), NoCase)
    changed = {"target": {"sites": _one_cell(2)}, "margin": {"quota_margin": 1}}.get(what)
    if changed is not None:
        change_settings(lead, replace(lead.settings, **changed))
        while placing.replan(lead, 100):
            pass
        assert isinstance(calling.take_next_case(bert), DeliveredCase)
    else:
        later = made.clock().date() + timedelta(days=1)
        change_settings(lead, replace(lead.settings, quota_margin=1, field_from=later))
        assert isinstance(calling.take_next_case(bert), NoCase)


def test_who_notes_outcomes_and_who_changes_settings_never_wait_in_a_ring(made: Made, tmp_path: Path) -> None:
    """And whatever order they came in, no place is left that the rules before had worked out."""
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 60)
    people = [made.sign_in(login) for login in ("anna", "bert", "witness")]

    def work(study: OpenStudy) -> list[str]:
        called = []
        for _ in range(6):
            found = calling.take_next_case(study)
            if isinstance(found, NoCase):  # all wait to be worked out anew, on a server by somebody else
                placing.replan(people[2], 100)
                continue
            call = calling.begin_call(study, found.lease, 0)
            assert isinstance(call, calling.Call)
            assert isinstance(calling.note_outcome(study, found.lease, call, Outcome.BUSY), calling.Noted)
            called.append(found.case_id)
        return called

    def change(study: OpenStudy) -> list[str]:
        for minutes in (20, 30, 40, 55):
            study = _busy_for(study, minutes)
        return []

    with ThreadPoolExecutor(4) as pool:
        jobs = [*(pool.submit(work, study) for study in people), pool.submit(change, lead)]
        called = [case_id for job in jobs for case_id in job.result()]
    assert called
    while placing.replan(people[2], 100):
        pass
    due = int((made.clock() + timedelta(minutes=55)).timestamp())
    assert {_row(lead, case_id)["due_at"] for case_id in called} == {due}


def test_what_is_in_force_is_read_anew_only_when_it_changed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    with anna.transaction() as transaction:
        assert in_force(anna, transaction) is anna
    changed, _names = change_settings(lead, replace(lead.settings, purpose="wie es war"))
    with anna.transaction() as transaction:
        assert in_force(anna, transaction).settings == changed.settings
    monkeypatch.setattr("cati.fieldwork.settings_in_force.settings_from_json", None)
    with anna.transaction() as transaction:
        assert in_force(anna, transaction).settings == changed.settings


def test_a_list_is_not_brought_in_by_settings_that_hold_no_more(made: Made, tmp_path: Path) -> None:
    lead, witness = made.sign_in("lead"), made.sign_in("witness")
    path = tmp_path / "list.csv"
    path.write_bytes(invent_list(6, witness.settings, random.Random(1), today=witness.now().date()))
    received = sample.receive(witness, path)
    mapping = sample.propose(witness, received)
    changed = _busy_for(lead, 50)
    with pytest.raises(Problem, match="were changed while this list lay open"):
        sample.bring_in(witness, received, mapping, rows_on_slip=6)
    assert raw(lead, 'SELECT count(*) AS n FROM "case"') == [{"n": 0}]
    told = replace(witness, settings=changed.settings)  # as the window is, a moment later
    assert sample.bring_in(told, received, mapping, rows_on_slip=6).accepted == 6
