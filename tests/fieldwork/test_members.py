"""People of a running study: what they can do, a lost password, and leaving; on a file and on a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import calling, interviewing, log, members, staffing
from cati.fieldwork.log import Act
from cati.fieldwork.members import SecondPerson, deactivate, reset_password, set_skills
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.staffing import NewMember, add_member
from cati.survey.answers import Answer
from cati.survey.interview import EventKind
from cati.vault.grants import GrantRefused
from cati.vault.people import WrongPassword

from .conftest import CHEAP, ON_FILE, PASSWORDS, Desk, Made, raw

NEW = "brauner Kahn unter elf Ulmen"
SECOND_LEAD = NewMember(
    login="zweite", name="Dr. Zoe Weit", role=Role.RESEARCH_LEAD, password="weisser Kahn unter elf Ahornen"
)


def _id(study: OpenStudy, login: str) -> str:
    return next(one.id for one in staffing.staff(study) if one.login == login)


def _sign_in(made: Made, login: str, password: str, monkeypatch: pytest.MonkeyPatch) -> OpenStudy:
    monkeypatch.setitem(PASSWORDS, login, password)
    return made.sign_in(login)


def _logged(study: OpenStudy, act: Act) -> list[dict[str, Any]]:
    return [json.loads(entry.details or "{}") for entry in log.entries(study, acts=[act])]


def test_skills_are_kept_and_logged(made: Made) -> None:
    lead = made.sign_in("lead")
    anna = set_skills(lead, _id(lead, "anna"), ["en", "xx"], converts=True)
    assert (anna.languages, anna.converts) == (("en",), True)
    assert made.sign_in("anna").me == anna
    with pytest.raises(Problem, match="no language"):
        set_skills(lead, anna.id, [], converts=False)
    with pytest.raises(Problem, match="role does not allow"):
        set_skills(made.sign_in("witness"), anna.id, ["de"], converts=False)
    assert _logged(lead, Act.MEMBER_CHANGED) == [{"converts": 1, "languages": ["en"], "member": anna.id}]


def test_who_leaves_gives_back_the_case_and_can_do_nothing_more(made: Made, people: Any, desk: type[Desk]) -> None:
    lead = made.sign_in("lead")
    people(lead, 1)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    case = calling.take_next_case(anna)
    assert isinstance(case, calling.DeliveredCase)
    assert isinstance(calling.take_next_case(bert), calling.NoCase)
    deactivate(lead, anna.me.id)
    row = next(row for row in raw(lead, "SELECT * FROM member") if row["id"] == anna.me.id)
    assert [row[name] for name in ("daily_grant", "leading_grant", "kept")] == [None] * 3
    again = calling.take_next_case(bert)
    assert isinstance(again, calling.DeliveredCase)
    assert again.case_id == case.case_id, "at once, not when the lease would have run out"
    with pytest.raises(WrongPassword):
        made.sign_in("anna")
    for act in (
        lambda: calling.take_next_case(anna),
        lambda: calling.begin_call(anna, case.lease, 0),
        lambda: calling.find_caller(anna, case.contact.phones[0].e164),
        lambda: log.write_checkpoint(anna),
    ):
        with pytest.raises(Problem, match="access to this study was taken away"):
            act()
    assert [entry["member"] for entry in _logged(lead, Act.MEMBER_LEFT)] == [anna.me.id]
    assert log.verify(lead).ok


def test_a_call_left_open_by_who_leaves_is_ended_and_its_answers_stay(
    made: Made, people: Any, desk: type[Desk]
) -> None:
    lead = made.sign_in("lead")
    people(lead, 1)
    anna = made.sign_in("anna")
    _case, running = desk(anna).begin()
    interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    deactivate(lead, anna.me.id)
    attempts = raw(lead, "SELECT outcome, ended FROM attempt")
    assert [one["outcome"] for one in attempts] == ["interrupted"]
    assert attempts[0]["ended"] == int(made.clock().timestamp())
    made.clock.forward(hours=4)
    bert = made.sign_in("bert")
    again = calling.take_next_case(bert)
    assert isinstance(again, calling.DeliveredCase)
    assert again.interview_open


def test_a_lost_password_is_replaced_by_new_keys(made: Made, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = made.sign_in("lead")
    people(lead, 3)
    anna = made.sign_in("anna")
    assert anna.keys is not None
    old = anna.keys.me
    log.write_checkpoint(anna)
    reset_password(lead, anna.me.id, NEW, cost=CHEAP)
    with pytest.raises(WrongPassword):
        made.sign_in("anna")
    again = _sign_in(made, "anna", NEW, monkeypatch)
    assert again.keys is not None
    assert again.keys.me.encryption != old.encryption
    assert again.me.start_password, "the lead knows it"
    assert isinstance(calling.take_next_case(again), calling.DeliveredCase)
    log.write_checkpoint(again)
    check = log.verify(lead)
    assert check.ok, check.why
    assert len(check.verdict.used) == 2, "what she signed with her old keys still counts"
    staffing.change_password(again, NEW, PASSWORDS["bert"] + " und mehr", cost=CHEAP)
    assert not _sign_in(made, "anna", PASSWORDS["bert"] + " und mehr", monkeypatch).me.start_password
    assert _logged(lead, Act.RESET) == [{"member": anna.me.id, "second": ""}]
    with pytest.raises(Problem, match="This is you"):
        reset_password(lead, lead.me.id, NEW, cost=CHEAP)
    with pytest.raises(Problem, match="role does not allow"):
        reset_password(made.sign_in("witness"), lead.me.id, NEW, cost=CHEAP)


def test_a_leads_password_takes_another_lead_and_a_second_person(
    made: Made, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made.sign_in("lead")
    people(first, 3)
    add_member(first, SECOND_LEAD, cost=CHEAP)
    second = _sign_in(made, "zweite", SECOND_LEAD.password, monkeypatch)
    mine, target = SECOND_LEAD.password, first.me.id
    for own, other, words in (
        (mine, None, "two people"),
        ("falsch falsch falsch", SecondPerson("witness", PASSWORDS["witness"]), "The password is wrong"),
        (mine, SecondPerson("witness", "falsch falsch falsch"), "wrong, or"),
        (mine, SecondPerson("zweite", mine), "wrong, or"),  # the same person twice
        (mine, SecondPerson("lead", PASSWORDS["lead"]), "wrong, or"),  # whom it is about
        (mine, SecondPerson("nobody", mine), "wrong, or"),
    ):
        with pytest.raises(Problem, match=words):
            reset_password(second, target, NEW, own_password=own, second=other, cost=CHEAP)
        made.clock.forward(minutes=10)
    witness = SecondPerson("witness", PASSWORDS["witness"])
    reset_password(second, target, NEW, own_password=mine, second=witness, cost=CHEAP)
    again = _sign_in(made, "lead", NEW, monkeypatch)
    assert again.keys is not None
    assert again.keys.identity == second.open_keys.identity
    assert again.answers_private == second.answers_private
    # Whoever made the study and then got new keys can still let people in, and what they signed holds.
    add_member(
        again, NewMember(login="neu", name="Nina Eule", role=Role.INTERVIEWER, password=NEW + " zwei"), cost=CHEAP
    )
    assert _sign_in(made, "neu", NEW + " zwei", monkeypatch).keys is not None
    assert _logged(again, Act.RESET)[0]["second"] == _id(again, "witness")
    assert log.verify(again).ok


def test_a_second_lead_can_do_all_that_the_first_can(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made.sign_in("lead")
    add_member(first, SECOND_LEAD, cost=CHEAP)
    second = _sign_in(made, "zweite", SECOND_LEAD.password, monkeypatch)
    deactivate(second, first.me.id)
    add_member(
        second, NewMember(login="neu", name="Nina Eule", role=Role.INTERVIEWER, password=NEW, languages=("de",)),
        cost=CHEAP,
    )  # fmt: skip
    assert _sign_in(made, "neu", NEW, monkeypatch).keys is not None
    with pytest.raises(Problem, match="a research lead and a second person"):
        deactivate(second, second.me.id)


@ON_FILE
def test_a_member_put_into_the_database_by_hand_gets_nothing(made: Made) -> None:
    """The control: a certificate by anything but the pinned key is refused."""
    lead = made.sign_in("lead")
    anna, bert = _id(lead, "anna"), _id(lead, "bert")
    raw(lead, "UPDATE member SET certificate = (SELECT certificate FROM member WHERE id = :b) WHERE id = :a", a=anna, b=bert)  # fmt: skip
    with pytest.raises(GrantRefused):
        made.sign_in("anna")


def test_who_had_left_comes_back_by_new_keys(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = made.sign_in("lead")
    bert = _id(lead, "bert")
    deactivate(lead, bert)
    reset_password(lead, bert, NEW, cost=CHEAP)
    assert _sign_in(made, "bert", NEW, monkeypatch).me.active
    assert members.__doc__
