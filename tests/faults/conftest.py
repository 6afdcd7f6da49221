"""What the campaign makes cheap for itself is as dear as ever afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cati.vault import server_password


@pytest.fixture(scope="module", autouse=True)
def _as_dear_as_ever() -> Iterator[None]:
    """Of a module, for whatever of it lives as long comes after: what is put back must be what was before all of it."""
    before = server_password.LEAST
    yield
    server_password.LEAST = before
