"""What the window asks when other workstations still hold the seal of a study on a server."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cati.fieldwork import purge
from cati.ui.purge_part import PurgePart


def test_seals_elsewhere_are_named_and_a_reason_is_asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons: list[str] = []

    def waits(*_people: object, unreached: str = "", **_more: object) -> None:
        reasons.append(unreached)
        raise purge.SealsLeft(("station-7",))

    monkeypatch.setattr(purge, "purge", waits)
    part = PurgePart(Path("s.cati-study"), now=lambda: datetime(2027, 9, 30, tzinfo=UTC), draw=random.Random(1))
    qtbot.addWidget(part)
    part.show()
    assert not part.why.isVisible()
    for reason in ("", " Gestohlen "):
        for login, password, name in zip(part.logins, part.passwords, ("lead", "witness"), strict=True):
            login.setText(name)
            password.setText("only for tests")
        part.sure.setChecked(True)
        part.unreached.setText(reason)
        with qtbot.waitSignal(part.ended, timeout=20_000):
            part.erase.click()
        assert part.why.isVisible()
        assert "station-7" in part.outcome.text()
    assert reasons == ["", "Gestohlen"]
