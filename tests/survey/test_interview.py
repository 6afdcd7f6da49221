"""Interviews on the shipped questionnaires and on small random ones: the path, going back, replay, export."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cati.survey.answers import DONT_KNOW, REFUSED, SKIPPED, Answer, Status
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.interview import (
    EventKind,
    InterviewStatus,
    event_from_json,
    event_to_json,
    export_answers,
    open_texts,
    overview,
    replay,
    would_set_aside,
)
from cati.survey.invented_answers import invent_answer
from cati.survey.questionnaire import SUBSTANTIVE, Kind, Questionnaire, questionnaire_from_json
from cati.survey.routing import route

Walks = Callable[..., Any]
SHIPPED = (
    "county_customer_survey", "face_to_face_grades", "tiny/single", "tiny/multiple", "tiny/number", "tiny/decimal",
    "tiny/date", "tiny/time", "tiny/text", "tiny/scale", "tiny/grade", "tiny/grid", "tiny/note", "tiny/terminate",
    "tiny/relevance", "tiny/fill", "tiny/roster", "tiny/rank", "tiny/datetime", "tiny/checks", "tiny/order",
    "tiny/cascade",
)  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_questionnaire_runs_to_its_end(name: str, shipped: dict[str, Questionnaire], walk: Walks) -> None:
    for seed in range(6):
        under_way = walk(shipped[name], seed)
        under_way.to_the_end(random.Random(seed))
        state = under_way.state
        assert state.unanswered == () or state.disposition
        assert len(set(state.path)) == len(state.path)
        assert replay(shipped[name], under_way.events) == state
        assert under_way.act(EventKind.COMPLETED).status is InterviewStatus.COMPLETED
        assert under_way.state.refusal is None


def test_all_shipped_questionnaires_are_walked(shipped: dict[str, Questionnaire]) -> None:
    assert set(shipped) == set(SHIPPED)


def test_a_screen_out_ends_the_interview_with_its_outcome(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    under_way = walk(shipped["tiny/terminate"])
    state = under_way.answer("age", Answer(value="17"))
    assert state.screen.ends_interview
    assert state.disposition == "not_eligible"
    assert state.path == ("age", "too_young")
    under_way.act(EventKind.WENT_BACK)
    state = under_way.answer("age", Answer(value="18"))
    assert state.disposition == ""
    assert state.screen.questions[0].address == "voted"


def test_an_answer_off_the_path_is_kept_not_exported_and_confirmed_when_it_returns(
    shipped: dict[str, Questionnaire], walk: Walks
) -> None:
    form = shipped["tiny/relevance"]
    under_way = walk(form)
    under_way.answer("bicycle", Answer(value="yes"))
    under_way.answer("days", Answer(value="4"))
    under_way.act(EventKind.JUMPED, item="bicycle")
    assert would_set_aside(form, under_way.state, "bicycle", Answer(value="no")) == ("days",)
    state = under_way.answer("bicycle", Answer(value="no"))
    assert export_answers(form, state)["days"].status is Status.OFF_PATH
    assert state.answers["days"].value == "4"
    under_way.act(EventKind.JUMPED, item="bicycle")
    state = under_way.answer("bicycle", Answer(value="yes"))
    assert state.screen.questions[0].confirm
    assert state.unanswered == ("days",)
    state = under_way.answer("days", Answer(value="4"))
    assert state.unanswered == ()
    assert export_answers(form, state)["days"].value == "4"


def test_a_fill_and_a_calculation_follow_the_answer(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    form = shipped["tiny/fill"]
    under_way = walk(form)
    state = under_way.answer("town", Answer(value="Musterau"))
    assert "Musterau" in state.screen.questions[0].text
    state = under_way.answer("minutes", Answer(value="90"))
    assert export_answers(form, state)["hours"].value == "1.5"
    assert open_texts(form, state) == (("town", "Musterau"),)


def test_a_refused_answer_stays_on_the_question_with_the_authors_sentence(
    shipped: dict[str, Questionnaire], walk: Walks
) -> None:
    under_way = walk(shipped["tiny/number"])
    state = under_way.answer("people", Answer(value="99"))
    assert state.refusal.message == "Bitte eine Zahl von 1 bis 20."
    assert state.screen.questions[0].address == "people"
    assert "people" not in state.answers
    assert under_way.answer("people", DONT_KNOW).refusal is None


def test_a_grid_is_one_screen_left_when_every_row_has_its_state(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    under_way = walk(shipped["tiny/grid"])
    assert under_way.state.screen.grid
    assert [question.address for question in under_way.state.screen.questions] == ["schools", "doctors", "shops"]
    under_way.answer("schools", Answer(value="1"))
    assert under_way.act(EventKind.WENT_FORWARD).refusal.address == "doctors"
    under_way.answer("doctors", REFUSED)
    under_way.answer("shops", SKIPPED)
    assert under_way.act(EventKind.WENT_FORWARD).screen is None


def test_the_language_changes_in_the_middle_and_the_place_stays(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    under_way = walk(shipped["county_customer_survey"])
    under_way.act(EventKind.WENT_FORWARD)
    before = under_way.state
    state = under_way.act(EventKind.LANGUAGE_SWITCHED, language="en")
    assert state.cursor == before.cursor
    assert state.screen.questions[0].text.startswith("It is about")
    assert under_way.act(EventKind.LANGUAGE_SWITCHED, language="xx").language == "en"


def test_words_beside_other_are_exported_apart(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    form = shipped["tiny/multiple"]
    under_way = walk(form)
    assert under_way.answer("news", Answer(value="tv none")).refusal is not None
    state = under_way.answer("news", Answer(value="tv other", specify=(("other", "auf dem Markt"),)))
    exported = export_answers(form, state)
    assert exported["news"].value == "tv other"
    assert exported["news"].specify == ()
    assert exported["news_other"].value == "auf dem Markt"
    assert overview(form, state)[0].answer == "Fernsehen, anderes, und zwar (auf dem Markt)"


def test_a_broken_off_interview_goes_on_at_the_same_question(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    under_way = walk(shipped["county_customer_survey"])
    draw = random.Random(4)
    for _ in range(9):
        under_way.screen(draw)
    before = under_way.state
    assert under_way.act(EventKind.BROKE_OFF).status is InterviewStatus.BROKEN_OFF
    state = under_way.act(EventKind.RESUMED)
    assert state.status is InterviewStatus.RUNNING
    assert (state.cursor, state.answers) == (before.cursor, before.answers)


def test_events_survive_their_json(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    under_way = walk(shipped["county_customer_survey"])
    under_way.to_the_end(random.Random(2))
    read = [event_from_json(event_to_json(event)) for event in under_way.events]
    assert read == under_way.events
    assert replay(questionnaire_from_json(shipped["county_customer_survey"].to_json()), read) == under_way.state


# Small random forms: relevances on earlier and later questions, grids, screen-outs, constraints.

CHOICES = Sheet(
    ("list_name", "name", "label::Deutsch (de)"),
    tuple(
        Row(n, {"list_name": "abc", "name": name, "label::Deutsch (de)": name.upper()})
        for n, name in enumerate("abc", 2)
    ),
)
KINDS = ("select_one abc", "select_multiple abc", "integer", "decimal", "date", "time", "text", "note", "calculate")


@st.composite
def forms(draw: st.DrawFn) -> Questionnaire:
    count = draw(st.integers(1, 9))
    rows: list[dict[str, str]] = []
    for n in range(count):
        kind = draw(st.sampled_from(KINDS))
        row = {"type": kind, "name": f"q{n}", "label::Deutsch (de)": f"Frage {n}?"}
        other = draw(st.integers(0, count - 1))
        if draw(st.booleans()):
            row["relevant"] = draw(
                st.sampled_from(
                    (
                        f"${{q{other}}} = 'a'",
                        f"answered(${{q{other}}})",
                        f"not(${{q{other}}} > 3)",
                        f"is_dk(${{q{other}}})",
                    )
                )
            )
        if kind == "integer" and draw(st.booleans()):
            row["constraint"] = ". >= 2 and . <= 40"
        if kind == "calculate":
            row["calculation"] = f"concat(${{q{other}}}, '-', random())"
        rows.append(row)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(rows)))
        rows[at:at] = [
            {"type": "begin_grid abc", "name": "g", "cati_order": draw(st.sampled_from(("fixed", "random")))},
            {"type": "row", "name": "g1", "label::Deutsch (de)": "eins"},
            {"type": "row", "name": "g2", "label::Deutsch (de)": "zwei", "relevant": "${q0} != 'b'"},
            {"type": "end_grid"},
        ]
    if draw(st.booleans()):
        at = draw(st.integers(0, count - 1))
        inner = [
            {"type": "begin_repeat", "name": "s", "repeat_count": draw(st.sampled_from(("", "${r2}")))},
            {"type": "integer", "name": "s1", "label::Deutsch (de)": "Wie alt ist ${r1}?",
             "constraint": ". <= ${r2} + 30"},
            {"type": "end_repeat"},
        ]  # fmt: skip
        rows += [
            {"type": "begin_repeat", "name": "r", "label::Deutsch (de)": "Person",
             "repeat_count": draw(st.sampled_from(("", "2", f"${{q{at}}}"))),
             "relevant": draw(st.sampled_from(("", f"answered(${{q{at}}})")))},
            {"type": "text", "name": "r1", "label::Deutsch (de)": "Name?", "default": draw(st.sampled_from(("", "x")))},
            {"type": "integer", "name": "r2", "label::Deutsch (de)": "Zahl?", "relevant": "${r1} != 'a'",
             "constraint": ". < 4"},
            {"type": "calculate", "name": "r3", "calculation": "once(concat(position(..), ${r2}))"},
            *(inner if draw(st.booleans()) else ()),
            {"type": "end_repeat"},
            {"type": "select_one ${r1}", "name": "r4", "label::Deutsch (de)": "Wer?"},
            {"type": "calculate", "name": "r5", "calculation": "concat(sum(${r2}), count(${r}), join(' ', ${r3}))"},
        ]  # fmt: skip
    if draw(st.booleans()):
        at = draw(st.integers(0, count - 1))
        rows.append(
            {"type": "terminate", "name": "out", "label::Deutsch (de)": "Ende", "relevant": f"${{q{at}}} = 'c'"}
        )
        rows.append({"type": "text", "name": "last", "label::Deutsch (de)": "Noch etwas?"})
    headings = tuple(dict.fromkeys(key for row in rows for key in row))
    survey = Sheet(headings, tuple(Row(n, row) for n, row in enumerate(rows, 2)))
    compiled = compile_form(Form("random", survey, CHOICES, Sheet()))
    if compiled.questionnaire is None:  # nothing but calculations, or rows that wait for each other
        codes = {found.code for found in compiled.diagnostics if found.severity == "error"}
        assert codes <= {"nothing_asked", "circle"}
        return draw(forms())
    return compiled.questionnaire


GENTLE = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(form=forms(), seed=st.integers(0, 2**32))
@GENTLE
def test_on_any_form_the_next_question_is_on_the_path_and_the_replay_is_the_same(
    form: Questionnaire, seed: int, walk: Walks
) -> None:
    draw = random.Random(seed)
    under_way = walk(form, seed)
    for _ in range(60):
        state = under_way.state
        assert len(set(state.path)) == len(state.path)
        if state.screen is None:
            break
        assert {question.address for question in state.screen.questions} <= set(state.path)
        under_way.screen(draw)
        exported = export_answers(form, under_way.state)
        for name, answer in under_way.state.answers.items():
            if "@" in name:
                continue  # leaves under its member's number, not under its id
            if name not in under_way.state.path:
                assert exported[name] == Answer(Status.OFF_PATH)
            else:
                assert exported[name].value == answer.value
        assert sum("@" in name and answer.status is Status.ANSWERED for name, answer in exported.items()) <= sum(
            "@" in name for name in under_way.state.route.on_path
        )
    assert replay(form, under_way.events) == under_way.state


@given(form=forms(), seed=st.integers(0, 2**32))
@GENTLE
def test_whatever_stands_off_the_path_the_export_is_the_same(form: Questionnaire, seed: int, walk: Walks) -> None:
    draw = random.Random(seed)
    under_way = walk(form, seed)
    for _ in range(40):
        state = under_way.state
        aside = [address for address in state.answers if address not in state.route.on_path]
        if aside:
            other = {address: Answer(value=draw.choice("abc39"), remark="x") for address in aside}
            answers = {**state.answers, **other}
            found, scope = route(form, state.setting, answers, state.memory, state.language, state.last_at)
            changed = replace(state, answers=answers, route=found, scope=scope)
            assert found == state.route
            assert export_answers(form, changed) == export_answers(form, state)
            assert open_texts(form, changed) == open_texts(form, state)
        if state.screen is None:
            break
        under_way.screen(draw)
        if draw.random() < 0.4:  # go back somewhere, so that answers leave the path
            under_way.act(EventKind.JUMPED, item=draw.choice(under_way.state.path or ("",)))


@given(form=forms(), seed=st.integers(0, 2**32))
@GENTLE
def test_back_and_the_same_answer_again_changes_nothing(form: Questionnaire, seed: int, walk: Walks) -> None:
    draw = random.Random(seed)
    under_way = walk(form, seed)
    for _ in range(draw.randint(1, 6)):
        if under_way.state.screen is None:
            break
        under_way.screen(draw)
    before = under_way.state
    under_way.act(EventKind.WENT_BACK)
    screen = under_way.state.screen
    if screen is None:
        return
    for question in screen.questions:
        if question.kind in SUBSTANTIVE and question.answer is not None:
            under_way.answer(question.address, question.answer)
    assert under_way.state.answers == before.answers
    assert under_way.state.path == before.path
    assert dict(under_way.state.computed) == dict(before.computed)


@given(form=forms(), data=st.data())
@GENTLE
def test_no_sequence_of_events_raises(form: Questionnaire, data: st.DataObject, walk: Walks) -> None:
    names = st.sampled_from([
        *(item.name for item in form.items), "nosuch", "", "r+", "r+", "r1@1", "r1@2", "r2@1", "s+@1", "s1@1.1", "s1@2.3",
    ])  # fmt: skip
    answers = st.builds(
        Answer,
        status=st.sampled_from(Status),
        value=st.sampled_from(
            ("", "a", "a b", "c", "3", "99", "1e9", "3.5", "2026-02-30", "2026-07-01", "18:30", "x" * 5000)
        ),
        specify=st.sampled_from(((), (("a", "words"),), (("z", ""),))),
    )
    under_way = walk(form)
    for _ in range(data.draw(st.integers(0, 25))):
        kind = data.draw(st.sampled_from(EventKind))
        answer = data.draw(st.none() | answers) if kind is EventKind.ANSWERED else None
        state = under_way.act(
            kind, item=data.draw(names), answer=answer, language=data.draw(st.sampled_from(("de", "xx", "")))
        )
        assert state.screen is None or state.screen.questions or state.screen.roster
        overview(form, state)
        assert all(open_text[1] for open_text in open_texts(form, state))
    assert replay(form, under_way.events) == under_way.state


def test_invented_answers_are_taken(shipped: dict[str, Questionnaire], walk: Walks) -> None:
    draw = random.Random(3)
    form = shipped["county_customer_survey"]
    refused = 0
    for seed in range(20):
        under_way = walk(form, seed)
        while (screen := under_way.state.screen) is not None and not screen.ends_interview:
            for question in screen.questions:
                if question.kind in SUBSTANTIVE:
                    under_way.answer(question.address, invent_answer(question, draw))
                    refused += under_way.state.refusal is not None
            if (
                under_way.state.screen == screen
                or (under_way.state.screen and screen.grid)
                or screen.questions[0].kind is Kind.NOTE
            ):
                under_way.act(EventKind.WENT_FORWARD)
    assert refused == 0


def test_a_group_may_depend_on_a_later_question(walk: Walks) -> None:
    rows = (
        {"type": "begin_group", "name": "g", "relevant": "${later} = 'a'"},
        {"type": "text", "name": "inside", "label::Deutsch (de)": "Was?"},
        {"type": "end_group"},
        {"type": "select_one abc", "name": "later", "label::Deutsch (de)": "Welches?"},
    )
    survey = Sheet(("type", "name", "relevant", "label::Deutsch (de)"), tuple(Row(n, r) for n, r in enumerate(rows, 2)))
    form = compile_form(Form("ahead", survey, CHOICES, Sheet())).questionnaire
    assert form is not None
    under_way = walk(form)
    assert under_way.state.path == ("later",)
    assert under_way.answer("later", Answer(value="a")).path == ("inside", "later")
    assert under_way.state.unanswered == ("inside",)


def test_a_questionnaire_is_known_by_its_content(shipped: dict[str, Questionnaire]) -> None:
    form = shipped["tiny/single"]
    assert len(form.content_hash) == 64
    assert questionnaire_from_json(form.to_json()) == form
    assert replace(form, title="other").content_hash == form.content_hash  # until it is hashed anew
