"""What pages are made of: fields of one height, in which everything begins at the same distance from the edge."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QWidget

from cati.ui.main_window import MainWindow
from cati.ui.settings_page import SettingsPage


def _text_begins(field: QLineEdit | QAbstractSpinBox) -> int:
    line = field if isinstance(field, QLineEdit) else field.lineEdit()
    line.home(False)
    return line.mapTo(field, line.cursorRect().center()).x()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_boxes_for_numbers_and_times_are_fields_like_the_others(make_window: Any, ready: Any, scale: float) -> None:
    window: MainWindow = make_window(ready.clock, scale=scale)
    window.enter(ready.sign_in("lead"))
    window.open_place("settings")
    page = window.page()
    assert isinstance(page, SettingsPage)
    name = page.about.name
    shown: list[QWidget] = []
    for tab, section in zip((0, 1, 4), (page.about, page.sites, page.rules), strict=True):
        page.tabs.setCurrentIndex(tab)
        for field in section.findChildren(QAbstractSpinBox):
            assert field.height() == name.height(), field.accessibleName()
            # at the other side where numbers stand below one another
            if not field.alignment().name or "Right" not in field.alignment().name:
                assert abs(_text_begins(field) - _text_begins(name)) <= 1, field.accessibleName()
            shown.append(field)
    assert len(shown) > 10
