"""Ways that are wrong on purpose, which the checker must see."""

from __future__ import annotations

from tests.faults.client import Client, Way

WRONG_WAYS: dict[Way, type[Client]] = {}
