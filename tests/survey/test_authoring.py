"""Rows to questionnaire: what the types become, and what is found wrong where."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cati.fieldwork.forms import unspoken
from cati.survey.authoring import Compiled, compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.item_types import Role, read_type
from cati.survey.questionnaire import Display, Kind, Order

YES_NO = ({"list_name": "yn", "name": "y", "label": "ja"}, {"list_name": "yn", "name": "n", "label": "nein"})


def sheet(rows: tuple[Mapping[str, str], ...]) -> Sheet:
    headings = dict.fromkeys(key for row in rows for key in row)
    return Sheet(tuple(headings), tuple(Row(n, row) for n, row in enumerate(rows, 2)))


def compiled(*survey: Mapping[str, str], choices: tuple[Mapping[str, str], ...] = YES_NO) -> Compiled:
    used = any(row.get("type", "").endswith(" yn") for row in survey)
    return compile_form(Form("f", sheet(survey), sheet(choices if used or choices != YES_NO else ()), Sheet()))


def item(**cells: str) -> dict[str, str]:
    return {"type": "text", "name": "q", "label": "Frage?", **cells}


@pytest.mark.parametrize(
    ("written", "role", "kind", "choices"),
    [
        ("select_one yn", Role.ITEM, Kind.SINGLE, "yn"),
        ("Select One  yn", Role.ITEM, Kind.SINGLE, "yn"),
        ("select one from yn or specify other", Role.ITEM, Kind.SINGLE, "yn"),
        ("select all that apply from yn", Role.ITEM, Kind.MULTIPLE, "yn"),
        ("select_multiple yn or_other", Role.ITEM, Kind.MULTIPLE, "yn"),
        ("begin group", Role.BEGIN, Kind.NOT_ASKED, ""),
        ("begin_grid yn", Role.BEGIN, Kind.NOT_ASKED, "yn"),
        ("end  repeat", Role.END, Kind.NOT_ASKED, ""),
        ("end", Role.ITEM, Kind.HIDDEN, ""),
        ("Int", Role.ITEM, Kind.NUMBER, ""),
        ("select_one_from_file towns.csv", Role.ITEM, Kind.SINGLE, "towns.csv"),
        ("select_on yn", Role.UNKNOWN, Kind.NOT_ASKED, ""),
    ],
)
def test_the_type_column(written: str, role: Role, kind: Kind, choices: str) -> None:
    found = read_type(written)
    assert (found.role, found.kind, found.choices) == (role, kind, choices)


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"type": "txt"}, "unknown_type", "type"),
        ({"type": "select_one yy"}, "no_choice_list", "type"),
        ({"type": "select_one"}, "no_choice_list", "type"),
        ({"name": ""}, "no_name", "name"),
        ({"name": "2 b"}, "bad_name", "name"),
        ({"name": "first"}, "duplicate_name", "name"),
        ({"relevant": "${fist} = 1"}, "unknown_reference", "relevant"),
        ({"label": "Und ${fist}?"}, "unknown_reference", "label"),
        ({"constraint": "selectd(., 'a')"}, "unknown_function", "constraint"),
        ({"constraint": ". >"}, "expression", "constraint"),
        ({"type": "end_group"}, "not_opened", "type"),
        ({"type": "begin_group"}, "not_closed", "type"),
        ({"type": "row"}, "row_outside_grid", "type"),
        ({"cati_order": "shuffled"}, "unknown_value", "cati_order"),
        ({"cati_nonresponse": "maybe"}, "unknown_value", "cati_nonresponse"),
        ({"cati_display": "grades"}, "unknown_value", "cati_display"),
        ({"type": "terminate", "cati_disposition": "gone"}, "unknown_value", "cati_disposition"),
        ({"type": "range", "parameters": "start=a"}, "bad_range", "parameters"),
        ({"type": "calculate", "calculation": "${q} + 1"}, "circle", "calculation"),
    ],
)
def test_what_keeps_a_form_from_running_is_told_with_its_cell(cells: dict[str, str], code: str, column: str) -> None:
    found = compiled(item(name="first"), item(**cells))
    assert found.questionnaire is None
    errors = [one for one in found.diagnostics if one.severity == "error"]
    assert [(one.code, one.sheet, one.row, one.column) for one in errors] == [(code, "survey", 3, column)]


def test_a_column_of_ours_that_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    found = compiled(item(cati_nonrespons="none"))
    assert found.questionnaire is None
    assert "cati_nonresponse" in found.diagnostics[0].do


def test_the_nearest_name_is_offered() -> None:
    found = compiled(item(name="first"), item(relevant="${fist} = 1"))
    assert "${first}" in found.diagnostics[0].do


def test_rows_in_a_circle_are_refused() -> None:
    found = compiled(item(name="a", relevant="answered(${b})"), item(name="b", relevant="answered(${a})"))
    assert [one.code for one in found.diagnostics] == ["circle"]


@pytest.mark.parametrize("type_", ["geopoint", "image", "barcode", "select_one_from_map x.geojson"])
def test_what_makes_no_sense_on_the_telephone_is_left_out_with_a_warning(type_: str) -> None:
    found = compiled(item(name="first"), item(type=type_))
    assert found.questionnaire is not None
    assert found.questionnaire.items[1].kind is Kind.NOT_ASKED
    assert [one.code for one in found.diagnostics] == ["not_asked"]


def test_groups_become_sections_screens_and_grids() -> None:
    found = compiled(
        {"type": "begin group", "name": "one", "label": "Teil 1"},
        {"type": "begin group", "name": "two", "appearance": "field-list"},
        item(name="a"),
        {"type": "end group"},
        {"type": "begin_grid yn", "name": "three", "label": "Wie …", "cati_order": "random"},
        {"type": "row", "name": "b", "label": "… b?", "cati_anchor": "yes"},
        {"type": "row", "name": "c", "label": "… c?"},
        {"type": "row", "name": "d", "label": "… d?"},
        {"type": "end_grid"},
        {"type": "end group"},
    )
    assert found.diagnostics == ()
    form = found.questionnaire
    assert form is not None
    one, two, three = form.groups
    assert (one.section, one.parent, two.shared, two.section, two.parent) == (True, None, True, False, 0)
    assert (three.grid, three.shared, three.order) == (True, True, Order.RANDOM)
    assert [(each.name, each.kind, each.choices, each.anchor) for each in form.items] == [
        ("a", Kind.TEXT, "", False),
        ("b", Kind.SINGLE, "yn", True),
        ("c", Kind.SINGLE, "yn", False),
        ("d", Kind.SINGLE, "yn", False),
    ]
    assert form.section_of(form.items[1]) == 0


def test_columns_become_fields() -> None:
    many = tuple({"list_name": "many", "name": f"c{n}", "label": f"C {n}", "county": "x"} for n in range(13))
    found = compiled(
        item(name="a", type="integer", constraint=". >= 1 and . <= 9", required="yes", hint="Leise.", read_only="no"),
        item(name="b", type="select_one yn", appearance="likert", cati_nonresponse="none"),
        item(name="c", type="select_one many", choice_filter="county = 'x'", cati_instruction="Suchen."),
        item(name="d", type="range", parameters="start=0 end=5 step=0.5"),
        item(name="e", appearance="multiline", disabled="no"),
        item(name="f", type="select_one yn or_other"),
        item(name="g", disabled="yes"),
        choices=(*YES_NO, *many),
    )
    assert found.diagnostics == ()
    assert found.questionnaire is not None
    a, b, c, d, e, f = found.questionnaire.items
    assert (a.minimum, a.maximum, a.required, a.instruction, a.read_only) == ("1", "9", "yes", {"": "Leise."}, False)
    assert (b.display, b.nonresponse) == (Display.SCALE, ())
    assert (c.display, c.instruction) == (Display.SEARCH, {"": "Suchen."})
    assert (d.kind, d.minimum, d.maximum) == (Kind.DECIMAL, "0", "5")
    assert e.display is Display.LONG_TEXT
    other = found.questionnaire.choice_lists[f.choices][-1]
    assert (other.name, other.specify) == ("other", True)
    assert found.questionnaire.choice_lists["many"][0].columns == {"county": "x"}


def test_names_twice_in_different_groups_are_told_apart() -> None:
    found = compiled(
        item(name="price"),
        {"type": "begin group", "name": "bread"},
        item(name="price"),
        {"type": "end group"},
    )
    assert found.questionnaire is not None
    assert [each.name for each in found.questionnaire.items] == ["price", "bread_price"]
    assert [one.code for one in found.diagnostics] == ["duplicate_name"]


def test_a_missing_translation_is_a_warning_naming_the_column() -> None:
    found = compiled(
        {"type": "text", "name": "a", "label::Deutsch (de)": "A?", "label::English (en)": "A?"},
        {"type": "text", "name": "b", "label::Deutsch (de)": "B?"},
        choices=(),
    )
    assert found.questionnaire is not None
    assert found.questionnaire.languages == ("de", "en")
    assert [(one.code, one.row, one.column) for one in found.diagnostics] == [
        ("missing_translation", 3, "label::English (en)")
    ]


def test_choices_twice_in_a_list_are_refused_unless_a_filter_tells_them_apart() -> None:
    twice = (*YES_NO, {"list_name": "yn", "name": "y", "label": "doch"})
    assert [one.code for one in compiled(item(type="select_one yn"), choices=twice).diagnostics] == ["duplicate_choice"]
    apart = tuple({**row, "part": str(n)} for n, row in enumerate(twice))
    assert compiled(item(type="select_one yn"), choices=apart).diagnostics == ()


def test_the_hash_follows_the_content_not_the_rows_place() -> None:
    rows = (item(name="a"), item(name="b"))
    one = compile_form(Form("f", sheet(rows), Sheet(), Sheet())).questionnaire
    moved = Sheet(("type", "name", "label"), tuple(Row(n * 10, row) for n, row in enumerate(rows, 7)))
    two = compile_form(Form("f", moved, Sheet(), Sheet())).questionnaire
    other = compile_form(Form("f", sheet((item(name="a"), item(name="c"))), Sheet(), Sheet())).questionnaire
    assert one is not None
    assert two is not None
    assert other is not None
    assert one.content_hash == two.content_hash != other.content_hash


def test_labels_without_a_language_beside_others_are_a_language_of_their_own() -> None:
    found = compiled(
        {"type": "text", "name": "a", "label": "Who?", "label::Français (fr)": "Qui ?"},
        {"type": "text", "name": "b", "label": "When?"},
    )
    assert found.questionnaire is not None
    assert (found.questionnaire.languages, found.questionnaire.default_language) == (("", "fr"), "")
    assert found.questionnaire.items[0].label == {"": "Who?", "fr": "Qui ?"}
    assert [(one.code, one.row, one.column) for one in found.diagnostics] == [
        ("missing_translation", 3, "label::Français (fr)")
    ]
    assert not unspoken(found.questionnaire, ["de", "fr"])
    assert unspoken(found.questionnaire, ["de", "en", "fr"])
