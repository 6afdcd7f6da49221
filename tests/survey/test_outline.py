"""The outline of a questionnaire: its lines and numbers, what is said of them, and the search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cati.survey.outline import LineKind, choice_notes, find, kind_words, outline_of
from cati.survey.outline_facts import condition, facts, language_name, shortened
from cati.survey.questionnaire import Questionnaire
from cati.text import set_language

FORM = (
    {"type": "begin_group", "name": "g", "label::Deutsch (de)": "Anfang", "label::English (en)": "Start"},
    {"type": "note", "name": "hello", "label::Deutsch (de)": "Guten Tag", "label::English (en)": "Hello"},
    {
        "type": "select_one yn",
        "name": "visit",
        "label::Deutsch (de)": "Waren Sie im **Büro**?",
        "label::English (en)": "Did you visit the office?",
        "cati_instruction": "Nicht drängen",
    },
    {
        "type": "integer",
        "name": "times",
        "label::Deutsch (de)": "Wie oft im ${department}?",
        "label::English (en)": "How often?",
        "relevant": "${visit} = 'yes'",
        "constraint": ". >= 1 and . <= 50",
        "required": "yes",
        "cati_nonresponse": "dk",
    },
    {"type": "end_group"},
    {"type": "calculate", "name": "double", "calculation": "${times} * 2"},
    {"type": "text", "name": "why", "label::Deutsch (de)": "Warum [${times}]?", "relevant": "${times} > 3"},
)
CHOICES = (
    {"list_name": "yn", "name": "yes", "label::Deutsch (de)": "ja", "label::English (en)": "yes"},
    {"list_name": "yn", "name": "no", "label::Deutsch (de)": "nein", "label::English (en)": "no"},
)


def test_lines_stand_in_order_with_numbers_for_what_brings_an_answer(form: Callable[..., Questionnaire]) -> None:
    outline = outline_of(form(FORM, CHOICES))
    assert [(line.kind, line.name, line.number, line.depth) for line in outline.lines] == [
        (LineKind.SECTION, "g", "", 0),
        (LineKind.NOTE, "hello", "", 1),
        (LineKind.QUESTION, "visit", "1", 1),
        (LineKind.QUESTION, "times", "2", 1),
        (LineKind.COMPUTED, "double", "", 0),
        (LineKind.QUESTION, "why", "3", 0),
    ]


def test_texts_come_in_any_language_without_markup_and_with_fills_in_brackets(
    form: Callable[..., Questionnaire],
) -> None:
    outline = outline_of(form(FORM, CHOICES))
    said = {line.name: outline.text(line, "de") for line in outline.lines}
    assert said["visit"] == "Waren Sie im Büro?"
    assert said["times"] == "Wie oft im [department]?"
    assert said["why"] == "Warum [answer to 2]?"
    assert said["double"] == "double"
    assert outline.text(outline.lines[2], "en") == "Did you visit the office?"
    assert outline.text(outline.lines[5], "en") == "Warum [answer to 2]?", "another language rather than none"


def test_every_line_says_what_it_is_in_the_readers_language(form: Callable[..., Questionnaire]) -> None:
    outline = outline_of(form(FORM, CHOICES))
    assert kind_words(outline, outline.lines[2]) == "one answer"
    set_language("de")
    assert [kind_words(outline, line) for line in outline.lines[:4]] == [
        "Abschnitt", "vorgelesen, ohne Antwort", "eine Antwort", "ganze Zahl",
    ]  # fmt: skip


def test_facts_tell_condition_check_and_nonresponse(form: Callable[..., Questionnaire]) -> None:
    outline = outline_of(form(FORM, CHOICES))
    times = outline.lines[outline.at_item["times"]]
    found = {fact.title: fact for fact in facts(outline, times, "de")}
    assert found["Asked only if"].source == "${visit} = 'yes'"
    assert found["Accepted only if"].words == "between 1 and 50"
    assert found["Without an answer"].words == "don’t know"
    assert condition(outline, times, "de")
    assert not condition(outline, outline.lines[2], "de")
    double = outline.lines[outline.at_item["double"]]
    assert [fact.source for fact in facts(outline, double, "de")] == ["${times} * 2"]


def test_what_stands_in_a_conditional_group_says_so(form: Callable[..., Questionnaire]) -> None:
    rows = (
        {"type": "integer", "name": "n", "label": "N"},
        {"type": "begin_repeat", "name": "r", "label": "Child", "relevant": "${n} > 0", "repeat_count": "${n}"},
        {"type": "text", "name": "t", "label": "Name"},
        {"type": "end_repeat"},
    )
    outline = outline_of(form(rows))
    group, inside = outline.lines[1], outline.lines[2]
    assert group.kind is LineKind.ROSTER
    assert {fact.source for fact in facts(outline, group, "")} == {"${n} > 0", "${n}"}
    assert facts(outline, inside, "")[0].title == "Like all of “Child” only if"


def test_the_search_finds_number_name_text_and_choices_in_every_language(form: Callable[..., Questionnaire]) -> None:
    outline = outline_of(form(FORM, CHOICES))

    def names(wanted: str) -> list[str]:
        return [outline.lines[at].name for at in find(outline, wanted)]

    assert names("BÜRO") == ["g", "visit"], "the group around comes along"
    assert names("buro") == ["g", "visit"], "accents do not matter"
    assert names("office did") == ["g", "visit"], "all words, in any order"
    assert names("nein") == ["g", "visit"]
    assert names("drangen") == ["g", "visit"]
    assert names("why") == ["why"]
    assert not find(outline, "zebra")
    assert len(find(outline, "  ")) == len(outline.lines)


def test_the_county_survey_has_a_line_for_every_item(shipped: Any) -> None:
    questionnaire = shipped["county_customer_survey"]
    outline = outline_of(questionnaire)
    assert sum(line.at is not None for line in outline.lines) == len(questionnaire.items)
    assert sum(line.group is not None and line.at is None for line in outline.lines) == len(questionnaire.groups)
    assert all(outline.text(line, code) for line in outline.lines for code in questionnaire.languages)
    assert language_name(outline, "de") == "Deutsch"
    other = questionnaire.choice_lists[questionnaire.item("matter").choices][-1]
    assert choice_notes(other) == "with open words"


def test_long_texts_are_cut_at_a_word() -> None:
    assert shortened("a short one", 40) == "a short one"
    assert shortened("one two three four", 9) == "one two …"
