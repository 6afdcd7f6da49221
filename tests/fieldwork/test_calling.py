"""The calling page's acts on real files with a simulated clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, log
from cati.fieldwork.calling import DeliveredCase, LeaseLost, NoCase, Taken, TooLate
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import OpenStudy
from cati.settings import Department, Site
from cati.store.cases import CaseStatus
from cati.survey.case import Appointment, AppointmentKind, Preference
from cati.survey.dispositions import TABLE, Outcome

from .conftest import ON_FILE, Made, MakeStudy, bring_people, completed, looked_up, raw, settings_with


@pytest.fixture
def anna(made: Made, tmp_path: Path) -> OpenStudy:
    bring_people(made.sign_in("lead"), tmp_path, 60)
    return made.sign_in("anna")


def _take(study: OpenStudy) -> DeliveredCase:
    found = calling.take_next_case(study)
    assert isinstance(found, DeliveredCase), found
    return found


def _note(study: OpenStudy, delivered: DeliveredCase, outcome: Outcome, **more: object) -> calling.Noted:
    call = calling.begin_call(study, delivered.lease, delivered.next_phone)
    noted = calling.note_outcome(study, delivered.lease, call, outcome, **more)
    assert isinstance(noted, calling.Noted), noted
    return noted


def _appointment(at: datetime, **more: object) -> Appointment:
    wall = at.astimezone().isoformat(timespec="minutes")
    values = {"kind": AppointmentKind.DEFINITE, "at": at, "wall": wall, "zone": "Europe/Berlin"}
    return Appointment(**{**values, **more})


def _row(study: OpenStudy, case_id: str) -> dict[str, object]:
    return raw(study, 'SELECT * FROM "case" WHERE id = :id', id=case_id)[0]


def _rows(study: OpenStudy, table: str, case_id: str) -> int:
    return raw(study, f'SELECT count(*) AS n FROM {table} WHERE "case" = :id', id=case_id)[0]["n"]


def test_a_delivered_case_says_all_that_the_page_shows(anna: OpenStudy) -> None:
    found = _take(anna)
    assert found.why == "Nobody has called this person yet."
    assert (found.attempts, found.story, found.interview_open, found.call) == (0, (), False, None)
    assert found.local_now.hour == 10
    assert found.closes_at.hour == 20
    assert found.contact.phones[found.next_phone].e164.startswith("+49")
    assert found.lease.until - anna.now() == timedelta(minutes=calling.LEASE_MINUTES)
    assert found.contact.family_name not in repr(found)


def test_every_hand_out_is_logged_in_its_own_transaction(made: Made, anna: OpenStudy) -> None:
    found = [_take(anna)]
    calling.put_back(anna, found[0].lease, "no_time")
    found.append(_take(anna))
    entries = log.entries(made.sign_in("lead"), acts=[Act.HANDED_OUT])
    assert [(e.case, e.fence, e.who) for e in reversed(entries)] == [
        (f.case_id, f.lease.fence, anna.me.id) for f in found
    ]


def test_nobody_gets_the_case_of_another_and_the_own_one_comes_back_after_a_crash(made: Made, anna: OpenStudy) -> None:
    bert = made.sign_in("bert")
    mine, his = _take(anna), _take(bert)
    assert mine.case_id != his.case_id
    again = _take(anna)
    assert again.case_id == mine.case_id
    assert again.lease.fence == mine.lease.fence + 1
    assert isinstance(calling.begin_call(anna, mine.lease, 0), LeaseLost)


def test_a_lease_that_ran_out_returns_the_case_and_refuses_late_writes(made: Made, anna: OpenStudy) -> None:
    bert = made.sign_in("bert")
    raw(anna, 'UPDATE "case" SET status = 3')
    bring_people(made.sign_in("lead"), made.created.folder.parent, 1, seed=77)
    mine = _wait_for_case(made, anna)
    call = calling.begin_call(anna, mine.lease, 0)
    made.clock.forward(minutes=calling.LEASE_MINUTES - 1)
    assert isinstance(calling.take_next_case(bert), NoCase)
    renewed = calling.renew_lease(anna, mine.lease)
    made.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    assert isinstance(calling.take_next_case(bert), NoCase)  # dialled a moment ago: not called again at once
    assert isinstance(calling.note_outcome(anna, renewed, call, Outcome.NO_ANSWER), LeaseLost)
    assert isinstance(calling.renew_lease(anna, renewed), LeaseLost)
    assert calling.put_back(anna, renewed) is False
    his = _wait_for_case(made, bert)
    assert his.case_id == mine.case_id
    assert [line.words for line in his.story] == ["Technical trouble"]
    lapsed = log.entries(made.sign_in("lead"), acts=[Act.PUT_BACK])
    assert any(anna.me.id in entry.details for entry in lapsed)


def _wait_for_case(made: Made, study: OpenStudy) -> DeliveredCase:
    """Move the clock to when the program says the next case is free, as often as it takes."""
    for _ in range(10):
        found = calling.take_next_case(study)
        if isinstance(found, DeliveredCase):
            return found
        assert found.next_due is not None
        made.clock.at = max(found.next_due, made.clock.at + timedelta(seconds=1))
    raise AssertionError


def test_a_call_is_kept_before_anybody_dials_and_only_once(anna: OpenStudy) -> None:
    found = _take(anna)
    call = calling.begin_call(anna, found.lease, 0)
    assert calling.begin_call(anna, found.lease, 0) == call
    assert _rows(anna, "attempt", found.case_id) == 1
    with pytest.raises(Problem, match="outcome"):
        calling.put_back(anna, found.lease)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.COMPLETE])
def test_every_outcome_is_kept_and_undone_within_ten_seconds(made: Made, anna: OpenStudy, outcome: Outcome) -> None:
    found = _take(anna)
    before = _row(anna, found.case_id)
    at = made.clock.at + timedelta(hours=5)
    wants = outcome in (Outcome.APPOINTMENT, Outcome.VAGUE_APPOINTMENT)
    noted = _note(anna, found, outcome, appointment=_appointment(at) if wants else None)
    row = _row(anna, found.case_id)
    assert row["lease_holder"] is None
    assert (row["status"] in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)) == bool(noted.final)
    if TABLE[outcome].final:
        assert noted.final == TABLE[outcome].code
    made.clock.forward(seconds=9)
    again = calling.undo_outcome(anna, noted.undo)
    assert isinstance(again, DeliveredCase)
    assert (again.contact, again.attempts, again.appointment) == (found.contact, 0, None)
    assert again.call == noted.undo.call
    after = _row(anna, found.case_id)
    for name in ("tier", "rank", "due_at", "final_code", "avoid", "cell"):
        assert after[name] == before[name], name
    assert after["fence"] == before["fence"] + 1
    assert _rows(anna, "contact_index", found.case_id) == len(found.contact.phones)
    repeated = calling.note_outcome(anna, again.lease, again.call, Outcome.NO_ANSWER)
    assert isinstance(repeated, calling.Noted)


def test_what_was_taken_back_is_handed_out_though_the_servers_disk_is_full_from_then_on(
    anna: OpenStudy, kind: str
) -> None:
    """On a server that takes two steps; the first is kept, and nobody is told that nothing was."""
    case = _take(anna)
    noted = _note(anna, case, Outcome.HARD_REFUSAL)
    if kind == "server":
        raw(
            anna,
            """CREATE FUNCTION filled() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$""",
        )
        raw(anna, "CREATE TRIGGER filled BEFORE INSERT ON turn FOR EACH ROW EXECUTE FUNCTION filled()")
    try:
        again = calling.undo_outcome(anna, noted.undo)
    finally:
        if kind == "server":
            raw(anna, "DROP FUNCTION filled() CASCADE")
    assert isinstance(again, DeliveredCase)
    assert (again.case_id, again.call) == (case.case_id, noted.undo.call)


def test_after_ten_seconds_or_another_hand_out_nothing_is_undone(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    noted = _note(anna, found, Outcome.NO_ANSWER)
    made.clock.forward(seconds=11)
    assert isinstance(calling.undo_outcome(anna, noted.undo), TooLate)
    found = _take(anna)
    noted = _note(anna, found, Outcome.NO_ANSWER)
    bert = made.sign_in("bert")
    taken = calling.take_case(bert, looked_up(bert, found.case_id), calling.CALL_BACK)
    assert isinstance(taken, DeliveredCase)
    assert isinstance(calling.undo_outcome(anna, noted.undo), TooLate)


def test_an_outcome_without_its_appointment_or_with_typed_words_is_refused(anna: OpenStudy) -> None:
    found = _take(anna)
    call = calling.begin_call(anna, found.lease, 0)
    with pytest.raises(Problem):
        calling.note_outcome(anna, found.lease, call, Outcome.APPOINTMENT)
    for words in ("Frau Müller ist krank", "Müller", "x y"):
        with pytest.raises(ValueError, match=words):
            calling.note_outcome(anna, found.lease, call, Outcome.OTHER, sub_reason=words)
    with pytest.raises(ValueError, match="complete"):
        calling.note_outcome(anna, found.lease, call, Outcome.COMPLETE)
    assert _rows(anna, "attempt", found.case_id) == 1


@pytest.mark.parametrize("way", ["lease", "case"])
def test_a_withdrawal_erases_at_once_and_for_good(made: Made, anna: OpenStudy, way: str) -> None:
    found = _take(anna)
    phone = found.contact.phones[0].e164
    receipt = calling.withdraw(anna, found.lease if way == "lease" else found.case_id)
    assert found.contact.family_name not in receipt.words
    for table in ("contact", "contact_index", "draft_event", "draft_text", "appointment"):
        assert _rows(anna, table, found.case_id) == 0, table
    row = _row(anna, found.case_id)
    assert (row["status"], row["final_code"]) == (CaseStatus.WITHDRAWN, "2.112")
    assert calling.find_caller(anna, phone) == ()
    assert isinstance(calling.take_case(anna, found.case_id, calling.CALL_BACK), Taken)
    assert isinstance(calling.begin_call(anna, found.lease, 0), LeaseLost)
    assert calling.withdraw(anna, found.case_id).words
    lines = log.entries(made.sign_in("lead"), acts=[Act.WITHDRAWN])
    assert {line.case for line in lines} == {found.case_id}


@ON_FILE
def test_an_erased_contact_is_in_no_byte_of_the_database(anna: OpenStudy) -> None:
    found = _take(anna)
    row = raw(anna, 'SELECT sealed_key, sealed_details FROM contact WHERE "case" = :id', id=found.case_id)[0]
    key, details = row["sealed_key"], row["sealed_details"]
    _note(anna, found, Outcome.HARD_REFUSAL)
    for name in ("study.db", "study.db-wal"):
        data = (anna.folder / name).read_bytes()
        assert key not in data, name
        assert details not in data, name


def test_a_withdrawal_on_the_line_takes_the_case_from_a_colleague(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    call = calling.begin_call(anna, found.lease, 0)
    bert = made.sign_in("bert")
    calling.withdraw(bert, looked_up(bert, found.case_id))
    assert isinstance(calling.note_outcome(anna, found.lease, call, Outcome.NO_ANSWER), LeaseLost)
    assert _row(anna, found.case_id)["status"] == CaseStatus.WITHDRAWN


def test_an_outcome_cannot_be_undone_over_a_withdrawal(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    bert = made.sign_in("bert")
    looked_up(bert, found.case_id)
    noted = _note(anna, found, Outcome.HARD_REFUSAL)
    calling.withdraw(bert, found.case_id)
    assert isinstance(calling.undo_outcome(anna, noted.undo), TooLate)
    assert _rows(anna, "contact", found.case_id) == 0


def test_the_log_is_signed_every_five_hundred_entries(made: Made, anna: OpenStudy) -> None:
    path = log.checkpoint_path(made.created.seal_path)
    for _ in range(log.CHECKPOINT_EVERY // 2 + 2):
        calling.put_back(anna, _take(anna).lease)
        made.clock.forward(minutes=1)  # more in an hour nobody may see
    assert len(path.read_text("ascii").splitlines()) == 1
    assert log.verify(made.sign_in("lead")).ok


def test_a_soft_refusal_comes_back_after_a_week_and_to_another_interviewer(made: Made, anna: OpenStudy) -> None:
    bert = made.sign_in("bert")
    _close_all_but(anna, _first(anna))
    found = _take(anna)
    _note(anna, found, Outcome.SOFT_REFUSAL)
    made.clock.forward(days=7, minutes=-1)
    assert isinstance(calling.take_next_case(bert), NoCase)
    for _ in range(4):
        made.clock.forward(hours=6)
        none = calling.take_next_case(anna)
        assert isinstance(none, NoCase)
    again = _wait_for_case(made, bert)
    assert again.case_id == found.case_id
    assert "hesitation" in again.why


def _first(study: OpenStudy) -> str:
    """Return a case in German without a wish, by its id."""
    found = _take(study)
    while found.language != "de" or found.preference:
        _note(study, found, Outcome.NO_ANSWER)
        found = _take(study)
    calling.put_back(study, found.lease)
    return found.case_id


def _close_all_but(study: OpenStudy, case_id: str) -> None:
    raw(study, 'UPDATE "case" SET status = 3, turns_at = NULL WHERE id <> :id', id=case_id)


def test_an_appointment_is_counted_listed_and_called_first(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    at = datetime(2027, 7, 7, 16, 0, tzinfo=UTC)
    _note(anna, found, Outcome.APPOINTMENT, appointment=_appointment(at))
    assert calling.appointments_near(anna, at + timedelta(minutes=14)) == 1
    assert calling.appointments_near(anna, at + timedelta(minutes=15)) == 0
    mine = calling.my_appointments(anna)
    assert [(one.case_id, one.wall.hour, one.definite) for one in mine] == [(found.case_id, 18, True)]
    assert calling.my_appointments(made.sign_in("bert")) == ()
    made.clock.at = at - timedelta(minutes=1)
    other = _take(anna)
    assert other.case_id != found.case_id
    calling.put_back(anna, other.lease)
    made.clock.at = at
    due = _take(anna)
    assert due.case_id == found.case_id
    assert "18:00" in due.why


def test_a_missed_appointment_stays_in_front_for_an_hour_only(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    at = datetime(2027, 7, 7, 10, 0, tzinfo=UTC)
    _note(anna, found, Outcome.APPOINTMENT, appointment=_appointment(at))
    made.clock.at = at + timedelta(minutes=59)
    late = _take(anna)
    assert late.case_id == found.case_id
    assert "late" in late.why
    calling.put_back(anna, late.lease)
    made.clock.at = at + timedelta(minutes=61)
    lapsed = _take(anna)
    assert (lapsed.case_id, lapsed.why) == (found.case_id, "Somebody was reached before, and nothing is decided yet.")
    assert _row(anna, found.case_id)["tier"] == 2


@ON_FILE
def test_the_reason_of_an_appointment_outside_the_limit_is_sealed(anna: OpenStudy) -> None:
    found = _take(anna)
    at = datetime(2027, 7, 7, 19, 30, tzinfo=UTC)
    wish = _appointment(at, reason="Schichtdienst bei Frau Amselbühler")
    _note(anna, found, Outcome.APPOINTMENT, appointment=wish)
    for name in ("study.db", "study.db-wal"):
        data = (anna.folder / name).read_bytes()
        assert b"Amselb" not in data
        assert b"Schichtdienst" not in data
    again = calling.take_case(anna, looked_up(anna, found.case_id), calling.CALL_BACK)
    assert again.appointment.reason == "Schichtdienst bei Frau Amselbühler"


@ON_FILE
def test_what_the_person_says_of_their_time_is_kept_and_used(made: Made, anna: OpenStudy) -> None:
    _close_all_but(anna, _first(anna))
    found = _take(anna)
    evening = Preference(start_minute=18 * 60, said="ab 18 Uhr, nach dem Melken")
    _note(anna, found, Outcome.CALL_BACK, preference=evening)
    data = b"".join((anna.folder / name).read_bytes() for name in ("study.db", "study.db-wal"))
    assert b"Melken" not in data
    again = _wait_for_case(made, anna)
    assert again.preference == "ab 18 Uhr, nach dem Melken"
    assert again.local_now.hour >= 18


def test_full_cells_are_not_called_and_the_page_says_so(make_study: MakeStudy, tmp_path: Path) -> None:
    departments = (Department(code="bau", name="Bauamt", target=2), Department(code="kfz", name="Zulassung", target=9))
    site = Site(code="nord", name="Landkreis Nord", land="BY", target=4, departments=departments)
    made = make_study(settings_with(sites=(site,)))
    bring_people(made.sign_in("lead"), tmp_path, 60)
    anna = made.sign_in("anna")
    delivered = []
    while isinstance(found := calling.take_next_case(anna), DeliveredCase):
        delivered.append(found.department.code)
        completed(anna, found)
    assert len(delivered) == 4
    assert delivered.count("bau") <= 2
    assert any("enough interviews" in words for words, _n in found.blocked)


def test_a_cell_that_fills_during_the_second_is_not_handed_out_again(make_study: MakeStudy, tmp_path: Path) -> None:
    departments = (Department(code="bau", name="Bauamt", target=1),)
    site = Site(code="nord", name="Landkreis Nord", land="BY", target=5, departments=departments)
    made = make_study(settings_with(sites=(site,)))
    bring_people(made.sign_in("lead"), tmp_path, 12)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    found = _take(anna)
    completed(anna, found)
    assert isinstance(calling.take_next_case(bert), NoCase)


def test_nobody_is_called_outside_the_hours_and_the_page_says_when(made: Made, anna: OpenStudy) -> None:
    made.clock.at = datetime(2027, 7, 6, 19, 0, tzinfo=UTC)  # 21:00 in Berlin
    none = calling.take_next_case(anna)
    assert isinstance(none, NoCase)
    assert any("hour" in words or "wait" in words for words, _n in none.blocked)
    assert sum(n for _words, n in none.blocked) == 60
    assert none.next_due == datetime(2027, 7, 7, 7, 0, tzinfo=UTC)
    made.clock.at = datetime(2027, 7, 11, 12, 0, tzinfo=UTC)  # a Sunday
    assert calling.take_next_case(anna).next_due == datetime(2027, 7, 12, 7, 0, tzinfo=UTC)


def test_after_the_field_period_nobody_is_called(made: Made, anna: OpenStudy) -> None:
    made.clock.at = datetime(2027, 8, 16, 10, 0, tzinfo=UTC)
    none = calling.take_next_case(anna)
    assert isinstance(none, NoCase)
    assert none.next_due is None
    assert "over" in none.blocked[0][0]


def test_cases_in_a_language_one_does_not_speak_are_for_others(made: Made, anna: OpenStudy) -> None:
    bert = made.sign_in("bert")
    seen = set()
    for _ in range(40):
        found = calling.take_next_case(bert)
        if isinstance(found, NoCase):
            break
        seen.add(found.language)
        _note(bert, found, Outcome.NO_ANSWER)
    assert seen == {"de"}


def test_who_calls_back_is_found_by_number_and_by_name(made: Made, anna: OpenStudy) -> None:
    found = _take(anna)
    contact = found.contact
    by_number = calling.find_caller(anna, contact.phones[0].e164.replace("+49", "0"))
    assert [one.case_id for one in by_number] == [found.case_id]
    words = f"  {contact.family_name.upper()} {contact.given_name[:3].lower()} "
    if anna.database.by_functions:  # by name all contacts are read: a server lets supervisors do that alone
        with pytest.raises(Problem, match="only supervisors search by name"):
            calling.find_caller(anna, words)
    searching = made.sign_in("witness")
    by_name = calling.find_caller(searching, words)
    assert found.case_id in [one.case_id for one in by_name]
    assert contact.family_name in by_name[0].name
    assert contact.family_name not in repr(by_name)
    for nobody in ("+49 30 23125 999 99", "0151 123", "Xylophon", "ab", "", "%", "12345"):
        assert calling.find_caller(searching, nobody) == ()
    lead = made.sign_in("lead")
    entries = log.entries(lead, acts=[Act.LOOKED_UP, Act.CONTACTS_READ])
    # A server logs each number that was tried, each case it was, each search among all, and that a list was compared.
    assert len(entries) == (7 if lead.database.by_functions else 9)
    assert not any(contact.family_name in entry.details for entry in entries)


def test_a_certain_case_can_be_taken_unless_somebody_has_it(made: Made, anna: OpenStudy) -> None:
    bert = made.sign_in("bert")
    found = _take(anna)
    taken = calling.take_case(bert, looked_up(bert, found.case_id), calling.CALL_BACK)
    assert isinstance(taken, Taken)
    assert taken.by == "Anna Fragt"
    calling.put_back(anna, found.lease)
    assert isinstance(calling.take_case(bert, found.case_id, calling.CALL_BACK), DeliveredCase)
    other = calling.take_next_case(anna)
    assert isinstance(calling.take_case(anna, found.case_id, calling.CALL_BACK), Taken)
    calling.put_back(anna, other.lease)
    made.clock.at = datetime(2027, 7, 6, 21, 0, tzinfo=UTC)
    late = calling.take_case(anna, other.case_id, calling.OWN_APPOINTMENT)
    assert isinstance(late, Taken)
    with pytest.raises(ValueError, match="curiosity"):
        calling.take_case(anna, other.case_id, "curiosity")


def test_the_introduction_is_in_the_language_of_the_case(anna: OpenStudy) -> None:
    found = _take(anna)
    german = calling.introduction(anna, replace(found, language="de"))
    english = calling.introduction(anna, replace(found, language="en"))
    for script in (german, english):
        for word in ("Anna Fragt", "Institut Muster", "Landkreis Beispiel", found.contact.family_name, "030 23125 000"):
            assert word in script
    assert "freiwillig" in german
    assert "gelöscht" in german
    assert "voluntary" in english
    assert "erased" in english
    assert "anonym" not in (german + english).lower()


def test_the_day_is_counted(made: Made, anna: OpenStudy) -> None:
    for outcome in (Outcome.NO_ANSWER, Outcome.BUSY):
        _note(anna, _take(anna), outcome)
    assert (calling.my_day(anna).calls, calling.my_day(anna).complete) == (2, 0)
    made.clock.forward(days=1)
    assert calling.my_day(anna).calls == 0


def test_pauses_are_logged_by_code_only(made: Made, anna: OpenStudy) -> None:
    calling.pause(anna, "lunch")
    calling.resume_work(anna)
    with pytest.raises(ValueError, match="Zahnarzt"):
        calling.pause(anna, "Zahnarzt")
    found = log.entries(made.sign_in("lead"))
    assert [entry.act for entry in found if entry.who == anna.me.id] == [Act.RESUMED, Act.PAUSED, Act.SIGNED_IN]


@ON_FILE
def test_when_the_disk_was_full_no_new_case_is_handed_out(anna: OpenStudy) -> None:
    found = _take(anna)
    anna.database.release_ballast()
    assert _note(anna, found, Outcome.NO_ANSWER)  # the case in hand is finished
    with pytest.raises(Problem, match="disk"):
        calling.take_next_case(anna)


@ON_FILE
def test_after_a_full_disk_and_a_restart_the_case_in_hand_is_finished_and_a_new_one_waits_for_room(
    made: Made, anna: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 10 * 2**20
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    found = _take(anna)
    call = calling.begin_call(anna, found.lease, 0)
    anna.database.release_ballast()
    anna.close()
    anna = made.sign_in("anna")
    again = calling.take_next_case(anna)
    assert isinstance(again, calling.DeliveredCase)
    assert (again.case_id, again.call) == (found.case_id, call)
    taken = calling.take_case(anna, found.case_id, calling.CALL_BACK)
    assert isinstance(taken, calling.DeliveredCase), "also where they call back meanwhile"
    assert _note(anna, taken, Outcome.NO_ANSWER)
    made.clock.forward(hours=5)
    for new in (calling.take_next_case, lambda study: calling.take_case(study, found.case_id, calling.CALL_BACK)):
        with pytest.raises(Problem, match="disk"):
            new(anna)
    free = 100 * 2**20
    assert isinstance(calling.take_next_case(made.sign_in("anna")), calling.DeliveredCase)
