"""Rosters and orders in the data set: a variable a member, in the questionnaire's order, nothing of ids."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from cati.results.dataset import build
from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.questionnaire import Questionnaire

SETTINGS = StudySettings(
    name="Probe", client="Kreis", institute="Institut", callback_number="030 23125 000",
    sites=(Site(code="a", name="Kreis A", land="BY", target=90,
                departments=(Department(code="b", name="Bauamt", target=90),)),),
    field_from=date(2026, 7, 6), field_to=date(2026, 8, 14), contact_from=date(2025, 7, 1), contact_to=date(2026, 6, 30),
    consent=(ConsentWording(version="1", text="Ja"),), languages=("en",), expected_minutes=15,
    erasure_date=date(2026, 9, 30),
)  # fmt: skip


def _sheet(*rows: Mapping[str, str]) -> Sheet:
    return Sheet(tuple(dict.fromkeys(key for row in rows for key in row)),
                 tuple(Row(n, dict(row)) for n, row in enumerate(rows, 2)))  # fmt: skip


@pytest.fixture
def form() -> Questionnaire:
    found = compile_form(
        Form(
            "household",
            _sheet(
                {"type": "begin_group", "name": "blocks", "label": "Blocks", "cati_order": "random"},
                {"type": "integer", "name": "rooms", "label": "Rooms?"},
                {"type": "rank fruit", "name": "fruit", "label": "Put in order"},
                {"type": "end_group"},
                {"type": "begin_repeat", "name": "person", "label": "Person"},
                {"type": "integer", "name": "age", "label": "Age?"},
                {"type": "select_one yn", "name": "work", "label": "Works?", "cati_order": "flip"},
                {"type": "end_repeat"},
                {"type": "select_one yn", "name": "end", "label": "Again?"},
            ),
            _sheet(*({"list_name": "yn", "name": one, "label": one} for one in ("yes", "no")),
                   *({"list_name": "fruit", "name": one, "label": one} for one in ("apple", "pear"))),
            _sheet(),
        )
    ).questionnaire  # fmt: skip
    assert found is not None
    return found


def _interview(order: dict[str, list[str]], **answers: str) -> dict[str, Any]:
    kept = {name: {"s": "answered", "v": value} for name, value in answers.items()}
    return {"q": "", "l": "en", "w": "2026-W28", "site": "a", "department": "b", "answers": kept, "order": order}


def test_whether_an_unusual_answer_was_confirmed_leaves_but_never_the_remark() -> None:
    found = compile_form(
        Form(
            "household",
            _sheet(
                {"type": "integer", "name": "rooms", "label": "Rooms?", "cati_soft": ". < 9"},
                {"type": "begin_repeat", "name": "person", "label": "Person"},
                {"type": "integer", "name": "age", "label": "Age?", "cati_soft": ". < 99"},
                {"type": "end_repeat"},
                {"type": "integer", "name": "end", "label": "Again?"},
            ),
            _sheet(),
            _sheet(),
        )
    ).questionnaire
    assert found is not None
    interviews = [
        _interview({}, **{"rooms": "12", "rooms/remark": "a castle", "age@1": "40", "age/remark@1": "", "end": "1"}),
        _interview({}, **{"rooms": "3", "rooms/remark": "", "age@1": "7", "age/remark@1": "",
                          "age@2": "104", "age/remark@2": "checked the passport", "end": "2"}),
    ]  # fmt: skip
    data = build(found, interviews, SETTINGS, draw=random.Random(1))
    names = [variable.name for variable in data.variables]
    assert names[names.index("rooms") :] == [
        "rooms", "rooms_confirmed", "age_1", "age_confirmed_1", "age_2", "age_confirmed_2", "end"
    ]  # fmt: skip
    frame = data.frame.sort_values("end").reset_index(drop=True)
    assert frame["rooms_confirmed"].tolist() == [1, 0]
    assert frame["age_confirmed_1"].tolist() == [0, 0]
    assert frame["age_confirmed_2"].tolist() == [-95, 1]
    assert "castle" not in frame.to_csv()
    assert "passport" not in frame.to_csv()


def test_every_member_has_variables_and_missing_members_do_not_apply(form: Questionnaire) -> None:
    interviews = [
        _interview({"blocks/": ["fruit", "rooms"], "work@1": ["no", "yes"]},
                   **{"rooms": "3", "fruit": "pear apple", "age@1": "40", "work@1": "yes", "end": "yes"}),
        _interview({"blocks/": ["rooms", "fruit"]},
                   **{"rooms": "2", "fruit": "apple", "age@1": "30", "age@2": "7", "end": "no"}),
    ]  # fmt: skip
    found = build(form, interviews, SETTINGS, draw=random.Random(1))
    names = [variable.name for variable in found.variables]
    asked = names[names.index("rooms") :]
    assert asked == [
        "rooms", "fruit_apple", "fruit_pear", "age_1", "work_1", "work_order_1", "age_2", "end", "blocks_order"
    ]  # fmt: skip
    frame = found.frame.sort_values("rooms").reset_index(drop=True)
    assert frame["age_1"].tolist() == [30, 40]
    assert frame["age_2"].tolist() == [7, -95]
    assert frame["fruit_pear"].tolist() == [0, 1]
    assert frame["fruit_apple"].tolist() == [1, 2]
    assert frame["work_order_1"].tolist() == ["-95", "no yes"]
    assert frame["blocks_order"].tolist() == ["rooms fruit", "fruit rooms"]
    assert "@" not in "".join(names)
