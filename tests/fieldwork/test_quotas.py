"""Targets are kept: what runs counts as what may come, and no more begins than the margin allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cati.fieldwork import calling, changing, interviewing, members, open_cells, staffing
from cati.fieldwork.calling import DeliveredCase, NoCase, Taken
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.study import NewMember
from cati.settings import Department, Site
from cati.store.claiming import Taken as Counted
from cati.survey.dispositions import Outcome

from .conftest import CHEAP, PASSWORDS, Made, MakeStudy, bring_people, completed, looked_up, raw, settings_with


def _one_department(target: int, margin: int, *, of_site: int = 50) -> object:
    departments = (Department(code="bau", name="Bauamt", target=target),)
    site = Site(code="nord", name="Landkreis Nord", land="BY", target=of_site, departments=departments)
    return settings_with(sites=(site,), quota_margin=margin)


def _made(make_study: MakeStudy, tmp_path: Path, settings: object, people: int = 40) -> Made:
    made = make_study(settings)
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, people)
    raw(
        lead,
        """UPDATE "case" SET status = 0, turns_at = NULL, cell = (SELECT min(id) FROM cell WHERE language = 'de')""",
    )
    return made


@pytest.mark.parametrize(
    ("complete", "running", "target", "margin", "room"),
    [
        (0, 0, 5, 0, 5), (3, 1, 5, 0, 1), (3, 2, 5, 0, 0), (3, 2, 5, 2, 2), (4, 3, 5, 2, 0), (5, 0, 5, 2, 0),
        (5, 1, 5, 9, 0), (0, 0, 0, 3, 0), (6, 0, 5, 3, 0),
    ],
)  # fmt: skip
def test_room_is_what_could_not_overshoot(complete: int, running: int, target: int, margin: int, room: int) -> None:
    assert max(open_cells.room(Counted(complete, running), target, margin), 0) == room


@pytest.mark.parametrize("margin", [0, 1])
@pytest.mark.parametrize("whole", [False, True])
def test_the_last_interviews_of_a_target_are_not_begun_too_often(
    make_study: MakeStudy, tmp_path: Path, margin: int, whole: bool
) -> None:
    settings = _one_department(9, margin, of_site=2) if whole else _one_department(2, margin)
    made = _made(make_study, tmp_path, settings)
    people = [made.sign_in(login) for login in ("anna", "bert", "witness", "lead")]
    found = [calling.take_next_case(study) for study in people]
    assert [isinstance(one, DeliveredCase) for one in found] == [n < 2 + margin for n in range(4)]
    none = found[-1]
    assert isinstance(none, NoCase)
    assert any("interviews now running" in words for words, _n in none.blocked)
    # What is given back lets another begin at once …
    assert calling.put_back(people[0], found[0].lease)
    assert isinstance(calling.take_next_case(people[3]), DeliveredCase)
    # … and a target that is reached ends it, whatever the margin.
    again = calling.take_next_case(people[3])
    assert isinstance(again, DeliveredCase)
    completed(people[3], again)
    completed(people[1], found[1])
    for study in (people[0], people[3]):
        none = calling.take_next_case(study)
        assert isinstance(none, NoCase)
        assert any("enough interviews" in words for words, _n in none.blocked)


def test_who_calls_back_waits_for_the_interviews_that_run(make_study: MakeStudy, tmp_path: Path) -> None:
    made = _made(make_study, tmp_path, _one_department(1, 0))
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    mine = calling.take_next_case(anna)
    other = raw(anna, """SELECT id FROM "case" WHERE status = 0 ORDER BY id LIMIT 1""")[0]["id"]
    taken = calling.take_case(bert, looked_up(bert, other), calling.CALL_BACK)
    assert isinstance(taken, Taken)
    assert "running" in taken.why
    assert isinstance(calling.take_case(anna, mine.case_id, calling.CALL_BACK), DeliveredCase)  # one's own
    completed(anna, calling.take_next_case(anna))
    taken = calling.take_case(bert, looked_up(bert, other), calling.CALL_BACK)
    assert "enough" in taken.why


def _put_down(study: OpenStudy, *, begun: bool) -> tuple[DeliveredCase, calling.Noted]:
    """Take a case, call, and put it down: not reached, or (``begun``) in the middle of its interview."""
    found = calling.take_next_case(study)
    assert isinstance(found, DeliveredCase)
    call = calling.begin_call(study, found.lease, 0)
    assert isinstance(call, calling.Call)
    if begun:
        running = interviewing.begin_interview(study, found.lease, call)
        assert isinstance(running, interviewing.RunningInterview)
        noted = interviewing.break_off(study, running, Outcome.INTERRUPTED)
    else:
        noted = calling.note_outcome(study, found.lease, call, Outcome.NO_ANSWER)
    assert isinstance(noted, calling.Noted)
    return found, noted


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_taken_back_takes_a_place_that_nobody_else_has(
    make_study: MakeStudy, tmp_path: Path, begun: bool
) -> None:
    made = _made(make_study, tmp_path, _one_department(1, 0))
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    _found, noted = _put_down(anna, begun=begun)
    other = calling.take_next_case(bert)
    assert isinstance(other, DeliveredCase)
    late = calling.undo_outcome(anna, noted.undo)
    assert isinstance(late, calling.TooLate)
    assert "now running" in late.why
    assert calling.put_back(bert, other.lease)
    assert isinstance(calling.undo_outcome(anna, noted.undo), DeliveredCase)
    assert isinstance(calling.take_next_case(bert), NoCase), "it counts as running again"
    assert calling.undo_outcome(anna, noted.undo) == calling.TooLate(noted.undo.case_id)


@pytest.mark.parametrize("margin", [0, 1])
def test_an_interview_that_was_broken_off_goes_on_to_the_end_of_the_margin_only(
    make_study: MakeStudy, tmp_path: Path, margin: int
) -> None:
    made = _made(make_study, tmp_path, _one_department(1, margin))
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    mine, noted = _put_down(anna, begun=True)
    other = calling.take_next_case(bert)
    assert isinstance(other, DeliveredCase)
    if not margin:
        taken = calling.take_case(anna, looked_up(anna, mine.case_id), calling.CALL_BACK)
        assert isinstance(taken, Taken)
        assert "now running" in taken.why
    completed(bert, other)
    taken = calling.take_case(anna, looked_up(anna, mine.case_id), calling.CALL_BACK)
    if margin:  # the target is reached, and yet it may be finished
        assert isinstance(taken, DeliveredCase)
        assert taken.interview_open
    else:
        assert isinstance(taken, Taken)
        assert "enough" in taken.why
        late = calling.undo_outcome(anna, noted.undo)
        assert isinstance(late, calling.TooLate)
        assert "enough" in late.why


def test_a_larger_margin_opens_at_once(make_study: MakeStudy, tmp_path: Path) -> None:
    made = _made(make_study, tmp_path, _one_department(1, 0))
    lead, bert = made.sign_in("lead"), made.sign_in("bert")
    assert isinstance(calling.take_next_case(made.sign_in("anna")), DeliveredCase)
    assert isinstance(calling.take_next_case(bert), NoCase)
    changing.change_settings(lead, replace(lead.settings, quota_margin=1))
    assert isinstance(calling.take_next_case(made.sign_in("bert")), DeliveredCase)


def test_nobody_is_called_before_the_field_period(make_study: MakeStudy, tmp_path: Path) -> None:
    made = make_study(settings_with(field_from=date(2027, 7, 8)))
    bring_people(made.sign_in("lead"), tmp_path, 10)
    none = calling.take_next_case(made.sign_in("anna"))
    assert isinstance(none, NoCase)
    assert none.next_due == datetime(2027, 7, 8, 7, 0, tzinfo=UTC)
    made.clock.at = none.next_due
    assert isinstance(calling.take_next_case(made.sign_in("anna")), DeliveredCase)


# ---- refusal conversion


def _converts(study: OpenStudy, *logins: str) -> None:
    raw(study, "UPDATE member SET converts = (login = ANY(:who))" if study.database.by_functions else
        "UPDATE member SET converts = instr(:who, login || ' ') > 0",
        who=list(logins) if study.database.by_functions else "".join(f"{login} " for login in logins))  # fmt: skip


def _refused(made: Made, study: OpenStudy, tmp_path: Path) -> str:
    """Let one case refuse softly at ``study``, and pass the time until it is due; no other case is left."""
    found = calling.take_next_case(study)
    assert isinstance(found, DeliveredCase)
    call = calling.begin_call(study, found.lease, 0)
    assert calling.note_outcome(study, found.lease, call, Outcome.SOFT_REFUSAL).final == ""
    raw(study, 'UPDATE "case" SET status = 3, turns_at = NULL WHERE id <> :id', id=found.case_id)
    due = raw(study, 'SELECT due_at FROM "case" WHERE id = :id', id=found.case_id)[0]["due_at"]
    made.clock.at = datetime.fromtimestamp(due + 60, UTC)
    return found.case_id


def _offered(study: OpenStudy) -> tuple[str, ...]:
    """What is handed out (given back at once), or the reasons for nothing."""
    found = calling.take_next_case(study)
    if isinstance(found, NoCase):
        return tuple(words for words, _n in found.blocked)
    assert calling.put_back(study, found.lease)
    return (found.case_id,)


def test_after_a_soft_refusal_those_who_convert_ask_again(make_study: MakeStudy, tmp_path: Path) -> None:
    made = _made(make_study, tmp_path, settings_with())
    anna, bert, witness = (made.sign_in(login) for login in ("anna", "bert", "witness"))
    case_id = _refused(made, anna, tmp_path)
    needs, colleague = "whose task it is to ask again", "must be called by another"
    # Nobody converts: anybody but the one who was refused, as ever.
    assert colleague in _offered(anna)[0]
    assert _offered(bert) == (case_id,)
    # Bert does: nobody else.
    _converts(anna, "bert")
    assert needs in _offered(witness)[0]
    assert colleague in _offered(anna)[0]
    assert _offered(bert) == (case_id,)
    # Only the one who was refused does: then it is for the others as if nobody did.
    _converts(anna, "anna")
    assert colleague in _offered(anna)[0]
    assert _offered(bert) == (case_id,)
    _converts(anna, "anna", "witness")
    assert needs in _offered(bert)[0]
    assert _offered(witness) == (case_id,)
    # Who left does not count.
    lead = made.sign_in("lead")
    members.deactivate(lead, witness.me.id)
    _converts(anna, "witness")
    assert _offered(bert) == (case_id,)


def test_an_appointment_is_for_everybody_whoever_was_refused_before(make_study: MakeStudy, tmp_path: Path) -> None:
    made = _made(make_study, tmp_path, settings_with())
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    case_id = _refused(made, anna, tmp_path)
    _converts(anna, "witness")
    assert isinstance(calling.take_next_case(bert), NoCase)
    found = calling.take_case(bert, looked_up(bert, case_id), calling.CALL_BACK)
    call = calling.begin_call(bert, found.lease, 0)
    at = made.clock.at + timedelta(days=1)
    wish = calling_appointment(at)
    calling.note_outcome(bert, found.lease, call, Outcome.APPOINTMENT, appointment=wish)
    made.clock.at = at
    assert _offered(anna) == (case_id,)


def calling_appointment(at: datetime) -> object:
    from cati.survey.case import Appointment, AppointmentKind

    return Appointment(
        kind=AppointmentKind.DEFINITE, at=at, wall=at.astimezone().isoformat(timespec="minutes"), zone="Europe/Berlin"
    )


def test_a_new_member_and_their_skill_are_read_back(make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_study()
    lead = made.sign_in("lead")
    new = NewMember(login="carl", name="Carl Klingt", role=Role.INTERVIEWER, password="violetter Kahn am Steg 7")
    staffing.add_member(lead, new, cost=CHEAP)
    _converts(lead, "carl") if not lead.database.by_functions else raw(
        lead, "UPDATE member SET converts = true WHERE login = 'carl'"
    )
    monkeypatch.setitem(PASSWORDS, "carl", new.password)
    assert made.sign_in("carl").me.converts
    assert not made.sign_in("anna").me.converts
