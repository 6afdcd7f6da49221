"""The staff page: people come with a start password, learn, lose a password, leave; trustees are named and tried."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from cati.fieldwork import staffing, trustees
from cati.fieldwork.members import SecondPerson
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.staffing import NewMember
from cati.ui.main_window import MainWindow
from cati.ui.password_page import FirstPasswordPage, PasswordPage
from cati.ui.recovery_page import RecoveryPage
from cati.ui.sign_in import SignInPage
from cati.ui.staff_page import StaffPage
from cati.vault.people import STANDARD, ArgonCost

OWN = "brauner Kahn unter elf Ulmen"
TRUSTEES = (
    ("Dora Datenschutz", "Apfelkuchen Nebel 8 Fjord"),
    ("Ivo Informatik", "Birnenmus Gletscher 5 Koffer"),
    ("Nora Notarin", "Quittengelee Sturm 3 Anker"),
)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch, ready: Any) -> None:
    """Whatever the window asks for is stretched as little as the tests' own passwords."""
    from cati.fieldwork import members

    cost: ArgonCost = ready.cost
    for module, names in (
        (staffing, ("add_member", "change_password")),
        (members, ("reset_password",)),
        (trustees, ("name_trustees", "let_lead_in")),
    ):
        for name in names:
            words = getattr(module, name).__kwdefaults__
            assert words["cost"] is STANDARD
            monkeypatch.setitem(words, "cost", cost)


def _page(window: MainWindow, ready: Any) -> StaffPage:
    window.enter(ready.sign_in("lead"))
    window.open_place("staff")
    page = window.page()
    assert isinstance(page, StaffPage)
    return page


def _id(study: OpenStudy, login: str) -> str:
    return next(one.id for one in staffing.staff(study) if one.login == login)


def _sign_in(window: MainWindow, ready: Any, login: str, password: str, qtbot: QtBot) -> None:
    page = window.page()
    assert isinstance(page, SignInPage)
    page.show_study(ready.folder)
    page.login.setText(login)
    page.password.setText(password)
    page.sign_in()
    qtbot.waitUntil(lambda: window.study is not None, timeout=15_000)


def test_a_new_person_gets_a_start_password_and_chooses_their_own(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window, ready)
    adding = page.adding
    page.tabs.setCurrentWidget(adding)
    adding.login.setText("cora")
    adding.name.setText("Cora Neu")
    adding.password.setText("kurz")
    adding.add_person()
    qtbot.waitUntil(lambda: bool(adding.password_field.fault), timeout=15_000)
    assert "too short" in adding.password_field.fault
    adding.password.clear()
    adding.skills.languages["en"].setChecked(False)
    adding.skills.converts.setChecked(True)
    qtbot.keyClick(adding.password, Qt.Key.Key_Return)
    qtbot.waitUntil(adding.once.isVisible, timeout=15_000)
    start = adding.once.password.text()
    assert len(start) == 24
    assert "Cora Neu signs in as cora" in adding.once.about.text()
    qtbot.mouseClick(adding.once.finish, Qt.MouseButton.LeftButton)
    assert not adding.once.password.text()
    cora = {m.login: m for m in staffing.staff(page.study)}["cora"]
    assert (cora.role, cora.languages, cora.converts) == (Role.INTERVIEWER, ("de",), True)
    assert page.people.person.findText("Cora Neu (cora)") >= 0
    window.sign_out()
    _sign_in(window, ready, "cora", start, qtbot)
    first = window.page()
    assert isinstance(first, FirstPasswordPage), "nothing else opens before there is one's own"
    assert not window.rail.isVisible()
    assert not window.header.pause.isVisible()
    assert not first.part.old_field.isVisible(), "it was typed a moment ago"
    assert first.part.typed() == (start,)
    window.wear(scale=1.25)
    assert not first.part.old_field.isVisible(), "nor after it was said anew"
    assert window.focusWidget() is first.part.new
    qtbot.keyClicks(first.part.new, start)
    qtbot.keyClicks(first.part.again, start)
    first.part.change.click()
    qtbot.waitUntil(lambda: bool(first.part.new_field.fault), timeout=15_000)
    assert "password you have" in first.part.new_field.fault
    first.part.new.setText(OWN)
    qtbot.keyClick(first.part.new, Qt.Key.Key_Return)
    qtbot.keyClick(first.part.again, Qt.Key.Key_Return)
    assert "not the same" in first.part.again_field.fault
    first.part.again.setText(OWN)
    qtbot.keyClick(first.part.again, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.rail.isVisible(), timeout=15_000)
    assert window.rail.names() == ("calls", "password", "manual")
    assert window.header.pause.isVisible()
    assert first.part.typed() == (), "kept no longer than needed"
    window.sign_out()
    _sign_in(window, ready, "cora", OWN, qtbot)
    assert window.rail.isVisible()


def test_a_start_password_that_is_not_known_here_is_asked_for(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    lead = ready.sign_in("lead")
    new = NewMember(login="cora", name="Cora Neu", role=Role.INTERVIEWER, password="gruener Kahn unter vier Eschen")
    staffing.add_member(lead, new, cost=ready.cost)
    _sign_in(window, ready, "cora", new.password, qtbot)
    left = window.page()
    assert isinstance(left, FirstPasswordPage)
    window.lock.lock()
    assert left.part.typed(), "whoever unlocks the window goes on"
    window.lock.uncover()
    window.sign_out()
    assert left.part.typed() == (), "another page has taken its place"
    window.enter(ready.sign_in("cora", new.password), ("etwas ganz anderes", "noch etwas"))
    page = window.page()
    assert isinstance(page, FirstPasswordPage)
    page.part.new.setText(OWN)
    page.part.again.setText(OWN)
    page.part.change.click()
    qtbot.waitUntil(page.part.old_field.isVisible, timeout=15_000)
    assert page.part.old_field.fault
    page.part.old.setText(new.password)
    page.part.change.click()
    qtbot.waitUntil(window.rail.isVisible, timeout=15_000)


def test_a_start_password_typed_in_either_field_is_enough(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    lead = ready.sign_in("lead")
    new = NewMember(login="cora", name="Cora Neu", role=Role.INTERVIEWER, password="gruener Kahn unter vier Eschen")
    staffing.add_member(lead, new, cost=ready.cost)
    window.enter(ready.sign_in("cora", new.password), ("ein Irrtum", new.password))
    page = window.page()
    assert isinstance(page, FirstPasswordPage)
    page.part.new.setText(OWN)
    page.part.again.setText(OWN)
    page.part.change.click()
    qtbot.waitUntil(window.rail.isVisible, timeout=15_000)


def test_everybody_changes_their_own_password(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    window.enter(ready.sign_in("anna"))
    window.open_place("password")
    page = window.page()
    assert isinstance(page, PasswordPage)
    page.part.old.setText("falsch falsch falsch")
    page.part.new.setText(OWN)
    page.part.change.click()
    assert "once more" in page.part.again_field.fault
    page.part.again.setText(OWN)
    page.part.change.click()
    qtbot.waitUntil(lambda: bool(page.part.old_field.fault), timeout=15_000)
    page.part.old.setText(ready.passwords["anna"])
    page.part.change.click()
    qtbot.waitUntil(page.part.note.isVisible, timeout=15_000)
    assert page.part.note.text() == "✓ Your password is changed."
    window.sign_out()
    _sign_in(window, ready, "anna", OWN, qtbot)


def test_skills_of_a_person_are_changed_at_the_row_that_is_chosen(window: MainWindow, ready: Any) -> None:
    people = _page(window, ready).people
    people.person.setCurrentIndex(people.person.findText("Anna Fragt (anna)"))
    assert people.table.currentRow() == people.person.currentIndex()
    people.table.setCurrentCell(2, 0)
    assert people.person.currentText() == "Ben Zeuge (witness)", "a row is chosen as well"
    people.person.setCurrentIndex(people.person.findText("Anna Fragt (anna)"))
    assert people.skills.spoken() == ("de", "en")
    people.skills.languages["de"].setChecked(False)
    people.skills.converts.setChecked(True)
    people.save.click()
    assert people.note.text().startswith("✓ Kept for Anna Fragt")
    anna = {m.login: m for m in staffing.staff(people.study)}["anna"]
    assert (anna.languages, anna.converts) == (("en",), True)
    assert people.person.currentText() == "Anna Fragt (anna)", "whoever was chosen stays chosen"
    people.skills.languages["en"].setChecked(False)
    people.save.click()
    assert "at least one" in people.note.text()


def test_a_lost_password_is_replaced_and_a_leads_takes_two(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    lead = ready.sign_in("lead")
    second = NewMember(login="zoe", name="Dr. Zoe Weit", role=Role.RESEARCH_LEAD, password=OWN)
    staffing.add_member(lead, second, cost=ready.cost)
    people = _page(window, ready).people
    people.person.setCurrentIndex(people.person.findText("Anna Fragt (anna)"))
    assert not people.two.isVisible()
    people.reset.click()
    qtbot.waitUntil(people.once.isVisible, timeout=15_000)
    start = people.once.password.text()
    people.person.setCurrentIndex(people.person.findText("Dr. Zoe Weit (zoe)"))
    assert not people.once.isVisible(), "another person's password is not left standing"
    assert people.two.isVisible()
    people.reset.click()
    qtbot.waitUntil(lambda: people.note.isVisible() and people.reset.isEnabled(), timeout=15_000)
    people.own.setText(ready.password)
    people.second_login.setText("witness")
    people.second_password.setText(ready.passwords["witness"])
    people.password.setText("weisser Kahn unter elf Ahornen")
    people.reset.click()
    qtbot.waitUntil(people.once.isVisible, timeout=15_000)
    assert people.once.password.text() == "weisser Kahn unter elf Ahornen"
    people.person.setCurrentIndex(people.person.findText("Dr. Ada Leitner (lead)"))
    assert not people.losing.isVisible(), "one's own password is changed elsewhere"
    assert not people.leaving.isVisible()
    window.sign_out()
    _sign_in(window, ready, "anna", start, qtbot)
    assert isinstance(window.page(), FirstPasswordPage)
    assert SecondPerson("a", "b") != SecondPerson("a", "c")


def test_who_leaves_is_asked_about_once_more(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    lead = ready.sign_in("lead")
    staffing.add_member(
        lead, NewMember(login="cora", name="Cora Neu", role=Role.INTERVIEWER, password=OWN), cost=ready.cost
    )
    people = _page(window, ready).people
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    people.person.setCurrentIndex(people.person.findText("Cora Neu (cora)"))
    people.leave.setFocus()
    qtbot.mouseClick(people.leave, Qt.MouseButton.LeftButton)
    assert {m.login: m.active for m in staffing.staff(lead)}["cora"], "asked once more"
    assert "Cora Neu" in people.note.text()
    assert not people.view.isAncestorOf(people.note), "in sight wherever the page is scrolled to"
    qtbot.mouseClick(people.leave, Qt.MouseButton.LeftButton)
    assert not {m.login: m.active for m in staffing.staff(lead)}["cora"]
    assert people.person.currentText() == "Cora Neu (cora) – has left"
    assert people.person.hasFocus(), "whoever works by keyboard stays on this page"
    assert not people.leaving.isVisible()
    assert "works in the study again" in people.about_reset.text()


def test_passwords_of_the_staff_page_can_be_seen_until_it_is_left(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window, ready)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for part, box, editors in (
        (page.adding, page.adding.first_shown, [page.adding.password]),
        (page.own.parentWidget(), page.own.shown, [page.own.old, page.own.new, page.own.again]),
    ):
        index = next(at for at in range(page.tabs.count()) if page.tabs.widget(at).isAncestorOf(editors[0]))
        page.tabs.setCurrentIndex(index)
        assert part is not None
        assert all(editor.echoMode() == QLineEdit.EchoMode.Password for editor in editors)
        editors[-1].setFocus()
        qtbot.keyClick(editors[-1], Qt.Key.Key_Tab)
        assert box.hasFocus()
        qtbot.keyClick(box, Qt.Key.Key_Space)
        assert all(editor.echoMode() == QLineEdit.EchoMode.Normal for editor in editors)
    page.hide()
    for editor in (page.adding.password, page.own.old, page.own.new, page.own.again):
        assert editor.echoMode() == QLineEdit.EchoMode.Password


def test_trustees_are_named_tried_out_and_let_a_lead_in(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = _page(window, ready)
    part = page.trustees
    page.tabs.setCurrentWidget(part)
    assert not part.drilling.isVisible()
    part.name_them.click()
    qtbot.waitUntil(lambda: part.note.isVisible() and part.name_them.isEnabled())
    assert "Three names" in part.note.text()
    for at, (name, password) in enumerate(TRUSTEES):
        part.names[at].setText(name)
        part.passwords[at].setText(password)
    part.name_them.click()
    qtbot.waitUntil(part.drilling.isVisible, timeout=15_000)
    assert not any(editor.text() for editor in (*part.names, *part.passwords))
    assert [box.currentText() for box in part.two.chosen] == ["Dora Datenschutz", "Ivo Informatik"]
    part.two.passwords[0].setText(TRUSTEES[0][1])
    part.two.passwords[1].setText(TRUSTEES[2][1])
    part.drill.click()
    qtbot.waitUntil(lambda: part.note.isVisible() and part.drill.isEnabled(), timeout=15_000)
    assert "Ivo Informatik" in part.note.text()
    for at in range(2):
        part.two.passwords[at].setText(TRUSTEES[at][1])
    part.drill.click()
    qtbot.waitUntil(lambda: "✓ Both passwords" in part.note.text(), timeout=15_000)
    part.names[0].setText("Eva Erste")
    part.name_them.click()
    assert "Press once more" in part.note.text()
    window.sign_out()
    sign_in = window.page()
    assert isinstance(sign_in, SignInPage)
    qtbot.waitUntil(sign_in.recover.isVisible)
    sign_in.recover.click()
    recovery = window.page()
    assert isinstance(recovery, RecoveryPage)
    qtbot.waitUntil(recovery.form.isVisible)
    assert not recovery.server.isVisible()
    for at, which in enumerate((0, 2)):
        recovery.two.chosen[at].setCurrentIndex(which)
        recovery.two.passwords[at].setText(TRUSTEES[which][1])
    recovery.login.setText("retter")
    recovery.name.setText("Rita Etter")
    recovery.password.setText(OWN)
    recovery.let_in.click()
    qtbot.waitUntil(lambda: "✓ Rita Etter can sign in" in recovery.note.text(), timeout=15_000)
    recovery.back.click()
    _sign_in(window, ready, "retter", OWN, qtbot)
    assert "staff" in window.rail.names()


def test_without_trustees_the_recovery_page_says_so(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    page = window.page()
    assert isinstance(page, SignInPage)
    page.show_study(ready.folder)
    qtbot.waitUntil(page.recover.isVisible)
    page.recover.click()
    recovery = window.page()
    assert isinstance(recovery, RecoveryPage)
    qtbot.waitUntil(recovery.note.isVisible)
    assert "No trustees were named" in recovery.note.text()
    assert not recovery.form.isVisible()


def test_the_contacts_key_is_renewed_when_nobody_else_is_there(window: MainWindow, ready: Any, qtbot: QtBot) -> None:
    anna = ready.sign_in("anna")
    with anna.reading():
        pass
    page = _page(window, ready)
    part = page.trustees.renewing
    page.tabs.setCurrentWidget(page.trustees)
    part.renew.click()
    assert "Press once more" in part.note.text()
    part.renew.click()
    qtbot.waitUntil(lambda: part.renew.isEnabled() and part.note.isVisible(), timeout=15_000)
    assert "open somewhere else" in part.note.text()
    anna.close()
    part.renew.click()
    part.renew.click()
    qtbot.waitUntil(lambda: "✓ Everything is sealed anew" in part.note.text(), timeout=15_000)
    assert window.study is not None
    assert window.study.open_keys.epoch == 2
    window.open_place("calls")
    calls = window.page()
    calls.take_next()
    assert calls.case is not None, "and the work goes on"
