"""Every page in both languages, both looks, at 100 % and 200 %: named, reachable by keyboard, nothing cut off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cati import places
from cati.demo.people import invent_list
from cati.fieldwork.open_study import Role
from cati.fieldwork.staffing import NewMember, add_member
from cati.fieldwork.trustees import NewTrustee, name_trustees
from cati.text import set_language
from cati.ui.header import Elided
from cati.ui.list_page import ListPage
from cati.ui.main_window import MainWindow
from cati.ui.navigation import PLACES
from cati.ui.pages import Page
from cati.ui.password_page import FirstPasswordPage
from cati.ui.questionnaire_page import RANDOM_RUNS, TEST_RUN, QuestionnairePage
from cati.ui.recovery_page import RecoveryPage
from cati.ui.sign_in import SignInPage
from cati.ui.staff_page import StaffPage
from cati.ui.study_page import PARTS, StudyPage

LOOKS = [("de", False, 1.0), ("de", False, 2.0), ("en", True, 1.0), ("en", True, 2.0)]
SLACK = 3


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{'dark' if look[1] else 'light'}-{look[2]:.0%}")
def dressed(request: pytest.FixtureRequest, make_window: Any, ready: Any) -> MainWindow:
    language, dark, scale = request.param
    set_language(language)
    return make_window(ready.clock, dark=dark, scale=scale)


def _settle(qtbot: QtBot) -> None:
    qtbot.wait(150)


def _visible(root: QWidget) -> Iterator[QWidget]:
    for widget in root.findChildren(QWidget):
        if widget.isVisible():
            yield widget


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value) and widget.isEnabled()


def _name_of(widget: QWidget) -> str:
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton):
        return widget.text()
    window = widget.window()
    return next((label.text() for label in window.findChildren(QLabel) if label.buddy() is widget), "")


def _inner(widget: QWidget) -> bool:
    """Tell whether a widget is part of another control (the line in a spin box, the view of a table)."""
    parent = widget.parentWidget()
    return (
        widget.objectName().startswith("qt_")
        or isinstance(parent, QComboBox | QAbstractScrollArea)
        or (
            isinstance(widget, QLineEdit)
            and parent is not None
            and parent.metaObject().className().endswith(("SpinBox", "Edit"))
        )
    )


def _nameless(root: QWidget) -> list[str]:
    return [
        f"{widget.metaObject().className()} {widget.objectName()}"
        for widget in _visible(root)
        if _takes_focus(widget) and not _inner(widget) and not _name_of(widget).strip()
    ]


def _cut(root: QWidget) -> list[str]:
    found = []
    for widget in _visible(root):
        if isinstance(widget, Elided):
            continue
        if isinstance(widget, QLabel) and widget.text():
            needed = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.sizeHint().height()
            if widget.height() + SLACK < needed:
                found.append(f"label {widget.text()[:50]!r}: {widget.height()} of {needed} high")
            longest = max(
                (widget.fontMetrics().horizontalAdvance(word) for word in widget.text().replace("\u200b", " ").split()),
                default=0,
            )
            wide = longest if widget.wordWrap() else widget.sizeHint().width()
            if widget.width() + SLACK < wide:
                found.append(f"label {widget.text()[:50]!r}: {widget.width()} of {wide} wide")
        elif isinstance(widget, QAbstractSpinBox):
            line = widget.lineEdit()
            wide = line.fontMetrics().horizontalAdvance(line.text())
            if line.width() < wide:
                found.append(f"{_name_of(widget)} {line.text()!r}: {line.width()} of {wide} wide")
        elif isinstance(widget, QPushButton) and (
            widget.width() + SLACK < widget.minimumSizeHint().width()
            or widget.height() + SLACK < widget.sizeHint().height()
        ):
            found.append(f"button {widget.text()!r}: {widget.size()} of {widget.sizeHint()}")
    for area in root.findChildren(QScrollArea):
        if area.isVisible() and area.horizontalScrollBar().maximum() > 0:
            found.append(f"must be scrolled sideways by {area.horizontalScrollBar().maximum()}")
    return found


def _unreached(window: MainWindow, qtbot: QtBot) -> list[str]:
    """Walk through the window by Tab once around and return what was never reached."""
    window.activateWindow()
    wanted = {
        widget
        for widget in _visible(window)
        if _takes_focus(widget) and not _inner(widget) and widget.focusProxy() is None
        and not (isinstance(widget, QAbstractButton) and widget.group() is not None and not widget.isChecked())
        and not (isinstance(widget, QAbstractScrollArea) and not _name_of(widget))
    }  # fmt: skip
    reached: set[QWidget] = set()
    for _ in range(3 * len(wanted) + 20):
        window.focusNextChild()
        focused = QApplication.focusWidget() or window.focusWidget()
        if focused is not None:
            reached.add(focused)
            if focused.parentWidget() is not None:
                reached.add(focused.parentWidget())
    return [f"{widget.metaObject().className()} {_name_of(widget)!r}" for widget in wanted - reached]


def _check(window: MainWindow, qtbot: QtBot) -> None:
    _settle(qtbot)
    assert window.width() <= 1280, f"the window needs {window.width()} × {window.height()}"
    assert window.height() <= 800
    assert not _nameless(window)
    for _ in range(60):  # a busy machine lays rows out late; what is cut in the end is told below
        if not _cut(window):
            break
        qtbot.wait(100)
    assert not _cut(window)
    assert not _unreached(window, qtbot)


def test_sign_in(dressed: MainWindow, ready: Any, qtbot: QtBot) -> None:
    _check(dressed, qtbot)
    page: Any = dressed.page()
    page.show_study(ready.folder)
    page.seal.ask_for(ready.folder, places.seals() / f"{'a' * 32}.seal", on_server=True)
    page.problem.say(
        "Something must be said here that is rather long, so long that it takes two lines at least.", "warning"
    )
    _check(dressed, qtbot)


@pytest.mark.parametrize("part", range(len(PARTS)), ids=lambda part: PARTS[part].split()[0].lower())
def test_every_part_of_a_new_study(dressed: MainWindow, part: int, qtbot: QtBot) -> None:
    dressed.page().new_study_wanted.emit()
    page = dressed.page()
    assert isinstance(page, StudyPage)
    page.show_part(len(PARTS) - 1)
    page.show_part(part)
    _check(dressed, qtbot)


def test_rows_typed_in_are_reached_by_tab_and_show_their_numbers(dressed: MainWindow, qtbot: QtBot) -> None:
    dressed.page().new_study_wanted.emit()
    page = dressed.page()
    assert isinstance(page, StudyPage)
    page.show_part(1)
    for number in (7, 400):
        page.sites.sites.add_row({"name": f"Landkreis {number}", "target": str(number)})
        page.sites.common.add_row({"name": f"Amt {number}", "target": str(number)})
        page.sites.own.add_row({"name": f"Stelle {number}", "target": str(number)})
    _check(dressed, qtbot)
    page.sites.sites.editor(0, "name").setFocus()
    for name in ("code", "land", "target"):
        dressed.focusNextChild()
        assert dressed.focusWidget() is page.sites.sites.editor(0, name)
    dressed.focusNextChild()
    dressed.focusNextChild()
    assert dressed.focusWidget() is page.sites.sites.editor(1, "name")
    page.sites.own.add.setFocus()
    dressed.focusNextChild()
    assert dressed.focusWidget() is page.sites.quota_margin
    dressed.focusNextChild()
    assert dressed.focusWidget() not in page.sites.findChildren(QWidget), "what follows is the next button"


def test_a_list_with_its_columns(dressed: MainWindow, ready: Any, tmp_path: Path, qtbot: QtBot) -> None:
    dressed.enter(ready.sign_in("lead"))
    dressed.open_place("list")
    page = dressed.page()
    assert isinstance(page, ListPage)
    path = tmp_path / "list.csv"
    path.write_bytes(invent_list(20, page.study.settings, random.Random(4), today=ready.clock().date()))
    page.show_file(path)
    qtbot.waitUntil(page.later.isVisible, timeout=15_000)
    _check(dressed, qtbot)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_place(dressed: MainWindow, ready: Any, place: Any, qtbot: QtBot) -> None:
    dressed.enter(ready.sign_in("lead" if "research_lead" in place.roles else "anna"))
    dressed.open_place(place.name)
    qtbot.wait(300)
    _check(dressed, qtbot)
    page = dressed.page()
    if isinstance(page, Page):
        bar = page.view.verticalScrollBar()
        page.setFocus()
        before = bar.value()
        qtbot.keyClick(page, Qt.Key.Key_PageDown)
        assert bar.value() > before or bar.maximum() == 0, "what is below can be reached without a mouse"


def test_every_part_of_the_staff_page_the_lock_and_the_way_back_in(
    dressed: MainWindow, ready: Any, qtbot: QtBot
) -> None:
    lead = ready.sign_in("lead")
    second = NewMember(login="zoe", name="Dr. Zoe Weit", role=Role.RESEARCH_LEAD, password="lila Kahn unter elf Erlen")
    add_member(lead, second, cost=ready.cost)
    three = ("Apfelkuchen Nebel 8 Fjord", "Birnenmus Gletscher 5 Koffer", "Quittengelee Sturm 3 Anker")
    name_trustees(lead, [NewTrustee(f"Dr. Trude Treu {n}", word) for n, word in enumerate(three)], cost=ready.cost)
    dressed.enter(ready.sign_in("lead"))
    dressed.open_place("staff")
    page = dressed.page()
    assert isinstance(page, StaffPage)
    page.people.person.setCurrentIndex(page.people.person.findText("Dr. Zoe Weit (zoe)"))
    page.adding.once.show_password("Cora Neu", "cora", "7k3d-9xwq-m2ah-tz5b-0pgs")
    for at in range(page.tabs.count()):
        page.tabs.setCurrentIndex(at)
        _check(dressed, qtbot)
    dressed.lock.lock()
    _check(dressed, qtbot)
    dressed.lock.uncover()
    dressed.sign_out()
    sign_in = dressed.page()
    assert isinstance(sign_in, SignInPage)
    sign_in.show_study(ready.folder)
    qtbot.waitUntil(sign_in.recover.isVisible)
    _check(dressed, qtbot)
    sign_in.recover.click()
    recovery = dressed.page()
    assert isinstance(recovery, RecoveryPage)
    qtbot.waitUntil(recovery.form.isVisible)
    _check(dressed, qtbot)
    study = ready.sign_in("zoe", second.password)
    dressed.enter(study)
    assert isinstance(dressed.page(), FirstPasswordPage)
    _check(dressed, qtbot)


def test_every_part_of_the_questionnaire_page(dressed: MainWindow, ready: Any, tmp_path: Path, qtbot: QtBot) -> None:
    dressed.enter(ready.sign_in("lead"))
    dressed.open_place("questionnaire")
    page = dressed.page()
    assert isinstance(page, QuestionnairePage)
    path = tmp_path / "a_form_with_a_rather_long_name_that_somebody_else_wrote.yaml"
    path.write_text("survey:\n  - {type: integer, name: age, label: Age, relevant: '${agee} > 3'}\n", "utf-8")
    for form in (None, path):
        with qtbot.waitSignal(page.loaded, timeout=10_000):
            page.show_own() if form is None else page.show_file(form)
        for at in range(page.tabs.count()):
            page.tabs.setCurrentIndex(at)
            _check(dressed, qtbot)


def test_the_test_run_and_what_random_runs_found(dressed: MainWindow, ready: Any, qtbot: QtBot) -> None:
    dressed.enter(ready.sign_in("lead"))
    dressed.open_place("questionnaire")
    page = dressed.page()
    assert isinstance(page, QuestionnairePage)
    qtbot.waitUntil(lambda: page.looked is not None)
    page.tabs.setCurrentIndex(TEST_RUN)
    page.test_run.begin_run()
    _check(dressed, qtbot)
    page.test_run.search()
    _check(dressed, qtbot)
    page.test_run.end_run()
    page.tabs.setCurrentIndex(RANDOM_RUNS)
    page.random_runs.number.setValue(20)
    with qtbot.waitSignal(page.random_runs.ended, timeout=20_000):
        page.random_runs.begin_runs()
    _check(dressed, qtbot)


def test_what_the_questionnaire_page_asks_and_what_another_format_cannot_say(
    dressed: MainWindow, ready: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    dressed.enter(ready.sign_in("lead"))
    dressed.open_place("questionnaire")
    page = dressed.page()
    assert isinstance(page, QuestionnairePage)
    qtbot.waitUntil(lambda: page.looked is not None)
    with qtbot.waitSignal(page.saving.ended, timeout=20_000):
        page.saving.save(None, page.study, tmp_path / "the_questionnaire_of_this_study_under_a_long_name.xml")
    assert page.saving.lost.isVisible()
    _check(dressed, qtbot)
    page.saving.forget()
    page.tabs.setCurrentIndex(TEST_RUN)
    page.test_run.begin_run()
    QTest.keyClick(page.test_run.interview, Qt.Key.Key_Return)
    QTest.keyClick(page.test_run.interview, Qt.Key.Key_F7)
    assert not page.may_leave()
    _check(dressed, qtbot)
