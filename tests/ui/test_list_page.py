"""A contact list comes in on the page: warned, mapped, counted against the slip, reported, cancelled without harm."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from cati.demo.people import as_csv, faulty_rows, invent_list, invent_rows
from cati.fieldwork import sample
from cati.fieldwork.sample import Field
from cati.ui.list_page import ListPage
from cati.ui.main_window import MainWindow
from cati.vault.age_files import open_with_passphrase

N = 25


@pytest.fixture
def page(window: MainWindow, ready: Any) -> ListPage:
    window.enter(ready.sign_in("lead"))
    window.open_place("list")
    page = window.page()
    assert isinstance(page, ListPage)
    return page


@pytest.fixture
def plain(page: ListPage, ready: Any, tmp_path: Path) -> Path:
    path = tmp_path / "neue Liste.csv"
    path.write_bytes(invent_list(N, page.study.settings, random.Random(77), today=ready.clock().date()))
    return path


def _open(page: ListPage, path: Path, qtbot: QtBot) -> None:
    page.show_file(path)
    qtbot.waitUntil(lambda: page.received is not None, timeout=15_000)


def _bring(page: ListPage, qtbot: QtBot) -> None:
    page.bring_in()
    qtbot.waitUntil(lambda: page._job is None, timeout=20_000)


def _in_view(page: ListPage, part: QWidget) -> bool:
    """Tell whether a part is seen as a whole."""
    window = page.view.viewport()
    return window.rect().contains(QRect(part.mapTo(window, QPoint()), part.size()))


def _count(page: ListPage) -> int:
    return sum(count for *_where, count in sample.sample_counts(page.study))


def test_a_plain_list_needs_a_word_before_it_comes_in(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    before = _count(page)
    _open(page, plain, qtbot)
    assert "not sealed" in page.problem.text()
    page.rows.setValue(N)
    assert not page.bring.isEnabled(), "the warning is not confirmed"
    page.accept_plain.setChecked(True)
    assert page.bring.isEnabled()
    _bring(page, qtbot)
    report = page.report._report
    assert report.accepted + len(report.refused) == N
    assert report.accepted > N - 3, "a number of the few kept for fiction may be in the study already"
    assert _count(page) == before + report.accepted
    assert page.report.accepted.text() == f"✓ {report.accepted} people accepted."
    assert page.report.isVisible()
    qtbot.waitUntil(lambda: _in_view(page, page.report.delete))
    assert page.window().focusWidget() is page.report


def test_a_slip_that_differs_stops_everything(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    before = _count(page)
    _open(page, plain, qtbot)
    page.accept_plain.setChecked(True)
    page.rows.setValue(N + 1)
    _bring(page, qtbot)
    assert f"The list has {N} rows, the slip says {N + 1}." in page.outcome.text()
    assert "with the slip" in page.rows_field.fault
    assert page.window().focusWidget() is page.rows
    qtbot.waitUntil(lambda: all(_in_view(page, part) for part in (page.rows, page.bring, page.outcome)))
    assert _count(page) == before
    page.rows.setValue(N)
    _bring(page, qtbot)
    assert _count(page) == before + page.report._report.accepted > before


def test_names_and_numbers_are_hidden_while_columns_are_checked(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    _open(page, plain, qtbot)
    assert page.received is not None
    header = page.mapping.mapping.header_row
    names = {row[at] for row in page.received.table.rows[header:] for at in _columns(page, Field.FAMILY_NAME)}
    shown = " ".join(label.text() for label in page.findChildren(QLabel))
    assert names
    assert not [name for name in names if len(name) > 2 and name in shown]


def _columns(page: ListPage, field: Field) -> list[int]:
    assert page.mapping.mapping is not None
    return [column.index for column in page.mapping.mapping.columns if column.field is field]


def test_a_column_is_corrected_by_hand_and_remembered(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    _open(page, plain, qtbot)
    page.accept_plain.setChecked(True)
    page.rows.setValue(N)
    at = _columns(page, Field.LAST_CONTACT)[0]
    combo = page.mapping.combos[at]
    combo.setCurrentIndex(combo.findData(Field.IGNORED))
    assert any("Last contact" in fault for fault in page.mapping.faults())
    assert not page.bring.isEnabled()
    combo.setCurrentIndex(combo.findData(Field.LAST_CONTACT))
    assert page.bring.isEnabled()
    title = _columns(page, Field.TITLE)[0]
    page.mapping.combos[title].setCurrentIndex(page.mapping.combos[title].findData(Field.IGNORED))
    _bring(page, qtbot)
    another = ListPage(page.study)
    qtbot.addWidget(another)
    _open(another, plain, qtbot)
    assert not _columns(another, Field.TITLE), "the correction was remembered"


def test_refused_rows_go_back_sealed_and_the_received_file_is_deleted(
    page: ListPage, ready: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    settings, today = page.study.settings, ready.clock().date()
    rows = invent_rows(N, settings, random.Random(5), today=today)
    bad = [row for row, _code in faulty_rows(settings, random.Random(6), today=today)]
    path = tmp_path / "liste.csv"
    path.write_bytes(as_csv(rows + bad))
    _open(page, path, qtbot)
    page.accept_plain.setChecked(True)
    page.rows.setValue(len(rows) + len(bad))
    _bring(page, qtbot)
    refused = page.report._report.refused
    assert len(refused) >= len(bad) - 15
    shown = " ".join(label.text() for label in page.report.findChildren(QLabel))
    assert f"✗ {len(refused)} rows refused." in shown
    assert refused[0].reason in shown
    holder = page.view.widget()
    qtbot.waitUntil(lambda: holder.height() <= holder.heightForWidth(holder.width()))  # nothing to scroll into
    page.report.save.click()
    assert "passphrase" in page.report._passphrase_field.fault, "never without a seal"
    qtbot.keyClicks(page.report.passphrase, "kurz")
    page.report.save.click()
    assert "too short" in page.report._passphrase_field.fault.lower() or "short" in page.report._passphrase_field.fault
    assert page.report.passphrase.selectedText(), "it can be typed anew at once"
    target = tmp_path / "zurück.age"
    page.report.save_refused(target, "vier Worte sind genug")
    qtbot.waitUntil(target.exists, timeout=20_000)
    qtbot.waitUntil(page.report.note.isVisible)
    assert open_with_passphrase("vier Worte sind genug", target.read_bytes()).startswith(b"PK")
    qtbot.mouseClick(page.report.delete, Qt.MouseButton.LeftButton)
    assert not path.exists()
    assert "is deleted" in page.report.kept.text()
    page.report.save_refused(target, "vier Worte sind genug")
    qtbot.waitUntil(lambda: "exists already" in page.report._passphrase_field.fault, timeout=20_000)


def test_cancelling_leaves_nothing_half(page: ListPage, ready: Any, tmp_path: Path, qtbot: QtBot) -> None:
    before = _count(page)
    many = 4000
    path = tmp_path / "viele.csv"
    path.write_bytes(invent_list(many, page.study.settings, random.Random(8), today=ready.clock().date()))
    _open(page, path, qtbot)
    page.accept_plain.setChecked(True)
    page.rows.setValue(many)
    held: list[bool] = []
    page.occupied.connect(held.append)
    page.bring_in()
    assert page.working.isVisible()
    qtbot.mouseClick(page.working.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page._job is None, timeout=20_000)
    assert page.outcome.text() == "Cancelled. Nothing was brought in."
    assert page.window().focusWidget() is page.bring
    qtbot.waitUntil(lambda: _in_view(page, page.outcome) and _in_view(page, page.bring))
    assert _count(page) == before
    assert held == [True, False], "the page could not be left meanwhile"


def test_headers_that_nobody_knows_can_be_pointed_at(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    lines = plain.read_text("utf-8-sig").splitlines()
    renamed = ["Kunden;;;" + ";" * 12, ";".join(f"x{n}" for n in range(16)), *lines[1:]]
    plain.write_text("\n".join(renamed), "utf-8")
    _open(page, plain, qtbot)
    assert "No row of headers" in page.mapping._faults.text()
    assert page.later.isVisible()
    assert not page.bring.isEnabled()
    page.mapping.header_row.setValue(2)
    assert len(page.mapping.combos) == 16


def test_a_guessed_encoding_is_shown_to_be_judged(page: ListPage, plain: Path, qtbot: QtBot) -> None:
    plain.write_bytes(plain.read_text("utf-8-sig").encode("cp1252", "replace"))
    _open(page, plain, qtbot)
    assert "cp1252" in page.mapping.origin.text()
    assert any(letter in page.mapping.origin.text() for letter in "äöüß")


def test_a_file_that_is_no_list_is_refused_calmly(page: ListPage, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "bild.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    page.show_file(path)
    qtbot.waitUntil(page.problem.isVisible, timeout=15_000)
    assert not page.later.isVisible()
    assert page.choose.isEnabled()
