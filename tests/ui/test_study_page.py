"""A study made on the guided page, with refusals beside their fields and the two sheets at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QPoint, QPointF, Qt, QTime
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cati.fieldwork.study import open_study
from cati.places import shipped_questionnaires
from cati.settings import CallingRules
from cati.ui.main_window import MainWindow
from cati.ui.sheets_page import SheetsPage
from cati.ui.sign_in import SignInPage
from cati.ui.study_page import PARTS, StudyPage

LAST = len(PARTS) - 1


@pytest.fixture
def page(window: MainWindow, ready: Any) -> StudyPage:
    window.page().new_study_wanted.emit()
    page = window.page()
    assert isinstance(page, StudyPage)
    page._cost = ready.cost
    return page


def _fill(page: StudyPage, qtbot: QtBot, passwords: dict[str, str], folder: Path) -> None:
    for name, text in (
        ("name", "Kundenbefragung"),
        ("client", "Landkreis Beispiel"),
        ("institute", "Institut Muster"),
        ("callback_number", "030 23125 000"),
    ):
        getattr(page.about, name).setText(text)
    page.sites.sites.fill(
        [{"name": "Landkreis Nord", "land": "BY", "target": "50"}, {"name": "Süd", "land": "ST", "target": "40"}]
    )
    page.sites.sites.changed.emit()
    page.sites.common.fill([{"name": "Bauamt", "code": "bau", "target": "30"}])
    page.sites.which.setCurrentIndex(1)
    page.sites.own.fill(
        [{"name": "Jagdbehörde", "target": "10"}, {"name": "Bauamt Süd", "code": "bau", "target": "20"}]
    )
    page.consent._blocks[0][1].setPlainText("Ich bin einverstanden.")
    page.form.show_form(shipped_questionnaires() / "county_customer_survey.xlsx")
    qtbot.waitUntil(lambda: page.form.sound, timeout=15_000)
    page.staff.people.fill(
        [
            {"login": "lead", "name": "Dr. Ada Leitner", "role": "research_lead", "password": passwords["lead"]},
            {"login": "witness", "name": "Ben Zeuge", "role": "supervisor", "password": passwords["witness"]},
        ]
    )
    page.folder_line.setText(str(folder))


def test_a_study_is_made_signed_into_and_has_what_was_typed(
    page: StudyPage, window: MainWindow, ready: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    _fill(page, qtbot, ready.passwords, tmp_path / "made")
    page.show_part(LAST)
    assert page.faults.text().startswith("✓")
    qtbot.keyClick(page.make, Qt.Key.Key_Return)
    page.leave()
    assert window.page() is page, "not while the study is made"
    qtbot.waitUntil(lambda: isinstance(page.pages.currentWidget(), SheetsPage), timeout=20_000)
    sheets = page.pages.currentWidget()
    assert isinstance(sheets, SheetsPage)
    assert not sheets.go.isEnabled(), "first the seal goes on paper"
    assert not page.staff.people.rows(), "passwords do not linger in the window"
    assert not window.close(), "without its seal on paper the study could be lost"
    assert "seal must be on paper" in window.told.text()
    sheets.kept.setChecked(True)
    qtbot.mouseClick(sheets.go, Qt.MouseButton.LeftButton)
    assert isinstance(window.page(), SignInPage)
    assert window.page().folder == tmp_path / "made"
    study = open_study(tmp_path / "made", "lead", ready.password, now=ready.clock, draw=window.draw)
    try:
        north, south = study.settings.sites
        assert (north.code, north.land, north.target) == ("landkreis-nord", "BY", 50)
        assert [(d.code, d.target) for d in north.departments] == [("bau", 30)]
        assert {(d.code, d.name, d.target) for d in south.departments} == {
            ("jagdbehoerde", "Jagdbehörde", 10),
            ("bau", "Bauamt Süd", 20),
        }
        assert study.settings.languages == ("de", "en")
    finally:
        study.close()


def test_the_paper_copy_is_never_written_to_a_disk_by_itself(
    page: StudyPage, ready: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    _fill(page, qtbot, ready.passwords, tmp_path / "made")
    page.make_study()
    qtbot.waitUntil(lambda: isinstance(page.pages.currentWidget(), SheetsPage), timeout=20_000)
    sheets = page.pages.currentWidget()
    assert isinstance(sheets, SheetsPage)
    line = sheets._created.paper_seal[1].encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if line in path.read_bytes()]
    seal, office = (sheet.html for sheet in sheets.sheets)
    assert sheets._created.paper_seal[0] in seal
    assert sheets._created.recipient in office
    assert sheets._created.paper_seal[0] not in office


def test_what_is_missing_stands_beside_its_field(page: StudyPage) -> None:
    page.show_part(LAST)
    assert page.about.fields["Name"].fault == "✗ The study has no name. Give it one."
    assert "Choose the questionnaire." in page.form.fields["Questionnaire"].fault
    assert page.sites.rest.isVisibleTo(page.sites)
    assert page._steps[0].text().startswith("✗")
    assert page._steps[2].text().startswith("✓"), "the dates are sound as they stand"
    page.make_study()
    assert page.make.isEnabled(), "nothing was begun"


def test_a_rule_outside_its_limit_is_refused_with_the_reason(page: StudyPage) -> None:
    rules = page.rules
    rules.numbers["attempts_a_day"].setValue(9)
    assert "outside the limit of 1 to 5" in rules.fields["Attempts a day"].fault
    rules.weekdays.end.setTime(QTime(21, 30))
    assert "ADM guideline" in rules.fields["Monday to Friday"].fault
    rules.sundays.calls.setChecked(True)
    assert not rules.fields["Sundays and holidays"].fault, "10 to 18 is inside the limit"
    rules.fill({"rules": CallingRules()})
    assert not any(field.fault for field in rules.fields.values())
    assert rules.rules() == CallingRules()


def test_an_end_before_the_beginning_is_refused(page: StudyPage) -> None:
    page.dates.days["field_to"].setDate(QDate(2020, 1, 1))
    page.check()
    assert "ends before it begins" in page.dates.fields["Field period"].fault


def test_a_weak_password_is_hinted_at_while_it_is_typed(page: StudyPage, qtbot: QtBot) -> None:
    page.staff.people.fill([{"login": "lead", "name": "Ada", "role": "research_lead", "password": ""}])
    page.show_part(6)
    qtbot.keyClicks(page.staff.people.editor(0, "password"), "short")
    qtbot.waitUntil(lambda: not page.staff.hints.isHidden())
    assert "lead: The password is too short: it has 5 characters" in page.staff.hints.text()


def test_a_broken_questionnaire_shows_where_and_what(page: StudyPage, tmp_path: Path, qtbot: QtBot) -> None:
    form = tmp_path / "broken.yaml"
    form.write_text("survey:\n- {type: select_one nowhere, name: q1, label: Well?}\n", "utf-8")
    with qtbot.waitSignal(page.form.checked, timeout=15_000):
        page.form.show_form(form)
    assert not page.form.sound
    assert page.form.verdict.text().startswith("✗")


def test_a_questionnaire_that_names_no_language_is_written_in_one_of_ours(
    page: StudyPage, tmp_path: Path, qtbot: QtBot
) -> None:
    form = tmp_path / "plain.yaml"
    form.write_text("survey:\n- {type: integer, name: q1, label: Wie viele?}\n", "utf-8")
    with qtbot.waitSignal(page.form.checked, timeout=15_000):
        page.form.show_form(form)
    assert page.form.sound
    assert page.form.languages.chosen() == ("en",), "the language in force is the first guess"
    for box in page.form.languages.findChildren(QCheckBox):
        box.setChecked(True)
    page.check()
    assert "written in one only" in page.form.fields["Languages"].fault


def test_what_was_typed_survives_another_language_and_size(page: StudyPage, window: MainWindow, qtbot: QtBot) -> None:
    page.about.name.setText("Probe")
    page.sites.sites.fill([{"name": "Landkreis Nord", "land": "ST", "target": "7"}])
    page.show_part(1)
    window.speak("de")
    assert page.about.name.text() == "Probe"
    assert page.sites.sites.rows()[0]["land"] == "ST"
    assert page.pages.currentIndex() == 1
    assert "Standorte" in page._steps[1].text()
    window.wear(scale=1.15)
    assert page.about.name.text() == "Probe"


def test_the_wheel_scrolls_and_changes_nothing(page: StudyPage, window: MainWindow) -> None:
    page.show_part(5)
    spin = page.rules.numbers["attempts_a_day"]
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(spin, event)
    assert spin.value() == 2


def _activate(page: StudyPage, qtbot: QtBot) -> None:
    """Give the window the keyboard."""
    page.window().activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


def _signs(page: StudyPage) -> str:
    return "".join(step.text()[0] for step in page._steps[:LAST])


def test_the_signs_in_the_list_follow_every_part_that_was_left(page: StudyPage, qtbot: QtBot) -> None:
    assert _signs(page) == "1234567"
    page.show_part(1)
    assert _signs(page) == "✗234567", "a part is judged when it is left, not before"
    for editor in (page.about.name, page.about.client, page.about.institute, page.about.callback_number):
        editor.setText("030 23125 000")
    qtbot.waitUntil(lambda: _signs(page) == "✓234567")
    page.show_part(5)
    page.rules.numbers["attempts_a_day"].setValue(9)
    qtbot.waitUntil(lambda: _signs(page) == "✓✗345✗7")
    page.rules.numbers["attempts_a_day"].setValue(2)
    page.show_part(2)
    assert _signs(page) == "✓✗345✓7"
    page.dates.days["field_to"].setDate(QDate(2020, 1, 1))
    page.show_part(6)
    assert _signs(page) == "✓✗✗45✓7"
    page.show_part(5)
    assert _signs(page) == "✓✗✗45✓✗", "there is no staff yet"


def test_the_signs_survive_another_language(page: StudyPage, window: MainWindow) -> None:
    page.show_part(3)
    page.show_part(4)
    window.speak("de")
    assert _signs(page) == "✗23✗567"


def test_passwords_are_shown_while_the_box_is_ticked_and_the_part_is_open(page: StudyPage, qtbot: QtBot) -> None:
    _activate(page, qtbot)
    people = page.staff.people
    page.show_part(6)
    people.editor(0, "password").setText(" Kahn 7 ")
    people.add.setFocus()
    qtbot.keyClick(people.add, Qt.Key.Key_Tab)
    assert page.staff.shown.hasFocus(), "the next stop after the rows"
    qtbot.keyClick(page.staff.shown, Qt.Key.Key_Space)
    people.add_row()
    echoes = [people.editor(at, "password").echoMode() for at in range(3)]
    assert echoes == [QLineEdit.EchoMode.Normal] * 3
    assert people.rows()[0]["password"] == " Kahn 7 ", "blanks belong to a password, shown or not"
    page.show_part(5)
    page.show_part(6)
    assert not page.staff.shown.isChecked()
    assert people.editor(0, "password").echoMode() == QLineEdit.EchoMode.Password


def test_two_people_with_one_password_are_named_at_once(page: StudyPage, ready: Any, qtbot: QtBot) -> None:
    page.show_part(6)
    page.staff.people.fill(
        [
            {"login": "lead", "name": "Ada", "role": "research_lead", "password": ready.password},
            {"login": "witness", "name": "Ben", "role": "supervisor", "password": ready.password[:-1]},
        ]
    )
    page.staff.people.editor(1, "password").end(False)
    qtbot.keyClicks(page.staff.people.editor(1, "password"), ready.password[-1])
    qtbot.waitUntil(lambda: "lead, witness: They have the same password" in page.staff.hints.text())
    assert ready.password not in page.staff.hints.text()
    assert not page.check()


def test_tab_goes_through_rows_in_the_order_in_which_they_stand(page: StudyPage, qtbot: QtBot) -> None:
    _activate(page, qtbot)
    page.show_part(1)
    common = page.sites.common
    common.add.click()
    qtbot.waitUntil(common.editor(1, "name").hasFocus)
    common.editor(0, "name").setFocus()
    seen = []
    for _ in range(9):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused.accessibleName() or getattr(focused, "text", str)())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    rows = "Departments the same everywhere"
    row = ["{r}, row {n}: Name", "{r}, row {n}: Short code", "{r}, row {n}: Interviews", "{r}: take row {n} away"]
    expected = [cell.format(r=rows, n=n) for n in (1, 2) for cell in row]
    assert seen == [*expected, "+ Add a department"]


def test_the_guide_goes_by_keyboard_from_field_to_field_and_part_to_part(
    page: StudyPage, window: MainWindow, qtbot: QtBot
) -> None:
    _activate(page, qtbot)
    about = page.about
    assert about.name.hasFocus(), "the cursor waits in the first field"
    for line in (about.name, about.client, about.institute, about.callback_number, about.expected_minutes):
        assert line.hasFocus()
        qtbot.keyClick(line, Qt.Key.Key_Return)
    for line in (about.purpose, about.lock_minutes):
        assert line.hasFocus()
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert page.pages.currentIndex() == 1
    assert page.sites.sites.editor(0, "name").hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_8, Qt.KeyboardModifier.ControlModifier)
    assert page.pages.currentIndex() == LAST
    page.folder_line.setFocus()
    qtbot.keyClick(page.folder_line, Qt.Key.Key_Return)
    assert page.make.hasFocus()
    assert page.working.isHidden(), "Return in a field makes no study"
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert page.pages.currentIndex() == 2


def test_departments_go_and_stay_with_their_site(page: StudyPage) -> None:
    page.sites.sites.fill([{"name": name, "land": "BY", "target": "5"} for name in ("Ost", "West", "Nord")])
    page.sites.sites.changed.emit()
    for at, name in enumerate(("Jagdamt", "Jugendamt", "Hafenamt")):
        page.sites.which.setCurrentIndex(at)
        page.sites.own.fill([{"name": name, "target": "3"}])
    page.sites.sites._remove(1)
    assert page.sites.which.currentText() == "Nord"
    assert page.sites.own.rows()[0]["name"] == "Hafenamt", "what is shown stays with its site"
    sites = page.sites.values()["sites"]
    assert [(site.name, [d.name for d in site.departments]) for site in sites] == [
        ("Ost", ["Jagdamt"]),
        ("Nord", ["Hafenamt"]),
    ]
    page.sites.sites._remove(1)
    page.sites.sites._remove(0)
    assert page.sites.values()["sites"] == ()
    assert page.sites.own.rows() == []


def test_leaving_asks_only_where_something_was_typed(page: StudyPage, window: MainWindow, qtbot: QtBot) -> None:
    _activate(page, qtbot)
    qtbot.keyClicks(page.about.name, "Umfrage")
    page.show_part(6)
    page.staff.shown.setFocus()
    qtbot.keyClick(page.staff.shown, Qt.Key.Key_Tab)
    focused = QApplication.focusWidget()
    assert isinstance(focused, QPushButton)
    assert focused.text() == "Next", "not the button that gives up"
    page.leave()
    focused = QApplication.focusWidget()
    assert isinstance(focused, QPushButton)
    assert focused.text() == "Go on with the study"
    qtbot.keyClick(focused, Qt.Key.Key_Return)
    assert page.pages.currentIndex() == 6
    page.leave()
    window.speak("de")
    assert page.pages.currentIndex() == 6
    assert page.about.name.text() == "Umfrage"
    page.leave()
    leave = next(b for b in page.pages.currentWidget().findChildren(QPushButton) if b.text() == "Aufgeben")
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    assert isinstance(window.page(), SignInPage)
    window.page().new_study_wanted.emit()
    untouched = window.page()
    assert isinstance(untouched, StudyPage)
    untouched.show_part(4)
    untouched.leave()
    assert isinstance(window.page(), SignInPage)
