"""A whole interview by keyboard alone on the county survey, the fastest typing, and every kind of question."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.demo.people import invent_list
from cati.fieldwork import calling, interviewing, sample
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study import NewMember, create_study, open_study
from cati.places import shipped_questionnaires
from cati.settings import StudySettings
from cati.survey.answers import Answer, Status
from cati.survey.questionnaire import Kind
from cati.text import set_language
from cati.ui.choosing import keys_for, toggled
from cati.ui.interview_page import InterviewPage
from cati.ui.keys import Key, Where, keys_in_words

if TYPE_CHECKING:
    from conftest import Ready

RETURN, CTRL = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier


def press(key: object, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    if isinstance(key, str):
        QTest.keyClicks(focus, key, modifier)
    else:
        QTest.keyClick(focus, key, modifier)  # type: ignore[call-overload]


def begun(study: OpenStudy, qtbot: QtBot) -> InterviewPage:
    case = calling.take_next_case(study)
    assert isinstance(case, calling.DeliveredCase)
    call = calling.begin_call(study, case.lease, case.next_phone)
    assert isinstance(call, calling.Call)
    running = interviewing.begin_interview(study, case.lease, call)
    assert isinstance(running, interviewing.RunningInterview)
    page = InterviewPage(study, running)
    qtbot.addWidget(page)
    page.resize(1280, 750)
    page.show()
    page.activateWindow()
    page.setFocus()
    QApplication.processEvents()
    return page


@pytest.fixture
def study(ready: Ready) -> OpenStudy:
    set_language("en")
    return ready.sign_in("anna")


@pytest.fixture
def page(study: OpenStudy, qtbot: QtBot) -> InterviewPage:
    return begun(study, qtbot)


def here(page: InterviewPage) -> str:
    question = page.asked.question
    return question.address if question is not None else ""


def go_to(page: InterviewPage, address: str) -> None:
    """Answer with the first choice, or skip, until this question is asked."""
    for _ in range(120):
        if here(page) == address or page.running.state.screen is None:
            break
        question = page.asked.question
        assert question is not None
        if question.kind is Kind.NOTE:
            press(RETURN)
        elif question.kind is Kind.SINGLE:
            press("1")
        else:
            press(Qt.Key.Key_F9)
    assert here(page) == address


def test_the_whole_county_survey_by_keyboard(page: InterviewPage, study: OpenStudy, qtbot: QtBot) -> None:
    done: list[interviewing.Completed] = []
    page.finished.connect(done.append)
    for _ in range(150):
        if page.running.state.screen is None:
            break
        question = page.asked.question
        assert question is not None
        if question.kind is Kind.NOTE:
            press(RETURN)
        elif question.kind is Kind.SINGLE:
            press("2")
            if here(page) == question.address and page.asked.part.specify.hasFocus():
                press(RETURN)
        elif question.kind is Kind.MULTIPLE:
            press("12")
            press(RETURN)
        elif question.kind is Kind.NUMBER:
            press("3")
            press(RETURN)
        else:
            press("shorter ways")
            press(RETURN)
        assert page.running.state.refusal is None, question.address
    assert page.views.currentWidget() is page.open_texts
    assert "shorter ways" in page.open_texts.texts().values()
    press(RETURN, CTRL)
    assert len(done) == 1
    assert done[0].kept


def test_the_fastest_typing_loses_no_digit(page: InterviewPage) -> None:
    """Fourteen keys without a pause for painting: each lands in the question that it was meant for."""
    go_to(page, "overall_satisfaction")
    press("3")
    assert here(page) == "image_modern"
    for digit in "12345":
        QTest.keyClick(page, digit)
    answers = page.running.state.answers
    rows = ("image_modern", "image_friendly", "image_reliable", "image_unbureaucratic", "image_fair")
    assert [answers[name].value for name in rows] == list("12345")
    assert answers["overall_satisfaction"].value == "3"


def test_an_answer_is_on_disk_before_the_next_question_shows(page: InterviewPage, study: OpenStudy) -> None:
    go_to(page, "frequency")
    press("2")
    again = interviewing.begin_interview(study, page.running.lease, page.running.call)
    assert isinstance(again, interviewing.RunningInterview)
    assert again.state.answers["frequency"] == page.running.state.answers["frequency"]
    assert again.state.cursor == here(page)


@pytest.mark.parametrize(
    ("key", "status"),
    [(Qt.Key.Key_F7, Status.DONT_KNOW), (Qt.Key.Key_F8, Status.REFUSED), (Qt.Key.Key_F9, Status.SKIPPED)],
)
def test_no_answer_has_its_own_keys_while_typing_too(page: InterviewPage, key: Qt.Key, status: Status) -> None:
    go_to(page, "frequency")
    press(key)
    assert page.running.state.answers["frequency"].status is status
    go_to(page, "contacts_needed")
    press("1")
    press(key)
    assert page.running.state.answers["contacts_needed"] == Answer(status)


def test_back_forward_and_a_changed_answer(page: InterviewPage) -> None:
    go_to(page, "as_whom")
    press(Qt.Key.Key_PageUp)
    assert here(page) == "frequency"
    assert page.asked.part.choices.offers[0].checked
    press("4")
    assert here(page) == "as_whom"
    assert page.running.state.answers["frequency"].value != "once"
    press(Qt.Key.Key_PageUp)
    press(RETURN)
    assert here(page) == "as_whom"


def test_back_works_where_something_is_typed_too(page: InterviewPage) -> None:
    go_to(page, "contacts_needed")
    press("3")
    press(RETURN)
    after = here(page)
    press(Qt.Key.Key_PageUp)
    assert here(page) == "contacts_needed"
    assert page.asked.part.line.text() == "3"
    press(Qt.Key.Key_PageDown)
    assert here(page) == after
    go_to(page, "liked")
    press("x")
    press(Qt.Key.Key_PageUp)
    assert here(page) != "liked"
    for _ in range(60):
        if page.running.state.screen is None:
            break
        press(RETURN if page.asked.question is not None and page.asked.question.kind is Kind.NOTE else Qt.Key.Key_F9)
    page.open_texts.setFocus()
    press(Qt.Key.Key_PageUp)
    assert page.views.currentWidget() is page.asked


def test_a_hard_check_speaks_in_place_and_keeps_what_was_typed(page: InterviewPage) -> None:
    go_to(page, "contacts_needed")
    press("99")
    press(RETURN)
    assert here(page) == "contacts_needed"
    assert "50" in page.asked.refusal.text()
    assert page.asked.part.line.text() == "99"
    assert "contacts_needed" not in page.running.state.answers
    page.asked.part.line.selectAll()
    press("4")
    press(RETURN)
    assert page.running.state.answers["contacts_needed"].value == "4"
    assert not page.asked.refusal.text()


def test_what_is_being_typed_survives_a_crash(page: InterviewPage, study: OpenStudy, qtbot: QtBot) -> None:
    go_to(page, "liked")
    press("the quiet waiting r")
    again = interviewing.begin_interview(study, page.running.lease, page.running.call)
    assert isinstance(again, interviewing.RunningInterview)
    reopened = InterviewPage(study, again)
    qtbot.addWidget(reopened)
    assert here(reopened) == "liked"
    assert reopened.asked.part.words.toPlainText() == "the quiet waiting r"


def test_choices_that_are_being_gathered_survive_a_crash(page: InterviewPage, study: OpenStudy, qtbot: QtBot) -> None:
    question = None
    for _ in range(60):
        question = page.asked.question
        if question is None or (question.kind is Kind.MULTIPLE and any(c.specify for c, _l in question.choices)):
            break
        press("1" if question.kind is Kind.SINGLE else RETURN if question.kind is Kind.NOTE else Qt.Key.Key_F9)
    assert question is not None
    names = [choice.name for choice, _label in question.choices]
    other = next(at for at, (choice, _label) in enumerate(question.choices) if choice.specify)
    press("1")
    press(str(other + 1))
    for sign in "zu F":
        press(sign)
    again = interviewing.begin_interview(study, page.running.lease, page.running.call)  # as after kill -9
    assert isinstance(again, interviewing.RunningInterview)
    after = InterviewPage(study, again)
    qtbot.addWidget(after)
    after.show()
    after.activateWindow()
    after.setFocus()
    QApplication.processEvents()
    assert here(after) == question.address
    assert [offer.name for offer in after.asked.part.choices.offers if offer.checked] == [names[0], names[other]]
    assert after.asked.part.specify.text() == "zu F"
    press(RETURN)
    answer = after.running.state.answers[question.address]
    assert answer.value == f"{names[0]} {names[other]}"
    assert dict(answer.specify) == {names[other]: "zu F"}
    assert interviewing.draft_of(study, after.running, question.address) == ""


def test_several_answers_are_gathered_and_words_beside_other_are_asked_for(page: InterviewPage) -> None:
    go_to(page, "channels")
    press("216")
    press("1")
    press(RETURN)
    assert page.asked.part.specify.hasFocus()
    press("by carrier pigeon")
    press(RETURN)
    answer = page.running.state.answers["channels"]
    assert answer.value == "phone other"
    assert answer.specify == (("other", "by carrier pigeon"),)


def test_an_exclusive_answer_stands_alone(page: InterviewPage) -> None:
    go_to(page, "used_online")
    none = str(len(page.asked.part.choices.offers))
    press("12")
    press(none)
    assert [one.name for one in page.asked.part.choices.offers if one.checked] == ["none"]
    press("1")
    assert "none" not in [one.name for one in page.asked.part.choices.offers if one.checked]


def test_the_language_switches_in_the_middle(page: InterviewPage) -> None:
    go_to(page, "frequency")
    before = page.asked.text.text()
    press("l", CTRL)
    assert here(page) == "frequency"
    assert page.asked.text.text() != before


def test_the_overview_jumps(page: InterviewPage) -> None:
    go_to(page, "overall_satisfaction")
    press("o", CTRL)
    assert page.views.currentWidget() is page.overview
    lines = page.overview.lines
    wanted = next(at for at in range(lines.count()) if lines.item(at).data(Qt.ItemDataRole.UserRole) == "frequency")
    while lines.currentRow() > wanted:
        press(Qt.Key.Key_Up)
    press(RETURN)
    assert here(page) == "frequency"
    press("o", CTRL)
    press(Qt.Key.Key_Escape)
    assert here(page) == "frequency"


def test_an_answer_that_comes_back_to_the_path_is_confirmed(page: InterviewPage) -> None:
    go_to(page, "website")
    press("1")
    assert here(page) == "website_satisfaction"
    press("2")
    press(Qt.Key.Key_PageUp)
    press(Qt.Key.Key_PageUp)
    press("2")
    assert here(page) == "website"  # what the change sets aside is said first
    assert page.asked.refusal.isVisible()
    press("2")
    assert here(page) != "website_satisfaction"
    press(Qt.Key.Key_PageUp)
    press("1")
    assert here(page) == "website_satisfaction"
    assert page.asked.confirm.isVisible()
    press(RETURN)
    assert here(page) != "website_satisfaction"
    assert page.running.state.answers["website_satisfaction"].value == "2"
    assert "website_satisfaction" not in page.running.state.unanswered


def test_breaking_off_resumes_at_the_same_question(page: InterviewPage, study: OpenStudy) -> None:
    kept: list[interviewing.RunningInterview] = []
    page.interrupted.connect(kept.append)
    go_to(page, "overall_satisfaction")
    press("b", CTRL)
    assert len(kept) == 1
    again = interviewing.begin_interview(study, kept[0].lease, kept[0].call)
    assert isinstance(again, interviewing.RunningInterview)
    assert again.state.cursor == "overall_satisfaction"


def test_a_lost_lease_ends_the_page_and_keeps_nothing_more(page: InterviewPage, ready: Ready, qtbot: QtBot) -> None:
    go_to(page, "frequency")
    ready.clock.forward(minutes=calling.LEASE_MINUTES + 1)
    taken = calling.take_case(ready.sign_in("witness"), page.running.case_id, calling.CALL_BACK)
    assert isinstance(taken, calling.DeliveredCase)
    with qtbot.waitSignal(page.lost):
        press("1")
    assert page.asked.text.text() == ""


def test_names_in_open_answers_are_marked_and_taken_out_before_completion(
    page: InterviewPage, study: OpenStudy
) -> None:
    done: list[interviewing.Completed] = []
    page.finished.connect(done.append)
    go_to(page, "liked")
    press("Frau Meier, 0171 3920065")
    press(RETURN)
    for _ in range(60):
        if page.running.state.screen is None:
            break
        press(RETURN if page.asked.question is not None and page.asked.question.kind is Kind.NOTE else Qt.Key.Key_F9)
    part = page.open_texts.parts["liked"]
    assert len(part.words.extraSelections()) >= 2
    assert part.why.isVisible()
    assert part.words.hasFocus(), "what has to be mended is where the keyboard goes"
    press(RETURN, CTRL)
    assert not done, "what is marked is not kept without a question"
    assert page.open_texts.refusal.text()
    press("a", CTRL)
    press("the friendly lady")
    assert not part.words.extraSelections()
    press(RETURN, CTRL)
    assert len(done) == 1
    assert part.words.toPlainText() == ""


def test_what_is_marked_may_stay_when_the_interviewer_says_so_twice(page: InterviewPage) -> None:
    done: list[interviewing.Completed] = []
    page.finished.connect(done.append)
    go_to(page, "liked")
    press("Frau Meier")
    press(RETURN)
    for _ in range(60):
        if page.running.state.screen is None:
            break
        press(RETURN if page.asked.question is not None and page.asked.question.kind is Kind.NOTE else Qt.Key.Key_F9)
    press(RETURN, CTRL)
    press("x")
    press(RETURN, CTRL)
    assert not done, "other words are asked about anew"
    press(RETURN, CTRL)
    assert len(done) == 1


def test_words_beside_other_begin_with_the_first_letter(page: InterviewPage) -> None:
    """A multiple answer is gathered by digits; letters that choose nothing belong to the words."""
    question = None
    for _ in range(60):
        question = page.asked.question
        if question is None or (question.kind is Kind.MULTIPLE and any(c.specify for c, _l in question.choices)):
            break
        press("1" if question.kind is Kind.SINGLE else RETURN if question.kind is Kind.NOTE else Qt.Key.Key_F9)
    assert question is not None
    other = next(at for at, (choice, _label) in enumerate(question.choices) if choice.specify)
    press(str(other + 1))
    for sign in "zu Fuss":  # each where the keyboard goes by then
        press(sign)
    assert page.asked.part.specify.text() == "zu Fuss"
    press(RETURN)
    assert dict(page.running.state.answers[question.address].specify) == {question.choices[other][0].name: "zu Fuss"}


def test_screened_out_people_are_thanked_and_the_case_closes(page: InterviewPage) -> None:
    done: list[interviewing.Completed] = []
    page.finished.connect(done.append)
    go_to(page, "last_contact")
    press("5")
    screen = page.running.state.screen
    assert screen is not None
    assert screen.ends_interview
    press(RETURN)
    assert [one.outcome.value for one in done] == ["not_eligible"]
    assert not done[0].kept


TINY = {
    "date": ("24.7.2026", "moved_in", "2026-07-24"),
    "time": ("18.30", "best_time", "18:30"),
    "decimal": ("3,5", "kilometres", "3.5"),
    "number": ("12", "people", "12"),
    "text": ("more buses", "wish", "more buses"),
    "grade": ("2", "grade", "2"),
    "scale": ("4", "satisfied", "4"),
    "single": ("2", "garden", "no"),
    "multiple": ("14", "news", "paper web"),
}
_AT_ONCE = frozenset({"grade", "scale", "single"})


@pytest.fixture
def tiny(
    tmp_path: Path, ready: Ready, settings: StudySettings, staff: Sequence[NewMember]
) -> Iterator[Callable[[str], OpenStudy]]:
    """Return how to make a study of three people whose questionnaire is one tiny form."""
    opened: list[OpenStudy] = []

    def make(name: str) -> OpenStudy:
        form = shipped_questionnaires() / "tiny" / f"{name}.yaml"
        made = create_study(
            tmp_path / name, settings, form, staff,
            now=ready.clock, draw=random.Random(1), seal_folder=tmp_path / "seals", cost=ready.cost,
        )  # fmt: skip
        for login in ("lead", "anna"):
            opened.append(
                open_study(made.folder, login, ready.passwords[login], now=ready.clock, draw=random.Random(2), seal_path=made.seal_path)
            )  # fmt: skip
        path = tmp_path / "three.csv"
        path.write_bytes(invent_list(3, settings, random.Random(9), today=ready.clock().date()))
        received = sample.receive(opened[0], path)
        sample.bring_in(opened[0], received, sample.propose(opened[0], received), rows_on_slip=3)
        return opened[1]

    yield make
    for study in opened:
        study.close()


@pytest.mark.parametrize("name", TINY)
def test_each_kind_of_question_takes_its_answer(name: str, tiny: Callable[[str], OpenStudy], qtbot: QtBot) -> None:
    typed, address, expected = TINY[name]
    page = begun(tiny(name), qtbot)
    assert here(page) == address
    press(typed)
    if name not in _AT_ONCE:
        press(RETURN)
    assert page.running.state.answers[address] == Answer(value=expected)
    assert page.running.state.screen is None


def test_keys_of_choices() -> None:
    assert keys_for(["a", "b", "c"]) == ("1", "2", "3")
    assert keys_for([str(n) for n in range(11)]) == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a")
    assert keys_for([f"x{n}" for n in range(12)])[8:] == ("9", "0", "a", "b")
    assert len(set(keys_for([f"x{n}" for n in range(20)]))) == 20


def test_toggling_keeps_the_order_of_the_list(study: OpenStudy) -> None:
    choices = study.questionnaire.choice_lists["channel"]
    names = [choice.name for choice in choices]
    assert toggled((names[2],), names[0], choices) == (names[0], names[2])
    assert toggled((names[0], names[2]), names[2], choices) == (names[0],)


def test_every_key_is_in_one_list_and_none_means_two_things_in_one_place() -> None:
    for where in Where:
        specs = [spec for key in Key if key.value.where is where for spec in (key.value.spec, *key.value.twins)]
        assert len(set(specs)) == len(specs)
    words = keys_in_words()
    assert ("F7", "Don’t know") in words
