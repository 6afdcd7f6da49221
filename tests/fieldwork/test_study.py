"""Making a study, signing in, staff, settings and the log, on real files."""

from __future__ import annotations

import random
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.forms import UNNAMED
from cati.fieldwork.log import Act
from cati.fieldwork.log_words import entries_in_words
from cati.fieldwork.open_study import Role
from cati.fieldwork.study import (
    CreatedStudy,
    NewMember,
    add_member,
    change_password,
    change_settings,
    create_study,
    deactivate,
    open_study,
    restore_seal,
    seal_is_here,
    sign_out,
    staff,
    study_name,
)
from cati.settings import CallingRules, ConsentWording, Window
from cati.text import set_language
from cati.vault.people import WrongPassword

from .conftest import (
    CHEAP,
    ON_FILE,
    PASSWORD,
    PASSWORDS,
    STAFF,
    Clock,
    Made,
    MakeStudy,
    bring_people,
    raw,
    settings_with,
    write_form,
)

OTHER_PASSWORD = "zwölf stille Laternen im Moor"


def test_a_study_opens_for_each_of_its_staff(made: Made) -> None:
    for member in STAFF:
        study = made.sign_in(member.login)
        assert (study.me.name, study.me.role) == (member.name, member.role)
        assert (study.keys.identity is not None) == (member.role is Role.RESEARCH_LEAD)
    assert study_name(made.created.folder) == "Kundenbefragung 2027"


@ON_FILE
def test_folder_and_files_are_for_the_owner_only(made: Made) -> None:
    folder = made.created.folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    made.sign_in("anna")
    for file in (*folder.iterdir(), made.created.seal_path):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


@pytest.mark.parametrize(("login", "password"), [("anna", OTHER_PASSWORD), ("nobody", PASSWORD)])
def test_a_wrong_login_and_a_wrong_password_look_the_same(made: Made, login: str, password: str) -> None:
    with pytest.raises(WrongPassword) as refused:
        open_study(
            made.created.folder,
            login,
            password,
            now=made.clock,
            draw=random.Random(1),
            seal_path=made.created.seal_path,
        )
    with pytest.raises(WrongPassword) as other:
        open_study(
            made.created.folder,
            "anna",
            "ganz und gar verkehrt gedacht",
            now=made.clock,
            draw=random.Random(1),
            seal_path=made.created.seal_path,
        )
    assert str(refused.value) == str(other.value)


def test_without_the_seal_nobody_signs_in_and_paper_brings_it_back(made: Made, kind: str) -> None:
    made.created.seal_path.unlink()
    seals = made.created.seal_path.parent
    assert not seal_is_here(made.created.folder, seals)
    told = set()
    for login in ("anna", "nobody"):
        with pytest.raises(Problem) as refused:
            made.sign_in(login)
        told.add(str(refused.value))
    # A server has looked at the password before any seal is looked at: whoever is told of it has shown who they are.
    assert len(told) == (1 if kind == "file" else 2)
    restore_seal(made.created.folder, "\n".join(made.created.paper_seal), seal_folder=seals)
    assert made.sign_in("anna").me.login == "anna"


def test_a_failed_making_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cati.fieldwork import study as module

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "create_seal", full)
    with pytest.raises(OSError, match="No space"):
        create_study(
            tmp_path / "new", settings_with(), write_form(tmp_path / "form.xlsx"), STAFF, now=Clock(),
            draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip
    assert not (tmp_path / "new").exists()
    assert not list((tmp_path / "seals").glob("*")) if (tmp_path / "seals").exists() else True


def test_the_seal_may_not_lie_inside_the_study(tmp_path: Path) -> None:
    with pytest.raises(Problem):
        create_study(
            tmp_path / "new", settings_with(), write_form(tmp_path / "form.xlsx"), STAFF, now=Clock(),
            draw=random.Random(1), seal_folder=tmp_path / "new" / "seals", cost=CHEAP,
        )  # fmt: skip


def test_values_outside_a_limit_are_refused(tmp_path: Path) -> None:
    from datetime import time

    late = CallingRules(weekdays=Window(start=time(9), end=time(22)))
    with pytest.raises(Problem, match="guideline"):
        create_study(
            tmp_path / "new", settings_with(rules=late), write_form(tmp_path / "form.xlsx"), STAFF, now=Clock(),
            draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip


def test_two_new_members_may_not_have_the_same_password(tmp_path: Path) -> None:
    same = (STAFF[0], replace(STAFF[1], password=PASSWORD), *STAFF[2:])
    with pytest.raises(Problem) as refused:
        create_study(
            tmp_path / "new", settings_with(), write_form(tmp_path / "form.xlsx"), same, now=Clock(),
            draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip
    assert "lead, witness" in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_staff_come_go_and_change_their_passwords(made: Made) -> None:
    lead = made.sign_in("lead")
    carla = NewMember(login="carla", name="Carla Kranz", role=Role.INTERVIEWER, password=PASSWORD, languages=("de",))
    member = add_member(lead, carla, cost=CHEAP)
    study = made.sign_in("carla")
    change_password(study, PASSWORD, OTHER_PASSWORD, cost=CHEAP)
    with pytest.raises(WrongPassword):
        made.sign_in("carla")
    deactivate(lead, member.id)
    assert [one.active for one in staff(lead) if one.login == "carla"] == [False]
    assert raw(lead, "SELECT daily_grant FROM member WHERE login = 'carla'") == [{"daily_grant": None}]


@pytest.mark.parametrize("login", ["anna", "witness"])
def test_only_a_research_lead_changes_staff_and_settings(made: Made, login: str) -> None:
    study = made.sign_in(login)
    with pytest.raises(Problem):
        change_settings(study, settings_with(name="Anders"))
    with pytest.raises(Problem):
        add_member(study, NewMember(login="x", name="X Y", role=Role.INTERVIEWER, password=PASSWORD), cost=CHEAP)


def test_a_safe_change_is_kept_and_logged_with_who_and_when(made: Made) -> None:
    lead = made.sign_in("lead")
    made.clock.forward(hours=1)
    again, changed = change_settings(lead, settings_with(expected_minutes=20, purpose="wie es Ihnen erging"))
    assert changed == ("expected_minutes", "purpose")
    assert again.settings.expected_minutes == 20
    assert made.sign_in("anna").settings.purpose == "wie es Ihnen erging"
    entry = log.entries(lead, acts=[Act.SETTINGS])[0]
    assert (entry.who, entry.at) == (lead.me.id, log.seconds(made.clock.at))


def test_unsafe_changes_are_refused(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 20)
    old = lead.settings
    for new in (
        replace(old, sites=old.sites[:1]),
        replace(old, sites=(replace(old.sites[0], departments=old.sites[0].departments[:1]), old.sites[1])),
        replace(old, consent=(ConsentWording(version="2027-1", text="Etwas anderes."),)),
        replace(old, languages=("de",)),
        replace(old, rules=replace(old.rules, attempts_a_day=50)),
    ):
        with pytest.raises(Problem):
            change_settings(lead, new)
    assert made.sign_in("anna").settings == old


def test_new_calling_rules_hold_for_cases_already_scheduled(made: Made, tmp_path: Path) -> None:
    from cati.fieldwork import calling, placing
    from cati.survey.dispositions import Outcome

    lead, anna = made.sign_in("lead"), made.sign_in("anna")
    bring_people(lead, tmp_path, 1)
    delivered = calling.take_next_case(anna)
    if isinstance(delivered, calling.NoCase):  # a wish for another time of day
        made.clock.at = delivered.next_due
        delivered = calling.take_next_case(anna)
    call = calling.begin_call(anna, delivered.lease, 0)
    calling.note_outcome(anna, delivered.lease, call, Outcome.BUSY)
    rules = replace(lead.settings.rules, busy_minutes=60)
    lead, _changed = change_settings(lead, replace(lead.settings, rules=rules))
    while placing.replan(lead, 25):
        pass
    anna = made.sign_in("anna")
    made.clock.forward(minutes=20)
    assert isinstance(calling.take_next_case(anna), calling.NoCase)
    made.clock.forward(minutes=41)
    assert calling.take_next_case(anna).case_id == delivered.case_id


def test_the_log_is_whole_and_a_cut_or_changed_one_is_seen(made: Made, tmp_path: Path) -> None:
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 5)
    sign_out(made.sign_in("witness"))
    assert log.verify(lead).ok
    raw(lead, f"DELETE FROM log WHERE who = '{lead.me.id}' AND n > 2")
    assert log.verify(lead).why == "truncated"
    raw(lead, f"UPDATE log SET act = 'paused' WHERE n = 2 AND who = '{lead.me.id}'")
    assert log.verify(lead).why == "altered"


@ON_FILE
def test_the_names_of_staff_are_all_that_is_readable(make_study: MakeStudy, tmp_path: Path) -> None:
    made = make_study()
    lead = made.sign_in("lead")
    bring_people(lead, tmp_path, 50)
    sign_out(lead)
    plain = b"".join(file.read_bytes() for file in made.created.folder.iterdir() if file.name != "ballast")
    assert not [one for one in PASSWORDS.values() if one.encode() in plain]
    assert lead.keys.identity.encode() not in plain


def test_a_questionnaire_without_a_named_language_is_asked_in_the_studys_only_one(tmp_path: Path) -> None:
    form = tmp_path / "plain.yaml"
    form.write_text("survey:\n- {type: integer, name: q1, label: Wie viele?}\n", "utf-8")

    def make(*languages: str) -> CreatedStudy:
        return create_study(
            tmp_path / "plain", settings_with(languages=languages), form, STAFF,
            now=Clock(), draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip

    with pytest.raises(Problem, match="written in one only"):
        make("de", "en")
    created = make("de")
    study = open_study(
        created.folder, "bert", PASSWORDS["bert"], now=Clock(), draw=random.Random(2), seal_path=created.seal_path
    )
    assert study.questionnaire.languages == UNNAMED
    assert study.settings.languages == ("de",)
    study.close()


def test_a_language_that_the_questionnaire_does_not_have_is_refused(tmp_path: Path) -> None:
    form = write_form(tmp_path / "form.xlsx")
    with pytest.raises(Problem, match="not written in: fr"):
        create_study(
            tmp_path / "study", settings_with(languages=("de", "fr")), form, STAFF,
            now=Clock(), draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip
    assert not (tmp_path / "study").exists()


def test_a_field_period_in_the_past_or_a_missing_form_makes_no_study(tmp_path: Path) -> None:
    def make(form: Path, **changed: object) -> CreatedStudy:
        return create_study(
            tmp_path / "study", settings_with(**changed), form, STAFF,
            now=Clock(), draw=random.Random(1), seal_folder=tmp_path / "seals", cost=CHEAP,
        )  # fmt: skip

    with pytest.raises(Problem, match="no such questionnaire"):
        make(tmp_path / "nowhere.xlsx")
    with pytest.raises(Problem, match="lies in the past"):
        make(write_form(tmp_path / "form.xlsx"), field_from=date(2027, 6, 1), field_to=date(2027, 7, 5))
    assert not (tmp_path / "study").exists()


def test_the_log_says_in_words_which_settings_changed(made: Made) -> None:
    lead = made.sign_in("lead")
    change_settings(lead, replace(lead.settings, expected_minutes=20, contact_from=date(2026, 7, 2)))
    assert entries_in_words(lead, limit=1)[0].what == "changed the settings (changed Eligibility, Expected length)"
    set_language("de")
    assert entries_in_words(lead, limit=1)[0].what.endswith("(geändert Teilnahmeberechtigung, Erwartete Dauer)")
