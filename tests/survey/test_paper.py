"""The paper version: boxes to tick, arrows, conditions, grids as tables, long lists at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cati.survey.outline import outline_of
from cati.survey.paper import Matrix, Paper, Question, Said, Title, notes_language, paper_of
from cati.survey.questionnaire import Questionnaire
from cati.survey.skips import skips_of
from cati.text import speaking, tr

YN = ({"list_name": "yn", "name": "yes", "label": "Yes"}, {"list_name": "yn", "name": "no", "label": "No"})


def _paper(questionnaire: Questionnaire, language: str = "") -> Paper:
    code = language or questionnaire.default_language
    return paper_of(outline_of(questionnaire), skips_of(questionnaire), code)


def _questions(paper: Paper) -> dict[str, Question]:
    return {block.number: block for block in paper.blocks if isinstance(block, Question)}


def test_answers_point_to_the_number_they_lead_to(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "select_one yn", "name": "a", "label": "A"},
        {"type": "text", "name": "b", "label": "B", "relevant": "${a} = 'yes'", "hint": "Slowly"},
        {"type": "integer", "name": "c", "label": "C", "constraint": ". <= 9"},
    )
    found = _questions(_paper(form(rows, YN)))
    assert [(tick.label, tick.leads) for tick in found["1"].ticks] == [("Yes", ""), ("No", "→ 3")]
    assert [tick.leads for tick in found["1"].without] == ["→ 3", "→ 3"]
    assert found["2"].only_if
    assert found["2"].instruction == "Slowly"
    assert (found["3"].room, found["3"].limits) == ("number", "at most 9")


def test_where_most_answers_skip_one_sentence_says_so(form: Callable[..., Questionnaire]) -> None:
    choices = [{"list_name": "l", "name": f"c{n}", "label": f"C{n}"} for n in range(8)]
    rows = (
        {"type": "select_one l", "name": "a", "label": "A"},
        {"type": "text", "name": "b", "label": "B", "relevant": "${a} = 'c7'"},
        {"type": "text", "name": "c", "label": "C"},
    )
    found = _questions(_paper(form(rows, choices)))["1"]
    assert found.otherwise == "otherwise → 3"
    assert [tick.leads for tick in found.ticks] == [*[""] * 7, "→ 2"]


def test_a_long_list_is_printed_once_at_the_end(form: Callable[..., Questionnaire]) -> None:
    choices = [{"list_name": "l", "name": f"c{n}", "label": f"Place {n}"} for n in range(400)]
    rows = tuple({"type": "select_one l", "name": name, "label": name} for name in ("a", "b"))
    paper = _paper(form(rows, choices))
    assert [(annex.name, annex.total) for annex in paper.annexes] == [("l", 400)]
    assert len(paper.annexes[0].labels) == 300
    assert all(not one.ticks and one.annex == "l" and one.room == "line" for one in _questions(paper).values())


def test_the_county_survey_on_paper(shipped: Any) -> None:
    questionnaire = shipped["county_customer_survey"]
    german, english = _paper(questionnaire, "de"), _paper(questionnaire, "en")
    assert german.fingerprint == questionnaire.content_hash[:12]
    assert (german.language, english.language) == ("Deutsch", "English")
    assert len(german.blocks) == len(english.blocks)
    grids = [block for block in german.blocks if isinstance(block, Matrix)]
    assert [row[0] for row in grids[0].rows] == ["8", "9", "10", "11", "12"]
    assert grids[1].codes == ("1", "2", "3", "4", "5"), "conditions speak of them"
    assert not any(tick.code for tick in _questions(german)["1"].ticks)
    numbers = [*_questions(german), *(row[0] for grid in grids for row in grid.rows)]
    assert sorted(numbers, key=int) == [str(n) for n in range(1, german.questions + 1)], "each question once"
    assert any(isinstance(block, Said) and block.ends for block in german.blocks)
    assert any(isinstance(block, Title) and block.only_if for block in german.blocks)


def test_a_language_from_right_to_left_is_told(form: Callable[..., Questionnaire]) -> None:
    rows = ({"type": "text", "name": "a", "label::العربية (ar)": "سؤال", "label::English (en)": "Question"},)
    questionnaire = form(rows)
    assert _paper(questionnaire, "ar").right_to_left
    assert not _paper(questionnaire, "en").right_to_left


def test_the_notes_speak_the_papers_language_where_the_program_does(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "integer", "name": "a", "label::Deutsch (de)": "Wie alt?", "label::English (en)": "How old?",
         "label::Polski (pl)": "Ile lat?", "constraint": ". <= 120", "cati_soft": ". < 100"},
    )  # fmt: skip
    questionnaire = form(rows)
    limits = {code: _questions(_paper(questionnaire, code))["1"].limits for code in ("de", "en", "pl")}
    assert limits["en"] == "at most 120; asked back unless the answer is less than 100"
    assert limits["de"] == "höchstens 120; Nachfrage, außer wenn gilt: die Antwort ist kleiner als 100"
    assert limits["pl"] == limits["de"], "else in the questionnaire's own language"
    assert _paper(questionnaire, "pl").notes == "de"
    assert tr("at most {high}", high=9) == "at most 9", "and the window goes on in its own"


def test_notes_are_english_where_nothing_else_fits_and_the_readers_where_no_language_is_named(
    form: Callable[..., Questionnaire],
) -> None:
    polish = form(({"type": "text", "name": "a", "label::Polski (pl)": "Ile lat?"},))
    assert notes_language(polish, "pl") == "en"
    unnamed = form(({"type": "text", "name": "a", "label": "A"},))
    with speaking("de"):
        assert notes_language(unnamed, "") == "de"
