"""What differs between two versions of a questionnaire, with the words before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cati.survey.questionnaire import Questionnaire
from cati.survey.versions import Change, Difference, Shift, differences

Make = Callable[..., Questionnaire]
ROWS: list[dict[str, Any]] = [
    {"type": "begin_group", "name": "about", "label::Deutsch (de)": "Zu Ihnen", "label::English (en)": "About you"},
    {"type": "select_one yn", "name": "car", "label::Deutsch (de)": "Auto?", "label::English (en)": "Car?"},
    {"type": "calculate", "name": "wheels", "calculation": "4"},
    {"type": "note", "name": "thanks", "label::Deutsch (de)": "Danke.", "label::English (en)": "Thank you."},
    {"type": "integer", "name": "age", "label::Deutsch (de)": "Alter?", "label::English (en)": "Age?"},
    {"type": "end_group"},
]
CHOICES = [{"list_name": "yn", "name": n, "label::Deutsch (de)": de, "label::English (en)": n} for n, de in
           (("yes", "ja"), ("no", "nein"))]  # fmt: skip


def changed(form: Make, name: str, choices: list[dict[str, str]] | None = None, **cells: str) -> tuple[Difference, ...]:
    rows = [{**row, **({key.replace("_en", "::English (en)"): text for key, text in cells.items()}
                       if row.get("name") == name else {})} for row in ROWS]  # fmt: skip
    old, new = form(ROWS, CHOICES), form(rows, choices or CHOICES)
    assert old.content_hash != new.content_hash
    return differences(old, new)


@pytest.mark.parametrize(
    ("name", "cells", "change", "shift"),
    [
        ("car", {"label_en": "Do you have a car?"}, Change.WORDING, Shift("en", "Car?", "Do you have a car?")),
        ("thanks", {"label_en": "Thanks."}, Change.WORDING, Shift("en", "Thank you.", "Thanks.")),
        ("about", {"label_en": "You"}, Change.WORDING, Shift("en", "About you", "You")),
        ("wheels", {"calculation": "3"}, Change.COMPUTED, Shift("", "4", "3")),
        ("age", {"default": "40"}, Change.COMPUTED, Shift("", "", "40")),
        ("age", {"relevant": "${car} = 'yes'"}, Change.ROUTING, Shift("", "", "${car} = 'yes'")),
        ("age", {"constraint": ". < 99"}, Change.CHECK, Shift("", "", ". < 99")),
        ("age", {"cati_nonresponse": "none"}, Change.OTHER, None),
        ("car", {"cati_order": "random"}, Change.OTHER, None),
    ],
)
def test_every_change_is_told_with_what_stood_there(
    form: Make, name: str, cells: dict[str, str], change: Change, shift: Shift | None
) -> None:
    found = changed(form, name, **cells)
    assert [one.name for one in found] == [name]
    assert change in found[0].changes
    assert (shift in found[0].shifts) if shift is not None else not found[0].shifts


def test_answers_added_and_taken_away_are_named(form: Make) -> None:
    more = [*CHOICES, {"list_name": "yn", "name": "two", "label::Deutsch (de)": "zwei", "label::English (en)": "two"}]
    found = changed(form, "", more)
    assert found == (Difference("car", "Auto?", (Change.CHOICES,), (Shift("de", "", "zwei"),)),)
    fewer = changed(form, "", CHOICES[:1])
    assert (fewer[0].changes, fewer[0].shifts) == ((Change.CHOICES_FEWER,), (Shift("de", "nein", ""),))


def test_the_same_rows_differ_in_nothing(form: Make) -> None:
    assert differences(form(ROWS, CHOICES), form(ROWS, CHOICES)) == ()
