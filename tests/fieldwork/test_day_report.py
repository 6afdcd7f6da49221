"""The day's report says what a day came to, what to ask about, and a word that a cut log cannot keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork import calling
from cati.fieldwork.day_report import day_of, day_report
from cati.fieldwork.log import Act, checkpoint_path, entries
from cati.fieldwork.log_words import full_check
from cati.fieldwork.study import change_settings
from cati.survey.dispositions import Outcome
from cati.vault.checkpoints import read_checkpoints
from tests.fieldwork.conftest import raw

Made = Any
People = Callable[..., Any]
Desk = Any


@pytest.fixture
def day(made: Made, people: People, desk: Desk) -> Made:
    """A day with three interviews, a refusal, a case that nobody called, and a change of the settings."""
    lead = made.sign_in("lead")
    people(lead, 30)
    anna = made.sign_in("anna")
    for _ in range(3):
        desk(anna).complete()
    made.clock.forward(hours=1)
    case = calling.take_next_case(anna)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(anna, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    calling.note_outcome(anna, case.lease, call, Outcome.SOFT_REFUSAL)
    seen = calling.take_next_case(anna)
    assert isinstance(seen, calling.DeliveredCase)
    calling.put_back(anna, seen.lease)
    change_settings(lead, replace(lead.settings, purpose="wie es war"))
    made.seen = seen
    return made


def test_a_day_is_counted_by_the_first_sites_clock(day: Made) -> None:
    witness = day.sign_in("witness")
    today = day.clock().date()
    found = day_of(witness, today)
    assert (found.calls, found.interviews) == (4, 3)
    assert sum(cell[2] for cell in found.cells) == 3
    people = {one.name: one for _who, one in found.people}
    assert (people["Anna Fragt"].calls, people["Anna Fragt"].interviews) == (4, 3)
    assert [one.case for one in found.looks.undialled] == [day.seen.case_id]
    assert any("changed the settings" in one.what for one in found.remarkable)
    day.clock.forward(hours=24)
    tomorrow = day_of(witness, day.clock().date())
    assert (tomorrow.calls, tomorrow.looks.undialled, sum(cell[3] for cell in tomorrow.cells)) == (0, (), 3)
    assert day_of(witness, today).calls == 4


def test_the_sheet_names_what_to_ask_about_and_nobody_called(day: Made) -> None:
    witness = day.sign_in("witness")
    sheet = day_report(witness, day.clock().date())
    for words in ("Kundenbefragung 2027", "Anna Fragt", day.seen.case_id[:8], "1 case was opened and nobody called"):
        assert words in sheet.html
    assert day.seen.contact.family_name not in sheet.html
    assert day.seen.case_id not in sheet.html
    assert [one.who for one in entries(witness, acts=[Act.REPORTED])] == [witness.me.id]


def test_the_printed_word_proves_the_log_whole_and_is_missed_when_its_checkpoint_is_cut(day: Made) -> None:
    witness = day.sign_in("witness")
    sheet = day_report(witness, day.clock().date())
    path = checkpoint_path(witness.seal_path)
    (signed, *_more), _bad = read_checkpoints(path)
    assert signed.word in sheet.html
    assert full_check(witness, expected=[signed.word]).ok
    raw(witness, "DELETE FROM log WHERE act = 'day_reported'")
    path.unlink()
    assert full_check(witness).ok, "without what is on paper nobody sees that both were cut"
    found = full_check(witness, expected=[signed.word])
    assert not found.ok
    assert signed.word in found.wrong[0]


def test_reports_are_for_supervisors(day: Made) -> None:
    with pytest.raises(Problem):
        day_report(day.sign_in("anna"), day.clock().date())
