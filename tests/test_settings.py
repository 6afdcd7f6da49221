"""Settings are kept without loss, and a value outside a limit is refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from cati.errors import Problem
from cati.settings import (
    CallingRules,
    ConsentWording,
    Department,
    Site,
    StudySettings,
    Window,
    check_rules,
    check_settings,
    settings_from_json,
    settings_to_json,
)

GOOD = StudySettings(
    name="Probe", client="Kreis", institute="Institut", callback_number="030 23125 000",
    sites=(
        Site(code="a", name="A", land="BY", target=400, departments=(Department(code="bau", name="Bau", target=70),)),
    ),
    field_from=date(2026, 7, 6), field_to=date(2026, 8, 14), contact_from=date(2025, 7, 1), contact_to=date(2026, 6, 30),
    consent=(ConsentWording(version="1", text="Ja"),), languages=("de",), expected_minutes=15,
    erasure_date=date(2026, 9, 30),
)  # fmt: skip


def test_settings_come_back_as_they_were() -> None:
    assert settings_from_json(settings_to_json(GOOD)) == GOOD
    assert check_settings(GOOD) == []


def test_what_is_no_settings_is_a_problem() -> None:
    with pytest.raises(Problem):
        settings_from_json(b'{"name": 3}')


@pytest.mark.parametrize(
    "rules",
    [
        CallingRules(weekdays=Window(start=time(8, 59), end=time(20, 0))),
        CallingRules(weekdays=Window(start=time(9, 0), end=time(21, 1))),
        CallingRules(saturdays=Window(start=time(9, 30), end=time(19, 0))),
        CallingRules(sundays_and_holidays=Window(start=time(10, 0), end=time(18, 30))),
        CallingRules(weekdays=Window(start=time(12, 0), end=time(12, 0))),
        CallingRules(refusal_rest_days=6),
        CallingRules(mailbox_messages=2),
        CallingRules(refusal_conversions=2),
        CallingRules(attempts_a_day=0),
    ],
)
def test_a_rule_outside_its_limit_is_refused_with_the_reason(rules: CallingRules) -> None:
    found = check_rules(rules)
    assert len(found) == 1
    assert found[0].what
    assert found[0].do


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "}, {"institute": ""}, {"client": ""}, {"callback_number": ""}, {"sites": ()}, {"languages": ()},
        {"field_to": date(2026, 7, 1)}, {"contact_to": date(2025, 6, 30)}, {"erasure_date": date(2026, 8, 13)},
        {"consent": ()}, {"expected_minutes": 0}, {"sites": (replace(GOOD.sites[0], land="XX"),)},
        {"sites": (GOOD.sites[0], GOOD.sites[0])}, {"sites": (replace(GOOD.sites[0], departments=()),)},
        {"sites": (replace(GOOD.sites[0], target=0),)},
    ],
)  # fmt: skip
def test_what_keeps_a_study_from_being_made_is_said(changes: dict[str, object]) -> None:
    assert check_settings(replace(GOOD, **changes))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"callback_number": "ruf mich an"}, "simply call"),
        ({"callback_number": "0900 123456"}, "simply call"),
        ({"erasure_date": date(2099, 1, 1)}, "more than a year"),
        ({"erasure_date": date(2026, 8, 1)}, "before the end"),
        ({"consent": (ConsentWording(version="1", text="Ja"), ConsentWording(version="1 ", text="Gern"))}, "same version"),
        ({"sites": (GOOD.sites[0], replace(GOOD.sites[0], code="b", name="a "))}, "same name"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(changed: dict[str, object], said: str) -> None:
    assert any(said in problem.what for problem in check_settings(replace(GOOD, **changed)))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["030 23125 000", "+49 30 23125-000", "0800 1234567", "(030) 23125/000"])
def test_a_number_to_call_back_may_be_written_as_people_write_it(number: str) -> None:
    assert check_settings(replace(GOOD, callback_number=number)) == []
