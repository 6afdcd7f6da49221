"""What the campaign makes cheap for itself is as dear as ever afterwards."""

from __future__ import annotations

import pytest

from cati.vault import server_password


@pytest.fixture(autouse=True)
def _as_dear_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_password, "LEAST", server_password.LEAST)
