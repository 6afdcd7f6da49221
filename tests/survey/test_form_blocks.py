"""What only KoBo's form builder writes is asked all the same, under the names that KoBo gives."""

from __future__ import annotations

from cati.files.questionnaires import ReadForm, read_form, read_questionnaire
from cati.files.xform_export import export_xform
from cati.survey.form_blocks import in_xlsforms_words
from cati.survey.questionnaire import Kind

FORM = """survey:
  - {type: begin score, name: mood, label: How is it?, required: "true", kobo--score-choices: scale, relevant: "1 = 1"}
  - {type: score__row, name: work, label: At work}
  - {type: score__row, name: home, label: At home}
  - {type: end score}
  - {type: begin rank, name: needs, label: Top two?, kobo--rank-items: things, kobo--rank-constraint-message: Another one.}
  - {type: rank__level, name: first, label: First}
  - {type: rank__level, name: second, label: Second}
  - {type: end rank}
  - {type: begin_kobomatrix, name: have, label: What do you have?, kobo--matrix_list: things}
  - {type: integer, name: count, label: How many?, required: "true"}
  - {type: select_one scale, name: state, label: In what state?}
  - {type: end_kobomatrix}
  - {type: text, label: Anything else?, $autoname: anything_else}
  - {type: note, name: end, label: "${have_bike_count} ${second}"}
choices:
  - {list_name: scale, label: bad, $autovalue: bad}
  - {list_name: scale, name: good, label: good}
  - {list_name: things, name: bike, label: Bicycle}
  - {list_name: things, name: car, label: Car}
"""


def read(text: str) -> ReadForm:
    return read_questionnaire(text.encode(), "kobo.yaml")


def test_scores_rankings_and_matrices_are_asked() -> None:
    form = read(FORM)
    assert [one for one in form.diagnostics if one.severity != "note"] == []
    questionnaire = form.questionnaire
    assert questionnaire is not None
    items = {item.name: item for item in questionnaire.items}
    assert list(items) == ["work", "home", "first", "second", "have_bike_count", "have_bike_state", "have_car_count",
                           "have_car_state", "anything_else", "end"]  # fmt: skip
    groups = [group.name for group in questionnaire.groups]
    assert groups == ["mood", "needs", "have", "have_bike", "have_car"]
    assert questionnaire.groups[0].grid
    assert (items["work"].choices, items["work"].required) == ("scale", "yes")
    assert items["second"].constraint == ". != ${first}"
    assert items["second"].constraint_message == {"": "Another one."}
    assert items["first"].constraint == ""
    assert items["have_car_count"].kind is Kind.NUMBER
    assert questionnaire.groups[3].label == {"": "Bicycle"}
    assert [choice.name for choice in questionnaire.choice_lists["scale"]] == ["bad", "good"]


def test_other_programs_get_them_in_xlsforms_words() -> None:
    made = export_xform(read_form(FORM.encode(), "kobo.yaml"))
    assert "/data/have/have_bike/have_bike_count" in made.xml


def test_a_form_without_them_stays_what_it_is() -> None:
    form = read_form(b"survey:\n  - {type: rank l, name: a, label: A}\n", "x.yaml")
    assert in_xlsforms_words(form) == form


def test_a_block_that_nothing_closes_is_told_where_it_begins() -> None:
    form = read(
        "survey:\n  - {type: begin score, name: s, kobo--score-choices: l}\n  - {type: text, name: a, label: A}\n"
    )
    assert [(one.code, one.row) for one in form.diagnostics if one.severity == "error"] == [("not_closed", 2)]


def test_a_loop_over_a_list_is_asked_once_for_every_choice() -> None:
    form = read("""survey:
  - {type: begin loop over toilets, name: toilets, "label:english": Toilets}
  - {type: integer, name: number, "label:english": "How many %(label)s?", "label:german": "Wie viele %(label)s?"}
  - {type: begin group, name: inner, "label:english": "%(name)s %(nothing)s"}
  - {type: text, name: why, "label:english": Why?}
  - {type: end group}
  - {type: end loop}
choices:
  - {list name: toilets, name: pit, "label:english": pits, "label:german": Gruben}
  - {list name: toilets, name: bucket, "label:english": buckets, "label:german": Eimer}
""")
    assert form.questionnaire is not None
    asked = [(item.name, item.label["en"]) for item in form.questionnaire.items]
    assert asked == [
        ("pit_number", "How many pits?"), ("pit_why", "Why?"), ("bucket_number", "How many buckets?"), ("bucket_why", "Why?")
    ]  # fmt: skip
    assert form.questionnaire.items[0].label["de"] == "Wie viele Gruben?"
    assert form.questionnaire.groups[2].label["en"] == "pit %(nothing)s"
