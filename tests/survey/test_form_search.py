"""Choices drawn from a table by `search()`: what the appearance says, and what an interviewer is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cati.files.questionnaires import read_questionnaire
from cati.survey.answers import Answer, Status
from cati.survey.form_search import Search, search_of

TABLE = """id,name,name_en,land,kind
m,München,Munich,BY,big
n,Nürnberg,Nuremberg,BY,mid
b,Berlin,Berlin,BE,big
m,München,Munich,BY,big
"""
FORM = """survey:
  - {type: select_one land, name: land, label: Land?}
  - {type: select_one town, name: town, label: Town?, appearance: "APPEARANCE"}
  - {type: note, name: end, label: "Bye ${town}"}
choices:
  - {list_name: land, name: BY, label: Bayern}
  - {list_name: land, name: BE, label: Berlin}
  - {list_name: town, name: id, label: "name, kind"}
  - {list_name: town, name: "99", label: another}
"""


@pytest.mark.parametrize(
    ("appearance", "search"),
    [
        ("search('t')", Search("t")),
        ("minimal search( “t.csv” )", Search("t")),
        ("quick search('t', 'matches', 'a', ${b})", Search("t", "table_a = ${b}", ("a",))),
        ("search('t','contains','a, b',concat('x,', ${c}))",
         Search("t", "contains(table_a, concat('x,', ${c})) or contains(table_b, concat('x,', ${c}))", ("a", "b"))),
        ("search('t', 'startswith', 'a', 'x', 'b', ${c})",
         Search("t", "(starts-with(table_a, 'x')) and table_b = ${c}", ("a", "b"))),
        ("search('t', 'endswith', 'a', ')')", Search("t", "ends-with(table_a, ')')", ("a",))),
        ("search", None),
        ("search(${t})", None),
        ("search('t'", None),
        ("search('t', 'like', 'a', 'b')", None),
        ("search('t', 'matches', 'a')", None),
        ("autocomplete", None),
    ],
)  # fmt: skip
def test_what_an_appearance_searches_for(appearance: str, search: Search | None) -> None:
    assert search_of(appearance) == search


def shown(folder: Path, appearance: str, walk: Callable[..., Any]) -> list[tuple[str, str]]:
    (folder / "towns.csv").write_text(TABLE, "utf-8")
    form = folder / "form.yaml"
    form.write_text(FORM.replace("APPEARANCE", appearance), "utf-8")
    found = read_questionnaire(form, form.name)
    assert found.diagnostics == ()
    way = walk(found.questionnaire)
    way.answer("land", Answer(status=Status.ANSWERED, value="BY"))
    (question,) = way.state.screen.questions
    return [(choice.name, words) for choice, words in question.choices]


@pytest.mark.parametrize(
    ("appearance", "names"),
    [
        ("search('towns')", ["m", "n", "b", "99"]),
        ("search('towns', 'matches', 'land', ${land})", ["m", "n", "99"]),
        ("search('towns', 'matches', 'land', ${land}, 'kind', 'big')", ["m", "99"]),
        ("search('towns', 'contains', 'name,name_en', 'ber')", ["n", "99"]),
    ],
)
def test_the_rows_that_fit_are_shown_once_each(
    appearance: str, names: list[str], tmp_path: Path, walk: Callable[..., Any]
) -> None:
    choices = shown(tmp_path, appearance, walk)
    assert [name for name, _words in choices] == names
    assert dict(choices)["99"] == "another"
    if "m" in names:
        assert dict(choices)["m"] == "München, big"
