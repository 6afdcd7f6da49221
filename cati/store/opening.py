"""Opens a study's database by where it lies."""

from __future__ import annotations

from pathlib import Path

from cati.store.database import Database
from cati.store.embedded import Embedded


def open_database(place: Path) -> Database:
    """Return the database of the study in a folder; a Problem when there is none."""
    return Embedded(place)
