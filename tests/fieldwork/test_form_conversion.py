"""A form, and the study's own questionnaire, in another format: nothing is lost, and nothing is overwritten unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cati.errors import Problem
from cati.fieldwork.form_conversion import convert_form, convert_own
from cati.fieldwork.forms import check_form
from cati.fieldwork.questionnaire_reading import look_at_own
from cati.fieldwork.versions import adopt_version, propose_version

TOWNS = """\
settings: {form_title: Towns, form_id: towns_form, version: "1"}
survey:
  - {type: select_one_from_file towns.csv, name: town, "label::Deutsch (de)": Welcher Ort?, "label::English (en)": Which town?}
  - {type: text, name: where, "label::Deutsch (de)": Wo?, "label::English (en)": Where?}
  - {type: calculate, name: county, calculation: "pulldata('towns', 'county', 'name', ${town})"}
"""
TABLE = "name,label,county\nho,Hof,Nord\nba,Bamberg,Süd\n"


@pytest.fixture
def form(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "towns.csv").write_text(TABLE, "utf-8")
    path = folder / "form.yaml"
    path.write_text(TOWNS, "utf-8")
    return path


def _hash(path: Path) -> str:
    read = check_form(path).questionnaire
    assert read is not None
    return read.content_hash


@pytest.mark.parametrize("ending", [".xlsx", ".yaml"])
def test_the_studys_own_questionnaire_is_written_with_its_tables(
    made: Any, form: Path, tmp_path: Path, ending: str
) -> None:
    lead = made.sign_in("lead")
    lead = adopt_version(lead, propose_version(lead, form))
    to = tmp_path / "there"
    to.mkdir()
    done = convert_own(lead, to / f"own{ending}")
    assert [path.name for path in done.paths] == [f"own{ending}", "towns.csv"]
    assert _hash(to / f"own{ending}") == lead.questionnaire.content_hash


def test_hints_and_rows_of_the_studys_own_questionnaire_are_known(made: Any, form: Path) -> None:
    form.write_text(TOWNS.replace("Which town?", " ".join(["word"] * 80)), "utf-8")
    lead = made.sign_in("lead")
    looked = look_at_own(adopt_version(lead, propose_version(lead, form)))
    assert (looked.runs, looked.source) == (True, "")
    assert "missing_table" not in {problem.code for problem in looked.problems}
    long = next(problem for problem in looked.problems if "80 words" in problem.what)
    assert looked.rows[0] == long.row == 3  # the line of the file
    assert long in looked.problems_at(0)


def test_a_study_made_of_a_folder_has_no_file_to_be_written(made: Any, tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    (folder / "survey.csv").write_text("type,name,label::de,label::en\ntext,why,Warum?,Why?\n", "utf-8")
    lead = made.sign_in("lead")
    lead = adopt_version(lead, propose_version(lead, folder))
    assert look_at_own(lead).problems == ()
    with pytest.raises(Problem, match="has not kept the file"):
        convert_own(lead, tmp_path / "own.xlsx")


def test_a_file_that_was_agreed_to_goes_but_no_table_beside_it(form: Path, tmp_path: Path) -> None:
    to = tmp_path / "there"
    to.mkdir()
    target, table = to / "form.xlsx", to / "towns.csv"
    target.write_bytes(b"old")
    with pytest.raises(Problem, match="such a file"):
        convert_form(form, target)
    table.write_text("another table", "utf-8")
    with pytest.raises(Problem, match=r"towns\.csv"):
        convert_form(form, target, replace=True)
    assert (target.read_bytes(), table.read_text("utf-8")) == (b"old", "another table")
    table.unlink()
    convert_form(form, target, replace=True)
    assert _hash(target) == _hash(form)


def test_a_form_is_never_written_over_itself(form: Path) -> None:
    with pytest.raises(Problem, match="the form itself"):
        convert_form(form, form, overwrite=True)
    assert form.read_text("utf-8") == TOWNS
