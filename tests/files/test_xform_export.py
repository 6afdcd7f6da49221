"""XForms: everything of ours in other programs' words, accepted by pyxform, and the same that pyxform makes itself."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import pytest
from defusedxml import ElementTree
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from cati.errors import Problem
from cati.files.questionnaires import read_form
from cati.files.xform_export import XForm, export_xform
from cati.places import shipped_questionnaires
from cati.survey.form_settings import CHOICE_COLUMNS, SURVEY_COLUMNS

FORMS = sorted((Path(__file__).resolve().parents[3] / "shared" / "forms").glob("*.xls*"))
SHIPPED = sorted(shipped_questionnaires().rglob("*.yaml"))
XF = "{http://www.w3.org/2002/xforms}"
Binds = dict[str, dict[str, str]]


def export(text: str) -> XForm:
    return export_xform(read_form(text.encode(), "form.yaml"))


def binds(xml: str) -> Binds:
    """The binds by node, without what is called after a row's number."""
    found = {}
    for bind in ElementTree.fromstring(xml).iter(f"{XF}bind"):
        about = {re.sub(r"\{.*\}", "", key): " ".join(text.split()) for key, text in bind.attrib.items()}
        found[re.sub(r"_\d+$", "", about.pop("nodeset"))] = about
    return found


def controls(xml: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Tag and attributes of every control by the node that it fills."""
    body = ElementTree.fromstring(xml).find("{http://www.w3.org/1999/xhtml}body")
    found = (node for node in body.iter() if "ref" in node.attrib and node.tag != f"{XF}label")
    return {
        node.attrib["ref"]: (node.tag.removeprefix(XF), dict(node.attrib))
        for node in found
        if node.attrib["ref"][0] == "/"
    }


@pytest.mark.parametrize("path", [*FORMS, *SHIPPED], ids=lambda path: path.name)
def test_real_forms_become_xforms(path: Path) -> None:
    made = export_xform(read_form(path, path.name))
    assert ElementTree.fromstring(made.xml).tag == "{http://www.w3.org/1999/xhtml}html"
    assert not [column for column in SURVEY_COLUMNS | CHOICE_COLUMNS if column in made.xml]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_what_pyxform_takes_itself_comes_out_the_same(path: Path) -> None:
    made = binds(export_xform(read_form(path, path.name)).xml)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyxform's own reader has something to say about styles
            theirs = binds(convert(path, form_name="data").xform)
    except PyXFormError:
        return  # it refuses what we read: nothing to compare with
    assert made.keys() == theirs.keys()
    for node, bind in theirs.items():
        for about in ("type", "relevant", "constraint", "calculate"):
            assert made[node].get(about) == bind.get(about), node


OURS = """settings: {default_language: English (en), version: "3"}
survey:
  - {type: select_multiple things, name: things, "label::English (en)": Which?, "label::Deutsch (de)": Welche?,
     "hint::English (en)": old, "cati_instruction::English (en)": Read out., cati_order: random, cati_soft: "1 = 1",
     constraint: "count-selected(.) < 3"}
  - {type: note, "label::English (en)": "Hello ${site}"}
  - {type: integer, name: age, "label::English (en)": Age?, relevant: "answered(${things}) and not(is_dk(${things}))",
     required: ja}
  - {type: calculate, name: said, calculation: "concat(label(${one}), 'answered(x)')"}
  - {type: select_one things, name: one, "label::English (en)": One?, cati_display: search, cati_order: rotate}
  - {type: begin_grid scale, name: g, "label::English (en)": How?}
  - {type: row, name: g1, "label::English (en)": First}
  - {type: row, name: g2, "label::English (en)": Second}
  - {type: end_grid}
  - {type: terminate, name: bye, "label::English (en)": Goodbye., relevant: "${age} < 18", cati_disposition: not_eligible}
  - {type: quota, name: full, relevant: "1 = 1"}
  - {type: caseid, name: caseid}
  - {type: text, name: gone, disabled: "yes"}
  - {type: int, name: plain}
choices:
  - {list_name: things, name: a, "label::English (en)": A}
  - {list_name: things, name: none, "label::English (en)": None, cati_exclusive: "yes"}
  - {list_name: things, name: other, "label::English (en)": Other, cati_specify: "yes"}
  - {list_name: scale, name: "1"}
  - {list_name: scale, name: "2", "label::English (en)": two}
"""


def test_our_own_columns_are_said_in_other_words() -> None:
    made = export(OURS)
    bound, shown = binds(made.xml), controls(made.xml)
    assert "Read out." in made.xml
    assert ">old<" not in made.xml
    assert (
        bound["/data/things"]["constraint"]
        == "(count-selected(.) < 3) and not(selected(., 'none') and count-selected(.) > 1)"
    )
    assert "randomize(" in made.xml
    assert bound["/data/things_other_text"]["relevant"] == "selected( /data/things , 'other')"
    assert bound["/data/one_other_text"]["type"] == "string"
    assert bound["/data/age"]["relevant"] == "(string-length( /data/things ) > 0) and not(false())"
    assert bound["/data/age"]["required"] == "true()"
    assert bound["/data/said"]["calculate"] == "concat(jr:choice-name( /data/one , ' /data/one '), 'answered(x)')"
    assert shown["/data/one"][1]["appearance"] == "autocomplete"
    assert shown["/data/g/g1"][1]["appearance"] == "list-nolabel"
    assert shown["/data/bye"][0] == "input"
    assert bound["/data/bye"]["readonly"] == "true()"
    assert "/data/site" in made.xml
    assert bound["/data/caseid"] == {"type": "string"}
    assert shown["/data/plain"][0] == "input"
    assert not {"/data/full", "/data/gone"} & bound.keys()


def test_what_gets_lost_is_noted_at_its_row() -> None:
    notes = [note for note in export(OURS).notes if note.code == "not_exported"]
    assert all(note.severity == "note" for note in notes)
    assert {(note.column, note.row) for note in notes} == {
        ("cati_soft", 3), ("relevant", 7), ("cati_order", 10), ("type", 15), ("type", 16)
    }  # fmt: skip


def test_open_words_wait_for_the_end_of_a_grid() -> None:
    made = export(
        "survey:\n  - {type: begin_grid l, name: g, label: G}\n  - {type: row, name: r, label: R}\n  - {type: end_grid}\n"
        "choices:\n  - {list_name: l, name: x, label: X, cati_specify: 'yes'}\n"
    )
    assert "/data/r_x_text" in binds(made.xml)


def test_a_choice_that_stands_twice_for_different_filters_is_taken() -> None:
    made = export(
        "survey:\n  - {type: select_one l, name: q, label: Q, choice_filter: 'c = 1'}\n"
        "choices:\n  - {list_name: l, name: x, label: X, c: '1'}\n  - {list_name: l, name: x, label: X, c: '2'}\n"
    )
    assert made.xml.count("<name>x</name>") == 2


def test_what_pyxform_refuses_is_told_with_our_row() -> None:
    with pytest.raises(Problem, match="form, row 3") as told:
        export(
            "survey:\n  - {type: note, label: 'A ${site}'}\n  - {type: select_one nowhere, name: q, label: Q}\n"
            "choices:\n  - {list_name: l, name: x, label: X}\n"
        )
    assert "nowhere" in told.value.what


def test_a_fault_of_pyxform_is_a_problem_too() -> None:
    with pytest.raises(Problem, match="KeyError"):
        export(
            "survey:\n  - {type: begin_grid l, name: g, label: G}\n  - {type: select_one_from_file a.csv, name: q, label: Q}\n"
            "  - {type: end_grid}\nchoices:\n  - {list_name: l, name: x, label: X}\n"
        )


def test_without_pyxform_the_way_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyxform.errors", None)
    with pytest.raises(Problem, match=re.escape("pip install cati[xform]")):
        export(OURS)


def test_an_audit_without_a_name_gets_the_only_one_odk_takes() -> None:
    made = export("survey:\n- type: audit\n- type: text\n  name: q\n  label: Why?\n")
    assert "<audit/>" in made.xml
